"""Handing a role over: who may, what moves when, whom it reaches meanwhile, and what ends it without an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.errors import CrisisError, NotFound, Refused
from crisisctl.domain.evolve import replay
from crisisctl.domain.firing import recipients
from crisisctl.domain.incident import Handover
from crisisctl.domain.repeats import repeats
from crisisctl.domain.timers import timers
from tests.domain.conftest import RICH, SCRIPTS, START, Case, Step, plan

OFFER = ask.Handover("lead", "lena", "the press calls at six", "All that is known.")
ANSWERS = [ask.AcceptHandover("lead"), ask.DeclineHandover("lead", "asleep"), ask.WithdrawHandover("lead")]
ALARMS = plan(
    roles={"lead": {"deputy": "second"}, "second": None, "legal": None},
    stages={
        "begun": {"escalation": "call", "tasks": {"look": {"role": "lead", "due": "7m"}}},
        "on": None,
        "closed": {"final": True},
    },
    escalations={"call": {"steps": [{"after": "5m", "notify": ["lead"]}]}},
    statements={
        "holding": {
            "template": "h.md",
            "audiences": ["press"],
            "channels": ["x"],
            "approvals": [],
            "due": "9m",
            "update_every": "11m",
        }
    },
)


@pytest.fixture
def offered() -> Case:
    """Dana, who holds it, has offered the lead to Lena."""
    case = Case(plan())
    case.do(OFFER)
    return case


def said(entries: Any) -> list[tuple[str, Any]]:
    """What became of roles and offers, without what links entries to each other."""
    return [(e.type, {k: v for k, v in e.data.items() if k not in ("offered", "reached")}) for e in entries]


def reached(entries: Any) -> list[Any]:
    return [entry.data.get("reached") for entry in entries]


def test_an_offer_moves_nothing_yet_and_tells_both(offered: Case) -> None:
    (entry,) = offered.entries[-1:]
    assert entry.type == "handover.offered"
    assert entry.data == {"role": "lead", "from": "dana", "to": "lena", "reached": ["dana", "lena"]}
    assert (entry.word("note"), entry.word("brief")) == ("the press calls at six", "All that is known.")
    assert entry.role == "lead"
    assert offered.incident.roles == {"lead": ("dana",)}
    assert offered.incident.handovers == {"lead": Handover("dana", "lena", START, entry.version)}


def test_the_role_moves_when_the_incoming_person_accepts_and_the_outgoing_one_is_told(offered: Case) -> None:
    entries = offered.do(ask.AcceptHandover("lead"), who="lena")
    assert said(entries) == [
        ("handover.accepted", {"role": "lead", "from": "dana", "to": "lena"}),
        ("role.released", {"role": "lead", "person": "dana"}),
        ("role.assigned", {"role": "lead", "person": "lena"}),
    ]
    assert reached(entries) == [["dana"], None, None]
    assert offered.incident.roles == {"lead": ("lena",)}
    assert offered.incident.handovers == {}


def test_every_answer_names_the_entry_that_it_answers(offered: Case) -> None:
    version = offered.incident.version
    (declined,) = offered.do(ask.DeclineHandover("lead", "asleep"), who="lena")
    assert declined.data["offered"] == version


def test_who_declines_says_why_and_the_role_stays_where_it_is(offered: Case) -> None:
    entries = offered.do(ask.DeclineHandover("lead", " I am on a plane "), who="lena")
    assert said(entries) == [("handover.declined", {"role": "lead", "from": "dana", "to": "lena"})]
    assert (entries[0].word("because"), reached(entries)) == ("I am on a plane", [["dana"]])
    assert (offered.incident.roles, offered.incident.handovers) == ({"lead": ("dana",)}, {})
    assert Case(plan()).refused(ask.Handover("lead", "lena", " ")) == "The note is empty."


def test_declining_without_a_reason_is_refused(offered: Case) -> None:
    assert offered.refused(ask.DeclineHandover("lead", " "), who="lena", kind=Refused) == "The reason is empty."


def test_the_giver_takes_the_offer_back_and_the_other_one_is_told(offered: Case) -> None:
    entries = offered.do(ask.WithdrawHandover("lead"))
    assert said(entries) == [("handover.withdrawn", {"role": "lead", "from": "dana", "to": "lena"})]
    assert reached(entries) == [["lena"]]
    assert (offered.incident.roles, offered.incident.handovers) == ({"lead": ("dana",)}, {})


def test_whoever_else_holds_the_role_may_take_the_offer_back_and_both_are_told(offered: Case) -> None:
    offered.do(ask.Assign("lead", "sam", add=True))
    assert reached(offered.do(ask.WithdrawHandover("lead"), who="sam")) == [["dana", "lena"]]


def test_one_of_several_holders_hands_over_only_their_own_seat() -> None:
    case = Case(plan())
    case.do(ask.Assign("lead", "sam", add=True), OFFER)
    case.do(ask.AcceptHandover("lead"), who="lena")
    assert case.incident.roles == {"lead": ("sam", "lena")}


def test_several_roles_are_on_offer_at_the_same_time_and_each_is_answered_alone() -> None:
    case = Case(plan())
    case.do(ask.Assign("legal", "dana"), OFFER, ask.Handover("legal", "lena"))
    case.do(ask.DeclineHandover("lead", "one is enough"), who="lena")
    assert [*case.incident.handovers] == ["legal"]
    case.do(ask.AcceptHandover("legal"), who="lena")
    assert case.incident.roles == {"lead": ("dana",), "legal": ("lena",)}


@pytest.mark.parametrize(
    ("command", "who", "sentence"),
    [
        (ask.Handover("legal", "lena"), "dana", "Nobody holds legal, so there is nothing to hand over."),
        (ask.Handover("legal", "lena"), "dana", "To give it to lena: crisisctl assign legal lena -i INC-1"),
        (ask.Handover("lead", "lena"), "sam", "Only who holds lead can hand it over (dana)."),
        (ask.Handover("lead", "lena"), "sam", "To move it without them: crisisctl assign lead lena -i INC-1"),
        (ask.Handover("lead", "dana"), "dana", "dana holds lead already, and nobody hands a role over to themselves."),
        (ask.AcceptHandover("lead"), "lena", "begins one with: crisisctl handover lead --to PERSON -i INC-1"),
        (ask.DeclineHandover("legal", "x"), "lena", "No handover of legal is open."),
        (ask.WithdrawHandover("lead"), "dana", "No handover of lead is open."),
    ],
)
def test_what_cannot_be_handed_over_is_refused_with_the_way_out(command: ask.Command, who: str, sentence: str) -> None:
    assert sentence in Case(plan()).refused(command, who=who, kind=Refused)


@pytest.mark.parametrize(
    "command", [ask.Handover("led", "lena"), ask.AcceptHandover("led"), ask.WithdrawHandover("led")]
)
def test_a_role_that_does_not_exist_offers_the_nearest(command: ask.Command) -> None:
    assert Case(plan()).refused(command, kind=NotFound).startswith("There is no role 'led'. Did you mean lead")


def test_nothing_is_offered_to_somebody_who_holds_it_already() -> None:
    case = Case(plan())
    case.do(ask.Assign("lead", "lena", add=True))
    refused = case.refused(OFFER, kind=Refused)
    assert refused == "lena holds lead already, beside dana. To leave it to them: crisisctl release lead dana -i INC-1"


@pytest.mark.parametrize("who", ["dana", "sam"])
def test_a_second_offer_of_the_same_role_is_refused_with_the_way_out(offered: Case, who: str) -> None:
    offered.do(ask.Assign("lead", "sam", add=True))
    refused = offered.refused(ask.Handover("lead", "kim"), who=who, kind=Refused)
    assert refused == (
        "dana has offered lead to lena already, since 2026-03-28 22:00:00 UTC. "
        "To take that back first: crisisctl handover lead --withdraw -i INC-1"
    )


@pytest.mark.parametrize("who", ["dana", "sam"])
@pytest.mark.parametrize("command", ANSWERS[:2])
def test_only_the_incoming_person_answers(offered: Case, command: ask.Command, who: str) -> None:
    refused = offered.refused(command, who=who, kind=Refused)
    assert refused.startswith("Only lena can ")
    assert refused.endswith("To take the offer back: crisisctl handover lead --withdraw -i INC-1")


def test_only_those_who_hold_the_role_take_the_offer_back(offered: Case) -> None:
    withdraw = ask.WithdrawHandover("lead")
    assert offered.refused(withdraw, who="sam") == "Only dana can withdraw the offer of lead to lena."
    assert "crisisctl handover lead --decline --because WHY -i INC-1" in offered.refused(withdraw, who="lena")


@pytest.mark.parametrize(("command", "who"), [*zip(ANSWERS, ("lena", "lena", "dana"), strict=True)])
def test_nobody_answers_before_the_offer_was_made(command: ask.Command, who: str) -> None:
    case = Case(plan())
    case.tick(minutes=10)
    case.do(OFFER, at=START + timedelta(minutes=6))
    refused = case.refused(command, who=who, at=START + timedelta(minutes=5), kind=Refused)
    assert refused.startswith("2026-03-28 22:05:00 UTC is before lead was offered (2026-03-28 22:06:00 UTC).")
    assert case.do(command, who=who, at=START + timedelta(minutes=6))[0].occurred_at == START + timedelta(minutes=6)


def test_nothing_is_offered_before_the_incident_was_opened() -> None:
    assert "INC-1 was opened" in Case(plan()).refused(OFFER, at=START - timedelta(seconds=1), kind=Refused)


@pytest.mark.parametrize("leave", [ask.Release("lead"), ask.Release("lead", "dana"), ask.Assign("lead", "sam")])
def test_an_offer_ends_when_its_giver_leaves_the_role_another_way(offered: Case, leave: ask.Command) -> None:
    entries = offered.do(leave, who="sam")
    assert said(entries)[-1] == (
        "handover.withdrawn",
        {"role": "lead", "from": "dana", "to": "lena", "ended": "released"},
    )
    assert reached(entries)[-1] == ["dana", "lena"]
    assert offered.incident.handovers == {}
    assert "No handover of lead is open" in offered.refused(ask.AcceptHandover("lead"), who="lena")


@pytest.mark.parametrize("add", [True, False])
def test_an_offer_ends_when_its_taker_is_given_the_role_another_way(offered: Case, *, add: bool) -> None:
    entries = offered.do(ask.Assign("lead", "lena", add=add))
    assert said(entries)[-1][1]["ended"] == "assigned"
    assert reached(entries)[-1] == ["lena"]
    assert offered.incident.handovers == {}
    assert "lena" in offered.incident.roles["lead"]


def test_an_offer_lasts_while_neither_of_the_two_is_touched(offered: Case) -> None:
    offered.do(ask.Assign("lead", "sam", add=True), ask.Assign("legal", "lena"), ask.Release("legal"))
    offered.do(ask.Release("lead", "sam"))
    assert [*offered.incident.handovers] == ["lead"]
    assert "handover.withdrawn" not in offered.types


def test_an_assignment_told_of_late_does_not_end_an_offer_before_it_was_made() -> None:
    case = Case(plan())
    case.tick(minutes=10)
    case.do(OFFER)
    entries = case.do(ask.Assign("lead", "sam"), at=START + timedelta(minutes=2))
    assert [(e.occurred_at - START) / timedelta(minutes=1) for e in entries] == [2, 2, 10]


def test_a_closed_incident_has_nothing_on_offer_and_takes_no_offer_and_reopening_revives_none(offered: Case) -> None:
    offered.do(ask.Advance("close"))
    assert offered.incident.handovers == {}
    for command in (OFFER, *ANSWERS):
        assert "INC-1 is closed. To go on: crisisctl reopen" in offered.refused(command, who="lena", kind=Refused)
    offered.do(ask.Reopen("it is back"))
    assert offered.incident.handovers == {}
    assert "No handover of lead is open" in offered.refused(ask.AcceptHandover("lead"), who="lena")


def _reaches(case: Case) -> dict[str, tuple[str, ...]]:
    return {timer.kind: recipients(case.incident, timer) for timer in timers(case.incident)}


def test_what_falls_due_meanwhile_reaches_both_and_afterwards_the_new_holder() -> None:
    case = Case(ALARMS)
    assert _reaches(case) == {"escalation": ("dana",), "task": ("dana",), "statement": ("dana",)}
    case.do(OFFER)
    assert _reaches(case) == dict.fromkeys(("escalation", "task", "statement"), ("dana", "lena"))
    fired = case.wait(minutes=9)
    assert [entry.data["reached"] for entry in fired] == [["dana", "lena"]] * 3
    case.publish("holding", "We know.")
    assert _reaches(case)["promise"] == ("dana", "lena")
    case.do(ask.AcceptHandover("lead"), who="lena")
    assert _reaches(case) == {"promise": ("lena",), "warning": ("lena",)}


@pytest.mark.parametrize("answer", [1, 2])
def test_what_falls_due_after_a_no_reaches_the_holder_alone(answer: int) -> None:
    case = Case(ALARMS)
    case.do(OFFER)
    case.do(ANSWERS[answer], who=("", "lena", "dana")[answer])
    assert set(_reaches(case).values()) == {("dana",)}


def test_whoever_stands_in_and_hands_over_is_reached_with_the_other_one() -> None:
    case = Case(ALARMS)
    case.do(ask.Assign("second", "sam"), ask.Release("lead"))
    case.do(ask.Handover("second", "lena"), who="sam")
    assert _reaches(case)["escalation"] == ("sam", "lena")
    assert case.incident.holders("lead") == ("sam",), "who is told is one thing, who decides another"


def test_who_has_not_accepted_yet_may_nothing_that_the_role_may() -> None:
    moves = [
        {"trigger": "go", "from": "begun", "to": "on", "by": ["lead"]},
        {"trigger": "end", "from": "on", "to": "closed"},
    ]
    case = Case(plan(transitions=moves))
    case.do(OFFER)
    assert "only lead may (dana)" in case.refused(ask.Advance("go"), who="lena")
    assert case.incident.held_by("lena") == ()
    case.do(ask.AcceptHandover("lead"), who="lena")
    assert "only lead may (lena)" in case.refused(ask.Advance("go"), who="dana")
    case.do(ask.Advance("go"), who="lena")


def test_an_open_offer_outlives_a_snapshot(offered: Case) -> None:
    kept = snapshot.load(snapshot.dump(offered.incident), offered.incident.playbook)
    assert kept == offered.incident
    assert kept
    assert kept.handovers["lead"].since == START


def test_a_repeat_is_told_from_an_offer_to_somebody_else(offered: Case) -> None:
    entry = offered.entries[-1]
    assert repeats(OFFER, "dana", entry)
    assert repeats(OFFER._replace(brief="Whatever is known by now."), "dana", entry)
    others = [OFFER._replace(person="kim"), OFFER._replace(role="legal"), OFFER._replace(note="other words"), *ANSWERS]
    assert [repeats(other, "dana", entry) for other in others] == [False] * 6
    assert not repeats(OFFER, "sam", entry)


@settings(max_examples=60)
@given(SCRIPTS)
def test_whatever_happens_an_open_offer_is_one_that_can_be_accepted(script: list[Step]) -> None:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
        for role, offer in case.incident.handovers.items():
            assert offer.giver in case.incident.roles[role]
            assert offer.taker not in case.incident.roles[role]
        assert case.incident.open or not case.incident.handovers
    assert replay(case.entries) == case.incident
    for role, offer in case.incident.handovers.items():
        case.do(ask.AcceptHandover(role), who=offer.taker)
        assert offer.giver not in case.incident.roles[role]
        assert offer.taker in case.incident.roles[role]


def test_a_refusal_is_always_one_that_a_person_can_read() -> None:
    for command in (OFFER, *ANSWERS):
        with pytest.raises(CrisisError):
            Case(plan()).do(command, who="somebody")
