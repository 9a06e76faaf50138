"""Calendars of business days: the port through which the rules see them, and counting on them.

A calendar knows the holidays of some years. Of a day beyond them it says so: it never guesses.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple, Protocol

from crisisctl.domain.clocks.when import day_shown

_DAY = timedelta(days=1)
_SATURDAY = 5


class Calendar(Protocol):
    """The holidays of one place or authority, beside Saturdays and Sundays."""

    @property
    def version(self) -> str:
        """What the data is and of which version, for the derivation."""
        ...

    def holiday(self, day: date) -> str | None:
        """What the day is called if it is a holiday; `Uncomputable` when it lies beyond the data."""
        ...

    def remark(self, first: date, last: date) -> str | None:
        """What somebody who counts between these days must know of the data; None when nothing."""
        ...


class Calendars(Protocol):
    """Calendars by id, such as `SEC`, `US`, `DE` or `AU-NSW`."""

    def __call__(self, id_: str) -> Calendar:
        """The calendar; `NotFound` when there is none of that id."""
        ...


class Weekends:
    """A calendar without holidays: for places whose holidays nobody knows here."""

    version = "Saturdays and Sundays only"

    def holiday(self, day: date) -> str | None:  # noqa: ARG002 - the port's
        """No day is one."""
        return None

    def remark(self, first: date, last: date) -> str | None:  # noqa: ARG002 - the port's
        """That holidays are missing, which can only make a limit earlier."""
        return "No calendar of holidays is known for this place, so only Saturdays and Sundays are left out."


class Counted(NamedTuple):
    """The last day of a count, and the holidays that were passed over, with their names."""

    last: date
    passed: tuple[tuple[date, str], ...]


def working(calendar: Calendar, day: date) -> bool:
    """Whether people work on that day."""
    return day.weekday() < _SATURDAY and calendar.holiday(day) is None


def business_days(calendar: Calendar, day: date, count: int) -> Counted:
    """The day that many business days after one; that day itself never counts, the next business day is the first."""
    passed: list[tuple[date, str]] = []
    while count:
        day += _DAY
        if day.weekday() >= _SATURDAY:
            continue
        if name := calendar.holiday(day):
            passed.append((day, name))
        else:
            count -= 1
    return Counted(day, tuple(passed))


def next_working(calendar: Calendar, day: date) -> date:
    """The day itself if people work then, else the next on which they do."""
    while not working(calendar, day):
        day += _DAY
    return day


def why_not(calendar: Calendar, day: date) -> str:
    """Why nobody works on a day: `Sat 28 Feb 2026`, or `Fri 25 Dec 2026 (Christmas Day)`."""
    name = calendar.holiday(day)
    return f"{day_shown(day)} ({name})" if name else day_shown(day)
