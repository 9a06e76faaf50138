"""Instants in UTC and elapsed durations.

An instant is written as RFC 3339 in UTC with six decimals, so that text order is time order. A duration is elapsed
time, so a change of daylight saving cannot touch it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from crisisctl.domain.errors import Invalid, Refused

_DURATION = re.compile(r"(?=\d)(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?", re.ASCII)
_UNITS = (86_400, 3_600, 60, 1)
LONGEST = timedelta(days=3_650)


@lru_cache(maxsize=256)  # one command writes the same few instants a dozen times
def stamp(instant: datetime) -> str:
    """An aware instant as `2026-11-22T15:00:00.000000Z`."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:26]}Z"


def instant(text: str) -> datetime:
    """The instant that `stamp` wrote."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def parse_instant(text: str) -> datetime:
    """An instant that a person typed, RFC 3339 with its zone; `Refused` when the zone is missing or it is no time."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"{text!r} is not a time. Write it as 2026-11-22T15:00:00Z or 2026-11-22T16:00+01:00.") from None
    if moment.tzinfo is None:
        raise Refused(f"{text!r} has no zone, so it could be any hour. Add Z for UTC or an offset such as +01:00.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Refused(f"{text!r} lies outside the calendar.") from None


def not_before(at: datetime, since: datetime, what: str) -> None:
    """`Refused` when something is said to have happened before what it depends on; `what` says what that is."""
    if at < since:
        raise Refused(f"{clock_time(at)} UTC is before {what} ({clock_time(since)} UTC). Give a later --at.")


def parse_duration(text: object) -> timedelta:
    """`90s`, `5m`, `1h30m`, `2d` as elapsed time; `Invalid` for anything else or more than ten years."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Invalid(f"{text!r} is not a duration. Write 90s, 5m, 1h30m or 2d.")
    span = timedelta(seconds=sum(int(n or 0) * unit for n, unit in zip(found.groups(), _UNITS, strict=True)))
    if span > LONGEST:
        raise Invalid(f"{text!r} is longer than ten years.")
    return span


def words(span: timedelta) -> str:
    """A duration for people, at most its two largest units: `1h 30m`, `98s` below two minutes, `0s`."""
    left = round(abs(span.total_seconds()))
    if left < 120:  # noqa: PLR2004 - below two minutes seconds say more
        return f"{left}s"
    parts = []
    for unit, name in zip(_UNITS, "dhms", strict=True):
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts[:2])


def written(span: timedelta) -> str:
    """A duration as playbooks have it, whole seconds: `1h30m`, `2d`, `0m`."""
    left, parts = round(span.total_seconds()), ""
    for unit, name in zip(_UNITS, "dhms", strict=True):
        count, left = divmod(left, unit)
        parts += f"{count}{name}" if count else ""
    return parts or "0m"


def clock_time(moment: datetime) -> str:
    """An instant for people, in UTC to the second: `2026-11-22 15:00:00`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
