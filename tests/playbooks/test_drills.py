"""The drills that are delivered: each can be played to its end, and players who do their part are told nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program

ROOT = Path(__file__).parents[2]
DRILLS = sorted((ROOT / "playbooks" / "drills").glob("*.yaml"))


@pytest.fixture(params=DRILLS, ids=lambda path: path.stem)
def told(request: pytest.FixtureRequest, shipped: Program) -> Any:
    """The report of one of them, played alone."""
    ran = shipped.ok("drill", "run", request.param.stem, "--auto", "--json")
    assert "refused" not in ran.err, ran.err
    return ran.json


def test_all_is_done_in_time_and_every_promise_kept(told: Any) -> None:
    assert {action["state"] for action in told["actions"]} == {"done"}
    assert {one["rating"] for one in told["objectives"]} == {"met"}
    assert told["notices_sent"] == 0
    assert told["cadence"]["late"] == told["cadence"]["broken"] == 0


def test_it_has_objectives_and_things_happen_that_ask_for_something(told: Any) -> None:
    assert len(told["objectives"]) >= 2
    assert 4 <= len({action["event"] for action in told["actions"]}) <= 9


def test_every_playbook_of_the_main_job_has_one(shipped: Program) -> None:
    listed = shipped.ok("drill", "list", "--json").json["drills"]
    book = {"account-takeover", "data-breach", "outage", "rogue-post", "viral-complaint"}
    assert book <= {one["playbook"] for one in listed}
    assert shipped.ok("drill", "check", "--json").json["findings"] == []
