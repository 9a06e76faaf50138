"""Statements between the log and the rules: their texts are found here, handed to the rules and laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry, flaws
from crisisctl.domain.errors import Refused, StoreFailed, Unverified
from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.statements.publishing import slots
from crisisctl.domain.statements.renditions import (
    channel_of,
    drafted,
    known_channel,
    known_language,
    language_of,
    spec_of,
    text_digest,
)
from crisisctl.service.desk import Asked, Desk, Outcome
from crisisctl.service.outward import Outgoing
from crisisctl.service.ports import Log
from crisisctl.service.story import drafts
from crisisctl.service.verify import unsound


class Fitting(NamedTuple):
    """By how much renditions are too long for their channels, and which channels stay inside the house."""

    excess: Mapping[str, int] = {}
    inside: tuple[str, ...] = ()


Fits = Callable[[Mapping[str, str]], Fitting]


def anything(_texts: Mapping[str, str]) -> Fitting:
    """What a workspace says that knows no limits."""
    return Fitting()


def text_of(log: Log, incident: Incident, id_: str, channel: str | None = None, language: str | None = None) -> str:
    """The present text of a statement as the log holds it, or its rendition for a channel, a language or both."""
    if channel is None and language is None:
        return source_text(log, incident, id_)
    spec = spec_of(incident, id_)
    texts = texts_of(log, incident, id_)
    spoken = known_language(spec, language or spec.languages[0])
    ways = (known_channel(spec, channel),) if channel else spec.ways
    found = [texts[key] for key in (f"{way}/{spoken}" for way in ways) if key in texts]
    if not found:
        there = ", ".join(texts)
        raise Refused(f"{id_} has no text for {channel or 'any channel'} in {spoken}. There is: {there}")
    return found[0]


def source_text(log: Log, incident: Incident, id_: str) -> str:
    """The text that all others are made from, in the first language."""
    return _word(_draft(log, incident, id_), "text")


def texts_of(log: Log, incident: Incident, id_: str) -> dict[str, str]:
    """Every rendition as the log holds it, by its key."""
    entry = _draft(log, incident, id_)
    return {key: _rendition(entry, key) for key in incident.statements[id_].renditions}


def _draft(log: Log, incident: Incident, id_: str) -> Entry:
    entry = log.entry(incident.id, drafted(incident, id_).text_version)
    if entry is None:
        raise StoreFailed(f"The text of {id_} is not in the log. Run: crisisctl verify -i {incident.id}")
    _untouched(log, incident.statements[id_], entry)
    return entry


def _untouched(log: Log, statement: Statement, entry: Entry) -> None:
    """`Unverified` when the words are not those that were sealed, or not those that the incident knows."""
    before = log.entry(entry.incident, entry.version - 1)
    found = flaws(entry, before.digest if before else "", entry.words)
    texts = {key: entry.word(key if key in entry.words else "text") for key in statement.renditions}
    there = [key for key, text in texts.items() if text is not None and text_digest(text) != statement.renditions[key]]
    if found or there:
        why = found[0] if found else f"the text for {there[0]} is another"
        raise Unverified(
            f"{statement.id} does not verify: {why}. Somebody has altered the log of {entry.incident} behind the "
            f"program's back. Approve and publish nothing from it: crisisctl verify -i {entry.incident}"
        )


def _rendition(entry: Entry, key: str) -> str:
    """A rendition as its entry holds it: in words of its own, or the same as the source text."""
    return _word(entry, key if key in entry.words else "text")


def _word(entry: Entry, name: str) -> str:
    text = entry.word(name)
    if text is None:
        raise Refused(f"The text of {entry.data['statement']} was erased by a redaction. Draft it again.")
    return text


class Released(NamedTuple):
    """A publication with the files that were laid out; `trouble` says why some are missing."""

    outcome: Outcome
    files: list[Path]
    trouble: str | None = None


def publish(
    desk: Desk, outgoing: Outgoing, id_: str, command: ask.Publish, asked: Asked, fits: Fits = anything
) -> Released:
    """Publish the approved bytes and lay them out, after the log has them; nothing from a log that does not verify.

    A repeat lays out again what it published, whatever has been drafted since, unless a later revision is out by now.
    """
    with desk.store.reading() as log:
        repeated = asked.request is not None and log.by_request(asked.request) is not None
        at_hand = command if repeated else _at_hand(log, desk.load(log, id_), command, fits)
        if wrong := unsound(log, id_):
            raise Unverified(f"{id_} does not verify ({wrong[0]}). Nothing is published from it: crisisctl verify")
    outcome = desk.handle(id_, at_hand, asked)
    out = published_entry(outcome)
    if outcome.incident.statements[out.data["statement"]].published > out.data["revision"]:
        return Released(outcome, [])
    with desk.store.reading() as log:
        texts = released(log, out)
    try:
        several = _several(outcome.incident.statements[out.data["statement"]])
        files = outgoing.lay_out(
            out.incident, out.data["statement"], texts, drill=outcome.incident.drill, several=several
        )
        _withdraw(outgoing, outcome.incident, out, texts, files)
    except StoreFailed as error:
        told = f"The publication is recorded, but not its files: {error}"
        return Released(outcome, [], f"{told} The text as published stands in: crisisctl report -i {id_}")
    return Released(outcome, files)


def _several(statement: Statement) -> bool:
    """Whether a file needs its language in its name: what goes out now is one, what went out before may be another."""
    return len({language_of(key) for key in (*statement.renditions, *statement.out)}) > 1


def _withdraw(
    outgoing: Outgoing, incident: Incident, out: Entry, texts: Mapping[str, str], files: Sequence[Path]
) -> None:
    """No file of an earlier text stays where it could be taken for the present one."""
    id_, posts = out.data["statement"], incident.statements[out.data["statement"]].posts
    kept = [
        key
        for key, post in posts.items()
        if post.revision == out.data["revision"] and post.state != "withheld" and key not in texts
    ]
    gone = [key for key in posts if key not in kept]
    outgoing.withdraw(out.incident, id_, gone, kept, files, drill=incident.drill)


def _at_hand(log: Log, incident: Incident, command: ask.Publish, fits: Fits) -> ask.Publish:
    """The command with what there is to say of the very bytes that would go out."""
    texts = texts_of(log, incident, command.statement)
    fitting = fits(texts)
    return command._replace(
        digest=text_digest(source_text(log, incident, command.statement)),
        renditions={key: text_digest(text) for key, text in texts.items()},
        excess=fitting.excess,
        unresolved=slots(texts),
        inside=fitting.inside,
    )


def published_entry(outcome: Outcome) -> Entry:
    """The entry of a publication; a broken glass is told of before it."""
    return next(entry for entry in outcome.entries if entry.type == "statement.published")


def released(log: Log, out: Entry) -> dict[str, str]:
    """The texts that a publication released, by key; entries of old released one text on every channel."""
    entry = drafts(log.entries(out.incident))[out.data["statement"], out.data["revision"]]
    return {key: _rendition(entry, key) for key in released_keys(out)}


def released_keys(out: Entry) -> list[str]:
    """The keys of what a publication released, in the order of its files; the log keeps no order of keys."""
    channels = [*out.data["channels"]]
    keys = out.data.get("renditions", channels or ["text"])
    return sorted(keys, key=lambda key: (language_of(key), channels.index(channel_of(key)) if channels else 0, key))
