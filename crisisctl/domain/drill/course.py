"""How a drill went, read from its log: its own time, what was said in it, and what its players did.

Time in a drill is told in seconds since it began. It stands still while nobody leads it, and runs faster than the
clock where it was told to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.drill.scenario import Action, Drill, unpin
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Refused
from crisisctl.domain.evolve import evolve
from crisisctl.domain.incident import Incident

PLAYED = "play"
REFERRED = "row"
_NOT_PEOPLE = ("timer", "watch", "drill")
_TYPES = {
    "advance": (("incident.advanced",), "trigger"),
    "ack": (("escalation.acknowledged",), ""),
    "fact": (("fact.set", "fact.confirmed"), "fact"),
    "task": (("task.done",), "task"),
    "statement drafted": (("statement.drafted", "statement.corrected"), "statement"),
    "statement submitted": (("statement.submitted",), "statement"),
    "statement approved": (("statement.approved",), "statement"),
    "statement published": (("statement.published",), "statement"),
    "statement corrected": (("statement.corrected",), "statement"),
    "decide": (("decision.logged",), ""),
    "note": (("note.added",), ""),
    "assign": (("role.assigned",), "role"),
    "severity": (("severity.changed",), "to"),
    "clock start": (("clock.started",), "clock"),
    "clock file": (("clock.filed",), "clock"),
    "handover": (("handover.accepted",), ""),
}


class Deed(NamedTuple):
    """Something that a player did, when, and every role whose seat they could act from."""

    entry: Entry
    at: float
    roles: frozenset[str]


class Course(NamedTuple):
    """A drill as its log tells it: `told` are the entries with their seconds, `deeds` those of people."""

    drill: Drill
    incident: Incident
    told: Sequence[tuple[Entry, float]]
    deeds: Sequence[Deed]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.incident.exercise == "ended"

    @property
    def now(self) -> float:
        """How far it has come."""
        return max(at for _, at in self.told)

    def injected(self) -> dict[str, float]:
        """When each event happened, by its id."""
        return {entry.data["event"]: at for entry, at in self.told if entry.type == "drill.injected"}

    def tagged(self) -> dict[str, float]:
        """When each tag was reached: by an event, by whoever played its row, or by a note that begins with `#TAG`."""
        found: dict[str, float] = {}
        rows = {row.id: row.tag for row in self.drill.reference}
        for entry, at in self.told:
            if entry.type == "drill.injected":
                tag = entry.data.get("tag")
            else:
                tag = rows.get(_played(entry, REFERRED)) or _hashtag(entry)
            if tag:
                found.setdefault(tag, at)
        return found


def key(incident: str, kind: str, id_: str, number: int) -> str:
    """The request key under which a scripted player does something, the same whenever the drill is resumed."""
    return f"drill/{incident}/{kind}/{id_}/{number}"


def _played(entry: Entry, kind: str) -> str:
    """Which row a scripted player did this for; empty for what people do themselves."""
    parts = (entry.request or "").split("/")
    return parts[3] if parts[:1] == ["drill"] and parts[2:3] == [kind] else ""


def _hashtag(entry: Entry) -> str | None:
    if entry.type not in ("note.added", "decision.logged"):
        return None
    word = entry.words.get("text")
    first = (word.value or "").split(maxsplit=1)[:1] if word else []
    return first[0][1:] if first and first[0].startswith("#") else None


def course(entries: Sequence[Entry]) -> Course:
    """The course of a drill; `Refused` when these are the entries of something else."""
    opened = entries[0]
    exercise = opened.data.get("exercise")
    if not exercise:
        raise Refused(f"{opened.incident} was not played from a scenario, so there is nothing to compare it with.")
    told = [*_timed(entries, exercise.get("speed", 1))]
    incident: Incident | None = None
    deeds: list[Deed] = []
    for entry, at in told:
        incident = evolve(incident, entry)
        if entry.via not in _NOT_PEOPLE:
            deeds.append(Deed(entry, at, _seats(incident, entry)))
    if incident is None:
        raise Refused("A drill without entries cannot be told.")
    return Course(unpin(exercise["text"]), incident, told, deeds)


def _timed(entries: Sequence[Entry], speed: float) -> Iterator[tuple[Entry, float]]:
    """Each entry with the seconds of the drill, in which no time passes while nobody leads it."""
    start = entries[0].occurred_at
    stops: list[tuple[datetime, float]] = []
    for entry in entries:
        if entry.type == "drill.resumed":
            stops.append((entry.occurred_at, entry.data["paused"]))
        lost = sum(paused for until, paused in stops if until <= entry.occurred_at)
        yield entry, max(0.0, (entry.occurred_at - start).total_seconds() - lost) * speed


def _seats(incident: Incident, entry: Entry) -> frozenset[str]:
    """The roles that whoever did this holds, or stands in for."""
    mine = {role for role in incident.playbook.roles if entry.actor in incident.holders(role)}
    return frozenset(mine | {role for role in (entry.role, entry.data.get("role")) if isinstance(role, str)})


def shows(entry: Entry, action: Action) -> bool:
    """Whether an entry is that action."""
    types, field = _TYPES[action.verb]
    named = action.of.rpartition("/")[2] if action.verb == "task" else action.of
    return entry.type in types and (not field or entry.data.get(field) == named)
