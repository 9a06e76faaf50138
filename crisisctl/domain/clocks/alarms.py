"""What a calendar shows of an incident's clocks: an appointment where there is a deadline, a duty where there is none.

A function of the log alone: the same incident gives the same items, whoever asks and whenever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.clocks.catalogue import ALARMED
from crisisctl.domain.clocks.shares import DUE, HALF, shares
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
    was filed. `alarms` are the instants at which to speak up, and what to say then: for a duty, of a target of our own.
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


def items(incident: Incident, entries: Sequence[Entry], held: Sequence[Entry] = ()) -> list[Item]:
    """The clocks that have a time or a duty in words, in the order in which they were named.

    One of which something since its last assertion is among `held`, for it may not leave the room, is left out.
    """
    stamps, sources = _stamps(entries), {entry.version: str(entry.data.get("citation", "")) for entry in entries}
    return [
        _item(incident, clock, sources.get(clock.version, ""), stamps.get(clock.id))
        for clock in incident.clocks.values()
        if not _left_out(clock, held)
    ]


def left_out(incident: Incident, held: Sequence[Entry]) -> dict[str, str]:
    """The clocks that are not among the items, and why."""
    return {clock.id: why for clock in incident.clocks.values() if (why := _left_out(clock, held))}


def _left_out(clock: Deadline, held: Sequence[Entry]) -> str:
    if clock.strict is None and clock.kind != "qualitative":
        return clock.state.replace("_", " ")
    since = (entry for entry in held if entry.version >= clock.version)
    return "labels keep it in the room" if any(clock.id in about(entry) for entry in since) else ""


def _stamps(entries: Sequence[Entry]) -> Mapping[str, datetime]:
    """When something was last recorded that changes what a calendar shows, by clock."""
    return {
        id_: entry.recorded_at
        for entry in entries
        if entry.type.startswith("clock.") and entry.type != _REMINDED
        for id_ in about(entry)
    }


def about(entry: Entry) -> set[str]:
    """The clocks that an entry is about."""
    data = entry.data
    return {one["clock"] for one in (data, *data.get("clocks", ())) if "clock" in one}


def _item(incident: Incident, clock: Deadline, source: str, stamp: datetime | None) -> Item:
    called = f"{clock.regime}: {clock.title}" if clock.title else clock.regime
    mark = "EXERCISE " if incident.drill else ""
    summary = f"{mark}{'OVERDUE ' if clock.open and clock.missed else ''}{called} ({incident.id})"
    return Item(
        clock=clock.id,
        uid=f"{incident.id}/{clock.id}@crisisctl",
        at=clock.strict,
        summary=visible(summary),
        description="\n".join(visible(line) for line in _described(incident, clock, source)),
        sequence=clock.run,
        stamp=stamp or clock.asserted_at or incident.opened_at,
        over=not clock.open,
        done=clock.filed_at,
        alarms=tuple(_alarms(clock, f"{mark}{called}")) if clock.open and clock.alarms else (),
    )


def _alarms(clock: Deadline, called: str) -> Iterator[tuple[datetime, str]]:
    end = clock.strict or clock.target
    if end is None:
        return
    what = "due" if clock.strict else "to aim at"
    for share, at in shares(clock.begun, end):
        passed = "half" if share == HALF else share
        when = f"{what} now" if share == DUE else f"{passed} of the time has passed, {what} {clock_time(end)} UTC"
        yield at, visible(f"{called}: {when}")


def _described(incident: Incident, clock: Deadline, source: str) -> Iterator[str]:
    if incident.drill:
        yield "EXERCISE. This is practice; none of it is real."
    yield f"{incident.id}: {incident.title}"
    yield from _standing(clock)
    yield from (f"{what}: {clock_time(at)} UTC." for what, at in _times(clock) if at)
    if not clock.strict:
        yield "The duty is in words: the law sets no number, so this has no time."
    if clock.open and not clock.alarms:
        yield f"No alarms: {clock.status.replace('_', ' ')}."
    if clock.recipient:
        yield f"To: {clock.recipient}."
    if source:
        yield f"Source: {source}."
    yield f"Why: crisisctl clock explain {clock.id} -i {incident.id}"
    yield standing([clock])


def _times(clock: Deadline) -> Iterator[tuple[str, datetime | None]]:
    yield "Due", clock.strict
    yield "Legal limit", clock.legal if clock.legal != clock.strict else None
    yield "To aim at", clock.target
    yield f"Began with {clock.start.replace('_', ' ')}", clock.begun


def _standing(clock: Deadline) -> Iterator[str]:
    if clock.open:
        if clock.missed:
            yield "OVERDUE: nothing was filed in time."
        if clock.will_miss:
            yield "It was said beforehand that this will be missed."
        return
    when = f" {clock_time(clock.filed_at)} UTC{', late' if clock.late else ''}" if clock.filed_at else ""
    why = (
        f": {clock.status.replace('_', ' ')}" if clock.state == "not_applicable" and clock.status not in ALARMED else ""
    )
    yield f"{_OVER.get(clock.state, clock.state)}{why}{when}."
