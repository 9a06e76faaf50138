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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from crisisctl.bootstrap import Office
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry
from crisisctl.domain.playbook import unpin
from crisisctl.service.desk import Asked
from crisisctl.service.opening import opening
from crisisctl.service.watch import AT_ONE_TIME, LEASE

if TYPE_CHECKING:
    from tests.conftest import Program

WATCHES = 4
EVERY = 0.15
STEPS = 3
CALL = re.compile(r"^  ref (\w+)$", re.MULTILINE)
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
    """How many incidents, the seconds between two steps, and how many are acknowledged between two kills."""

    incidents: int
    step: int
    acks: int


class Watches:
    """Watches of one workspace, always so many, to be killed."""

    def __init__(self, nursery: subprocess.Popen[str]) -> None:
        self._nursery = nursery
        self.kills = 0
        self._pids = [self._born() for _ in range(WATCHES)]

    def kill_one(self, which: int) -> None:
        """Kill one, which must have lived until then, and start another."""
        os.kill(self._pids.pop(which), signal.SIGKILL)
        self.kills += 1
        self._pids.append(self._born())

    def end(self) -> None:
        """Kill them all."""
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)

    def _born(self) -> int:
        assert self._nursery.stdin
        assert self._nursery.stdout
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())


@contextmanager
def watching(program: Program) -> Iterator[Watches]:
    """Watches of the workspace, none of which outlives the block."""
    kept = {name: value for name, value in program.environment().items() if not name.startswith("COVERAGE")}
    command = [sys.executable, str(NURSERY), str(program.root)]
    pipe = subprocess.PIPE
    talk = program.root / "talk.txt"
    with (
        talk.open("w") as said,
        subprocess.Popen(command, env=kept, text=True, stdin=pipe, stdout=pipe, stderr=said) as nursery,
    ):
        watches = Watches(nursery)
        try:
            yield watches
        finally:
            watches.end()
    assert not re.search("Traceback|bug|cannot", talk.read_text()), talk.read_text()


@pytest.fixture
def office(program: Program) -> Iterator[Office]:
    """The desk of a workspace in which every notice is a line in one file."""
    (program.root / "crisisctl.toml").write_text(f'notices = ["textfile:{NOTICES}"]\n')
    made = Office(root=program.root, actor="dana")
    yield made
    made.store.close()


def opened(office: Office, size: Size) -> list[str]:
    """So many incidents, whose steps fall due evenly over the next `STEPS * size.step` seconds."""
    text = LADDER.format(*(size.step * n for n in range(1, STEPS + 1)))
    (office.settings.playbooks / "ladder.yaml").write_text(text)
    read = office.read_playbook("ladder")
    now = datetime.now(UTC)
    ids = []
    for n in range(size.incidents):
        command = opening(read.document, read.templates, read.findings, f"Incident {n + 1}")
        at = now - timedelta(seconds=size.step * n / size.incidents)
        ids.append(office.desk.open(command, Asked(office.source(), at)).incident.id)
    return ids


def torment(program: Program, office: Office, size: Size) -> tuple[list[str], int]:
    """Kill watches until the last step is due, while dana acknowledges incidents; the rest is made up in one round."""
    chance = random.Random(size.incidents)  # noqa: S311 - to repeat a run, not to guess it
    ids = opened(office, size)
    asleep = chance.sample(ids, len(ids))
    with watching(program) as watches:
        until = time.monotonic() + size.step * STEPS + 1
        while time.monotonic() < until:
            time.sleep(EVERY)
            watches.kill_one(chance.randrange(WATCHES))
            for _ in range(size.acks):
                office.desk.handle(asleep.pop(), ask.Acknowledge(), Asked(office.source()))
        kills = watches.kills
    program.ok("watch", "--once", clock=Later())  # type: ignore[arg-type]  # it is asked for the time alone
    return ids, kills


def expected(entries: list[Entry]) -> list[str]:
    """The timers of the steps that must have fired: all, or those that were due when somebody acknowledged."""
    opened_at = entries[0].occurred_at
    acked = next((entry.recorded_at for entry in entries if entry.type == "escalation.acknowledged"), None)
    spans = [step.after for step in unpin(entries[0].data["playbook"]["text"]).escalations["call"].steps]
    due = [n for n, span in enumerate(spans) if acked is None or opened_at + span <= acked]
    return [f"{entries[0].incident}/open#1/call/1.0.{n}" for n in due]


def assert_the_promise_holds(
    program: Program, office: Office, report: Callable[[str], None], ids: list[str], kills: int
) -> None:
    """Each step recorded once and none after an acknowledgement, each notice sent, repeats under the same key only."""
    keys: list[str] = []
    for id_ in ids:
        with office.store.reading() as log:
            entries = list(log.entries(id_))
        fired = [entry for entry in entries if entry.type == "escalation.fired"]
        assert [entry.timer for entry in fired] == expected(entries)
        told = [notice for entry in fired for notice in entry.data.get("notices", ())]
        assert sorted(timer for notice in told for timer in notice["covers"]) == sorted(expected(entries))
        sent = [entry.data["notice"] for entry in entries if entry.type == "notice.sent"]
        assert sorted(sent) == sorted(f"{notice['key']}-0" for notice in told)
        keys += [notice["key"][:12] for notice in told]
    delivered = Counter(CALL.findall((program.root / NOTICES).read_text()))
    assert delivered.keys() == set(keys)
    twice = delivered.total() - len(keys)
    report(f"{len(keys)} notices, {kills} kills, {twice} delivered again under the same key")
    assert twice <= (kills + WATCHES) * AT_ONE_TIME
    program.ok("verify")


@pytest.mark.parametrize("size", [Size(incidents=40, step=1, acks=1)], ids=["120 steps"])
def test_killed_watches_record_each_step_once_and_send_every_notice(
    program: Program, office: Office, report: Callable[[str], None], size: Size
) -> None:
    assert_the_promise_holds(program, office, report, *torment(program, office, size))


@pytest.mark.torture
@pytest.mark.parametrize("size", [Size(incidents=1000, step=10, acks=2)], ids=["3000 steps"])
def test_killed_watches_record_each_of_many_steps_once_and_send_every_notice(
    program: Program, office: Office, report: Callable[[str], None], size: Size
) -> None:
    assert_the_promise_holds(program, office, report, *torment(program, office, size))
