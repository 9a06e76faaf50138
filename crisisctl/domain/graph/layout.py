"""Where everything in the picture of a playbook stands: frames, wires and words, none over another.

Stages are laid in rows from the top down, each scope by itself and from the inside out, so that a stage with others
inside is one box to those beside it. The words of a wire are a box in a row of their own; wires bend only between rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from crisisctl.domain.graph.model import Drawing, Node, Rung
from crisisctl.domain.graph.rows import Item, ordered, placed, snapped, spread, straightened
from crisisctl.domain.graph.scopes import HEAD_ROW, LEAD, Scope, Wire, run, scopes, wires
from crisisctl.domain.graph.typeset import Line, Text, block, width

STAGE_ROOM = 236.0
HEAD_ROOM = 300.0
PAD = 14.0
LOOP = 30.0  # how far a loop reaches out to the right of its stage
MARK = 30.0  # room for the mark of the first stage, to its left
RUNG_INDENT = 18.0
_LEAST = 128.0
_GAP = 18.0
_BETWEEN_REGIONS = 34.0
_NEAREST = 20.0  # between two wires that end at one side of a stage
_CORNER = 14.0

Sides = dict[str, list[tuple[Item, int]]]
Run = tuple[float, float, float]  # a wire straight down: x, from y, to y


class Frame(NamedTuple):
    """A box: `kind` is `stage`, `group` (with stages inside) or `region` (of a parallel stage; the eye sees no box)."""

    node: Node
    kind: str
    x: float
    y: float
    width: float
    height: float
    text: Text


class Route(NamedTuple):
    """A wire as it is drawn, from the top down; `upward` ends at its top. `label` is where its words begin.

    One that leads back to its own stage has one run, which is that between its ends on the right of the stage.
    """

    wire: Wire
    runs: tuple[Run, ...]
    upward: bool
    label: tuple[float, float]


class Layout(NamedTuple):
    """Everything in its place, from the top left; `rules` are the lines between regions: x, from y, to y."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    routes: tuple[Route, ...]
    rules: tuple[Run, ...]


def laid_out(drawing: Drawing) -> Layout:
    """The layout of a drawing, always the same for the same one."""
    return _Layout(drawing).done()


class _Layout:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.wires = wires(drawing)
        self.scopes = scopes(drawing, self.wires)
        self.boxes: dict[str, tuple[float, float]] = {}
        self.origins: dict[str, tuple[float, float]] = {}
        self.frames: list[Frame] = []
        self.rules: list[Run] = []
        self.downward: dict[int, bool] = {}

    def done(self) -> Layout:
        """Measure from the inside out, then place from the outside in."""
        for scope in self.scopes.values():
            self._furnish(scope)
        self.downward = {wire.number: run(wire, self.scopes) for wire in self.wires}
        for path in reversed(self.scopes):
            self._settle(self.scopes[path])
        self._place(self.scopes[""], 0, 0)
        broad, high = self.scopes[""].size
        return Layout(broad, high, tuple(self.frames), tuple(self._routes()), tuple(self.rules))

    def _furnish(self, scope: Scope) -> None:
        """An item for each child, whose size comes later, and one for the words at the head of the stage."""
        if scope.path:
            head = inscription(self.drawing.nodes[scope.path])
            scope.add("head", HEAD_ROW, 0, head.width, head.height)
        for child in scope.children:
            scope.items[child] = scope.add("stage", 2 * scope.ranks[child], 0, 0, 0, child)

    def _settle(self, scope: Scope) -> None:
        """Order the rows of a scope, give everything in it a place, and note how large it is."""
        for path, item in scope.items.items():
            self._measure(scope, path, item)
        ordered(scope.rows, scope.links, fixed=(0,) if scope.parallel else ())
        order = {item: number for row in scope.rows.values() for number, item in enumerate(row)}
        sides = _sides(scope)
        for item in scope.items.values():
            for side, others in sides[item].items():
                near = _NEAREST * (len(others) - 1) / 2
                for number, (_, wire) in enumerate(sorted(others, key=lambda one: order[one[0]])):
                    item.ends.setdefault((side, wire), number * _NEAREST - near)
        gap = _BETWEEN_REGIONS if scope.parallel else _GAP
        placed(scope.rows, scope.links, gap)
        straightened(scope.rows, scope.runs.values(), gap)
        for _ in range(2):
            for path, item in scope.items.items():
                self._straighten(item, sides[item], self.boxes[path][0] / 2 - _CORNER)
            snapped(scope.rows, scope.runs.values(), scope.runs, gap)
        for path, item in scope.items.items():
            self._straighten(item, sides[item], self.boxes[path][0] / 2 - _CORNER)
        _shift(scope)
        _stack(scope)
        for path, item in scope.items.items():
            if scope.parallel and path in self.scopes:  # regions are equally high
                top, bottom = scope.lines[item.row]
                item.height = bottom - top
                self.boxes[path] = (self.boxes[path][0], item.height)

    def _measure(self, scope: Scope, path: str, item: Item) -> None:
        """How large a child is, with what hangs on it, and where the wires from further in come out."""
        node = self.drawing.nodes[path]
        loops = scope.loops.get(path, ())
        if node.children:
            broad, high = (size + 2 * PAD for size in self.scopes[path].size)
        else:
            text = inscription(node)
            broad, high = max(_LEAST, text.width + 2 * PAD), text.height + 2 * PAD - 4
        item.height = max(high, sum(map(_loop_height, loops)))
        self.boxes[path] = (broad, item.height)
        item.left = broad / 2 + (MARK if node.first else 0)
        item.right = broad / 2 + max((LOOP + wire.text.width for wire in loops), default=0)
        for number, passed in self.scopes[path].runs.items() if node.children else ():
            for side, port in (("top", passed[0]), ("bottom", passed[-1])):
                if port.kind == "port" and path not in self.wires[number][1:3]:
                    item.ends[side, number] = port.x + PAD - broad / 2

    def _straighten(self, item: Item, sides: Sides, half: float) -> None:
        """Move the ends of the wires along the sides of a stage to where they are straight, as far as there is room."""
        inner = self.scopes[item.path].runs if item.path in self.scopes else {}
        for side, others in sides.items():
            free = [(other, wire) for other, wire in others if wire not in inner or self._is_end(wire, item.path)]
            wanted = sorted((other.x - item.x, wire) for other, wire in free)
            if not wanted:
                continue
            apart = min(_NEAREST, 2 * half / len(wanted))
            last = len(wanted) - 1
            held = [
                min(max(x, -half + number * apart), half - (last - number) * apart)
                for number, (x, _) in enumerate(wanted)
            ]
            for x, (_, wire) in zip(spread(held, [1.0] * len(held), [apart] * last), wanted, strict=True):
                item.ends[side, wire] = x

    def _is_end(self, wire: int, path: str) -> bool:
        return path in (self.wires[wire].source, self.wires[wire].to)

    def _place(self, scope: Scope, x: float, y: float) -> None:
        self.origins[scope.path] = (x, y)
        for path, item in scope.items.items():
            node = self.drawing.nodes[path]
            broad, high = self.boxes[path]
            left, top = x + item.x - broad / 2, y + item.y
            kind = "stage" if not node.children else "region" if scope.parallel else "group"
            self.frames.append(Frame(node, kind, left, top, broad, high, inscription(node)))
            if node.children:
                self._place(self.scopes[path], left + PAD, top + PAD)
        if scope.parallel:
            top, bottom = scope.lines[0]
            items = list(scope.items.values())
            for one, other in pairwise(items):
                middle = x + (one.x + one.right + other.x - other.left) / 2
                self.rules.append((middle, y + top, y + bottom))

    def _routes(self) -> Iterator[Route]:
        for scope in self.scopes.values():
            for path, loops in scope.loops.items():
                yield from self._looped(scope, path, loops)
        yield from (self._route(wire) for wire in self.wires if wire.source != wire.to)

    def _looped(self, scope: Scope, path: str, loops: Sequence[Wire]) -> Iterator[Route]:
        item, (x, y) = scope.items[path], self.origins[scope.path]
        right, top = x + item.x + self.boxes[path][0] / 2, y + item.y
        for wire in loops:
            height = _loop_height(wire)
            run_ = (right, top + height / 2 - 8, top + height / 2 + 8)
            yield Route(wire, (run_,), upward=False, label=(right + LOOP, top + (height - wire.text.height) / 2))
            top += height

    def _route(self, wire: Wire) -> Route:
        """The straight runs of a wire through all scopes, from the top down, and where its words stand."""
        runs: list[Run] = []
        label = (0.0, 0.0)
        for scope in self.scopes.values():
            x, y = self.origins[scope.path]
            for place, item in enumerate(scope.runs.get(wire.number, ())):
                along, top, bottom = _straight(scope, item, wire.number, first=place == 0)
                runs.append((x + along, y + top, y + bottom))
                if item.kind == "label":
                    label = (x + item.x + LEAD, y + item.y)
        runs.sort(key=lambda one: (one[1], one[2]))
        return Route(wire, tuple(runs), not self.downward[wire.number], label)


def inscription(node: Node) -> Text:
    """What stands in the box of a stage: its title, since when the incident stands there, and who is called when."""
    room = HEAD_ROOM if node.children else STAGE_ROOM
    parts = [(node.title, "title"), *([(node.mark, "mark")] if node.mark else [])]
    return Text((*block(parts, room).lines, *_ladder(node.ladder, room)))


def _ladder(rungs: Sequence[Rung], room: float) -> Iterator[Line]:
    """A line for each rung, its minute in a column of its own."""
    column = max((width(rung.after, "minute") for rung in rungs), default=0)
    for rung in rungs:
        if rung.after:
            yield Line(rung.after, "minute", RUNG_INDENT)
        yield from block([(rung.words, "rung")], room, RUNG_INDENT + column + 6).lines


def _loop_height(wire: Wire) -> float:
    return max(32.0, wire.text.height + 8)


def _sides(scope: Scope) -> dict[Item, Sides]:
    """What is joined to the top and the bottom of each stage."""
    found: dict[Item, Sides] = {item: {"top": [], "bottom": []} for item in scope.items.values()}
    for link in scope.links:
        if link.lower in found:
            found[link.lower]["top"].append((link.upper, link.wire))
        if link.upper in found:
            found[link.upper]["bottom"].append((link.lower, link.wire))
    return found


def _shift(scope: Scope) -> None:
    """Let everything begin at the left, the words at the head first of all, and note how broad it is."""
    items = [item for row in scope.rows.values() for item in row]
    left = min((item.x - item.left for item in items), default=0)
    for item in items:
        item.x = 0 if item.kind == "head" else item.x - left
    scope.size = (max((item.x + item.right for item in items), default=0), 0)


def _stack(scope: Scope) -> None:
    """Set the rows below each other, further apart where wires run far to the side."""
    at, before = 0.0, None
    aside: dict[int, float] = {}
    for link in scope.links:
        upper, lower = link.upper.end("bottom", link.wire), link.lower.end("top", link.wire)
        far = abs(link.upper.x + upper - link.lower.x - lower)
        aside[link.upper.row] = max(aside.get(link.upper.row, 0), far)
    for number in sorted(scope.rows):
        if before is not None:
            at += 12 if before not in aside else 22 + min(34, aside[before] * 0.12)
        height = max(item.height for item in scope.rows[number])
        scope.lines[number] = (at, at + height)
        for item in scope.rows[number]:
            item.y = at
        at, before = at + height, number
    scope.size = (scope.size[0], at)


def _straight(scope: Scope, item: Item, wire: int, *, first: bool) -> Run:
    """Where a wire runs straight down past an item, in its scope."""
    top, bottom = scope.lines[item.row]
    if item.kind == "port":
        return (item.x, -PAD, bottom) if item.row == HEAD_ROW else (item.x, top, scope.size[1] + PAD)
    if item.kind == "stage":
        side = "bottom" if first else "top"
        x = item.x + item.end(side, wire)
        return (x, item.y + item.height, bottom) if first else (x, top, item.y)
    return (item.x, top, bottom)
