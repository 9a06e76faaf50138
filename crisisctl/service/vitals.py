"""How the whole room does, as the store tells it: for whoever looks at a watch from outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from crisisctl.domain.errors import CrisisError, StoreFailed
from crisisctl.service.ports import Clock, Log, Store
from crisisctl.service.tally import Tally

TOO_LATE = timedelta(seconds=30)
MOST = 10_000  # overdue timers that are counted
FRESH = 1.0  # seconds for which what was read serves everybody who asks
PATIENCE = 3.0  # seconds to wait for somebody else's reading


class Vitals(NamedTuple):
    """The room at one moment. `late` is the lateness of the oldest pending timer, in seconds."""

    waiting: int
    overdue: int
    late: float
    watches: int
    incidents: int
    drills: int


def vitals(log: Log, now: datetime) -> Vitals:
    """The state of the room, whichever watch looks."""
    due = log.due(now, MOST)
    heads = log.heads(everything=False)
    drills = sum(head.drill for head in heads)
    return Vitals(
        waiting=len(log.outbox()),
        overdue=len(due),
        late=lateness(log, now),
        watches=sum(beat.alive(now) for beat in log.beats()),
        incidents=len(heads) - drills,
        drills=drills,
    )


def lateness(log: Log, now: datetime) -> float:
    """How late the oldest pending timer is, in seconds; 0 when none is."""
    due = log.due(now, 1)
    return (now - due[0].due).total_seconds() if due else 0.0


def _all(log: Log) -> Log:
    return log


class Look:
    """Reads the store at most once a second however many ask. The store must be nobody else's connection.

    `shows` narrows a log to what may be told of it; whether anything is overdue is looked at in all of it.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seconds: Callable[[], float],
        *,
        patience: float = PATIENCE,
        shows: Callable[[Log], Log] = _all,
    ) -> None:
        self._store = store
        self._shows = shows
        self._clock = clock
        self._seconds = seconds
        self._patience = patience
        self._lock = Lock()
        self._read: tuple[float, Vitals, float] | None = None

    def vitals(self) -> Vitals:
        """The state of the room, a second old at most; `StoreFailed` when the store does not answer."""
        return self._latest()[0]

    def late(self) -> float:
        """How late the oldest pending timer of any incident is, in seconds; `StoreFailed` as for the state."""
        return self._latest()[1]

    def _latest(self) -> tuple[Vitals, float]:
        if not self._lock.acquire(timeout=self._patience):
            raise StoreFailed("The store does not answer. See: crisisctl doctor")
        try:
            if self._read is None or self._seconds() - self._read[0] > FRESH:
                self._read = None
                now = self._clock.now()  # before: it may be the store's own
                with self._store.reading() as log:
                    self._read = self._seconds(), vitals(self._shows(log), now), lateness(log, now)
            return self._read[1], self._read[2]
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the store, unless somebody is reading it."""
        if self._lock.acquire(blocking=False):
            self._store.close()


def ailing(tally: Tally, look: Look) -> str | None:
    """What is wrong with the watch, as a sentence that names nobody; None when it ticks and the store answers."""
    try:
        look.vitals()
    except CrisisError as error:
        return f"the store does not answer ({type(error).__name__})"
    return tally.figures().unwell()


def effective(tally: Tally, look: Look) -> bool:
    """Whether the last rounds went well and nothing that is due is left undone."""
    if ailing(tally, look) or any(tally.figures().trouble.values()):
        return False
    try:
        return look.late() <= TOO_LATE.total_seconds()
    except CrisisError:
        return False
