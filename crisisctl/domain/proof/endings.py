"""Timers that outlive their use: due after the stage or the incident is over, or after somebody else's hour."""

from __future__ import annotations

from datetime import timedelta

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.proof.given import Given, at_stage
from crisisctl.domain.proof.ladders import ends_stage, lasts
from crisisctl.domain.proof.regions import above
from crisisctl.domain.publication import StatementSpec
from crisisctl.domain.times import words

_ENDS = "nothing falls due any more once the incident is closed"


def at_the_end(here: Place, given: Given) -> None:
    """A stage that closes the incident has neither an escalation nor tasks that fall due."""
    for path, stage in given.playbook.stages.items():
        if given.ends(path) and stage.escalation:
            message = f"the escalation of {shown(path)} never runs: {_ENDS}"
            at_stage(here, path).at("escalation").warn("timer-after-end", message, "put it at a stage before", key=True)
    for task in given.playbook.tasks.values():
        if given.ends(task.stage) and task.due is not None:
            message = f"task {shown(task.id)} never falls due: {_ENDS}"
            place = at_stage(here, task.stage).at("tasks", task.id, "due")
            place.warn("timer-after-end", message, "put the task into a stage before, or remove due", key=True)


def tasks(here: Place, given: Given) -> None:
    """A task falls due while its stage can still be active."""
    for task in given.playbook.tasks.values():
        most = lasts(given, task.stage) if task.due and task.stage in given.space.reached else None
        if most is not None and task.due is not None and task.due >= most:
            message = (
                f"task {shown(task.id)} never falls due: a timer always leaves {plain(task.stage)} after {words(most)}"
            )
            place = at_stage(here, task.stage).at("tasks", task.id, "due")
            place.warn(
                "due-never-comes", message, f"write less than {words(most)}, or put it into the next stage", key=True
            )


def statements(here: Place, given: Given) -> None:
    """A statement falls due while the incident can be open, and whoever stands in for an approver comes in time."""
    whole = _whole(given, given.playbook.initial, ())
    for id_, spec in given.playbook.statements.items():
        place = here.at("statements", id_)
        if whole is not None and spec.due is not None and spec.due >= whole:
            message = f"{shown(id_)} never falls due: timers always close the incident within {words(whole)}"
            place.at("due").warn("due-never-comes", message, f"write less than {words(whole)}", key=True)
        if whole is not None and (most := _paces(spec)) and most >= whole:
            message = (
                f"an update of {shown(id_)} never falls due: timers always close the incident within {words(whole)}"
            )
            place.at("update_every").warn("due-never-comes", message, f"write less than {words(whole)}", key=True)
        if spec.delegate and spec.due and spec.delegate.after >= spec.due:
            message = f"nobody may stand in for {plain(', '.join(spec.delegate.to))} before {shown(id_)} is overdue"
            remedy = f"write after: less than {words(spec.due)}"
            place.at("delegate", "after").warn("delegate-too-late", message, remedy, key=True)


def _paces(spec: StatementSpec) -> timedelta | None:
    """The shortest time until an update."""
    if spec.update_every is None:
        return None
    every = (spec.update_every.otherwise, *spec.update_every.by_severity.values())
    return min((pace.every for paces in every for pace in paces), default=None)


def _whole(given: Given, stage: str, before: tuple[str, ...]) -> timedelta | None:
    """How long an incident stays open at most from this top-level stage on; None where it can for ever."""
    if given.ends(stage):
        return timedelta()
    most = lasts_silent(given, stage)
    if most is None or stage in before:
        return None
    moves = (m for m in given.playbook.transitions if given.space.taken(m.number) and given.meets(m, stage))
    ahead = {top for move in moves if (top := above(move.to)[0]) != stage}
    ends = [_whole(given, top, (*before, stage)) for top in ahead]
    later = [end for end in ends if end is not None]
    return most + max(later) if ends and len(later) == len(ends) else None


def lasts_silent(given: Given, stage: str) -> timedelta | None:
    """How long a top-level stage is active at most, as long as nothing was published that has to be followed up."""
    plan = given.playbook.stages[stage].escalation
    if plan is None or given.playbook.escalations[plan].until != "left":
        return None
    found = (
        step.after
        for step in given.playbook.escalations[plan].steps
        if ends_stage(given, stage, step, stage, silent=True)
    )
    return next(found, None)
