"""`watch`: fires what is due and sends what is unsent, until it is told to stop."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Annotated

import typer

from crisisctl.bootstrap import Office
from crisisctl.cli import options, show
from crisisctl.cli.session import Session
from crisisctl.service.watch import Round

QUARTER = 900.0  # seconds between two attempts to fetch a calendar

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl watch --once")
def watch(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One round, for cron.")] = False,
    json: options.Json = False,
) -> None:
    """Fire what is due and send what is unsent, until interrupted.

    The log decides what is due. Any number of watches may run; each may die at any moment and loses nothing.
    """
    session: Session = ctx.obj
    office = session.office
    if once:
        done = office.watch.round()
        refresh(office)
        show.data(done._asdict()) if json else _say(done)
        return
    from crisisctl.adapters.alarm import ring  # noqa: PLC0415 - only the running watch pays for APScheduler

    gc.enable()  # a process that runs for weeks must collect, unlike one that carries out one command
    show.talk(f"Watching {office.store.place()}. Stop with Ctrl-C.")
    sending, reading = office.another(), office.another()
    tell = _teller(json=json)
    ring(office.watch.tick, sending.watch.send, office.watch.next_due, tell, show.talk, lambda: refresh(reading))
    sending.store.close()


def refresh(office: Office) -> None:
    """Look at the calendars of the rotas; those that lie elsewhere are fetched a quarter of an hour apart."""
    if not office.roster.has_rotas():
        return
    rotas = office.roster.rotas
    rotas.fetch(QUARTER)
    for role in rotas.plan.calendars:
        rotas.known(role)  # so that nobody has to work out a changed file on the night


def _teller(*, json: bool) -> Callable[[Round], None]:
    return lambda done: _log(done, json=json)


def _log(done: Round, *, json: bool) -> None:
    if not any(done):
        return
    if json:
        import json as encoder  # noqa: PLC0415 - the option has the module's name

        show.raw(encoder.dumps(done._asdict()))
    else:
        _say(done)


def _say(done: Round) -> None:
    parts = [f"{count} {name}" for name, count in done._asdict().items() if count and name != "reasons"]
    show.say(f"{', '.join(parts) if parts else 'Nothing is due'}.")
    for reason in done.reasons:
        show.talk(show.style(f"  {reason}", "yellow"))
