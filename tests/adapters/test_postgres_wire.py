"""The connection is cut at any message: a command happens once or not at all, and what the program says is true."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.cutting import COMMANDS, NOTHING, Bench, around_the_end, spread
from tests.wire import FROM, TO, Cut


@pytest.mark.parametrize("name", COMMANDS)
def test_wherever_it_is_cut_the_command_happens_once_or_not_at_all(cutter: Bench, name: str) -> None:
    messages = cutter.messages(name)
    for direction in (TO, FROM):
        told = [cutter.cut(name, Cut(direction, number)) for number in spread(messages[direction], 6)]
        assert set(told) <= {"done", "not"}  # the server is back at once, so it can always be told


@pytest.mark.parametrize("name", COMMANDS)
def test_a_lost_answer_to_the_commit_is_looked_up(cutter: Bench, name: str) -> None:
    end = around_the_end(cutter, name)
    told = Counter(cutter.cut(name, Cut(TO, number), keyed=False) for number in end.to)
    told += Counter(cutter.cut(name, Cut(FROM, number), keyed=False) for number in end.answers)
    assert told["done"] >= 3
    assert told["not"] >= 1
    assert told["untold"] == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commit_still_under_way_is_waited_for(cutter: Bench, name: str) -> None:
    """The program sees the connection go before the server has seen any of the changes."""
    cutter.messages(name, keyed=False)
    for number in (cutter.saying(b"INSERT INTO entry"), cutter.saying(b"COMMIT")):
        assert cutter.cut(name, Cut(TO, number, late=0.7), keyed=False) == "done"


def test_when_nobody_can_tell_it_says_so_and_a_repeat_does_it_once(cutter: Bench) -> None:
    cutter.messages("note")
    assert cutter.cut("note", Cut(TO, cutter.saying(b"COMMIT"), late=0.2), then_down=True) == "untold"


def test_a_wire_cut_at_each_attempt_is_told_as_what_it_is(cutter: Bench) -> None:
    last = cutter.messages("note")[FROM]
    assert cutter.cut("note", Cut(FROM, last, every=True), keyed=True) in ("done", "untold")
    assert cutter.cut("note", Cut(FROM, 3, every=True), keyed=True) == "not"


def test_a_process_says_one_sentence_and_nothing_of_its_driver(cutter: Bench) -> None:
    cutter.messages("note", keyed=False)
    cutter.wire.restore(Cut(TO, cutter.saying(b"INSERT INTO entry")))
    ran = cutter.program.process(*COMMANDS["note"])
    assert (ran.returncode, ran.stdout) == (7, "")
    assert ran.stderr.count("\n") == 1
    assert NOTHING in ran.stderr
    cutter.wire.restore(Cut(FROM, cutter.messages("note", keyed=False)[FROM]))
    ran = cutter.program.process(*COMMANDS["note"])
    assert (ran.returncode, ran.stderr) == (0, "")
