"""The picture of a playbook, read back from its markup: nothing over anything else, and each wire where it belongs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings

from crisisctl.adapters.yaml import load
from crisisctl.domain import commands as ask
from crisisctl.domain.graph.look import DARK, LIGHT, PAPER, READ
from crisisctl.domain.graph.model import drawing
from crisisctl.domain.graph.svg import svg
from crisisctl.domain.graph.typeset import STYLES, width, wrapped
from crisisctl.domain.playbook import Playbook, build
from tests.domain.conftest import Case, plan
from tests.domain.test_machine import documents

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "playbooks").glob("*.yaml"))
NS = "{http://www.w3.org/2000/svg}"
SLACK = 0.2  # the markup has one decimal


class Rect(NamedTuple):
    x: float
    y: float
    right: float
    bottom: float

    def holds(self, other: Rect) -> bool:
        return (
            self.x - SLACK <= other.x
            and self.y - SLACK <= other.y
            and other.right <= self.right + SLACK
            and other.bottom <= self.bottom + SLACK
        )

    def meets(self, other: Rect) -> bool:
        apart = other.x >= self.right - SLACK or other.right <= self.x + SLACK
        return not (apart or other.y >= self.bottom - SLACK or other.bottom <= self.y + SLACK)


class Wire(NamedTuple):
    source: str
    to: str
    timed: bool
    points: list[tuple[float, float]]
    tip: tuple[float, float]
    words: list[Rect]
    said: list[str]


class Picture:
    """The markup as a reader finds it."""

    def __init__(self, markup: str) -> None:
        self.root = ET.fromstring(markup)  # noqa: S314 - our own markup
        self.boxes: dict[str, Rect] = {}
        self.kinds: dict[str, set[str]] = {}
        self.texts: dict[str, list[Rect]] = {}
        self.wires: list[Wire] = []
        for group in self.root.iter(f"{NS}g"):
            if "data-stage" in group.attrib:
                self._stage(group)
            elif "data-source" in group.attrib:
                self.wires.append(_wire(group))

    def _stage(self, group: ET.Element) -> None:
        path = group.attrib["data-stage"]
        box = next(rect for rect in group.iter(f"{NS}rect") if rect.attrib["class"] == "box")
        self.boxes[path] = _rect(box)
        self.kinds[path] = set(group.attrib["class"].split())
        self.texts[path] = [_words(text) for text in group.iter(f"{NS}text")]


def _rect(element: ET.Element) -> Rect:
    x, y, broad, high = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
    return Rect(x, y, x + broad, y + high)


def _words(element: ET.Element) -> Rect:
    x, base, style = float(element.attrib["x"]), float(element.attrib["y"]), element.attrib["class"]
    top = base - STYLES[style].base
    return Rect(x, top, x + width(element.text or "", style), top + max(STYLES[style].leading, STYLES[style].base))


def _wire(group: ET.Element) -> Wire:
    line, tip = (path.attrib["d"] for path in group.iter(f"{NS}path"))
    texts = list(group.iter(f"{NS}text"))
    return Wire(
        group.attrib["data-source"],
        group.attrib["data-to"],
        "timed" in group.attrib["class"].split(),
        list(_points(line)),
        next(_points(tip)),
        [_words(text) for text in texts],
        [text.text or "" for text in texts],
    )


def _points(path: str) -> Iterator[tuple[float, float]]:
    """The ends of each part of a path: M, L, V and C with absolute numbers."""
    x = 0.0
    for part in re.findall(r"[MLVC][^MLVCZ]*", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", part)]
        x, y = (x, numbers[0]) if part[0] == "V" else numbers[-2:]
        yield x, y


def inside(path: str, outer: str) -> bool:
    return path.startswith(f"{outer}.")


def read(book: Playbook) -> Picture:
    return Picture(svg(drawing(book)))


def neat(book: Playbook) -> None:
    """Everything that holds of every picture."""
    picture = read(book)
    assert set(picture.boxes) == set(book.stages)
    boxes_nest(picture)
    for path, texts in picture.texts.items():
        for text in texts:
            assert picture.boxes[path].holds(text), path
    words_are_free(picture)
    for wire in picture.wires:
        touches(picture, wire)
        passes_by(picture, wire)
    drawn = {(wire.source, wire.to, wire.timed) for wire in picture.wires}
    told = drawing(book)
    assert drawn == {(arrow.source, arrow.to, bool(arrow.after)) for arrow in told.arrows}
    triggers = {word for wire in picture.wires for word in wire.said}
    assert {arrow.trigger for arrow in told.arrows if not arrow.after} <= triggers


def boxes_nest(picture: Picture) -> None:
    for (one, box), (other, second) in combinations(picture.boxes.items(), 2):
        if inside(other, one):
            assert box.holds(second), (one, other)
        else:
            assert not box.meets(second), (one, other)


def words_are_free(picture: Picture) -> None:
    words = [text for wire in picture.wires for text in wire.words]
    solid = [box for path, box in picture.boxes.items() if "stage" in picture.kinds[path]]
    heads = [text for texts in picture.texts.values() for text in texts]
    for text in words:
        assert not any(text.meets(box) for box in (*solid, *heads))
        assert all(box.holds(text) or not box.meets(text) for box in picture.boxes.values())
    assert not any(one.meets(other) for one, other in combinations(words, 2))


def touches(picture: Picture, wire: Wire) -> None:
    """The wire begins at the edge of a stage and its tip is at the edge of the other."""
    for at, path in (
        (wire.points[0] if wire.tip[1] >= wire.points[0][1] else wire.points[-1], wire.source),
        (wire.tip, wire.to),
    ):
        box = picture.boxes[path]
        x, y = at
        across = box.x - SLACK <= x <= box.right + SLACK
        edge = min(abs(y - box.y), abs(y - box.bottom)) <= SLACK and across
        side = abs(x - box.right) <= SLACK and box.y <= y <= box.bottom
        assert edge or side, (wire.source, wire.to, at, box)


def passes_by(picture: Picture, wire: Wire) -> None:
    """What runs straight down runs through no stage, and under no words."""
    words = [text for other in picture.wires for text in other.words]
    for (x, y), (to_x, to_y) in zip(wire.points, wire.points[1:], strict=False):
        if x == to_x:
            line = Rect(x - 0.5, min(y, to_y) + 1, x + 0.5, max(y, to_y) - 1)
            for path, box in picture.boxes.items():
                assert "stage" not in picture.kinds[path] or not box.meets(line), (wire.source, wire.to, path)
            assert not any(text.meets(line) for text in words), (wire.source, wire.to)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_pictures_of_the_library_are_neat(path: Path) -> None:
    document: Any = load(path).document
    neat(build(document))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_the_picture_of_any_playbook_is_neat(document: dict[str, Any]) -> None:
    neat(build(document))


LONG = "A very long title without any mercy that goes on and on " * 3
EVERYTHING: dict[str, Any] = plan(
    title='<script>alert(1)</script> & "quotes" \' and ]]> --> <!--',
    summary="Line one\nof </desc><script>x</script>",
    stages={
        "begun": {"title": LONG[:200], "escalation": "call"},
        "p": {
            "parallel": True,
            "title": "W" * 200,
            "escalation": "call",
            "stages": {
                "a": {"initial": "x", "stages": {"x": {"escalation": "inner"}, "y": {"title": "日本語" * 40}}},
                "b": None,
            },
        },
        "on": {"title": "🚒" * 30},
        "closed": {"final": True, "title": "</text></svg><a href='javascript:x'>"},
    },
    transitions=[
        {"trigger": "go", "from": "begun", "to": "p", "by": ["lead", "legal", "scribe"], "because": "required"},
        {"trigger": "again", "from": "begun", "to": "begun"},
        {"trigger": "again", "from": "p", "to": "p"},
        {"trigger": "in", "from": "p", "to": "p.a.y"},
        {"trigger": "out", "from": "p.a.x", "to": "p"},
        {"trigger": "move", "from": "p.a.x", "to": "p.a.y"},
        {"trigger": "back", "from": "p.a.y", "to": "begun"},
        {"trigger": "leave", "from": "p.b", "to": "on"},
        {"trigger": "close", "from": "*", "to": "closed", "requires": {"roles": ["lead"]}},
    ],
    escalations={
        "call": {"steps": [{"after": "0m", "notify": ["lead"]}, {"after": "1h30m", "advance": "go"}]},
        "inner": {
            "until": "left",
            "repeat": {"times": 2, "every": "5m"},
            "steps": [{"after": "5m", "notify": ["lead", "legal"], "advance": "move"}],
        },
    },
)


def test_hostile_and_endless_titles_are_drawn_as_they_are_and_nothing_runs() -> None:
    book = build(EVERYTHING)
    neat(book)
    markup = svg(drawing(book))
    root = ET.fromstring(markup)  # noqa: S314 - our own markup
    known = {"svg", "title", "desc", "style", "g", "rect", "path", "circle", "text"}
    assert {element.tag.removeprefix(NS) for element in root.iter()} == known
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]
    title = root.find(f"{NS}title")
    assert title is not None
    assert str(EVERYTHING["title"]) in (title.text or "")


def test_an_escalation_that_moves_the_incident_is_a_wire_of_its_own_with_its_minute() -> None:
    timed = [wire for wire in read(build(EVERYTHING)).wires if wire.timed]
    assert {(wire.source, wire.to, wire.said[0]) for wire in timed} == {
        ("begun", "p", "after 1h30m: go"),
        ("p.a.x", "p.a.y", "after 5m: move"),
    }


def test_what_may_happen_anywhere_is_a_note_and_no_spaghetti() -> None:
    picture = read(build(EVERYTHING))
    assert not [wire for wire in picture.wires if "close" in wire.said]
    note = next(group for group in picture.root.iter(f"{NS}g") if group.attrib.get("class") == "anywhere")
    said = " ".join(text.text or "" for text in note.iter(f"{NS}text"))
    assert said.startswith("From anywhere close → </text></svg>")
    assert "held: lead" in said


def test_the_stages_of_an_incident_are_lit_and_those_passed_say_when() -> None:
    case = Case(EVERYTHING)
    case.do(ask.Advance("go", "seen it"))
    picture = Picture(svg(drawing(case.incident.playbook, case.incident)))
    assert {"here"} <= picture.kinds["p.a.x"] & picture.kinds["p.b"]
    assert "around" in picture.kinds["p"]
    assert "passed" in picture.kinds["begun"]
    assert not picture.kinds["closed"] & {"here", "passed", "around"}
    said = [text.text for text in picture.root.iter(f"{NS}text")]
    assert "entered 28 Mar 22:00 UTC" in said
    assert "stands here now" in said


def test_it_is_the_same_every_time() -> None:
    document: Any = load(LIBRARY[0]).document
    assert svg(drawing(build(document))) == svg(drawing(build(document)))


def test_whoever_cannot_see_it_is_told_all_of_it() -> None:
    book = build(EVERYTHING)
    root = read(book).root
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "title desc"
    desc = root.find(f"{NS}desc")
    assert desc is not None
    for stage in book.stages.values():
        assert stage.title.split()[0] in (desc.text or "")
    for trigger in book.triggers:
        assert f"{trigger}: from" in (desc.text or "")


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("palette", [LIGHT, DARK, PAPER], ids=["light", "dark", "paper"])
def test_every_text_can_be_read_on_what_it_stands_on(palette: dict[str, str]) -> None:
    for ink, grounds in READ:
        for ground in grounds:
            dark, light = sorted((_light(palette[ink]), _light(palette[ground])))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_lines_are_broken_where_they_must_be_and_lose_nothing() -> None:
    assert wrapped("one two", "note", 10_000) == ["one two"]
    assert wrapped("", "note", 10) == [""]
    for text in ("one two three", "x" * 100, f"a {'long' * 40} word"):
        lines = wrapped(text, "note", 80)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width(line, "note") <= 80 for line in lines)


def test_a_large_playbook_is_drawn_soon() -> None:
    names = [f"s{number}" for number in range(200)]
    stages: dict[str, Any] = dict.fromkeys(names)
    moves = [
        {"trigger": f"t{number}", "from": names[number % 200], "to": names[(number * 7 + 1 + number // 200) % 200]}
        for number in range(600)
    ]
    document = plan(stages={**stages, "closed": {"final": True}}, initial="s0", transitions=moves)
    begun = time.process_time()
    assert svg(drawing(build(document))).endswith("</svg>\n")
    assert time.process_time() - begun < 20
