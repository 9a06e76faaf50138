"""What leaves the room: which entries stay behind by their labels, and who may take them along."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from crisisctl.domain import labels
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.service.story import Story


def withhold(story: Story, included: Collection[str]) -> Story:
    """The story without the entries whose labels keep them in the room, except for the kinds that are included."""
    kept = [entry for entry in story.entries if not labels.reasons(entry, included)]
    told = [one for one in story.told if not labels.reasons(one.entry, included)]
    held = [entry for entry in story.entries if labels.reasons(entry, included)]
    return story._replace(entries=kept, told=told, withheld=labels.withheld(story.entries, included), held=held)


def reads_privileged(incident: Incident, person: str | None, roles: Sequence[str]) -> bool:
    """Whether the person holds one of the roles that may read what is privileged."""
    return person is not None and not set(roles).isdisjoint(incident.held_by(person))


def allow(incident: Incident, included: Collection[str], person: str, roles: Sequence[str]) -> None:
    """`Refused`, saying who may, when the person may not take along what these kinds keep in the room."""
    if "privileged" in included and not reads_privileged(incident, person, roles):
        who = _held(incident, roles) or "a role that `privileged` in crisisctl.toml lists; it lists none"
        raise Refused(f"{person} may not take along what is privileged in {incident.id}. Those who may hold {who}.")
    if "tlp" in included and person not in incident.members():
        able = ", ".join(incident.members()) or "nobody yet"
        raise Refused(f"{person} is not in {incident.id}, and only those who are may take along TLP entries: {able}.")


def _held(incident: Incident, roles: Sequence[str]) -> str:
    return " or ".join(f"{role} ({', '.join(incident.roles.get(role, ())) or 'nobody yet'})" for role in roles)
