"""`fact`: what the room knows, and how surely."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

KINDS = """facts:
  count: {type: integer, ask: How many?}
  share: {type: number, ask: Which part?}
  known: {type: boolean, ask: Is it public?}
  since: {type: datetime, ask: Since when?}
  cause: {type: choice, choices: [error, attack], ask: Why?}
  words: {type: text, ask: In one sentence?}
"""


@pytest.fixture
def every(program: Program) -> Program:
    """An incident on a playbook that asks for a fact of every type."""
    playbook = program.root / "playbooks" / "data-breach.yaml"
    text = playbook.read_text()
    start, end = text.index("facts:\n"), text.index("initial: detected")
    playbook.write_text((text[:start] + KINDS + text[end:]).replace("facts: [affected_accounts]", "facts: [count]"))
    template = program.root / "templates" / "holding" / "data-breach.md.j2"
    template.write_text(template.read_text().replace("affected_accounts", "count"))
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee")
    return program


def _facts(program: Program) -> Any:
    return program.ok("status", "--json").json["facts"]


def test_a_fact_is_known_with_its_status_and_source(opened: Program) -> None:
    told = opened.ok(
        "fact", "set", "affected_accounts", "1200", "--status", "unconfirmed", "--source", "the database team"
    )
    assert told.out == "INC-1 version 6: Fact affected_accounts = 1200 (unconfirmed, source: the database team).\n"
    assert _facts(opened) == {
        "affected_accounts": {"value": "1200", "status": "unconfirmed", "source": "the database team"}
    }


def test_left_out_the_status_is_confirmed(opened: Program) -> None:
    opened.ok("fact", "set", "affected_accounts", "1200")
    assert _facts(opened)["affected_accounts"] == {"value": "1200", "status": "confirmed", "source": None}


def test_a_retracted_fact_is_no_longer_known_but_its_entry_stays(
    responding: Program, types: Callable[[], list[str]]
) -> None:
    responding.ok("fact", "retract", "affected_accounts", "--because", "counted twice")
    assert _facts(responding)["affected_accounts"]["status"] == "retracted"
    assert types().count("fact.set") == 1
    assert responding("statement", "draft", "holding").code != 0
    responding.ok("fact", "set", "affected_accounts", "600")
    assert _facts(responding)["affected_accounts"]["value"] == "600"


def test_only_a_confirmed_fact_opens_a_move(published: Program) -> None:
    published.ok("advance", "inform")
    published.ok("advance", "notify")
    published.ok("fact", "set", "affected_accounts", "1300", "--status", "unconfirmed")
    refused = published("advance", "close")
    assert refused.code == 3
    assert "fact affected_accounts is not confirmed: crisisctl fact confirm affected_accounts" in refused.err
    published.ok("fact", "confirm", "affected_accounts")
    published.ok("task", "skip", "correct-holding", "--because", "nearly the same")
    published.ok("advance", "close")


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("count", "1200", "1200"),
        ("count", "1,200", "1200"),
        ("count", "1_200", "1200"),
        ("count", "-3", "-3"),
        ("count", "1.0", "1"),
        ("share", "12.50", "12.50"),
        ("known", "Yes", "true"),
        ("known", "n", "false"),
        ("since", "2026-11-22T15:00:00Z", "2026-11-22T15:00:00Z"),
        ("since", "2026-11-22T16:00+01:00", "2026-11-22T15:00:00Z"),
        ("cause", "attack", "attack"),
        ("words", "  Two lines\nof text ", "Two lines\nof text"),
    ],
)
def test_a_value_is_read_as_its_type(every: Program, name: str, typed: str, kept: str) -> None:
    every.ok("fact", "set", name, "--", typed)
    assert _facts(every)[name]["value"] == kept


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("count", "many", "count is a whole number, such as 1200; 'many' is not."),
        ("count", "1.5", "count is a whole number, such as 1200; '1.5' is not."),
        ("count", "NaN", "count is a whole number, such as 1200; 'NaN' is not."),
        ("count", "9" * 5000, "count is a whole number, such as 1200; '999"),
        ("count", "1e999999999", "count is a whole number, such as 1200; '1e999999999' is not."),
        ("share", "half", "share is a number, such as 12.5; 'half' is not."),
        ("share", "Infinity", "share is a number, such as 12.5; 'Infinity' is not."),
        ("known", "maybe", "known is yes or no, not 'maybe'."),
        ("since", "yesterday", "'yesterday' is not a time. Write it as 2026-11-22T15:00:00Z"),
        ("since", "2026-11-22T15:00:00", "has no zone, so it could be any hour. Add Z for UTC or an offset"),
        ("since", "9999-12-31T23:59:59-23:59", "lies outside the calendar"),
        ("cause", "bad luck", "cause is one of error, attack, not 'bad luck'."),
        ("words", "", "The value of words is empty."),
        ("words", "x" * 100_000, "The value of words has 100,000 characters; at most 65,536 are kept. Shorten it."),
        ("words", "a\x1b[2Jb", "The value of words has \\x1b at character 2, which nobody can see."),
    ],
)
def test_a_value_of_another_type_is_refused_with_an_example(
    every: Program, version: Callable[[], int], name: str, typed: str, sentence: str
) -> None:
    before = version()
    refused = every("fact", "set", name, "--", typed)
    assert (refused.code, refused.out) == (3, "")
    assert sentence in refused.err
    assert version() == before


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["set", "affected", "1"], 4, "There is no fact 'affected'. Did you mean affected_accounts?"),
        (["set", "affected_accounts"], 2, "Missing argument 'VALUE'."),
        (["set", "affected_accounts", "1", "--status", "sure"], 3, "A fact is unconfirmed or confirmed, not 'sure'."),
        (["retract", "aware_at", "--because", "x"], 4, "fact"),
        (["retract", "affected_accounts"], 2, "Missing option '--because'."),
        (["retract", "affected_accounts", "--because", ""], 3, "The reason is empty."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    responding: Program, line: list[str], code: int, sentence: str
) -> None:
    refused = responding("fact", *line)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err


def test_a_fact_is_retracted_once(responding: Program) -> None:
    responding.ok("fact", "retract", "affected_accounts", "--because", "x")
    refused = responding("fact", "retract", "affected_accounts", "--because", "x")
    assert (refused.code, refused.err) == (3, "affected_accounts is retracted already.\n")


def test_the_list_shows_what_is_asked_and_what_is_known(responding: Program) -> None:
    shown = responding.ok("fact", "list").out
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.splitlines()[0].split() == ["FACT", "STATUS", "VALUE", "QUESTION"]
    assert responding.ok("fact", "list", "--json").json == {
        "incident": "INC-1",
        "facts": [
            {
                "name": "affected_accounts",
                "status": "confirmed",
                "value": "1200",
                "ask": "How many accounts are affected?",
                "source": None,
                "confirmed_by": "dana",
                "version": _version_of(responding, "fact.set"),
                "used": [],
                "question": None,
            },
            {
                "name": "aware_at",
                "status": "not known",
                "value": "",
                "ask": "When did we know that personal data was exposed?",
                "source": None,
                "confirmed_by": None,
                "version": None,
                "used": [],
                "question": None,
            },
        ],
    }


def _version_of(program: Program, kind: str) -> int:
    entries = program.ok("timeline", "--format", "json").json["entries"]
    return max(int(entry["version"]) for entry in entries if entry["type"] == kind)


def test_a_public_statement_that_used_the_fact_is_named_at_once(published: Program) -> None:
    told = published.ok("fact", "set", "affected_accounts", "1300")
    assert "holding used it and is public: to be corrected." in told.out
    assert "  holding revision 1 is public to employees, customers, press: task correct-holding\n" in told.out
    assert "crisisctl statement correct holding --because WHY" in told.err
    before = published.ok("fact", "list", "--json").json["facts"][0]["used"][0]
    assert (before["statement"], before["public"], before["current"]) == ("holding", True, False)
    listed = published.ok("fact", "list").out
    assert "affected_accounts: public in holding, which is another one now" in listed
    assert max(map(len, listed.splitlines())) <= 80


def test_scripts_get_what_has_to_be_corrected(published: Program) -> None:
    told = published.ok("fact", "retract", "affected_accounts", "--because", "counted twice", "--json").json
    (wrong,) = told["corrections"]
    used = {"name": "affected_accounts", "used": _version_of(published, "fact.set")}
    assert wrong == {
        "statement": "holding",
        "task": "correct-holding",
        "published": 1,
        "audiences": ["employees", "customers", "press"],
        "facts": [used],
    }
    assert published.ok("fact", "set", "aware_at", "2026-01-01T00:00Z", "--json").json["corrections"] == []


def test_only_the_audiences_that_were_told_are_named(approved: Program) -> None:
    approved.ok("statement", "publish", "holding", "--audience", "employees")
    told = approved.ok("fact", "set", "affected_accounts", "1300")
    assert "is public to employees: task correct-holding\n" in told.out


def test_a_correction_shows_among_the_tasks_until_it_is_public(published: Program) -> None:
    published.ok("fact", "set", "affected_accounts", "1300")
    task = published.ok("status", "--json").json["tasks"][-1]
    assert task == {
        "id": "correct-holding",
        "stage": "response.comms.drafting",
        "state": "open",
        "required": True,
        "role": "comms-lead",
    }
    assert "[ ] correct-holding: Correct holding" in published.ok("status").out
    refused = published("task", "done", "correct-holding")
    assert (refused.code, "statement correct holding --because WHY" in refused.err) == (3, True)
    published.ok("statement", "correct", "holding", "--because", "it is more")
    published.ok("assign", "comms-lead", "kim")
    published.ok("statement", "submit", "holding")
    for who in ("lee", "kim"):
        published.ok("statement", "approve", "holding", who=who)
    published.ok("statement", "publish", "holding", who="kim")
    assert published.ok("status", "--json").json["tasks"][-1]["state"] == "done"
    assert published.ok("verify").code == 0


def test_a_text_waits_for_its_fact_to_be_confirmed(responding: Program) -> None:
    responding.ok("fact", "set", "affected_accounts", "1300", "--status", "unconfirmed")
    responding.ok("statement", "draft", "holding")
    responding.ok("fact", "confirm", "affected_accounts", "--source", "the database team", who="lee")
    known = responding.ok("fact", "list", "--json").json["facts"][0]
    assert (known["status"], known["confirmed_by"], known["source"]) == ("confirmed", "lee", "the database team")
    assert known["used"] == [{"statement": "holding", "version": known["version"], "public": False, "current": True}]
    refused = responding("fact", "confirm", "affected_accounts")
    assert (refused.code, "is confirmed already" in refused.err) == (3, True)


def test_a_question_is_open_until_it_is_answered(opened: Program) -> None:
    assert opened.ok("fact", "ask").out == "No question is open.\n"
    told = opened.ok("fact", "ask", "affected_accounts", "--of", "lee")
    assert "dana asks lee for fact affected_accounts: How many accounts are affected?" in told.out
    assert "crisisctl fact set affected_accounts VALUE" in told.err
    assert "affected_accounts  lee, " in opened.ok("fact", "ask").out
    (asked,) = opened.ok("fact", "ask", "--json").json["questions"]
    assert (asked["name"], asked["question"]["by"], asked["question"]["of"]) == ("affected_accounts", "dana", "lee")
    (same,) = opened.ok("status", "--json").json["questions"]
    assert same == {"fact": "affected_accounts"} | asked["question"]
    assert "affected_accounts: asked of lee since" in opened.ok("status").out
    opened.ok("fact", "set", "affected_accounts", "7", who="lee")
    assert opened.ok("fact", "ask", "--json").json["questions"] == []


def test_an_option_of_asking_without_a_fact_is_a_slip(opened: Program) -> None:
    refused = opened("fact", "ask", "--of", "lee")
    assert (refused.code, refused.out) == (2, "")
    assert "--of goes with the name of a fact" in refused.err


def test_the_history_holds_all_that_was_said_and_withholds_what_is_privileged(published: Program) -> None:
    published.ok("fact", "set", "aware_at", "2026-01-01T00:00Z", "--privileged")
    published.ok("fact", "set", "affected_accounts", "1300", "--source", "the auditor")
    told = published.ok("fact", "list", "--history", "--json").json["history"]
    assert [(one["type"], one["value"], one["corrects"]) for one in told] == [
        ("fact.set", "1200", []),
        ("fact.set", "1300", ["holding"]),
    ]
    shown = published.ok("fact", "list", "--history").out
    assert "the auditor" in " ".join(shown.split())
    assert "PRIVILEGED" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_repeat_under_its_key_names_the_corrections_again(published: Program) -> None:
    line = ("fact", "set", "affected_accounts", "1300", "--request-id", "r-1")
    first = published.ok(*line, "--json").json
    assert published.ok(*line, "--json").json == first | {"repeated": True}
    assert "Already done" in published.ok(*line).out


def test_a_fact_can_be_logged_with_the_time_at_which_it_was_known(opened: Program) -> None:
    at = opened.ok("status", "--json").json["opened_at"]
    opened.ok("fact", "set", "affected_accounts", "1200", "--at", at)
    entries = opened.ok("timeline", "--format", "json").json["entries"]
    assert next(entry for entry in entries if entry["type"] == "fact.set")["occurred_at"] == at
