"""Things in rows: in which order they cross least, and where each stands so that what is joined lies near.

The rows are those of a layered drawing. Within a row the order is kept once it is found; the places are the least sum
of squares that keeps the distances, which pooling neighbours finds exactly.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 8
ROUNDS = 12
NEAR = 26.0  # pixels that words may move for a straight wire
FEW = 400  # links, up to which it is worth looking longer


@dataclass(eq=False)
class Item:
    """What stands in a row: `left` and `right` are its extents from the line `x`, by which it is placed.

    `kind` is `stage`, `label`, `bend`, `port` or `head`. `ends` has where on its top and bottom each wire is joined.
    """

    kind: str
    row: int
    left: float
    right: float
    height: float = 0
    path: str = ""
    x: float = 0
    y: float = 0
    ends: dict[tuple[str, int], float] = field(default_factory=dict)

    def end(self, side: str, wire: int) -> float:
        """Where on that side the wire is joined, from the line on which the item stands."""
        return self.ends.get((side, wire), 0)


@dataclass(frozen=True)
class Link:
    """Two items in rows that follow each other, upper and lower, and the wire that joins them.

    `near` says that the wire runs from one row of stages to the next and no further.
    """

    upper: Item
    lower: Item
    wire: int
    near: bool

    @property
    def weight(self) -> int:
        """How much it wants to be straight: stages stand above each other, and what runs past them gives way."""
        if self.near:
            return 6
        return 8 if "stage" not in (self.upper.kind, self.lower.kind) else 1


Rows = dict[int, list[Item]]


def ordered(rows: Rows, links: Sequence[Link], fixed: Collection[int] = ()) -> None:
    """Put each row that is not fixed in the order in which the links cross least, of those that a few sweeps find."""
    above, below = _neighbours(links)
    free = sorted(set(rows) - set(fixed))
    best, least = _copy(rows), _crossings(rows, links)
    for sweep in range(SWEEPS):
        if not least:
            break
        downward = sweep % 2 == 0
        place = _places(rows)
        for row in free if downward else reversed(free):
            _sort(rows[row], place, above if downward else below)
        _swap(rows, free, above, below)
        count = _crossings(rows, links)
        if count < least:
            best, least = _copy(rows), count
    rows.update(best)
    if least and len(links) < FEW:
        _sift(rows, links, free)


def _copy(rows: Rows) -> Rows:
    return {row: list(items) for row, items in rows.items()}


def _sift(rows: Rows, links: Sequence[Link], free: Collection[int]) -> None:
    """Lead a wire past everything on the left, or on the right, where fewer links cross then."""
    above, below = _neighbours(links)
    runs: dict[int, dict[Item, None]] = {}
    for link in links:
        if not link.near:
            runs.setdefault(link.wire, {}).update({link.upper: None, link.lower: None})
    best, least = _copy(rows), _crossings(rows, links)
    for passed in runs.values():
        for side in (-1, 1):
            rows.update(_copy(best))
            for item in passed:
                if item.kind != "stage" and item.row in free:
                    others = [one for one in rows[item.row] if one is not item]
                    rows[item.row] = [item, *others] if side < 0 else [*others, item]
                    rows[item.row].sort(key=lambda one: one.kind != "head")
            _swap(rows, free, above, below)
            count = _crossings(rows, links)
            if count < least:
                best, least = _copy(rows), count
    rows.update(best)


def _swap(rows: Rows, free: Iterable[int], above: Mapping[Item, list[Item]], below: Mapping[Item, list[Item]]) -> None:
    """Exchange neighbours where their links then cross less."""
    place = _places(rows)
    for row in free:
        items = rows[row]
        for number in range(len(items) - 1):
            one, other = items[number : number + 2]
            gain = sum(
                (place[mine] > place[theirs]) - (place[mine] < place[theirs])
                for joined in (above, below)
                for mine in joined.get(one, ())
                for theirs in joined.get(other, ())
            )
            if gain > 0 and one.kind != "head":
                items[number : number + 2] = [other, one]
                place[one], place[other] = number + 1, number


def _neighbours(links: Iterable[Link]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    above: dict[Item, list[Item]] = {}
    below: dict[Item, list[Item]] = {}
    for link in links:
        above.setdefault(link.lower, []).append(link.upper)
        below.setdefault(link.upper, []).append(link.lower)
    return above, below


def _places(rows: Rows) -> dict[Item, int]:
    return {item: number for items in rows.values() for number, item in enumerate(items)}


def _sort(items: list[Item], place: dict[Item, int], joined: Mapping[Item, list[Item]]) -> None:
    """Put the items of a row in the order of the middles of what they are joined to, and note their places."""

    def middle(item: Item) -> tuple[bool, float]:
        others = [place[other] for other in joined.get(item, ())]
        return item.kind != "head", sum(others) / len(others) if others else place[item]

    items.sort(key=middle)
    place.update((item, number) for number, item in enumerate(items))


def _crossings(rows: Rows, links: Sequence[Link]) -> int:
    place = _places(rows)
    between: dict[int, list[tuple[int, int]]] = {}
    for link in links:
        between.setdefault(link.upper.row, []).append((place[link.upper], place[link.lower]))
    count = 0
    for pairs in between.values():
        seen: list[int] = []
        for _, lower in sorted(pairs):
            count += len(seen) - bisect_right(seen, lower)
            insort(seen, lower)
    return count


def placed(rows: Rows, links: Sequence[Link], gap: float) -> None:
    """Give every item its place: apart from its neighbours, and as near to straight above what it joins as can be."""
    for items in rows.values():
        _pack(items, gap)
    joined: dict[Item, list[tuple[Link, bool]]] = {}
    for link in links:
        joined.setdefault(link.upper, []).append((link, True))
        joined.setdefault(link.lower, []).append((link, False))
    for round_ in range(ROUNDS):
        for row in sorted(rows, reverse=round_ % 2 == 1):
            items = rows[row]
            wanted = [_wanted(item, joined.get(item, ()), round_) for item in items]
            spots = spread([place for place, _ in wanted], [weight for _, weight in wanted], _apart(items, gap))
            for item, x in zip(items, spots, strict=True):
                item.x = x


def _wanted(item: Item, joined: Sequence[tuple[Link, bool]], round_: int) -> tuple[float, float]:
    """Where the item would be straight below or above its neighbours, and how much that counts."""
    total, weight = 0.0, 0.0
    for link, is_upper in joined:
        if round_ < ROUNDS - 2 and is_upper == (round_ % 2 == 0):
            continue  # at first only what lies on the side that the sweep comes from
        other = link.lower if is_upper else link.upper
        mine, theirs = ("bottom", "top") if is_upper else ("top", "bottom")
        total += link.weight * (other.x + other.end(theirs, link.wire) - item.end(mine, link.wire))
        weight += link.weight
    return (total / weight, weight) if weight else (item.x, 0.1)


def _pack(items: Sequence[Item], gap: float) -> None:
    for number, (item, apart) in enumerate(zip(items, [0.0, *_apart(items, gap)], strict=True)):
        item.x = items[number - 1].x + apart if number else item.left


def _apart(items: Sequence[Item], gap: float) -> list[float]:
    return [one.right + gap + other.left for one, other in pairwise(items)]


def straightened(rows: Rows, runs: Iterable[Sequence[Item]], gap: float) -> None:
    """Let what a wire passes stand on one line for as many rows as there is room for it, and then for the next."""
    beside = {
        item: (items[n - 1] if n else None, items[n + 1] if n + 1 < len(items) else None)
        for items in rows.values()
        for n, item in enumerate(items)
    }
    for passed in runs:
        held: list[Item] = []
        low, high = float("-inf"), float("inf")
        for item in [one for one in passed if one.kind in ("bend", "label")]:
            left, right = beside[item]
            least = left.x + left.right + gap + item.left if left else float("-inf")
            most = right.x - right.left - gap - item.right if right else float("inf")
            if held and max(low, least) > min(high, most):
                _align(held, low, high)
                held, low, high = [], float("-inf"), float("inf")
            held.append(item)
            low, high = max(low, least), min(high, most)
        _align(held, low, high)


def snapped(rows: Rows, runs: Iterable[Sequence[Item]], wires: Iterable[int], gap: float) -> None:
    """Move the words between two rows of stages to where the wire leaves one straight, if that is near."""
    for passed, wire in zip(runs, wires, strict=True):
        if [item.kind for item in passed] == ["stage", "label", "stage"]:
            upper, label, lower = passed
            ends = (upper.x + upper.end("bottom", wire), lower.x + lower.end("top", wire))
            wanted = max(ends, key=lambda end: abs(end - label.x))
            items = rows[label.row]
            at = items.index(label)
            least = items[at - 1].x + items[at - 1].right + gap + label.left if at else wanted
            most = items[at + 1].x - items[at + 1].left - gap - label.right if at + 1 < len(items) else wanted
            if abs(wanted - label.x) < NEAR and least <= most:
                label.x = min(max(wanted, least), most)


def _align(held: Sequence[Item], low: float, high: float) -> None:
    if held:
        middle = sorted(item.x for item in held)[len(held) // 2]
        for item in held:
            item.x = min(max(middle, low), high)


def spread(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to those wanted, by the least squares, that keep the distances and the order."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    offsets, so_far = [], 0.0
    for number, place in enumerate(wanted):
        so_far += apart[number - 1] if number else 0
        offsets.append(so_far)
        mean, weight, count = place - so_far, weights[number], 1
        while pools and pools[-1][0] > mean:
            before, heavy, many = pools.pop()
            mean = (before * heavy + mean * weight) / (heavy + weight)
            weight, count = heavy + weight, many + count
        pools.append((mean, weight, count))
    flat = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(flat, offsets, strict=True)]
