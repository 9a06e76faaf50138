"""Phrases: what their wildcards mean, what cannot be one, and that none makes the search slow."""

from __future__ import annotations

import time

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PolicyFiles
from crisisctl.domain.lint import lint
from crisisctl.domain.lint.phrases import GAP, Finder, Unusable, compiled
from crisisctl.domain.lint.words import Text

POLICY = PolicyFiles(None, yaml.load).policy()


def found(phrase: str, text: str) -> list[str]:
    looked = Text(text)
    hits = Finder({"x": [compiled(phrase)]}).find(looked.words).get("x", [])
    return [text[looked.words[hit.first].start : looked.words[hit.after - 1].end] for hit in hits]


@pytest.mark.parametrize(
    ("phrase", "text", "hits"),
    [
        ("no comment", "No comment! We have no\ncomment.", ["No comment", "no\ncomment"]),
        ("no comment", "No. Comment on it.", []),
        ("guarantee*", "We guaranteed; a guarantee.", ["guaranteed", "guarantee"]),
        ("*fehler", "Ein Bedienfehler.", ["Bedienfehler"]),
        ("(very|) small", "Very small, small.", ["Very small", "small"]),
        ("(due to|because of) us", "Because of us, due to us", ["Because of us", "due to us"]),
        (
            "take ... seriously",
            "We take the security of your data very seriously.",
            ["take the security of your data very seriously"],
        ),
        ("take ... seriously", f"take {'x ' * (GAP + 1)}seriously", []),
        ("take ... seriously", "We take it. Seriously.", []),
        ("ETA", "The ETA, and eta.", ["ETA"]),
        ("100 %", "It is 100% and 100 %.", ["100%", "100 %"]),
        ("#ad", "Nice #ad and ad", ["#ad"]),
        ("don't", "We don\u2019t and don't", ["don\u2019t", "don't"]),
        ("re-accommodate", "to re-accommodate, re accommodate", ["re-accommodate", "re accommodate"]),
    ],
)
def test_a_phrase_finds_what_it_means(phrase: str, text: str, hits: list[str]) -> None:
    assert found(phrase, text) == hits


def test_a_phrase_names_a_list_of_words_and_its_capitals() -> None:
    words = {"helper": ["vendor*", "third party", "^slack"], "erred": ["failed", "let us down"]}
    finder = Finder({"x": [compiled("our ({helper}|intern) ... {erred}", words), compiled("{helper} is down", words)]})
    for text, hits in {
        "Our vendor has let us down.": 1,
        "Our third party failed.": 1,
        "Our intern, it seems, failed.": 1,
        "Slack is down, some slack is down.": 1,
        "Our house failed.": 0,
    }.items():
        assert len(finder.find(Text(text).words).get("x", [])) == hits, text


def test_a_list_that_nobody_has_written_is_refused() -> None:
    with pytest.raises(Unusable) as caught:
        compiled("our {helpers} failed", {"helper": ["vendor"]})
    assert "{helper}" in caught.value.remedy


@pytest.mark.parametrize(
    "phrase", ["", "...", "(|)", "(a", "a*b", "*", "*a*", "x" * 2_000, "a ... b ... c ... d", "(a b|c d) " * 20]
)
def test_what_cannot_be_a_phrase_is_refused_with_a_remedy(phrase: str) -> None:
    with pytest.raises(Unusable) as caught:
        compiled(phrase)
    assert caught.value.remedy


def spent(text: str) -> float:
    begun = time.process_time()
    lint(text, POLICY)
    return time.process_time() - begun


PIECES = [
    *'a !1@".[({#-:_<\n',
    *(
        "a ",
        "A ",
        "1 ",
        "1.",
        "1,",
        "+1",
        "a@",
        "a.",
        "a-",
        "a:",
        "ab@",
        "\n\n",
        ". ",
        "1:",
        "May 1 ",
        "only a ",
        "take the ",
    ),
    *(
        "we believe ",
        "caused by ",
        "password ",
        "https://",
        "0 ",
        "{{ ",
        "[x",
        "1200 accounts ",
        "15:00 ",
        "a:b@",
        "x/",
    ),
]


@pytest.mark.parametrize("piece", PIECES)
def test_no_text_takes_more_than_its_length_says(piece: str) -> None:
    short, long = (("x" + piece * size)[:size] + "x" for size in (4_000, 32_000))
    spent(short)
    tries = (spent(long) < 24 * max(spent(short), 0.02) for _ in range(3))  # a busy machine spoils one, not all
    assert any(tries), "eight times the text may take eight times as long, and some"


def test_a_phrase_full_of_gaps_stays_cheap() -> None:
    finder = Finder({"x": [compiled("(a|b) ... (a|b) ... c")]})
    words = Text("a b " * 4_000).words
    begun = time.process_time()
    assert finder.find(words) == {}
    assert time.process_time() - begun < 20
