"""The watch: what is due fires once, whoever watches; what is wrong is repaired; and it says that it is alive."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import NotFound, Unverified
from crisisctl.service.ports import Beat, Store
from crisisctl.service.verify import verify
from crisisctl.service.watch import Round

Spoil = Callable[..., None]
CIRCLE = """
playbook: circle
title: Two stages that hand the incident to each other
severities: [sev1]
roles: {lead: {}}
initial: one
stages: {one: {escalation: there}, two: {escalation: back}, off: {final: true}}
transitions:
  - {trigger: go, from: one, to: two}
  - {trigger: return, from: two, to: one}
  - {trigger: stop, from: one, to: off}
escalations:
  there: {steps: [{after: 0m, advance: go}]}
  back: {steps: [{after: 0m, advance: return}]}
"""


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """One open incident, in each kind of store; dana leads, kim is the deputy, lee is counsel."""
    room = room_for(store)
    room.open(assign=(("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee")))
    return room


def _fired(room: Any, id_: str = "INC-1") -> list[tuple[str, float]]:
    opened = room.look(id_).opened_at
    kinds = ("escalation.fired", "escalation.skipped", "task.overdue", "statement.overdue", "escalation.stale")
    entries = [entry for entry in room.entries(id_) if entry.type in kinds]
    return [(entry.type.partition(".")[0], (entry.occurred_at - opened) / timedelta(minutes=1)) for entry in entries]


LADDER = [
    ("escalation", 0),
    ("escalation", 5),
    ("escalation", 15),
    ("task", 15),
    ("escalation", 35),
    ("escalation", 40),
    ("escalation", 50),
    ("statement", 60),
    ("escalation", 70),
    ("escalation", 75),
    ("escalation", 85),
]


@pytest.mark.parametrize("seconds", [1, 60, 601, 7200])
def test_each_step_fires_once_at_its_time_however_seldom_the_watch_looks(
    room: Any, watching: Callable[..., Any], seconds: int
) -> None:
    watch = watching(room)
    for _ in range(7200 // seconds + 1):
        watch.tick()
        room.clock.tick(seconds=seconds)
    assert _fired(room) == LADDER
    timers = [entry.timer for entry in room.entries() if entry.timer]
    assert len(timers) == len(set(timers))


def test_what_is_due_at_this_very_instant_fires(room: Any, watching: Callable[..., Any]) -> None:
    watch = watching(room)
    room.clock.tick(minutes=5, microseconds=-1)
    watch.tick()
    assert _fired(room) == LADDER[:1]
    room.clock.tick(microseconds=1)
    assert watch.tick() == Round(fired=1)
    assert _fired(room) == LADDER[:2]


def test_an_acknowledgement_that_went_stale_starts_the_ladder_again(room: Any, watching: Callable[..., Any]) -> None:
    watch = watching(room)
    watch.tick()
    room.clock.tick(minutes=1)
    room.ask(ask.Acknowledge(), "kim")
    room.clock.tick(minutes=9)
    room.ask(ask.AddNote("still at it"), "kim")  # who acts keeps it fresh
    for _ in range(50):
        room.clock.tick(minutes=1)
        watch.tick()
    assert [minute for what, minute in _fired(room) if what == "escalation"] == [0, 40, 40, 45, 55]
    assert room.types().count("escalation.stale") == 1


def test_a_timer_keeps_no_acknowledgement_fresh_whatever_the_person_is_called(
    room: Any, watching: Callable[..., Any]
) -> None:
    room.ask(ask.Acknowledge(), "crisisctl")
    watch = watching(room)
    for _ in range(31):
        watch.round()
        room.clock.tick(minutes=1)
    assert [minute for what, minute in _fired(room) if what == "escalation"] == [0, 30, 30]


def test_two_watches_share_the_work(room: Any, watching: Callable[..., Any], post: Any) -> None:
    watches = [watching(room, name="one"), watching(room, name="two")]
    for minute in range(121):
        watches[minute % 2].round()
        watches[1 - minute % 2].round()
        room.clock.tick(minutes=1)
    assert _fired(room) == LADDER
    keys = [message.key for message, _ in post.sent]
    assert len(keys) == len(set(keys)) == room.types().count("notice.sent")


def test_watches_in_step_fire_and_send_each_once(
    filed: Any, room_for: Callable[..., Any], watching: Callable[..., Any], post: Any
) -> None:
    for _ in range(11):
        filed.open()
    filed.clock.tick(hours=2)
    path = Path(filed.store.place())
    others = [room_for(Sqlite(path, posix.turnstile, posix.network_file_system)) for _ in range(4)]
    for other in others:
        other.clock = filed.clock
        other.desk._clock = filed.clock
    watches = [watching(other, name=f"watch {number}") for number, other in enumerate(others)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda watch: watch.round(), watches))
    for other in others:
        other.store.close()
    for number in range(1, 13):
        entries = filed.entries(f"INC-{number}")
        timers = [entry.timer for entry in entries if entry.timer]
        assert len(timers) == len(set(timers)) > 10
        assert [entry.type for entry in entries].count("notice.sent") == 1
    assert sum(one.sent for one in done) == len(post.sent) == 12
    assert len({message.key for message, _ in post.sent}) == 12
    assert verify(filed.store, None).flaws == []


def test_nothing_due_writes_nothing(room: Any, watching: Callable[..., Any]) -> None:
    watch = watching(room)
    watch.round()
    before = room.look()
    room.clock.tick(minutes=4)
    assert watch.round() == Round()
    assert room.look() == before


def test_an_empty_log_is_watched_in_peace(
    store: Store, room_for: Callable[..., Any], watching: Callable[..., Any]
) -> None:
    room = room_for(store)
    watch = watching(room)
    assert (watch.round(), watch.next_due()) == (Round(), None)


def test_it_knows_when_to_look_again(room: Any, watching: Callable[..., Any]) -> None:
    watch = watching(room)
    assert watch.next_due() is None  # the first step is due already
    watch.tick()
    assert watch.next_due() == room.look().opened_at + timedelta(minutes=5)


def test_a_closed_incident_is_left_alone(room: Any, watching: Callable[..., Any], tmp_path: Path) -> None:
    room.playbook = tmp_path / "circle.yaml"
    room.playbook.write_text(CIRCLE.replace("0m", "5m"))
    room.open()
    room.ask(ask.Advance("stop"), id_="INC-2")
    before = room.entries("INC-2")
    room.clock.tick(hours=5)
    watching(room).round()
    assert room.entries("INC-2") == before


def test_more_than_fifty_overdue_are_fired_in_one_round(room: Any, watching: Callable[..., Any]) -> None:
    for _ in range(59):
        room.open()
    room.clock.tick(hours=2)
    watching(room).tick()
    assert all(_fired(room, f"INC-{number}")[:1] for number in range(1, 61))


def test_stages_that_hand_it_to_each_other_do_not_stop_time(
    room: Any, watching: Callable[..., Any], tmp_path: Path
) -> None:
    room.playbook = tmp_path / "circle.yaml"
    room.playbook.write_text(CIRCLE)
    room.open()
    watching(room).tick()
    assert room.types("INC-2").count("escalation.fired") == 2
    blocked = room.entries("INC-2")[-1]
    assert (blocked.type, blocked.data["trigger"]) == ("escalation.blocked", "return")
    assert "one was entered at this very instant" in blocked.data["missing"][0]
    assert room.look("INC-2").stages == ("two",)


SPOILT = {
    "deleted": "DELETE FROM timer",
    "moved": "UPDATE timer SET due = '2099-01-01T00:00:00.000000Z'",
    "at no time": "UPDATE timer SET due = 'never'",
    "at no time at all": "UPDATE timer SET due = ''",
    "renamed": "UPDATE timer SET id = 'forged/' || id",
    "of another kind": "UPDATE timer SET kind = 'task', subject = 'x'",
    "of an unknown kind": "UPDATE timer SET kind = 'x'",
}


@pytest.mark.parametrize("statement", SPOILT.values(), ids=SPOILT.keys())
def test_timers_that_are_wrong_are_made_right_and_that_is_logged(
    filed: Any, spoil: Spoil, watching: Callable[..., Any], statement: str
) -> None:
    filed.desk.fire("INC-1")
    wrong = 3  # a step, the task and the statement
    filed.clock.tick(minutes=1)
    spoil(statement)
    assert watching(filed).tick().repaired >= wrong
    assert filed.types().count("timer.repaired") == wrong
    assert {entry.via for entry in filed.entries() if entry.type == "timer.repaired"} == {"watch"}
    assert verify(filed.store, None).flaws == []


def test_forged_timers_are_removed_and_that_is_logged(filed: Any, spoil: Spoil, watching: Callable[..., Any]) -> None:
    spoil(
        "INSERT INTO timer SELECT 'INC-1/forged', incident, kind, '2026-03-28T21:00:00.000000Z', subject"
        " FROM timer WHERE kind = 'task'"
    )
    watching(filed).tick()
    removed = [entry.data for entry in filed.entries() if entry.type == "timer.removed"]
    assert removed == [{"timer_id": "INC-1/forged"}]
    assert [entry.timer for entry in filed.entries() if entry.timer] == ["INC-1/detected#1/first-response/1.0.0"]
    assert verify(filed.store, None).flaws == []


def test_timers_of_no_incident_are_removed_and_hold_up_nobody(
    filed: Any, spoil: Spoil, watching: Callable[..., Any]
) -> None:
    watch = watching(filed)
    watch.tick()
    for number in range(60):  # more than are looked at in one go, and all before those of the incident
        spoil(
            f"INSERT INTO timer VALUES ('f{number}', 'INC-0', 'task', '2026-03-28T21:00:00.000000Z', 'x')"  # noqa: S608
        )
    filed.clock.tick(minutes=5)
    watch._reconciled = filed.clock.time  # not now
    with pytest.raises(NotFound):
        watch.tick()
    assert _fired(filed)[-1] == ("escalation", 5)
    filed.clock.tick(minutes=1)
    watch.tick()
    assert verify(filed.store, None).flaws == []


def test_it_compares_at_the_start_and_every_minute(filed: Any, spoil: Spoil, watching: Callable[..., Any]) -> None:
    watch = watching(filed)
    watch.tick()
    spoil("DELETE FROM timer")
    filed.clock.tick(seconds=59)
    assert watch.tick().repaired == 0
    filed.clock.tick(seconds=1)
    assert watch.tick().repaired == 3
    assert watch.tick().repaired == 0


def test_what_was_missed_for_want_of_its_row_fires_when_it_is_repaired(
    filed: Any, spoil: Spoil, watching: Callable[..., Any]
) -> None:
    spoil("DELETE FROM timer")
    filed.clock.tick(minutes=6)
    done = watching(filed).tick()
    assert (done.repaired, done.fired) == (3, 4)
    assert filed.types().count("timer.repaired") == 3


def test_an_incident_that_cannot_be_read_holds_up_no_other(
    filed: Any, spoil: Spoil, watching: Callable[..., Any]
) -> None:
    filed.open()
    spoil("UPDATE entry SET data = '[]' WHERE incident = 'INC-1'", "UPDATE head SET snapshot = ''")
    filed.desk._known.clear()
    with pytest.raises(Unverified, match="INC-1"):
        watching(filed).tick()
    assert _fired(filed, "INC-2") == LADDER[:1]


def test_a_timer_that_fired_already_is_no_second_entry(filed: Any, spoil: Spoil, watching: Callable[..., Any]) -> None:
    """Even if everything derived is set back, the log refuses the second firing, and the others go on."""
    with filed.store.reading() as log:
        old = log.snapshot("INC-1")
        head = log.head("INC-1")
    filed.desk.fire("INC-1")
    filed.open()
    spoil(
        f"UPDATE head SET version = {head.version}, digest = '{head.digest}' WHERE incident = 'INC-1'",  # noqa: S608
        "INSERT INTO timer SELECT 'INC-1/detected#1/first-response/1.0.0', incident, kind,"
        " '2026-03-28T22:00:00.000000Z', subject FROM timer WHERE incident = 'INC-1' AND kind = 'escalation'",
    )
    spoil("UPDATE head SET snapshot = ? WHERE incident = 'INC-1'", values=[old])
    filed.desk._known.clear()
    watch = watching(filed)
    watch._reconciled = filed.clock.time
    watch.tick()
    assert filed.types().count("escalation.fired") == 1
    assert _fired(filed, "INC-2") == LADDER[:1]


def _beats(room: Any) -> list[Beat]:
    with room.store.reading() as log:
        return log.beats()  # type: ignore[no-any-return]


def test_it_says_every_five_seconds_that_it_is_alive(room: Any, watching: Callable[..., Any]) -> None:
    watch = watching(room, name="here:7")
    start = room.clock.time
    watch.tick()
    assert _beats(room) == [Beat("here:7", start, 5.0)]
    for _ in range(4):
        room.clock.tick(seconds=1)
        watch.tick()
    assert _beats(room)[0].at == start
    room.clock.tick(seconds=1)
    watch.tick()
    assert _beats(room)[0].at == room.clock.time


def test_a_watch_from_cron_says_how_often_it_comes(room: Any, watching: Callable[..., Any]) -> None:
    watching(room).round()
    assert _beats(room)[0].every >= 60


def test_each_watch_says_so_for_itself(room: Any, watching: Callable[..., Any]) -> None:
    watching(room, name="one").tick()
    room.clock.tick(seconds=1)
    watching(room, name="two").tick()
    assert [beat.watch for beat in _beats(room)] == ["two", "one"]


def test_a_clock_that_went_back_silences_nothing(filed: Any, spoil: Spoil, watching: Callable[..., Any]) -> None:
    watch = watching(filed)
    watch.tick()
    now = filed.clock.tick(hours=-5)
    spoil("DELETE FROM timer")
    assert watch.tick().repaired == 3
    assert _beats(filed)[0].at == now


def test_a_watch_that_was_asked_to_stop_is_missed_by_nobody(room: Any, watching: Callable[..., Any]) -> None:
    one, two = watching(room, name="one"), watching(room, name="two")
    one.tick()
    two.tick()
    two.leave()
    assert [beat.watch for beat in _beats(room)] == ["one"]


def test_a_watch_that_has_been_silent_for_a_day_is_forgotten_by_another(
    room: Any, watching: Callable[..., Any]
) -> None:
    watching(room, name="killed").tick()
    room.clock.tick(days=1)
    watching(room, name="other").tick()
    assert [beat.watch for beat in _beats(room)] == ["other", "killed"]
    room.clock.tick(seconds=5)
    watching(room, name="third").tick()
    assert [beat.watch for beat in _beats(room)] == ["third", "other"]


def test_all_rounds_of_a_machines_cron_are_one_watch(room: Any, watching: Callable[..., Any]) -> None:
    for number in range(3):
        watching(room, name=f"here:{number}").round()
        room.clock.tick(minutes=1)
    assert [beat.watch for beat in _beats(room)] == ["here:cron"]
