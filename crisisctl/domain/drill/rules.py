"""What can be done to a drill that is played from a scenario, and never to a real incident."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.text import line, prose


def _running(incident: Incident) -> None:
    """`Refused` when this is no drill, or one without a scenario, or it is over."""
    if not incident.drill:
        raise Refused(f"{incident.id} is real, and stays so. To rehearse: crisisctl drill run NAME")
    if not incident.exercise:
        raise Refused(f"{incident.id} is an exercise without a scenario. To play one: crisisctl drill run NAME")
    if incident.exercise == "ended":
        raise Refused(f"The exercise {incident.id} is over. Its report: crisisctl drill report {incident.id}")


def inject(incident: Incident, command: ask.Inject, _source: Source, _at: datetime) -> list[Event]:
    """Something happens in the drill, and comes to those who hold a role."""
    _running(incident)
    data = {"event": command.event, "to": command.to, "channel": command.channel}
    data |= {"tag": command.tag} if command.tag else {}
    told = {"from": line(command.sender, "Who says it"), "text": prose(command.text, "What is said")}
    return [Event("drill.injected", data | {"reached": [*incident.holders(command.to)]}, told)]


def pause(incident: Incident, _command: ask.PauseDrill, _source: Source, _at: datetime) -> list[Event]:
    """Whoever leads the drill leaves; its time stands still."""
    _running(incident)
    return [Event("drill.paused", {})]


def resume(incident: Incident, command: ask.ResumeDrill, _source: Source, _at: datetime) -> list[Event]:
    """Whoever leads the drill is back."""
    _running(incident)
    return [Event("drill.resumed", {"paused_ms": max(0, command.paused // timedelta(milliseconds=1))})]


def end(incident: Incident, _command: ask.EndDrill, _source: Source, _at: datetime) -> list[Event]:
    """The drill is over: nothing falls due in it any more."""
    _running(incident)
    return [Event("drill.ended", {})]


RULES: Mapping[type, Rule] = {
    ask.Inject: inject,
    ask.PauseDrill: pause,
    ask.ResumeDrill: resume,
    ask.EndDrill: end,
}
