"""What a notice says: what fell due, where the incident stands, and what to type."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

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


def neutral(incident: Incident, entry: Entry, notice: Notice) -> Message:
    """The notice of a restricted incident where others read along: it names the person, and nothing of the incident.

    The key of the notice could be guessed from an id and a stage, so this one is of the entry's seal too.
    """
    mark = "EXERCISE " if incident.drill else ""
    key = sha256(f"{entry.digest}\n{notice.key}".encode()).hexdigest()[:32]
    return Message(key, f"{mark}A restricted incident needs {notice.person}", "Sign in and run: crisisctl list")
