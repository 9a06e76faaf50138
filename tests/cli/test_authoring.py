"""`playbook schema` and `playbook new`, and the hooks for teams that keep their plans in git."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters.yaml import load
from crisisctl.domain.playbook import build

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import Program

ROOT = Path(__file__).parents[2]
WORDS = ("staff", "holding", "update", "resolution", "minimal")


@pytest.fixture
def written(program: Program) -> Callable[..., Any]:
    """Writes a playbook without a terminal and hands back its document, which the checker finds nothing in."""

    def write(name: str, *options: str) -> Any:
        program.ok("playbook", "new", name, *options)
        assert program.ok("playbook", "check", name, "--strict", "--json").json["findings"] == []
        return load(program.root / "playbooks" / f"{name}.yaml").document

    return write


def files(program: Program) -> set[str]:
    return {str(path.relative_to(program.root)) for path in program.root.rglob("*") if path.is_file()}


def test_the_schema_is_printed_as_it_is_shipped(program: Program) -> None:
    shipped = (ROOT / "crisisctl" / "data" / "playbook.schema.json").read_text()
    assert program.ok("playbook", "schema").out == shipped
    assert program.ok("playbook", "schema", "--json").json == json.loads(shipped)


def test_without_a_terminal_the_usual_is_taken(written: Callable[..., Any]) -> None:
    document = written("phishing")
    assert document["title"] == "Phishing"
    assert document["severities"] == ["sev1", "sev2", "sev3"]
    assert [*document["roles"]] == ["comms-lead", "deputy-comms", "incident-commander", "legal"]
    assert document["roles"]["comms-lead"]["deputy"] == "deputy-comms"
    holding = document["statements"]["holding"]
    assert (holding["due"], holding["update_every"], holding["languages"]) == ("60m", "60m", ["en"])
    assert holding["approvals"] == ["comms-lead", "incident-commander"]
    assert "clocks" not in document


def test_the_options_say_what_the_answers_would(written: Callable[..., Any]) -> None:
    document = written(
        "leak",
        *(
            "--title",
            'A "leak": #1, 50% @ us',
            "--severity",
            "bad,worse",
            "--role",
            "lead",
            "--role",
            "law, deputy-law",
        ),
        *("--approver", "law", "--due", "20m", "--every", "30m", "--language", "de,en", "--clock", "GDPR Art 33"),
    )
    assert document["title"] == 'A "leak": #1, 50% @ us'
    assert document["severities"] == ["bad", "worse"]
    assert [*document["roles"]] == ["lead", "law", "deputy-law"]
    assert document["roles"]["law"] == {"title": "Law", "required": True, "deputy": "deputy-law"}
    holding = document["statements"]["holding"]
    assert (holding["due"], holding["update_every"], holding["approvals"]) == ("20m", "30m", ["law"])
    assert holding["languages"] == ["de", "en"]
    assert document["clocks"] == ["gdpr.art33"]
    assert document["facts"]["aware_at"]["type"] == "datetime"
    assert [step["after"] for step in document["escalations"]["silence"]["steps"]] == ["10m", "15m", "20m"]


SHAPES = [
    *product(
        (["a", "b"], ["lead", "deputy-lead"], ["null", "1", "true", "0x1f"], ["a", "b", "c", "d", "e", "f"]),
        (["en"], ["de"], ["en", "de"], ["de", "en"]),
        ([], ["nis2.notification", "dora.initial", "sec.8k-1.05"]),
    )
]


@pytest.mark.parametrize(("roles", "languages", "clocks"), SHAPES)
def test_whatever_the_answers_it_is_a_sound_playbook(
    written: Callable[..., Any], roles: list[str], languages: list[str], clocks: list[str]
) -> None:
    options = [["--role", ",".join(roles)], ["--language", ",".join(languages)], ["--clock", ",".join(clocks)]]
    book = build(written("7", *(word for pair in options if pair[1] for word in pair)))
    assert [*book.roles] == roles
    assert [*book.clocks] == clocks
    assert {role for step in book.escalations["first-response"].steps for role in step.notify} == set(roles)


def test_the_first_language_is_that_of_the_template_itself(program: Program, written: Callable[..., Any]) -> None:
    written("leck", "--language", "de,en")
    folder = program.root / "templates" / "holding"
    assert "Was wir wissen:" in (folder / "leck.md.j2").read_text()
    assert "What we know:" in (folder / "leck.en.md.j2").read_text()
    assert not (folder / "leck.de.md.j2").exists()


def test_the_words_can_be_drafted_and_the_lint_finds_nothing_in_them(
    program: Program, written: Callable[..., Any]
) -> None:
    written("leak", "--language", "en,de")
    program.ok("open", "leak", "--title", "Keys on a forum", "--assign", "incident-commander=ivy", "-q")
    facts = {
        "affected": "The customer portal",
        "impact": "nobody can sign in",
        "impact_de": "niemand kann sich anmelden",
        "settled_at": "2026-03-28T22:30:00Z",
    }
    for name, value in facts.items():
        program.ok("fact", "set", name, value)
    for statement in ("staff-line", "holding", "update", "resolution"):
        program.ok("statement", "draft", statement, who="kim")
        program.ok("statement", "submit", statement, who="kim")
        assert program.ok("statement", "lint", statement, "--json").json["findings"] == [], statement
    program.ok("statement", "draft", "holding", "--minimal", who="kim")


def test_an_incident_of_it_walks_from_the_opening_to_the_end(program: Program, written: Callable[..., Any]) -> None:
    written("leak")
    program.ok("open", "leak", "--title", "Keys on a forum", "-q")
    program.ok("task", "done", "pause-posts")
    program.ok("advance", "activate", "--because", "seen it")
    moves = {move["trigger"] for move in program.ok("status", "--json").json["moves"]}
    assert {"announce", "settle", "resolve", "stand-down", "mark-overdue"} <= moves


def test_nothing_that_is_there_is_overwritten(program: Program, written: Callable[..., Any]) -> None:
    written("leak")
    (program.root / "playbooks" / "leak.yaml").unlink()
    (program.root / "templates" / "holding" / "leak.md.j2").write_text("mine")
    before = files(program)
    told = program("playbook", "new", "leak")
    assert told.code == 3
    assert "is there already, and nothing was written" in told.err
    assert files(program) == before
    assert (program.root / "templates" / "holding" / "leak.md.j2").read_text() == "mine"


REFUSED = {
    "no name": ([], "Say what to call it"),
    "a path": (["../x"], "cannot name a playbook"),
    "a control": (["x\x1b[31m"], "cannot name a playbook"),
    "one role": (["x", "--role", "lead"], "Name two or more"),
    "a role twice": (["x", "--role", "a,b,a"], "none twice"),
    "a stranger approves": (["x", "--role", "a,b", "--approver", "c"], "c approves and is none of the roles"),
    "no duration": (["x", "--due", "soon"], "not a duration"),
    "too soon": (["x", "--due", "1m"], "too short"),
    "another language": (["x", "--language", "fr"], "only in en and de"),
    "no severity": (["x", "--severity", ","], "Name at least one"),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED)
def test_an_answer_that_makes_no_playbook_is_refused_and_nothing_written(
    program: Program, arguments: list[str], sentence: str
) -> None:
    before = files(program)
    told = program("playbook", "new", *arguments)
    assert told.code == 2
    assert sentence in told.err
    assert files(program) == before


def test_an_unknown_clock_is_told_with_the_nearest(program: Program) -> None:
    told = program("playbook", "new", "x", "--clock", "gdpr.art34x")
    assert told.code == 4
    assert "gdpr" in told.err


def test_on_a_terminal_it_asks_and_says_the_next_step(program: Program, terminal: Terminal) -> None:
    typed = [
        ("What to call it", "phishing\n"),
        ("What people see", "Phishing in our name\n"),
        ("Severities", "\n"),
        ("Roles;", "lead, law\n"),
        ("approve every word", "\n"),
        ("due after", "30m\n"),
        ("update each", "\n"),
        ("Languages", "en, de\n"),
        ("Deadlines", "gdpr.art33\n"),
    ]
    shown = terminal("playbook", "new", typed=typed)
    assert shown.code == 0, shown.plain
    assert "[lead, law]" in shown.plain
    assert "crisisctl playbook check phishing --strict" in shown.plain
    document: Any = load(program.root / "playbooks" / "phishing.yaml").document
    assert (document["title"], document["statements"]["holding"]["due"]) == ("Phishing in our name", "30m")
    assert document["clocks"] == ["gdpr.art33"]
    assert program("playbook", "check", "--strict", "phishing").code == 0


def test_an_editor_finds_the_schema_beside_the_playbook(program: Program, written: Callable[..., Any]) -> None:
    written("leak")
    first = (program.root / "playbooks" / "leak.yaml").read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    assert (program.root / "playbooks" / named[1]).read_text() == program.ok("playbook", "schema").out
    assert program.ok("playbook", "list").out.count("leak") == 1


def test_the_hooks_for_git_run(tmp_path: Path) -> None:
    hooks: Any = load(ROOT / ".pre-commit-hooks.yaml").document
    assert [hook["id"] for hook in hooks] == ["playbook-check", "playbook-test"]
    for hook in hooks:
        assert {"id", "name", "description", "entry", "language", "files", "pass_filenames"} == set(hook)
        assert re.search(hook["files"], "playbooks/outage.yaml")
        assert not re.search(hook["files"], "docs/outage.yaml")
        word, *arguments = shlex.split(hook["entry"])
        assert word == "crisisctl"
        command = [sys.executable, "-m", word, *arguments]
        known = subprocess.run([*command[:5], "--help"], cwd=ROOT, capture_output=True, check=False)
        if known.returncode == 0:
            ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stdout + ran.stderr
