"""The time axis of the bars: even for a short incident, stretched at the start for a long one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.times import words

_STRETCHED = timedelta(hours=6)  # the first hour of a long incident would be too narrow to see
_MARKS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 180, 360, 720, 1_440, 4_320, 10_080, 43_200, 525_600))
_APART = 9.0  # per cent between two labels
_THINNEST = 0.6  # per cent of a bar that can still be seen


class Axis(NamedTuple):
    """From the opening to the last thing that happened; places are per cent of its width."""

    start: datetime
    end: datetime

    @property
    def stretched(self) -> bool:
        """Whether the first hours take more room than the later ones."""
        return self.end - self.start > _STRETCHED

    def place(self, at: datetime) -> float:
        """Where an instant lies; what was before the opening lies at its start."""
        whole = (self.end - self.start).total_seconds()
        part = min(max((at - self.start).total_seconds() / whole, 0.0), 1.0) if whole > 0 else 0.0
        return round(100 * (part**0.5 if self.stretched else part), 2)

    def span(self, since: datetime, until: datetime) -> tuple[float, float]:
        """Left end and width of a bar, which is never too thin to be seen."""
        left = min(self.place(since), 100 - _THINNEST)
        return left, max(round(self.place(until) - left, 2), _THINNEST)

    def marks(self) -> Iterator[tuple[float, str]]:
        """The places and names of round times after the opening, not too close together."""
        last = 0.0
        for mark in _MARKS:
            at = self.place(self.start + mark)
            if self.start + mark < self.end and at - last >= _APART and at <= 100 - _APART / 2:
                last = at
                yield at, words(mark) if mark >= timedelta(minutes=2) else "1m"
