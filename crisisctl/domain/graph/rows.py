"""Things in rows: in which order they cross least, and where each stands so that what is joined lies near.

The rows are those of a layered drawing. Within a row the order is kept once it is found; the places are the least sum
of squares that keeps the distances, which pooling neighbours finds exactly.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SWEEPS = 8
ROUNDS = 12


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
    """Two items in rows that follow each other, upper and lower, and the wire that joins them."""

    upper: Item
    lower: Item
    wire: int

    @property
    def weight(self) -> int:
        """How much it wants to be straight: most between bends."""
        return 1 + 3 * (self.upper.kind != "stage") + 3 * (self.lower.kind != "stage")


Rows = dict[int, list[Item]]


def ordered(rows: Rows, links: Sequence[Link], fixed: Collection[int] = ()) -> None:
    """Put each row that is not fixed in the order in which the links cross least, of those that a few sweeps find."""
    above, below = _neighbours(links)
    best, least = {row: list(items) for row, items in rows.items()}, _crossings(rows, links)
    for sweep in range(SWEEPS):
        if not least:
            break
        downward = sweep % 2 == 0
        for row in sorted(set(rows) - set(fixed), reverse=not downward):
            _sort(rows, row, above if downward else below)
        count = _crossings(rows, links)
        if count < least:
            best, least = {row: list(items) for row, items in rows.items()}, count
    rows.update(best)


def _neighbours(links: Iterable[Link]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    above: dict[Item, list[Item]] = {}
    below: dict[Item, list[Item]] = {}
    for link in links:
        above.setdefault(link.lower, []).append(link.upper)
        below.setdefault(link.upper, []).append(link.lower)
    return above, below


def _sort(rows: Rows, row: int, joined: Mapping[Item, list[Item]]) -> None:
    place = {item: number for items in rows.values() for number, item in enumerate(items)}

    def middle(item: Item) -> tuple[bool, float]:
        others = [place[other] for other in joined.get(item, ())]
        return item.kind != "head", sum(others) / len(others) if others else place[item]

    rows[row] = sorted(rows[row], key=middle)


def _crossings(rows: Rows, links: Sequence[Link]) -> int:
    place = {item: number for items in rows.values() for number, item in enumerate(items)}
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
    return [one.right + gap + other.left for one, other in zip(items, items[1:], strict=False)]


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
