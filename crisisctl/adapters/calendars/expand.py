"""What happens in a calendar, worked out in a process of its own: it may ask for more than anybody can work out.

A rule that repeats every second, or one that never comes true, costs hours. So the parent bounds the time, and the
child its memory and the number of events that it tells.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crisisctl.domain.rota import first_instant

SECONDS = 5.0
MEMORY = 512 * 1024 * 1024
MOST = 5_000  # events in the time that is looked at
FIRST_SLICE, LAST_SLICE = timedelta(hours=2), timedelta(days=10)
YEARS = (1500, 2200)  # outside them zones and arithmetic come to the end of the calendar
_SHORT, _LONG, _GUESTS = 200, 1_000, 20  # characters of a summary, of a description; attendees
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from crisisctl.adapters.calendars.expand import main; main()"
_TIMED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_Component = Any  # icalendar's components, whose properties are whatever the file holds


class Unusable(Exception):
    """The calendar cannot be used; the text says why, without its address."""


class Event(NamedTuple):
    """One event of a calendar, or one repetition; times in UTC."""

    start: datetime
    end: datetime
    summary: str
    attendees: tuple[str, ...]
    description: str


def expand(content: bytes, zone: str, since: datetime, until: datetime, *, seconds: float = SECONDS) -> list[Event]:
    """The events that cover any of that time, in order; `Unusable` when the calendar is broken or too costly."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("it is no text in UTF-8") from None
    order = {"text": text, "zone": zone, "since": since.isoformat(), "until": until.isoformat()}
    said = _ask(json.dumps(order | {"seconds": seconds}).encode(), seconds)
    try:
        told = json.loads(said)
    except ValueError:
        raise Unusable("working it out took too much memory or broke down") from None
    if "fault" in told:
        raise Unusable(told["fault"])
    instants = ((datetime.fromisoformat(row[0]), datetime.fromisoformat(row[1]), row) for row in told["events"])
    return [Event(start, end, row[2], tuple(row[3]), row[4]) for start, end, row in instants]


def _ask(order: bytes, seconds: float) -> bytes:
    command = [sys.executable, "-I", "-c", _CHILD, *filter(None, sys.path)]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    try:
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere) as child:  # noqa: S603 - our own words
            try:
                return child.communicate(order, timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                child.kill()
                too_long = f"it takes more than {seconds:g} s to work out; a rule in it repeats without measure"
                raise Unusable(too_long) from None
    except OSError:
        raise Unusable("no process could be started to read it; the machine may be out of memory") from None


# What follows runs in the child.


def main() -> None:
    """Work out one calendar from standard input and tell it on standard output."""
    order = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w") as answer, Path(os.devnull).open("wb") as nowhere:
        for stream in (1, 2):  # whatever a library prints is no answer
            os.dup2(nowhere.fileno(), stream)
        _confine(order["seconds"])
        json.dump(_told(order), answer)


def _confine(seconds: float) -> None:
    import resource  # noqa: PLC0415 - only the child takes limits upon itself

    signal.setitimer(signal.ITIMER_REAL, seconds + 1)  # nobody else would stop it if the parent were killed
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MEMORY)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of the second kind
            resource.setrlimit(what, (most, most))


def _told(order: dict[str, Any]) -> dict[str, Any]:
    try:
        calendar = _read(order["text"])
        since, until = datetime.fromisoformat(order["since"]), datetime.fromisoformat(order["until"])
        found = list(islice(_events(calendar, ZoneInfo(order["zone"]), since, until), MOST + 1))
    except MemoryError:
        return {"fault": "working it out takes too much memory"}
    except Unusable as error:
        return {"fault": str(error)}
    except OverflowError:
        return {"fault": "a time in it lies outside the calendar of the years"}
    except Exception as error:  # noqa: BLE001 - the libraries raise whatever they meet in what others wrote
        return {"fault": f"it is broken: {' '.join(str(error).split())[:_SHORT] or 'nobody can tell where'}"}
    if len(found) > MOST:
        days = (until - since).days
        return {"fault": f"it has more than {MOST:,} events in {days} days; a rule in it repeats without measure"}
    return {"events": [(start.isoformat(), end.isoformat(), *rest) for start, end, *rest in sorted(found)]}


def _read(text: str) -> _Component:
    """The calendar of a text; an event that lost a time or a rule would put the wrong person on call."""
    from icalendar import Calendar  # noqa: PLC0415 - only the child reads calendars

    calendar: _Component = Calendar.from_ical(text)
    if calendar.name != "VCALENDAR":
        raise Unusable("it is no calendar: it does not begin with BEGIN:VCALENDAR")
    for event in calendar.walk("VEVENT"):
        if slip := _slip(event):
            what = " ".join(str(event.get("SUMMARY", "without a summary")).split())[:_SHORT]
            raise Unusable(f"the event {what!r} cannot be used: {slip}")
        _clip(event)
    return calendar


def _slip(event: _Component) -> str | None:
    for name, trouble in event.errors:
        if (name or "").upper() in _TIMED:
            return f"its {name} cannot be read ({str(trouble)[:_SHORT]})"
    if "DTSTART" not in event:
        return "it has no DTSTART"
    for name in ("DTSTART", "DTEND"):
        zone = event[name].params.get("TZID") if name in event else None
        if zone and event[name].dt.tzinfo is None:
            return f"nothing says what its zone {str(zone)[:_SHORT]!r} is"
    if _repeats(event) and not all(YEARS[0] <= moment.year <= YEARS[1] for moment in _limits(event)):
        return f"it repeats, and begins or ends outside the years {YEARS[0]} to {YEARS[1]}"
    return "it ends before it begins" if _turned(event) else None


def _repeats(event: _Component) -> bool:
    return any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))


def _limits(event: _Component) -> tuple[Any, ...]:
    """When it begins and when it ends, each a date or a time; the last ones of all for an end beyond them."""
    start = event["DTSTART"].dt
    if "DTEND" in event:
        return start, event["DTEND"].dt
    if "DURATION" not in event:
        return (start,)
    try:
        return start, start + event["DURATION"].dt
    except OverflowError:
        return start, start.replace(year=9999, month=12, day=31)


def _clip(event: _Component) -> None:
    """Have an event that does not repeat keep within the years that can be worked out: nobody asks for others."""
    start, *ends = _limits(event)
    if _repeats(event) or (start.year >= YEARS[0] and all(end.year <= YEARS[1] for end in ends)):
        return
    end = ends[0] if ends else None
    for name in ("DTSTART", "DTEND", "DURATION"):
        event.pop(name, None)
    event.add("DTSTART", _within(start))
    if end is not None:
        event.add("DTEND", _within(end))


def _within(moment: Any) -> Any:  # noqa: ANN401 - a date or a time, as what comes out
    if moment.year < YEARS[0]:
        return moment.replace(year=YEARS[0], month=1, day=1)
    return moment.replace(year=YEARS[1], month=12, day=31) if moment.year > YEARS[1] else moment


def _turned(event: _Component) -> bool:
    """Whether the event ends before it begins, which the library would put right by swapping the two."""
    start, end = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
    alike = type(start) is type(end) and getattr(start, "tzinfo", None) == getattr(end, "tzinfo", None)
    return alike and bool(end < start)


def _events(calendar: _Component, zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[Any, ...]]:
    """The events as rows, each once, slice by slice, so that a rule without measure is noticed in the first."""
    import recurring_ical_events  # noqa: PLC0415 - only the child works calendars out

    query = recurring_ical_events.of(calendar)
    seen: set[tuple[Any, ...]] = set()
    start, size = since, FIRST_SLICE
    while start < until:
        for found in query.between(start, min(start + size, until)):
            row = _row(found, zone)
            if row not in seen and row[0] < row[1] and row[0] < until and row[1] > since and not _cancelled(found):
                seen.add(row)
                yield row
        start, size = start + size, min(2 * size, LAST_SLICE)


def _cancelled(event: _Component) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _row(event: _Component, zone: ZoneInfo) -> tuple[datetime, datetime, str, tuple[str, ...], str]:
    guests = event.get("ATTENDEE", [])
    return (
        _instant(event["DTSTART"].dt, zone),
        _instant(event["DTEND"].dt, zone),
        " ".join(str(event.get("SUMMARY", "")).split())[:_SHORT],
        tuple(str(guest)[:_SHORT] for guest in (guests if isinstance(guests, list) else [guests])[:_GUESTS]),
        str(event.get("DESCRIPTION", ""))[:_LONG],
    )


def _instant(moment: Any, zone: ZoneInfo) -> datetime:  # noqa: ANN401 - a date, or a time with or without a zone
    """The instant in UTC; a date is the beginning of that day, and what has no zone is meant in that of the rota."""
    if not isinstance(moment, datetime):
        return first_instant(datetime.combine(moment, time()), zone)
    return first_instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
