"""`clock ics`: the clocks of an incident as a calendar, as a person and as a calendar that subscribes get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from icalendar import Calendar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import HandClock, Program

TRIGGER = ("--trigger", "2026-03-28T21:00Z")
ADVICE = "Not legal advice. Last verified on 2026-11-22; reviewed by nobody yet."


@pytest.fixture
def do(program: Program, clock: HandClock) -> Callable[..., Any]:
    """Types a line in a room whose clock stands a minute later each time."""

    def typed(*line: str, **how: Any) -> Any:
        clock.tick(minutes=1)
        return program.ok(*line, clock=clock, **how)

    return typed


@pytest.fixture
def running(do: Callable[..., Any], program: Program) -> Program:
    """INC-1 with a clock that runs, a duty, and one that waits for our own filing."""
    do("open", "data-breach", "--title", "Records; on, a forum", "--assign", "legal=lee")
    do("clock", "start", "gdpr.art33", *TRIGGER)
    do("clock", "start", "gdpr.art34", *TRIGGER)
    return program


def read(program: Program, *line: str) -> Any:
    return Calendar.from_ical(program.ok("clock", "ics", "-i", "INC-1", *line).out.encode())


def test_a_calendar_has_the_deadline_with_its_alarms_and_the_duty_without_a_time(running: Program) -> None:
    calendar = read(running)
    (event,), (duty,) = calendar.events, calendar.todos
    assert event["uid"] == "INC-1/gdpr.art33@crisisctl"
    assert event["dtstart"].to_ical() == b"20260331T210000Z"
    assert (event["sequence"], event["status"]) == (1, "CONFIRMED")
    assert [alarm["trigger"].to_ical() for alarm in event.walk("VALARM")] == [
        b"20260330T090000Z",
        b"20260331T063600Z",
        b"20260331T210000Z",
    ]
    for part in (event, duty):
        assert ADVICE in part["description"]
        assert "Source: GDPR (EU) 2016/679, Art. 3" in part["description"]
        assert "Records; on, a forum" in part["description"]
    assert (duty["uid"], "dtstart" in duty, "due" in duty) == ("INC-1/gdpr.art34@crisisctl", False, False)


def test_the_same_incident_gives_the_same_bytes_at_any_time(running: Program, do: Callable[..., Any]) -> None:
    first = running.ok("clock", "ics").out
    do("note", "something else")
    assert running.ok("clock", "ics").out == first


def test_an_amended_clock_keeps_its_name_and_moves(running: Program, do: Callable[..., Any]) -> None:
    before = read(running).events[0]
    do("clock", "start", "gdpr.art33", "--trigger", "2026-03-28T20:00Z", "--because", "seen earlier")
    after = read(running).events[0]
    assert after["uid"] == before["uid"]
    assert after["sequence"] == before["sequence"] + 1
    assert after["dtstart"].dt < before["dtstart"].dt
    assert after["dtstamp"].dt > before["dtstamp"].dt


@pytest.mark.parametrize(
    "line",
    [
        ("clock", "file", "gdpr.art33", "--to", "BfDI"),
        ("clock", "waive", "gdpr.art33", "--because", "no personal data"),
        ("clock", "decline", "gdpr.art33", "--because", "no risk"),
    ],
)
def test_what_nobody_has_to_file_any_more_is_cancelled_and_newer(
    running: Program, do: Callable[..., Any], line: tuple[str, ...]
) -> None:
    stamp = read(running).events[0]["dtstamp"].dt
    do(*line)
    event = read(running).events[0]
    assert event["status"] == "CANCELLED"
    assert event.walk("VALARM") == []
    assert event["dtstamp"].dt > stamp


def test_a_decision_that_is_privileged_shows_in_no_calendar(running: Program, do: Callable[..., Any]) -> None:
    do("clock", "decline", "gdpr.art33", "--because", "no risk", "--privileged", who="lee")
    told = running.ok("clock", "ics")
    assert "gdpr.art33" not in told.out
    assert "Not in it: gdpr.art33 (labels keep it in the room)." in told.err
    assert "gdpr.art33" in running.ok("clock", "ics", "--include", "privileged", who="lee").out
    assert running("clock", "ics", "--include", "privileged").code == 3


def test_a_drill_says_so(program: Program, do: Callable[..., Any]) -> None:
    do("open", "data-breach", "--title", "x", "--drill")
    do("clock", "start", "gdpr.art33", *TRIGGER)
    text = program.ok("clock", "ics").out
    assert "SUMMARY:EXERCISE GDPR" in text
    assert "X-WR-CALNAME:EXERCISE INC-1" in text


def test_clocks_that_are_only_proposed_never_alarm(running: Program, do: Callable[..., Any]) -> None:
    do("clock", "start", "circia.incident", *TRIGGER)
    event = next(one for one in read(running).events if "circia" in one["uid"])
    assert event.walk("VALARM") == []
    assert event["status"] == "CANCELLED"
    assert "Not applicable: proposed." in event["description"]


def test_what_has_no_time_yet_is_named_beside_the_calendar(running: Program, do: Callable[..., Any]) -> None:
    do("clock", "assess", "nis2.early-warning", "--answer", "covered=yes")
    assert "Not in it: nis2.early-warning (assessed)." in running.ok("clock", "ics").err


def test_without_a_clock_there_is_no_calendar(opened: Program) -> None:
    ran = opened("clock", "ics")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("No clock of INC-1 has a time or a duty to show. To start one: crisisctl clock start")


def test_into_a_file_it_is_written_whole_and_logged(running: Program) -> None:
    printed = running.ok("clock", "ics").out
    assert running.ok("clock", "ics", "-o", "inc.ics").err == "Written to inc.ics.\n"
    path = running.root / "inc.ics"
    assert path.read_bytes().decode() == printed
    assert path.stat().st_mode & 0o777 == 0o600
    assert running.ok("clock", "ics", "-o", "inc.ics", "--json").json == {"incident": "INC-1", "file": "inc.ics"}
    told = running.ok("timeline", "--format", "json").json["entries"]
    assert [one["type"] for one in told if one["type"].endswith(".exported")] == ["calendar.exported"] * 2
    assert told[-1]["text"].startswith("Calendar of version ")


@pytest.mark.parametrize("file", ["crisisctl.toml", "state/x.ics", "nowhere/at/all.ics"])
def test_it_takes_the_place_of_nothing_of_the_workspace(running: Program, file: str) -> None:
    version = running.ok("status", "--json").json["version"]
    assert running("clock", "ics", "-o", str(running.root / file)).code in (2, 7)
    assert running.ok("status", "--json").json["version"] == version


def test_a_restricted_incident_logs_whoever_takes_its_calendar(program: Program, do: Callable[..., Any]) -> None:
    do("open", "data-breach", "--title", "x", "--restricted")
    do("clock", "start", "gdpr.art33", *TRIGGER)
    program.ok("clock", "ics")
    kinds = [one["type"] for one in program.ok("timeline", "--format", "json").json["entries"]]
    assert "calendar.exported" in kinds


def test_json_holds_the_calendar_and_whose_clocks_are_in_it(running: Program) -> None:
    told = running.ok("clock", "ics", "--json").json
    assert told["calendar"] == running.ok("clock", "ics").out
    assert told["clocks"] == ["gdpr.art33", "gdpr.art34"]
    assert told["notice"].startswith(ADVICE)


def test_a_process_writes_lines_as_calendars_want_them(running: Program) -> None:
    ran = running.process("clock", "ics", text=False)
    assert ran.returncode == 0, ran.stderr
    raw: Any = ran.stdout
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n")
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
