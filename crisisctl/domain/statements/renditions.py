"""Renditions: the exact texts of a statement, one for each channel and language, named `CHANNEL/LANGUAGE`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import sha256

from crisisctl.domain.errors import Refused
from crisisctl.domain.guards import next_step
from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.publication import StatementSpec
from crisisctl.domain.text import nearest

PARTS = ("subject", "html")  # what a channel may have beside its plain text, as in `email.subject/en`


def text_digest(text: str) -> str:
    """SHA-256 of the exact bytes that would be published, in hex."""
    return sha256(text.encode()).hexdigest()


def whole_digest(statement: Statement) -> str:
    """SHA-256 in hex over the source text and every rendition: another one as soon as a byte of any is another."""
    seals = [statement.digest, *(f"{key} {seal}" for key, seal in sorted(statement.renditions.items()))]
    return text_digest("\n".join(seals))


def channel_of(key: str) -> str:
    """The channel of a rendition, without its part: `email` of `email.subject/en`."""
    return key.partition("/")[0].partition(".")[0]


def part_of(key: str) -> str:
    """The part of the channel's message that a rendition is: `subject`, `html`, or empty for the text itself."""
    return key.partition("/")[0].partition(".")[2]


def language_of(key: str) -> str:
    """The language of a rendition."""
    return key.partition("/")[2]


def spec_of(incident: Incident, id_: str) -> StatementSpec:
    """What the playbook says of the statement; `NotFound` when it foresees none of that name."""
    if id_ not in incident.playbook.statements:
        raise nearest(id_, incident.playbook.statements, "statement")
    return incident.playbook.statements[id_]


def drafted(incident: Incident, id_: str) -> Statement:
    """The statement, which must have a text."""
    spec_of(incident, id_)
    if id_ not in incident.statements:
        raise Refused(f"{id_} has no text yet: {next_step(id_, None)}")
    return incident.statements[id_]


def known_channel(spec: StatementSpec, channel: str) -> str:
    """The channel, part and all, if the statement has it; else `NotFound` with the nearest."""
    base, _, part = channel.partition(".")
    if base not in spec.ways or part not in ("", *PARTS):
        raise nearest(channel, spec.ways, f"channel of {spec.id}")
    return channel


def known_language(spec: StatementSpec, language: str) -> str:
    """The language if the statement is foreseen in it; else `NotFound` with the nearest."""
    if language not in spec.languages:
        raise nearest(language, spec.languages, f"language of {spec.id}")
    return language


def in_order(spec: StatementSpec, keys: Iterable[str]) -> list[str]:
    """The keys by language and channel as the playbook lists them, a subject before its text."""
    ways, languages = [*spec.ways], [*spec.languages]

    def place(key: str) -> tuple[int, int, str, str]:
        channel, language = channel_of(key), language_of(key)
        known = languages.index(language) if language in languages else len(languages)
        way = ways.index(channel) if channel in ways else len(ways)
        return known, way, {"subject": "0", "": "1", "html": "2"}.get(part_of(key), part_of(key)), key

    return sorted(keys, key=place)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The keys that only one of them has, or whose digests differ."""
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, whatever their case and form (Unicode NFKC)."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    """What NFKC and folding the case leave of a name; once more, for the one may undo the other."""
    once = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", once).casefold()
