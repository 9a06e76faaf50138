"""`open`: the first command of the night."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.advance import guide
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Usage
from crisisctl.domain.incident import Incident
from crisisctl.service.desk import Outcome
from crisisctl.service.opening import opening

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl open outage --title 'Checkout is down' --assign legal=lee")
def open(  # noqa: A001 - the command's name
    ctx: typer.Context,
    playbook: Annotated[
        str, typer.Argument(metavar="PLAYBOOK", help="The playbook's name.", autocompletion=complete.playbooks)
    ],
    title: Annotated[str, typer.Option(metavar="TITLE", help="What has happened, in one line.")],
    severity: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Left out: the highest. When unsure, the higher.")
    ] = None,
    assign: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=PERSON", help="Who takes which role; may be repeated.")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What is known; may be repeated.")
    ] = None,
    drill: Annotated[
        bool, typer.Option("--drill", help="For practice: everything is marked, nothing leaves the building.")
    ] = False,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="Seen only by who holds a role in it, and whom they let in.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the id alone.")] = False,
    at: options.At = None,
    request_id: options.Request = None,
    json: options.Json = False,
) -> None:
    """Open an incident on a playbook.

    Its first role goes to whoever is on call for it, else to you, unless somebody is assigned to it.
    """
    session: Session = ctx.obj
    asked = session.asked(at, request_id)
    read = session.office.read_playbook(playbook)
    command = opening(read.document, read.templates, read.findings, title)._replace(
        severity=severity,
        assign=pairs("--assign ROLE=PERSON", assign),
        facts=pairs("--fact NAME=VALUE", fact),
        drill=drill,
        restricted=restricted,
    )
    outcome = session.office.desk.open(command, asked)
    session.recorded = True
    _tell(outcome, quiet=quiet, json=json)


def pairs(form: str, given: list[str] | None) -> tuple[tuple[str, str], ...]:
    """What was given as NAME=VALUE, in order; `Usage` with the form when it is not."""
    pairs = [pair.partition("=") for pair in given or ()]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise Usage(f"Write {form}, not {name}{equals}{value}.")
    return tuple((name, value) for name, _, value in pairs)


def _tell(outcome: Outcome, *, quiet: bool, json: bool) -> None:
    incident = outcome.incident
    if json:
        keys = {"incident": incident.id, "stages": incident.stages, "severity": incident.severity}
        show.data(keys | {"version": incident.version} | ({"repeated": True} if outcome.repeated else {}))
    elif quiet:
        show.say(incident.id)
    elif outcome.repeated:
        show.say(f"Already done: {incident.id} is open.")
    else:
        _welcome(incident)


def _welcome(incident: Incident) -> None:
    mark = show.style("EXERCISE ", "yellow") if incident.drill else ""
    what = f"{incident.title} ({incident.severity}, {incident.playbook.title})"
    show.say(f"{mark}{show.style(incident.id, 'green')} is open: {what}.")
    if incident.restricted:
        show.say(f"  restricted: only {', '.join(incident.members())} can see it (crisisctl access grant PERSON)")
    for role, people in incident.roles.items():
        show.say(f"  {role}: {', '.join(people)}")
    for stage in incident.around():
        guide(incident, stage.path)
    empty = [role.id for role in incident.playbook.roles.values() if role.required and not incident.holders(role.id)]
    if empty:
        show.hint(f"nobody holds {', '.join(empty)} yet: crisisctl assign {empty[0]} PERSON")
    else:
        show.hint("crisisctl status")
