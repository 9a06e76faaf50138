"""What others see of a running watch: real processes, real sockets on the loopback interface."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters.systemd import VARIABLE

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program

PATIENCE = 60  # seconds; for a machine that is busy with much else
SECRET = "b7f3c2-secret"  # noqa: S105 - it opens nothing


class Watching:
    """A watch as a process of its own, what it says on standard error, and its figures."""

    def __init__(self, program: Program, *arguments: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "crisisctl", "watch", *arguments],
            cwd=program.root,
            env=program.environment() | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()

    def _listen(self) -> None:
        assert self._process.stderr
        self.said.extend(self._process.stderr)

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", "".join(self.said))
        return int(found[1]) if found else 0

    def get(self, path: str) -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as way:
            way.request("GET", path)
            answer = way.getresponse()
            return answer.status, answer.read().decode()

    def figures(self) -> dict[str, float]:
        lines = [line for line in self.get("/metrics")[1].splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def ends(self, number: signal.Signals | None = signal.SIGTERM) -> tuple[int, str]:
        if number is not None:
            self._process.send_signal(number)
        code = self._process.wait(PATIENCE)
        self._ear.join(PATIENCE)
        return code, "".join(self.said)

    def gone(self) -> None:
        self._process.kill()
        self._process.wait()
        self._ear.join()
        assert self._process.stderr
        self._process.stderr.close()


Start = Callable[..., Watching]
ON_FILE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # what these tests break is the file


@pytest.fixture
def start(program: Program) -> Iterator[Start]:
    with ExitStack() as watches:

        def started(*arguments: str, **environment: str) -> Watching:
            watch = Watching(program, *arguments, **environment)
            watches.callback(watch.gone)
            return watch

        yield started


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came to pass"
        time.sleep(0.1)


class Outside(ThreadingHTTPServer):
    """Somebody who expects to be called, and answers with `status`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Outside)
        self.calls: list[str] = []
        self.status = 200
        self.hang = threading.Event()
        self.hang.set()
        self.address = f"http://127.0.0.1:{self.server_address[1]}/{SECRET}"


class _Outside(BaseHTTPRequestHandler):
    server: Outside

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        self.server.hang.wait(PATIENCE)
        with suppress(OSError):
            self.send_response(self.server.status)
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        pass


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Outside()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.hang.set()
    server.shutdown()
    thread.join()
    server.server_close()


def _settings(program: Program, text: str) -> None:
    (program.root / "crisisctl.toml").write_text(text)


def _beats(program: Program) -> list[Any]:
    rows: list[Any] = program.ok("watch", "--list", "--json").json["watches"]
    return rows


@ON_FILE
def test_the_figures_tell_what_the_watch_has_done(opened: Program, start: Start) -> None:
    watch = start("--metrics", "0")
    eventually(lambda: bool(watch.port) and watch.figures()["crisisctl_watch_notices_sent_total"] == 2)
    opened.ok("open", "data-breach", "--title", "Practice", "--drill")
    time.sleep(1.2)
    seen = watch.figures()
    assert seen["crisisctl_watch_timers_fired_total"] >= 1
    assert seen['crisisctl_watch_firing_lateness_seconds_bucket{le="+Inf"}'] >= 1
    assert seen['crisisctl_incidents_open{drill="false"}'] == seen['crisisctl_incidents_open{drill="true"}'] == 1
    assert (seen["crisisctl_watches_alive"], seen["crisisctl_store_up"]) == (1, 1)
    assert seen['crisisctl_watch_round_errors_total{kind="tick"}'] == 0
    status, text = watch.get("/health")
    assert (status, json.loads(text)["ok"]) == (200, True)
    code, said = watch.ends()
    assert (code, "Traceback" in said) == (0, False)
    assert said.splitlines()[0] == f"Watching {opened.root / 'state' / 'crisisctl.db'}. Stop with Ctrl-C."


@ON_FILE
def test_health_says_when_the_store_is_gone(opened: Program, start: Start) -> None:
    watch = start("--metrics", "0")
    eventually(lambda: bool(watch.port) and watch.get("/health")[0] == 200)
    with closing(sqlite3.connect(opened.root / "state" / "crisisctl.db", isolation_level=None)) as db:
        db.execute("DROP TABLE timer")
    eventually(lambda: watch.get("/health")[0] == 503)
    told = json.loads(watch.get("/health")[1])
    assert (told["ok"], told["reason"]) == (False, "the store does not answer (StoreFailed)")
    seen = watch.figures()
    assert seen["crisisctl_store_up"] == 0
    assert "crisisctl_timers_overdue" not in seen
    eventually(lambda: watch.figures()['crisisctl_watch_round_errors_total{kind="tick"}'] > 0)
    assert watch.ends()[0] == 0


@ON_FILE
def test_health_notices_a_tick_that_is_stuck(opened: Program, start: Start) -> None:
    """Somebody holds the log's turnstile, so that firing waits; what is only read still answers."""
    watch = start("--metrics", "0")
    eventually(lambda: bool(watch.port) and watch.get("/health")[0] == 200)
    with closing(sqlite3.connect(opened.root / "state" / "crisisctl.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        eventually(lambda: watch.get("/health")[0] == 503)
        told = json.loads(watch.get("/health")[1])["reason"]
        assert re.match(r"no round of firing has gone well for \d+ seconds", told)
        assert watch.figures()["crisisctl_store_up"] == 1
        db.execute("ROLLBACK")
    eventually(lambda: watch.get("/health")[0] == 200)


def test_hostile_clients_do_not_keep_the_watch_from_firing(program: Program, start: Start) -> None:
    watch = start("--metrics", "0")
    eventually(lambda: bool(watch.port))
    with ExitStack() as lines:
        for _ in range(40):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", watch.port), timeout=30))
            with suppress(OSError):
                line.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
        eventually(lambda: "notice.sent" in program.ok("timeline", "--format", "json").out)
    eventually(lambda: _answers(watch))
    assert "Traceback" not in "".join(watch.said)


def _answers(watch: Watching) -> bool:
    try:
        return watch.get("/health")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_a_port_that_is_taken_is_a_usage_error_and_nothing_is_watched(program: Program) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        told = program.process("watch", "--metrics", str(port))
    assert told.returncode == 2
    assert f"--metrics cannot listen at 127.0.0.1:{port} (address already in use)." in told.stderr
    assert "Watching" not in told.stderr


def test_a_host_that_others_reach_is_warned_of(program: Program, start: Start) -> None:
    watch = start("--metrics", "0.0.0.0:0")
    eventually(lambda: any("Watching" in line for line in watch.said))
    assert watch.said[0].startswith("0.0.0.0 can be reached from other machines")
    eventually(lambda: bool(_beats(program)))
    assert watch.ends()[0] == 0


@pytest.mark.parametrize("together", [("--once", "--metrics", "0"), ("--once", "--list"), ("--list", "--metrics", "0")])
def test_what_does_not_go_together_is_refused(program: Program, together: tuple[str, ...]) -> None:
    told = program("watch", *together)
    assert (told.code, told.err) == (2, "--once, --list and --metrics do not go together. Give one of them.\n")


def test_the_known_watches_are_listed(program: Program, clock: HandClock) -> None:
    assert program.ok("watch", "--list", clock=clock).out == "No watch is known.\n"
    program.ok("watch", "--once", clock=clock)
    [one] = program.ok("watch", "--list", "--json", clock=clock).json["watches"]
    assert one == {
        "watch": f"{os.uname().nodename}:cron",
        "last": "2026-03-28T22:00:00.000000Z",
        "every": 60.0,
        "alive": True,
    }
    clock.tick(minutes=4)
    rows = program.ok("watch", "--list", clock=clock).out.splitlines()
    assert rows[0].split() == ["WATCH", "LAST", "SIGN", "(UTC)", "THAT", "IS", "STATE"]
    assert rows[1].split()[1:] == ["2026-03-28", "22:00:00", "4m", "ago", "silent"]


def test_doctor_shows_the_known_watches(program: Program, clock: HandClock) -> None:
    program.ok("watch", "--once", clock=clock)
    name = f"{os.uname().nodename}:cron"
    assert f"ok      the watch {name} was alive 0s ago\n" in program.ok("doctor", clock=clock).out
    clock.tick(hours=3)
    told = program.ok("doctor", clock=clock).out
    assert f"warning the watch {name} has been silent for 3h\n" in told
    assert "after a day of silence it is forgotten" in told


def test_a_watch_that_is_asked_to_stop_is_missed_by_nobody_and_one_that_is_killed_is(
    opened: Program, start: Start
) -> None:
    asked, killed = start(), start()
    eventually(lambda: len(_beats(opened)) == 2)
    assert all(beat["alive"] for beat in _beats(opened))
    assert asked.ends(signal.SIGTERM)[0] == 0
    killed.ends(signal.SIGKILL)
    [left] = _beats(opened)
    assert left["watch"].startswith(f"{os.uname().nodename}:")


def test_the_dead_mans_address_is_called_while_all_goes_well(program: Program, start: Start, outside: Outside) -> None:
    _settings(program, 'dead_man = "env:DEAD_MAN"\ndead_man_every = "10s"\n')
    watch = start("--metrics", "0", DEAD_MAN=outside.address)
    eventually(lambda: len(outside.calls) >= 2)
    assert set(outside.calls) == {f"/{SECRET}"}
    assert watch.figures()["crisisctl_watch_dead_man_calls_total"] >= 1
    code, said = watch.ends()
    assert (code, SECRET in said) == (0, False)


def test_a_dead_man_who_does_not_answer_holds_up_nobody(program: Program, start: Start, outside: Outside) -> None:
    _settings(program, 'dead_man = "env:DEAD_MAN"\ndead_man_every = "10s"\n')
    outside.hang.clear()
    watch = start("--metrics", "0", DEAD_MAN=outside.address)
    eventually(lambda: bool(outside.calls))
    begun = time.monotonic()
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
    eventually(lambda: watch.figures()["crisisctl_watch_notices_sent_total"] == 2)
    assert watch.ends()[0] == 0
    assert time.monotonic() - begun < PATIENCE
    assert not outside.hang.is_set()


def test_a_failing_call_is_said_once_and_counted(program: Program, start: Start, outside: Outside) -> None:
    _settings(program, f'dead_man = "{outside.address}"\ndead_man_every = "10s"\n')
    outside.status = 503
    watch = start("--metrics", "0")
    eventually(lambda: len(outside.calls) >= 2)
    eventually(lambda: watch.figures()["crisisctl_watch_dead_man_failures_total"] >= 2)
    _, said = watch.ends()
    assert said.count("The dead man's address was not reached: 127.0.0.1 answered 503.") == 1
    assert SECRET not in said


def test_a_round_from_cron_calls_too(program: Program, clock: HandClock, outside: Outside) -> None:
    _settings(program, f'dead_man = "{outside.address}"\n')
    assert program.ok("watch", "--once", clock=clock).err == ""
    assert outside.calls == [f"/{SECRET}"]
    outside.status = 410
    told = program.ok("watch", "--once", clock=clock)
    assert told.err.startswith("The dead man's address was not reached: 127.0.0.1 answered 410. ")
    assert SECRET not in told.err + told.out


@ON_FILE
def test_a_round_that_fails_calls_nobody(opened: Program, clock: HandClock, outside: Outside) -> None:
    _settings(opened, f'dead_man = "{outside.address}"\n')
    with closing(sqlite3.connect(opened.root / "state" / "crisisctl.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER entry_changes_by_redaction_only")
        db.execute("UPDATE entry SET data = '[]'")
        db.execute("UPDATE head SET snapshot = ''")
    assert opened("watch", "--once").code != 0
    assert outside.calls == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (f'dead_man = "htps://example.com/{SECRET}"', "dead_man is no address that can be called"),
        (f'dead_man = "https://x:{SECRET}@example.com/"', "dead_man is no address that can be called"),
        (f'dead_man = "https://example.com/{SECRET}"\ndead_man_every = "soon"', "dead_man_every: 'soon' is not a"),
        (f'dead_man = "https://example.com/{SECRET}"\ndead_man_every = "9s"', "dead_man_every: '9s' is too often."),
        (f'dead_man = ["{SECRET}"]', "dead_man is a text, not something else."),
    ],
)
def test_doctor_says_what_is_wrong_with_the_setting_and_not_what_it_says(
    program: Program, settings: str, told: str
) -> None:
    _settings(program, settings)
    ran = program("doctor")
    assert ran.code == 6
    assert told in ran.out
    assert SECRET not in ran.out + ran.err


def test_doctor_takes_a_sound_setting_without_calling(program: Program, outside: Outside) -> None:
    _settings(program, f'dead_man = "{outside.address}"\n')
    told = program("doctor")
    assert "ok      the dead man's address can be called\n" in told.out
    assert outside.calls == []


def test_doctor_warns_of_a_reference_that_leads_nowhere_here(program: Program) -> None:
    _settings(program, 'dead_man = "env:NO_SUCH_VARIABLE"\n')
    told = program.ok("doctor").out
    assert "warning dead_man, env:NO_SUCH_VARIABLE, is not set; set the variable where crisisctl runs\n" in told


def test_a_wrong_setting_stops_neither_a_command_nor_the_watch(program: Program, clock: HandClock) -> None:
    _settings(program, f'dead_man = "https://example.com/{SECRET}"\ndead_man_every = "soon"\n')
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    told = program.ok("watch", "--once", clock=clock)
    assert "1 fired" in told.out
    assert "the dead man's address is not called" in told.err
    assert SECRET not in told.err


def test_systemd_hears_that_the_watch_is_ready_alive_and_ending(opened: Program, start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(PATIENCE)
        watch = start(**{VARIABLE: str(tmp_path / "notify")})
        assert [ear.recv(100) for _ in range(3)] == [b"READY=1\nWATCHDOG=1"] * 3
        assert watch.ends()[0] == 0
        heard: list[bytes] = []
        while not heard or heard[-1] != b"STOPPING=1":
            heard.append(ear.recv(100))


@ON_FILE
def test_systemd_hears_no_sign_of_life_while_the_store_fails(opened: Program, start: Start, tmp_path: Path) -> None:
    with closing(sqlite3.connect(opened.root / "state" / "crisisctl.db", isolation_level=None)) as db:
        db.execute("DROP TABLE timer")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(PATIENCE)
        start(**{VARIABLE: str(tmp_path / "notify")})
        assert [ear.recv(100) for _ in range(3)] == [b"READY=1"] * 3
