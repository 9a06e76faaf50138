"""Calls somebody outside while the watch gets its work done, so that silence is noticed there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from crisisctl.domain.times import words
from crisisctl.service.tally import Tally
from crisisctl.service.vitals import Look, effective


class Caller:
    """Calls at most once in `every`, counted from one call's beginning to the next one's.

    `call` tells what went wrong, or None; `complain` hears of the first of several failures, and of their end.
    """

    def __init__(
        self,
        call: Callable[[], str | None],
        every: timedelta,
        tally: Tally,
        look: Look,
        seconds: Callable[[], float],
        complain: Callable[[str], None],
    ) -> None:
        self._call = call
        self._every = every
        self._tally = tally
        self._look = look
        self._seconds = seconds
        self._complain = complain
        self._last: float | None = None
        self._failing = False

    def turn(self) -> None:
        """Call if it is time and all goes well."""
        now = self._seconds()
        if self._last is not None and now - self._last < self._every.total_seconds():
            return
        if not effective(self._tally, self._look):
            return
        self._last = now
        self._heard(self._call())

    def _heard(self, trouble: str | None) -> None:
        self._tally.add("called")
        if trouble:
            self._tally.add("unheard")
        if trouble and not self._failing:
            again = f"The watch goes on, and tries again every {words(self._every)}."
            self._complain(f"The dead man's address was not reached: {trouble} {again}")
        elif self._failing and not trouble:
            self._complain("The dead man's address is reached again.")
        self._failing = bool(trouble)
