"""`playbook list|show|check`: the plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crisisctl.cli import complete, options, show, testing
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Invalid, NotFound
from crisisctl.domain.playbook import Playbook, build, pin
from crisisctl.domain.times import words
from crisisctl.service.ports import Finding

app = typer.Typer(rich_markup_mode=None)
playbooks = typer.Typer(
    help="The plans: what there is, what they say, and whether they hold.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(playbooks, name="playbook")

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A playbook's name, or the path of a file.", autocompletion=complete.playbooks),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...", help="Names, or paths of files; left out: every one.", autocompletion=complete.playbooks
    ),
]


@playbooks.command("list", epilog="Example: crisisctl playbook list")
def list_(ctx: typer.Context, json: options.Json = False) -> None:
    """The playbooks of the workspace."""
    session: Session = ctx.obj
    rows = [_row(session, name) for name in session.office.playbooks()]
    if json:
        keys = ("id", "version", "last_drilled", "title")
        show.data({"playbooks": [dict(zip(keys, row, strict=True)) for row in rows]})
    elif rows:
        cells = [(name, str(version or "-"), drilled or "never", title) for name, version, drilled, title in rows]
        show.table(("PLAYBOOK", "VERSION", "LAST DRILLED", "TITLE"), cells)
    else:
        show.say(f"No playbook in {session.office.settings.playbooks}.")


def _row(session: Session, name: str) -> tuple[str, int | None, str | None, str]:
    read = session.office.read_playbook(name)
    if read.document is None or _errors(read.findings):
        return (name, None, None, f"has errors: crisisctl playbook check {name}")
    book = build(read.document)
    return (name, book.version, book.last_drilled, book.title)


@playbooks.command("show", epilog="Example: crisisctl playbook show outage")
def show_(ctx: typer.Context, name: Name, json: options.Json = False) -> None:
    """What a playbook says, for reading before the night it is needed."""
    session: Session = ctx.obj
    read = session.office.read_playbook(name)
    if read.document is None or _errors(read.findings):
        raise Invalid(f"{name} has errors. See them: crisisctl playbook check {name}")
    if json:
        digest = pin(read.document, read.templates).digest
        show.data({"playbook": read.document, "templates": read.templates, "digest": digest})
        return
    _print(build(read.document))


def _print(book: Playbook) -> None:
    show.say(show.style(f"{book.title} ({book.id}, version {book.version})", "bold"))
    show.markdown(book.summary)
    show.say()
    show.fold("Roles: " + ", ".join(f"{role.title} ({role.id})" for role in book.roles.values()), 7)
    for stage in book.stages.values():
        depth = "  " * stage.path.count(".")
        kind = " - final" if stage.final else " - all at once" if stage.parallel else ""
        show.say(f"{depth}{show.style(stage.title, 'bold')} ({stage.path}){kind}")
        for task in (task for task in book.tasks.values() if task.stage == stage.path):
            due = f", due {words(task.due)}" if task.due else ""
            show.fold(f"{depth}  [ ] {task.id}: {task.title} ({task.role or 'anyone'}{due})", len(depth) + 6)
        if stage.escalation:
            show.say(f"{depth}  escalation {stage.escalation}")
        for move in (move for move in book.transitions if stage.path in move.sources):
            show.say(f"{depth}  -> {move.trigger} to {move.to}")


@playbooks.command(epilog="Example: crisisctl playbook check outage")
def check(
    ctx: typer.Context,
    names: Names = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    json: options.Json = False,
) -> None:
    """Every error with its place and remedy, all in one run; exit 6 when there is one."""
    office = ctx.obj.office
    chosen = names or office.playbooks()
    if not chosen:
        raise NotFound(f"There is no playbook in {office.settings.playbooks}.")
    findings = [finding for name in chosen for finding in office.read_playbook(name).findings]
    if json:
        show.data({"findings": [document(finding) for finding in findings]})
    else:
        listed(findings)
        if not findings:
            show.say(f"{show.count(len(chosen), 'playbook')} checked, nothing to mend.")
    bad = findings if strict else _errors(findings)
    if bad:
        raise Invalid(f"{show.count(len(bad), 'finding')} to mend.")


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "error"]


def document(finding: Finding) -> dict[str, Any]:
    """A finding for scripts."""
    return finding._asdict()


def listed(findings: list[Finding]) -> None:
    """Each finding with its place and remedy."""
    for f in findings:
        colour = "red" if f.level == "error" else "yellow"
        place = f"{near(f.file)}:{f.line}:{f.column}"
        show.say(f"{place}: {show.style(f.level, colour)} {f.rule}: {f.message}")
        show.say(f"    {f.remedy}")


def near(file: str) -> str:
    """The path from here, if the file lies below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


playbooks.command("test", epilog="Example: crisisctl playbook test outage --only 'nobody answers'")(testing.scenarios)
