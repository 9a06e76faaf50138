"""The one path of every command: what it fires first, what it refuses, and what a repeat does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.memory import Memory
from crisisctl.adapters.system import SystemChance
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Conflict, CrisisError, Refused
from crisisctl.domain.evolve import replay
from crisisctl.service.desk import MOST_AT_ONCE, Asked, Desk, Outcome
from crisisctl.service.ports import Store

ASKED = Asked(Source("dana", "tester"))
BUSY = """
playbook: busy
title: A ladder with many rungs
severities: [sev1]
roles: {lead: {}}
initial: on
stages: {on: {escalation: often}, off: {final: true}}
transitions: [{trigger: stop, from: on, to: off}]
escalations: {often: {repeat: {times: 100, every: 1m}, steps: [{after: 0m, notify: [lead]}]}}
"""


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """One open incident, in each kind of store."""
    room = room_for(store)
    room.open()
    return room


@pytest.fixture
def busy(room: Any, tmp_path: Path) -> Any:
    """A second incident, in which a timer falls due every minute, 101 times."""
    room.playbook = tmp_path / "busy.yaml"
    room.playbook.write_text(BUSY)
    room.open()
    return room


def _new_desk(room: Any) -> Desk:
    """A desk that remembers nothing, as the next process has it."""
    return Desk(room.store, room.clock, SystemChance(), room.directory)


def _due(outcome: Outcome, opened: datetime) -> list[tuple[str, float]]:
    return [(entry.type, (entry.occurred_at - opened) / timedelta(minutes=1)) for entry in outcome.fired]


WRONG: dict[str, tuple[Any, dict[str, Any]]] = {
    "an unknown move": (ask.Advance("fly"), {}),
    "a move that leads nowhere from here": (ask.Advance("close"), {}),
    "a move that lacks its reason": (ask.Advance("activate"), {}),
    "a role that is not its own": (ask.Advance("activate", "now"), {"role": "legal"}),
    "an unknown role": (ask.Assign("pilot", "lee"), {}),
    "an unknown task": (ask.ChangeTask("fly", "done"), {}),
    "an empty note": (ask.AddNote("  "), {}),
    "a hidden character": (ask.AddNote("a\u202eb"), {}),
    "a value of another type": (ask.SetFact("affected_accounts", "many"), {}),
    "a snooze without end": (ask.Snooze(timedelta(0), "later"), {}),
    "an approval of nothing": (ask.Approve("holding"), {}),
    "a redaction of nothing": (ask.Redact(99, (), "why"), {}),
    "another version": (ask.AddNote("a note"), {"expect": 2}),
    "a future time": (ask.AddNote("a note"), {"at": datetime.fromisoformat("2027-01-01T00:00:00Z")}),
    "a time before the opening": (ask.Acknowledge(), {"at": datetime.fromisoformat("2025-01-01T00:00:00Z")}),
}


@pytest.mark.parametrize("late", [0, 180])
@pytest.mark.parametrize(("command", "how"), WRONG.values(), ids=WRONG.keys())
def test_a_refusal_writes_nothing(room: Any, rows: Any, command: Any, how: dict[str, Any], late: int) -> None:
    room.clock.tick(minutes=late)
    before = rows.everything(room.store)
    with pytest.raises(CrisisError):
        room.ask(command, **how)
    assert rows.everything(room.store) == before


def test_after_a_refusal_nothing_is_remembered_of_it(room: Any) -> None:
    room.clock.tick(hours=3)
    with pytest.raises(Refused):
        room.ask(ask.Advance("close"))
    assert room.look().version == 3
    room.ask(ask.AddNote("a note"))
    assert room.look() == replay(room.entries())


def test_what_is_overdue_fires_first_and_in_the_order_of_its_due_times(room: Any) -> None:
    opened = room.look().opened_at
    room.clock.tick(minutes=36)
    outcome = room.ask(ask.AddNote("who is there?"))
    assert [entry.type for entry in outcome.entries] == ["note.added"]
    assert _due(outcome, opened) == [
        ("escalation.fired", 0),
        ("escalation.skipped", 5),  # no deputy
        ("escalation.fired", 5),  # pulled forward
        ("escalation.blocked", 5),
        ("task.overdue", 15),
        ("escalation.fired", 35),
    ]
    assert room.types()[3:] == [entry.type for entry in (*outcome.fired, *outcome.entries)]


def test_what_fires_late_has_its_true_due_time_and_the_actual_one(room: Any) -> None:
    now = room.clock.tick(hours=2)
    fired = room.ask(ask.AddNote("late")).fired
    assert {entry.recorded_at for entry in fired} == {now}
    assert all(entry.data["due"] for entry in fired if entry.type == "escalation.fired")
    assert len({entry.timer for entry in fired if entry.timer}) == sum(entry.timer is not None for entry in fired)
    assert {(entry.actor, entry.via) for entry in fired} == {("crisisctl", "timer")}


def test_the_story_is_the_same_with_and_without_a_watch(room: Any, room_for: Callable[..., Any]) -> None:
    other = room_for(Memory())
    other.open()
    for _ in range(100):
        room.clock.tick(minutes=1)
        room.desk.fire("INC-1")
    other.clock.tick(minutes=100)
    other.ask(ask.AddNote("what happened?"))
    room.ask(ask.AddNote("what happened?"))
    assert _story(room) == _story(other)


def _story(room: Any) -> list[Any]:
    """All but when it was recorded and who was told in one go."""
    told = []
    for entry in room.entries():
        data = {key: value for key, value in entry.data.items() if key != "notices"}
        told.append((entry.type, entry.occurred_at, entry.timer, data))
    return told


def test_a_timer_that_the_command_disarms_has_fired_if_it_was_overdue(room: Any) -> None:
    room.clock.tick(minutes=6)
    room.ask(ask.Acknowledge())
    assert room.types()[3:6] == ["escalation.fired", "escalation.skipped", "escalation.fired"]
    assert room.types()[-1] == "escalation.acknowledged"


def test_no_more_than_fifty_fire_in_one_transaction(busy: Any) -> None:
    busy.clock.tick(hours=3)
    assert [len(busy.desk.fire("INC-2").entries) for _ in range(4)] == [50, 50, 1, 0]


def test_a_command_waits_for_all_that_is_overdue_however_much_it_is(busy: Any) -> None:
    busy.clock.tick(hours=3)
    before = len(busy.entries("INC-2"))
    outcome = busy.ask(ask.AddNote("what a night"), id_="INC-2", expect=before)
    assert len(outcome.fired) == 101 > 2 * MOST_AT_ONCE
    due = [entry.occurred_at for entry in outcome.fired]
    assert due == sorted(due)
    assert outcome.entries[0].version == before + 102


def test_a_refusal_after_many_overdue_leaves_no_trace_of_the_command(busy: Any) -> None:
    busy.clock.tick(hours=3)
    with pytest.raises(Refused):
        busy.ask(ask.AddNote(""), id_="INC-2")
    assert set(busy.types("INC-2")[3:]) <= {"escalation.fired"}
    assert busy.look("INC-2") == replay(busy.entries("INC-2"))


def test_a_request_that_is_repeated_does_nothing(room: Any, rows: Any) -> None:
    room.ask(ask.ChangeTask("pause-posts", "done"))
    first = room.ask(ask.Advance("activate", "confirmed"), request="r-1")
    assert len(first.entries) == 7
    room.clock.tick(minutes=1)
    room.ask(ask.AddNote("and so on"))
    before = rows.everything(room.store)
    for desk in (room.desk, _new_desk(room)):
        again = desk.handle("INC-1", ask.Advance("activate", "confirmed"), ASKED._replace(request="r-1"))
        assert (first.repeated, again.repeated) == (False, True)
        assert [entry.digest for entry in again.entries] == [entry.digest for entry in first.entries]
        assert again.incident == room.look()
    assert rows.everything(room.store) == before


def test_a_repeat_needs_neither_the_version_nor_what_allowed_it(room: Any, rows: Any) -> None:
    room.ask(ask.ChangeTask("pause-posts", "done"), request="r-1", expect=3)
    before = rows.everything(room.store)
    assert room.ask(ask.ChangeTask("pause-posts", "done"), request="r-1", expect=3).repeated
    assert rows.everything(room.store) == before
    with pytest.raises(Conflict):
        room.ask(ask.ChangeTask("pause-posts", "done"), request="r-2", expect=3)


def test_a_repeat_fires_nothing_either(room: Any, rows: Any) -> None:
    room.ask(ask.AddNote("a note"), request="r-1")
    room.clock.tick(hours=3)
    before = rows.everything(room.store)
    assert room.ask(ask.AddNote("a note"), request="r-1").fired == ()
    assert rows.everything(room.store) == before


OTHERS = {
    "another kind": (ask.AddNote("a note"), "INC-1"),
    "another move": (ask.Advance("notify", "confirmed"), "INC-1"),
    "another incident": (ask.Advance("activate", "confirmed"), "INC-2"),
    "a redaction": (ask.Redact(1, (), "a name"), "INC-1"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_a_request_key_of_another_command_is_a_conflict(room: Any, rows: Any, other: tuple[Any, str]) -> None:
    room.open()
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.Advance("activate", "confirmed"), request="r-1")
    before = rows.everything(room.store)
    command, id_ = other
    said = r"That request key stands for something else \(incident.advanced by dana in INC-1, version \d+\)"
    with pytest.raises(Conflict, match=said):
        room.ask(command, id_=id_, request="r-1")
    with pytest.raises(Conflict, match=said):
        room.open(request="r-1")
    assert rows.everything(room.store) == before


def test_the_request_is_on_the_commands_own_first_entry(room: Any) -> None:
    room.clock.tick(minutes=6)
    outcome = room.ask(ask.Assign("legal", "lee"), request="r-1")
    assert outcome.fired
    assert [entry.request for entry in (*outcome.fired, *outcome.entries)] == [None] * len(outcome.fired) + ["r-1"]
    again = room.ask(ask.Assign("legal", "lee"), request="r-1")
    assert [entry.digest for entry in again.entries] == [entry.digest for entry in outcome.entries]


def test_a_refused_request_can_be_asked_again(room: Any) -> None:
    with pytest.raises(Refused):
        room.ask(ask.Advance("activate", "now"), request="r-1")
    room.ask(ask.ChangeTask("pause-posts", "done"))
    assert not room.ask(ask.Advance("activate", "now"), request="r-1").repeated


def test_opening_twice_with_one_request_opens_once(room: Any) -> None:
    one = room.open(request="r-1", title="Twice")
    two = room.open(request="r-1", title="Twice")
    assert (one.id, two.id, two) == ("INC-2", "INC-2", one)
    with room.store.reading() as log:
        assert [head.incident for head in log.heads()] == ["INC-1", "INC-2"]


def test_redacting_twice_with_one_request_redacts_once(room: Any, rows: Any) -> None:
    asked = ASKED._replace(request="r-1")
    room.desk.handle("INC-1", ask.Redact(1, ("title",), "a name in it"), asked)
    before = rows.everything(room.store)
    assert room.desk.handle("INC-1", ask.Redact(1, ("title",), "a name in it"), asked).repeated
    assert rows.everything(room.store) == before


def test_the_version_that_was_seen_lets_a_command_through(room: Any) -> None:
    seen = room.look().version
    room.clock.tick(hours=1)  # its own overdue timers are no conflict
    outcome = room.ask(ask.AddNote("still here"), expect=seen)
    assert outcome.fired
    assert outcome.entries[0].version == seen + len(outcome.fired) + 1


@pytest.mark.parametrize("off", [-1, 1])
def test_any_other_version_is_a_conflict_that_says_where_it_stands(room: Any, off: int) -> None:
    room.desk.fire("INC-1")
    seen = room.look().version
    with pytest.raises(Conflict, match=rf"INC-1 is at version {seen}, not {seen + off}, and stands at detected"):
        room.ask(ask.AddNote("a note"), expect=seen + off)
    with pytest.raises(Conflict):
        room.desk.handle("INC-1", ask.Redact(1, (), "why"), ASKED._replace(expect=seen + off))


def test_what_happened_earlier_can_be_recorded_now(room: Any) -> None:
    at = room.clock.time
    now = room.clock.tick(minutes=4)
    entry = room.ask(ask.AddNote("a reporter called"), at=at).entries[0]
    assert (entry.occurred_at, entry.recorded_at) == (at, now)


def test_nothing_can_be_recorded_ahead(room: Any) -> None:
    ahead = room.clock.time + timedelta(microseconds=1)
    with pytest.raises(Refused, match="is in the future"):
        room.ask(ask.AddNote("a note"), at=ahead)
    with pytest.raises(Refused, match="is in the future"):
        room.open(at=ahead)
    room.ask(ask.AddNote("a note"), at=room.clock.time)


def test_an_incident_may_have_begun_before_it_was_opened(room: Any) -> None:
    began = room.clock.time - timedelta(minutes=20)
    late = room.open(at=began)
    assert late.opened_at == began
    assert late.visits["detected"].entered_at == began
    fired = room.desk.fire(late.id).entries
    assert [entry.occurred_at for entry in fired][:2] == [began, began + timedelta(minutes=5)]


@pytest.mark.parametrize("command", [ask.AddNote("a note"), ask.LogDecision("wait", "too early")])
def test_notes_and_decisions_may_be_older_than_the_incident(room: Any, command: Any) -> None:
    at = room.look().opened_at - timedelta(days=1)
    assert room.ask(command, at=at).entries[0].occurred_at == at


def test_nothing_else_may_be_older_than_the_incident(room: Any) -> None:
    at = room.look().opened_at - timedelta(seconds=1)
    with pytest.raises(Refused, match=r"is before INC-1 was opened .*Give a later --at"):
        room.ask(ask.ChangeTask("pause-posts", "done"), at=at)


def test_a_stage_cannot_be_left_before_it_was_entered(room: Any) -> None:
    room.ask(ask.ChangeTask("pause-posts", "done"))
    entered = room.clock.tick(minutes=4)
    room.ask(ask.Advance("activate", "confirmed"))
    room.clock.tick(minutes=4)
    with pytest.raises(Refused, match=r"is before stage .* was entered"):
        room.ask(ask.Advance("notify"), at=entered - timedelta(seconds=1))
    room.ask(ask.Advance("notify"), at=entered)


def test_what_was_not_due_at_the_time_told_is_not_fired_before(room: Any) -> None:
    at = room.clock.tick(minutes=4)
    room.clock.tick(minutes=30)
    outcome = room.ask(ask.Acknowledge(), at=at)
    assert [entry.occurred_at for entry in outcome.fired] == [room.look().opened_at]
    assert "escalation.skipped" not in room.types()


def test_a_move_asked_for_where_the_incident_no_longer_stands_is_a_conflict(room: Any, rows: Any) -> None:
    stood = room.look().visits
    room.ask(ask.AddNote("a note moves nothing"))
    room.ask(ask.ChangeTask("pause-posts", "done"), stood=stood)
    room.ask(ask.Advance("activate", "first"), stood=stood)
    before = rows.everything(room.store)
    with pytest.raises(Conflict, match=r"Somebody else has just moved INC-1, which now stands at response\.comms"):
        room.ask(ask.Advance("notify"), stood=stood)
    assert rows.everything(room.store) == before


def test_what_the_incidents_own_timers_moved_is_nobodys_conflict(room: Any) -> None:
    stood = room.look().visits
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.clock.tick(hours=3)
    assert room.ask(ask.AddNote("late"), stood=stood).fired
    assert room.look().visits != stood
