"""What is wrong with a catalogue is found with its place, all in one run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as some

from crisisctl.adapters.catalogue import shipped
from crisisctl.domain.clocks.catalogue import build, merged
from crisisctl.domain.clocks.form import check


def own(**changes: Any) -> dict[str, Any]:
    clock = {"title": "Notice", "start": "aware", "rule": {"hours": 24}} | changes
    return {"regimes": {"acme": {"title": "Acme", "clocks": {"notice": clock}}}}


def test_the_shipped_catalogue_is_in_order() -> None:
    assert not check(shipped())


def test_a_clock_of_ones_own_needs_no_more_than_a_title_a_start_and_a_rule() -> None:
    assert not check(own(), shipped())


@pytest.mark.parametrize(
    "rule",
    [
        {"hours": 1},
        {"days": 3, "first_day": True},
        {"days": 60, "from": "year-end"},
        {"business_days": 4, "at": "17:30"},
        {"months": 1},
        {"duty": "without undue delay"},
        {"accepted_by": "17:30"},
        {"earliest": [{"hours": 4}, {"hours": 24, "after": "aware"}], "late": {"hours": 4}},
    ],
)
def test_every_kind_of_rule_can_be_written(rule: dict[str, Any]) -> None:
    assert not check(own(rule=rule))
    assert build(own(rule=rule)["regimes"])["acme.notice"].rule


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"rule": {}}, ("rule",), "says not exactly one length"),
        ({"rule": {"hours": 1, "days": 2}}, ("rule",), "says not exactly one length"),
        ({"rule": {"hours": 0}}, ("rule", "hours"), "is 0"),
        ({"rule": {"hours": "72"}}, ("rule", "hours"), "is text"),
        ({"rule": {"hours": 10**9}}, ("rule", "hours"), "is 1000000000"),
        ({"rule": {"weeks": 1}}, ("rule", "weeks"), "is not known"),
        ({"rule": 72}, ("rule",), "not a mapping"),
        ({"rule": {"earliest": []}}, ("rule", "earliest"), "is empty"),
        ({"rule": {"days": 1, "at": "25:00"}}, ("rule", "at"), "not a time of day"),
        ({"rule": {"days": 1, "from": "today"}}, ("rule", "from"), "cannot be 'today'"),
        ({"rule": {"hours": 1, "after": "Aware!"}}, ("rule", "after"), "cannot name a fact"),
        ({"start": "when?"}, ("start",), "cannot name a fact"),
        ({"status": "inforce"}, ("status",), "cannot be 'inforce'"),
        ({"roll": "monday"}, ("roll",), "cannot be 'monday'"),
        ({"since": "2026-02-30"}, ("since",), "is not a day"),
        ({"since": 2026}, ("since",), "is not a day"),
        ({"zone": "Berlin Zone"}, ("zone",), "is not a time zone"),
        ({"calendar": "the german one"}, ("calendar",), "is no calendar"),
        ({"chained_to": "gdpr.art99"}, ("chained_to",), "there is no clock 'gdpr.art99'"),
        ({"zone_fixed": "yes"}, ("zone_fixed",), "not true or false"),
        ({"recipent": "x"}, ("recipent",), "is not known"),
        ({"only": {"people": {}}}, ("only", "people"), "sets no limit"),
        ({"only": {"people": {"least": "many"}}}, ("only", "people", "least"), "not a whole number"),
        ({"asks": {"x": 1}}, ("asks", "x"), "not text"),
        ({"title": ""}, ("title",), "is empty"),
        ({"names": "one"}, ("names",), "not a list"),
        ({"reviewed_by": 7}, ("reviewed_by",), "not text"),
        ({"target": {"hours": 1, "days": 1}}, ("target",), "says not exactly one length"),
    ],
)
def test_each_mistake_is_found_in_its_place(changes: dict[str, Any], path: tuple[str, ...], message: str) -> None:
    problems = check(own(**changes), shipped())
    assert [p for p in problems if p.path == ("regimes", "acme", "clocks", "notice", *path) and message in p.message], (
        problems
    )
    assert all(problem.remedy for problem in problems)


def test_what_a_new_regime_lacks_is_said() -> None:
    assert {p.message for p in check({"regimes": {"acme": {}}})} == {
        "regimes.acme has no title",
        "regimes.acme has no clocks",
    }


def test_what_is_shipped_need_not_be_said_again() -> None:
    over = {"regimes": {"gdpr": {"clocks": {"art34": {"target": {"hours": 72}}}}}}
    assert not check(over, shipped())
    known = build(merged(shipped(), over)["regimes"])
    assert known["gdpr.art34"].target
    assert known["gdpr.art34"].rule.duty == "without undue delay"
    assert known["gdpr.art33"] == build(shipped()["regimes"])["gdpr.art33"]


def test_what_the_workspace_says_wins() -> None:
    over = {"regimes": {"gdpr": {"title": "Our GDPR", "clocks": {"art33": {"rule": {"hours": 48}, "recipient": "us"}}}}}
    changed = build(merged(shipped(), over)["regimes"])["gdpr.art33"]
    assert (changed.regime, changed.rule.measures[0].number, changed.recipient) == ("Our GDPR", 48, "us")
    assert changed.title == build(shipped()["regimes"])["gdpr.art33"].title


def test_a_regime_changes_what_its_clocks_do_not_say_for_themselves() -> None:
    over = {"regimes": {"gdpr": {"reviewed_by": "Kim Lee", "last_verified": "2027-01-01"}}}
    known = build(merged(shipped(), over)["regimes"])
    assert {known[id_].reviewed_by for id_ in known if id_.startswith("gdpr.")} == {"Kim Lee"}
    assert known["dora.initial"].reviewed_by is None


def test_a_closure_can_be_added_to_a_calendar() -> None:
    closure = {"name": "executive order", "closed": True, "source": "sec.gov"}
    over = {"calendars": {"SEC": {"closures": {"2026-12-24": closure}}}}
    assert not check(over, shipped())
    calendars = merged(shipped(), over)["calendars"]
    assert calendars["SEC"]["closures"]["2026-12-24"] == closure
    assert len(calendars["SEC"]["closures"]) == len(shipped()["calendars"]["SEC"]["closures"]) + 1


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ({"closures": {"tomorrow": {"name": "x", "closed": True, "source": "y"}}}, "is not a day"),
        ({"closures": {"2026-12-24": {"name": "x", "closed": True}}}, "has no source"),
        ({"known": ["2026-01-01"]}, "is no pair of days"),
        ({"every_year": {"13-40": "x"}}, "is not a day"),
        ({"holiday": "US"}, "is not known"),
    ],
)
def test_mistakes_in_calendars_are_found(calendar: dict[str, Any], message: str) -> None:
    assert [p for p in check({"calendars": {"SEC": calendar}}, shipped()) if message in p.message]


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(
                [
                    "regimes",
                    "calendars",
                    "clocks",
                    "rule",
                    "hours",
                    "earliest",
                    "only",
                    "gdpr",
                    "SEC",
                    "closures",
                    "title",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@each(anything)
def test_whatever_a_file_holds_is_checked_without_an_exception(document: object) -> None:
    problems = check(document, shipped())
    if not problems and isinstance(document, dict):
        build(merged(shipped(), document)["regimes"])
