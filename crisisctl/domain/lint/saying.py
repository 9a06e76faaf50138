"""What is said and must not be: the rules of phrases, those of the company, and what makes a phrase right after all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from crisisctl.domain.lint.findings import Context, Spotted
from crisisctl.domain.lint.moments import moments
from crisisctl.domain.lint.phrases import Hit
from crisisctl.domain.lint.policy import Policy, Rule
from crisisctl.domain.lint.words import Text, Word

Hits = Mapping[str, Sequence[Hit]]
# Their phrases say what must stand in the text, or are looked at elsewhere.
APART = frozenset({"missing-empathy", "missing-next-update", "missing-unknowns", "missing-action", "disclosure"})
_LONGEST_QUOTE = 80
_NEAR, _BEHIND, _BESIDE = 30, 20, 4  # characters
_SURE = frozenset({"probable", "confirmed"})
_CAUSE = re.compile(
    r"\b(?:let us down|failed us|(?:is|was|are) (?:responsible|at fault|to blame)|made a mistake"
    r"|caused by|because of|due to|blame|fault of|responsib\w{1,6} (?:of|lies with)|(?:failure|error|bug|outage"
    r"|mistake|breach|incident|problem|fault|weakness) (?:at|by|in|of|with)|verursacht (?:durch|von)|wegen|schuld"
    r"|fehler (?:bei|von)|störung bei|ausfall bei|panne bei|durch einen fehler)\b",
    re.IGNORECASE,
)
_NAMED_CAUSE = re.compile(
    r"\b(?:caused|triggered|introduced) by (?:our (?:\w{2,12} )?(?:provider|partner) )?([A-Z][a-z]\w{1,30})"
)


def said(looked: Text, hits: Hits, policy: Policy, context: Context) -> Iterator[Spotted]:
    """What each rule of phrases finds."""
    for rule in policy.rules.values():
        if rule.id in APART:
            continue
        outside = hits.get(f"{rule.id}/unless", ())
        for hit in hits.get(rule.id, ()):
            if not any(one.first < hit.after and hit.first < one.after for one in outside):
                yield from _judged(looked, rule, hit, context)
    yield from _vendors(looked, hits, policy)


def _judged(looked: Text, rule: Rule, hit: Hit, context: Context) -> Iterator[Spotted]:
    """The finding for a hit, unless what is known makes it right."""
    sentence = looked.sentences[looked.words[hit.first].sentence].text
    if (
        (rule.id == "speculation" and _backed(sentence, context))
        or (rule.id == "legal-words" and context.legal_approved)
        or (rule.id == "attribution" and context.legal_approved and context.security_approved)
        or (rule.id == "relative-time" and _dated(looked, hit))
        or (rule.id == "blame" and _own(looked, hit, context))
    ):
        return
    yield Spotted(rule.id, looked.words[hit.first].start, f"“{quoted(looked, hit)}”: {rule.why}", hit.phrase.instead)


def _own(looked: Text, hit: Hit, context: Context) -> bool:
    """Whether the last word is the name of what is ours: the service that fails is no culprit."""
    words = {part for name in context.allow for part in re.findall(r"\w+", name.casefold())}
    return looked.words[hit.after - 1].raw.casefold() in words


def quoted(looked: Text, hit: Hit) -> str:
    """The words of a hit as they are written."""
    text = " ".join(looked.text[looked.words[hit.first].start : looked.words[hit.after - 1].end].split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _backed(sentence: str, context: Context) -> bool:
    """Whether the sentence tells a fact that is at least probable, in its words."""
    low = sentence.casefold()
    return any(
        value and len(value) > 3 and value.casefold() in low  # noqa: PLR2004 - a number says nothing of a cause
        for value, status in (context.facts or {}).values()
        if status in _SURE
    )


def _dated(looked: Text, hit: Hit) -> bool:
    """Whether the day itself stands near a word such as `today`, or right behind words such as `on Monday`."""
    start, end = looked.words[hit.first].start, looked.words[hit.after - 1].end
    sentence = looked.sentences[looked.words[hit.first].sentence]
    before, after = (_NEAR, _NEAR) if hit.after - hit.first == 1 else (0, _BEHIND)
    near = looked.text[max(sentence.start, start - before) : min(sentence.end, end + after)]
    offset = end - max(sentence.start, start - before)
    return any(
        moment.day and (before or offset <= moment.start <= offset + _BESIDE or moment.start < offset < moment.end)
        for moment in moments(near)
    )


def _vendors(looked: Text, hits: Hits, policy: Policy) -> Iterator[Spotted]:
    """A named company as the cause."""
    if "blame" not in policy.rules:
        return
    why = policy.rules["blame"].why
    vendors, disclosed = policy.listed("vendors"), policy.allowed("disclosed")
    told = {looked.words[hit.first].sentence for hit in hits.get("blame", ())}
    for number, words in enumerate(looked.by_sentence):
        sentence = looked.sentences[number]
        found = _named(words, vendors) if number not in told and _CAUSE.search(sentence.text) else None
        if found is None and (named := _NAMED_CAUSE.search(sentence.text)) and number not in told:
            found = next((w for w in words if w.start == sentence.start + named.start(1)), None)
            found = None if found and found.key in policy.listed("nature") else found
        if found and found.key not in disclosed:
            yield Spotted("blame", found.start, f"“{found.raw}” stands there as the cause: {why}")


def _named(words: Sequence[Word], vendors: frozenset[str]) -> Word | None:
    return next((word for word in words if word.key in vendors and word.raw[0].isupper()), None)


def company(looked: Text, hits: Hits, policy: Policy, language: str, context: Context) -> Iterator[tuple[Spotted, str]]:
    """What the company forbids and is there, and what it requires and is not, each with its level."""
    for number, saying in enumerate(policy.forbidden):
        if saying.applies(language, context.severity, context.channel):
            for hit in hits.get(f"forbidden/{number}", ()):
                remedy = f"Write: {saying.instead}." if saying.instead else ""
                message = f"“{quoted(looked, hit)}” is on the company's list of what is not said"
                yield Spotted("forbidden", looked.words[hit.first].start, message, remedy), saying.level
    for number, saying in enumerate(policy.required):
        if saying.applies(language, context.severity, context.channel) and not hits.get(f"required/{number}"):
            message = f"“{saying.written}” is missing, which the company requires"
            yield Spotted("required", 0, message, f"Add: {saying.instead or saying.written}"), saying.level
