"""What the rules of the proof go by, and where in the document they point."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from crisisctl.domain.check.place import Path, Place
from crisisctl.domain.playbook import Escalation, Playbook, Transition
from crisisctl.domain.proof.regions import above, inside
from crisisctl.domain.proof.space import Space


class Given:
    """A playbook without an error in its form, and where an incident can stand under it."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.space = Space(playbook)

    @cached_property
    def by_trigger(self) -> dict[str, list[Transition]]:
        """The transitions of each trigger, in the order of the playbook."""
        found: dict[str, list[Transition]] = {}
        for move in self.playbook.transitions:
            found.setdefault(move.trigger, []).append(move)
        return found

    @cached_property
    def ladders(self) -> dict[str, list[str]]:
        """The stages in which each escalation can run: they can be reached and do not end the incident."""
        found: dict[str, list[str]] = {id_: [] for id_ in self.playbook.escalations}
        for path, stage in self.playbook.stages.items():
            if stage.escalation and path in self.space.reached and not self.ends(path):
                found[stage.escalation].append(path)
        return found

    def ends(self, path: str) -> bool:
        """Whether reaching the stage closes the incident."""
        return "." not in path and self.playbook.stages[path].final

    def meets(self, move: Transition, stage: str) -> bool:
        """Whether the transition can ever be open while the stage is active."""
        needs, clash = {stage, *move.requires.stages}, self.space.regions.clash
        return any(not clash(source, stage) and self.space.together({source, *needs}) for source in move.sources)

    def leaves(self, move: Transition, stage: str) -> bool:
        """Whether the transition, open while the stage is active, leaves it."""
        region = self.space.regions.region_of[move.to]
        return inside(stage, region) and stage not in above(move.to)[:-1]

    def always_leaves(self, trigger: str, stage: str, *, silent: bool = False) -> bool:
        """Whether a timer that fires the trigger while the stage is active leaves it, whatever people did or did not.

        A move that closes the incident may be held up by words that have to be said first, unless nobody said a word.
        """
        for move in self.by_trigger[trigger]:
            if not self.meets(move, stage):
                continue
            if not self.leaves(move, stage):
                return False
            if self._free(move, stage):
                return silent or not (self.ends(move.to) and self.playbook.statements)
        return False

    def _free(self, move: Transition, stage: str) -> bool:
        """Whether nothing that people do is needed for the move, and it is open wherever the stage is active."""
        if any(move.requires) or not any(inside(stage, source) for source in move.sources):
            return False
        region = self.space.regions.region_of[move.to]
        left = (task.stage for task in self.playbook.tasks.values() if task.required and inside(task.stage, region))
        return not any(path not in above(move.to)[:-1] and self.space.together((path, stage)) for path in left)

    def plans_around(self, stage: str) -> Iterator[tuple[str, Escalation]]:
        """The escalations of the stage and of those around it, with the stage that each belongs to."""
        for path in above(stage):
            if (id_ := self.playbook.stages[path].escalation) is not None:
                yield path, self.playbook.escalations[id_]


def stage_path(path: str) -> Path:
    """Where a stage stands in the document."""
    steps: list[str | int] = []
    for name in path.split("."):
        steps += ["stages", name]
    return tuple(steps)


def at_stage(here: Place, path: str) -> Place:
    """The place of a stage."""
    return here.at(*stage_path(path))
