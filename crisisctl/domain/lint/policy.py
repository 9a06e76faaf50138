"""The policy: what a company may and may not say, compiled from the document of the package and a workspace's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from crisisctl.domain.lint.phrases import Finder, Phrase, compiled, spelt_out

LEVELS = ("error", "warning", "off")
ANY = "any"  # stands for every language
Document = Mapping[str, Any]

# Every rule that the program knows; a policy may add rules of phrases under other names.
RULES = (
    "no-comment",
    "speculation",
    "blame",
    "promise",
    "minimising",
    "missing-empathy",
    "missing-next-update",
    "missing-unknowns",
    "missing-action",
    "platitude",
    "undated",
    "relative-time",
    "contradiction",
    "unresolved-slot",
    "pii",
    "secrets",
    "attribution",
    "legal-words",
    "readability",
    "accessibility",
    "disclosure",
    "forbidden",
    "required",
)


class Rule(NamedTuple):
    """One rule: how bad it is by severity (`else` for the rest), why, what to write instead, and its phrases.

    In the rules whose name begins with `missing`, and in `undated` and `disclosure`, see docs/lint.md for what the
    phrases mean. `unless` are phrases within which a hit does not count.
    """

    id: str
    level: Mapping[str, str]
    why: str
    remedy: str
    phrases: Mapping[str, Sequence[Phrase]]
    unless: Mapping[str, Sequence[Phrase]]

    def level_at(self, severity: str | None, *, people: bool) -> str:
        """The level at a severity; a key such as `sev1+people` counts when people are affected, and before `sev1`."""
        keys = [f"{severity}+people"] if people else []
        return next((self.level[key] for key in (*keys, severity, "else") if key and key in self.level), "warning")


class Saying(NamedTuple):
    """A phrase that a company forbids or requires: in a language or in any, at severities and channels or at all."""

    written: str
    phrase: Phrase
    language: str
    level: str
    instead: str
    severities: tuple[str, ...]
    channels: tuple[str, ...]

    def applies(self, language: str, severity: str | None, channel: str | None) -> bool:
        """Whether it counts here; what is not known here excludes nothing."""
        return (
            self.language in {ANY, language}
            and (not self.severities or severity is None or severity in self.severities)
            and (not self.channels or channel is None or channel in self.channels)
        )


class Policy:
    """The rules in force; `digest` names their exact wording."""

    def __init__(self, document: Document, digest: str = "") -> None:
        self._document = document
        self.digest = digest
        self._finders: dict[str, Finder] = {}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by its name."""
        return {id_: _rule(id_, spec, self.words) for id_, spec in self._document.get("rules", {}).items()}

    @cached_property
    def words(self) -> Mapping[str, Sequence[str]]:
        """The lists of words that a phrase may name."""
        return words(self._document)

    @cached_property
    def forbidden(self) -> Sequence[Saying]:
        """What must not be said."""
        return [_saying(spec, self.words) for spec in self._document.get("forbidden", ())]

    @cached_property
    def required(self) -> Sequence[Saying]:
        """What must be said."""
        return [_saying(spec, self.words) for spec in self._document.get("required", ())]

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages in which there are rules of phrases."""
        return frozenset(lang for rule in self.rules.values() for lang in rule.phrases) - {ANY}

    def allowed(self, kind: str) -> frozenset[str]:
        """An allow-list, such as `domains`, in small letters."""
        return frozenset(str(one).casefold() for one in entries(self._document.get("allow", {}).get(kind)))

    def listed(self, kind: str) -> frozenset[str]:
        """A list of what is looked for, such as `first` names, in small letters."""
        return self._listed.get(kind, frozenset())

    @cached_property
    def _listed(self) -> dict[str, frozenset[str]]:
        return {
            kind: frozenset(word.casefold() for word in entries(listed))
            for kind, listed in (self._document.get("names") or {}).items()
        }

    def maximum(self, language: str) -> float | None:
        """The highest reading grade that passes in a language; None where nobody said."""
        most = self._document.get("reading", {}).get("maximum", {}).get(language)
        return None if most is None else float(most)

    def longest_sentence(self) -> int:
        """How many words a sentence may have."""
        return int(self._document.get("reading", {}).get("sentence", 40))

    def finder(self, language: str) -> Finder:
        """What finds the phrases of every rule, and under `RULE/unless` those within which they do not count."""
        if language not in self._finders:
            self._finders[language] = Finder(dict(self._named(language)))
        return self._finders[language]

    def _named(self, language: str) -> Iterator[tuple[str, list[Phrase]]]:
        for rule in self.rules.values():
            for name, by_language in ((rule.id, rule.phrases), (f"{rule.id}/unless", rule.unless)):
                yield name, [*by_language.get(language, ()), *by_language.get(ANY, ())]
        for kind, sayings in (("forbidden", self.forbidden), ("required", self.required)):
            for number, saying in enumerate(sayings):
                yield f"{kind}/{number}", [saying.phrase]


def lines(listed: object) -> list[str]:
    """A list of texts, or a text with one on each line."""
    if isinstance(listed, str):
        return [line.strip() for line in listed.splitlines() if line.strip() and not line.strip().startswith("#")]
    return [str(one).strip() for one in listed] if isinstance(listed, list | tuple) else []


def words(document: Document) -> dict[str, list[str]]:
    """The lists that phrases name: those of `words`, each of which may name one before it, and `{vendors}`."""
    listed = (document.get("names") or {}).get("vendors")
    found = {"vendors": [f"^{form}" for name in entries(listed) for form in (name, f"{name}'s")]}
    for name, listed in (document.get("words") or {}).items():
        found[name] = [one for line in entries(listed) for one in spelt_out(line, found).strip("()").split("|")]
    return found


def entries(listed: object) -> list[str]:
    """A list of texts, or a text with several on each line, parted by commas."""
    return [one.strip() for line in lines(listed) for one in line.split(",") if one.strip()]


def merged(base: Document, over: Document) -> dict[str, Any]:
    """A workspace's document laid over the package's.

    Of a rule, `level`, `why` and `remedy` replace, `phrases` and `unless` are added and `drop` takes away. Lists
    (`allow`, `names`, `forbidden`, `required`) are added to, each limit of `reading` replaces.
    """
    rules = {id_: dict(spec) for id_, spec in base.get("rules", {}).items()}
    for id_, spec in (over.get("rules") or {}).items():
        rules[id_] = _over(rules.get(id_, {}), spec or {})
    return {
        "rules": rules,
        "allow": _joined(base, over, "allow"),
        "names": _joined(base, over, "names"),
        "words": _joined(base, over, "words"),
        "forbidden": [*(base.get("forbidden") or ()), *(over.get("forbidden") or ())],
        "required": [*(base.get("required") or ()), *(over.get("required") or ())],
        "reading": _reading(base.get("reading") or {}, over.get("reading") or {}),
    }


def _over(rule: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with what is said over it."""
    whole = {**rule, **{key: spec[key] for key in ("level", "why", "remedy") if key in spec}}
    dropped = {lang: set(lines(listed)) for lang, listed in (spec.get("drop") or {}).items()}
    for key in ("phrases", "unless"):
        before, more = rule.get(key) or {}, spec.get(key) or {}
        whole[key] = {
            lang: [
                *(one for one in lines(before.get(lang)) if one not in dropped.get(lang, ())),
                *lines(more.get(lang)),
            ]
            for lang in (*before, *(lang for lang in more if lang not in before))
        }
    return whole


def _joined(base: Document, over: Document, key: str) -> dict[str, list[str]]:
    before, more = base.get(key) or {}, over.get(key) or {}
    return {kind: [*entries(before.get(kind)), *entries(more.get(kind))] for kind in dict.fromkeys((*before, *more))}


def _reading(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    return {**base, **over, "maximum": {**(base.get("maximum") or {}), **(over.get("maximum") or {})}}


def _rule(id_: str, spec: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Rule:
    level = spec.get("level", "warning")
    return Rule(
        id_,
        {"else": level} if isinstance(level, str) else level,
        spec.get("why", ""),
        spec.get("remedy", ""),
        _compiled(spec.get("phrases"), words),
        _compiled(spec.get("unless"), words),
    )


def _compiled(by_language: Mapping[str, object] | None, words: Mapping[str, Sequence[str]]) -> dict[str, list[Phrase]]:
    return {
        language: [compiled(line, words) for line in lines(listed)] for language, listed in (by_language or {}).items()
    }


def _saying(spec: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> Saying:
    return Saying(
        spec["phrase"],
        compiled(spec["phrase"], words),
        spec.get("language", ANY),
        spec.get("level", "error"),
        spec.get("instead", ""),
        tuple(spec.get("severities") or ()),
        tuple(spec.get("channels") or ()),
    )
