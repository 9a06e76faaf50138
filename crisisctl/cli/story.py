"""`timeline` and `report`: the story, for the post-mortem and for whoever asks later."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.domain.errors import StoreFailed, Usage
from crisisctl.domain.text import nearest
from crisisctl.service.story import Story, story

app = typer.Typer(rich_markup_mode=None)

FORMS = ("md", "json", "jsonl", "csv", "html")
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead; - is standard output.")
]


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
    output: Output = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: leave cells as they are that a spreadsheet might run.")
    ] = False,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """Everything that happened, in order."""
    from crisisctl.adapters import exports  # noqa: PLC0415 - only exports pay for it

    chosen = "json" if json else form or (output.suffix[1:] if output and output.suffix[1:] in FORMS else "md")
    if chosen not in FORMS:
        raise nearest(chosen, FORMS, "format")
    _deliver(exports.timeline(_story(ctx.obj, incident), chosen, raw=raw), output)


@app.command(epilog="Example: crisisctl report -i INC-3 -o post-mortem.md")
def report(
    ctx: typer.Context, output: Output = None, incident: options.Incident = None, json: options.Json = False
) -> None:
    """A draft of the post-mortem in Markdown."""
    from crisisctl.adapters import exports  # noqa: PLC0415 - only exports pay for it

    told = _story(ctx.obj, incident)
    text = exports.report(told)
    if json:
        show.data({"incident": told.incident.id, "report": text})
        return
    _deliver(text, output)


def _story(session: Session, incident: str | None) -> Story:
    id_ = session.which(incident)
    with session.office.store.reading() as log:
        return story(session.office.desk, log, id_)


def _deliver(text: str, output: Path | None) -> None:
    if output is None or str(output) == "-":
        show.raw(text)
        return
    write(output, text)
    show.talk(f"Written to {output}.")


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
