"""Stages that nothing leads to, and stages that nothing leads out of."""

from __future__ import annotations

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.proof.given import Given, at_stage
from crisisctl.domain.proof.regions import WHOLE, inside


def unreachable(here: Place, given: Given) -> None:
    """Every stage can be reached; of stages inside each other the outermost is told."""
    for path in given.playbook.stages:
        outer = path.rpartition(".")[0]
        if path in given.space.reached or (outer and outer not in given.space.reached):
            continue
        towards = [move.trigger for move in given.playbook.transitions if inside(move.to, path)]
        why = f"{plain(', '.join(dict.fromkeys(towards)))} can never be taken" if towards else "no move leads there"
        message = f"stage {shown(path)} can never be reached: {why}"
        remedy = "mend that move" if towards else "add a transition that leads to it, or remove the stage"
        at_stage(here, path).error("unreachable-stage", message, remedy, key=True)


def no_way_out(here: Place, given: Given) -> None:
    """From every stage that can be reached an end can be; of stages inside each other the outermost is told."""
    stuck = given.space.stuck
    for path in given.playbook.stages:
        if path not in stuck or path.rpartition(".")[0] in stuck or _follows(given, path):
            continue
        if given.space.regions.region_of[path] == WHOLE:
            message = f"from stage {shown(path)} no end can be reached"
            remedy = "add a transition that leads on from it, and at last to a final stage"
            at_stage(here, path).error("no-way-out", message, remedy, key=True)
        else:
            message = f"once {shown(path)} is entered, no end can be reached, whatever the regions beside it do"
            remedy = "add a transition that leads on inside its region, or let the move that leaves allow it"
            at_stage(here, path).error("region-trap", message, remedy, key=True)


def _follows(given: Given, path: str) -> bool:
    """Whether the stage is stuck because an incident cannot end at all, which is told where it begins."""
    first = given.playbook.initial
    return first in given.space.stuck and path != first


def standstill(here: Place, given: Given) -> None:
    """Stages of regions side by side do not hold each other up for ever."""
    for paths in given.space.standstills():
        whole = [stage for stage in given.space.regions.parallel if all(inside(path, stage) for path in paths)]
        if not whole:
            _left_behind(here, paths[-1])
            continue
        message = f"when {plain(' and '.join(paths))} are active together, no end can be reached any more"
        remedy = "add a move that leads on from there, or one out of the whole that does not ask for other stages"
        at_stage(here, max(whole, key=len)).error("standstill", message, remedy, key=True)


def _left_behind(here: Place, path: str) -> None:
    why = "the moves from there ask for what it misses"
    message = f"{shown(path)} can be entered in a way on which no end is left: {why}"
    remedy = "lead every way to it through what they ask for, or add a move that does not ask for it"
    at_stage(here, path).error("no-way-out", message, remedy, key=True)


def guidance(here: Place, given: Given) -> None:
    """Whoever enters a stage is told what to do there; a final one needs nothing."""
    for path, stage in given.playbook.stages.items():
        if not stage.children and not given.ends(path) and not stage.guidance.strip():
            message = f"stage {shown(path)} says nothing to those who enter it"
            at_stage(here, path).warn("no-guidance", message, "add guidance: what to do here, and first", key=True)
