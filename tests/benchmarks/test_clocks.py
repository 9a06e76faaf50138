"""Deadlines: how many in a second, and how long a person waits for one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from crisisctl.domain.clocks.outcome import Known
from tests.benchmarks.test_processes import EMPTY, PROGRAM, process
from tests.clockwork import clocks, whole

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench, Laps

pytestmark = pytest.mark.bench

ROUNDS = 30
BERLIN = ("--trigger", "2026-10-23T18:00", "--zone", "Europe/Berlin")


def test_ten_thousand_deadlines_are_computed_within_two_seconds(bench: Bench) -> None:
    known, place = list(clocks().known.values()), ZoneInfo("Europe/Berlin")
    at = datetime(2026, 9, 12, tzinfo=UTC)
    start = time.perf_counter()
    for number in range(10_000):
        clock = known[number % len(known)]
        clocks().compute(clock, Known(whole(clock, at + timedelta(hours=number)), {}, place))
    bench.at_most("10,000 deadlines of all clocks", time.perf_counter() - start, 2, " s")


@pytest.mark.parametrize(
    "line",
    [("gdpr.art33", *BERLIN), ("nis2.final", *BERLIN, "--mode", "reg1182"), ("SEC form_8k_item_1_05", *BERLIN)],
    ids=["hours", "months on a calendar", "business days by a name"],
)
def test_a_deadline_takes_hardly_longer_than_a_program_that_does_nothing(
    bench: Bench,
    in_turn: Callable[..., Laps],
    ratio: Callable[[Laps, str, str], float],
    tmp_path: Path,
    line: tuple[str, ...],
) -> None:
    (tmp_path / "empty.py").write_text(EMPTY)
    computing, nothing = f"clock compute {line[0]}", "an empty Typer app"
    work = {
        computing: lambda: process(tmp_path, str(PROGRAM), "clock", "compute", *line),
        nothing: lambda: process(tmp_path, sys.executable, "empty.py"),
    }
    laps = in_turn(work, ROUNDS)
    bench.show(laps)
    bench.at_most("clock compute against an empty Typer app", ratio(laps, computing, nothing), 2.5)
