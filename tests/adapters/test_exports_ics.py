"""Clocks as an iCalendar file, read back by the library that calendars are written with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from icalendar import Calendar

from crisisctl.adapters.exports import ics
from crisisctl.domain.clocks.alarms import Item
from crisisctl.domain.incident import Incident
from tests.conftest import Room

DUE = datetime(2026, 11, 25, 15, tzinfo=UTC)
UID = "INC-1/gdpr.art33@crisisctl"
ITEM = Item("gdpr.art33", UID, DUE, "GDPR", "To: us", 2, DUE - timedelta(hours=71), over=False, done=None)
TYPED = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), min_size=1, max_size=300)


@pytest.fixture(scope="module")
def incident() -> Incident:
    from crisisctl.adapters.memory import Memory  # noqa: PLC0415 - one incident for all

    room = Room(Memory())
    room.open()
    return room.look()


def read(text: str) -> Any:
    return Calendar.from_ical(text.encode())


def test_an_event_is_at_the_strict_time_in_utc(incident: Incident) -> None:
    event = read(ics.render(incident, [ITEM])).events[0]
    assert event.decoded("dtstart") == DUE
    assert "DTSTART:20261125T150000Z" in ics.render(incident, [ITEM])
    assert (event["uid"], event["sequence"], event["status"]) == (ITEM.uid, 2, "CONFIRMED")
    assert event.decoded("dtstamp") == ITEM.stamp


def test_alarms_are_absolute_and_show_a_text(incident: Incident) -> None:
    at = DUE - timedelta(hours=36)
    text = ics.render(incident, [ITEM._replace(alarms=((at, "half"), (DUE, "due")))])
    alarms = read(text).events[0].walk("VALARM")
    assert [alarm.decoded("trigger") for alarm in alarms] == [at, DUE]
    assert [str(alarm["description"]) for alarm in alarms] == ["half", "due"]
    assert text.count("TRIGGER;VALUE=DATE-TIME:") == text.count("ACTION:DISPLAY") == 2


def test_what_is_over_is_cancelled(incident: Incident) -> None:
    assert read(ics.render(incident, [ITEM._replace(over=True)])).events[0]["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("over", "done", "status"),
    [(False, None, "NEEDS-ACTION"), (True, None, "CANCELLED"), (True, DUE, "COMPLETED")],
)
def test_a_duty_is_a_to_do_without_a_date(incident: Incident, over: Any, done: Any, status: str) -> None:
    text = ics.render(incident, [ITEM._replace(at=None, over=over, done=done)])
    calendar = read(text)
    assert (calendar.events, calendar.todos[0]["status"]) == ([], status)
    assert "DTSTART" not in text
    assert "\r\nDUE" not in text
    assert ("COMPLETED:20261125T150000Z" in text) is (done is not None)


def test_subscribers_learn_the_name_and_how_often_to_look(incident: Incident) -> None:
    named = ics.render(incident._replace(title="Forum; leak", drill=True), [ITEM])
    assert "\r\nNAME:EXERCISE INC-1: Forum\\; leak\r\nX-WR-CALNAME:EXERCISE INC-1: Forum\\; leak\r\n" in named
    assert read(named).decoded("refresh-interval") == timedelta(minutes=15)
    raw = ics.render(incident, [ITEM])
    assert "X-WR-CALNAME:INC-1: " in raw
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in raw
    assert "X-PUBLISHED-TTL:PT15M\r\n" in raw


@given(TYPED, st.lists(TYPED, max_size=5))
@example('a;b,c\\d"e:f', ["BEGIN:VALARM", "END:VEVENT", "x" * 400])
@example("\\n\\;", ["Größe 😀 " * 40])
def test_hostile_words_are_words_and_come_back_as_they_were(incident: Incident, title: str, lines: list[str]) -> None:
    assume("\\N" not in "".join((title, *lines)))  # which the library takes for a line break: still harmless
    said = ITEM._replace(summary=title, description="\n".join(lines), alarms=((DUE, title),))
    text = ics.render(incident._replace(title=title), [said, ITEM._replace(uid="2")])
    calendar = read(text)
    assert [str(event["uid"]) for event in calendar.events] == [ITEM.uid, "2"]
    assert str(calendar.events[0]["summary"]) == title
    assert str(calendar.events[0]["description"]) == "\n".join(lines)
    assert len(calendar.walk("VALARM")) == 1
    rows = text.split("\r\n")
    assert all("\n" not in row and "\r" not in row and len(row.encode()) <= 75 for row in rows)
    assert rows[-2:] == ["END:VCALENDAR", ""]


def test_the_same_incident_gives_the_same_bytes(incident: Incident) -> None:
    items = [ITEM._replace(uid=f"{number}") for number in range(5)]
    assert ics.render(incident, items) == ics.render(incident, items)
