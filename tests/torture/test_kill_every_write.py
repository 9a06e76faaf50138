"""A command that is killed, or whose disk fails, at any of its system calls leaves a whole log and can be repeated."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program
    from tests.torture.conftest import Call, Tracer

COMMANDS = {
    "open": ("open", "data-breach", "--title", "Records on a forum", "--request-id", "once"),
    "advance": ("advance", "activate", "--because", "it is out", "--request-id", "once"),
    "note": ("note", "the vendor confirms it", "--request-id", "once"),
}
# The disk is asked to write and to sync; both may be refused.
FAULTS = {"pwrite64": "ENOSPC", "fdatasync": "EIO"}
FEW = 3


class Case:
    """One command, the log it starts from, and what the log holds before and after it."""

    def __init__(self, program: Program, name: str, aside: Path) -> None:
        self.program = program
        self.arguments = COMMANDS[name]
        self._aside = aside
        self._state = program.root / "state"
        self._state.mkdir(mode=0o700)
        if name != "open":
            program.ok("open", "data-breach", "--title", "Records on a forum")
            program.ok("task", "done", "pause-posts")
        shutil.copytree(self._state, aside)
        self.before = self.types()
        program.ok(*self.arguments)
        self.after = self.types()
        self.start_over()

    def start_over(self) -> None:
        """Put the log back to where it was before the command."""
        shutil.rmtree(self._state)
        shutil.copytree(self._aside, self._state)

    def types(self) -> list[str]:
        """The types of the entries, in order; none while no incident is open."""
        told = self.program("timeline", "-i", "INC-1", "--format", "json")
        entries = sorted(told.json["entries"], key=lambda entry: int(entry["version"])) if told.code == 0 else []
        return [entry["type"] for entry in entries]

    def committed(self, point: object) -> bool:
        """Whether the command is in the log, which is whole either way, and can be repeated without doing it twice."""
        self.program.ok("verify")
        found = self.types()
        assert found in (self.before, self.after), f"{point}: half a command is in the log: {found}"
        repeat = self.program.ok(*self.arguments)
        assert repeat.out.startswith("Already done") == (found == self.after), f"{point}: {repeat.out}"
        assert self.types() == self.after, f"{point}: the repeat did it twice"
        self.program.ok("verify")
        return found == self.after


class Tally(NamedTuple):
    """In how many runs the command was in the log afterwards, and in how many it was not."""

    committed: int
    nothing: int


def killed_at(case: Case, tracer: Tracer, points: list[Call]) -> Tally:
    outcomes = []
    for point in points:
        case.start_over()
        tracer.kill(point, *case.arguments)
        outcomes.append(case.committed(point))
    return Tally(outcomes.count(True), outcomes.count(False))


def failed_at(case: Case, tracer: Tracer, points: list[Call]) -> Tally:
    outcomes = []
    for point in points:
        case.start_over()
        ran = tracer.fail(point, FAULTS[point.name], *case.arguments)
        assert ran.returncode in (0, 7), f"{point}: {ran.stderr}"
        assert "bug" not in ran.stderr
        assert ran.returncode == 0 or "Nothing was written" in ran.stderr, f"{point}: {ran.stderr}"
        outcomes.append(case.committed(point))
        assert outcomes[-1] == (ran.returncode == 0), f"{point}: exit {ran.returncode}, but {outcomes[-1]=}"
    return Tally(outcomes.count(True), outcomes.count(False))


def spread(points: list[Call], count: int) -> list[Call]:
    """So many of them, the first and the last among them."""
    last = len(points) - 1
    return [points[last * n // (count - 1)] for n in range(count)]


@pytest.fixture(params=list(COMMANDS))
def case(request: pytest.FixtureRequest, program: Program, tmp_path: Path) -> Case:
    return Case(program, request.param, tmp_path / "aside")


@pytest.fixture
def calls(case: Case, tracer: Tracer) -> list[Call]:
    return tracer.writes(*case.arguments)


def test_a_killed_command_is_in_the_log_or_not_and_can_be_repeated(
    case: Case, tracer: Tracer, calls: list[Call]
) -> None:
    tally = killed_at(case, tracer, spread(calls, FEW))
    assert tally.committed >= 1
    assert tally.nothing >= 1


@pytest.mark.parametrize("case", ["advance"], indirect=True)
def test_a_command_whose_disk_fails_writes_nothing_and_says_so(case: Case, tracer: Tracer, calls: list[Call]) -> None:
    disk = [call for call in calls if call.name in FAULTS]
    assert sum(failed_at(case, tracer, spread(disk, FEW))) == FEW


@pytest.mark.torture
def test_a_command_killed_at_every_write_is_in_the_log_or_not_and_can_be_repeated(
    case: Case, tracer: Tracer, calls: list[Call], report: Callable[[str], None]
) -> None:
    tally = killed_at(case, tracer, calls)
    report(f"{case.arguments[0]}: {len(calls)} kills, {tally.committed} after the commit")
    assert tally.committed >= 1
    assert tally.nothing >= 1


@pytest.mark.torture
def test_a_command_whose_disk_fails_at_every_write_or_sync_writes_nothing_and_says_so(
    case: Case, tracer: Tracer, calls: list[Call], report: Callable[[str], None]
) -> None:
    disk = [call for call in calls if call.name in FAULTS]
    tally = failed_at(case, tracer, disk)
    report(f"{case.arguments[0]}: {len(disk)} faults, {tally.committed} after the commit")
    assert tally.nothing >= 1
