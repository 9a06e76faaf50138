"""Drafting: a new text of a statement, whole or in one of its renditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Conflict, Refused
from crisisctl.domain.guards import next_step
from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.publication import StatementSpec
from crisisctl.domain.statements.renditions import (
    channel_of,
    in_order,
    known_channel,
    known_language,
    language_of,
    part_of,
    spec_of,
    text_digest,
)
from crisisctl.domain.text import line, prose
from crisisctl.domain.times import not_before, stamp

LONGEST_SUBJECT = 998


def draft(incident: Incident, command: ask.Draft, source: Source, at: datetime) -> list[Event]:
    """A new revision: it voids every approval of what it changes, says of whom, and tells them."""
    spec = spec_of(incident, command.statement)
    old = incident.statements.get(command.statement)
    if old:
        not_before(at, old.moved_at, f"{command.statement} was {old.state}")
    _may_be_drafted(command, old)
    _as_it_stood(incident, command, old)
    text = prose(command.text, "The text")
    texts = _texts(spec, command.renditions, text)
    data = _revision(spec, command, old, text, texts)
    if old and _unchanged(old, data):
        raise Refused(
            f"That is the text of {command.statement} revision {old.revision}, to the byte. Nothing has changed."
        )
    data |= _voided(old, data["renditions"], source.actor)
    words = {"text": text} | {key: written for key, written in texts.items() if written != text}
    if command.correcting is None:
        return [Event("statement.drafted", data, words)]
    return [Event("statement.corrected", data, words | {"because": prose(command.correcting, "The reason")})]


def _may_be_drafted(command: ask.Draft, old: Statement | None) -> None:
    if command.correcting is not None and not (old and (old.published or old.state == "publishing")):
        then = next_step(command.statement, None)
        raise Refused(f"{command.statement} was never published, so there is nothing to correct: {then}")
    if command.correcting is None and old and old.state == "publishing":
        raise Refused(f"{command.statement} is half out. Publish the rest first, or: crisisctl statement correct")


def _as_it_stood(incident: Incident, command: ask.Draft, old: Statement | None) -> None:
    """`Conflict` when somebody changed meanwhile what the text was made from."""
    if command.base is not None and command.base != (old.revision if old else 0):
        raise Conflict(f"Somebody else has just drafted {command.statement}. Look at it, then draft again.")
    for name, version in command.facts.items():
        kept = old is not None and command.base is not None and old.facts.get(name) == version
        if not kept and (name not in incident.facts or incident.facts[name].version != version):
            raise Conflict(f"Fact {name} changed while the text was made. Draft it again.")


def _texts(spec: StatementSpec, given: Mapping[str, str], text: str) -> dict[str, str]:
    """Every rendition's exact text; a text given without any goes to every channel in the first language."""
    if not given:
        return {f"{channel}/{spec.languages[0]}": text for channel in spec.ways}
    for key in given:
        known_channel(spec, key.partition("/")[0])
        known_language(spec, language_of(key))
    return {key: _legible(key, given[key]) for key in in_order(spec, given)}


def _legible(key: str, written: str) -> str:
    what = f"The text for {key}"
    return line(written, what, LONGEST_SUBJECT) if part_of(key) == "subject" else prose(written, what)


def _revision(
    spec: StatementSpec, command: ask.Draft, old: Statement | None, text: str, texts: Mapping[str, str]
) -> dict[str, object]:
    seal = text_digest(text)
    data: dict[str, object] = {
        "statement": command.statement,
        "revision": old.revision + 1 if old else 1,
        "digest": seal,
        "facts": dict(command.facts),
        "renditions": {key: text_digest(written) for key, written in texts.items()},
        "languages": list(dict.fromkeys(language_of(key) for key in texts)),
    }
    if source := _source(spec, command, old, seal, texts):
        data["source"] = source
    if command.promises is not None:
        data["promises"] = stamp(command.promises)
    return data | {name: True for name in ("template", "minimal") if getattr(command, name)}


def _source(
    spec: StatementSpec, command: ask.Draft, old: Statement | None, seal: str, texts: Mapping[str, str]
) -> dict[str, str]:
    """Which source text each translation was made from: the present one, unless it was left as it was."""
    languages = dict.fromkeys(language_of(key) for key in texts if language_of(key) != spec.languages[0])
    before = old.source if old else {}
    fresh = command.fresh if command.fresh is not None else tuple(languages)
    return {language: seal if language in fresh else before.get(language, seal) for language in languages}


def _unchanged(old: Statement, data: Mapping[str, object]) -> bool:
    """Whether nobody could tell the new revision from the old one."""
    if old.state == "rejected" or old.erased:
        return False
    then = (old.digest, old.renditions, old.facts, old.source)
    return then == (data["digest"], data["renditions"], data["facts"], data.get("source", {}))


def _voided(old: Statement | None, renditions: object, author: str) -> dict[str, object]:
    """The approvals of what is no longer there, and who is to hear of it."""
    new = renditions if isinstance(renditions, dict) else {}
    given = old.approvals if old and old.published != old.revision else ()
    gone = [
        {"role": approval.role, "rendition": key, "person": approval.person}
        for approval in given
        for key, seal in approval.covers.items()
        if new.get(key) != seal
    ]
    told: Sequence[str] = list(dict.fromkeys(one["person"] for one in gone if one["person"] != author))
    return {"voids": gone} | ({"reached": told} if told else {})


def channels_of(keys: Sequence[str]) -> list[str]:
    """The channels of these renditions, each once."""
    return list(dict.fromkeys(channel_of(key) for key in keys))
