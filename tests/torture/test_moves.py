"""A move of the log that is killed anywhere and run again ends well: nothing is lost, and the source closes last."""

from __future__ import annotations

import os
import pty
import random
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from crisisctl.adapters.system import SystemChance, SystemClock
from crisisctl.adapters.yaml import read
from crisisctl.bootstrap.stores import opened
from crisisctl.domain.entries import STORE, Event, Source
from crisisctl.domain.moves import open_incident
from crisisctl.service.opening import opening
from crisisctl.service.page import Page
from crisisctl.service.ports import TABLES
from crisisctl.service.transfer import where
from crisisctl.service.verify import verify
from tests.conftest import DATA

if TYPE_CHECKING:
    from tests.conftest import Program
    from tests.postgres import Databases
    from tests.torture.conftest import Call, Tracer

FEW = 6
FILE = "sqlite:state/crisisctl.db"
STAGES = ("copying entry", "writing", "verifying", "freezing")
SEED = 7
KILLS = 10  # each way
COPYING = 0.5


class Standing(NamedTuple):
    """What a store holds, and whether it says that the log went elsewhere."""

    rows: tuple[tuple[object, ...], ...]
    tips: dict[str, tuple[int, str]]
    closed: bool


def crowd(root: Path, url: str, incidents: int, entries: int) -> None:
    """So many incidents of so many entries each, all open, with their timers."""
    store = opened(url, root)
    book = DATA / "contract" / "data-breach.yaml"
    found, by, salt = read(book, book.parent / "templates"), Source("dana", "tester"), SystemChance().salt
    with store.writing() as ledger:
        for number in range(1, incidents + 1):
            page = Page(f"INC-{number}", None, SystemClock().now(), salt)
            page.write(open_incident(opening(found.document, found.templates, found.findings, f"No. {number}"), by), by)
            notes = range(entries - len(page.entries))
            page.write([Event("note.added", {}, {"text": f"what was seen at {at} o'clock"}) for at in notes], by)
            ledger.append(page.batch())
    store.close()


def standing(root: Path, url: str, *, whole: bool = True) -> Standing:
    store = opened(url, root)
    with store.reading() as log:
        rows = tuple(row for table in TABLES for row in log.dump(table)) if whole else ()
        found = Standing(rows, log.tips(), where(log) is not None)
        assert len(list(log.entries(STORE))) == found.closed
    store.close()
    return found


def sound(root: Path, url: str) -> bool:
    store = opened(url, root)
    flaws = verify(store, None).flaws
    store.close()
    return flaws == []


def begun(program: Program, there: str, to: str, stderr: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "crisisctl", "store", "move", there, to]
    return subprocess.Popen(
        command, cwd=program.root, env=program.environment(), stdout=subprocess.DEVNULL, stderr=stderr
    )


def killed_at(program: Program, there: str, to: str, stage: str) -> int:
    """Run a move that is killed as soon as it says what it is at; its exit code."""
    master, slave = pty.openpty()
    process = begun(program, there, to, slave)
    os.close(slave)
    shown = b""
    while stage.encode() not in shown and process.poll() is None:
        if select.select([master], [], [], 0.05)[0]:
            try:
                shown += os.read(master, 65_536)
            except OSError:  # it has ended, and with it the terminal
                break
    process.kill()
    code = process.wait()
    os.close(master)
    return code


@pytest.fixture
def place(databases: Databases) -> str:
    return databases.place().url


@pytest.fixture
def small(program: Program) -> Program:
    """A workspace with a few incidents."""
    (program.root / "state").mkdir(mode=0o700)
    crowd(program.root, FILE, 3, 12)
    return program


def test_a_move_from_file_to_file_killed_at_a_write_ends_well_when_run_again(
    small: Program, tracer: Tracer, tmp_path: Path
) -> None:
    before = standing(small.root, FILE)
    spare = f"sqlite:{tmp_path / 'spare' / 'log.db'}"
    small.ok("store", "backup", str(tmp_path / "copy.db"))
    calls: list[Call] = tracer.writes("store", "move", f"sqlite:{tmp_path / 'copy.db'}", spare)
    outcomes = Counter[bool]()
    for number in range(FEW):
        to = f"sqlite:{tmp_path / f'to{number}' / 'log.db'}"
        copy = tmp_path / f"from{number}.db"
        small.ok("store", "backup", str(copy))
        there = f"sqlite:{copy}"
        point = calls[(len(calls) - 1) * number // (FEW - 1)]
        tracer.kill(point, "store", "move", there, to)
        closed = standing(small.root, there).closed
        outcomes[closed] += 1
        if closed:
            assert standing(small.root, to).rows == before.rows, point
        small.ok("store", "move", there, to)
        assert standing(small.root, to).rows == before.rows, point
        assert standing(small.root, there).closed
        assert sound(small.root, to)
    assert outcomes[False]


@pytest.mark.parametrize("way", ["to the server", "to a file"])
def test_a_move_killed_at_any_stage_ends_well_when_run_again(small: Program, place: str, way: str) -> None:
    there, to = FILE, place
    if way == "to a file":
        small.ok("store", "move", FILE, place)
        there, to = place, "sqlite:state/back.db"
    before = standing(small.root, there)
    for stage in STAGES:
        code = killed_at(small, there, to, stage)
        now = standing(small.root, there)
        assert now.rows == before.rows, stage
        assert code == -9 or now.closed, stage
        if now.closed:
            break
        assert standing(small.root, to).rows in ((), before.rows), stage
    small.ok("store", "move", there, to)
    assert standing(small.root, to).rows == before.rows
    assert standing(small.root, there).closed
    assert sound(small.root, to)
    assert sound(small.root, there)


@pytest.mark.torture
def test_a_large_log_goes_there_and_back_however_often_it_is_killed(
    program: Program, databases: Databases, report: Callable[[str], None]
) -> None:
    (program.root / "state").mkdir(mode=0o700)
    crowd(program.root, FILE, 1_000, 100)
    before = standing(program.root, FILE)
    server, back = databases.place().url, "sqlite:state/back.db"
    chance = random.Random(SEED)  # noqa: S311 - the same points in every run
    seconds = 0.0
    for there, to in ((FILE, server), (server, back)):
        points = [chance.random() for _ in range(KILLS - 1)]
        begin, outcomes = time.monotonic(), Counter[str]()
        for point in (*points, 1.0):
            outcomes[_killed_at(program, there, to, point, chance)] += 1
        assert begun(program, there, to).wait() == 0
        took = time.monotonic() - begin
        seconds += took
        report(f"{KILLS} kills in {took:.1f} s, after which there was {dict(outcomes)}")
        assert standing(program.root, there).closed
    assert standing(program.root, back).tips == before.tips
    assert standing(program.root, back).rows == before.rows
    assert sound(program.root, back)
    report(f"there and back with {2 * KILLS} kills: {seconds:.1f} s")


def _killed_at(program: Program, there: str, to: str, point: float, chance: random.Random) -> str:
    """What is left when a move is killed at a point: below a half while it copies, if it has not yet, else later."""
    at = standing(program.root, there, whole=False)
    copied = standing(program.root, to, whole=False).tips == at.tips
    stage = f"verifying INC-{chance.randrange(1, len(at.tips))}"
    if point == 1.0:
        stage = "freezing"
    elif not copied and point < COPYING:
        stage = chance.choice((f"copying entry, row {int(point / COPYING * 10) * 10_000:,}", "writing"))
    elif copied and point < COPYING:
        stage = "comparing"
    code = killed_at(program, there, to, stage)
    source = standing(program.root, there, whole=False)
    if source.closed:
        return "a closed log"
    target = standing(program.root, to, whole=False)
    assert code == -9
    assert target.tips in ({}, source.tips)
    return "a copy" if target.tips else "nothing"
