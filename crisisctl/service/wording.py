"""What a notice says: what fell due, where the incident stands, and what to type."""

from __future__ import annotations

from datetime import datetime, timedelta

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Incident
from crisisctl.domain.notices import Notice
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time, words
from crisisctl.service.ports import Message

LATE = timedelta(minutes=1)
BANNER = "EXERCISE EXERCISE EXERCISE"


def message(incident: Incident, entry: Entry, notice: Notice, now: datetime) -> Message:
    """The notice as it stands at the moment of sending."""
    covers: list[str] = next(
        (told["covers"] for told in entry.data["notices"] if notice.key.startswith(told["key"])), []
    )
    title = f"{incident.id} {incident.severity}: {incident.title}"
    lines = [sentence(entry) + "."]
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
