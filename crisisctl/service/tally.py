"""What a watch has done since it began, for those who ask while it works; and whether it is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from crisisctl.domain.entries import Entry

KINDS = ("tick", "send")
LATENESS = (0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0)  # the upper bounds of the histogram, in seconds
STUCK = {"tick": 10.0, "send": 300.0}  # seconds; a backlog of notices to places that are down takes minutes


class Figures(NamedTuple):
    """The counts at one moment. `late` holds a count for each bound of `LATENESS` and one for all beyond.

    `up` is how many seconds ago the watch began, `age` how many ago the last good round of each kind ended, None
    before the first, and `trouble` the name of what went wrong with the last one, empty when it went well.
    """

    counts: Mapping[str, int]
    rounds: Mapping[str, int]
    errors: Mapping[str, int]
    late: Sequence[int]
    lateness: float
    up: float
    age: Mapping[str, float | None]
    trouble: Mapping[str, str]

    def unwell(self) -> str | None:
        """What is wrong with the rounds, as a sentence that names nobody; None when they go as they should."""
        if self.age["tick"] is None:
            return f"no round has gone well yet{self._why('tick')}"
        for kind, name in (("tick", "firing"), ("send", "sending")):
            age = self.age[kind]
            silent = self.up if age is None else age
            if silent > STUCK[kind]:
                return f"no round of {name} has gone well for {silent:.0f} seconds{self._why(kind)}"
        return None

    def _why(self, kind: str) -> str:
        return f" ({self.trouble[kind]}; the watch has said more on standard error)" if self.trouble[kind] else ""


class Tally:
    """Counts; several threads may count and ask. `seconds` is a clock that nobody sets."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._rounds: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._late = [0] * (len(LATENESS) + 1)
        self._lateness = 0.0
        self._good: dict[str, float] = {}
        self._begun = seconds()
        self._trouble = dict.fromkeys(KINDS, "")

    @contextmanager
    def round(self, kind: str) -> Iterator[None]:
        """Count a round, and how it ends."""
        try:
            yield
        except BaseException as error:
            self._ended(kind, type(error).__name__)
            raise
        self._ended(kind, "")

    def _ended(self, kind: str, trouble: str) -> None:
        with self._lock:
            self._rounds[kind] += 1
            self._trouble[kind] = trouble
            if trouble:
                self._errors[kind] += 1
            else:
                self._good[kind] = self._seconds()

    def add(self, what: str, count: int = 1) -> None:
        """Count something that was done."""
        with self._lock:
            self._counts[what] += count

    def fired(self, entries: Sequence[Entry]) -> None:
        """Count the timers that these entries fired, and how late each was."""
        spans = [(entry.recorded_at - entry.occurred_at).total_seconds() for entry in entries if entry.timer]
        with self._lock:
            for span in spans:
                self._late[sum(span > bound for bound in LATENESS)] += 1
                self._lateness += max(span, 0.0)
            self._counts["fired"] += len(spans)

    def figures(self) -> Figures:
        """The counts at this moment."""
        with self._lock:
            now = self._seconds()
            age = {kind: now - self._good[kind] if kind in self._good else None for kind in KINDS}
            rounds, errors = ({kind: counter[kind] for kind in KINDS} for counter in (self._rounds, self._errors))
            counts = dict(self._counts)
            late, up = tuple(self._late), now - self._begun
            return Figures(counts, rounds, errors, late, self._lateness, up, age, dict(self._trouble))
