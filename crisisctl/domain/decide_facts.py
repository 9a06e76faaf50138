"""What is known: set, confirmed, retracted, asked for; and which public statements that makes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain import commands as ask
from crisisctl.domain import facts as values
from crisisctl.domain import labels
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.folding_facts import seal
from crisisctl.domain.incident import Fact, Incident
from crisisctl.domain.text import PERSON, nearest, prose, visible

STATUSES = ("unconfirmed", "confirmed")


def set_fact(incident: Incident, command: ask.SetFact, source: Source, _at: datetime) -> list[Event]:
    """Something is known now, or known better; a value that stays as it was keeps the version that texts used."""
    spec = incident.playbook.facts.get(command.name) or _unknown(incident, command.name)
    if command.status not in STATUSES:
        raise Refused(f"A fact is {' or '.join(STATUSES)}, not {command.status!r}. To take it back: fact retract.")
    words = {"value": values.read(spec, command.value)}
    if command.source:
        words["source"] = prose(command.source, "The source")
    given = labels.read(command)
    labels.check(given)
    data: dict[str, Any] = {"fact": command.name, "status": command.status} | ({"labels": given} if given else {})
    old = incident.facts.get(command.name)
    same = old is not None and old.status != "retracted" and old.value == words["value"]
    if old and not (same and _as_sure(old, command.status)):
        back = old.seen.get(seal(words["value"])) if command.status == "confirmed" else None
        data |= corrections(incident, command.name, source, back)
    return [Event("fact.set", data | ({"unchanged": True} if same else {}), words)]


def _as_sure(old: Fact, status: str) -> bool:
    return STATUSES.index(status) >= STATUSES.index(old.status)


def _unknown(incident: Incident, name: str) -> Any:  # noqa: ANN401 - it never returns
    raise nearest(name, incident.playbook.facts, "fact")


def confirm_fact(incident: Incident, command: ask.ConfirmFact, _source: Source, _at: datetime) -> list[Event]:
    """What was said to be so is so; a fact that is confirmed already only if somebody asks for it again."""
    fact = _set(incident, command.name)
    again = f"crisisctl fact set {command.name} VALUE"
    if fact.status == "retracted":
        raise Refused(f"{command.name} was retracted. Say what is so now: {again}")
    if fact.value is None:
        raise Refused(f"The value of {command.name} was erased, so nobody can tell what is confirmed: {again}")
    if fact.status == "confirmed" and command.name not in incident.questions:
        raise Refused(f"{command.name} is confirmed already. If it is otherwise now: {again}")
    words = {"source": prose(command.source, "The source")} if command.source else {}
    return [Event("fact.confirmed", {"fact": command.name}, words)]


def retract_fact(incident: Incident, command: ask.RetractFact, source: Source, _at: datetime) -> list[Event]:
    """What was said to be known is not."""
    if _set(incident, command.name).status == "retracted":
        raise Refused(f"{command.name} is retracted already.")
    data = {"fact": command.name} | corrections(incident, command.name, source)
    return [Event("fact.retracted", data, {"because": prose(command.because, "The reason")})]


def _set(incident: Incident, name: str) -> Fact:
    if name not in incident.facts:
        if name in incident.playbook.facts:
            raise nearest(name, incident.facts, "fact set in this incident", then=f"crisisctl fact set {name} VALUE")
        raise nearest(name, incident.facts, "fact set in this incident")
    return incident.facts[name]


def ask_fact(incident: Incident, command: ask.AskFact, source: Source, _at: datetime) -> list[Event]:
    """A question is open until the fact is set or confirmed; whoever is asked is told."""
    spec = incident.playbook.facts.get(command.name) or _unknown(incident, command.name)
    person = command.person
    if person is not None and not PERSON.fullmatch(person):
        raise Refused(f"{visible(person[:80])!r} is no person's id. Say who is asked: --of PERSON")
    data: dict[str, Any] = {"fact": command.name} | ({"of": person} if person else {})
    if person and person != source.actor:
        data["reached"] = [person]
    return [Event("fact.asked", data, {"question": spec.ask} if spec.ask else {})]


def corrections(incident: Incident, name: str, source: Source, back: int | None = None) -> dict[str, Any]:
    """The public statements that used the fact, as the entry that changes it seals them, and who is told of it.

    Those that used the value of the version `back`, to which it returns, are right.
    """
    wrong = [id_ for id_, used in incident.used.items() if name in used and used[name] != back]
    if not wrong:
        return {}
    told = [person for person in incident.holders(incident.playbook.first_role()) if person != source.actor]
    return {"corrects": wrong} | ({"reached": told} if told else {})


RULES: Mapping[type, Rule] = {
    ask.SetFact: set_fact,
    ask.ConfirmFact: confirm_fact,
    ask.RetractFact: retract_fact,
    ask.AskFact: ask_fact,
}
