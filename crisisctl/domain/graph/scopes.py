"""How the stages inside one stage are laid in rows: what comes below what, and through which rows each wire runs.

An arrow between stages that lie at different depths runs in several scopes. In the scope that holds both ends it runs
from one child to another and has its words; in those further in, from the stage itself to the border that it leaves by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from crisisctl.domain.graph.model import Arrow, Drawing, common
from crisisctl.domain.graph.rows import Item, Link, Rows
from crisisctl.domain.graph.typeset import Text, block

LABEL_ROOM = 176.0
HEAD_ROW = -2
_BEND = 7.0
LEAD = 9.0  # between a wire and its words


class Wire(NamedTuple):
    """Arrows that run together: between the same stages, by hand or by themselves. `text` is what stands beside it."""

    number: int
    source: str
    to: str
    timed: bool
    text: Text
    arrows: tuple[Arrow, ...]


def wires(drawing: Drawing) -> list[Wire]:
    """The arrows of a drawing, those that run together as one."""
    together: dict[tuple[str, str, bool], list[Arrow]] = {}
    for arrow in drawing.arrows:
        together.setdefault((arrow.source, arrow.to, bool(arrow.after)), []).append(arrow)
    return [
        Wire(number, source, to, timed, worded(arrows), tuple(arrows))
        for number, ((source, to, timed), arrows) in enumerate(together.items())
    ]


def worded(arrows: Sequence[Arrow]) -> Text:
    """The words beside a wire: each trigger, and below it who may and what it takes."""
    parts = []
    for number, arrow in enumerate(arrows):
        parts += [("", "space")] if number else []
        parts.append((arrow.head, "trigger"))
        parts += [(note, "note") for note in arrow.notes]
    return block(parts, LABEL_ROOM)


@dataclass
class Scope:
    """The inside of a stage, or the top. `runs` has for each wire what it passes, from the top down."""

    path: str
    children: list[str]
    parallel: bool
    ranks: dict[str, int] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    runs: dict[int, list[Item]] = field(default_factory=dict)
    loops: dict[str, list[Wire]] = field(default_factory=dict)
    lines: dict[int, tuple[float, float]] = field(default_factory=dict)  # top and bottom of each row, from its own top
    size: tuple[float, float] = (0, 0)

    @property
    def last(self) -> int:
        """The row of the border at the bottom."""
        return 2 * max(self.ranks.values(), default=0) + 2

    def add(self, kind: str, row: int, left: float, right: float, height: float = 0, path: str = "") -> Item:
        """A new item at the end of its row."""
        item = Item(kind, row, left, right, height, path)
        self.rows.setdefault(row, []).append(item)
        return item


Scopes = Mapping[str, Scope]


def scopes(drawing: Drawing, all_wires: Sequence[Wire]) -> dict[str, Scope]:
    """A scope for the top and for each stage with stages inside, by path; each child has its row."""
    made: dict[str, Scope] = {}
    for path in ("", *(node.path for node in drawing.nodes.values() if node.children)):
        inside = drawing.within(path)
        parallel = bool(path) and drawing.nodes[path].parallel
        scope = made[path] = Scope(path, [node.path for node in inside], parallel)
        if parallel:
            scope.ranks = dict.fromkeys(scope.children, 0)
            continue
        first = sorted(scope.children, key=lambda child: not drawing.nodes[child].first)
        steps = [step for wire in all_wires if (step := _step(scope, wire))]
        scope.ranks = _ranked(first, steps, [node.path for node in inside if node.final])
    return made


def _step(scope: Scope, wire: Wire) -> tuple[str, str] | None:
    """Between which children of the scope a wire runs, if it runs between two."""
    if common(wire.source, wire.to) != scope.path:
        return None
    source, to = child(scope.path, wire.source), child(scope.path, wire.to)
    return None if "" in (source, to) or source == to else (source, to)


def child(scope: str, path: str) -> str:
    """The child of the scope that a stage is or lies in; empty for the scope itself."""
    if path == scope:
        return ""
    depth = scope.count(".") + 2 if scope else 1
    return ".".join(path.split(".")[:depth])


def _ranked(children: Sequence[str], steps: Sequence[tuple[str, str]], ends: Sequence[str]) -> dict[str, int]:
    """How far down each child stands: below all that lead to it, those steps apart that lead back."""
    leads: dict[str, list[str]] = {one: [] for one in children}
    for source, to in dict.fromkeys(steps):
        leads[source].append(to)
    order = _forward(children, leads)
    place = {one: number for number, one in enumerate(order)}
    ranks = dict.fromkeys(children, 0)
    for one in order:
        for to in leads[one]:
            if place[to] > place[one]:
                ranks[to] = max(ranks[to], ranks[one] + 1)
    reached = {to for _, to in steps}
    lowest = max(ranks.values(), default=0)
    alone = [one for one in ends if one not in reached and not leads[one]]
    return ranks | dict.fromkeys(alone, max(lowest, 1) if len(children) > len(alone) else 0)


def _forward(children: Sequence[str], leads: Mapping[str, list[str]]) -> list[str]:
    """The children in an order in which the steps lead forward, but for those that close a circle."""
    done: dict[str, None] = {}
    begun: set[str] = set()
    for start in children:
        ahead = [(start, iter(leads[start]))] if start not in begun else []
        begun.add(start)
        while ahead:
            one, rest = ahead[-1]
            to = next((each for each in rest if each not in begun), None)
            if to is None:
                done[one] = None
                ahead.pop()
            else:
                begun.add(to)
                ahead.append((to, iter(leads[to])))
    return list(reversed(done))


def run(wire: Wire, all_scopes: Scopes) -> bool:
    """Lay the wire through the rows of every scope that it passes; whether it leads down."""
    shared = common(wire.source, wire.to)
    if wire.source == wire.to:
        outside = shared.rpartition(".")[0]
        all_scopes[outside].loops.setdefault(shared, []).append(wire)
        return True
    scope = all_scopes[shared]
    source, to = child(shared, wire.source), child(shared, wire.to)
    # From a stage to the one around it leads out by the bottom, and the other way in by the top.
    downward = not source or not to or scope.ranks[source] < scope.ranks[to]
    upper, lower = (wire.source, wire.to) if downward else (wire.to, wire.source)
    _lay(scope, wire, upper, lower, at_source=downward)
    for end, side in ((upper, "bottom"), (lower, "top")):
        for inner in _inwards(shared, end):
            _lay_in(all_scopes[inner], wire, end, side)
    return downward


def _inwards(shared: str, end: str) -> Iterator[str]:
    """The scopes between the one that is shared and a stage further in, outermost first."""
    at = child(shared, end)
    while at and at != end:
        yield at
        at = child(at, end)


def _lay(scope: Scope, wire: Wire, upper: str, lower: str, *, at_source: bool) -> None:
    """The part that has the words: beside the source, or under the border where that is the scope itself."""
    above, below = child(scope.path, upper), child(scope.path, lower)
    begin = 2 * scope.ranks[above] if above else HEAD_ROW
    end = 2 * scope.ranks[below] if below else scope.last
    worded_row = begin + 1 if at_source else end - 1
    top = scope.items[above] if above else _border(scope, HEAD_ROW)
    bottom = scope.items[below] if below else _border(scope, end)
    between = [_pass(scope, row, wire if row == worded_row else None) for row in range(begin + 1, end)]
    _join(scope, wire, [top, *between, bottom])


def _lay_in(scope: Scope, wire: Wire, end: str, side: str) -> None:
    """The part between a stage, or the one that holds it, and the border of the scope."""
    inner = child(scope.path, end)
    item, row = scope.items[inner], 2 * scope.ranks[inner]
    if side == "bottom":
        border = _border(scope, scope.last)
        between = [_pass(scope, number) for number in range(row + 1, scope.last)]
        _join(scope, wire, [item, *between, border])
    else:
        border = _border(scope, HEAD_ROW)
        between = [_pass(scope, number) for number in range(HEAD_ROW + 1, row)]
        _join(scope, wire, [border, *between, item])


def _border(scope: Scope, row: int) -> Item:
    return scope.add("port", row, _BEND, _BEND)


def _pass(scope: Scope, row: int, wire: Wire | None = None) -> Item:
    if wire is None:
        return scope.add("bend", row, _BEND, _BEND)
    return scope.add("label", row, _BEND, LEAD + wire.text.width, wire.text.height)


def _join(scope: Scope, wire: Wire, passed: list[Item]) -> None:
    scope.runs[wire.number] = passed
    near = [item.kind for item in passed] == ["stage", "label", "stage"]
    for upper, lower in pairwise(passed):
        scope.links.append(Link(upper, lower, wire.number, near))
