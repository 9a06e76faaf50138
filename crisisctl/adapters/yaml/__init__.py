"""Playbooks and their templates, read from files; what is wrong with them is told with its line and column.

Whatever a file holds, reading it ends soon and without an exception: its size and depth are bounded, and aliases,
anchors and tags, by which a small file becomes a large or a dangerous document, are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.adapters.yaml.loaded import Fault, Loaded, load
from crisisctl.adapters.yaml.templates import template_sources
from crisisctl.domain.check import Problem, check
from crisisctl.service.ports import Finding

if TYPE_CHECKING:
    from crisisctl.domain.clocks.catalogue import Clock

__all__ = ["Fault", "Loaded", "Read", "findings", "load", "read"]


class Read(NamedTuple):
    """A playbook's document, None when a finding is an error; the sources of its templates; the findings by line."""

    document: dict[str, Any] | None
    templates: dict[str, str]
    findings: list[Finding]


def read(path: Path, templates_dir: Path, clocks: Callable[[], Mapping[str, Clock] | None] = lambda: None) -> Read:
    """A playbook and the templates that its statements name, checked; never raises, whatever the files hold.

    `clocks` gives the catalogue, or None to believe any name; a playbook that names no clock does not ask for it.
    """
    loaded = load(path)
    templates: dict[str, str] = {}
    problems: list[Problem] = []
    if loaded.complete:
        templates = template_sources(loaded, templates_dir)
        named = isinstance(loaded.document, dict) and loaded.document.get("clocks")
        problems = check(loaded.document, templates, path.stem, clocks() if named else None)
    found = findings(str(path), loaded, problems)
    broken = any(finding.level == "error" for finding in found)
    document = loaded.document if isinstance(loaded.document, dict) and not broken else None
    return Read(document, templates, found)


def findings(file: str, loaded: Loaded, problems: list[Problem]) -> list[Finding]:
    """The faults of a file's text and the problems of its document, each with its place, by line."""
    found = [Finding(file, *fault.spot, "error", fault.rule, fault.message, fault.remedy) for fault in loaded.faults]
    told = {fault.spot for fault in loaded.faults}
    for problem in problems:
        spot = loaded.spot(problem.path, on_key=problem.on_key)
        # What the text itself made unreadable is told once, not again as a missing or mistaken value.
        if not loaded.is_spoiled(problem.path) and not (problem.on_key and spot in told):
            found.append(Finding(file, *spot, problem.level, problem.rule, problem.message, problem.remedy))
    return sorted(found, key=lambda finding: (finding.line, finding.column))
