"""Contradictions: what a text says against the facts, and against what is published."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PolicyFiles
from crisisctl.domain.lint import Context, Finding, lint

POLICY = PolicyFiles(None, yaml.load).policy()
FACTS = {
    "affected_accounts": ("1200", "confirmed"),
    "aware_at": ("2026-11-22T14:02:00Z", "confirmed"),
    "cause": (None, "unconfirmed"),
}


def against(text: str, *published: str, facts: Mapping[str, tuple[str | None, str]] | None = None) -> list[Finding]:
    context = Context(facts=facts, published=tuple((f"holding {n}", one) for n, one in enumerate(published, 1)))
    return [finding for finding in lint(text, POLICY, context) if finding.rule == "contradiction"]


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("About 1,200 accounts are affected.", True),
        ("1200 accounts are affected.", True),
        ("1.2 thousand accounts are affected.", True),
        ("More than 1,000 accounts are affected.", True),
        ("Nearly 1,250 accounts are affected.", True),
        ("1200 of our 90,000 accounts are affected.", True),
        ("We have reset 300 accounts.", True),
        ("We serve 90,000 customers.", True),
        ("1,500 accounts are affected.", False),
        ("More than 2,000 accounts were exposed.", False),
        ("Fewer than 1,000 accounts were affected.", False),
        ("We learned of it on 22 November 2026 at 14:02 UTC.", True),
        ("We learned of it on 22 November 2026, 15:02 CET.", True),
        ("We learned of it on 22 November 2026.", True),
        ("We learned of it on 20 November 2026.", False),
        ("We learned of it on 22 November 2026, 16:30 UTC.", False),
        ("We do not yet know the cause.", True),
        ("We will tell you as soon as we have identified the cause.", True),
        ("We have identified the root cause.", False),
        ("The cause has been found.", False),
        ("Rund 1.500 Konten sind betroffen.", False),
        ("Rund 1.200 Konten sind betroffen.", True),
    ],
)
def test_a_text_agrees_with_the_confirmed_facts_or_is_found(text: str, agrees: bool) -> None:  # noqa: FBT001 - a parameter
    assert (not against(text, facts=FACTS)) is agrees


def test_a_known_cause_may_be_named() -> None:
    facts = {"cause": ("an expired certificate", "confirmed")}
    assert against("We have identified the cause.", facts=facts) == []
    assert against("We have identified the cause.") == [], "without an incident nobody can tell"


def test_what_is_not_confirmed_contradicts_nothing() -> None:
    assert against("1,500 accounts are affected.", facts={"affected_accounts": ("1200", "unconfirmed")}) == []
    assert against("1,500 accounts are affected.", facts={"affected_accounts": ("1200", "retracted")}) == []


@pytest.mark.parametrize(
    ("before", "now", "agrees"),
    [
        ("1,200 accounts are affected.", "1,200 accounts are affected.", True),
        ("1,200 accounts are affected.", "1,500 accounts are affected.", False),
        ("1,200 accounts are affected.", "Earlier we said 1,200; in fact 1,500 accounts are affected.", True),
        ("1,200 accounts are affected.", "1,200 accounts are affected. We have informed 900 customers.", True),
        ("It began on 21 November 2026, 10:00 UTC.", "It began on 21 November 2026, 11:00 UTC.", False),
        ("It began on 21 November 2026, 10:00 UTC.", "It began on 21 November 2026, 11:00 CET.", True),
        ("The service has been restored.", "The service is still down.", False),
        ("The service has been restored.", "The service is down again.", True),
        ("No passwords were exposed.", "Passwords were exposed.", False),
        ("We do not know whether passwords were exposed.", "Passwords were exposed.", True),
        ("Passwords were exposed.", "No passwords were affected.", False),
    ],
)
def test_a_text_agrees_with_what_is_published_or_is_found(before: str, now: str, agrees: bool) -> None:  # noqa: FBT001 - a parameter
    assert (not against(now, before)) is agrees


def test_a_contradiction_names_both_sides_and_its_place() -> None:
    found = against("We are sorry.\nIn all 1,500 accounts are affected.", "About 1,200 accounts are affected.")
    assert [(one.line, one.column, one.level) for one in found] == [(2, 8, "error")]
    assert "1,500 accounts, but holding 1 says 1,200 accounts" in found[0].message
    assert "corrects holding 1" in found[0].remedy
