"""What is said of every rendition before it may go on: what the lint finds, and whether it fits its channel."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from crisisctl.domain.incident import Incident
from crisisctl.domain.lint import Context, Finding, Policy, lint
from crisisctl.domain.measure import Channel, Measure, channel_of, measure
from crisisctl.domain.publication import Linted
from crisisctl.domain.statements.renditions import channel_of as way_of
from crisisctl.domain.statements.renditions import language_of, part_of, spec_of, text_digest
from crisisctl.service.linting import context_of
from crisisctl.service.ports import Log
from crisisctl.service.statements import Fits, Fitting, texts_of

_TAG = re.compile(r"<[^>]*>")


def linted(log: Log, incident: Incident, id_: str, policy: Policy, now: datetime) -> Linted:
    """What the lint finds in the renditions of a statement; texts that are the same are looked at once."""
    texts = texts_of(log, incident, id_)
    found = list(dict.fromkeys(_found(log, incident, id_, texts, policy, now)))
    return Linted(
        policy.digest,
        {key: text_digest(text) for key, text in texts.items()},
        tuple(_line(keys, one) for keys, one in found if one.level == "error"),
        tuple(_line(keys, one) for keys, one in found if one.level != "error"),
        tuple(dict.fromkeys(one.rule for _, one in found if one.level == "error")),
    )


def _found(
    log: Log, incident: Incident, id_: str, texts: Mapping[str, str], policy: Policy, now: datetime
) -> list[tuple[str, Finding]]:
    context = context_for(log, incident, id_, now)
    return [
        (_named([*one.keys], texts), finding)
        for one in apart(texts)
        for finding in _judged(
            _Judged(one.text, policy, context._replace(language=one.language, channel=one.way, whole=one.whole))
        )
    ]


class _Judged:
    """A text to be judged: the same text by the same policy in the same place is judged once in a process."""

    def __init__(self, text: str, policy: Policy, context: Context) -> None:
        self.text = text
        self.policy = policy
        self.context = context

    def __hash__(self) -> int:
        return hash((self.text, self.context.language))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Judged) and self._all() == other._all()

    def _all(self) -> tuple[str, str, Context]:
        return (self.text, self.policy.digest, self.context)


@lru_cache(maxsize=1024)
def _judged(asked: _Judged) -> tuple[Finding, ...]:
    return tuple(lint(asked.text, asked.policy, asked.context))


class Alike(NamedTuple):
    """Renditions that read the same, judged once: of HTML what a reader sees; a part of a message is not `whole`."""

    keys: tuple[str, ...]
    text: str
    language: str
    whole: bool

    @property
    def way(self) -> str:
        """The channel for which they are judged."""
        return way_of(self.keys[0])


def apart(texts: Mapping[str, str]) -> list[Alike]:
    """The texts as the lint judges them."""
    alike: dict[tuple[str, str, bool], list[str]] = {}
    for key, text in texts.items():
        plain = html.unescape(_TAG.sub(" ", text)) if part_of(key) == "html" else text
        if plain.strip() or not key:
            alike.setdefault((plain, language_of(key), not part_of(key)), []).append(key)
    return [Alike(tuple(keys), *how) for how, keys in alike.items()]


def context_for(log: Log, incident: Incident, id_: str, now: datetime) -> Context:
    """What the texts of a statement are judged by."""
    phase = spec_of(incident, id_).phase or ""
    return context_of(log, incident, id_)._replace(now=now, phase=phase)


def _named(keys: list[str], texts: Mapping[str, str]) -> str:
    """The renditions for people: nothing where all are alike."""
    return "" if len(keys) == len(texts) else keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


def _line(keys: str, one: Finding) -> str:
    place = f"{keys}, line {one.line}" if keys else f"line {one.line}"
    return f"{place}: {one.rule}: {one.message} {one.remedy}"


def fits(channels: Mapping[str, Channel]) -> Fits:
    """Tells of texts, by key, which do not fit their channels and by how much, as each channel counts."""

    def fitting(texts: Mapping[str, str]) -> Fitting:
        measured = measures(channels, texts)
        inside = {way_of(key) for key in texts if channel_of(channels, way_of(key)).audience == "inside"}
        excess = {key: found.excess for key, found in measured.items() if not found.fits}
        return Fitting(excess, tuple(sorted(inside)))

    return fitting


def measures(channels: Mapping[str, Channel], texts: Mapping[str, str]) -> dict[str, Measure]:
    """How long each rendition is on its channel."""
    return {key: measure(channel_of(channels, key.partition("/")[0]), text) for key, text in texts.items()}
