"""What came of scenarios."""

from __future__ import annotations

from typing import NamedTuple

from crisisctl.domain.scenario.compare import Difference


class Outcome(NamedTuple):
    """What came of one scenario, which ends at the first step that is not as expected.

    `line` is that of the first difference, else of the scenario; `log` has the last entries before it as sentences.
    `seconds` is how long it took, the only thing in it that differs from run to run.
    """

    playbook: str
    name: str
    file: str
    line: int
    differences: tuple[Difference, ...] = ()
    log: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences
