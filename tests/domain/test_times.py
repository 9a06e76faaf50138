"""Instants in UTC, elapsed durations, and how both are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain.errors import Invalid, Refused
from crisisctl.domain.times import LONGEST, clock_time, instant, parse_duration, parse_instant, stamp, words, written

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))  # as RFC 3339 has them
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES)  # noqa: DTZ001 - Hypothesis adds zones


@given(MOMENTS)
def test_an_instant_is_read_back_as_it_was_written(moment: datetime) -> None:
    assert instant(stamp(moment)) == moment
    assert parse_instant(stamp(moment)) == moment
    assert instant(stamp(moment)).tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_the_order_of_written_instants_is_the_order_of_time(one: datetime, other: datetime) -> None:
    assert (stamp(one) < stamp(other)) == (one < other)
    assert len(stamp(one)) == len("2026-11-22T15:00:00.000000Z")


@given(MOMENTS)
def test_an_instant_may_be_typed_in_any_zone(moment: datetime) -> None:
    assert parse_instant(f"  {moment.isoformat()} ") == moment


@pytest.mark.parametrize(
    ("typed", "stamped"),
    [
        ("2026-11-22T15:00:00Z", "2026-11-22T15:00:00.000000Z"),
        ("2026-11-22T16:00+01:00", "2026-11-22T15:00:00.000000Z"),
        ("2026-11-22 15:00:00.5Z", "2026-11-22T15:00:00.500000Z"),
        ("2026-03-29T02:30+01:00", "2026-03-29T01:30:00.000000Z"),  # an hour that no clock in Madrid showed
    ],
)
def test_an_instant_is_kept_in_utc(typed: str, stamped: str) -> None:
    assert stamp(parse_instant(typed)) == stamped


@pytest.mark.parametrize("typed", ["2026-11-22T15:00:00", "2026-11-22 15:00", "2026-11-22"])
def test_an_instant_without_a_zone_could_be_any_hour(typed: str) -> None:
    with pytest.raises(Refused, match=r"has no zone, so it could be any hour\. Add Z for UTC"):
        parse_instant(typed)


@pytest.mark.parametrize(
    "typed", ["", "noon", "15:00Z", "2026-13-01T00:00Z", "2026-02-30T00:00Z", "1790000000", "\x00"]
)
def test_what_is_no_time_is_refused_with_one_that_is(typed: str) -> None:
    with pytest.raises(Refused, match=r"is not a time\. Write it as 2026-11-22T15:00:00Z"):
        parse_instant(typed)


@pytest.mark.parametrize("typed", ["0001-01-01T00:00+01:00", "9999-12-31T23:30-01:00"])
def test_an_instant_outside_the_calendar_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="lies outside the calendar"):
        parse_instant(typed)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0m", 0), ("90s", 90), ("5m", 300), ("1h30m", 5_400), ("2d", 172_800), ("1d1h1m1s", 90_061), ("120m", 7_200)],
)
def test_a_duration_is_days_hours_minutes_and_seconds_in_that_order(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@given(st.integers(0, 3_649), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_every_duration_is_its_parts_added_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert parse_duration(f"{days}d{hours}h{minutes}m{seconds}s") == span
    assert parse_duration(f"{int(span.total_seconds() // 60)}m{seconds}s") == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m",
        "5",
        "5 m",
        "-5m",
        "5m1h",
        "1.5h",
        "5M",
        "1w",
        "5m\n",
        "\u0665m",
        "\u0661h",
        5,
        5.0,
        None,
        True,
        ["5m"],
        "9" * 30 + "s",
    ],
)
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(Invalid, match=r"is not a duration\. Write 90s, 5m, 1h30m or 2d\."):
        parse_duration(text)


def test_a_duration_of_more_than_ten_years_is_a_slip() -> None:
    assert parse_duration("3650d") == LONGEST
    with pytest.raises(Invalid, match="'3650d1s' is longer than ten years"):
        parse_duration("3650d1s")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (98, "98s"),
        (119.4, "119s"),
        (119.6, "2m"),
        (150, "2m 30s"),
        (3_599.7, "1h"),
        (5_400, "1h 30m"),
        (5_401, "1h 30m"),
        (86_400, "1d"),
        (90_061, "1d 1h"),
        (88_200, "1d 30m"),
        (-300, "5m"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert words(timedelta(seconds=seconds)) == said


@given(st.timedeltas(timedelta(0), timedelta(days=3_000)))
def test_a_duration_as_told_is_never_more_than_its_second_unit_off(span: timedelta) -> None:
    parts = words(span).split()
    assert 1 <= len(parts) <= 2
    told = parse_duration("".join(parts))
    assert told <= span + timedelta(seconds=1)
    assert span - told < {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}.get(
        parts[-1][-1], timedelta(seconds=1)
    )


def test_an_instant_for_people_is_in_utc_to_the_second() -> None:
    assert clock_time(datetime(2026, 11, 22, 16, 0, 59, 999_999, timezone(timedelta(hours=1)))) == "2026-11-22 15:00:59"


@pytest.mark.parametrize("text", ["0m", "90s", "1m30s", "60m", "1h30m", "2d", "3650d", "1d1h1m1s"])
def test_a_duration_is_written_as_a_playbook_would_have_it(text: str) -> None:
    assert parse_duration(written(parse_duration(text))) == parse_duration(text)
    assert written(timedelta(minutes=90)) == "1h30m"
    assert written(timedelta(0)) == "0m"
