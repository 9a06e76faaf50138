"""The database's clock, so that many machines count by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

FRESH = 30.0  # seconds for which the machine's own steady clock carries on from what the server said


class ServerClock:
    """The time of the server, asked for now and then and counted on in between by a clock that nobody sets."""

    def __init__(self, ask: Callable[[], datetime]) -> None:
        self._ask = ask
        self._asked: tuple[datetime, float] | None = None
        self._lock = Lock()

    def now(self) -> datetime:
        """The present instant by the server; `StoreFailed` when it was never heard of."""
        with self._lock:
            steady = time.monotonic()
            if self._asked is None or steady - self._asked[1] > FRESH:
                self._asked = (self._ask(), time.monotonic())
            told, since = self._asked
            return told + timedelta(seconds=time.monotonic() - since)
