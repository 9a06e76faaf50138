"""`watch`: fires what is due and sends what is unsent."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from crisisctl.bootstrap import Office
from crisisctl.cli.watch import minded, refresher

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.conftest import HandClock, Program
    from tests.postgres import Server

NOTHING = {"fired": 0, "sent": 0, "failed": 0, "dropped": 0, "repaired": 0, "waiting": 0, "posted": 0, "reasons": []}


@pytest.fixture
def watched(program: Program, clock: HandClock) -> Program:
    """INC-1 was opened at 22:00 on the hand's clock; whom to notify are dana and lee."""
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee", clock=clock)
    return program


@contextmanager
def running(program: Program, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A watch as a process of its own."""
    command = [sys.executable, "-m", "crisisctl", "watch", *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=program.root, env=program.environment(), stdout=pipe, stderr=pipe, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds, a minute at most."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "it never came to pass"
        time.sleep(0.1)


def test_once_fires_what_is_due_sends_it_and_says_so(watched: Program, clock: HandClock) -> None:
    told = watched.ok("watch", "--once", "--json", clock=clock)
    assert told.json == NOTHING | {"fired": 1, "sent": 2}, "one step, and both of the workspace's ways to tell dana"
    assert "URGENT NOTICE  INC-1 sev1: Records on a forum" in told.err
    assert "Answer with: crisisctl ack -i INC-1" in told.err
    assert watched.ok("watch", "--once", clock=clock).out == "Nothing is due.\n"


def test_for_a_person_a_round_is_a_sentence(watched: Program, clock: HandClock) -> None:
    assert watched.ok("watch", "--once", clock=clock).out == "1 fired, 2 sent.\n"


def test_a_round_with_nothing_to_do_writes_no_entry(watched: Program, clock: HandClock) -> None:
    watched.ok("watch", "--once", clock=clock)
    before = watched.ok("status", "--json", clock=clock).json["version"]
    assert watched.ok("watch", "--once", "--json", clock=clock).json == NOTHING
    assert watched.ok("status", "--json", clock=clock).json["version"] == before


def test_nothing_at_all_is_due_in_a_fresh_workspace(program: Program) -> None:
    assert program.ok("watch", "--once", "--json").json == NOTHING


def test_steps_fire_at_their_due_times_however_late_the_watch(watched: Program, clock: HandClock) -> None:
    clock.tick(hours=1)
    watched.ok("watch", "--once", clock=clock)
    entries = watched.ok("timeline", "--format", "json").json["entries"]
    fired = [entry for entry in entries if entry["type"] in ("escalation.fired", "escalation.skipped")]
    assert [entry["occurred_at"][11:16] for entry in fired[:3]] == ["22:00", "22:05", "22:05"]
    assert {entry["recorded_at"][11:16] for entry in fired} == {"23:00"}
    assert all(entry["via"] == "timer" for entry in fired)


def test_what_was_sent_is_logged_with_whom_it_reached(watched: Program, clock: HandClock) -> None:
    watched.ok("watch", "--once", clock=clock)
    entries = watched.ok("timeline", "--format", "json").json["entries"]
    sent = [entry["data"] for entry in entries if entry["type"] == "notice.sent"]
    assert [(data["to"], data["contact"]) for data in sent] == [("dana", 0), ("dana", 1)]
    assert "INC-1" in (watched.root / "state" / "notices.txt").read_text()


def test_nothing_of_a_drill_leaves_the_building(program: Program, clock: HandClock) -> None:
    (program.root / "roster.yaml").write_text(
        "people: {dana: {roles: [comms-lead], contacts: ['textfile:state/pager.txt']}, lee: {roles: [legal]}}"
    )
    program.ok("open", "data-breach", "--title", "x", "--drill", clock=clock)
    told = program.ok("watch", "--once", clock=clock)
    assert "EXERCISE EXERCISE EXERCISE" in told.err
    assert not (program.root / "state" / "pager.txt").exists()


def test_a_closed_incident_is_not_paged_for(published: Program) -> None:
    for trigger in ("inform", "notify", "close"):
        published.ok("advance", trigger)
    told = published.ok("watch", "--once", "--json").json
    assert (told["sent"], told["failed"]) == (0, 0)
    assert told["dropped"] > 0


def test_a_contact_that_cannot_be_reached_is_tried_again_and_holds_up_nobody(
    program: Program, clock: HandClock
) -> None:
    (program.root / "roster.yaml").write_text(
        "people: {dana: {roles: [comms-lead], contacts: ['json://127.0.0.1:1/', 'textfile:state/pager.txt']}}"
    )
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    told = program.ok("watch", "--once", "--json", clock=clock).json
    assert (told["sent"], told["failed"]) == (1, 1)
    assert "INC-1" in (program.root / "state" / "pager.txt").read_text()
    clock.tick(seconds=6)
    assert program.ok("watch", "--once", "--json", clock=clock).json["failed"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_running_watch_fires_within_seconds_and_stops_when_asked(
    opened: Program, behind: Behind, number: signal.Signals
) -> None:
    with running(opened, "--json") as watch:
        eventually(lambda: "notice.sent" in opened.ok("timeline", "--format", "json").out)
        watch.send_signal(number)
        out, err = watch.communicate(timeout=60)
    assert watch.returncode == 0
    assert err.startswith(f"Watching {behind.place}. Stop with Ctrl-C.\n")
    assert "Traceback" not in err
    rounds = [json.loads(line) for line in out.splitlines()]
    assert all(set(one) == set(NOTHING) for one in rounds)
    assert sum(one["fired"] for one in rounds) == 1
    assert sum(one["sent"] for one in rounds) == 2


def test_while_a_watch_runs_status_warns_of_nothing(opened: Program) -> None:
    assert "No watch is running" in opened.ok("status").err
    with running(opened):
        eventually(lambda: opened.ok("status").err == "")


def test_two_watches_fire_nothing_twice(opened: Program) -> None:
    with running(opened), running(opened):
        eventually(lambda: opened.ok("timeline", "--format", "json").out.count('"notice.sent"') == 2)
        opened.ok("note", "while both run")
        time.sleep(1.5)
    told = opened.ok("timeline", "--format", "json").out
    assert (told.count('"escalation.fired"'), told.count('"notice.sent"')) == (1, 2)
    assert opened.ok("verify").code == 0


def test_a_notice_outlasts_a_broken_roster(watched: Program, clock: HandClock) -> None:
    roster = watched.root / "roster.yaml"
    good = "people: {dana: {contacts: ['textfile:told.txt']}, lee: {}}"
    roster.write_text(good)
    watched.ok("status")
    roster.write_text(good[:-1])
    for _ in range(8):
        told = watched("watch", "--once", clock=clock)
        assert told.code == 6
        assert f"dana cannot be reached until {roster} is mended." in told.err
        clock.tick(minutes=5)
    assert not (watched.root / "told.txt").exists()
    roster.write_text(good)
    watched.ok("watch", "--once", clock=clock)
    assert "INC-1 sev1: Records on a forum" in (watched.root / "told.txt").read_text()
    assert "notice.failed" not in watched.ok("timeline", "--format", "json").out


def test_calendars_are_looked_at_once_a_store_that_was_away_is_there(
    program: Program, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program.root / "roster.yaml").write_text("people: {dana: {}}\nrotas: {legal: {calendar: legal.ics}}\n")
    (program.root / "legal.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    monkeypatch.setenv("CRISISCTL_STORE", server.url)
    server.kill()
    office = Office(root=program.root)
    turn = minded(refresher(office))
    turn()
    turn()
    assert capsys.readouterr().err.count("Nothing was written") == 1
    assert not [*program.root.glob("state/calendars/*")]
    server.start()
    turn()
    office.whole.close()
    assert [*program.root.glob("state/calendars/*.ics")]
