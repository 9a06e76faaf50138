"""The server is killed under writers and comes back: nothing acknowledged is lost, and a watch is back by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters.postgres import Postgres
from crisisctl.service.verify import verify
from tests.postgres import Place, Server

if TYPE_CHECKING:
    from tests.conftest import Program

HAND = Path(__file__).parent / "hand.py"
PATIENCE = 60.0
BACK = 10.0  # seconds within which a watch has to be back
WRITERS = 3


@pytest.fixture
def url(there: Place) -> str:
    return there.url


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


class Writer:
    """A process that writes notes without end, and puts down what was acknowledged."""

    def __init__(self, url: str, path: Path) -> None:
        self.path = path
        command = [sys.executable, str(HAND), "acknowledged", url, str(path)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)

    def said(self, what: str) -> list[str]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(what)]

    def stop(self) -> str:
        self.path.with_name(f"{self.path.name}.stop").touch()
        return self._process.communicate(timeout=PATIENCE)[1]


@pytest.fixture
def writers(there: Place, tmp_path: Path) -> Iterator[list[Writer]]:
    with closing(Postgres(there.url)) as store, store.writing():
        pass
    started = [Writer(there.url, tmp_path / f"said-{n}") for n in range(WRITERS)]
    yield started
    for writer in started:
        writer.stop()


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(
    rough: Server, there: Place, writers: list[Writer]
) -> None:
    for kills in range(1, 4):
        done = [len(writer.said("done")) for writer in writers]
        until(lambda done=done: all(len(w.said("done")) > n + 5 for w, n in zip(writers, done, strict=True)))  # type: ignore[misc]
        rough.kill()
        time.sleep(0.3 * kills)
        rough.start()
    done = [len(writer.said("done")) for writer in writers]
    until(lambda: all(len(w.said("done")) > n + 5 for w, n in zip(writers, done, strict=True)))
    assert [writer.stop() for writer in writers] == [""] * WRITERS
    promised = [tuple(line.split()) for writer in writers for line in writer.said("done")]
    with there.connect() as db:
        rows = db.execute("SELECT incident, version::text, digest FROM entry").fetchall()
    assert set(promised) <= set(rows)
    notes = [row for row in rows if row[1] > "0"]
    assert len(notes) >= len(promised)
    with closing(Postgres(there.url)) as store:
        assert verify(store, None).flaws == []
    for failure in (line for writer in writers for line in writer.said("failed")):
        assert failure.startswith("7 ")
        assert "Nothing was written" in failure or "cannot be told" in failure


def test_what_was_told_as_not_written_is_not_there(rough: Server, there: Place, writers: list[Writer]) -> None:
    until(lambda: all(len(writer.said("done")) > 5 for writer in writers))
    rough.kill()
    until(lambda: all(writer.said("failed") for writer in writers))
    rough.start()
    until(lambda: all(writer.path.read_text().splitlines()[-1].startswith("done") for writer in writers))
    assert [writer.stop() for writer in writers] == [""] * WRITERS
    with there.connect() as db:
        row = db.execute("SELECT count(*) FROM entry WHERE type = 'note.added'").fetchone()
    assert row
    done = sum(len(writer.said("done")) for writer in writers)
    untold = sum("cannot be told" in line for writer in writers for line in writer.said("failed"))
    assert done <= int(str(row[0])) <= done + untold


def test_a_watch_is_back_by_itself_and_readers_say_one_sentence(rough: Server, there: Place, program: Program) -> None:
    program.ok("open", "data-breach", "--title", "Records on a forum")
    command = [sys.executable, "-m", "crisisctl", "watch"]
    with ExitStack() as stack:
        said = stack.enter_context((program.root / "talk.txt").open("w"))
        watch = subprocess.Popen(command, cwd=program.root, env=program.environment(), stdout=said, stderr=said)
        stack.callback(watch.wait)
        stack.callback(watch.terminate)
        until(lambda: beat(there) is not None)
        rough.kill()
        for reading in (["status"], ["list"], ["timeline"], ["verify"]):
            ran = program(*reading)
            assert (ran.code, ran.out) == (7, "")
            assert ran.err.count("\n") == 1
            assert "cannot be reached" in ran.err
        rough.start()
        before = beat(there)
        until(lambda: beat(there) != before, BACK)
        assert watch.poll() is None
    program.ok("verify")


def beat(there: Place) -> Any:
    with there.connect() as db:
        return db.execute("SELECT max(at) FROM beat").fetchone()[0]  # type: ignore[index]
