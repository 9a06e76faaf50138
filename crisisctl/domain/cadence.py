"""How often an incident is spoken of: when the next update is due, and what a publication promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.publication import StatementSpec

_WARNING = timedelta(minutes=10)
_GRID = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Promised(NamedTuple):
    """The next update that a publication promises, and the one that its text states where that is past already."""

    at: datetime | None
    past: datetime | None = None


def pace(incident: Incident, spec: StatementSpec, now: datetime) -> timedelta | None:
    """How long until the next update at this severity and this long after the opening; None where none is due."""
    return spec.update_every.at(incident.severity, now - incident.opened_at) if spec.update_every else None


def next_update(incident: Incident, spec: StatementSpec, now: datetime) -> datetime | None:
    """When a text that is drafted now says that the next one comes: at a round five minutes, never before its pace."""
    every = pace(incident, spec, now)
    return None if every is None else _EPOCH - ((_EPOCH - now - every) // _GRID) * _GRID


def promised(incident: Incident, spec: StatementSpec, statement: Statement, now: datetime) -> Promised:
    """What a publication promises: the update that its text states, else, where that is past or not said, the pace."""
    stated = statement.promises
    if stated is not None and stated > now:
        return Promised(stated)
    every = pace(incident, spec, now)
    return Promised(None if every is None else now + every, stated)


def promises(incident: Incident) -> Iterator[tuple[str, str, datetime, str]]:
    """The timers of what was promised, as id, kind, instant and statement: when it is due, and a warning before."""
    for id_, statement in incident.statements.items():
        if statement.promised is not None:
            name = f"{id_}/{statement.published}"
            yield f"{incident.id}/promise/{name}", "promise", statement.promised, id_
            yield f"{incident.id}/warning/{name}", "warning", _warned(statement, statement.promised), id_


def _warned(statement: Statement, due: datetime) -> datetime:
    """Ten minutes before, or where the whole span is short, its last third."""
    span = due - (statement.published_at or due)
    return due - min(_WARNING, max(span, timedelta()) / 3)


def escalated(incident: Incident) -> Iterator[str]:
    """The roles that the escalations of where the incident stands would tell in the end."""
    for stage in incident.around():
        if stage.escalation:
            for step in incident.playbook.escalations[stage.escalation].steps:
                yield from step.notify
