"""The form of a policy document: every slip with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from crisisctl.domain.check.place import Place, Problem, shown
from crisisctl.domain.lint.phrases import Unusable, compiled
from crisisctl.domain.lint.policy import LEVELS, RULES, Document, entries, lines, merged, words
from crisisctl.domain.text import NAME

Check = Callable[[Place, object], None]
Known = Mapping[str, Sequence[str]]  # the lists of words that a phrase may name
_HIGHEST = 200
_MOST_PHRASES = 2_000


def problems(document: object, base: Document | None = None) -> list[Problem]:
    """Everything that keeps a policy from being laid over a base; a document that is empty changes nothing."""
    found: list[Problem] = []
    top = Place(found, ())
    if document is not None:
        known = _known(document, base or {})
        keys: dict[str, Check] = {
            "rules": partial(_rules, known),
            "reading": _reading,
            "allow": _lists,
            "names": _lists,
            "words": _words,
            "forbidden": partial(_sayings, known),
            "required": partial(_sayings, known),
        }
        _mapping(top, document, keys)
    return found


def _known(document: object, base: Document) -> Known:
    """The lists of words of both; of the base alone where the document's cannot be read."""
    own = {key: document.get(key) for key in ("names", "words")} if isinstance(document, dict) else {}
    try:
        return words(merged(base, own))
    except (Unusable, AttributeError, TypeError):  # what is wrong there is told at its place
        return words(base)


def _words(at: Place, value: object) -> None:
    _lists(at, value)
    for name, listed in value.items() if isinstance(value, dict) else ():
        for one in entries(listed):
            place = at.at(name)
            if "(" in one or "..." in one:
                place.error(
                    "bad-words", f"{shown(one)} is no word", "write words alone, each in a line or after a comma"
                )
            elif not one.startswith("{"):
                _phrase({}, place, one)


def _mapping(at: Place, value: object, keys: dict[str, Check]) -> None:
    if not isinstance(value, dict):
        at.wrong(value, "a mapping", f"write a mapping with {', '.join(keys)}")
        return
    for key, inner in value.items():
        if key in keys:
            keys[key](at.at(key), inner)
        else:
            at.at(key).error("unknown-key", f"{shown(key)} is unknown here", f"write {', '.join(keys)}", key=True)


def _rules(known: Known, at: Place, value: object) -> None:
    keys: dict[str, Check] = {
        "level": _level,
        "why": _text,
        "remedy": _text,
        "phrases": partial(_by_language, known),
        "unless": partial(_by_language, known),
        "drop": partial(_by_language, None),
    }
    if not isinstance(value, dict):
        at.wrong(value, "a mapping", "write a rule's name and below it what changes in it")
        return
    for id_, spec in value.items():
        _mapping(at.at(id_), spec, keys)
        if id_ not in RULES and isinstance(spec, dict) and not spec.get("phrases"):
            remedy = f"give it phrases, or write one of {', '.join(RULES)}"
            at.at(id_).error("unknown-rule", f"there is no rule {shown(id_)}", remedy, key=True)
        elif id_ not in RULES and not NAME.fullmatch(id_):
            at.at(id_).error("bad-name", f"{shown(id_)} cannot be a rule's name", "use a-z, 0-9 and -", key=True)


def _level(at: Place, value: object) -> None:
    for place, one in [(at.at(key), one) for key, one in value.items()] if isinstance(value, dict) else [(at, value)]:
        if not (isinstance(one, str) and one in LEVELS):
            remedy = f"write {', '.join(LEVELS)}, or a mapping of severities such as {{sev1: error, else: warning}}"
            place.error("bad-level", f"{shown(one)} is no level", remedy)


def _text(at: Place, value: object) -> None:
    if not isinstance(value, str):
        at.wrong(value, "text", "write a sentence")


def _by_language(known: Known | None, at: Place, value: object) -> None:
    """Phrases by language; mere texts where no words are known."""
    if not isinstance(value, dict):
        at.wrong(value, "a mapping of languages", "write {en: [a phrase, another one]}, or any: for every language")
        return
    for language, listed in value.items():
        _list(at.at(language), listed)
        if known is not None:
            _compile(known, at.at(language), listed)


def _list(at: Place, value: object) -> None:
    if not (isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))):
        at.wrong(value, "a list of texts", "write [one, another one], each in quotes if it looks like a number")


def _compile(known: Known, at: Place, listed: object) -> None:
    whole = lines(listed)
    if len(whole) > _MOST_PHRASES:
        at.error("too-many", f"{at} has {len(whole):,} phrases", f"write at most {_MOST_PHRASES:,}")
        return
    for number, phrase in enumerate(whole):
        _phrase(known, at.at(number) if isinstance(listed, list) else at, phrase)


def _phrase(known: Known, at: Place, value: object) -> None:
    if not isinstance(value, str):
        at.wrong(value, "text", "write the phrase")
        return
    try:
        compiled(value, known)
    except Unusable as error:
        at.error("bad-phrase", f"the phrase {shown(value)} cannot be used: {error}", error.remedy)


def _reading(at: Place, value: object) -> None:
    _mapping(at, value, {"maximum": _maximum, "sentence": _number})


def _maximum(at: Place, value: object) -> None:
    if not isinstance(value, dict):
        at.wrong(value, "a mapping of languages", "write {en: 10, de: 58}")
        return
    for language, most in value.items():
        _number(at.at(language), most)


def _number(at: Place, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= _HIGHEST:
        at.error("bad-number", f"{shown(value)} is no number from 1 to {_HIGHEST}", "write a number such as 10")


def _lists(at: Place, value: object) -> None:
    if not isinstance(value, dict):
        at.wrong(value, "a mapping", "write a list below the name of each")
        return
    for kind, listed in value.items():
        _list(at.at(kind), listed)


def _sayings(known: Known, at: Place, value: object) -> None:
    if not isinstance(value, list):
        at.wrong(value, "a list", "write a list of {phrase: …, instead: …}")
        return
    keys: dict[str, Check] = {
        "phrase": partial(_phrase, known),
        "level": _level_alone,
        "severities": _list,
        "channels": _list,
    }
    keys |= {"instead": _text, "language": _text}
    for number, spec in enumerate(value):
        _mapping(at.at(number), spec, keys)
        if isinstance(spec, dict) and "phrase" not in spec:
            at.at(number).error("missing-key", "there is no phrase", "write phrase: and the words")


def _level_alone(at: Place, value: object) -> None:
    if value not in LEVELS[:2]:
        at.error("bad-level", f"{shown(value)} is no level", "write error or warning")
