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
    assert "fact affected_accounts is not confirmed: crisisctl fact set affected_accounts VALUE --status" in refused.err
    published.ok("fact", "set", "affected_accounts", "1300")
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
            },
            {
                "name": "aware_at",
                "status": "not known",
                "value": "",
                "ask": "When did we know that personal data was exposed?",
            },
        ],
    }


def test_a_fact_can_be_logged_with_the_time_at_which_it_was_known(opened: Program) -> None:
    at = opened.ok("status", "--json").json["opened_at"]
    opened.ok("fact", "set", "affected_accounts", "1200", "--at", at)
    entries = opened.ok("timeline", "--format", "json").json["entries"]
    assert next(entry for entry in entries if entry["type"] == "fact.set")["occurred_at"] == at
