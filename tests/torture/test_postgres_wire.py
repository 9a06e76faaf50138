"""The connection is cut at every message of a conversation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.cutting import COMMANDS, Bench
from tests.wire import FROM, TO, Cut


@pytest.mark.torture
@pytest.mark.parametrize("name", COMMANDS)
def test_cut_at_every_message_the_command_happens_once_or_not_at_all(
    cutter: Bench, name: str, report: Callable[[str], None]
) -> None:
    messages = cutter.messages(name)
    told: Counter[str] = Counter()
    for direction in (TO, FROM):
        for number in range(1, messages[direction] + 1):
            for keyed in (True, False):
                told[cutter.cut(name, Cut(direction, number), keyed=keyed)] += 1
    for number in range(1, messages[TO] + 1):
        told[cutter.cut(name, Cut(TO, number, late=0.3))] += 1
    report(f"{name}: {sum(messages.values())} messages, {dict(told)}")
    assert told["done"] > 0
    assert told["not"] > 0
    assert told["untold"] == 0


@pytest.mark.torture
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("late", [0.0, 0.3])
def test_when_nobody_can_tell_it_says_so_and_a_repeat_does_it_once(cutter: Bench, name: str, late: float) -> None:
    cutter.messages(name)
    for number in range(cutter.saying(b"COMMIT"), cutter.wire.counted[TO] + 1):
        assert cutter.cut(name, Cut(TO, number, late=late), then_down=True) == "untold"
