"""`verify`: is the log what it was?"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.cli.conftest import Terminal
    from tests.conftest import Program


def test_an_untouched_log_verifies(published: Program, behind: Behind) -> None:
    count = published.ok("status", "--json").json["version"]
    assert published.ok("verify").out == f"{behind.place} verifies: {count} entries of 1 incident.\n"
    told = published.ok("verify", "--json").json
    assert told == {"incidents": 1, "entries": count, "redacted": 0, "flaws": [], "ok": True}


def test_one_incident_can_be_verified_alone(published: Program) -> None:
    published.ok("open", "data-breach", "--title", "Second")
    assert published.ok("verify", "--json").json["incidents"] == 2
    assert published.ok("verify", "-i", "INC-2", "--json").json["entries"] == 3
    refused = published("verify", "-i", "INC-3")
    assert refused.code == 4
    assert "Did you mean" in refused.err


def test_an_empty_log_verifies(program: Program) -> None:
    assert program.ok("verify", "--json").json["ok"] is True


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE entry SET actor = 'lee' WHERE version = 6", "entry 6"),
        ("UPDATE entry SET occurred_at = '2020-01-01T00:00:00.000000Z' WHERE version = 6", "entry 6"),
        ("UPDATE entry SET data = replace(data, 'pause-posts', 'other-task') WHERE type = 'task.done'", "entry"),
        ("UPDATE entry SET words = replace(words, '1200', '12') WHERE type = 'fact.set'", "entry"),
        ("DELETE FROM entry WHERE version = 6", "entry 6 is missing"),
        ("DELETE FROM entry WHERE version = (SELECT max(version) FROM entry)", "head"),
        ("UPDATE head SET title = 'Nothing happened'", "head"),
        ("DELETE FROM timer", "timers"),
        ("DELETE FROM outbox", "notices"),
    ],
)
def test_what_was_changed_behind_its_back_is_found_and_named(
    published: Program, behind: Behind, statement: str, where: str
) -> None:
    behind.change(statement)
    told = published("verify")
    assert told.code == 8
    assert where in told.out
    assert "INC-1" in told.out
    assert "flaw. Keep it as it is, and restore a backup." in told.err.replace("flaws", "flaw")
    document = published("verify", "--json")
    assert (document.code, document.json["ok"]) == (8, False)
    assert any(where in flaw for flaw in document.json["flaws"])


def test_a_missing_guard_is_a_flaw(published: Program, behind: Behind) -> None:
    guard = behind.drop_a_guard()
    told = published("verify")
    assert told.code == 8
    flaw = next(line for line in told.out.splitlines() if guard in line)
    assert flaw.endswith("is not the one that crisisctl makes")


@ON_FILE
def test_a_damaged_file_is_told_without_a_traceback(published: Program) -> None:
    path = published.root / "state" / "crisisctl.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)
    told = published("verify")
    assert told.code in (7, 8)
    assert "bug" not in told.err
    assert str(path) in told.err


def test_on_a_terminal_the_progress_is_wiped_before_the_answer(
    opened: Program, behind: Behind, terminal: Terminal
) -> None:
    shown = terminal("verify")
    assert shown.code == 0
    assert shown.text.split("\r\x1b[K")[-1].startswith(f"{behind.place} verifies: ")
    assert "INC-1" not in opened.process("verify").stderr, "in a pipe there is no progress"


def test_what_is_derived_can_be_written_anew(published: Program, behind: Behind) -> None:
    before = published.ok("timers", "--json").out
    behind.change("DELETE FROM timer")
    assert published("verify").code == 8
    told = published.ok("verify", "--rebuild")
    assert told.err == "Heads, snapshots, timers and unsent notices of 1 incident are written anew.\n"
    assert "verifies" in told.out
    assert published.ok("timers", "--json").out == before
    assert published.ok("verify", "--rebuild", "--json").json["ok"] is True


def test_what_is_derived_is_not_written_anew_from_a_log_that_is_not_whole(published: Program, behind: Behind) -> None:
    behind.change("DELETE FROM entry WHERE version = (SELECT max(version) FROM entry)")
    told = published("verify", "--rebuild")
    assert (told.code, told.out) == (8, "")
    assert "INC-1: its head knows of" in told.err
    assert "Nothing was rebuilt" in told.err


def test_one_incident_alone_is_not_written_anew(published: Program) -> None:
    assert published("verify", "--rebuild", "-i", "INC-1").code == 2
