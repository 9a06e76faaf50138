"""The watch and how people are reached: contacts in their turn, quiet hours, fallbacks for who cannot be reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.notices import Quiet, Reach
from crisisctl.service.ports import DeliveryFailed, Store
from crisisctl.service.verify import rebuild, verify
from crisisctl.service.watch import BACK_OFF, LEASE

SEATS = (("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee"))
NIGHT = Quiet(time(21), time(7), UTC)  # the incident is opened at 22:00
GONE = DeliveryFailed("there is no such box", permanent=True)
Watching = Callable[..., Any]


class Homes:
    """A directory in which each person is reached as told, at a box for each contact."""

    addresses: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.ways: dict[str, Reach] = {}

    def count(self, person: str) -> int:
        return len(self.reach(person).delays)

    def on_call(self, role: str, at: datetime) -> tuple[str, ...]:
        return ()

    def contacts(self, person: str) -> tuple[str, ...]:
        return tuple(f"post:{person}-{number}" for number in range(self.count(person)))

    def require(self, person: str) -> None:
        """Any name will do."""

    def reach(self, person: str) -> Reach:
        return self.ways.get(person, Reach())


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """One open incident in each kind of store, and nothing due but the calls to Dana."""
    made = room_for(store)
    made.directory = made.desk._directory = Homes()
    return made


def delays(*span: float, **more: Any) -> Reach:
    return Reach(tuple(timedelta(minutes=one) for one in span), **more)


def boxes(post: Any) -> list[str]:
    return [to.partition(":")[2] for _, to in post.sent]


def settled(room: Any) -> list[tuple[str, str, int, str | None]]:
    entries = [entry for entry in room.entries() if entry.type.startswith("notice.")]
    return [(e.type.partition(".")[2], e.data["to"], e.data["contact"], e.word("reason")) for e in entries]


def waiting(room: Any) -> list[tuple[str, int]]:
    with room.store.reading() as log:
        return [(row.notice.person, row.notice.contact) for row in log.outbox()]


def sound(room: Any) -> bool:
    """What is derived agrees with the log, and is the same when it is made anew."""

    def derived() -> list[Any]:
        with room.store.reading() as log:
            return sorted(row.notice for row in log.outbox())

    before = derived()
    agrees = verify(room.store, None).flaws == []
    rebuild(room.store)
    return agrees and derived() == before and verify(room.store, None).flaws == []


def test_a_later_contact_is_tried_in_its_turn(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 2, 4)
    room.open(assign=SEATS)
    watch = watching(room)
    watch.round()
    assert boxes(post) == ["dana-0"]
    assert sound(room)
    room.clock.tick(minutes=2, microseconds=-1)
    watch.round()
    assert boxes(post) == ["dana-0"]
    room.clock.tick(microseconds=1)
    watch.round()
    assert boxes(post) == ["dana-0", "dana-1"]
    room.clock.tick(minutes=2)
    watch.round()
    assert boxes(post) == ["dana-0", "dana-1", "dana-2"]
    assert waiting(room) == []


def test_a_delay_counts_from_the_firing_and_not_from_when_it_was_due(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 2)
    room.open(assign=SEATS)
    room.clock.tick(minutes=4)
    watch = watching(room)
    watch.round()
    assert boxes(post) == ["dana-0"]
    with room.store.reading() as log:
        assert [row.ready_at for row in log.outbox()] == [room.clock.time + timedelta(minutes=2)]


ANSWERS = {
    "an acknowledgement by anybody": (ask.Acknowledge(), "lee"),
    "a note by the person": (ask.AddNote("I am on it"), "dana"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_was_answered_is_not_sent_to_a_later_contact(room: Any, watching: Watching, post: Any, name: str) -> None:
    room.directory.ways["dana"] = delays(0, 2)
    room.open(assign=SEATS)
    watch = watching(room)
    watch.round()
    room.ask(ANSWERS[name][0], ANSWERS[name][1])
    room.clock.tick(minutes=2)
    assert watch.round().dropped == 1
    assert settled(room)[-1] == ("dropped", "dana", 1, "answered meanwhile")
    assert boxes(post) == ["dana-0"]


def test_a_note_by_somebody_else_is_no_answer(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 2)
    room.open(assign=SEATS)
    watch = watching(room)
    watch.round()
    room.ask(ask.AddNote("where is everybody?"), "lee")
    room.clock.tick(minutes=2)
    watch.round()
    assert boxes(post) == ["dana-0", "dana-1"]


def test_a_contact_without_delay_is_sent_although_it_was_answered(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 2)
    room.open(assign=SEATS)
    room.desk.fire("INC-1")
    room.ask(ask.Acknowledge())
    watching(room).round()
    assert boxes(post) == ["dana-0"], "as it always was: it says what fell due"


def test_the_stage_that_a_step_leaves_by_itself_is_no_answer(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["lee"] = delays(0, 2)
    room.open(assign=SEATS)
    room.ask(ask.ChangeTask("pause-posts", "done"))
    watch = watching(room)
    room.clock.tick(minutes=15)
    watch.round()
    assert "incident.advanced" in room.types(), "the step took the incident on"
    room.clock.tick(minutes=2)
    watch.round()
    assert [box for box in boxes(post) if box.startswith("lee")] == ["lee-0", "lee-1"]


def test_repairing_makes_no_delayed_notice_early(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 60)
    room.open(assign=SEATS)
    watch = watching(room)
    for _ in range(3):
        watch.round()
        room.clock.tick(minutes=1)
    assert boxes(post) == ["dana-0"]


def quietly(room: Any, **ways: Reach) -> None:
    """An incident at night that is not severe enough to wake anybody."""
    room.directory.ways |= ways
    room.open(assign=SEATS, severity="sev2")


def test_who_rests_is_told_in_the_morning_and_the_fallback_at_once(room: Any, watching: Watching, post: Any) -> None:
    quietly(room, dana=Reach(quiet=NIGHT, fallback="sam"))
    watch = watching(room)
    watch.round()
    assert boxes(post) == ["sam-0"]
    body = post.sent[0][0].body
    assert body.startswith("You are told instead of dana, who is not to be disturbed at this hour.\n")
    assert "dana is not disturbed until 2026-03-29 07:00:00 UTC; sam is told instead of dana." in body
    assert waiting(room) == [("dana", 0)]
    assert sound(room)
    fired = next(entry for entry in room.entries() if entry.type == "escalation.fired")
    assert fired.data["notices"][0]["quiet_until"] == "2026-03-29T07:00:00.000000Z"
    room.ask(ask.Acknowledge(), "sam")
    room.clock.time = datetime(2026, 3, 29, 7, tzinfo=UTC)
    watch.send()
    assert settled(room)[-1] == ("dropped", "dana", 0, "answered meanwhile")


def test_who_rests_and_was_not_answered_for_is_told_when_the_hours_end(
    room: Any, watching: Watching, post: Any
) -> None:
    quietly(room, dana=Reach(quiet=NIGHT))
    room.desk.fire("INC-1")
    watch = watching(room)
    room.clock.time = datetime(2026, 3, 29, 7, tzinfo=UTC) - timedelta(microseconds=1)
    watch.send()
    assert post.sent == []
    room.clock.tick(microseconds=1)
    watch.send()
    assert boxes(post) == ["dana-0"]
    assert "It was due at 2026-03-28 22:00:00 UTC, 9h ago." in post.sent[0][0].body


def test_the_most_severe_wakes_everybody(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = Reach(quiet=NIGHT, fallback="sam")
    room.open(assign=SEATS)
    watching(room).round()
    assert boxes(post) == ["dana-0"]


def test_a_command_that_fires_what_is_overdue_obeys_the_hours_too(room: Any, watching: Watching, post: Any) -> None:
    quietly(room, dana=Reach(quiet=NIGHT, fallback="sam"))
    room.ask(ask.AddNote("hello"), "lee")
    assert waiting(room) == [("dana", 0), ("sam", 0)]


def test_a_drill_obeys_the_same_rules_on_the_console(room: Any, watching: Watching, post: Any, console: Any) -> None:
    room.directory.ways["dana"] = Reach(quiet=NIGHT, fallback="sam")
    room.open(assign=SEATS, severity="sev2", drill=True)
    watching(room).round()
    assert post.sent == []
    ((message, to),) = console.sent
    assert to == "console:"
    assert "You are told instead of dana" in message.body
    assert message.body.startswith("EXERCISE EXERCISE EXERCISE\n")


def test_when_every_contact_was_given_up_the_fallback_is_told_why(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble |= {"post:dana-0": GONE, "post:dana-1": GONE}
    watch = watching(room)
    watch.round()
    assert [kind for kind, *_ in settled(room)] == ["failed", "failed", "sent"]
    assert boxes(post) == ["sam-0"]
    body = post.sent[0][0].body
    assert body.startswith("You are told instead of dana: dana could not be reached (there is no such box).\n")
    assert "Escalation first-response step 1 fired to dana." in body
    assert "crisisctl ack -i INC-1" in body
    assert sound(room)


def test_one_contact_that_was_reached_is_enough(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble["post:dana-1"] = GONE
    watching(room).round()
    assert boxes(post) == ["dana-0"]


def test_a_delayed_contact_is_waited_for_before_the_fallback_is_told(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, 2, fallback="sam")
    room.open(assign=SEATS)
    post.trouble |= {"post:dana-0": GONE, "post:dana-1": GONE}
    watch = watching(room)
    watch.round()
    assert post.sent == []
    room.clock.tick(minutes=2)
    watch.round()
    assert boxes(post) == ["sam-0"]


def test_the_fallback_comes_after_the_last_attempt_and_not_before(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble["post:dana-0"] = DeliveryFailed("the line is busy")
    watch = watching(room)
    watch.tick()
    for wait in BACK_OFF:
        watch.send()
        assert post.sent == []
        room.clock.tick(seconds=wait.total_seconds())
    watch.send()
    assert boxes(post) == ["sam-0"]


def test_a_chain_of_fallbacks_is_gone_along_one_hop_at_a_time(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways |= {"dana": delays(0, fallback="sam"), "sam": delays(0, fallback="nat")}
    room.open(assign=SEATS)
    post.trouble |= {"post:dana-0": GONE, "post:sam-0": GONE}
    watching(room).round()
    assert boxes(post) == ["nat-0"]
    assert [(kind, who) for kind, who, *_ in settled(room)] == [("failed", "dana"), ("failed", "sam"), ("sent", "nat")]
    assert "You are told instead of dana and sam: sam could not be reached" in post.sent[0][0].body
    assert "Escalation first-response step 1 fired to dana." in post.sent[0][0].body
    assert sound(room)


def test_with_nobody_left_in_the_chain_it_ends(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways |= {"dana": delays(0, fallback="sam"), "sam": delays(0, fallback="dana")}
    room.open(assign=SEATS)
    post.trouble |= {"post:dana-0": GONE, "post:sam-0": GONE}
    watch = watching(room)
    watch.round()
    assert watch.round().fired == 0
    assert [(kind, who) for kind, who, *_ in settled(room)] == [("failed", "dana"), ("failed", "sam")]


def test_who_was_told_while_another_rested_is_not_told_again_in_the_morning(
    room: Any, watching: Watching, post: Any
) -> None:
    quietly(room, dana=Reach(quiet=NIGHT, fallback="sam"))
    room.desk.fire("INC-1")
    post.trouble["post:dana-0"] = GONE
    watch = watching(room)
    watch.send()
    room.clock.time = datetime(2026, 3, 29, 7, tzinfo=UTC)
    watch.send()
    assert boxes(post) == ["sam-0"]
    assert settled(room)[-1][:2] == ("failed", "dana")


def test_a_watch_that_dies_before_the_failure_is_written_leaves_one_notice_for_the_fallback(
    room: Any, watching: Watching, post: Any
) -> None:
    """The failure and the notice to the fallback are one transaction: a death before it leaves neither."""
    room.directory.ways["dana"] = delays(0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble["post:dana-0"] = GONE
    dying = watching(room, name="one")
    dying._settle = _die
    with pytest.raises(KeyboardInterrupt):
        dying.round()
    assert waiting(room) == [("dana", 0)]
    room.clock.tick(seconds=LEASE.total_seconds())
    for name in ("two", "three"):
        watching(room, name=name).round()
    assert boxes(post) == ["sam-0"]
    assert [(kind, who) for kind, who, *_ in settled(room)] == [("failed", "dana"), ("sent", "sam")]


def _die(_result: object) -> None:
    raise KeyboardInterrupt


def test_a_failure_that_two_watches_saw_is_passed_on_once(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble["post:dana-0"] = GONE
    one, two = watching(room, name="one"), watching(room, name="two")
    one.tick()
    (row,) = one._leased()
    result = one._attempt(row)
    one._settle(result)
    two._settle(result)
    assert waiting(room) == [("sam", 0)]
    assert room.types().count("notice.failed") == 1


def test_once_somebody_has_it_no_fallback_is_told(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble["post:dana-0"] = DeliveryFailed("the line is busy")
    watch = watching(room)
    watch.round()
    room.ask(ask.Acknowledge(), "lee")
    for wait in BACK_OFF:
        room.clock.tick(seconds=wait.total_seconds())
        watch.send()
    assert settled(room) == [("failed", "dana", 0, "the line is busy")]
    assert post.sent == [], "somebody has it"


def test_the_key_for_the_fallback_is_stable_over_attempts(room: Any, watching: Watching, post: Any) -> None:
    room.directory.ways["dana"] = delays(0, fallback="sam")
    room.open(assign=SEATS)
    post.trouble |= {"post:dana-0": GONE, "post:sam-0": DeliveryFailed("busy")}
    watch = watching(room)
    watch.round()
    del post.trouble["post:sam-0"]
    room.clock.tick(seconds=5)
    watch.round()
    keys = {key for key, to in post.tried if to == "post:sam-0"}
    assert (len(keys), boxes(post)) == (1, ["sam-0"])
    assert room.types().count("notice.sent") == 1
