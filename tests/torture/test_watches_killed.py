"""Four watches, one of them killed every 0.15 s: each step is recorded once, and every notice is sent."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from crisisctl.bootstrap import Office
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Refused
from crisisctl.domain.times import instant
from crisisctl.service.desk import Asked
from crisisctl.service.opening import opening
from crisisctl.service.watch import AT_ONE_TIME, LEASE

if TYPE_CHECKING:
    from tests.conftest import Program

WATCHES = 4
EVERY = 0.15
STEPS = 3
NOTICES = "state/notices.txt"
NURSERY = Path(__file__).with_name("nursery.py")
LADDER = """\
playbook: ladder
title: A ladder of short steps
severities: [sev1]
roles: {{comms-lead: {{title: Communications lead}}}}
initial: open
stages: {{open: {{title: Open, escalation: call}}, closed: {{title: Closed, final: true}}}}
transitions: [{{trigger: close, from: open, to: closed}}]
escalations:
  call:
    steps:
      - {{after: {0}s, notify: [comms-lead]}}
      - {{after: {1}s, notify: [comms-lead]}}
      - {{after: {2}s, notify: [comms-lead]}}
"""


class Later:
    """The machine's clock, when the lease of whoever was killed has run out."""

    def now(self) -> datetime:
        return datetime.now(UTC) + LEASE + timedelta(seconds=1)


class Size(NamedTuple):
    """How many incidents, the seconds between two steps, and into how many runs of the kill loop acks are put."""

    incidents: int
    step: int
    acks: int


class Watches:
    """Watches of one workspace, always so many, to be killed."""

    def __init__(self, program: Program) -> None:
        kept = {name: value for name, value in program.environment().items() if not name.startswith("COVERAGE")}
        self._nursery = subprocess.Popen(
            [sys.executable, str(NURSERY), str(program.root)],
            env=kept,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.kills = 0
        self._pids = [self._born() for _ in range(WATCHES)]

    def kill_one(self, which: int) -> None:
        """Kill one, which must be alive until then, and start another."""
        os.kill(self._pids.pop(which % WATCHES), signal.SIGKILL)
        self.kills += 1
        self._pids.append(self._born())

    def end(self) -> None:
        """Kill them all."""
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
        self._nursery.communicate()

    def _born(self) -> int:
        assert self._nursery.stdin
        assert self._nursery.stdout
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())


@pytest.fixture
def office(program: Program, size: Size) -> Iterator[Office]:
    """A workspace of open incidents whose steps fall due evenly over the next `STEPS * size.step` seconds."""
    (program.root / "crisisctl.toml").write_text(f'notices = ["textfile:{NOTICES}"]\n')
    steps = LADDER.format(*(size.step * n for n in range(1, STEPS + 1)))
    (program.root / "playbooks" / "ladder.yaml").write_text(steps)
    made = Office(root=program.root, actor="dana")
    read = made.read_playbook("ladder")
    now = datetime.now(UTC)
    for n in range(size.incidents):
        at = now - timedelta(seconds=size.step * n / size.incidents)
        made.desk.open(
            opening(read.document, read.templates, read.findings, f"Incident {n}"), Asked(made.source(), at=at)
        )
    yield made
    made.store.close()


@pytest.fixture
def watches(program: Program, office: Office) -> Iterator[Watches]:
    some = Watches(program)
    yield some
    some.end()


@pytest.mark.parametrize("size", [Size(40, 1, 1)])
def test_killed_watches_record_each_step_once_and_send_every_notice(
    program: Program, office: Office, request: pytest.FixtureRequest, size: Size
) -> None:
    kills = torment(program, office, request, size)
    assert_the_promise_holds(program, office, size, kills)


@pytest.mark.torture
@pytest.mark.parametrize("size", [Size(1000, 10, 4)])
def test_killed_watches_record_each_of_three_thousand_steps_once_and_send_every_notice(
    program: Program, office: Office, request: pytest.FixtureRequest, size: Size
) -> None:
    kills = torment(program, office, request, size)
    assert_the_promise_holds(program, office, size, kills)


def torment(program: Program, office: Office, request: pytest.FixtureRequest, size: Size) -> int:
    """Kill watches until the last step is due, while dana acknowledges incidents; what is left is then made up once."""
    watches: Watches = request.getfixturevalue("watches")
    chance = random.Random(size.incidents)  # noqa: S311 - to repeat a run, not to guess it
    ids = [f"INC-{n + 1}" for n in range(size.incidents)]
    chance.shuffle(ids)
    until = time.monotonic() + size.step * STEPS + 1
    while time.monotonic() < until:
        time.sleep(EVERY)
        watches.kill_one(chance.randrange(WATCHES))
        for _ in range(size.acks):
            acknowledge(office, ids)
    request.getfixturevalue("watches").end()
    program.ok("watch", "--once", clock=Later())  # type: ignore[arg-type]
    return watches.kills
