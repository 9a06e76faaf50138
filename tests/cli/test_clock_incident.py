"""Clocks in an incident, as people and scripts work with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import HandClock

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import Program

NAMED = "clocks: [gdpr.art33, sec.8k-1.05]"
ZONE = "Europe/Berlin"
OPENED = "2026-03-02T10:00:00Z"  # a Monday
ADVICE = "Not legal advice. Last verified on 2026-11-22; reviewed by nobody yet. Ask your counsel."


@pytest.fixture
def program(program: Program) -> Program:
    """A workspace whose playbook names clocks."""
    plan = program.root / "playbooks" / "data-breach.yaml"
    plan.write_text(f"{plan.read_text()}\n{NAMED}\n")
    return program


@pytest.fixture
def told(program: Program) -> Callable[..., Any]:
    """Runs commands at hours after the opening of INC-1, in the past, as if it were then."""
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee", "--at", OPENED)

    def at(hours: float, *line: str, who: str = "dana", code: int = 0) -> str:
        when = f"2026-03-{2 + int(10 + hours) // 24:02}T{int(10 + hours) % 24:02}:{round(hours % 1 * 60):02}:00Z"
        ran = program(*line, "--at", when, who=who)
        assert ran.code == code, ran.err
        return ran.out if code == 0 else ran.err

    return at


def clocks(program: Program) -> dict[str, Any]:
    found = program.ok("clock", "list", "-i", "INC-1", "--json").json
    assert found["notice"] == ADVICE
    return {one["clock"]: one for one in found["clocks"]}


def test_a_fact_of_the_playbook_starts_the_clock_that_hangs_on_it(program: Program, told: Callable[..., str]) -> None:
    out = told(1, "fact", "set", "aware_at", "2026-03-02T09:30:00Z", "--source", "SIRT")
    assert "Clock gdpr.art33 (GDPR: Notify the supervisory authority of a personal-data breach) starts" in out
    found = clocks(program)
    assert list(found) == ["gdpr.art33", "sec.8k-1.05"]
    assert (found["gdpr.art33"]["state"], found["gdpr.art33"]["strict"]) == ("running", "2026-03-05T09:30:00.000000Z")
    assert found["sec.8k-1.05"]["state"] == "not_started"


def test_a_clock_of_a_privileged_fact_is_privileged_too(program: Program, told: Callable[..., str]) -> None:
    told(1, "fact", "set", "aware_at", "2026-03-02T09:30:00Z", "--privileged")
    assert "09:30" not in program.ok("timeline").out
    assert program("clock", "ics").code == 4, "nothing is left that may be shown"


def test_a_fact_that_starts_a_clock_cannot_lie_ahead(program: Program, told: Callable[..., str]) -> None:
    refused = told(1, "fact", "set", "aware_at", "2026-03-02T12:00:00Z", code=3)
    assert "2026-03-02 12:00:00 UTC is in the future" in refused
    ran = program("open", "data-breach", "--title", "T", "--fact", "aware_at=2099-01-01T00:00:00Z")
    assert (ran.code, "is in the future" in ran.err) == (3, True)
    assert [one["incident"] for one in program.ok("list", "--json").json["incidents"]] == ["INC-1"]


def test_a_fact_that_amends_a_clock_has_its_ground(program: Program, told: Callable[..., str]) -> None:
    told(1, "fact", "set", "aware_at", "2026-03-02T09:30:00Z")
    refused = told(2, "fact", "set", "aware_at", "2026-03-02T08:30:00Z", code=3)
    assert "gdpr.art33 hangs on that, and is amended on some ground: --source WHO" in refused
    assert "source: the tweet" in told(2, "fact", "set", "aware_at", "2026-03-02T08:30:00Z", "--source", "the tweet")


def test_one_request_key_stands_for_one_filing(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "T")
    program.ok("clock", "file", "gdpr.art33", "--to", "A", "--request-id", "f1")
    assert "Already done" in program.ok("clock", "file", "gdpr.art33", "--to", "A", "--request-id", "f1").out
    for line in (["file", "uk-gdpr.art33", "--to", "A"], ["file", "gdpr.art33", "--to", "B"], ["start", "gdpr.art34"]):
        assert program("clock", *line, "--request-id", "f1").code == 5, line


def test_a_clock_that_the_workspace_lost_can_still_be_settled(program: Program) -> None:
    own = "regimes: {acme: {title: Acme, status: contract, clocks: {n: {title: Tell, start: aware, rule: {hours: 9}}}}}"
    (program.root / "clocks.yaml").write_text(own)
    program.ok("open", "data-breach", "--title", "T")
    program.ok("clock", "start", "acme.n")
    (program.root / "clocks.yaml").unlink()
    assert "acme.n" in program.ok("clock", "explain", "acme.n", "-i", "INC-1").out
    assert "Clock acme.n (Acme: Tell) waived" in program.ok("clock", "waive", "acme.n", "--because", "it ended").out


def test_a_filing_from_before_the_opening_is_written_down_as_it_was(program: Program, told: Callable[..., str]) -> None:
    program.ok("clock", "file", "gdpr.art33", "--to", "BfDI", "--at", "2026-03-02T08:00:00Z")
    assert clocks(program)["gdpr.art33"]["filed_at"] == "2026-03-02T08:00:00.000000Z"


def test_where_days_end_in_this_room_is_a_setting(program: Program) -> None:
    (program.root / "crisisctl.toml").write_text('legal_zone = "Europe/Berlin"\n')
    program.ok("open", "data-breach", "--title", "T", "--at", "2026-03-02T10:00:00Z")
    program.ok("clock", "file", "nis2.notification", "--to", "BSI", "--at", "2026-03-02T10:00:00Z")
    found = clocks(program)["nis2.final"]
    assert (found["zone"], found["strict"]) == ("Europe/Berlin", "2026-04-02T21:59:59.000000Z")
    (program.root / "crisisctl.toml").write_text('legal_zone = "Berlin"\n')
    assert "legal_zone: 'Berlin' is no zone" in program("status").err


def test_what_is_privileged_is_not_told_by_explaining(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "T")
    program.ok("clock", "decline", "gdpr.art33", "--because", "our own lawyer erred", "--privileged")
    out = program.ok("clock", "explain", "gdpr.art33", "-i", "INC-1").out
    assert "erred" not in out
    assert "(privileged: crisisctl timeline --include privileged tells it)" in out
    assert "gdpr.art33" not in json.loads(program.ok("handover", "comms-lead", "--to", "sam", "--json").out)["brief"]


def test_a_fact_told_when_opening_starts_it_too(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "T", "--fact", "aware_at=2026-03-02T09:30:00Z")
    assert clocks(program)["gdpr.art33"]["state"] == "running"


def test_a_retracted_fact_stops_it_and_an_amended_one_moves_it(program: Program, told: Callable[..., str]) -> None:
    told(1, "fact", "set", "aware_at", "2026-03-02T09:30:00Z")
    out = told(2, "fact", "set", "aware_at", "2026-03-02T08:00:00Z", "--source", "the tweet")
    assert "due 2026-03-05 08:00:00 UTC" in out
    assert "was due 2026-03-05 09:30:00 UTC" in out
    assert "stops" in told(3, "fact", "retract", "aware_at", "--because", "that was another breach")
    assert clocks(program)["gdpr.art33"]["state"] == "not_started"


def test_starting_it_sets_the_fact_that_it_hangs_on(program: Program, told: Callable[..., str]) -> None:
    told(
        1, "clock", "start", "gdpr.art33", "--trigger", "2026-03-02T10:00", "--zone", "Europe/Berlin", "--source", "SOC"
    )
    facts = program.ok("status", "--json").json["facts"]
    assert (facts["aware_at"]["value"], facts["aware_at"]["source"]) == ("2026-03-02T09:00:00Z", "SOC")
    assert clocks(program)["gdpr.art33"]["zone"] == ZONE


def test_each_success_says_what_comes_next_and_that_it_is_no_advice(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "T")
    ran = program.ok("clock", "start", "gdpr.art33")
    assert ADVICE in ran.out
    assert "Next: crisisctl clock explain gdpr.art33 -i INC-1; once it is filed: " in ran.err
    ran = program.ok("clock", "file", "gdpr.art33", "--to", "BfDI")
    assert "Next: crisisctl clock list -i INC-1" in ran.err


def test_what_it_says_to_scripts(program: Program, told: Callable[..., str]) -> None:
    out = json.loads(told(1, "clock", "start", "nis2.early-warning", "--trigger", "2026-03-02T10:00Z", "--json"))
    assert out["entries"][0]["type"] == "clock.started"
    (one,) = out["clocks"]
    assert (one["clock"], one["state"], one["recipient"]) == (
        "nis2.early-warning",
        "running",
        "CSIRT or competent authority",
    )
    status = program.ok("status", "--json").json
    assert [one["clock"] for one in status["clocks"]] == ["nis2.early-warning"]
    due = [(timer["due"], timer["what"]) for timer in status["timers"] if timer["kind"] == "clock"]
    assert due[0] == ("2026-03-02T22:00:00.000000Z", "half of the time of clock nis2.early-warning has passed")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["start", "gdpr.art3"], 4, "gdpr.art33"),
        (["start", "gdpr"], 2, "Say which: gdpr.art33"),
        (["start", "gdpr.art33", "--trigger", "2026-03-02T09:30"], 3, "has no zone, so it could be any hour"),
        (["start", "gdpr.art33", "--trigger", "2026-03-29T02:30", "--zone", "Europe/Berlin"], 3, "2026-03-29"),
        (["start", "gdpr.art33", "--trigger", "2099-03-02T09:30Z"], 3, "is in the future"),
        (["start", "gdpr.art33", "--trigger", "soon"], 3, "'soon' is not a time"),
        (["start", "gdpr.art33", "--trigger", "2026-03-02T09:30Z", "--fold", "both"], 2, "--fold is earlier or later"),
        (["start", "gdpr.art33", "--input", "moon=full"], 2, "does not look at 'moon'"),
        (["start", "gdpr.art33", "--zone", "Europe/Berlln"], 4, "Europe/Berlin"),
        (["start", "dora.initial"], 3, "--input aware=TIME"),
        (["start", "dora.intermediate"], 3, "crisisctl clock file dora.initial --to WHOM"),
        (["start", "sec.filing-timeliness"], 3, "judges filings"),
        (["file", "gdpr.art33", "--to", "BfDI", "--file", "nowhere.md"], 4, "nowhere.md cannot be read"),
        (["file", "gdpr.art33"], 2, "--to"),
        (["waive", "gdpr.art33"], 2, "--because"),
        (["miss", "gdpr.art33", "--because", "x"], 3, "does not run towards a time"),
        (["explain", "gdpr.art34", "-i", "INC-1"], 4, "To start it: crisisctl clock start gdpr.art34 --trigger TIME"),
        (["assess", "--answer", "controller"], 2, "is not NAME=VALUE"),
        (["assess", "--answer", "moon=full"], 4, "question"),
        (["assess", "gdpr.art33", "--answer", "risk=perhaps"], 3, "risk is yes or no"),
    ],
)
def test_bad_input_is_told_with_the_way_out(program: Program, line: list[str], code: int, said: str) -> None:
    program.ok("open", "data-breach", "--title", "T")
    before = program.ok("status", "--json").json["version"]
    ran = program("clock", *line)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert program.ok("status", "--json").json["version"] == before


def test_the_list_is_a_table_of_80_columns_with_what_is_open_on_top(program: Program, told: Callable[..., str]) -> None:
    told(1, "clock", "start", "nis2.early-warning", "gdpr.art34", "--trigger", "2026-03-02T10:00Z")
    told(2, "clock", "file", "nis2.early-warning", "--to", "BSI", "--reference", "26-1")
    told(2.5, "clock", "waive", "gdpr.art34", "--because", "the data were encrypted")
    told(3, "fact", "set", "aware_at", "2026-03-02T10:00:00Z")
    lines = program.ok("clock", "list", "-i", "INC-1").out.splitlines()
    assert max(map(len, lines[:6])) <= 80
    assert [line.split()[0] for line in lines[1:5]] == ["gdpr.art33", "sec.8k-1.05", "nis2.early-warning", "gdpr.art34"]
    assert lines[3].split()[1:] == ["filed", "2026-03-03", "10:00:00", "at", "2026-03-02", "12:00:00"]
    assert ADVICE in "\n".join(lines)


def test_an_incident_without_clocks_says_how_to_find_them(program: Program) -> None:
    text = (program.root / "playbooks" / "data-breach.yaml").read_text()
    (program.root / "playbooks" / "data-breach.yaml").write_text(text.replace(NAMED, ""))
    program.ok("open", "data-breach", "--title", "T")
    ran = program.ok("clock", "list", "-i", "INC-1")
    assert "No clock has been named in INC-1." in ran.out
    assert "crisisctl clock assess CLOCK" in ran.err


def test_the_explanation_has_the_derivation_and_all_that_was_said(program: Program, told: Callable[..., str]) -> None:
    told(1, "clock", "start", "gdpr.art33", "--trigger", "2026-03-02T10:00Z", "--source", "SOC")
    told(2, "clock", "start", "gdpr.art33", "--trigger", "2026-03-02T09:00Z", "--because", "a mail before that")
    told(3, "clock", "file", "gdpr.art33", "--to", "BfDI", "--what", "phase one")
    out = program.ok("clock", "explain", "gdpr.art33", "-i", "INC-1").out
    assert "State: filed (at 2026-03-02 13:00:00)" in out
    assert "72 elapsed hours after" in out
    assert "a mail before that" in out
    assert "source: SOC" in out
    assert ADVICE in out
    found = program.ok("clock", "explain", "gdpr.art33", "-i", "INC-1", "--json").json
    assert [one["actor"] for one in found["history"]] == ["dana", "dana", "dana"]
    assert found["derivation"][0] == "Aware: Mon 02 Mar 2026 09:00:00 +00:00 (UTC)."


def test_the_questions_are_listed_where_nobody_can_answer_and_asked_on_a_terminal(
    program: Program, terminal: Terminal
) -> None:
    program.ok("open", "data-breach", "--title", "T")
    ran = program.ok("clock", "assess")
    assert "controller" in ran.out
    assert "Next: crisisctl clock assess gdpr.art33 --answer controller=yes" in ran.err
    names = [one["name"] for one in program.ok("clock", "assess", "gdpr.art33", "--json").json["questions"]]
    assert names == ["controller", "personal_data", "risk"]
    typed = [("controller?", "yes\n"), ("affected?", "yes\n"), ("likely?", "no\n")]
    shown = terminal("clock", "assess", "gdpr.art33", typed=typed)
    assert shown.code == 0, shown.text
    assert "does not apply (controller = yes, personal_data = yes, risk = no)" in " ".join(shown.plain.split())
    assert clocks(program)["gdpr.art33"]["state"] == "not_applicable"


def test_an_empty_answer_leaves_the_question_open(program: Program, terminal: Terminal) -> None:
    program.ok("open", "data-breach", "--title", "T")
    shown = terminal("clock", "assess", "gdpr.art33", typed=[("?", "\n"), ("affected?", "yes\n"), ("likely?", "\n")])
    assert shown.code == 0, shown.text
    left = program.ok("clock", "assess", "gdpr.art33", "--json").json["questions"]
    assert [one["name"] for one in left] == ["controller", "risk"]


def test_answers_reach_every_clock_that_asks_for_them(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "T")
    out = program.ok("clock", "assess", "--answer", "registrant=yes", "--answer", "risk=yes").out
    assert (
        "gdpr.art33 (GDPR: Notify the supervisory authority of a personal-data breach): questions are open (risk" in out
    )
    assert "sec.8k-1.05 (SEC: Disclose a material cybersecurity incident): questions are open (registrant = yes)" in out


def missing(program: Program, trigger: str) -> list[str]:
    moves = program.ok("status", "--json").json["moves"]
    found: list[str] = next(move["missing"] for move in moves if move["trigger"] == trigger)
    return found


def test_closing_waits_for_every_clock(program: Program, told: Callable[..., str]) -> None:
    told(1, "clock", "start", "gdpr.art33", "--trigger", "2026-03-02T10:00Z")
    assert not any("clock" in one for one in missing(program, "activate"))
    for line in (
        ["task", "done", "pause-posts"],
        ["advance", "activate", "--because", "x"],
        ["statement", "draft", "holding", "--file", "words.txt"],
    ):
        (program.root / "words.txt").write_text("We are looking into it.")
        told(2, *line)
    (left,) = [one for one in missing(program, "close") if "clock gdpr.art33" in one]
    assert "or clock waive gdpr.art33 --because WHY" in left
    told(3, "clock", "waive", "gdpr.art33", "--because", "no personal data after all")
    assert not any("clock" in one for one in missing(program, "close"))


def test_a_slip_in_the_workspaces_clocks_stops_no_fact_but_is_said(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "T")
    (program.root / "clocks.yaml").write_text("regimes:\n  acme: {title: [}\n")
    ran = program.ok("fact", "set", "aware_at", "2026-03-02T09:30:00Z")
    assert "Clock gdpr.art33" in ran.out
    assert "clocks.yaml:2" in ran.err
    assert "only the shipped clocks count" in ran.err
    assert program("clock", "start", "gdpr.art34").code == 6


def test_the_brief_of_a_handover_tells_the_clocks(program: Program, told: Callable[..., str]) -> None:
    told(1, "clock", "start", "gdpr.art33", "gdpr.art34", "--trigger", "2026-03-02T10:00Z")
    told(2, "clock", "decline", "gdpr.art34", "--because", "no high risk", "--decider", "lee")
    out = told(3, "handover", "comms-lead", "--to", "mara", "--json")
    brief = json.loads(out)["brief"]
    assert "DEADLINES OF LAWS AND CONTRACTS" in brief
    assert "OVERDUE, was due 2026-03-05 10:00:00 UTC" in brief
    assert "not running: gdpr.art34 declined" in brief


def test_the_watch_reminds_whoever_has_the_clock(program: Program, clock: HandClock) -> None:
    (program.root / "roster.yaml").write_text("people: {dana: {contacts: ['textfile:state/dana.txt']}}\n")
    program.ok("open", "data-breach", "--title", "T", clock=clock)
    program.ok("ack", clock=clock)
    program.ok("clock", "start", "nis2.early-warning", clock=clock)
    clock.tick(hours=12, minutes=1)
    program.ok("watch", "--once", clock=clock)
    clock.tick(hours=13)
    program.ok("watch", "--once", clock=clock)
    told = (program.root / "state" / "dana.txt").read_text()
    assert "Half of the time of clock nis2.early-warning has passed" in told
    assert "The time of clock nis2.early-warning has passed without a filing" in told
