"""`decide`: an incident, a command and the time give the events that follow, or a refusal with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from crisisctl.domain import commands as ask
from crisisctl.domain import decide_people, decide_statements, decide_words, moves
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.times import clock_time

Rule = Callable[[Incident, Any, Source, datetime], list[Event]]

_RULES: dict[type, Rule] = {
    ask.Advance: moves.advance,
    ask.Reopen: moves.reopen,
    ask.Assign: decide_people.assign,
    ask.Release: decide_people.release,
    ask.Acknowledge: decide_people.acknowledge,
    ask.Snooze: decide_people.snooze,
    ask.ChangeTask: decide_words.change_task,
    ask.AddNote: decide_words.add_note,
    ask.LogDecision: decide_words.log_decision,
    ask.SetFact: decide_words.set_fact,
    ask.RetractFact: decide_words.retract_fact,
    ask.ChangeSeverity: decide_words.change_severity,
    ask.Redact: decide_words.redact,
    ask.Draft: decide_statements.draft,
    ask.Submit: decide_statements.submit,
    ask.Approve: decide_statements.approve,
    ask.Reject: decide_statements.reject,
    ask.Publish: decide_statements.publish,
}
_AT_ANY_TIME = (ask.AddNote, ask.LogDecision)
_AFTER_THE_END = (*_AT_ANY_TIME, ask.Reopen, ask.Redact)


def decide(incident: Incident, command: ask.Command, source: Source, at: datetime) -> list[Event]:
    """The events that follow from a command at an instant; `CrisisError` when it may not be."""
    if not incident.open and not isinstance(command, _AFTER_THE_END):
        raise Refused(f"{incident.id} is closed. To go on: crisisctl reopen -i {incident.id} --because WHY")
    if at < incident.opened_at and not isinstance(command, _AT_ANY_TIME):
        opened = clock_time(incident.opened_at)
        raise Refused(f"{clock_time(at)} UTC is before {incident.id} was opened ({opened} UTC). Give a later --at.")
    return _RULES[type(command)](incident, command, source, at)
