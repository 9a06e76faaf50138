"""`roles`: who holds what, who held it then, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program


@pytest.fixture
def handed(program: Program, clock: HandClock) -> Program:
    """At 22:00 lee is the counsel, from 22:02 mo, from 22:05 kim."""
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee", clock=clock)
    clock.tick(minutes=1)
    program.ok("handover", "legal", "--to", "mo", who="lee", clock=clock)
    clock.tick(minutes=1)
    program.ok("handover", "legal", "--accept", who="mo", clock=clock)
    clock.tick(minutes=3)
    program.ok("assign", "legal", "kim", clock=clock)
    clock.tick(minutes=1)
    return program


def test_every_role_is_shown_with_who_holds_it_since_when_and_how(handed: Program, clock: HandClock) -> None:
    assert handed.ok("roles", clock=clock).out.splitlines() == [
        "INC-1 on 2026-03-28 22:06:00 UTC",
        "ROLE          HELD BY  SINCE (UTC)          HOW",
        "comms-lead    dana     2026-03-28 22:00:00  opened",
        "deputy-comms  nobody",
        "legal         kim      2026-03-28 22:05:00  assigned",
    ]


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("22:00:00Z", ["lee"]),
        ("22:01:59Z", ["lee"]),
        ("22:02:00Z", ["mo"]),
        ("23:04:59+01:00", ["mo"]),
        ("22:05:00Z", ["kim"]),
    ],
)
def test_who_held_a_role_at_an_instant(handed: Program, clock: HandClock, at: str, who: list[str]) -> None:
    told = handed.ok("roles", "--at", f"2026-03-28T{at}", "--json", clock=clock).json
    assert told["roles"] == {"comms-lead": ["dana"], "deputy-comms": [], "legal": who}
    assert told["incident"] == "INC-1"


def test_the_history_has_every_span_and_how_it_began_and_ended(handed: Program, clock: HandClock) -> None:
    told = handed.ok("roles", "--history", "--json", clock=clock).json
    moments = [f"2026-03-28T22:0{minute}:00.000000Z" for minute in range(6)]
    spans = [span for span in told["history"] if span["role"] == "legal"]
    assert [tuple(span.values()) for span in spans] == [
        ("legal", "lee", moments[0], moments[2], "opened", "handover"),
        ("legal", "mo", moments[2], moments[5], "handover", "released"),
        ("legal", "kim", moments[5], None, "assigned", None),
    ]
    assert [*spans[0]] == ["role", "person", "from", "until", "how", "ended"]


def test_the_history_is_a_table_that_fits(handed: Program, clock: HandClock) -> None:
    lines = handed.ok("roles", "--history", clock=clock).out.splitlines()
    assert lines[0] == "INC-1: who held what"
    assert max(map(len, lines)) <= 80
    words = " ".join(" ".join(lines).split())
    assert "opened, handover" in words
    assert "handover, released" in words


def test_a_closed_incident_still_says_who_held_what(published: Program) -> None:
    for move in ("notify", "inform", "close"):
        published.ok("advance", move)
    assert published.ok("roles", "-i", "INC-1", "--json").json["roles"]["legal"] == ["lee"]


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["--at", "2026-03-28T21:59:00Z"], 3, "2026-03-28 21:59:00 UTC is before INC-1 was opened"),
        (["--at", "2026-03-28T22:07:00Z"], 3, "2026-03-28 22:07:00 UTC is in the future"),
        (["--at", "2026-03-28T22:07:00"], 3, "has no zone"),
        (["--at", "noon"], 3, "'noon' is not a time"),
        (["--at", "2026-03-28T22:01:00Z", "--history"], 2, "--history has every time in it."),
        (["-i", "INC-9"], 4, "There is no incident 'INC-9'"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_sentence(
    handed: Program, clock: HandClock, line: list[str], code: int, sentence: str
) -> None:
    refused = handed("roles", *line, clock=clock)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err


def test_the_report_says_how_each_role_was_taken_and_left(handed: Program, clock: HandClock) -> None:
    report = handed.ok("report", "-i", "INC-1", clock=clock).out
    section = report.partition("## Roles over time")[2].partition("##")[0]
    assert "| at the opening, left by handover |" in section
    assert "| by handover, left released |" in section
