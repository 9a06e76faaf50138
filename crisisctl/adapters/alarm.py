"""The alarm clock of the watch, on APScheduler. It holds no truth: it rings, and the log decides.

Memory job store, no misfire grace, coalesced, one instance of each job: a round that was missed is made up by the next.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from threading import Event, Lock, Thread

from crisisctl.domain.errors import CrisisError
from crisisctl.service.watch import Round

EVERY = 1.0  # seconds between two looks at what others have changed
ASIDE = 60.0  # seconds between two turns of what is done beside

Tell = Callable[[Round], None]
Complain = Callable[[str], None]


def ring(
    tick: Callable[[], Round],
    send: Callable[[], Round],
    next_due: Callable[[], datetime | None],
    tell: Tell,
    complain: Complain,
    aside: Callable[[], None] = lambda: None,
) -> None:
    """Tick every second and at the very instant when the next timer falls due, and send beside it, until asked to stop.

    What is done `aside`, every minute, holds up neither, however long it takes.

    The first of both is at once, for what fell due while no watch was there. SIGINT and SIGTERM ask; the round under
    way is finished first.
    """
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = BackgroundScheduler(job_defaults=defaults, timezone="UTC")
    turn, way = Lock(), Lock()

    def fire() -> None:
        with turn:
            _round(tick, tell, complain)
            if due := _asked(next_due, complain):
                scheduler.add_job(fire, "date", run_date=due, id="due", replace_existing=True)

    def carry() -> None:
        with way:
            _round(send, tell, complain)

    for name, work in (("tick", fire), ("send", carry)):
        scheduler.add_job(work)
        scheduler.add_job(work, "interval", seconds=EVERY, id=name)
    beside = _apart(aside, complain)
    scheduler.add_job(beside)
    scheduler.add_job(beside, "interval", seconds=ASIDE, id="aside")
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scheduler.start()
    while not stop.wait(EVERY):
        pass
    scheduler.shutdown(wait=True)


def _round(work: Callable[[], Round], tell: Tell, complain: Complain) -> None:
    """A round that fails is told and made up by the next one; the watch itself goes on."""
    try:
        tell(work())
    except CrisisError as error:
        complain(str(error))


def _apart(work: Callable[[], None], complain: Complain) -> Callable[[], None]:
    """Begins the work in a thread that nobody waits for, not even the end of the watch; one at a time."""
    begun: list[Thread] = []

    def tried() -> None:
        try:
            work()
        except CrisisError as error:
            complain(str(error))

    def begin() -> None:
        if not any(thread.is_alive() for thread in begun):
            begun[:] = [Thread(target=tried, daemon=True)]
            begun[0].start()

    return begin


def _asked(next_due: Callable[[], datetime | None], complain: Complain) -> datetime | None:
    try:
        return next_due()
    except CrisisError as error:
        complain(str(error))
        return None
