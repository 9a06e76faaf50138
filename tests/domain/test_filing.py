"""A form is filled from what is known, and says of the rest what would supply it."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.clocks.filing import Answer, Filled, Form, build, fill
from crisisctl.domain.incident import Incident
from tests.domain.conftest import Case, plan

BOOK = plan(
    facts={"what": None, "count": {"type": "integer"}, "closed": {"type": "boolean"}, "at": {"type": "datetime"}}
)
SHIPPED = {
    "forms": {
        "a.first": {
            "title": "First notice",
            "citation": "Art. 1",
            "fields": {
                "nature": {"title": "Nature", "facts": ["what", "kind"]},
                "number": {"title": "Number", "facts": ["count"], "required": False},
                "who": {"title": "Who", "facts": ["name"], "standing": True, "from": ["organisation"]},
            },
        },
        "a.final": {
            "title": "Final report",
            "like": "a.first",
            "after": "a.first",
            "fields": {"number": {"omit": True}, "earlier": {"title": "Before", "from": ["earlier"]}},
        },
    }
}


def form(**fields: Any) -> Form:
    whole = {
        "forms": {"a.first": {"title": "T", "fields": {name: {"title": name, **one} for name, one in fields.items()}}}
    }
    return build(whole, {}).known["a.first"]


def room(*facts: tuple[str, ...]) -> Incident:
    case = Case(BOOK)
    for name, value, *status in facts:
        case.do(ask.SetFact(name, value, status[0] if status else "confirmed"))
    return case.incident


def one(incident: Incident, **how: Any) -> Filled:
    """The only field of a form, filled."""
    known = {"texts": how.pop("texts", {}), "recorded": how.pop("recorded", {}), "held": how.pop("held", {})}
    (filled,) = fill(form(it=how), incident, **known)
    return filled


def test_a_field_takes_the_first_fact_that_is_known_with_how_sure_it_is() -> None:
    filled = one(room(("what", "a leak")), facts=["kind", "what", "count"])
    assert (filled.value, filled.status, filled.source) == ("a leak", "confirmed", "fact what")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("count", "1,200", "1200"), ("closed", "yes", "yes"), ("closed", "false", "no"),
     ("at", "2026-03-28T23:00+01:00", "2026-03-28 22:00 UTC")],
)  # fmt: skip
def test_a_value_is_written_as_people_write_it(name: str, value: str, told: str) -> None:
    assert one(room((name, value)), facts=[name]).value == told


def test_what_is_unconfirmed_is_marked_and_what_is_confirmed_comes_first() -> None:
    filled = one(room(("what", "a leak", "unconfirmed")), facts=["what"])
    assert (filled.value, filled.status) == ("a leak", "unconfirmed")
    assert filled.remedy == "crisisctl fact confirm what -i INC-1"
    assert one(room(("what", "a leak", "unconfirmed"), ("count", "7")), facts=["what", "count"]).value == "7"


def test_what_was_retracted_is_missing() -> None:
    case = Case(BOOK)
    case.do(ask.SetFact("what", "a leak"), ask.RetractFact("what", "wrong"))
    filled = one(case.incident, facts=["what"])
    assert (filled.value, filled.status) == (None, "missing")
    assert filled.remedy == "crisisctl fact set what VALUE -i INC-1"


def test_what_was_erased_is_missing() -> None:
    incident = room(("what", "a leak"))
    erased = incident._replace(facts={"what": incident.facts["what"]._replace(value=None)})
    assert one(erased, facts=["what"]).status == "missing"


def test_a_fact_that_stays_in_the_room_is_withheld_and_another_may_answer() -> None:
    incident = room(("what", "a leak"), ("count", "7"))
    filled = one(incident, facts=["what"], held={"what": "privileged"})
    assert (filled.value, filled.status, filled.source) == (None, "withheld", "")
    assert filled.remedy.endswith("--include privileged")
    assert "leak" not in str(filled)
    assert one(incident, facts=["what", "count"], held={"what": "tlp"}).value == "7"
    weaker = {"began": Answer("2026-03-28", "recorded", "clock a.first")}
    again = {"facts": ["what"], "from": ["began"], "recorded": weaker, "held": {"what": "privileged"}}
    assert one(incident, **again).status == "withheld", "the clock that the fact started would tell it"


def test_what_a_workspace_always_answers_fills_what_is_standing_and_nothing_else() -> None:
    texts = {"name": "Example GmbH"}
    filled = one(room(), facts=["name"], standing=True, texts=texts)
    assert (filled.value, filled.status, filled.source) == ("Example GmbH", "standing", "filings.yaml, name")
    assert one(room(), facts=["name"], texts=texts).status == "missing"


def test_a_fact_comes_before_a_text_and_that_before_the_log() -> None:
    recorded = {"title": Answer("Water", "recorded", "title of INC-1")}
    how: dict[str, Any] = {"facts": ["what"], "standing": True, "from": ["title"], "recorded": recorded}
    assert one(room(("what", "a leak")), texts={"what": "text"}, **how).value == "a leak"
    assert one(room(), texts={"what": "text"}, **how).value == "text"
    assert one(room(), **how).value == "Water"


@pytest.mark.parametrize(
    ("how", "remedy"),
    [
        ({"facts": ["kind", "what"]}, "crisisctl fact set what VALUE -i INC-1"),
        ({"facts": ["kind"]}, "write it into the draft by hand; a playbook can ask for it as the fact kind"),
        ({"facts": ["name"], "standing": True}, "keep it in filings.yaml, as texts: {name: ...}"),
        ({}, "write it into the draft by hand"),
        ({"from": ["began"]}, "crisisctl clock start a.first --trigger TIME -i INC-1"),
        ({"from": ["notice"]}, "crisisctl statement publish STATEMENT -i INC-1"),
        (
            {"facts": ["what"], "from": ["late"]},
            "crisisctl fact set what VALUE -i INC-1; or crisisctl clock miss a.first --because WHY -i INC-1",
        ),
    ],
)
def test_what_is_missing_says_what_would_supply_it(how: dict[str, Any], remedy: str) -> None:
    assert one(room(), **how).remedy == remedy


def test_a_form_that_is_like_another_has_its_fields_and_its_own() -> None:
    final = build(SHIPPED, {}).known["a.final"]
    assert (final.title, final.citation, final.after) == ("Final report", "Art. 1", "a.first")
    assert [field.id for field in final.fields] == ["nature", "who", "earlier"]


def test_a_workspace_lays_its_own_over_the_forms_key_by_key() -> None:
    own = {
        "texts": {"name": "Us"},
        "forms": {
            "a.first": {"fields": {"nature": {"facts": ["what_else"]}, "number": {"required": True}}},
            "b.own": {"title": "Own", "fields": {"x": {"title": "X"}}},
        },
    }
    forms = build(SHIPPED, own)
    nature, number, _ = forms.known["a.first"].fields
    assert (nature.title, nature.facts, number.required) == ("Nature", ("what_else",), True)
    assert forms.known["a.final"].fields[0].facts == ("what_else",), "what is like it follows"
    assert (forms.known["b.own"].title, forms.texts) == ("Own", {"name": "Us"})
