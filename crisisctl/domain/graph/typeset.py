"""Text as a picture sets it: how wide it is at the most in whatever font a machine has, and where its lines break.

The widths are those of the widest of the usual sans-serif fonts; in a narrower one there is more air and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_EM = 1_000
_WIDTHS = {
    278: "ijlI'J",
    320: " ,.",
    340: "/:;\\|",
    395: "()[]!tf",
    420: "-r",
    500: '*_`"',
    530: "s?z",
    600: "aceokvxyLFhnu",
    640: "bdgpq0123456789#$ETPYS{}",
    700: "ABCKRVXZUZ&",
    790: "NOQGDHw",
    840: "+<=>^~\N{MULTIPLICATION SIGN}",
    870: "M@",
    990: "mW%",
}
_WIDTH = {character: width for width, characters in _WIDTHS.items() for character in characters}
_LETTER, _BROAD, _PICTURE = 720, 1_080, 1_400
_BOLD = 1.13
_ASTRAL = 0x1F000


class Style(NamedTuple):
    """How a line is set: size in pixels, distance to the next line, and weight."""

    size: float
    leading: float
    bold: bool = False
    ascent: float = 0.0  # from the top of the line to where its letters stand

    @property
    def base(self) -> float:
        """Where the letters stand, from the top of the line."""
        return self.ascent or self.leading * 0.8


STYLES = {
    "heading": Style(26, 34, bold=True),
    "subheading": Style(14, 22),
    "summary": Style(12.5, 18),
    "title": Style(14, 18, bold=True),
    "mark": Style(11.5, 16, bold=True),
    "minute": Style(11, 0, bold=True, ascent=12),  # stands on the line of the rung beside it
    "rung": Style(11, 15),
    "trigger": Style(12, 16, bold=True),
    "note": Style(11, 14.5),
    "space": Style(1, 6),
}


class Line(NamedTuple):
    """One line of text and how it is set; `indent` is where it begins."""

    text: str
    style: str
    indent: float = 0


class Text(NamedTuple):
    """Lines below each other."""

    lines: tuple[Line, ...] = ()

    @property
    def width(self) -> float:
        """Of the longest line, at the most."""
        return max((line.indent + width(line.text, line.style) for line in self.lines), default=0)

    @property
    def height(self) -> float:
        """Of all lines."""
        return sum(STYLES[line.style].leading for line in self.lines)


def width(text: str, style: str) -> float:
    """How wide a line is at the most."""
    set_ = STYLES[style]
    return sum(map(_advance, text)) * set_.size / _EM * (_BOLD if set_.bold else 1)


def _advance(character: str) -> int:
    known = _WIDTH.get(character)
    if known is not None:
        return known
    if character.isascii():
        return _LETTER
    if ord(character) >= _ASTRAL:
        return _PICTURE
    letter = unicodedata.normalize("NFD", character)[0]
    if letter != character and letter in _WIDTH:
        return _WIDTH[letter]
    return _LETTER if unicodedata.name(character, "").startswith(("LATIN", "GREEK")) else _BROAD


def block(parts: Iterable[tuple[str, str]], room: float, indent: float = 0) -> Text:
    """Text of several parts, each with its style, broken to the room."""
    return Text(
        tuple(Line(line, style, indent) for text, style in parts for line in wrapped(text, style, room - indent))
    )


def wrapped(text: str, style: str, room: float) -> list[str]:
    """The text in lines no wider than the room: broken between words, and within one only where it is wider alone."""
    lines: list[str] = []
    for word in _pieces(text, style, room):
        if lines and width(f"{lines[-1]} {word}", style) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


def _pieces(text: str, style: str, room: float) -> Iterator[str]:
    for word in text.split():
        piece = ""
        for part in _parts(word) if width(word, style) > room else [word]:
            if piece and width(piece + part, style) > room:
                yield piece
                piece = ""
            piece += part
        yield piece


def _parts(word: str) -> Sequence[str]:
    """Where a word may be broken that is too wide: nowhere in particular."""
    return re.findall(".", word, re.DOTALL)
