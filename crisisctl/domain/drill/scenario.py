"""The scenario of a drill: what happens in it when, and what a good team does about it.

Built from a plain document that `check` found no error in. All spans count from the beginning of the drill, but for
`within` and `after`, which count from the event that they answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from crisisctl.domain.scenario import written
from crisisctl.domain.times import parse_duration, parse_instant

Document = Mapping[str, Any]
FORM = 1  # of the pinned document; raised when its meaning changes
ANY_DAY = "2026-01-05T09:00:00Z"  # a Monday morning, for players without people


class Action(NamedTuple):
    """Something that can be seen in the log: a verb, such as `advance` or `statement published`, and what of."""

    verb: str
    of: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.of}".rstrip()


class Play(NamedTuple):
    """What a scripted player types, how long after the event; `by` is None for whoever the action asks for."""

    after: timedelta
    commands: tuple[str, ...]
    by: str | None = None


class Expected(NamedTuple):
    """What a good team does about an event; `role` is None when anybody may, `within` None when at any time."""

    id: str
    action: Action
    role: str | None = None
    within: timedelta | None = None
    objective: str | None = None
    plays: tuple[Play, ...] = ()


class Inject(NamedTuple):
    """Something that happens and comes to a role: who says it, by which channel, in which words."""

    id: str
    at: timedelta
    sender: str
    to: str
    channel: str
    text: str
    tag: str | None = None
    expect: tuple[Expected, ...] = ()


class Reference(NamedTuple):
    """What a real organisation did: with a `tag` its time is measured, `public` are words that went out."""

    id: str
    at: timedelta
    by: str
    text: str
    role: str
    tag: str | None = None
    public: bool = False
    decision: bool = False


class Metric(NamedTuple):
    """The time between two tags; `seconds` is how long the real organisation took, None where nobody knows."""

    name: str
    start: str
    end: str
    seconds: float | None = None


class Drill(NamedTuple):
    """A whole scenario. `people` hold its roles where nobody else does; `begins` is the hour of its virtual time."""

    id: str
    playbook: str
    title: str
    summary: str
    severity: str | None
    facts: tuple[tuple[str, str], ...]
    begins: datetime
    people: Mapping[str, str]
    objectives: Mapping[str, str]
    events: tuple[Inject, ...]
    reference: tuple[Reference, ...]
    metrics: tuple[Metric, ...]

    @property
    def expected(self) -> Iterator[tuple[Inject, Expected]]:
        """Every expected action with its event, in the order of the events."""
        return ((inject, one) for inject in self.events for one in inject.expect)

    @property
    def lasts(self) -> timedelta:
        """Until nothing happens any more and nothing is waited for."""
        ends = [inject.at + (one.within or timedelta(0)) for inject, one in self.expected]
        ends += [inject.at + play.after for inject, one in self.expected for play in one.plays]
        ends += [inject.at for inject in self.events]
        return max([*ends, *(row.at for row in self.reference)])


class Pinned(NamedTuple):
    """A scenario as the log keeps it: its document as JSON, with a digest, so that a report needs no file."""

    id: str
    digest: str
    text: str


def pin(document: Document) -> Pinned:
    """The scenario as it is pinned; the digest is SHA-256 over it, in hex."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Pinned(document["drill"], sha256(text.encode()).hexdigest(), text)


@lru_cache(maxsize=16)
def unpin(text: str) -> Drill:
    """The scenario of a pinned text."""
    return build(json.loads(text))


def build(document: Document) -> Drill:
    """The scenario of a document that `check` found no error in."""
    given: Document = document.get("given") or {}
    return Drill(
        id=document["drill"],
        playbook=document["playbook"],
        title=document["title"],
        summary=document.get("summary") or "",
        severity=given.get("severity"),
        facts=tuple((name, written(value)) for name, value in (given.get("facts") or {}).items()),
        begins=parse_instant(str(given.get("at") or ANY_DAY)),
        people=dict(document.get("people") or {}),
        objectives=dict(document.get("objectives") or {}),
        events=tuple(_inject(one) for one in document.get("events") or ()),
        reference=tuple(_reference(index, one) for index, one in enumerate(document.get("reference") or (), 1)),
        metrics=tuple(_metric(name, one) for name, one in (document.get("metrics") or {}).items()),
    )


def action(text: str) -> Action:
    """The action that a text names: its last word is what of, but for the verbs that need none."""
    words = text.split()
    alone = len(words) == 1
    return Action(words[0]) if alone else Action(" ".join(words[:-1]), words[-1])


def _inject(spec: Document) -> Inject:
    expect = tuple(_expected(one) for one in spec.get("expect") or ())
    what = (spec["from"], spec["to"], spec.get("channel", ""), spec["text"], spec.get("tag"))
    return Inject(spec["id"], parse_duration(spec["at"]), *what, expect)


def _expected(spec: Document) -> Expected:
    within = None if spec.get("within") is None else parse_duration(spec["within"])
    plays = tuple(_play(one) for one in listed(spec.get("play")))
    return Expected(spec["id"], action(spec["action"]), spec.get("role"), within, spec.get("objective"), plays)


def listed(value: object) -> Sequence[Any]:
    """What may be written alone or as a list, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _play(spec: Document) -> Play:
    return Play(parse_duration(spec.get("after", "0s")), tuple(spec["commands"]), spec.get("by"))


def _reference(number: int, spec: Document) -> Reference:
    what = (spec.get("by", ""), spec["text"], spec["role"], spec.get("tag"))
    public, decision = spec.get("public", False), spec.get("decision", False)
    return Reference(spec.get("id", f"row-{number}"), parse_duration(spec["at"]), *what, public, decision)


def _metric(name: str, spec: Document) -> Metric:
    return Metric(name, spec["from"], spec["to"], spec.get("seconds"))
