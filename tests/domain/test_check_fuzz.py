"""Whatever a document holds, checking it ends in a list, and what has no error can be built and walked."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.adapters.yaml import load
from crisisctl.domain.check import check
from crisisctl.domain.clocks.hanging import hangs_on
from crisisctl.domain.machine import Stages
from crisisctl.domain.playbook import Playbook, build
from tests.clockwork import clocks

EXAMPLE = load(Path(__file__).parents[1] / "data" / "example.yaml").document

KEYS = (
    "playbook version title summary severities last_drilled roles facts initial stages transitions escalations clocks "
    "statements required deputy type ask choices guidance tasks escalation parallel final role due trigger from to by "
    "because requires until ack_timeout repeat if_empty steps times every fallback after notify advance template "
    "audiences channels approvals update_every with escalate zone *"
)
NAMES = (
    "a b a.b a.b.c warden herald noticed shut shut.public shut.public.told after open-again silence tell first-words "
    "gdpr.art33 gdpr gpdr.art33 dora.initial nis2.final gdpr.art33-omnibus aware aware_at closed_at Europe/Berlin"
)
WORDS = st.one_of(
    st.sampled_from(KEYS.split()),
    st.sampled_from(NAMES.split()),
    st.sampled_from(
        ["", "~", "0m", "5m", "1h30m", "skip", "wait", "left", "published", "choice", "required", "2026-02-28"]
    ),
    st.text(max_size=12),
    st.text(st.characters(codec=None), max_size=3),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.binary(max_size=3), WORDS)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.integers() | st.none(), inner, max_size=4),
    max_leaves=12,
)
LANGUAGE = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from((KEYS + " " + NAMES).split()), inner),
    max_leaves=40,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(found for key, value in inner for found in places(value, (*path, key)))]


PLACES = [path for path in places(EXAMPLE) if path]
BOUND = {
    "gdpr.art33": {"from": "closed_at", "role": "counsel", "escalate": ["warden"], "zone": "Europe/Berlin"},
    "dora.initial": {"from": "closed_at", "with": {"aware": "closed_at"}},
    "nis2.final": None,
}
BOUND_PLACES = [("clocks", *path) for path in places(BOUND)] + [("facts", "closed_at"), ("facts",), ("roles",)]


def edited(document: Any, path: tuple[Any, ...], how: str, junk: object) -> Any:
    """A copy of the document with one thing replaced, removed, renamed, swapped or doubled, if it is still there."""
    copy = deepcopy(document)
    inner = copy
    for step in path[:-1]:
        if not (isinstance(inner, dict) and step in inner) and not (
            isinstance(inner, list) and isinstance(step, int) and step < len(inner)
        ):
            return copy
        inner = inner[step]
    last = path[-1]
    if isinstance(inner, dict) and last in inner:
        value = inner[last] if how in {"rename", "swap"} else junk
        if how in {"remove", "rename"}:
            del inner[last]
        if how != "remove":
            inner[junk if how == "rename" and isinstance(junk, str) else last] = value
    elif isinstance(inner, list) and isinstance(last, int) and last < len(inner):
        if how == "remove":
            del inner[last]
        elif how == "swap":
            inner.reverse()
        elif how == "rename":
            inner.append(inner[last])
        else:
            inner[last] = junk
    return copy


def sound(playbook: Playbook) -> None:
    """Every move from everywhere that it starts at leaves each parallel stage either whole or not at all."""
    machine = Stages(playbook)
    seen: set[tuple[str, ...]] = set()
    waiting = [machine.start().active]
    while waiting and len(seen) < 60:
        active = waiting.pop()
        if active in seen:
            continue
        seen.add(active)
        around = set(machine.within(active))
        for path in around:
            stage = playbook.stages[path]
            inside = [child for child in stage.children if child in around]
            assert len(inside) == (len(stage.children) if stage.parallel else min(1, len(stage.children)))
        waiting += [machine.fire(active, move).active for move in machine.possible(active)]


def errors(document: object) -> list[str]:
    """The rules of the errors in a document, after looking at the form of every problem; a catalogue adds none."""
    plain = check(document, {"holding/example.md.j2": ""}, "example")
    problems = check(document, {"holding/example.md.j2": ""}, "example", clocks().known)
    assert [problem for problem in problems if problem.level == "error"] == [
        one for one in plain if one.level == "error"
    ]
    for problem in problems:
        assert problem.level in {"error", "warning"}
        assert problem.message
        assert problem.remedy
        assert problem.rule == problem.rule.lower()
        assert all(isinstance(step, str | int) for step in problem.path)
        (problem.message + problem.remedy).encode()  # no half of a surrogate pair
    return [problem.rule for problem in problems if problem.level == "error"]


@settings(max_examples=200, deadline=None)
@given(JUNK)
def test_checking_anything_ends(document: object) -> None:
    assert errors(document)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS.split()), LANGUAGE, max_size=14))
def test_checking_the_words_of_the_language_in_any_order_ends(document: dict[str, object]) -> None:
    if not errors(document):
        build(document)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(EXAMPLE) if isinstance(EXAMPLE, dict) else []), LANGUAGE | JUNK)
def test_any_section_may_hold_anything(section: str, junk: object) -> None:
    document = {**EXAMPLE, section: junk} if isinstance(EXAMPLE, dict) else None
    if not errors(document):
        build(document or {})


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "rename", "swap"]), WORDS | LEAVES | JUNK
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_mutated_playbook_has_errors_or_builds_and_can_be_walked(
    edits: list[tuple[tuple[Any, ...], str, object]],
) -> None:
    document = EXAMPLE
    for path, how, junk in edits:
        document = edited(document, path, how, junk)
    if not errors(document) and isinstance(document, dict):
        sound(build(document))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(BOUND_PLACES),
            st.sampled_from(["replace", "remove", "rename", "swap"]),
            WORDS | LEAVES | JUNK,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_mutated_clocks_have_errors_or_hang_on_facts_of_the_playbook(
    edits: list[tuple[tuple[Any, ...], str, object]],
) -> None:
    document: Any = {**EXAMPLE, "clocks": BOUND} if isinstance(EXAMPLE, dict) else None
    for path, how, junk in edits:
        document = edited(document, path, how, junk)
    if errors(document):
        return
    playbook = build(document)
    for spec in playbook.clocks.values():
        assert {spec.start, *spec.facts.values()} - {None} <= set(playbook.facts)
        assert {spec.role, *spec.escalate} - {None} <= set(playbook.roles)
        for clock in clocks().known.values():
            assert set(hangs_on(clock, spec, playbook.times).values()) <= set(playbook.facts)


TREE = {
    "a": None,
    "p": {
        "parallel": True,
        "stages": {
            "x": {"initial": "x1", "stages": {"x1": None, "x2": None}},
            "y": {
                "initial": "y1",
                "stages": {"y1": None, "y2": {"parallel": True, "stages": {"m": None, "n": None}}},
            },
        },
    },
    "q": {"initial": "q1", "stages": {"q1": None, "q2": {"parallel": True, "stages": {"k": None, "l": None}}}},
    "z": {"final": True},
}
PATHS = "a p p.x p.x.x1 p.x.x2 p.y p.y.y1 p.y.y2 p.y.y2.m p.y.y2.n q q.q1 q.q2 q.q2.k q.q2.l z"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(PATHS.split()), min_size=1, max_size=2, unique=True) | st.just("*"),
            st.sampled_from(PATHS.split()),
        ),
        max_size=5,
    )
)
def test_no_permitted_move_enters_a_parallel_stage_in_part(moves: list[tuple[Any, str]]) -> None:
    document = {
        "playbook": "tree",
        "title": "Tree",
        "severities": ["one"],
        "roles": {"lead": None},
        "initial": "a",
        "stages": TREE,
        "transitions": [{"trigger": "go", "from": sources, "to": to} for sources, to in moves],
    }
    rules = {problem.rule for problem in check(document)}
    assert rules <= {"partial-entry", "move-from-final"}
    if not rules:
        sound(build(document))
