"""The playbooks with clocks can be walked to their end once what runs is filed or waived; what never began is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crisisctl.adapters.memory import Memory
from crisisctl.adapters.roster import Roster
from crisisctl.adapters.system import SystemChance, VirtualClock
from crisisctl.adapters.yaml import read
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.service.desk import Asked, Desk
from crisisctl.service.opening import opening
from tests.clockwork import clocks

ROOT = Path(__file__).parents[2]
BEGUN = datetime(2026, 11, 23, 22, 15, tzinfo=UTC)
BOUND = ("account-takeover", "data-breach", "outage", "rogue-post")
HOUR = timedelta(hours=1)


class _Night:
    """An incident in which one person holds every role, and the catalogue is at hand."""

    def __init__(self, folder: Path, name: str) -> None:
        self.clock = VirtualClock(BEGUN)
        roster = Roster(folder / "roster.yaml", folder / "roster.json", ["console:"])
        self.desk = Desk(Memory(), self.clock, SystemChance(), roster, clocks)
        plan = read(ROOT / f"playbooks/{name}.yaml", ROOT / "templates", lambda: clocks().known)
        self.id = self.desk.open(opening(*plan, "A night"), Asked(Source("dana", "dana"))).incident.id
        for role in [*self.look().playbook.roles][1:]:
            self.do(ask.Assign(role, "dana"))

    def do(self, command: ask.Command) -> Incident:
        return self.desk.handle(self.id, command, Asked(Source("dana", "dana"))).incident

    def look(self) -> Incident:
        with self.desk.store.reading() as log:
            return self.desk.load(log, self.id)

    def know(self, *facts: str) -> Incident:
        """They were true an hour ago."""
        self.clock.set(self.clock.now() + HOUR)
        for fact in facts:
            self.do(ask.SetFact(fact, (self.clock.now() - HOUR).isoformat()))
        return self.look()

    def move(self, trigger: str) -> Incident:
        """With the tasks done that must be."""
        for task in self.look().here():
            if task.required and task.key not in self.look().tasks:
                self.do(ask.ChangeTask(task.id, "done"))
        return self.do(ask.Advance(trigger, "as it is"))

    def reviewed(self) -> Incident:
        """Up to the last stage before the end."""
        self.move("activate")
        return self.move("stand-down")

    def file(self, *ids: str) -> Incident:
        return self.do(ask.FileClocks(ids, "the authority", clocks(), reference="26-1"))

    def running(self) -> set[str]:
        return {one.id for one in self.look().clocks.values() if one.open}


@pytest.fixture(params=BOUND)
def night(request: pytest.FixtureRequest, tmp_path: Path) -> _Night:
    return _Night(tmp_path, request.param)


def test_what_is_never_set_starts_nothing_and_holds_nothing_up(night: _Night) -> None:
    night.reviewed()
    assert night.look().clocks == {}
    assert not night.move("close").open


def test_each_fact_starts_its_clocks_and_no_other(tmp_path: Path) -> None:
    night = _Night(tmp_path, "data-breach")
    assert set(night.know("aware_at").clocks) == {"gdpr.art33"}
    assert set(night.know("material_at").clocks) == {"gdpr.art33", "sec.8k-1.05"}
    assert night.know("significant_at").clocks.keys() >= {"nis2.early-warning", "nis2.notification"}
    assert night.running() == {"gdpr.art33", "sec.8k-1.05", "nis2.early-warning", "nis2.notification"}


def test_the_hours_of_the_authority_count_from_awareness(tmp_path: Path) -> None:
    one = _Night(tmp_path, "data-breach").know("aware_at").clocks["gdpr.art33"]
    assert one.strict == BEGUN + 72 * HOUR
    assert (one.role, one.escalate) == ("legal", ("dpo", "exec-sponsor"))


def test_an_outage_that_is_major_is_due_four_hours_after_it_was_classified(tmp_path: Path) -> None:
    night = _Night(tmp_path, "outage")
    night.know("aware_at")
    assert night.running() == set()
    classified = night.clock.now()
    one = night.know("classified_at").clocks["dora.initial"]
    assert (one.state, one.strict) == ("running", classified + 4 * HOUR)


def test_a_classification_without_the_hour_of_awareness_counts_once_that_is_known(tmp_path: Path) -> None:
    night = _Night(tmp_path, "outage")
    night.know("classified_at")
    assert night.running() == set()
    night.do(ask.SetFact("aware_at", BEGUN.isoformat()))
    assert night.running() == {"dora.initial"}


def test_it_cannot_be_closed_while_a_clock_runs_and_can_once_each_is_filed_or_waived(night: _Night) -> None:
    starting = [name for name, fact in night.look().playbook.facts.items() if "Leave it out if" in fact.ask]
    own = [name for name in ("aware_at", *starting) if name in night.look().playbook.facts]
    night.know(*dict.fromkeys(own))
    begun = night.running()
    assert begun
    night.reviewed()
    with pytest.raises(Refused) as refused:
        night.move("close")
    assert all(any(f"clock {id_} " in sentence for sentence in refused.value.missing) for id_ in begun)
    night.file(*sorted(begun))
    followed = night.running()
    assert followed.isdisjoint(begun)
    for id_ in followed:
        night.do(ask.WaiveClock(id_, "the first filing was final", clocks()))
    assert not night.move("close").open


def test_a_false_alarm_says_what_becomes_of_the_clock_that_it_began(tmp_path: Path) -> None:
    night = _Night(tmp_path, "data-breach")
    night.know("aware_at")
    with pytest.raises(Refused):
        night.move("false-alarm")
    night.do(ask.WaiveClock("gdpr.art33", "the records are not ours", clocks()))
    assert not night.move("false-alarm").open
