"""`playbook test`: the scenarios beside the playbooks, played against the real rules in virtual time."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.app import MODULES
from crisisctl.domain.errors import Invalid, NotFound, ScenarioFailed
from crisisctl.domain.playbook import Playbook, build
from crisisctl.domain.scenario.known import Commands
from crisisctl.domain.scenario.outcome import Outcome
from crisisctl.domain.text import nearest, visible

if TYPE_CHECKING:
    from crisisctl.adapters.yaml import Read
    from crisisctl.adapters.yaml.scenarios import ReadSuite, Suite
    from crisisctl.bootstrap import Office
    from crisisctl.cli.playing import Script
    from crisisctl.service.ports import Finding

FOLDER = "tests"  # beside the playbooks
# What is done about an incident, or looked at in it; all other commands are about the room, or write files.
TYPED = (
    "advance",
    "status",
    "timers",
    "search",
    "assign",
    "release",
    "handover",
    "roles",
    "ack",
    "snooze",
    "access",
    "task",
    "note",
    "decide",
    "fact",
    "severity",
    "reopen",
    "redact",
    "statement",
    "clock",
)
COMMANDS = Commands(TYPED, tuple(name for name in MODULES if name not in TYPED))

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PLAYBOOK...",
        help="Names of playbooks, or paths of files of scenarios; left out: all that have scenarios.",
        autocompletion=complete.playbooks,
    ),
]
Only = Annotated[
    str | None, typer.Option("--only", metavar="NAME", help="Scenarios of that name, or with it in their name.")
]
Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write a report as JUnit XML, for CI.")]


def scenarios(
    ctx: typer.Context, names: Names = None, only: Only = None, junit: Junit = None, json: options.Json = False
) -> None:
    """Play the scenarios of playbooks against the real rules.

    In virtual time and in memory: nothing is written, nobody is told. Exit 8 when one fails, 6 when a file is broken.
    """
    from crisisctl.cli.playing import alone  # noqa: PLC0415 - nothing else plays

    office: Office = ctx.obj.office
    shelf = Shelf(office)
    scripts = _chosen(_suites(shelf.read(_files(office, names)), json=json), shelf, only)
    with alone():
        outcomes = list(_played(office, scripts))
    show.progress("")
    if junit:
        from crisisctl.adapters.junit import write  # noqa: PLC0415 - few write a report

        write(junit, outcomes)
    _tell(outcomes, json=json)
    if failed := sum(not one.ok for one in outcomes):
        raise ScenarioFailed(f"{show.count(failed, 'scenario')} of {len(outcomes)} failed.")


class Shelf:
    """The playbooks that scenarios are for, each read once."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.plan = cache(self._plan)

    def read(self, files: Sequence[Path]) -> list[ReadSuite]:
        """The scenarios of the files, with what is wrong in them."""
        from crisisctl.adapters.yaml.scenarios import read_scenarios  # noqa: PLC0415 - nothing else reads them

        return [read_scenarios(file, partial(self._built, file), COMMANDS) for file in files]

    def of(self, suite: Suite) -> Read:
        """The playbook as read, for opening incidents on it."""
        return self.plan(beside(Path(suite.file), suite.playbook))

    def _built(self, file: Path, name: str) -> Playbook:
        path = beside(file, name)
        if not path.is_file():
            known = [one.stem for one in path.parent.glob("*.yaml")]
            raise nearest(name, known, "playbook")
        read = self.plan(path)
        if read.document is None:
            raise Invalid(
                f"The playbook {visible(name)} has errors. See them: crisisctl playbook check {visible(name)}"
            )
        return build(read.document)

    def _plan(self, path: Path) -> Read:
        return self._office.read_playbook(str(path))


def beside(file: Path, playbook: str) -> Path:
    """Where the playbook lies that a file of scenarios is for."""
    return file.parent.parent / f"{playbook}.yaml"


def _files(office: Office, names: Sequence[str] | None) -> list[Path]:
    folder = office.settings.playbooks / FOLDER
    known = sorted(folder.glob("*.yaml"))
    if names is None and not known:
        raise NotFound(f"There are no scenarios in {folder}. How to write one: crisisctl playbook test --help")
    return known if names is None else [_file(name, folder, [one.stem for one in known]) for name in names]


def _file(name: str, folder: Path, known: Sequence[str]) -> Path:
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if path.parent.name != FOLDER:  # the playbook itself was named
        path = path.parent / FOLDER / path.name
    if not path.is_file():
        raise nearest(name, known, "file of scenarios", then=f"They are files in {folder}.")
    return path.absolute()


def _suites(read: Sequence[ReadSuite], *, json: bool) -> list[Suite]:
    """What was read; or, when a file is broken, everything that is wrong with all of them."""
    from crisisctl.cli.playbook import document, listed  # noqa: PLC0415 - it registers this very command

    findings: list[Finding] = [finding for one in read for finding in one.findings]
    if not findings:
        return [one.suite for one in read if one.suite]
    if json:
        show.data({"findings": [document(finding) for finding in findings]})
    else:
        listed(findings)
    raise Invalid(f"{show.count(len(findings), 'finding')} to mend; no scenario was played.")


def _chosen(suites: Sequence[Suite], shelf: Shelf, only: str | None) -> list[Script]:
    from crisisctl.cli.playing import Script  # noqa: PLC0415 - nothing else plays

    every = [Script(one.file, one.playbook, shelf.of(one), each) for one in suites for each in one.scenarios]
    if only is None:
        return every
    named = [script for script in every if script.scenario.name == only]
    named = named or [script for script in every if only.casefold() in script.scenario.name.casefold()]
    if not named:
        raise nearest(only, [script.scenario.name for script in every], "scenario")
    return named


def _played(office: Office, scripts: Sequence[Script]) -> Iterator[Outcome]:
    """What comes of each, in their order, with a line of progress."""
    from crisisctl.bootstrap.rehearsal import Lender  # noqa: PLC0415 - nothing else plays
    from crisisctl.cli.together import played  # noqa: PLC0415 - the same

    gc.freeze()  # what is loaded stays
    gc.enable()  # thousands of commands in one process do leave something behind
    failed = 0
    for number, outcome in enumerate(played(Lender(root=office.settings.root), scripts), 1):
        failed += not outcome.ok
        bad = f", {failed} failed" if failed else ""
        show.progress(f"{number} of {show.count(len(scripts), 'scenario')} played{bad}: {visible(outcome.name[:40])}")
        yield outcome


def _tell(outcomes: Sequence[Outcome], *, json: bool) -> None:
    failed = [one for one in outcomes if not one.ok]
    every, bad = (Counter(one.playbook for one in some) for some in (outcomes, failed))
    if json:
        playbooks = [{"playbook": book, "passed": n - bad[book], "failed": bad[book]} for book, n in every.items()]
        totals = {"passed": len(outcomes) - len(failed), "failed": len(failed)}
        show.data({"playbooks": playbooks, "scenarios": [_document(one) for one in outcomes]} | totals)
        return
    for one in failed:
        _failure(one)
    for playbook, number in every.items():
        how = show.style(f"{bad[playbook]} failed", "red") if bad[playbook] else show.style("all as expected", "green")
        show.say(f"{playbook}: {show.count(number, 'scenario')}, {how}")


def _document(one: Outcome) -> dict[str, Any]:
    keys = {"playbook": one.playbook, "name": one.name, "ok": one.ok, "file": one.file, "line": one.line}
    return keys | {"differences": [difference._asdict() for difference in one.differences], "log": [*one.log]}


def _failure(one: Outcome) -> None:
    from crisisctl.cli.playbook import near  # noqa: PLC0415 - it registers this very command

    show.say(f"{show.style('FAILED', 'red')} {one.playbook}: {show.style(visible(one.name), 'bold')}")
    show.say(f"  {near(one.file)}:{one.line}")
    for difference in one.differences:
        show.say(f"  {difference.key}")
        show.fold(f"    expected  {difference.expected}", 14)
        show.fold(f"    got       {difference.got}", 14)
    if one.log:
        show.say("  the log says last")
    for line in one.log:
        show.fold(f"    {line}", 6)
    show.say()
