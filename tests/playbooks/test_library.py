"""What every playbook that is delivered has, whatever crisis it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.yaml import read
from crisisctl.domain.clocks.hanging import hangs_on
from crisisctl.domain.machine import Stages
from crisisctl.domain.playbook import Escalation, Playbook, StatementSpec
from tests.clockwork import clocks

ROOT = Path(__file__).parents[2]
CRISES = {"account-takeover", "data-breach", "outage", "rogue-post", "viral-complaint"}
Standing = tuple[str, ...]


def test_the_five_crises_have_a_playbook() -> None:
    assert {file.stem for file in (ROOT / "playbooks").glob("*.yaml")} >= CRISES


def test_the_checker_finds_nothing(path: Path) -> None:
    assert read(path, ROOT / "templates", lambda: clocks().known).findings == []


def test_no_template_lies_about_unused() -> None:
    named = {name for file in (ROOT / "playbooks").glob("*.yaml") for name in read(file, ROOT / "templates").templates}
    assert {str(file.relative_to(ROOT / "templates")) for file in (ROOT / "templates").rglob("*.j2")} == named


def test_the_file_is_small_plain_and_undrilled(path: Path, document: dict[str, Any]) -> None:
    assert path.stat().st_size < 128 * 1024
    assert document["playbook"] == path.stem
    assert "last_drilled" not in document


def test_severities_run_from_the_most_severe(playbook: Playbook) -> None:
    assert playbook.severities == ("sev1", "sev2", "sev3")


def test_the_summary_is_a_paragraph(playbook: Playbook) -> None:
    assert len(playbook.summary.split()) > 30


# The people


def test_the_opener_becomes_communications_lead_and_has_a_deputy(playbook: Playbook) -> None:
    lead = playbook.roles[playbook.first_role()]
    assert (lead.id, lead.required) == ("comms-lead", True)
    assert lead.deputy in playbook.roles


def test_every_role_that_is_named_exists_and_every_role_is_needed(playbook: Playbook) -> None:
    assert set(_named_roles(playbook)) == set(playbook.roles)


def test_who_must_approve_the_first_words_is_a_required_role(playbook: Playbook) -> None:
    needed = {role.id for role in playbook.roles.values() if role.required}
    assert needed >= set(playbook.statements["holding"].approvals.roles)


def test_every_required_role_can_be_stood_in_for(playbook: Playbook) -> None:
    assert all(role.deputy for role in playbook.roles.values() if role.required)


def test_when_the_opener_is_alone_a_late_pause_of_posts_still_reaches_somebody(playbook: Playbook) -> None:
    role = playbook.tasks[f"{playbook.initial}/pause-posts"].role
    while role and role != playbook.first_role():
        role = playbook.roles[role].deputy
    assert role == "comms-lead"


def test_every_fact_has_a_question(playbook: Playbook) -> None:
    assert all("?" in fact.ask for fact in playbook.facts.values())
    assert playbook.facts["next_update_at"].type == "datetime"


def _named_roles(playbook: Playbook) -> Iterator[str]:
    yield playbook.first_role()
    for task in playbook.tasks.values():
        assert task.role is not None, f"{task.key} is nobody's"
        yield task.role
    for role in playbook.roles.values():
        yield from [role.deputy] if role.deputy else []
    for move in playbook.transitions:
        yield from (*move.by, *move.requires.roles)
    for ladder in playbook.escalations.values():
        yield from [ladder.fallback] if ladder.fallback else []
        yield from (role for step in ladder.steps for role in step.notify)
    for statement in playbook.statements.values():
        yield from statement.approvals.roles
    for clock in playbook.clocks.values():
        yield from (clock.role or playbook.first_role(), *clock.escalate)


# The stages


def test_every_stage_that_people_stand_in_has_a_title_and_guidance(playbook: Playbook) -> None:
    for stage in playbook.stages.values():
        assert stage.title != stage.path.rpartition(".")[2]
        if not stage.children or stage.parallel:
            assert len(stage.guidance.split()) > 15, stage.path


def test_communicating_and_resolving_run_side_by_side(playbook: Playbook) -> None:
    response = playbook.stages["response"]
    assert response.parallel
    assert {"response.communicate", "response.resolve"} <= set(response.children)


def test_scheduled_posts_are_paused_before_anything_else(playbook: Playbook) -> None:
    task = playbook.tasks[f"{playbook.initial}/pause-posts"]
    assert task.required
    assert task.due is not None
    assert task.due <= timedelta(minutes=15)


def test_task_ids_are_unique_in_a_playbook(playbook: Playbook) -> None:
    ids = [task.id for task in playbook.tasks.values()]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    "topic",
    [
        r"First, in this order",
        r"\*\*Severity\.\*\*",
        r"owns? the (?:status page and the official |official )?accounts",
        r"second factor|sign in|sign-in",
        r"\*\*Never",
        r"\*\*Negative comments\.\*\*",
        r"\*\*Direct complaints\.\*\*",
        r"central customer care",
        r"\*\*Employees may say:\*\*",
        r"spokesperson",
        r"human resources|a case for HR",
        r"post-mortem within five working days",
    ],
)
def test_the_guidance_answers_what_a_tired_person_asks(playbook: Playbook, topic: str) -> None:
    words = " ".join(" ".join(stage.guidance.split()) for stage in playbook.stages.values())
    assert re.search(topic, words, re.IGNORECASE)


def test_guidance_names_only_stages_tasks_facts_and_statements_that_exist(playbook: Playbook) -> None:
    others = CRISES | {"no-loss", "not-known"}
    known = {*playbook.facts, *playbook.statements, *playbook.roles, *others}
    for stage in playbook.stages.values():
        for quoted in stage.guidance.split("`")[1::2]:
            assert quoted.startswith("crisisctl ") or quoted in known or quoted in playbook.severities, quoted


# The moves


def test_from_wherever_it_stands_an_incident_can_be_closed(playbook: Playbook) -> None:
    ways = _ways(playbook)
    final = {stage.path for stage in playbook.top_stages() if stage.final}
    ends = {standing for standing in ways if set(standing) <= final}
    while more := {one for one, to in ways.items() if one not in ends and ends.intersection(to)}:
        ends |= more
    assert set(ways) == ends


def test_every_stage_can_be_reached(playbook: Playbook) -> None:
    stages = Stages(playbook)
    assert {path for standing in _ways(playbook) for path in stages.within(standing)} == set(playbook.stages)


def test_nothing_is_closed_before_it_is_reviewed_unless_it_never_became_public(playbook: Playbook) -> None:
    for move in playbook.transitions:
        if playbook.stages[move.to].final and move.trigger != "hand-over":
            assert set(move.sources) <= {"detected", "watching", "review"}
    assert playbook.tasks["review/write-post-mortem"].required


def test_the_response_ends_only_when_both_strands_have(playbook: Playbook) -> None:
    done = next(move for move in playbook.transitions if move.trigger == "resolve")
    assert {stage.rpartition(".")[0] for stage in done.requires.stages} == set(playbook.stages["response"].children)


def test_the_public_is_informed_only_by_published_words(playbook: Playbook) -> None:
    needs = {move.trigger: dict(move.requires.statements) for move in playbook.transitions}
    assert needs["announce"] == {"holding": "published"}
    assert needs["conclude"] == {"resolution": "published"}


def test_there_is_a_way_back_and_a_way_out_for_a_false_alarm(playbook: Playbook) -> None:
    moves = {move.trigger: move for move in playbook.transitions}
    assert (moves["reactivate"].sources, moves["reactivate"].to) == (("review",), "response")
    assert playbook.stages[moves["false-alarm"].to].final
    assert (moves["speak-again"].sources, moves["speak-again"].to) == (
        ("response.communicate.concluded",),
        "response.communicate.informed",
    )


def test_great_moves_need_a_reason(playbook: Playbook) -> None:
    inside = ("mark-overdue", "announce", "conclude")
    assert [move.trigger for move in playbook.transitions if not move.because and move.trigger not in inside] == []


def _ways(playbook: Playbook) -> dict[Standing, set[Standing]]:
    """Every place where an incident can stand, and where it can go from there; guards other than stages are met."""
    stages = Stages(playbook)
    ways: dict[Standing, set[Standing]] = {}
    ahead: list[Standing] = [stages.start().active]
    while ahead:
        here = ahead.pop()
        if here in ways:
            continue
        around = set(stages.within(here))
        open_to = [move for move in stages.possible(here) if around.issuperset(move.requires.stages)]
        ways[here] = {stages.fire(here, move).active for move in open_to}
        ahead += ways[here]
    return ways


# The escalations


def test_the_first_ladder_climbs_until_somebody_acknowledges(playbook: Playbook) -> None:
    ladder = playbook.escalations["first-response"]
    assert playbook.stages[playbook.initial].escalation == ladder.id
    assert ladder.until == "acknowledged"
    assert ladder.ack_timeout
    assert ladder.times
    assert [step.after for step in ladder.steps] == [timedelta(minutes=n) for n in (0, 5, 10, 15, 20, 60)]


def test_an_empty_seat_wakes_somebody_else_and_a_late_review_wakes_nobody_early(playbook: Playbook) -> None:
    for ladder in playbook.escalations.values():
        assert (ladder.if_empty == "wait") == (ladder.id == "review-due"), ladder.id
        assert ladder.fallback or ladder.if_empty == "wait", ladder.id


def test_the_ladder_climbs_to_the_executive_sponsor_within_twenty_minutes(playbook: Playbook) -> None:
    early = [step for step in playbook.escalations["first-response"].steps if step.after <= timedelta(minutes=20)]
    assert any("exec-sponsor" in step.notify for step in early)


def test_silence_moves_the_incident_by_itself_and_nothing_can_hold_that_up(playbook: Playbook) -> None:
    drafting = playbook.stages["response.communicate.drafting"]
    ladder = playbook.escalations[drafting.escalation or ""]
    fired = [step.advance for step in ladder.steps if step.advance]
    move = next(move for move in playbook.transitions if move.trigger == "mark-overdue")
    assert fired == ["mark-overdue"]
    assert move.sources == (drafting.path,)
    assert not any(move.requires)
    assert [task.id for task in playbook.tasks.values() if task.stage == drafting.path and task.required] == []


def test_silence_is_ended_by_words_and_not_by_an_acknowledgement(playbook: Playbook) -> None:
    for name in ("silence", "silence-overdue"):
        assert playbook.escalations[name].until == "left"


def test_every_ladder_hangs_on_a_stage_and_ends(playbook: Playbook) -> None:
    used = [stage.escalation for stage in playbook.stages.values() if stage.escalation]
    assert sorted(used) == sorted(playbook.escalations)
    assert all(ladder.times <= 5 for ladder in playbook.escalations.values())


def test_nobody_is_paged_twice_at_the_same_moment(playbook: Playbook) -> None:
    for ladder in playbook.escalations.values():
        moments = [step.after for step in ladder.steps]
        assert moments == sorted(set(moments)), ladder.id
        assert _in_order(ladder)


def _in_order(ladder: Escalation) -> bool:
    return not ladder.times or ladder.every > timedelta(0)


# The statements


def test_the_first_words_need_two_people_beside_their_author(playbook: Playbook) -> None:
    holding = playbook.statements["holding"]
    assert len(holding.approvals.roles) >= 2
    assert holding.approvals.roles[0] == "comms-lead"
    assert holding.due is not None
    assert holding.due <= timedelta(minutes=60)
    assert holding.update_every


def test_employees_hear_it_before_customers_and_customers_before_the_press(statement: StatementSpec) -> None:
    assert _order(statement.audiences) == ["employees", "customers", "press"]
    assert statement.channels


def test_an_announcement_can_be_late_only_after_it_could_have_been_made(playbook: Playbook) -> None:
    overdue = next(s.after for s in playbook.escalations["silence"].steps if s.advance)
    assert (
        timedelta(minutes=15) <= overdue <= (playbook.statements["holding"].due or timedelta()) + timedelta(minutes=5)
    )


def test_the_first_words_on_a_lost_account_do_not_go_out_there(playbook: Playbook) -> None:
    lost = playbook.id == "account-takeover"
    assert ("x" in playbook.statements["holding"].channels) != lost


def _order(audiences: Sequence[str]) -> list[str]:
    return [name for name in audiences if name in ("employees", "customers", "press")]


# The clocks


HANGS: Mapping[str, Mapping[str, set[str]]] = {
    "account-takeover": {"gdpr.art33": {"aware_at"}, "gdpr.art34": {"high_risk_at"}, "sec.8k-1.05": {"material_at"}},
    "data-breach": {
        "gdpr.art33": {"aware_at"},
        "gdpr.art34": {"high_risk_at"},
        "nis2.early-warning": {"significant_at"},
        "nis2.notification": {"significant_at"},
        "nis2.final": set(),
        "sec.8k-1.05": {"material_at"},
    },
    "outage": {
        "dora.initial": {"classified_at", "aware_at"},
        "dora.intermediate": set(),
        "dora.final": set(),
        "nis2.early-warning": {"significant_at"},
        "nis2.notification": {"significant_at"},
        "nis2.final": set(),
    },
    "rogue-post": {"mar.art17": {"inside_information_at"}},
    "viral-complaint": {},
}


def test_each_clock_hangs_on_the_fact_that_it_should(playbook: Playbook) -> None:
    known, facts = clocks().known, playbook.times
    hangs = {id_: set(hangs_on(known[id_], spec, facts).values()) for id_, spec in playbook.clocks.items()}
    assert hangs == HANGS.get(playbook.id, {})


def test_a_clock_is_for_legal_counsel_and_in_the_end_for_the_executive_sponsor(playbook: Playbook) -> None:
    for spec in playbook.clocks.values():
        assert spec.role == "legal"
        assert "exec-sponsor" in spec.escalate


def test_a_filing_that_starts_another_clock_of_the_playbook_is_itself_in_it(playbook: Playbook) -> None:
    for id_ in playbook.clocks:
        before = clocks().known[id_].chained_to
        assert before is None or before in playbook.clocks, id_


def test_who_is_not_under_a_law_is_told_to_leave_its_fact_out(playbook: Playbook) -> None:
    of_some = {"classified_at", "significant_at", "material_at", "inside_information_at", "high_risk_at"}
    for name in of_some.intersection(playbook.facts):
        assert "Leave it out if" in playbook.facts[name].ask, name


def test_a_playbook_with_clocks_names_the_command_that_asks_which_duties_there_are(playbook: Playbook) -> None:
    guidance = " ".join(stage.guidance for stage in playbook.stages.values())
    tasks = " ".join(task.title for task in playbook.tasks.values())
    assert not playbook.clocks or "crisisctl clock assess" in guidance + tasks


def test_no_transition_waits_for_a_fact_that_only_some_laws_ask_for(playbook: Playbook) -> None:
    own = {name for hangs in HANGS.get(playbook.id, {}).values() for name in hangs} - {"aware_at"}
    for move in playbook.transitions:
        assert own.isdisjoint(move.requires.facts), move.trigger
