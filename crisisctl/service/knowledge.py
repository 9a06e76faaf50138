"""What is known, how it came to be known, and which statements were made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Fact, Incident, Question
from crisisctl.domain.said import ERASED
from crisisctl.domain.times import stamp

TYPES = ("fact.set", "fact.confirmed", "fact.retracted", "fact.asked")


class Use(NamedTuple):
    """A statement that was made from a fact; `version` is that of the fact, `current` whether it is still so."""

    statement: str
    version: int
    public: bool
    current: bool


class Known(NamedTuple):
    """A fact that the playbook asks for: what is known of it, who was asked, and what was made from it."""

    name: str
    ask: str
    fact: Fact | None
    question: Question | None
    uses: tuple[Use, ...]

    @property
    def status(self) -> str:
        """`not known`, `unconfirmed`, `confirmed` or `retracted`."""
        return self.fact.status if self.fact else "not known"

    @property
    def value(self) -> str:
        """For people: empty while nothing is known, `(redacted)` once erased."""
        return "" if self.fact is None else ERASED if self.fact.value is None else self.fact.value


def known(incident: Incident) -> Iterator[Known]:
    """Every fact of the playbook, in its order."""
    for name, spec in incident.playbook.facts.items():
        uses = tuple(_uses(incident, name))
        yield Known(name, spec.ask, incident.facts.get(name), incident.questions.get(name), uses)


def _uses(incident: Incident, name: str) -> Iterator[Use]:
    for id_ in incident.playbook.statements:
        fact, statement = incident.facts.get(name), incident.statements.get(id_)
        found = {
            True: incident.used.get(id_, {}),
            False: statement.facts if statement and _draft(statement.state) else {},
        }
        for public, used in found.items():
            if name in used:
                current = fact is not None and fact.status != "retracted" and fact.version == used[name]
                yield Use(id_, used[name], public, current)


def _draft(state: str) -> bool:
    return state not in ("published", "publishing")


def history(entries: Iterable[Entry], name: str | None = None) -> Iterator[Entry]:
    """The entries about facts, or about one, in the order of the log."""
    return (entry for entry in entries if entry.type in TYPES and name in (None, entry.data["fact"]))


def document(one: Known) -> dict[str, Any]:
    """A fact for scripts."""
    fact, question = one.fact, one.question
    return {
        "name": one.name,
        "status": one.status,
        "value": one.value,
        "ask": one.ask,
        "source": fact.source if fact else None,
        "confirmed_by": fact.by if fact else None,
        "version": fact.version if fact else None,
        "used": [use._asdict() for use in one.uses],
        "question": _asked(question) if question else None,
    }


def _asked(question: Question) -> dict[str, Any]:
    return {"by": question.by, "of": question.of, "since": stamp(question.since)}


def _reached(incident: Incident, id_: str) -> list[str]:
    """The audiences that were told; of a statement half out and drafted anew, those that heard anything at all."""
    statement, every = incident.statements[id_], incident.playbook.statements[id_].audiences
    if statement.published and statement.state != "publishing":
        return [*every]
    told = statement.audiences or tuple(incident.heard)
    return [name for name in every if name in told]


def to_correct(incident: Incident, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The public statements that these entries make wrong, each with the task to correct it."""
    wrong = dict.fromkeys(id_ for entry in entries for id_ in entry.data.get("corrects", ()))
    found = []
    for id_ in wrong:
        statement, used = incident.statements[id_], incident.used.get(id_, {})
        facts = [{"name": name, "used": used.get(name)} for name in incident.corrections[id_].facts]
        found.append(
            {
                "statement": id_,
                "task": f"correct-{id_}",
                "published": statement.published or statement.revision,
                "audiences": _reached(incident, id_),
                "facts": facts,
            }
        )
    return found
