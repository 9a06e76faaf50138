"""What may stand in a file of channels, and the channels that it describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crisisctl.domain.check.forms import LARGEST, entries, fields, line, one_of, unrepeated, whole
from crisisctl.domain.check.place import Place, Problem
from crisisctl.domain.measure.channel import AUDIENCES, CANNOT, RULES, Channel

_PART = ("title", "rule", "unit", "limit", "advised")
_KEYS = (*_PART, "hashtags", "cannot", "audience", "languages", "to", "parts")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_ADDRESS = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\s].*|[a-z][a-z0-9+.-]*://[^\s]+")


def check_channels(document: object) -> list[Problem]:
    """Every problem in the plain document of a file of channels; never raises. Nothing at all is no channel."""
    top = Place([], ())
    if document is not None and not isinstance(document, dict):
        remedy = "write the name of each channel, a colon, and below it its keys"
        top.error("wrong-type", "this file is not a mapping of channels", remedy)
        return top.problems
    for _, here, spec in entries(top, document, "channel"):
        _channel(here, spec)
    return top.problems


def _channel(here: Place, spec: object) -> None:
    has = fields(here, spec, _KEYS)
    _counting(here, has)
    if has.get("hashtags") is not None:
        whole(here.at("hashtags"), has["hashtags"], 0, LARGEST, "bad-limit")
    for at, one in unrepeated(here.at("cannot"), has.get("cannot")):
        one_of(at, one, CANNOT, "unknown-kind")
    if "audience" in has:
        one_of(here.at("audience"), has["audience"], AUDIENCES, "unknown-audience")
    for at, one in unrepeated(here.at("languages"), has.get("languages")):
        if not isinstance(one, str) or not _LANGUAGE.fullmatch(one):
            at.error("bad-language", f"{at} is not a language", "write it as en, de or de-AT")
    if has.get("to") is not None:
        _to(here.at("to"), has["to"])
    for _, at, part in entries(here.at("parts"), has.get("parts"), "part"):
        _counting(at, fields(at, part, _PART))


def _counting(here: Place, has: Mapping[str, Any]) -> None:
    for key in ("title", "unit"):
        if key in has:
            line(here.at(key), has[key])
    if "rule" in has:
        one_of(here.at("rule"), has["rule"], tuple(RULES), "unknown-rule")
    for key in ("limit", "advised"):
        if has.get(key) is not None:
            whole(here.at(key), has[key], 1, LARGEST, "bad-limit")


def _to(here: Place, value: object) -> None:
    """Where it posts; the message does not repeat it, for it may hold a secret."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        remedy = "write env:NAME, file:PATH or an address such as https+mastodon://…; a secret belongs in env: or file:"
        here.error("bad-address", f"{here} is no address", remedy)


def built(document: Mapping[str, Any]) -> dict[str, Channel]:
    """The channels of a document in which `check_channels` finds nothing."""
    return {id_: _built(id_, spec or {}) for id_, spec in document.items()}


def _built(id_: str, spec: Mapping[str, Any]) -> Channel:
    rule = spec.get("rule", "characters")
    return Channel(
        id=id_,
        title=spec.get("title", id_),
        rule=rule,
        unit=spec.get("unit", RULES[rule]),
        limit=spec.get("limit"),
        advised=spec.get("advised"),
        hashtags=spec.get("hashtags"),
        cannot=tuple(spec.get("cannot") or ()),
        audience=spec.get("audience", "public"),
        languages=tuple(spec.get("languages") or ()),
        to=spec.get("to"),
        parts={name: _built(f"{id_}.{name}", part or {}) for name, part in (spec.get("parts") or {}).items()},
    )


def merged(usual: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The usual document with a workspace's own laid over it key by key, parts included."""
    whole_ = {id_: dict(spec or {}) for id_, spec in usual.items()}
    for id_, spec in own.items():
        below = whole_.setdefault(id_, {})
        parts = merged(below.get("parts") or {}, (spec or {}).get("parts") or {})
        below.update(spec or {})
        if parts:
            below["parts"] = parts
    return whole_
