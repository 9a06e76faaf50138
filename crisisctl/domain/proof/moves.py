"""Moves that can never be taken, and moves of one name of which two can be."""

from __future__ import annotations

from itertools import combinations

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.playbook import Transition
from crisisctl.domain.proof.given import Given
from crisisctl.domain.proof.regions import inside


def guards(here: Place, given: Given) -> None:
    """No move asks for what can never hold where it begins."""
    for move in given.playbook.transitions:
        sources = [source for source in move.sources if source in given.space.reached]
        if not sources or given.space.taken(move.number):
            continue
        place, why, remedy = _fault(here.at("transitions", move.number, "requires"), given, move, sources)
        message = f"{shown(move.trigger)} can never be taken: {why}"
        place.error("guard-never-holds", message, remedy)


def left_behind(here: Place, given: Given) -> None:
    """A task that a later move asks for cannot be forgotten in the stage before."""
    tasks, regions = given.playbook.tasks, given.space.regions
    for move in given.playbook.transitions:
        for number, id_ in enumerate(move.requires.tasks):
            holding = regions.holding[id_]
            if any(inside(source, stage) for source in move.sources for stage in holding):
                continue
            if not any(tasks[f"{stage}/{id_}"].required for stage in holding):
                where = plain(" and ".join(holding))
                message = f"task {plain(id_)} of {where} may be left behind, and then this is shut for ever"
                remedy = "mark the task as required, so that nobody leaves its stage without it"
                place = here.at("transitions", move.number, "requires", "tasks", number)
                place.warn("task-left-behind", message, remedy)


def _fault(here: Place, given: Given, move: Transition, sources: list[str]) -> tuple[Place, str, str]:
    """Where the guard is at fault, why, and what to write instead."""
    space = given.space
    for number, stage in enumerate(move.requires.stages):
        place = here.at("stages", number)
        if stage not in space.reached:
            return place, f"{plain(stage)} can never be reached", "lead a transition there, or remove it here"
        if not any(space.together((source, stage)) for source in sources):
            why = f"{plain(stage)} is never active at the same time as {plain(' or '.join(sources))}"
            return place, why, "name a stage of a region beside it, or remove it"
    for number, task in enumerate(move.requires.tasks):
        if all(not inside(source, at) for at in space.regions.holding[task] for source in sources):
            why = (
                f"task {plain(task)} belongs to {plain(' and '.join(space.regions.holding[task]))}, not reached before"
            )
            return here.at("tasks", number), why, "put the task into a stage that comes before, or remove it here"
    why = "the stages that it asks for are never active together"
    return here.at("stages") if move.requires.stages else here, why, "ask for fewer of them"


def ambiguous(here: Place, given: Given) -> None:
    """Where two moves of one trigger can be open at once, the first is the special case of the second."""
    for moves in given.by_trigger.values():
        for first, second in combinations(moves, 2):
            if first.to != second.to and not _special(first, second) and _both(given, first, second):
                once = "and then the second is never taken from there" if _shadows(first, second) else "the first is"
                where = f"transitions {first.number + 1} and {second.number + 1}"
                message = f"{where} are both called {shown(first.trigger)} and can be open at once, {once}"
                remedy = "give one another trigger, or put the one that asks for more first"
                here.at("transitions", second.number).warn("ambiguous-trigger", message, remedy)


def _both(given: Given, first: Transition, second: Transition) -> bool:
    if first.by and second.by and not {*first.by} & {*second.by} and not _automatic(given, first.trigger):
        return False
    needs = {*first.requires.stages, *second.requires.stages}
    clash, together = given.space.regions.clash, given.space.together
    return any(
        not clash(one, other) and together({one, other, *needs}) for one in first.sources for other in second.sources
    )


def _automatic(given: Given, trigger: str) -> bool:
    return any(step.advance == trigger for plan in given.playbook.escalations.values() for step in plan.steps)


def _special(first: Transition, second: Transition) -> bool:
    """Whether the first is for fewer stages than the second, or for the same and asks for more."""
    if not all(any(inside(one, other) for other in second.sources) for one in first.sources):
        return False
    if not all(any(inside(other, one) for one in first.sources) for other in second.sources):
        return True
    return _asked(first) > _asked(second)


def _shadows(first: Transition, second: Transition) -> bool:
    within = all(any(inside(other, one) for one in first.sources) for other in second.sources)
    return within and _asked(first) <= _asked(second)


def _asked(move: Transition) -> set[tuple[str, object]]:
    return {(kind, one) for kind, asked in move.requires._asdict().items() for one in asked}
