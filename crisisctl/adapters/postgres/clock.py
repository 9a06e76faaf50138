"""The database's clock, so that many machines count by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

FRESH = 30.0  # seconds for which the machine's own steady clock carries on from what the server said


def steady() -> float:
    """Seconds by a clock that nobody sets, and that counts a sleep of the machine where the system has such a one."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class ServerClock:
    """The time of the server, asked for now and then and counted on in between by a clock that nobody sets."""

    def __init__(self, ask: Callable[[], datetime], count: Callable[[], float] = steady) -> None:
        self._ask = ask
        self._count = count
        self._asked: tuple[datetime, float] | None = None
        self._lock = Lock()

    def now(self) -> datetime:
        """The present instant by the server; `StoreFailed` when it was not heard of for longer than `FRESH`."""
        with self._lock:
            if self._asked is None or self._count() - self._asked[1] > FRESH:
                self._asked = (self._ask(), self._count())
            told, since = self._asked
            return told + timedelta(seconds=self._count() - since)
