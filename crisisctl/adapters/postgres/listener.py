"""Hints from those who write, so that a watch need not wait for its next look."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from crisisctl.adapters.postgres.rows import HINT

if TYPE_CHECKING:
    from crisisctl.adapters.postgres.wire import Db


class Listener:
    """Listens on a connection of its own. A hint may get lost, and none is needed: who waits for one looks anyhow."""

    def __init__(self, told: str) -> None:
        self._told = told
        self._connection: Db | None = None

    def __call__(self, seconds: float) -> bool:
        """Wait so long at most; whether somebody said that there may be something to do."""
        try:
            db = self._listening()
            heard = [True for _ in db.notifies(timeout=seconds, stop_after=1)]
            heard += [True for _ in db.notifies(timeout=0)]  # many at once are one
            return bool(heard)
        except psycopg.Error:
            self.close()
            time.sleep(seconds)
            return False

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listening(self) -> Db:
        if self._connection is None:
            self._connection = psycopg.connect(self._told, autocommit=True)
            self._connection.execute(f"LISTEN {HINT}")
        return self._connection
