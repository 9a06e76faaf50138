"""Each of these plans is tried in scenarios and rehearsed in a drill; what can be seen of that without playing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisisctl.domain.playbook import Playbook, build
from crisisctl.domain.times import parse_duration
from tests.playbooks import conduct
from tests.playbooks.conftest import ROOT, _read

Row = Mapping[str, Any]
DRILLS = {_read(path)["playbook"]: path for path in sorted((ROOT / "playbooks/drills").glob("*.yaml"))}


@pytest.fixture(params=sorted(conduct.EARLY))
def name(request: pytest.FixtureRequest) -> str:
    """The playbook."""
    found: str = request.param
    return found


@pytest.fixture
def plan(name: str) -> Playbook:
    """What it says."""
    return build(_read(ROOT / "playbooks" / f"{name}.yaml"))


@pytest.fixture
def scenarios(name: str) -> list[Row]:
    """Its scenarios."""
    return list(_read(ROOT / "playbooks/tests" / f"{name}.yaml")["scenarios"])


@pytest.fixture
def drill(name: str) -> Row:
    """Its drill."""
    return _read(DRILLS[name])


def test_it_has_scenarios_that_differ_and_one_that_goes_the_whole_way(scenarios: list[Row]) -> None:
    names = [one["name"] for one in scenarios]
    assert len(names) == len(set(names)) >= 5
    assert names[0].startswith("nobody answers the first call")
    assert names[-1].startswith("the whole way to the end")
    assert scenarios[-1]["steps"][-1] == {"then": {"open": False}}


def test_its_rules_are_seen_to_refuse(scenarios: list[Row]) -> None:
    refused = [step["refused"] for one in scenarios for step in one["steps"] if "refused" in step]
    assert len(set(refused)) >= 5


def test_every_region_and_every_end_is_entered_in_a_scenario(plan: Playbook, scenarios: list[Row]) -> None:
    typed = " ".join(str(step["when"]) for one in scenarios for step in one["steps"] if "when" in step)
    regions = {move.trigger for move in plan.transitions if move.to.startswith("response.")}
    unused = {trigger for trigger in regions if f"advance {trigger}" not in typed}
    assert unused <= {"mark-overdue", "speak-again", *(trigger for trigger in regions if _goes_back(trigger))}


def _goes_back(trigger: str) -> bool:
    return trigger.endswith("-again") or trigger in {
        "another-asset",
        "decide-anew",
        "new-evidence",
        "new-threat",
        "reassess",
        "widen-hold",
        "widen-inquiry",
    }  # fmt: skip - a list


def test_a_drill_has_five_to_nine_events_in_order_from_outside_voices(drill: Row) -> None:
    moments = [parse_duration(str(event["at"])) for event in drill["events"]]
    assert 5 <= len(moments) <= 9
    assert moments == sorted(moments)
    assert moments[0] == timedelta(0)
    assert all(len(event["text"].split()) >= 8 and event["from"] for event in drill["events"])


def test_a_drill_expects_actions_of_roles_in_time_and_for_each_objective(plan: Playbook, drill: Row) -> None:
    expected = list(_expected(drill))
    assert {one["objective"] for one in expected} == set(drill["objectives"])
    assert {one["role"] for one in expected if "role" in one} <= plan.roles.keys()
    assert drill["people"].keys() <= plan.roles.keys()
    assert {event["to"] for event in drill["events"]} <= drill["people"].keys()
    for one in expected:
        assert parse_duration(str(one["play"]["after"])) < parse_duration(str(one["within"])), one["id"]


def test_a_drill_has_first_words_before_the_hour_is_over(plan: Playbook, drill: Row) -> None:
    due = plan.statements["holding"].due
    for event in drill["events"]:
        for one in event.get("expect", ()):
            if one["action"] == "statement published holding":
                spoken = parse_duration(str(event["at"])) + parse_duration(str(one["play"]["after"]))
                assert due is not None
                assert spoken <= due + timedelta(minutes=10)
                return
    pytest.fail("no first words")


def _expected(drill: Row) -> Iterator[Row]:
    for event in drill["events"]:
        yield from event.get("expect", ())


def test_drills_and_scenarios_are_for_playbooks_that_exist() -> None:
    scenarios = {Path(path).stem for path in (ROOT / "playbooks/tests").glob("*.yaml")}
    assert scenarios | DRILLS.keys() <= {path.stem for path in (ROOT / "playbooks").glob("*.yaml")}
