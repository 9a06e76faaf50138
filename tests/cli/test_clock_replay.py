"""Two crises as they went, with the clocks that such a crisis starts; the timeline tells all of it.

The rows are those of tests/data/crises. What is said of the clocks is made up: nobody outside knows what was filed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.domain.times import instant, stamp

if TYPE_CHECKING:
    from tests.conftest import Program

CRISES = Path(__file__).parent.parent / "data" / "crises"
PLAYBOOK = """\
playbook: breach
title: Breach
severities: [sev1]
roles: {lead: {required: true}, legal: {required: true}, board: null}
facts:
  aware_at: {type: datetime, ask: When did we know?}
  material_at: {type: datetime, ask: When was it material?}
initial: open
stages: {open: null, closed: {final: true}}
transitions: [{trigger: close, from: open, to: closed}]
clocks:
  gdpr.art33: {from: aware_at, role: legal, escalate: [board]}
  sec.8k-1.05: {from: material_at, role: legal, escalate: [board]}
"""
Line = tuple[str, list[str]]  # when, and what is typed then


def rows(name: str) -> list[Line]:
    """What happened, as notes, in order of time."""
    found = json.loads((CRISES / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    return [(stamp(instant(row["at"])), ["note", f"{row['actor']}: {row['text']}"]) for row in found]


def replay(program: Program, title: str, since: str, lines: list[Line]) -> list[dict[str, Any]]:
    """Everything at its time, in one incident; its timeline."""
    (program.root / "playbooks" / "breach.yaml").write_text(PLAYBOOK)
    people = ["--assign", "lead=dana", "--assign", "legal=lee", "--assign", "board=kim"]
    program.ok("open", "breach", "--title", title, "--at", since, *people)
    for at, line in sorted(lines, key=lambda one: instant(one[0])):
        program.ok(*line, "--at", at)
    entries: list[dict[str, Any]] = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    program.ok("verify")
    return entries


def said(entries: list[dict[str, Any]], kind: str) -> list[str]:
    return [entry["text"] for entry in entries if entry["type"] == kind]


def clock(program: Program, name: str) -> dict[str, Any]:
    found = program.ok("clock", "list", "-i", "INC-1", "--json").json["clocks"]
    return next(one for one in found if one["clock"] == name)


DECLARED = "2022-03-22T03:41Z"
OKTA = [
    ("2022-03-22T03:50:00Z", ["fact", "set", "aware_at", "2022-03-22T03:38:00Z", "--source", "SIRT"]),
    (
        "2022-03-22T04:15:00Z",
        ["clock", "start", "gdpr.art33-2", "nis2.early-warning", "--trigger", "2022-03-22T03:41Z"],
    ),
    # The time is amended midway: the mail with the link came eight minutes before the screenshots were read.
    ("2022-03-22T04:30:00Z", ["fact", "set", "aware_at", "2022-03-22T03:30:00Z", "--source", "the mail itself"]),
    (
        "2022-03-22T20:30:00Z",
        ["fact", "set", "material_at", "2022-03-22T20:00:00Z", "--source", "committee"],
    ),
    ("2022-03-22T21:00:00Z", ["clock", "start", "mar.art17", "--trigger", "2022-03-22T20:00Z"]),
    # One publication meets two clocks.
    (
        "2022-03-25T19:00:00Z",
        [
            "clock",
            "file",
            "sec.8k-1.05",
            "mar.art17",
            "--to",
            "EDGAR",
            "--reference",
            "0001-22-1",
            "--what",
            "Form 8-K",
        ],
    ),
    # The other was missed, and is filed late with its reason.
    ("2022-03-23T03:30:00Z", ["clock", "miss", "gdpr.art33", "--because", "Okta has not said which data were seen"]),
    (
        "2022-03-26T09:00:00Z",
        ["clock", "file", "gdpr.art33", "--to", "CNPD", "--reference", "22-77", "--because", "Okta answered late"],
    ),
    (
        "2022-03-26T10:00:00Z",
        ["clock", "decline", "gdpr.art33-2", "--because", "we control", "--decider", "lee"],
    ),
    ("2022-03-28T10:00:00Z", ["advance", "close"]),
]


def test_the_customer_of_a_vendor_that_was_breached(program: Program) -> None:
    entries = replay(program, "Vendor breach", "2022-03-22T03:22:00Z", [*rows("cloudflare-okta-2022-03-22"), *OKTA])
    started = said(entries, "clock.started")
    assert started[0].startswith(
        "Clock gdpr.art33 (GDPR: Notify the supervisory authority of a personal-data breach) starts, aware 2022-03-22 "
        "03:38:00 UTC: due 2022-03-25 03:38:00 UTC, legal limit 2022-03-25 04:00:00 UTC"
    )
    assert "Not applicable: NIS2 applies here from 2024-10-18" in " ".join(started).replace(
        "not applicable", "Not applicable"
    )
    (amended,) = said(entries, "clock.amended")
    assert "aware 2022-03-22 03:30:00 UTC: due 2022-03-25 03:30:00 UTC" in amended
    assert "was due 2022-03-25 03:38:00 UTC" in amended
    # Four business days after Tuesday end on Monday at half past five in New York, which is at summer time already.
    assert "sec.8k-1.05" in started[3]
    assert "due 2022-03-28 21:30:00 UTC" in started[3]
    filed = said(entries, "clock.filed")
    assert "for sec.8k-1.05 (SEC: Disclose a material cybersecurity incident) and mar.art17" in filed[0]
    assert filed[1].endswith("late for gdpr.art33, because Okta answered late")
    assert said(entries, "clock.overdue") == ["The time of clock gdpr.art33 has passed without a filing; told lee, kim"]
    assert [entry["occurred_at"] for entry in entries if entry["type"] == "clock.overdue"] == [
        "2022-03-25T03:30:00.000000Z"
    ]
    (missed,) = said(entries, "clock.will_miss")
    assert "will be missed, because Okta has not said which data were seen" in missed
    (declined,) = said(entries, "clock.declined")
    assert declined.startswith("Decided by lee: nothing is filed for gdpr.art33-2")
    assert (clock(program, "gdpr.art33")["late"], clock(program, "sec.8k-1.05")["late"]) == (True, False)
    assert entries[-1]["type"] == "stage.entered"


TWITTER = [
    ("2020-07-15T22:30:00Z", ["clock", "start", "gdpr.art33", "--trigger", "2020-07-15T21:00Z", "--source", "support"]),
    ("2020-07-16T03:00:00Z", ["clock", "start", "sec.8k-1.05", "--trigger", "2020-07-16T02:38:38Z", "--source", "CEO"]),
    (
        "2020-07-16T09:00:00Z",
        ["clock", "start", "gdpr.art33", "--trigger", "2020-07-15T20:17Z", "--because", "the first scam was seen then"],
    ),
    ("2020-07-16T10:00:00Z", ["clock", "start", "gdpr.art34", "--trigger", "2020-07-15T20:17Z"]),
    (
        "2020-07-18T12:00:00Z",
        ["clock", "file", "gdpr.art33", "gdpr.art34", "--to", "the DPC and those concerned", "--what", "phase one"],
    ),
    (
        "2020-07-23T14:00:00Z",
        ["clock", "file", "sec.8k-1.05", "--to", "EDGAR", "--because", "counsel first thought it was not material"],
    ),
    ("2020-07-24T14:00:00Z", ["advance", "close"]),
]


def test_accounts_that_were_taken_over(program: Program) -> None:
    entries = replay(program, "Accounts taken over", "2020-07-15T20:17:00Z", [*rows("twitter-2020-07-15"), *TWITTER])
    assert "due 2020-07-18 21:00:00 UTC" in said(entries, "clock.started")[0]
    (amended,) = said(entries, "clock.amended")
    assert "due 2020-07-18 20:17:00 UTC" in amended
    assert "because the first scam was seen then" in amended
    # Determined on Wednesday evening in New York: Thursday is the first of four business days, Tuesday the last.
    assert "due 2020-07-21 21:30:00 UTC" in said(entries, "clock.started")[1]
    first, second = said(entries, "clock.filed")
    assert "for gdpr.art33" in first
    assert "and gdpr.art34" in first
    assert "late" not in first
    assert second.endswith("late for sec.8k-1.05, because counsel first thought it was not material")
    reminded = [entry["text"] for entry in entries if entry["type"] == "clock.reminded" and "sec." in entry["text"]]
    assert [text.split(" of ")[0] for text in reminded] == ["Half", "80 %"]
    assert (clock(program, "gdpr.art33")["late"], clock(program, "sec.8k-1.05")["missed"]) == (False, True)
    report = program.ok("report", "-i", "INC-1").out
    assert "counsel first thought it was not material" in report


@pytest.mark.parametrize("name", ["cloudflare-okta-2022-03-22", "twitter-2020-07-15"])
def test_a_crisis_is_not_closed_while_a_clock_runs(program: Program, name: str) -> None:
    since = rows(name)[0][0]
    replay(program, "T", since, [(since, ["fact", "set", "aware_at", since])])
    ran = program("advance", "close")
    assert ran.code == 3
    assert "clock gdpr.art33" in ran.err
