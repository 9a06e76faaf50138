"""Worked cases: what counsel has worked out by hand, compared with what the rules give.

A case names `regime` and `clock`, `trigger` and `tz`, where needed `mode`, `inputs`, `trigger_kind` and `fold`, and
`expected` as a time, or `expect_kind`, or `expect_error`. Other keys are for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from crisisctl.domain.clocks import given
from crisisctl.domain.clocks.calendar import Calendars
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.compute import compute
from crisisctl.domain.clocks.faults import UnknownClock
from crisisctl.domain.clocks.names import find
from crisisctl.domain.clocks.outcome import MODES, Result
from crisisctl.domain.clocks.when import moment, zone
from crisisctl.domain.errors import CrisisError, Invalid, Usage
from crisisctl.domain.text import visible

Case = Mapping[str, Any]

_EXPECTED = ("expected", "expect_kind", "expect_error")
_TEXTS = ("regime", "clock", "trigger", "tz", "mode", "trigger_kind", "expected", "expect_kind", "expect_error")
# Other words that people use for the same fault or the same fact.
_FAULTS = {
    "no_zone": (
        "missing_zone",
        "no_timezone",
        "missing_timezone",
        "naive_trigger",
        "naive_time",
        "trigger_without_zone",
    ),
    "nonexistent_local_time": ("nonexistent_time", "nonexistent", "local_time_does_not_exist"),
    "beyond_calendar": ("beyond_calendar_data", "out_of_calendar", "calendar_exceeded", "outside_calendar"),
    "unknown_regime": ("unknown_clock", "no_such_clock", "not_found"),
    "unknown_zone": ("unknown_timezone", "unknown_tz", "bad_zone"),
    "not_a_time": ("invalid_time", "invalid_trigger", "bad_trigger", "malformed_time"),
    "missing_input": ("missing_inputs", "input_missing"),
}
_FACTS = {"awareness": "aware", "discovery": "discovered", "detection": "detected", "determination": "determined"}


class Difference(NamedTuple):
    """A case whose result is another than expected; `why` is the derivation, or the error."""

    id: str
    what: str
    expected: str
    got: str
    why: tuple[str, ...]


class Answered(NamedTuple):
    """What a case gives: a result, or the fault and sentence of an error."""

    result: Result | None
    clock: Clock | None = None
    fault: str = ""
    sentence: str = ""


def cases(document: object) -> list[Case]:
    """The cases of a file's document; `Invalid` names the first that cannot be read as one."""
    rows = document.get("cases") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not rows:
        raise Invalid("There is no case in it. Write a list of cases, or a mapping whose key `cases` holds one.")
    for number, row in enumerate(rows, 1):
        if trouble := _trouble(row):
            called = f" ({visible(str(row.get('id'))[:40])})" if isinstance(row, dict) and row.get("id") else ""
            raise Invalid(f"Case {number}{called}: {trouble}")
    return rows


def _trouble(row: object) -> str | None:
    if not isinstance(row, dict):
        return "it is no mapping. Write its keys and values, such as regime and trigger."
    for name in _TEXTS:
        if row.get(name) is not None and not isinstance(row[name], str):
            return f"{name} is not text. Put it in quotes."
    if not row.get("regime"):
        return "it names no regime. Add regime, such as GDPR, or the id of a clock."
    if not isinstance(row.get("inputs") or {}, dict):
        return "inputs is no mapping. Write names and values."
    return _unexpecting(row) or _unreadable(row, "strict_alternative") or _unreadable(row, "soft_target")


def _unexpecting(row: Case) -> str | None:
    if row.get("mode") not in (None, *MODES):
        return f"there is no mode {visible(str(row['mode'])[:40])!r}. Write {', '.join(MODES)}."
    if all(row.get(name) is None for name in _EXPECTED):
        return f"it expects nothing. Add one of {', '.join(_EXPECTED)}."
    return _unreadable(row, "expected")


def _unreadable(row: Case, name: str) -> str | None:
    try:
        if row.get(name) is not None and datetime.fromisoformat(row[name]).tzinfo is None:
            return f"{name} has no zone. Add its offset, such as +01:00."
    except (TypeError, ValueError):
        return f"{name} is not a time. Write it as 2026-11-22T16:00:00+01:00."
    return None


def answered(case: Case, clocks: Mapping[str, Clock], calendars: Calendars) -> Answered:
    """What the rules give for a case; an error of the case is an answer too."""
    clock = None
    try:
        clock = find(" ".join(filter(None, (case["regime"], case.get("clock")))), clocks)
        place = zone(case["tz"]) if case.get("tz") else None
        later = case.get("fold") in (1, "later")
        trigger = moment(case["trigger"], place, later=later) if case.get("trigger") else None
        inputs = {_FACTS.get(name, name): value for name, value in (case.get("inputs") or {}).items()}
        kind = _kind(case.get("trigger_kind"), clocks)
        seen = given.known(clock, trigger, inputs, place, kind=kind, later=later)
        return Answered(compute(clock, seen, calendars, case.get("mode") or MODES[0]), clock)
    except CrisisError as error:
        return Answered(None, clock, _fault(error), str(error))


def _fault(error: CrisisError) -> str:
    if isinstance(error, Usage):
        return UnknownClock.fault
    return str(getattr(error, "fault", type(error).__name__))


def _kind(told: str | None, clocks: Mapping[str, Clock]) -> str | None:
    """The fact that the trigger is; None when it is called in a way that no clock knows, and so means its own."""
    name = _FACTS.get(told or "", told)
    return name if any(name in given.facts(clock) for clock in clocks.values()) else None


def differences(case: Case, clocks: Mapping[str, Clock], calendars: Calendars) -> Iterator[Difference]:
    """What differs between a case and the rules: nothing when they agree."""
    answer = answered(case, clocks, calendars)
    result = answer.result
    for what, expected, got in _compared(case, answer):
        if expected != got:
            why = result.why if result else (answer.sentence,)
            yield Difference(str(case.get("id") or case["regime"]), what, _told(expected), _told(got), why)


def _compared(case: Case, answer: Answered) -> Iterator[tuple[str, object, object]]:
    result = answer.result
    if error := case.get("expect_error"):
        meant = next((fault for fault, words in _FAULTS.items() if error == fault or error in words), error)
        yield "error", meant, answer.fault or (result.due or result.kind if result else None)
        return
    if result is None:
        yield "result", case.get("expect_kind") or _time(case, "expected"), answer.fault
        return
    if case.get("expect_kind") is not None:
        yield "kind", case["expect_kind"], result.kind
    if case.get("expected") is not None:
        yield "time", _time(case, "expected"), result.due or result.kind
    if case.get("strict_alternative"):
        yield "strict time", _time(case, "strict_alternative"), result.strict
    if case.get("soft_target"):
        yield "target", _time(case, "soft_target"), result.target
    if case.get("regime_status") and answer.clock:
        yield "status", case["regime_status"], answer.clock.status


def _time(case: Case, name: str) -> datetime | None:
    return datetime.fromisoformat(case[name]) if case.get(name) else None


def _told(value: object) -> str:
    return (
        value.isoformat() if isinstance(value, datetime) else "nothing" if value is None else visible(str(value)[:80])
    )
