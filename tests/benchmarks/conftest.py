"""What the measurements share: work timed in turn, a figure held against its target, and an incident of any length.

Every figure is a ratio or a bound, never a speed: all that is compared runs on the same machine in the same minute, in
turn, so that a machine that is busy for a while is busy for all of it. How long one takes is its best round: whatever
took longer had to wait for something else. A rate is counted over the whole run.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from crisisctl.bootstrap import Office
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Event
from crisisctl.service.desk import Asked
from crisisctl.service.opening import opening

Laps = Mapping[str, list[float]]

BOOK = """\
playbook: to-and-fro
version: 4
title: A breach that comes and goes
summary: As large as a real plan, and it lets an incident move for ever.
severities: [sev1, sev2, sev3]
roles:
  comms-lead: {title: Communications lead, required: true, deputy: deputy-comms}
  deputy-comms: {title: Deputy}
  legal: {title: Legal counsel}
  spokesperson: {title: Spokesperson}
  scribe: {title: Scribe}
facts:
  affected_accounts: {type: integer, ask: How many accounts are affected?}
  aware_at: {type: datetime, ask: When did we know?}
initial: detected
stages:
  detected:
    title: Detected
    guidance: Secure the accounts first. Pause all scheduled posts.
    tasks:
      pause-posts: {title: Pause scheduled posts, role: comms-lead, due: 2h}
      tell-staff: {title: Tell the staff, role: scribe}
    escalation: first-response
  response:
    parallel: true
    stages:
      comms:
        initial: drafting
        stages: {drafting: {title: Drafting}, informed: {title: Public informed}}
      legal:
        initial: assessing
        stages: {assessing: {title: Assessing}, notified: {title: Authority notified}}
  closed: {title: Closed, final: true}
transitions:
  - {trigger: activate, from: detected, to: response, by: [comms-lead]}
  - {trigger: inform, from: response.comms.drafting, to: response.comms.informed, requires: {roles: [comms-lead]}}
  - {trigger: revise, from: response.comms.informed, to: response.comms.drafting}
  - {trigger: notify, from: response.legal.assessing, to: response.legal.notified}
  - {trigger: close, from: response, to: closed, requires: {facts: [affected_accounts], roles: [legal]}}
escalations:
  first-response:
    repeat: {times: 2, every: 2h}
    steps:
      - {after: 2h, notify: [comms-lead]}
      - {after: 3h, notify: [deputy-comms]}
      - {after: 4h, notify: [legal, comms-lead]}
"""
MOVES = ("inform", "revise")  # in turn, for ever


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measure only when asked to: figures taken beside other tests say nothing."""
    if "bench" not in config.option.markexpr:
        for item in items:
            if item.get_closest_marker("bench"):
                item.add_marker(pytest.mark.skip(reason="a measurement; make bench"))


class Bench:
    """Prints what was measured beside its target, and fails when the target is missed."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def at_most(self, what: str, measured: float, target: float, unit: str = "x") -> None:
        """The figure may not be larger."""
        self._judge(what, measured, f"at most {target:g}{unit}", unit, met=measured <= target)

    def at_least(self, what: str, measured: float, target: float, unit: str = "x") -> None:
        """The figure may not be smaller."""
        self._judge(what, measured, f"at least {target:g}{unit}", unit, met=measured >= target)

    def show(self, laps: Laps) -> None:
        """The times themselves, in milliseconds."""
        for name, times in laps.items():
            best, middle = min(times) * 1000, median(times) * 1000
            self._write(f"  {name:<28} best {best:9.3f} ms   median {middle:9.3f} ms")

    def note(self, what: str, measured: float, unit: str = "x") -> None:
        """A figure to know, held against nothing."""
        self._write(f"{what}: {measured:.3g}{unit}")

    def show_rates(self, rates: Mapping[str, float]) -> None:
        """The rates themselves, a second."""
        for name, each in rates.items():
            self._write(f"  {name:<28} {each:9.0f} a second")

    def _judge(self, what: str, measured: float, target: str, unit: str, *, met: bool) -> None:
        verdict = "met" if met else "MISSED"
        self._write(f"{what}: {measured:.3g}{unit}, target {target}: {verdict}")
        assert met, f"{what}: {measured:.3g}{unit}, but {target} was asked for"


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            sys.stdout.write(f"\n{text}")
            sys.stdout.flush()

    return Bench(write)


@pytest.fixture
def in_turn() -> Callable[..., Laps]:
    """Times several pieces of work: so many rounds, in each of them every one of them `times` times on end."""

    def run(work: Mapping[str, Callable[[], object]], rounds: int, times: int = 1) -> Laps:
        laps: dict[str, list[float]] = {name: [] for name in work}
        order, chance = list(work), random.Random(rounds)  # noqa: S311 - an order, not a secret
        for _ in range(rounds):
            chance.shuffle(order)
            for name in order:
                laps[name].append(_lap(work[name], times))
        return laps

    return run


def _lap(work: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


@pytest.fixture
def rate() -> Callable[[Laps, str, str], float]:
    """The rate of one as a share of another's, over the whole run: what must be written back now and then counts."""
    return lambda laps, one, other: sum(laps[other]) / sum(laps[one])


@pytest.fixture
def ratio() -> Callable[[Laps, str, str], float]:
    """How many times as long one takes as another."""
    return lambda laps, one, other: min(laps[one]) / min(laps[other])


class Long(NamedTuple):
    """A workspace whose only incident has so many entries."""

    root: Path
    office: Office
    moves: Iterator[str]


@pytest.fixture
def long(tmp_path: Path) -> Iterator[Callable[[int], Long]]:
    """Makes a workspace with an incident of as many entries as asked for, most of them notes."""
    offices: list[Office] = []

    def make(entries: int) -> Long:
        root = tmp_path / f"room-{entries}"
        (root / "playbooks").mkdir(parents=True)
        (root / "templates").mkdir()
        (root / "crisisctl.toml").write_text("")
        (root / "playbooks" / "to-and-fro.yaml").write_text(BOOK)
        office = Office(root=root, actor="dana")
        offices.append(office)
        read = office.read_playbook("to-and-fro")
        command = opening(read.document, read.templates, read.findings, "Records on a forum")
        asked = Asked(office.source())
        office.desk.open(command, asked)
        incident = office.desk.handle("INC-1", ask.Advance("activate"), asked).incident
        note = Event("note.added", {}, {"text": "the vendor confirms that the dump is genuine"})
        for missing in range(entries - incident.version, 0, -500):
            office.desk.record(incident.id, [note] * min(missing, 500), office.source())
        return Long(root, office, cycle(MOVES))

    yield make
    for office in offices:
        office.store.close()
