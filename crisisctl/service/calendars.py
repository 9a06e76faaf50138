"""What the rotas need from outside: calendars that say who is on call, and whom their events name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from crisisctl.domain.rota import Calendar, Span


class Names(Protocol):
    """Whom an event names. `seal` changes when any name does."""

    @property
    def seal(self) -> str:
        """Stands for all the names."""
        ...

    def people(self, summary: str, attendees: Sequence[str], description: str) -> tuple[str, ...]:
        """The people whom the event names; nobody when it names nobody known."""
        ...


class Known(NamedTuple):
    """What is known of a calendar: who is on call when, and as of when that holds; None when it was never read.

    `trouble` says why it is not what the calendar says now; `strangers` are events that name nobody known.
    """

    spans: tuple[Span, ...] = ()
    got: datetime | None = None
    trouble: str | None = None
    strangers: tuple[str, ...] = ()


class Calendars(Protocol):
    """Reads calendars, and keeps the last good copy of each."""

    def known(self, calendar: Calendar, names: Names | None) -> Known:
        """What the calendar says; of a remote one, what it said when it was fetched last. Nothing is fetched.

        While nobody can tell whom events name, `names` is None, and what was known last counts.
        """
        ...

    def fetch(self, calendar: Calendar, address: str, names: Names, *, patience: float) -> None:
        """Fetch a remote calendar, unless that was tried less than `patience` seconds ago."""
        ...
