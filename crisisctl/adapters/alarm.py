"""The alarm clock of the watch, on APScheduler. It holds no truth: it rings, and the log decides.

Memory job store, no misfire grace, coalesced, one instance of each job: a round that was missed is made up by the next.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from crisisctl.domain.errors import CrisisError
from crisisctl.service.watch import Round

EVERY = 1.0  # seconds between two looks at what others have changed

Tell = Callable[[Round], None]
Complain = Callable[[str], None]


def ring(
    tick: Callable[[], Round],
    send: Callable[[], Round],
    next_due: Callable[[], datetime | None],
    tell: Tell,
    complain: Complain,
) -> None:
    """Tick every second and at the very instant when the next timer falls due, and send beside it, until asked to stop.

    The first of both is at once, for what fell due while no watch was there. SIGINT and SIGTERM ask; the round under
    way is finished first.
    """
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = BackgroundScheduler(job_defaults=defaults, timezone="UTC")
    turn, way, ending = Lock(), Lock(), Event()

    def fire() -> None:
        with turn:
            if ending.is_set():
                return
            _round(tick, tell, complain)
            due = _asked(next_due, complain)
            if due and not ending.is_set():
                scheduler.add_job(fire, "date", run_date=due, id="due", replace_existing=True)

    def carry() -> None:
        with way:
            _round(send, tell, complain)

    for name, work in (("tick", fire), ("send", carry)):
        scheduler.add_job(work)
        scheduler.add_job(work, "interval", seconds=EVERY, id=name)
    asked = asked_to_stop()
    scheduler.start()
    while not asked(EVERY):
        pass
    ending.set()
    with turn:
        pass  # a shutdown waits for the round under way, which must not wait for it in turn, to set the alarm
    scheduler.shutdown(wait=True)


def asked_to_stop() -> Callable[[float], bool]:
    """From now on SIGINT and SIGTERM ask; what comes back waits so many seconds for them, and says whether they did."""
    # An Event would not do: a handler that sets it while the same thread is about to wait for it hangs for ever.
    asked: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: asked.put(number))

    def waited(seconds: float) -> bool:
        try:
            asked.get(timeout=seconds)
        except Empty:
            return False
        return True

    return waited


@contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Do something every second in a thread of its own, which holds up nobody, its end included."""
    stop = Event()

    def repeat() -> None:
        while not stop.wait(EVERY):
            work()

    Thread(target=repeat, name="beside", daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def _round(work: Callable[[], Round], tell: Tell, complain: Complain) -> None:
    """A round that fails is told and made up by the next one; the watch itself goes on."""
    try:
        tell(work())
    except CrisisError as error:
        complain(str(error))


def _asked(next_due: Callable[[], datetime | None], complain: Complain) -> datetime | None:
    try:
        return next_due()
    except CrisisError as error:
        complain(str(error))
        return None
