"""What a calendar shows of an incident's clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain.clocks.alarms import Item, items, left_out
from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Deadline, Incident
from tests.domain.conftest import Case, plan

BEGUN = datetime(2026, 11, 22, 15, tzinfo=UTC)
DUE = BEGUN + timedelta(hours=72)
SAID = BEGUN + timedelta(minutes=20)
CLOCK = Deadline(
    "gdpr.art33",
    regime="GDPR",
    title="Notify the supervisory authority",
    state="running",
    kind="instant",
    start="aware",
    begun=BEGUN,
    strict=DUE,
    legal=DUE + timedelta(hours=1),
    alarms=True,
    recipient="lead supervisory authority",
    status="in_force",
    last_verified="2026-11-22",
    run=2,
    version=7,
    asserted_at=SAID,
)
DUTY = CLOCK._replace(id="gdpr.art34", kind="qualitative", strict=None, legal=None, alarms=False, version=8)


def entry(version: int, type_: str = "clock.started", after: int = 0, **data: Any) -> Entry:
    at = SAID + timedelta(minutes=after)
    return Entry("INC-1", version, at, at, "dana", "dana", None, "cli", type_, data, {}, "")


STARTED = entry(7, clock="gdpr.art33", citation="Art. 33(1)")


def incident(*clocks: Deadline, drill: bool = False) -> Incident:
    found = Case(plan()).incident
    return found._replace(title="Records on a forum", drill=drill, clocks={one.id: one for one in clocks})


def only(clock: Deadline, entries: Sequence[Entry] = (STARTED,), *, drill: bool = False) -> Item:
    (item,) = items(incident(clock, drill=drill), entries)
    return item


def test_a_running_clock_stands_at_its_strict_time_and_speaks_up_three_times() -> None:
    item = only(CLOCK)
    assert (item.uid, item.at, item.sequence) == ("INC-1/gdpr.art33@crisisctl", DUE, 2)
    assert item.stamp == SAID
    assert not item.over
    assert [at for at, _ in item.alarms] == [
        datetime(2026, 11, 24, 3, tzinfo=UTC),
        datetime(2026, 11, 25, 0, 36, tzinfo=UTC),
        DUE,
    ]
    assert [text.rpartition(": ")[2] for _, text in item.alarms] == [
        "half of the time has passed, due 2026-11-25 15:00:00 UTC",
        "80% of the time has passed, due 2026-11-25 15:00:00 UTC",
        "due now",
    ]


def test_the_description_says_what_one_must_know() -> None:
    assert only(CLOCK).description.split("\n") == [
        "INC-1: Records on a forum",
        "Due: 2026-11-25 15:00:00 UTC.",
        "Legal limit: 2026-11-25 16:00:00 UTC.",
        "Began with aware: 2026-11-22 15:00:00 UTC.",
        "To: lead supervisory authority.",
        "Source: Art. 33(1).",
        "Why: crisisctl clock explain gdpr.art33 -i INC-1",
        "Not legal advice. Last verified on 2026-11-22; reviewed by nobody yet. Ask your counsel.",
    ]


def test_a_drill_says_so_wherever_it_can_be_seen() -> None:
    item = only(CLOCK, drill=True)
    assert item.summary.startswith("EXERCISE GDPR: ")
    assert item.description.startswith("EXERCISE.")
    assert all(text.startswith("EXERCISE ") for _, text in item.alarms)
    assert "EXERCISE" not in str(only(CLOCK))


@pytest.mark.parametrize("state", ["filed", "waived", "declined", "not_applicable", "not_started"])
def test_what_nobody_has_to_file_is_over_and_silent(state: str) -> None:
    item = only(CLOCK._replace(state=state, filed_at=DUE if state == "filed" else None))
    assert item.over
    assert item.at == DUE
    assert item.alarms == ()


def test_a_filing_is_told_with_its_time_and_whether_it_was_late() -> None:
    assert "Filed 2026-11-25 15:00:00 UTC." in only(CLOCK._replace(state="filed", filed_at=DUE)).description
    late = only(CLOCK._replace(state="filed", filed_at=DUE, late=True))
    assert "Filed 2026-11-25 15:00:00 UTC, late." in late.description
    assert "Decided not to notify." in only(CLOCK._replace(state="declined")).description


def test_a_missed_clock_is_marked_until_it_is_filed() -> None:
    assert only(CLOCK._replace(missed=True)).summary.startswith("OVERDUE GDPR")
    assert "OVERDUE" not in str(only(CLOCK._replace(missed=True, state="filed", filed_at=DUE)))
    assert "said beforehand" in only(CLOCK._replace(will_miss=True)).description


def test_what_may_not_alarm_never_does_and_says_why() -> None:
    item = only(CLOCK._replace(alarms=False, status="proposed"))
    assert item.alarms == ()
    assert "No alarms: proposed." in item.description


def test_a_duty_in_words_has_no_time() -> None:
    item = only(DUTY, [entry(8, clock="gdpr.art34")])
    assert (item.at, item.alarms, item.over) == (None, (), False)
    assert "the law sets no number" in item.description
    assert "Due" not in item.description


def test_clocks_without_a_time_or_a_duty_are_left_out() -> None:
    waits = CLOCK._replace(id="nis2.final", state="not_started", kind="not_started", strict=None)
    asked = CLOCK._replace(id="dora.initial", state="assessed", kind="", strict=None)
    assert items(incident(waits, asked), [STARTED]) == []
    assert left_out(incident(waits, asked), []) == {"nis2.final": "not started", "dora.initial": "assessed"}


def test_a_clock_of_which_something_stays_in_the_room_is_left_out() -> None:
    declined = entry(9, "clock.declined", clock="gdpr.art33", labels={"privileged": True})
    both = incident(CLOCK, DUTY)
    assert [item.clock for item in items(both, [STARTED], [declined])] == ["gdpr.art34"]
    assert left_out(both, [declined]) == {"gdpr.art33": "labels keep it in the room"}
    before = entry(6, "clock.declined", clock="gdpr.art33", labels={"privileged": True})
    assert len(items(both, [STARTED], [before])) == 2, "it was asserted anew since"


def test_a_duty_alarms_for_a_target_of_our_own_and_says_that_it_is_one() -> None:
    item = only(DUTY._replace(target=DUE, alarms=True), [entry(8, clock="gdpr.art34")])
    assert item.at is None
    assert [text.rpartition(": ")[2] for _, text in item.alarms][1:] == [
        "80% of the time has passed, to aim at 2026-11-25 15:00:00 UTC",
        "to aim at now",
    ]
    assert "To aim at: 2026-11-25 15:00:00 UTC." in item.description


def test_the_stamp_is_of_the_last_change_and_reminders_are_none() -> None:
    filed = entry(9, "clock.filed", 60, clocks=[{"clock": "gdpr.art33"}])
    reminded = entry(10, "clock.reminded", 90, clock="gdpr.art33")
    other = entry(11, "clock.filed", 120, clocks=[{"clock": "nis2.notification"}])
    assert only(CLOCK, [STARTED, filed, reminded, other]).stamp == filed.recorded_at


def test_what_people_typed_is_made_visible() -> None:
    item = only(CLOCK._replace(recipient="a\x1b[31m\u202eb", title="x\ny"))
    assert "\x1b" not in item.description
    assert "\\x1b[31m⟨U+202E⟩b" in item.description
    assert "\n" not in item.summary
