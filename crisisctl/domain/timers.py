"""Timers: the instants at which something falls due, derived from the incident and from nothing else.

A step falls due at the entry of its stage plus `after` (a re-armed or snoozed ladder has moved that base), so lateness
never adds up. An id names visit, run, round and step, so a timer of an earlier visit can never fire into a later one.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import ModuleType
from typing import NamedTuple

from crisisctl.domain import posting
from crisisctl.domain.cadence import promises
from crisisctl.domain.incident import Incident, Ladder
from crisisctl.domain.playbook import Escalation

POSTING = "posting"  # the kind of timer that only whoever can reach the channels may fire


class Timer(NamedTuple):
    """One instant; `subject` is what it is about.

    `kind` is `escalation`, `stale`, `task`, `statement`, `promise`, `warning` (of a promise), `approval`, `posting`,
    `unclear` (of a post) or `clock`.
    """

    id: str
    incident: str
    kind: str
    due: datetime
    subject: str


def timers(incident: Incident) -> list[Timer]:
    """Every timer that exists now, the earliest first; a closed incident has none but those of posts."""
    found = [Timer(one.id, incident.id, one.kind, one.at, one.subject) for one in posting.due(incident)]
    if incident.open:
        found += [*_ladders(incident), *_tasks(incident), *_statements(incident)]
        found += [*_promises(incident), *_approvals(incident), *_clocks(incident)]
    return sorted((timer for timer in found if timer.id not in incident.fired), key=lambda timer: (timer.due, timer.id))


def changes(before: Incident | None, after: Incident) -> tuple[list[Timer], list[str]]:
    """The timers that are new or due at another time than before, and the ids of those that are no more."""
    if before and all(getattr(before, part) is getattr(after, part) for part in _TIMED):
        return [], []  # such as after a note: nothing that timers come from was touched
    now = {timer.id: timer for timer in timers(after)}
    was = {timer.id: timer for timer in timers(before)} if before else {}
    return [timer for id_, timer in now.items() if was.get(id_) != timer], [id_ for id_ in was if id_ not in now]


_TIMED = ("severity", "stages", "visits", "tasks", "statements", "ladders", "clocks", "fired", "closed_at")


def _ladders(incident: Incident) -> Iterator[Timer]:
    for key, ladder in incident.ladders.items():
        plan = incident.playbook.escalations[ladder.escalation]
        name = f"{incident.id}/{key}/{ladder.run}"
        if ladder.acked_at is not None and plan.until == "acknowledged":
            if plan.ack_timeout is not None:
                yield Timer(f"{name}.stale", incident.id, "stale", ladder.acked_at + plan.ack_timeout, key)
        elif ladder.round <= plan.times:
            id_ = f"{name}.{ladder.round}.{ladder.step}"
            yield Timer(id_, incident.id, "escalation", step_due(plan, ladder), key)


def step_due(plan: Escalation, ladder: Ladder) -> datetime:
    """When the next step of the ladder falls due; one that a skipped step pulled forward, at that step's moment."""
    cycle: timedelta = plan.steps[-1].after + plan.every
    own = ladder.base + ladder.round * cycle + plan.steps[ladder.step].after
    return min(own, ladder.pulled) if ladder.pulled else own


def _tasks(incident: Incident) -> Iterator[Timer]:
    for task in incident.here():
        if task.due is not None and incident.task_state(task) == "open":
            visit = incident.visits[task.stage]
            yield Timer(incident.task_deadline(task), incident.id, "task", visit.entered_at + task.due, task.key)


def _statements(incident: Incident) -> Iterator[Timer]:
    for spec in incident.playbook.statements.values():
        statement = incident.statements.get(spec.id)
        if spec.due is not None and not (statement and statement.published):
            yield Timer(incident.deadline(spec.id), incident.id, "statement", incident.opened_at + spec.due, spec.id)


def _promises(incident: Incident) -> Iterator[Timer]:
    for id_, kind, due, statement in promises(incident):
        yield Timer(id_, incident.id, kind, due, statement)


def _approvals(incident: Incident) -> Iterator[Timer]:
    if all(spec.delegate is None for spec in incident.playbook.statements.values()):
        return
    from crisisctl.domain.statements.waiting import silences  # noqa: PLC0415 - few playbooks name delegates

    for id_, due, statement in silences(incident):
        yield Timer(id_, incident.id, "approval", due, statement)


def _clocks(incident: Incident) -> Iterator[Timer]:
    if incident.clocks:
        for one in of_clocks().due(incident):
            yield Timer(one.id, incident.id, "clock", one.at, one.subject)


def of_clocks() -> ModuleType:
    """The timers of clocks, loaded where an incident has any."""
    from crisisctl.domain import clock_timers  # noqa: PLC0415 - few incidents have clocks

    return clock_timers
