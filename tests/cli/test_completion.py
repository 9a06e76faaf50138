"""What the shell offers on Tab: asked as a shell asks, of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.conftest import Program


def offered(program: Program, line: str, **variables: str) -> list[str]:
    """What bash would be offered at the end of a line that is being typed."""
    typed = len(line.split()) - (0 if line.endswith(" ") else 1)
    asked = {"_CRISISCTL_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(typed)}
    told = subprocess.run(
        [sys.executable, "-m", "crisisctl"],
        cwd=program.root,
        env=program.environment() | asked | variables,
        text=True,
        capture_output=True,
        check=False,
    )
    assert "Traceback" not in told.stdout + told.stderr
    assert told.stderr == ""
    return told.stdout.split()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("crisisctl st", ["status", "statement", "store"]),
        ("crisisctl task ", ["done", "skip", "reopen", "list"]),
        ("crisisctl advance ", ["close", "inform", "notify"]),
        ("crisisctl advance in", ["inform"]),
        ("crisisctl advance -i INC-1 n", ["notify"]),
        ("crisisctl status -i ", ["INC-1"]),
        ("crisisctl timeline --incident IN", ["INC-1"]),
        ("crisisctl task done ", ["call-lawyer"]),
        ("crisisctl assign ", ["comms-lead", "deputy-comms", "legal"]),
        ("crisisctl assign legal ", ["dana", "lee"]),
        ("crisisctl release legal l", ["lee"]),
        ("crisisctl advance --role le", ["legal"]),
        ("crisisctl fact set ", ["affected_accounts", "aware_at"]),
        ("crisisctl statement draft ", ["holding"]),
        ("crisisctl severity ", ["sev1", "sev2", "sev3"]),
        ("crisisctl open ", ["data-breach"]),
        ("crisisctl playbook check d", ["data-breach"]),
        ("crisisctl --as ", ["dana", "lee"]),
        ("crisisctl oncall ", ["now", "next", "gaps", "override"]),
        ("crisisctl timeline --format ", ["csv", "html", "json", "jsonl", "md"]),
    ],
)
def test_what_may_stand_there_is_offered(program: Program, line: str, names: list[str]) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    task = "{title: Assessing, tasks: {call-lawyer: {title: Call the lawyer}}}"
    playbook.write_text(playbook.read_text().replace("{title: Assessing}", task))
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee")
    program.ok("task", "done", "pause-posts")
    program.ok("advance", "activate", "--because", "x")
    assert offered(program, line) == names


def test_people_come_from_the_roster_before_anything_is_open(program: Program) -> None:
    (program.root / "roster.yaml").write_text("people: {dana: {}, kim: {}, lee: {}}")
    assert offered(program, "crisisctl --as ") == ["dana", "kim", "lee"]


@pytest.mark.parametrize("line", ["crisisctl oncall now ", "crisisctl oncall next c", "crisisctl oncall override "])
def test_roles_with_a_rota_are_offered_before_anything_is_open(program: Program, line: str) -> None:
    rota = "{rotation: {people: [dana], length: 1w, starts: 2026-01-05, handover: '09:00'}}"
    (program.root / "roster.yaml").write_text(f"people: {{dana: {{}}}}\nrotas: {{comms-lead: {rota}}}\n")
    assert offered(program, line) == ["comms-lead"]
    assert offered(program, "crisisctl oncall override comms-lead ") == ["dana"]


def test_an_escalation_that_runs_is_offered(opened: Program) -> None:
    assert offered(opened, "crisisctl ack ") == ["first-response"]


def test_a_workspace_named_on_the_line_is_the_one_that_is_asked(opened: Program) -> None:
    line = f"crisisctl --workspace {opened.root} status -i "
    inside = opened.root
    opened.root = inside.parent
    assert offered(opened, line) == ["INC-1"]
    assert offered(opened, "crisisctl status -i ", CRISISCTL_WORKSPACE=str(inside)) == ["INC-1"]


@pytest.mark.parametrize("line", ["crisisctl advance ", "crisisctl open "])
@pytest.mark.parametrize("trouble", ["no workspace", "nothing open", "broken log", "broken roster", "broken settings"])
def test_in_trouble_nothing_is_offered_and_nothing_is_said(
    program: Program, behind: Behind, line: str, trouble: str
) -> None:
    if trouble == "no workspace":
        (program.root / "crisisctl.toml").unlink()
    if trouble == "broken log":
        behind.spoil()
    if trouble == "broken roster":
        (program.root / "roster.yaml").write_text("people: [")
    if trouble == "broken settings":
        (program.root / "crisisctl.toml").write_text("[[[")
    usual = ["data-breach"] if line.endswith("open ") and trouble not in ("no workspace", "broken settings") else []
    assert offered(program, line) == usual


def test_of_several_open_incidents_no_move_is_offered_until_one_is_named(opened: Program) -> None:
    opened.ok("open", "data-breach", "--title", "Second")
    assert offered(opened, "crisisctl advance ") == []
    assert offered(opened, "crisisctl advance -i INC-2 ") == ["activate"]
    assert offered(opened, "crisisctl advance ", CRISISCTL_INCIDENT="INC-2") == ["activate"]


def test_asking_writes_nothing(program: Program, behind: Behind) -> None:
    for line in ("crisisctl status -i ", "crisisctl advance "):
        offered(program, line)
    assert not behind.made()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_can_be_shown(program: Program, shell: str) -> None:
    told = program.process(env={"_CRISISCTL_COMPLETE": f"source_{shell}"})
    assert told.returncode == 0
    assert "_CRISISCTL_COMPLETE" in told.stdout
    assert "Traceback" not in told.stderr
