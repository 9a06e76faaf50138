"""`roles`: who holds what, who held it at an instant, and how it came about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from crisisctl.cli import options, show
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Refused, Usage
from crisisctl.domain.incident import Incident
from crisisctl.domain.times import clock_time, not_before, parse_instant, stamp
from crisisctl.service.story import Seat, held, seats

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl roles --at 2026-11-22T15:00:00Z")
def roles(
    ctx: typer.Context,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As it was then, such as 2026-11-22T15:00:00Z.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Everybody who ever held one, and how.")] = False,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """Who holds each role, or held it at an instant."""
    if history and at is not None:
        raise Usage("--history has every time in it. Leave --at out, or --history.")
    session: Session = ctx.obj
    found = session.look(incident)
    with session.office.store.reading() as log:
        every = seats(list(log.entries(found.id)))
    if history:
        _history(found, every, json=json)
        return
    moment = _moment(session, found, at)
    there = held(every, moment) if at is not None else [seat for seat in every if seat.until is None]
    if json:
        holders = {role: [seat.person for seat in there if seat.role == role] for role in found.playbook.roles}
        show.data({"incident": found.id, "at": stamp(moment), "roles": holders})
        return
    show.say(f"{found.id} on {clock_time(moment)} UTC")
    show.table(("ROLE", "HELD BY", "SINCE (UTC)", "HOW"), [row for role in _roles(found) for row in _rows(role, there)])


def _moment(session: Session, incident: Incident, at: str | None) -> datetime:
    """The instant to look at, within the life of the incident."""
    now = session.now()
    if at is None:
        return now
    moment = parse_instant(at)
    not_before(moment, incident.opened_at, f"{incident.id} was opened")
    if moment > now:
        raise Refused(f"{clock_time(moment)} UTC is in the future; the log holds what has happened.")
    return moment


def _roles(incident: Incident) -> list[str]:
    return list(incident.playbook.roles)


def _rows(role: str, there: list[Seat]) -> list[tuple[str, ...]]:
    rows = [(role, seat.person, clock_time(seat.since), seat.how) for seat in there if seat.role == role]
    return [*rows] or [(role, "nobody", "", "")]


def _history(incident: Incident, every: list[Seat], *, json: bool) -> None:
    if json:
        show.data({"incident": incident.id, "history": [_span(seat) for seat in every]})
        return
    show.say(f"{incident.id}: who held what")
    rows = [
        (seat.role, seat.person, clock_time(seat.since), clock_time(seat.until) if seat.until else "", _way(seat))
        for role in _roles(incident)
        for seat in every
        if seat.role == role
    ]
    show.table(("ROLE", "PERSON", "FROM (UTC)", "UNTIL (UTC)", "HOW"), rows)


def _way(seat: Seat) -> str:
    return f"{seat.how}, {seat.ended}" if seat.ended else seat.how


def _span(seat: Seat) -> dict[str, Any]:
    until = stamp(seat.until) if seat.until else None
    ways = {"how": seat.how, "ended": seat.ended}
    return {"role": seat.role, "person": seat.person, "from": stamp(seat.since), "until": until} | ways
