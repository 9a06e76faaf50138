"""What others see of a watch: its figures, its health, its calls outside, and what systemd hears."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

from crisisctl.adapters import prometheus, system
from crisisctl.adapters.deadman import SHORTEST
from crisisctl.adapters.systemd import notify
from crisisctl.adapters.window import Answer, Window, document, place
from crisisctl.bootstrap import Office
from crisisctl.cli import show
from crisisctl.domain.errors import CrisisError, Invalid, StoreFailed
from crisisctl.domain.times import parse_duration
from crisisctl.service.caller import Caller
from crisisctl.service.vitals import Look, ailing
from crisisctl.service.watch import Round


def window(office: Office, told: str) -> Window:
    """A window on this watch, ready to be opened; a warning when others than this machine can look in."""
    where, look = place(told), office.look  # made here, once: several threads will ask for it
    pages = {"/metrics": lambda: _figures(office, look), "/health": lambda: _health(office, look)}
    opened = Window(where, pages)
    if where.open:
        warning = (
            f"{where.host} can be reached from other machines: whoever reaches it sees how many incidents are open."
        )
        show.talk(show.style(f"{warning} Without a host only this machine can.", "yellow"))
    return opened


def _figures(office: Office, look: Look) -> Answer:
    try:
        vitals = look.vitals()
    except CrisisError:
        vitals = None
    return Answer(200, prometheus.TYPE, prometheus.page(office.watch_name, office.tally.figures(), vitals))


def _health(office: Office, look: Look) -> Answer:
    reason = ailing(office.tally, look)
    if reason:
        return document(503, {"ok": False, "watch": office.watch_name, "reason": reason})
    return document(200, {"ok": True, "watch": office.watch_name})


def every(office: Office) -> timedelta:
    """How often the dead man is called; `Invalid` when the setting makes no sense."""
    told = office.settings.dead_man_every
    try:
        span = parse_duration(told)
    except Invalid as error:
        raise Invalid(f"dead_man_every: {error}") from None
    if span < timedelta(seconds=SHORTEST):
        raise Invalid(f"dead_man_every: {told!r} is too often. Write {SHORTEST:g}s or more.")
    return span


def caller(office: Office) -> Caller | None:
    """Who calls the dead man's address; None when there is none, or when the setting is wrong, which is told.

    A watch without these calls is better than none, and whoever misses them outside will ask.
    """
    if office.dead_man is None:
        return None
    try:
        span = every(office)
    except Invalid as error:
        show.talk(show.style(f"{error} Until it is mended, the dead man's address is not called.", "yellow"))
        return None
    return Caller(office.dead_man.call, span, office.tally, office.look, system.seconds, show.talk)


def heard(tick: Callable[[], Round]) -> Callable[[], Round]:
    """The tick, and after it a word to systemd: that the watch is ready, and alive unless its store failed.

    Trouble with one incident is no reason to be restarted: that would mend nothing, and break off what is being sent.
    """

    def sounded() -> Round:
        state = "READY=1"
        try:
            done = tick()
        except CrisisError as error:
            state += "" if isinstance(error, StoreFailed) else "\nWATCHDOG=1"
            raise
        else:
            state += "\nWATCHDOG=1"
            return done
        finally:
            notify(os.environ, state)

    return sounded


def farewell() -> None:
    """Tell systemd that the watch is ending because it was asked to."""
    notify(os.environ, "STOPPING=1")
