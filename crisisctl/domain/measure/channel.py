"""A place where words go: how much it carries, and how it counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

# Each rule, and what it counts unless a channel says so in words of its own.
RULES: Mapping[str, str] = MappingProxyType(
    {
        "x": "weighted characters",
        "bluesky": "graphemes",
        "mastodon": "characters",
        "threads": "characters",
        "sms": "segments",
        "subject": "octets",
        "utf16": "UTF-16 units",
        "graphemes": "graphemes",
        "octets": "octets",
        "words": "words",
        "characters": "characters",
        "none": "characters",
    }
)
AUDIENCES = ("public", "inside")
CANNOT = ("markdown", "html", "links", "images")


class Channel(NamedTuple):
    """One channel as data; `limit` is None where there is none, `to` where a text goes into a file to be pasted."""

    id: str
    title: str
    rule: str = "characters"
    unit: str = "characters"
    limit: int | None = None
    advised: int | None = None
    hashtags: int | None = None
    cannot: tuple[str, ...] = ()
    audience: str = "public"
    languages: tuple[str, ...] = ()
    to: str | None = None
    parts: Mapping[str, Channel] = MappingProxyType({})


def channel_of(channels: Mapping[str, Channel], key: str) -> Channel:
    """The channel of that name, or its part for `email.subject`; one that nobody knows has no limit and no address."""
    name, dot, part = key.partition(".")
    known = channels.get(name)
    if known is None or (dot and part not in known.parts):
        return Channel(key, key)
    return known.parts[part] if dot else known
