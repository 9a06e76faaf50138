"""The alarm clock of the watch, on APScheduler. It holds no truth: it rings, and the log decides.

Memory job store, no misfire grace, coalesced, one instance of each job: a round that was missed is made up by the next.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from crisisctl.domain.errors import CrisisError
from crisisctl.service.watch import Round

EVERY = 1.0  # seconds between two looks at what others have changed
SAME_AGAIN = 60.0  # seconds until the same complaint is told again
AT_MOST_EVERY = 0.2  # seconds between two that were brought forward: many who write would keep many watches busy

Tell = Callable[[Round], None]
Complain = Callable[[str], None]
Hints = Callable[[float], bool]


def ring(
    tick: Callable[[], Round],
    send: Callable[[], Round],
    next_due: Callable[[], datetime | None],
    tell: Tell,
    complain: Complain,
    hints: Hints | None = None,
) -> None:
    """Tick every second and at the very instant when the next timer falls due, and send beside it, until asked to stop.

    The first of both is at once, for what fell due while no watch was there. SIGINT and SIGTERM ask; the round under
    way is finished first. `hints`, which wait so many seconds for one, bring both forward.
    """
    rounds = _Rounds(tick, send, next_due, tell, complain)
    for name, work in (("tick", rounds.fire), ("send", rounds.carry)):
        rounds.scheduler.add_job(work)
        rounds.scheduler.add_job(work, "interval", seconds=EVERY, id=name)
    if hints:
        Thread(target=rounds.listen, args=[hints], name="hints", daemon=True).start()
    asked = asked_to_stop()
    rounds.scheduler.start()
    while not asked(EVERY):
        pass
    rounds.end()


class _Rounds:
    """The rounds of one watch, one of each kind at a time, whoever calls for them."""

    def __init__(
        self,
        tick: Callable[[], Round],
        send: Callable[[], Round],
        next_due: Callable[[], datetime | None],
        tell: Tell,
        complain: Complain,
    ) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        # It says on standard error whenever a round takes longer than a second, which is no news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self.scheduler = BackgroundScheduler(job_defaults=defaults, timezone="UTC")
        self._tick, self._send, self._next_due = tick, send, next_due
        self._tell, self._complain = tell, _now_and_then(complain)
        self._turn, self._way, self._ending = Lock(), Lock(), Event()

    def fire(self) -> None:
        """Tick, and set the alarm for the next timer."""
        with self._turn:
            if self._ending.is_set():
                return
            _round(self._tick, self._tell, self._complain)
            due = _asked(self._next_due, self._complain)
            if due and not self._ending.is_set():
                self.scheduler.add_job(self.fire, "date", run_date=due, id="due", replace_existing=True)

    def carry(self) -> None:
        """Send."""
        with self._way:
            if not self._ending.is_set():
                _round(self._send, self._tell, self._complain)

    def listen(self, hints: Hints) -> None:
        """Bring both forward whenever there is a hint."""
        while not self._ending.is_set():
            if hints(EVERY):
                self.fire()
                self.carry()
                self._ending.wait(AT_MOST_EVERY)

    def end(self) -> None:
        """Begin no more rounds; return when those under way are finished."""
        self._ending.set()
        with self._turn, self._way:
            pass  # a shutdown waits for the round under way, which must not wait for it in turn, to set the alarm
        self.scheduler.shutdown(wait=True)


def _now_and_then(complain: Complain) -> Complain:
    """The same complaint at most once a minute: a server that is away is no news every second."""
    told: dict[str, float] = {}

    def tell(complaint: str) -> None:
        now = time.monotonic()
        for old in [what for what, at in told.items() if now - at >= SAME_AGAIN]:
            del told[old]
        if complaint not in told:
            told[complaint] = now
            complain(complaint)

    return tell


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
