"""How a drill went, read from its log: its own time, what was said in it, and what its players did.

Time in a drill is told in seconds since it began. It stands still while nobody leads it, and runs faster than the
clock where it was told to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.drill.scenario import Action, Drill, Expected, Inject, unpin
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Refused
from crisisctl.domain.evolve import evolve
from crisisctl.domain.incident import Incident

PLAYED = "play"
REFERRED = "row"
BEGINNING = Inject("beginning", timedelta(0), "", "", "", "")
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


class Axis(NamedTuple):
    """The time of a drill: when it began, how fast it goes, and until when it stood still for how many seconds."""

    start: datetime
    speed: float = 1
    stops: tuple[tuple[datetime, float], ...] = ()

    def seconds(self, at: datetime) -> float:
        """How far the drill had come at an instant."""
        lost = sum(min(paused, max(0.0, paused - (until - at).total_seconds())) for until, paused in self.stops)
        return max(0.0, (at - self.start).total_seconds() - lost) * self.speed

    def instant(self, span: timedelta) -> datetime:
        """When the drill comes as far as that, if it does not stop again."""
        return self.start + timedelta(seconds=sum(paused for _, paused in self.stops)) + span / self.speed


class Course(NamedTuple):
    """A drill as its log tells it: `told` are the entries with their seconds, `deeds` those of people."""

    drill: Drill
    incident: Incident
    axis: Axis
    told: Sequence[tuple[Entry, float]]
    deeds: Sequence[Deed]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.incident.exercise == "ended"

    @property
    def alone(self) -> bool:
        """Whether scripted players played it, in the log of drills, which has numbers of its own."""
        return bool(self.told[0][0].data["exercise"].get("alone"))

    @property
    def now(self) -> float:
        """How far it has come; what is said of it after its end is not of it any more."""
        ended = (at for entry, at in self.told if entry.type == "drill.ended")
        return next(ended, max(at for _, at in self.told))

    def injected(self) -> dict[str, float]:
        """When each event happened, by its id."""
        happened = {entry.data["event"]: at for entry, at in self.told if entry.type == "drill.injected"}
        return {BEGINNING.id: 0.0} | happened

    def expected(self) -> Iterator[tuple[Inject, Expected]]:
        """What a good team does, or else the real organisation did, with the event that it answers."""
        yield from self.drill.expected
        for row in self.drill.reference:
            if row.public or row.decision or row.tag:
                before = [one for one in self.drill.events if one.at <= row.at]
                since = before[-1] if before else BEGINNING
                verb = "statement published" if row.public else "decide" if row.decision else "note"
                yield since, Expected(row.id, Action(verb), within=row.at - since.at)

    def inside(self) -> frozenset[str]:
        """The statements that are for our own people alone."""
        specs = self.incident.playbook.statements.items()
        return frozenset(id_ for id_, spec in specs if spec.phase == "inside")

    def tagged(self) -> dict[str, float]:
        """When each tag was reached: by an event, by whoever played its row, or by a note that begins with `#TAG`."""
        found: dict[str, float] = {}
        rows = {row.id: row.tag for row in self.drill.reference}
        for entry, at in self.told:
            if entry.type == "drill.injected":
                tag = entry.data.get("tag")
            else:
                tag = rows.get(row_of(entry)) or _hashtag(entry)
            if tag:
                found.setdefault(tag, at)
        return found


def key(incident: str, kind: str, id_: str, number: int) -> str:
    """The request key under which a scripted player does something, the same whenever the drill is resumed."""
    return f"drill/{incident}/{kind}/{id_}/{number}"


def row_of(entry: Entry) -> str:
    """Which row of the reference a scripted player did this for; empty for what people do themselves."""
    parts = (entry.request or "").split("/")
    return parts[3] if parts[:1] == ["drill"] and parts[2:3] == [REFERRED] else ""


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
    axis = Axis(opened.occurred_at, float(exercise["speed"]), tuple(_stops(entries)))
    told = [(entry, axis.seconds(entry.occurred_at)) for entry in entries]
    incident: Incident | None = None
    deeds: list[Deed] = []
    for entry, at in told:
        incident = evolve(incident, entry)
        if entry.via not in _NOT_PEOPLE:
            deeds.append(Deed(entry, at, _seats(incident, entry)))
    if incident is None:
        raise Refused("A drill without entries cannot be told.")
    return Course(unpin(exercise["text"]), incident, axis, told, deeds)


def _stops(entries: Sequence[Entry]) -> Iterator[tuple[datetime, float]]:
    """Until when it stood still for how many seconds; it may still do so when the last thing is said."""
    for one in entries:
        if one.type == "drill.resumed":
            yield one.occurred_at, one.data["paused_ms"] / 1000
    if since := paused(entries):
        until = max(one.recorded_at for one in entries)
        yield until, (until - since).total_seconds()


def paused(entries: Sequence[Entry]) -> datetime | None:
    """Since when it stands still; None while it is led, and where nobody could say any more that it is not."""
    marks = [one for one in entries if one.type in ("drill.paused", "drill.resumed")]
    return marks[-1].occurred_at if marks and marks[-1].type == "drill.paused" else None


def _seats(incident: Incident, entry: Entry) -> frozenset[str]:
    """The roles that whoever did this holds, or stands in for."""
    mine = {role for role in incident.playbook.roles if entry.actor in incident.holders(role)}
    return frozenset(mine | {role for role in (entry.role, entry.data.get("role")) if isinstance(role, str)})


def shows(entry: Entry, action: Action) -> bool:
    """Whether an entry is that action."""
    types, field = _TYPES[action.verb]
    named = action.of.rpartition("/")[2] if action.verb == "task" else action.of
    return entry.type in types and (not field or not named or entry.data.get(field) == named)
