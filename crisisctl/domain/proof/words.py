"""Statements: names in their templates that nobody supplies, languages without a template, and who may approve them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.locale import variant
from crisisctl.domain.playbook import FactSpec, Playbook, Transition
from crisisctl.domain.proof.given import Given
from crisisctl.domain.proof.space import Space
from crisisctl.domain.publication import StatementSpec

SUPPLIED: Mapping[str, str] = {
    "title": "Disruption",
    "incident": "INC-1",
    "severity": "",
    "opened_at": "2026-01-05 09:00 UTC",
    "organisation": "our company",
    "language": "en",
    "zone": "UTC",
}
NEXT = "next_update_at"
Value = str | int | bool


class Use(NamedTuple):
    """A template that a statement fills in for one language; `key` is `template` or `minimal`."""

    statement: str
    key: str
    language: str
    template: str


class Read(NamedTuple):
    """What is in a template: the names in its syntax tree, those that it lacked when filled in, and another fault."""

    names: Collection[str]
    lacking: Collection[str]
    fault: str = ""


def uses(playbook: Playbook, templates: Collection[str]) -> Iterator[Use]:
    """Every template that there is for every language of every statement."""
    sources = dict.fromkeys(templates, "")
    for spec in playbook.statements.values():
        for key, name in (("template", spec.template), ("minimal", spec.minimal)):
            for language in spec.languages if name else ():
                found = variant(sources, name or "", language) or name or ""
                if found in sources and (found != name or language == spec.languages[0]):
                    yield Use(spec.id, key, language, found)


class Words:
    """What is sure to be known when each statement is needed."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.playbook = given.playbook

    def needed(self, id_: str) -> list[Transition] | None:
        """The moves that wait for a statement; None where nothing does, and it need not be there at any hour."""
        wanted = self._with_followers[id_]
        moves = [m for m in self.playbook.transitions if any(name in wanted for name, _ in m.requires.statements)]
        due = any(self.playbook.statements[one].due is not None for one in wanted)
        return moves if moves or due else None

    @cached_property
    def _with_followers(self) -> dict[str, set[str]]:
        """Each statement with those that may go out only after it."""
        found = {id_: {id_} for id_ in self.playbook.statements}
        for _ in found:
            for id_, spec in self.playbook.statements.items():
                for first in spec.after:
                    found[first] |= found[id_]
        return found

    def sure(self, id_: str, among: Collection[str]) -> list[str]:
        """Those of these facts that are known by then: moves ask for them before or with it, or guidance names them."""
        facts = [name for name in self.playbook.facts if name in among]
        moves = self.needed(id_)
        if moves is None:
            return facts  # whoever drafts it is told what to set, and nobody waits
        told = "\n".join(self.playbook.stages[path].guidance for path in self._before(moves))
        asked = (name for name in facts if moves and all(self._known(name, move) for move in moves))
        return list(dict.fromkeys((*(name for name in facts if f"`{name}`" in told), *asked)))

    def _before(self, moves: list[Transition]) -> frozenset[str]:
        """The stages that an incident can have been in before any of these moves."""
        numbers = {move.number for move in moves}
        return self._without(frozenset(numbers)) if numbers else self.given.space.reached

    def _known(self, fact: str, move: Transition) -> bool:
        """Whether nobody can take this move, or comes as far as to it, without the fact."""
        asking = frozenset(other.number for other in self.playbook.transitions if fact in other.requires.facts)
        return fact in move.requires.facts or (bool(asking) and self._without(asking).isdisjoint(move.sources))

    def _without(self, numbers: frozenset[int]) -> frozenset[str]:
        """The stages that can be reached without these moves."""
        if numbers not in self._reached:
            left = tuple(move for move in self.playbook.transitions if move.number not in numbers)
            self._reached[numbers] = Space(self.playbook._replace(transitions=left)).reached
        return self._reached[numbers]

    @cached_property
    def _reached(self) -> dict[frozenset[int], frozenset[str]]:
        return {}

    def values(self, use: Use, names: Collection[str]) -> list[dict[str, Value]]:
        """What the template is filled in with: only what is sure to be known, so often that each has had each value.

        `names` are those that it asks for. The minimal line is for a statement that was submitted and not answered.
        """
        spec = self.playbook.statements[use.statement]
        given: dict[str, Value] = {**SUPPLIED, "language": use.language, "severity": self.playbook.severities[0]}
        if paced(self.playbook, spec):
            given[NEXT] = SUPPLIED["opened_at"]
        chosen = {name: _samples(self.playbook.facts[name]) for name in self.sure(use.statement, names)}
        most = max(map(len, chosen.values()), default=1)
        return [given | {name: some[n % len(some)] for name, some in chosen.items()} for n in range(most)]


def paced(playbook: Playbook, spec: StatementSpec) -> bool:
    """Whether every severity has a time of the next update."""
    cadence = spec.update_every
    return cadence is not None and all(cadence.by_severity.get(s, cadence.otherwise) for s in playbook.severities)


def _samples(fact: FactSpec) -> tuple[Value, ...]:
    some: Mapping[str, tuple[Value, ...]] = {
        "integer": (1_200,),
        "number": ("12.5",),
        "boolean": (True, False),
        "datetime": (SUPPLIED["opened_at"],),
        "choice": fact.choices,
    }
    return some.get(fact.type, ("something",))


def templates(here: Place, given: Given, read: Mapping[Use, Read]) -> None:
    """Every name in a template is a fact of the playbook or supplied, and is there when the statement is needed."""
    for use, found in read.items():
        place = here.at("statements", use.statement, use.key)
        spec = given.playbook.statements[use.statement]
        supplied = {*given.playbook.facts, *SUPPLIED, *((NEXT,) if paced(given.playbook, spec) else ())}
        for name in found.names:
            if name not in supplied:
                _unknown(place, use, name)
        for name in found.lacking:
            if name in given.playbook.facts:
                _missing(place, use, name)
        if found.fault:
            place.error("template-fails", f"it cannot be filled in: {plain(found.fault)}", "mend the template")


def _unknown(place: Place, use: Use, name: str) -> None:
    message = f"{plain(use.template)} asks for {shown(name)}, which is no fact here, nor does the program give it"
    remedy = f"add {plain(name)} to facts, or mend its name"
    if name == NEXT:
        remedy = "add update_every for every severity, or a fact of that name"
    place.error("template-unknown-name", message, remedy)


def _missing(place: Place, use: Use, name: str) -> None:
    message = f"{plain(use.template)} asks for {shown(name)}, which may not be known yet when {use.statement} is needed"
    ask = "ask for the fact in a move or in the guidance of a stage before"
    place.warn("fact-may-be-missing", message, f"{ask}, or test it with {{% if {plain(name)} is defined %}}")


def languages(here: Place, given: Given, sources: Collection[str]) -> None:
    """Every language of a statement but the first has a template of its own."""
    there = {(use.statement, use.key, use.language) for use in uses(given.playbook, sources)}
    for id_, spec in given.playbook.statements.items():
        for number, language in enumerate(spec.languages):
            if spec.template in sources and (id_, "template", language) not in there:
                message = (
                    f"{shown(id_)} is to go out in {plain(language)}, and {plain(spec.template)} has no such variant"
                )
                remedy = "write it, with the language before the endings of its name, or remove the language"
                here.at("statements", id_, "languages", number).warn("language-without-template", message, remedy)


def approvers(here: Place, given: Given) -> None:
    """Who approves can be somebody else than who writes."""
    if len(given.playbook.roles) > 1:
        return
    for id_, spec in given.playbook.statements.items():
        if spec.approvals.roles and not spec.preapproved:
            only = given.playbook.first_role()
            message = f"{plain(only)} is the only role, so whoever writes {shown(id_)} is also the one to approve it"
            place = here.at("statements", id_, "approvals")
            place.warn("approver-is-author", message, "add a second role, and let it approve", key=True)
