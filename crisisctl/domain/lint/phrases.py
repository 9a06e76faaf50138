"""Phrases with simple wildcards, found in one pass over the words; nothing in a phrase can make the search loop.

`guarantee*` is any word that begins so, `*fehler` any that ends so, `(a|b c)` one or the other, `(very|)` may be
missing, and `...` stands for at most `GAP` words. `{supplier}` is any of the policy's list of that name. A word written
in capitals means that word in capitals alone, `^slack` the word with a capital. What follows ` => ` is the better
wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from crisisctl.domain.lint.words import Word, folded

GAP = 6  # words
LONGEST_PHRASE = 1_000  # characters
MOST_BRACKETS = 16
_MOST_GAPS = 2
_INDEXED = 3  # letters of the beginning or end of a word by which phrases are looked up
_MARKS = frozenset("%#")  # words of their own
_PIECE = re.compile(r"\(([^()]*)\)|\.\.\.|\u2026|[^\s()]+")
_INNER = re.compile(r"[^\W_*]+(?:['\u2019][^\W_*]+)*|\*|[%#^]")
_LIST = re.compile(r"\{([^{}]*)\}")


class Unusable(Exception):
    """The phrase cannot be used; the message says why and `remedy` what to write instead."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


class Step(NamedTuple):
    """One place in a phrase: any of these words, or with one of these beginnings or ends, or a way of several words.

    `gap`: up to `GAP` words instead; a way without words means that the place may be empty. `heads` are the ways by
    their first word, under "*" those that begin with no plain word.
    """

    exact: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    capitals: frozenset[str] = frozenset()
    proper: frozenset[str] = frozenset()
    ways: tuple[tuple[Step, ...], ...] = ()
    heads: Mapping[str, Sequence[tuple[Step, ...]]] = {}
    gap: bool = False

    def takes(self, word: Word) -> bool:
        """Whether the word alone is one of these."""
        key = word.key
        return (
            key in self.exact
            or bool(self.begins and key.startswith(self.begins))
            or bool(self.ends and key.endswith(self.ends))
            or word.raw in self.capitals
            or (key in self.proper and word.raw[0].isupper())
        )

    def afters(self, words: Sequence[Word], at: int, sentence: int) -> Sequence[int]:
        """Before which words of the sentence one can stand after this place."""
        if self.gap:
            return range(at, min(at + GAP, len(words)) + 1)
        found = [at] if () in self.ways else []
        if at < len(words) and (word := words[at]).sentence == sentence:
            if self.takes(word):
                found.append(at + 1)
            if self.heads:
                ways = (*self.heads.get(word.key, ()), *self.heads.get("*", ()))
                found += [at + len(way) for way in ways if _stands(way, words, at, sentence)]
        return found


def _stands(way: tuple[Step, ...], words: Sequence[Word], at: int, sentence: int) -> bool:
    """Whether a way of several words stands at a word."""
    return at + len(way) <= len(words) and all(
        words[at + number].sentence == sentence and step.takes(words[at + number]) for number, step in enumerate(way)
    )


class Phrase(NamedTuple):
    """What may be said in several ways."""

    written: str
    steps: tuple[Step, ...]
    instead: str = ""

    def ends(self, words: Sequence[Word], at: int) -> int:
        """After which word it ends when it begins at one; 0 when it does not stand there."""
        sentence, places, gaps = words[at].sentence, {at}, False
        for step in self.steps:
            gaps = gaps or step.gap
            if not (step.gap or step.ways) and len(places) == 1:
                (place,) = places
                if place >= len(words) or words[place].sentence != sentence or not step.takes(words[place]):
                    return 0
                places = {place + 1}
                continue
            places = {after for place in places for after in step.afters(words, place, sentence)}
            if not places:
                return 0
        return min(places) if gaps else max(places)


class Hit(NamedTuple):
    """Where a phrase was found: the numbers of its first word and of the word after its last."""

    phrase: Phrase
    first: int
    after: int


def compiled(written: str, words: Mapping[str, Sequence[str]] | None = None) -> Phrase:
    """A phrase ready to be looked for, with the policy's lists of words; `Unusable` when it cannot be used."""
    written, _, instead = (part.strip() for part in written.partition(" => "))
    if len(written) > LONGEST_PHRASE:
        raise Unusable(f"it has more than {LONGEST_PHRASE} characters", "write two phrases")
    if written.count("(") != written.count(")"):
        raise Unusable("a bracket has no partner", "write (one|other)")
    if written.count("(") > MOST_BRACKETS:
        raise Unusable(f"it has more than {MOST_BRACKETS} brackets", "write two phrases with fewer brackets")
    whole = spelt_out(written, words or {})
    phrase = Phrase(written, _tidy(tuple(chain.from_iterable(map(_place, _PIECE.finditer(whole))))), instead)
    _usable(phrase)
    return phrase


def spelt_out(written: str, words: Mapping[str, Sequence[str]]) -> str:
    """The phrase with each list of words in place of its name."""

    def listed(found: re.Match[str]) -> str:
        if found[1] not in words:
            known = ", ".join(f"{{{name}}}" for name in sorted(words)) or "the words themselves"
            raise Unusable(f"there is no list of words {found[0]}", f"write {known}, or add it to words")
        inside = written.count("(", 0, found.start()) > written.count(")", 0, found.start())
        return "|".join(words[found[1]]) if inside else f"({'|'.join(words[found[1]])})"

    return _LIST.sub(listed, written) if "{" in written else written


def _place(piece: re.Match[str]) -> tuple[Step, ...]:
    """The places of one piece; what stands in one bracket is one place."""
    if piece[0] in {"...", "\u2026"}:
        return (Step(gap=True),)
    if piece[1] is None:
        return _steps(piece[0])
    return _bracket(piece[1])


@lru_cache(maxsize=512)
def _bracket(text: str) -> tuple[Step, ...]:
    """The one place that a bracket is; the lists of words come again and again."""
    rows = [_steps(way) for way in text.split("|")]
    return (_either((row[0] for row in rows if len(row) == 1), tuple(row for row in rows if len(row) != 1)),)


def _either(steps: Iterable[Step], ways: tuple[tuple[Step, ...], ...]) -> Step:
    exact, begins, ends, capitals, proper = set[str](), list[str](), list[str](), set[str](), set[str]()
    for step in steps:
        exact |= step.exact
        begins += step.begins
        ends += step.ends
        capitals |= step.capitals
        proper |= step.proper
    heads: dict[str, list[tuple[Step, ...]]] = {}
    for way in filter(None, ways):
        for key in way[0].exact or {"*"}:
            heads.setdefault(key, []).append(way)
    return Step(frozenset(exact), tuple(begins), tuple(ends), frozenset(capitals), frozenset(proper), ways, heads)


@lru_cache(maxsize=4_096)
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
    if part.startswith("^"):
        return Step(proper=frozenset({folded(part[1:])}))
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
    if all(step.gap or () in step.ways for step in phrase.steps):
        raise Unusable("it can be nothing at all", "write at least one word that must stand there")
    if sum(step.gap for step in phrase.steps) > _MOST_GAPS:
        raise Unusable(f"it has more than {_MOST_GAPS} gaps", "leave out a ...")


class _Entry(NamedTuple):
    """A phrase in the index; `second` takes the words that its second may be, where that can be told."""

    name: str
    phrase: Phrase
    second: Step | None


def _openings(steps: Sequence[Step]) -> Iterator[tuple[Step, Step | None]]:
    """Every step that a phrase can begin with, and what must follow it; None when nothing need."""
    for number, step in enumerate(steps):
        after = _next(steps[number + 1 :])
        yield step, after
        for way in step.ways:
            if way:
                yield way[0], _next(way[1:])
        if () not in step.ways:
            return


def _next(steps: Sequence[Step]) -> Step | None:
    """What takes the first word of the steps; None when there may be none, or any."""
    singles: list[Step] = []
    for step in steps:
        if step.gap:
            return None
        singles += [step, *(way[0] for way in step.ways if way)]
        if () not in step.ways:
            return _either(singles, ())
    return None


class Finder:
    """Finds phrases, each under a name, in one pass."""

    def __init__(self, named: Mapping[str, Iterable[Phrase]]) -> None:
        self._exact: dict[str, list[_Entry]] = {}
        self._begins: dict[str, list[_Entry]] = {}
        self._ends: dict[str, list[_Entry]] = {}
        for name, phrases in named.items():
            for phrase in phrases:
                for first, second in _openings(phrase.steps):
                    self._index(_Entry(name, phrase, second), first)

    def _index(self, entry: _Entry, first: Step) -> None:
        for key in {*first.exact, *first.proper, *(word.lower() for word in first.capitals)}:
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
            following = words[at + 1] if at < last else None
            for name, phrase, second in self._offered(word.key):
                if second is not None and not (following and second.takes(following)):
                    continue  # most phrases fail here, so it is worth asking before anything else
                if after := phrase.ends(words, at):
                    found.setdefault(name, []).append(Hit(phrase, at, after))
        return {name: _longest(hits) for name, hits in found.items()}

    def _offered(self, key: str) -> Iterator[_Entry]:
        """The phrases that may begin with a word."""
        yield from self._exact.get(key, ())
        for size in range(1, _INDEXED + 1):
            yield from self._begins.get(key[:size], ()) if size <= len(key) else ()
            yield from self._ends.get(key[-size:], ()) if size <= len(key) else ()


def _longest(hits: list[Hit]) -> list[Hit]:
    """Of those that overlap, the longest, the first first."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.first, -hit.after)):
        if not kept or hit.first >= kept[-1].after:
            kept.append(hit)
    return kept
