"""The same picture in words: Mermaid and DOT, read back by small parsers, whatever anybody typed."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.adapters.yaml import load
from crisisctl.domain import commands as ask
from crisisctl.domain.graph import FORMS, draw, drawing
from crisisctl.domain.graph.dot import dot
from crisisctl.domain.graph.mermaid import mermaid
from crisisctl.domain.playbook import Playbook, build
from tests.domain.conftest import RICH, Case, plan
from tests.domain.test_machine import documents

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "playbooks").glob("*.yaml"))
HOSTILE = [
    '"] ; end note',
    "%%{init: {'theme':'dark'}}%%",
    "a --> b : c",
    "}\n--\nstate x {",
    "<script>alert(1)</script>",
    "\\N \\G \\\\",
    '"; x [label="',
    "#quot; #35; &lt;",
    "[*]",
    "end",
    "note right of s1 : x",
    "```\n# Out of the fence",
    "---\ntitle: other\n---",
    "subgraph cluster_s1 {",
    "//* comment",
    "Zoë's 日本語 🚒",
]


class Read(NamedTuple):
    """What a picture says: stages with their titles, what lies in what, arrows with their labels."""

    titles: dict[str, str]
    inside: dict[str, str]
    arrows: list[tuple[str, str, str]]
    first: set[str]
    over: set[str]


def from_mermaid(text: str) -> Read:
    head, title, rule, kind, *lines = text.splitlines()
    assert (head, rule, kind) == ("---", "---", "stateDiagram-v2")
    json.loads(title.removeprefix("title: "))
    read, around = Read({}, {}, [], set(), set()), [""]
    for line in map(str.strip, lines):
        if found := re.fullmatch(r'state "([^"]*)" as (s\d+)', line):
            read.titles[found[2]], read.inside[found[2]] = _entities(found[1]), around[-1]
        elif found := re.fullmatch(r"state (s\d+) \{", line):
            around.append(found[1])
        elif line == "}":
            around.pop()
        elif found := re.fullmatch(r"\[\*\] --> (s\d+)", line):
            read.first.add(found[1])
        elif found := re.fullmatch(r"(s\d+) --> \[\*\]", line):
            read.over.add(found[1])
        elif found := re.fullmatch(r"(s\d+) --> (s\d+) : ([^:;%\"]*(?:#\d+;[^:;%\"]*)*)", line):
            read.arrows.append((found[1], found[2], _entities(found[3])))
        else:
            assert re.fullmatch(r"--|direction TB|note right of s\d+ : .*|class(Def)? .*", line), line
    assert around == [""]
    return read


def _entities(text: str) -> str:
    assert not re.search(r"[<>{}\[\]\"%]", text)
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


QUOTED = r'"((?:[^"\\\n]|\\.)*)"'


def from_dot(text: str) -> Read:
    lines = text.splitlines()
    assert re.fullmatch(rf"digraph {QUOTED} \{{", lines[0])
    read, around = Read({}, {}, [], set(), set()), [""]
    for line in map(str.strip, lines[1:-1]):
        if found := re.fullmatch(r"subgraph cluster_(s\d+) \{", line):
            read.inside[found[1]] = around[-1]
            around.append(found[1])
        elif found := re.match(rf"label={QUOTED}; style=", line):
            read.titles[around[-1]] = _label(found[1])
        elif found := re.fullmatch(rf"(s\d+) \[label={QUOTED}(.*)\];", line):
            read.titles[found[1]], read.inside[found[1]] = _label(found[2]), around[-1]
            if "peripheries=2" in found[3]:
                read.over.add(found[1])
        elif found := re.fullmatch(rf"(s\d+) -> (s\d+) \[label={QUOTED}(?:, \w+=\w+)*\];", line):
            read.arrows.append((found[1], found[2], _label(found[3])))
        elif found := re.match(r"start_(s\d+) -> \1", line):
            read.first.add(found[1])
        elif line == "}":
            around.pop()
        else:
            assert re.match(r"compound=|node \[|edge \[|label=|anywhere \[|start_s\d+ \[|s\d+ \[shape=point", line), (
                line
            )
    assert around == [""]
    return read


def _label(text: str) -> str:
    return html.unescape(re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text))


def agrees(book: Playbook, read: Read, joint: str) -> None:
    """What was read is the playbook."""
    told = drawing(book)
    ids = {path: f"s{number}" for number, path in enumerate(book.stages, 1)}
    assert read.inside == {ids[path]: ids.get(path.rpartition(".")[0], "") for path in book.stages}
    assert [*read.titles] == [*ids.values()]
    for path, node in told.nodes.items():
        assert read.titles[ids[path]].startswith(node.title)
    assert read.first == {ids[node.path] for node in told.nodes.values() if node.first}
    assert sorted((source, to, label.split(joint)[0]) for source, to, label in read.arrows) == sorted(
        (ids[arrow.source], ids[arrow.to], arrow.head) for arrow in told.arrows
    )
    for arrow in told.arrows:
        said = next(label for source, to, label in read.arrows if (source, to) == (ids[arrow.source], ids[arrow.to]))
        assert said


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_is_read_back_whole(path: Path) -> None:
    document: Any = load(path).document
    book = build(document)
    agrees(book, from_mermaid(mermaid(drawing(book))), " (")
    agrees(book, from_dot(dot(drawing(book))), "\n")


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_any_playbook_is_read_back_whole(document: dict[str, Any]) -> None:
    book = build(document)
    agrees(book, from_mermaid(mermaid(drawing(book))), " (")
    agrees(book, from_dot(dot(drawing(book))), "\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=20), min_size=4, max_size=4))
def test_no_title_can_say_anything_but_itself(titles: list[str]) -> None:
    one, two, three, four = titles
    stages: dict[str, Any] = {
        "begun": {"title": one, "parallel": True, "stages": {"a": {"title": two}, "b": {"title": three}}},
        "on": {"title": four},
        "closed": {"final": True},
    }
    book = build(plan(title=one, stages=stages))
    agrees(book, from_mermaid(mermaid(drawing(book))), " (")
    agrees(book, from_dot(dot(drawing(book))), "\n")


def heads(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(arrow.source, arrow.to, arrow.head) for arrow in drawing(build(document)).arrows]


def test_a_move_from_everywhere_is_one_note_however_it_is_written() -> None:
    for sources in ("*", ["begun", "on"]):
        told = drawing(build(plan(transitions=[{"trigger": "close", "from": sources, "to": "closed"}])))
        assert told.arrows == ()
        assert [arrow.trigger for arrow in told.anywhere] == ["close"]


def test_guards_are_told_in_the_words_of_the_playbook() -> None:
    needs = {"facts": ["count"], "roles": ["legal"], "stages": ["begun"], "tasks": ["look"]}
    move = {"trigger": "go", "from": "begun", "to": "on", "by": ["lead"], "because": "required", "requires": needs}
    document = plan(
        facts={"count": None},
        stages={"begun": {"title": "At first", "tasks": {"look": None}}, "on": None, "closed": {"final": True}},
        transitions=[move],
    )
    (arrow,) = drawing(build(document)).arrows
    assert arrow.notes == ("by lead", "with a reason", "known: count", "at: At first", "done: look", "held: legal")


def test_an_escalation_that_moves_leaves_from_its_stage_even_where_the_move_leaves_from_around_it() -> None:
    assert ("both.public.silent", "both", "after 9m: go") not in heads(RICH)
    assert ("begun", "both", "after 9m: go") in heads(RICH)
    ladder = {"steps": [{"after": "1m", "advance": "back"}]}
    document = plan(
        stages={
            "begun": None,
            "on": {"initial": "x", "stages": {"x": {"escalation": "call"}}},
            "closed": {"final": True},
        },
        escalations={"call": ladder},
        transitions=[{"trigger": "back", "from": "on", "to": "begun"}],
    )
    assert heads(document) == [("on", "begun", "back"), ("on.x", "begun", "after 1m: back")]


def test_an_escalation_outside_a_move_within_it_is_drawn_at_the_move() -> None:
    assert ("both.public.silent", "both.public.told", "after 6m: tell") in heads(RICH)


@pytest.mark.parametrize("form", FORMS)
def test_where_an_incident_stands_is_lit_in_every_form(form: str) -> None:
    case = Case(RICH, title="Water")
    case.do(ask.Advance("go", "seen"))
    text = draw(drawing(case.incident.playbook, case.incident), form)
    assert "INC-1: Water" in html.unescape(text)
    assert "here since 28 Mar 22:00 UTC" in re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)
    assert "entered 28 Mar 22:00 UTC" in re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)
    assert text != draw(drawing(case.incident.playbook), form)
