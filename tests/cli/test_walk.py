"""The whole life of an incident, from an empty folder to a verified log, as it is typed."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

STATUS = {
    "incident", "title", "playbook", "severity", "open", "drill", "stages", "roles", "tasks", "moves", "timers",
    "facts", "statements", "version", "digest",
}  # fmt: skip
ADVANCE = {"incident", "trigger", "left", "entered", "stages", "version"}
ENTRY = {"version", "occurred_at", "recorded_at", "actor", "role", "via", "type", "text", "data", "digest"}
RESPONSE = ["response.comms.drafting", "response.legal.assessing"]


@pytest.fixture
def room(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A workspace that the program laid out itself, with the playbook of these tests and without a roster."""
    contract, root = program.root, tmp_path / "laid-out"
    program.ok("init", str(root))
    shutil.copy(contract / "playbooks" / "data-breach.yaml", root / "playbooks")
    shutil.copy(contract / "templates" / "holding" / "data-breach.md.j2", root / "templates" / "holding")
    (root / "roster.yaml").unlink()
    program.root = root
    monkeypatch.chdir(root)
    return program


def _open(room: Program) -> Any:
    line = ["open", "data-breach", "--title", "Records on a forum", "--assign", "comms-lead=dana"]
    return room.ok(*line, "--assign", "legal=lee", "--request-id", "open-1", "--json").json


def _activate(room: Program) -> Any:
    room.ok("ack")
    room.ok("task", "done", "pause-posts")
    return room.ok("advance", "activate", "--because", "confirmed by legal", "--json").json


def _speak(room: Program) -> None:
    room.ok("fact", "set", "affected_accounts", "1200", "--source", "database team")
    room.ok("statement", "draft", "holding")
    room.ok("statement", "submit", "holding")
    room.ok("statement", "approve", "holding", who="lee")
    room.ok("assign", "comms-lead", "kim")
    room.ok("statement", "approve", "holding", who="kim")
    room.ok("statement", "publish", "holding", who="kim")


def _close(room: Program) -> Any:
    room.ok("advance", "inform", who="kim")
    room.ok("advance", "notify", who="lee")
    return room.ok("advance", "close", "--json", who="kim").json


@pytest.fixture
def lived(room: Program) -> Program:
    """INC-1 has been through all of it."""
    _open(room)
    _activate(room)
    _speak(room)
    room.ok("note", "Seen on the forum", "--at", "2020-01-01T00:00:00Z", who="kim")
    line = ["decide", "Tell everyone today", "--because", "it is their data", "--option", "wait a day"]
    room.ok(*line, who="kim")
    _close(room)
    return room


def test_it_opens_at_its_first_stage_and_its_highest_severity(room: Program) -> None:
    assert _open(room) == {"incident": "INC-1", "stages": ["detected"], "severity": "sev1", "version": 4}


def test_it_moves_on_when_everything_is_there_and_not_before(room: Program) -> None:
    _open(room)
    assert room("advance", "activat", "--because", "x").code == 4
    assert room("advance", "activate").code == 3
    assert room("advance", "activate", "--because", "x").code == 3
    room.ok("task", "done", "pause-posts")
    assert room("advance", "activate", "--because", "x", who="lee").code == 3
    moved = room.ok("advance", "activate", "--because", "confirmed by legal", "--json").json
    assert set(moved) == ADVANCE
    assert (moved["left"], moved["stages"], moved["trigger"]) == (["detected"], RESPONSE, "activate")


def test_its_status_holds_what_scripts_rely_on(room: Program) -> None:
    _open(room)
    _activate(room)
    _speak(room)
    told = room.ok("status", "--json", who="kim").json
    assert set(told) >= STATUS
    assert set(told["playbook"]) == {"id", "version", "digest"}
    assert all(set(move) >= {"trigger", "to", "allowed", "missing"} for move in told["moves"])
    assert all(set(timer) >= {"kind", "due", "what"} for timer in told["timers"])
    assert told["facts"] == {"affected_accounts": {"value": "1200", "status": "confirmed", "source": "database team"}}
    assert [(one["id"], one["state"]) for one in told["statements"]] == [("holding", "published")]
    assert told["roles"] == {"comms-lead": ["kim"], "legal": ["lee"]}
    allowed = {move["trigger"]: move["allowed"] for move in told["moves"]}
    assert allowed == {"inform": True, "notify": True, "close": False}
    assert [timer["kind"] for timer in told["timers"]] == ["warning", "promise"]


def test_four_eyes_see_every_word_before_it_is_public(room: Program) -> None:
    _open(room)
    _activate(room)
    room.ok("fact", "set", "affected_accounts", "1200")
    room.ok("statement", "draft", "holding")
    room.ok("statement", "submit", "holding")
    assert room("statement", "publish", "holding").code == 3
    room.ok("statement", "approve", "holding", who="lee")
    assert room("statement", "approve", "holding").code == 3
    assert room("statement", "publish", "holding").code == 3
    assert room("advance", "inform").code == 3


def test_it_closes_with_nothing_left_running(lived: Program) -> None:
    told = lived.ok("status", "-i", "INC-1", "--json").json
    assert (told["open"], told["stages"], told["timers"], told["moves"]) == (False, ["closed"], [], [])
    assert lived("advance", "inform", "-i", "INC-1").code == 3
    watched = lived.ok("watch", "--once", "--json").json
    assert (watched["fired"], watched["sent"]) == (0, 0)


def test_its_story_is_complete_in_every_form(lived: Program) -> None:
    told = lived.ok("timeline", "-i", "INC-1", "--format", "json").json
    assert set(told) >= {"incident", "entries"}
    entries = told["entries"]
    assert all(set(entry) >= ENTRY for entry in entries)
    assert {
        "incident.opened", "role.assigned", "role.released", "stage.entered", "stage.left", "task.done", "fact.set",
        "escalation.fired", "escalation.acknowledged", "statement.drafted", "statement.submitted",
        "statement.approved", "statement.published", "note.added", "decision.logged",
    } <= {entry["type"] for entry in entries}  # fmt: skip
    assert entries[0]["text"] == "Seen on the forum", "what happened first is told first"
    assert sorted(entry["occurred_at"] for entry in entries) == [entry["occurred_at"] for entry in entries]
    count = len(entries)
    assert len(lived.ok("timeline", "-i", "INC-1", "--format", "jsonl").out.splitlines()) == count
    sheet = lived.ok("timeline", "-i", "INC-1", "--format", "csv").out
    assert len(list(csv.reader(io.StringIO(sheet, newline="")))) == count + 1
    for form in ("md", "html"):
        assert "Tell everyone today" in lived.ok("timeline", "-i", "INC-1", "--format", form).out
    assert "Tell everyone today" in lived.ok("report", "-i", "INC-1").out


def test_its_log_verifies_and_its_head_is_the_last_entry(lived: Program) -> None:
    told = lived.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    last = max(told, key=lambda entry: entry["version"])
    status = lived.ok("status", "-i", "INC-1", "--json").json
    assert (status["version"], status["digest"]) == (last["version"], last["digest"])
    verdict = lived.ok("verify", "--json").json
    assert (verdict["ok"], verdict["entries"], verdict["incidents"]) == (True, last["version"], 1)


def test_what_is_published_lies_ready_for_each_channel(lived: Program) -> None:
    folder = lived.root / "state" / "outgoing" / "INC-1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "holding.email.txt",
        "holding.status-page.txt",
    ], "on X it is too long, so it is held back there"
    assert len({path.read_bytes() for path in folder.iterdir()}) == 1


def test_every_step_typed_twice_with_its_request_id_is_done_once(room: Program) -> None:
    """As a person does whose connection broke after each line."""
    script = [
        ("dana", "open data-breach --title x --assign legal=lee"),
        ("dana", "ack"),
        ("dana", "task done pause-posts"),
        ("dana", "advance activate --because confirmed"),
        ("dana", "fact set affected_accounts 1200"),
        ("dana", "statement draft holding"),
        ("dana", "statement submit holding"),
        ("lee", "statement approve holding"),
        ("dana", "assign comms-lead kim"),
        ("kim", "statement approve holding"),
        ("kim", "statement publish holding"),
        ("kim", "statement correct holding --because typo --file new.txt"),
        ("kim", "snooze 5m --because x"),
        ("kim", "severity sev2 --because x"),
        ("kim", "note x"),
        ("kim", "decide x --because y"),
        ("kim", "fact retract affected_accounts --because x"),
        ("kim", "release legal lee"),
        ("kim", "redact 1 --because x"),
    ]
    (room.root / "new.txt").write_text("A better text.")
    for number, (who, line) in enumerate(script):
        words = line.split()
        if words[0] == "snooze":
            assert room(*words, "--request-id", f"r{number}", who=who).code == 3  # nothing runs in this stage
            continue
        first = room.ok(*words, "--request-id", f"r{number}", "--json", who=who).json
        again = room.ok(*words, "--request-id", f"r{number}", "--json", who=who).json
        assert again == first | {"repeated": True}, line
        assert "lready done" in room.ok(*words, "--request-id", f"r{number}", who=who).out, line
    assert room.ok("verify", "--json").json["ok"] is True


WRITES = [
    "advance notify", "assign deputy-comms ana", "release legal lee", "fact set affected_accounts 1",
    "fact retract affected_accounts --because x", "statement draft holding --file new.txt", "severity sev2 --because x",
    "note x", "decide x --because y", "redact 1 --because x",
]  # fmt: skip


@pytest.mark.parametrize("line", WRITES)
def test_who_expects_another_version_writes_nothing(room: Program, line: str) -> None:
    (room.root / "new.txt").write_text("Words.")
    _open(room)
    _activate(room)
    room.ok("fact", "set", "affected_accounts", "1200")
    before = room.ok("status", "--json").json["version"]
    refused = room(*line.split(), "--expect-version", str(before - 1))
    assert (refused.code, refused.out) == (5, "")
    assert refused.err.startswith(f"INC-1 is at version {before}, not {before - 1}, and stands at ")
    assert room.ok("status", "--json").json["version"] == before
    room.ok(*line.split(), "--expect-version", str(before))
    assert room.ok("status", "--json").json["version"] > before


def test_json_is_one_document_and_nothing_else_for_every_command_that_looks(lived: Program) -> None:
    lines = [
        "status -i INC-1", "list --all", "timers -i INC-1", "search forum", "task list -i INC-1",
        "fact list -i INC-1", "statement list -i INC-1", "statement show holding -i INC-1", "timeline -i INC-1",
        "report -i INC-1", "verify", "watch --once", "playbook list", "playbook check data-breach",
        "playbook show data-breach", "doctor", "init .",
    ]  # fmt: skip
    for line in lines:
        told = lived(*line.split(), "--json")
        assert told.code == 0, line
        assert isinstance(json.loads(told.out), dict), line
        assert told.out.isascii(), line


def test_the_playbook_it_runs_on_is_the_one_of_the_contract_s_file(room: Program) -> None:
    findings = room.ok("playbook", "check", "data-breach", "--json").json["findings"]
    assert [finding for finding in findings if finding["level"] == "error"] == []
