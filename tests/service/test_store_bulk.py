"""What every store must do with a whole log at a time: hand it out, take it in, empty it, and close it for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain.entries import STORE, Source
from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.moving import moved, sealed, sentence
from crisisctl.domain.times import stamp
from crisisctl.service.ports import TABLES, Beat, Custody, Extent, Ledger, Store

NOW = datetime(2026, 3, 28, 22, 0, 0, 123456, tzinfo=UTC)
Door = Callable[[], Store]
# Each is a way to write, of which a log that was moved allows none.
WRITES: dict[str, Callable[[Ledger, Any], object]] = {
    "an entry": lambda ledger, rows: ledger.append(rows.batch(rows.entry(3))),
    "an incident": lambda ledger, rows: ledger.append(rows.batch(rows.entry(1, "INC-9"))),
    "a timer": lambda ledger, rows: ledger.replace_timers("INC-1", [rows.timer("late")]),
    "no timers": lambda ledger, _: ledger.replace_timers("INC-1", []),
    "a lease": lambda ledger, _: ledger.lease(NOW + timedelta(hours=1), NOW + timedelta(hours=2), 10),
    "a delay": lambda ledger, _: ledger.postpone("n", NOW + timedelta(hours=1)),
    "a hurry": lambda ledger, _: ledger.hurry(NOW - timedelta(days=1), NOW - timedelta(hours=1)),
    "a sign of life": lambda ledger, _: ledger.beat(Beat("w", NOW, 5.0)),
    "nothing derived": lambda ledger, _: ledger.forget(),
}


def filled(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2, request="r-1"), armed=[rows.timer("a")], notices=[rows.notice("n")])
    rows.append(
        store, rows.entry(1, "INC-2", text="\0 ü \\N \t\n 'x'", timer="t/1", role=None), snapshot='{"a": "\\N"}'
    )
    with store.writing() as ledger:
        ledger.lease(NOW, NOW + timedelta(seconds=30), 10)


def dumped(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.reading() as log:
        return {table: list(log.dump(table)) for table in TABLES}


def closed(store: Store, to: str = "sqlite:/else/where's.db") -> str:
    """Freeze a store; the sentence that it has from then on."""
    with store.alone() as custody:
        entry = sealed(moved(to, custody.tips()), Source("dana", "tester"), NOW, list(custody.entries(STORE)))
        custody.freeze(entry)
    return sentence(entry)


def test_an_empty_log_reaches_nowhere(store: Store) -> None:
    with store.reading() as log:
        assert log.extent() == Extent(0, 0, None, None)
        assert log.tips() == {}
    assert dumped(store) == {"entry": [], "head": [], "timer": [], "outbox": []}


def test_tips_and_extent_are_told_by_the_entries(store: Store, rows: Any) -> None:
    filled(store, rows)
    with store.reading() as log:
        assert log.tips() == {head.incident: (head.version, head.digest) for head in log.heads()}
        assert log.extent() == Extent(3, 2, stamp(NOW), stamp(NOW))
    with store.writing() as ledger:
        ledger.forget()
    with store.reading() as log:
        assert {id_: count for id_, (count, _) in log.tips().items()} == {"INC-1": 2, "INC-2": 1}


def test_what_is_handed_out_is_all_there_is_in_its_order(store: Store, rows: Any) -> None:
    filled(store, rows)
    rows.append(
        store,
        rows.entry(3),
        notices=[rows.notice("b", version=3), rows.notice("a", version=3)._replace(not_before=NOW)],
    )
    told = dumped(store)
    assert [(row[1], row[2]) for row in told["entry"]] == [("INC-1", 1), ("INC-1", 2), ("INC-2", 1), ("INC-1", 3)]
    positions = [row[0] for row in told["entry"]]
    assert positions == sorted(positions)
    assert [row[0] for row in told["head"]] == [1, 2]
    assert [row[0] for row in told["timer"]] == ["a"]
    assert [(row[0], row[5]) for row in told["outbox"]] == [("n", 1), ("b", 0), ("a", 0)]


def test_what_was_handed_out_can_be_taken_in_again_to_the_letter(store: Store, door: Door, rows: Any) -> None:
    filled(store, rows)
    before, seen = dumped(store), rows.everything(store)
    with store.alone() as custody:
        custody.clear()
        assert (custody.tips(), custody.heads(), custody.outbox()) == ({}, [], [])
        for table in TABLES:
            custody.load(table, iter(before[table]))
    assert dumped(door()) == before
    assert rows.everything(door()) == seen


def test_after_taking_in_the_log_goes_on_where_it_ended(store: Store, rows: Any) -> None:
    filled(store, rows)
    before = dumped(store)
    with store.alone() as custody:
        custody.clear()
        for table in TABLES:
            custody.load(table, [(row[0] + 40, *row[1:]) if table == "entry" else row for row in before[table]])
    rows.append(store, rows.entry(3))
    with store.writing() as ledger:
        assert ledger.next_incident() == "INC-3"
    last = dumped(store)["entry"][-1]
    assert (last[1], last[2]) == ("INC-1", 3)
    assert last[0] > before["entry"][-1][0] + 40


def test_a_copy_that_comes_to_nothing_leaves_what_was_there(store: Store, rows: Any) -> None:
    filled(store, rows)
    before = dumped(store)

    def half(custody: Custody) -> None:
        custody.clear()
        custody.load("entry", before["entry"][:1])
        raise RuntimeError

    with pytest.raises(RuntimeError), store.alone() as custody:
        half(custody)
    assert dumped(store) == before
    assert store.flaws() == []
    rows.append(store, rows.entry(3))


def test_the_guards_are_back_after_a_copy(store: Store, rows: Any) -> None:
    filled(store, rows)
    before = dumped(store)
    with store.alone() as custody:
        custody.clear()
        for table in TABLES:
            custody.load(table, before[table])
    assert store.flaws() == []


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_log_that_was_moved_takes_no_write(
    store: Store, door: Door, rows: Any, write: Callable[[Ledger, Any], object]
) -> None:
    filled(store, rows)
    said = closed(store)
    before = dumped(store)
    for again in (store, door()):
        with pytest.raises(StoreFailed, match="This log was moved") as refusal, again.writing() as ledger:
            write(ledger, rows)
        assert said in str(refusal.value)
        assert "to sqlite:/else/where's.db on 2026-03-28" in said
        assert refusal.value.code == 7
    assert dumped(store) == before


def test_a_log_that_was_moved_can_still_be_read_and_has_no_flaws(store: Store, door: Door, rows: Any) -> None:
    filled(store, rows)
    seen = rows.everything(store)
    closed(store)
    assert rows.everything(door()) == seen
    assert store.flaws() == []
    with store.writing() as ledger:
        assert ledger.next_incident() == "INC-3"


def test_the_entry_about_the_store_is_no_part_of_what_is_handed_out(store: Store, rows: Any) -> None:
    filled(store, rows)
    before = dumped(store)
    with store.reading() as log:
        ends = (log.tips(), log.extent())
    closed(store)
    assert dumped(store) == before
    with store.reading() as log:
        assert (log.tips(), log.extent()) == ends
        (entry,) = log.entries(STORE)
        assert (entry.version, entry.type, entry.actor, entry.words) == (1, "store.moved", "dana", {})
        assert entry.data["entries"] == 3
        assert entry.data["incidents"] == 2


def test_a_freezing_that_comes_to_nothing_leaves_the_log_in_use(store: Store, rows: Any) -> None:
    filled(store, rows)

    def nearly(custody: Custody) -> None:
        custody.freeze(sealed(moved("else", custody.tips()), Source("dana", "tester"), NOW, []))
        raise RuntimeError

    with pytest.raises(RuntimeError), store.alone() as custody:
        nearly(custody)
    rows.append(store, rows.entry(3))
    with store.reading() as log:
        assert list(log.entries(STORE)) == []


def test_each_store_says_how_to_get_there_and_what_it_is(store: Store, rows: Any) -> None:
    before = store.about()
    assert before["engine"]
    filled(store, rows)
    assert store.about()["schema"]
    assert store.address()
