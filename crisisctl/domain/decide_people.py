"""Who holds which role, and who answers an escalation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.decide_handover import known_role, lapsed, shut_out
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident, Ladder
from crisisctl.domain.text import nearest, prose
from crisisctl.domain.times import not_before, stamp


def assign(incident: Incident, command: ask.Assign, source: Source, at: datetime) -> list[Event]:
    """One holds the role now; with `add` beside those who hold it already."""
    known_role(incident, command.role)
    people = incident.roles.get(command.role, ())
    if command.person in people and (command.add or len(people) == 1):
        raise Refused(f"{command.person} holds {command.role} already.")
    out = () if command.add else tuple(person for person in people if person != command.person)
    released = [Event("role.released", {"role": command.role, "person": person}) for person in out]
    taken = (
        [] if command.person in people else [Event("role.assigned", {"role": command.role, "person": command.person})]
    )
    ended = lapsed(incident, command.role, out, command.person, source, at)
    return [*released, *taken, *ended, *shut_out(incident, out, command.role, at)]


def release(incident: Incident, command: ask.Release, source: Source, at: datetime) -> list[Event]:
    """The person, or everybody, leaves the role."""
    known_role(incident, command.role)
    people = incident.roles.get(command.role, ())
    out = people if command.person is None else tuple(person for person in people if person == command.person)
    if not out:
        raise Refused(
            f"{command.person or 'A person without a name'} does not hold {command.role}."
            if command.person is not None
            else f"Nobody holds {command.role}."
        )
    released = [Event("role.released", {"role": command.role, "person": person}) for person in out]
    ended = lapsed(incident, command.role, out, None, source, at)
    return [*released, *ended, *shut_out(incident, out, command.role, at)]


def acknowledge(incident: Incident, command: ask.Acknowledge, _source: Source, at: datetime) -> list[Event]:
    """Each running escalation, or the one named, has been answered."""
    ladders = _running(incident, command.escalation)
    _begun(incident, ladders, at)
    return [Event("escalation.acknowledged", _named(ladder)) for ladder in ladders]


def snooze(incident: Incident, command: ask.Snooze, _source: Source, at: datetime) -> list[Event]:
    """The running escalations rest until a stated end."""
    if command.span <= timedelta(0):
        raise Refused("A snooze needs an end: give it a length such as 20m.")
    words = {"because": prose(command.because, "The reason")}
    ladders = _running(incident, None)
    _begun(incident, ladders, at)
    until = stamp(at + command.span)
    return [Event("escalation.snoozed", {**_named(ladder), "until": until}, words) for ladder in ladders]


def _running(incident: Incident, name: str | None) -> list[Ladder]:
    if name is not None and name not in incident.playbook.escalations:
        raise nearest(name, incident.playbook.escalations, "escalation")
    ladders = [ladder for ladder in incident.ladders.values() if name in (None, ladder.escalation)]
    if not ladders:
        raise Refused(f"No escalation is running in {incident.id}." if name is None else f"{name} is not running.")
    return ladders


def _begun(incident: Incident, ladders: list[Ladder], at: datetime) -> None:
    for ladder in ladders:
        not_before(at, incident.visits[ladder.stage].entered_at, f"{ladder.escalation} began")


def _named(ladder: Ladder) -> dict[str, str]:
    return {"ladder": ladder.key, "escalation": ladder.escalation, "stage": ladder.stage}


RULES: Mapping[type, Rule] = {
    ask.Assign: assign,
    ask.Release: release,
    ask.Acknowledge: acknowledge,
    ask.Snooze: snooze,
}
