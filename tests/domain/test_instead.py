"""Who is told when, and who instead: written into the entry, and nothing is written that need not be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry, Event, canonical
from crisisctl.domain.instead import answered, cause, passed_on, spread
from crisisctl.domain.notices import Quiet, Reach, attach, notices
from crisisctl.domain.times import instant
from tests.domain.conftest import RICH, Case

NOW = datetime(2026, 1, 10, 23, 0, 0, 123456, tzinfo=UTC)
SEVEN = datetime(2026, 1, 11, 7, tzinfo=UTC)
NIGHT = Quiet(time(22), time(7), UTC)
Told = dict[str, Any]


def minutes(*span: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=one) for one in span)


class Ways:
    """A directory in which people are reached as told, and all others by one contact at once."""

    def __init__(self, **ways: Reach) -> None:
        self.ways = ways

    def own(self, person: str) -> bool:
        return True

    def count(self, person: str) -> int:
        return len(self.reach(person).delays)

    def contacts(self, person: str) -> Sequence[str]:
        return ["console:"] * self.count(person)

    def require(self, person: str) -> None:
        """Everybody is somebody."""

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        return ()

    def reach(self, person: str) -> Reach:
        return self.ways.get(person, Reach())


@pytest.fixture
def case() -> Case:
    """An incident that does not break quiet hours."""
    return Case(RICH, severity="sev2")


def fired(timer: str, *reached: str) -> Event:
    return Event("escalation.fired", {"reached": [*reached], "ladder": "l", "stage": "begun"}, timer=timer)


def told(case: Case, ways: Ways, *events: Event, now: datetime = NOW) -> list[list[Told]]:
    spreading = spread(attach(events, ways), ways, case.incident, now)
    return [event.data.get("notices", []) for event in spreading]


def entry(version: int, event: Event, **changes: Any) -> Entry:
    bare = Entry("INC-1", version, NOW, NOW, "crisisctl", "", None, "timer", event.type, event.data, {}, "")
    return bare._replace(timer=event.timer)._replace(**changes)


def test_without_delays_and_quiet_hours_an_entry_stays_as_it_was(case: Case) -> None:
    events = attach([fired("t1", "dana", "sam"), Event("stage.left", {"stage": "begun"})], Ways())
    after = spread(events, Ways(dana=Reach(fallback="kim"), sam=Reach(minutes(0, 0))), case.incident, NOW)
    assert [canonical(event.data) for event in after] == [canonical(event.data) for event in events]


def test_a_contact_with_a_delay_waits_from_the_firing_on(case: Case) -> None:
    ((one,),) = told(case, Ways(dana=Reach(minutes(0, 2))), fired("t1", "dana"))
    assert one["not_before"] == [None, "2026-01-10T23:02:00.123456Z"]
    assert "quiet_until" not in one
    caused = list(notices(entry(3, Event("escalation.fired", {"notices": [one]}))))
    assert [notice.not_before for notice in caused] == [None, NOW + timedelta(minutes=2)]
    assert [notice.contact for notice in caused] == [0, 1]


def test_who_rests_is_told_when_the_hours_end_and_each_contact_in_its_turn(case: Case) -> None:
    ((one,),) = told(case, Ways(dana=Reach(minutes(0, 2), NIGHT)), fired("t1", "dana"))
    assert one["quiet_until"] == "2026-01-11T07:00:00.000000Z"
    assert one["not_before"] == ["2026-01-11T07:00:00.000000Z", "2026-01-11T07:02:00.000000Z"]


def test_a_severity_that_breaks_the_hours_disturbs() -> None:
    ((one,),) = told(Case(RICH), Ways(dana=Reach(minutes(0), NIGHT)), fired("t1", "dana"))
    assert "not_before" not in one


def test_a_delayed_contact_that_falls_into_quiet_hours_waits_and_nobody_stands_in(case: Case) -> None:
    ways = Ways(dana=Reach(minutes(0, 10), NIGHT, "sam"))
    ((one,),) = told(case, ways, fired("t1", "dana"), now=NOW.replace(hour=21, minute=55))
    assert one["not_before"] == [None, "2026-01-11T07:00:00.000000Z"]
    assert "quiet_until" not in one


def test_the_fallback_of_who_rests_is_told_at_once_and_once(case: Case) -> None:
    ways = Ways(dana=Reach(quiet=NIGHT, fallback="sam"), kim=Reach(quiet=NIGHT, fallback="sam"))
    first, second = told(case, ways, fired("t1", "dana"), fired("t2", "kim"))
    assert [one["to"] for one in first] == ["dana"]
    assert [one["to"] for one in second] == ["kim", "sam"]
    sam = second[1]
    assert (sam["instead_of"], sam["covers"], sam["contacts"]) == (["dana", "kim"], ["t1", "t2"], 1)
    assert "not_before" not in sam
    assert len({one["key"] for one in (*first, *second)}) == 3


def test_a_fallback_that_rests_too_is_not_told_nor_is_anybody_further_on(case: Case) -> None:
    resting = Reach(quiet=NIGHT, fallback="kim")
    ((one,),) = told(case, Ways(dana=resting._replace(fallback="sam"), sam=resting), fired("t1", "dana"))
    assert one["to"] == "dana"


def test_a_fallback_that_is_told_of_the_same_anyway_is_not_told_twice(case: Case) -> None:
    ways = Ways(dana=Reach(quiet=NIGHT, fallback="sam"))
    (group,) = told(case, ways, fired("t1", "dana", "sam"))
    assert [one["to"] for one in group] == ["dana", "sam"]
    assert "instead_of" not in group[1]
    first, second = told(case, ways, fired("t1", "dana"), fired("t2", "sam"))
    assert [one["to"] for one in (*first, *second)] == ["dana", "sam", "sam"], "of t1 sam would hear nothing else"


def test_the_fallback_waits_its_own_delays(case: Case) -> None:
    ways = Ways(dana=Reach(quiet=NIGHT, fallback="sam"), sam=Reach(minutes(0, 5)))
    ((_, sam),) = told(case, ways, fired("t1", "dana"))
    assert sam["not_before"] == [None, "2026-01-10T23:05:00.123456Z"]


def test_what_no_timer_caused_waits_like_all_else_and_is_told_to_nobody_else(case: Case) -> None:
    ways = Ways(dana=Reach(minutes(0, 2), NIGHT, "sam"))
    offer = Event("handover.offered", {"reached": ["dana"]})
    (event,) = spread(attach([offer], ways, "INC-1/2"), ways, case.incident, NOW)
    (one,) = event.data["notices"]
    assert (one["to"], instant(one["quiet_until"])) == ("dana", SEVEN)
    awake = Ways(dana=Reach(fallback="sam"))
    (event,) = spread(attach([offer], awake, "INC-1/2"), awake, case.incident, NOW)
    entries = [entry(1, event)]
    assert passed(case, awake, entries, failed(next(notices(entries[0])).key)) is None


def failed(notice: str, person: str = "dana", contact: int = 0) -> Event:
    return Event("notice.failed", {"notice": notice, "to": person, "contact": contact, "attempts": 5})


def log(case: Case, ways: Ways, *people: str) -> list[Entry]:
    """One entry that fired to these people."""
    (event,) = spread(attach([fired("t1", *people)], ways), ways, case.incident, NOW)
    return [entry(1, event)]


def passed(case: Case, ways: Ways, entries: list[Entry], event: Event) -> Told | None:
    """What the fallback is told; the failure is appended."""
    after = passed_on(event, entries, ways, case.incident, NOW)
    entries.append(entry(len(entries) + 1, after))
    return next(iter(after.data.get("notices", ())), None)


def test_the_fallback_is_told_when_the_last_contact_was_given_up(case: Case) -> None:
    ways = Ways(dana=Reach(minutes(0, 0), fallback="sam"))
    entries = log(case, ways, "dana")
    first, second = (notice.key for notice in notices(entries[0]))
    assert passed(case, ways, entries, failed(second, contact=1)) is None
    one = passed(case, ways, entries, failed(first))
    assert one is not None
    assert (one["to"], one["instead_of"], one["covers"], one["about"]) == ("sam", ["dana"], ["t1"], 1)
    assert one["key"] not in first


def test_the_key_of_the_fallback_is_the_same_whenever_it_is_worked_out(case: Case) -> None:
    ways = Ways(dana=Reach(fallback="sam"))
    (key,) = (notice.key for notice in notices(log(case, ways, "dana")[0]))
    keys = {passed(case, ways, log(case, ways, "dana"), failed(key))["key"] for _ in range(3)}  # type: ignore[index]
    assert len(keys) == 1


@pytest.mark.parametrize("ended", ["notice.sent", "notice.dropped"])
def test_a_contact_that_was_reached_or_spared_needs_no_fallback(case: Case, ended: str) -> None:
    ways = Ways(dana=Reach(minutes(0, 0), fallback="sam"))
    entries = log(case, ways, "dana")
    first, second = (notice.key for notice in notices(entries[0]))
    entries.append(entry(2, failed(first)._replace(type=ended)))
    assert passed(case, ways, entries, failed(second)) is None


def test_a_chain_of_fallbacks_is_gone_along_one_by_one_and_never_in_a_circle(case: Case) -> None:
    ways = Ways(dana=Reach(fallback="sam"), sam=Reach(fallback="kim"), kim=Reach(fallback="dana"))
    entries = log(case, ways, "dana")
    (key,) = (notice.key for notice in notices(entries[0]))
    hops = []
    person = "dana"
    while one := passed(case, ways, entries, failed(key, person)):
        hops.append((one["to"], one["instead_of"], one["about"]))
        key, person = f"{one['key']}-0", one["to"]
    assert hops == [("sam", ["dana"], 1), ("kim", ["dana", "sam"], 1)]


def test_who_was_told_while_the_other_rested_is_not_told_again_when_the_other_cannot_be_reached(case: Case) -> None:
    ways = Ways(dana=Reach(quiet=NIGHT, fallback="sam"))
    entries = log(case, ways, "dana")
    assert [notice.person for notice in notices(entries[0])] == ["dana", "sam"]
    assert passed(case, ways, entries, failed(next(notices(entries[0])).key)) is None


def test_a_fallback_that_rests_is_told_later_and_its_own_at_once(case: Case) -> None:
    ways = Ways(dana=Reach(fallback="sam"), sam=Reach(quiet=NIGHT, fallback="kim"))
    entries = log(case, ways, "dana")
    passed(case, ways, entries, failed(next(notices(entries[0])).key))
    sam, kim = entries[-1].data["notices"]
    assert (sam["to"], instant(sam["quiet_until"])) == ("sam", SEVEN)
    assert (kim["to"], kim["instead_of"], kim["about"]) == ("kim", ["dana", "sam"], 1)


def test_when_somebody_has_answered_meanwhile_nobody_else_is_told(case: Case) -> None:
    ways = Ways(dana=Reach(fallback="sam"))
    entries = log(case, ways, "dana")
    entries.append(entry(2, Event("escalation.acknowledged", {"ladder": "l"}), actor="kim", via="cli"))
    assert passed(case, ways, entries, failed(next(notices(entries[0])).key)) is None


def test_the_failure_of_a_notice_that_the_log_knows_nothing_of_is_left_alone(case: Case) -> None:
    event = failed("nothing-0")
    assert passed_on(event, log(case, Ways(), "dana"), Ways(), case.incident, NOW) == event


ABOUT = {
    "escalation.fired": {"ladder": "l", "stage": "begun"},
    "task.overdue": {"task": "look", "stage": "begun"},
    "statement.overdue": {"statement": "holding"},
    "promise.overdue": {"statement": "holding"},
    "handover.offered": {"role": "legal"},
}
ANSWERS = [
    ("escalation.fired", "escalation.acknowledged", {"ladder": "l"}, True),
    ("escalation.fired", "escalation.acknowledged", {"ladder": "other"}, False),
    ("escalation.fired", "stage.left", {"stage": "begun"}, True),
    ("escalation.fired", "stage.left", {"stage": "other"}, False),
    ("escalation.fired", "escalation.snoozed", {"ladder": "l"}, False),
    ("task.overdue", "task.done", {"task": "look", "stage": "begun"}, True),
    ("task.overdue", "task.skipped", {"task": "look", "stage": "begun"}, True),
    ("task.overdue", "task.done", {"task": "tea", "stage": "begun"}, False),
    ("task.overdue", "stage.left", {"stage": "begun"}, True),
    ("task.overdue", "escalation.acknowledged", {"ladder": "l"}, False),
    ("statement.overdue", "statement.published", {"statement": "holding"}, True),
    ("statement.overdue", "statement.published", {"statement": "update"}, False),
    ("promise.overdue", "statement.published", {"statement": "holding"}, True),
    ("handover.offered", "handover.withdrawn", {"role": "legal"}, True),
    ("handover.offered", "handover.accepted", {"role": "lead"}, False),
]


@pytest.mark.parametrize(("about", "since", "data", "it_is"), ANSWERS)
def test_what_was_told_is_answered_by_what_takes_care_of_it(
    about: str, since: str, data: dict[str, Any], *, it_is: bool
) -> None:
    later = entry(2, Event(since, data), actor="kim", via="cli")
    assert answered(entry(1, Event(about, ABOUT[about])), "dana", [later]) is it_is


@pytest.mark.parametrize(
    ("actor", "via", "it_is"),
    [("dana", "cli", True), ("dana", "import", True), ("dana", "timer", False), ("kim", "cli", False)],
)
def test_whoever_acts_in_the_incident_has_answered(actor: str, via: str, *, it_is: bool) -> None:
    later = entry(2, Event("note.added", {}), actor=actor, via=via)
    assert answered(entry(1, fired("t1", "dana")), "dana", [later]) is it_is


def test_the_move_that_a_step_makes_by_itself_is_no_answer_to_it() -> None:
    about, left = entry(1, fired("t1", "dana")), entry(2, Event("stage.left", {"stage": "begun"}))
    assert not answered(about, "dana", [left])
    assert answered(about, "dana", [left._replace(occurred_at=NOW + timedelta(seconds=1))])


def test_a_notice_leads_back_to_the_entry_that_causes_it(case: Case) -> None:
    entries = log(case, Ways(), "dana", "sam")
    keys = [notice.key for notice in notices(entries[0])]
    found, one = cause(entries, keys[1])
    assert (found, one["to"]) == (entries[0], "sam")
    assert cause(entries, "nothing-0") == (None, {})


def test_an_incident_that_rises_disturbs_from_then_on(case: Case) -> None:
    ways = Ways(dana=Reach(quiet=NIGHT))
    assert "not_before" in told(case, ways, fired("t1", "dana"))[0][0]
    case.do(ask.ChangeSeverity("sev1", "it spreads"))
    assert "not_before" not in told(case, ways, fired("t2", "dana"))[0][0]
