"""A watch that is killed at any of its system calls tells the fallback of somebody out of reach exactly once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program
    from tests.torture.conftest import Call, Tracer

ROSTER = """people:
  dana: {roles: [comms-lead], contacts: ["textfile:../out-of-bounds"], fallback: sam}
  sam: {contacts: ["textfile:state/sam.txt"]}
  lee: {}
"""
ROUND = ("watch", "--once")
FEW = 6


class Night:
    """An incident that calls Dana, who cannot be reached, and the log as it was before any watch looked at it."""

    def __init__(self, program: Program, aside: Path) -> None:
        self._program = program
        self._aside = aside
        self._state = program.root / "state"
        (program.root / "roster.yaml").write_text(ROSTER)
        program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
        shutil.copytree(self._state, aside)

    def start_over(self) -> None:
        shutil.rmtree(self._state)
        shutil.copytree(self._aside, self._state)

    def go_on(self) -> list[tuple[str, str]]:
        """Let another watch finish; what the log then says of notices, and it is whole."""
        with closing(sqlite3.connect(self._state / "crisisctl.db")) as db:  # the lease of the dead, skipped
            db.execute("UPDATE outbox SET ready_at = '2000-01-01T00:00:00.000000Z'")
            db.commit()
        self._program.ok(*ROUND)
        self._program.ok(*ROUND)
        self._program.ok("verify")
        told = self._program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
        return [(entry["type"], entry["data"]["to"]) for entry in told if entry["type"].startswith("notice.")]


@pytest.fixture
def night(program: Program, tmp_path: Path) -> Night:
    return Night(program, tmp_path / "aside")


@pytest.fixture
def calls(night: Night, tracer: Tracer) -> list[Call]:
    found = tracer.writes(*ROUND)
    night.start_over()
    return found


def killed(night: Night, tracer: Tracer, points: list[Call]) -> None:
    for point in points:
        night.start_over()
        tracer.kill(point, *ROUND)
        assert night.go_on() == [("notice.failed", "dana"), ("notice.sent", "sam")], point


def test_a_watch_killed_on_its_way_leads_to_one_notice_for_the_fallback(
    night: Night, tracer: Tracer, calls: list[Call]
) -> None:
    killed(night, tracer, [calls[(len(calls) - 1) * n // (FEW - 1)] for n in range(FEW)])


@pytest.mark.torture
def test_a_watch_killed_at_every_write_leads_to_one_notice_for_the_fallback(
    night: Night, tracer: Tracer, calls: list[Call], report: Callable[[str], None]
) -> None:
    killed(night, tracer, calls)
    report(f"{len(calls)} kills")
