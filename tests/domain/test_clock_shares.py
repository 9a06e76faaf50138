"""When a running clock speaks up."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain.clocks.shares import shares

BEGUN = datetime(2026, 11, 22, 15, tzinfo=UTC)


def test_half_and_80_percent_lie_between_the_beginning_and_the_strict_time() -> None:
    assert shares(BEGUN, BEGUN + timedelta(hours=72)) == [
        ("half", datetime(2026, 11, 24, 3, tzinfo=UTC)),
        ("80%", datetime(2026, 11, 25, 0, 36, tzinfo=UTC)),
        ("due", datetime(2026, 11, 25, 15, tzinfo=UTC)),
    ]


def test_elapsed_time_counts_where_the_local_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 10, 24, 15, tzinfo=berlin)
    due = (begun.astimezone(UTC) + timedelta(hours=24)).astimezone(berlin)
    assert shares(begun, due)[0] == ("half", datetime(2026, 10, 25, 1, tzinfo=UTC))
    assert all(at.tzinfo is UTC for _, at in shares(begun, due))


def test_fractions_of_a_second_are_cut_so_that_nothing_speaks_up_later_than_its_share() -> None:
    assert shares(BEGUN, BEGUN + timedelta(seconds=3))[:2] == [
        ("half", BEGUN + timedelta(seconds=1)),
        ("80%", BEGUN + timedelta(seconds=2)),
    ]


def test_a_clock_without_a_beginning_before_its_end_speaks_up_only_when_due() -> None:
    assert shares(None, BEGUN) == shares(BEGUN, BEGUN) == shares(BEGUN + timedelta(1), BEGUN) == [("due", BEGUN)]


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=500)))
def test_shares_rise_and_none_is_before_the_beginning_or_after_its_share(length: timedelta) -> None:
    half, most, due = (at for _, at in shares(BEGUN, BEGUN + length))
    assert BEGUN <= half <= BEGUN + length / 2
    assert half <= most <= BEGUN + length * 0.8 + timedelta(microseconds=1)
    assert most < due == BEGUN + length
