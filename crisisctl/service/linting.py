"""Lint between the log and the rules: what an incident knows that a text must agree with."""

from __future__ import annotations

from collections.abc import Iterator

from crisisctl.domain.incident import Incident
from crisisctl.domain.lint.findings import Context
from crisisctl.service.ports import Log
from crisisctl.service.story import drafts

SOURCE = "text"  # the word of an entry that holds a statement's text


def context_of(log: Log, incident: Incident, statement: str | None = None) -> Context:
    """What is known in the incident: its facts, its open questions, and what was published beside that statement."""
    facts = {name: (fact.value, fact.status) for name, fact in incident.facts.items()}
    return Context(
        severity=incident.severity,
        facts=facts,
        published=tuple(_published(log, incident, statement)),
        questions=tuple(_questions(incident)),
        allow=tuple(_ours(incident)),
    )


def _ours(incident: Incident) -> Iterator[str]:
    """The names that the room itself gave: whatever the playbook asks for as text, a product's or a partner's name."""
    specs = incident.playbook.facts
    for name, fact in incident.facts.items():
        if fact.value and name in specs and specs[name].type == "text":
            yield fact.value


def _questions(incident: Incident) -> Iterator[str]:
    """The facts that nobody has confirmed."""
    for name in dict.fromkeys((*incident.playbook.facts, *incident.facts)):
        fact = incident.facts.get(name)
        if fact is None or fact.status != "confirmed":
            yield name


def _published(log: Log, incident: Incident, besides: str | None) -> Iterator[tuple[str, str]]:
    """What is out, each text with the name of its statement; a correction may differ from what it corrects."""
    out = [one for one in incident.statements.values() if one.published and one.id != besides]
    if not out:
        return
    texts = drafts(log.entries(incident.id))
    for one in out:
        entry = texts.get((one.id, one.published))
        if entry and (text := entry.word(SOURCE)):
            yield f"{one.id} as published", text
