"""How hard a text is to read, without a list of syllables.

English: the Automated Readability Index (R. J. Senter and E. A. Smith, AMRL-TR-66-220, 1967), which answers with the
school grade: 4.71 letters a word + 0.5 words a sentence - 21.43. German and all others: LIX (C.-H. Björnsson,
Läsbarhet, 1968): words a sentence + the percentage of words of more than six letters; 40 is a newspaper, 60 the law.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crisisctl.domain.lint.findings import Spotted
from crisisctl.domain.lint.policy import Policy
from crisisctl.domain.lint.words import Text, Word

LEAST = 30  # words; fewer say nothing of a text as a whole
SHORTEST = 15  # words of a sentence that has a grade of its own
_SLACK = {"en": 8.0}  # by how much one sentence may be harder than the whole
_USUAL_SLACK = 22.0
_LONG = 6


def grade(looked: Text, language: str) -> float | None:
    """The index of the language; None when the text is too short for one."""
    rows = [row for row in map(_proper, looked.by_sentence) if row]
    return _index(rows, language) if sum(map(len, rows)) >= LEAST and len(rows) > 1 else None


def _index(rows: Sequence[Sequence[Word]], language: str) -> float:
    words = sum(map(len, rows))
    if language == "en":
        letters = sum(len(word.key) for row in rows for word in row)
        return 4.71 * letters / words + 0.5 * words / len(rows) - 21.43
    return words / len(rows) + 100 * sum(len(word.key) > _LONG for row in rows for word in row) / words


def _proper(words: Sequence[Word]) -> list[Word]:
    """The words that are read as words: no numbers, no marks, nothing in capitals."""
    return [word for word in words if word.raw.isalpha() and not (word.raw.isupper() and len(word.raw) > 1)]


def hard(looked: Text, policy: Policy, language: str) -> Iterator[Spotted]:
    """The text as a whole above the highest grade, and every sentence that is too long or too hard."""
    longest, most = policy.longest_sentence(), policy.maximum(language)
    slack = _SLACK.get(language, _USUAL_SLACK)
    for number, words in enumerate(looked.by_sentence):
        at = looked.sentences[number].start
        proper = _proper(words)
        if len(words) > longest:
            message = f"a sentence of {len(words)} words; {longest} is the most that one breath carries"
            yield Spotted("readability", at, message, "Make two or three sentences of it.")
        elif most is not None and len(proper) >= SHORTEST and _index([proper], language) > most + slack:
            yield Spotted("readability", at, "a sentence of many long words")
    reached = grade(looked, language)
    if most is not None and reached is not None and reached > most:
        yield Spotted("readability", 0, f"the reading grade is {reached:.0f}, above {most:g}")
