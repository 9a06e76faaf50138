"""Who holds which role, and who answers an escalation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import NotFound, Refused
from tests.domain.conftest import START, Case, plan

LADDERS = plan(
    roles={"lead": {"deputy": "second"}, "second": {"deputy": "third"}, "third": None},
    stages={
        "begun": {"parallel": True, "stages": {"a": {"escalation": "call"}, "b": {"escalation": "shout"}, "c": None}},
        "on": None,
        "closed": {"final": True},
    },
    escalations={
        "call": {"steps": [{"after": "5m", "notify": ["lead"]}]},
        "shout": {"steps": [{"after": "9m", "notify": ["lead"]}]},
        "whisper": {"steps": [{"after": "9m", "notify": ["lead"]}]},
    },
)


def told(case: Case, *commands: ask.Command) -> list[tuple[str, str, str]]:
    return [(entry.type, entry.data["role"], entry.data["person"]) for entry in case.do(*commands)]


def test_a_role_goes_from_one_person_to_another() -> None:
    case = Case(plan())
    assert told(case, ask.Assign("lead", "lena")) == [
        ("role.released", "lead", "dana"),
        ("role.assigned", "lead", "lena"),
    ]
    assert case.incident.roles == {"lead": ("lena",)}


def test_several_may_hold_a_role_beside_each_other() -> None:
    case = Case(plan())
    assert told(case, ask.Assign("lead", "lena", add=True)) == [("role.assigned", "lead", "lena")]
    assert case.incident.roles == {"lead": ("dana", "lena")}
    assert case.incident.held_by("lena") == ("lead",)


def test_a_role_that_several_hold_can_be_given_to_one_of_them_alone() -> None:
    case = Case(plan())
    case.do(ask.Assign("lead", "lena", add=True), ask.Assign("lead", "sam", add=True))
    assert told(case, ask.Assign("lead", "lena")) == [
        ("role.released", "lead", "dana"),
        ("role.released", "lead", "sam"),
    ]
    assert case.incident.roles == {"lead": ("lena",)}


@pytest.mark.parametrize("add", [True, False])
def test_a_role_cannot_be_given_to_the_one_who_holds_it(*, add: bool) -> None:
    assert Case(plan()).refused(ask.Assign("lead", "dana", add=add), kind=Refused) == "dana holds lead already."


def test_roles_are_told_in_the_order_of_the_playbook_whoever_came_first() -> None:
    case = Case(plan())
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "sam"), ask.Assign("lead", "sam"))
    assert [*case.incident.roles] == ["lead", "legal", "scribe"]
    assert case.incident.held_by("sam") == ("lead", "legal", "scribe")
    assert case.incident.held_by("dana") == ()


def test_a_role_is_taken_from_one_person_or_from_all() -> None:
    case = Case(plan())
    case.do(ask.Assign("lead", "lena", add=True), ask.Assign("lead", "sam", add=True))
    assert told(case, ask.Release("lead", "lena")) == [("role.released", "lead", "lena")]
    assert told(case, ask.Release("lead")) == [("role.released", "lead", "dana"), ("role.released", "lead", "sam")]
    assert case.incident.roles == {}


def test_what_nobody_holds_cannot_be_taken_from_anybody() -> None:
    case = Case(plan())
    assert case.refused(ask.Release("legal")) == "Nobody holds legal."
    assert case.refused(ask.Release("lead", "sam")) == "sam does not hold lead."


@pytest.mark.parametrize("command", [ask.Assign("led", "sam"), ask.Release("led")])
def test_a_role_that_does_not_exist_offers_the_nearest(command: ask.Command) -> None:
    assert Case(plan()).refused(command, kind=NotFound).startswith("There is no role 'led'. Did you mean lead")


def test_whoever_holds_no_role_has_a_deputy_and_the_deputy_another() -> None:
    case = Case(LADDERS)
    assert case.incident.holders("lead") == ("dana",)
    case.do(ask.Release("lead"), ask.Assign("third", "tom"))
    assert case.incident.holders("lead") == ("tom",)
    case.do(ask.Assign("second", "sam"), ask.Assign("second", "sol", add=True))
    assert case.incident.holders("lead") == ("sam", "sol")
    assert case.incident.holders("third") == ("tom",)


def test_deputies_in_a_circle_that_nobody_holds_reach_nobody() -> None:
    document = plan(roles={"lead": {"deputy": "second"}, "second": {"deputy": "lead"}})
    case = Case(document | {"roles": {"lead": {"deputy": "second"}, "second": None}})
    circle = {name: role._replace(deputy=other) for (name, role), other in
              zip(case.incident.playbook.roles.items(), ("second", "lead"), strict=True)}  # fmt: skip
    incident = case.incident._replace(playbook=case.incident.playbook._replace(roles=circle), roles={})
    assert incident.holders("lead") == ()
    assert incident.holders("nobody-ever-heard-of") == ()


def test_an_answer_stops_every_running_escalation() -> None:
    case = Case(LADDERS)
    case.tick(minutes=1)
    said = case.do(ask.Acknowledge(), who="lena")
    assert [(entry.type, entry.data) for entry in said] == [
        ("escalation.acknowledged", {"ladder": "begun.a#1/call", "escalation": "call", "stage": "begun.a"}),
        ("escalation.acknowledged", {"ladder": "begun.b#1/shout", "escalation": "shout", "stage": "begun.b"}),
    ]
    assert {ladder.acked_by for ladder in case.incident.ladders.values()} == {"lena"}
    assert case.due == []


def test_an_answer_may_name_one_escalation() -> None:
    case = Case(LADDERS)
    assert [entry.data["escalation"] for entry in case.do(ask.Acknowledge("shout"))] == ["shout"]
    assert case.due == [(5, "escalation")]


def test_an_escalation_that_does_not_run_cannot_be_answered() -> None:
    case = Case(LADDERS)
    assert case.refused(ask.Acknowledge("whisper"), kind=Refused) == "whisper is not running."
    said = case.refused(ask.Acknowledge("cal"), kind=NotFound)
    assert said.startswith("There is no escalation 'cal'. Did you mean call")
    case.do(ask.Advance("go"))
    for command in (ask.Acknowledge(), ask.Snooze(timedelta(minutes=5), "later")):
        assert case.refused(command) == "No escalation is running in INC-1."


def test_a_snooze_has_a_reason_and_an_end() -> None:
    case = Case(LADDERS)
    said = case.do(ask.Snooze(timedelta(minutes=20), " on the phone with the bank "))
    assert [entry.data["until"] for entry in said] == ["2026-03-28T22:20:00.000000Z"] * 2
    assert [entry.data["ladder"] for entry in said] == ["begun.a#1/call", "begun.b#1/shout"]
    assert {entry.word("because") for entry in said} == {"on the phone with the bank"}
    assert {ladder.snoozed_until for ladder in case.incident.ladders.values()} == {START + timedelta(minutes=20)}


@pytest.mark.parametrize("span", [timedelta(0), timedelta(minutes=-5)])
def test_a_snooze_without_an_end_is_refused(span: timedelta) -> None:
    assert "give it a length such as 20m" in Case(LADDERS).refused(ask.Snooze(span, "later"))


def test_a_snooze_without_a_reason_is_refused() -> None:
    assert Case(LADDERS).refused(ask.Snooze(timedelta(minutes=5), " ")) == "The reason is empty."


@pytest.mark.parametrize("command", [ask.Acknowledge(), ask.Snooze(timedelta(minutes=5), "on the phone")])
def test_nobody_answers_an_escalation_before_it_began(command: ask.Command) -> None:
    case = Case(LADDERS)
    case.tick(minutes=4)
    case.do(ask.Advance("go"), ask.Advance("back"))
    said = case.refused(command, at=START + timedelta(minutes=3), kind=Refused)
    assert said.startswith("2026-03-28 22:03:00 UTC is before call began (2026-03-28 22:04:00 UTC).")
    case.do(command, at=START + timedelta(minutes=4))
