"""What every store must do with what is derived from the log: timers, outbox, signs of life, search, erasure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain.entries import words
from crisisctl.domain.timers import Timer
from crisisctl.service.ports import Batch, Beat, Store

NOW = datetime(2026, 3, 28, 22, 0, 0, 123456, tzinfo=UTC)
Door = Callable[[], Store]


def _in(**span: float) -> datetime:
    return NOW + timedelta(**span)


@pytest.fixture
def timed(store: Store, rows: Any) -> Store:
    """Timers of two incidents, none in order."""
    five, ten = _in(minutes=5), _in(minutes=10)
    rows.append(
        store, rows.entry(1), armed=[rows.timer("b", due=ten), rows.timer("d", due=five), rows.timer("a", due=ten)]
    )
    rows.append(
        store, rows.entry(1, "INC-2"), armed=[rows.timer("c", "INC-2", due=five), rows.timer("e", "INC-2", due=NOW)]
    )
    return store


def _ids(timers: Sequence[Timer]) -> list[str]:
    return [timer.id for timer in timers]


def test_what_is_due_comes_the_earliest_first(timed: Store) -> None:
    with timed.reading() as log:
        assert _ids(log.due(_in(minutes=10), 50)) == ["e", "c", "d", "a", "b"]


def test_a_timer_is_due_at_its_very_instant(timed: Store) -> None:
    with timed.reading() as log:
        assert _ids(log.due(_in(minutes=5), 50)) == ["e", "c", "d"]
        assert _ids(log.due(_in(minutes=5) - timedelta(microseconds=1), 50)) == ["e"]
        assert log.due(NOW - timedelta(microseconds=1), 50) == []


def test_no_more_timers_come_than_asked_for(timed: Store) -> None:
    with timed.reading() as log:
        assert _ids(log.due(_in(days=1), 2)) == ["e", "c"]


def test_an_incident_has_its_own_timers(timed: Store, rows: Any) -> None:
    with timed.reading() as log:
        assert _ids(log.timers("INC-1")) == ["d", "a", "b"]
        assert log.timers("INC-2")[0] == rows.timer("e", "INC-2", due=NOW)
        assert log.timers("INC-3") == []


def test_the_next_timer_is_the_earliest_of_all(timed: Store, rows: Any) -> None:
    with timed.reading() as log:
        assert log.next_due() == NOW
    rows.append(timed, rows.entry(2, "INC-2"), disarmed=["e"])
    with timed.reading() as log:
        assert log.next_due() == _in(minutes=5)


def test_a_disarmed_timer_is_gone_and_an_unknown_one_is_no_error(timed: Store, rows: Any) -> None:
    rows.append(timed, rows.entry(2), disarmed=["d", "unknown"])
    with timed.reading() as log:
        assert _ids(log.timers("INC-1")) == ["a", "b"]
        assert _ids(log.timers("INC-2")) == ["e", "c"]


def test_a_timer_armed_again_moves(timed: Store, rows: Any) -> None:
    rows.append(timed, rows.entry(2), armed=[rows.timer("d", due=_in(hours=1))])
    with timed.reading() as log:
        assert _ids(log.timers("INC-1")) == ["a", "b", "d"]
        assert log.timers("INC-1")[-1].due == _in(hours=1)


def test_replaced_timers_leave_those_of_others_alone(timed: Store, rows: Any) -> None:
    with timed.writing() as ledger:
        ledger.replace_timers("INC-1", [rows.timer("z"), rows.timer("a", due=_in(minutes=1))])
    with timed.reading() as log:
        assert log.timers("INC-1") == [rows.timer("z"), rows.timer("a", due=_in(minutes=1))]
        assert _ids(log.timers("INC-2")) == ["e", "c"]
    with timed.writing() as ledger:
        ledger.replace_timers("INC-1", [])
    with timed.reading() as log:
        assert log.timers("INC-1") == []


@pytest.fixture
def posted(store: Store, rows: Any) -> Store:
    """Three notices in the outbox, of two incidents, ready from the first instant on."""
    rows.append(store, rows.entry(1), notices=[rows.notice("k1"), rows.notice("k2", person="lee", contact=1)])
    rows.append(store, rows.entry(1, "INC-2"), notices=[rows.notice("k3", "INC-2")])
    return store


def test_the_outbox_holds_the_oldest_first(posted: Store, rows: Any) -> None:
    with posted.reading() as log:
        assert rows.keys(log.outbox()) == ["k1", "k2", "k3"]
        assert log.outbox("INC-1")[1].notice == rows.notice("k2", person="lee", contact=1)
        assert (rows.keys(log.outbox("INC-2")), log.outbox("INC-3")) == (["k3"], [])


def test_a_new_notice_is_ready_when_its_entry_was_recorded_and_was_never_tried(posted: Store) -> None:
    with posted.reading() as log:
        assert {(row.attempts, row.ready_at) for row in log.outbox()} == {(0, NOW)}
        assert (log.ready(NOW - timedelta(microseconds=1)), log.ready(NOW)) == (False, True)


def test_a_settled_notice_is_gone(posted: Store, rows: Any) -> None:
    rows.append(posted, rows.entry(2), settled=["k1", "unknown"])
    with posted.reading() as log:
        assert rows.keys(log.outbox()) == ["k2", "k3"]


def test_a_notice_settled_in_its_own_batch_is_never_there(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), rows.entry(2), notices=[rows.notice("k1"), rows.notice("k2")], settled=["k1"])
    with store.reading() as log:
        assert rows.keys(log.outbox()) == ["k2"]


def test_nobody_else_gets_a_leased_notice_before_its_time(posted: Store, door: Door, rows: Any) -> None:
    until = _in(seconds=30)
    with posted.writing() as ledger:
        taken = ledger.lease(NOW, until, 2)
    assert [(row.notice.key, row.attempts, row.ready_at) for row in taken] == [("k1", 1, until), ("k3", 1, until)]
    other = door()
    with other.writing() as ledger:
        assert rows.keys(ledger.lease(NOW, until, 10)) == ["k2"]
        assert ledger.lease(until - timedelta(microseconds=1), _in(hours=1), 10) == []
    with other.writing() as ledger:
        again = ledger.lease(until, _in(hours=1), 10)
    assert sorted((row.notice.key, row.attempts) for row in again) == [("k1", 2), ("k2", 2), ("k3", 2)]


def test_a_first_attempt_comes_before_a_later_one_and_a_first_contact_before_a_second(store: Store, rows: Any) -> None:
    many = [rows.notice(f"bad-{n}", person="bad", contact=n) for n in range(4)]
    rows.append(store, rows.entry(1), notices=many)
    rows.append(store, rows.entry(1, "INC-2"), notices=[rows.notice("good", "INC-2", person="good")])
    with store.writing() as ledger:
        assert rows.keys(ledger.lease(NOW, _in(seconds=30), 3)) == ["bad-0", "good", "bad-1"]
        assert rows.keys(ledger.lease(_in(minutes=1), _in(minutes=2), 9)) == [
            "bad-2",
            "bad-3",
            "bad-0",
            "good",
            "bad-1",
        ]


@pytest.mark.parametrize("rests_until", [_in(hours=9), _in(minutes=11)])
def test_no_notice_rests_longer_than_it_may(posted: Store, rows: Any, rests_until: datetime) -> None:
    with posted.writing() as ledger:
        ledger.postpone("k1", rests_until)
        ledger.postpone("k2", _in(minutes=10))
        ledger.hurry(_in(minutes=10), NOW)
    with posted.reading() as log:
        assert {row.notice.key: row.ready_at for row in log.outbox()} == {"k1": NOW, "k2": _in(minutes=10), "k3": NOW}


def test_a_lease_that_was_rolled_back_is_no_attempt(posted: Store, rows: Any) -> None:
    with rows.failing(posted) as ledger:
        ledger.lease(NOW, _in(hours=1), 10)
    with posted.writing() as ledger:
        assert [row.attempts for row in ledger.lease(NOW, _in(seconds=30), 10)] == [1, 1, 1]


def test_of_its_like_the_notice_that_waits_longest_is_leased_first(posted: Store, rows: Any) -> None:
    with posted.writing() as ledger:
        ledger.postpone("k1", _in(seconds=20))
        ledger.postpone("k2", _in(seconds=10))
        assert rows.keys(ledger.lease(_in(minutes=1), _in(minutes=2), 3)) == ["k3", "k1", "k2"]


def test_a_postponed_notice_waits_and_keeps_its_attempts(posted: Store, rows: Any) -> None:
    with posted.writing() as ledger:
        ledger.lease(NOW, _in(seconds=30), 1)
        ledger.postpone("k1", _in(minutes=5))
        ledger.postpone("unknown", NOW)
    with posted.reading() as log:
        row = log.outbox()[0]
        assert (row.notice.key, row.attempts, row.ready_at) == ("k1", 1, _in(minutes=5))
    with posted.writing() as ledger:
        assert rows.keys(ledger.lease(_in(minutes=4), _in(minutes=6), 10)) == ["k3", "k2"]


@pytest.fixture
def delayed(store: Store, rows: Any) -> Store:
    """One notice that is ready at once, and one an hour later."""
    late = rows.notice("late", contact=1, not_before=_in(hours=1))
    rows.append(store, rows.entry(1), notices=[rows.notice("now"), late])
    return store


def test_a_notice_with_an_instant_comes_back_with_it_and_is_ready_then(delayed: Store, rows: Any) -> None:
    with delayed.reading() as log:
        assert [(row.notice.not_before, row.ready_at) for row in log.outbox()] == [
            (None, NOW),
            (_in(hours=1), _in(hours=1)),
        ]
    with delayed.writing() as ledger:
        assert rows.keys(ledger.lease(_in(hours=1, microseconds=-1), _in(hours=2), 9)) == ["now"]
        assert not ledger.ready(_in(hours=1, microseconds=-1))
        assert ledger.ready(_in(hours=1))
        (row,) = ledger.lease(_in(hours=1), _in(hours=2), 9)
        assert (row.notice, row.attempts) == (rows.notice("late", contact=1, not_before=_in(hours=1)), 1)


def test_an_instant_that_has_passed_when_it_is_written_holds_up_nothing(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1), notices=[rows.notice("k", not_before=_in(hours=-1))])
    with store.reading() as log:
        assert [(row.notice.not_before, row.ready_at) for row in log.outbox()] == [(_in(hours=-1), NOW)]


def test_no_hurry_makes_a_notice_ready_before_its_own_time(delayed: Store, rows: Any) -> None:
    with delayed.writing() as ledger:
        ledger.postpone("now", _in(hours=9))
        ledger.hurry(_in(minutes=10), NOW)
        assert {row.notice.key: row.ready_at for row in ledger.outbox()} == {"now": NOW, "late": _in(hours=1)}
        ledger.postpone("late", _in(hours=9))
        ledger.hurry(_in(minutes=10), NOW)
        assert {row.notice.key: row.ready_at for row in ledger.outbox()} == {"now": NOW, "late": _in(hours=1)}


def test_after_its_own_time_a_delayed_notice_is_hurried_like_any_other(delayed: Store, rows: Any) -> None:
    with delayed.writing() as ledger:
        ledger.postpone("late", _in(hours=9))
        ledger.hurry(_in(hours=2), _in(hours=1, minutes=50))
        assert {row.notice.key: row.ready_at for row in ledger.outbox()}["late"] == _in(hours=1, minutes=50)


def test_an_outbox_written_anew_keeps_the_instants(delayed: Store, door: Door, rows: Any) -> None:
    with delayed.writing() as ledger:
        waiting = [row.notice for row in ledger.outbox()]
        (head,) = ledger.heads()
        ledger.forget()
        ledger.append(Batch(head, "{}", (), notices=waiting))
    with door().reading() as log:
        assert [row.notice for row in log.outbox()] == waiting
        assert log.outbox()[0].ready_at < NOW
        assert log.outbox()[1].ready_at == _in(hours=1)


def test_nothing_is_ready_once_all_is_leased(posted: Store) -> None:
    with posted.writing() as ledger:
        ledger.lease(NOW, _in(seconds=30), 10)
    with posted.reading() as log:
        assert (log.ready(NOW), log.ready(_in(seconds=30))) == (False, True)


def test_a_watch_leaves_its_last_sign_of_life_only(store: Store, door: Door) -> None:
    beats = [Beat("a", NOW, 5.0), Beat("b", _in(seconds=5), 2.5), Beat("a", _in(seconds=10), 5.0)]
    for beat in beats:
        with store.writing() as ledger:
            ledger.beat(beat)
    with door().reading() as log:
        assert log.beats() == [beats[2], beats[1]]


def test_what_was_written_comes_back_the_newest_first_whichever_incident_it_is_of(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1))
    rows.append(store, rows.entry(1, "INC-2"))
    rows.append(store, rows.entry(2, words={}), rows.entry(3))
    with store.reading() as log:
        written = [(entry.incident, entry.version) for entry in log.written()]
        assert written == [("INC-1", 3), ("INC-2", 1), ("INC-1", 1)]
        assert [entry.word("text") for entry in log.written()] == ["a note"] * 3


@pytest.fixture
def redacted(store: Store, rows: Any) -> Store:
    """Two fields in the first entry, of which a redaction has erased one."""
    said = words({"text": "call +34 600 000 000", "source": "a reporter"}, lambda: b"s" * 32)
    rows.append(store, rows.entry(1, words=said), rows.entry(2))
    gone = rows.entry(3, type="entry.redacted", data={"version": 1, "fields": ["text"]})
    rows.append(store, gone, erased={1: ["text"]})
    return store


def test_an_erased_word_loses_value_and_salt_and_keeps_its_commitment(redacted: Store, rows: Any) -> None:
    said = words({"text": "call +34 600 000 000", "source": "a reporter"}, lambda: b"s" * 32)
    with redacted.reading() as log:
        entry, other = log.entry("INC-1", 1), log.entry("INC-1", 2)
    assert entry
    assert other
    assert entry.words == {"text": said["text"]._replace(salt=None, value=None), "source": said["source"]}
    assert entry.digest == rows.entry(1, words=said).digest
    assert other.word("text") == "a note"


def test_an_erased_word_is_gone_from_what_was_written(redacted: Store) -> None:
    with redacted.reading() as log:
        written = {entry.version: entry.word("text") for entry in log.written()}
    assert written[1] is None
    assert written[2] == "a note"


def test_erasing_goes_with_the_transaction(store: Store, rows: Any) -> None:
    rows.append(store, rows.entry(1))
    before = rows.everything(store)
    with rows.failing(store) as ledger:
        redaction = rows.entry(2, type="entry.redacted", data={"version": 1, "fields": ["text"]})
        ledger.append(rows.batch(redaction, erased={1: ["text"]}))
    assert rows.everything(store) == before


def test_signs_of_life_are_forgotten_by_name(store: Store, door: Door) -> None:
    with store.writing() as ledger:
        for name in ("a", "b", "c"):
            ledger.beat(Beat(name, NOW, 5.0))
    with store.writing() as ledger:
        ledger.forget_beats(["a", "nobody", "c"])
        ledger.forget_beats([])
    with door().reading() as log:
        assert log.beats() == [Beat("b", NOW, 5.0)]


def test_whoever_holds_the_store_sees_the_signs_of_life_that_are_left(store: Store) -> None:
    with store.writing() as ledger:
        ledger.beat(Beat("a", NOW, 5.0))
        ledger.beat(Beat("b", NOW, 5.0))
        ledger.forget_beats(["a"])
        assert [beat.watch for beat in ledger.beats()] == ["b"]


def test_a_reader_who_came_before_the_log_was_made_sees_it_once_it_is(door: Door, rows: Any) -> None:
    early, late = door(), door()
    with early.reading() as log:
        assert log.heads() == []
    rows.append(late, rows.entry(1), notices=[rows.notice("n")])
    with early.reading() as log:
        assert [row.notice.key for row in log.outbox()] == ["n"]
