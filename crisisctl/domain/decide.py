"""`decide`: an incident, a command and the time give the events that follow, or a refusal with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.times import not_before

_AT_ANY_TIME = (ask.AddNote, ask.LogDecision)
_BEFORE_IT_BEGAN = (*_AT_ANY_TIME, ask.FileClocks)  # what may have been done before anybody opened the incident
_DRILLING = (ask.Inject, ask.PauseDrill, ask.ResumeDrill, ask.EndDrill)
_AFTER_THE_END = (
    *(*_AT_ANY_TIME, *_DRILLING, ask.Reopen, ask.Redact, ask.Grant, ask.Revoke, ask.Export, ask.Posted, ask.Retry),
)
_BLINDING = ("role.released", "access.revoked")


def decide(incident: Incident, command: ask.Command, source: Source, at: datetime) -> list[Event]:
    """The events that follow from a command at an instant; `CrisisError` when it may not be."""
    if not isinstance(command, _AFTER_THE_END):
        still_open(incident)
    if not isinstance(command, _BEFORE_IT_BEGAN):
        not_before(at, incident.opened_at, f"{incident.id} was opened")
    events = _rules(command)[type(command)](incident, command, source, at)
    if incident.restricted:
        _need_to_know(incident, events, source)
    if isinstance(command, ask.Publish):
        from crisisctl.domain.decide_posting import released  # noqa: PLC0415 - only publishing pays for it

        return released(incident, command, events, at)
    return events


def _need_to_know(incident: Incident, events: list[Event], source: Source) -> None:
    """`Refused` when somebody outside a restricted incident is offered a role or asked, or nobody would be left in."""
    for event in events:
        if event.type == "handover.offered" and event.data["to"] not in incident.members():
            who, let_in = event.data["to"], f"crisisctl access grant {event.data['to']} -i {incident.id}"
            raise Refused(f"{who} cannot see {incident.id}, and so not what is handed over. First: {let_in}")
        if event.type == "fact.asked" and event.data.get("of", source.actor) not in {*incident.members(), source.actor}:
            who, let_in = event.data["of"], f"crisisctl access grant {event.data['of']} -i {incident.id}"
            raise Refused(f"{who} cannot see {incident.id}, and so not what is asked. First: {let_in}")
    if any(event.type in _BLINDING for event in events):
        _still_seen(incident, events)


def _still_seen(incident: Incident, events: list[Event]) -> None:
    """`Refused` when nobody would be left who may see a restricted incident."""
    from crisisctl.domain.firing import provisional  # noqa: PLC0415 - few commands take somebody's sight

    if not provisional(incident, events).members():
        add = f"crisisctl access grant PERSON -i {incident.id}"
        raise Refused(f"Nobody would be left who may see {incident.id}. First let somebody else in: {add}")


def still_open(incident: Incident) -> None:
    """`Refused`, with the way back, when the incident is closed."""
    if not incident.open:
        raise Refused(f"{incident.id} is closed. To go on: crisisctl reopen -i {incident.id} --because WHY")


def _rules(command: ask.Command) -> Mapping[type, Rule]:
    """The rules for commands of this kind: a process that carries out one command loads no others."""
    match command:
        case ask.Advance() | ask.Reopen():
            from crisisctl.domain.moves import RULES  # noqa: PLC0415
        case ask.Assign() | ask.Release() | ask.Acknowledge() | ask.Snooze():
            from crisisctl.domain.decide_people import RULES  # noqa: PLC0415
        case ask.Handover() | ask.AcceptHandover() | ask.DeclineHandover() | ask.WithdrawHandover():
            from crisisctl.domain.decide_handover import RULES  # noqa: PLC0415
        case ask.Draft() | ask.Submit() | ask.Approve() | ask.Reject() | ask.Publish():
            from crisisctl.domain.decide_statements import RULES  # noqa: PLC0415
        case ask.Posted() | ask.Retry() | ask.Embargo():
            from crisisctl.domain.decide_posting import RULES  # noqa: PLC0415
        case ask.SetFact() | ask.ConfirmFact() | ask.RetractFact() | ask.AskFact():
            from crisisctl.domain.decide_facts import RULES  # noqa: PLC0415
        case ask.Grant() | ask.Revoke() | ask.Export():
            from crisisctl.domain.decide_access import RULES  # noqa: PLC0415
        case (
            ask.StartClocks()
            | ask.AssessClocks()
            | ask.FileClocks()
            | ask.WaiveClock()
            | ask.DeclineClock()
            | ask.MissClock()
        ):
            from crisisctl.domain.decide_clocks import RULES  # noqa: PLC0415
        case ask.Inject() | ask.PauseDrill() | ask.ResumeDrill() | ask.EndDrill():
            from crisisctl.domain.drill.rules import RULES  # noqa: PLC0415
        case _:
            from crisisctl.domain.decide_words import RULES  # noqa: PLC0415
    return RULES
