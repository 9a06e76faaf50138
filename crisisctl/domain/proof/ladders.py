"""Escalations: steps that can never fire, moves of theirs that lead nowhere, and moves that go in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.playbook import Playbook, Step, Transition
from crisisctl.domain.proof.given import Given
from crisisctl.domain.proof.regions import above, inside
from crisisctl.domain.times import words


def used(here: Place, given: Given) -> None:
    """Every escalation belongs to a stage; an acknowledgement that stops nothing cannot go stale."""
    named = {stage.escalation for stage in given.playbook.stages.values()}
    for id_, plan in given.playbook.escalations.items():
        place = here.at("escalations", id_)
        if id_ not in named:
            message = f"no stage has the escalation {shown(id_)}, so it never runs"
            place.warn(
                "unused-escalation", message, f"write escalation: {plain(id_)} in a stage, or remove it", key=True
            )
        if plan.ack_timeout is not None and plan.until == "left":
            message = "ack_timeout does nothing here: with until: left an acknowledgement stops nothing"
            remedy = "remove ack_timeout, or write until: acknowledged"
            place.at("ack_timeout").warn("ack-timeout-unused", message, remedy, key=True)


def steps(here: Place, given: Given) -> None:
    """Every step can fire in one of the stages that have the escalation, and so can a repeat."""
    for id_, stages in given.ladders.items():
        plan, place = given.playbook.escalations[id_], here.at("escalations", id_)
        ends = [_end(given, stage) for stage in stages]
        if not ends or any(end is None for end in ends):
            continue
        last = max((end for end in ends if end is not None), key=lambda end: (end.after, end.step))
        for number, step in enumerate(plan.steps):
            if step.after > last.after or (step.after == last.after and number > last.step):
                message = f"this step can never fire: {last.why}"
                remedy = "put it before that move, or remove it"
                place.at("steps", number).error("step-never-fires", message, remedy)
        if plan.times and last.after < plan.steps[-1].after + plan.every + plan.steps[0].after:
            message = f"this repeat never begins: {last.why}"
            place.at("repeat").error("step-never-fires", message, "remove repeat, or the move", key=True)


_NONE = 1_000_000  # of a ladder around this one: which of two steps at one instant comes first is not said


class End(NamedTuple):
    """When at the latest a ladder ends, since its stage was entered; the last step that can fire by then, and why."""

    after: timedelta
    step: int
    why: str


def _end(given: Given, stage: str) -> End | None:
    """What ends the ladder of a stage at the latest; None where only people do."""
    found: list[End] = []
    for owner, plan in given.plans_around(stage):
        own = owner == stage
        if not own and plan.until != "left":
            continue  # an acknowledgement stops it
        for number, step in enumerate(plan.steps):
            if ends_stage(given, owner, step, stage):
                which = f"step {number + 1}" if own else f"step {number + 1} of {plain(plan.id)}"
                why = f"{which} always leaves {plain(stage)} after {words(step.after) if step.after else 'no time'}"
                found.append(End(step.after, number if own else _NONE, why))
                break
    return min(found, key=lambda end: (end.after, end.step), default=None)


def ends_stage(given: Given, owner: str, step: Step, stage: str, *, silent: bool = False) -> bool:
    """Whether a step of the ladder of `owner` leaves the stage, and its owner, for certain when it fires.

    It fires once while the owner is active, so a stage inside that it alone leaves could be entered again and stay.
    One that fires at the instant of the entry is cut off where it leads back into what was entered then.
    """
    left = dict.fromkeys((stage, owner))
    if step.advance is None or not all(given.always_leaves(step.advance, path, silent=silent) for path in left):
        return False
    moves = (move for move in given.by_trigger[step.advance] if given.meets(move, owner))
    return bool(step.after) or not any(inside(m.to, owner) or inside(owner, m.to) for m in moves)


def lasts(given: Given, stage: str) -> timedelta | None:
    """How long a stage is active at most, whatever people do; None where they can stay for ever."""
    found = [
        step.after
        for owner, plan in given.plans_around(stage)
        for step in plan.steps
        if plan.until == "left" and ends_stage(given, owner, step, stage)
    ]
    return min(found, default=None)


def nowhere(here: Place, given: Given) -> None:
    """A move that a step makes leads somewhere from one of its stages."""
    for id_, stages in given.ladders.items():
        for number, step in enumerate(given.playbook.escalations[id_].steps):
            if step.advance is None or not stages:
                continue
            if not any(given.meets(move, stage) for move in given.by_trigger[step.advance] for stage in stages):
                message = f"{shown(step.advance)} leads nowhere from {plain(' or '.join(stages))}"
                remedy = "name a trigger of a transition that leaves that stage, or remove advance"
                place = here.at("escalations", id_, "steps", number, "advance")
                place.error("step-leads-nowhere", message, remedy)


class Automatic(NamedTuple):
    """A move by which a timer can lead from one stage with an escalation into another."""

    stage: str
    to: str
    plan: str
    step: int
    after: timedelta
    surely: bool


def loops(here: Place, given: Given) -> None:
    """Moves that timers make do not lead round in a circle: at one instant, or for ever while nobody answers."""
    every = [*_automatic(given)]
    for at_once in (True, False):
        edges = [one for one in every if (not one.after if at_once else one.surely)]
        circle = _circle(edges)
        if not circle:
            continue
        way = plain(" → ".join([*(edge.stage for edge in circle), circle[0].stage]))
        first = min(circle, key=lambda edge: (list(given.playbook.escalations).index(edge.plan), edge.step))
        place = here.at("escalations", first.plan, "steps", first.step, "advance")
        if at_once:
            message = f"timers move the incident in a circle without a pause: {way}"
            place.error("automatic-loop", message, "give one of these steps some time, or remove its advance")
            return
        total = words(sum((edge.after for edge in circle), timedelta()))
        message = f"while nobody answers, timers move the incident in a circle for ever, once in {total}: {way}"
        place.warn("automatic-loop", message, "let one of these steps notify somebody and not move the incident")


def _automatic(given: Given) -> Iterator[Automatic]:
    for id_, stages in given.ladders.items():
        for number, step in enumerate(given.playbook.escalations[id_].steps):
            for stage in stages if step.advance else ():
                surely = given.always_leaves(step.advance or "", stage)
                for move in given.by_trigger[step.advance or ""]:
                    if given.meets(move, stage):
                        for to in entered(given.playbook, move):
                            yield Automatic(stage, to, id_, number, step.after, surely)


def entered(playbook: Playbook, move: Transition) -> Iterator[str]:
    """The stages with an escalation that a transition may enter."""
    kept = {outer for source in move.sources for outer in above(source)[:-1]}
    ahead = [path for path in above(move.to) if path not in kept or path == move.to]
    while ahead:
        stage = playbook.stages[ahead.pop()]
        if stage.escalation:
            yield stage.path
        inner = stage.children if stage.parallel else stage.children and (stage.initial or stage.children[0],)
        if stage.path == move.to or stage.path.startswith(f"{move.to}."):
            ahead += inner or ()


def _circle(edges: list[Automatic]) -> list[Automatic]:
    """The edges of a circle; none where there is no circle."""
    out: dict[str, list[Automatic]] = {}
    for edge in edges:
        out.setdefault(edge.stage, []).append(edge)
    for start in out:
        way: dict[str, list[Automatic]] = {start: []}
        ahead = [start]
        while ahead:
            stage = ahead.pop(0)
            for edge in out.get(stage, ()):
                if edge.to == start:
                    return [*way[stage], edge]
                if edge.to not in way:
                    way[edge.to] = [*way[stage], edge]
                    ahead.append(edge.to)
    return []
