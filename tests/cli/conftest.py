"""A terminal to run the program in, and incidents at the points of their life from which these tests start."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import resource
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.behind import Behind, Database, File

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program, Room

# For a test about the file as a file: its modes, its damage, its place in the folder. Never for one that merely fails.
ON_FILE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ON_DATABASE = pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # for its counterpart there

SECONDS = 4.0  # of processor time, so that a busy machine changes nothing
# What a terminal obeys or hides: controls but tab and line feed, bidirectional and zero-width characters, tags, halves.
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
PATIENCE = 60.0  # seconds after which a terminal that says nothing more counts as hung
# A process that opens a terminal as the leader of its session has it as its own: only then Ctrl-C reaches it.
ON_TERMINAL = ["sh", "-c", 'tty=$1; shift; exec "$@" <"$tty" >"$tty" 2>"$tty"', "sh"]


class Screen(NamedTuple):
    """What a terminal showed, byte for byte except that CR LF is LF, and how the program ended."""

    code: int
    text: str

    @property
    def plain(self) -> str:
        """Without the program's own colours and erased lines."""
        return re.sub(r"\x1b\[\d+m|\r\x1b\[K", "", self.text)


class Terminal:
    """Runs the program on a pseudo-terminal of 80 columns and types when it asks."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __call__(
        self, *arguments: str, who: str = "dana", typed: Sequence[tuple[str, str]] = (), **variables: str
    ) -> Screen:
        """Run a command line; for each pair, wait for the first and type the second."""
        master, slave = pty.openpty()
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = self._program.environment(who) | variables
        command = [*ON_TERMINAL, os.ttyname(slave), sys.executable, "-m", "crisisctl", *arguments]
        process = subprocess.Popen(command, cwd=self._program.root, env=environment, start_new_session=True)
        try:
            shown = _conversation(master, slave, process, list(typed))
        finally:
            process.kill()
            process.wait()
            os.close(master)
        return Screen(process.returncode, shown.decode(errors="surrogateescape").replace("\r\n", "\n"))


def _conversation(master: int, slave: int, process: subprocess.Popen[bytes], typed: list[tuple[str, str]]) -> bytes:
    shown, seen, until = b"", 0, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        ended = process.poll() is not None
        while select.select([master], [], [], 0.05)[0]:
            shown += os.read(master, 65_536)
        if typed and typed[0][0].encode() in shown[seen:]:
            seen = len(shown)
            os.write(master, typed.pop(0)[1].encode())
        if ended:
            os.close(slave)
            return shown
    os.close(slave)
    pytest.fail(f"the program hangs; the terminal shows {shown!r}")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Every test of the command line runs on both databases, but for those about the file itself."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("place").url)


@pytest.fixture
def behind(program: Program, url: str | None) -> Behind:
    """The log of the workspace, behind the program's back."""
    return Database(url) if url else File(program.root / "state" / "crisisctl.db")


@pytest.fixture
def terminal(program: Program) -> Terminal:
    return Terminal(program)


@pytest.fixture
def clock(room: Room) -> HandClock:
    """A clock to hand to the program; it begins on 28 March 2026 at 22:00 UTC."""
    return room.clock


@pytest.fixture
def opened(program: Program) -> Program:
    """INC-1 is open; dana is the communications lead and lee the counsel."""
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
    return program


@pytest.fixture
def responding(opened: Program) -> Program:
    """INC-1 has been acknowledged and activated, and the number of accounts is known."""
    opened.ok("ack")
    opened.ok("task", "done", "pause-posts")
    opened.ok("fact", "set", "affected_accounts", "1200")
    opened.ok("advance", "activate", "--because", "confirmed")
    return opened


@pytest.fixture
def approved(responding: Program) -> Program:
    """The holding statement of INC-1 is by kim, and dana and lee have approved it."""
    template = responding.root / "templates" / "holding" / "data-breach.md.j2"
    words = responding.root / "words.txt"
    words.write_text(template.read_text().replace("{{ affected_accounts }}", "1200"))
    responding.ok("statement", "draft", "holding", "--file", str(words), who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    responding.ok("statement", "approve", "holding", who="lee")
    responding.ok("statement", "approve", "holding")
    return responding


@pytest.fixture
def published(approved: Program) -> Program:
    """The holding statement of INC-1 is out, to every audience."""
    approved.ok("statement", "publish", "holding")
    return approved


@pytest.fixture
def types(program: Program) -> Callable[[], list[str]]:
    """The types of the entries of INC-1, in the order in which they were recorded."""

    def told() -> list[str]:
        entries = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
        return [entry["type"] for entry in sorted(entries, key=lambda entry: int(entry["version"]))]

    return told


@pytest.fixture
def version(program: Program) -> Callable[[], int]:
    """The number of entries of INC-1."""
    return lambda: int(program.ok("status", "-i", "INC-1", "--json").json["version"])


@pytest.fixture
def shown() -> Callable[[str], str]:
    """Hands back a text, which must hold nothing that a terminal obeys or hides."""

    def looked_at(text: str) -> str:
        found = OBEYED.search(text)
        assert not found, f"{found!r} in {text[:500]!r}"
        return text

    return looked_at


@pytest.fixture
def bounded() -> Callable[[], AbstractContextManager[None]]:
    """What happens inside takes less than four seconds of the processor, children counted."""

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    @contextmanager
    def inside() -> Iterator[None]:
        before = spent()
        yield
        assert spent() - before < SECONDS

    return inside
