"""`init`: lays out a workspace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from crisisctl.adapters import library
from crisisctl.cli import options, show

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl init crisis-room")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Left out: the current folder.")] = Path(),
    json: options.Json = False,
) -> None:
    """Lay out a workspace.

    Settings, a roster to fill in, playbooks and templates. Nothing that is there already is changed.
    """
    made = library.lay_out(folder.absolute())
    if json:
        show.data({"workspace": str(folder.absolute()), "written": [str(path) for path in made]})
        return
    show.say(
        f"{show.count(len(made), 'file')} laid out in {folder.absolute()}."
        if made
        else f"{folder.absolute()} has everything already."
    )
    here = "" if folder.absolute() == Path.cwd() else f"cd {os.path.relpath(folder.absolute())} && "
    show.hint(f"{here}crisisctl open outage --title 'What has happened'; then write down who there is in roster.yaml")
