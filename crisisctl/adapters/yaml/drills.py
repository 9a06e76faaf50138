"""Scenarios of drills, read from files; what is wrong with them is told with its line and column."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.adapters.yaml import findings
from crisisctl.adapters.yaml.loaded import load
from crisisctl.domain.drill.check import Around, check
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.scenario.known import Commands
from crisisctl.service.ports import Finding

Plan = Callable[[str], Playbook | None]


class ReadDrill(NamedTuple):
    """A scenario's document, None when a finding is an error; and the findings by line."""

    document: dict[str, Any] | None
    findings: list[Finding]


def read_drill(
    path: Path, plan: Plan, playbooks: Collection[str], commands: Commands, stem: str | None = None
) -> ReadDrill:
    """A scenario, checked against its playbook, which `plan` gives by name, None when it cannot be used; never raises.

    `playbooks` are the names of all, `commands` what can be typed, `stem` is the one that the drill is to have.
    """
    loaded = load(path)
    document = loaded.document if isinstance(loaded.document, dict) else None
    problems = []
    if loaded.complete:
        named = document.get("playbook") if document else None
        there = plan(named) if isinstance(named, str) and named in playbooks else None
        problems = check(loaded.document, Around(there, playbooks, commands, stem))
    found = findings(str(path), loaded, problems)
    broken = any(finding.level == "error" for finding in found)
    return ReadDrill(None if broken else document, found)
