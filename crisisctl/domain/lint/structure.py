"""What a statement must have: empathy, what is not known, what to do, the next update, a date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crisisctl.domain.lint.findings import Context, Spotted
from crisisctl.domain.lint.moments import Moment, moments
from crisisctl.domain.lint.policy import Policy
from crisisctl.domain.lint.saying import Hits
from crisisctl.domain.lint.words import Text

_PEOPLE = re.compile(
    r"\b(?:accounts?|customers?|users?|people|persons?|patients?|members?|employees?|passengers?|guests?|citizens?|you|your"
    r"|kund\w{1,8}|nutzer\w{0,6}|konten|konto|menschen|personen|mitarbeit\w{1,8}|patient\w{0,6}|sie|ihre?n?|betroffene\w?)\b",
    re.IGNORECASE,
)


def people_affected(looked: Text, context: Context) -> bool:
    """Whether people are affected, as is known or as the text says."""
    if context.people_affected is not None:
        return context.people_affected
    return bool(_PEOPLE.search(looked.text))


def missing(looked: Text, hits: Hits, policy: Policy, language: str, context: Context) -> Iterator[Spotted]:
    """What is missing; nothing is in a line for inside, in a fragment, or in a language without such phrases."""
    if context.phase == "inside" or not context.whole:
        return
    found = moments(looked.text)
    for id_ in ("missing-empathy", "missing-unknowns", "missing-action"):
        rule = policy.rules.get(id_)
        if rule and language in rule.phrases and not hits.get(id_) and _wanted(id_, hits, context):
            yield Spotted(id_, 0, rule.why)
    yield from _next_update(looked, hits, policy, language, found)
    if not found and "undated" in policy.rules:
        yield Spotted("undated", 0, policy.rules["undated"].why)


def _wanted(id_: str, hits: Hits, context: Context) -> bool:
    """Whether the case calls for it: what is not known, only while questions are open or nobody knows of them."""
    if id_ != "missing-unknowns":
        return True
    if context.questions is not None:
        return bool(context.questions)
    return context.phase != "resolution" and not hits.get("missing-unknowns/unless")


def _next_update(looked: Text, hits: Hits, policy: Policy, language: str, found: list[Moment]) -> Iterator[Spotted]:
    """The next update must have a time of day and a zone in the sentence that announces it."""
    rule = policy.rules.get("missing-next-update")
    if rule is None or hits.get("missing-next-update/unless"):
        return
    cues = {looked.words[hit.first].sentence: hit for hit in hits.get("missing-next-update", ())}
    beside = [moment for moment in found if moment.minutes is not None and looked.sentence_at(moment.start) in cues]
    if any(moment.zone for moment in beside) or (language not in rule.phrases and any(m.zone for m in found)):
        return
    if beside:
        yield Spotted("missing-next-update", beside[0].start, "The next update has a time without its zone")
        return
    last = next(reversed(cues.values()), None)
    yield Spotted("missing-next-update", looked.words[last.first].start if last else 0, rule.why)


def disclosure(looked: Text, hits: Hits, policy: Policy) -> Iterator[Spotted]:
    """Praise by somebody who has something from it, without a word that says so anywhere in the text."""
    rule = policy.rules.get("disclosure")
    if rule and not hits.get("disclosure/unless"):
        for hit in list(hits.get("disclosure", ()))[:1]:
            yield Spotted("disclosure", looked.words[hit.first].start, rule.why)
