"""Local times and instants: what the clocks on the wall show, and the instants at which local days end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from crisisctl.domain.clocks.faults import Uncomputable, UnknownZone
from crisisctl.domain.clocks.places import COUNTRIES
from crisisctl.domain.text import visible

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_WRITE = "Write it as 2026-11-22T16:00:00+01:00, or as 2026-11-22T16:00:00 with a zone"


def zone(name: str) -> ZoneInfo:
    """The time zone of that name of the IANA database; `UnknownZone` with the nearest names."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

        near = get_close_matches(name[:64], ["UTC", *COUNTRIES], n=3)
        offer = f" Did you mean {', '.join(near)}?" if near else ""
        message = f"There is no time zone {visible(name[:80])!r}.{offer} Zones are written as Europe/Berlin."
        raise UnknownZone(message) from None


def moment(text: str, place: tzinfo | None, *, later: bool = False) -> datetime:
    """The instant that somebody wrote, in the zone told or else with its own offset.

    A local time that comes twice is the earlier unless `later`. `Uncomputable` when it never comes, or has no zone.
    """
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Uncomputable("not_a_time", f"{visible(text[:80])!r} is not a time. {_WRITE}.") from None
    if "T" not in text.upper().strip() and " " not in text.strip():
        raise Uncomputable("not_a_time", f"{visible(text[:80])!r} is a day without an hour. {_WRITE}.")
    try:
        found = _placed(told, place, later=later)
        found.astimezone(UTC)
    except OverflowError:
        raise Uncomputable("beyond_calendar", f"{visible(text[:80])!r} lies outside the calendar.") from None
    return found


def _placed(told: datetime, place: tzinfo | None, *, later: bool) -> datetime:
    offset = told.utcoffset()
    if offset is None:
        if place is None:
            message = (
                f"'{told.isoformat()}' has no zone, so it could be any hour. "
                "Add an offset such as +01:00, or Z for UTC, or name a zone with --zone."
            )
            raise Uncomputable("no_zone", message)
        local = told.replace(tzinfo=place, fold=int(later))
        if not _exists(local):
            _refuse_gap(local)
        return local.astimezone(UTC).astimezone(place)
    if place is None:
        return told
    wall = told.replace(tzinfo=place)
    # An offset of the place itself says that this is what its clocks showed. One of zero is how UTC is written.
    if offset and offset in (wall.utcoffset(), wall.replace(fold=1).utcoffset()) and not _exists(wall):
        _refuse_gap(wall)
    return told.astimezone(place)


def _exists(local: datetime) -> bool:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)


def _refuse_gap(local: datetime) -> None:
    wall = local.replace(tzinfo=None, fold=0)
    message = (
        f"{wall.isoformat(sep=' ')} does not exist in {local.tzinfo}: the clocks go forward over it. "
        "Look at the source again, and give the time with its offset from UTC."
    )
    raise Uncomputable("nonexistent_local_time", message)


def bare(text: str) -> bool:
    """Whether a time was written without its offset."""
    return datetime.fromisoformat(text.strip()).tzinfo is None


def twice(local: datetime) -> bool:
    """Whether the clocks show this local time twice."""
    return _exists(local) and local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def end_of_day(day: date, place: tzinfo) -> datetime:
    """The last whole second of a local day."""
    return (_midnight(day + _DAY, place) - _SECOND).astimezone(place)


def at_time(day: date, clock: str, place: tzinfo) -> datetime:
    """The instant at which the local clocks of a day show `17:30`."""
    local = datetime.combine(day, time.fromisoformat(clock), place)
    return local.astimezone(UTC).astimezone(place)


def next_hour(at: datetime, place: tzinfo) -> datetime:
    """The beginning of the local hour after the one in which an instant falls."""
    local = at.astimezone(place)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (at.astimezone(UTC) - into + timedelta(hours=1)).astimezone(place)


def _midnight(day: date, place: tzinfo) -> datetime:
    return datetime.combine(day, time(), place).astimezone(UTC)


def month_later(day: date, months: int) -> date:
    """The same day of the month so many months on, or that month's last when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year >= date.max.year:
        raise OverflowError
    first = date(year, month + 1, 1)
    return first.replace(day=min(day.day, _days_in(first)))


def _days_in(first: date) -> int:
    return ((first + timedelta(days=32)).replace(day=1) - first).days


def shown(at: datetime) -> str:
    """An instant in a sentence, as its own zone shows it: `Mon 26 Oct 2026 17:00:00 +01:00`."""
    offset = at.isoformat()[-6:] if at.utcoffset() is not None else ""
    return f"{at:%a %d %b %Y %H:%M:%S} {offset}"


def day_shown(day: date) -> str:
    """A day in a sentence: `Mon 26 Oct 2026`."""
    return f"{day:%a %d %b %Y}"
