"""The rows of what is derived from the log, alike in every store that keeps them in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crisisctl.domain.entries import Entry, dump_words
from crisisctl.domain.notices import Notice
from crisisctl.domain.timers import Timer
from crisisctl.domain.times import instant, stamp
from crisisctl.service.ports import Beat, Queued

Row = Sequence[Any]

TIMER = "id, incident, kind, due, subject"
NOTICE = "key, incident, version, person, contact, attempts, ready_at, not_before"
LONG_PAST = datetime.min.replace(tzinfo=UTC)
_LONGEST_BEAT = 86_400.0  # whatever a row says, no watch beats less than once a day


def moment(text: str) -> datetime:
    """A time in a derived table; one that cannot be read counts as long past, so that it is looked at."""
    try:
        return instant(text)
    except ValueError:
        return LONG_PAST


def timer(row: Row) -> Timer:
    """The timer of a row of `TIMER`."""
    return Timer(row[0], row[1], row[2], moment(row[3]), row[4])


def queued(row: Row) -> Queued:
    """The notice of a row of `NOTICE`."""
    key, incident, version, person, contact, attempts, ready_at, wait, *_ = row
    not_before = moment(wait) if wait is not None else None
    return Queued(Notice(key, incident, version, person, contact, not_before), attempts, moment(ready_at))


def outgoing(notice: Notice, ready: str) -> tuple[object, ...]:
    """A new notice as a row of `NOTICE` without its attempts; it rests as long as it has to."""
    wait = stamp(notice.not_before) if notice.not_before else None
    return (*notice[:5], max(ready, wait or ready), wait)


def beat(row: Row) -> Beat:
    """The sign of life of a row."""
    watch, at, every = row
    return Beat(watch, moment(at), min(max(every, 0.0), _LONGEST_BEAT))


def without(entry: Entry, fields: Sequence[str]) -> str:
    """The words of an entry as a store keeps them once these fields are erased."""
    gone: Mapping[str, Any] = {name: entry.words[name]._replace(salt=None, value=None) for name in fields}
    return dump_words({**entry.words, **gone})
