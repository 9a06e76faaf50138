"""What the forms for people have in common: who acted, what kind of entry it is, and what can be left out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Incident
from crisisctl.domain.times import clock_time, words

EXERCISE = "EXERCISE"
PRACTICE = "This is practice. None of it is real, and nothing left the building."
# Said by the entry beside them: a move names its stages, what came of an attempt that there was one, and what was
# delivered is no news.
NOISE = frozenset({"stage.left", "stage.entered", "statement.posting", "notice.sent", "notice.dropped"})


class Kind(NamedTuple):
    """A kind of entry: its name in the style sheet, and its label for people."""

    id: str
    label: str


_EXACT = {
    "role.overridden": Kind("override", "Override"),
    "statement.break_glass": Kind("override", "Break-glass"),
    "statement.lint_overridden": Kind("override", "Override"),
    "statement.approval_refused": Kind("alarm", "Refused"),
    "escalation.acknowledged": Kind("people", "Acknowledged"),
    "escalation.snoozed": Kind("choice", "Snoozed"),
    "task.overdue": Kind("alarm", "Overdue"),
    "statement.overdue": Kind("alarm", "Overdue"),
    "promise.overdue": Kind("alarm", "Overdue"),
    "notice.failed": Kind("alarm", "Not delivered"),
    "statement.unposted": Kind("alarm", "Not posted"),
    "statement.unclear": Kind("alarm", "Unclear"),
    "incident.opened": Kind("stage", "Opened"),
    "incident.reopened": Kind("stage", "Reopened"),
    "clock.stepped_back": Kind("quiet", "Log"),
}
_NOUNS = {
    "incident": Kind("stage", "Stage"),
    "stage": Kind("stage", "Stage"),
    "escalation": Kind("alarm", "Escalation"),
    "statement": Kind("words", "Statement"),
    "promise": Kind("words", "Promise"),
    "audience": Kind("choice", "Waived"),
    "decision": Kind("choice", "Decision"),
    "severity": Kind("choice", "Severity"),
    "fact": Kind("fact", "Fact"),
    "task": Kind("task", "Task"),
    "role": Kind("people", "Role"),
    "handover": Kind("people", "Handover"),
    "approval": Kind("alarm", "Approval"),
    "note": Kind("note", "Note"),
    "notice": Kind("quiet", "Notice"),
    "access": Kind("people", "Access"),
    "timeline": Kind("quiet", "Export"),
    "report": Kind("quiet", "Export"),
    "calendar": Kind("quiet", "Export"),
    "filing": Kind("quiet", "Export"),
    "timer": Kind("quiet", "Log"),
    "entry": Kind("quiet", "Log"),
    "drill": Kind("note", "Exercise"),
}


def kind(entry: Entry) -> Kind:
    """The kind of an entry; a type from a later version of the log has the name of its noun."""
    noun = entry.type.partition(".")[0]
    return _EXACT.get(entry.type) or _NOUNS.get(noun) or Kind("note", noun.capitalize())


def who(entry: Entry) -> str:
    """Who acted and in which role; timers and the watch act for nobody."""
    if entry.via in {"timer", "watch"}:
        return entry.via
    return f"{entry.actor} ({entry.role})" if entry.role else entry.actor


def overridden(entry: Entry) -> bool:
    """Whether a rule was set aside here: of a role, of the lint, or of approval itself."""
    return entry.type in ("role.overridden", "statement.break_glass", "statement.lint_overridden")


def late(span: timedelta | None) -> str:
    """How a late record is marked, empty when it is not late."""
    return f"recorded {words(span)} later" if span else ""


def utc(moment: datetime) -> str:
    """An instant for people, with its zone."""
    return f"{clock_time(moment)} UTC"


def playbook(incident: Incident) -> str:
    """The playbook with its id and version."""
    book = incident.playbook
    return f"{book.title} ({book.id}, version {book.version})"


def standing(incident: Incident) -> str:
    """Whether the incident is closed, or open and where."""
    return f"open, at {' + '.join(incident.stages)}" if incident.open else "closed"


def lasted(incident: Incident) -> timedelta:
    """From the opening to the close, or to the last entry while it is open."""
    return (incident.closed_at or incident.recorded_at) - incident.opened_at
