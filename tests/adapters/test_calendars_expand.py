"""What happens in a calendar: each expectation worked out by hand, in UTC, from the wall time and the offset there."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from crisisctl.adapters.calendars.expand import Event, Unusable, expand

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a room//rota//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


class Case(NamedTuple):
    """The lines of the events, the zone of the rota, and the stretches that come out, each `start/end` in UTC."""

    zone: str
    events: tuple[str, ...]
    stretches: tuple[str, ...]
    head: str = ""


def written(*events: str, head: str = "") -> bytes:
    """A calendar of these events; one that changes another has its UID."""
    named = (event if "UID:" in event else f"UID:{n}\n{event}" for n, event in enumerate(events))
    bodies = (f"BEGIN:VEVENT\r\n{_lines(event)}END:VEVENT\r\n" for event in named)
    return f"{HEAD}{_lines(head)}{''.join(bodies)}{TAIL}".encode()


def _lines(text: str) -> str:
    return "".join(f"{line.strip()}\r\n" for line in text.strip().splitlines())


MADRID, LORD_HOWE = "Europe/Madrid", "Australia/Lord_Howe"
VTIMEZONE = """
BEGIN:VTIMEZONE
TZID:Our office
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0330
TZOFFSETTO:+0330
END:STANDARD
END:VTIMEZONE
"""
CASES = {
    # Madrid is at +1 until 2026-03-29 01:00 UTC, then at +2: 20:00 is 19:00 UTC, then 18:00; 08:00 is 07:00, 06:00.
    "a night shift of 11 hours in spring": Case(
        MADRID,
        ("DTSTART;TZID=Europe/Madrid:20260327T200000\nDTEND;TZID=Europe/Madrid:20260328T080000\nRRULE:FREQ=DAILY;COUNT=3",),
        ("03-27 19:00/03-28 07:00", "03-28 19:00/03-29 06:00", "03-29 18:00/03-30 06:00"),
    ),
    # At +2 until 2026-10-25 01:00 UTC, then at +1.
    "a night shift of 13 hours in autumn": Case(
        MADRID,
        ("DTSTART;TZID=Europe/Madrid:20261023T200000\nDTEND;TZID=Europe/Madrid:20261024T080000\nRRULE:FREQ=DAILY;COUNT=3",),
        ("10-23 18:00/10-24 06:00", "10-24 18:00/10-25 07:00", "10-25 19:00/10-26 07:00"),
    ),
    "times in UTC stay where they are": Case(
        MADRID,
        ("DTSTART:20260328T090000Z\nDTEND:20260328T170000Z\nRRULE:FREQ=DAILY;COUNT=2",),
        ("03-28 09:00/03-28 17:00", "03-29 09:00/03-29 17:00"),
    ),
    "floating times are those of the rota's zone": Case(
        MADRID,
        ("DTSTART:20260328T090000\nDTEND:20260328T170000\nRRULE:FREQ=DAILY;COUNT=2",),
        ("03-28 08:00/03-28 16:00", "03-29 07:00/03-29 15:00"),
    ),
    "floating times without a zone of the rota are UTC": Case(
        "UTC", ("DTSTART:20260328T090000\nDTEND:20260328T170000",), ("03-28 09:00/03-28 17:00",)
    ),
    "a floating time that is jumped over is the jump": Case(
        MADRID, ("DTSTART:20260329T023000\nDTEND:20260329T090000",), ("03-29 01:00/03-29 07:00",)
    ),
    # 29 March in Madrid lasts from 28 March 23:00 UTC to 29 March 22:00 UTC.
    "an all-day event is a local day, here of 23 hours": Case(
        MADRID, ("DTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330",), ("03-28 23:00/03-29 22:00",)
    ),
    "a local day of 25 hours": Case(
        MADRID, ("DTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026",), ("10-24 22:00/10-25 23:00",)
    ),
    # Lord Howe: +11 until 2026-04-04 15:00 UTC, then +10:30. The 5th: 04-04 13:00 to 04-05 13:30 UTC.
    "a local day of 24 and a half hours": Case(
        LORD_HOWE, ("DTSTART;VALUE=DATE:20260405",), ("04-04 13:00/04-05 13:30",)
    ),
    # Santiago jumps from 00:00 to 01:00 on 6 September, at 04:00 UTC; the 7th begins at 03:00 UTC.
    "a local day that has no midnight begins with the jump": Case(
        "America/Santiago", ("DTSTART;VALUE=DATE:20260906",), ("09-06 04:00/09-07 03:00",)
    ),
    "the same date is another day in India": Case(
        "Asia/Kolkata", ("DTSTART;VALUE=DATE:20260329",), ("03-28 18:30/03-29 18:30",)
    ),
    "several days run up to the last, which is not one of them": Case(
        MADRID, ("DTSTART;VALUE=DATE:20260323\nDTEND;VALUE=DATE:20260326",), ("03-22 23:00/03-25 23:00",)
    ),
    "a week of whole days across the change": Case(
        MADRID,
        ("DTSTART;VALUE=DATE:20260323\nDTEND;VALUE=DATE:20260330\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2",),
        ("03-22 23:00/03-29 22:00", "04-05 22:00/04-12 22:00"),
    ),
    # 8 December 2026 is a Tuesday and a holiday: Monday, Wednesday and Thursday are left. Madrid is at +1.
    "a holiday that is taken out leaves a gap": Case(
        MADRID,
        (
            """DTSTART;TZID=Europe/Madrid:20261207T090000
            DTEND;TZID=Europe/Madrid:20261207T170000
            RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=4
            EXDATE;TZID=Europe/Madrid:20261208T090000""",
        ),
        ("12-07 08:00/12-07 16:00", "12-09 08:00/12-09 16:00", "12-10 08:00/12-10 16:00"),
    ),
    "a holiday that is taken out of whole days": Case(
        MADRID,
        ("DTSTART;VALUE=DATE:20261207\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20261208",),
        ("12-06 23:00/12-07 23:00", "12-08 23:00/12-09 23:00"),
    ),
    "a weekly rule leaves the weekend out": Case(
        "UTC",
        ("DTSTART:20260327T090000Z\nDTEND:20260327T170000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3",),
        ("03-27 09:00/03-27 17:00", "03-30 09:00/03-30 17:00", "04-03 09:00/04-03 17:00"),
    ),
    "an extra date is added": Case(
        "UTC",
        ("DTSTART:20260327T090000Z\nDTEND:20260327T170000Z\nRDATE:20260401T120000Z",),
        ("03-27 09:00/03-27 17:00", "04-01 12:00/04-01 20:00"),
    ),
    "a repetition that was moved is where it was moved to": Case(
        "UTC",
        (
            "DTSTART:20260327T090000Z\nDTEND:20260327T170000Z\nRRULE:FREQ=DAILY;COUNT=3",
            "UID:0\nRECURRENCE-ID:20260328T090000Z\nDTSTART:20260328T120000Z\nDTEND:20260328T130000Z",
        ),
        ("03-27 09:00/03-27 17:00", "03-28 12:00/03-28 13:00", "03-29 09:00/03-29 17:00"),
    ),
    "a repetition that was cancelled is gone": Case(
        "UTC",
        (
            "DTSTART:20260327T090000Z\nDTEND:20260327T170000Z\nRRULE:FREQ=DAILY;COUNT=2",
            "UID:0\nRECURRENCE-ID:20260328T090000Z\nDTSTART:20260328T090000Z\nDTEND:20260328T170000Z\nSTATUS:CANCELLED",
        ),
        ("03-27 09:00/03-27 17:00",),
    ),
    "an event that was cancelled is gone with all its repetitions": Case(
        "UTC", ("STATUS:CANCELLED\nDTSTART:20260327T090000Z\nDTEND:20260327T170000Z\nRRULE:FREQ=DAILY",), ()
    ),
    # Until 28 March 08:00 UTC, which is 09:00 in Madrid: that repetition is the last.
    "an end counts to the instant": Case(
        MADRID,
        (
            """DTSTART;TZID=Europe/Madrid:20260327T090000
            DTEND;TZID=Europe/Madrid:20260327T100000
            RRULE:FREQ=DAILY;UNTIL=20260328T080000Z""",
        ),
        ("03-27 08:00/03-27 09:00", "03-28 08:00/03-28 09:00"),
    ),
    # New York is at -5 until 2026-03-08 07:00 UTC, then at -4.
    "an event keeps the zone that it was written in": Case(
        MADRID,
        ("DTSTART;TZID=America/New_York:20260307T090000\nDTEND;TZID=America/New_York:20260307T170000\nRRULE:FREQ=DAILY;COUNT=2",),
        ("03-07 14:00/03-07 22:00", "03-08 13:00/03-08 21:00"),
    ),
    "a zone that the calendar brings along": Case(
        MADRID,
        ("DTSTART;TZID=Our office:20260327T090000\nDTEND;TZID=Our office:20260327T170000",),
        ("03-27 05:30/03-27 13:30",),
        VTIMEZONE,
    ),
    "a zone by the name that Windows has for it": Case(
        "UTC",
        ("DTSTART;TZID=W. Europe Standard Time:20260327T090000\nDURATION:PT1H",),
        ("03-27 08:00/03-27 09:00",),
    ),
    "a length instead of an end": Case(
        "UTC", ("DTSTART:20260327T090000Z\nDURATION:P1DT1H",), ("03-27 09:00/03-28 10:00",)
    ),
    "a day without an end is one day": Case("UTC", ("DTSTART;VALUE=DATE:20260327",), ("03-27 00:00/03-28 00:00",)),
    "a moment covers nothing": Case("UTC", ("DTSTART:20260327T090000Z",), ()),
    "an empty calendar": Case("UTC", (), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_event_covers(name: str) -> None:
    case = CASES[name]
    found = expand(
        written(*case.events, head=case.head),
        case.zone,
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 12, 31, tzinfo=UTC),
    )
    assert tuple(f"{event.start:%m-%d %H:%M}/{event.end:%m-%d %H:%M}" for event in found) == case.stretches


SINCE, UNTIL = datetime(2026, 3, 20, tzinfo=UTC), datetime(2027, 3, 20, tzinfo=UTC)


def test_an_event_tells_whom_it_names() -> None:
    event = (
        "SUMMARY:Dana\\, until late\nDESCRIPTION:Line one\\nline two\nATTENDEE;CN=Dana:mailto:dana@example.com\n"
        "ATTENDEE:mailto:kim@example.com\nDTSTART:20260327T090000Z\nDTEND:20260327T170000Z"
    )
    (found,) = expand(written(event), "UTC", SINCE, UNTIL)
    assert found[2:] == (
        "Dana, until late",
        ("mailto:dana@example.com", "mailto:kim@example.com"),
        "Line one\nline two",
    )


def test_only_what_covers_the_time_looked_at_is_told_and_once() -> None:
    long = "DTSTART:20260301T000000Z\nDTEND:20260901T000000Z"
    before = "DTSTART:20260301T000000Z\nDTEND:20260320T000000Z"
    after = "DTSTART:20270320T000000Z\nDTEND:20270321T000000Z"
    found = expand(written(long, before, after), "UTC", SINCE, UNTIL)
    assert [(event.start, event.end) for event in found] == [
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC))
    ]


BROKEN = {
    b"": "it is broken",
    b"<html>Please log in</html>": "it is broken",
    b"\xff\xfe": "it is no text in UTF-8",
    written("DTSTART:20260327T090000Z\nDTEND:20260327T170000Z")[:-20]: "it is broken",
    written("SUMMARY:Dana\nDTSTART:2026-03-27"): "the event 'Dana' cannot be used: its DTSTART cannot be read",
    written("SUMMARY:Dana\nDTSTART:20260327T090000Z\nDTEND:soon"): "its DTEND cannot be read",
    written("DTSTART:20260327T090000Z\nRRULE:FREQ=SOMETIMES"): "its RRULE cannot be read",
    written("DTSTART:20260327T090000Z\nEXDATE:never"): "its EXDATE cannot be read",
    written("SUMMARY:Dana"): "it has no DTSTART",
    written("DTSTART:20260327T090000Z\nDTEND:20260327T080000Z"): "it ends before it begins",
    written("DTSTART;VALUE=DATE:20260327\nDTEND;VALUE=DATE:20260326"): "it ends before it begins",
    written("DTSTART;TZID=Mars/Olympus:20260327T090000"): "nothing says what its zone 'Mars/Olympus' is",
    b"BEGIN:VEVENT\r\nDTSTART:20260327T090000Z\r\nEND:VEVENT\r\n": "it is no calendar",
}


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_calendar_is_told_from_one_that_says_little(content: bytes) -> None:
    with pytest.raises(Unusable, match=BROKEN[content].replace("(", r"\(")) as caught:
        expand(content, "UTC", SINCE, UNTIL)
    assert "\n" not in str(caught.value)


HOSTILE = {
    "every second": "DTSTART:20260327T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
    "every second since 1970": "DTSTART:19700327T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
    "never": "DTSTART:19700327T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "every second of every day": "DTSTART:20260327T090000Z\nDURATION:PT1S\nRRULE:FREQ=DAILY;"
    f"BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_rule_without_measure_ends_in_a_sentence(name: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Unusable, match=r"repeats without measure|memory"):
        expand(written(HOSTILE[name]), "UTC", SINCE, UNTIL, seconds=3)
    assert time.monotonic() - begun < 30


def test_as_many_events_as_a_year_of_shifts_has_are_no_trouble() -> None:
    hourly = "DTSTART:20260320T000000Z\nDURATION:PT2H\nRRULE:FREQ=HOURLY;INTERVAL=2;COUNT=4380"
    found = expand(written(hourly), "UTC", SINCE, UNTIL)
    assert len(found) == 4380
    assert found == sorted(set(found))
    assert isinstance(found[0], Event)


EDGES = {
    "from the first day of all to the last": "DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:99991231",
    "from the first second of all": "DTSTART:00010101T000000Z\nDTEND:99991231T235959Z",
    "in the zone of a place": "DTSTART;TZID=Europe/Madrid:00010101T000000\nDTEND;TZID=Europe/Madrid:99991231T235959",
    "without measure": "DTSTART:20260101T000000Z\nDURATION:P99999999D",
}


@pytest.mark.parametrize("name", EDGES)
def test_an_event_at_the_edge_of_the_calendar_covers_the_time_looked_at(name: str) -> None:
    since, until = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    other = "SUMMARY:other\nDTSTART:20260310T090000Z\nDTEND:20260310T170000Z"
    found = expand(written(f"SUMMARY:always\n{EDGES[name]}", other), "Europe/Madrid", since, until)
    assert [event.summary for event in found] == ["always", "other"]
    assert (found[0].start < since, found[0].end > until) == (True, True)


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:odd\nDTSTART:00010101T000000Z\nDTEND:00010101T010000Z\nRRULE:FREQ=DAILY",
        "SUMMARY:odd\nDTSTART:20260101T000000Z\nDURATION:P99999999D\nRRULE:FREQ=DAILY",
        "SUMMARY:odd\nDTSTART:20260101T000000Z\nDURATION:P9999999999999D",
        "SUMMARY:odd\nDTSTART:20261341T000000Z",
    ],
)
def test_what_cannot_be_worked_out_is_told_by_its_event_and_in_words_of_people(event: str) -> None:
    with pytest.raises(Unusable, match="odd") as caught:
        expand(written(event), "UTC", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert "Error" not in str(caught.value)
