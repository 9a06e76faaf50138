"""Calendars of business days: the holidays of places, and the days on which authorities are closed beside them.

What most deadlines need lies beside the program, made from the package `holidays` and with its version: importing that
costs more than the rest of a command. Other places and years are asked of the package itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.domain.clocks.calendar import Calendar
from crisisctl.domain.clocks.faults import Uncomputable
from crisisctl.domain.errors import NotFound
from crisisctl.domain.text import visible

SHIPPED = Path(__file__).parent.parent / "data" / "clocks" / "holidays"
ENGLISH = "en_US"
_ID = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")

Document = Mapping[str, Any]


class Holidays:
    """The `Calendars` port. `authorities` are those of the catalogue: each has a place's holidays and its own."""

    def __init__(self, authorities: Document, shipped: Path = SHIPPED) -> None:
        self._authorities = authorities
        self._shipped = shipped
        self._known: dict[str, Calendar] = {}

    def __call__(self, id_: str) -> Calendar:
        if id_ not in self._known:
            spec = self._authorities.get(id_)
            self._known[id_] = Authority(id_, self(spec["holidays"]), spec) if spec else Place(id_, self._shipped)
        return self._known[id_]


class Place:
    """The public holidays of a country or a part of it."""

    def __init__(self, id_: str, shipped: Path = SHIPPED) -> None:
        self.id = id_
        self._years: dict[int, Mapping[date, str]] = {}
        self._first, self._last = 0, -1
        file = shipped / f"{id_}.json"
        if _ID.fullmatch(id_) and file.is_file():
            self._take(json.loads(file.read_text(encoding="utf-8")))
        else:
            self.version = f"{self._live.version} ({id_})"

    def _take(self, kept: Document) -> None:
        self.version = f"{kept['version']} ({self.id})"
        self._first, self._last = kept["years"]
        self._years = {year: {} for year in range(self._first, self._last + 1)}
        days: dict[int, dict[date, str]] = {year: {} for year in self._years}
        for text, name in kept["days"].items():
            day = date.fromisoformat(text)
            days[day.year][day] = name
        self._years.update(days)

    def holiday(self, day: date) -> str | None:
        year = self._years.get(day.year)
        if year is None:
            year = self._years[day.year] = self._live.year(day.year)
        return year.get(day)

    def remark(self, first: date, last: date) -> str | None:  # noqa: ARG002 - the port's
        return None

    @cached_property
    def _live(self) -> Live:
        return live(self.id)


class Authority:
    """A place's holidays and the closures of one authority. A closure that no source confirms is a business day."""

    def __init__(self, id_: str, place: Calendar, spec: Document) -> None:
        known = spec.get("known")
        self._place = place
        self._known = (date.fromisoformat(known[0]), date.fromisoformat(known[1])) if known else None
        self._every_year = dict(spec.get("every_year") or {})
        closures = {date.fromisoformat(day): closure for day, closure in (spec.get("closures") or {}).items()}
        self._closed = {day: closure["name"] for day, closure in closures.items() if closure["closed"]}
        self._doubtful = {day: closure["name"] for day, closure in closures.items() if not closure["closed"]}
        as_of = f" as of {self._known[1]}" if self._known else ""
        self.version = f"{id_}: {place.version}, {spec['about']}{as_of}"

    def holiday(self, day: date) -> str | None:
        return self._closed.get(day) or self._every_year.get(f"{day:%m-%d}") or self._place.holiday(day)

    def remark(self, first: date, last: date) -> str | None:
        told = [f"{day} ({name})" for day, name in self._doubtful.items() if first <= day <= last]
        if told:
            return f"Counted as a business day, because no source confirms a closure: {', '.join(told)}."
        if self._known and last > self._known[1]:
            return (
                f"Closures announced after {self._known[1]} are not known here; one would make it later, not earlier."
            )
        if self._known and first < self._known[0]:
            return f"Single closures before {self._known[0]} are not known here."
        return None


class Live(NamedTuple):
    """The package itself, for one place."""

    id: str
    days: Any
    version: str

    def year(self, year: int) -> Mapping[date, str]:
        """The holidays of a year; `Uncomputable` when the package does not know it."""
        if not self.days.start_year <= year <= self.days.end_year:
            message = (
                f"The calendar {self.id} of {self.version} covers {self.days.start_year} to {self.days.end_year}, and "
                f"this leads to {year}. No date is guessed: look the holidays up, or correct the time."
            )
            raise Uncomputable("beyond_calendar", message)
        return {day: name for day, name in _of(self.days, year).items() if day.year == year}


def live(id_: str) -> Live:
    """What the package knows of a place; `NotFound` when it knows nothing."""
    if not _ID.fullmatch(id_):
        raise _unknown(id_)
    import holidays  # noqa: PLC0415 - only places and years that are not shipped pay for it
    from holidays.version import __version__  # noqa: PLC0415 - the same

    country, _, part = id_.partition("-")
    try:
        kind = type(holidays.country_holidays(country, subdiv=part or None))
        english = ENGLISH if ENGLISH in kind.supported_languages else None
        days = holidays.country_holidays(country, subdiv=part or None, language=english)
    except NotImplementedError:
        raise _unknown(id_) from None
    return Live(id_, days, f"holidays {__version__}")


def _unknown(id_: str) -> NotFound:
    return NotFound(f"There is no calendar {visible(id_[:40])!r}. Write a country or a part of one, as in DE or DE-BY.")


def _of(days: Any, year: int) -> Mapping[date, str]:  # noqa: ANN401 - a class of the package
    """The holidays of a year as a plain mapping."""
    if year not in days.years:
        days.get(date(year, 1, 1))  # asking for a day makes it work its year out
    return dict(days)
