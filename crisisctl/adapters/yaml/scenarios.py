"""Scenarios of playbooks, read from files; what is wrong with them is told with its line and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.adapters.yaml import findings
from crisisctl.adapters.yaml.loaded import load
from crisisctl.domain.check import Problem
from crisisctl.domain.errors import CrisisError
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.scenario import Scenario, build
from crisisctl.domain.scenario.form import check, without_playbook
from crisisctl.domain.scenario.known import Commands
from crisisctl.service.ports import Finding

LARGEST = 4 * 1024 * 1024  # some thousand scenarios

Plans = Callable[[str], Playbook]  # the playbook of that name; an error with its remedy when it cannot be used


class Suite(NamedTuple):
    """The scenarios of one file, and the playbook that they are for."""

    file: str
    playbook: str
    scenarios: tuple[Scenario, ...]


class ReadSuite(NamedTuple):
    """What a file holds: None when a finding is an error."""

    suite: Suite | None
    findings: list[Finding]


def read_scenarios(path: Path, plans: Plans, commands: Commands) -> ReadSuite:
    """The scenarios in a file, checked; never raises, whatever the file holds."""
    loaded = load(path, LARGEST)
    document: dict[str, Any] = loaded.document if isinstance(loaded.document, dict) else {}
    named = document.get("playbook", path.stem)
    playbook, problems = None, list[Problem]()
    if loaded.complete:
        try:
            playbook = plans(named if isinstance(named, str) else path.stem)
            problems = check(loaded.document, playbook, commands)
        except CrisisError as error:
            problems = [without_playbook(str(error))]
    found = findings(str(path), loaded, problems)
    if found or playbook is None:
        return ReadSuite(None, found)
    line = loaded.spot
    scenarios = build(document, playbook.first_role(), lambda place: line(place, on_key=isinstance(place[-1], str))[0])
    return ReadSuite(Suite(str(path), playbook.id, scenarios), [])
