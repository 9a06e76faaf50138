"""Several watches, one of them killed every 0.15 s: each step is recorded once, and every notice is sent.

On a file there are four; on PostgreSQL six, which live in three network namespaces where the machine lets them, so that
they share nothing but the server.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
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
    from tests.postgres import Server

EVERY = 0.15
HOSTS = 3
LONGEST_AWAY = 10.0  # seconds within which every watch is back after its server
OTHER_HOST = ("unshare", "--net")
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
    """How many incidents, the seconds between two steps, how many are acknowledged between two kills, and watches."""

    incidents: int
    step: int
    acks: int
    watches: int = 4


class Watches:
    """Watches of one workspace, always so many, to be killed."""

    def __init__(self, nurseries: Sequence[subprocess.Popen[str]], number: int) -> None:
        self._nurseries = cycle(nurseries)
        self.kills = 0
        self._pids = [self._born() for _ in range(number)]

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
        nursery = next(self._nurseries)
        assert nursery.stdin
        assert nursery.stdout
        nursery.stdin.write("\n")
        nursery.stdin.flush()
        return int(nursery.stdout.readline())


@contextmanager
def watching(program: Program, number: int, complaints: str = "Traceback|bug|cannot") -> Iterator[Watches]:
    """So many watches of the workspace, none of which outlives the block or says what it should not."""
    kept = {name: value for name, value in program.environment().items() if not name.startswith("COVERAGE")}
    shared = "CRISISCTL_STORE" in kept
    command = [*(hosts() if shared else ()), sys.executable, str(NURSERY), str(program.root)]
    pipe = subprocess.PIPE
    talk = program.root / "talk.txt"
    with talk.open("w") as said, ExitStack() as stack:
        nurseries = [
            stack.enter_context(subprocess.Popen(command, env=kept, text=True, stdin=pipe, stdout=pipe, stderr=said))
            for _ in range(HOSTS if shared else 1)
        ]
        watches = Watches(nurseries, number)
        try:
            yield watches
        finally:
            watches.end()
    assert not re.search(complaints, talk.read_text()), talk.read_text()


def hosts() -> tuple[str, ...]:
    """What starts a process on a host of its own, as far as the network goes; nothing where that may not be."""
    try:
        tried = subprocess.run([*OTHER_HOST, "true"], capture_output=True, check=False)
    except OSError:
        return ()
    return OTHER_HOST if tried.returncode == 0 else ()


@pytest.fixture
def office(program: Program) -> Iterator[Office]:
    """The desk of a workspace in which every notice is a line in one file."""
    (program.root / "crisisctl.toml").write_text(f'notices = ["textfile:{NOTICES}"]\n')
    made = Office(root=program.root, actor="dana")
    program.ok("list")  # which tells the environment of the store
    yield made
    made.store.close()


def opened(office: Office, size: Size) -> list[str]:
    """So many incidents, whose steps fall due evenly over the next `STEPS * size.step` seconds."""
    text = LADDER.format(*(size.step * n for n in range(1, STEPS + 1)))
    (office.settings.playbooks / "ladder.yaml").write_text(text)
    read = office.read_playbook("ladder")
    ids = []
    for n in range(size.incidents):
        command = opening(read.document, read.templates, read.findings, f"Incident {n + 1}")
        at = datetime.now(UTC) - timedelta(seconds=size.step * n / size.incidents)  # so that none is late when it opens
        ids.append(office.desk.open(command, Asked(office.source(), at)).incident.id)
    return ids


def torment(program: Program, office: Office, size: Size) -> tuple[list[str], int]:
    """Kill watches until the last step is due, while dana acknowledges incidents; the rest is made up in one round."""
    chance = random.Random(size.incidents)  # noqa: S311 - to repeat a run, not to guess it
    ids = opened(office, size)
    asleep = chance.sample(ids, len(ids))
    with watching(program, size.watches) as watches:
        until = time.monotonic() + size.step * STEPS + 1
        while time.monotonic() < until:
            time.sleep(EVERY)
            watches.kill_one(chance.randrange(size.watches))
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
    program: Program, office: Office, report: Callable[[str], None], size: Size, ids: list[str], kills: int
) -> list[float]:
    """Each step recorded once and none after an acknowledgement, each notice sent, repeats under the same key only.

    How many seconds late each step was recorded.
    """
    keys: list[str] = []
    late: list[float] = []
    for id_ in ids:
        with office.store.reading() as log:
            entries = list(log.entries(id_))
        fired = [entry for entry in entries if entry.type == "escalation.fired"]
        assert [entry.timer for entry in fired] == expected(entries)
        late += [(entry.recorded_at - entry.occurred_at).total_seconds() for entry in fired]
        told = [notice for entry in fired for notice in entry.data.get("notices", ())]
        assert sorted(timer for notice in told for timer in notice["covers"]) == sorted(expected(entries))
        sent = [entry.data["notice"] for entry in entries if entry.type == "notice.sent"]
        assert sorted(sent) == sorted(f"{notice['key']}-0" for notice in told)
        keys += [notice["key"][:12] for notice in told]
    delivered = Counter(CALL.findall((program.root / NOTICES).read_text()))
    assert delivered.keys() == set(keys)
    twice = delivered.total() - len(keys)
    report(f"{len(keys)} notices, {kills} kills, {twice} delivered again under the same key")
    assert twice <= (kills + size.watches) * AT_ONE_TIME
    program.ok("verify")
    return late


@pytest.mark.parametrize("size", [Size(incidents=40, step=1, acks=1)], ids=["120 steps"])
@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_killed_watches_record_each_step_once_and_send_every_notice(
    program: Program, office: Office, report: Callable[[str], None], size: Size
) -> None:
    assert_the_promise_holds(program, office, report, size, *torment(program, office, size))


@pytest.mark.torture
@pytest.mark.parametrize("size", [Size(incidents=1000, step=10, acks=2)], ids=["3000 steps"])
def test_killed_watches_record_each_of_many_steps_once_and_send_every_notice(
    program: Program, office: Office, report: Callable[[str], None], size: Size
) -> None:
    assert_the_promise_holds(program, office, report, size, *torment(program, office, size))


@pytest.mark.torture
@pytest.mark.parametrize("size", [Size(incidents=3334, step=60, acks=2, watches=6)], ids=["10002 steps"])
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_six_killed_watches_on_three_hosts_are_late_by_less_than_a_second(
    program: Program, office: Office, report: Callable[[str], None], size: Size
) -> None:
    late = assert_the_promise_holds(program, office, report, size, *torment(program, office, size))
    half, most, latest = (sorted(late)[len(late) * part // 100] * 1000 for part in (50, 90, 99))
    told = f"half within {half:.0f} ms, 90 % within {most:.0f} ms, 99 % within {latest:.0f} ms"
    report(f"{len(late)} steps: {told}, the last {max(late) * 1000:.0f} ms late")
    assert latest < 1000


@pytest.mark.torture
@pytest.mark.parametrize("size", [Size(incidents=300, step=8, acks=0, watches=6)], ids=["900 steps"])
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_is_killed_loses_nothing_and_finds_its_watches_back(
    program: Program, office: Office, server: Server, report: Callable[[str], None], size: Size
) -> None:
    ids = opened(office, size)
    with watching(program, size.watches, complaints="Traceback|bug") as watches:
        time.sleep(size.step * STEPS / 3)
        acked = [id_ for id_ in ids[:100] if acknowledged(office, id_)]
        server.kill()
        lost = time.monotonic()
        time.sleep(1)
        server.start()
        back = datetime.now(UTC)
        waited = until_all_are_back(office, back, size.watches)
        time.sleep(max(0.0, size.step * STEPS + 2 - (time.monotonic() - lost)))
        assert watches.kills == 0
    program.ok("watch", "--once", clock=Later())  # type: ignore[arg-type]
    for id_ in acked:
        with office.store.reading() as log:
            assert any(entry.type == "escalation.acknowledged" for entry in log.entries(id_)), id_
    report(f"{len(acked)} acknowledgements kept, all watches back {waited:.1f} s after the server was")
    assert_the_promise_holds(program, office, report, size, ids, kills=size.watches)
    assert waited < LONGEST_AWAY


def acknowledged(office: Office, id_: str) -> bool:
    office.desk.handle(id_, ask.Acknowledge(), Asked(office.source()))
    return True


def until_all_are_back(office: Office, since: datetime, number: int) -> float:
    """How many seconds it takes until so many watches have given a sign of life since an instant."""
    start = time.monotonic()
    while time.monotonic() - start < 3 * LONGEST_AWAY:
        with office.store.reading() as log:
            if sum(beat.at > since for beat in log.beats()) >= number:
                break
        time.sleep(0.1)
    return time.monotonic() - start
