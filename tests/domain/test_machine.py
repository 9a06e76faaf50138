"""Which moves leave a place and where each leads, against a second reading of the same rules.

That reading is the algorithm of SCXML: a transition leaves everything inside the innermost stage that holds both where
it comes from and where it leads, and enters from there down to its target and on to the first stages inside. Two rules
are the playbook's own. A stage as a source stands for the leaves inside it, so a move within a stage does not leave it;
and a region is a stage, so a move inside one, or to the whole of one, leaves the regions beside it alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.domain import machine
from crisisctl.domain.check import check
from crisisctl.domain.machine import Move, Stages
from crisisctl.domain.playbook import Transition, build
from tests.domain.conftest import plan

# Names that a state machine library might use for something of its own, and some that begin with digits.
NAMES = ("trigger", "state", "states", "to_a", "is_a", "may_go", "add", "left", "entered", "enter", "exit", "model",
         "models", "event", "events", "machine", "name", "parent", "children", "parallel", "initial", "final", "all",
         "callbacks", "on_enter", "before_move", "self", "0", "s0", "1-a", "a", "b", "c")  # fmt: skip


class Tree:
    """The stages of a document, read once more without any of the code under test."""

    def __init__(self, stages: dict[str, Any]) -> None:
        self.first: dict[str, list[str]] = {}
        self.parallel: set[str] = set()
        self.paths: list[str] = list(self._read(stages, ""))

    def _read(self, stages: dict[str, Any], inside: str) -> Iterator[str]:
        for name, spec in stages.items():
            path, inner = f"{inside}{name}", (spec or {}).get("stages", {})
            yield path
            if inner and spec.get("parallel"):
                self.parallel.add(path)
                self.first[path] = [f"{path}.{child}" for child in inner]
            elif inner:
                self.first[path] = [f"{path}.{spec['initial']}"]
            yield from self._read(inner, f"{path}.")

    def entering(self, path: str) -> set[str]:
        """A stage with everything that is entered with it."""
        return {path}.union(*(self.entering(child) for child in self.first.get(path, ())))

    def around(self, leaves: Sequence[str]) -> set[str]:
        return {stage for leaf in leaves for stage in (leaf, *above(leaf))}

    def leaves(self, paths: set[str]) -> list[str]:
        return [path for path in self.paths if path in paths and path not in self.first]

    def fire(self, leaves: Sequence[str], sources: Sequence[str], to: str) -> tuple[set[str], set[str], list[str]]:
        """What a transition leaves and enters, and the leaves after it."""
        here = self.around(leaves)
        comes_from = [leaf for leaf in leaves if any(inside(leaf, source) for source in sources)]
        domain = max((innermost(leaf, to) for leaf in comes_from), key=len)
        branch = child_towards(domain, to) if domain in self.parallel else domain
        left = {path for path in here if inside(path, branch) and path != domain}
        entered = {path for path in above(to) if path not in here} | self.entering(to)
        entered |= {path for path in above(to) if path in left}
        return left, entered, self.leaves((here - left) | entered)


def above(path: str) -> list[str]:
    """The stages around a stage, innermost first."""
    return [path.rsplit(".", n)[0] for n in range(1, path.count(".") + 1)]


def inside(path: str, stage: str) -> bool:
    return not stage or path == stage or path.startswith(f"{stage}.")


def innermost(path: str, to: str) -> str:
    """The innermost stage that holds both and is neither; empty when that is the incident itself."""
    return next((stage for stage in above(to) if stage in above(path)), "")


def child_towards(stage: str, to: str) -> str:
    return ".".join(to.split(".")[: stage.count(".") + 2])


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    many = st.dictionaries(st.sampled_from(NAMES), inner, min_size=2, max_size=3)
    parallel = st.builds(lambda stages: {"parallel": True, "stages": stages}, many)
    one = st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=3)
    return parallel | one.flatmap(
        lambda stages: st.builds(lambda first: {"initial": first, "stages": stages}, st.sampled_from(sorted(stages)))
    )


TREES = st.dictionaries(
    st.sampled_from(NAMES), st.recursive(st.none(), nested, max_leaves=9), min_size=1, max_size=3
).map(lambda stages: stages | {"closed": {"final": True}})


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A playbook that `check` finds no error in, with stages nested and parallel, and moves of every kind."""
    stages = draw(TREES)
    paths = Tree(stages).paths
    some = st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True) | st.just("*")
    moves = draw(st.lists(st.tuples(st.sampled_from(NAMES), some, st.sampled_from(paths)), max_size=8))
    transitions = [
        {"trigger": trigger, "from": sources, "to": to}
        for trigger, sources, to in moves
        if not between_regions(Tree(stages), sources, to)
    ]
    document = plan(stages=stages, initial=draw(st.sampled_from([*stages][:-1])), transitions=transitions)
    wrong = {problem.path[1] for problem in check(document) if problem.path[0] == "transitions"}
    document["transitions"] = [move for n, move in enumerate(transitions) if n not in wrong]
    assert not [problem for problem in check(document) if problem.level == "error"]
    return document


def between_regions(tree: Tree, sources: Sequence[str] | str, to: str) -> bool:
    """Whether a transition would lead from one region of a parallel stage into another."""
    return sources != "*" and any(
        whole in tree.parallel and inside(source, whole) and source != whole and not inside(source, region)
        for source in sources
        for whole, region in zip(above(to), [to, *above(to)], strict=False)
    )


def sources_of(document: dict[str, Any], number: int) -> list[str]:
    source: Any = document["transitions"][number]["from"]
    anywhere = [name for name, spec in document["stages"].items() if not (spec or {}).get("final")]
    return anywhere if source == "*" else source


def agrees(tree: Tree, before: Sequence[str], move: Move, sources: Sequence[str], to: str) -> None:
    left, entered, after = tree.fire(before, sources, to)
    assert set(move.left) == left
    assert set(move.entered) == entered
    assert list(move.active) == after
    assert len(move.left) == len(left)
    assert len(move.entered) == len(entered)
    assert all(
        move.left.index(path) < move.left.index(outer) for path in left for outer in above(path) if outer in left
    )
    assert all(
        move.entered.index(outer) < move.entered.index(path)
        for path in entered
        for outer in above(path)
        if outer in entered
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.data())
def test_every_move_from_everywhere_agrees_with_a_second_reading(document: dict[str, Any], data: st.DataObject) -> None:
    playbook, tree = build(document), Tree(document["stages"])
    stages = Stages(playbook)
    start = stages.start()
    assert set(start.entered) == tree.entering(document["initial"])
    assert list(start.active) == tree.leaves(set(start.entered))
    assert start.left == ()
    here = list(start.active)
    for _ in range(6):
        around = tree.around(here)
        possible = stages.possible(here)
        assert [move.number for move in possible] == [
            n for n in range(len(document["transitions"])) if around.intersection(sources_of(document, n))
        ]
        fired = [stages.fire(here, move) for move in possible]
        for transition, move in zip(possible, fired, strict=True):
            agrees(tree, here, move, sources_of(document, transition.number), transition.to)
        if not fired:
            return
        here = list(data.draw(st.sampled_from(fired)).active)


@settings(max_examples=100, deadline=None)
@given(documents())
def test_the_stages_around_are_told_outermost_first(document: dict[str, Any]) -> None:
    stages = Stages(build(document))
    start = stages.start()
    assert stages.within(start.active) == start.entered
    assert stages.within([]) == ()


REGIONS = {
    "begun": None,
    "both": {
        "parallel": True,
        "stages": {
            "public": {"initial": "silent", "stages": {"silent": None, "told": None}},
            "law": {"initial": "asking", "stages": {"asking": None, "filed": None}},
        },
    },
    "after": {
        "initial": "deep",
        "stages": {"deep": {"initial": "deeper", "stages": {"deeper": None, "deepest": None}}},
    },
    "closed": {"final": True},
}
STANDING = ("both.public.silent", "both.law.asking")


def moved(sources: str | list[str], to: str, active: Sequence[str] = STANDING) -> Move:
    document = plan(stages=REGIONS, transitions=[{"trigger": "go", "from": sources, "to": to}])
    assert check(document) == []
    playbook = build(document)
    return Stages(playbook).fire(active, playbook.transitions[0])


def test_entering_a_parallel_stage_enters_every_region_with_its_first_stage() -> None:
    move = moved("begun", "both", ("begun",))
    assert move.left == ("begun",)
    assert move.entered[0] == "both"
    assert set(move.entered[1:3]) == {"both.public", "both.law"}
    assert move.active == STANDING


def test_a_move_in_one_region_leaves_the_other_alone() -> None:
    told = moved("both.public.silent", "both.public.told")
    assert told == (("both.public.silent",), ("both.public.told",), ("both.public.told", "both.law.asking"))
    again = moved("both.law", "both.law")
    assert again.left == ("both.law.asking", "both.law")
    assert again.entered == ("both.law", "both.law.asking")


def test_leaving_from_inside_one_region_leaves_all_of_them_innermost_first() -> None:
    move = moved("both.law.asking", "after")
    assert set(move.left[:2]) == set(STANDING)
    assert set(move.left[2:4]) == {"both.public", "both.law"}
    assert move.left[4:] == ("both",)
    assert move.entered == ("after", "after.deep", "after.deep.deeper")
    assert move.active == ("after.deep.deeper",)


@pytest.mark.parametrize(
    "sources",
    [["both.public.silent", "both.law.asking"], ["both", "both.law.asking"], ["begun", "both.public", "both.law"], "*"],
)
def test_a_move_with_several_active_sources_is_taken_once(sources: list[str]) -> None:
    move = moved(sources, "begun")
    assert move.entered == ("begun",)
    assert len(move.left) == len(set(move.left)) == 5


def test_what_was_worked_out_once_is_never_taken_for_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    moves = [
        {"trigger": "go", "from": "both.public.silent", "to": "both.public.told"},
        {"trigger": "go", "from": "both", "to": "begun"},
        {"trigger": "go", "from": "both.law", "to": "both.law.filed"},
    ]
    playbook = build(plan(stages=REGIONS, transitions=moves))
    monkeypatch.setattr(machine, "REMEMBERED", 2)
    remembering = Stages(playbook)
    places = [STANDING, ("both.public.silent", "both.law.filed"), STANDING]
    for active in places:
        for move in (*playbook.transitions, *playbook.transitions[::-1]):
            assert remembering.fire(active, move) == Stages(playbook).fire(active, move)
            assert remembering.fire([*active], move) is remembering.fire(active, move)


def test_a_self_transition_leaves_and_enters_again() -> None:
    leaf = moved("both.public.silent", "both.public.silent")
    assert leaf == (("both.public.silent",), ("both.public.silent",), STANDING)
    whole = moved("both", "both", ("both.public.told", "both.law.filed"))
    assert len(whole.left) == len(whole.entered) == 5
    assert whole.active == STANDING


def test_a_move_from_a_stage_into_itself_stays_within_it() -> None:
    move = moved("after", "after.deep.deepest", ("after.deep.deeper",))
    assert move == (("after.deep.deeper",), ("after.deep.deepest",), ("after.deep.deepest",))


def test_a_wildcard_leaves_from_every_stage_but_the_end() -> None:
    document = plan(stages=REGIONS, transitions=[{"trigger": "stop", "from": "*", "to": "closed"}])
    playbook = build(document)
    stages = Stages(playbook)
    assert playbook.transitions[0].sources == ("begun", "both", "after")
    assert [bool(stages.possible([leaf])) for leaf in ("begun", *STANDING, "after.deep.deepest", "closed")] == [
        *[True] * 4,
        False,
    ]
    assert stages.fire(STANDING, playbook.transitions[0]).active == ("closed",)


def test_no_move_leads_from_one_region_into_another() -> None:
    """It would move the second region and leave the first where it is, so that its own source were never left."""
    move = {"trigger": "go", "from": "both.law.asking", "to": "both.public.told"}
    assert check(plan(stages=REGIONS, transitions=[move])) != []


@pytest.mark.parametrize("name", ["add", "trigger", "state", "to_on", "is_on", "may_go", "left", "entered", "0"])
def test_no_name_means_anything_to_the_library(name: str) -> None:
    stages = {
        name: {"initial": name, "stages": {name: {"initial": name, "stages": {name: None}}}},
        "closed": {"final": True},
    }
    document = plan(
        stages=stages, initial=name, transitions=[{"trigger": name, "from": f"{name}.{name}", "to": "closed"}]
    )
    playbook = build(document)
    walked = Stages(playbook)
    assert walked.start().active == (f"{name}.{name}.{name}",)
    assert walked.fire(walked.start().active, playbook.transitions[0]).active == ("closed",)


def test_nothing_in_a_playbook_is_ever_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "canary.py").write_text("def sing(*_, **__):\n    raise SystemExit('it was called')\n")
    monkeypatch.syspath_prepend(tmp_path)
    song = "canary.sing"
    hooks = dict.fromkeys(
        ("before", "after", "prepare", "conditions", "unless", "on_enter", "on_exit", "on_final", "callbacks"), song
    )
    stages = {"begun": {"title": song, "guidance": song} | hooks, "on": hooks, "closed": {"final": True} | hooks}
    moves = [
        {"trigger": song, "from": "begun", "to": "on"} | hooks,
        {"trigger": "os.system", "from": "on", "to": "closed"},
    ]
    document = plan(stages=stages, transitions=moves) | hooks
    assert {problem.rule for problem in check(document)} >= {"unknown-key", "bad-name"}
    playbook = build(document)
    walked = Stages(playbook)
    assert walked.fire(("begun",), playbook.transitions[0]).active == ("on",)
    assert walked.fire(("on",), playbook.transitions[1]).active == ("closed",)
    assert "canary" not in sys.modules


def test_a_move_of_another_playbook_cannot_be_fired() -> None:
    with pytest.raises(Exception, match="move 7"):
        Stages(build(plan())).fire(("begun",), Transition(7, "go", ("begun",), "on"))


def test_the_library_is_found_whether_or_not_its_front_door_was_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("transitions.extensions")]:
        monkeypatch.delitem(sys.modules, name)
    by_the_side = machine._nesting()
    assert "transitions.extensions" not in sys.modules
    assert by_the_side.NestedState.separator == "_"
    import transitions.extensions  # noqa: PLC0415, F401 - the front door, with the machines that need asyncio

    assert machine._nesting() is by_the_side
