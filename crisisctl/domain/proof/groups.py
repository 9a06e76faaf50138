"""The places that regions reach together, found by going every way that is open; regions that nothing ties go alone.

A parallel stage always begins at the same marks, so what its regions reach is the same at every visit and is worked out
once. Regions of which one asks for a stage of another are explored together, as pairs, triples and so on; all others by
themselves, so that six of eight stages are 48 places and not 262,144.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from crisisctl.domain.proof.regions import WHOLE, Regions, Way, above, inside

MOST = 20_000  # places of one group; beyond, its regions are taken for free of each other


class Place(NamedTuple):
    """Where the regions of a group stand, and which of the tasks that ways ask for were within reach on the way."""

    marks: frozenset[str]
    seen: frozenset[str] = frozenset()


class TooMany(Exception):
    """A group has more places than can be gone through."""


class Terms(NamedTuple):
    """What is taken for granted: parallel stages that are unfolded, tasks whose history counts, stages and tasks given.

    `granted` are stages outside of a group that are believed to be active whenever that is asked for, and `doable` are
    tasks that are believed to be done: both only where the exact answer would cost too much.
    """

    unfolded: frozenset[str] = frozenset()
    history: frozenset[str] = frozenset()
    granted: frozenset[str] = frozenset()
    doable: frozenset[str] = frozenset()


class Group:
    """The places of regions that are tied to each other, in one visit to their parallel stage."""

    def __init__(self, regions: Regions, terms: Terms, among: tuple[str, ...], parallel: str = WHOLE) -> None:
        self.regions = regions
        self.terms = terms
        self.among = among
        self.parallel = parallel
        self.inner: dict[str, list[Group]] = {}
        self.used: set[tuple[int, int]] = set()
        self.after: dict[Place, list[tuple[Way, Place]]] = {}
        self._given = frozenset(above(parallel) if parallel else ()) | self._beside()
        self._active: dict[frozenset[str], frozenset[str]] = {}
        self._can: dict[frozenset[str], bool] = {}
        self._ways = [way for way in regions.ways if self._mine(way)]
        self.start = self._place(self._first(), frozenset())
        self._explore()

    def _first(self) -> Iterator[str]:
        if self.among == (WHOLE,):
            return self._marks(self.regions.playbook.initial)
        return (mark for region in self.among for mark in self._marks(region))

    def _beside(self) -> frozenset[str]:
        """The stages granted that lie in regions beside those of the group."""
        clash = self.regions.clash
        return frozenset(
            stage
            for stage in self.terms.granted
            if not any(inside(stage, region) or clash(stage, region) for region in self.among)
        )

    def _mine(self, way: Way) -> bool:
        """Whether the way moves a region of the group, and not one inside a parallel stage that is folded."""
        if not any(inside(way.region, region) for region in self.among):
            return False
        folded = (stage for stage in above(way.region)[:-1] if stage in self.regions.parallel)
        return all(inside(self.parallel, stage) or stage in self.terms.unfolded for stage in folded)

    def _marks(self, path: str) -> Iterator[str]:
        mark = self.regions.mark(path)
        if mark in self.terms.unfolded:
            for region in self.regions.within(mark):
                yield from self._marks(region)
        else:
            yield mark

    def _place(self, marks: Iterable[str], seen: frozenset[str]) -> Place:
        at = frozenset(marks)
        if self.terms.history:
            active = self.active(at)
            held = self.regions.holding
            seen |= {task for task in self.terms.history if not active.isdisjoint(held.get(task, ()))}
        return Place(at, seen)

    def active(self, marks: frozenset[str]) -> frozenset[str]:
        """The stages that are active at these marks, those around them included."""
        found = self._active.get(marks)
        if found is None:
            found = self._active[marks] = frozenset(stage for mark in marks for stage in above(mark))
        return found

    def _explore(self) -> None:
        ahead = deque([self.start])
        self.after[self.start] = []
        while ahead:
            place = ahead.popleft()
            for way in self._ways:
                if self.open(place, way):
                    self.used.add((way.number, way.place))
                    then = self._gone(place, way)
                    self.after[place].append((way, then))
                    if then not in self.after:
                        if len(self.after) >= MOST:
                            raise TooMany
                        self.after[then] = []
                        ahead.append(then)

    def _gone(self, place: Place, way: Way) -> Place:
        stay = (mark for mark in place.marks if not inside(mark, way.region))
        return self._place((*stay, *self._marks(way.to)), place.seen)

    def open(self, place: Place, way: Way) -> bool:
        """Whether the way can be gone from here, as far as this group knows."""
        known = self.terms.doable if not self.terms.history else place.seen
        return self.holds(place, way.needs) and all(task in known for task in way.tasks)

    def holds(self, place: Place, needs: frozenset[str]) -> bool:
        """Whether these stages are active here, or can be in a folded stage that is."""
        left = needs - self.active(place.marks) - self._given
        return not left or self._folded(place, left)

    def _folded(self, place: Place, needs: frozenset[str]) -> bool:
        for mark in place.marks & self.regions.parallel:
            own = frozenset(need for need in needs if inside(need, mark))
            needs -= own
            if own and not all(group.can(own) for group in self.groups(mark)):
                return False
        return not needs

    def concerns(self, needs: Iterable[str]) -> frozenset[str]:
        """Those of the stages that lie in this group's regions."""
        return frozenset(need for need in needs if any(inside(need, region) for region in self.among))

    def can(self, needs: Collection[str]) -> bool:
        """Whether those of these stages that lie in the group are ever active together."""
        own = self.concerns(needs)
        found = self._can.get(own)
        if found is None:
            found = self._can[own] = any(self.holds(place, own) for place in self.after)
        return found

    def groups(self, mark: str) -> list[Group]:
        """The groups inside a folded parallel stage."""
        found = self.inner.get(mark)
        if found is None:
            found = self.inner[mark] = [*split(self.regions, self.terms, mark)]
        return found

    def every(self) -> Iterator[Group]:
        """This group and all that are reached inside of it."""
        yield self
        for mark in dict.fromkeys(mark for place in self.after for mark in sorted(place.marks & self.regions.parallel)):
            for group in self.groups(mark):
                yield from group.every()


def split(regions: Regions, terms: Terms, parallel: str) -> Iterator[Group]:
    """The regions of a parallel stage as groups of those that ask for stages of each other."""
    for tied in _tied(regions, terms, parallel):
        try:
            yield Group(regions, terms, tied, parallel)
        except TooMany:
            yield from _apart(regions, terms, tied, parallel)


def _apart(regions: Regions, terms: Terms, tied: tuple[str, ...], parallel: str) -> list[Group]:
    """Each region by itself, where all the others are believed to stand wherever they can ever stand."""
    free = terms._replace(unfolded=frozenset())
    while True:
        groups = [Group(regions, free, (region,), parallel) for region in tied]
        reached = free.granted.union(*(stages(group) for group in groups))
        if reached == free.granted:
            return groups
        free = free._replace(granted=reached)


def _tied(regions: Regions, terms: Terms, parallel: str) -> list[tuple[str, ...]]:
    """The regions of a parallel stage, those that are tied to each other together, in the order of the playbook."""
    among = regions.within(parallel)
    heads = {region: region for region in among}
    for one, other in ties(regions):
        first = next((region for region in among if inside(one, region)), None)
        second = next((region for region in among if inside(other, region)), None)
        if first and second and other not in terms.granted:
            old, new = heads[second], heads[first]
            heads = {region: new if head == old else head for region, head in heads.items()}
    return [tuple(r for r in among if heads[r] == head) for head in dict.fromkeys(heads.values())]


def ties(regions: Regions) -> Iterator[tuple[str, str]]:
    """A region and a stage beside it that one of its ways asks for: neither lies in the other."""
    for way in regions.ways:
        for need in way.needs:
            there = regions.region_of[need]
            if not inside(there, way.region) and not inside(way.region, there) and not regions.clash(need, way.region):
                yield way.region, need


def stages(group: Group) -> frozenset[str]:
    """Every stage that is ever active in the group or inside of it."""
    return frozenset(stage for each in group.every() for place in each.after for stage in each.active(place.marks))
