"""What is wrong with a document is found at its place; what has no error can be built."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.yaml import load
from crisisctl.domain.check import Problem, check, is_template_name
from crisisctl.domain.playbook import FACT_TYPES, STATEMENT_STATES, build

Steps = tuple[str | int, ...]
EXAMPLE = load(Path(__file__).parents[1] / "data" / "example.yaml").document
TEMPLATES = {"holding/example.md.j2": "", "update/example.md.j2": ""}
GONE = object()
SMALLEST: dict[str, Any] = {
    "playbook": "smallest",
    "title": "Smallest",
    "severities": ["one"],
    "roles": {"lead": None},
    "initial": "begun",
    "stages": {"begun": None, "closed": {"final": True}},
}


def changed(path: Steps, value: object, document: object = EXAMPLE) -> Any:
    """A copy of the document with another value at a path, or none if it is `GONE`."""
    copy: Any = deepcopy(document)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


def found(document: object) -> list[tuple[str, str]]:
    """Rule and place of each problem; the place ends in `:` when its key is meant."""
    return [(problem.rule, place(problem)) for problem in check(document, TEMPLATES, "example")]


def place(problem: Problem) -> str:
    """The path of a problem as one word."""
    return ".".join(map(str, problem.path)) + (":" if problem.on_key else "")


def rules(document: object) -> set[str]:
    """The rules that a document breaks."""
    return {problem.rule for problem in check(document)}


def test_the_example_and_the_smallest_playbook_have_no_problems() -> None:
    assert found(EXAMPLE) == []
    assert check(SMALLEST) == []
    assert build(SMALLEST).version == 1


BROKEN: Sequence[tuple[Steps, object, list[tuple[str, str]]]] = [
    (("playbook",), GONE, [("missing-key", ":")]),
    (("playbook",), 404, [("wrong-type", "playbook")]),
    (("playbook",), "Example", [("bad-name", "playbook")]),
    (("playbook",), "sample", [("id-not-file-name", "playbook")]),
    (("version",), True, [("wrong-type", "version")]),
    (("version",), 2**53 + 1, [("huge-number", "version")]),
    (("version",), -(2**53) - 1, [("huge-number", "version")]),
    (("version",), 0, [("bad-version", "version")]),
    (("version",), None, [("wrong-type", "version")]),
    (("owner",), "me", [("unknown-key", "owner:")]),
    (("title",), "\x00", [("hidden-character", "title")]),
    (("title",), ["A", "list"], [("wrong-type", "title")]),
    (("summary",), 1.0, [("wrong-type", "summary")]),
    (("summary",), "a\rb", [("hidden-character", "summary")]),
    (("summary",), "x" * 65_537, [("too-long", "summary")]),
    (("summary",), "\ud800", [("hidden-character", "summary")]),
    (("last_drilled",), date(2026, 2, 28), []),
    (("last_drilled",), "2026-2-8", [("bad-date", "last_drilled")]),
    (("last_drilled",), "2026-02-28\n", [("bad-date", "last_drilled")]),
    (("last_drilled",), "٢٠٢٦-02-28", [("bad-date", "last_drilled")]),
    (("severities",), {"grave": 1}, [("wrong-type", "severities")]),
    (("severities", 1), None, [("wrong-type", "severities.1")]),
    (("roles",), [], [("wrong-type", "roles")]),
    (("roles", "counsel", "deputy"), "herald", []),
    (("roles", "night-warden", "deputy"), "warden", [("deputy-loop", "roles.warden.deputy")]),
    (("roles", "herald"), {"title": "Herald", "required": "yes"}, [("wrong-type", "roles.herald.required")]),
    (("facts", "rumour"), {"type": ["text"]}, [("bad-fact-type", "facts.rumour.type")]),
    (("facts", "rumour"), {"choices": None}, [("choices-unused", "facts.rumour.choices:")]),
    (("facts", "true"), None, [("bad-name", "facts.true:")]),
    (("facts", "x" * 65), None, [("bad-name", f"facts.{'x' * 65}:")]),
    (("initial",), ["noticed"], [("wrong-type", "initial")]),
    (("stages", "shut", "stages", "public"), None, [
        ("unknown-stage", "transitions.1.from"),
        ("unknown-stage", "transitions.1.to"),
        ("unknown-stage", "transitions.3.requires.stages.0"),
    ]),
    (("stages", "shut", "stages", "repair"), GONE, [
        ("too-few-regions", "stages.shut.parallel:"),
        ("unknown-stage", "transitions.2.from.0"),
        ("unknown-stage", "transitions.2.to"),
        ("unknown-stage", "transitions.3.requires.stages.1"),
    ]),
    (("stages", "after", "tasks"), ["a"], [("wrong-type", "stages.after.tasks")]),
    (("stages", "after", "guidance"), {}, [("wrong-type", "stages.after.guidance")]),
    (("stages", "after", "escalation"), None, [("wrong-type", "stages.after.escalation")]),
    (("stages", "after", "a.b"), None, [("unknown-key", "stages.after.a.b:")]),
    (("stages", "b.c"), None, [("bad-name", "stages.b.c:")]),
    (("transitions",), {"trigger": "x"}, [("wrong-type", "transitions")]),
    (("transitions", 0), None, [
        ("missing-key", "transitions.0:"),
        ("missing-key", "transitions.0:"),
        ("missing-key", "transitions.0:"),
        ("unknown-trigger", "escalations.wake-up.steps.2.advance"),
    ]),
    (("transitions", 0, "from"), None, [("empty-list", "transitions.0.from:")]),
    (("transitions", 0, "from"), [None], [("wrong-type", "transitions.0.from.0")]),
    (("transitions", 0, "from"), {"noticed": None}, [("wrong-type", "transitions.0.from")]),
    (("transitions", 0, "by"), None, [("empty-list", "transitions.0.by:")]),
    (("transitions", 0, "requires"), None, []),
    (("transitions", 0, "requires"), ["x"], [("wrong-type", "transitions.0.requires")]),
    (("transitions", 0, "requires"), {"statements": ["first-words"]}, [
        ("wrong-type", "transitions.0.requires.statements"),
    ]),
    (("transitions", 0, "requires"), {"tasks": ["noticed/call-engineer"]}, [
        ("unknown-task", "transitions.0.requires.tasks.0"),
    ]),
    (("transitions", 4, "to"), "shut.public", [("partial-entry", "transitions.4.to")]),
    (("transitions", 4, "to"), "shut", []),
    (("transitions", 1, "requires"), {"statements": {"last-words": "published"}}, [
        ("unknown-statement", "transitions.1.requires.statements.last-words:"),
    ]),
    (("transitions", 3, "to"), "shut.public.told", []),
    (("transitions", 2, "to"), "shut.public.told", [("partial-entry", "transitions.2.to")]),
    (("transitions", 2, "to"), "shut.public", [("partial-entry", "transitions.2.to")]),
    (("transitions", 2, "to"), "shut.repair", []),
    (("transitions", 2, "to"), "shut", []),
    (("escalations", "silence"), None, [("missing-key", "escalations.silence:")]),
    (("escalations", "silence", "if_empty"), None, [("bad-if-empty", "escalations.silence.if_empty")]),
    (("escalations", "silence", "if_empty"), ["skip"], [("bad-if-empty", "escalations.silence.if_empty")]),
    (("escalations", "silence", "if_empty"), {"fallback": None}, [
        ("wrong-type", "escalations.silence.if_empty.fallback"),
    ]),
    (("escalations", "silence", "repeat"), None, []),
    (("escalations", "silence", "repeat"), {"times": 0}, []),
    (("escalations", "silence", "repeat"), {"times": 0, "every": "0s"}, []),
    (("escalations", "silence", "repeat"), {"times": 100, "every": "1s"}, []),
    (("escalations", "silence", "repeat"), {"times": 1.0, "every": "1s"}, [
        ("wrong-type", "escalations.silence.repeat.times"),
    ]),
    (("escalations", "silence", "steps"), {"after": "0m"}, [("wrong-type", "escalations.silence.steps")]),
    (("escalations", "silence", "steps", 0, "after"), 90, [("bad-duration", "escalations.silence.steps.0.after")]),
    (("escalations", "silence", "steps", 0, "after"), "3650d", []),
    (("escalations", "silence", "steps", 0, "after"), "3651d", [
        ("bad-duration", "escalations.silence.steps.0.after"),
    ]),
    (("escalations", "wake-up", "steps", 1, "after"), "0s", []),
    (("statements", "next-words"), None, [
        ("missing-key", "statements.next-words:"),
    ]),
    (("statements", "next-words"), "later", [("wrong-type", "statements.next-words")]),
    (("statements", "next-words", "template"), None, [("bad-template-name", "statements.next-words.template")]),
    (("statements", "next-words", "approvals"), [["warden"]], [("wrong-type", "statements.next-words.approvals.0")]),
    (("clocks",), {"gdpr.art33": None}, []),
    (("clocks", 0), 33, [("wrong-type", "clocks.0")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "expected"), BROKEN, ids=[f"{'.'.join(map(str, p))}-{n}" for n, (p, *_) in enumerate(BROKEN)]
)
def test_each_mistake_is_found_at_its_place_and_nothing_else_is(
    path: Steps, value: object, expected: list[tuple[str, str]]
) -> None:
    document = changed(path, value)
    assert found(document) == expected
    if not expected:
        build(document)


@pytest.mark.parametrize(
    ("section", "gone"),
    [("roles", "missing-key"), ("stages", "missing-key"), ("facts", None), ("escalations", None), ("statements", None)],
)
def test_a_reference_into_a_broken_section_is_believed(section: str, gone: str | None) -> None:
    for junk in ("text", 1, ["a"], 2.5):
        assert found(changed((section,), junk)) == [("wrong-type", section)]
    if gone:
        assert found(changed((section,), GONE)) == [(gone, ":")]
    else:
        assert {rule for rule, _ in found(changed((section,), GONE))} == {f"unknown-{section.removesuffix('s')}"}


@pytest.mark.parametrize("section", ["facts", "transitions", "escalations", "statements", "clocks"])
def test_a_section_that_is_optional_may_be_empty(section: str) -> None:
    empty: object = [] if section in {"transitions", "clocks"} else {}
    for nothing in (None, empty):
        document = changed((section,), nothing, SMALLEST)
        assert check(document) == []
        build(document)


@pytest.mark.parametrize("document", [[], "x", 1, 1.5, True, date(2026, 1, 1), [{"playbook": "x"}], b"x", object()])
def test_what_is_no_mapping_is_one_problem(document: object) -> None:
    assert found(document) == [("wrong-type", "")]


def test_nothing_is_one_problem() -> None:
    assert found(None) == [("empty-file", "")]
    assert len(found({})) == 6


def test_a_key_that_is_no_text_is_told_wherever_it_stands() -> None:
    odd: dict[object, object] = {1: None, 2.5: None, None: None, (1, 2): None}
    paths: list[Steps] = [
        ("roles", "herald"),
        ("facts", "rumour"),
        ("stages", "after"),
        ("transitions", 0),
        ("statements",),
    ]
    for path in paths:
        document = changed(path, odd)
        assert ("wrong-type", ".".join(map(str, path))) in found(document)
    odd = {**odd, "title": "Odd"}
    assert ("wrong-type", "") in found(odd)
    assert ("wrong-type", "facts") in found(changed(("facts",), {404: None}))


def test_templates_and_the_file_name_are_compared_only_when_given() -> None:
    assert check(EXAMPLE) == []
    assert [problem.rule for problem in check(EXAMPLE, {}, None)] == ["template-missing"] * 2
    assert [problem.rule for problem in check(EXAMPLE, None, "other")] == ["id-not-file-name"]


def test_a_misspelt_template_is_offered_the_nearest() -> None:
    document = changed(("statements", "next-words", "template"), "update/exampel.md.j2")
    (problem,) = check(document, TEMPLATES)
    assert problem.remedy == "create it in the templates folder, or write update/example.md.j2"


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("a", True),
        ("holding/data-breach.md.j2", True),
        ("a/b/c/d/e/f/g/h", True),
        ("a/b/c/d/e/f/g/h/i", False),
        ("x" * 64, True),
        ("x" * 65, False),
        ("9.j2", True),
        ("", False),
        ("/a", False),
        ("a/", False),
        ("a//b", False),
        ("../a", False),
        ("a/../b", False),
        ("a..b", False),
        (".hidden", False),
        ("a/.hidden", False),
        ("-rf", False),
        ("A.j2", False),
        ("a b", False),
        ("a\\b", False),
        ("a\n", False),
        ("a\0", False),
        ("ä.j2", False),
        ("c:/a", False),
        (None, False),
        (["a"], False),
    ],
)
def test_a_template_name_leads_nowhere_but_into_the_folder(name: object, usable: bool) -> None:  # noqa: FBT001 - a table
    assert is_template_name(name) is usable


@pytest.mark.parametrize("name", ["a", "9", "comms-lead", "a_b", "x" * 64])
def test_a_plain_word_can_be_a_name(name: str) -> None:
    assert check(changed(("roles", name), None)) == []


@pytest.mark.parametrize(
    "name", ["", " ", "-a", "a-", "_a", "A", "a b", "a.b", "ä", "x" * 65, "a\n", "a\u200b", "../a"]
)
def test_anything_else_cannot(name: str) -> None:
    for section in ("roles", "stages", "statements", "escalations"):
        assert "bad-name" in rules(changed((section, name), {}))


@pytest.mark.parametrize(
    "word", ["if", "class", "none", "self", "loop", "match-case", "1st", "_x", "Span", "span.x", "lambda"]
)
def test_a_fact_is_named_as_templates_can_name_it(word: str) -> None:
    assert found(changed(("facts", word), None)) == [("bad-name", f"facts.{word}:")]


def test_every_type_of_fact_and_state_of_a_statement_is_known() -> None:
    for type_ in FACT_TYPES:
        spec = {"type": type_, "choices": ["a", "b"]} if type_ == "choice" else {"type": type_}
        assert check(changed(("facts", "rumour"), spec)) == []
    for state in STATEMENT_STATES:
        assert check(changed(("transitions", 1, "requires"), {"statements": {"first-words": state}})) == []


def test_the_same_task_may_stand_in_two_stages() -> None:
    document = changed(("stages", "after", "tasks"), {"stop-traffic": None})
    assert check(document) == []
    assert "after/stop-traffic" in build(document).tasks


def test_a_long_circle_of_deputies_is_told_once_and_a_chain_is_none() -> None:
    names = [f"r{number}" for number in range(5000)]
    chain = {name: {"deputy": then} for name, then in pairwise(names)}
    assert check(changed(("roles",), {**chain, names[-1]: None}, SMALLEST)) == []
    circle = changed(("roles",), {"guest": {"deputy": "r7"}, **chain, names[-1]: {"deputy": "r0"}}, SMALLEST)
    (problem,) = check(circle)
    assert (problem.rule, problem.path) == ("deputy-loop", ("roles", "r7", "deputy"))
    assert problem.message == "the deputies run in a circle: r7 → r8 → r9 → r10 → r11 → r12 → … → r7"


def test_a_stage_whose_name_only_begins_like_another_lies_outside_of_it() -> None:
    document = changed(("stages", "shut-again"), None)
    document["transitions"][1] |= {"from": "shut-again"}
    assert found(document) == [("partial-entry", "transitions.1.to")]
    document = changed(("stages", "shut", "stages", "public-again"), None)
    document["transitions"][1] |= {"from": "shut.public-again"}
    assert found(document) == [("partial-entry", "transitions.1.to")]


def test_two_circles_of_deputies_are_two_problems() -> None:
    roles = {"a": {"deputy": "b"}, "b": {"deputy": "a"}, "c": {"deputy": "c"}, "d": {"deputy": "c"}}
    assert [problem.path[1] for problem in check(changed(("roles",), roles, SMALLEST))] == ["a", "c"]


def test_stages_nest_eight_deep_and_no_deeper() -> None:
    def nested(levels: int) -> dict[str, Any]:
        inner: dict[str, Any] = {}
        for _ in range(levels):
            inner = {"s": {"stages": inner, "initial": "s"} if inner else None}
        return {**SMALLEST, "initial": "s", "stages": {**inner, "closed": {"final": True}}}

    assert check(nested(8)) == []
    assert build(nested(8)).stages["s.s.s.s.s.s.s.s"].children == ()
    (problem,) = check(nested(9))
    assert (problem.rule, problem.path, problem.on_key) == ("too-deep", ("stages", *("s", "stages") * 8), True)
    assert rules(nested(50_000)) == {"too-deep"}


def test_a_check_leaves_the_document_as_it_was() -> None:
    before = deepcopy(EXAMPLE)
    check(EXAMPLE, TEMPLATES, "example")
    assert before == EXAMPLE
