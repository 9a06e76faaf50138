"""The next update that a text promises: read exactly, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain.promise import read

THREE = datetime(2026, 11, 22, 15, tzinfo=UTC)
LONGEST_TEXT = 65_536

SAID = [
    "Next update by 22 November 2026, 15:00 UTC.",
    "Please change your password. Next update by 22 November 2026, 15:00 UTC. We are sorry.",
    "Next update: 2026-11-22 15:00 UTC",
    "Next update: 2026-11-22T15:00Z",
    "Next update: 2026-11-22T16:00:00+01:00",
    "Next update: 2026-11-22T10:00-05:00",
    "**Next update by Sunday, November 22nd, 2026 at 3 pm UTC.** Call us.",
    "_Next update_ by `22 Nov. 2026, 15:00 UTC`",
    "By 22 Nov 2026, 15:00 UTC, we will publish our next update.",
    "The next update will be posted at 3:00 p.m. UTC on November 22, 2026.",
    "The next status update comes on the 22nd of November 2026 at 15:00 GMT",
    "We will update this page by 22 November 2026, 10:00 a.m. EST.",
    "We will update you again no later than 22 November 2026, 10:00 America/New_York.",
    "Another update follows on 22/11/2026, 15:00 UTC.",
    "Next update by 22\u00a0November\u00a02026, 15:00\u202fUTC.",
    "Next update by 22 November 2026, 16:00 CET (15:00 UTC).",
    "Next update by 23 November 2026, 00:00 UTC+9 (15:00 UTC).",
    "Next update by 22 November 2026, 15:00 UTC / 22 November 2026, 16:00 CET.",
    "Next update by 22 November 2026, 15:00 UTC; our hotline is open until 20:00 UTC.",
    "On 21 November 2026 at 10:00 UTC records were copied. Next update by 22 November 2026, 15:00 UTC.",
    "Next update by 22 November 2026, 15:00 UTC\n- the hotline answers from 08:00 CET",
    "Next update by 22 November 2026,\n15:00 UTC",
    "Next update by 22 November 2026, 15:00 UTC. As said, the next update comes by 2026-11-22 16:00 CET.",
    "The next update follows soon. Next update by 22 November 2026, 15:00 UTC.",
    "Nächste Aktualisierung bis 22. November 2026, 16:00 Uhr MEZ (15:00 UTC).",
    "Das nächste Update folgt am Sonntag, den 22.11.2026 um 16 Uhr MEZ.",
    "Nächste Information: 22.11.2026, 15:00 UTC",
    "Wir informieren Sie spätestens bis 22. November 2026, 16.00 Uhr (Europe/Berlin) wieder.",
]


@pytest.mark.parametrize("text", SAID)
def test_an_instant_is_read_however_it_is_written(text: str) -> None:
    assert read(text).at == THREE, read(text)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("Next update shortly.", "it names no time of day"),
        ("Next update by 15:00 UTC.", "it names no day"),
        ("Next update tomorrow at 15:00 UTC.", "it names no day"),
        ("Next update by 22 November 2026, 15:00.", "it names no zone"),
        ("Next update by 22 November 2026, 15:00 local time.", "it names no zone"),
        ("Next update by 22 November 2026.", "it names no time of day"),
        ("Next update by 22 November, 15:00 UTC.", "the day has no year"),
        ("Nächstes Update: 22.11., 16 Uhr MEZ", "the day has no year"),
        ("Next update by 11/12/2026 15:00 UTC.", "it can be read with the day or with the month first"),
        ("Next update by 22/11/26 15:00 UTC.", "the year has two digits"),
        ("Next update by 31 February 2026, 15:00 UTC.", "there is no such day"),
        ("Next update by Monday 22 November 2026, 15:00 UTC.", "that day is no Monday"),
        ("Next update by 22 November 2026, 25:00 UTC.", "no clock shows that time"),
        ("Next update by 22 November 2026, 13 pm UTC.", "no clock shows that time"),
        ("Next update by 22 November 2026, 15:00 IST.", "IST can be the time of India, Ireland or Israel"),
        ("Next update by 22 November 2026, 15:00 UTC+19.", "no clock is UTC+19 from UTC"),
        ("Next update by 22 November 2026, 15:00 Europe/Berlim.", "Europe/Berlim is no zone that is known here"),
        ("Next update by 1 July 2026, 15:00 CET.", "clocks do not go by CET on that day"),
        ("Next update by 25 October 2026, 02:30 Europe/Berlin.", "clocks in Europe/Berlin show that time twice"),
        ("Next update by 29 March 2026, 02:30 Europe/Berlin.", "clocks in Europe/Berlin skip that time"),
        ("Next update by 22 November 2026, 14:00 UTC to 15:00 UTC.", "it names several times"),
        ("Next update by 22 November 2026, 16:00 CET (16:00 UTC).", "it names several times"),
        ("Next update by 22 November 2026, 15:00 UTC or 23 November 2026, 15:00 UTC.", "it names several times"),
        ("Next update by 22 November 2026, 14:00-15:00 UTC.", "it can be read as a span of time"),
        ("Next update by 22 November 2026, 09:00 -10:00", "it can be read as a span of time"),
        (
            "Next update by 22 November 2026, 15:00 UTC. The next update comes by 22 November 2026, 16:00 UTC.",
            "the text also says: next update comes by 22 November 2026, 16:00 UTC",
        ),
        ("Next update by 31 December 9999, 23:00 UTC-5.", "it lies outside the calendar"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_not_guessed(text: str, doubt: str) -> None:
    reading = read(text)
    assert reading.at is None
    assert doubt in reading.doubt
    assert reading.said


@pytest.mark.parametrize(
    "text",
    ["", "We are sorry.", "On 22 November 2026, 15:00 UTC, records were copied.", "Call 15:00 UTC to 16:00 UTC."],
)
def test_a_text_without_a_next_update_promises_nothing(text: str) -> None:
    assert read(text) == (None, "", "")


def test_the_words_that_promise_are_told() -> None:
    text = "We are sorry.\nNext update by 22 November\n2026, 15:00 UTC, on our status page."
    assert read(text).said == "Next update by 22 November 2026, 15:00 UTC"


MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONATE = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]
TAGE = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"]
MINUTES = st.datetimes(datetime(2020, 1, 1), datetime(2039, 1, 1)).map(  # noqa: DTZ001 - the zone follows
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)
FORMS = [
    lambda t: f"Next update by {t.day} {MONTHS[t.month - 1]} {t.year}, {t:%H:%M} UTC.",
    lambda t: f"Next update by {MONTHS[t.month - 1][:3]} {t.day}, {t.year}, {t.hour % 12 or 12}:{t:%M %p} UTC",
    lambda t: f"Next update: {t:%Y-%m-%d %H:%M}Z",
    lambda t: f"Next update: {t.astimezone(ZoneInfo('Asia/Kolkata')).isoformat()}",
    lambda t: f"Nächstes Update bis {TAGE[t.weekday()]}, {t.day}. {MONATE[t.month - 1]} {t.year}, {t:%H:%M} Uhr UTC.",
    lambda t: f"Nächste Meldung: {t:%d.%m.%Y}, {t:%H.%M} Uhr (UTC)",
    lambda t: f"Next update by {t.astimezone(ZoneInfo('Pacific/Auckland')):%Y-%m-%d, %H:%M UTC%z} ({t:%H:%M} UTC)",
]


@given(MINUTES, st.sampled_from(FORMS), st.sampled_from(["", "We are sorry. ", "Zum Stand um 10 Uhr. "]))
def test_every_instant_is_read_back_from_every_form(moment: datetime, form: object, before: str) -> None:
    assert read(before + form(moment)).at == moment  # type: ignore[operator]


@given(MINUTES, st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney"]))
def test_a_wall_clock_gives_its_instant_or_none_but_never_another(moment: datetime, zone: str) -> None:
    there = moment.astimezone(ZoneInfo(zone))
    reading = read(f"Next update by {there.day} {MONTHS[there.month - 1]} {there.year}, {there:%H:%M} {zone}.")
    assert reading.at in (moment, None)
    if reading.at is None:
        assert "twice" in reading.doubt


@given(st.text(alphabet="nextupda 0123456789.:/-+()UTCZh\n,", max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    reading = read(f"Next update {text}")
    assert (reading.at is None) or not reading.doubt


@pytest.mark.parametrize("part", ["next update ", "22 November 2026 ", "12:", "\n", " ", "next ", "1", "(15:00 ", ". "])
def test_the_longest_hostile_text_is_read_in_no_time(part: str) -> None:
    began = perf_counter()
    read(f"next update {part * (LONGEST_TEXT // len(part))}")
    assert perf_counter() - began < timedelta(seconds=5).total_seconds()
