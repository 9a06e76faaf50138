"""Lengths of time: from an instant and a measure to the last moment, with the sentences that say how."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from crisisctl.domain.clocks.calendar import Calendar, Counted, business_days
from crisisctl.domain.clocks.catalogue import Measure
from crisisctl.domain.clocks.when import at_time, day_shown, end_of_day, month_later, shown

_SHOWN = 6


class End(NamedTuple):
    """The last moment of a period, and why; `calendar` is the version of the data on which it was counted."""

    at: datetime
    why: tuple[str, ...]
    calendar: str | None = None


def hours(start: datetime, count: int, place: tzinfo) -> End:
    """Elapsed hours, counted on UTC, so that a change of daylight saving cannot touch them."""
    local = start.astimezone(place)
    end = (start.astimezone(UTC) + timedelta(hours=count)).astimezone(place)
    told = f"{count} elapsed hours after {shown(local)}, counted on UTC, end on {shown(end)}."
    wall = (end.replace(tzinfo=None) - local.replace(tzinfo=None)) / timedelta(hours=1)
    if wall == count:
        return End(end, (told,))
    changed = f"The clocks change in between, so that the wall shows {wall:g} hours instead of {count}."
    return End(end, (told, changed))


def days(start: datetime, measure: Measure, place: tzinfo) -> End:
    """Calendar days to the end of the last local day."""
    first = start.astimezone(place).date()
    if measure.year_end:
        closing = date(first.year, 12, 31)
        how = f"{measure.number} days after the end of {first.year}, the year of {day_shown(first)}"
        return _closing(closing + timedelta(days=measure.number), measure, place, how)
    if measure.first_day:
        last = first + timedelta(days=measure.number - 1)
        return _closing(last, measure, place, f"{measure.number} days, of which {day_shown(first)} is the first")
    how = f"{measure.number} calendar days after {day_shown(first)}, which is not counted"
    return _closing(first + timedelta(days=measure.number), measure, place, how)


def months(start: datetime, measure: Measure, place: tzinfo) -> End:
    """Calendar months to the end of the same day of the month, or of its last where it has no such day."""
    first = start.astimezone(place).date()
    last = month_later(first, measure.number)
    noun = "calendar month" if measure.number == 1 else "calendar months"
    end = _closing(last, measure, place, f"{measure.number} {noun} after {day_shown(first)}")
    if last.day == first.day:
        return end
    return end._replace(why=(*end.why, f"That month has no day {first.day}, so its last day counts."))


def working_days(start: datetime, measure: Measure, place: tzinfo, calendar: Calendar) -> End:
    """Business days after the local day of the start, to the end of the last or to a time on it."""
    first = start.astimezone(place).date()
    counted = business_days(calendar, first, measure.number)
    how = f"{measure.number} business days after {day_shown(first)}; the next business day is the first"
    end = _closing(counted.last, measure, place, how)
    remark = calendar.remark(first, counted.last)
    why = (*end.why, *_passed(counted), *((remark,) if remark else ()))
    return End(end.at, why, calendar.version)


def _passed(counted: Counted) -> tuple[str, ...]:
    if not counted.passed:
        return ()
    named = [f"{day_shown(day)} ({name})" for day, name in counted.passed]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return (f"Not counted beside weekends: {', '.join(named[:_SHOWN])}{more}.",)


def _closing(last: date, measure: Measure, place: tzinfo, how: str) -> End:
    if measure.at:
        at = at_time(last, measure.at, place)
        return End(at, (f"{how}: it must be done by {measure.at} on the last of them, {shown(at)}.",))
    at = end_of_day(last, place)
    return End(at, (f"{how}: the last of them ends on {shown(at)}.",))
