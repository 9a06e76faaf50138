"""What comes with the program, and the laying out of a workspace."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.library import ROSTER, SETTINGS, lay_out, sources
from crisisctl.adapters.roster import Roster
from crisisctl.adapters.workspace import FILE, read
from crisisctl.domain.errors import StoreFailed


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "room"


def test_the_sources_are_there() -> None:
    assert sorted((sources() / "playbooks").glob("*.yaml"))
    assert sorted((sources() / "templates").rglob("*.j2"))


def test_a_workspace_gets_everything_that_it_needs(room: Path) -> None:
    written = lay_out(room)
    there = sorted(path for path in room.rglob("*") if path.is_file())
    assert sorted(written) == there
    names = {str(path.relative_to(room)) for path in there}
    for folder in ("playbooks", "templates"):
        for source in (sources() / folder).rglob("*.*"):
            if source.suffix in (".yaml", ".j2"):
                assert str(source.relative_to(sources())) in names
    assert {FILE, "roster.yaml"} <= names
    assert (room / "state").is_dir()


def test_every_copy_is_the_same_to_the_byte(room: Path) -> None:
    for path in lay_out(room):
        source = sources() / path.relative_to(room)
        if path.suffix in (".yaml", ".j2") and path.name != "roster.yaml":
            assert path.read_bytes() == source.read_bytes()


def test_every_playbook_laid_out_can_be_used(room: Path) -> None:
    lay_out(room)
    for path in sorted((room / "playbooks").glob("*.yaml")):
        found = yaml.read(path, room / "templates")
        assert found.document
        assert [finding for finding in found.findings if finding.level == "error"] == []


def test_nobody_else_can_read_what_may_hold_secrets(room: Path) -> None:
    before = os.umask(0o022)
    lay_out(room)
    os.umask(before)
    modes = {name: stat.S_IMODE((room / name).stat().st_mode) for name in (FILE, "roster.yaml", "state")}
    assert modes == {FILE: 0o600, "roster.yaml": 0o600, "state": 0o700}


def test_what_is_there_stays_as_it_is(room: Path) -> None:
    (room / "playbooks").mkdir(parents=True)
    (room / FILE).write_text('organisation = "Example Cloud"\n')
    (room / "playbooks" / "outage.yaml").write_text("mine")
    written = lay_out(room)
    assert room / FILE not in written
    assert (room / FILE).read_text() == 'organisation = "Example Cloud"\n'
    assert (room / "playbooks" / "outage.yaml").read_text() == "mine"


def test_laying_out_twice_writes_nothing(room: Path) -> None:
    lay_out(room)
    before = {path: path.stat().st_mtime_ns for path in room.rglob("*")}
    assert lay_out(room) == []
    assert {path: path.stat().st_mtime_ns for path in room.rglob("*")} == before


def test_what_was_deleted_comes_back(room: Path) -> None:
    lay_out(room)
    (room / "playbooks" / "outage.yaml").unlink()
    assert lay_out(room) == [room / "playbooks" / "outage.yaml"]


def test_the_settings_laid_out_can_be_read_and_say_what_is_usual(room: Path) -> None:
    lay_out(room)
    settings = read(room, {})
    assert (settings.identity, settings.actor, settings.store) == ("open", None, "sqlite:state/crisisctl.db")
    assert settings.playbooks.is_dir()
    assert settings.templates.is_dir()


def test_the_settings_that_are_only_hinted_at_can_be_said(room: Path) -> None:
    lay_out(room)
    (room / FILE).write_text(re.sub(r"^# (?=\w+ = )", "", SETTINGS, flags=re.MULTILINE))
    assert read(room, {}).actor == "dana"


def test_the_roster_laid_out_lists_nobody(room: Path, tmp_path: Path) -> None:
    lay_out(room)
    assert Roster(room / "roster.yaml", tmp_path / "kept.json", ()).people == {}


def test_the_roster_that_is_hinted_at_can_be_used(tmp_path: Path) -> None:
    text = ROSTER.replace("people: {}", "people:")
    shown = re.sub(r"^#(?=  )", "", text, flags=re.MULTILINE)
    (tmp_path / "roster.yaml").write_text(shown)
    roster = Roster(tmp_path / "roster.yaml", tmp_path / "kept.json", ())
    assert roster.people["dana"][1:5] == ("Dana Ruiz", "dana", ("comms-lead",), 2)


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match=r"file.* cannot be written: "):
        lay_out(tmp_path / "file" / "room")
    with pytest.raises(StoreFailed, match=r"file cannot be written: "):
        lay_out(tmp_path / "file")
