"""The brief of a handover: what whoever takes a role over must know, from the incident and its entries alone.

Plain text of at most 80 columns; every time is UTC and says how far off it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from textwrap import wrap

from crisisctl.domain import labels
from crisisctl.domain.decide_statements import approvers, pending
from crisisctl.domain.entries import Entry
from crisisctl.domain.forecast import forecast
from crisisctl.domain.incident import Incident, Ladder, Statement
from crisisctl.domain.playbook import Task
from crisisctl.domain.said import ERASED
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time, words

WIDTH = 80
NEXT = 5  # timers
LAST = 5  # decisions, and notes
LONGEST = 400  # characters of one item; the entry has the rest
EXERCISE = "EXERCISE EXERCISE EXERCISE"

Section = Callable[[Incident, Sequence[Entry], datetime], Iterator[str]]


def brief(incident: Incident, entries: Sequence[Entry], now: datetime) -> str:
    """How the incident stands at its version, from all its `entries` in the order of the log.

    A brief is sent by mail, so what labels keep in the room is left out, and counted.
    """
    told, held = _sifted(entries)
    known = {name: fact for name, fact in incident.facts.items() if fact.version not in held}
    lines = [
        *_folded(f"{incident.id}: {incident.title}", ""),
        f"Written on {clock_time(now)} UTC from version {incident.version} of the log.",
        *_folded(_left_out(entries), ""),
    ]
    for title, section in _SECTIONS:
        found = section(incident._replace(facts=known), told, now)
        items = [line for item in found for line in _folded(_short(item), "  ")]
        lines += ["", title, *(items or ["  none"])]
    if incident.drill:
        lines = [EXERCISE, *lines, EXERCISE]
    return "\n".join(lines)


def _sifted(entries: Sequence[Entry]) -> tuple[list[Entry], set[int]]:
    """The entries that may leave the room, and the versions of those that may not."""
    held = {entry.version for entry in entries if labels.reasons(entry)}
    return [entry for entry in entries if entry.version not in held], held


def _left_out(entries: Sequence[Entry]) -> str:
    counted = labels.withheld(entries).sentence()
    return f"{counted}. A brief goes by mail." if counted else ""


def _folded(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)


def _short(item: str) -> str:
    text = " ".join(item.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... (cut; the timeline has the rest)"


def _when(moment: datetime, now: datetime) -> str:
    span = words(moment - now)
    return f"{clock_time(moment)} UTC, {f'in {span}' if moment > now else f'{span} ago'}"


def _due(moment: datetime, now: datetime) -> str:
    return f"{'OVERDUE, was due' if moment <= now else 'due'} {_when(moment, now)}"


def _standing(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for path in incident.stages:
        yield f"at {path} since {_when(incident.visits[path].entered_at, now)}"
    yield f"severity {incident.severity}, opened {_when(incident.opened_at, now)}"
    if incident.closed_at:
        yield f"closed {_when(incident.closed_at, now)}"


def _people(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    empty = []
    for role in incident.playbook.roles.values():
        people, offered = incident.roles.get(role.id), incident.handovers.get(role.id)
        offer = f"; on offer to {offered.taker} since {_when(offered.since, now)}" if offered else ""
        stand_in = ", ".join(incident.holders(role.id))
        if people or role.required:
            instead = f"nobody, although it is required{f'; told instead: {stand_in}' if stand_in else ''}"
            yield f"{role.id}: {', '.join(people) if people else instead}{offer}"
        else:
            empty.append(role.id)
    if empty:
        yield f"nobody holds: {', '.join(empty)}"


def _promises(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for id_, statement in incident.statements.items():
        if statement.promised:
            yield f"{id_}: the next update was promised, {_due(statement.promised, now)}"


def _clocks(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    """What runs, then what was decided; and that none of it is legal advice."""
    if not incident.clocks:
        return
    from crisisctl.domain.clocks.tell import standing  # noqa: PLC0415 - few incidents have clocks

    for one in incident.clocks.values():
        if one.open:
            missed = "; it will be missed, as was said" if one.will_miss else ""
            due = _due(one.strict, now) if one.strict else "a duty without a number"
            yield f"{one.id} ({one.regime}: {one.title}): {due}{missed}"
    settled = [f"{one.id} {one.state.replace('_', ' ')}" for one in incident.clocks.values() if not one.open]
    if settled:
        yield f"not running: {', '.join(settled)}"
    yield standing(incident.clocks.values())


def _statements(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for spec in incident.playbook.statements.values():
        statement = incident.statements.get(spec.id)
        waits = spec.due is not None and incident.open and not (statement and statement.published)
        due = f"; {_due(incident.opened_at + spec.due, now)}" if waits and spec.due else ""
        yield f"{spec.id}: {_written(incident, statement, now) if statement else 'no text yet'}{due}"


def _written(incident: Incident, statement: Statement, now: datetime) -> str:
    told = f"{statement.state} since {_when(statement.moved_at, now)}; revision {statement.revision}"
    told += f" by {statement.author}"
    if statement.erased:
        told += f"; its text is {ERASED}"
    if statement.state == "submitted" and pending(incident, statement):
        told += f"; still to approve: {approvers(incident, statement)}"
    left = [name for name in incident.playbook.statements[statement.id].audiences if name not in statement.audiences]
    if statement.state == "publishing":
        told += f"; still to reach: {', '.join(left)}"
    return told


def _escalations(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for ladder in incident.ladders.values():
        until = ladder.snoozed_until
        rests = f"; rests until {_when(until, now)}" if until and until > now else ""
        yield f"{ladder.escalation} at {ladder.stage}: {_answer(incident, ladder, now)}{rests}"


def _answer(incident: Incident, ladder: Ladder, now: datetime) -> str:
    runs_on = incident.playbook.escalations[ladder.escalation].until == "left"
    if ladder.acked_by and ladder.acked_at:
        fresh = max(timedelta(0), now - ladder.acked_at)
        told = f"acknowledged by {ladder.acked_by}, who last acted {words(fresh)} ago"
        return f"{told}; runs until its stage is left" if runs_on else told
    return "nobody has acknowledged it"


def _tasks(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for task in incident.here():
        if task.required and incident.task_state(task) == "open":
            yield f"{task.id}: {task.title}{f' ({task.role})' if task.role else ''}{_deadline(incident, task, now)}"


def _deadline(incident: Incident, task: Task, now: datetime) -> str:
    return f"; {_due(incident.visits[task.stage].entered_at + task.due, now)}" if task.due is not None else ""


def _ahead(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for plan in forecast(incident, NEXT):
        yield f"{_when(plan.timer.due, now)}: {plan.what}"


def _unconfirmed(incident: Incident, _entries: Sequence[Entry], _now: datetime) -> Iterator[str]:
    for name, fact in incident.facts.items():
        if fact.status == "unconfirmed":
            value = ERASED if fact.value is None else fact.value
            yield f"{name} = {value}{f' (source: {fact.source})' if fact.source else ''}"


def _questions(incident: Incident, _entries: Sequence[Entry], now: datetime) -> Iterator[str]:
    for name, asked in incident.questions.items():
        of = f" of {asked.of}" if asked.of else ""
        yield f"{name}: asked{of} by {asked.by}, {_when(asked.since, now)}"


def _last(kind: str) -> Section:
    def told(_incident: Incident, entries: Sequence[Entry], _now: datetime) -> Iterator[str]:
        said = sorted((e for e in entries if e.type == kind), key=lambda e: (e.occurred_at, e.version))
        for entry in said[-LAST:]:
            yield f"{clock_time(entry.occurred_at)} UTC, {entry.actor}: {sentence(entry)}"

    return told


# In the order in which somebody who has just been woken needs them.
_SECTIONS: tuple[tuple[str, Section], ...] = (
    ("WHERE IT STANDS", _standing),
    ("WHO HOLDS WHAT", _people),
    ("PROMISED", _promises),
    ("DEADLINES OF LAWS AND CONTRACTS", _clocks),
    ("NEXT TO FALL DUE, IF NOBODY ANSWERS", _ahead),
    ("ESCALATIONS", _escalations),
    ("REQUIRED TASKS THAT ARE OPEN", _tasks),
    ("STATEMENTS", _statements),
    ("FACTS THAT ARE NOT CONFIRMED", _unconfirmed),
    ("OPEN QUESTIONS", _questions),
    ("LAST DECISIONS", _last("decision.logged")),
    ("LAST NOTES", _last("note.added")),
)
