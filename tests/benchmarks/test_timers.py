"""What a watch does every second, in a log with a million timers pending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.domain.times import stamp

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench, Long

pytestmark = pytest.mark.bench

PENDING = 1_000_000
DUE = 50


@pytest.fixture
def crowded(long: Callable[[int], Long]) -> Long:
    """A log with a million pending timers, of which fifty are due."""
    room = long(20)
    start = datetime.now(UTC)
    with room.office.whole.writing() as ledger:
        rows = (
            (f"INC-{n // 10}/timer/{n}", f"INC-{n // 10}", "task", stamp(start + timedelta(seconds=n - DUE)), "t/t")
            for n in range(PENDING)
        )
        ledger.db.executemany(  # type: ignore[attr-defined]
            "INSERT INTO timer (id, incident, kind, due, subject) VALUES (?, ?, ?, ?, ?)", rows
        )
    return room


def test_what_is_due_is_found_at_once_among_a_million_timers(
    bench: Bench, crowded: Long, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("pytest_benchmark")
    benchmark: Any = request.getfixturevalue("benchmark")
    now = datetime.now(UTC)
    with crowded.office.store.reading() as log:
        found = benchmark(lambda: (log.due(now, DUE), log.next_due()))
    assert len(found[0]) == DUE
    bench.at_most("the due among 1,000,000 pending timers", benchmark.stats.stats.median * 1000, 1, " ms")
