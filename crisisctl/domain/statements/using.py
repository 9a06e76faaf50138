"""Which facts a text uses, and whether they still are what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from crisisctl.domain import facts
from crisisctl.domain.folding_facts import seal
from crisisctl.domain.incident import Fact, Incident, Statement

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WORD = re.compile(r"\w+")
_SHORTEST = 4  # letters of a value that is looked for in a free text; shorter ones stand in any text
_SMALLEST = 10  # numbers below it are anything
PROMISE = "next_update_at"  # what is said of the next update: a promise that is scored, and nothing that was found out


def asked(incident: Incident, sources: Iterable[str]) -> dict[str, int]:
    """The facts that templates ask for in their code, with the version of each that is known."""
    names = {name for source in sources for code in _CODE.findall(source) for name in _NAME.findall(code)}
    return {name: incident.facts[name].version for name in facts.known(incident) if name in names - {PROMISE}}


def stated(incident: Incident, texts: Iterable[str]) -> dict[str, int]:
    """The facts whose values free texts state in so many words, with the version of each."""
    whole = "\n".join(texts).casefold()
    plain = re.sub(r"(?<=\d)[,.\u202f\u00a0 '](?=\d{3}(?!\d))", "", whole)
    return {
        name: incident.facts[name].version
        for name, value in facts.known(incident).items()
        if name != PROMISE and _stands(value, whole, plain)
    }


def taken_up(incident: Incident, before: Mapping[str, int], text: str) -> dict[str, int]:
    """The facts that an older text used, as they are now: whoever writes it anew has seen them.

    One that the text gives as it was and not as it is keeps its version, and so does one that was taken back.
    """
    words = set(_WORD.findall(text))
    return {name: _version(incident.facts[name], version, words) for name, version in before.items()}


def _version(fact: Fact, before: int, words: set[str]) -> int:
    old = any(fact.seen.get(seal(word), fact.version) != fact.version for word in words)
    return before if fact.status == "retracted" or (old and fact.value not in words) else fact.version


def _stands(value: str | int | bool, whole: str, plain: str) -> bool:  # noqa: FBT001 - a fact may be one
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) >= _SMALLEST and re.search(rf"(?<![\w.]){value}(?!\w|[.,]\d)", plain) is not None
    words = value.casefold()
    return len(words) >= _SHORTEST and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", whole) is not None


def untrue(incident: Incident, statement: Statement) -> Iterator[str]:
    """A sentence for each fact in the text that is not, or not any more, confirmed as the text has it."""
    again = f"crisisctl statement draft {statement.id}"
    for name, version in statement.facts.items():
        fact = incident.facts.get(name)
        if fact is None or fact.status == "retracted":
            yield f"fact {name}, which it uses, was retracted: {again}"
        elif fact.version != version:
            yield f"fact {name} has changed since it was written: {again}, or the same with --file FILE"
        elif fact.status != "confirmed":
            yield f"fact {name}, which it uses, is not confirmed: crisisctl fact confirm {name}, or {again}"
