"""Every key that `--json` prints is told in the section of its command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

OUTCOME = "the outcome"
LOOKS = [
    "status",
    "list --all",
    "timers",
    "roles",
    "roles --history",
    "handover legal",
    "search waited",
    "task list",
    "fact list",
    "fact list --history",
    "fact ask",
    "statement list",
    "statement show holding",
    "statement channels",
    "playbook list",
    "playbook show data-breach",
    "playbook check",
    "clock list",
    "clock explain dora.initial",
    "clock explain appi.preliminary",
    "clock compute gdpr.art33 --trigger 2026-10-23T18:00Z",
    "clock check cases.json",
    "timeline --format json",
    "report",
    "verify",
    "doctor",
    "store info",
    "watch --once",
    "oncall now",
    "oncall next",
    "oncall gaps --days 2",
    "oncall override legal sam --until 2d --because x",
]
# What holds names of things instead of fields.
NAMES = {"roles", "data", "templates"}
GROUPS = {"clock", "oncall", "task", "fact", "statement", "playbook", "store"}
# Somebody stands in for ever, and the calendar of the other rota cannot be used: there is something of every key.
ROTAS = """
people: {dana: {}, kim: {}, lee: {}, sam: {}}
rotas:
  comms-lead: {rotation: {people: [dana, kim], length: 1h, starts: 2026-01-01, handover: "09:00"}}
  legal: {calendar: nowhere.ics}
overrides: [{role: comms-lead, person: sam, from: 2020-01-01T00:00Z, until: 2090-01-01T00:00Z, because: for ever}]
"""
WRITES = [
    "assign legal lee",
    "release legal",
    "ack",
    "snooze 20m --because x",
    "task done pause-posts",
    "task reopen pause-posts",
    "task skip pause-posts --because x",
    "note x",
    "decide x --because y",
    "fact retract affected_accounts --because x",
    "fact set affected_accounts 1200",
    "fact ask affected_accounts --of lee",
    "fact confirm affected_accounts",
    "severity sev2 --because x",
    "statement submit holding",
    "statement approve holding",
    "statement reject holding --because x",
    "redact 1 --because x",
]


def keys(document: Any) -> Iterator[str]:
    """The names of the fields of a document, at whatever depth, but for mappings whose keys are names of things."""
    if isinstance(document, list):
        for inner in document:
            yield from keys(inner)
    elif isinstance(document, Mapping):
        for key, inner in document.items():
            yield key
            if key in {"facts", "measures", "renditions"} and isinstance(inner, Mapping):
                yield from keys([*inner.values()])
            elif key not in NAMES:
                yield from keys(inner)


@pytest.fixture
def room(program: Any) -> Any:
    """A room in which there is something of everything to tell."""
    program.ok("open", "data-breach", "--title", "Records on a forum", "--fact", "affected_accounts=1200")
    program.ok("statement", "draft", "holding", who="sam")
    program.ok("note", "the customer waited", "--at", "2026-01-01T10:00:00Z")
    (program.root / "roster.yaml").write_text(ROTAS)
    case = {"regime": "GDPR", "clock": "art33", "trigger": "2026-10-23T18:00Z", "expected": "2026-10-23T18:00Z"}
    (program.root / "cases.json").write_text(json.dumps([case]))
    return program


@pytest.fixture
def section(page: Callable[..., Any]) -> Callable[[str], set[str]]:
    """The words in code in the section of a command, those of the outcome with it where it says so."""
    commands = page("docs/commands.md")

    def words(name: str) -> set[str]:
        text = " ".join(commands.sections()[name].split())
        outcome = re.findall(r'"(\w+)":', commands.text) if OUTCOME in text else []
        return {*re.findall(r"`([a-z_]+)`", text), *outcome}

    return words


def test_the_keys_of_every_look_are_told(room: Any, section: Callable[[str], set[str]]) -> None:
    (room.root / "playbooks" / "empty.yaml").write_text("")
    untold = {}
    for line in LOOKS:
        words = line.split()
        name = " ".join(words[:2]) if words[0] in GROUPS else words[0]
        document = room(*words, "--json").json
        shown = document | {"playbook": {}} if name == "playbook show" else document
        untold[name] = sorted(set(keys(shown)) - section(name))
    assert {name: missing for name, missing in untold.items() if missing} == {}


def test_the_keys_of_what_leaves_of_a_clock_are_told(room: Any, section: Callable[[str], set[str]]) -> None:
    room.ok("clock", "start", "gdpr.art33")
    for name, line in (("clock ics", ()), ("clock draft", ("gdpr.art33",))):
        for file in ((), ("-o", "out")):
            told = room.ok(*name.split(), *line, *file, "--json").json
            assert sorted(set(keys(told)) - section(name)) == []


def test_the_keys_of_every_outcome_are_told(room: Any, section: Callable[[str], set[str]]) -> None:
    for number, line in enumerate(WRITES):
        words = line.split()
        request = ("--request-id", f"r-{number}", "--json")
        first, again = room.ok(*words, *request).json, room.ok(*words, *request).json
        beside = {"corrections"} if words[:2] in (["fact", "set"], ["fact", "retract"], ["fact", "confirm"]) else set()
        assert set(keys(first)) == {"incident", "version", "stages", "entries", "type", "text"} | beside, line
        assert again == first | {"repeated": True}, line
        name = " ".join(words[:2]) if words[0] in GROUPS else words[0]
        assert sorted(set(keys(first)) - section(name)) == [], line


def test_the_keys_of_opening_moving_and_publishing_are_told(program: Any, section: Callable[[str], set[str]]) -> None:
    told = {"init": program.ok("init", "--json").json}
    told["open"] = program.ok("open", "data-breach", "--title", "x", "--request-id", "r-1", "--json").json
    program.ok("task", "done", "pause-posts")
    told["advance"] = program.ok("advance", "activate", "--because", "x", "--json").json
    program.ok("assign", "legal", "lee")
    program.ok("fact", "set", "affected_accounts", "7")
    program.ok("statement", "draft", "holding", who="sam")
    program.ok("statement", "submit", "holding", who="sam")
    program.ok("statement", "approve", "holding")
    program.ok("statement", "approve", "holding", who="lee")
    told["statement publish"] = program.ok("statement", "publish", "holding", "--json").json
    for name, document in told.items():
        assert sorted(set(keys(document)) - section(name)) == [], name


def test_the_keys_of_handing_over_are_told(room: Any, section: Callable[[str], set[str]]) -> None:
    offered = room.ok("handover", "comms-lead", "--to", "lee", "--note", "x", "--json").json
    shown = room.ok("handover", "comms-lead", "--json").json
    standing = room.ok("status", "--json").json
    accepted = room.ok("handover", "comms-lead", "--accept", "--json", who="lee").json
    assert sorted({*keys(offered), *keys(shown), *keys(accepted)} - section("handover")) == []
    assert sorted(set(keys(standing)) - section("status")) == []
    assert offered["brief"] == shown["brief"]


def test_an_error_leaves_standard_output_empty(program: Any) -> None:
    ran = program("status", "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err
