"""Quiet hours: by the clock on the wall, also in the nights in which that clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crisisctl.domain.notices import Quiet, Reach
from crisisctl.domain.reach import quiet_until, rest

MADRID = ZoneInfo("Europe/Madrid")
HALF_HOUR = ZoneInfo("Australia/Lord_Howe")  # its clocks are set by half an hour
ZONES = [UTC, MADRID, HALF_HOUR, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu")]
DAY = timedelta(days=1)


def quiet(start: str, end: str, zone: ZoneInfo = MADRID, breaks: tuple[str, ...] | None = None) -> Quiet:
    return Quiet(time.fromisoformat(start), time.fromisoformat(end), zone, breaks)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


NIGHT = quiet("22:00", "07:00")
CASES = [
    ("winter, before midnight", NIGHT, "2026-01-10T22:00", "2026-01-11T06:00"),
    ("winter, after midnight", NIGHT, "2026-01-11T05:59:59", "2026-01-11T06:00"),
    ("winter, the first instant", NIGHT, "2026-01-10T21:00", "2026-01-11T06:00"),
    ("winter, just before", NIGHT, "2026-01-10T20:59:59.999999", None),
    ("winter, the end is none of it", NIGHT, "2026-01-11T06:00", None),
    ("summer", NIGHT, "2026-07-01T20:00", "2026-07-02T05:00"),
    ("within one day", quiet("12:00", "14:00"), "2026-07-01T10:30", "2026-07-01T12:00"),
    ("within one day, at night", quiet("12:00", "14:00"), "2026-07-01T23:00", None),
    ("the night that is an hour short", NIGHT, "2026-03-28T22:00", "2026-03-29T05:00"),
    ("the night that is an hour long", NIGHT, "2026-10-24T21:00", "2026-10-25T06:00"),
    ("an end that is left out", quiet("22:00", "02:30"), "2026-03-29T00:30", "2026-03-29T01:00"),
    ("after an end that is left out", quiet("22:00", "02:30"), "2026-03-29T01:00", None),
    ("a beginning that is left out", quiet("02:30", "07:00"), "2026-03-29T01:00", "2026-03-29T05:00"),
    ("before a beginning that is left out", quiet("02:30", "07:00"), "2026-03-29T00:59", None),
    ("an end that comes twice", quiet("22:00", "02:30"), "2026-10-25T00:29", "2026-10-25T00:30"),
    ("between the two ends", quiet("22:00", "02:30"), "2026-10-25T00:45", None),
    ("a beginning that comes twice", quiet("02:30", "07:00"), "2026-10-25T00:30", "2026-10-25T06:00"),
    ("half an hour left out", quiet("22:00", "02:15", HALF_HOUR), "2026-10-03T14:00", "2026-10-03T15:30"),
    ("a whole day left out", quiet("22:00", "07:00", ZoneInfo("Pacific/Apia")), "2011-12-30T10:30", "2011-12-30T17:00"),
]


@pytest.mark.parametrize(("told", "at", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_quiet_hours_go_by_the_clock_on_the_wall(told: Quiet, at: str, end: str | None) -> None:
    assert quiet_until(told, utc(at)) == (utc(end) if end else None)


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as they want it


@given(MINUTES, MINUTES, st.sampled_from(ZONES), INSTANTS)
def test_quiet_hours_end_after_now_and_before_a_day_is_over(
    start: time, end: time, zone: ZoneInfo, at: datetime
) -> None:
    assume(start != end)
    until = quiet_until(Quiet(start, end, zone), at)
    if until is not None:
        assert at < until <= at + timedelta(hours=26)
        assert quiet_until(Quiet(start, end, zone), until) is None
        assert quiet_until(Quiet(start, end, zone), until - timedelta(microseconds=1)) == until


@given(MINUTES, MINUTES, st.sampled_from(ZONES), INSTANTS)
def test_on_an_ordinary_day_they_are_what_the_clock_shows(start: time, end: time, zone: ZoneInfo, at: datetime) -> None:
    assume(start != end)
    assume(len({(at + n * DAY).astimezone(zone).utcoffset() for n in (-2, -1, 0, 1, 2)}) == 1)
    wall = at.astimezone(zone).time()
    inside = start <= wall < end if start < end else wall >= start or wall < end
    until = quiet_until(Quiet(start, end, zone), at)
    assert (until is not None) is inside
    if until:
        assert until.astimezone(zone).time() == end


AT = utc("2026-01-10T23:00")


@pytest.mark.parametrize(
    ("breaks", "severity", "disturbed"),
    [
        (None, "sev1", True),
        (None, "sev2", False),
        (("sev1", "sev2"), "sev2", True),
        (("sev2",), "sev1", False),
        ((), "sev1", False),
    ],
)
def test_a_severity_that_breaks_them_is_told_at_once(
    breaks: tuple[str, ...] | None, severity: str, *, disturbed: bool
) -> None:
    resting = rest(Reach(quiet=quiet("22:00", "07:00", breaks=breaks)), severity, "sev1")
    assert (resting(AT) is None) is disturbed


def test_who_has_none_never_rests() -> None:
    assert rest(Reach(), "sev3", "sev1")(AT) is None
