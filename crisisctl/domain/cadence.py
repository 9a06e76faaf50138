"""How often an incident is spoken of: when the next update is due, and what a publication promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.publication import StatementSpec
from crisisctl.domain.times import clock_time

_GRID = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Promised(NamedTuple):
    """The next update that a publication promises; `trouble` says why it is not what the text says, if it is not."""

    at: datetime | None
    trouble: str = ""


def pace(incident: Incident, spec: StatementSpec, now: datetime) -> timedelta | None:
    """How long until the next update at this severity and this long after the opening; None where none is due."""
    return spec.update_every.at(incident.severity, now - incident.opened_at) if spec.update_every else None


def next_update(incident: Incident, spec: StatementSpec, now: datetime) -> datetime | None:
    """When a text that is drafted now says that the next one comes: at a round five minutes, never before its pace."""
    every = pace(incident, spec, now)
    return None if every is None else _EPOCH - ((_EPOCH - now - every) // _GRID) * _GRID


def promised(incident: Incident, spec: StatementSpec, statement: Statement, now: datetime) -> Promised:
    """What a publication promises: the update that its text states, else, where that is past or not said, the pace."""
    every = pace(incident, spec, now)
    stated = statement.promises
    if stated is not None and stated > now:
        return Promised(stated)
    due = now + every if every is not None else None
    if stated is None:
        return Promised(due)
    past = f"The text of {statement.id} promises an update by {clock_time(stated)[:16]} UTC, which is past"
    return Promised(due, f"{past}; {_instead(due)}.")


def _instead(due: datetime | None) -> str:
    return f"the next one is due by {clock_time(due)[:16]} UTC" if due else "no update is due"
