"""Notices of restricted incidents: whole to a member's own contacts, and without a word where others read along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Unverified
from crisisctl.domain.notices import Reach
from crisisctl.service.ports import DeliveryFailed, Store
from crisisctl.service.sight import Sight
from crisisctl.service.watch import Round, Watch

SEATS = (("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee"))


class Homes:
    """Each person has the contacts told, or those of the workspace."""

    def __init__(self) -> None:
        self.boxes: dict[str, tuple[str, ...]] = {}

    def own(self, person: str) -> bool:
        return person in self.boxes

    def count(self, person: str) -> int:
        return len(self.contacts(person))

    def contacts(self, person: str) -> tuple[str, ...]:
        return self.boxes.get(person, ("post:everybody",))

    def reach(self, person: str) -> Reach:
        return Reach()

    def require(self, person: str) -> None:
        """Any name will do."""

    def on_call(self, role: str, at: datetime) -> tuple[str, ...]:
        return ()


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """INC-1 is restricted, and its first step is due."""
    room = room_for(store)
    room.directory = room.desk._directory = Homes()
    room.open(assign=SEATS, restricted=True, title="Zanzibar")
    return room


@pytest.fixture
def watch(room: Any, post: Any, console: Any) -> Watch:
    couriers = {"console": console, "textfile": post, "*": post}
    return Watch(room.desk, room.directory, couriers, "here:1")


@pytest.fixture
def seen_by(room: Any, post: Any) -> Callable[[str | None], Watch]:
    """A watch that tells of what one person may see."""

    def made(person: str | None) -> Watch:
        return Watch(room.desk, room.directory, {"*": post}, "here:2", sight=Sight(room.store, person))

    return made


def _silent(message: Any) -> bool:
    said = f"{message.title} {message.body}"
    return not any(word in said for word in ("INC-", "Zanzibar", "detected", "first-response", "sev1"))


def test_a_contact_of_the_persons_own_gets_the_whole_message(room: Any, watch: Watch, post: Any) -> None:
    room.directory.boxes["dana"] = ("post:dana",)
    assert watch.round() == Round(fired=1, sent=1)
    message, to = post.sent[0]
    assert (to, message.title) == ("post:dana", "INC-1 sev1: Zanzibar")
    assert "crisisctl ack -i INC-1" in message.body


@pytest.mark.parametrize("contact", ["console:", "textfile:notes.txt"])
def test_where_others_read_along_it_names_the_person_alone(
    room: Any, watch: Watch, post: Any, console: Any, contact: str
) -> None:
    room.directory.boxes["dana"] = (contact,)
    assert watch.round() == Round(fired=1, sent=1)
    message, _ = [*post.sent, *console.sent][0]
    assert (message.title, message.body) == ("A restricted incident needs dana", "Sign in and run: crisisctl list")


def test_what_the_workspace_falls_back_on_is_read_by_others(room: Any, watch: Watch, post: Any) -> None:
    watch.round()
    message, to = post.sent[0]
    assert to == "post:everybody"
    assert _silent(message)


def test_a_drill_says_that_it_is_one_and_no_more(room: Any, watch: Watch, console: Any) -> None:
    room.open(assign=SEATS, restricted=True, drill=True, title="Zanzibar")
    watch.round()
    message, _ = console.sent[0]
    assert message.title == "EXERCISE A restricted incident needs dana"
    assert _silent(message)


def test_an_ordinary_incident_is_told_whole_everywhere(room: Any, watch: Watch, post: Any, console: Any) -> None:
    room.open(assign=SEATS, title="Forum")
    watch.round()
    assert any("Forum" in message.title for message, _ in post.sent)


def test_the_key_is_the_same_on_every_attempt_and_cannot_be_worked_out(room: Any, watch: Watch, post: Any) -> None:
    post.trouble["post:everybody"] = DeliveryFailed("busy")
    watch.round()
    with room.store.reading() as log:
        plain = log.outbox()[0].notice.key
    room.clock.tick(seconds=5)
    del post.trouble["post:everybody"]
    watch.round()
    keys = {key for key, _ in post.tried}
    assert len(post.tried) == 2
    assert len(keys) == 1
    assert keys.isdisjoint({plain, plain.rpartition("-")[0]})


def test_whoever_left_it_meanwhile_is_not_told(room: Any, watch: Watch, post: Any) -> None:
    post.trouble["post:everybody"] = DeliveryFailed("busy")
    watch.round()
    room.ask(ask.Assign("comms-lead", "sam"), "kim")
    room.ask(ask.Revoke("dana", "handed over"), "kim")
    room.clock.tick(seconds=5)
    assert watch.round() == Round(dropped=1)
    dropped = [entry for entry in room.entries() if entry.type == "notice.dropped"]
    assert [(e.data["to"], e.word("reason")) for e in dropped] == [("dana", "dana may not see the incident")]
    assert len(post.tried) == 1


def test_what_a_round_tells_is_what_the_reader_may_see(room: Any, seen_by: Any, post: Any) -> None:
    post.trouble["post:everybody"] = DeliveryFailed("busy")
    assert seen_by("otto").round() == Round()
    room.clock.tick(minutes=5)
    told = seen_by("dana").round()
    assert (told.fired, told.failed, told.waiting) == (1, 2, 2)
    assert all("INC-1" in reason for reason in told.reasons)


def test_what_was_repaired_is_told_to_those_who_may_see_it(room: Any, seen_by: Any) -> None:
    for person, count in (("otto", 0), ("dana", 3)):
        with room.store.writing() as ledger:
            wrong = len(ledger.timers("INC-1"))
            ledger.replace_timers("INC-1", [])
        assert wrong
        assert (seen_by(person).tick().repaired > 0) is (count > 0)


def test_trouble_with_it_is_named_to_those_who_may_see_it(room: Any, seen_by: Any) -> None:
    class Torn(type(room.desk)):  # type: ignore[misc] # a desk that cannot load the incident
        def fire(self, id_: str) -> Any:
            raise Unverified(f"Entry 3 of {id_} cannot be read")

    room.desk.__class__ = Torn
    with pytest.raises(Unverified) as caught:
        seen_by("otto").round()
    assert "INC" not in str(caught.value)
    with pytest.raises(Unverified, match="INC-1"):
        seen_by("dana").round()
