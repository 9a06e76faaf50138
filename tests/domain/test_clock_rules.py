"""Single rules of computing, with calendars made for the test."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crisisctl.domain.clocks import given, when
from crisisctl.domain.clocks.calendar import Weekends, business_days, next_working, working
from crisisctl.domain.clocks.catalogue import Clock, build
from crisisctl.domain.clocks.compute import compute
from crisisctl.domain.clocks.faults import Uncomputable, UnknownZone
from crisisctl.domain.clocks.outcome import Known, Result
from tests.clockwork import clocks, result

BERLIN = ZoneInfo("Europe/Berlin")


class Festive:
    """A calendar with one holiday, on the day told."""

    version = "one holiday"

    def __init__(self, day: date) -> None:
        self._day = day

    def holiday(self, day: date) -> str | None:
        return "the day" if day == self._day else None

    def remark(self, first: date, last: date) -> str | None:
        return None


def clock(rule: dict[str, Any], **more: Any) -> Clock:
    [made] = build(
        {"own": {"title": "Own", "clocks": {"one": {"title": "One", "start": "aware", "rule": rule, **more}}}}
    ).values()
    return made


def due(made: Clock, at: str, holiday: str = "2000-01-01", mode: str = "strict") -> Result:
    known = Known({"aware": when.moment(at, BERLIN)}, {}, BERLIN)
    return compute(made, known, lambda _: Festive(date.fromisoformat(holiday)), mode)


@pytest.mark.parametrize(
    ("rule", "at", "ends"),
    [
        ({"hours": 1}, "2026-03-29T01:30:00", "2026-03-29T03:30:00+02:00"),
        ({"hours": 24}, "2026-10-24T12:00:00", "2026-10-25T11:00:00+01:00"),
        ({"days": 1}, "2026-03-28T12:00:00", "2026-03-29T23:59:59+02:00"),
        ({"days": 1}, "2026-10-24T00:00:00", "2026-10-25T23:59:59+01:00"),
        ({"days": 1, "first_day": True}, "2026-10-24T00:00:00", "2026-10-24T23:59:59+02:00"),
        ({"days": 1, "from": "year-end"}, "2026-10-24T00:00:00", "2027-01-01T23:59:59+01:00"),
        ({"days": 2, "at": "09:00"}, "2026-10-24T12:00:00", "2026-10-26T09:00:00+01:00"),
        ({"months": 1}, "2026-01-29T12:00:00", "2026-02-28T23:59:59+01:00"),
        ({"months": 1}, "2028-01-29T12:00:00", "2028-02-29T23:59:59+01:00"),
        ({"months": 1}, "2026-12-31T12:00:00", "2027-01-31T23:59:59+01:00"),
        ({"months": 13}, "2027-01-31T12:00:00", "2028-02-29T23:59:59+01:00"),
        ({"business_days": 1}, "2026-11-20T23:59:59", "2026-11-23T23:59:59+01:00"),
        ({"business_days": 1}, "2026-11-21T12:00:00", "2026-11-23T23:59:59+01:00"),
        ({"business_days": 5}, "2026-11-20T12:00:00", "2026-11-27T23:59:59+01:00"),
        ({"business_days": 2, "at": "17:30"}, "2026-11-20T12:00:00", "2026-11-24T17:30:00+01:00"),
    ],
)
def test_each_unit_ends_when_it_should(rule: dict[str, Any], at: str, ends: str) -> None:
    found = due(clock(rule), at).due
    assert found
    assert found.isoformat() == ends


def test_a_holiday_is_passed_over_and_named() -> None:
    found = due(clock({"business_days": 2}), "2026-11-20T12:00:00", holiday="2026-11-23")
    assert found.due
    assert found.due.date() == date(2026, 11, 25)
    assert "Not counted beside weekends: Mon 23 Nov 2026 (the day)." in found.why
    assert found.calendar == "one holiday"


@pytest.mark.parametrize(("roll", "ends"), [("reg1182", "23:59:59"), ("noon", "12:00:00")])
def test_relief_moves_the_limit_and_never_the_alarm(roll: str, ends: str) -> None:
    made = clock({"days": 1}, roll=roll)
    found = due(made, "2026-11-20T12:00:00", holiday="2026-11-23")
    assert found.strict == found.due
    assert found.legal
    assert found.legal.isoformat() == f"2026-11-24T{ends}+01:00"
    moved = due(made, "2026-11-20T12:00:00", holiday="2026-11-23", mode="relief")
    assert moved.due == moved.legal == found.legal
    assert moved.strict == found.strict


def test_a_rule_of_its_own_moves_the_deadline_and_not_the_alarm() -> None:
    found = due(clock({"days": 1}, roll="opening"), "2026-11-20T12:00:00")
    assert found.due == found.legal
    assert found.due
    assert found.due.date() == date(2026, 11, 23)
    assert found.strict
    assert found.strict.date() == date(2026, 11, 21)


def test_a_clock_without_relief_says_so_when_asked_for_it() -> None:
    found = due(clock({"days": 1}), "2026-11-20T12:00:00", mode="relief")
    assert found.due == found.strict == found.legal
    assert "This clock knows no relief, so the strict time stands." in found.why


@pytest.mark.parametrize(("minute", "begins"), [("12:00:00", "13:00"), ("12:00:01", "13:00"), ("12:59:59", "13:00")])
def test_by_regulation_1182_hours_begin_with_the_next_full_hour(minute: str, begins: str) -> None:
    found = due(clock({"hours": 10}, roll="reg1182"), f"2026-11-20T{minute}", mode="reg1182").due
    assert found
    assert found.isoformat() == f"2026-11-20T{int(begins[:2]) + 10}:00:00+01:00"


def test_the_full_hour_is_that_of_the_place() -> None:
    found = result("gdpr.art33", "2026-11-20T12:10:00", "Asia/Kolkata", "reg1182").due
    assert found
    assert found.isoformat() == "2026-11-23T13:00:00+05:30"


def test_without_a_number_a_target_of_ones_own_is_shown_as_such() -> None:
    found = due(clock({"duty": "without undue delay"}, target={"hours": 72}), "2026-11-20T12:00:00")
    assert (found.kind, found.due, found.strict) == ("qualitative", None, None)
    assert found.target
    assert found.target.isoformat() == "2026-11-23T12:00:00+01:00"
    assert any("which no law sets" in sentence for sentence in found.why)


def test_a_qualitative_duty_never_shows_a_number() -> None:
    for one in clocks().known.values():
        if one.rule.duty:
            answer = clocks().compute(one, Known({one.start: datetime(2020, 1, 1, tzinfo=UTC)}))
            assert answer.due is answer.strict is answer.legal is answer.target is None


def test_a_clock_starts_with_its_own_fact_only() -> None:
    one = clocks().known["dora.intermediate"]
    aware = {"aware": datetime(2026, 1, 1, tzinfo=UTC)}
    answer = clocks().compute(one, Known(aware))
    assert answer.kind == "not_started"
    assert "our filing of dora.initial" in answer.why[0]
    filed = clocks().compute(one, Known(aware | {"initial_submitted": datetime(2026, 1, 2, tzinfo=UTC)}))
    assert filed.due == datetime(2026, 1, 5, tzinfo=UTC)


def test_amending_a_fact_gives_another_result_and_changes_none() -> None:
    one = clocks().known["gdpr.art33"]
    known = Known({"aware": datetime(2022, 3, 22, tzinfo=UTC)})
    before = clocks().compute(one, known)
    amended = clocks().compute(one, known._replace(facts={"aware": datetime(2022, 1, 20, tzinfo=UTC)}))
    assert before == clocks().compute(one, known)
    assert before.due
    assert amended.due
    assert before.due - amended.due == timedelta(days=61)


@pytest.mark.parametrize("status", ["proposed", "superseded"])
def test_what_is_not_in_force_is_computed_and_never_alarms(status: str) -> None:
    found = due(clock({"hours": 1}, status=status), "2026-11-20T12:00:00")
    assert found.due
    assert not found.alarms
    assert any("no alarm" in sentence for sentence in found.why)


def test_a_disabled_clock_does_not_apply() -> None:
    assert due(clock({"hours": 1}, status="disabled"), "2026-11-20T12:00:00").kind == "not_applicable"


def test_a_contract_alarms() -> None:
    assert due(clock({"hours": 1}, status="contract"), "2026-11-20T12:00:00").alarms


def test_the_first_and_the_last_day_of_a_rule_belong_to_it() -> None:
    made = clock({"hours": 1}, since="2026-11-20", until="2026-11-21")
    kinds = [due(made, f"2026-11-{day}T23:59:59").kind for day in (19, 20, 21, 22)]
    assert kinds == ["not_applicable", "instant", "instant", "not_applicable"]


def test_the_zone_of_an_authority_wins_over_the_one_told() -> None:
    found = result("sec.8k-1.05", "2026-11-18T10:00:00-05:00", "Asia/Tokyo").due
    assert found
    assert found.isoformat() == "2026-11-24T17:30:00-05:00"


def test_without_a_zone_the_usual_one_of_the_clock_counts() -> None:
    found = result("pdpa.pdpc", "2026-02-12T17:00:00Z").due
    assert found
    assert found.isoformat() == "2026-02-16T23:59:59+08:00"


def test_unknown_holidays_of_a_place_are_said_and_never_make_a_limit_later() -> None:
    found = result("cra.vuln-final", "2026-12-11T17:20:00Z", "UTC", "reg1182")
    assert found.due
    assert found.due.date() == date(2026, 12, 25)
    assert any("No calendar of holidays is known" in sentence for sentence in found.why)


def test_a_calendar_can_be_named() -> None:
    bavarian = result("nis2.final", "2026-12-06T12:00:00", "Europe/Berlin", "reg1182", calendar="DE-BY").due
    german = result("nis2.final", "2026-12-06T12:00:00", "Europe/Berlin", "reg1182").due
    assert german
    assert bavarian
    assert (german.day, bavarian.day) == (6, 7)  # Epiphany


def test_beyond_the_calendar_the_strict_time_stands_and_the_limit_is_not_guessed() -> None:
    found = result("nis2.final", "2150-01-05T12:00:00", "Europe/Berlin")
    assert found.due
    assert found.legal is None
    assert any("The legal limit cannot be told" in sentence for sentence in found.why)
    with pytest.raises(Uncomputable, match="covers 1991 to 2100") as refused:
        result("nis2.final", "2150-01-05T12:00:00", "Europe/Berlin", "reg1182")
    assert refused.value.fault == "beyond_calendar"


def test_a_closure_that_no_source_confirms_is_a_business_day_and_said() -> None:
    found = result("sec.8k-1.05", "2025-12-22T10:00:00-05:00")
    assert found.due
    assert found.due.date() == date(2025, 12, 29)  # 23, 24, 26, 29
    assert any("no source confirms" in sentence and "2025-12-24" in sentence for sentence in found.why)


def test_closures_not_yet_announced_are_said_to_be_unknown() -> None:
    assert any("are not known here" in line for line in result("sec.8k-1.05", "2026-12-18T10:00:00-05:00").why)


def test_item_1_05_says_from_when_it_is_in_force() -> None:
    assert any("since 18 December 2023" in line for line in result("sec.8k-1.05", "2020-12-18T10:00:00-05:00").why)


@pytest.mark.parametrize("value", ["many", "-1", "1.5", True])
def test_a_number_of_people_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(Uncomputable, match="people is a whole number"):
        result("ftc.notify", "2026-01-05T12:00:00Z", people=value)


@pytest.mark.parametrize(("value", "kind"), [("yes", "instant"), (True, "instant"), ("no", "not_applicable")])
def test_yes_and_no_are_answers(value: object, kind: str) -> None:
    assert result("lgpd.anpd-small", "2026-01-05T12:00:00Z", small_agent=value).kind == kind


@pytest.mark.parametrize(
    ("limit", "value", "kind"),
    [
        ({"people": {"most": 499}}, 499, "instant"),
        ({"people": {"most": 499}}, 500, "not_applicable"),
        ({"entity": {"among": ["bank"]}}, "bank", "instant"),
        ({"entity": {"among": ["bank"]}}, "insurer", "not_applicable"),
    ],
)
def test_answers_outside_its_limits_speak_against_a_clock(limit: dict[str, Any], value: Any, kind: str) -> None:
    made = clock({"hours": 1}, only=limit)
    known = Known({"aware": datetime(2026, 1, 1, tzinfo=UTC)}, dict.fromkeys(limit, value))
    assert compute(made, known, lambda _: Weekends()).kind == kind


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(Uncomputable, match="yes or no"):
        result("lgpd.anpd-small", "2026-01-05T12:00:00Z", small_agent="perhaps")


@pytest.mark.parametrize("text", ["", "soon", "2026-11-22", "20261122", "2026-13-01T00:00", "22.11.2026 10:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Uncomputable) as refused:
        when.moment(text, BERLIN)
    assert refused.value.fault == "not_a_time"


@pytest.mark.parametrize("name", ["", "Berlin", "Europe", "../../etc/passwd", "Europe/Berlin\0", "x" * 5000])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone, match="There is no time zone"):
        when.zone(name)


@pytest.mark.parametrize(
    ("day", "zone", "ends"),
    [
        ("2026-04-25", "Africa/Cairo", "2026-04-25T23:59:59+03:00"),
        ("2018-02-17", "America/Sao_Paulo", "2018-02-17T23:59:59-03:00"),  # 23:00 to 24:00 came twice
        ("2018-11-03", "America/Sao_Paulo", "2018-11-03T23:59:59-03:00"),  # midnight never came
        ("2026-10-25", "Europe/Berlin", "2026-10-25T23:59:59+01:00"),
    ],
)
def test_a_day_ends_with_its_last_second_whatever_the_clocks_do(day: str, zone: str, ends: str) -> None:
    assert when.end_of_day(date.fromisoformat(day), ZoneInfo(zone)).isoformat() == ends


def test_business_days_are_counted_on_the_calendar_given() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert business_days(Weekends(), friday, 1).last == monday
    assert business_days(Festive(monday), friday, 1).last == date(2026, 11, 24)
    assert next_working(Festive(monday), date(2026, 11, 21)) == date(2026, 11, 24)
    assert next_working(Weekends(), friday) == friday
    assert not working(Festive(monday), monday)


def test_inputs_are_facts_when_they_are_times_and_answers_else() -> None:
    one = clocks().known["dora.initial"]
    inputs = {"aware_at": "2026-01-01T10:00:00Z", "entity": "Credit institution", "affected_accounts": 7}
    known = given.known(one, None, inputs, None)
    assert known.facts == {"aware": datetime(2026, 1, 1, 10, tzinfo=UTC)}
    assert known.answers == {"entity": "credit_institution", "people": 7}
    assert given.strange(one, ["aware", "classified", "entity", "calendar", "colour"]) == ["colour"]
