"""The plans of systems, products, names and rumours are tried in scenarios and rehearsed in drills."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from ruamel.yaml import YAML

from crisisctl.adapters import library
from tests.conftest import Program
from tests.playbooks.conftest import ROOT
from tests.playbooks.technical import EARLY

NAMES = sorted(EARLY)
DRILLS = sorted((ROOT / "playbooks" / "drills").glob("*.yaml"))


def _told(path: object) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return read


@pytest.fixture
def delivered(program: Program) -> Program:
    """A workspace with everything that is delivered."""
    for folder in ("playbooks", "templates"):
        shutil.rmtree(program.root / folder, ignore_errors=True)
    library.lay_out(program.root)
    return program


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_ends_as_it_says(name: str, delivered: Program) -> None:
    told = delivered.ok("playbook", "test", name, "--json").json
    assert [one["name"] for one in told["scenarios"] if not one["ok"]] == []
    assert len(told["scenarios"]) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_goes_the_whole_way_with_the_words_of_the_templates(name: str) -> None:
    scenarios = _told(ROOT / "playbooks" / "tests" / f"{name}.yaml")["scenarios"]
    whole = next(one for one in scenarios if one["name"].startswith("the whole way to the end"))
    typed = [line for step in whole["steps"] if "when" in step for line in _lines(step["when"])]
    assert {"statement draft holding", "statement draft resolution", "advance conclude"} <= set(typed)
    assert whole["steps"][-1]["then"]["open"] is False


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_drill_that_begins_outside_and_expects_things_of_people(name: str) -> None:
    drill = next(told for told in map(_told, DRILLS) if told["playbook"] == name)
    expected = [one for event in drill["events"] for one in event["expect"]]
    assert 5 <= len(drill["events"]) <= 9
    assert {one["objective"] for one in expected} == set(drill["objectives"])
    assert all("within" in one and "play" in one for one in expected)


def _lines(when: str | list[str]) -> list[str]:
    return [when] if isinstance(when, str) else when
