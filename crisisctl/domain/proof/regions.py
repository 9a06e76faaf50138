"""What of a playbook moves by itself: its regions, and every way out of every source as one move.

A region is the whole of the stages, or one child of a parallel stage: in each of them an incident stands at one place.
That place is a *mark*: a stage without others inside, or a parallel stage, in which its regions then go their own ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from crisisctl.domain.playbook import Playbook, Transition

WHOLE = ""  # the region that holds everything


class Way(NamedTuple):
    """One transition out of one of its sources; `region` is the one in which it moves the incident.

    It is open while all of `needs` (the source and the stages required) are active, each of the tasks has been within
    reach, and the region then stands at the marks that `to` begins with.
    """

    number: int
    place: int
    source: str
    to: str
    region: str
    needs: frozenset[str]
    tasks: tuple[str, ...] = ()


def inside(path: str, stage: str) -> bool:
    """Whether a stage is the other one or lies in it; everything lies in the whole."""
    return not stage or path == stage or path.startswith(f"{stage}.")


@lru_cache(maxsize=4_096)
def above(path: str) -> tuple[str, ...]:
    """The stage and those around it, outermost first."""
    parts = path.split(".")
    return tuple(".".join(parts[:depth]) for depth in range(1, len(parts) + 1))


class Regions:
    """The regions of one playbook, and the ways between their marks."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.parallel = frozenset(path for path, stage in playbook.stages.items() if stage.parallel and stage.children)
        self.region_of = {path: self._region(path) for path in playbook.stages}
        self.holding = self._holding()
        self.ways = tuple(way for move in playbook.transitions for way in self._ways(move))

    def within(self, parallel: str) -> tuple[str, ...]:
        """The regions of a parallel stage."""
        return self.playbook.stages[parallel].children

    def mark(self, path: str) -> str:
        """Where a region stands once a stage of it has been entered."""
        stage = self.playbook.stages[path]
        if not stage.children or path in self.parallel:
            return path
        return self.mark(stage.initial or stage.children[0])

    def clash(self, one: str, other: str) -> bool:
        """Whether two stages exclude each other: they part at a stage that is no parallel one."""
        if inside(one, other) or inside(other, one):
            return False
        if one.partition(".")[0] != other.partition(".")[0]:
            return True
        return [path for path in above(one) if path in above(other)][-1] not in self.parallel

    def _region(self, path: str) -> str:
        """The innermost region that holds the stage or is the stage."""
        for stage in reversed(above(path)):
            outer = stage.rpartition(".")[0]
            if outer in self.parallel:
                return stage
        return WHOLE

    def _holding(self) -> dict[str, tuple[str, ...]]:
        """The stages that have a task of that name."""
        found: dict[str, list[str]] = {}
        for task in self.playbook.tasks.values():
            found.setdefault(task.id, []).append(task.stage)
        return {id_: tuple(stages) for id_, stages in found.items()}

    def _ways(self, move: Transition) -> Iterator[Way]:
        for place, source in enumerate(move.sources):
            needs = frozenset((source, *move.requires.stages))
            tasks = tuple(id_ for id_ in move.requires.tasks if not self._at_hand(id_, needs))
            yield Way(move.number, place, source, move.to, self.region_of[move.to], needs, tasks)

    def _at_hand(self, task: str, needs: frozenset[str]) -> bool:
        """Whether a stage with that task is active whenever those that are needed are."""
        return any(inside(need, stage) for stage in self.holding.get(task, ()) for need in needs)
