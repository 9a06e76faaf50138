"""What every store must do with the log. A store joins by a branch in the fixtures `store` and `door`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain.errors import Conflict
from crisisctl.domain.times import stamp
from crisisctl.service.ports import Beat, Ledger, Store

NOW = datetime(2026, 3, 28, 22, 0, 0, 123456, tzinfo=UTC)
Door = Callable[[], Store]


def test_an_empty_store_knows_nothing(store: Store) -> None:
    with store.reading() as log:
        assert (log.head("INC-1"), log.snapshot("INC-1"), log.entry("INC-1", 1)) == (None, None, None)
        assert (log.by_request("r"), log.next_due(), log.ready(NOW)) == (None, None, False)
        assert (log.heads(), list(log.entries("INC-1")), log.timers("INC-1")) == ([], [], [])
        assert (log.due(NOW, 10), log.outbox(), log.beats(), list(log.written())) == ([], [], [], [])


def test_an_empty_store_has_no_flaws(store: Store) -> None:
    assert store.flaws() == []


def test_a_store_says_where_it_is(store: Store) -> None:
    assert store.place()


def test_an_entry_comes_back_as_it_was_written(store: Store, rows: Any) -> None:
    data = {"list": [1, None, True, "ü"], "deep": {"a": {"b": -5}}}
    first = rows.entry(1, text="\U0001f600 'quoted' \"twice\" \\ \n\t ü \u202e \0 end")
    second = rows.entry(
        2, data=data, words={}, role=None, timer="t/1", request="r-1", via="timer", type="x.y", login=""
    )
    rows.append(store, first, second)
    with store.reading() as log:
        assert [entry._replace(position=first.position) for entry in log.entries("INC-1")] == [first, second]
        assert log.entry("INC-1", 2) == list(log.entries("INC-1"))[1]


def test_instants_keep_their_microseconds(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1, occurred_at=NOW - timedelta(days=1, microseconds=1)))
    with store.reading() as log:
        entry = log.entry("INC-1", 1)
    assert entry
    assert (entry.recorded_at, entry.occurred_at) == (NOW, NOW - timedelta(days=1, microseconds=1))


def test_positions_rise_over_all_incidents(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2))
    rows.append(store, rows.entry(1, "INC-2"))
    rows.append(store, rows.entry(3))
    with store.reading() as log:
        one, two = list(log.entries("INC-1")), list(log.entries("INC-2"))
    in_time = [one[0].position, one[1].position, two[0].position, one[2].position]
    assert in_time == sorted(set(in_time))


def test_entries_can_be_read_from_a_version_on(store: Store, rows: Any) -> None:
    rows.append(store, *(rows.entry(version) for version in range(1, 6)))
    with store.reading() as log:
        assert [entry.version for entry in log.entries("INC-1", after=3)] == [4, 5]
        assert list(log.entries("INC-1", after=5)) == []
        assert list(log.entries("INC-2")) == []


def test_no_entry_lies_outside_the_versions(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1))
    with store.reading() as log:
        assert [log.entry("INC-1", version) for version in (-1, 0, 2)] == [None, None, None]


def test_a_writer_sees_what_it_wrote(store: Store, rows: Any) -> None:
    with store.writing() as ledger:
        ledger.append(rows.batch(rows.entry(1), armed=[rows.timer("a")], notices=[rows.notice("n")]))
        head = ledger.head("INC-1")
        assert head
        assert (head.version, len(ledger.timers("INC-1")), rows.keys(ledger.outbox())) == (1, 1, ["n"])
        assert [entry.word("text") for entry in ledger.written()] == ["a note"]


TAKEN: dict[str, dict[str, Any]] = {
    "version": {"version": 2},
    "first version": {"version": 1},
    "timer": {"version": 3, "timer": "t/1"},
    "request": {"version": 3, "request": "r-1"},
    "timer in another incident": {"version": 1, "incident": "INC-2", "timer": "t/1"},
    "request in another incident": {"version": 1, "incident": "INC-2", "request": "r-1"},
}


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN.keys())
def test_what_is_taken_is_a_conflict_and_leaves_nothing(store: Store, taken: dict[str, Any], rows: Any) -> None:
    rows.append(store, rows.entry(1, timer="t/1"), rows.entry(2, request="r-1"))
    before = rows.everything(store)
    entry = rows.entry(text="another", **taken)
    derived = {"armed": [rows.timer("late")], "notices": [rows.notice("late")]}
    with pytest.raises(Conflict), store.writing() as ledger:
        ledger.append(rows.batch(entry, **derived))
    assert rows.everything(store) == before


def test_a_conflict_in_the_last_entry_takes_the_first_ones_with_it(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1, request="r-1"))
    before = rows.everything(store)
    with pytest.raises(Conflict), store.writing() as ledger:
        ledger.append(rows.batch(rows.entry(2), rows.entry(3), rows.entry(4, request="r-1")))
    assert rows.everything(store) == before


def test_entries_without_timer_or_request_are_no_conflict(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2))
    rows.append(store, rows.entry(1, "INC-2"))
    with store.reading() as log:
        assert [head.version for head in log.heads()] == [2, 1]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, Conflict])
def test_whatever_goes_wrong_leaves_nothing(store: Store, error: type[BaseException], rows: Any) -> None:
    rows.append(store, rows.entry(1), armed=[rows.timer("a")], notices=[rows.notice("n")])
    before = rows.everything(store)

    def change(ledger: Ledger) -> None:
        ledger.append(rows.batch(rows.entry(2), armed=[rows.timer("b")], disarmed=["a"], settled=["n"]))
        ledger.append(rows.batch(rows.entry(1, "INC-2")))
        ledger.replace_timers("INC-1", [])
        ledger.lease(NOW, NOW + timedelta(seconds=30), 10)
        ledger.postpone("n", NOW + timedelta(hours=1))
        ledger.beat(Beat("w", NOW, 5.0))
        raise error

    with pytest.raises(error), store.writing() as ledger:
        change(ledger)
    assert rows.everything(store) == before


def test_after_a_failure_the_next_one_may_write(store: Store, door: Door, rows: Any) -> None:
    with pytest.raises(RuntimeError), store.writing():
        raise RuntimeError
    rows.append(door(), rows.entry(1))
    with store.reading() as log:
        assert log.head("INC-1") is not None


def test_what_was_committed_is_there_for_whoever_comes_later(store: Store, door: Door, rows: Any) -> None:
    rows.append(store, rows.entry(1), armed=[rows.timer("a")], notices=[rows.notice("n")])
    assert rows.everything(door()) == rows.everything(store)


def test_a_reader_sees_one_moment(store: Store, door: Door, rows: Any) -> None:
    rows.append(store, rows.entry(1), armed=[rows.timer("a")], notices=[rows.notice("n")])
    other = door()
    with store.reading() as log:
        first = (log.head("INC-1"), log.timers("INC-1"))
        rows.append(other, rows.entry(2), disarmed=["a"], settled=["n"])
        assert (log.head("INC-1"), log.timers("INC-1")) == first
        assert [entry.version for entry in log.entries("INC-1")] == [1]
        assert (rows.keys(log.outbox()), len(list(log.written()))) == (["n"], 1)
    with store.reading() as log:
        assert [entry.version for entry in log.entries("INC-1")] == [1, 2]


def test_a_reader_sees_nothing_that_is_not_committed(store: Store, door: Door, rows: Any) -> None:
    other = door()
    rows.append(store, rows.entry(1))
    with store.writing() as ledger:
        ledger.append(rows.batch(rows.entry(2)))
        with other.reading() as log:
            assert [entry.version for entry in log.entries("INC-1")] == [1]


def test_a_request_finds_the_entry_that_carries_it(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2, request="r-1"), rows.entry(3))
    with store.reading() as log:
        found = log.by_request("r-1")
        assert found
        assert (found.incident, found.version) == ("INC-1", 2)
        assert [log.by_request(other) for other in ("r-2", "", "R-1")] == [None, None, None]


def test_heads_are_in_the_order_of_their_numbers(store: Store, rows: Any) -> None:
    ids = [f"INC-{number}" for number in range(1, 12)]
    for id_ in ids:
        rows.append(store, rows.entry(1, id_))
    rows.append(store, rows.entry(2, "INC-3"))
    with store.reading() as log:
        assert [head.incident for head in log.heads()] == ids


def test_a_head_tells_the_newest_version(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), snapshot='{"at": 1}')
    last = rows.entry(2)
    newest = rows.head(
        last,
        playbook_digest="11",
        title="Other",
        severity="sev2",
        stages="a + b",
        closed_at=stamp(NOW + timedelta(hours=1)),
    )
    rows.append(store, last, head=newest, snapshot='{"at": 2}')
    with store.reading() as log:
        assert log.head("INC-1") == newest
        assert log.heads() == [newest]
        assert log.snapshot("INC-1") == '{"at": 2}'


def test_a_head_tells_who_may_see_it_and_follows_them(store: Store, door: Door, rows: Any) -> None:
    first, other = rows.entry(1), rows.entry(1, "INC-2")
    rows.append(store, first, head=rows.head(first, members="dana lee"))
    rows.append(store, other)
    with door().reading() as log:
        assert [head.members for head in log.heads()] == ["dana lee", None]
        assert log.head("INC-1") == rows.head(first, members="dana lee")
    for members in ("kim", "dana kim", None):
        with store.reading() as log:
            last = rows.entry(len(list(log.entries("INC-1"))) + 1)
        rows.append(store, last, head=rows.head(last, members=members))
        with door().reading() as log:
            head = log.head("INC-1")
            assert head
            assert head.members == members
            assert log.heads(everything=False)[0] == head


def test_a_drill_is_known_as_one(store: Store, rows: Any) -> None:
    first = rows.entry(1)
    rows.append(store, first, head=rows.head(first, drill=True))
    with store.reading() as log:
        head = log.head("INC-1")
    assert head
    assert head.drill is True


def test_closed_incidents_can_be_left_out(store: Store, rows: Any) -> None:
    for id_, closed in (("INC-1", stamp(NOW)), ("INC-2", None)):
        first = rows.entry(1, id_)
        rows.append(store, first, head=rows.head(first, closed_at=closed))
    with store.reading() as log:
        assert [head.incident for head in log.heads(everything=False)] == ["INC-2"]
        assert [head.incident for head in log.heads(everything=True)] == ["INC-1", "INC-2"]
    last = rows.entry(2)
    rows.append(store, last)  # opened again
    with store.reading() as log:
        assert [head.incident for head in log.heads(everything=False)] == ["INC-1", "INC-2"]


def test_incidents_are_numbered_in_turn(store: Store, door: Door, rows: Any) -> None:
    for number in range(1, 12):
        with store.writing() as ledger:
            id_ = ledger.next_incident()
            assert id_ == f"INC-{number}"
            ledger.append(rows.batch(rows.entry(1, id_)))
    with door().writing() as ledger:
        assert ledger.next_incident() == "INC-12"


def test_a_number_that_was_not_committed_is_given_again(store: Store) -> None:
    with store.writing() as ledger:
        assert ledger.next_incident() == "INC-1"
    with store.writing() as ledger:
        assert ledger.next_incident() == "INC-1"


def test_what_was_not_read_to_its_end_holds_up_nobody(store: Store, door: Door, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2), rows.entry(3))
    with store.reading() as log:
        begun = log.entries("INC-1")
        assert next(begun).version == 1
    rows.append(door(), rows.entry(4))
    rows.append(store, rows.entry(5))
    with store.writing() as ledger:
        half = ledger.entries("INC-1")
        assert next(half).version == 1
        ledger.append(rows.batch(rows.entry(6)))
    rows.append(door(), rows.entry(7))
    with store.reading() as log:
        assert [entry.version for entry in log.entries("INC-1")] == [1, 2, 3, 4, 5, 6, 7]
    del begun, half


def test_the_tip_is_what_the_head_says(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2))
    with store.reading() as log:
        head = log.head("INC-1")
        assert head
        assert log.tip("INC-1") == (head.digest, head.playbook_digest, head.members)
        assert log.tip("INC-2") is None


def test_a_head_that_is_gone_leaves_a_gap(store: Store, rows: Any) -> None:
    with store.reading() as log:
        assert log.gaps() == []
    for number in (1, 2, 5):
        rows.append(store, rows.entry(1, f"INC-{number}"))
    with store.reading() as log:
        assert log.gaps() == ["INC-3", "INC-4"]
