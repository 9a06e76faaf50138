"""What a playbook promises while nobody answers: an incident that everybody is silent in, run by its own timers.

Every role is held by somebody of its own, so what a step notifies is what the playbook says and not who is on holiday.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from crisisctl.domain.check.place import Place, plain
from crisisctl.domain.commands import Open
from crisisctl.domain.entries import Entry, Event, Source, Word
from crisisctl.domain.evolve import evolve
from crisisctl.domain.firing import overdue, provisional
from crisisctl.domain.incident import Incident
from crisisctl.domain.moves import open_incident
from crisisctl.domain.playbook import Pinned, Playbook
from crisisctl.domain.proof.people import People, indispensable
from crisisctl.domain.timers import timers
from crisisctl.domain.times import words

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_MOST = 2_000  # timers; a plan that fires more while nobody answers does so for ever
_SHOWN = 6


class Beat(NamedTuple):
    """One thing that a timer did, so long after the opening: what, and which roles it told."""

    after: timedelta
    what: str
    told: tuple[str, ...] = ()


class Silence(NamedTuple):
    """What happens while nobody answers, until nothing more would; `endless` when it never stops."""

    beats: tuple[Beat, ...]
    notified: Mapping[str, timedelta]
    last_resort: timedelta | None
    first_statement: timedelta | None
    endless: bool = False


class Promise(NamedTuple):
    """What holds at one severity; None is never. `notified` has the required roles, `beats` is what happens when."""

    severity: str
    notified: Mapping[str, timedelta | None]
    everyone_notified: timedelta | None
    last_resort: timedelta | None
    first_statement: timedelta | None
    endless: bool
    beats: tuple[Beat, ...]


def promises(playbook: Playbook, pinned: Pinned) -> list[Promise]:
    """What holds at each severity, the most severe first."""
    return [_promise(playbook, severity, silence(pinned, playbook, severity)) for severity in playbook.severities]


def _promise(playbook: Playbook, severity: str, quiet: Silence) -> Promise:
    required = [role.id for role in playbook.roles.values() if role.required]
    notified = {role: quiet.notified.get(role) for role in required}
    known = [after for after in notified.values() if after is not None]
    everyone = max(known, default=timedelta()) if len(known) == len(required) else None
    last = None if quiet.endless else quiet.last_resort
    return Promise(severity, notified, everyone, last, quiet.first_statement, quiet.endless, quiet.beats)


def silence(pinned: Pinned, playbook: Playbook, severity: str) -> Silence:
    """An incident that opens at this severity and that nobody touches."""
    incident = _opened(pinned, playbook, severity)
    events: list[Event] = []
    while len(events) < _MOST and (due := timers(incident)):
        incident, fired = overdue(incident, due[0].due)
        if not fired:
            break
        events += fired
    beats = tuple(_beats(events))
    notified: dict[str, timedelta] = {}
    for beat in beats:
        for role in beat.told:
            notified.setdefault(role, beat.after)
    steps = [_after(event) for event in events if event.type.startswith("escalation.")]
    first = next((_after(event) for event in events if event.type == "statement.overdue"), None)
    return Silence(beats, notified, max(steps, default=None), first, len(events) >= _MOST)


def _opened(pinned: Pinned, playbook: Playbook, severity: str) -> Incident:
    assign = tuple((role, role) for role in playbook.roles)
    command = Open(pinned, {}, playbook.title, severity, assign)
    first, *more = open_incident(command, Source("nobody", "nobody"))
    said = {name: Word("", None, value) for name, value in first.words.items()}
    entry = Entry("INC-0", 1, START, START, "nobody", "", None, "timer", first.type, first.data, said, "")
    return provisional(evolve(None, entry), more)


def _after(event: Event) -> timedelta:
    return (event.occurred_at or START) - START


def _beats(events: list[Event]) -> Iterator[Beat]:
    for event in events:
        data = event.data
        if event.type in ("escalation.fired", "escalation.skipped"):
            again = f", round {data['round']}" if data["round"] > 1 else ""
            yield Beat(_after(event), f"{data['escalation']} step {data['step']}{again}", tuple(data["reached"]))
        elif event.type == "escalation.blocked":
            yield Beat(_after(event), f"{data['trigger']} is refused")
        elif event.type == "incident.advanced":
            yield Beat(_after(event), f"{data['trigger']} leads to {data['to']}")
        elif event.type == "task.overdue":
            yield Beat(_after(event), f"task {data['task']} is overdue", tuple(data["reached"]))
        elif event.type == "statement.overdue":
            yield Beat(_after(event), f"{data['statement']} is due", tuple(data["reached"]))


def targets(here: Place, playbook: Playbook, every: list[Promise]) -> None:
    """Whatever a playbook sets itself as a target holds at every severity."""
    for name, target in playbook.targets.items():
        for one in every:
            found: timedelta | None = getattr(one, name)
            if found is not None and found <= target:
                continue
            place = here.at("targets", name)
            when = "never" if found is None else f"after {_spoken(found)}, not after {_spoken(target)}"
            what = f"at {plain(one.severity)}, {_SAID[name]} {when}"
            place.error("target-missed", f"{what}: {_why(name, one, found)}", _REMEDY[name])
            break


_SAID = {
    "first_statement": "the first statement is due",
    "everyone_notified": "every required role has been notified",
    "last_resort": "the last step has fired",
}
_REMEDY = {
    "first_statement": "give a statement an earlier due, or write a longer target",
    "everyone_notified": "notify the role in an earlier step, or write a longer target",
    "last_resort": "shorten the steps and repeats, or write a longer target",
}


def _why(name: str, one: Promise, found: timedelta | None) -> str:
    """The path that breaks the target: what happens when, with nobody answering."""
    path = _path(one.beats, found)
    if name == "first_statement":
        return "no statement falls due" if found is None else path
    if name == "everyone_notified":
        late = [role for role, after in one.notified.items() if after == found]
        return f"{plain(', '.join(late))} {'is told by none of ' if found is None else 'is told last in '}{path}"
    return f"it goes on for ever: {path}" if one.endless else path if found is not None else "no step fires"


def _path(beats: tuple[Beat, ...], until: timedelta | None) -> str:
    told = [f"{_spoken(b.after)} {plain(b.what)}" for b in beats if until is None or b.after <= until]
    if len(told) > _SHOWN:
        told = [*told[: _SHOWN // 2], "…", *told[-_SHOWN // 2 :]] if until is not None else [*told[:_SHOWN], "…"]
    return "; ".join(told) or "no step"


def _spoken(span: timedelta) -> str:
    return words(span) if span else "0m"


def document(playbook: Playbook, every: Sequence[Promise], people: People) -> dict[str, object]:
    """The promise as data: seconds, None for never."""
    return {
        "playbook": playbook.id,
        "severities": [
            {
                "severity": one.severity,
                "notified": [{"role": role, "after": _seconds(after)} for role, after in one.notified.items()],
                "everyone_notified": _seconds(one.everyone_notified),
                "last_resort": _seconds(one.last_resort),
                "first_statement": _seconds(one.first_statement),
                "endless": one.endless,
            }
            for one in every
        ],
        "targets": {name: _seconds(target) for name, target in playbook.targets.items()},
        "absent": [{"person": id_, "roles": roles} for id_, roles in indispensable(playbook, people).items()],
    }


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
