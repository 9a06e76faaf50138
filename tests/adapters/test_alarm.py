"""The running watch, as a process: it rings in time, stops when asked, and a kill costs nothing."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.alarm import beside, ring
from crisisctl.domain.errors import StoreFailed
from crisisctl.service.watch import Round

QUICK = """
playbook: quick
title: A ladder that climbs every second
severities: [sev1]
roles: {lead: {}, deputy: {}, boss: {}}
initial: on
stages: {on: {escalation: ladder}, off: {final: true}}
transitions: [{trigger: stop, from: on, to: off}]
escalations:
  ladder:
    repeat: {times: 1, every: 1s}
    steps:
      - {after: 0s, notify: [lead]}
      - {after: 1s, notify: [deputy]}
      - {after: 2s, notify: [boss]}
"""
ROSTER = """
people:
  ann: {contacts: ["textfile:told/ann.txt"]}
  bob: {contacts: ["textfile:told/bob.txt"]}
  cy: {contacts: ["textfile:told/cy.txt"]}
"""
STEPS = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
PATIENCE = 90  # seconds; for a machine that is busy with much else
Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def quick(program: Any) -> Any:
    """A workspace with the quick ladder and three people with a file each."""
    (program.root / "playbooks" / "quick.yaml").write_text(QUICK)
    (program.root / "roster.yaml").write_text(ROSTER)
    return program


def _open(quick: Any) -> None:
    seats = [part for seat in ("lead=ann", "deputy=bob", "boss=cy") for part in ("--assign", seat)]
    quick.ok("open", "quick", "--title", "Now", *seats, who="ann")


@pytest.fixture
def start(quick: Any) -> Iterator[Start]:
    """Starts a watch; none outlives the test."""
    watches = []

    def run() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "crisisctl", "watch"]
        watch = subprocess.Popen(
            command,
            cwd=quick.root,
            env=quick.environment("ann"),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        watches.append(watch)
        return watch

    yield run
    for watch in watches:
        watch.kill()
        watch.communicate()


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def _fired(quick: Any) -> list[dict[str, Any]]:
    entries = quick.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    return [entry for entry in entries if entry["type"] == "escalation.fired"]


def _steps(quick: Any) -> list[tuple[int, int]]:
    return [(entry["data"]["round"], entry["data"]["step"]) for entry in _fired(quick)]


def _kinds(quick: Any) -> list[str]:
    """Read without the program, so that looking fires nothing and writes nothing."""
    path = quick.root / "state" / "crisisctl.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("SELECT type FROM entry ORDER BY position")]


def _told(quick: Any) -> dict[str, list[str]]:
    """The keys of the notices that each person has."""
    files = sorted((quick.root / "told").glob("*.txt"))
    return {file.stem: re.findall(r"[0-9a-f]{12}", file.read_text()) for file in files}


def _instants(quick: Any, name: str) -> list[datetime]:
    return [datetime.fromisoformat(entry[name]) for entry in _fired(quick)]


def test_each_step_fires_at_its_time_and_is_delivered(quick: Any, start: Start) -> None:
    watch = start()
    _open(quick)
    _until(lambda: _kinds(quick).count("notice.sent") == len(STEPS))
    assert _steps(quick) == STEPS
    due = _instants(quick, "occurred_at")
    assert [(at - due[0]).total_seconds() for at in due] == [0, 1, 2, 3, 4, 5]
    assert all(recorded >= at for recorded, at in zip(_instants(quick, "recorded_at"), due, strict=True))
    assert {name: len(set(keys)) for name, keys in _told(quick).items()} == {"ann": 2, "bob": 2, "cy": 2}
    assert watch.poll() is None
    quick.ok("verify")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_asked_to_with_nothing_half_done(quick: Any, start: Start, number: signal.Signals) -> None:
    _open(quick)
    watch = start()
    _until(lambda: "escalation.fired" in _kinds(quick))
    watch.send_signal(number)
    out, error = watch.communicate(timeout=PATIENCE)
    assert (watch.returncode, "Traceback" in error) == (0, False)
    assert "fired" in out
    quick.ok("verify")


def test_after_a_kill_the_next_watch_fires_what_was_missed_once(quick: Any, start: Start) -> None:
    _open(quick)
    watch = start()
    _until(lambda: "notice.sent" in _kinds(quick))
    watch.kill()
    watch.communicate()
    before = len(_kinds(quick))
    _until(lambda: datetime.now(UTC) > _instants(quick, "occurred_at")[0] + timedelta(seconds=6))
    assert len(_kinds(quick)) == before
    start()
    _until(lambda: _kinds(quick).count("escalation.fired") == len(STEPS))
    _until(lambda: len(_told(quick)) == 3)
    assert _steps(quick) == STEPS
    due = _instants(quick, "occurred_at")
    assert [(at - due[0]).total_seconds() for at in due] == [0, 1, 2, 3, 4, 5]
    quick.ok("verify")


def test_kills_at_any_moment_lose_and_double_nothing(quick: Any, start: Start) -> None:
    _open(quick)
    for pause in (0.3, 0.7, 0.9, 1.1, 1.3, 1.5):
        watch = start()
        time.sleep(pause)
        watch.kill()
        watch.communicate()
    start()
    _until(lambda: _kinds(quick).count("escalation.fired") == len(STEPS))
    _until(lambda: len(_told(quick)) == 3)
    assert _steps(quick) == STEPS
    sent = [kind for kind in _kinds(quick) if kind == "notice.sent"]
    _until(lambda: _quiet(quick))
    assert len(sent) <= sum(len(keys) for keys in _told(quick).values())
    quick.ok("verify")


def _quiet(quick: Any) -> bool:
    """Whether every notice has been settled."""
    with closing(sqlite3.connect(f"file:{quick.root / 'state' / 'crisisctl.db'}?mode=ro", uri=True)) as db:
        return bool(db.execute("SELECT count(*) FROM outbox").fetchone() == (0,))


def test_a_round_that_fails_is_told_and_the_watch_goes_on(quick: Any, start: Start) -> None:
    """The first incident cannot be read any more; the second one's people are told all the same."""
    _open(quick)
    with closing(sqlite3.connect(quick.root / "state" / "crisisctl.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER entry_changes_by_redaction_only")
        db.execute("UPDATE entry SET data = '[]'")
        db.execute("UPDATE head SET snapshot = ''")
    _open(quick)
    watch = start()
    _until(lambda: len(_told(quick)) == 3)
    watch.send_signal(signal.SIGTERM)
    _, error = watch.communicate(timeout=PATIENCE)
    assert watch.returncode == 0
    assert "INC-1" in error
    assert "Traceback" not in error


def test_a_watch_started_before_there_is_a_log_finds_it(quick: Any, start: Start) -> None:
    assert not Path(quick.root / "state" / "crisisctl.db").exists()
    watch = start()
    _until(lambda: Path(quick.root / "state" / "crisisctl.db").exists())
    _open(quick)
    _until(lambda: len(_told(quick)) == 3)
    assert watch.poll() is None


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


SIGNALS = """
import os, signal, threading, time
from crisisctl.adapters.alarm import asked_to_stop

def send():
    time.sleep(0.0003)
    os.kill(os.getpid(), signal.SIGTERM)

for number in range(4000):
    asked = asked_to_stop()
    threading.Thread(target=send).start()
    while not asked(0.00001):
        pass
"""


IN_A_ROUND = """
import os, signal, time
from datetime import UTC, datetime, timedelta
from crisisctl.adapters.alarm import ring
from crisisctl.service.watch import Round

def tick():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1.5)
    return Round(fired=1)

ring(tick, Round, lambda: datetime.now(UTC) + timedelta(hours=1), print, print)
"""


def test_a_signal_during_a_round_is_heard_and_the_round_is_finished() -> None:
    told = subprocess.run(
        [sys.executable, "-c", IN_A_ROUND], check=True, timeout=PATIENCE, capture_output=True, text=True
    )
    assert "fired=1" in told.stdout
    assert told.stderr == ""


def test_a_signal_at_any_instant_is_heard() -> None:
    subprocess.run([sys.executable, "-c", SIGNALS], check=True, timeout=PATIENCE)


def test_what_is_done_beside_ends_with_it_and_holds_nobody_up() -> None:
    turns: list[float] = []
    with beside(lambda: turns.append(time.monotonic())):
        _until(lambda: len(turns) == 2)
    begun = time.monotonic()
    with beside(lambda: time.sleep(60)):
        time.sleep(1.5)
    assert time.monotonic() - begun < 30


def test_whatever_fails_is_told_and_rung_again(signals: None) -> None:
    """What the store refuses is told each time, and nothing stops the clock but a signal."""
    asked: list[str] = []
    told: list[Round] = []
    complaints: list[str] = []

    def tick() -> Round:
        asked.append("tick")
        return Round(fired=len(asked))

    def send() -> Round:
        raise StoreFailed("the disk is full")

    def next_due() -> datetime:
        if len(asked) >= 3:
            os.kill(os.getpid(), signal.SIGTERM)
        raise StoreFailed("the disk is gone")

    ring(tick, send, next_due, told.append, complaints.append)
    assert len(asked) >= 3
    assert told[0] == Round(fired=1)
    assert {"the disk is full", "the disk is gone"} == set(complaints)


def test_the_same_complaint_is_not_told_every_second(signals: None) -> None:
    complaints: list[str] = []
    rounds = count(1)

    def tick() -> Round:
        if next(rounds) >= 3:
            os.kill(os.getpid(), signal.SIGTERM)
        raise StoreFailed("the server is away")

    ring(tick, Round, lambda: None, lambda _: None, complaints.append)
    assert next(rounds) > 3
    assert complaints == ["the server is away"]


def test_a_hint_brings_the_next_look_forward(signals: None) -> None:
    looks: list[str] = []

    def hints(seconds: float) -> bool:
        if len(looks) >= 12:
            os.kill(os.getpid(), signal.SIGTERM)
        return True

    def look(what: str) -> Round:
        looks.append(what)
        return Round()

    begun = time.monotonic()
    ring(lambda: look("tick"), lambda: look("send"), lambda: None, lambda _: None, looks.append, hints)
    assert {"tick", "send"} == set(looks)
    assert len(looks) > 2 * (time.monotonic() - begun) + 2, "no more than one look a second and one at the start"
