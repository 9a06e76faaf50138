"""`advance`: the command that matters most, so nothing else lives here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.domain import commands as ask
from crisisctl.domain.decide import decide, still_open
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Refused
from crisisctl.domain.guards import Option
from crisisctl.domain.guards import options as moves
from crisisctl.domain.incident import Incident
from crisisctl.domain.moves import machine
from crisisctl.service.desk import Asked

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl advance activate --because 'confirmed by security'")
def advance(
    ctx: typer.Context,
    trigger: Annotated[
        str | None, typer.Argument(metavar="TRIGGER", help="The move to make.", autocompletion=complete.triggers)
    ] = None,
    because: options.Because = None,
    role: options.AsRole = None,
    override: Annotated[
        bool, typer.Option("--override", help="Move although your role may not; needs a reason, and shows.")
    ] = False,
    waive_audience: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AUDIENCE",
            help="Close although this audience was not told of the end; needs a reason; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before taking the only move there is.")] = False,
    incident: options.Incident = None,
    at: options.At = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Move the incident to its next stage.

    Without a trigger: take the only move there is, after a confirmation, or list what each still needs.
    """
    session: Session = ctx.obj
    asked = session.asked(at, request_id, expect_version, role)
    seen = session.look(incident)
    if trigger is None:
        trigger = _only(
            seen, moves_of(seen, session, role, waive_audience or ()), ahead(seen, session.caught_up(seen)), yes=yes
        )
    command = ask.Advance(trigger, because, override, tuple(waive_audience or ()))
    if dry_run:
        _rehearse(seen, session.caught_up(seen, asked.at), command, asked, session.now(), json=json)
        return
    outcome = session.handle(seen.id, command, asked._replace(stood=seen.visits))  # who moves it meanwhile has won
    _tell(outcome.incident, outcome.entries, repeated=outcome.repeated, json=json)


def ahead(incident: Incident, after: Incident) -> str | None:
    """A warning when timers that are overdue, after which the incident is `after`, move it before any command does."""
    if after.visits == incident.visits:
        return None
    stands = " + ".join(after.stages)
    return f"Timers that are overdue will first move it to {stands}: crisisctl watch --once records them."


def moves_of(incident: Incident, session: Session, role: str | None = None, waived: Sequence[str] = ()) -> list[Option]:
    """Every move from here, as the one who acts may take it; a reason can always be given."""
    return moves(incident, machine(incident.playbook), session.office.viewer(role), waived=waived)


def _only(incident: Incident, every: list[Option], warning: str | None, *, yes: bool) -> str:
    still_open(incident)
    free = [option for option in every if option.allowed]
    if len(free) == 1:
        only = free[0].transition
        if yes or (sys.stdin.isatty() and typer.confirm(f"{only.trigger}: go to {only.to}?", err=True)):
            return only.trigger
    lines = [*(_listed(option) for option in every), *([warning] if warning else [])]
    hint = ", or --yes for the one that is ready" if len(free) == 1 else ""
    raise Refused(
        f"{incident.id} stands at {' + '.join(incident.stages)}. Say which move: crisisctl advance TRIGGER{hint}", lines
    )


def _listed(option: Option) -> str:
    to = f"{option.transition.trigger} -> {option.transition.to}"
    return f"{to}: ready" if option.allowed else f"{to}: not yet; " + "; ".join(option.missing)


def _rehearse(
    incident: Incident, after: Incident, command: ask.Advance, asked: Asked, now: datetime, *, json: bool
) -> None:
    """Say what would happen; `after` is how the move itself will find the incident."""
    if warning := ahead(incident, after):
        show.talk(show.style(warning, "yellow"))
    incident = after
    events = decide(incident, command, asked.source, asked.at or now)
    data = next(event.data for event in events if event.type == "incident.advanced")
    if json:
        show.data(_document(incident, data["trigger"], data["left"], data["entered"], data["stages"]))
        return
    show.say(f"{incident.id} would leave {', '.join(data['left'])} and enter {', '.join(data['entered'])}.")
    show.say("Nothing was written.")


def _document(incident: Incident, trigger: str, left: object, entered: object, stages: object) -> dict[str, object]:
    return {
        "incident": incident.id,
        "trigger": trigger,
        "left": left,
        "entered": entered,
        "stages": stages,
        "version": incident.version,
    }


def _tell(incident: Incident, entries: Sequence[Entry], *, repeated: bool, json: bool) -> None:
    done = next(entry for entry in entries if entry.type == "incident.advanced")
    data = done.data
    if json:
        show.data(
            _document(incident, data["trigger"], data["left"], data["entered"], data["stages"])
            | ({"repeated": True} if repeated else {})
        )
        return
    if repeated:
        show.say(f"Already done: {incident.id} took {data['trigger']} (version {entries[-1].version}).")
        return
    show.say(
        f"{incident.id} is now at {show.style(' + '.join(incident.stages), 'green')} (version {incident.version})."
    )
    for path in data["entered"]:
        guide(incident, path)
    show.hint("crisisctl status" if incident.open else f"crisisctl report -i {incident.id}")


def guide(incident: Incident, path: str) -> None:
    """What to do in a stage: its guidance and its tasks."""
    stage = incident.playbook.stages[path]
    tasks = [task for task in incident.playbook.tasks.values() if task.stage == path]
    if not stage.guidance and not tasks:
        return
    show.say()
    show.say(show.style(stage.title, "bold"))
    if stage.guidance:
        show.markdown(stage.guidance)
    for task in tasks:
        who = f" ({task.role})" if task.role else ""
        show.fold(f"  [ ] {task.id}: {task.title}{who}{' - required' if task.required else ''}", 6)
