"""The story for machines: JSON, JSON Lines and CSV, read again with the standard library."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.adapters import exports
from crisisctl.adapters.exports.records import COLUMNS, harmless
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Usage
from crisisctl.domain.times import instant
from crisisctl.service import story as stories
from crisisctl.service.desk import Asked
from crisisctl.service.story import Story

KEYS = ["version", "occurred_at", "recorded_at", "actor", "role", "via", "type", "text", "data", "digest"]
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TEXT = "We have found that records were copied. We are sorry."
FORMULAS = [
    '=HYPERLINK("http://x")',
    "+1-800-5550100",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "  =1",
    "\r=1",
    "\n=1",
    "\u00a0=1",
    "\uff1dcmd|' /C calc'!A0",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
]  # fmt: skip
HARMLESS = ["1 = 1", "a@b.example", "2026-03-28", "'=1", "", "plain", "(=1)", 7]


def _read(room: Any) -> Story:
    with room.store.reading() as log:
        return stories.story(room.desk, log, "INC-1")


@pytest.fixture
def story(room: Any) -> Story:
    """Opened, answered, noted late, published to everybody."""
    room.open()
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    room.clock.tick(minutes=42)
    room.ask(ask.AddNote("a reporter called"), "kim", at=room.clock.time - timedelta(minutes=30))
    room.ask(ask.Draft("holding", TEXT), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", text_digest(TEXT)), "kim")
    return _read(room)


def _json(story: Story) -> Any:
    return json.loads(exports.timeline(story, "json"))


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def _entries_of(story: Story, type_: str) -> list[Any]:
    return [entry for entry in _json(story)["entries"] if entry["type"] == type_]


def test_json_says_which_incident_it_is(story: Story) -> None:
    document = _json(story)
    assert list(document) == ["incident", "title", "playbook", "severity", "drill", "entries", "measures", "withheld"]
    assert document["incident"] == "INC-1"
    assert document["title"] == "Records on a forum"
    assert document["playbook"] == {"id": "data-breach", "version": 3, "digest": story.incident.playbook_digest}
    assert (document["severity"], document["drill"]) == ("sev1", False)


def test_every_entry_has_the_same_keys_and_a_late_one_one_more(story: Story) -> None:
    for entry in _json(story)["entries"]:
        assert [key for key in entry if key != "late_seconds"] == KEYS
    assert _entries_of(story, "note.added")[0]["late_seconds"] == 1800
    assert "late_seconds" not in _entries_of(story, "statement.published")[0]


def test_entries_come_in_the_order_in_which_they_happened(story: Story) -> None:
    entries = _json(story)["entries"]
    assert [entry["occurred_at"] for entry in entries] == sorted(entry["occurred_at"] for entry in entries)
    assert sorted(entry["version"] for entry in entries) == list(range(1, story.incident.version + 1))


def test_times_are_in_utc_to_the_microsecond(story: Story) -> None:
    for entry in _json(story)["entries"]:
        assert STAMP.fullmatch(entry["occurred_at"])
        assert STAMP.fullmatch(entry["recorded_at"])
        assert instant(entry["recorded_at"]) >= instant(entry["occurred_at"])


def test_the_measures_have_their_instant_and_their_distance(story: Story) -> None:
    measures = _json(story)["measures"]
    assert list(measures) == ["detected", "acknowledged", "first statement", "resolved"]
    assert measures["detected"] == {"at": "2026-03-28T22:00:00.000000Z", "after_seconds": 0}
    assert measures["first statement"] == {"at": "2026-03-28T22:42:00.000000Z", "after_seconds": 2520}
    assert measures["resolved"] == {"at": None, "after_seconds": None}


def test_the_first_entry_names_its_playbook_instead_of_holding_it(story: Story) -> None:
    (opened,) = _entries_of(story, "incident.opened")
    digest = story.incident.playbook_digest
    assert opened["data"]["playbook"] == {"id": "data-breach", "version": 3, "digest": digest}
    assert opened["data"]["templates"] == ["holding/data-breach.md.j2"]
    assert opened["data"]["severity"] == "sev1"


def test_the_data_of_every_other_entry_is_as_the_log_holds_it(story: Story) -> None:
    logged = {entry.version: json.loads(json.dumps(entry.data)) for entry in story.entries[1:]}
    assert {entry["version"]: entry["data"] for entry in _json(story)["entries"] if entry["version"] > 1} == logged


def test_the_digests_are_those_of_the_log(story: Story) -> None:
    logged = {entry.version: entry.digest for entry in story.entries}
    assert {entry["version"]: entry["digest"] for entry in _json(story)["entries"]} == logged
    assert {int(row["seq"]): row["digest"] for row in _rows(exports.timeline(story, "csv"))} == logged


def test_a_line_of_jsonl_is_an_entry_and_its_incident(story: Story) -> None:
    lines = [json.loads(line) for line in exports.timeline(story, "jsonl").splitlines()]
    assert {line.pop("incident") for line in lines} == {"INC-1"}
    assert lines == _json(story)["entries"]


def test_csv_has_its_columns_and_a_row_an_entry(story: Story) -> None:
    text = exports.timeline(story, "csv")
    assert text.split("\r\n")[0] == ",".join(f'"{name}"' for name in COLUMNS)
    rows = _rows(text)
    assert len(rows) == story.incident.version
    assert tuple(rows[0]) == COLUMNS


def test_csv_lines_end_as_the_standard_says(story: Story) -> None:
    text = exports.timeline(story, "csv")
    assert text.count("\r\n") == text.count("\n") == story.incident.version + 1
    assert text.endswith("\r\n")


def test_csv_tells_the_same_as_json(story: Story) -> None:
    for row, entry in zip(_rows(exports.timeline(story, "csv")), _json(story)["entries"], strict=True):
        assert int(row["seq"]) == entry["version"]
        assert (row["at_utc"], row["recorded_at_utc"]) == (entry["occurred_at"], entry["recorded_at"])
        assert row["late_seconds"] == str(entry.get("late_seconds", ""))
        assert (row["type"], row["actor"], row["role"]) == (entry["type"], entry["actor"], entry["role"] or "")
        assert (row["via"], row["text"], row["digest"]) == (entry["via"], entry["text"], entry["digest"])


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_cell_that_could_be_a_formula_begins_with_an_apostrophe(formula: str) -> None:
    assert harmless(formula) == f"'{formula}"


@pytest.mark.parametrize("cell", HARMLESS)
def test_every_other_cell_is_left_alone(cell: str | int) -> None:
    assert harmless(cell) == cell


@given(st.text())
def test_no_text_becomes_a_formula(text: str) -> None:
    cell = harmless(text)
    assert isinstance(cell, str)
    assert cell.strip()[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20")
    assert cell.removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://x")', "+1-800-5550100", "@SUM(A1)", "\uff1dcmd"])
def test_a_note_that_is_a_formula_is_neutral_unless_raw_is_asked_for(room: Any, formula: str) -> None:
    room.open()
    room.ask(ask.AddNote(formula))
    story = _read(room)
    assert _rows(exports.timeline(story, "csv"))[-1]["text"] == f"'{formula}"
    assert _rows(exports.timeline(story, "csv", raw=True))[-1]["text"] == formula


def test_a_text_with_quotes_commas_and_line_breaks_comes_back_whole(room: Any) -> None:
    note = 'She said "off the record", then:\n\n- when?\n- how many?\n,;\t|'
    room.open()
    room.ask(ask.AddNote(note))
    story = _read(room)
    assert _rows(exports.timeline(story, "csv"))[-1]["text"] == note
    assert _json(story)["entries"][-1]["text"] == note


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_is_ascii_alone(room: Any, form: str) -> None:
    room.open(title="データ流出 تسريب 🔥")
    text = exports.timeline(_read(room), form)
    assert text.isascii()
    assert all(character == "\n" or " " <= character <= "~" for character in text)
    first = json.loads(text.splitlines()[0]) if form == "jsonl" else json.loads(text)["entries"][0]
    assert first["text"].startswith("データ流出 تسريب 🔥 opened")


def test_what_a_terminal_would_obey_is_written_out(room: Any) -> None:
    room.open()
    (last,) = _read(room).told[-1:]
    hostile = "\x1b]0;owned\x07 \x9b31m \u202egnp.exe \ud800 \x7f"
    told = [last._replace(text=hostile, entry=last.entry._replace(actor="da\x1bna", via="cli\r"))]
    story = _read(room)._replace(told=told)
    cells = _rows(exports.timeline(story, "csv"))[0]
    assert cells["text"] == "\\x1b]0;owned\\x07 \\x9b31m ⟨U+202E⟩gnp.exe ⟨U+D800⟩ \\x7f"
    assert (cells["actor"], cells["via"]) == ("da\\x1bna", "cli\\x0d")
    assert _json(story)["entries"][0]["text"] == hostile


def test_an_erased_note_reads_redacted_everywhere(room: Any) -> None:
    room.open()
    room.ask(ask.AddNote("the customer is called Jane Roe"))
    version = room.look().version
    room.desk.handle("INC-1", ask.Redact(version, (), "a name"), Asked(Source("dana", "tester")))
    for form in exports.FORMS:
        text = exports.timeline(_read(room), form)
        assert "Jane Roe" not in text
        assert "(redacted)" in text
    assert "Jane Roe" not in exports.report(_read(room))


def test_the_longest_note_is_kept_whole(room: Any) -> None:
    note = "lörem ipsum " * 5_461
    room.open()
    room.ask(ask.AddNote(note))
    story = _read(room)
    assert len(note) > 65_000
    for form in exports.FORMS:
        assert note.strip() in (exports.timeline(story, form) if form[:2] != "js" else str(_json(story)))


@pytest.mark.parametrize("form", exports.FORMS)
def test_an_incident_that_was_just_opened_can_be_told(room: Any, form: str) -> None:
    room.open()
    assert "Records on a forum" in exports.timeline(_read(room), form)


@pytest.mark.parametrize("form", exports.FORMS)
def test_the_same_story_is_the_same_text(story: Story, form: str) -> None:
    assert exports.timeline(story, form) == exports.timeline(story, form)


def test_an_unknown_form_is_refused_with_those_there_are(story: Story) -> None:
    with pytest.raises(Usage, match="md, json, jsonl, csv, html"):
        exports.timeline(story, "pdf")


def test_the_machine_forms_do_not_pay_for_jinja() -> None:
    program = (
        "import sys, crisisctl.adapters.exports as e, crisisctl.adapters.exports.records; "
        "sys.exit('jinja2' in sys.modules or 'markupsafe' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
