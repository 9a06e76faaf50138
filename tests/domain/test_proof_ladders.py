"""What is said never to happen never does, whatever people do and leave undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.check import Problem, check
from crisisctl.domain.entries import Entry
from crisisctl.domain.playbook import build
from crisisctl.domain.proof import Given, prove
from crisisctl.domain.proof.ladders import lasts
from tests.domain.conftest import Case, plan

TRIGGERS = ("go", "close")
AFTER = ("0m", "4m", "8m", "8m", "20m")
PLACES = ("begun", "outer", "outer.a", "outer.b", "closed")
STEPS = st.lists(st.tuples(st.sampled_from(AFTER), st.sampled_from([None, *TRIGGERS])), min_size=1, max_size=3).map(
    lambda found: [_step(*each) for each in sorted(found, key=lambda step: int(step[0][:-1]))]
)
LADDERS = st.builds(
    lambda steps, until, times: {"steps": steps, "until": until, "repeat": {"times": times, "every": "6m"}},
    STEPS,
    st.sampled_from(["left", "left", "acknowledged"]),
    st.integers(0, 1),
)
TASKS = st.fixed_dictionaries({"required": st.booleans(), "due": st.sampled_from(["3m", "8m", "30m"])})
MOVES = st.builds(
    lambda trigger, source, to, needs: {"trigger": trigger, "from": source, "to": to, "requires": {"stages": needs}},
    st.sampled_from(TRIGGERS),
    st.sampled_from(["begun", "outer", "outer", "outer.a", "outer.b"]),
    st.sampled_from(PLACES),
    st.sampled_from([[], [], [], ["outer.b"]]),
)
DEEDS = st.one_of(
    st.builds(ask.Advance, st.sampled_from(TRIGGERS)),
    st.builds(ask.Acknowledge, st.sampled_from([None, "first", "second"])),
    st.builds(ask.ChangeTask, st.sampled_from(["one", "two"]), st.sampled_from(["done", "open"]), st.just("why")),
)
SCRIPT = st.lists(st.tuples(st.integers(1, 15), DEEDS), max_size=8)


def _step(after: str, advance: str | None) -> dict[str, Any]:
    return {"after": after, "advance": advance} if advance else {"after": after, "notify": ["lead"]}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Two stages, one with two inside, an end; ladders that move the incident, tasks, and moves of every kind."""
    some = st.sampled_from([None, "first", "second"])
    stages: dict[str, Any] = {
        "begun": {"escalation": draw(some), "tasks": {"one": draw(TASKS)}},
        "outer": {
            "escalation": draw(some),
            "initial": "a",
            "stages": {"a": {"escalation": draw(some), "tasks": {"two": draw(TASKS)}}, "b": {"escalation": draw(some)}},
        },
        "closed": {"final": True},
    }
    for stage in (stages["begun"], stages["outer"], *stages["outer"]["stages"].values()):
        if stage["escalation"] is None:
            del stage["escalation"]
    first = draw(st.sampled_from(["begun", "outer", "outer"]))
    moves = [{"trigger": trigger, "from": first, "to": "closed"} for trigger in TRIGGERS]
    document = plan(
        stages=stages,
        initial=first,
        transitions=[*draw(st.lists(MOVES, max_size=5)), *moves],
        escalations={"first": draw(LADDERS), "second": draw(LADDERS)},
    )
    assert not [problem for problem in check(document) if problem.level == "error"]
    return document


def happened(document: dict[str, Any], script: list[tuple[int, ask.Command]]) -> list[Entry]:
    case = Case(document)
    for minutes, deed in script:
        for _ in range(minutes):
            case.wait(minutes=1)
        case.attempt(deed, "dana")
    for _ in range(40):
        case.wait(minutes=1)
    return case.entries


def denied(problem: Problem, entries: list[Entry]) -> Iterator[Entry]:
    """The entries of what a finding says cannot be."""
    path = problem.path
    steps = [entry for entry in entries if entry.type.startswith("escalation.") and "round" in entry.data]
    if problem.rule == "step-never-fires":
        own = [entry for entry in steps if entry.data["escalation"] == path[1]]
        if path[2] == "repeat":
            yield from (entry for entry in own if entry.data["round"] > 1)
        else:
            yield from (entry for entry in own if entry.data["step"] == int(path[3]) + 1)
    elif problem.rule == "step-leads-nowhere":
        for entry, then in pairwise(entries):
            this = entry in steps and (entry.data["escalation"], entry.data["step"]) == (path[1], int(path[3]) + 1)
            if this and then.type == "incident.advanced":
                yield then
    elif problem.rule == "due-never-comes":
        yield from (entry for entry in entries if entry.type == "task.overdue" and entry.data["task"] == path[-2])
    elif problem.rule == "unreachable-stage":
        stage = ".".join(str(step) for step in path if step != "stages")
        yield from (entry for entry in entries if entry.type == "stage.entered" and entry.data["stage"] == stage)


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
@given(documents(), SCRIPT)
def test_what_is_said_never_to_happen_does_not(document: dict[str, Any], script: list[tuple[int, ask.Command]]) -> None:
    problems = prove(Given(build(document)))
    if any(problem.rule == "automatic-loop" for problem in problems):
        return  # timers that go in a circle at one instant are cut off in the middle
    entries = happened(document, script)
    for problem in problems:
        assert [*denied(problem, entries)] == [], problem


@pytest.mark.parametrize(
    ("until", "most"), [("left", timedelta(minutes=8)), ("acknowledged", None)], ids=["left", "acknowledged"]
)
def test_only_a_ladder_that_nobody_can_stop_bounds_a_stage(until: str, most: timedelta | None) -> None:
    ladder = {"until": until, "steps": [{"after": "8m", "advance": "go"}]}
    stages = {"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}}
    playbook = build(plan(stages=stages, escalations={"call": ladder}))
    assert lasts(Given(playbook), "begun") == most


@pytest.mark.parametrize("needs", [{"facts": ["cause"]}, {"roles": ["legal"]}])
def test_a_move_that_waits_for_people_bounds_nothing(needs: dict[str, Any]) -> None:
    stages = {"begun": {"escalation": "call"}, "closed": {"final": True}}
    moves = [{"trigger": "close", "from": "begun", "to": "closed", "requires": needs}]
    ladder = {"until": "left", "steps": [{"after": "8m", "advance": "close"}, {"after": "9m", "notify": ["lead"]}]}
    document = plan(stages=stages, transitions=moves, facts={"cause": None}, escalations={"call": ladder})
    given_ = Given(build(document))
    assert lasts(given_, "begun") is None
    assert "step-never-fires" not in {problem.rule for problem in prove(given_)}
