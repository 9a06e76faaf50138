"""A text as words in sentences, each with its place; every step goes over the text once."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from crisisctl.domain.errors import Refused
from crisisctl.domain.text import LONGEST_TEXT, visible

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[%#]")
_END = re.compile(r"(?<![.!?\u2026])[.!?\u2026]++[\"')\]\u201c\u201d\u2019*_]{0,4}(?=\s|$)")
_BREAK = re.compile(r"\n[ \t]{0,40}(?:(?:[-*+\u2022>|]|#{1,6}|\d{1,2}[.)])[ \t]|(?=\n))")
_SHORTENED = (
    "e.g i.e a.m p.m approx no nr st mr mrs ms dr vs etc inc ltd co corp dept est u.s u.k z.b d.h u.a ca bzw ggf evtl"
    " jan feb mar apr jun jul aug sep sept oct nov dec prof str tel abs art b h"
)
_SHORT = frozenset(_SHORTENED.split())
_GERMAN_MONTHS = ("jan", "feb", "mär", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez")
_SURROGATES = ("\ud800", "\udfff")


class Word(NamedTuple):
    """One word: as written, folded for comparing, where it begins and ends, and the number of its sentence."""

    raw: str
    key: str
    start: int
    end: int
    sentence: int


class Sentence(NamedTuple):
    """One sentence, without the space around it."""

    text: str
    start: int
    end: int


class Text:
    """A text that was looked at once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def sentences(self) -> Sequence[Sentence]:
        """The sentences in order; a blank line, a list item and a heading end one too."""
        cuts = sorted({*_ends(self.text), *(m.start() for m in _BREAK.finditer(self.text)), len(self.text)})
        found, begun = [], 0
        for cut in cuts:
            piece = self.text[begun:cut]
            if stripped := piece.strip():
                start = begun + len(piece) - len(piece.lstrip())
                found.append(Sentence(stripped, start, start + len(stripped)))
            begun = cut
        return found

    @cached_property
    def words(self) -> Sequence[Word]:
        """The words in order."""
        starts = [sentence.start for sentence in self.sentences]
        return [
            Word(m[0], folded(m[0]), m.start(), m.end(), bisect_right(starts, m.start()) - 1)
            for m in _WORD.finditer(self.text)
        ]

    @cached_property
    def by_sentence(self) -> Sequence[Sequence[Word]]:
        """The words of each sentence."""
        rows: list[list[Word]] = [[] for _ in self.sentences]
        for word in self.words:
            rows[word.sentence].append(word)
        return rows

    @cached_property
    def _lines(self) -> Sequence[int]:
        return [0, *(at + 1 for at, sign in enumerate(self.text) if sign == "\n")]

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, of a character."""
        row = bisect_right(self._lines, at) - 1
        return row + 1, at - self._lines[row] + 1

    def sentence_at(self, at: int) -> int:
        """The number of the sentence around a character."""
        return max(0, bisect_right([sentence.start for sentence in self.sentences], at) - 1)


def folded(word: str) -> str:
    """The word without the difference of capitals, widths and kinds of apostrophe."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", word).replace("\u2019", "'").casefold()


def _ends(text: str) -> list[int]:
    return [end.end() for end in _END.finditer(text) if end[0][0] != "." or not _goes_on(text, end.start(), end.end())]


def _goes_on(text: str, dot: int, after: int) -> bool:
    """Whether the full stop is that of an abbreviation or of a German ordinal, so that the sentence goes on."""
    word = re.split(r"[\s(\"'\u201e]", text[max(0, dot - 12) : dot])[-1].lower()
    following = text[after : after + 12].lstrip()
    if word.isdigit():
        return len(word) <= 2 and following[:1].isupper() and _ordinal(following)  # noqa: PLR2004 - a day of a month
    if word in {"a.m", "p.m"} and re.match(r"[A-Z]{2,5}\b", following):
        return True  # a zone follows
    return (word in _SHORT or (len(word) == 1 and word != "i")) and not (
        word in {"a.m", "p.m", "etc", "inc", "ltd", "no", "st", "art", "co", "mar", "dec"} and following[:1].isupper()
    )


def _ordinal(following: str) -> bool:
    return folded(re.split(r"\W", following, maxsplit=1)[0])[:3] in _GERMAN_MONTHS


def checked(text: str, what: str = "The text") -> Text:
    """The text ready to be linted; `Refused`, with the place, when it is empty, too long or holds what nobody sees."""
    if len(text) > LONGEST_TEXT:
        raise Refused(f"{what} has {len(text):,} characters; at most {LONGEST_TEXT:,} are looked at. Shorten it.")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.strip():
        raise Refused(f"{what} is empty. Write what is known, what is not, and when the next update comes.")
    looked = Text(text)
    if visible(text, lines=True) != text:
        at = next(n for n, sign in enumerate(text) if visible(sign, lines=True) != sign)
        line, column = looked.place(at)
        kind = "half of a character" if _SURROGATES[0] <= text[at] <= _SURROGATES[1] else "which nobody can see"
        raise Refused(f"{what} has {visible(text[at])} in line {line}, column {column}, {kind}. Remove it.")
    return looked
