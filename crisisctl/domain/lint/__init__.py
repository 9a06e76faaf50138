"""Lint that knows the craft: what in a statement will come back to haunt whoever publishes it.

Pure, and quick: every rule goes over the text once or within fixed bounds.
"""

from __future__ import annotations

from collections.abc import Iterator

from crisisctl.domain.lint.contradictions import contradictions
from crisisctl.domain.lint.findings import Context, Finding, Spotted
from crisisctl.domain.lint.languages import spoken
from crisisctl.domain.lint.looks import hard_to_reach, slots
from crisisctl.domain.lint.policy import Policy
from crisisctl.domain.lint.private import personal, secrets
from crisisctl.domain.lint.reading import hard
from crisisctl.domain.lint.saying import company, said
from crisisctl.domain.lint.structure import disclosure, missing, people_affected
from crisisctl.domain.lint.words import Text, checked

__all__ = ["Context", "Finding", "Policy", "errors", "lint", "spoken"]

MOST = 50  # findings of one rule; the last one counts the rest


def lint(text: str, policy: Policy, context: Context | None = None) -> list[Finding]:
    """What must or should be mended, by place; `Refused` when the text is empty, too long or holds hidden characters.

    The language is the context's, else that of the text.
    """
    context = context or Context()
    looked = checked(text)
    language = spoken(looked, context.language, policy.languages)
    people = people_affected(looked, context)
    findings = []
    for spotted, own in _everything(looked, policy, language, context):
        rule = policy.rules.get(spotted.rule)
        level = own or (rule.level_at(context.severity, people=people) if rule else "off")
        if level != "off":
            remedy = _worded(spotted.remedy) or (rule.remedy if rule else "") or "Leave it out."
            findings.append(Finding(*looked.place(spotted.at), level, spotted.rule, _sentence(spotted.message), remedy))
    return _bounded(sorted(dict.fromkeys(findings)))


def errors(findings: list[Finding]) -> list[Finding]:
    """Those that stop a statement."""
    return [finding for finding in findings if finding.level == "error"]


def _everything(looked: Text, policy: Policy, language: str, context: Context) -> Iterator[tuple[Spotted, str]]:
    """What every rule finds; with a level where it is not the rule's own."""
    hits = policy.finder(language).find(looked.words)
    spotters = (
        said(looked, hits, policy, context),
        missing(looked, hits, policy, language, context),
        disclosure(looked, hits, policy),
        slots(looked),
        secrets(looked),
        personal(looked, policy, context),
        hard_to_reach(looked, policy),
        hard(looked, policy, language),
        contradictions(looked, context, language),
    )
    for spotter in spotters:
        for spotted in spotter:
            yield spotted, ""
    yield from company(looked, hits, policy, language, context)


def _worded(wording: str) -> str:
    """The better wording of a phrase as a remedy."""
    return f"Write: {wording}" if wording and wording[0].islower() else wording


def _sentence(message: str) -> str:
    """The message with a capital and a full stop."""
    return f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '!', '?')) else '.'}"


def _bounded(findings: list[Finding]) -> list[Finding]:
    """At most `MOST` of each rule, the last of them with how many more there are."""
    kept: list[Finding] = []
    counts: dict[str, int] = {}
    total: dict[str, int] = {}
    for finding in findings:
        total[finding.rule] = total.get(finding.rule, 0) + 1
    for finding in findings:
        counts[finding.rule] = number = counts.get(finding.rule, 0) + 1
        if number < MOST or total[finding.rule] == MOST:
            kept.append(finding)
        elif number == MOST:
            more = f"{finding.message} And {total[finding.rule] - MOST:,} more like it."
            kept.append(finding._replace(message=more))
    return kept
