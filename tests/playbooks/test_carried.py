"""Texts that say no more than the facts carry: a finding, a pause, a ground in law, a decision."""

from __future__ import annotations

import pytest

from tests.playbooks.conftest import EARLY, LATE, RESERVED, ROOT, texts

PUBLIC = ("holding", "update", "resolution")


def said(kind: str, playbook: str, language: str, **known: str | bool) -> list[str]:
    """Every text of a template, with what is surely known and these facts."""
    ending = {"en": "", "de": ".de"}[language]
    source = (ROOT / "templates" / kind / f"{playbook}{ending}.md.j2").read_text(encoding="utf-8")
    sure = dict.fromkeys(EARLY[playbook] | (LATE[playbook] if kind == "resolution" else frozenset()), "x")
    return [*texts(source, {**RESERVED, **sure, **known}).values()]


@pytest.mark.parametrize("kind", ["update", "resolution", "staff", "qa"])
def test_nobody_was_hurt_by_whom_the_inquiry_did_not_find_at_fault(kind: str) -> None:
    for language, word in (("en", "hurt"), ("de", "weh getan")):
        cleared = said(kind, "executive-misconduct", language, finding="not-substantiated")
        assert not any(word in text for text in cleared)
        assert any(word in text for text in said(kind, "executive-misconduct", language, finding="substantiated"))


def test_a_finding_is_the_finding_of_the_inquiry() -> None:
    for finding in ("substantiated", "partly", "not-substantiated"):
        german = said("resolution", "executive-misconduct", "de", finding=finding)[0]
        assert "nach dem Ergebnis der unabhängigen Stelle" in german


@pytest.mark.parametrize("kind", ["holding", "update", "staff", "minimal"])
def test_nothing_is_paused_before_it_is(kind: str) -> None:
    for language, word in (("en", "is paused"), ("en", "stays paused"), ("en", "have paused"), ("de", " ruht")):
        assert not any(word in text for text in said(kind, "partner-scandal", language))


@pytest.mark.parametrize("kind", [*PUBLIC, "staff", "qa", "minimal"])
def test_no_guilt_is_presumed_before_the_ground_is_judged(kind: str) -> None:
    for language, words in (
        ("en", ("have asked", "not ask", "wrong")),
        ("de", ("fragen müssen", "nicht gefragt", "falsch war")),
    ):
        found = said(kind, "privacy-backlash", language, decision="kept-with-switch", legal_ground="holds")
        public = [text for text in found if "understood it wrong" not in text]
        assert not any(word in text for text in public for word in words)


def test_what_was_withdrawn_is_not_turned_off() -> None:
    for language, word in (("en", "turn it off"), ("de", "ausschalten")):
        assert not any(word in text for text in said("resolution", "privacy-backlash", language, decision="withdrawn"))


@pytest.mark.parametrize("kind", [*PUBLIC, "staff", "qa", "minimal"])
def test_a_contract_goes_on_where_a_fact_says_so(kind: str) -> None:
    for language, words in (("en", ("go on", "do nothing")), ("de", ("laufen weiter", "nichts tun", "rechtzeitig"))):
        for text in said(kind, "regulator-inquiry", language):
            assert not any(word in text for word in words)
