"""What a notice says: what fell due, where the incident stands, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Incident
from crisisctl.domain.instead import cause
from crisisctl.domain.notices import Notice
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time, words
from crisisctl.service.ports import Message

LATE = timedelta(minutes=1)
BANNER = "EXERCISE EXERCISE EXERCISE"


def message(incident: Incident, entry: Entry, notice: Notice, now: datetime, about: Entry | None = None) -> Message:
    """The notice as it stands at the moment of sending. `about` is what it tells of, if not of its own entry."""
    _, told = cause([entry], notice.key)
    covers: list[str] = told.get("covers", [])
    title = f"{incident.id} {incident.severity}: {incident.title}"
    lines = [*_in_place(entry, told), sentence(about or entry) + "."]
    entry = about or entry
    if len(covers) > 1:
        lines.append(f"This is one notice for {len(covers)} steps that fell due; the last of them is named here.")
    late = now - entry.occurred_at
    if late >= LATE:
        lines.append(f"It was due at {clock_time(entry.occurred_at)} UTC, {words(late)} ago.")
    lines += [
        f"The incident stands at {' + '.join(incident.stages)}.",
        f"Answer with: crisisctl ack -i {incident.id}",
    ]
    if incident.drill:
        title, lines = f"EXERCISE {title}", [BANNER, *lines, BANNER]
    return Message(notice.key, title, "\n".join(lines))


def _in_place(entry: Entry, told: Mapping[str, Any]) -> Iterator[str]:
    """Why somebody is told in the place of others."""
    if not told.get("instead_of"):
        return
    first = f"You are told instead of {' and '.join(told['instead_of'])}"
    if entry.type == "notice.failed":
        why = entry.word("reason")
        yield f"{first}: {entry.data['to']} could not be reached{f' ({why})' if why else ''}."
    else:
        yield f"{first}, who is not to be disturbed at this hour."
