"""`note`, `decide`, `severity`, `reopen`, `redact`: the log in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program


def _last(program: Program) -> Any:
    entries = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    return max(entries, key=lambda entry: entry["version"])


def _close(program: Program) -> Program:
    for trigger in ("inform", "notify", "close"):
        program.ok("advance", trigger)
    return program


def test_a_note_is_written_down_as_it_is(opened: Program) -> None:
    assert opened.ok("note", "The vendor confirms").out == "INC-1 version 6: The vendor confirms.\n"
    note = _last(opened)
    assert (note["type"], note["text"], note["actor"]) == ("note.added", "The vendor confirms", "dana")
    assert (note["role"], note["via"]) == ("comms-lead", "cli")


def test_a_note_has_the_time_at_which_it_happened_and_is_marked_late(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("note", "Seen first", "--at", "2026-03-28T20:00:00Z", clock=clock)
    note = _last(program)
    assert (note["occurred_at"], note["late_seconds"]) == ("2026-03-28T20:00:00.000000Z", 7200)
    shown = program.ok("timeline").out
    assert "| 2026-03-28 20:00:00 | dana (comms-lead) | Seen first *(recorded 2h later)* |" in shown
    assert shown.index("Seen first") < shown.index("opened as sev1"), "a timeline is told by when things happened"


def test_a_note_from_standard_input_keeps_its_lines(opened: Program) -> None:
    told = opened.process("note", "-", input="first line\r\nsecond line ✓\n\n")
    assert (told.returncode, told.stdout) == (0, "INC-1 version 6: first line\nsecond line ✓.\n")
    assert _last(opened)["text"] == "first line\nsecond line ✓"


def test_an_empty_standard_input_is_refused(opened: Program) -> None:
    told = opened.process("note", "-", input="")
    assert (told.returncode, told.stderr) == (3, "The note is empty.\n")


def test_an_endless_standard_input_is_read_to_its_bound_and_refused(opened: Program) -> None:
    with Path("/dev/zero").open("rb") as endless:
        told = opened.process("note", "-", stdin=endless, timeout=60)
    assert told.returncode == 3
    assert "The note has" in told.stderr


def test_standard_input_that_is_no_text_is_refused_without_a_traceback(opened: Program) -> None:
    (opened.root / "blob").write_bytes(b"\xff\xfe\x80abc")
    with (opened.root / "blob").open("rb") as blob:
        told = opened.process("note", "-", stdin=blob)
    assert told.returncode in (2, 3)
    assert "bug" not in told.stderr


def test_the_longest_note_is_kept_and_a_longer_one_refused(opened: Program) -> None:
    opened.ok("note", "x" * 65_536)
    assert opened.ok("verify").code == 0
    refused = opened("note", "x" * 65_537)
    assert refused.code == 3
    assert refused.err == "The note has 65,537 characters; at most 65,536 are kept. Shorten it.\n"


def test_a_closed_incident_still_takes_notes_and_decisions(published: Program) -> None:
    _close(published)
    published.ok("note", "The press called again", "-i", "INC-1")
    published.ok("decide", "No comment", "--because", "all is said", "-i", "INC-1")


def test_a_decision_holds_its_reason_its_options_and_who_disagreed(opened: Program) -> None:
    line = ["decide", "Tell everyone today", "--because", "it is their data"]
    told = opened.ok(*line, "--option", "wait a day", "--option", "say nothing", "--dissent", "lee: too early")
    assert told.out == (
        "INC-1 version 6: Decided: Tell everyone today, because it is their data."
        " Options: wait a day; say nothing. Dissent: lee: too early.\n"
    )
    decided = _last(opened)
    assert decided["type"] == "decision.logged"
    assert decided["data"] == {"options": 2, "dissent": 1}, "what people said is in the words, not in the sealed data"


def test_a_severity_is_changed_for_a_reason(opened: Program) -> None:
    told = opened.ok("severity", "sev2", "--because", "only test data")
    assert "Severity sev1 to sev2, because only test data." in told.out
    assert opened.ok("status", "--json").json["severity"] == "sev2"
    assert opened("severity", "sev2", "--because", "x").err == "INC-1 is sev2 already.\n"


def test_a_closed_incident_is_reopened_where_it_stood(published: Program) -> None:
    stood = published.ok("status", "--json").json["stages"]
    published.ok("advance", "inform")
    published.ok("advance", "notify")
    stood = published.ok("status", "--json").json["stages"]
    published.ok("advance", "close")
    told = published.ok("reopen", "-i", "INC-1", "--because", "the records are back on the forum")
    assert "Reopened at response.comms.informed + response.legal.notified, because the records" in told.out
    assert told.err == "Next: crisisctl status\n"
    again = published.ok("status", "--json").json
    assert (again["stages"], again["open"], again["closed_at"]) == (stood, True, None)
    published.ok("advance", "close")


def test_an_open_incident_is_not_reopened(opened: Program) -> None:
    refused = opened("reopen", "--because", "x")
    assert (refused.code, refused.err) == (3, "INC-1 is open already.\n")


def test_without_a_name_there_is_nothing_to_reopen(published: Program) -> None:
    refused = _close(published)("reopen", "--because", "x")
    assert refused.code == 4
    assert "or name a closed one, such as the last: -i INC-1" in refused.err


def test_a_redaction_erases_the_words_everywhere_and_the_log_goes_on_verifying(opened: Program) -> None:
    name = "Jane Roe of 12 Elm Street"
    opened.ok("note", name)
    told = opened.ok("redact", "6", "--because", "names a customer")
    assert told.out == "INC-1 version 7: Erased text of entry 6, because names a customer.\n"
    for form in ("md", "json", "jsonl", "csv", "html"):
        assert name not in opened.ok("timeline", "--format", form).out, form
    assert name not in opened.ok("report").out
    assert opened.ok("search", "Jane", "--json").json == {"hits": []}
    assert "1 redacted word" in opened.ok("verify").out
    opened.ok("verify", "-i", "INC-1")
    assert "(redacted)" in opened.ok("timeline").out


def test_one_field_of_several_can_be_erased(opened: Program) -> None:
    opened.ok("decide", "Tell all", "--because", "Jane Roe asked", "--option", "wait")
    opened.ok("redact", "6", "--field", "because", "--because", "names a customer")
    text = next(
        entry["text"]
        for entry in opened.ok("timeline", "--format", "json").json["entries"]
        if entry["type"] == "decision.logged"
    )
    assert text.startswith("Decided: Tell all, because (redacted)")
    opened.ok("verify")


def test_a_title_can_be_erased_and_every_view_goes_on(opened: Program) -> None:
    opened.ok("redact", "1", "--field", "title", "--because", "names a customer")
    for line in (["status"], ["list"], ["timeline"], ["report"], ["timers"], ["verify"], ["list", "--json"]):
        assert "Records on a forum" not in opened.ok(*line).out


def test_an_erased_fact_or_text_does_not_break_what_comes_after(responding: Program) -> None:
    responding.ok("statement", "draft", "holding", who="kim")
    entries = responding.ok("timeline", "--format", "json").json["entries"]
    versions = {entry["type"]: str(entry["version"]) for entry in entries}
    responding.ok("redact", versions["fact.set"], "--because", "x")
    responding.ok("redact", versions["statement.drafted"], "--because", "x")
    assert "affected_accounts = (redacted)" in responding.ok("status").out
    refused = responding("statement", "show", "holding")
    assert refused.code == 3
    assert "was erased by a redaction. Draft it again." in refused.err
    assert responding.ok("verify").code == 0


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["note"], 2, "Missing argument 'TEXT'."),
        (["note", ""], 3, "The note is empty."),
        (["note", "x", "--at", "2099-01-01T00:00:00Z"], 3, "is in the future; the log holds what has happened."),
        (["note", "x", "--at", "tomorrow"], 3, "'tomorrow' is not a time. Write it as 2026-11-22T15:00:00Z"),
        (["note", "x", "--expect-version", "1"], 5, "INC-1 is at version 4, not 1, and stands at detected."),
        (["note", "x", "--expect-version", "one"], 2, "'one' is not a valid int"),
        (["decide", "x"], 2, "Missing option '--because'."),
        (["decide", "x", "--because", ""], 3, "The reason is empty."),
        (["decide", "", "--because", "x"], 3, "The decision is empty."),
        (["decide", "x", "--because", "x", "--option", ""], 3, "The option is empty."),
        (["severity", "sev9", "--because", "x"], 4, "There is no severity 'sev9'. Did you mean"),
        (["severity", "sev2"], 2, "Missing option '--because'."),
        (["redact", "99", "--because", "x"], 4, "INC-1 has no entry 99; its entries are 1 to 4."),
        (["redact", "0", "--because", "x"], 4, "INC-1 has no entry 0; its entries are 1 to 4."),
        (["redact", "4", "--because", "x"], 3, "Entry 4 of INC-1 holds no words that could be erased."),
        (["redact", "1", "--field", "titel", "--because", "x"], 4, "Did you mean title?"),
        (["redact", "1", "--because", ""], 3, "The reason is empty."),
        (["redact", "1"], 2, "Missing option '--because'."),
        (["redact", "one", "--because", "x"], 2, "'one' is not a valid int"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_writes_nothing(
    opened: Program, version: Callable[[], int], line: list[str], code: int, sentence: str
) -> None:
    before = version()
    refused = opened(*line)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err
    assert version() == before


def test_what_was_erased_cannot_be_erased_again(opened: Program) -> None:
    opened.ok("note", "x")
    opened.ok("redact", "6", "--because", "x")
    refused = opened("redact", "6", "--because", "x")
    assert (refused.code, refused.err) == (3, "Entry 6 of INC-1 holds no words that could be erased.\n")


@pytest.mark.parametrize(
    "line",
    [
        ["note", "x"],
        ["decide", "x", "--because", "y"],
        ["severity", "sev2", "--because", "y"],
        ["redact", "1", "--because", "y"],
    ],
)
def test_a_repeat_of_the_same_request_does_nothing(
    opened: Program, version: Callable[[], int], line: list[str]
) -> None:
    first = opened.ok(*line, "--request-id", "r1", "--json").json
    after = version()
    assert opened.ok(*line, "--request-id", "r1", "--json").json == first | {"repeated": True}
    assert opened.ok(*line, "--request-id", "r1").out.startswith("Already done: INC-1 version ")
    assert version() == after
