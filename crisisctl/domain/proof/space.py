"""Where an incident can ever stand under a playbook, and whence its end can still be reached.

People are believed to do whatever lies with them: they do tasks, confirm facts, hold roles and publish statements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import islice, product

from crisisctl.domain.playbook import Playbook
from crisisctl.domain.proof.groups import Group, Place, Terms, TooMany, stages, ties
from crisisctl.domain.proof.regions import WHOLE, Regions, Way, above, inside

Goals = frozenset[tuple[int, int]]  # ways that lead out of a parallel stage; of the whole: its end
END = (-1, 0)
_ENOUGH = 2_000  # combinations of regions that are looked at for a standstill


class Space:
    """Every place that can be reached, by regions."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.regions = Regions(playbook)
        self._ways = {(way.number, way.place): way for way in self.regions.ways}
        self.root = self._rooted()
        self.reached = stages(self.root)
        self._groups = [*self.root.every()]
        self._used = frozenset(number for group in self._groups for number, _ in group.used)
        self._ahead: dict[int, dict[Place, Goals]] = {}

    def _rooted(self) -> Group:
        history = frozenset(task for way in self.regions.ways for task in way.tasks)
        if history:
            try:
                return Group(self.regions, Terms(self.regions.parallel, history), (WHOLE,))
            except TooMany:
                pass
        terms = Terms(frozenset(_unfolded(self.regions)))
        while True:
            root = Group(self.regions, terms, (WHOLE,))
            reached = stages(root)
            doable = frozenset(t for t in history if not reached.isdisjoint(self.regions.holding[t]))
            if doable == terms.doable:
                return root
            terms = terms._replace(doable=doable)

    def taken(self, number: int) -> bool:
        """Whether a transition can ever be taken."""
        return number in self._used

    def together(self, wanted: Collection[str]) -> bool:
        """Whether these stages are ever active at the same time."""
        return self.root.can(wanted)

    @cached_property
    def stuck(self) -> frozenset[str]:
        """The stages that can be reached and from which no end can, whatever else is active."""
        return frozenset(path for path in self.reached if not self._ends(path))

    def standstills(self) -> Iterator[tuple[str, ...]]:
        """Stages that can be active together and then hold each other up for ever, though none of them would alone.

        One for each parallel stage at most, and one for the whole.
        """
        groups: dict[str, list[Group]] = {}
        for group in self._groups:
            groups.setdefault(group.parallel, []).append(group)
        for parallel, own in groups.items():
            dead = self._locked(own) if parallel else ((p,) for p in self.root.after if not self._live(self.root, [p]))
            for places in dead:
                marks = {mark for place in places for mark in place.marks}
                if not any(self._blamed(place) for place in places):
                    yield tuple(path for path in self.playbook.stages if path in marks)
                    break

    def _blamed(self, place: Place) -> bool:
        return any(stage in self.stuck for mark in place.marks for stage in above(mark))

    def _locked(self, groups: list[Group]) -> Iterator[tuple[Place, ...]]:
        """Places, one in each group, from which no way out of the parallel stage that leads to an end is left."""
        good = self._good(groups)
        kinds: list[dict[Goals, Place]] = []
        for group in groups:
            ahead = self._goals(group)
            found: dict[Goals, Place] = {}
            for place in group.after:
                if not self._blamed(place):
                    found.setdefault(ahead[place] & good, place)
            least = [goals for goals in found if not any(other < goals for other in found)]
            kinds.append({goals: found[goals] for goals in least})
        for chosen in islice(product(*(kind.items() for kind in kinds)), _ENOUGH):
            if not frozenset.intersection(*(goals for goals, _ in chosen)):
                yield tuple(place for _, place in chosen)

    def _good(self, groups: list[Group]) -> Goals:
        """The ways out of a parallel stage after which an end can be reached."""
        outer = self._outer(groups[0])
        every = self._goals(groups[0])[groups[0].start]
        return frozenset(goal for goal in every if any(self._live_after(up, groups[0].parallel, goal) for up in outer))

    def _ends(self, path: str) -> bool:
        for group in self._groups:
            places = [place for place in group.after if path in group.active(place.marks)]
            if places and self._live(group, places):
                return True
        return False

    def _live(self, group: Group, places: Iterable[Place]) -> bool:
        """Whether an end can be reached from one of these places, the other groups being where they can help most."""
        ahead = self._goals(group)
        goals = frozenset().union(*(ahead[place] for place in places))
        if group is self.root:
            return END in goals
        beside = [other for other in self._groups if other.parallel == group.parallel and other is not group]
        goals = goals.intersection(*(self._goals(other)[other.start] for other in beside))
        return any(self._live_after(up, group.parallel, goal) for goal in goals for up in self._outer(group))

    def _outer(self, group: Group) -> list[Group]:
        """The groups whose places hold the parallel stage folded."""
        return [up for up in self._groups if any(group.parallel in place.marks for place in up.after)]

    def _live_after(self, up: Group, inner: str, goal: tuple[int, int]) -> bool:
        """Whether an end can be reached once a way has led out of a parallel stage, which is folded in `up`."""
        key = (id(up), inner, goal)
        if key not in self._lively:
            there = [place for place in up.after if inner in place.marks]
            gone = [then for place in there for way, then in up.after[place] if (way.number, way.place) == goal]
            out = any(goal in self._direct(up, place) for place in there)
            self._lively[key] = bool(gone and self._live(up, gone)) or (out and self._live_out(up, goal))
        return self._lively[key]

    def _live_out(self, up: Group, goal: tuple[int, int]) -> bool:
        beside = [other for other in self._groups if other.parallel == up.parallel and other is not up]
        if up is self.root or not all(goal in self._goals(other)[other.start] for other in beside):
            return False
        return any(self._live_after(outer, up.parallel, goal) for outer in self._outer(up))

    @cached_property
    def _lively(self) -> dict[tuple[int, str, tuple[int, int]], bool]:
        return {}

    def _goals(self, group: Group) -> dict[Place, Goals]:
        """What each place of a group can still come to: ways that lead out of it, or the end."""
        found = self._ahead.get(id(group))
        if found is None:
            found = self._ahead[id(group)] = _spread(group, {p: self._direct(group, p) for p in group.after})
        return found

    def _direct(self, group: Group, place: Place) -> Goals:
        if group is self.root:
            ends = (self.playbook.stages[mark].final for mark in place.marks if "." not in mark)
            return frozenset({END}) if any(ends) else frozenset()
        return frozenset(key for key in self._outward(group) if self._lets(group, place, self._ways[key]))

    def _outward(self, group: Group) -> list[tuple[int, int]]:
        """The ways that move a region around the group's parallel stage, and can be gone from inside of it."""
        key = id(group)
        if key not in self._leading:
            self._leading[key] = [
                (way.number, way.place)
                for way in self.regions.ways
                if inside(self.regions.region_of[group.parallel], way.region)
                and not any(self.regions.clash(need, group.parallel) for need in way.needs)
            ]
        return self._leading[key]

    @cached_property
    def _leading(self) -> dict[int, list[tuple[int, int]]]:
        return {}

    def _lets(self, group: Group, place: Place, way: Way) -> bool:
        return group.holds(place, group.concerns(way.needs))


def _spread(group: Group, direct: dict[Place, Goals]) -> dict[Place, Goals]:
    """Each place with what it and the places ahead of it come to."""
    before: dict[Place, list[Place]] = {place: [] for place in group.after}
    for place, ways in group.after.items():
        for _, then in ways:
            before[then].append(place)
    found = dict(direct)
    ahead = [place for place, goals in direct.items() if goals]
    while ahead:
        place = ahead.pop()
        for earlier in before[place]:
            if not found[place] <= found[earlier]:
                found[earlier] |= found[place]
                ahead.append(earlier)
    return found


def _unfolded(regions: Regions) -> Iterator[str]:
    """The parallel stages inside of regions that are tied to one beside them, on the way to what ties them."""
    for region, need in ties(regions):
        common = [stage for stage in above(region) if stage in above(need)]
        for stage in (*above(region)[:-1], *above(regions.region_of[need])[:-1]):
            if stage in regions.parallel and stage not in common:
                yield stage
