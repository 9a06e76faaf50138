"""Escalations: when each step falls due, whom it reaches, and what stops it, moves it or starts it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry
from crisisctl.domain.firing import fire, recipients
from crisisctl.domain.timers import timers
from tests.domain.conftest import START, Case, plan

STEPS = (("0m", "lead"), ("5m", "second"), ("15m", "legal"))


def ladder(*steps: tuple[str, str], **how: Any) -> dict[str, Any]:
    """A playbook whose first stage has this escalation; each step notifies one role."""
    rungs = [{"after": after, "notify": [role]} for after, role in steps or STEPS]
    return plan(
        roles={
            "lead": {"deputy": "second"},
            "second": {"deputy": "third"},
            "third": None,
            "legal": None,
            "spare": None,
        },
        stages={"begun": {"escalation": "call"}, "on": {"escalation": "call"}, "closed": {"final": True}},
        escalations={"call": {"steps": rungs, **how}},
    )


def minutes(moment: datetime) -> float:
    return (moment - START) / timedelta(minutes=1)


def fired(entries: list[Entry]) -> list[tuple[float, str, int, int, tuple[str, ...]]]:
    """When each step was truly due, what became of it, its round and number, and whom it reached."""
    return [
        (minutes(entry.occurred_at), entry.type.partition(".")[2], entry.data["round"], entry.data["step"],
         tuple(entry.data["reached"]))
        for entry in entries
        if entry.type in ("escalation.fired", "escalation.skipped")
    ]  # fmt: skip


def full(document: dict[str, Any]) -> Case:
    """A room in which every role of a ladder is held."""
    return Case(document, assign=(("lead", "dana"), ("second", "sam"), ("third", "tom"), ("legal", "lena")))


def test_each_step_falls_due_at_the_entry_of_its_stage_plus_its_delay() -> None:
    case = full(ladder())
    (first,) = timers(case.incident)
    assert first == ("INC-1/begun#1/call/1.0.0", "INC-1", "escalation", START, "begun#1/call")
    said = case.wait(minutes=20)
    assert fired(said) == [
        (0, "fired", 1, 1, ("dana",)),
        (5, "fired", 1, 2, ("sam",)),
        (15, "fired", 1, 3, ("lena",)),
    ]
    assert [entry.timer for entry in said] == [f"INC-1/begun#1/call/1.0.{step}" for step in range(3)]
    assert [entry.data["due"] for entry in said][2] == "2026-03-28T22:15:00.000000Z"
    assert {entry.recorded_at for entry in said} == {case.now}
    assert {(entry.actor, entry.via) for entry in said} == {("crisisctl", "timer")}
    assert case.due == []


def test_lateness_does_not_add_up() -> None:
    case = full(ladder(("0m", "lead"), ("5m", "second"), ("10m", "legal")))
    case.tick(minutes=4)
    assert fired(case.wait(seconds=50)) == [(0, "fired", 1, 1, ("dana",))]
    assert case.due == [(5, "escalation")]
    assert fired(case.wait(minutes=4)) == [(5, "fired", 1, 2, ("sam",))]
    assert case.due == [(10, "escalation")]


def test_a_change_of_daylight_saving_does_not_touch_a_delay() -> None:
    """In Madrid the clock shows 01:59 and then 03:00; four hours stay four hours."""
    case = full(ladder(("2h30m", "lead"), ("4h", "second")))
    said = case.wait(hours=5)
    assert [minutes(entry.occurred_at) for entry in said] == [150, 240]
    madrid = [entry.occurred_at.astimezone(ZoneInfo("Europe/Madrid")).strftime("%H:%M %Z") for entry in said]
    assert madrid == ["01:30 CET", "04:00 CEST"]


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=6), st.integers(0, 3), st.integers(1, 10_000))
def test_every_round_falls_due_in_step_with_the_first(delays: list[int], times: int, every: int) -> None:
    delays = sorted(delays)
    again = {"times": times, "every": f"{every}s"}
    case = full(ladder(*((f"{delay}s", "lead") for delay in delays), repeat=again))
    said = case.wait(seconds=(delays[-1] + every) * (times + 1) + 1)
    expected = [number * (delays[-1] + every) + delay for number in range(times + 1) for delay in delays]
    assert [(entry.occurred_at - START).total_seconds() for entry in said] == expected
    assert [(entry.data["round"], entry.data["step"]) for entry in said] == [
        (number + 1, step + 1) for number in range(times + 1) for step in range(len(delays))
    ]
    assert case.due == []


def test_a_step_that_reaches_nobody_pulls_the_next_to_its_moment_and_later_ones_keep_theirs() -> None:
    case = full(ladder(("2m", "spare"), ("5m", "lead"), ("9m", "spare"), ("20m", "spare"), ("30m", "legal")))
    assert fired(case.wait(hours=1)) == [
        (2, "skipped", 1, 1, ()),
        (2, "fired", 1, 2, ("dana",)),
        (9, "skipped", 1, 3, ()),
        (9, "skipped", 1, 4, ()),
        (9, "fired", 1, 5, ("lena",)),
    ]


def test_a_round_begins_at_its_own_time_though_the_last_step_was_pulled_or_skipped() -> None:
    case = full(ladder(("0m", "spare"), ("10m", "lead"), ("20m", "spare"), repeat={"times": 1, "every": "5m"}))
    assert [(at, how) for at, how, *_ in fired(case.wait(hours=2))] == [
        (0, "skipped"),
        (0, "fired"),
        (20, "skipped"),
        (25, "skipped"),
        (25, "fired"),
        (45, "skipped"),
    ]


def test_a_ladder_may_wait_for_an_empty_seat_instead() -> None:
    case = full(ladder(("0m", "spare"), ("10m", "lead"), if_empty="wait"))
    assert fired(case.wait(minutes=9)) == [(0, "skipped", 1, 1, ())]
    assert fired(case.wait(minutes=9)) == [(10, "fired", 1, 2, ("dana",))]


def test_a_fallback_is_told_what_reaches_nobody_else() -> None:
    case = full(ladder(("0m", "spare"), ("10m", "lead"), if_empty={"fallback": "legal"}))
    said = case.wait(minutes=20)
    assert fired(said) == [(0, "fired", 1, 1, ("lena",)), (10, "fired", 1, 2, ("dana",))]
    assert [entry.data["roles"] for entry in said] == [["spare", "legal"], ["lead"]]


def test_a_fallback_that_reaches_nobody_either_is_skipped_like_any_step() -> None:
    case = Case(ladder(("0m", "spare"), ("10m", "lead"), if_empty={"fallback": "legal"}))
    said = case.wait(minutes=1)
    assert fired(said) == [(0, "skipped", 1, 1, ()), (0, "fired", 1, 2, ("dana",))]
    assert said[0].data["roles"] == ["spare", "legal"]


def test_people_are_looked_up_when_a_step_fires_and_deputies_stand_in() -> None:
    case = full(ladder(("5m", "lead"), ("10m", "lead"), ("15m", "lead"), ("20m", "lead")))
    case.do(ask.Assign("lead", "lou"))
    assert fired(case.wait(minutes=5)) == [(5, "fired", 1, 1, ("lou",))]
    case.do(ask.Release("lead"))
    assert fired(case.wait(minutes=5)) == [(10, "fired", 1, 2, ("sam",))]
    case.do(ask.Release("second"))
    assert fired(case.wait(minutes=5)) == [(15, "fired", 1, 3, ("tom",))]
    case.do(ask.Release("third"))
    assert fired(case.wait(minutes=5)) == [(20, "skipped", 1, 4, ())]


def test_one_person_in_two_roles_is_reached_once() -> None:
    document = ladder()
    document["escalations"]["call"]["steps"] = [{"after": "0m", "notify": ["legal", "lead", "spare"]}]
    case = Case(document)
    case.do(ask.Assign("legal", "lena"), ask.Assign("legal", "dana", add=True), ask.Assign("spare", "lena"))
    assert recipients(case.incident, timers(case.incident)[0]) == ("lena", "dana")
    assert fired(case.wait()) == [(0, "fired", 1, 1, ("lena", "dana"))]


def test_an_answer_stops_what_is_left_of_a_ladder() -> None:
    case = full(ladder(repeat={"times": 3, "every": "5m"}))
    case.wait(minutes=6)
    case.do(ask.Acknowledge(), who="sam")
    assert case.due == []
    assert case.wait(days=2) == []


def test_a_ladder_that_only_leaving_stops_takes_no_answer() -> None:
    case = full(ladder(until="left", ack_timeout="1m"))
    case.wait(minutes=1)
    case.do(ask.Acknowledge())
    assert [at for at, *_ in fired(case.wait(minutes=14))] == [5, 15]
    case.do(ask.Advance("go"))
    assert case.due == [(15, "escalation")]
    assert case.incident.ladders.keys() == {"on#1/call"}


def test_an_answer_goes_stale_and_the_ladder_begins_again_from_that_moment() -> None:
    case = full(ladder(ack_timeout="30m"))
    case.wait(minutes=7)
    case.do(ask.Acknowledge(), who="sam")
    assert case.due == [(37, "stale")]
    stale, *again = case.wait(minutes=60)
    assert (stale.type, stale.timer, minutes(stale.occurred_at)) == (
        "escalation.stale",
        "INC-1/begun#1/call/1.stale",
        37,
    )
    assert stale.data == {"ladder": "begun#1/call", "escalation": "call", "stage": "begun", "by": "sam"}
    assert [at for at, *_ in fired(again)] == [37, 42, 52]
    assert [entry.timer for entry in again] == [f"INC-1/begun#1/call/2.0.{step}" for step in range(3)]


def test_an_answer_stays_fresh_while_the_one_who_gave_it_acts() -> None:
    case = full(ladder(ack_timeout="30m"))
    case.wait(minutes=1)
    case.do(ask.Acknowledge(), who="sam")
    case.tick(minutes=20)
    case.do(ask.AddNote("on it"), who="lena")
    assert case.due == [(31, "stale")]
    case.do(ask.AddNote("on it"), who="sam")
    assert case.due == [(51, "stale")]
    case.do(ask.AddNote("seen earlier"), who="sam", at=START + timedelta(minutes=2))
    assert case.due == [(51, "stale")]
    case.tick(minutes=20)
    case.do(ask.Acknowledge(), who="lena")
    case.do(ask.AddNote("still on it"), who="sam")
    assert case.due == [(71, "stale")]
    assert case.incident.ladders["begun#1/call"].acked_by == "lena"


def test_a_snooze_moves_what_is_left_of_a_ladder_as_a_whole() -> None:
    case = full(ladder(repeat={"times": 1, "every": "10m"}))
    case.wait(minutes=2)
    case.do(ask.Snooze(timedelta(minutes=20), "asleep"))
    assert case.due == [(25, "escalation")]
    assert [at for at, *_ in fired(case.wait(hours=2))] == [25, 35, 45, 50, 60]


def test_the_last_snooze_counts_and_does_not_add_to_the_one_before() -> None:
    case = full(ladder(("10m", "lead"), ("15m", "second")))
    case.tick(minutes=4)
    case.do(ask.Snooze(timedelta(minutes=20), "asleep"))
    assert case.due == [(30, "escalation")]
    case.tick(minutes=5)
    case.do(ask.Snooze(timedelta(minutes=20), "still asleep"))  # rests until 29, and six minutes were left to go
    assert case.due == [(35, "escalation")]
    case.do(ask.Snooze(timedelta(minutes=1), "awake"))
    assert case.due == [(16, "escalation")]
    case.wait(minutes=4)
    case.do(ask.Snooze(timedelta(minutes=2), "coffee"))
    assert [at for at, *_ in fired(case.wait(hours=2))] == [18, 23]


def test_a_snooze_moves_a_step_that_was_pulled_with_the_rest() -> None:
    case = full(ladder(("0m", "spare"), ("10m", "lead"), ("20m", "legal")))
    (due,) = timers(case.incident)
    case.fire(due)
    assert case.due == [(0, "escalation")]
    case.do(ask.Snooze(timedelta(minutes=5), "asleep"))
    assert [at for at, *_ in fired(case.wait(hours=1))] == [5, 25]


def test_a_snooze_keeps_an_answer_fresh_until_its_end() -> None:
    case = full(ladder(ack_timeout="30m"))
    case.wait(minutes=1)
    case.do(ask.Acknowledge(), ask.Snooze(timedelta(hours=2), "in a meeting"))
    assert case.due == [(151, "stale")]


def test_leaving_a_stage_stops_its_ladder_and_a_new_visit_starts_a_new_one() -> None:
    case = full(ladder())
    case.wait(minutes=2)
    (old,) = timers(case.incident)
    case.do(ask.Advance("go"), ask.Advance("back"))
    assert fire(case.incident, old) == []
    assert [timer.id for timer in timers(case.incident)] == ["INC-1/begun#2/call/1.0.0"]
    assert [at for at, *_ in fired(case.wait(minutes=10))] == [2, 7]


def test_a_timer_of_an_earlier_visit_never_fires_though_everything_else_is_the_same() -> None:
    case = full(ladder())
    old = {timer.id for timer in timers(case.incident)}
    for _ in range(3):
        case.do(ask.Advance("go"), ask.Advance("back"))
        new = {timer.id for timer in timers(case.incident)}
        assert not new & old
        old |= new


def test_a_timer_fires_only_as_it_stands_now() -> None:
    case = full(ladder())
    (due,) = timers(case.incident)
    case.do(ask.Snooze(timedelta(minutes=5), "asleep"))
    assert fire(case.incident, due) == []
    case.wait(minutes=5)
    assert fire(case.incident, due) == []


def test_several_stages_run_several_ladders_side_by_side() -> None:
    regions = {"a": {"escalation": "call"}, "b": {"escalation": "call"}, "c": {"escalation": "shout"}}
    stages = {"begun": {"parallel": True, "escalation": "call", "stages": regions}, "closed": {"final": True}}
    call, shout = ({"steps": [{"after": after, "notify": ["lead"]}]} for after in ("5m", "3m"))
    moves = [
        {"trigger": "close", "from": "*", "to": "closed"},
        {"trigger": "again", "from": "begun.a", "to": "begun.a"},
    ]
    case = Case(plan(stages=stages, escalations={"call": call, "shout": shout}, transitions=moves))
    assert [timer.subject for timer in timers(case.incident)] == [
        *("begun.c#1/shout", "begun#1/call", "begun.a#1/call", "begun.b#1/call")
    ]
    case.tick(minutes=1)
    case.do(ask.Advance("again"))
    assert [*case.due] == [(3, "escalation"), (5, "escalation"), (5, "escalation"), (6, "escalation")]
    assert len({timer.id for timer in timers(case.incident)}) == 4


@pytest.mark.parametrize("role", ["lead", "legal"])
def test_a_ladder_that_has_run_out_leaves_nothing_due(role: str) -> None:
    case = Case(ladder(("0m", role)))
    case.wait()
    assert case.due == []
    case.do(ask.Acknowledge())
    assert case.due == []


def _blocked(first: dict[str, Any]) -> Case:
    """The first step would advance, but a fact is missing; nobody is spare."""
    steps = [{"after": "5m", "advance": "go"} | first, {"after": "20m", "notify": ["lead"]}]
    moves = [{"trigger": "go", "from": "begun", "to": "on", "requires": {"facts": ["count"]}}]
    book = ladder(("0m", "lead"))
    return full(
        book
        | {"facts": {"count": {"type": "integer"}}, "transitions": moves}
        | {"escalations": {"call": {"steps": steps}}}
    )


def test_a_step_that_reaches_nobody_and_moves_nothing_pulls_the_next() -> None:
    said = _blocked({"notify": ["spare"]}).wait(minutes=6)
    assert [entry.type for entry in said] == ["escalation.skipped", "escalation.blocked", "escalation.fired"]
    assert fired(said) == [(5, "skipped", 1, 1, ()), (5, "fired", 1, 2, ("dana",))]


def test_a_step_that_is_there_to_move_alone_pulls_nothing_when_it_is_blocked() -> None:
    case = _blocked({})
    assert [entry.type for entry in case.wait(minutes=6)] == ["escalation.fired", "escalation.blocked"]
    assert fired(case.wait(minutes=15)) == [(20, "fired", 1, 2, ("dana",))]
