"""Who may wait for a calendar that lies elsewhere, who never does, and what commands without rotas do not load."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program

PEOPLE = """
people:
  dana: {roles: [comms-lead], contacts: ["console:"]}
  lee: {roles: [legal], contacts: ["console:"]}
"""
# The clock of these tests stands at 2026-03-28 22:00 UTC; lee is on call until midnight.
LEE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:lee\r\n"
    "DTSTART:20260328T080000Z\r\nDTEND:20260329T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def run(program: Program, clock: HandClock) -> Callable[..., Any]:
    """Runs the program by the clock of the test, and it must succeed."""
    return lambda *arguments: program.ok(*arguments, clock=clock)


def roster(program: Program, text: str) -> None:
    (program.root / "new").write_text(text)
    (program.root / "new").replace(program.root / "roster.yaml")


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A server of calendars: its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(LEE.encode())

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/t0ken/legal.ics", asked
    server.shutdown()
    server.server_close()


def test_only_oncall_doctor_and_the_watch_fetch(
    run: Any, program: Program, clock: HandClock, web: tuple[str, list[str]]
) -> None:
    address, asked = web
    roster(program, f"{PEOPLE}rotas:\n  legal: {{calendar: '{address}'}}\n")
    run("open", "data-breach", "--title", "x")
    run("status")
    run("timers")
    run("note", "x")
    assert asked == []
    assert run("oncall", "now").out.startswith("legal: lee until")
    run("oncall", "next")
    assert len(asked) == 1  # not again within a minute
    assert "(on call: lee)" in run("status").out
    clock.tick(minutes=14)
    run("watch", "--once")
    assert len(asked) == 1  # nor the watch within a quarter of an hour
    run("doctor")
    assert len(asked) == 2
    clock.tick(minutes=15)
    run("watch", "--once")
    assert len(asked) == 3
    assert "t0ken" not in run("oncall", "now").out
    kept = [path for path in (program.root / "state").rglob("*") if path.is_file() and path.suffix != ".db"]
    assert all(b"t0ken" not in path.read_bytes() for path in kept)


CHEAP = (
    "import sys; from crisisctl.cli.run import run; code = run(sys.argv[1:]); "
    "print(code, *sorted({'crisisctl.domain.rota', 'icalendar', 'ruamel', 'urllib.request'} & set(sys.modules)))"
)


@pytest.mark.parametrize("arguments", [("status",), ("note", "x"), ("ack",), ("advance", "--dry-run", "activate")])
def test_without_rotas_commands_load_nothing_that_they_need_for_them(
    program: Program, arguments: tuple[str, ...]
) -> None:
    (program.root / "roster.yaml").write_text(PEOPLE)
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee")
    ran = subprocess.run(
        [sys.executable, "-c", CHEAP, *arguments],
        cwd=program.root,
        env=program.environment(),
        text=True,
        capture_output=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1].split()[1:] == []


def test_all_calendars_are_fetched_each_once(run: Any, program: Program, web: tuple[str, list[str]]) -> None:
    address, asked = web
    rotas = "".join(
        f"  role-{n}: {{calendar: '{address}?{n % 10}'}}\n" for n in range(12)
    )  # two share the address of another
    roster(program, f"{PEOPLE}rotas:\n{rotas}")
    assert run("oncall", "now").out.count(": lee until") == 12
    assert sorted(asked) == [f"/t0ken/legal.ics?{n}" for n in range(10)]


@pytest.fixture
def hanging() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A server that takes every question and answers none: its address, whether it was asked, and how to end it."""
    asked, over = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            over.wait(60)

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/legal.ics", asked, over
    over.set()
    server.shutdown()
    server.server_close()


def test_a_calendar_that_hangs_holds_up_neither_the_watch_nor_its_end(
    program: Program, hanging: tuple[str, threading.Event, threading.Event]
) -> None:
    address, asked, _ = hanging
    roster(program, f"{PEOPLE}rotas:\n  legal: {{calendar: '{address}'}}\n".replace("console:", "textfile:told.txt"))
    command = [sys.executable, "-m", "crisisctl", "watch"]
    nowhere = subprocess.DEVNULL
    watch = subprocess.Popen(command, cwd=program.root, env=program.environment(), stdout=nowhere, stderr=nowhere)
    try:
        assert asked.wait(60)
        program.ok("open", "data-breach", "--title", "x", who="dana")
        began = time.monotonic()
        while not (program.root / "told.txt").exists():
            assert time.monotonic() < began + 60
            time.sleep(0.05)
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(60) == 0
        assert time.monotonic() < began + 8  # the server has answered nothing yet, and would be waited for for ten
    finally:
        watch.kill()
        watch.wait()
