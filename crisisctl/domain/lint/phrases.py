"""Phrases with simple wildcards, found in one pass over the words; nothing in a phrase can make the search loop.

`guarantee*` is any word that begins so, `*fehler` any that ends so, `(a|b c)` one or the other, `(very|)` may be
missing, and `...` stands for at most `GAP` words. A word written in capitals means that word in capitals alone. What
follows ` => ` is the better wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from typing import NamedTuple

from crisisctl.domain.lint.words import Word, folded

GAP = 6  # words
LONGEST_PHRASE = 1_000  # characters
MOST_WAYS = 512
_MOST_GAPS = 2
_INDEXED = 3  # letters of the beginning or end of a word by which phrases are looked up
_MARKS = frozenset("%#")  # words of their own
_PIECE = re.compile(r"\(([^()]*)\)|\.\.\.|\u2026|[^\s()]+")
_INNER = re.compile(r"[^\W_*]+(?:['\u2019][^\W_*]+)*|\*|[%#]")


class Unusable(Exception):
    """The phrase cannot be used; the message says why and `remedy` what to write instead."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


class Step(NamedTuple):
    """One word of a phrase: any of these, or with one of these beginnings or ends; `gap`: up to `GAP` words instead."""

    exact: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    capitals: frozenset[str] = frozenset()
    gap: bool = False

    def takes(self, word: Word) -> bool:
        """Whether the word is one of these."""
        key = word.key
        return (
            key in self.exact
            or bool(self.begins and key.startswith(self.begins))
            or bool(self.ends and key.endswith(self.ends))
            or word.raw in self.capitals
        )


class Phrase(NamedTuple):
    """One way to say it."""

    written: str
    steps: tuple[Step, ...]
    instead: str = ""


class Hit(NamedTuple):
    """Where a phrase was found: the numbers of its first word and of the word after its last."""

    phrase: Phrase
    first: int
    after: int


def compiled(written: str) -> list[Phrase]:
    """Every way to say a phrase; `Unusable` when it has none, or too many."""
    written, _, instead = (part.strip() for part in written.partition(" => "))
    if len(written) > LONGEST_PHRASE:
        raise Unusable(f"it has more than {LONGEST_PHRASE} characters", "write two phrases")
    if written.count("(") != written.count(")"):
        raise Unusable("a bracket has no partner", "write (one|other)")
    ways = [_alternatives(piece) for piece in _PIECE.finditer(written)]
    total = 1
    for choice in ways:
        total *= len(choice)
    if total > MOST_WAYS:
        raise Unusable(f"it stands for more than {MOST_WAYS} phrases", "write two phrases with fewer brackets")
    found = [Phrase(written, _tidy(tuple(chain.from_iterable(way))), instead) for way in product(*ways)]
    for phrase in found:
        _usable(phrase)
    return found


def _alternatives(piece: re.Match[str]) -> list[tuple[Step, ...]]:
    """The ways to say one piece; single words of one bracket are one step together."""
    if piece[0] in {"...", "\u2026"}:
        return [(Step(gap=True),)]
    if piece[1] is None:
        return [_steps(piece[0])]
    rows = [_steps(way) for way in piece[1].split("|")]
    single = [row[0] for row in rows if len(row) == 1]
    rest = [row for row in rows if len(row) != 1]
    return [*([(_either(single),)] if single else []), *rest]


def _either(steps: Iterable[Step]) -> Step:
    exact, begins, ends, capitals = set[str](), list[str](), list[str](), set[str]()
    for step in steps:
        exact |= step.exact
        begins += step.begins
        ends += step.ends
        capitals |= step.capitals
    return Step(frozenset(exact), tuple(begins), tuple(ends), frozenset(capitals))


def _steps(text: str) -> tuple[Step, ...]:
    """The words of a piece without brackets; what joins words, such as a hyphen, is as good as a space."""
    return tuple(_step(part) for chunk in text.split() for part in _parts(chunk))


def _parts(chunk: str) -> Iterator[str]:
    held = ""
    end = 0
    for found in _INNER.finditer(chunk):
        if held and (found.start() > end or found[0] in _MARKS or held in _MARKS):
            yield held
            held = ""
        held += found[0]
        end = found.end()
    if held:
        yield held


def _step(part: str) -> Step:
    bare = part.strip("*")
    if not bare or "*" in bare or (part.startswith("*") and part.endswith("*")):
        raise Unusable(
            "a * stands alone or within a word", "put it at the beginning or the end of a word, or write ..."
        )
    if part.endswith("*"):
        return Step(begins=(folded(bare),))
    if part.startswith("*"):
        return Step(ends=(folded(bare),))
    if len(bare) > 1 and bare.isupper():
        return Step(capitals=frozenset({bare}))
    return Step(exact=frozenset({folded(bare)}))


def _tidy(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Without gaps at the beginning, at the end and beside each other."""
    kept: list[Step] = []
    for step in steps:
        if not (step.gap and (not kept or kept[-1].gap)):
            kept.append(step)
    while kept and kept[-1].gap:
        kept.pop()
    return tuple(kept)


def _usable(phrase: Phrase) -> None:
    if not phrase.steps:
        raise Unusable("it can be nothing at all", "write at least one word that must stand there")
    if sum(step.gap for step in phrase.steps) > _MOST_GAPS:
        raise Unusable(f"it has more than {_MOST_GAPS} gaps", "leave out a ...")


class _Entry(NamedTuple):
    """A phrase in the index; `second` are the words that its second may be, where that is a plain word."""

    name: str
    phrase: Phrase
    second: frozenset[str] | None


class Finder:
    """Finds phrases, each under a name, in one pass."""

    def __init__(self, named: Mapping[str, Iterable[Phrase]]) -> None:
        self._exact: dict[str, list[_Entry]] = {}
        self._begins: dict[str, list[_Entry]] = {}
        self._ends: dict[str, list[_Entry]] = {}
        for name, phrases in named.items():
            for phrase in phrases:
                self._index(name, phrase)

    def _index(self, name: str, phrase: Phrase) -> None:
        first, second = phrase.steps[0], phrase.steps[1] if len(phrase.steps) > 1 else Step(gap=True)
        plain = not (second.gap or second.begins or second.ends or second.capitals)
        entry = _Entry(name, phrase, second.exact if plain else None)
        for key in {*first.exact, *(word.lower() for word in first.capitals)}:
            self._exact.setdefault(key, []).append(entry)
        for begin in {begin[:_INDEXED] for begin in first.begins}:
            self._begins.setdefault(begin, []).append(entry)
        for end in {end[-_INDEXED:] for end in first.ends}:
            self._ends.setdefault(end, []).append(entry)

    def find(self, words: Sequence[Word]) -> dict[str, list[Hit]]:
        """Where each name's phrases stand, the longest at a place alone."""
        found: dict[str, list[Hit]] = {}
        last = len(words) - 1
        for at, word in enumerate(words):
            following = words[at + 1].key if at < last else ""
            for name, phrase, second in self._offered(word.key):
                if second is not None and following not in second:
                    continue  # most phrases fail here, so it is worth asking before anything else
                if after := _ends_at(phrase.steps, 0, words, at, word.sentence):
                    found.setdefault(name, []).append(Hit(phrase, at, after))
        return {name: _longest(hits) for name, hits in found.items()}

    def _offered(self, key: str) -> Iterator[_Entry]:
        """The phrases that may begin with a word."""
        yield from self._exact.get(key, ())
        for size in range(1, _INDEXED + 1):
            yield from self._begins.get(key[:size], ()) if size <= len(key) else ()
            yield from self._ends.get(key[-size:], ()) if size <= len(key) else ()


def _ends_at(steps: tuple[Step, ...], number: int, words: Sequence[Word], at: int, sentence: int) -> int:
    """After which word the steps from a number on end when they begin at a word of a sentence; 0 when they do not."""
    for more in range(number, len(steps)):
        if steps[more].gap:
            tries = (_ends_at(steps, more + 1, words, on, sentence) for on in range(at, at + GAP + 1))
            return next(filter(None, tries), 0)
        if at >= len(words) or words[at].sentence != sentence or not steps[more].takes(words[at]):
            return 0
        at += 1
    return at


def _longest(hits: list[Hit]) -> list[Hit]:
    """Of those that overlap, the longest, the first first."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.first, -hit.after)):
        if not kept or hit.first >= kept[-1].after:
            kept.append(hit)
    return kept
