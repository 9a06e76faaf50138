"""Who is on call: hand-overs worked out by hand for zones that change their clocks in every way there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crisisctl.domain.rota import (
    Duty,
    Override,
    Plan,
    Rotation,
    Span,
    Turn,
    begins,
    first_instant,
    gaps,
    on_call,
    shift,
    shifts,
    turns,
)

CREW = ("dana", "kim", "lee")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rotation(zone: str, starts: str, length: str = "1d", people: tuple[str, ...] = CREW) -> Rotation:
    return Rotation(people, int(length[:-1]) * UNITS[length[-1]], datetime.fromisoformat(starts), zone)


# What the clocks do, by the laws in force: the zone, the instant in UTC, and the wall clock before and after.
#   Europe/Madrid        2026-03-29 01:00  02:00 -> 03:00 (+1 to +2)      2026-10-25 01:00  03:00 -> 02:00 (+2 to +1)
#   America/New_York     2026-03-08 07:00  02:00 -> 03:00 (-5 to -4)      2026-11-01 06:00  02:00 -> 01:00 (-4 to -5)
#   Australia/Lord_Howe  2026-10-03 15:30  02:00 -> 02:30 (+10:30 to +11) 2026-04-04 15:00  02:00 -> 01:30 (to +10:30)
#   Australia/Adelaide   2026-10-03 16:30  02:00 -> 03:00 (+9:30 to +10:30) 2026-04-04 16:30  03:00 -> 02:00 (to +9:30)
#   Pacific/Auckland     2026-09-26 14:00  02:00 -> 03:00 (+12 to +13)    2026-04-04 14:00  03:00 -> 02:00 (+13 to +12)
#   America/Santiago     2026-09-06 04:00  00:00 -> 01:00 (-4 to -3)      2026-04-05 03:00  24:00 -> 23:00 (-3 to -4)
#   Pacific/Apia         2011-12-30 10:00  the 30th is left out (-10 to +14)
#   Asia/Kolkata is always +5:30, Asia/Kathmandu +5:45.
# Each row: the wall time of the first hand-over, the length, then the hand-overs from the first on, each worked out as
# the wall time minus the offset that holds there; where there is no such wall time, the instant of the change.
HANDOVERS = [
    ("Europe/Madrid", "2026-03-23T09:00", "1w", ["2026-03-23T08:00", "2026-03-30T07:00", "2026-04-06T07:00"]),
    ("Europe/Madrid", "2026-10-19T09:00", "7d", ["2026-10-19T07:00", "2026-10-26T08:00", "2026-11-02T08:00"]),
    # 02:30 is jumped over on the 29th: at 01:00 UTC.
    ("Europe/Madrid", "2026-03-28T02:30", "1d", ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"]),
    # The very edges of the jump: 02:00 is not there, 03:00 is, and both are the instant of the change.
    ("Europe/Madrid", "2026-03-28T02:00", "1d", ["2026-03-28T01:00", "2026-03-29T01:00", "2026-03-30T00:00"]),
    ("Europe/Madrid", "2026-03-28T03:00", "1d", ["2026-03-28T02:00", "2026-03-29T01:00", "2026-03-30T01:00"]),
    # 02:30 comes twice on the 25th: first at +2. So does 02:00; 03:00 comes once, at +1.
    ("Europe/Madrid", "2026-10-24T02:30", "1d", ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),
    ("Europe/Madrid", "2026-10-24T02:00", "1d", ["2026-10-24T00:00", "2026-10-25T00:00", "2026-10-26T01:00"]),
    ("Europe/Madrid", "2026-10-24T03:00", "1d", ["2026-10-24T01:00", "2026-10-25T02:00", "2026-10-26T02:00"]),
    ("America/New_York", "2026-03-02T09:00", "1w", ["2026-03-02T14:00", "2026-03-09T13:00"]),
    ("America/New_York", "2026-10-26T09:00", "1w", ["2026-10-26T13:00", "2026-11-02T14:00"]),
    ("America/New_York", "2026-03-07T02:30", "1d", ["2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"]),
    ("America/New_York", "2026-10-31T01:30", "1d", ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"]),
    # Half an hour of daylight saving: 02:15 is jumped over on 4 October, 01:45 comes twice on 5 April.
    ("Australia/Lord_Howe", "2026-10-03T02:15", "1d", ["2026-10-02T15:45", "2026-10-03T15:30", "2026-10-04T15:15"]),
    ("Australia/Lord_Howe", "2026-04-04T01:45", "1d", ["2026-04-03T14:45", "2026-04-04T14:45", "2026-04-05T15:15"]),
    ("Australia/Adelaide", "2026-03-30T09:00", "1w", ["2026-03-29T22:30", "2026-04-05T23:30"]),
    ("Australia/Adelaide", "2026-09-28T09:00", "1w", ["2026-09-27T23:30", "2026-10-04T22:30"]),
    ("Pacific/Auckland", "2026-09-26T02:30", "1d", ["2026-09-25T14:30", "2026-09-26T14:00", "2026-09-27T13:30"]),
    ("Pacific/Auckland", "2026-04-04T02:30", "1d", ["2026-04-03T13:30", "2026-04-04T13:30", "2026-04-05T14:30"]),
    # Midnight itself is jumped over on 6 September; 23:30 comes twice on 4 April.
    ("America/Santiago", "2026-09-05T00:00", "1d", ["2026-09-05T04:00", "2026-09-06T04:00", "2026-09-07T03:00"]),
    ("America/Santiago", "2026-04-03T23:30", "1d", ["2026-04-04T02:30", "2026-04-05T02:30", "2026-04-06T03:30"]),
    ("Asia/Kolkata", "2026-03-23T09:00", "1w", ["2026-03-23T03:30", "2026-03-30T03:30"]),
    ("Asia/Kathmandu", "2026-03-23T09:00", "2w", ["2026-03-23T03:15", "2026-04-06T03:15"]),
    ("UTC", "2026-03-28T02:30", "1d", ["2026-03-28T02:30", "2026-03-29T02:30"]),
    # The day that Samoa left out: whoever would take over at 09:00 on the 30th does so as the 31st begins.
    (
        "Pacific/Apia",
        "2011-12-28T09:00",
        "1d",
        ["2011-12-28T19:00", "2011-12-29T19:00", "2011-12-30T10:00", "2011-12-30T19:00"],
    ),
    ("Pacific/Apia", "2011-12-23T09:00", "1w", ["2011-12-23T19:00", "2011-12-30T10:00", "2012-01-05T19:00"]),
    # Hours step on the wall as well: the night shift has 11 hours in March and 13 in October, and ends at 09:00.
    (
        "Europe/Madrid",
        "2026-03-28T09:00",
        "12h",
        ["2026-03-28T08:00", "2026-03-28T20:00", "2026-03-29T07:00", "2026-03-29T19:00"],
    ),
    ("Europe/Madrid", "2026-10-24T09:00", "12h", ["2026-10-24T07:00", "2026-10-24T19:00", "2026-10-25T08:00"]),
    # By the hour: 02:00 is jumped over, so that shift lasts no time; in October the shift of 02:00 lasts two hours.
    ("Europe/Madrid", "2026-03-29T01:00", "1h", ["2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T01:00"]),
    ("Europe/Madrid", "2026-10-25T01:00", "1h", ["2026-10-24T23:00", "2026-10-25T00:00", "2026-10-25T02:00"]),
    # 24 hours are a day on the wall, 36 are a day and a half.
    ("Europe/Madrid", "2026-03-28T09:00", "24h", ["2026-03-28T08:00", "2026-03-29T07:00"]),
    ("Europe/Madrid", "2026-03-28T09:00", "36h", ["2026-03-28T08:00", "2026-03-29T19:00", "2026-03-31T07:00"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "starts", "length", "number", "instant"),
    [(*row[:3], number, instant) for row in HANDOVERS for number, instant in enumerate(row[3])],
)
def test_a_hand_over_stays_where_the_clock_on_the_wall_has_it(
    zone: str, starts: str, length: str, number: int, instant: str
) -> None:
    assert begins(rotation(zone, starts, length), number) == utc(instant)


# Weekly in Madrid from Monday 2 March 2026, 09:00 (+1, so 08:00 UTC): dana on the 2nd, kim on the 9th, lee on the 16th,
# dana on the 23rd; from the 30th on (kim) the clocks are at +2, so 07:00 UTC. The tenth hand-over (number 9, dana) is
# 4 May. Daily in Apia as above: kim from 12-29 19:00, lee for nine hours from 12-30 10:00, dana from 12-30 19:00.
WEEKLY = rotation("Europe/Madrid", "2026-03-02T09:00", "1w")
SAMOA = rotation("Pacific/Apia", "2011-12-28T09:00")
HOURLY_SPRING = rotation("Europe/Madrid", "2026-03-29T01:00", "1h")
HOURLY_AUTUMN = rotation("Europe/Madrid", "2026-10-25T01:00", "1h")
HALF_PAST = rotation("Europe/Madrid", "2026-10-24T02:30")
WHO = [
    (WEEKLY, "2026-03-02T07:59:59.999999", None),
    (WEEKLY, "2026-03-02T08:00", "dana"),
    (WEEKLY, "2026-03-09T07:59:59.999999", "dana"),
    (WEEKLY, "2026-03-09T08:00", "kim"),
    (WEEKLY, "2026-03-22T23:59", "lee"),
    (WEEKLY, "2026-03-23T08:00", "dana"),
    (WEEKLY, "2026-03-30T06:59:59.999999", "dana"),
    (WEEKLY, "2026-03-30T07:00", "kim"),
    (WEEKLY, "2026-05-04T07:00", "dana"),
    (SAMOA, "2011-12-30T09:59:59", "kim"),
    (SAMOA, "2011-12-30T10:00", "lee"),
    (SAMOA, "2011-12-30T18:59:59", "lee"),
    (SAMOA, "2011-12-30T19:00", "dana"),
    (HOURLY_SPRING, "2026-03-29T00:59:59", "dana"),
    (HOURLY_SPRING, "2026-03-29T01:00", "lee"),  # kim's hour does not exist
    (HOURLY_AUTUMN, "2026-10-25T00:30", "kim"),
    (HOURLY_AUTUMN, "2026-10-25T01:59:59", "kim"),  # 02:59:59 for the second time
    (HOURLY_AUTUMN, "2026-10-25T02:00", "lee"),
    (HALF_PAST, "2026-10-25T00:29:59", "dana"),
    (HALF_PAST, "2026-10-25T00:30", "kim"),
    (HALF_PAST, "2026-10-25T01:15", "kim"),  # 02:15 for the second time, before half past on the wall
]


@pytest.mark.parametrize(("plan", "at", "person"), WHO)
def test_who_is_on_call_by_a_rotation(plan: Rotation, at: str, person: str | None) -> None:
    assert on_call(Duty(plan), utc(at)) == ((person,) if person else ())


def test_a_gap_of_a_whole_day_is_jumped_over_at_its_first_instant() -> None:
    zone = ZoneInfo("Pacific/Apia")
    for clock in ("00:00", "09:00", "23:59:59"):
        assert first_instant(datetime.fromisoformat(f"2011-12-30T{clock}"), zone) == utc("2011-12-30T10:00")
    assert first_instant(datetime.fromisoformat("2011-12-31T00:00"), zone) == utc("2011-12-30T10:00")
    assert first_instant(datetime.fromisoformat("2011-12-29T23:59:59"), zone) == utc("2011-12-30T09:59:59")


ZONES = sorted({row[0] for row in HANDOVERS} | {"Europe/London", "Africa/Casablanca", "Asia/Tehran", "America/Caracas"})
ROTATIONS = st.builds(
    Rotation,
    st.lists(st.sampled_from(CREW), min_size=1, max_size=5).map(tuple),
    st.integers(1, 400).map(lambda n: timedelta(hours=n)),
    st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)).map(lambda t: t.replace(second=0, microsecond=0)),  # noqa: DTZ001 - wall times
    st.sampled_from(ZONES),
)
AGES = st.timedeltas(timedelta(0), timedelta(days=1500))


@given(ROTATIONS, AGES, st.timedeltas(timedelta(hours=1), timedelta(days=40)))
@example(SAMOA, timedelta(days=1), timedelta(days=3))
@example(HOURLY_SPRING, timedelta(0), timedelta(hours=5))
@example(HOURLY_AUTUMN, timedelta(0), timedelta(hours=5))
def test_shifts_touch_each_other_and_leave_nothing_out(plan: Rotation, age: timedelta, span: timedelta) -> None:
    since = begins(plan, 0) + age
    found = list(shifts(plan, since, since + span))
    assert found[0].start <= since
    assert found[-1].end >= since + span
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(one.start < one.end for one in found)
    assert list(shifts(plan, begins(plan, 0) - span, begins(plan, 0))) == []


@given(ROTATIONS, AGES)
def test_every_instant_after_the_start_is_in_the_one_shift_that_begins_last_before_it(
    plan: Rotation, age: timedelta
) -> None:
    at = begins(plan, 0) + age
    found = shift(plan, at)
    assert found
    number, span = found
    assert span.start <= at < span.end
    assert (span.start, span.end) == (begins(plan, number), begins(plan, number + 1))
    assert span.person == plan.people[number % len(plan.people)]
    assert begins(plan, number) <= begins(plan, number + 1)
    assert shift(plan, begins(plan, 0) - timedelta(microseconds=1)) is None


@given(ROTATIONS, AGES)
def test_a_hand_over_shows_its_wall_time_or_there_is_none_such(plan: Rotation, age: timedelta) -> None:
    found = shift(plan, begins(plan, 0) + age)
    assert found
    wall = plan.starts + found[0] * plan.length
    there = begins(plan, found[0]).astimezone(ZoneInfo(plan.zone)).replace(tzinfo=None)
    assert there >= wall
    just_before = (begins(plan, found[0]) - timedelta(seconds=1)).astimezone(ZoneInfo(plan.zone)).replace(tzinfo=None)
    assert just_before < wall


# Lee, who is next anyway, from 2026-11-24 09:00 in Madrid (08:00 UTC) for two days, and sam within kim's week.
AUTUMN = rotation("Europe/Madrid", "2026-11-16T09:00", "1w")  # dana 11-16, kim 11-23, lee 11-30; all at 08:00 UTC
ILL = Override("comms-lead", "sam", utc("2026-11-24T08:00"), utc("2026-11-26T08:00"), "Kim is ill")
EARLY = Override("comms-lead", "lee", utc("2026-11-01T00:00"), utc("2026-11-17T08:00"), "before the rota begins")
OVERRIDDEN = [
    ((ILL,), "2026-11-24T07:59:59", ("kim",)),
    ((ILL,), "2026-11-24T08:00", ("sam",)),
    ((ILL,), "2026-11-26T07:59:59", ("sam",)),
    ((ILL,), "2026-11-26T08:00", ("kim",)),
    ((EARLY,), "2026-11-05T00:00", ("lee",)),
    ((EARLY,), "2026-11-16T08:00", ("lee",)),
    ((EARLY,), "2026-11-17T08:00", ("dana",)),
    ((), "2026-11-05T00:00", ()),
    ((EARLY, ILL), "2026-11-25T00:00", ("sam",)),
]


@pytest.mark.parametrize(("changes", "at", "people"), OVERRIDDEN)
def test_an_override_wins_for_as_long_as_it_lasts(
    changes: tuple[Override, ...], at: str, people: tuple[str, ...]
) -> None:
    assert on_call(Duty(AUTUMN, overrides=changes), utc(at)) == people


def test_turns_tell_who_until_when_and_why() -> None:
    found = turns(Duty(AUTUMN, overrides=(ILL,)), utc("2026-11-15T08:00"), utc("2026-12-01T08:00"))
    assert found == [
        Turn(utc("2026-11-15T08:00"), utc("2026-11-16T08:00"), ()),
        Turn(utc("2026-11-16T08:00"), utc("2026-11-23T08:00"), ("dana",), "rotation"),
        Turn(utc("2026-11-23T08:00"), utc("2026-11-24T08:00"), ("kim",), "rotation"),
        Turn(utc("2026-11-24T08:00"), utc("2026-11-26T08:00"), ("sam",), "override", "Kim is ill"),
        Turn(utc("2026-11-26T08:00"), utc("2026-11-30T08:00"), ("kim",), "rotation"),
        Turn(utc("2026-11-30T08:00"), utc("2026-12-01T08:00"), ("lee",), "rotation"),
    ]


def test_one_who_follows_himself_has_one_turn() -> None:
    alone = AUTUMN._replace(people=("dana",))
    assert len(turns(Duty(alone), utc("2026-11-20T00:00"), utc("2026-12-20T00:00"))) == 1
    twice = AUTUMN._replace(people=("dana", "dana", "kim"))
    found = turns(Duty(twice), utc("2026-11-16T08:00"), utc("2026-12-07T08:00"))
    assert [(turn.people, turn.end - turn.start) for turn in found] == [
        (("dana",), timedelta(days=14)),
        (("kim",), timedelta(days=7)),
    ]


EVENTS = (
    Span("kim", utc("2026-11-23T08:00"), utc("2026-11-23T20:00")),
    Span("dana", utc("2026-11-23T07:00"), utc("2026-11-23T12:00")),
    Span("dana", utc("2026-11-23T11:00"), utc("2026-11-23T13:00")),
    Span("lee", utc("2026-11-24T08:00"), utc("2026-11-24T20:00")),
)
COVERED = [
    ("2026-11-23T06:59:59", ()),
    ("2026-11-23T07:00", ("dana",)),
    ("2026-11-23T08:00", ("dana", "kim")),  # in the order in which they began
    ("2026-11-23T11:30", ("dana", "kim")),  # dana twice, named once
    ("2026-11-23T12:30", ("kim", "dana")),  # dana's second event began after kim's
    ("2026-11-23T13:00", ("kim",)),
    ("2026-11-23T20:00", ()),
    ("2026-11-24T19:59:59", ("lee",)),
]


@pytest.mark.parametrize(("at", "people"), COVERED)
def test_all_whose_events_cover_the_instant_are_on_call(at: str, people: tuple[str, ...]) -> None:
    assert on_call(Duty(spans=EVENTS), utc(at)) == people


def test_gaps_are_what_nothing_covers() -> None:
    since, until = utc("2026-11-23T00:00"), utc("2026-11-25T00:00")
    assert [(gap.start, gap.end) for gap in gaps(Duty(spans=EVENTS), since, until)] == [
        (since, utc("2026-11-23T07:00")),
        (utc("2026-11-23T20:00"), utc("2026-11-24T08:00")),
        (utc("2026-11-24T20:00"), until),
    ]
    cover = Override("legal", "sam", utc("2026-11-23T18:00"), utc("2026-11-24T09:00"), "holiday")
    assert [(gap.start, gap.end) for gap in gaps(Duty(spans=EVENTS, overrides=(cover,)), since, until)] == [
        (since, utc("2026-11-23T07:00")),
        (utc("2026-11-24T20:00"), until),
    ]
    assert gaps(Duty(AUTUMN), utc("2026-11-16T08:00"), utc("2027-11-16T08:00")) == []
    assert [(gap.start, gap.end) for gap in gaps(Duty(), since, until)] == [(since, until)]


INSTANTS = st.integers(0, 400).map(lambda hours: utc("2026-10-20T00:00") + timedelta(hours=hours))
STRETCHES = st.tuples(INSTANTS, st.integers(1, 60)).map(lambda pair: (pair[0], pair[0] + timedelta(hours=pair[1])))
SPANS = st.builds(lambda who, when: Span(who, *when), st.sampled_from(CREW), STRETCHES)
CHANGES = st.builds(lambda who, when: Override("legal", who, when[0], when[1], "x"), st.sampled_from(CREW), STRETCHES)
DUTIES = st.builds(
    Duty, st.none() | ROTATIONS, st.lists(SPANS, max_size=9).map(tuple), st.lists(CHANGES, max_size=1).map(tuple)
)


@given(DUTIES, STRETCHES, st.lists(st.integers(0, 3599), min_size=3, max_size=3))
def test_turns_say_of_every_instant_what_on_call_says(
    duty: Duty, window: tuple[datetime, datetime], seconds: list[int]
) -> None:
    since, until = window
    found = turns(duty, since, until)
    assert (found[0].start, found[-1].end) == window
    assert all(one.end == other.start and one[2:] != other[2:] for one, other in pairwise(found))
    for second in seconds:
        at = since + (until - since) * second / 3600
        (turn,) = (turn for turn in found if turn.start <= at < turn.end)
        assert turn.people == on_call(duty, at)
        assert bool(turn.by) == bool(turn.people)


def test_a_plan_knows_its_roles_and_their_zones() -> None:
    plan = Plan({"legal": AUTUMN, "comms-lead": WEEKLY})
    assert plan.roles == ("comms-lead", "legal")
    assert plan.zone("legal") == "Europe/Madrid"
