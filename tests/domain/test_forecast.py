"""What is overdue fires in true order, whoever lets it; and what lies ahead is told as if nobody answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry
from crisisctl.domain.firing import mended, overdue, what, why
from crisisctl.domain.forecast import forecast
from crisisctl.domain.timers import changes, timers
from tests.domain.conftest import RICH, SCRIPTS, START, Case, Step, plan

Script = list[Step]


def story(entries: list[Entry]) -> list[tuple[Any, ...]]:
    """Everything of the entries but when they were recorded, and the seals and salts that depend on it."""
    return [
        (entry.version, entry.type, entry.occurred_at, entry.actor, entry.role, entry.via, entry.data, entry.timer,
         {name: word.value for name, word in entry.words.items()})
        for entry in entries
    ]  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(SCRIPTS, st.integers(1, 5))
def test_the_story_is_the_same_with_and_without_a_watch(script: Script, every: int) -> None:
    watched, alone = Case(RICH), Case(RICH)
    for minutes, who, command in [*script, (200, "dana", ask.AddNote("the end"))]:
        until = watched.now + timedelta(minutes=minutes)
        while watched.now + timedelta(minutes=every) < until:
            watched.wait(minutes=every)
        watched.now = until
        alone.tick(minutes=minutes)
        watched.attempt(command, who)
        alone.attempt(command, who)
    assert story(watched.entries) == story(alone.entries)
    assert watched.incident.fired == alone.incident.fired


@settings(max_examples=120, deadline=None)
@given(SCRIPTS)
def test_no_timer_fires_twice_or_before_its_time_and_all_in_true_order(script: Script) -> None:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
    fired = [entry for entry in case.entries if entry.timer]
    assert len({entry.timer for entry in fired}) == len(fired)
    assert all(entry.occurred_at <= entry.recorded_at for entry in fired)
    assert [entry.occurred_at for entry in case.entries] == sorted(entry.occurred_at for entry in case.entries)
    assert case.incident.open or not timers(case.incident)
    assert case.entries[0].timer is None


@settings(max_examples=120, deadline=None)
@given(SCRIPTS)
def test_what_is_told_to_lie_ahead_is_what_comes_when_nobody_answers(script: Script) -> None:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
    ahead = forecast(case.incident)
    fired = [entry for entry in case.wait(days=90) if entry.timer]
    assert len(ahead) == min(len(fired), 100)
    for expected, entry in zip(ahead, fired, strict=False):
        assert (expected.timer.id, expected.timer.due) == (entry.timer, entry.occurred_at)
        assert expected.reaches == tuple(entry.data.get("reached", ()))


def test_overdue_timers_fire_in_the_order_in_which_they_were_due_each_at_its_time() -> None:
    case = Case(RICH)
    incident, events = overdue(case.incident, START + timedelta(hours=3))
    entries = case.wait(hours=3)
    assert [(event.type, event.occurred_at, event.data, event.timer) for event in events] == [
        (entry.type, entry.occurred_at, entry.data, entry.timer) for entry in entries
    ]
    assert incident._replace(recorded_at=case.now, digest="") == case.incident._replace(recorded_at=case.now, digest="")
    assert overdue(case.incident, case.now) == (case.incident, [])


def test_a_timer_is_due_from_its_very_instant_on() -> None:
    incident = Case(RICH, assign=(("legal", "lena"),)).incident
    assert overdue(incident, START - timedelta(microseconds=1))[1] == []
    assert [event.data["step"] for event in overdue(incident, START)[1]] == [1]
    assert len(overdue(incident, START + timedelta(minutes=5))[1]) == 2


def test_at_most_so_many_timers_fire_at_once_and_the_rest_later() -> None:
    call = {"steps": [{"after": "1m", "notify": ["lead"]}], "repeat": {"times": 100, "every": "1m"}}
    case = Case(plan(stages={"begun": {"escalation": "call"}, "closed": {"final": True}}, transitions=[],
                     escalations={"call": call}))  # fmt: skip
    late = START + timedelta(days=1)
    incident, events = overdue(case.incident, late)
    assert len(events) == 50
    assert events[-1].occurred_at == START + timedelta(minutes=99)
    incident, events = overdue(incident, late, limit=7)
    assert [event.data["round"] for event in events] == [*range(51, 58)]
    assert overdue(incident, late, limit=0) == (incident, [])


def test_a_forecast_goes_no_further_than_asked() -> None:
    case = Case(RICH)
    assert [entry.timer.id for entry in forecast(case.incident, 3)] == [
        "INC-1/begun#1/call/1.0.0",
        "INC-1/begun#1/call/1.0.1",
        "INC-1/begun#1/call/1.0.2",
    ]
    assert forecast(case.incident, 0) == []
    case.do(ask.ChangeTask("look", "done"), ask.Advance("close"))
    assert forecast(case.incident) == []


def told(case: Case) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(ahead.what, ahead.why, ahead.reaches) for ahead in forecast(case.incident)]


def test_a_forecast_says_what_comes_why_and_whom_it_reaches() -> None:
    case = Case(RICH, assign=(("scribe", "sam"), ("scribe", "sol")))
    case.do(ask.ChangeTask("look", "done"))
    first, skipped, moving, ladder, *_ = told(case)
    assert first == ("call step 1: notify lead", "begun, not acknowledged", ("dana",))
    assert skipped == ("call step 2: notify legal", "begun, not acknowledged", ())
    assert moving == ("call step 3: notify legal, scribe and advance go", "begun, not acknowledged", ("sam", "sol"))
    assert ladder == ("call step 1: notify lead", "both.public.silent, not acknowledged", ("dana",))
    assert ("shout step 1: notify legal", "still at both", ("sam", "sol")) in told(case)
    assert ("call step 1, round 2: notify lead", "both.public.silent, not acknowledged", ("dana",)) not in told(case)


def test_a_forecast_says_so_when_a_ladder_begins_again() -> None:
    call = {"steps": [{"after": "1m", "notify": ["lead"]}], "repeat": {"times": 1, "every": "5m"}}
    case = Case(plan(stages={"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}},
                     escalations={"call": call}))  # fmt: skip
    assert [said for said, _, _ in told(case)] == ["call step 1: notify lead", "call step 1, round 2: notify lead"]


def test_the_other_timers_say_what_they_are_and_why_they_exist() -> None:
    case = Case(RICH)
    case.do(ask.Assign("legal", "lena"), ask.Draft("free", "Water."), ask.Submit("free"))
    case.do(ask.Publish("free", case.incident.statements["free"].digest), ask.Acknowledge(), who="lena")
    said = {timer.kind: (what(case.incident, timer), why(case.incident, timer)) for timer in timers(case.incident)}
    assert said == {
        "task": ("task look is overdue", "due 7m after begun was entered"),
        "promise": ("the next free update was promised", "promised when free was published"),
        "warning": ("the next free update falls due soon", "promised when free was published"),
        "stale": ("the acknowledgement of call by lena goes stale", "acknowledged, and nothing from lena since"),
        "statement": ("statement holding is due", "due 17m after opening"),
    }


def test_a_step_that_notifies_nobody_says_so() -> None:
    call = {"steps": [{"after": "1m", "advance": "go"}]}
    stages = {"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}}
    case = Case(plan(stages=stages, escalations={"call": call}))
    assert told(case) == [("call step 1: notify nobody and advance go", "begun, not acknowledged", ())]


@settings(max_examples=120)
@given(SCRIPTS)
def test_what_changed_among_the_timers_is_all_that_changed(script: list[Step]) -> None:
    case = Case(RICH)
    armed, disarmed = changes(None, case.incident)
    assert (armed, disarmed) == (timers(case.incident), [])
    pending = {timer.id: timer for timer in armed}
    for minutes, who, command in script:
        before = case.incident
        case.tick(minutes=minutes)
        case.attempt(command, who)
        armed, disarmed = changes(before, case.incident)
        assert set(disarmed) <= pending.keys()
        assert not {timer.id for timer in armed} & set(disarmed)
        assert all(pending.get(timer.id) != timer for timer in armed)
        pending = {id_: timer for id_, timer in pending.items() if id_ not in disarmed}
        pending |= {timer.id: timer for timer in armed}
        assert sorted(pending.values()) == sorted(timers(case.incident))
    assert changes(case.incident, case.incident) == ([], [])


def test_a_change_that_moves_a_timer_arms_it_anew_and_one_that_settles_it_disarms_it() -> None:
    case = Case(RICH)

    def after(command: ask.Command) -> tuple[list[tuple[str, float]], list[str]]:
        before = case.incident
        case.do(command)
        armed, disarmed = changes(before, case.incident)
        return [(timer.kind, (timer.due - START) / timedelta(minutes=1)) for timer in armed], disarmed

    assert after(ask.ChangeTask("look", "done")) == ([], ["INC-1/task/begun/look#1"])
    assert after(ask.ChangeTask("look", "open")) == ([("task", 7)], [])
    assert after(ask.Snooze(timedelta(minutes=3), "asleep")) == ([("escalation", 3)], [])
    assert after(ask.Acknowledge()) == ([("stale", 13)], ["INC-1/begun#1/call/1.0.0"])
    assert after(ask.AddNote("rain")) == ([], [])
    case.tick(minutes=1)
    assert after(ask.AddNote("rain")) == ([("stale", 14)], [])


def test_timers_that_were_lost_changed_or_invented_are_mended_and_each_is_named() -> None:
    case = Case(RICH)
    right = timers(case.incident)
    assert mended(case.incident, right) == mended(case.incident, right[::-1]) == []
    lost, changed, *rest = right
    invented = lost._replace(id="INC-1/begun#7/call/1.0.0")
    events = mended(case.incident, [changed._replace(due=case.now), *rest, invented])
    assert [(event.type, event.data) for event in events] == [
        ("timer.repaired", {"timer_id": lost.id, "what": "call step 1: notify lead"}),
        ("timer.repaired", {"timer_id": changed.id, "what": "task look is overdue"}),
        ("timer.removed", {"timer_id": invented.id}),
    ]
    case.do(ask.Advance("close"))
    assert [event.type for event in mended(case.incident, right)] == ["timer.removed"] * len(right)
