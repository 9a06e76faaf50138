"""Eight processes at one log: nothing is lost, nobody waits for long, and each version is won by exactly one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.together import together

if TYPE_CHECKING:
    from tests.conftest import Program

WRITERS = 8
WORKER = Path(__file__).with_name("worker.py")
ON_BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
LONGEST = 1.0  # seconds that a command may take while seven others write


def eight(program: Program, what: str, incidents: list[str], measure: int) -> list[dict[str, Any]]:
    """What eight processes did that started at the same moment, each on its incident."""
    lines = [[str(WORKER), what, str(program.root), incident, str(measure)] for incident in incidents]
    return [json.loads(out) for out in together(lines, program.environment())]


def written(program: Program, incident: str) -> list[dict[str, Any]]:
    """The entries of an incident, in the order of their versions."""
    told = program.ok("timeline", "-i", incident, "--format", "json").json["entries"]
    return sorted(told, key=lambda entry: int(entry["version"]))


def lost_by_eight_writers(program: Program, seconds: int) -> tuple[int, int, float]:
    """Notes that the writers believe in and the log does not have, all notes, and the slowest one."""
    ids = [program.ok("open", "loop", "--title", f"Writer {n}", "-q").out.strip() for n in range(WRITERS)]
    done = eight(program, "write", ids, seconds)
    lost = 0
    for id_, worker in zip(ids, done, strict=True):
        texts = [entry["text"] for entry in written(program, id_) if entry["type"] == "note.added"]
        assert texts == [f"note {n}" for n in range(len(texts))]
        lost += worker["count"] - len(texts)
    program.ok("verify")
    return lost, sum(worker["count"] for worker in done), max(worker["slowest"] for worker in done)


def assert_each_version_has_one_winner(program: Program, rounds: int) -> None:
    program.ok("open", "loop", "--title", "The race")
    before = len(written(program, "INC-1"))
    done = eight(program, "race", ["INC-1"] * WRITERS, rounds)
    for tries in zip(*(worker["codes"] for worker in done), strict=True):
        assert sorted(tries) == [0] + [5] * (WRITERS - 1)
    types = [entry["type"] for entry in written(program, "INC-1")][before:]
    assert types == ["incident.advanced", "stage.left", "stage.entered"] * rounds
    program.ok("verify")


@ON_BOTH
def test_eight_processes_write_to_eight_incidents_and_nothing_is_lost(looping: Program) -> None:
    lost, notes, _ = lost_by_eight_writers(looping, seconds=1)
    assert lost == 0
    assert notes >= WRITERS


@ON_BOTH
def test_each_version_is_won_by_one_of_eight_processes_and_a_conflict_for_the_others(looping: Program) -> None:
    assert_each_version_has_one_winner(looping, rounds=10)


@pytest.mark.torture
@ON_BOTH
def test_eight_processes_write_for_long_and_none_waits_for_more_than_a_second(
    looping: Program, report: Callable[[str], None]
) -> None:
    lost, notes, slowest = lost_by_eight_writers(looping, seconds=5)
    report(f"{notes} notes by {WRITERS} processes in 5 s, the slowest took {slowest * 1000:.0f} ms")
    assert lost == 0
    assert slowest <= LONGEST


@pytest.mark.torture
@ON_BOTH
def test_each_of_many_versions_is_won_by_one_of_eight_processes(looping: Program) -> None:
    assert_each_version_has_one_winner(looping, rounds=200)
