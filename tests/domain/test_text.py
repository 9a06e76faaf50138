"""What people typed: kept as it can be seen, or refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.text import LONGEST_TEXT, LONGEST_TITLE, NAME, PERSON, line, nearest, prose, visible

ANYTHING = st.text(st.characters(codec=None), max_size=60)
UNSEEN = {
    "\x00": "\\x00",
    "\x1b": "\\x1b",
    "\x7f": "\\x7f",
    "\x9b": "\\x9b",  # one character that a terminal takes for the two of an escape
    "\u061c": "⟨U+061C⟩",
    "\u200b": "⟨U+200B⟩",
    "\u200f": "⟨U+200F⟩",
    "\u2028": "⟨U+2028⟩",
    "\u202e": "⟨U+202E⟩",
    "\u2066": "⟨U+2066⟩",
    "\ufeff": "⟨U+FEFF⟩",
    "\U000e0041": "⟨U+E0041⟩",
    "\ud800": "⟨U+D800⟩",
}


@pytest.mark.parametrize(("hidden", "written"), UNSEEN.items())
def test_what_a_terminal_would_obey_or_hide_is_written_out(hidden: str, written: str) -> None:
    assert visible(f"a{hidden}b") == f"a{written}b"
    assert visible(f"a{hidden}b", lines=True) == f"a{written}b"


def test_line_breaks_and_tabs_stay_only_where_lines_are_meant() -> None:
    assert visible("a\tb\nc") == "a\\x09b\\x0ac"
    assert visible("a\tb\nc", lines=True) == "a\tb\nc"
    assert visible("a\r\n", lines=True) == "a\\x0d\n"


def test_what_can_be_seen_is_left_alone() -> None:
    seen = "Überschwemmung — 洪水 🌊 [/x] \\x1b %s {{ x }}"
    assert visible(seen) == seen


@given(text=ANYTHING, lines=st.booleans())
def test_visible_text_holds_no_control_and_stays_the_same_when_made_visible_again(text: str, *, lines: bool) -> None:
    shown = visible(text, lines=lines)
    assert {unicodedata.category(one) for one in shown if not (lines and one in "\n\t")}.isdisjoint({"Cc", "Cs"})
    assert not set(shown) & {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)}
    assert visible(shown, lines=lines) == shown


@given(ANYTHING)
def test_what_is_kept_is_visible_trimmed_composed_and_not_too_long(text: str) -> None:
    for keep, lines, longest in ((line, False, LONGEST_TITLE), (prose, True, LONGEST_TEXT)):
        try:
            kept = keep(text, "It")
        except Refused:
            continue
        assert kept == visible(kept, lines=lines) == kept.strip()
        assert unicodedata.is_normalized("NFC", kept)
        assert 0 < len(kept) <= longest
        assert keep(kept, "It") == kept


@pytest.mark.parametrize("keep", [line, prose])
def test_a_text_is_kept_composed(keep: Callable[[str, str], str]) -> None:
    assert keep("  Cafe\u0301  ", "It") == "Caf\u00e9"


@pytest.mark.parametrize("keep", [line, prose])
@pytest.mark.parametrize("text", ["", "   ", "\n\t "])
def test_an_empty_text_is_refused(keep: Callable[[str, str], str], text: str) -> None:
    with pytest.raises(Refused, match=r"^The title is empty\.$"):
        keep(text, "The title")


def test_a_text_is_as_long_as_it_will_be_kept() -> None:
    assert line("x" * 200, "The title") == "x" * 200
    with pytest.raises(Refused, match=r"^The title has 201 characters; at most 200 are kept\. Shorten it\.$"):
        line("x" * 201, "The title")
    grows = "\u0958" * 120  # composed, each of these is two characters
    with pytest.raises(Refused, match="has 240 characters"):
        line(grows, "The title")
    assert len(line("e\u0301" * 200, "The title")) == 200


def test_a_line_has_one_line_and_prose_several() -> None:
    with pytest.raises(Refused, match=r"has \\x0a at character 2"):
        line("a\nb", "It")
    assert prose("a\r\n\tb\n", "It") == "a\n\tb"
    with pytest.raises(Refused, match=r"has \\x0d at character 2"):
        prose("a\rb", "It")


@pytest.mark.parametrize(("hidden", "written"), UNSEEN.items())
def test_a_text_that_hides_something_is_refused_with_the_place(hidden: str, written: str) -> None:
    with pytest.raises(Refused) as caught:
        prose(f"seen{hidden}too", "The note")
    said = f"The note has {written} at character 5, which nobody can see. Remove it and try again."
    assert str(caught.value) == said


def test_the_nearest_names_are_offered_or_all_when_there_are_few() -> None:
    assert str(nearest("legl", ["legal", "lead", "scribe"], "role")) == (
        "There is no role 'legl'. Did you mean legal, lead?"
    )
    assert str(nearest("zzz", ["b", "a"], "role")) == "There is no role 'zzz'. Did you mean a, b?"
    assert str(nearest("zzz", [], "role")) == "There is no role 'zzz'. There is none yet."
    assert str(nearest("x", ["a"], "move", then="Look.")) == "There is no move 'x'. Did you mean a? Look."
    many = [f"name-{n}" for n in range(20)]
    assert str(nearest("%", many, "thing")).count("name-") == 8
    assert nearest("x", [], "thing").code == NotFound.code == 4


def test_a_name_that_nothing_has_is_shown_harmless_and_short() -> None:
    said = str(nearest("\x1b[2J" + "x" * 500, [], "role"))
    assert "\x1b" not in said
    assert len(said) < 130


@pytest.mark.parametrize("name", ["a", "7", "comms-lead", "deputy_2", "x" * 64])
def test_a_name_is_of_small_letters_digits_and_dashes(name: str) -> None:
    assert NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a b", "ä", "x" * 65, "a\n", "__import__", "²"])
def test_other_names_are_none(name: str) -> None:
    assert not NAME.fullmatch(name)


@pytest.mark.parametrize("person", ["dana", "Dana.Ruiz", "d@example.org", "李", "o+ps", "x" * 64])
def test_a_person_may_be_named_as_people_are(person: str) -> None:
    assert PERSON.fullmatch(person)


@pytest.mark.parametrize("person", ["", "-d", "d-", "a b", "a/b", "a:b", "x" * 65, "dana\n", "\u202edana"])
def test_other_persons_are_nobody(person: str) -> None:
    assert not PERSON.fullmatch(person)
