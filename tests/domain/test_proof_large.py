"""The proof goes through as many places as it must, and no more."""

from __future__ import annotations

from crisisctl.domain.check import check
from crisisctl.domain.playbook import build
from crisisctl.domain.proof import Given, prove
from crisisctl.domain.proof.groups import MOST
from crisisctl.domain.proof.space import Space
from tests.playbooks.large import side_by_side, wide


def places(space: Space) -> int:
    """How many places all groups have together."""
    return sum(len(group.after) for group in space.root.every())


def test_two_hundred_stages_are_two_hundred_places() -> None:
    document = wide()
    assert not [problem for problem in check(document) if problem.level == "error"]
    playbook = build(document)
    assert (len(playbook.stages), len(playbook.transitions)) == (200, 600)
    assert places(Space(playbook)) == 200
    assert {problem.rule for problem in prove(Given(playbook))} == set()


def test_six_regions_of_eight_stages_that_nothing_ties_are_not_multiplied() -> None:
    space = Space(build(side_by_side()))
    assert places(space) == 2 + 6 * 8
    assert space.reached == frozenset(space.playbook.stages)
    assert not space.stuck


def test_a_guard_on_leaving_ties_no_regions() -> None:
    space = Space(build(side_by_side()))
    assert space.taken(len(space.playbook.transitions) - 1)
    assert space.together([f"all.r{n}.s{n}" for n in range(6)])


def test_regions_that_are_tied_are_multiplied_and_others_are_not() -> None:
    document = side_by_side(4, 5)
    document["transitions"][0]["requires"] = {"stages": ["all.r1.s2"]}
    assert places(Space(build(document))) == 2 + 5 * 5 + 5 + 5


def test_six_tied_regions_are_given_up_at_the_limit_and_nothing_reached_is_missed() -> None:
    space = Space(build(side_by_side(tied=True)))
    assert places(space) < MOST
    assert space.reached == frozenset(space.playbook.stages)
    assert not space.stuck
