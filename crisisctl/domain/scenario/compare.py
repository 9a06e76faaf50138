"""What a scenario expects beside what there is: each difference in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.facts import read
from crisisctl.domain.firing import what
from crisisctl.domain.incident import Incident
from crisisctl.domain.scenario import Due, Then, Told
from crisisctl.domain.text import visible
from crisisctl.domain.timers import Timer, timers
from crisisctl.domain.times import words

LONGEST_SHOWN = 400
NOTHING = "nothing"
Pair = tuple[str, str]  # what was expected, and what there is


class Difference(NamedTuple):
    """One thing that is not as expected; `key` is the part of `then`, or `when`, `given`."""

    key: str
    expected: str
    got: str


class Seen(NamedTuple):
    """What there is: `entries` and `told` since the last look; of the `texts` asked for, None where there is none."""

    incident: Incident
    now: datetime
    entries: Sequence[Entry] = ()
    told: Sequence[Told] = ()
    texts: Mapping[str, str | None] = {}


def differences(then: Then, seen: Seen) -> list[Difference]:
    """Everything in which the two differ, in the order of the keys."""
    return [Difference(key, shown(one), shown(other)) for key, look in _LOOK.items() for one, other in look(then, seen)]


def shown(text: str) -> str:
    """The text as it can be printed, its middle left out where it is long."""
    text = visible(text, lines=True)
    half = LONGEST_SHOWN // 2
    return text if len(text) <= LONGEST_SHOWN else f"{text[:half]} … {text[-half:]}"


def _stages(then: Then, seen: Seen) -> Iterator[Pair]:
    if then.stages is not None and set(then.stages) != set(seen.incident.stages):
        yield ", ".join(then.stages), ", ".join(seen.incident.stages)


def _open(then: Then, seen: Seen) -> Iterator[Pair]:
    if then.open not in (None, seen.incident.open):
        yield ("open", "closed") if then.open else ("closed", "open")


def _severity(then: Then, seen: Seen) -> Iterator[Pair]:
    if then.severity not in (None, seen.incident.severity):
        yield str(then.severity), seen.incident.severity


def _timers(then: Then, seen: Seen) -> Iterator[Pair]:
    there = timers(seen.incident)
    for due in then.timers:
        if not any(_fits(due, timer, seen) for timer in there):
            yield _asked(due), "; ".join(_described(timer, seen) for timer in there) or "no timer at all"


def _no_timers(then: Then, seen: Seen) -> Iterator[Pair]:
    for due in then.no_timers:
        found = [_described(timer, seen) for timer in timers(seen.incident) if _fits(due, timer, seen)]
        if found:
            yield f"no {_asked(due)}", "; ".join(found)


def _fits(due: Due, timer: Timer, seen: Seen) -> bool:
    return (
        due.kind in (None, timer.kind)
        and due.after in (None, timer.due - seen.now)
        and (due.what is None or due.what in what(seen.incident, timer))
    )


def _asked(due: Due) -> str:
    when = f" in {words(due.after)}" if due.after is not None else ""
    return f"{due.kind or 'timer'}{when}{f', about {due.what!r}' if due.what else ''}"


def _described(timer: Timer, seen: Seen) -> str:
    return f"{timer.kind} in {words(timer.due - seen.now)} ({what(seen.incident, timer)})"


def _notices(then: Then, seen: Seen) -> Iterator[Pair]:
    for wanted in then.notices:
        heard = [told.about for told in seen.told if told.to == wanted.to]
        if not any(wanted.about in about for about in heard):
            about = f" about {wanted.about!r}" if wanted.about else ""
            yield f"{wanted.to} is told{about}", _heard(wanted.to, heard)


def _silent(then: Then, seen: Seen) -> Iterator[Pair]:
    for person in then.silent:
        if heard := [told.about for told in seen.told if told.to == person]:
            yield f"{person} is told {NOTHING}", _heard(person, heard)


def _heard(person: str, about: Sequence[str]) -> str:
    """What somebody was told, of each notice what it says first."""
    said = "; ".join(text.split("\n")[1 if "\n" in text else 0] for text in about)
    return f"{person} was told: {said}" if about else f"{person} was told {NOTHING}"


def _statements(then: Then, seen: Seen) -> Iterator[Pair]:
    for id_, state in then.statements.items():
        statement = seen.incident.statements.get(id_)
        got = statement.state if statement else "planned"
        if got != state:
            yield f"{id_}: {state}", f"{id_}: {got}"


def _texts(then: Then, seen: Seen) -> Iterator[Pair]:
    for key, parts in then.texts.items():
        text = seen.texts.get(key)
        if text is None:
            yield f"a text of {key}", "there is none"
        else:
            yield from ((f"{key} says {part!r}", f"{key} says {text!r}") for part in parts if part not in text)


def _tasks(then: Then, seen: Seen) -> Iterator[Pair]:
    incident = seen.incident
    states = {task.id: incident.task_state(task) for task in incident.playbook.tasks.values()}
    here = {task.id: incident.task_state(task) for task in incident.here()}  # two stages may have one of the same id
    for id_, state in then.tasks.items():
        got = (states | here).get(id_, "there is no such task")
        if got != state:
            yield f"{id_}: {state}", f"{id_}: {got}"


def _facts(then: Then, seen: Seen) -> Iterator[Pair]:
    for name, value in then.facts.items():
        fact = seen.incident.facts.get(name)
        known = fact.value if fact and fact.status != "retracted" else None
        wanted = None if value is None else read(seen.incident.playbook.facts[name], value)
        if known != wanted:
            yield f"{name} = {_known(wanted)}", f"{name} = {_known(known)}"


def _known(value: str | None) -> str:
    return "not known" if value is None else value


def _log(then: Then, seen: Seen) -> Iterator[Pair]:
    types = [entry.type for entry in seen.entries]
    if not _in_order(then.log, types):
        yield ", then ".join(then.log), ", ".join(types) or NOTHING


def _in_order(wanted: Iterable[str], there: Iterable[str]) -> bool:
    left = iter(there)
    return all(one in left for one in wanted)


_LOOK: Mapping[str, Callable[[Then, Seen], Iterator[Pair]]] = {
    "stages": _stages,
    "open": _open,
    "severity": _severity,
    "timers": _timers,
    "no_timers": _no_timers,
    "notices": _notices,
    "silent": _silent,
    "statements": _statements,
    "texts": _texts,
    "tasks": _tasks,
    "facts": _facts,
    "log": _log,
}
