"""`drill new`: a real crisis, as a file that can be played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crisisctl.cli import show
from crisisctl.cli.story import spare_the_workspace, write
from crisisctl.domain.drill.check import Around, check
from crisisctl.domain.drill.convert import convert, fitting
from crisisctl.domain.errors import Invalid, NotFound, Usage
from crisisctl.domain.playbook import build

if TYPE_CHECKING:
    from pathlib import Path

    from crisisctl.cli.session import Session
    from crisisctl.service.ports import Finding


def new(session: Session, crisis: Path, playbook: str | None, output: Path | None, *, json: bool) -> None:
    """Read the crisis, fit a playbook to it, and write the drill."""
    from crisisctl.adapters.yaml.crises import read_crisis  # noqa: PLC0415 - only here
    from crisisctl.adapters.yaml.writer import written  # noqa: PLC0415 - the same

    office = session.office
    if not crisis.is_file():
        raise NotFound(f"{crisis} is not there, or is no file. Name the timeline of a crisis as JSON.")
    read = read_crisis(crisis)
    if read.document is None:
        raise Invalid("\n".join(_told(one) for one in read.findings if one.level == "error"))
    for one in read.findings:
        show.talk(show.style(_told(one), "yellow"))
    name = playbook or fitting(read.document["kind"], office.playbooks())
    if name is None:
        raise NotFound(f"There is no playbook in {office.settings.playbooks}. crisisctl init lays some out.")
    plan = office.read_playbook(name)
    if plan.document is None:
        raise Invalid(f"{name} has errors. See them: crisisctl playbook check {name}")
    book = build(plan.document)
    drill = convert(read.document, book)
    _refuse_what_cannot_be_played(crisis, drill, Around(book, stem=_stem(session, output)))
    text = written(drill)
    if output is None:
        show.data({"drill": drill}) if json else show.raw(text)
        return
    if output.suffix not in (".yaml", ".yml"):
        raise Usage(f"{output} is no name for a drill. End it in .yaml, so that drill run takes it for a file.")
    if not output.resolve().is_relative_to(office.drill_folder.resolve()):
        spare_the_workspace(session, output)
    write(output, text)
    keys = {"file": str(output), "drill": drill["drill"], "playbook": name}
    show.data(keys) if json else show.say(f"{output}: {len(drill['events'])} events, to be played on {name}.")
    show.hint(f"crisisctl drill run {output} --auto")


def _stem(session: Session, output: Path | None) -> str | None:
    """The name that the drill must have in that file; None where any will do."""
    folder = session.office.drill_folder.resolve()
    return output.stem if output and output.resolve().parent == folder else None


def _refuse_what_cannot_be_played(crisis: Path, drill: dict[str, Any], around: Around) -> None:
    told = [f"{one.message}; {one.remedy}." for one in check(drill, around) if one.level == "error"]
    if told:
        raise Invalid("\n".join([f"{crisis} makes no drill that could be played, so none was written:", *told]))


def _told(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return f"{place}: {finding.rule}: {finding.message}; {finding.remedy}."
