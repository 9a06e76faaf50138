"""The catalogue and the calendars as the program has them, for tests of deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from crisisctl.adapters.catalogue import shipped
from crisisctl.adapters.holidays import Holidays
from crisisctl.domain.clocks import given
from crisisctl.domain.clocks.book import Clocks
from crisisctl.domain.clocks.catalogue import Clock, build
from crisisctl.domain.clocks.outcome import Result
from crisisctl.domain.clocks.when import moment, zone


@cache
def clocks() -> Clocks:
    """The shipped clocks."""
    document = shipped()
    return Clocks(build(document["regimes"]), Holidays(document["calendars"]))


def result(name: str, trigger: str, place: str | None = None, mode: str = "strict", **inputs: object) -> Result:
    """What a clock gives for a trigger as somebody types it."""
    clock = clocks().find(name)
    where = zone(place) if place else None
    return clocks().compute(clock, given.known(clock, moment(trigger, where), inputs, where), mode)


def whole(clock: Clock, at: datetime) -> Mapping[str, datetime]:
    """Every fact that the clock looks at, all at the same time."""
    return dict.fromkeys(given.facts(clock), at.astimezone(UTC))
