"""Leading a drill: it is opened, things happen in it when they are due, and it ends; all of that is in its log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain import commands as ask
from crisisctl.domain.drill.agenda import Cue, agenda
from crisisctl.domain.drill.course import Course, course, key, paused
from crisisctl.domain.drill.grade import Grade, Kept, grade
from crisisctl.domain.drill.scenario import FORM, Drill, Inject, Pinned
from crisisctl.domain.entries import Entry, Source
from crisisctl.domain.errors import Conflict, Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.timers import POSTING
from crisisctl.service.desk import Asked, Desk
from crisisctl.service.ports import Log
from crisisctl.service.story import promises, story

_BY_ITSELF = ("timer", "watch")


class Played(NamedTuple):
    """A drill in the log, for lists."""

    incident: str
    drill: str
    title: str
    opened_at: str
    state: str


def opening(command: ask.Open, drill: Drill, pinned: Pinned, speed: float, *, alone: bool) -> ask.Open:
    """The command that opens a drill, from the one that opens its playbook; `alone` is with scripted players."""
    exercise = pinned._asdict() | {"form": FORM, "speed": f"{speed:g}", "alone": alone}
    return command._replace(
        severity=drill.severity,
        assign=tuple(drill.people.items()) if alone else command.assign,
        facts=drill.facts,
        drill=True,
        exercise=exercise,
    )


class Director:
    """Leads one drill that was opened; whoever leads it is no player."""

    def __init__(self, desk: Desk, id_: str, source: Source) -> None:
        self._desk = desk
        self.id = id_
        self._source = Source(source.actor, source.login, via="drill")

    def entries(self, after: int = 0) -> list[Entry]:
        """What the log has of it."""
        with self._desk.store.reading() as log:
            return list(log.entries(self.id, after))

    def course(self) -> Course:
        """How it went so far."""
        return course(self.entries())

    def incident(self) -> Incident:
        """Where it stands."""
        with self._desk.store.reading() as log:
            return self._desk.load(log, self.id)

    def happen(self, inject: Inject) -> None:
        """Let an event happen, once, however often the drill is taken up again."""
        command = ask.Inject(inject.id, inject.sender, inject.to, inject.channel, inject.text, inject.tag)
        try:
            self._desk.handle(self.id, command, Asked(self._source, request=key(self.id, "event", inject.id, 0)))
        except Conflict:
            return  # somebody else who leads it was faster
        except Refused:
            if self.incident().exercise != "ended":
                raise

    def pause(self) -> None:
        """Say that it stands still, if it has not ended."""
        if self.incident().exercise != "ended":
            self._desk.handle(self.id, ask.PauseDrill(), Asked(self._source))

    def resume(self, seen: datetime | None = None) -> None:
        """Say that it goes on; it stood still since it was paused.

        Where whoever led it could not say so, since they were `seen` last, else since somebody did something in it.
        """
        entries = self.entries()
        led = [entry.recorded_at for entry in entries if entry.via == "drill" or not (seen or entry.via in _BY_ITSELF)]
        last = paused(entries) or max([*led, *([seen] if seen else [])])
        self._desk.handle(self.id, ask.ResumeDrill(self._desk.now() - last), Asked(self._source))

    def end(self) -> None:
        """End it, if nobody has."""
        if self.incident().exercise != "ended":
            self._desk.handle(self.id, ask.EndDrill(), Asked(self._source))

    def next_due(self) -> datetime | None:
        """When its next timer falls due; nothing of a drill is posted."""
        with self._desk.store.reading() as log:
            return min((timer.due for timer in log.timers(self.id) if timer.kind != POSTING), default=None)

    def fire(self) -> None:
        """Fire what is due in it, and in nothing else."""
        try:
            self._desk.fire(self.id)
        except Conflict:
            return  # a watch was faster

    def ahead(self, run: Course, *, alone: bool) -> list[Cue]:
        """What is still to happen; with scripted players also what they had not done for sure."""
        cues = agenda(run.drill, run.incident.playbook if alone else None)
        happened = run.injected()
        return [cue for cue in cues if cue.inject is None or cue.id not in happened]


def running(log: Log, name: str | None = None) -> list[Played]:
    """The drills that are being played, the newest first."""
    return [one for one in played(log) if one.state == "running" and name in (None, one.drill, one.incident)]


def played(log: Log) -> list[Played]:
    """Every drill that was played from a scenario, the newest first."""
    return [*_played(log)][::-1]


def _played(log: Log) -> Iterator[Played]:
    for head in log.heads():
        first = log.entry(head.incident, 1) if head.drill else None
        if first is not None and "exercise" in first.data:
            state = "ended" if head.closed_at and _ended(log, head.incident) else "running"
            yield Played(head.incident, first.data["exercise"]["id"], head.title, head.opened_at, state)


def _ended(log: Log, id_: str) -> bool:
    return any(entry.type == "drill.ended" for entry in log.entries(id_))


def graded(desk: Desk, log: Log, id_: str) -> Grade:
    """The grade of a drill as it stands."""
    told = story(desk, log, id_)
    run = course(told.entries)
    at = run.axis.seconds
    kept = [Kept(one.statement, one.verdict, at(one.met) - at(one.due) if one.met else 0.0) for one in promises(told)]
    return grade(run, kept)
