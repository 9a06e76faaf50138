"""What tests share: a clock to set, a store of each kind, a desk, a workspace, and the program as a person runs it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crisisctl.adapters import library, posix
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.postgres import Postgres
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.adapters.system import SystemChance
from crisisctl.adapters.yaml import read
from crisisctl.cli.run import run
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry, Source
from crisisctl.domain.incident import Incident
from crisisctl.domain.notices import Reach
from crisisctl.domain.repeats import repeats
from crisisctl.service.desk import Asked, Desk, Outcome
from crisisctl.service.opening import opening
from crisisctl.service.ports import Store
from tests.clockwork import clocks
from tests.cutting import Bench
from tests.postgres import ELSEWHERE, Databases, Place, Server
from tests.wire import Wire

DATA = Path(__file__).parent / "data"
START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)  # the night on which Europe's clocks go forward


class HandClock:
    """A clock that goes only when told, in either direction."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def tick(self, **span: float) -> datetime:
        self.time += timedelta(**span)
        return self.time


class Everybody:
    """A directory in which any name is somebody with as many contacts as asked."""

    def __init__(self, contacts: Sequence[str] = ("console:",)) -> None:
        self.addresses = tuple(contacts)
        self.duty: Callable[[str, datetime], Sequence[str]] = lambda _role, _at: ()

    def own(self, person: str) -> bool:
        return True

    def count(self, person: str) -> int:
        return len(self.addresses)

    def contacts(self, person: str) -> Sequence[str]:
        return self.addresses

    def require(self, person: str) -> None:
        return None

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        return self.duty(role, at)

    def reach(self, person: str) -> Reach:
        return Reach((timedelta(),) * len(self.addresses))


class Room:
    """A desk, its store and its clock, with a short way to ask for things."""

    def __init__(self, store: Store, playbook: Path = DATA / "contract" / "data-breach.yaml") -> None:
        self.store = store
        self.clock = HandClock()
        self.directory = Everybody()
        self.desk = Desk(store, self.clock, SystemChance(), self.directory, clocks)
        self.playbook = playbook
        self.login = "tester"

    def open(self, who: str = "dana", **changes: Any) -> Incident:
        found = read(self.playbook, self.playbook.parent / "templates")
        command = opening(found.document, found.templates, found.findings, changes.pop("title", "Records on a forum"))
        asked = Asked(Source(who, self.login), **{k: changes.pop(k) for k in ("at", "request") if k in changes})
        return self.desk.open(command._replace(**changes), asked).incident

    def ask(self, command: ask.Command, who: str = "dana", id_: str = "INC-1", **how: Any) -> Outcome:
        role = how.pop("role", None)
        outcome = self.desk.handle(id_, command, Asked(Source(who, self.login, role=role), **how))
        assert repeats(command, who, outcome.entries[0])
        return outcome

    def look(self, id_: str = "INC-1") -> Incident:
        with self.store.reading() as log:
            return self.desk.load(log, id_)

    def entries(self, id_: str = "INC-1") -> list[Entry]:
        with self.store.reading() as log:
            return list(log.entries(id_))

    def types(self, id_: str = "INC-1") -> list[str]:
        return [entry.type for entry in self.entries(id_)]


class Ran(NamedTuple):
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """The program in a workspace: in this process, or as a process of its own."""

    def __init__(self, root: Path, environment: pytest.MonkeyPatch, store: str | None = None) -> None:
        self.root = root
        self._environment = environment
        self._store = store

    def at(self, store: str) -> Program:
        """The same workspace with its log somewhere else."""
        return Program(self.root, self._environment, store)

    def __call__(self, *arguments: str, who: str = "dana", clock: HandClock | None = None) -> Ran:
        """Run it in this process."""
        out, err = io.StringIO(), io.StringIO()
        self._environment.setenv("CRISISCTL_AS", who)
        if self._store:
            self._environment.setenv("CRISISCTL_STORE", self._store)
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--workspace", str(self.root), *arguments], clock=clock)
        return Ran(code, out.getvalue(), err.getvalue())

    def ok(self, *arguments: str, who: str = "dana", clock: HandClock | None = None) -> Ran:
        """Run it, and it must succeed."""
        ran = self(*arguments, who=who, clock=clock)
        assert ran.code == 0, f"{arguments}: {ran.err}"
        return ran

    def process(self, *arguments: str, who: str = "dana", **how: Any) -> subprocess.CompletedProcess[str]:
        """Run it as a process."""
        environment = self.environment(who) | how.pop("env", {})
        command = [sys.executable, "-m", "crisisctl", *arguments]
        how = {"cwd": self.root, "env": environment, "text": True, "capture_output": True, "check": False} | how
        ran: subprocess.CompletedProcess[str] = subprocess.run(command, **how)  # noqa: PLW1510 - `how` has it
        return ran

    def one_process(self, lines: Sequence[Sequence[str]], **variables: str) -> str:
        """Run all the lines in one process, each of which must succeed; what was said on the way."""
        run_all = f"print([run(line) for line in {lines!r}], file=sys.stderr)"
        code = f"import sys; from crisisctl.cli.run import run; {run_all}"
        environment = self.environment() | variables
        command = [sys.executable, "-c", code]
        ran = subprocess.run(command, cwd=self.root, env=environment, text=True, capture_output=True, check=False)
        assert ran.stderr.splitlines()[-1] == str([0] * len(lines)), ran.stderr
        return ran.stdout

    def environment(self, who: str = "dana") -> dict[str, str]:
        """The environment of its processes."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRISISCTL", "PYTHONUN"))}
        there = {"CRISISCTL_STORE": self._store} if self._store else {}
        return kept | {"CRISISCTL_AS": who, "NO_COLOR": "1"} | there


def sqlite_at(path: Path) -> Sqlite:
    return Sqlite(path, posix.turnstile, posix.network_file_system)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Empty places in a real PostgreSQL, the one told or one of our own."""
    told = os.environ.get(ELSEWHERE)
    server = None if told else Server()
    handed = Databases(told or (server.url if server else ""))
    yield handed
    handed.close()
    if server:
        server.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL of the test's own, which it may kill, and which syncs to the disk."""
    made = Server(fsync=True)
    yield made
    made.stop()


@pytest.fixture
def place(databases: Databases) -> Iterator[Place]:
    """An empty place in PostgreSQL."""
    given = databases.place()
    yield given
    databases.drop(given)


@pytest.fixture(scope="session")
def rough() -> Iterator[Server]:
    """A PostgreSQL of our own, to be killed, filled and cut off."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def there(rough: Server) -> Iterator[Place]:
    """An empty place in it."""
    with closing(Databases(rough.url)) as handed:
        given = handed.place()
    yield given
    with closing(Databases(rough.url)) as handed:
        handed.drop(given)


@pytest.fixture
def wire(rough: Server) -> Iterator[Wire]:
    """A wire to it that can be cut."""
    made = Wire(rough.port)
    yield made
    made.close()


@pytest.fixture
def cutter(program: Program, wire: Wire, there: Place) -> Bench:
    """Cuts it under a command."""
    return Bench(program, wire, there)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = Memory()
    elif request.param == "sqlite":
        made = sqlite_at(tmp_path / "state" / "crisisctl.db")
    else:
        made = Postgres(request.getfixturevalue("place").url)
    yield made
    made.close()


@pytest.fixture
def room() -> Room:
    return Room(Memory())


@pytest.fixture
def room_for() -> Callable[[Store], Room]:
    return Room


@pytest.fixture
def url() -> str | None:
    """The store of the program's workspace; None for its own file."""
    return None


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None) -> Program:
    """A workspace with the data-breach playbook and no roster."""
    for name in [name for name in os.environ if name.startswith("CRISISCTL")]:
        monkeypatch.delenv(name)
    root = tmp_path / "room"
    (root / "playbooks").mkdir(parents=True)
    shutil.copy(DATA / "contract" / "data-breach.yaml", root / "playbooks" / "data-breach.yaml")
    shutil.copytree(DATA / "contract" / "templates", root / "templates")
    (root / "crisisctl.toml").write_text("")
    monkeypatch.chdir(root)
    return Program(root, monkeypatch, url)


@pytest.fixture
def shipped(program: Program) -> Program:
    """A workspace as `init` lays it out, with everything that is delivered."""
    for folder in ("playbooks", "templates"):
        shutil.rmtree(program.root / folder)
    library.lay_out(program.root)
    return program
