"""Findings about a file, for people: where they are, what is wrong, what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from crisisctl.cli import show
from crisisctl.service.ports import Finding


def listed(findings: Iterable[Finding]) -> None:
    """Each finding with its place and remedy."""
    for f in findings:
        colour = "red" if f.level == "error" else "yellow"
        show.say(f"{place(f)}: {show.style(f.level, colour)} {f.rule}: {f.message}")
        show.say(f"    {f.remedy}")


def place(finding: Finding) -> str:
    """Where it is, as editors read it."""
    return f"{near(finding.file)}:{finding.line}:{finding.column}"


def near(file: str) -> str:
    """The path from here, if the file lies below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file
