"""Labels: privileged, and how far an entry may travel."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain import labels
from crisisctl.domain.errors import Refused
from crisisctl.domain.repeats import repeats
from crisisctl.domain.telling import sentence
from tests.domain.conftest import Case, plan

FACTS = plan(facts={"cause": None})
KINDS: dict[str, Any] = {
    "note": lambda **how: ask.AddNote("said", **how),
    "decision": lambda **how: ask.LogDecision("said", "so", **how),
    "fact": lambda **how: ask.SetFact("cause", "said", **how),
}


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_label_an_entry_is_as_it_always_was(kind: str) -> None:
    case = Case(FACTS)
    case.do(KINDS[kind]())
    assert "labels" not in case.entries[-1].data
    assert not sentence(case.entries[-1]).startswith("[")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("how", "sealed", "mark"),
    [
        ({"privileged": True}, {"privileged": True}, "[PRIVILEGED] "),
        ({"tlp": "red"}, {"tlp": "red"}, "[TLP:RED] "),
        ({"tlp": "TLP:AMBER+STRICT"}, {"tlp": "amber+strict"}, "[TLP:AMBER+STRICT] "),
        ({"privileged": True, "tlp": " Clear "}, {"privileged": True, "tlp": "clear"}, "[PRIVILEGED, TLP:CLEAR] "),
    ],
)
def test_labels_are_sealed_with_the_entry_and_stand_before_its_words(
    kind: str, how: dict[str, Any], sealed: dict[str, Any], mark: str
) -> None:
    case = Case(FACTS)
    case.do(KINDS[kind](**how))
    entry = case.entries[-1]
    assert entry.data["labels"] == sealed
    assert sentence(entry).startswith(mark)
    assert labels.privileged(entry) is bool(sealed.get("privileged"))


@pytest.mark.parametrize("tlp", ["", "white", "amber strict", "\x1b[31m", "x" * 5000])
@pytest.mark.parametrize("kind", KINDS)
def test_a_label_that_tlp_does_not_know_is_refused_with_those_that_it_does(kind: str, tlp: str) -> None:
    told = Case(FACTS).refused(KINDS[kind](tlp=tlp), kind=Refused)
    assert told.startswith("TLP knows red, amber+strict, amber, green, clear, not ")
    assert "\x1b" not in told
    assert len(told) < 200


@pytest.mark.parametrize(
    ("how", "included", "why"),
    [
        ({}, (), []),
        ({"tlp": "clear"}, (), []),
        ({"tlp": "green"}, (), []),
        ({"tlp": "amber"}, (), ["tlp"]),
        ({"tlp": "amber+strict"}, (), ["tlp"]),
        ({"tlp": "red"}, (), ["tlp"]),
        ({"tlp": "red"}, ("tlp",), []),
        ({"tlp": "red"}, ("privileged",), ["tlp"]),
        ({"privileged": True}, (), ["privileged"]),
        ({"privileged": True}, ("privileged",), []),
        ({"privileged": True, "tlp": "red"}, (), ["privileged", "tlp"]),
        ({"privileged": True, "tlp": "red"}, ("privileged",), ["tlp"]),
        ({"privileged": True, "tlp": "red"}, ("privileged", "tlp"), []),
        ({"privileged": True, "tlp": "green"}, ("tlp",), ["privileged"]),
    ],
)
def test_an_entry_stays_in_the_room_for_each_label_that_is_not_included(
    how: dict[str, Any], included: tuple[str, ...], why: list[str]
) -> None:
    case = Case(FACTS)
    case.do(ask.AddNote("said", **how))
    assert labels.reasons(case.entries[-1], included) == why


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (labels.Withheld(), ""),
        (labels.Withheld(1, 1, 0), "1 entry is left out: 1 privileged"),
        (labels.Withheld(2, 0, 2), "2 entries are left out: 2 marked TLP:AMBER or stricter"),
        (labels.Withheld(3, 1, 3), "3 entries are left out: 1 privileged, 3 marked TLP:AMBER or stricter"),
    ],
)
def test_what_is_left_out_is_counted_by_reason(left: labels.Withheld, told: str) -> None:
    assert left.sentence() == told


@pytest.mark.parametrize("kind", KINDS)
def test_a_repeat_with_another_label_is_no_repeat(kind: str) -> None:
    case = Case(FACTS)
    case.do(KINDS[kind](tlp="red"))
    entry = case.entries[-1]
    assert repeats(KINDS[kind](tlp="red"), "dana", entry)
    assert not repeats(KINDS[kind](), "dana", entry)
    assert not repeats(KINDS[kind](tlp="red", privileged=True), "dana", entry)
