"""The timers of clocks: half of the time, 80 % of it, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.cadence import escalated
from crisisctl.domain.clocks.shares import DUE, HALF, MOST, shares
from crisisctl.domain.entries import Event
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.times import clock_time, stamp

_SAID = {HALF: "half of the time of clock {} has passed", MOST: "80 % of the time of clock {} has passed"}


class Due(NamedTuple):
    """A moment at which a clock speaks up; `subject` names the clock and the share of its time."""

    id: str
    at: datetime
    subject: str


def due(incident: Incident) -> Iterator[Due]:
    """Half and most of its time say nothing where they had passed when the clock was asserted; its end always does."""
    for id_, one in incident.clocks.items():
        end = one.strict or one.target
        for share, at in shares(one.begun, end) if one.open and one.alarms and end else ():
            if share == DUE or one.asserted_at is None or at > one.asserted_at:
                yield Due(f"{incident.id}/clock/{id_}/{one.run}/{share}", at, f"{id_}/{share}")


def _of(incident: Incident, subject: str) -> tuple[Deadline, str]:
    id_, _, share = subject.rpartition("/")
    return incident.clocks[id_], share


def roles(incident: Incident, subject: str) -> tuple[str, ...]:
    """The role that has the clock, and the first while nobody holds it; later those above besides."""
    one, share = _of(incident, subject)
    first = () if incident.holders(one.role) else (incident.playbook.first_role(),)
    above = () if share == HALF else one.escalate or escalated(incident)
    return tuple(dict.fromkeys((one.role, *first, *above)))


def what(incident: Incident, subject: str) -> str:
    """What falls due, for people."""
    one, share = _of(incident, subject)
    return _SAID.get(share, "clock {} is due").format(one.id)


def why(incident: Incident, subject: str) -> str:
    """What it counts from."""
    one, _ = _of(incident, subject)
    return f"{one.start.replace('_', ' ')} at {clock_time(one.begun)} UTC" if one.begun else "it runs"


def event(incident: Incident, subject: str, at: datetime, reached: tuple[str, ...]) -> Event:
    """That the moment has come; a target that no law sets is told apart."""
    one, share = _of(incident, subject)
    data = {"clock": one.id, "due": stamp(at), "reached": [*reached]}
    if share == DUE:
        return Event("clock.overdue", data | ({} if one.strict else {"target": True}))
    return Event("clock.reminded", data | {"share": share, "ends": stamp(one.strict or one.target or at)})
