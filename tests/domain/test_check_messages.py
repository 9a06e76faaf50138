"""What the checks say: it names the thing, says what to write instead, and is safe to print."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.yaml import load
from crisisctl.domain.check import check

Steps = tuple[str | int, ...]
EXAMPLE = load(Path(__file__).parents[1] / "data" / "example.yaml").document
TRANSITIONS: list[Any] = EXAMPLE["transitions"] if isinstance(EXAMPLE, dict) else []
GONE = object()


def changed(path: Steps, value: object) -> Any:
    """A copy of the example with another value at a path, or none if it is `GONE`."""
    copy: Any = deepcopy(EXAMPLE)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


def test_a_hundred_mistakes_are_all_told_and_only_the_offers_end() -> None:
    moves = [{"trigger": "tell", "from": "notice", "to": "open-again"}] * 150
    problems = check(changed(("transitions",), [*TRANSITIONS, *moves]))
    assert [problem.rule for problem in problems] == ["unknown-stage"] * 150
    assert problems[0].remedy == "write noticed, or add notice under stages"
    assert problems[-1].remedy == "add notice under stages"


@pytest.mark.parametrize(
    ("path", "value", "message", "remedy"),
    [
        (("versoin",), 1, "the key 'versoin' is not known in the playbook", "write version"),
        (("version",), 2.5, "version is a fraction, not a whole number", None),
        (("title",), None, "title is empty, not text", None),
        (("title",), datetime(2026, 1, 1, tzinfo=UTC), "title is a date, not text", None),
        (("roles", "herald"), {"deputy": "wardn"}, "role 'wardn' does not exist", "warden, or add wardn under roles"),
        (("roles", "herald"), {"deputy": "???"}, "role '???' does not exist", "write one that exists: warden, "),
        (("facts", "Wind Speed"), None, "'Wind Speed' cannot name a fact", "wind_speed"),
        (("facts", "class"), None, "'class' has a meaning of its own in templates", "write the_class"),
        (("stages", "Under Way"), None, "'Under Way' cannot name a stage", "such as under-way"),
        (("transitions", 1, "to"), "shut.publik", "stage 'shut.publik' does not exist", "write shut.public, or"),
        (("transitions", 1, "to"), "shut.x.y.z.told-all", "stage 'shut.x.y.z.told-all' does not exist", "write shut"),
        (("transitions", 1, "trigger"), 7, "transitions.2.trigger is a whole number, not a name", None),
        (("transitions", 1, "by"), "warden", "transitions.2.by is text, not a list", "write [warden]"),
        (("transitions", 0, "to"), GONE, "item 1 of transitions has no to", "add to"),
        (("escalations", "silence", "ack_timeout"), 90, "ack_timeout is 90 without a unit", "90s, 90m, 90h or 90d"),
        (("statements", "next-words", "due"), "1m1h", "due is not a duration: '1m1h'", "at most 3650d"),
        (("statements", "next-words", "due"), "soon", "statements.next-words.due is not a duration: 'soon'", "1h30m"),
        (("escalations", "wake-up", "repeat", "times"), 200, "repeat.times is 200", "write a number from 0 to 100"),
        (("version",), -3, "version is -3", "write 1 or more"),
        (("escalations", "silence", "until"), "later", "until cannot be 'later'", "acknowledged or left"),
        (("escalations", "silence", "until"), "lefft", "until cannot be 'lefft'", "write left"),
    ],
)  # fmt: skip
def test_a_message_names_the_thing_and_a_remedy_what_to_write(
    path: Steps, value: object, message: str, remedy: str | None
) -> None:
    problem = check(changed(path, value))[0]
    assert message in problem.message
    assert remedy is None or remedy in problem.remedy


def test_no_message_carries_what_a_terminal_would_obey_or_more_than_a_line() -> None:
    evil = "\x1b[31m\u202e\u200b\n" * 50
    for path in [
        ("playbook",),
        ("roles", evil),
        ("initial",),
        ("severities",),
        ("clocks", 0),
        ("facts", evil),
        (evil,),
    ]:
        for problem in check(changed(path, evil), {evil: ""}, evil):
            text = problem.message + problem.remedy
            assert not set("\x1b\u202e\u200b\n") & set(text)
            assert len(text) < 1500
    told = check(changed(("roles",), {evil: {"deputy": "???"}}))
    assert not any("\x1b" in problem.message + problem.remedy for problem in told)
    assert any(problem.remedy.startswith("write one that exists: \\x1b") for problem in told)
