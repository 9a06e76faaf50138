"""What a calendar shows of an incident's clocks: an appointment where there is a deadline, a duty where there is none.

A function of the log alone: the same incident gives the same items, whoever asks and whenever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.clocks.shares import DUE, shares
from crisisctl.domain.clocks.tell import standing
from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.text import visible
from crisisctl.domain.times import clock_time

_REMINDED = "clock.reminded"  # changes nothing of what a calendar shows
_OVER = {
    "filed": "Filed",
    "waived": "Waived",
    "declined": "Decided not to notify",
    "not_applicable": "Not applicable",
    "not_started": "Stopped",
    "assessed": "Not started",
}


class Item(NamedTuple):
    """One clock. `at` is its strict time; None for a duty in words, of which no time is made up.

    `stamp` is when anything of it last changed. `over` is set when nobody has to file it any more; `done` is when it
    was filed. `alarms` are the instants at which to speak up, and what to say then.
    """

    clock: str
    uid: str
    at: datetime | None
    summary: str
    description: str
    sequence: int
    stamp: datetime
    over: bool
    done: datetime | None
    alarms: tuple[tuple[datetime, str], ...] = ()


def items(incident: Incident, entries: Sequence[Entry]) -> list[Item]:
    """The clocks that have a time or a duty in words, in the order in which they were named.

    One whose last assertion is not among the entries, because it may not leave the room, is left out.
    """
    there = {entry.version: entry for entry in entries}
    stamps = _stamps(entries)
    return [
        _item(incident, clock, there[clock.version], stamps.get(clock.id))
        for clock in incident.clocks.values()
        if not _left_out(clock, there)
    ]


def left_out(incident: Incident, entries: Sequence[Entry]) -> dict[str, str]:
    """The clocks that are not among the items, and why."""
    there = {entry.version: entry for entry in entries}
    return {clock.id: why for clock in incident.clocks.values() if (why := _left_out(clock, there))}


def _left_out(clock: Deadline, there: Mapping[int, Entry]) -> str:
    if clock.strict is None and clock.kind != "qualitative":
        return clock.state.replace("_", " ")
    return "" if clock.version in there else "its labels keep it in the room"


def _stamps(entries: Sequence[Entry]) -> Mapping[str, datetime]:
    """When something was last recorded that changes what a calendar shows, by clock."""
    return {
        id_: entry.recorded_at
        for entry in entries
        if entry.type.startswith("clock.") and entry.type != _REMINDED
        for id_ in (entry.data.get("clock"), *entry.data.get("clocks", ()))
        if id_
    }


def _item(incident: Incident, clock: Deadline, said: Entry, stamp: datetime | None) -> Item:
    called = f"{clock.regime}: {clock.title}" if clock.title else clock.regime
    mark = "EXERCISE " if incident.drill else ""
    summary = f"{mark}{'OVERDUE ' if clock.open and clock.missed else ''}{called} ({incident.id})"
    return Item(
        clock=clock.id,
        uid=f"{incident.id}/{clock.id}@crisisctl",
        at=clock.strict,
        summary=visible(summary),
        description="\n".join(visible(line) for line in _described(incident, clock, said)),
        sequence=clock.run,
        stamp=stamp or clock.asserted_at or said.recorded_at,
        over=not clock.open,
        done=clock.filed_at,
        alarms=tuple(_alarms(clock, f"{mark}{called}")) if clock.open and clock.alarms else (),
    )


def _alarms(clock: Deadline, called: str) -> Iterator[tuple[datetime, str]]:
    if clock.strict is None:
        return
    due = f"{clock_time(clock.strict)} UTC"
    for share, at in shares(clock.begun, clock.strict):
        when = (
            "due now" if share == DUE else f"{'half' if share == 'half' else share} of the time has passed, due {due}"
        )
        yield at, visible(f"{called}: {when}")


def _described(incident: Incident, clock: Deadline, said: Entry) -> Iterator[str]:
    if incident.drill:
        yield "EXERCISE. This is practice; none of it is real."
    yield f"{incident.id}: {incident.title}"
    yield from _standing(clock)
    yield from (f"{what}: {clock_time(at)} UTC." for what, at in _times(clock) if at)
    if not clock.strict:
        yield "The duty is in words: the law sets no number, so this has no time."
    if not clock.alarms:
        yield f"No alarms: {clock.status.replace('_', ' ') or 'it is only for information'}."
    if clock.recipient:
        yield f"To: {clock.recipient}."
    if citation := said.data.get("citation"):
        yield f"Source: {citation}."
    yield f"Why: crisisctl clock explain {clock.id} -i {incident.id}"
    yield standing([clock])


def _times(clock: Deadline) -> Iterator[tuple[str, datetime | None]]:
    yield "Due", clock.strict
    yield "Legal limit", clock.legal if clock.legal != clock.strict else None
    yield "To aim at", clock.target
    yield f"Began with {clock.start}" if clock.start else "Began", clock.begun


def _standing(clock: Deadline) -> Iterator[str]:
    if clock.open:
        if clock.missed:
            yield "OVERDUE: nothing was filed in time."
        if clock.will_miss:
            yield "It was said beforehand that this will be missed."
        return
    when = f" {clock_time(clock.filed_at)} UTC{', late' if clock.late else ''}" if clock.filed_at else ""
    yield f"{_OVER.get(clock.state, clock.state)}{when}."
