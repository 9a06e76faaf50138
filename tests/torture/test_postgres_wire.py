"""The connection is cut at every message of a conversation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.cutting import COMMANDS, Bench, way_by
from tests.postgres import Place
from tests.wire import FROM, TO, Cut, Wire

if TYPE_CHECKING:
    from tests.conftest import Program


@pytest.fixture
def url(there: Place, wire: Wire) -> str:
    return way_by(wire, there)


@pytest.fixture
def bench(program: Program, wire: Wire, there: Place) -> Bench:
    return Bench(program, wire, there)


@pytest.mark.torture
@pytest.mark.parametrize("name", COMMANDS)
def test_cut_at_every_message_the_command_happens_once_or_not_at_all(
    bench: Bench, name: str, report: Callable[[str], None]
) -> None:
    messages = bench.messages(name)
    told: Counter[str] = Counter()
    for direction in (TO, FROM):
        for number in range(1, messages[direction] + 1):
            for keyed in (True, False):
                told[bench.cut(name, Cut(direction, number), keyed=keyed)] += 1
    for number in range(1, messages[TO] + 1):
        told[bench.cut(name, Cut(TO, number, late=0.3))] += 1
    report(f"{name}: {sum(messages.values())} messages, {dict(told)}")
    assert told["done"] > 0
    assert told["not"] > 0
    assert told["untold"] == 0


@pytest.mark.torture
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("late", [0.0, 0.3])
def test_when_nobody_can_tell_it_says_so_and_a_repeat_does_it_once(bench: Bench, name: str, late: float) -> None:
    bench.messages(name)
    for number in range(bench.saying(b"COMMIT"), bench.wire.counted[TO] + 1):
        assert bench.cut(name, Cut(TO, number, late=late), then_down=True) == "untold"
