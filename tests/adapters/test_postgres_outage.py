"""The server is killed under writers and comes back: nothing acknowledged is lost, and a watch is back by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.outage import WRITERS, Writer, survives, until, writing
from tests.postgres import Place, Server

if TYPE_CHECKING:
    from tests.conftest import Program

BACK = 10.0  # seconds within which a watch has to be back


@pytest.fixture
def url(there: Place) -> str:
    return there.url


@pytest.fixture
def writers(there: Place, tmp_path: Path) -> Iterator[list[Writer]]:
    with writing(there, tmp_path) as started:
        yield started


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(
    rough: Server, there: Place, writers: list[Writer]
) -> None:
    assert survives(rough, there, writers, 1) > 10 * WRITERS


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
        for reading in (["status"], ["verify"]):
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
