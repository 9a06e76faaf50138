"""Whole processes, as a person waits for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench, Laps, Long

pytestmark = pytest.mark.bench

PROGRAM = Path(sys.executable).with_name("crisisctl")
EMPTY = """\
import typer

app = typer.Typer()


@app.command()
def main() -> None:
    pass


app()
"""
ROUNDS = 45
INCIDENTS = 10_000


def process(root: Path, *command: str) -> None:
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("CRISISCTL", "COVERAGE"))}
    environment = kept | {"CRISISCTL_AS": "dana", "NO_COLOR": "1"}
    subprocess.run(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)


def advancing(room: Long) -> Callable[[], None]:
    """The next move of the incident of that workspace."""
    room.office.store.close()  # as for a person: nobody else has the log open
    return lambda: process(room.root, str(PROGRAM), "advance", next(room.moves))


def test_advance_takes_hardly_longer_than_a_program_that_does_nothing(
    bench: Bench,
    in_turn: Callable[..., Laps],
    ratio: Callable[[Laps, str, str], float],
    long: Callable[[int], Long],
    tmp_path: Path,
) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text(EMPTY)
    advance, nothing = "advance, 1,000 entries", "an empty Typer app"
    work = {advance: advancing(long(1_000)), nothing: lambda: process(tmp_path, sys.executable, str(empty))}
    laps = in_turn(work, ROUNDS)
    bench.show(laps)
    bench.at_most("advance against an empty Typer app", ratio(laps, advance, nothing), 1.5)


def test_advance_takes_no_longer_on_a_long_incident_than_on_a_short_one(
    bench: Bench, in_turn: Callable[..., Laps], ratio: Callable[[Laps, str, str], float], long: Callable[[int], Long]
) -> None:
    short, whole = "advance, 20 entries", "advance, 20,000 entries"
    laps = in_turn({short: advancing(long(20)), whole: advancing(long(20_000))}, ROUNDS)
    bench.show(laps)
    bench.at_most("advance on 20,000 entries against 20", ratio(laps, whole, short), 1.2)


def test_a_list_of_ten_thousand_incidents_is_told_at_once(
    bench: Bench, in_turn: Callable[..., Laps], long: Callable[[int], Long]
) -> None:
    one, many = long(20), long(21)
    with many.office.whole.writing() as ledger:
        columns = [row[1] for row in ledger.db.execute("PRAGMA table_info(head)")]  # type: ignore[attr-defined]
        copied = {"number": "n", "incident": "'INC-' || n"}
        values = ", ".join(copied.get(column, column) for column in columns)
        ledger.db.execute(  # type: ignore[attr-defined]
            f"WITH RECURSIVE counter(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM counter WHERE n < {INCIDENTS})"  # noqa: S608 - names of columns
            f" INSERT INTO head ({', '.join(columns)}) SELECT {values} FROM counter, head WHERE number = 1"
        )
    for room in (one, many):
        room.office.store.close()
    work = {
        f"list of {count:,}": lambda room=room: process(room.root, str(PROGRAM), "list", "--json")
        for count, room in ((1, one), (INCIDENTS, many))
    }
    laps = in_turn(work, ROUNDS)
    bench.show(laps)
    short, whole = laps.values()
    bench.at_most("a list of 10,000 incidents, more than of one", (min(whole) - min(short)) * 1000, 300, " ms")
