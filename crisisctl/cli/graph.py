"""`playbook graph`: a picture of a plan, and of where an incident stands in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.cli.story import named, spare_the_workspace, write
from crisisctl.domain.errors import Invalid, Usage
from crisisctl.domain.incident import Incident
from crisisctl.domain.playbook import Playbook, build
from crisisctl.domain.text import visible

FORMS = ("mermaid", "dot", "svg")
_ENDINGS = {".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg"}

Drawn = Annotated[
    str | None,
    typer.Argument(
        metavar="PLAYBOOK",
        help="A playbook's name, or the path of a file; left out: the one of the incident.",
        autocompletion=complete.playbooks,
    ),
]
Form = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORM",
        help=f"One of {', '.join(FORMS)}; left out: the file's ending, or mermaid.",
        autocompletion=complete.one_of(FORMS),
    ),
]
Lit = Annotated[
    str | None,
    typer.Option(
        "--incident",
        "-i",
        metavar="ID",
        help="Light the stages where this incident stands, in its own edition of the playbook.",
        autocompletion=complete.incidents,
    ),
]


def graph(
    ctx: typer.Context,
    playbook: Drawn = None,
    form: Form = None,
    output: options.Output = None,
    incident: Lit = None,
    json: options.Json = False,
) -> None:
    """Draw a playbook: Mermaid for Markdown, DOT for Graphviz, or an SVG that needs nothing to be looked at."""
    from crisisctl.domain.graph import draw, drawing  # noqa: PLC0415 - only a picture pays for it

    session: Session = ctx.obj
    output = named(output)
    chosen = form or _ending(output)
    if chosen not in FORMS:
        raise Usage(f"--format is {', '.join(FORMS[:-1])} or {FORMS[-1]}, not {visible(chosen[:40])!r}.")
    book, standing = _subject(session, playbook, incident)
    picture = draw(drawing(book, standing), chosen)
    told = {"playbook": book.id, "version": book.version, "incident": standing.id if standing else None}
    if output is not None:
        spare_the_workspace(session, output)
        write(output, picture)
    if json:
        show.data(told | {"format": chosen} | ({"file": str(output)} if output else {"graph": picture}))
    elif output is None:
        show.raw(picture)
    else:
        show.talk(f"Drawn in {output}.")


def _subject(session: Session, name: str | None, told: str | None) -> tuple[Playbook, Incident | None]:
    """The playbook to draw, and the incident to light in it; with an incident, its own edition as it was pinned."""
    if told is None and name is None:
        raise Usage("Say which playbook to draw, or -i and an incident. There are: crisisctl playbook list")
    if told is None:
        read = session.office.read_playbook(name or "")
        if read.document is None:
            raise Invalid(f"{name} has errors. See them: crisisctl playbook check {name}")
        return build(read.document), None
    standing = session.look(told)
    book = standing.playbook
    if name is not None and Path(name).stem != book.id:
        raise Usage(f"{standing.id} runs by {book.id}, not by {name}. Leave the playbook out: playbook graph -i {told}")
    return book, standing


def _ending(output: Path | None) -> str:
    """The form that a file's ending asks for; Mermaid where nothing is asked."""
    suffix = output.suffix.lower() if output else ""
    if not suffix or suffix in _ENDINGS:
        return _ENDINGS.get(suffix, "mermaid")
    known = ", ".join(_ENDINGS)
    raise Usage(f"No picture is made as {visible(suffix)}. The endings are {known}; or say --format.")
