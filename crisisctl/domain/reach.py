"""How people can be reached: how long each contact waits its turn, and the hours in which they are left in peace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple

Rest = Callable[[datetime], datetime | None]
_MINUTE = timedelta(minutes=1)
_LONGEST_GAP = 24 * 60  # minutes; a zone has once left out a whole day


class Quiet(NamedTuple):
    """Hours of the wall clock in a zone, over midnight if need be; `breaks` None: the most severe severity does."""

    start: time
    end: time
    zone: tzinfo
    breaks: tuple[str, ...] | None = None


class Reach(NamedTuple):
    """How one person can be reached: the delay of each contact in order, the quiet hours, and who stands in."""

    delays: tuple[timedelta, ...] = (timedelta(),)
    quiet: Quiet | None = None
    fallback: str | None = None


def rest(reach: Reach, severity: str, worst: str) -> Rest:
    """Tells of an instant until when the person is not to be disturbed for that severity; None when one may be."""
    quiet = reach.quiet
    if quiet is None or severity in ((worst,) if quiet.breaks is None else quiet.breaks):
        return lambda _: None
    return lambda at: quiet_until(quiet, at)


def quiet_until(quiet: Quiet, at: datetime) -> datetime | None:
    """When the quiet hours end that the instant falls into, in UTC; None when it falls into none."""
    today = at.astimezone(quiet.zone).date()
    for day in (today - timedelta(days=1), today):
        last = day if quiet.end > quiet.start else day + timedelta(days=1)
        start, end = datetime.combine(day, quiet.start), _instant(datetime.combine(last, quiet.end), quiet)
        if _instant(start, quiet) <= at < end:
            return end
    return None


def _instant(wall: datetime, quiet: Quiet) -> datetime:
    """The instant of a wall time: of one that comes twice the first, of one that is left out the next that is not."""
    for _ in range(_LONGEST_GAP):
        moment = wall.replace(tzinfo=quiet.zone).astimezone(UTC)
        if moment.astimezone(quiet.zone).replace(tzinfo=None) == wall:
            break
        wall += _MINUTE
    return moment
