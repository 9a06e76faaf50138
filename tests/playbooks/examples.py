"""Small broken and sound playbooks: what an example leaves out is filled in, and it is checked in a workspace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from crisisctl.bootstrap import Office
from crisisctl.bootstrap.proving import proved, roster
from crisisctl.service.ports import Finding

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
HERE = "# <-- here"
TEMPLATE = "holding/example.md.j2"
_FENCE = re.compile(r"^```(yaml|jinja)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"^([a-z_]+):", re.MULTILINE)


class Example(NamedTuple):
    """A playbook as an example writes it, its templates by name and its roster; any of them may be left out."""

    playbook: str = ""
    templates: Mapping[str, str] = {}
    roster: str = ""

    def marks(self) -> set[tuple[str, int]]:
        """The file and line of each finding that is marked."""
        texts = {"example.yaml": self.playbook, "roster.yaml": self.roster}
        return {(f, n) for f, text in texts.items() for n, line in enumerate(text.splitlines(), 1) if HERE in line}


def base() -> str:
    """What the examples leave out, as the index has it."""
    found: str = _FENCE.findall((PAGES / "README.md").read_text(encoding="utf-8"))[0][1]
    return found


def example(section: str) -> Example:
    """What stands in the fences of a section of a page."""
    playbook = roster_ = ""
    templates: dict[str, str] = {}
    for kind, text in _FENCE.findall(section):
        if kind == "jinja":
            first, _, rest = text.partition("\n")
            templates[first.strip("{#} ")] = rest
        elif text.startswith("# roster.yaml"):
            roster_ = text
        else:
            playbook = text
    return Example(playbook, templates, roster_)


def completed(text: str) -> str:
    """The example with the sections of the base that it has not; a text without any, or of two documents, as it is."""
    if text and (not _KEY.search(text) or re.search("^(%|---)", text, re.MULTILINE)):
        return text
    has = set(_KEY.findall(text))
    parts = re.split(r"^(?=[a-z_]+:)", base(), flags=re.MULTILINE)
    return text + "".join(part for part in parts if part and part.partition(":")[0] not in has)


def checked(root: Path, given: Example) -> list[Finding]:
    """Every finding of `playbook check` in a workspace that holds the example and nothing else."""
    (root / "crisisctl.toml").write_text("")
    for name, text in {TEMPLATE: "We are sorry.\n", **given.templates}.items():
        path = root / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "playbooks").mkdir(exist_ok=True)
    (root / "playbooks" / "example.yaml").write_text(completed(given.playbook), encoding="utf-8")
    if given.roster:
        (root / "roster.yaml").write_text(given.roster, encoding="utf-8")
    return again(root)


def again(root: Path) -> list[Finding]:
    """Every finding in the workspace as it is now."""
    office = Office(str(root))
    people, unreachable = roster(office)
    return [*proved(office, "example", people).findings, *unreachable]


def places(findings: list[Finding], rule: str) -> set[tuple[str, int]]:
    """The file and line of each finding of a rule."""
    return {(Path(one.file).name, one.line) for one in findings if one.rule == rule}
