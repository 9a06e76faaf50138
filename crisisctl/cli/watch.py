"""`watch`: fires what is due and sends what is unsent, until it is told to stop."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Annotated

import typer

from crisisctl.bootstrap import Office
from crisisctl.cli import options, show
from crisisctl.cli.look import silence
from crisisctl.cli.session import Session
from crisisctl.domain.errors import CrisisError, Usage
from crisisctl.domain.times import clock_time, stamp, words
from crisisctl.service.watch import Round

QUARTER = 900.0  # seconds between two attempts to fetch a calendar
A_MINUTE = timedelta(minutes=1)

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl watch --once")
def watch(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One round, for cron.")] = False,
    known: Annotated[bool, typer.Option("--list", help="Show the watches that are known, and watch nothing.")] = False,
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="[HOST:]PORT", help="Serve /metrics for Prometheus, and /health."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Fire what is due and send what is unsent, until interrupted.

    The log decides what is due. Any number of watches may run; each may die at any moment and loses nothing.
    """
    session: Session = ctx.obj
    if once + known + (metrics is not None) > 1:
        raise Usage("--once, --list and --metrics do not go together. Give one of them.")
    if known:
        _list(session, json=json)
    elif once:
        _once(session, json=json)
    else:
        _run(session, metrics, json=json)


def _list(session: Session, *, json: bool) -> None:
    with session.office.store.reading() as log:
        beats = log.beats()
    now = session.now()
    if json:
        rows = [{"watch": b.watch, "last": stamp(b.at), "every": b.every, "alive": b.alive(now)} for b in beats]
        show.data({"watches": rows})
        return
    if beats:
        states = [
            (b.watch, clock_time(b.at), f"{words(now - b.at)} ago", "alive" if b.alive(now) else "silent")
            for b in beats
        ]
        show.table(("WATCH", "LAST SIGN (UTC)", "THAT IS", "STATE"), states)
    else:
        show.say("No watch is known.")
    if warning := silence(session):
        show.talk(show.style(warning, "yellow"))


def _once(session: Session, *, json: bool) -> None:
    office = session.office
    done = office.watch.round()
    show.data(done._asdict()) if json else _say(done)
    refresh(office)
    if office.settings.dead_man is not None:
        from crisisctl.cli.outside import caller  # noqa: PLC0415 - only who calls pays for it

        if found := caller(office):
            found.turn()
            office.look.close()


def _run(session: Session, metrics: str | None, *, json: bool) -> None:
    from crisisctl.adapters.alarm import beside, ring  # noqa: PLC0415 - only the running watch pays for APScheduler
    from crisisctl.cli.outside import caller, farewell, heard, window  # noqa: PLC0415 - the same

    gc.enable()  # a process that runs for weeks must collect, unlike one that carries out one command
    office = session.office
    with ExitStack() as beside_it:
        served = beside_it.enter_context(window(office, metrics)) if metrics is not None else None
        show.talk(f"Watching {office.store.place()}. Stop with Ctrl-C.")
        if served:
            show.talk(f"Metrics are at {served.address}/metrics, the state of health at {served.address}/health.")
        if found := caller(office):
            beside_it.enter_context(beside(minded(found.turn)))
        beside_it.enter_context(beside(minded(refresher(office.another()))))
        sending = office.another()
        tick = heard(office.watch.tick)
        hints = office.store.listener()
        ring(tick, sending.watch.send, office.watch.next_due, lambda done: _log(done, json=json), show.talk, hints)
        farewell()
        sending.store.close()
    if served or found:
        office.look.close()
    try:
        office.watch.leave()
    except CrisisError as error:
        show.talk(str(error))


def refresh(office: Office) -> None:
    """Look at the calendars of the rotas; those that lie elsewhere are fetched a quarter of an hour apart."""
    if not office.roster.has_rotas():
        return
    rotas = office.roster.rotas
    rotas.fetch(QUARTER)
    for role in rotas.plan.calendars:
        rotas.known(role)  # so that nobody has to work out a changed file on the night


def refresher(office: Office) -> Callable[[], None]:
    """Looks at the calendars once a minute, however often it is called."""
    last: list[datetime] = []

    def turn() -> None:
        now = office.clock.now()
        if last and timedelta(0) <= now - last[0] < A_MINUTE:
            return
        last[:] = [now]
        refresh(office)

    return turn


def minded(work: Callable[[], None]) -> Callable[[], None]:
    """The work, of which each turn fails by itself: the reason is told once until it goes well or differs."""
    said: list[str] = []

    def turn() -> None:
        try:
            work()
        except CrisisError as error:
            if said != [str(error)]:
                show.talk(str(error))
            said[:] = [str(error)]
        else:
            said.clear()

    return turn


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
