"""`timeline` and `report`: the story, for the post-mortem and for whoever asks later."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from crisisctl.adapters.workspace import FILE as SETTINGS
from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import STORE
from crisisctl.domain.errors import CrisisError, StoreFailed, Usage
from crisisctl.domain.incident import Incident
from crisisctl.domain.labels import KINDS
from crisisctl.domain.text import nearest
from crisisctl.service.exporting import allow, withhold
from crisisctl.service.story import Story, story

app = typer.Typer(rich_markup_mode=None)

STDOUT = "standard output"
FORMS = ("md", "json", "jsonl", "csv", "html")


@app.command(epilog="Example: crisisctl timeline -i INC-3 --format html -o inc-3.html")
def timeline(
    ctx: typer.Context,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORM",
            help=f"One of {', '.join(FORMS)}; left out: the file's ending, or md.",
            autocompletion=complete.one_of(FORMS),
        ),
    ] = None,
    output: options.Output = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: leave cells as they are that a spreadsheet might run.")
    ] = False,
    include: options.Include = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """Everything that happened, in order.

    What is privileged or marked TLP:AMBER or stricter is left out, and counted.
    """
    from crisisctl.adapters import exports  # noqa: PLC0415 - only exports pay for it

    output = named(output)
    ending = output.suffix[1:] if output and output.suffix[1:] in FORMS else None
    chosen = form or ("json" if json else ending or "md")
    if chosen not in FORMS:
        raise nearest(chosen, FORMS, "format")
    if json and chosen != "json" and output is None:
        raise Usage(f"--json is one JSON document on standard output. Write the {chosen} to a file: -o FILE")
    told, kinds = told_of(ctx.obj, incident, include)
    text = exports.timeline(told, chosen, raw=raw)
    taken = ask.Export("timeline", chosen, told.incident.version, len(told.told), STDOUT, kinds)
    let_out(ctx.obj, told.incident, taken, output)
    deliver(told.incident, text, output, json=json and output is not None)


@app.command(epilog="Example: crisisctl report -i INC-3 -o post-mortem.md")
def report(
    ctx: typer.Context,
    output: options.Output = None,
    include: options.Include = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """A draft of the post-mortem in Markdown.

    What is privileged or marked TLP:AMBER or stricter is left out, and counted.
    """
    from crisisctl.adapters import exports  # noqa: PLC0415 - only exports pay for it

    output = named(output)
    told, kinds = told_of(ctx.obj, incident, include)
    text = f"{_altered(ctx.obj, told)}{exports.report(told)}"
    taken = ask.Export("report", "md", told.incident.version, len(told.told), STDOUT, kinds)
    let_out(ctx.obj, told.incident, taken, output)
    if json and output is None:
        left = {"privileged": told.withheld.privileged, "tlp": told.withheld.tlp}
        show.data({"incident": told.incident.id, "report": text, "withheld": left})
        return
    deliver(told.incident, text, output, json=json)


def _altered(session: Session, told: Story) -> str:
    """A warning that the log does not verify, said and for the head of the report; nothing where it does."""
    from crisisctl.service.verify import unsound  # noqa: PLC0415 - only a report pays for it

    id_ = told.incident.id
    with session.office.store.reading() as log:
        wrong = unsound(log, id_)
    if not wrong:
        return ""
    said = f"The log of {id_} does not verify ({wrong[0]}): somebody has altered it. Run: crisisctl verify -i {id_}"
    show.talk(show.style(f"WARNING: {said}", "red"))
    return f"> **WARNING: {said}**\n\n"


def told_of(session: Session, incident: str | None, include: list[str] | None) -> tuple[Story, tuple[str, ...]]:
    """The story with what may leave the room, and the kinds that were asked for beyond that."""
    kinds = _kinds(include or [])
    id_ = session.which(incident)
    with session.office.store.reading() as log:
        told = story(session.office.desk, log, id_)
    if kinds:
        allow(told.incident, kinds, session.office.source().actor, session.office.settings.privileged)
    return withhold(told, kinds), kinds


def _kinds(include: list[str]) -> tuple[str, ...]:
    for kind in include:
        if kind not in (*KINDS, "all"):
            raise nearest(kind, (*KINDS, "all"), "kind to include")
    return tuple(kind for kind in KINDS if kind in include or "all" in include)


def let_out(session: Session, incident: Incident, command: ask.Export, output: Path | None) -> None:
    """Log an export before it exists: to a file always, to standard output when more than the usual is in it.

    Where the log cannot be written, the usual is let out all the same, with a warning. A log that was moved can never
    be written again, so what is read of it on standard output is let out too.
    """
    if output is not None:
        spare_the_workspace(session, output)
        look_first(output)
        command = command._replace(file=output.name)
    guarded = incident.restricted or bool(command.included)
    if output is None and not guarded:
        return
    try:
        session.handle(incident.id, command, session.asked())
    except CrisisError as error:
        if guarded and not (output is None and _closed(session)):
            raise
        show.talk(show.style(f"The export is made, but the log does not say so: {error}", "yellow"))


def _closed(session: Session) -> bool:
    """Whether the log was moved, and so is closed for good."""
    from crisisctl.domain.moving import went  # noqa: PLC0415 - only an export that cannot be logged asks

    with session.office.store.reading() as log:
        return went(log.entries(STORE)) is not None


def named(output: Path | None) -> Path | None:
    """The file to write; None for standard output."""
    return None if output is None or str(output) == "-" else output


def deliver(incident: Incident, text: str, output: Path | None, *, json: bool) -> None:
    """Print a document, or write it to its file and say so."""
    if output is None:
        show.raw(text)
        return
    write(output, text)
    if json:
        show.data({"incident": incident.id, "file": str(output)})
    else:
        show.talk(f"Written to {output}.")


def spare_the_workspace(session: Session, output: Path) -> None:
    """A slip of the hand must not put the story in the place of the log, the settings or a plan."""
    settings = session.office.settings
    target = output.resolve()
    ours = (settings.root / SETTINGS, settings.roster, settings.playbooks, settings.templates, settings.state)
    log = Path(session.office.store.place()).resolve()
    beside = target.parent == log.parent and target.name.startswith(log.name)
    if beside or any(target.is_relative_to(path.resolve()) for path in ours):
        raise Usage(f"{output} belongs to the workspace. Name a file outside of {settings.state.name} and the like.")


def look_first(path: Path) -> None:
    """Find what would keep the file from being written, before anything is done for its sake."""
    try:
        _refuse_others(path)
        os.stat(f"{path.parent}/")  # noqa: PTH116 - a Path forgets the slash, which only a folder may have
    except OSError as error:
        raise StoreFailed(f"{path} cannot be written: {error.strerror}.") from None


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner alone; only an ordinary file is ever replaced."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}") if path.name else path
    try:
        _refuse_others(path)
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise StoreFailed(f"{path} cannot be written: {error.strerror}.") from None


def _refuse_others(path: Path) -> None:
    if path.is_symlink():
        raise Usage(f"{path} is a symbolic link. Name the file itself.")
    if path.exists() and not path.is_file():
        raise Usage(f"{path} is a {'folder' if path.is_dir() else 'device or pipe'}. Name a file.")
