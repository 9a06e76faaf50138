"""The clocks of a workspace: the catalogue as it stands there, and the calendars to compute with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from crisisctl.domain.clocks.calendar import Calendars
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.compute import compute
from crisisctl.domain.clocks.names import find
from crisisctl.domain.clocks.outcome import MODES, Known, Result


class Clocks(NamedTuple):
    """What is needed for any deadline: facts in, result out, nothing kept."""

    known: Mapping[str, Clock]
    calendars: Calendars

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.known)} clocks)"

    def find(self, told: str) -> Clock:
        """The clock of that id or name; the nearest names when there is none."""
        return find(told, self.known)

    def compute(self, clock: Clock, known: Known, mode: str = MODES[0]) -> Result:
        """The result for what is known now; asked again with other facts, another result."""
        return compute(clock, known, self.calendars, mode)
