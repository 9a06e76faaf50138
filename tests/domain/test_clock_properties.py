"""What holds for every trigger, whatever the day and the place."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as some

from crisisctl.domain.clocks.catalogue import Clock, build
from crisisctl.domain.clocks.outcome import INSTANT, Known, Result
from tests.clockwork import clocks, whole

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "America/Sao_Paulo", "Pacific/Auckland")
FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
DAYS = (LAST - FIRST).days + 1
KINDS = (
    "gdpr.art33",  # hours
    "nis2.final",  # months, rolled
    "dora.initial",  # the earlier of two
    "sec.8k-1.05",  # business days
    "cps234.weakness",  # business days of the place
    "hipaa.hhs-annual",  # from the end of the year
    "appi.final",  # the first day counts
)
ALL = [clock.id for clock in clocks().known.values()]
HOURS = [clock.id for clock in clocks().known.values() if {m.unit for m in clock.rule.measures} == {"hours"}]
# Moving a trigger later may make a limit earlier where relief ends at noon, and never elsewhere.
STEADY = [id_ for id_ in ALL if clocks().known[id_].roll != "noon"]

instants = some.integers(0, 800 * 86_400).map(
    lambda seconds: datetime(2026, 9, 12, tzinfo=UTC) + timedelta(seconds=seconds)
)
places = some.sampled_from([ZoneInfo(name) for name in ZONES])


def answer(clock: Clock, at: datetime, place: ZoneInfo, mode: str = "strict") -> Result:
    answers = {"calendar": "AU-NSW"} if clock.id == "cps234.weakness" else {}
    return clocks().compute(clock, Known(whole(clock, at), answers, place), mode)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("id_", KINDS)
def test_every_day_of_three_years_has_a_deadline(id_: str, zone: str) -> None:
    clock, place = clocks().known[id_], ZoneInfo(zone)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        at = datetime.combine(day, time(number % 24, number % 60), place).astimezone(UTC)
        result = answer(clock, at, place)
        assert result.kind == INSTANT
        assert result.strict
        assert at < result.strict <= (result.legal or result.strict)


@pytest.mark.parametrize("id_", ALL)
def test_every_clock_answers_on_any_day(id_: str) -> None:
    for number in range(0, DAYS, 61):
        at = datetime.combine(FIRST + timedelta(days=number), time(number % 24), UTC)
        place = ZoneInfo(ZONES[number % len(ZONES)])
        assert answer(clocks().known[id_], at, place).why


@settings(max_examples=150, deadline=None)
@each(some.sampled_from(STEADY), instants, some.timedeltas(timedelta(), timedelta(days=400)), places)
def test_a_later_trigger_never_makes_a_deadline_earlier(id_: str, at: datetime, by: timedelta, place: ZoneInfo) -> None:
    clock = clocks().known[id_]
    for mode in ("strict", "reg1182"):
        first, second = answer(clock, at, place, mode), answer(clock, at + by, place, mode)
        if first.due and second.due:
            assert first.due <= second.due
        if first.strict and second.strict:
            assert first.strict <= second.strict


@settings(max_examples=100, deadline=None)
@each(instants, some.timedeltas(timedelta(), timedelta(days=3)), some.timedeltas(timedelta(), timedelta(days=3)))
def test_classifying_later_never_makes_the_initial_notification_earlier(
    aware: datetime, first: timedelta, more: timedelta
) -> None:
    def due(classified: datetime) -> datetime:
        facts = {"aware": aware, "classified_major": classified}
        found = clocks().compute(clocks().known["dora.initial"], Known(facts, {}, ZoneInfo(ZONES[0]))).strict
        assert found
        return found

    assert due(aware + first) <= due(aware + first + more)


@settings(max_examples=200, deadline=None)
@each(some.sampled_from(ALL), instants, places, some.sampled_from(["other_financial_entity", "credit_institution"]))
def test_the_strict_time_is_never_after_the_legal_limit(id_: str, at: datetime, place: ZoneInfo, entity: str) -> None:
    clock = clocks().known[id_]
    known = Known(whole(clock, at), {"entity": entity, "calendar": "AU-NSW"}, place)
    for mode in ("strict", "reg1182", "relief"):
        result = clocks().compute(clock, known, mode)
        if result.kind == INSTANT and result.strict and result.legal:
            assert result.strict <= result.legal
            assert result.due in (result.strict, result.legal)


@settings(max_examples=200, deadline=None)
@each(some.sampled_from(HOURS), instants, places, places)
def test_elapsed_hours_end_at_the_same_instant_in_every_zone(
    id_: str, at: datetime, one: ZoneInfo, other: ZoneInfo
) -> None:
    clock = clocks().known[id_]
    first, second = answer(clock, at.astimezone(one), one).due, answer(clock, at.astimezone(other), other).due
    assert first == second


@settings(max_examples=100, deadline=None)
@each(some.sampled_from(ALL), instants, places)
def test_the_same_facts_give_the_same_result(id_: str, at: datetime, place: ZoneInfo) -> None:
    clock = clocks().known[id_]
    assert answer(clock, at, place) == answer(clock, at, place)


@settings(max_examples=60, deadline=None)
@each(some.integers(1, 400), instants, places)
def test_days_end_with_the_last_second_of_a_local_day(number: int, at: datetime, place: ZoneInfo) -> None:
    spec = {"title": "x", "clocks": {"a": {"title": "x", "start": "aware", "rule": {"days": number}}}}
    [clock] = build({"own": spec}).values()
    due = answer(clock, at, place).due
    assert due
    assert due.date() == at.astimezone(place).date() + timedelta(days=number)
    assert due.time() == time(23, 59, 59)
    assert (due.astimezone(UTC) + timedelta(seconds=1)).astimezone(place).date() == due.date() + timedelta(days=1)
