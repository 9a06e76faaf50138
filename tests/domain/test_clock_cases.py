"""Worked cases: those published with reasons and sources, and those worked out by hand from the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.yaml import load
from crisisctl.domain.clocks.cases import Case, answered, cases, differences
from crisisctl.domain.errors import Invalid
from tests.clockwork import clocks

DATA = Path(__file__).parent.parent / "data"
PUBLISHED = cases(json.loads((DATA / "deadlines.json").read_text()))
BY_HAND = cases(load(DATA / "deadlines_by_hand.yaml").document)
GOOD: dict[str, Any] = {
    "id": "one",
    "regime": "GDPR",
    "clock": "art33_sa_72h",
    "trigger": "2026-11-20T12:00:00+01:00",
    "tz": "Europe/Berlin",
    "expected": "2026-11-23T12:00:00+01:00",
}


@pytest.mark.parametrize("case", [*PUBLISHED, *BY_HAND], ids=lambda case: str(case["id"]))
def test_the_rules_give_what_was_worked_out(case: Case) -> None:
    known = clocks()
    assert not list(differences(case, known.known, known.calendars))


@pytest.mark.parametrize("case", [*PUBLISHED, *BY_HAND], ids=lambda case: str(case["id"]))
def test_every_answer_says_why(case: Case) -> None:
    answer = answered(case, *clocks()[:2])
    if answer.result is None:
        assert answer.sentence.endswith((".", "list", "TIME", "calendar=DE"))
        return
    assert answer.clock
    for sentence in answer.result.why:
        assert sentence.endswith(".")
        assert sentence[0].isupper() or sentence[0].isdigit()
    told = " ".join(answer.result.why)
    if answer.result.kind in ("instant", "qualitative"):
        assert answer.clock.citation in told
    if answer.result.calendar:
        assert f"Calendar: {answer.result.calendar}." in told
        assert "holidays 0." in answer.result.calendar or "Sundays only" in answer.result.calendar


@pytest.mark.parametrize("case", [*PUBLISHED, *BY_HAND], ids=lambda case: str(case["id"]))
def test_the_answer_is_written_as_it_is_expected(case: Case) -> None:
    result = answered(case, *clocks()[:2]).result
    if case.get("expected") and result and result.due:
        assert result.due.isoformat() == case["expected"]


def test_what_counting_on_the_wall_would_give_is_never_given() -> None:
    wrong = [case for case in PUBLISHED if case.get("naive_wrong") or case.get("nyse_calendar_would_give")]
    assert len(wrong) > 5
    for case in wrong:
        result = answered(case, *clocks()[:2]).result
        assert result
        assert result.due
        assert result.due.isoformat() not in (case.get("naive_wrong"), case.get("nyse_calendar_would_give"))


@pytest.mark.parametrize(
    ("change", "what", "got"),
    [
        ({"expected": "2026-11-23T13:00:00+01:00"}, "time", "2026-11-23T12:00:00+01:00"),
        ({"expected": None, "expect_kind": "qualitative"}, "kind", "instant"),
        ({"expected": None, "expect_error": "no_zone"}, "error", "2026-11-23T12:00:00+01:00"),
        ({"trigger": "2026-11-20T12:00:00", "tz": None}, "result", "no_zone"),
        ({"regime": "Atlantis"}, "result", "unknown_regime"),
        ({"clock": ""}, "result", "unknown_regime"),
        ({"regime_status": "proposed"}, "status", "in_force"),
        ({"mode": "reg1182"}, "time", "2026-11-23T13:00:00+01:00"),
        ({"soft_target": "2026-11-23T12:00:00+01:00"}, "target", "nothing"),
        ({"strict_alternative": "2026-11-22T12:00:00+01:00"}, "strict time", "2026-11-23T12:00:00+01:00"),
    ],
)
def test_a_difference_says_what_was_expected_and_what_came(change: dict[str, Any], what: str, got: str) -> None:
    [found] = differences(GOOD | change, *clocks()[:2])
    assert (found.id, found.what, found.got) == ("one", what, got)
    assert found.expected != got
    assert found.why


def test_the_same_instant_in_another_zone_is_no_difference() -> None:
    assert not list(differences(GOOD | {"expected": "2026-11-23T11:00:00Z"}, *clocks()[:2]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"regime": None}, "Case 1 (one): it names no regime."),
        ({"trigger": 5}, "Case 1 (one): trigger is not text."),
        ({"inputs": [1]}, "Case 1 (one): inputs is no mapping."),
        ({"mode": "lenient"}, "Case 1 (one): there is no mode 'lenient'."),
        ({"expected": None}, "Case 1 (one): it expects nothing."),
        ({"expected": "soon"}, "Case 1 (one): expected is not a time."),
        ({"expected": "2026-11-23T12:00:00"}, "Case 1 (one): expected has no zone."),
        ({"soft_target": 7}, "Case 1 (one): soft_target is not a time."),
    ],
)
def test_a_case_that_cannot_be_read_is_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid) as refused:
        cases([GOOD | change])
    assert told in str(refused.value)


@pytest.mark.parametrize("document", [None, [], {}, {"cases": []}, {"rows": [GOOD]}, "text", 7])
def test_a_file_without_cases_is_refused(document: object) -> None:
    with pytest.raises(Invalid, match="There is no case in it"):
        cases(document)


def test_cases_may_stand_under_a_key() -> None:
    assert cases({"cases": [GOOD], "by": "counsel"}) == [GOOD]


def test_a_case_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(Invalid, match="Case 2: it is no mapping"):
        cases([GOOD, "x"])
