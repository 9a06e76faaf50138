"""Languages and the variants of templates."""

from __future__ import annotations

import pytest

from crisisctl.domain.locale import customary, fallbacks, is_language, spoken, variant, variant_name

OUTAGE = "holding/outage.md.j2"


@pytest.mark.parametrize("tag", ["de", "en", "gsw", "de-AT", "es-419", "zh-Hant", "zh-Hant-TW"])
def test_a_language_is_written_in_its_customary_case(tag: str) -> None:
    assert is_language(tag)
    for written in (tag, tag.lower(), tag.upper(), tag.replace("-", "_")):
        assert customary(written) == tag


@pytest.mark.parametrize(
    "tag",
    ["", "d", "de-", "-de", "german", "de-at-x-wien", "de-DEU", "de-1901", "i-klingon", "de\n", "de/..", "dé", None, 3],
)
def test_anything_else_is_no_language(tag: object) -> None:
    assert not is_language(tag)
    if isinstance(tag, str):
        assert customary(tag) is None


@pytest.mark.parametrize("tag", ["DE", "de-at", "de_AT", "zh-hant", "ZH-HANT-tw"])
def test_a_language_in_another_case_is_none_yet(tag: str) -> None:
    assert not is_language(tag)
    assert is_language(customary(tag))


def test_a_language_falls_back_on_more_general_ones() -> None:
    assert fallbacks("de") == ("de",)
    assert fallbacks("de-AT") == ("de-AT", "de")
    assert fallbacks("zh-Hant-TW") == ("zh-Hant-TW", "zh-Hant", "zh")


def test_the_best_variant_is_the_nearest_and_at_last_the_template_itself() -> None:
    names = {OUTAGE, "holding/outage.de.md.j2", "holding/outage.de-AT.md.j2", "holding/other.fr.md.j2"}
    assert variant(names, OUTAGE, "de-AT") == "holding/outage.de-AT.md.j2"
    assert variant(names, OUTAGE, "de-CH") == "holding/outage.de.md.j2"
    assert variant(names, OUTAGE, "de") == "holding/outage.de.md.j2"
    assert variant(names, OUTAGE, "fr") == OUTAGE
    assert variant(names, OUTAGE, "en") == OUTAGE


def test_without_any_file_there_is_no_variant() -> None:
    assert variant([], OUTAGE, "de") is None
    assert variant(["holding/outage.fr.md.j2"], OUTAGE, "de") is None
    assert variant(["holding/outage.de.md.j2"], OUTAGE, "de") == "holding/outage.de.md.j2"


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (OUTAGE, "holding/outage.de.md.j2"),
        ("first.j2", "first.de.j2"),
        ("a.b/first.html.j2", "a.b/first.de.html.j2"),
        ("v1.2.md.j2", "v1.2.de.md.j2"),
        ("words", "words.de"),
        ("words.md", "words.de.md"),
        ("j2", "j2.de"),
    ],
)
def test_the_language_stands_before_the_endings(template: str, name: str) -> None:
    assert variant_name(template, "de") == name
    assert spoken(name, template) == "de"
    assert spoken(template, template) is None
