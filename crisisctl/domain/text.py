"""Names and what people typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from crisisctl.domain.errors import NotFound, Refused

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
PERSON = re.compile(r"[^\W_](?:[\w.@+-]{0,62}[\w])?")
LONGEST_TITLE = 200
LONGEST_TEXT = 65_536

# C1 controls and DEL, bidirectional controls, zero-width characters, line separators, tags and lone surrogates.
_INVISIBLE = "\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\ud800-\udfff"


@cache
def _hidden(*, lines: bool) -> re.Pattern[str]:
    """What a terminal would obey or hide; with `lines`, line breaks and tabs may stay."""
    controls = "\x00-\x08\x0b-\x1f" if lines else "\x00-\x1f"
    return re.compile(f"[{controls}{_INVISIBLE}]")


def visible(text: str, *, lines: bool = False) -> str:
    r"""The text with every character that a terminal would obey or hide written out, `\x1b` or `⟨U+202E⟩`.

    With `lines`, line breaks and tabs stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return _hidden(lines=lines).sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0xA0 else f"⟨U+{code:04X}⟩"  # noqa: PLR2004 - the end of C1


def line(text: str, what: str, longest: int = LONGEST_TITLE) -> str:
    """One line that a person typed, in NFC; `Refused` when it is empty, too long, or holds what cannot be seen."""
    return _plain(text.strip(), what, longest, lines=False)


def prose(text: str, what: str, longest: int = LONGEST_TEXT) -> str:
    """Text of several lines that a person typed, in NFC; `Refused` as for `line`, line breaks and tabs apart."""
    return _plain(text.replace("\r\n", "\n").strip(), what, longest, lines=True)


def _plain(text: str, what: str, longest: int, *, lines: bool) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text:
        raise Refused(f"{what} is empty.")
    if len(text) > longest:
        raise Refused(f"{what} has {len(text):,} characters; at most {longest:,} are kept. Shorten it.")
    if text.isascii() and text.isprintable():
        return text
    if found := _hidden(lines=lines).search(text):
        place = f"character {found.start() + 1}"
        raise Refused(f"{what} has {_written_out(found)} at {place}, which nobody can see. Remove it and try again.")
    return text


def nearest(name: str, known: Iterable[str], what: str, *, then: str = "") -> NotFound:
    """The error for a name that nothing has, with the nearest names, or all when there are few."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    names = sorted(known)
    close = get_close_matches(name[:80], names, n=3, cutoff=0.5) or names[:8]
    offer = f" Did you mean {', '.join(close)}?" if close else " There is none yet."
    return NotFound(f"There is no {what} {visible(name[:80])!r}.{offer}{f' {then}' if then else ''}")
