"""`oncall now|next|override|gaps`, and what the rotas change in `open`, `status`, `timers`, `doctor` and `watch`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program

# The clock of these tests stands at 2026-03-28 22:00 UTC, a Saturday; in Madrid it is 23:00, and at 02:00 the clocks go
# forward. dana from Monday 16 March, kim from the 23rd, lee from the 30th at 09:00, which is then 07:00 UTC.
PEOPLE = """# who there is
people:
  dana: {roles: [comms-lead], contacts: ["console:"]}
  kim: {contacts: ["console:"]}
  lee: {roles: [legal], contacts: ["console:"]}
  sam: {}
"""
ROTA = """rotas:
  comms-lead:   # by week
    rotation: {people: [dana, kim, lee], length: 7d, starts: 2026-03-16, handover: "09:00", zone: Europe/Madrid}
"""
LEGAL = "  legal: {calendar: legal.ics, zone: Europe/Madrid}\n"
TURN = '{rotation: {people: [lee], length: 7d, starts: 2026-03-16, handover: "09:00"}}'
ROSTER = PEOPLE + ROTA


def calendar(*days: int, who: str = "lee") -> str:
    """Somebody from 09:00 to 17:00 in Madrid on these days of March and April 2026, of which 1 is 1 March."""
    events = (
        f"BEGIN:VEVENT\r\nUID:{day}\r\nSUMMARY:{who}\r\nDTSTART;TZID=Europe/Madrid:2026{_day(day)}T090000\r\n"
        f"DTEND;TZID=Europe/Madrid:2026{_day(day)}T170000\r\nEND:VEVENT\r\n"
        for day in days
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n"


def _day(day: int) -> str:
    return f"03{day:02d}" if day <= 31 else f"04{day - 31:02d}"


@pytest.fixture
def run(program: Program, clock: HandClock) -> Callable[..., Any]:
    """Runs the program by the clock of the test; the last argument may be the exit code."""
    (program.root / "roster.yaml").write_text(ROSTER)

    def ran(*arguments: str, code: int = 0, who: str = "dana") -> Any:
        told = program(*arguments, who=who, clock=clock)
        assert told.code == code, told.err
        return told

    return ran


def roster(program: Program, text: str) -> None:
    (program.root / "new").write_text(text)
    (program.root / "new").replace(program.root / "roster.yaml")


def test_now_says_who_until_when_and_why(run: Any) -> None:
    told = run("oncall", "now")
    assert told.out == "comms-lead: kim until Mon 2026-03-30 09:00 CEST (2026-03-30 07:00 UTC) (rotation)\n"
    (row,) = run("oncall", "now", "comms-lead", "--json").json["roles"]
    assert row == {
        "role": "comms-lead",
        "zone": "Europe/Madrid",
        "people": ["kim"],
        "by": "rotation",
        "from": "2026-03-28T22:00:00.000000Z",
        "until": "2026-03-30T07:00:00.000000Z",
        "from_local": "2026-03-28T23:00+01:00",
        "until_local": "2026-03-30T09:00+02:00",
    }


def test_nobody_on_call_is_said_loudly(run: Any, program: Program) -> None:
    roster(program, PEOPLE + ROTA + LEGAL)
    (program.root / "legal.ics").write_text(calendar(30))
    told = run("oncall", "now", "legal")
    assert told.out == "legal: NOBODY IS ON CALL until Mon 2026-03-30 09:00 CEST (2026-03-30 07:00 UTC)\n"
    assert "Next: crisisctl oncall override legal PERSON" in told.err
    (row,) = run("oncall", "now", "legal", "--json").json["roles"]
    assert (row["people"], row["by"]) == ([], None)


def test_what_never_ends_has_no_end(run: Any, program: Program) -> None:
    roster(program, PEOPLE + ROTA.replace("[dana, kim, lee]", "[sam]"))
    assert run("oncall", "now").out == "comms-lead: sam with no end in the year ahead (rotation)\n"
    (row,) = run("oncall", "now", "--json").json["roles"]
    assert (row["until"], row["until_local"]) == (None, None)


def test_next_lists_the_hand_overs(run: Any) -> None:
    lines = run("oncall", "next", "--days", "14").out.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["Mon", "2026-03-30", "09:00", "CEST", "2026-03-30", "07:00", "comms-lead", "lee", "rotation"],
        ["Mon", "2026-04-06", "09:00", "CEST", "2026-04-06", "07:00", "comms-lead", "dana", "rotation"],
    ]
    assert run("oncall", "next", "--days", "1").out == "No hand-over in the next 1 day.\n"
    rows = run("oncall", "next", "comms-lead", "--days", "14", "--json").json["handovers"]
    assert [(row["people"], row["from_local"]) for row in rows] == [
        (["lee"], "2026-03-30T09:00+02:00"),
        (["dana"], "2026-04-06T09:00+02:00"),
    ]


def test_gaps_are_told_and_are_no_failure(run: Any, program: Program) -> None:
    assert run("oncall", "gaps").out == "No gap in the next 30 days.\n"
    roster(program, PEOPLE + "rotas:\n" + LEGAL)
    (program.root / "legal.ics").write_text(calendar(29, 30))
    found = run("oncall", "gaps", "--days", "2", "--json").json
    # Nobody until 09:00 on the 29th, which is 07:00 UTC after the clocks went forward, then from 17:00 to 09:00.
    assert [(gap["from"][:16], gap["until"][:16]) for gap in found["gaps"]] == [
        ("2026-03-28T22:00", "2026-03-29T07:00"),
        ("2026-03-29T15:00", "2026-03-30T07:00"),
        ("2026-03-30T15:00", "2026-03-30T22:00"),
    ]
    assert found["days"] == 2
    told = run("oncall", "gaps", "--days", "2")
    assert told.out.count("legal") == 3
    assert max(map(len, told.out.splitlines())) <= 80


def test_an_override_is_written_into_the_roster_and_counts_at_once(run: Any, program: Program) -> None:
    until = "2026-03-31T09:00+02:00"
    told = run("oncall", "override", "comms-lead", "sam", "--until", until, "--because", "Kim is ill")
    times = (
        "from Sat 2026-03-28 23:00 CET (2026-03-28 22:00 UTC) until Tue 2026-03-31 09:00 CEST (2026-03-31 07:00 UTC)"
    )
    assert told.out == f"Override added: sam for comms-lead, {times} (Kim is ill).\n"
    assert (program.root / "roster.yaml").read_text() == (
        f"{ROSTER}overrides:\n"
        f"  - {{role: comms-lead, person: sam, from: 2026-03-28T23:00+01:00, until: {until}, because: Kim is ill}}\n"
    )
    assert (
        "sam until Tue 2026-03-31 09:00 CEST (2026-03-31 07:00 UTC) (override: Kim is ill)" in run("oncall", "now").out
    )
    rows = run("oncall", "next", "--json").json["handovers"]
    assert [(row["people"], row["by"]) for row in rows] == [(["lee"], "rotation"), (["dana"], "rotation")]


def test_an_override_ends_early(run: Any, program: Program, clock: HandClock) -> None:
    run("oncall", "override", "comms-lead", "sam", "--until", "2026-03-31T09:00Z", "--because", "ill")
    clock.tick(hours=3, minutes=17, seconds=40)
    told = run("oncall", "override", "comms-lead", "--end")
    assert told.out.startswith("Override ended: sam for comms-lead, from Sat 2026-03-28 23:00 CET")
    assert "until: '2026-03-29T03:17:40+02:00', because: ill}" in (program.root / "roster.yaml").read_text()
    assert run("oncall", "now", "--json").json["roles"][0]["people"] == ["kim"]
    assert "No override of comms-lead" in run("oncall", "override", "comms-lead", "--end", code=3).err


def test_an_override_may_say_how_long_it_lasts(run: Any) -> None:
    later = ("--from", "2026-04-01T09:00Z", "--until", "1d12h", "--because", "x", "--json")
    told = run("oncall", "override", "comms-lead", "sam", *later).json["override"]
    assert (told["from"][:16], told["until"][:16]) == ("2026-04-01T09:00", "2026-04-02T21:00")


def test_an_override_that_has_not_begun_is_taken_away(run: Any, program: Program) -> None:
    later = ("--from", "2026-04-01T09:00Z", "--until", "2026-04-02T09:00Z", "--because", "x")
    assert run("oncall", "override", "comms-lead", "sam", *later, "--json").json == {
        "override": {
            "role": "comms-lead",
            "person": "sam",
            "from": "2026-04-01T09:00:00.000000Z",
            "until": "2026-04-02T09:00:00.000000Z",
            "because": "x",
        },
        "done": "added",
    }
    assert run("oncall", "override", "comms-lead", "--end", "--json").json["done"] == "taken away"
    assert (program.root / "roster.yaml").read_text() == f"{ROSTER}overrides: []\n"


OVERRIDE = ("oncall", "override")
LATER = ("--until", "2026-04-02T09:00Z")
WHY = ("--because", "x")
REFUSED = [
    ((*OVERRIDE, "comms-lead"), 2, "An override also needs PERSON and --until TIME and --because WHY."),
    ((*OVERRIDE, "comms-lead", "sam", *WHY), 2, "An override also needs --until TIME."),
    ((*OVERRIDE, "comms-lead", "sam", *LATER, "--end", *WHY), 2, "--end stands alone with the role"),
    ((*OVERRIDE, "comms-lead", "tom", *LATER, *WHY), 4, "There is no person in the roster 'tom'"),
    ((*OVERRIDE, "comms", "sam", *LATER, *WHY), 4, "There is no role with a rota 'comms'. Did you mean comms-lead?"),
    ((*OVERRIDE, "comms-lead", "sam", "--until", "tomorrow", *WHY), 2, "'tomorrow' is not a time"),
    ((*OVERRIDE, "comms-lead", "sam", "--until", "2026-03-28T09:00Z", *WHY), 2, "before it begins"),
    ((*OVERRIDE, "comms-lead", "sam", *LATER, "--from", "2026-04-03T09:00Z", *WHY), 2, "before it begins"),
    (
        (*OVERRIDE, "comms-lead", "sam", "--from", "2026-03-01T09:00Z", "--until", "2026-03-02T09:00Z", *WHY),
        2,
        "It would have ended already",
    ),
    ((*OVERRIDE, "comms-lead", "sam", "--from", "9999-12-31T00:00Z", "--until", "9d", *WHY), 2, "within ten years"),
    ((*OVERRIDE, "comms-lead", "sam", "--until", "99999d", *WHY), 2, "'99999d' is longer than ten years."),
    ((*OVERRIDE, "comms-lead", "sam", "--until", "5x4h", *WHY), 2, "'5x4h' is not a duration. Write 90s"),
    ((*OVERRIDE, "comms-lead", "sam", *LATER, "--from", "2026-04-01T09:00", *WHY), 2, "has no zone"),
    ((*OVERRIDE, "comms-lead", "sam", *LATER, "--because", "a\nb"), 3, "\\x0a"),
    ((*OVERRIDE, "comms-lead", "sam", "--until", "9999-12-31T23:59Z", *WHY), 2, "within ten years"),
    ((*OVERRIDE, "comms-lead", "sam", "--from", "0001-01-01T00:00Z", *LATER, *WHY), 2, "within ten years"),
    ((*OVERRIDE, "comms-lead", "sam", *LATER, "--because", "a\x1bb"), 3, "\\x1b"),
    (("oncall", "now", "legl"), 4, "There is no role with a rota 'legl'"),
    (("oncall", "gaps", "--days", "0"), 2, "0"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), REFUSED)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    run: Any, program: Program, arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert told in run(*arguments, code=code).err
    assert (program.root / "roster.yaml").read_text() == ROSTER


def test_two_overrides_of_one_time_are_refused(run: Any, program: Program) -> None:
    run(*OVERRIDE, "comms-lead", "sam", *LATER, *WHY)
    before = (program.root / "roster.yaml").read_text()
    told = run(*OVERRIDE, "comms-lead", "lee", *LATER, *WHY, code=3).err
    assert "sam takes over comms-lead from 2026-03-28 22:00 to 2026-04-02 09:00 UTC already" in told
    assert "crisisctl oncall override comms-lead --end" in told
    assert (program.root / "roster.yaml").read_text() == before


def test_without_rotas_there_is_nothing_to_tell(run: Any, program: Program) -> None:
    roster(program, PEOPLE)
    assert "has no rotas. Write `rotas:` into it" in run("oncall", "now", code=6).err


SLIP = ROSTER.replace("7d", "soon")


def test_a_slip_stops_whoever_asks_for_the_rota_and_not_the_room(run: Any, program: Program) -> None:
    run("oncall", "now")
    roster(program, SLIP)
    for words in (("now",), ("next",), ("gaps",), ("now", "--json")):
        told = run("oncall", *words, code=6)
        assert told.out == ""
        assert told.err.count("roster.yaml:9: rotas.comms-lead.rotation.length: 'soon' is no length of a shift") == 1
        assert "known last" not in told.err
    told = run("open", "data-breach", "--title", "x", "--json", who="dana")
    assert told.json["incident"] == "INC-1"
    assert "Until it is mended, the rotas known last count." in told.err
    assert "comms-lead: kim" in run("status").out
    assert "'soon' is no length" in run(*OVERRIDE, "comms-lead", "sam", *LATER, *WHY, code=6).err
    assert (program.root / "roster.yaml").read_text() == SLIP
    checks = run("doctor", "--json", code=6).json["checks"]
    assert ["'soon' is no length" in check["what"] for check in checks if check["state"] == "error"] == [True]


SLIPS = {
    "people: {dana: {roles: x}}\n" + ROTA: "people.dana.roles: write a list",
    PEOPLE + ROTA.replace("[dana, kim, lee]", "[]"): "rotas.comms-lead.rotation.people: write a list of at least one",
    PEOPLE + ROTA.replace("lee]", "tom]"): "rotas.comms-lead.rotation.people[2]: 'tom' is not among the people",
}


@pytest.mark.parametrize("text", SLIPS)
def test_no_slip_is_passed_over_for_the_copy_that_was_good(run: Any, program: Program, text: str) -> None:
    run("oncall", "now")
    roster(program, text)
    told = run("oncall", "now", code=6).err
    assert "roster.yaml" in told
    assert SLIPS[text] in told


def test_all_slips_of_the_rotas_are_told_in_one_run(run: Any, program: Program) -> None:
    def change(day: int, person: str = "sam") -> str:
        limits = f"from: 2026-04-0{day}T09:00Z, until: 2026-04-0{day + 2}T09:00Z"
        return f"  - {{role: comms-lead, person: {person}, {limits}, because: x}}\n"

    rest = f"{LEGAL.replace('Europe/Madrid', 'Madrid')}overrides:\n{change(1)}{change(2)}{change(5, 'tom')}"
    roster(program, PEOPLE + ROTA.replace("7d", "soon") + rest)
    lines = run("oncall", "gaps", code=6).err.splitlines()
    places = [line.partition("roster.yaml:")[2].partition(": ")[2].partition(": ")[0] for line in lines]
    assert places == ["rotas.comms-lead.rotation.length", "rotas.legal.zone", "overrides[2].person", "overrides[1]"]


def test_a_roster_that_is_gone_lets_no_stranger_in(run: Any, program: Program) -> None:
    run("oncall", "now")
    (program.root / "roster.yaml").unlink()
    told = run("open", "data-breach", "--title", "x")
    assert "roster.yaml is gone; put it back, or remove" in told.err
    assert "comms-lead: kim" in told.out
    assert "There is no person in the roster 'tom'" in run("assign", "legal", "tom", code=4).err
    assert "is gone; put it back" in run("oncall", "now", code=6).err
    errors = [check["what"] for check in run("doctor", "--json", code=6).json["checks"] if check["state"] == "error"]
    assert ["is gone" in what for what in errors] == [True]
    (program.root / "state" / "roster.json").unlink()
    assert "is gone" not in run("assign", "legal", "tom").err
    assert "has no rotas" in run("oncall", "now", code=6).err


def test_an_override_begins_and_ends_to_the_second(run: Any, program: Program, clock: HandClock) -> None:
    clock.tick(seconds=40)
    told = run(*OVERRIDE, "comms-lead", "sam", "--until", "30s", *WHY)
    assert "from Sat 2026-03-28 23:00:40 CET (2026-03-28 22:00:40 UTC) until Sat 2026-03-28 23:01:10 CET" in told.out
    assert run("oncall", "now", "--json").json["roles"][0]["people"] == ["sam"]
    clock.tick(seconds=30)
    assert run("oncall", "now", "--json").json["roles"][0]["people"] == ["kim"]


def test_status_of_a_restricted_incident_says_how_to_let_in_who_is_on_call(
    run: Any, program: Program, clock: HandClock
) -> None:
    roster(program, PEOPLE + ROTA + f"  legal: {TURN}\n  deputy-comms: {TURN}\n")
    run("open", "data-breach", "--title", "x", "--restricted", "--assign", "comms-lead=dana")
    remedy = "legal: nobody (on call: lee, who is not in it: crisisctl access grant lee)"
    assert remedy in run("status").out
    clock.tick(hours=1)
    run("watch", "--once")
    assert "nobody in the incident holds deputy-comms; lee is on call, but not in it" in run("timeline").out
    run("access", "grant", "lee", "--because", "on call")
    assert "legal: nobody (on call: lee)" in run("status").out


def test_a_slip_from_the_start_is_told_and_people_still_open(run: Any, program: Program) -> None:
    roster(program, SLIP)
    assert "'soon' is no length of a shift" in run("oncall", "now", code=6).err
    run("open", "data-breach", "--title", "x")
    assert "comms-lead: dana" in run("status").out


def test_the_first_role_goes_to_whoever_is_on_call(run: Any) -> None:
    assert "  comms-lead: kim\n" in run("open", "data-breach", "--title", "x", who="dana").out
    told = run("open", "data-breach", "--title", "x", "--assign", "comms-lead=lee", who="dana")
    assert "  comms-lead: lee\n" in told.out


def test_where_nobody_is_on_call_the_opener_takes_the_first_role(run: Any, program: Program) -> None:
    roster(program, PEOPLE + ROTA.replace("2026-03-16", "2026-04-16"))
    assert "  comms-lead: sam\n" in run("open", "data-breach", "--title", "x", who="sam").out


def test_status_says_who_is_on_call_for_a_required_role_that_nobody_holds(run: Any, program: Program) -> None:
    roster(program, PEOPLE + ROTA + LEGAL)
    (program.root / "legal.ics").write_text(calendar(29))
    run("open", "data-breach", "--title", "x")
    assert "  legal: nobody\n" in run("status").out
    assert "on_call" not in run("status", "--json").json
    (program.root / "legal.ics").write_text(calendar(28).replace("T170000", "T235959"))
    assert "  legal: nobody (on call: lee)\n" in run("status").out
    assert run("status", "--json").json["on_call"] == {"legal": ["lee"]}
    run("assign", "legal", "sam")
    assert "  legal: sam\n" in run("status").out


def test_timers_and_steps_reach_who_is_on_call(run: Any, program: Program, clock: HandClock) -> None:
    roster(program, PEOPLE + ROTA + LEGAL)
    (program.root / "legal.ics").write_text(calendar(28).replace("T170000", "T235959"))
    run("open", "data-breach", "--title", "x")
    ahead = run("timers", "--json").json["timers"]
    # At 22:15, 22:50 and, after midnight in Madrid, 23:25 UTC.
    legal = [row["reaches"] for row in ahead if "notify legal" in row["what"]]
    assert legal == [["lee", "kim"], ["lee", "kim"], ["kim"]]
    clock.tick(minutes=16)
    run("note", "nobody answers")
    entries = run("timeline", "--format", "json").json["entries"]
    told = [entry["data"] for entry in entries if entry["type"] == "escalation.fired"]
    assert [data["reached"] for data in told if "legal" in data["roles"]] == [["lee", "kim"]]


def test_doctor_tells_of_gaps_strangers_and_people_who_cannot_be_reached(run: Any, program: Program) -> None:
    roster(program, PEOPLE + ROTA.replace("kim, lee", "sam") + LEGAL + "  speaker: {calendar: legal.ics}\n")
    (program.root / "legal.ics").write_text(calendar(30, who="Somebody"))
    checks = run("doctor", "--json").json["checks"]
    said = [check["what"] for check in checks if check["state"] == "warning"]
    whole = (
        "from Sat 2026-03-28 23:00 CET (2026-03-28 22:00 UTC) until Sun 2026-04-26 00:00 CEST (2026-04-25 22:00 UTC)"
    )
    assert f"nobody is on call for legal {whole}" in said
    event = "the event 'Somebody' of 2026-03-30 07:00 UTC names nobody in the roster"
    assert f"the calendar of legal: {event}" in said
    assert any(what.startswith("sam is on call for comms-lead from Sat 2026-03-28 23:00 CET") for what in said)
    assert "no playbook has the role speaker, which has a rota" in said


def test_doctor_is_content_with_a_rota_without_gaps(run: Any) -> None:
    checks = run("doctor", "--json").json["checks"]
    assert [check["what"] for check in checks if "on call" in check["what"]] == []


def test_a_broken_calendar_is_told_and_its_last_good_copy_counts(run: Any, program: Program, clock: HandClock) -> None:
    roster(program, PEOPLE + "rotas:\n" + LEGAL)
    (program.root / "legal.ics").write_text(calendar(29))
    run("oncall", "now")
    clock.tick(hours=10)  # 29 March 08:00 UTC, 10:00 in Madrid
    (program.root / "legal.ics").write_text("oops")
    told = run("oncall", "now")
    assert told.out == "legal: lee until Sun 2026-03-29 17:00 CEST (2026-03-29 15:00 UTC) (calendar)\n"
    assert "The calendar of legal (legal.ics): it is broken" in told.err
    assert "the copy of 2026-03-28 22:00 UTC is in use" in told.err
    (trouble,) = run("oncall", "gaps", "--json").json["calendars"]
    assert (trouble["role"], trouble["copy_of"]) == ("legal", "2026-03-28T22:00:00.000000Z")
    assert any(
        check["state"] == "warning" and "the calendar of legal (legal.ics): it is broken" in check["what"]
        for check in run("doctor", "--json").json["checks"]
    )


def test_a_calendar_that_was_never_there_is_an_error(run: Any, program: Program) -> None:
    roster(program, PEOPLE + "rotas:\n" + LEGAL)
    told = run("doctor", code=6)
    assert "ERROR   the calendar of legal (legal.ics): it is missing" in told.out
    assert "The calendar of legal (legal.ics): it is missing; there is no copy of it" in run("oncall", "now").err


def test_the_clock_of_these_tests_stands_where_they_say(clock: HandClock) -> None:
    assert clock.time == datetime(2026, 3, 28, 22, tzinfo=UTC)
