"""Whom the event of a calendar names: somebody's id, login, name or mail address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

People = Mapping[str, Mapping[str, Any]]
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def seal(people: People) -> str:
    """Stands for all names and addresses of these people."""
    return sha256(json.dumps(people, sort_keys=True, default=str).encode()).hexdigest()


class Names:
    """The names of everybody in the roster, read when first asked for. One that two people share names nobody."""

    def __init__(self, seal: str, people: Callable[[], People]) -> None:
        self.seal = seal
        self._people = people

    @cached_property
    def _owner(self) -> Mapping[str, str]:
        owners: dict[str, set[str]] = {}
        for id_, spec in self._people().items():
            for name in _names_of(id_, spec):
                owners.setdefault(_plain(name), set()).add(id_)
        return {name: next(iter(ids)) for name, ids in owners.items() if len(ids) == 1 and name}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._owner, key=lambda name: (-len(name), name))
        every = "|".join(map(re.escape, longest_first)) or r"(?!)"
        # A name is whole words, and neither part of an address nor of a name with hyphens.
        return re.compile(rf"(?<![\w.@+-])(?:{every})(?![\w@+-])(?!\.\w)")

    def people(self, summary: str, attendees: Sequence[str], description: str) -> tuple[str, ...]:
        """Whom the event names: in its summary, else as those who attend, else in its description."""
        invited = tuple(self._owner[mail] for mail in map(_mail, attendees) if mail in self._owner)
        return self._within(summary) or tuple(dict.fromkeys(invited)) or self._within(description)

    def _within(self, text: str) -> tuple[str, ...]:
        plain = _plain(text)
        if plain in self._owner:
            return (self._owner[plain],)
        return tuple(dict.fromkeys(self._owner[found] for found in self._pattern.findall(plain)))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _mail(attendee: str) -> str:
    """The address of an attendee, which is written as a mailto link."""
    return _plain(unquote(re.sub(r"(?i)^mailto:", "", attendee.strip()).partition("?")[0]))


def _names_of(id_: str, spec: Mapping[str, Any]) -> Iterator[str]:
    yield id_
    yield from (spec[key] for key in ("login", "name") if isinstance(spec.get(key), str))
    for contact in _texts(spec.get("contacts")):
        yield from mail_addresses(contact)


def _texts(value: object) -> Iterator[str]:
    """Every text in a value, however contacts are written."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def mail_addresses(contact: str) -> list[str]:
    """The addresses to which a mail contact sends: those it names as receivers, else the account's own."""
    scheme, _, rest = contact.partition(":")
    if scheme.lower() not in ("mailto", "mailtos"):
        return []
    if not rest.startswith("//"):
        return _ADDRESS.findall(unquote(rest.partition("?")[0]))
    try:
        parts = urlsplit(contact)
        to = parse_qs(parts.query).get("to", [])
        told = _ADDRESS.findall(f"{unquote(parts.path)} {' '.join(to)}")
        own = [f"{unquote(parts.username)}@{parts.hostname}"] if parts.username and parts.hostname else []
    except ValueError:
        return []
    return told or own
