"""The log of the store itself: the last word of a log that was moved, under an id that no incident has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from crisisctl.domain.entries import STORE, Entry, Event, Source, canonical, digest
from crisisctl.domain.times import clock_time

MOVED = "store.moved"
BEGINNING = "This log was moved to"


def moved(to: str, tips: Mapping[str, tuple[int, str]]) -> Event:
    """A log went to an address, with so many entries; `tips` are the entries and last digest of each incident."""
    heads = sha256(canonical([[id_, count, seal] for id_, (count, seal) in sorted(tips.items())])).hexdigest()
    count = sum(entries for entries, _ in tips.values())
    return Event(MOVED, {"to": to, "entries": count, "incidents": len(tips), "heads": heads})


def sealed(event: Event, source: Source, now: datetime, before: Sequence[Entry]) -> Entry:
    """The event as the next entry in the log of the store."""
    last = before[-1] if before else None
    at = max(now, last.recorded_at) if last else now
    version = last.version + 1 if last else 1
    who = (source.actor, source.login, source.role, source.via)
    bare = Entry(STORE, version, at, at, *who, event.type, event.data, {}, "")
    return bare._replace(digest=digest(bare, last.digest if last else ""))


def went(entries: Iterable[Entry]) -> Entry | None:
    """The entry that says where the log went, when it was moved."""
    return next((entry for entry in reversed([*entries]) if entry.type == MOVED), None)


def left(entry: Entry) -> str:
    """Where a log went and when; without a full stop."""
    return f"{BEGINNING} {entry.data.get('to')} on {clock_time(entry.recorded_at)} UTC"


def sentence(entry: Entry) -> str:
    """What whoever writes to a log that was moved is told; without a full stop."""
    return f'{left(entry)}; set store = "{entry.data.get("to")}" in crisisctl.toml'


def memory(entry: Entry) -> str:
    """What whoever reads a log that was moved is told."""
    to = entry.data.get("to")
    return f'{left(entry)}; what you see is what it held then. Set store = "{to}" in crisisctl.toml.'
