"""The story of an incident: its timeline, and the times that matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Incident
from crisisctl.domain.telling import Told, tell
from crisisctl.service.desk import Desk
from crisisctl.service.ports import Log


class Story(NamedTuple):
    """An incident and its entries: `entries` as recorded, `told` in the order in which things happened."""

    incident: Incident
    entries: Sequence[Entry]
    told: Sequence[Told]


class Measure(NamedTuple):
    """A time that matters: when, and how long after the incident was detected."""

    name: str
    at: datetime | None
    after: timedelta | None


class Seat(NamedTuple):
    """Who held a role from when to when; `until` is None while they hold it."""

    role: str
    person: str
    since: datetime
    until: datetime | None


def story(desk: Desk, log: Log, id_: str) -> Story:
    """Everything that is told of an incident."""
    incident = desk.load(log, id_)
    entries = list(log.entries(id_))
    told = sorted((tell(entry) for entry in entries), key=lambda one: (one.entry.occurred_at, one.entry.version))
    return Story(incident, entries, told)


def measures(entries: Sequence[Entry]) -> list[Measure]:
    """Detected, acknowledged, first statement, resolved: each when first, and how long after detection."""
    detected = entries[0].occurred_at
    firsts = {
        "detected": detected,
        "acknowledged": _first(entries, "escalation.acknowledged"),
        "first statement": _first(entries, "statement.published"),
        "resolved": _closed(entries),
    }
    return [Measure(name, at, at - detected if at else None) for name, at in firsts.items()]


def _first(entries: Sequence[Entry], kind: str) -> datetime | None:
    return min((entry.occurred_at for entry in entries if entry.type == kind), default=None)


def _closed(entries: Sequence[Entry]) -> datetime | None:
    closed: datetime | None = None
    for entry in entries:
        if entry.type == "stage.entered" and "before" in entry.data:
            closed = entry.occurred_at
        elif entry.type == "incident.reopened":
            closed = None
    return closed


def seats(entries: Sequence[Entry]) -> list[Seat]:
    """Who held which role when, in the order in which they took it."""
    held: dict[tuple[str, str], Seat] = {}
    past: list[Seat] = []
    for entry in entries:
        key = (entry.data.get("role", ""), entry.data.get("person", ""))
        if entry.type == "role.assigned" and key not in held:
            held[key] = Seat(*key, entry.occurred_at, None)
        elif entry.type == "role.released" and key in held:
            past.append(held.pop(key)._replace(until=entry.occurred_at))
    return sorted([*past, *held.values()], key=lambda seat: seat.since)


def published(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str]]:
    """Each publication with its text as it went out; an erased text reads so."""
    texts = {
        (e.data["statement"], e.data["revision"]): e.word("text") or "(redacted)"
        for e in entries
        if e.type in ("statement.drafted", "statement.corrected")
    }
    for entry in entries:
        if entry.type == "statement.published":
            yield entry, texts[entry.data["statement"], entry.data["revision"]]
