"""What a playbook without an error in its form may still get wrong, found before the night it is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from crisisctl.domain.check.place import Place, Problem
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.proof import endings, ladders, moves, people, promise, stages, words
from crisisctl.domain.proof.given import Given
from crisisctl.domain.proof.people import People
from crisisctl.domain.proof.promise import Promise
from crisisctl.domain.proof.words import Read, Use

__all__ = ["Given", "People", "Promise", "Read", "Use", "prove", "prove_people", "prove_targets", "prove_words"]

_RULES = (
    stages.unreachable,
    stages.no_way_out,
    stages.standstill,
    stages.guidance,
    moves.guards,
    moves.left_behind,
    moves.ambiguous,
    ladders.used,
    ladders.steps,
    ladders.nowhere,
    ladders.loops,
    endings.at_the_end,
    endings.tasks,
    endings.statements,
    words.approvers,
)


def prove(given: Given) -> list[Problem]:
    """Every problem that the playbook alone shows."""
    here = Place([], ())
    for rule in _RULES:
        rule(here, given)
    return here.problems


def prove_words(given: Given, sources: Collection[str], read: Mapping[Use, Read]) -> list[Problem]:
    """Every problem of the statements' templates, by what was found in them."""
    here = Place([], ())
    words.languages(here, given, sources)
    words.templates(here, given, read)
    return here.problems


def prove_people(playbook: Playbook, roster: People) -> list[Problem]:
    """Every problem that the playbook has with the roster of its workspace."""
    here = Place([], ())
    for rule in (people.seats, people.guards, people.authors) if roster else ():
        rule(here, playbook, roster)
    return here.problems


def prove_targets(playbook: Playbook, every: list[Promise]) -> list[Problem]:
    """Every target of the playbook's own that it misses."""
    here = Place([], ())
    promise.targets(here, playbook, every)
    return here.problems
