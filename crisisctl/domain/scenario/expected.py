"""The form of what must hold then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crisisctl.domain.check import forms
from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.firing import KINDS
from crisisctl.domain.scenario.known import Cast, any_name, corrects, facts
from crisisctl.domain.telling import TYPES

STATES = ("planned", "drafted", "submitted", "approved", "rejected", "publishing", "published")
TASK_STATES = ("open", "done", "skipped")


def then(here: Place, has: Mapping[str, Any], cast: Cast) -> None:
    """Something is expected, of what there is."""
    place = here.at("then")
    parts = forms.fields(place, has["then"], tuple(_PARTS))
    if not parts and not has["then"]:
        place.error("nothing-expected", f"{place} expects nothing", f"write at least one of {', '.join(_PARTS)}")
    for key, value in parts.items():
        _PARTS[key](place.at(key), value, cast)


def _stages(here: Place, value: object, cast: Cast) -> None:
    for at, one in forms.unrepeated(here, value):
        path = cast.stages.refer(at, one)
        if path and cast.playbook.stages[path].children:
            inner = ", ".join(cast.playbook.stages[path].children[:3])
            at.error("not-a-leaf", f"{shown(path)} has stages of its own", f"write those inside it: {plain(inner)}")


def _flag(here: Place, value: object, _cast: Cast) -> None:
    forms.flag(here, value)


def _severity(here: Place, value: object, cast: Cast) -> None:
    cast.severities.refer(here, value)


def _timers(here: Place, value: object, _cast: Cast) -> None:
    for at, one in forms.items(here, value):
        has = forms.fields(at, one, ("kind", "in", "what"))
        if not has and not one:
            at.error("nothing-expected", f"{at} says nothing", "write at least one of kind, in and what")
        if "kind" in has:
            forms.one_of(at.at("kind"), has["kind"], KINDS, "unknown-timer")
        if "in" in has:
            forms.duration(at.at("in"), has["in"])
        if "what" in has:
            forms.line(at.at("what"), has["what"])


def _notices(here: Place, value: object, cast: Cast) -> None:
    for at, one in forms.items(here, value):
        has = forms.fields(at, one, ("to", "about"), ("to",))
        if "to" in has:
            cast.people.refer(at.at("to"), has["to"])
        if "about" in has:
            forms.line(at.at("about"), has["about"])


def _silent(here: Place, value: object, cast: Cast) -> None:
    for at, one in forms.unrepeated(here, value):
        cast.people.refer(at, one)


def _statements(here: Place, value: object, cast: Cast) -> None:
    for name, at, state in forms.entries(here, value, "statement", any_name):
        cast.statements.refer(at, name, key=True)
        forms.one_of(at, state, STATES, "bad-state")


def _tasks(here: Place, value: object, cast: Cast) -> None:
    for name, at, state in forms.entries(here, value, "task", any_name):
        if not corrects(name, cast):
            cast.tasks.refer(at, name, key=True)
        forms.one_of(at, state, TASK_STATES, "bad-state")


def _texts(here: Place, value: object, cast: Cast) -> None:
    for key, at, parts in forms.entries(here, value, "text", any_name):
        name, _, rendition = key.partition(".")
        if cast.statements.refer(at, name, key=True) and rendition:
            spec = cast.playbook.statements[name]
            keys = [f"{way}/{language}" for way in spec.ways for language in spec.languages]
            _rendition(at, name, rendition, keys)
        for place, part in forms.items(at, parts) if isinstance(parts, list) else [(at, parts)]:
            forms.prose(place, part)


def _rendition(here: Place, name: str, rendition: str, keys: list[str]) -> None:
    """A part of a message, such as `email.subject/en`, belongs to the rendition that it goes with."""
    channel, _, language = rendition.partition("/")
    if f"{channel.partition('.')[0]}/{language}" not in keys:
        near = forms.offer(here, rendition, keys)
        remedy = f"write {name}.{near}" if near else f"write {name}.CHANNEL/LANGUAGE with one of {', '.join(keys[:6])}"
        here.error("unknown-text", f"{name} has no text {shown(rendition)}", remedy, key=True)


def _log(here: Place, value: object, _cast: Cast) -> None:
    for at, one in forms.items(here, value):
        forms.one_of(at, one, TYPES, "unknown-entry") if one not in TYPES else None


_PARTS: Mapping[str, Callable[[Place, Any, Cast], None]] = {
    "stages": _stages,
    "open": _flag,
    "severity": _severity,
    "timers": _timers,
    "no_timers": _timers,
    "notices": _notices,
    "silent": _silent,
    "statements": _statements,
    "texts": _texts,
    "tasks": _tasks,
    "facts": facts,
    "log": _log,
}
