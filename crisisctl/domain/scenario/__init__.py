"""Scenarios of a playbook: what people type and how long they wait, and what must hold then. Pure values."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from crisisctl.domain.check import Path
from crisisctl.domain.playbook import Document, many
from crisisctl.domain.times import parse_duration, parse_instant

FIRST_HOUR = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # when an incident is opened unless a scenario says otherwise
Lines = Callable[[Path], int]


class Given(NamedTuple):
    """How the incident is opened; `severity` None is the highest. `roles` has everybody who holds each role."""

    at: datetime
    by: str
    roles: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, str]
    severity: str | None = None


class Typed(NamedTuple):
    """A command as words, without the program's name; `by` None is whoever holds the first role.

    With `refused` the command must fail and say that; `text` is what it reads from standard input.
    """

    words: tuple[str, ...]
    by: str | None = None
    refused: str | None = None
    text: str = ""


class Wait(NamedTuple):
    """Time that passes."""

    span: timedelta


class Due(NamedTuple):
    """A timer that is looked for; each part that is None may be anything, and `what` is a part of what falls due."""

    kind: str | None = None
    after: timedelta | None = None
    what: str | None = None


class Told(NamedTuple):
    """A notice that is looked for, or was given: to whom, and what it says or a part of it."""

    to: str
    about: str = ""


class Then(NamedTuple):
    """What must hold; a part that is None is not looked at. Notices and the log count since the one before."""

    stages: tuple[str, ...] | None = None
    open: bool | None = None
    severity: str | None = None
    timers: tuple[Due, ...] = ()
    no_timers: tuple[Due, ...] = ()
    notices: tuple[Told, ...] = ()
    silent: tuple[str, ...] = ()
    statements: Mapping[str, str] = {}
    texts: Mapping[str, tuple[str, ...]] = {}
    tasks: Mapping[str, str] = {}
    facts: Mapping[str, str | None] = {}
    log: tuple[str, ...] = ()


class Step(NamedTuple):
    """One step; `line` is where it stands in the file, `lines` where each part of what must hold does."""

    line: int
    does: Typed | Wait | Then
    lines: Mapping[str, int] = {}


class Scenario(NamedTuple):
    """One scenario; `people` is everybody in it, and `line` where it stands in the file."""

    name: str
    line: int
    given: Given
    people: tuple[str, ...]
    steps: tuple[Step, ...]


def build(document: Document, first: str, line: Lines) -> tuple[Scenario, ...]:
    """The scenarios of a document that `form.check` found no error in; `first` is the first role of the playbook."""
    return tuple(_scenarios(document, first, line))


def _scenarios(document: Document, first: str, line: Lines) -> Iterator[Scenario]:
    for number, spec in enumerate(document["scenarios"]):
        place = ("scenarios", number)
        given = built_given(spec.get("given") or {}, document.get("people") or {}, first)
        steps = tuple(one for n, step in enumerate(spec["steps"]) for one in _steps(step, (*place, "steps", n), line))
        holders = (person for held in given.roles.values() for person in held)
        people = tuple(dict.fromkeys((*holders, *many(document.get("others")))))
        yield Scenario(spec["name"], line(place), given, people, steps)


def built_given(spec: Document, people: Document, first: str) -> Given:
    """How an incident is opened, by a document that `form.given` found no error in."""
    roles = {role: many(held) for role, held in (spec.get("roles") or people).items()}
    return Given(
        parse_instant(spec["at"]) if "at" in spec else FIRST_HOUR,
        spec.get("by") or roles[first][0],
        roles,
        {name: written(value) for name, value in (spec.get("facts") or {}).items()},
        spec.get("severity"),
    )


def written(value: object) -> str:
    """A value of a YAML file as somebody types it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _steps(spec: Document, place: Path, line: Lines) -> Iterator[Step]:
    if "wait" in spec:
        yield Step(line(place), Wait(parse_duration(spec["wait"])))
    elif "then" in spec:
        then = spec["then"]
        yield Step(line(place), _then(then), {key: line((*place, "then", key)) for key in then})
    elif isinstance(spec["when"], str):
        typed = Typed(tuple(shlex.split(spec["when"])), spec.get("by"), spec.get("refused"), spec.get("input", ""))
        yield Step(line(place), typed)
    else:
        for number, command in enumerate(spec["when"]):
            yield Step(line((*place, "when", number)), Typed(tuple(shlex.split(command)), spec.get("by")))


def _then(spec: Document) -> Then:
    facts = {name: None if value is None else written(value) for name, value in (spec.get("facts") or {}).items()}
    return Then(
        many(spec["stages"]) if "stages" in spec else None,
        spec.get("open"),
        spec.get("severity"),
        tuple(map(_due, spec.get("timers") or ())),
        tuple(map(_due, spec.get("no_timers") or ())),
        tuple(Told(one["to"], one.get("about", "")) for one in spec.get("notices") or ()),
        many(spec.get("silent")),
        spec.get("statements") or {},
        {key: many(part) for key, part in (spec.get("texts") or {}).items()},
        spec.get("tasks") or {},
        facts,
        many(spec.get("log")),
    )


def _due(spec: Mapping[str, Any]) -> Due:
    after = parse_duration(spec["in"]) if "in" in spec else None
    return Due(spec.get("kind"), after, spec.get("what"))
