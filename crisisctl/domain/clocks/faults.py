"""Why a deadline cannot be computed, as a sentence and as one word that worked cases can name."""

from __future__ import annotations

from collections.abc import Sequence

from crisisctl.domain.errors import NotFound, Refused, Usage


class Uncomputable(Refused):
    """No deadline follows from what was given; `fault` is the one word for why."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class UnknownClock(NotFound):
    """No clock of the catalogue has that name."""

    fault = "unknown_regime"


class SeveralClocks(Usage):
    """A name that more than one clock has; `ids` are theirs."""

    def __init__(self, message: str, ids: Sequence[str]) -> None:
        super().__init__(message)
        self.ids = ids


class UnknownZone(NotFound):
    """No time zone has that name."""

    fault = "unknown_zone"
