"""What a watch counts of itself, and what the store says of the room."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisisctl.domain.errors import CrisisError, StoreFailed
from crisisctl.service.caller import Caller
from crisisctl.service.ports import Beat, DeliveryFailed
from crisisctl.service.tally import LATENESS, Tally
from crisisctl.service.vitals import Look, Vitals, ailing, effective, vitals
from crisisctl.service.watch import Watch


class Seconds:
    """A clock of spans that goes when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def tally(seconds: Seconds) -> Tally:
    return Tally(seconds)


@pytest.fixture
def counted(room: Any, post: Any, console: Any, tally: Tally) -> Watch:
    """A watch of one open incident whose lead is dana."""
    room.directory.addresses = ("post:box",)
    room.open(assign=(("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee")))
    return Watch(room.desk, room.directory, {"console": console, "*": post}, "here:1", tally=tally)


@pytest.fixture
def look(room: Any, seconds: Seconds) -> Look:
    return Look(room.store, room.clock, seconds)


def _well(tally: Tally) -> None:
    for kind in ("tick", "send"):
        with tally.round(kind):
            pass


def test_what_is_fired_and_sent_is_counted(room: Any, counted: Watch, tally: Tally) -> None:
    room.clock.tick(minutes=1)
    assert (counted.tick().fired, counted.send().sent) == (1, 1)
    figures = tally.figures()
    assert figures.counts == {"fired": 1, "sent": 1, "repaired": 0}
    assert figures.rounds == {"tick": 1, "send": 1}
    assert figures.errors == {"tick": 0, "send": 0}


def test_lateness_is_the_actual_instant_minus_the_true_one(room: Any, counted: Watch, tally: Tally) -> None:
    room.clock.tick(minutes=5, seconds=40)
    counted.tick()
    late = dict(zip((*LATENESS, "more"), tally.figures().late, strict=True))
    assert late == dict.fromkeys(LATENESS, 0) | {"more": 1, 60.0: 1}, "one by 5:40, one by 0:40"
    assert tally.figures().lateness == 380


def test_a_step_that_moves_the_incident_counts_as_one_timer(room: Any, counted: Watch, tally: Tally) -> None:
    room.clock.tick(minutes=15)
    made = counted.tick().fired
    entries = [entry for entry in room.entries() if entry.via == "timer"]
    assert made == len(entries) > tally.figures().counts["fired"] == len({e.timer for e in entries if e.timer})


@pytest.mark.parametrize(("span", "bucket"), [(0.0, 0), (0.1, 0), (0.11, 1), (0.5, 1), (300, 6), (300.5, 7), (-2, 0)])
def test_a_bound_belongs_to_its_own_bucket(room: Any, counted: Watch, span: float, bucket: int) -> None:
    room.clock.tick(minutes=1)
    counted.tick()
    [entry] = [entry for entry in room.entries() if entry.timer]
    tally = Tally(lambda: 0.0)
    tally.fired([entry._replace(recorded_at=entry.occurred_at + timedelta(seconds=span))])
    assert [number for number, count in enumerate(tally.figures().late) if count] == [bucket]
    assert tally.figures().lateness == max(span, 0)


def test_attempts_that_fail_and_notices_that_nobody_needs_are_counted(
    room: Any, counted: Watch, tally: Tally, post: Any
) -> None:
    post.trouble["post:box"] = DeliveryFailed("nobody there")
    room.clock.tick(minutes=1)
    counted.tick()
    counted.send()
    room.clock.tick(seconds=6)
    post.trouble["post:box"] = DeliveryFailed("no such box", permanent=True)
    counted.send()
    assert tally.figures().counts["failed"] == 2


def test_a_round_that_fails_counts_as_one_and_as_an_error(tally: Tally) -> None:
    def broken() -> None:
        with tally.round("tick"):
            raise StoreFailed("gone")

    with pytest.raises(StoreFailed):
        broken()
    figures = tally.figures()
    assert (figures.rounds["tick"], figures.errors["tick"]) == (1, 1)
    assert figures.trouble == {"tick": "StoreFailed", "send": ""}


def test_what_was_done_beside_trouble_is_counted_all_the_same(
    filed: Any, spoil: Callable[..., None], post: Any, tally: Tally
) -> None:
    filed.open()
    spoil(
        "UPDATE entry SET data = '[]' WHERE incident = 'INC-1'",
        "UPDATE head SET snapshot = '' WHERE incident = 'INC-1'",
    )
    filed.desk._known.clear()
    watch = Watch(filed.desk, filed.directory, {"console": post, "*": post}, "here:1", tally=tally)
    with pytest.raises(CrisisError):
        watch.tick()
    figures = tally.figures()
    assert figures.counts["fired"] == 1, "that of the second incident"
    assert (figures.errors["tick"], figures.age["tick"]) == (1, None)


def test_before_its_first_good_round_a_watch_is_unwell(tally: Tally) -> None:
    assert tally.figures().unwell() == "no round has gone well yet"
    _well(tally)
    assert tally.figures().unwell() is None


def test_a_stuck_tick_is_noticed_after_ten_seconds(tally: Tally, seconds: Seconds) -> None:
    _well(tally)
    seconds.now += 10
    assert tally.figures().unwell() is None
    seconds.now += 0.5
    assert tally.figures().unwell() == "no round of firing has gone well for 10 seconds"


def test_sending_may_take_its_minutes_but_not_for_ever(tally: Tally, seconds: Seconds) -> None:
    for _ in range(31):
        seconds.now += 10
        with tally.round("tick"):
            pass
    assert tally.figures().unwell() == "no round of sending has gone well for 310 seconds"


def test_the_reason_names_the_kind_of_the_trouble_and_nothing_that_it_says(tally: Tally) -> None:
    with pytest.raises(StoreFailed), tally.round("tick"):
        raise StoreFailed("the secret of INC-7")
    told = tally.figures().unwell()
    assert told == "no round has gone well yet (StoreFailed; the watch has said more on standard error)"


def test_many_threads_lose_no_count(tally: Tally) -> None:
    def count() -> None:
        for _ in range(500):
            tally.add("sent")
            _well(tally)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tally.figures().counts["sent"], tally.figures().rounds["tick"]) == (2000, 2000)


def test_the_room_is_told_from_the_store(room: Any, counted: Watch) -> None:
    room.open(drill=True)
    room.clock.tick(minutes=6)
    with room.store.reading() as log:
        before = vitals(log, room.desk.now())
    assert (before.overdue, before.late, before.watches) == (2, 360, 0), "the next step of each ladder"
    assert (before.incidents, before.drills) == (1, 1)
    counted.tick()
    with room.store.reading() as log:
        after = vitals(log, room.desk.now())
    assert after == Vitals(waiting=len(log.outbox()), overdue=0, late=0.0, watches=1, incidents=1, drills=1)
    assert after.waiting > 0


def test_a_dead_watch_is_not_counted_as_alive(room: Any) -> None:
    with room.store.writing() as ledger:
        ledger.beat(Beat("old", room.clock.time - timedelta(seconds=16), 5.0))
        ledger.beat(Beat("young", room.clock.time - timedelta(seconds=15), 5.0))
    with room.store.reading() as log:
        assert vitals(log, room.clock.time).watches == 1


def test_however_many_ask_the_store_is_read_once_a_second(room: Any, look: Look, seconds: Seconds) -> None:
    first = look.vitals()
    room.open()
    assert look.vitals() is first
    seconds.now += 1.5
    assert look.vitals().incidents == 1


def test_what_was_read_once_does_not_hide_a_store_that_is_gone(filed: Any, seconds: Seconds, tally: Tally) -> None:
    look = Look(filed.store, filed.clock, seconds)
    _well(tally)
    assert ailing(tally, look) is None
    filed.store.close()
    Path(filed.store.place()).unlink()
    seconds.now += 2
    _well(tally)
    assert ailing(tally, look) == "the store does not answer (StoreFailed)"
    assert not effective(tally, look)


def test_a_store_that_hangs_is_one_that_does_not_answer(room: Any, seconds: Seconds, tally: Tally) -> None:
    look = Look(room.store, room.clock, seconds, patience=0.05)
    _well(tally)
    with look._lock:
        assert ailing(tally, look) == "the store does not answer (StoreFailed)"


class Outside:
    """Somebody who is called, and what was complained of."""

    def __init__(self) -> None:
        self.calls = 0
        self.trouble: str | None = None
        self.heard: list[str] = []

    def call(self) -> str | None:
        self.calls += 1
        return self.trouble


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def caller(outside: Outside, tally: Tally, look: Look, seconds: Seconds) -> Caller:
    return Caller(outside.call, timedelta(minutes=1), tally, look, seconds, outside.heard.append)


def test_nobody_is_called_before_a_round_went_well(caller: Caller, outside: Outside, tally: Tally) -> None:
    caller.turn()
    assert outside.calls == 0
    _well(tally)
    caller.turn()
    assert outside.calls == 1


def test_there_is_one_call_a_period(caller: Caller, outside: Outside, tally: Tally, seconds: Seconds) -> None:
    for _ in range(181):
        _well(tally)
        caller.turn()
        seconds.now += 1
    assert outside.calls == 4
    assert tally.figures().counts["called"] == 4


def test_a_failing_call_is_said_once_and_counted_each_time(
    caller: Caller, outside: Outside, tally: Tally, seconds: Seconds
) -> None:
    outside.trouble = "example.com answered 500."
    for _ in range(3):
        _well(tally)
        caller.turn()
        seconds.now += 60
    told = "The watch goes on, and tries again every 60s."
    assert outside.heard == [f"The dead man's address was not reached: example.com answered 500. {told}"]
    assert (tally.figures().counts["called"], tally.figures().counts["unheard"]) == (3, 3)
    outside.trouble = None
    _well(tally)
    caller.turn()
    assert outside.heard[1:] == ["The dead man's address is reached again."]


def test_a_watch_whose_last_round_failed_calls_nobody(
    caller: Caller, outside: Outside, tally: Tally, seconds: Seconds
) -> None:
    _well(tally)
    with pytest.raises(StoreFailed), tally.round("send"):
        raise StoreFailed("full")
    caller.turn()
    assert outside.calls == 0


def test_a_watch_that_leaves_timers_undone_calls_nobody(
    room: Any, caller: Caller, outside: Outside, tally: Tally, seconds: Seconds
) -> None:
    room.open()
    room.clock.tick(seconds=31)
    _well(tally)
    caller.turn()
    assert outside.calls == 0
    room.clock.tick(seconds=-1)
    seconds.now += 2
    caller.turn()
    assert outside.calls == 1, "half a minute is none too much for a busy machine"
