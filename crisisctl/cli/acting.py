"""A drill played alone: scripted players type the commands that people type, in virtual time, in a log of its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.adapters.system import SystemChance
from crisisctl.bootstrap.rehearsal import LOGIN, Lender, Rehearsal, World
from crisisctl.bootstrap.stores import opened
from crisisctl.cli.app import command
from crisisctl.cli.playing import alone, answer
from crisisctl.cli.run import INTERRUPTED
from crisisctl.domain.drill.agenda import WRITER, Cue, Line, scripted
from crisisctl.domain.drill.course import key
from crisisctl.domain.drill.scenario import Drill, Pinned
from crisisctl.domain.entries import Source
from crisisctl.domain.times import clock_time
from crisisctl.service import drills as service
from crisisctl.service.desk import Asked, Desk
from crisisctl.service.opening import opening

if TYPE_CHECKING:
    from pathlib import Path

    from crisisctl.adapters.roster.cast import Cast
    from crisisctl.bootstrap import Office
    from crisisctl.domain.drill.grade import Grade
    from crisisctl.service.ports import Store

FILE = "drills.db"
Tell = Callable[[str], None]


class Refusal(NamedTuple):
    """A command that a scripted player typed in vain, and what it was told."""

    at: datetime
    command: str
    said: str


def log_of(office: Office) -> Store:
    """The log of what was played alone; it has nothing to do with the room's own."""
    return opened(f"sqlite:{place(office)}", office.settings.root)


def place(office: Office) -> Path:
    """Where that log lies."""
    return office.settings.state / FILE


def play(real: Office, drill: Drill, pinned: Pinned, tell: Tell) -> tuple[Grade, list[Refusal]]:
    """Play a drill to its end, or on from where it was interrupted; its grade and what was refused."""
    lender = Lender(root=real.settings.root)
    with ExitStack() as stack:
        stack.callback(lender.rest)
        store = stack.enter_context(closing(log_of(real)))
        stage = _Stage(lender, drill, pinned, store)
        with alone(stage.director.id):
            refused = [one for cue in stage.cues() for one in stage.perform(cue, tell)]
            stage.finish(tell)
        with store.reading() as log:
            return service.graded(stage.office(None).machine_desk, log, stage.director.id), refused


class _Stage:
    """Where a drill is played alone."""

    def __init__(self, real: Lender, drill: Drill, pinned: Pinned, store: Store) -> None:
        self._real = real
        self._plan = real.read_playbook(drill.playbook)
        self._world = World(drill.begins, _cast(drill))
        self._world.store = store
        desk = self.office(None).machine_desk
        self.director = service.Director(desk, self._opened(desk, drill, pinned), Source(LOGIN, LOGIN))
        self._run = self.director.course()
        self._from = self._run.incident.recorded_at
        self._world.clock.set(self._from)

    def office(self, actor: str | None) -> Rehearsal:
        """The office of one who plays."""
        office = Rehearsal(self._real, self._world, self._plan, actor)
        office.chance = SystemChance()  # the log is kept
        return office

    def _opened(self, desk: Desk, drill: Drill, pinned: Pinned) -> str:
        """The incident of this very scenario that was interrupted, or a new one."""
        with self._world.store.reading() as log:
            for one in service.running(log, drill.id):
                first = log.entry(one.incident, 1)
                if first and first.data["exercise"]["digest"] == pinned.digest:
                    return one.incident
        plain = opening(self._plan.document, self._plan.templates, self._plan.findings, drill.title)
        opener = next(iter(drill.people.values()), WRITER)
        begun = service.opening(plain, drill, pinned, 1, alone=True)
        return desk.open(begun, Asked(Source(opener, LOGIN))).incident.id

    def cues(self) -> list[Cue]:
        """What has not happened for sure."""
        start = self._run.axis.start
        return [cue for cue in self.director.ahead(self._run, alone=True) if start + cue.at >= self._from]

    def perform(self, cue: Cue, tell: Tell) -> Iterator[Refusal]:
        """Let what falls due before it fall due, then this happen."""
        self._meanwhile(self._run.axis.start + cue.at)
        if cue.inject:
            self.director.happen(cue.inject)
            tell(f"{self._time()}  {cue.inject.sender} to {cue.inject.to}: {cue.inject.text}")
        for number, line in enumerate(cue.lines, 1):
            words = keyed(line.words, key(self.director.id, cue.kind, cue.id, number))
            who = self._player(line)
            tell(f"{self._time()}  {who}$ crisisctl {shlex.join(line.words)}")
            answered = answer(words, who, self.office, line.text)
            if answered.code == INTERRUPTED:
                raise KeyboardInterrupt
            if answered.code:
                tell(f"    refused: {answered.said.strip()}")
                yield Refusal(self._world.clock.now(), shlex.join(line.words), answered.said.strip())

    def finish(self, tell: Tell) -> None:
        """Wait until nothing is waited for any more, and end it."""
        self._meanwhile(self._run.axis.start + self._run.drill.lasts)
        self.director.end()
        tell(f"{self._time()}  The exercise is over.")

    def _player(self, line: Line) -> str:
        """Whoever is named, else holds the role, else the first role."""
        incident = self.director.incident()
        held = (*incident.holders(line.role), *incident.holders(incident.playbook.first_role()))
        return line.by or next(iter(held), WRITER)

    def _meanwhile(self, until: datetime) -> None:
        """Fire whatever falls due by then, each at its own moment."""
        clock = self._world.clock
        while (due := self.director.next_due()) is not None and due <= until:
            before = self.director.incident().version
            clock.set(due)
            self.director.fire()
            if self.director.incident().version == before:
                break  # it stands still, and a later one would pass it by
        clock.set(until)

    def _time(self) -> str:
        return clock_time(self._world.clock.now())


def _cast(drill: Drill) -> Cast:
    from crisisctl.adapters.roster.cast import Cast  # noqa: PLC0415 - as in the rehearsal

    typed = (line.by for cue in scripted(drill) for line in cue.lines if line.by)
    people = dict.fromkeys([*drill.people.values(), *typed, WRITER])
    return Cast([*people], {role: [person] for role, person in drill.people.items()})


def keyed(words: Sequence[str], request: str) -> list[str]:
    """The command with its request key, if it is one that writes."""
    found: Any = command()
    depth = 0
    while depth < len(words) and (inner := getattr(found, "get_command", lambda *_: None)(None, words[depth])):
        found, depth = inner, depth + 1
    if all(parameter.name != "request_id" for parameter in found.params):
        return [*words]
    return [*words[:depth], f"--request-id={request}", *words[depth:]]
