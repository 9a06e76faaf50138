"""Notices: who is told of what fired, once, under a key that stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry, Event
from crisisctl.domain.firing import overdue
from crisisctl.domain.notices import SETTLED, Notice, Reach, attach, notices, unsettled
from tests.domain.conftest import RICH, START, Case


class Contacts:
    """A directory in which people have as many contacts as their name has letters, but dana has one."""

    def own(self, person: str) -> bool:
        return True

    def count(self, person: str) -> int:
        return 1 if person == "dana" else len(person)

    def contacts(self, person: str) -> Sequence[str]:
        return [f"console:{n}" for n in range(self.count(person))]

    def require(self, person: str) -> None:
        """Everybody is somebody."""

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        return ()

    def reach(self, person: str) -> Reach:
        return Reach((timedelta(),) * self.count(person))


def fired(timer: str | None, *reached: str) -> Event:
    return Event("escalation.fired", {"reached": [*reached], "step": 1}, timer=timer)


def told(event: Event) -> Any:
    return event.data.get("notices", [])


def entry(version: int, event: Event) -> Entry:
    return Entry("INC-1", version, START, START, "crisisctl", "", None, "timer", event.type, event.data, {}, "")


def test_everybody_that_a_timer_reaches_is_told() -> None:
    (event,) = attach([fired("t1", "dana", "sam")], Contacts())
    assert event.data["step"] == 1
    assert [(one["to"], one["contacts"], one["covers"]) for one in told(event)] == [
        ("dana", 1, ["t1"]),
        ("sam", 3, ["t1"]),
    ]


def test_what_no_timer_caused_or_nobody_was_reached_by_tells_nobody() -> None:
    events = [fired("t1"), fired(None, "dana"), Event("note.added", {}, timer="t2")]
    assert attach(events, Contacts()) == events
    assert attach([], Contacts()) == []


def test_what_a_command_did_tells_people_under_a_key_of_its_own() -> None:
    events = [Event("note.added", {}), fired(None, "dana", "sam")]
    note, offer = attach(events, Contacts(), "INC-1/17")
    assert told(note) == []
    assert [(one["to"], one["covers"]) for one in told(offer)] == [("dana", ["INC-1/17.1"]), ("sam", ["INC-1/17.1"])]
    assert attach(events, Contacts(), "INC-1/17") == [note, offer], "the same at every attempt"
    assert told(attach(events, Contacts(), "INC-1/18")[1])[0]["key"] != told(offer)[0]["key"]
    assert told(attach(events, Contacts(), "INC-2/17")[1])[0]["key"] != told(offer)[0]["key"]


def test_one_person_gets_one_notice_with_the_last_of_what_fell_due_that_covers_all() -> None:
    events = [fired("t1", "dana", "sam"), Event("stage.left", {}), fired("t2", "dana"), fired("t3", "sam", "dana")]
    first, left, second, third = attach(events, Contacts())
    assert told(first) == told(left) == told(second) == []
    assert {one["to"]: one["covers"] for one in told(third)} == {"dana": ["t1", "t2", "t3"], "sam": ["t1", "t3"]}


@given(st.lists(st.lists(st.sampled_from(["dana", "sam", "lena"]), unique=True, max_size=3), max_size=8))
def test_nobody_is_told_twice_and_nothing_that_reached_them_is_left_out(reaches: list[list[str]]) -> None:
    events = attach([fired(f"t{n}", *reached) for n, reached in enumerate(reaches)], Contacts())
    every = [one for event in events for one in told(event)]
    assert len({one["to"] for one in every}) == len(every)
    for one in every:
        assert one["covers"] == [f"t{n}" for n, reached in enumerate(reaches) if one["to"] in reached]
    assert {one["to"] for one in every} == {person for reached in reaches for person in reached}
    keys = [notice.key for event in events for notice in notices(entry(1, event))]
    assert len(set(keys)) == len(keys)


def test_the_key_of_a_notice_depends_on_what_it_covers_and_whom_it_is_for_alone() -> None:
    (one,) = attach([fired("t1", "dana")], Contacts())
    (again,) = attach([Event("task.overdue", {"reached": ["dana"], "due": "now"}, timer="t1")], Contacts())
    (other,) = attach([fired("t2", "dana")], Contacts())
    assert told(one)[0]["key"] == told(again)[0]["key"] == sha256(b"t1\ndana").hexdigest()[:32]
    assert told(one)[0]["key"] != told(other)[0]["key"]


def test_an_entry_causes_one_notice_for_each_contact() -> None:
    (event,) = attach([fired("t1", "dana", "sam")], Contacts())
    key = [one["key"] for one in told(event)]
    assert list(notices(entry(7, event))) == [
        Notice(f"{key[0]}-0", "INC-1", 7, "dana", 0),
        Notice(f"{key[1]}-0", "INC-1", 7, "sam", 0),
        Notice(f"{key[1]}-1", "INC-1", 7, "sam", 1),
        Notice(f"{key[1]}-2", "INC-1", 7, "sam", 2),
    ]
    assert list(notices(entry(8, Event("note.added", {})))) == []


def test_a_notice_is_unsettled_until_it_was_sent_given_up_or_dropped() -> None:
    (event,) = attach([fired("t1", "sam", "dana")], Contacts())
    caused = [notice.key for notice in notices(entry(1, event))]
    log = [entry(1, event)]
    assert [*unsettled(log)] == caused
    for number, (kind, key) in enumerate(zip(SETTLED, caused, strict=False), 2):
        log.append(entry(number, Event(kind, {"notice": key})))
        log.append(entry(number, Event("notice.sent", {"notice": "of another log"})))
    assert [*unsettled(log)] == caused[3:]
    assert unsettled(log)[caused[3]] == Notice(caused[3], "INC-1", 1, "dana", 0)
    assert unsettled([]) == {}


def test_after_downtime_one_person_gets_one_notice_for_all_steps() -> None:
    case = Case(RICH)
    case.do(ask.Assign("legal", "dana"))
    _, events = overdue(case.incident, START + timedelta(minutes=8))
    said = [event for event in attach(events, Contacts()) if told(event)]
    assert len(said) == 1
    assert told(said[0])[0]["covers"] == [
        *("INC-1/begun#1/call/1.0.0", "INC-1/begun#1/call/1.0.1", "INC-1/task/begun/look#1")
    ]
    assert said[0].timer == "INC-1/task/begun/look#1"
