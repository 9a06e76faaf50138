"""`clock`: deadlines outside an incident, as a person and as a script ask for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.conftest import Program

pytestmark = ON_FILE  # no clock outside an incident asks the log

DATA = Path(__file__).parent.parent / "data"
ADVICE = "Not legal advice. Last verified on 2026-11-22; reviewed by nobody yet."
AT_18 = ("--trigger", "2026-10-23T18:00", "--zone", "Europe/Berlin")
OWN = """\
regimes:
  acme:
    title: Contract with Acme
    status: contract
    last_verified: 2026-10-01
    reviewed_by: Kim Lee
    clocks:
      notice:
        names: [acme_24h]
        title: Tell Acme
        start: aware
        rule: {hours: 24}
        recipient: security@acme.example
        citation: clause 14.2
  gdpr:
    clocks:
      art34: {target: {hours: 72}}
calendars:
  SEC:
    closures:
      2026-12-24: {name: executive order, closed: true, source: sec.gov}
"""


def own(program: Program, text: str = OWN) -> None:
    (program.root / "clocks.yaml").write_text(text)


def test_a_deadline_comes_with_its_derivation(program: Program) -> None:
    out = program.ok("clock", "compute", "gdpr.art33", *AT_18).out
    assert "Due: 2026-10-26T17:00:00+01:00 (Monday; 2026-10-26 16:00:00 UTC)" in out
    assert "Legal limit: 2026-10-26T18:00:00+01:00 (Monday)" in out
    assert "counted on UTC" in out
    assert "GDPR (EU) 2016/679, Art. 33(1)" in out
    assert ADVICE in out


def test_json_holds_the_deadline_as_the_place_shows_it_and_in_utc(program: Program) -> None:
    found = program.ok("clock", "compute", "gdpr.art33", *AT_18, "--json").json
    assert found["clock"] == "gdpr.art33"
    assert found["kind"] == "instant"
    assert found["due"] == found["strict"] == "2026-10-26T17:00:00+01:00"
    assert found["due_utc"] == "2026-10-26T16:00:00.000000Z"
    assert found["legal"] == "2026-10-26T18:00:00+01:00"
    assert found["alarms"] is True
    assert found["derivation"]
    assert found["notice"].startswith(ADVICE)


@pytest.mark.parametrize(
    ("line", "due"),
    [
        (["gdpr.art33", *AT_18, "--mode", "reg1182"], "2026-10-26T18:00:00+01:00"),
        (["GDPR art33_sa_72h", *AT_18], "2026-10-26T17:00:00+01:00"),
        (["SEC form_8k_item_1_05", "--trigger", "2026-11-18T10:00:00-05:00"], "2026-11-24T17:30:00-05:00"),
        (["gdpr.art33", "--trigger", "2026-10-25T02:30", "--zone", "Europe/Berlin"], "2026-10-28T01:30:00+01:00"),
        (
            ["gdpr.art33", "--trigger", "2026-10-25T02:30", "--zone", "Europe/Berlin", "--fold", "later"],
            "2026-10-28T02:30:00+01:00",
        ),
        (
            ["dora.initial", "--trigger", "2026-11-16T14:00+01:00", "--input", "aware=2026-11-16T08:00+01:00"],
            "2026-11-16T18:00:00+01:00",
        ),
        (
            ["nis2.final", "--trigger", "2026-12-06T12:00+01:00", "--mode", "reg1182", "--input", "calendar=DE-BY"],
            "2027-01-07T23:59:59+01:00",
        ),
        (["CIRCIA incident_72h", "--trigger", "2026-11-21T08:00-07:00"], "2026-11-24T08:00:00-07:00"),
    ],
)
def test_every_option_is_heard(program: Program, line: list[str], due: str) -> None:
    assert program.ok("clock", "compute", *line, "--json").json["due"] == due


def test_a_time_that_comes_twice_is_said_to(program: Program) -> None:
    ran = program.ok("clock", "compute", "gdpr.art33", "--trigger", "2026-10-25T02:30", "--zone", "Europe/Berlin")
    assert "comes twice; the earlier was taken" in ran.err
    told = program.ok(
        "clock", "compute", "gdpr.art33", "--trigger", "2026-10-25T02:30+01:00", "--zone", "Europe/Berlin"
    )
    assert told.err == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["gdpr.art34", "--trigger", "2026-10-23T18:00Z"], "No number: the duty is in words."),
        (["nis2.final-ongoing", "--trigger", "2026-10-23T18:00Z"], "Not started."),
        (["cra.vuln-final", "--trigger", "2026-09-10T18:00Z"], "Not applicable."),
        (["sec.filing-timeliness", "--trigger", "2026-11-24T18:05-05:00"], "Late."),
        (["sec.filing-timeliness", "--trigger", "2026-11-24T17:05-05:00"], "In time."),
    ],
)
def test_what_is_no_instant_is_said_in_words_and_never_as_a_number(
    program: Program, line: list[str], told: str
) -> None:
    ran = program.ok("clock", "compute", *line)
    assert told in ran.out
    assert "Due:" not in ran.out
    assert program.ok("clock", "compute", *line, "--json").json["due"] is None


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (["gpdr.art33", "--trigger", "2026-10-23T18:00Z"], 4, "Did you mean gdpr.art33"),
        (["gdpr", "--trigger", "2026-10-23T18:00Z"], 2, "Say which: gdpr.art33, gdpr.art33-2"),
        (["gdpr.art33", "--trigger", "2026-10-23T18:00"], 3, "has no zone, so it could be any hour"),
        (
            ["gdpr.art33", "--trigger", "2026-03-29T02:30", "--zone", "Europe/Berlin"],
            3,
            "does not exist in Europe/Berlin",
        ),
        (["gdpr.art33", "--trigger", "now", "--zone", "Europe/Berlin"], 3, "'now' is not a time"),
        (["gdpr.art33", "--trigger", "2026-10-23T18:00", "--zone", "Europe/Berln"], 4, "Did you mean Europe/Berlin"),
        (["sec.8k-1.05", "--trigger", "2126-10-23T18:00Z"], 3, "covers 1777 to 2100"),
        (["gdpr.art33", "--trigger", "9999-12-30T18:00Z"], 3, "beyond the calendar"),
        (["gdpr.art33", *AT_18, "--mode", "lax"], 2, "--mode is strict, reg1182 or relief, not 'lax'"),
        (["gdpr.art33", *AT_18, "--fold", "both"], 2, "--fold is earlier or later, not 'both'"),
        (["gdpr.art33", *AT_18, "--input", "colour"], 2, "is not NAME=VALUE"),
        (["gdpr.art33", *AT_18, "--input", "colour=red"], 2, "gdpr.art33 does not look at 'colour'"),
        (["dora.initial", "--trigger", "2026-10-23T18:00Z"], 3, "Give it: --input aware=TIME"),
        (["cps234.weakness", "--trigger", "2026-10-23T18:00Z"], 3, "no calendar is known for UTC"),
        (["nis2.final", *AT_18, "--mode", "reg1182", "--input", "calendar=XX"], 4, "There is no calendar 'XX'"),
        (["gdpr.art33"], 2, "--trigger"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_the_reason(
    program: Program, line: list[str], code: int, told: str
) -> None:
    ran = program("clock", "compute", *line)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err


def test_no_workspace_is_needed(program: Program, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    ran = program.process(
        "clock", "compute", "gdpr.art33", *AT_18, cwd=alone, env={"PYTHONPATH": str(DATA.parent.parent)}
    )
    assert ran.returncode == 0, ran.stderr
    assert "2026-10-26T17:00:00+01:00" in ran.stdout
    assert not list(alone.iterdir())


def test_a_workspace_that_is_told_must_be_there(program: Program) -> None:
    ran = program.process("--workspace", "/nowhere", "clock", "list")
    assert (ran.returncode, "/nowhere is no workspace" in ran.stderr) == (4, True)


def test_nothing_is_written(program: Program) -> None:
    before = sorted(program.root.rglob("*"))
    program.ok("clock", "compute", "gdpr.art33", *AT_18)
    program.ok("clock", "check", str(DATA / "deadlines.json"))
    assert sorted(program.root.rglob("*")) == before


def test_the_list_shows_every_clock_in_80_columns(program: Program) -> None:
    ran = program.ok("clock", "list")
    assert all(len(line) <= 80 for line in ran.out.splitlines() if "Not legal" not in line)
    assert ADVICE in ran.out
    document = program.ok("clock", "list", "--json").json
    assert len(document["clocks"]) > 70
    assert document["notice"].startswith(ADVICE)
    for clock in document["clocks"]:
        assert clock["id"] in ran.out
        assert clock["citation"], clock["id"]
        assert clock["recipient"], clock["id"]
        assert clock["jurisdiction"], clock["id"]
        assert clock["last_verified"] == "2026-11-22"


def test_the_list_can_be_of_one_regime(program: Program) -> None:
    found = program.ok("clock", "list", "uk gdpr", "--json").json["clocks"]
    assert [clock["id"] for clock in found] == ["uk-gdpr.art33", "uk-gdpr.art33-2", "uk-gdpr.art34"]
    ran = program("clock", "list", "gpdr")
    assert (ran.code, "gdpr" in ran.err.partition("Did you mean")[2]) == (4, True)


def test_what_a_clock_hangs_on_is_explained(program: Program) -> None:
    out = program.ok("clock", "explain", "dora.intermediate").out
    assert "It starts with initial_submitted: we have submitted the initial notification." in out
    assert "our own filing of dora.initial" in out
    assert "It runs: 72 elapsed hours." in out
    assert "credit_institution" in out
    assert ADVICE in out
    found = program.ok("clock", "explain", "dora.initial", "--json").json
    assert found["rule"]["late"] == {
        "unit": "hours",
        "number": 4,
        "after": "",
        "first_day": False,
        "year_end": False,
        "at": "",
    }
    assert found["sentences"]


@pytest.mark.parametrize("file", ["deadlines.json", "deadlines_by_hand.yaml"])
def test_the_worked_cases_come_out(program: Program, file: str) -> None:
    ran = program.ok("clock", "check", str(DATA / file))
    assert "cases checked, 0 differences." in ran.out
    assert ADVICE in ran.out
    assert program.ok("clock", "check", str(DATA / file), "--json").json["differences"] == []


def cases(program: Program, *rows: dict[str, Any]) -> str:
    file = program.root / "cases.json"
    file.write_text(json.dumps(rows))
    return str(file)


ROW = {
    "id": "ours-1",
    "regime": "GDPR",
    "clock": "art33_sa_72h",
    "trigger": "2026-11-20T12:00:00+01:00",
    "tz": "Europe/Berlin",
}


def test_a_difference_is_printed_with_its_derivation_and_ends_with_8(program: Program) -> None:
    file = cases(
        program, ROW | {"expected": "2026-11-23T13:00:00+01:00"}, ROW | {"expected": "2026-11-23T12:00:00+01:00"}
    )
    ran = program("clock", "check", file)
    assert ran.code == 8
    assert "ours-1: time is 2026-11-23T12:00:00+01:00, expected 2026-11-23T13:00:00+01:00" in ran.out
    assert "72 elapsed hours after" in ran.out
    assert "2 cases checked, 1 difference." in ran.out
    found = program("clock", "check", file, "--json")
    assert found.code == 8
    assert [one["id"] for one in found.json["differences"]] == ["ours-1"]


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        ("cases.json", "[{", 6, "cases.json:1:3: this is no JSON"),
        ("cases.json", "[]", 6, "There is no case in it."),
        ("cases.json", '[{"id": "a"}]', 6, "Case 1 (a): it names no regime."),
        ("cases.json", "\xff\xfe", 6, "cases.json"),
        ("cases.yaml", "cases: [", 6, "cases.yaml:"),
        ("cases.yaml", "- {regime: GDPR, expected: soon}", 6, "Case 1: expected is not a time."),
        ("other.json", None, 4, "is not there, or is no file"),
    ],
)
def test_a_file_of_cases_that_cannot_be_read_is_refused(
    program: Program, name: str, content: str | None, code: int, told: str
) -> None:
    if content is not None:
        (program.root / name).write_text(content, encoding="latin-1")
    ran = program("clock", "check", str(program.root / name))
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err


def test_a_case_prints_what_it_holds_safely(program: Program) -> None:
    file = cases(program, ROW | {"id": "\x1b[31mred", "expected": "2026-11-23T13:00:00+01:00", "clock": "\x1b[2J"})
    ran = program("clock", "check", file)
    assert ran.code == 8
    assert "\x1b" not in ran.out + ran.err


def test_clocks_of_ones_own_stand_beside_the_shipped_ones(program: Program) -> None:
    own(program)
    found = program.ok("clock", "compute", "acme.notice", *AT_18, "--json").json
    assert (found["due"], found["status"], found["alarms"]) == ("2026-10-24T18:00:00+02:00", "contract", True)
    assert found["notice"] == "Not legal advice. Last verified on 2026-10-01; reviewed by Kim Lee. Ask your counsel."
    assert program.ok("clock", "compute", "contract with acme 24h", *AT_18, "--json").json["clock"] == "acme.notice"


def test_a_shipped_clock_can_be_changed_in_part(program: Program) -> None:
    own(program)
    found = program.ok("clock", "compute", "gdpr.art34", *AT_18, "--json").json
    assert (found["kind"], found["due"], found["target"]) == ("qualitative", None, "2026-10-26T17:00:00+01:00")


def test_a_closure_announced_at_short_notice_can_be_added(program: Program) -> None:
    line = ("clock", "compute", "sec.8k-1.05", "--trigger", "2026-12-18T10:00-05:00", "--json")
    assert program.ok(*line).json["due"] == "2026-12-24T17:30:00-05:00"
    own(program)
    assert program.ok(*line).json["due"] == "2026-12-28T17:30:00-05:00"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("regimes: [", "clocks.yaml:1:"),
        ("regimes:\n  acme:\n    title: Acme\n", "clocks.yaml:2:3: regimes.acme has no clocks; add clocks."),
        (OWN.replace("hours: 24", "hours: many"), "clocks.yaml:12:23: regimes.acme.clocks.notice.rule.hours is text"),
        (OWN.replace("rule:", "rull:"), "write rule"),
        (OWN.replace("status: contract", "status: signed"), "cannot be 'signed'"),
        (OWN.replace("title: Tell Acme", "zone: Mars/Olympus"), "is not a time zone"),
    ],
)
def test_a_broken_file_of_clocks_names_the_place_and_the_remedy(program: Program, text: str, told: str) -> None:
    own(program, text)
    ran = program("clock", "compute", "gdpr.art33", *AT_18)
    assert (ran.code, ran.out) == (6, "")
    assert told in ran.err


def named(program: Program, *clocks: str) -> None:
    """The playbook of the workspace names these clocks."""
    file = program.root / "playbooks" / "data-breach.yaml"
    text = "\n".join(line for line in file.read_text().splitlines() if not line.startswith("clocks:"))
    file.write_text(f"{text}\nclocks: [{', '.join(clocks)}]\n")


def test_a_playbook_that_names_an_unknown_clock_is_warned_of(program: Program) -> None:
    named(program, "gdpr.art33", "gpdr.art34")
    findings = program("playbook", "check", "data-breach", "--json").json["findings"]
    [found] = [finding for finding in findings if "clock" in finding["rule"]]
    assert (found["level"], found["rule"]) == ("warning", "unknown-clock")
    assert found["remedy"] == "write gdpr.art34"


def test_a_clock_of_ones_own_is_known_to_playbooks(program: Program) -> None:
    own(program)
    named(program, "gdpr.art33", "acme.notice")
    findings = program.ok("playbook", "check", "data-breach", "--json").json["findings"]
    assert [finding for finding in findings if "clock" in finding["rule"]] == []


def test_a_broken_file_of_clocks_stops_no_incident(program: Program) -> None:
    own(program, "regimes: [")
    named(program, "gdpr.art33")
    program.ok("open", "data-breach", "--title", "Records on a forum")
    program.ok("status")


def test_the_commands_that_hurry_read_no_clock(program: Program) -> None:
    shutil.copy(DATA / "deadlines.json", program.root / "clocks.yaml")  # would be refused if it were read
    program.ok("open", "data-breach", "--title", "Records on a forum")
    for line in (["note", "x"], ["status"], ["ack"], ["timers"]):
        program.ok(*line)


def test_a_fact_of_a_clocks_name_that_is_no_time_is_not_taken_for_one(program: Program) -> None:
    named(program, "dora.initial")
    file = program.root / "playbooks" / "data-breach.yaml"
    new = "facts:\n  classified_major_at: {type: datetime, ask: When?}\n"
    file.write_text(file.read_text().replace("aware_at: {type: datetime,", "aware: {").replace("facts:\n", new, 1))
    every = program("playbook", "check", "data-breach", "--json").json["findings"]
    [found] = [one for one in every if "clock" in one["rule"]]
    assert (found["rule"], found["remedy"]) == ("clock-without-fact", "write type: datetime for the fact aware")
    program.ok("open", "data-breach", "--title", "Records on a forum")
    program.ok("fact", "set", "aware", "on Sunday evening")
    program.ok("fact", "set", "classified_major_at", "2026-03-01T10:00Z")
    assert "also counts from aware" in program.ok("timeline").out
