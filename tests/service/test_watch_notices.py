"""Notices: leased, delivered at least once under one key, tried again with patience, and never in each other's way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from crisisctl.adapters.memory import Memory
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import NotFound
from crisisctl.domain.notices import Reach
from crisisctl.service.ports import DeliveryFailed, Message, Store
from crisisctl.service.watch import AT_ONE_TIME, Round

SEATS = (("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee"))
Watching = Callable[..., Any]


class Homes:
    """A directory in which each person has a box of their own."""

    addresses: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.boxes: dict[str, tuple[str, ...]] = {}

    def own(self, person: str) -> bool:
        return True

    def count(self, person: str) -> int:
        return len(self.contacts(person))

    def contacts(self, person: str) -> tuple[str, ...]:
        return self.boxes.get(person, (f"post:{person}",))

    def require(self, person: str) -> None:
        """Any name will do."""

    def on_call(self, role: str, at: datetime) -> tuple[str, ...]:
        return ()

    def reach(self, person: str) -> Reach:
        return Reach((timedelta(),) * self.count(person))


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """One open incident, in each kind of store; each person has a box."""
    return _opened(room_for(store))


def _opened(room: Any) -> Any:
    room.directory = room.desk._directory = Homes()
    room.open(assign=SEATS)
    return room


def _settled(room: Any, id_: str = "INC-1") -> list[tuple[str, str, int, str | None]]:
    entries = [entry for entry in room.entries(id_) if entry.type.startswith("notice.")]
    return [(e.type, e.data["to"], e.data["attempts"], e.word("reason")) for e in entries]


def _boxes(post: Any) -> list[str]:
    return [to.partition(":")[2] for _, to in post.sent]


def test_a_notice_is_delivered_and_that_is_logged(room: Any, watching: Watching, post: Any) -> None:
    assert watching(room).round() == Round(fired=1, sent=1)
    assert _settled(room) == [("notice.sent", "dana", 1, None)]
    message, to = post.sent[0]
    assert (to, message.title) == ("post:dana", "INC-1 sev1: Records on a forum")
    assert "Escalation first-response step 1 fired to dana." in message.body
    assert "crisisctl ack -i INC-1" in message.body
    with room.store.reading() as log:
        assert log.outbox() == []


def test_nothing_is_sent_twice(room: Any, watching: Watching, post: Any) -> None:
    watch = watching(room)
    for _ in range(5):
        watch.round()
        room.clock.tick(minutes=1)
    assert _boxes(post) == ["dana"]


def test_a_failed_notice_is_tried_again_with_patience(room: Any, watching: Watching, post: Any) -> None:
    post.trouble["post:dana"] = DeliveryFailed("the line is busy")
    watch = watching(room)
    watch.tick()
    for number, wait in enumerate((5, 15, 60, 300), 1):
        assert watch.send()._replace(reasons=()) == Round(failed=1)
        room.clock.tick(seconds=wait, microseconds=-1)
        assert watch.send() == Round()
        assert len(post.tried) == number
        room.clock.tick(microseconds=1)
    assert _settled(room) == []
    assert watch.send()._replace(reasons=()) == Round(failed=1)
    assert _settled(room) == [("notice.failed", "dana", 5, "the line is busy")]
    room.clock.tick(days=1)
    watch.send()
    assert len(post.tried) == 5


def test_every_attempt_carries_the_same_key(room: Any, watching: Watching, post: Any) -> None:
    post.trouble["post:dana"] = DeliveryFailed("the line is busy")
    watch = watching(room)
    watch.round()
    room.clock.tick(seconds=5)
    del post.trouble["post:dana"]
    watch.send()
    assert _settled(room) == [("notice.sent", "dana", 2, None)]
    assert len({key for key, _ in post.tried}) == 1
    assert post.sent[0][0].key == post.tried[0][0]


def test_the_key_is_the_same_in_every_store(room: Any, room_for: Watching, watching: Watching, post: Any) -> None:
    watching(room).round()
    watching(_opened(room_for(Memory()))).round()
    assert len({key for key, _ in post.tried}) == 1


def test_what_can_never_be_delivered_is_given_up_at_once(room: Any, watching: Watching, post: Any) -> None:
    post.trouble["post:dana"] = DeliveryFailed("there is no such box", permanent=True)
    assert watching(room).round()._replace(reasons=()) == Round(fired=1, failed=1)
    assert _settled(room) == [("notice.failed", "dana", 1, "there is no such box")]


def test_a_closed_incident_is_not_paged_for(room: Any, watching: Watching, post: Any) -> None:
    room.playbook = room.playbook.parent / "data-breach.yaml"
    room.desk.fire("INC-1")
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.SetFact("affected_accounts", "7"))
    room.ask(ask.Advance("activate", "confirmed"))
    room.ask(ask.Draft("holding", "We are sorry."), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    outcome = room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", outcome.incident.statements["holding"].digest))
    for trigger in ("inform", "notify", "close"):
        room.ask(ask.Advance(trigger))
    assert watching(room).round() == Round(dropped=1)
    assert _settled(room) == [("notice.dropped", "dana", 1, "the incident is closed")]
    assert post.tried == []


@pytest.mark.parametrize("trouble", [DeliveryFailed("busy"), ValueError("a secret"), OSError(5, "a secret")])
def test_poisoned_notices_hold_up_no_others(room: Any, watching: Watching, post: Any, trouble: Exception) -> None:
    for _ in range(2 * AT_ONE_TIME):
        room.open(who="mallory", assign=(("comms-lead", "mallory"),))
    room.open(assign=SEATS)
    post.trouble["post:mallory"] = trouble
    watch = watching(room)
    assert watch.round()._replace(reasons=()) == Round(fired=18, sent=2, failed=16, waiting=16)
    assert _boxes(post) == ["dana", "dana"]
    for wait in (5, 15, 60, 300):
        room.clock.tick(seconds=wait)
        watch.send()
    told = _settled(room, "INC-2")
    assert [(kind, attempts) for kind, _, attempts, _ in told] == [("notice.failed", 5)]
    assert "secret" not in str(told)


def test_a_notice_of_nothing_holds_up_no_others(filed: Any, spoil: Any, watching: Watching, post: Any) -> None:
    filed.desk.fire("INC-1")
    filed.open()
    filed.desk.fire("INC-2")
    spoil("UPDATE outbox SET incident = 'INC-99' WHERE incident = 'INC-1'")
    watch = watching(filed)
    for wait in (0, 5, 15, 60, 300):
        filed.clock.tick(seconds=wait)
        _tried(watch)
    assert [entry.type for entry in filed.entries("INC-2")].count("notice.sent") == 1
    assert len(post.sent) == 1


def _tried(watch: Any) -> None:
    try:
        watch.send()
    except NotFound as error:
        assert "INC-99" in str(error)  # noqa: PT017 - only the last attempt has to be written down


def test_after_downtime_each_person_gets_one_notice_for_all_steps(room: Any, watching: Watching, post: Any) -> None:
    room.clock.tick(minutes=36)
    watch = watching(room)
    assert watch.round().sent == 3
    assert sorted(_boxes(post)) == ["dana", "kim", "lee"]
    told = {to: message for message, to in post.sent}
    assert "This is one notice for 4 steps that fell due; the last of them is named here." in told["post:dana"].body
    assert "first-response round 2 step 1 fired to dana" in told["post:dana"].body
    assert "It was due at 2026-03-28 22:35:00 UTC, 60s ago." in told["post:dana"].body
    assert "one notice" not in told["post:kim"].body
    assert "It was due at 2026-03-28 22:05:00 UTC, 31m ago." in told["post:kim"].body
    covers = [told["covers"] for entry in room.entries() for told in entry.data.get("notices", ())]
    assert sorted(len(timers) for timers in covers) == [1, 1, 4]


def test_a_notice_in_time_says_nothing_of_lateness(room: Any, watching: Watching, post: Any) -> None:
    room.clock.tick(seconds=59)
    watching(room).round()
    assert "It was due" not in post.sent[0][0].body


def test_a_notice_tells_where_the_incident_stands_when_it_is_sent(room: Any, watching: Watching, post: Any) -> None:
    room.desk.fire("INC-1")
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.Advance("activate", "confirmed"))
    watching(room).send()
    assert "stands at response.comms.drafting + response.legal.assessing." in post.sent[0][0].body


def test_nothing_of_a_drill_leaves_the_building(room: Any, watching: Watching, post: Any, console: Any) -> None:
    room.open(drill=True, assign=SEATS)
    room.directory.boxes["dana"] = ("mailto://dana", "slack://dana")
    room.clock.tick(hours=2)
    watching(room).round()
    assert post.sent
    assert all("EXERCISE" not in message.title for message, _ in post.sent)
    assert all(message.title.startswith("EXERCISE INC-2") for message, _ in console.sent)
    assert {to for _, to in console.sent} == {"console:"}
    assert console.sent[0][0].body.startswith("EXERCISE EXERCISE EXERCISE\n")
    assert console.sent[0][0].body.endswith("\nEXERCISE EXERCISE EXERCISE")


def test_people_are_looked_up_when_it_fires(room: Any, watching: Watching, post: Any) -> None:
    watch = watching(room)
    watch.round()
    room.clock.tick(minutes=4)
    room.ask(ask.Assign("deputy-comms", "nat"))
    room.clock.tick(minutes=1)
    watch.round()
    assert _boxes(post) == ["dana", "nat"]


def test_a_role_without_holder_reaches_its_deputy(room: Any, watching: Watching, post: Any) -> None:
    room.ask(ask.Release("comms-lead"))
    room.clock.tick(minutes=15)
    watching(room).round()
    assert sorted(_boxes(post)) == ["dana", "kim", "lee"]  # dana led when the first step was due


def test_an_acknowledgement_before_it_fires_spares_everybody(room: Any, watching: Watching, post: Any) -> None:
    watch = watching(room)
    watch.round()
    room.ask(ask.Acknowledge())
    room.clock.tick(minutes=20)
    watch.round()
    assert [entry.type for entry in room.entries()][-2:] == ["task.overdue", "notice.sent"]


def test_each_contact_is_a_notice_of_its_own(room: Any, watching: Watching, post: Any, console: Any) -> None:
    room.directory.boxes["dana"] = ("post:office", "console:", "env:DANA_CHAT")
    post.trouble["env:DANA_CHAT"] = DeliveryFailed("busy")
    assert watching(room).round()._replace(reasons=()) == Round(fired=1, sent=2, failed=1, waiting=1)
    assert [to for _, to in post.tried] == ["post:office", "env:DANA_CHAT"]
    assert [to for _, to in console.sent] == ["console:"]
    assert {entry.data["contact"] for entry in room.entries() if entry.type == "notice.sent"} == {0, 1}


def test_a_contact_that_is_gone_is_given_up(room: Any, watching: Watching, post: Any) -> None:
    room.directory.boxes["dana"] = ("post:one", "post:two")
    room.desk.fire("INC-1")
    room.directory.boxes["dana"] = ("post:one",)
    assert watching(room).send()._replace(reasons=()) == Round(sent=1, failed=1)
    assert _settled(room)[-1] == ("notice.failed", "dana", 1, "dana has no such contact any more")


def test_a_changed_address_is_used_at_once(room: Any, watching: Watching, post: Any) -> None:
    room.desk.fire("INC-1")
    room.directory.boxes["dana"] = ("post:new",)
    watching(room).send()
    assert _boxes(post) == ["new"]


def test_what_a_watch_died_over_is_sent_by_another_when_its_lease_ends(
    room: Any, watching: Watching, post: Any
) -> None:
    post.trouble["post:dana"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        watching(room, name="one").round()
    del post.trouble["post:dana"]
    other = watching(room, name="two")
    room.clock.tick(seconds=30, microseconds=-1)
    assert other.send() == Round()
    room.clock.tick(microseconds=1)
    assert other.send() == Round(sent=1)
    assert _settled(room) == [("notice.sent", "dana", 2, None)]
    assert len({key for key, _ in post.tried}) == 1


def test_what_somebody_else_settled_is_settled_once(room: Any, watching: Watching, post: Any) -> None:
    """Two deliver the same notice because a lease ran out; the log has one entry of it."""

    class Slow(type(post)):  # type: ignore[misc]
        def send(self, message: Message, to: str) -> None:
            room.clock.tick(seconds=31)
            watching(room, name="two").send()
            super().send(message, to)

    slow = Slow()
    watch = watching(room)
    watch._couriers = {"*": slow}
    watch.round()
    assert (len(slow.sent), len(post.sent)) == (1, 1)
    assert [kind for kind, *_ in _settled(room)] == ["notice.sent"]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(AT_ONE_TIME) as pool:
        yield pool


def test_several_notices_are_on_their_way_at_the_same_time(room: Any, watching: Watching, pool: Any) -> None:
    """Each waits for the others; one after the other they would wait for ever."""
    for _ in range(AT_ONE_TIME - 1):
        room.open(assign=SEATS)
    together = threading.Barrier(AT_ONE_TIME, timeout=60)

    class Waiting:
        def check(self, to: str) -> None:
            """Any address will do."""

        def send(self, message: Message, to: str) -> None:
            together.wait()

    watch = watching(room, each=pool.map)
    watch._couriers = {"*": Waiting()}
    assert watch.round().sent == AT_ONE_TIME


def test_a_backlog_is_sent_in_one_round(room: Any, watching: Watching, post: Any, pool: Any) -> None:
    for _ in range(40):
        room.open(assign=SEATS)
    assert watching(room, each=pool.map).round() == Round(fired=41, sent=41)
    assert len({message.key for message, _ in post.sent}) == 41


def test_a_late_record_does_not_change_when_a_notice_is_ready(room: Any, watching: Watching) -> None:
    room.clock.tick(minutes=10)
    room.desk.fire("INC-1")
    with room.store.reading() as log:
        assert {row.ready_at for row in log.outbox()} == {room.clock.time}
    room.clock.time -= timedelta(seconds=1)
    assert watching(room).send() == Round()


@pytest.mark.parametrize("ready_at", ["9999-01-01T00:00:00.000000Z", "never"])
def test_a_notice_that_somebody_put_off_without_end_is_sent(
    filed: Any, spoil: Any, watching: Watching, post: Any, ready_at: str
) -> None:
    _opened(filed)
    filed.desk.fire("INC-1")
    filed.desk.fire("INC-2")
    spoil("UPDATE outbox SET ready_at = ?", values=[ready_at])
    with filed.store.reading() as log:
        put_off = len(log.outbox())
        assert not log.ready(filed.clock.time)
    assert watching(filed).round() == Round(sent=put_off)
    assert len(post.sent) == put_off > 0


def test_a_round_says_whom_it_did_not_reach_and_why(room: Any, watching: Watching, post: Any) -> None:
    post.trouble["post:dana"] = DeliveryFailed("the line is busy")
    assert watching(room).round().reasons == ("contact 1 of dana (INC-1): the line is busy; to be tried again",)


def test_that_an_approval_is_void_is_not_sent_to_who_has_given_it_again(
    store: Store, room_for: Any, watching: Watching, post: Any
) -> None:
    room = room_for(store)
    room.directory = room.desk._directory = Homes()
    room.open(assign=SEATS)
    room.ask(ask.Draft("holding", "One."), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Draft("holding", "Two."), "kim")
    room.ask(ask.Draft("holding", "Three."), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "lee")
    watching(room).send()
    dropped = [entry.word("reason") for entry in room.entries() if entry.type == "notice.dropped"]
    assert dropped == ["no longer so"]
    assert not [message for message in post.sent if "approval was for other words" in str(message)]
