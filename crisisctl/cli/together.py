"""Plays many scenarios at the same time, on every core, in copies of this process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crisisctl.adapters.posix import can_copy
from crisisctl.cli.playing import Script, play
from crisisctl.domain.scenario.outcome import Outcome

if TYPE_CHECKING:
    from crisisctl.bootstrap.rehearsal import Lender

ENOUGH = 40  # scenarios from which on it pays
CHUNK = 4  # so that Ctrl-C need not wait for long

_work: tuple[Lender, Sequence[Script]] | None = None  # what the copies inherit


def played(lender: Lender, scripts: Sequence[Script]) -> Iterator[Outcome]:
    """What comes of each, in their order. The first few are played here, so that the copies find everything read."""
    first = scripts if len(scripts) < ENOUGH or _cores() < 2 else scripts[:2]  # noqa: PLR2004 - two are company
    try:
        for script in first:
            yield play(lender, script)
    finally:
        lender.rest()
    if len(first) < len(scripts):
        yield from _divided(lender, scripts[len(first) :])


def _cores() -> int:
    """How many processors there are for us; one where this process cannot be copied."""
    if not can_copy():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _divided(lender: Lender, scripts: Sequence[Script]) -> Iterator[Outcome]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only many pay for it
    from multiprocessing import get_context  # noqa: PLC0415 - the same

    global _work  # noqa: PLW0603 - a copied process is handed what it works on in no other way
    _work = lender, scripts
    starts = range(0, len(scripts), CHUNK)
    pool = ProcessPoolExecutor(_cores(), get_context("fork"), _undisturbed)
    try:
        for chunk in pool.map(_chunk, starts):
            yield from chunk
    finally:
        pool.shutdown(cancel_futures=True)
        _work = None


def _undisturbed() -> None:
    """Ctrl-C is for the process that asked; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _chunk(start: int) -> list[Outcome]:
    assert _work  # noqa: S101 - set before this process was made
    lender, scripts = _work
    return [play(lender, script) for script in scripts[start : start + CHUNK]]
