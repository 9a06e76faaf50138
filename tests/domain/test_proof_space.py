"""What the checker says can be reached, a simulated run reaches, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.domain.check import check
from crisisctl.domain.machine import Stages
from crisisctl.domain.playbook import Playbook, Transition, around, build
from crisisctl.domain.proof import groups
from crisisctl.domain.proof.space import Space
from tests.domain.conftest import plan
from tests.domain.test_machine import NAMES, Tree, above, between_regions, inside
from tests.domain.test_machine import TREES as ANY_TREES

TASKS = ("look", "tea", "file")
ENOUGH = 3_000


class Spot(NamedTuple):
    """Where a simulated incident stands, and the tasks that it has had."""

    leaves: tuple[str, ...]
    had: frozenset[str]


class Run:
    """Every place that the real machine comes to, one move at a time, when people do whatever they can."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.machine = Stages(playbook)
        self.moves: dict[Spot, list[tuple[Transition, Spot]]] = {}
        ahead = [self.spot(self.machine.start().active, frozenset())]
        while ahead:
            spot = ahead.pop()
            if spot not in self.moves:
                self.moves[spot] = [*self.steps(spot)]
                ahead += [then for _, then in self.moves[spot]]
            if len(self.moves) > ENOUGH:
                raise OverflowError

    def spot(self, leaves: tuple[str, ...], had: frozenset[str]) -> Spot:
        held = around(leaves)
        return Spot(leaves, had | {task.id for task in self.playbook.tasks.values() if task.stage in held})

    def steps(self, spot: Spot) -> Iterator[tuple[Transition, Spot]]:
        held = around(spot.leaves)
        closed = any("." not in path and self.playbook.stages[path].final for path in spot.leaves)
        for move in () if closed else self.machine.possible(spot.leaves):
            if held.issuperset(move.requires.stages) and spot.had.issuperset(move.requires.tasks):
                yield move, self.spot(self.machine.fire(spot.leaves, move).active, spot.had)

    def reached(self) -> set[str]:
        return {path for spot in self.moves for path in around(spot.leaves)}

    def taken(self) -> set[int]:
        return {move.number for steps in self.moves.values() for move, _ in steps}

    def living(self) -> set[Spot]:
        """The places from which an end can be reached."""
        before: dict[Spot, list[Spot]] = {spot: [] for spot in self.moves}
        for spot, steps in self.moves.items():
            for _, then in steps:
                before[then].append(spot)
        found: set[Spot] = set()
        ahead = [spot for spot in self.moves if any(self.playbook.stages[leaf].final for leaf in spot.leaves)]
        while ahead:
            spot = ahead.pop()
            if spot not in found:
                found.add(spot)
                ahead += before[spot]
        return found

    def stuck(self) -> set[str]:
        return self.reached() - {path for spot in self.living() for path in around(spot.leaves)}

    def standstills(self) -> set[Spot]:
        """The places without a way on that no stage alone is to blame for."""
        stuck = self.stuck()
        return {spot for spot in self.moves.keys() - self.living() if not around(spot.leaves) & stuck}


def regions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.dictionaries(st.sampled_from("abc"), inner, min_size=2, max_size=3).flatmap(
        lambda stages: st.builds(lambda first: {"initial": first, "stages": stages}, st.sampled_from(sorted(stages)))
    )
    return st.dictionaries(st.sampled_from("pqr"), one, min_size=2, max_size=3).map(
        lambda stages: {"parallel": True, "stages": stages}
    )


FLAT = st.dictionaries(st.sampled_from("xyz"), st.none() | regions(st.none()), min_size=1, max_size=3)
DEEP = st.dictionaries(st.sampled_from("xyz"), regions(st.none() | regions(st.none())), min_size=1, max_size=2)
TREES = st.one_of(
    ANY_TREES,
    FLAT.map(lambda tree: tree | {"closed": {"final": True}}),
    DEEP.map(lambda tree: tree | {"closed": {"final": True}}),
)


def beside(paths: list[str], tree: Tree) -> list[tuple[str, str]]:
    """Two stages directly inside the same one, of which only one can be active."""
    outer = {path: path.rpartition(".")[0] for path in paths}
    return [
        (one, other) for one in paths for other in paths
        if one != other and outer[one] == outer[other] and outer[one] not in tree.parallel
    ]  # fmt: skip


@st.composite
def moves(draw: st.DrawFn, stages: dict[str, Any]) -> tuple[list[str] | str, str, list[str]]:
    """Where a move comes from and leads, and the stages that it asks for: most often what makes sense together."""
    tree = Tree(stages)
    paths = tree.paths
    kind = draw(st.integers(0, 9))
    if kind == 0:
        some = st.lists(st.sampled_from(paths), min_size=1, max_size=2, unique=True)
        source: list[str] | str = draw(some | st.just("*"))
        to = draw(st.sampled_from(paths))
    elif kind == 1:
        source, to = [draw(st.sampled_from(paths))], draw(st.sampled_from([*stages]))
    elif kind < 4:
        source, to = [draw(st.sampled_from([*stages][:-1]))], "closed"
    else:
        one, to = draw(st.sampled_from(beside(paths, tree)))
        source = [one]
    others = [
        path for path in paths
        if path not in tree.first and any(together(path, one, tree) for one in (source if source != "*" else [*stages]))
    ]  # fmt: skip
    few = st.lists(st.sampled_from(others), min_size=1, max_size=2, unique=True) if others else st.just([])
    return source, to, draw(few) if draw(st.integers(0, 2)) == 0 or to == "closed" else []


def together(path: str, source: str, tree: Tree) -> bool:
    """Whether the two can be active at the same time and neither lies around the source."""
    common = [stage for stage in above(path) if stage in above(source)]
    return not inside(source, path) and (inside(path, source) or (bool(common) and common[0] in tree.parallel))


def given_tasks(stages: dict[str, Any], task: str, path: str) -> None:
    """The stage with one more task."""
    *outer, name = path.split(".")
    here = stages
    for step in outer:
        here = here[step]["stages"]
    here[name] = (here[name] or {}) | {"tasks": (here[name] or {}).get("tasks", {}) | {task: None}}


@st.composite
def documents(draw: st.DrawFn, trees: st.SearchStrategy[Any] = TREES, *, tasks: bool = True) -> dict[str, Any]:
    """A playbook that `check` finds no error in, with moves that ask for stages elsewhere and for tasks."""
    stages = draw(trees)
    chosen = draw(st.lists(st.tuples(st.sampled_from(NAMES), moves(stages)), min_size=5, max_size=20))
    transitions: list[dict[str, Any]] = [
        {"trigger": trigger, "from": sources, "to": to, "requires": {"stages": needs}}
        for trigger, (sources, to, needs) in chosen
        if not between_regions(Tree(stages), sources, to)
    ]
    for task in TASKS if tasks and transitions and draw(st.integers(0, 3)) == 0 else ():
        given_tasks(stages, task, draw(st.sampled_from([p for p in Tree(stages).paths if p != "closed"])))
        draw(st.sampled_from(transitions))["requires"]["tasks"] = [task]
    document = plan(stages=stages, initial=draw(st.sampled_from([*stages][:-1])), transitions=transitions)
    wrong = {problem.path[1] for problem in check(document) if problem.path[0] == "transitions"}
    document["transitions"] = [move for n, move in enumerate(transitions) if n not in wrong]
    assert not [problem for problem in check(document) if problem.level == "error"]
    return document


SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
LONG = settings(max_examples=120, deadline=None, suppress_health_check=SLOW)


@LONG
@given(documents())
def test_what_is_said_to_be_reached_a_run_reaches_and_the_other_way_round(document: dict[str, Any]) -> None:
    playbook = build(document)
    try:
        run = Run(playbook)
    except OverflowError:
        return
    space = Space(playbook)
    assert space.reached == run.reached()
    assert {n for n in range(len(playbook.transitions)) if space.taken(n)} == run.taken()
    assert space.stuck == run.stuck()
    for spot in run.moves:
        assert space.together(spot.leaves)
    for one, other in pairwise(playbook.stages):
        assert space.together([one, other]) == any({one, other} <= around(spot.leaves) for spot in run.moves)


@LONG
@given(documents())
def test_a_standstill_that_is_told_is_one(document: dict[str, Any]) -> None:
    playbook = build(document)
    try:
        run = Run(playbook)
    except OverflowError:
        return
    found = run.standstills()
    for told in Space(playbook).standstills():
        assert any(set(told) <= around(spot.leaves) for spot in found)


@st.composite
def held(draw: st.DrawFn) -> dict[str, Any]:
    """One parallel stage with regions of three stages each, moves inside of them, and ways to the end that ask much."""
    names = ["p", "q", "r"][: draw(st.integers(2, 3))]
    leaves = {name: [f"all.{name}.{leaf}" for leaf in "abc"] for name in names}
    inner = {name: {"initial": "a", "stages": dict.fromkeys("abc")} for name in names}
    one = st.sampled_from([(x, y) for own in leaves.values() for x in own for y in own if x != y])
    every = [leaf for own in leaves.values() for leaf in own]
    few: st.SearchStrategy[list[str]] = st.lists(st.sampled_from(every), max_size=1) | st.just([])
    many = st.tuples(*(st.sampled_from([[leaf] for leaf in own] + [[]]) for own in leaves.values())).map(
        lambda found: [leaf for own in found for leaf in own]
    )
    steps = [(x, y, needs) for (x, y), needs in draw(st.lists(st.tuples(one, few), min_size=3, max_size=12))]
    ends = [("all", "closed", needs) for needs in draw(st.lists(many, min_size=1, max_size=3))]
    return plan(
        stages={"all": {"parallel": True, "stages": inner}, "closed": {"final": True}},
        initial="all",
        transitions=[{"trigger": f"t{n}", "from": x, "to": y, "requires": {"stages": needs}}
                     for n, (x, y, needs) in enumerate([*steps, *ends])],
    )  # fmt: skip


@LONG
@given(held())
def test_no_standstill_of_one_parallel_stage_is_missed(document: dict[str, Any]) -> None:
    playbook, run = build(document), Run(build(document))
    space, found = Space(playbook), run.standstills()
    assert space.reached == run.reached()
    assert space.stuck == run.stuck()
    told = [*space.standstills()]
    assert bool(told) == bool(found)
    assert all(any(set(one) <= around(spot.leaves) for spot in found) for one in told)


@LONG
@given(documents())
def test_where_there_are_too_many_places_nothing_that_is_reached_is_missed(document: dict[str, Any]) -> None:
    playbook = build(document)
    try:
        run = Run(playbook)
    except OverflowError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "MOST", 6)
        try:
            space = Space(playbook)
        except groups.TooMany:
            return
        assert space.reached >= run.reached()
        assert space.stuck <= run.stuck()
        assert all(space.taken(number) for number in run.taken())
