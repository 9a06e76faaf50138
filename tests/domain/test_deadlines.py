"""Tasks, statements and promises that fall due, steps that move an incident, and the end of every timer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.firing import fire, roles
from crisisctl.domain.timers import timers
from tests.domain.conftest import START, Case, plan

TASKS = plan(
    stages={
        "begun": {"tasks": {"call": {"role": "legal", "due": "15m"}, "sweep": {"due": "20m"}, "tea": None}},
        "on": {"tasks": {"write": {"due": "5m"}}, "initial": "one", "stages": {"one": None, "two": None}},
        "closed": {"final": True},
    },
    transitions=[
        {"trigger": "go", "from": "begun", "to": "on"},
        {"trigger": "further", "from": "on.one", "to": "on.two"},
        {"trigger": "back", "from": "on", "to": "begun"},
    ],
)
WORDS = plan(
    statements={
        "holding": {"template": "h.md", "audiences": ["employees", "press"], "channels": ["x"],
                    "approvals": ["lead"], "due": "60m", "update_every": "30m"},
        "later": {"template": "l.md", "audiences": ["press"], "channels": ["x"], "approvals": ["legal"], "due": "2h"},
    }
)  # fmt: skip


def test_a_task_falls_due_after_its_stage_was_entered_and_tells_its_role() -> None:
    case = Case(TASKS, assign=(("legal", "lena"),))
    assert case.due == [(15, "task"), (20, "task")]
    call, sweep = case.wait(minutes=30)
    assert (call.type, call.timer) == ("task.overdue", "INC-1/task/begun/call#1")
    due = "2026-03-28T22:15:00.000000Z"
    assert call.data == {"task": "call", "stage": "begun", "due": due, "reached": ["lena"]}
    assert call.occurred_at == START + timedelta(minutes=15)
    assert sweep.data["reached"] == ["dana"]  # a task without a role is the first role's
    assert case.due == []


def test_a_task_that_nobody_holds_is_overdue_all_the_same() -> None:
    case = Case(TASKS)
    assert case.wait(minutes=15)[0].data["reached"] == []


@pytest.mark.parametrize("to", ["done", "skipped"])
def test_a_task_that_is_settled_is_not_due_and_reopened_it_is_again(to: str) -> None:
    case = Case(TASKS)
    case.do(ask.ChangeTask("call", to, "why"))
    assert case.due == [(20, "task")]
    case.do(ask.ChangeTask("call", "open"))
    assert case.due == [(15, "task"), (20, "task")]


def test_a_task_that_is_reopened_after_its_deadline_is_late_and_nobody_is_told_again() -> None:
    case = Case(TASKS)
    case.do(ask.ChangeTask("call", "done"))
    case.tick(minutes=16)
    case.do(ask.ChangeTask("call", "open"))
    assert case.due == [(20, "task")]
    assert [entry.data["task"] for entry in case.wait(minutes=10)] == ["sweep"]


def test_a_task_is_overdue_once_in_a_visit() -> None:
    case = Case(TASKS)
    case.wait(minutes=30)
    case.do(ask.ChangeTask("call", "done"), ask.ChangeTask("call", "open"))
    assert case.due == []


def test_a_task_of_a_stage_around_counts_from_the_entry_of_that_stage() -> None:
    case = Case(TASKS)
    case.tick(minutes=10)
    case.do(ask.Advance("go"))
    case.tick(minutes=4)
    case.do(ask.Advance("further"))
    assert case.due == [(15, "task")]
    case.do(ask.Advance("back"))
    assert case.due == [(29, "task"), (34, "task")]
    assert {timer.id for timer in timers(case.incident)} == {"INC-1/task/begun/call#2", "INC-1/task/begun/sweep#2"}


def test_a_statement_falls_due_after_the_opening_until_it_is_out_to_everybody() -> None:
    case = Case(WORDS, assign=(("legal", "lena"),))
    case.do(ask.Assign("scribe", "sam"))
    case.tick(minutes=10)
    case.publish("holding", "Water.", "employees")
    assert case.due == [(60, "statement"), (120, "statement")]
    case.do(ask.Publish("holding", case.incident.statements["holding"].digest))
    assert case.due == [(30, "warning"), (40, "promise"), (120, "statement")]


def test_a_statement_that_is_overdue_tells_the_first_role_and_those_who_approve_it() -> None:
    case = Case(WORDS, assign=(("lead", "lou"), ("legal", "lena")))
    holding, later = case.wait(hours=3)
    assert (holding.type, holding.timer) == ("statement.overdue", "INC-1/statement/holding")
    due = "2026-03-28T23:00:00.000000Z"
    assert holding.data == {"statement": "holding", "due": due, "reached": ["lou"]}
    assert later.data["reached"] == ["lou", "lena"]
    assert case.due == []


def test_a_promise_that_is_not_kept_is_overdue_once_and_the_next_publication_makes_another() -> None:
    case = Case(WORDS)
    case.do(ask.Assign("scribe", "sam"))
    case.publish("holding", "Water.")
    warned, entry = case.wait(minutes=31)
    assert (warned.type, warned.timer) == ("promise.warned", "INC-1/warning/holding/1")
    due = {"promised": "2026-03-28T22:30:00.000000Z", "due": "2026-03-28T22:20:00.000000Z"}
    assert warned.data == {"statement": "holding", "reached": ["dana"]} | due
    assert (entry.type, entry.timer) == ("promise.overdue", "INC-1/promise/holding/1")
    assert entry.data == {"statement": "holding", "due": "2026-03-28T22:30:00.000000Z", "reached": ["dana"]}
    assert case.due == [(120, "statement")]
    case.publish("holding", "More water.")
    assert (timers(case.incident)[0].id, case.due[0]) == ("INC-1/warning/holding/2", (51, "warning"))
    assert (timers(case.incident)[1].id, case.due[1]) == ("INC-1/promise/holding/2", (61, "promise"))


def moving(advance: str, *, notify: tuple[str, ...] = ("lead",), **move: Any) -> dict[str, Any]:
    step = {"after": "5m", "notify": [*notify], "advance": advance}
    return plan(
        facts={"count": {"type": "integer"}},
        stages={
            "begun": {"escalation": "call"},
            "on": {"escalation": "shout", "tasks": {"write": {"due": "3m"}}},
            "closed": {"final": True},
        },
        transitions=[
            {"trigger": "go", "from": "begun", "to": "on", **move},
            {"trigger": "back", "from": "on", "to": "begun"},
            {"trigger": "close", "from": "*", "to": "closed"},
        ],
        escalations={
            "call": {"steps": [step, {"after": "9m", "notify": ["lead"]}]},
            "shout": {"steps": [{"after": "1m", "notify": ["lead"]}]},
        },
    )


def test_a_step_may_move_the_incident_at_its_true_due_time_and_what_follows_counts_from_there() -> None:
    case = Case(moving("go", by=["legal"], because="required"))
    said = case.wait(hours=1)
    assert [(entry.type, (entry.occurred_at - START) / timedelta(minutes=1)) for entry in said] == [
        ("escalation.fired", 5),
        ("incident.advanced", 5),
        ("stage.left", 5),
        ("stage.entered", 5),
        ("escalation.fired", 6),
        ("task.overdue", 8),
    ]
    assert [entry.timer is None for entry in said] == [False, True, True, True, False, False]
    assert said[1].role is None
    assert case.incident.visits["on"].entered_at == START + timedelta(minutes=5)


def test_a_step_that_only_moves_fires_though_it_reaches_nobody() -> None:
    said = Case(moving("go", notify=())).wait(minutes=5)
    assert [entry.type for entry in said[:2]] == ["escalation.fired", "incident.advanced"]
    assert said[0].data["reached"] == said[0].data["roles"] == []


def test_a_move_that_its_guards_refuse_is_logged_and_the_notices_go_out_all_the_same() -> None:
    case = Case(moving("go", requires={"facts": ["count"], "roles": ["legal"]}))
    fired, blocked, later = case.wait(minutes=9)
    assert (fired.type, fired.data["reached"]) == ("escalation.fired", ["dana"])
    assert (blocked.type, blocked.data["trigger"]) == ("escalation.blocked", "go")
    assert blocked.data["missing"] == [
        "fact count is not known: crisisctl fact set count VALUE",
        "somebody must hold legal: crisisctl assign legal PERSON",
    ]
    assert blocked.occurred_at == fired.occurred_at == START + timedelta(minutes=5)
    assert (later.type, later.data["step"]) == ("escalation.fired", 2)
    assert case.incident.stages == ("begun",)


def test_a_move_that_does_not_lead_from_here_is_blocked_too() -> None:
    said = Case(moving("back")).wait(minutes=5)
    assert said[1].data == {"trigger": "back", "missing": ["back does not lead anywhere from here"]}


def test_timers_that_would_move_in_a_circle_at_one_instant_are_stopped_after_one_round() -> None:
    stages = {"begun": {"escalation": "call"}, "on": {"escalation": "shout"}, "closed": {"final": True}}
    escalations = {
        "call": {"steps": [{"after": "5m", "advance": "go"}]},
        "shout": {"steps": [{"after": "0m", "notify": ["lead"], "advance": "back"}]},
    }
    case = Case(plan(stages=stages, escalations=escalations))
    case.wait(minutes=5)
    assert case.types.count("incident.advanced") == 2  # there and back: five minutes lie between the two visits
    at_once = {"call": {"steps": [{"after": "0m", "advance": "go"}]}, "shout": escalations["shout"]}
    case = Case(plan(stages=stages, escalations=at_once))
    said = case.wait(minutes=5)
    assert [entry.type for entry in said if not entry.type.startswith("stage")] == [
        *("escalation.fired", "incident.advanced", "escalation.fired", "escalation.blocked")
    ]
    assert said[-1].data == {
        "trigger": "back",
        "missing": ["begun was entered at this very instant; timers would go in a circle for ever"],
    }
    assert case.incident.stages == ("on",)


def test_a_step_takes_the_first_of_several_moves_that_nothing_holds_up() -> None:
    document = moving("go", requires={"facts": ["count"]})
    document["transitions"].insert(0, {"trigger": "go", "from": "on", "to": "begun"})
    document["transitions"].append({"trigger": "go", "from": "begun", "to": "closed"})
    case = Case(document)
    case.wait(minutes=5)
    assert not case.incident.open


@pytest.mark.parametrize("how", ["by hand", "by a timer"])
def test_a_final_stage_cancels_every_timer(how: str) -> None:
    document = moving("close") | {"statements": WORDS["statements"]}
    document["stages"]["closed"] = {"final": True, "escalation": "shout", "tasks": {"review": {"due": "1h"}}}
    case = Case(document)
    old = timers(case.incident)
    assert len(old) == 3
    if how == "by hand":
        case.do(ask.Advance("close"))
    else:
        case.wait(minutes=5)
    assert timers(case.incident) == []
    assert case.incident.ladders == {}
    assert [fire(case.incident, timer) for timer in old] == [[], [], []]
    assert case.wait(days=3) == []


def test_reopening_makes_new_timers_and_revives_none() -> None:
    document = moving("close") | {"statements": WORDS["statements"]}
    document["stages"]["begun"]["tasks"] = {"look": {"due": "2m"}}
    case = Case(document)
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "dana"))
    case.publish("holding", "Water.")
    old = {timer.id for timer in timers(case.incident)}
    assert {timer.kind for timer in timers(case.incident)} == {
        "escalation",
        "task",
        "statement",
        "promise",
        "warning",
    }
    case.do(ask.Advance("close"))
    case.tick(hours=24)
    case.do(ask.Reopen("it drips again"))
    assert not {timer.id for timer in timers(case.incident)} & old
    assert case.due == [(24 * 60 + 2, "task"), (24 * 60 + 5, "escalation")]
    case.publish("holding", "More water.")
    assert (24 * 60 + 30, "promise") in case.due


def test_each_kind_of_timer_knows_whom_it_tells() -> None:
    document = moving("go") | {"statements": WORDS["statements"]}
    document["escalations"]["call"]["ack_timeout"] = "1h"
    document["stages"]["begun"]["tasks"] = {"look": {"due": "2m", "role": "scribe"}, "listen": {"due": "3m"}}
    case = Case(document)
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "dana"))
    case.publish("holding", "Water.")
    told = {timer.id.removeprefix("INC-1/"): roles(case.incident, timer) for timer in timers(case.incident)}
    assert told == {
        "task/begun/look#1": ("scribe",),
        "task/begun/listen#1": ("lead",),
        "begun#1/call/1.0.0": ("lead",),
        "promise/holding/1": ("lead",),
        "warning/holding/1": ("lead",),
        "statement/later": ("lead", "legal"),
    }
    case.do(ask.Acknowledge())
    (stale,) = [timer for timer in timers(case.incident) if timer.kind == "stale"]
    assert roles(case.incident, stale) == ()
