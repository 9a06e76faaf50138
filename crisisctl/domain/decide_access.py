"""Who may see a restricted incident, and what was taken out of the room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.decide_handover import shut_out
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.text import LONGEST_TITLE, prose, visible


def grant(incident: Incident, command: ask.Grant, _source: Source, _at: datetime) -> list[Event]:
    """A person may see it from now on, whatever role they hold or lose."""
    _restricted(incident)
    if command.person in incident.admitted:
        raise Refused(f"{command.person} may see {incident.id} already.")
    words = {"because": prose(command.because, "The reason")} if command.because else {}
    return [Event("access.granted", {"person": command.person}, words)]


def revoke(incident: Incident, command: ask.Revoke, _source: Source, at: datetime) -> list[Event]:
    """A person who was admitted may see it no longer, and what was on offer to them is so no longer."""
    _restricted(incident)
    person = command.person
    if held := incident.held_by(person):
        first = f"crisisctl release {held[0]} {person} -i {incident.id}"
        raise Refused(f"{person} sees {incident.id} by holding {', '.join(held)}. First: {first}")
    if person not in incident.admitted:
        can = ", ".join(incident.members())
        raise Refused(f"{visible(person[:80])} cannot see {incident.id} as it is. Those who can: {can}.")
    words = {"because": prose(command.because, "The reason")}
    return [Event("access.revoked", {"person": person}, words), *shut_out(incident, [person], None, at)]


def _restricted(incident: Incident) -> None:
    if not incident.restricted:
        raise Refused(
            f"{incident.id} is not restricted: everybody in the workspace sees it. "
            "Only opening restricts an incident: crisisctl open PLAYBOOK --title TITLE --restricted"
        )


def export(_incident: Incident, command: ask.Export, _source: Source, _at: datetime) -> list[Event]:
    """A document was taken out of the room."""
    data: dict[str, object] = {
        "format": command.form,
        "included": [*command.included],
        "entries": command.entries,
        "version": command.version,
    }
    data |= {"clock": command.clock} if command.clock else {}
    return [Event(f"{command.what}.exported", data, {"file": visible(command.file)[:LONGEST_TITLE]})]


RULES: Mapping[type, Rule] = {ask.Grant: grant, ask.Revoke: revoke, ask.Export: export}
