"""Handing a role over: offered by its holder, complete when the incoming person accepts, off when anybody says so.

Until it is accepted the holder holds the role, and what concerns it reaches both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Handover, Incident
from crisisctl.domain.text import nearest, prose
from crisisctl.domain.times import clock_time, not_before


def known_role(incident: Incident, role: str) -> None:
    """`NotFound` with the nearest when the playbook has no such role."""
    if role not in incident.playbook.roles:
        raise nearest(role, incident.playbook.roles, "role")


def offer(incident: Incident, command: ask.Handover, source: Source, _at: datetime) -> list[Event]:
    """A holder offers the role; both are told, the incoming person with the brief."""
    known_role(incident, command.role)
    _may_offer(incident, command, source)
    if pending := incident.handovers.get(command.role):
        since = f"since {clock_time(pending.since)} UTC"
        end = f"To take that back first: crisisctl handover {command.role} --withdraw -i {incident.id}"
        raise Refused(f"{pending.giver} has offered {command.role} to {pending.taker} already, {since}. {end}")
    words = {"note": prose(command.note, "The note")} if command.note is not None else {}
    words |= {"brief": command.brief} if command.brief else {}
    both = [source.actor, command.person]
    data = {"role": command.role, "from": source.actor, "to": command.person, "reached": both}
    return [Event("handover.offered", data, words, role=command.role)]


def _may_offer(incident: Incident, command: ask.Handover, source: Source) -> None:
    role, person = command.role, command.person
    people = incident.roles.get(role, ())
    give = f"crisisctl assign {role} {person} -i {incident.id}"
    if not people:
        raise Refused(f"Nobody holds {role}, so there is nothing to hand over. To give it to {person}: {give}")
    if source.actor not in people:
        held = " and ".join(people)
        raise Refused(f"Only who holds {role} can hand it over ({held}). To move it without them: {give}")
    if person == source.actor:
        raise Refused(f"{person} holds {role} already, and nobody hands a role over to themselves. Name another.")
    if person in people:
        leave = f"crisisctl release {role} {source.actor} -i {incident.id}"
        raise Refused(f"{person} holds {role} already, beside {source.actor}. To leave it to them: {leave}")


def accept(incident: Incident, command: ask.AcceptHandover, source: Source, at: datetime) -> list[Event]:
    """The incoming person holds the role from now on, and the outgoing one no longer."""
    pending = _pending(incident, command.role, at)
    _only_taker(incident, command.role, pending, source, "accept")
    role = command.role
    return [
        Event("handover.accepted", _named(role, pending) | {"reached": [pending.giver]}),
        Event("role.released", {"role": role, "person": pending.giver}),
        Event("role.assigned", {"role": role, "person": pending.taker}),
        *shut_out(incident, [pending.giver], role, at),
    ]


def decline(incident: Incident, command: ask.DeclineHandover, source: Source, at: datetime) -> list[Event]:
    """The incoming person says no and why; the role stays where it is."""
    pending = _pending(incident, command.role, at)
    _only_taker(incident, command.role, pending, source, "decline")
    words = {"because": prose(command.because, "The reason")}
    return [Event("handover.declined", _named(command.role, pending) | {"reached": [pending.giver]}, words)]


def withdraw(incident: Incident, command: ask.WithdrawHandover, source: Source, at: datetime) -> list[Event]:
    """Whoever holds the role takes the offer back."""
    pending = _pending(incident, command.role, at)
    may = dict.fromkeys((pending.giver, *incident.roles.get(command.role, ())))
    if source.actor == pending.taker:
        no = f"crisisctl handover {command.role} --decline --because WHY -i {incident.id}"
        raise Refused(f"{pending.taker} was offered {command.role} and can decline it: {no}")
    if source.actor not in may:
        raise Refused(f"Only {' or '.join(may)} can withdraw the offer of {command.role} to {pending.taker}.")
    data = _named(command.role, pending) | {"reached": _others(pending, source)}
    return [Event("handover.withdrawn", data, role=command.role)]


def lapsed(
    incident: Incident, role: str, left: Sequence[str], taken: str | None, source: Source, at: datetime
) -> list[Event]:
    """The end of an offer whose giver leaves the role by another way, or whose taker comes to hold it by one."""
    pending = incident.handovers.get(role)
    if pending is None or (taken != pending.taker and pending.giver not in left):
        return []
    ended = "assigned" if taken == pending.taker else "released"
    data = _named(role, pending) | {"ended": ended, "reached": _others(pending, source)}
    return [Event("handover.withdrawn", data, occurred_at=max(at, pending.since))]


def shut_out(incident: Incident, people: Sequence[str], left: str | None, at: datetime) -> list[Event]:
    """The end of each offer to people who, without the role that they leave, see a restricted incident no longer.

    With no role they are those whose admission ends.
    """
    gone = [person for person in people if incident.restricted and not _stays(incident, person, left)]
    return [
        Event(
            "handover.withdrawn",
            _named(role, pending) | {"ended": "revoked", "reached": [pending.giver]},
            occurred_at=max(at, pending.since),
        )
        for role, pending in incident.handovers.items()
        if pending.taker in gone
    ]


def _stays(incident: Incident, person: str, left: str | None) -> bool:
    admitted = left is not None and person in incident.admitted
    return admitted or any(role != left for role in incident.held_by(person))


def _pending(incident: Incident, role: str, at: datetime) -> Handover:
    """The open offer of the role, which must have been made by then."""
    known_role(incident, role)
    pending = incident.handovers.get(role)
    if pending is None:
        begin = f"crisisctl handover {role} --to PERSON -i {incident.id}"
        raise Refused(f"No handover of {role} is open. Who holds it begins one with: {begin}")
    not_before(at, pending.since, f"{role} was offered")
    return pending


def _only_taker(incident: Incident, role: str, pending: Handover, source: Source, verb: str) -> None:
    if source.actor != pending.taker:
        back = f"crisisctl handover {role} --withdraw -i {incident.id}"
        raise Refused(f"Only {pending.taker} can {verb} {role}, to whom it was offered. To take the offer back: {back}")


def _others(pending: Handover, source: Source) -> list[str]:
    """The two whom the offer concerns, without whoever ends it."""
    return [person for person in (pending.giver, pending.taker) if person != source.actor]


def _named(role: str, pending: Handover) -> dict[str, object]:
    return {"role": role, "from": pending.giver, "to": pending.taker, "offered": pending.version}


RULES: Mapping[type, Rule] = {
    ask.Handover: offer,
    ask.AcceptHandover: accept,
    ask.DeclineHandover: decline,
    ask.WithdrawHandover: withdraw,
}
