"""`access list|grant|revoke`: who may see a restricted incident."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask

app = typer.Typer(rich_markup_mode=None)
access = typer.Typer(help="Who may see a restricted incident.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(access, name="access")

Person = Annotated[str, typer.Argument(metavar="PERSON", help="Who.", autocompletion=complete.people)]


@writing(access, "grant", example="access grant kim --because 'she runs the forensics'", then="crisisctl access list")
def grant(person: Person, because: options.Because = None) -> ask.Grant:
    """Let a person see a restricted incident, whatever role they hold."""
    return ask.Grant(person, because)


@writing(access, "revoke", example="access revoke kim --because 'the forensics are done'", then="crisisctl access list")
def revoke(person: Person, because: options.Why) -> ask.Revoke:
    """Take the sight of it from a person who was let in.

    Who sees it by holding a role loses it with the role: crisisctl release.
    """
    return ask.Revoke(person, because)


@access.command("list", epilog="Example: crisisctl access list")
def list_(ctx: typer.Context, incident: options.Incident = None, json: options.Json = False) -> None:
    """Who may see it, and by what."""
    session: Session = ctx.obj
    found = session.look(incident)
    who = found.members() if found.restricted else ()
    if json:
        members = [{"person": p, "roles": found.held_by(p), "admitted": p in found.admitted} for p in who]
        show.data({"incident": found.id, "restricted": found.restricted, "members": members})
    elif not found.restricted:
        show.say(f"{found.id} is not restricted: everybody in the workspace sees it.")
    else:
        rows = [(p, ", ".join([*found.held_by(p), *(["admitted"] if p in found.admitted else [])])) for p in who]
        show.table(("PERSON", "SEES IT AS"), rows)
