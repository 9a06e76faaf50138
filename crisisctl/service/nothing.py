"""The log before anything was written: what readers see of a store that has not been made yet."""

# ruff: noqa: ARG002, D102 - the signatures are the port's, and so is what they hold

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from crisisctl.service.ports import Extent, Tip

if TYPE_CHECKING:
    from crisisctl.domain.entries import Entry
    from crisisctl.domain.timers import Timer
    from crisisctl.service.ports import Beat, Head, Queued, Row


class Nothing:
    """No incident, no entry, no timer, no notice, no watch."""

    def head(self, incident: str) -> Head | None:
        return None

    def tip(self, incident: str) -> Tip | None:
        return None

    def heads(self, *, everything: bool = True) -> list[Head]:
        return []

    def snapshot(self, incident: str) -> str | None:
        return None

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        return iter(())

    def entry(self, incident: str, version: int) -> Entry | None:
        return None

    def by_request(self, request: str) -> Entry | None:
        return None

    def due(self, until: datetime, limit: int) -> list[Timer]:
        return []

    def timers(self, incident: str) -> list[Timer]:
        return []

    def next_due(self) -> datetime | None:
        return None

    def outbox(self, incident: str | None = None) -> list[Queued]:
        return []

    def ready(self, now: datetime) -> bool:
        return False

    def beats(self) -> list[Beat]:
        return []

    def incidents(self) -> list[str]:
        return []

    def gaps(self) -> list[str]:
        return []

    def written(self) -> Iterator[Entry]:
        return iter(())

    def extent(self) -> Extent:
        return Extent(0, 0, None, None)

    def tips(self) -> dict[str, tuple[int, str]]:
        return {}

    def dump(self, table: str) -> Iterator[Row]:
        return iter(())
