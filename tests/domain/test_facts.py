"""The values of facts: what people type, what the log keeps, and what templates see."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Refused
from crisisctl.domain.facts import known, plain, read
from crisisctl.domain.playbook import FactSpec
from tests.domain.conftest import Case, plan

INTEGER = FactSpec("count", "integer")
NUMBER = FactSpec("level", "number")
BOOLEAN = FactSpec("leak", "boolean")
MOMENT = FactSpec("seen", "datetime")
CHOICE = FactSpec("where", "choice", choices=("cellar", "roof top"))
TEXT = FactSpec("cause")

GOOD: list[tuple[FactSpec, str, str, object]] = [
    (INTEGER, "1200", "1200", 1200),
    (INTEGER, " 1,200,000 ", "1200000", 1_200_000),
    (INTEGER, "-3", "-3", -3),
    (INTEGER, "-1,200", "-1200", -1200),
    (INTEGER, "1_200", "1200", 1200),
    (INTEGER, "12.0", "12", 12),
    (INTEGER, "2e3", "2000", 2000),
    (INTEGER, "0", "0", 0),
    (NUMBER, "12.5", "12.5", "12.5"),
    (NUMBER, "-0.10", "-0.10", "-0.10"),
    (BOOLEAN, "Yes", "true", True),
    (BOOLEAN, "1", "true", True),
    (BOOLEAN, "n", "false", False),
    (BOOLEAN, "FALSE", "false", False),
    (MOMENT, "2026-11-22T16:00+01:00", "2026-11-22T15:00:00Z", "2026-11-22 15:00 UTC"),
    (MOMENT, "2026-11-22T15:00:00.25Z", "2026-11-22T15:00:00.250000Z", "2026-11-22 15:00 UTC"),
    (CHOICE, "roof top", "roof top", "roof top"),
    (TEXT, " two\nlines ", "two\nlines", "two\nlines"),
    (TEXT, "Cafe\u0301", "Caf\u00e9", "Caf\u00e9"),
]


@pytest.mark.parametrize(("spec", "typed", "kept", "seen"), GOOD)
def test_a_value_is_kept_in_one_form_and_seen_as_its_type(spec: FactSpec, typed: str, kept: str, seen: object) -> None:
    assert read(spec, typed) == kept
    assert plain(spec, kept) == seen
    assert type(plain(spec, kept)) is type(seen)
    assert read(spec, kept) == kept


BAD = [
    (INTEGER, "many", "count is a whole number, such as 1200; 'many' is not."),
    (INTEGER, "12.5", "whole number"),
    (INTEGER, "1,5", "whole number"),  # half of the world means one and a half
    (INTEGER, "12,34,567", "whole number"),
    (INTEGER, "1,200.5", "whole number"),
    (INTEGER, "NaN", "whole number"),
    (INTEGER, "Infinity", "whole number"),
    (INTEGER, "1e999999999", "whole number"),
    (INTEGER, "9" * 41, "whole number"),
    (INTEGER, "0x10", "whole number"),
    (INTEGER, "\x1b[2J", "The value of count has \\x1b at character 1"),
    (NUMBER, "a dozen", "level is a number, such as 12.5; 'a dozen' is not."),
    (NUMBER, "12,5", "is a number"),
    (NUMBER, "-inf", "is a number"),
    (NUMBER, "1e99", "is a number"),
    (BOOLEAN, "maybe", "leak is yes or no, not 'maybe'."),
    (MOMENT, "2026-11-22T16:00", "has no zone"),
    (MOMENT, "yesterday", "is not a time"),
    (CHOICE, "Cellar", "where is one of cellar, roof top, not 'Cellar'."),
    (TEXT, "  ", "The value of cause is empty."),
    (TEXT, "\u202ex", "The value of cause has ⟨U+202E⟩ at character 1"),
]


@pytest.mark.parametrize(("spec", "typed", "said"), BAD)
def test_a_value_of_another_type_is_refused_with_what_would_do(spec: FactSpec, typed: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        read(spec, typed)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


@given(st.integers(-(10**39), 10**39))
def test_every_whole_number_is_kept_exactly_however_it_is_grouped(number: int) -> None:
    for typed in (str(number), f"{number:,}"):
        if len(typed) <= 40:
            assert read(INTEGER, typed) == str(number)
            assert plain(INTEGER, read(INTEGER, typed)) == number


@given(
    st.text(st.characters(codec=None), max_size=30), st.sampled_from([INTEGER, NUMBER, BOOLEAN, MOMENT, CHOICE, TEXT])
)
def test_whatever_is_typed_is_kept_or_refused(typed: str, spec: FactSpec) -> None:
    try:
        kept = read(spec, typed)
    except Refused:
        return
    plain(spec, kept)
    assert read(spec, kept) == kept


@given(st.datetimes(datetime(1000, 1, 1), datetime(9998, 1, 1)))  # noqa: DTZ001 - the zone is typed
def test_every_moment_is_kept_to_the_microsecond(moment: datetime) -> None:
    kept = read(MOMENT, f"{moment.isoformat()}Z")
    assert datetime.fromisoformat(kept).replace(tzinfo=None) == moment
    assert plain(MOMENT, kept) == f"{moment.isoformat(' ')[:16]} UTC"


def test_a_value_without_a_type_is_seen_as_text() -> None:
    assert plain(None, "42") == "42"


def test_templates_see_what_is_known_and_nothing_that_was_taken_back_or_erased() -> None:
    facts = {"count": {"type": "integer"}, "leak": {"type": "boolean"}, "cause": None, "where": None}
    case = Case(plan(facts=facts))
    case.do(
        ask.SetFact("count", "7", "unconfirmed"),
        ask.SetFact("leak", "no"),
        ask.SetFact("cause", "rain"),
        ask.SetFact("where", "the roof"),
        ask.RetractFact("cause", "it was not"),
    )
    erased = case.incident.facts["where"]._replace(value=None)
    incident = case.incident._replace(facts={**case.incident.facts, "where": erased})
    assert known(incident) == {"count": 7, "leak": False}
