"""What the templates say, in every form that they can take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import pytest

from crisisctl.adapters.jinja import Jinja
from crisisctl.domain.playbook import Playbook, StatementSpec

RESERVED = {"incident", "opened_at", "organisation", "severity", "title"}
LONGEST = 1000
PROMISE = re.compile(r"Next update by 2026-11-22 15:00 UTC\b")
PARTS = ("What we know: ", "What we do not yet know: ", "What we are doing: ", "What you can do: ")
UNFIT: Mapping[str, str] = {
    "relative time": r"today|tomorrow|yesterday|soon|shortly|later|hours?|minutes?|currently|at this time",
    "speculation": r"may have|might|likely|probably|we believe|appears? to|seems?|possibly|presumably",
    "platitude": r"seriously|top priority|utmost|regret any inconvenience|value your|committed to",
    "minimising": r"only|minor|isolated|small number|just|merely|attempt(?:ed)?|limited",
    "absolute": r"guarantee[sd]?|never again|100 ?%|all data is safe|fully|completely|will be (?:fixed|back|resolved)",
    "silence": r"no comment|decline",
    "blame": r"vendor|supplier|intern|employee|hacker|user error|fault|negligen\w+|liable|third.party",
}


def test_a_text_has_all_its_parts_in_few_words(commons: list[str]) -> None:
    for text in commons:
        assert all(text.count(part) == 1 for part in PARTS), text
        assert len(text) < LONGEST, f"{len(text)} characters: {text}"


def test_a_text_says_sorry_and_understands(commons: list[str]) -> None:
    for text in commons:
        assert "sorry" in text
        assert re.search(r"understand|Thank you|above all|hurt|goes on", text), text


def test_a_text_promises_the_next_one_at_a_time_with_its_zone(commons: list[str]) -> None:
    assert all(len(PROMISE.findall(text)) == 1 for text in commons)


def test_a_text_is_dated_beyond_its_promise(commons: list[str]) -> None:
    for text in commons:
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", PROMISE.sub("", text)), text


def test_a_text_leaves_nothing_unfilled(commons: list[str]) -> None:
    for text in commons:
        assert not re.search(r"\{\{|\{%|\{#|None|Undefined|TODO|TBD|\bTrue\b|\bFalse\b", text), text


@pytest.mark.parametrize("sin", UNFIT)
def test_a_text_says_nothing_that_comes_back_to_haunt_us(commons: list[str], sin: str) -> None:
    for text in commons:
        assert not re.search(rf"\b(?:{UNFIT[sin]})\b", text, re.IGNORECASE), text


def test_a_text_is_punctuated_however_its_parts_fall(commons: list[str]) -> None:
    for text in commons:
        assert not re.search(r" [.,;:]|[.,;:]{2}|  |\.[A-Za-z]|\n{3}|[ \t]$|^[a-z ]", text, re.MULTILINE), text


def test_a_part_goes_on_from_its_heading_in_small_letters(commons: list[str]) -> None:
    for text in commons:
        assert not re.search(rf"(?:{'|'.join(PARTS)})[A-Z]", text), text


def test_a_text_holds_no_emoji_shouting_or_links(commons: list[str]) -> None:
    for text in commons:
        assert text.isascii(), text
        assert not re.search(r"\b[A-Z]{4,}\b|https?:|#\w", text), text


def test_a_template_asks_for_nothing_that_the_playbook_does_not(playbook: Playbook, used: set[str]) -> None:
    assert used <= RESERVED | playbook.facts.keys()


def test_the_public_never_reads_the_rooms_own_words(used: set[str]) -> None:
    assert not used & {"title", "incident", "severity"}


def test_a_template_ends_no_line_with_a_tag_that_could_swallow_a_line(source: str) -> None:
    common = [line for line in source.partition("{% block")[0].splitlines() if not line.startswith("{% macro")]
    for above, below in pairwise(common):
        assert not above.endswith("%}") or below == "", above


def test_the_sandbox_fills_it_in_from_what_is_surely_known(
    statement: StatementSpec, source: str, used: set[str], sure: frozenset[str]
) -> None:
    values = {name: "2026-11-22 15:00 UTC" if name.endswith("_at") else "x" for name in used & (sure | RESERVED)}
    text = Jinja(None).render(source, values, name=statement.template)
    assert PROMISE.search(text)
