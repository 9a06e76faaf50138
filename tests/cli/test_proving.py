"""`playbook check`: what it proves beyond form, what the plan promises, and the forms in which it is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

PLAN = """\
playbook: plan
title: Plan
severities: [sev1, sev2]
roles:
  lead: {title: Lead, required: true}
  legal: {title: Legal, required: true}
targets: {everyone_notified: 15m}
initial: begun
stages:
  begun: {guidance: Look first., escalation: call}
  limbo: {guidance: Wait.}
  closed: {final: true}
transitions:
  - {trigger: wait, from: begun, to: limbo}
  - {trigger: close, from: begun, to: closed}
escalations:
  call:
    repeat: {times: 1, every: 10m}
    steps:
      - {after: 0m, notify: [lead]}
      - {after: 20m, notify: [legal]}
statements:
  first-words: {template: words.md, audiences: [all], channels: [x], approvals: [legal], due: 60m}
"""
ROSTER = """\
people:
  dana: {name: Dana, roles: [lead], contacts: ["textfile:notices.txt"]}
  sam: {name: Sam, roles: [legal]}
"""


@pytest.fixture
def room(program: Program) -> Program:
    """A workspace with one plan, which has a stage without a way out and misses its target."""
    (program.root / "playbooks" / "data-breach.yaml").unlink()
    (program.root / "playbooks" / "plan.yaml").write_text(PLAN)
    (program.root / "templates" / "words.md").write_text("We are sorry.\n")
    return program


def test_one_line_a_finding_for_editors_and_nothing_else(room: Program) -> None:
    told = room("playbook", "check", "--format", "line")
    assert told.code == 6
    lines = told.out.splitlines()
    assert [line.partition(": error ")[0] for line in lines] == ["playbooks/plan.yaml:7:30", "playbooks/plan.yaml:11:3"]
    assert [re.fullmatch(r"\S+:\d+:\d+: error ([a-z-]+): .+; .+", line)[1] for line in lines] == [  # type: ignore[index]
        "target-missed",
        "no-way-out",
    ]


def test_workflow_commands_mark_the_line_of_a_change(room: Program) -> None:
    told = room("playbook", "check", "--format", "github")
    first, second = told.out.splitlines()
    assert second.startswith(
        "::error file=playbooks/plan.yaml,line=11,col=3,title=no-way-out::from stage 'limbo' no end"
    )
    assert first.startswith("::error file=playbooks/plan.yaml,line=7,col=30,title=target-missed::at sev1, ")


def test_the_form_json_is_that_of_the_option(room: Program) -> None:
    assert room("playbook", "check", "--format", "json").json == room("playbook", "check", "--json").json
    assert room("playbook", "check", "--format", "line", "--json").code == 2


def test_the_promise_is_told_below_the_findings_severities_of_which_the_same_holds_together(room: Program) -> None:
    lines = room("playbook", "check").out.splitlines()
    start = lines.index("While nobody answers, counted from the opening:")
    assert max(map(len, lines[start:])) <= 80
    assert lines[-1].split() == ["plan", "sev1,", "sev2", "20m", "50m", "1h"]


def test_the_promise_as_data(room: Program) -> None:
    [told] = room("playbook", "check", "--json").json["promise"]
    assert told["playbook"] == "plan"
    assert told["targets"] == {"everyone_notified": 900}
    assert told["severities"][1]["everyone_notified"] == 1200
    assert told["absent"] == []


def test_a_missed_target_shows_the_steps_with_their_minutes(room: Program) -> None:
    finding = room("playbook", "check", "--json").json["findings"][0]
    assert finding["rule"] == "target-missed"
    assert "legal is told last in 0m call step 1; 20m call step 2" in finding["message"]


def test_the_roster_counts_for_the_playbooks_of_the_workspace(room: Program) -> None:
    (room.root / "roster.yaml").write_text(ROSTER)
    told = room("playbook", "check", "--json").json
    assert told["promise"][0]["absent"] == [
        {"person": "dana", "roles": ["lead"]},
        {"person": "sam", "roles": ["legal"]},
    ]
    [unreachable] = [finding for finding in told["findings"] if finding["rule"] == "person-without-contact"]
    assert (unreachable["line"], unreachable["level"]) == (3, "warning")
    assert unreachable["file"].endswith("roster.yaml")
    assert "Without sam, plan stops: nobody else can be legal." in room("playbook", "check").out


def test_a_file_elsewhere_knows_no_roster(room: Program) -> None:
    (room.root / "roster.yaml").write_text(ROSTER.replace("[legal]", "[scribe]"))
    elsewhere = room.root / "plan.yaml"
    elsewhere.write_text(PLAN)
    rules = {finding["rule"] for finding in room("playbook", "check", "plan.yaml", "--json").json["findings"]}
    assert "role-without-people" not in rules
    assert "person-without-contact" not in rules
    rules = {finding["rule"] for finding in room("playbook", "check", "plan", "--json").json["findings"]}
    assert "role-without-people" in rules


def test_what_only_the_proof_finds_holds_up_no_incident(room: Program) -> None:
    assert room("playbook", "check").code == 6
    assert room.ok("open", "plan", "--title", "Now").code == 0


def test_a_contact_that_cannot_be_used_is_told_without_its_secret(room: Program) -> None:
    (room.root / "roster.yaml").write_text(ROSTER.replace("textfile:notices.txt", "env:NOT_SET_ANYWHERE"))
    findings = room("playbook", "check", "--json").json["findings"]
    told = [finding["message"] for finding in findings if finding["rule"] == "person-without-contact"]
    assert len(told) == 2
    assert "NOT_SET_ANYWHERE" in told[0]
