"""Finding what was written, in the log itself: there is no index that could go stale or keep what was erased."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from crisisctl.domain.entries import Entry
from crisisctl.domain.telling import Told, tell

_EACH = "\u3040-\u30ff\u3400-\u9fff"  # kana and Han: writing without spaces, where each character counts as a word
_WORD = re.compile(rf"[{_EACH}]|[^\W_{_EACH}]+")


def search(entries: Iterable[Entry], wanted: str) -> Iterator[Told]:
    """The entries whose sentence holds all the words, in any order; one with marks inside, such as `12.5`, as it is."""
    phrases = [phrase for phrase in map(_words, wanted.split()) if phrase.strip()]
    told = map(tell, entries if phrases else ())
    return (one for one in told if all(phrase in _words(one.text) for phrase in phrases))


def _words(text: str) -> str:
    """The words of a text as they are compared: without case, accents and marks, one space around each."""
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return f" {' '.join(_WORD.findall(text.casefold()))} "
