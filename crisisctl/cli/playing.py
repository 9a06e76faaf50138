"""Plays scenarios: their commands go through the very command line that people use, in virtual time and in memory."""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from crisisctl.adapters import system
from crisisctl.bootstrap.rehearsal import Lender, Rehearsal, world
from crisisctl.cli.run import BUG, run
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import CrisisError, StoreFailed
from crisisctl.domain.incident import Incident
from crisisctl.domain.scenario import Scenario, Step, Then, Typed, Wait
from crisisctl.domain.scenario.compare import Difference, Seen, differences, shown
from crisisctl.domain.scenario.outcome import Outcome
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time

if TYPE_CHECKING:
    from crisisctl.adapters.yaml import Read

INCIDENT = "INC-1"
LAST = 6  # entries that a failure shows


class Script(NamedTuple):
    """One scenario with the file that it stands in and the playbook that it is for, as read."""

    file: str
    playbook: str
    plan: Read
    scenario: Scenario


class Answer(NamedTuple):
    """How a command ended, and what it said beside its answer."""

    code: int
    said: str


@contextmanager
def alone() -> Iterator[None]:
    """The environment speaks of somebody's real room; here it names the one incident that there is, and no more."""
    kept = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("CRISISCTL_")}
    os.environ["CRISISCTL_INCIDENT"] = INCIDENT
    try:
        yield
    finally:
        del os.environ["CRISISCTL_INCIDENT"]
        os.environ.update(kept)


def play(real: Lender, script: Script) -> Outcome:
    """Play a scenario to its end, or to the first step that is not as expected; call it `alone`."""
    begin = system.seconds()
    line, found, log = _Play(real, script).through()
    took = system.seconds() - begin
    return Outcome(script.playbook, script.scenario.name, script.file, line, tuple(found), tuple(log), took)


class _Play:
    def __init__(self, real: Lender, script: Script) -> None:
        self._real = real
        self._script = script
        self._world = world(script.scenario)
        self._offices: dict[str | None, Rehearsal] = {}
        self._watch = self._office(None).watch
        self._seen = 0  # the version at which it was looked at last

    def through(self) -> tuple[int, list[Difference], list[str]]:
        """The line of the first step that is not as expected, the differences and the last entries; else no more."""
        scenario = self._script.scenario
        if found := self._open():
            return scenario.line, found, []
        for step in scenario.steps:
            if found := self._done(step):
                return step.lines.get(found[0].key, step.line), found, self._last()
        return scenario.line, [], []

    def _open(self) -> list[Difference]:
        given, scenario = self._script.scenario.given, self._script.scenario
        words = ["open", self._script.playbook, f"--title={scenario.name}"]
        words += [f"--severity={given.severity}"] if given.severity else []
        words += [f"--assign={role}={person}" for role, held in given.roles.items() for person in held]
        words += [f"--fact={name}={value}" for name, value in given.facts.items()]
        return self._expected("given", Typed(tuple(words), given.by))

    def _done(self, step: Step) -> list[Difference]:
        if isinstance(step.does, Typed):
            return self._expected("when", step.does)
        if isinstance(step.does, Wait):
            self._meanwhile(self._world.clock.now() + step.does.span)
            return []
        return self._compared(step.does)

    def _expected(self, key: str, typed: Typed) -> list[Difference]:
        answer = self._typed(typed)
        self._meanwhile(self._world.clock.now())
        command = shlex.join(typed.words)
        how = f"exit {answer.code}: {shown(answer.said.strip())}"
        if typed.refused is None:
            return [Difference(key, f"{shown(command)} is carried out", how)] if answer.code else []
        if _flat(typed.refused) in _flat(answer.said) and answer.code not in (0, BUG):
            return []
        got = how if answer.code else "it was carried out"
        return [Difference(key, f"{shown(command)} is refused: {shown(typed.refused)}", got)]

    def _typed(self, typed: Typed) -> Answer:
        """Run one command line with its own streams; nothing of it is shown."""
        actor = typed.by or self._first()
        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(typed.text.encode()), "utf-8")
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = run(["--as", actor, *typed.words], rehearsal=self._office)
        finally:
            sys.stdin = before
        return Answer(code, err.getvalue())

    def _first(self) -> str:
        """Whoever holds the first role now, else who opened the incident."""
        incident = self._incident()
        return next(iter(incident.holders(incident.playbook.first_role())), self._script.scenario.given.by)

    def _office(self, actor: str | None) -> Rehearsal:
        if actor not in self._offices:
            self._offices[actor] = Rehearsal(self._real, self._world, self._script.plan, actor)
        return self._offices[actor]

    def _incident(self) -> Incident:
        office = self._office(None)
        with office.whole.reading() as log:
            return office.machine_desk.load(log, INCIDENT)

    def _entries(self, after: int = 0) -> list[Entry]:
        with self._world.store.reading() as log:
            return list(log.entries(INCIDENT, after))

    def _meanwhile(self, until: datetime) -> None:
        """Fire whatever falls due by then, each at its own moment, and write down whom that tells."""
        clock, before = self._world.clock, 0
        while True:
            self._watch.send()
            with self._world.store.reading() as log:
                due = log.next_due()
            if due is None or due > until:
                break
            if due <= clock.now() and before == len(self._entries()):
                raise StoreFailed(f"A timer that was due at {clock_time(due)} UTC does not fire.")
            clock.set(due)
            before = len(self._entries())
            self._watch.tick()
        clock.set(until)

    def _compared(self, then: Then) -> list[Difference]:
        incident = self._incident()
        entries = self._entries(self._seen)
        texts = {key: self._text(incident, key) for key in then.texts}
        told = self._world.recorder.taken()
        self._seen = incident.version
        return differences(then, Seen(incident, self._world.clock.now(), entries, told, texts))

    def _text(self, incident: Incident, key: str) -> str | None:
        """The present text of a statement, or one of its renditions; None when there is none."""
        from crisisctl.service import statements  # noqa: PLC0415 - few scenarios look at texts

        name, _, rendition = key.partition(".")
        try:
            with self._world.store.reading() as log:
                if rendition:
                    return statements.texts_of(log, incident, name).get(rendition)
                return statements.text_of(log, incident, name)
        except CrisisError:
            return None

    def _last(self) -> list[str]:
        told: Sequence[Entry] = [entry for entry in self._entries() if not entry.type.startswith("notice.")][-LAST:]
        return [f"{clock_time(entry.occurred_at)}  {shown(sentence(entry))}" for entry in told]


def _flat(text: str) -> str:
    """The text in one line, for a sentence of YAML may be folded, and one of the program may be a list."""
    return " ".join(text.split())
