"""Several attempts at the same time, each result handed over as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def soonest(work: Callable[[A], B], orders: Sequence[A]) -> Iterator[B]:
    """Every result in the order in which they come; all is begun at once, and whoever hangs holds up nobody else."""
    pool = ThreadPoolExecutor(max(1, len(orders)))
    try:
        for done in as_completed([pool.submit(work, order) for order in orders]):
            yield done.result()
    finally:
        pool.shutdown(wait=False)
