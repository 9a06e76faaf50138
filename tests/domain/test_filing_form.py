"""What is wrong with filing forms is found with its place, all in one run; and those that we ship are in order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crisisctl.adapters import catalogue
from crisisctl.adapters.yaml.filings import SHIPPED, read_filings
from crisisctl.adapters.yaml.loaded import load
from crisisctl.domain.clocks.catalogue import build
from crisisctl.domain.clocks.filing import HEAD, SOURCES
from crisisctl.domain.clocks.filing_form import check

CLOCKS = build(catalogue.shipped()["regimes"])
BASE: Any = load(SHIPPED).document
MAIN = (
    *("gdpr.art33", "gdpr.art34", "uk-gdpr.art33", "nis2.early-warning", "nis2.notification", "nis2.final"),
    *("dora.initial", "dora.intermediate", "dora.final", "sec.8k-1.05", "hipaa.individuals", "hipaa.hhs-500"),
    *("nydfs.incident", "pci.acquirer", "california.ag", "au-ndb.notify", "cert-in.incident", "pdpa.pdpc"),
)


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return read_filings(tmp_path_factory.mktemp("none") / "filings.yaml", CLOCKS)


def own(**form: Any) -> dict[str, Any]:
    return {"forms": {"lgpd.anpd": {"title": "Notice", "fields": {"what": {"title": "What"}}} | form}}


def found(document: object) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [(one.path, one.message, one.remedy) for one in check(document, CLOCKS, BASE)]


def test_the_shipped_forms_are_in_order() -> None:
    assert check(BASE, CLOCKS) == []


@pytest.mark.parametrize("clock", MAIN)
def test_the_main_regimes_have_a_form(forms: Any, clock: str) -> None:
    form = forms.known[clock]
    assert any(field.required for field in form.fields)
    assert form.citation


def test_every_field_says_where_it_is_asked_for_and_can_be_filled(forms: Any) -> None:
    for id_, form in forms.known.items():
        for field in form.fields:
            assert field.citation, f"{id_} {field.id}"
            assert field.facts or field.sources, f"{id_} {field.id}"
            assert set(field.sources) <= set(SOURCES)
            assert not (field.standing and not field.facts)


def test_what_goes_on_from_an_earlier_filing_names_a_clock_that_there_is(forms: Any) -> None:
    for id_, form in forms.known.items():
        assert not form.after or form.after in CLOCKS
        if any("earlier" in field.sources for field in form.fields):
            assert form.after or CLOCKS[id_].chained_to, id_


def test_a_form_of_ones_own_needs_no_more_than_a_title_and_fields() -> None:
    assert found(own()) == []
    assert found({"forms": {"gdpr.art33": {"note": "ours"}}, "texts": {"dpo_contact": "Kim\nLee"}}) == []
    assert found({"forms": {"lgpd.anpd": {"like": "gdpr.art33"}}}) == []


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"titel": "x"}, ("titel",), "'titel' is not known"),
        ({"title": ""}, ("title",), "is empty"),
        ({"title": 7}, ("title",), "not text"),
        ({"fields": []}, ("fields",), "is a list, not a mapping"),
        ({"fields": {"what": {}}}, ("fields", "what"), "has no title"),
        ({"fields": {"What": {"title": "x"}}}, ("fields", "What"), "'What' cannot name a field"),
        ({"fields": {"due": {"title": "x"}}}, ("fields", "due"), "layouts know 'due' as something else"),
        ({"fields": {"w": {"title": "x", "facts": "a"}}}, ("fields", "w", "facts"), "is text, not a list"),
        ({"fields": {"w": {"title": "x", "facts": ["A"]}}}, ("fields", "w", "facts", 0), "'A' cannot name a fact"),
        ({"fields": {"w": {"title": "x", "facts": ["a", "a"]}}}, ("fields", "w", "facts", 1), "stands twice"),
        ({"fields": {"w": {"title": "x", "from": ["log"]}}}, ("fields", "w", "from", 0), "cannot be 'log'"),
        ({"fields": {"w": {"title": "x", "required": "no"}}}, ("fields", "w", "required"), "is text, not true or"),
        ({"like": "gdpr.art99"}, ("like",), "there is no form 'gdpr.art99'"),
        ({"like": "uk-gdpr.art33"}, ("like",), "is itself like 'gdpr.art33'"),
        ({"after": "gdpr.art99"}, ("after",), "there is no clock 'gdpr.art99'"),
        ({"layout": 7}, ("layout",), "not text"),
    ],
)
def test_each_slip_is_told_with_its_place(changes: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    (slip,) = found(own(**changes))
    assert slip[0] == ("forms", "lgpd.anpd", *path)
    assert message in slip[1]
    assert slip[2]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"form": {}}, "the key 'form' is not known"),
        ({"forms": {"gpdr.art33": {"title": "x", "fields": {}}}}, "there is no form 'gpdr.art33'"),
        ({"forms": {"lgpd.anpd": {"title": "x"}}}, "has no fields"),
        ({"texts": {"Dpo": "x"}}, "'Dpo' cannot name a text"),
        ({"texts": {"dpo": 7}}, "not text"),
        ([], "not a mapping"),
    ],
)
def test_each_slip_of_the_whole_is_told(document: object, message: str) -> None:
    assert message in found(document)[0][1]


def test_a_near_name_is_offered() -> None:
    assert found({"forms": {"gpdr.art33": {"title": "x", "fields": {}}}})[0][2] == "write gdpr.art33"


def test_a_field_of_a_form_that_is_laid_over_another_needs_no_title() -> None:
    over = {"forms": {"uk-gdpr.art33": {"fields": {"nature": {"facts": ["cause"]}}}}}
    assert found(over) == []


KEYS = some.sampled_from(["forms", "texts", "gdpr.art33", "lgpd.anpd", "fields", "like", "title", "from", "what", "x"])
LEAVES = some.none() | some.booleans() | some.integers() | some.text(max_size=8) | some.sampled_from(HEAD)
ANYTHING = some.recursive(
    LEAVES, lambda inner: some.lists(inner, max_size=3) | some.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@given(ANYTHING)
def test_whatever_a_file_holds_the_check_only_tells(document: object) -> None:
    for path, message, remedy in found(document):
        assert message
        assert remedy
        assert isinstance(path, tuple)
