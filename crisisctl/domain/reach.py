"""The hours in which people are left in peace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from crisisctl.domain.notices import Quiet, Reach

Rest = Callable[[datetime], datetime | None]
_MINUTE = timedelta(minutes=1)
_LONGEST_GAP = 24 * 60  # minutes; a zone has once left out a whole day


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
