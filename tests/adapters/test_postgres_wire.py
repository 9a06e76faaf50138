"""The connection is cut at any message: a command happens once or not at all, and what the program says is true."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.cutting import COMMANDS, NOTHING, Bench, around_the_end, spread, way_by
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


@pytest.mark.parametrize("name", COMMANDS)
def test_wherever_it_is_cut_the_command_happens_once_or_not_at_all(bench: Bench, name: str) -> None:
    messages = bench.messages(name)
    for direction in (TO, FROM):
        told = [bench.cut(name, Cut(direction, number)) for number in spread(messages[direction], 6)]
        assert set(told) <= {"done", "not"}  # the server is back at once, so it can always be told


@pytest.mark.parametrize("name", COMMANDS)
def test_a_lost_answer_to_the_commit_is_looked_up(bench: Bench, name: str) -> None:
    end = around_the_end(bench, name)
    told = Counter(bench.cut(name, Cut(TO, number), keyed=False) for number in end.to)
    told += Counter(bench.cut(name, Cut(FROM, number), keyed=False) for number in end.answers)
    assert told["done"] >= 3
    assert told["not"] >= 1
    assert told["untold"] == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commit_still_under_way_is_waited_for(bench: Bench, name: str) -> None:
    """The program sees the connection go before the server has seen any of the changes."""
    bench.messages(name, keyed=False)
    for number in (bench.saying(b"INSERT INTO entry"), bench.saying(b"COMMIT")):
        assert bench.cut(name, Cut(TO, number, late=0.7), keyed=False) == "done"


def test_when_nobody_can_tell_it_says_so_and_a_repeat_does_it_once(bench: Bench) -> None:
    bench.messages("note")
    assert bench.cut("note", Cut(TO, bench.saying(b"COMMIT"), late=0.2), then_down=True) == "untold"


def test_a_wire_cut_at_each_attempt_is_told_as_what_it_is(bench: Bench) -> None:
    last = bench.messages("note")[FROM]
    assert bench.cut("note", Cut(FROM, last, every=True), keyed=True) in ("done", "untold")
    assert bench.cut("note", Cut(FROM, 3, every=True), keyed=True) == "not"


def test_a_process_says_one_sentence_and_nothing_of_its_driver(bench: Bench) -> None:
    bench.messages("note", keyed=False)
    bench.wire.restore(Cut(TO, bench.saying(b"INSERT INTO entry")))
    ran = bench.program.process(*COMMANDS["note"])
    assert (ran.returncode, ran.stdout) == (7, "")
    assert ran.stderr.count("\n") == 1
    assert NOTHING in ran.stderr
    bench.wire.restore(Cut(FROM, bench.messages("note", keyed=False)[FROM]))
    ran = bench.program.process(*COMMANDS["note"])
    assert (ran.returncode, ran.stderr) == (0, "")
