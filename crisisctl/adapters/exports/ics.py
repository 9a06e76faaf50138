"""Clocks as an iCalendar file (RFC 5545) that calendars subscribe to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Component, Event, Todo, vDuration, vText

from crisisctl.adapters.exports.told import EXERCISE
from crisisctl.domain.clocks.alarms import Item
from crisisctl.domain.incident import Incident
from crisisctl.domain.text import visible

AGAIN = timedelta(minutes=15)  # how often a calendar is asked to look


def render(incident: Incident, items: Sequence[Item]) -> str:
    """The file: an event at the strict time of each clock, a to-do without a date for a duty in words."""
    name = visible(f"{f'{EXERCISE} ' if incident.drill else ''}{incident.id}: {incident.title}")
    calendar = Calendar()
    calendar.add("prodid", "-//crisisctl//clocks//EN")
    calendar.add("version", "2.0")
    calendar.add("refresh-interval", vDuration(AGAIN), parameters={"VALUE": "DURATION"})
    # What the library does not know takes the type of its value, without which nothing of it is escaped.
    for key, value in (("name", vText(name)), ("x-wr-calname", vText(name)), ("x-published-ttl", vDuration(AGAIN))):
        calendar.add(key, value)
    for item in items:
        calendar.add_component(_duty(item) if item.at is None else _event(item, item.at))
    written: bytes = calendar.to_ical(sorted=False)
    return written.decode()


def _event(item: Item, at: datetime) -> Component:
    event = _common(Event(), item)
    event.add("dtstart", at.astimezone(UTC))
    event.add("status", "CANCELLED" if item.over else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # a deadline keeps nobody from a meeting
    return event


def _duty(item: Item) -> Component:
    todo = _common(Todo(), item)
    if item.done:
        todo.add("status", "COMPLETED")
        todo.add("completed", item.done.astimezone(UTC))
    else:
        todo.add("status", "CANCELLED" if item.over else "NEEDS-ACTION")
    return todo


def _common(part: Component, item: Item) -> Component:
    for key, value in (("uid", item.uid), ("summary", item.summary), ("description", item.description)):
        part.add(key, value)
    part.add("sequence", item.sequence)
    part.add("dtstamp", item.stamp.astimezone(UTC))
    for when, text in item.alarms:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", when.astimezone(UTC), parameters={"VALUE": "DATE-TIME"})
        alarm.add("description", text)
        part.add_component(alarm)
    return part
