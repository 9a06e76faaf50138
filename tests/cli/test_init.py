"""`init`: lays out a workspace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

FILES = 87  # settings, roster, five playbooks with their scenarios and drills, and their seventy templates
FIVE = ["account-takeover", "data-breach", "outage", "rogue-post", "viral-complaint"]


@pytest.fixture
def empty(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is no workspace, and in which we are."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_workspace_is_laid_out_and_works_at_once(program: Program, empty: Path) -> None:
    told = program.ok("init", "room")
    assert told.out == f"{FILES} files laid out in {empty / 'room'}.\n"
    assert told.err.startswith("Next: cd room && crisisctl open outage --title")
    program.root = empty / "room"
    assert program.ok("playbook", "check", "--strict").code == 0
    assert [row["id"] for row in program.ok("playbook", "list", "--json").json["playbooks"]] == FIVE
    assert program.ok("open", "outage", "--title", "Checkout is down", "-q").out == "INC-1\n"


def test_the_advice_it_gives_can_be_typed(program: Program, empty: Path) -> None:
    told = program.ok("init", "room")
    advice = told.err.removeprefix("Next: ").split(";")[0].replace("crisisctl", f"{sys.executable} -m crisisctl")
    typed = subprocess.run(
        ["bash", "-c", advice], cwd=empty, env=program.environment(), text=True, capture_output=True, check=False
    )
    assert typed.returncode == 0, typed.stderr
    assert typed.stdout.startswith("INC-1 is open: What has happened (sev1, Service outage).")


def test_left_out_the_folder_is_the_current_one(program: Program, empty: Path) -> None:
    told = program.ok("init")
    assert told.out == f"{FILES} files laid out in {empty}.\n"
    assert told.err.startswith("Next: crisisctl open outage")
    assert (empty / "crisisctl.toml").is_file()


def test_json_lists_what_was_written(program: Program, empty: Path) -> None:
    told = program.ok("init", "--json").json
    assert told["workspace"] == str(empty)
    assert len(told["written"]) == FILES
    assert all(Path(path).is_file() for path in told["written"])


def test_nothing_that_is_there_is_changed(program: Program, empty: Path) -> None:
    program.ok("init")
    (empty / "roster.yaml").write_text("people: {dana: {}}")
    (empty / "playbooks" / "outage.yaml").write_text("mine")
    (empty / "templates" / "holding" / "outage.md.j2").unlink()
    told = program.ok("init")
    assert told.out == f"1 file laid out in {empty}.\n"
    assert (empty / "roster.yaml").read_text() == "people: {dana: {}}"
    assert (empty / "playbooks" / "outage.yaml").read_text() == "mine"
    assert program.ok("init").out == f"{empty} has everything already.\n"


def test_what_may_hold_secrets_is_closed_to_others(program: Program, empty: Path) -> None:
    program.ok("init")
    assert (empty / "state").stat().st_mode & 0o777 == 0o700
    assert (empty / "roster.yaml").stat().st_mode & 0o777 == 0o600
    assert (empty / "crisisctl.toml").stat().st_mode & 0o777 == 0o600


def test_the_settings_that_it_writes_are_the_usual_ones(program: Program, empty: Path) -> None:
    program.ok("init")
    told = program.process("doctor", "--json")
    program.root = empty
    assert program.ok("doctor", "--json").json["ok"] is True
    assert told.returncode == 0


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_where_nothing_can_be_laid_out_it_says_so(program: Program, empty: Path, path: str) -> None:
    (empty / "file").write_text("in the way")
    refused = program("init", path)
    assert refused.code == 7
    assert f"{empty / path} cannot be written" in refused.err


def test_outside_of_any_workspace_every_command_says_how_to_make_one(program: Program, empty: Path) -> None:
    environment = program.environment()
    typed = subprocess.run(
        [sys.executable, "-m", "crisisctl", "status"],
        cwd=empty,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert typed.returncode == 4
    assert typed.stderr == (
        f"There is no workspace here: no crisisctl.toml in {empty} or above. To make one: crisisctl init\n"
    )


def test_a_folder_told_that_is_no_workspace_is_named(program: Program, empty: Path) -> None:
    program.root = empty
    refused = program("status")
    assert refused.code == 4
    assert refused.err == (
        f"{empty} is no workspace: it has no crisisctl.toml. To make it one: crisisctl init {empty}\n"
    )
