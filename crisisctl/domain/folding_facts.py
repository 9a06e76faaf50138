"""How the entries about facts, and the corrections that they call for, change the incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Correction, Fact, Incident, Question, Statement

CORRECTION = "correction"  # in the data of a task's entry: the statement that the task is to correct


def seal(value: str) -> str:
    """Stands for a value where only likeness matters."""
    return sha256(value.encode()).hexdigest()


def _set(incident: Incident, entry: Entry) -> Incident:
    """A value that is what it was keeps its version, for the texts that used it are right."""
    name, status = entry.data["fact"], entry.data["status"]
    value, old = entry.word("value"), incident.facts.get(name)
    seen = dict(old.seen) if old else {}
    version = old.version if old and entry.data.get("unchanged") else entry.version
    if value is not None:
        version = seen.setdefault(seal(value), version)
    by = entry.actor if status == "confirmed" else None
    fact = Fact(value, status, entry.word("source"), version, by, dict(sorted(seen.items())))
    return _wrong(_answered(incident._replace(facts={**incident.facts, name: fact}), name), entry)


def _confirmed(incident: Incident, entry: Entry) -> Incident:
    name = entry.data["fact"]
    old = incident.facts[name]
    fact = old._replace(status="confirmed", source=entry.word("source") or old.source, by=entry.actor)
    return _answered(incident._replace(facts={**incident.facts, name: fact}), name)


def _retracted(incident: Incident, entry: Entry) -> Incident:
    name = entry.data["fact"]
    fact = incident.facts[name]._replace(status="retracted")
    return _wrong(incident._replace(facts={**incident.facts, name: fact}), entry)


def _asked(incident: Incident, entry: Entry) -> Incident:
    question = Question(entry.actor, entry.data.get("of"), entry.occurred_at)
    return incident._replace(questions={**incident.questions, entry.data["fact"]: question})


def _answered(incident: Incident, name: str) -> Incident:
    left = {fact: question for fact, question in incident.questions.items() if fact != name}
    return incident._replace(questions=left)


def _wrong(incident: Incident, entry: Entry) -> Incident:
    """Each public statement that used the fact is to be corrected, for this reason beside those that it has."""
    found = dict(incident.corrections)
    for id_ in entry.data.get("corrects", ()):
        old = found.get(id_)
        before = old.facts if old and old.state == "open" else ()
        names = tuple(dict.fromkeys((*before, entry.data["fact"])))
        found[id_] = Correction(names, entry.version)
    after = incident._replace(corrections=found)
    right = [id_ for id_, one in found.items() if one.state == "open" and _right_again(after, id_, one)]
    return incident._replace(corrections={**found, **{id_: found[id_]._replace(state="done") for id_ in right}})


def _right_again(incident: Incident, id_: str, correction: Correction) -> bool:
    """Whether the facts for which a text was to be corrected are what every word of it that is out says again."""
    used = incident.used.get(id_, {})
    known = ((incident.facts.get(name), used.get(name)) for name in correction.facts)
    return all(fact and fact.status == "confirmed" and fact.version == version for fact, version in known)


def published(incident: Incident, entry: Entry) -> Incident:
    """What the public text was made from; a text written since then, out to everybody and everywhere, corrects it."""
    id_ = entry.data["statement"]
    statement, whole = incident.statements[id_], entry.data["state"] == "published"
    used = {**({} if whole else incident.used.get(id_, {})), **statement.facts}
    after = incident._replace(used={**incident.used, id_: used}, heard=_heard(incident, statement, entry))
    correction = incident.corrections.get(id_)
    new = whole and correction and correction.state != "done" and statement.text_version > correction.version
    if new and not statement.behind:
        return settled(after, id_, "done")
    return after


def _heard(incident: Incident, statement: Statement, entry: Entry) -> dict[str, str]:
    """A correction, or what does not say what it is, opens nothing again for those who were told of the end."""
    phase = incident.playbook.statements[statement.id].phase
    anew = phase in ("opening", "update") and not statement.correction
    heard = {**incident.heard}
    for audience in entry.data["audiences"]:
        if phase == "resolution":
            heard[audience] = "ended"
        elif anew or audience not in heard:
            heard[audience] = "begun"
    return heard


def settled(incident: Incident, id_: str, state: str) -> Incident:
    """The correction of a statement is `open`, `skipped` or `done`."""
    correction = incident.corrections[id_]._replace(state=state)
    return incident._replace(corrections={**incident.corrections, id_: correction})


CHANGES: Mapping[str, Callable[[Incident, Entry], Incident]] = {
    "fact.set": _set,
    "fact.confirmed": _confirmed,
    "fact.retracted": _retracted,
    "fact.asked": _asked,
}
