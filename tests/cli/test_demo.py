"""`demo`: a real crisis as a drill, through the same commands that people type. It is always played on a file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.cli.demo import read_scene, stage
from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.conftest import Program


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo has been played; its answer lies beside it."""
    root = tmp_path_factory.mktemp("played") / "demo"
    command = [sys.executable, "-m", "crisisctl", "demo", "--into", str(root)]
    told = subprocess.run(command, cwd=root.parent, text=True, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr
    (root.parent / "out").write_text(told.stdout)
    (root.parent / "err").write_text(told.stderr)
    return root


@pytest.fixture
def played(program: Program, folder: Path) -> str:
    """What the demo said; the program's workspace is where it was played."""
    program.root = folder
    return (folder.parent / "out").read_text()


def _story(program: Program, store: str = "") -> list[tuple[str, str, str, str]]:
    """What happened, without the deliveries, which depend on when a watch looked."""
    told = program.process("timeline", "-i", "INC-1", "--format", "json", env={"CRISISCTL_STORE": store})
    entries: list[Any] = json.loads(told.stdout)["entries"]
    kept = [entry for entry in entries if not entry["type"].startswith("notice.")]
    return [(entry["occurred_at"], entry["type"], entry["actor"], entry["text"]) for entry in kept]


@ON_FILE
def test_the_demo_ends_well_with_its_files_and_a_log_that_verifies(played: str, program: Program) -> None:
    assert (program.root / "timeline.html").read_text().lower().startswith("<!doctype html")
    assert (program.root / "post-mortem.md").read_text().startswith("#")
    assert program.ok("verify", "--json").json["ok"] is True
    assert f"Timeline for the browser: {program.root / 'timeline.html'}" in played
    assert "The log verifies: " in played
    hint = (program.root.parent / "err").read_text()
    assert hint.startswith("Next: cd ")
    assert hint.endswith("demo && crisisctl status -i INC-1\n")


@ON_FILE
def test_the_first_statement_is_out_98_seconds_after_the_loss_was_confirmed(played: str) -> None:
    assert "Time to first statement: 98 s after the loss was confirmed" in played


@ON_FILE
def test_every_line_typed_is_shown_with_its_moment_its_person_and_its_answer(played: str) -> None:
    typed = re.findall(r"^(\S+ \S+)  (\w+)\$ crisisctl (.+)\n    (.+)$", played, re.MULTILINE)
    scene = read_scene()
    assert typed[0][1] == scene.steps[0].person
    assert len(typed) == len(scene.steps)
    assert all("INC-1" in answer for _, _, _, answer in typed)
    assert [moment for moment, *_ in typed] == sorted(moment for moment, *_ in typed)


@ON_FILE
def test_what_it_says_is_a_drill_from_beginning_to_end(played: str, program: Program) -> None:
    told = program.ok("status", "-i", "INC-1", "--json").json
    assert (told["drill"], told["open"]) == (True, False)
    assert not (program.root / "state" / "outgoing").exists()
    words = [path.read_text() for path in (program.root / "state" / "exercise").rglob("*.txt")]
    assert words
    assert all(text.startswith("EXERCISE EXERCISE EXERCISE\n") for text in words)


@ON_FILE
def test_json_is_one_document_with_what_scripts_ask(program: Program, tmp_path: Path) -> None:
    told = program.ok("demo", "--into", str(tmp_path / "demo"), "--json").json
    assert told["first_statement_seconds"] == 98.0
    assert told["verified"] is True
    assert told["incident"] == "INC-1"
    assert Path(told["html"]).is_file()
    assert Path(told["report"]).is_file()
    assert told["entries"] > 100


def test_the_same_script_typed_later_with_its_times_gives_the_same_story(
    played: str, program: Program, url: str | None, tmp_path: Path
) -> None:
    """With `--at`, by today's clock, with no watch and in any store: timers fire at the same instants, say the same."""
    shown = _story(program)
    scene = read_scene()
    program.root = tmp_path / "typed"
    stage(program.root, scene)
    for step in scene.steps:
        at = () if "--at" in step.arguments else ("--at", step.at.isoformat())
        program.ok("--as", step.person, *step.arguments, *at)
    typed = _story(program, url or "")
    assert typed == shown
    assert program.ok("verify", "--json").json["ok"] is True


@pytest.mark.parametrize("there", ["a file", "a folder with something in it"])
def test_nothing_of_yours_is_mixed_with_the_drill(program: Program, there: str) -> None:
    target = program.root / "crisisctl.toml" if there == "a file" else program.root
    (program.root / "roster.yaml").write_text("people: {dana: {}}")
    refused = program("demo", "--into", str(target))
    assert refused.code == 3
    assert "is not an empty folder. Name a new one" in refused.err
    assert (program.root / "roster.yaml").read_text() == "people: {dana: {}}"


def test_a_folder_that_cannot_be_made_is_told(program: Program) -> None:
    refused = program("demo", "--into", str(program.root / "crisisctl.toml" / "demo"))
    assert refused.code == 7
    assert "cannot be written: Not a directory." in refused.err


@ON_FILE
def test_the_demo_needs_no_workspace_and_makes_a_folder_of_its_own(program: Program, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    program.root = outside
    told = program.process("demo", "--json", env={"TMPDIR": str(outside)})
    assert told.returncode == 0, told.stderr
    made = list(outside.iterdir())
    assert len(made) == 1
    assert made[0].name.startswith("crisisctl-demo-")
    assert made[0].stat().st_mode & 0o777 == 0o700


def test_what_the_environment_says_of_a_real_room_does_not_touch_the_demo(
    program: Program, behind: Behind, url: str | None, tmp_path: Path
) -> None:
    real = url or "sqlite:state/crisisctl.db"
    names = {"CRISISCTL_INCIDENT": "INC-77", "CRISISCTL_STORE": real, "CRISISCTL_WORKSPACE": str(program.root)}
    told = program.process("demo", "--into", str(tmp_path / "demo"), "--json", env=names)
    assert told.returncode == 0, told.stderr
    assert not behind.made()
    assert (tmp_path / "demo" / "state" / "crisisctl.db").is_file()
