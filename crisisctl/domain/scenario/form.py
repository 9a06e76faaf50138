"""Everything that is wrong with the form of a file of scenarios, by the playbook that it is for, in one run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from crisisctl.domain.check import Problem, forms
from crisisctl.domain.check.known import Names
from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.errors import Refused
from crisisctl.domain.facts import read
from crisisctl.domain.playbook import FactSpec, Playbook
from crisisctl.domain.scenario import written
from crisisctl.domain.telling import TYPES
from crisisctl.domain.text import PERSON
from crisisctl.domain.timers import KINDS
from crisisctl.domain.times import parse_instant

STATES = ("planned", "drafted", "submitted", "approved", "rejected", "publishing", "published")
TASK_STATES = ("open", "done", "skipped")
_STEPS = ("when", "wait", "then")
_BESIDE = {"when": ("by", "refused", "input"), "wait": (), "then": ()}
_GIVEN = ("severity", "at", "roles", "facts", "by")


class Commands(NamedTuple):
    """The commands that a scenario may type, and those of the program that it may not."""

    here: Collection[str]
    elsewhere: Collection[str] = ()


class Cast(NamedTuple):
    """What a scenario may name: all of the playbook, the people, and the commands."""

    roles: Names
    facts: Names
    stages: Names
    triggers: Names
    statements: Names
    tasks: Names
    severities: Names
    people: Names
    playbook: Playbook
    commands: Commands


def check(document: object, playbook: Playbook, commands: Commands) -> list[Problem]:
    """Every problem in a plain document of scenarios, in the order of the document; never raises."""
    here = Place([], ())
    has = forms.fields(here, document, ("playbook", "people", "others", "scenarios"), ("scenarios",))
    cast = cast_of(playbook, commands, [*people_in(has.get("people")), *people_in({"": has.get("others")})])
    if "people" in has:
        people(here.at("people"), has["people"], cast)
    for at, one in forms.unrepeated(here.at("others"), has.get("others")):
        _person(at, one)
    seen: set[str] = set()
    for at, spec in forms.items(here.at("scenarios"), has.get("scenarios")):
        _scenario(at, spec, has.get("people"), cast, seen)
    if "scenarios" in has and not has["scenarios"]:
        here.at("scenarios").error("no-scenarios", "there is no scenario", "write at least one, or remove the file")
    return here.problems


def cast_of(playbook: Playbook, commands: Commands, persons: Collection[str]) -> Cast:
    """What may be named."""
    book = playbook
    home = "to the playbook"
    return Cast(
        Names("role", "unknown-role", home, dict.fromkeys(book.roles)),
        Names("fact", "unknown-fact", home, dict.fromkeys(book.facts)),
        Names("stage", "unknown-stage", home, dict.fromkeys(book.stages)),
        Names("trigger", "unknown-trigger", home, dict.fromkeys(book.triggers)),
        Names("statement", "unknown-statement", home, dict.fromkeys(book.statements)),
        Names("task", "unknown-task", home, dict.fromkeys(task.id for task in book.tasks.values())),
        Names("severity", "unknown-severity", home, dict.fromkeys(book.severities)),
        Names("person", "unknown-person", "to people or others", dict.fromkeys(persons)),
        book,
        commands,
    )


def people_in(section: object) -> Iterator[str]:
    """Everybody whom a mapping of roles names."""
    for held in section.values() if isinstance(section, dict) else ():
        yield from (one for one in (held if isinstance(held, list) else [held]) if isinstance(one, str))


def people(here: Place, value: object, cast: Cast) -> None:
    """Who holds which role: a person or a list of them."""
    for role, at, held in forms.entries(here, value, "role", _any_name):
        cast.roles.refer(at, role, key=True)
        for place, one in forms.unrepeated(at, held) if isinstance(held, list) else [(at, held)]:
            _person(place, one)


def _any_name(here: Place, value: object, what: str, *, key: bool) -> str | None:  # noqa: ARG001 - `forms.Naming`
    return str(value)


def _person(here: Place, value: object) -> None:
    if not isinstance(value, str):
        here.wrong(value, "a person", "write a short name, such as dana")
    elif not PERSON.fullmatch(value):
        remedy = "use letters, digits and . _ @ + - only, at most 64"
        here.error("bad-name", f"{shown(value)} cannot be a person", remedy)


def _scenario(here: Place, spec: object, everybody: object, cast: Cast, seen: set[str]) -> None:
    has = forms.fields(here, spec, ("name", "given", "steps"), ("name", "steps"))
    if "name" in has:
        forms.line(here.at("name"), has["name"])
        if str(has["name"]) in seen:
            message = f"the name {shown(has['name'])} is taken by a scenario above"
            here.at("name").error("duplicate-name", message, "give it another, for --only chooses by it")
        seen.add(str(has["name"]))
    cast = given(here.at("given"), has.get("given"), everybody, cast)
    for at, step in forms.items(here.at("steps"), has.get("steps")):
        _step(at, step, cast)
    if "steps" in has and not has["steps"]:
        here.at("steps").error("no-steps", f"{here} has no steps, so nothing is tested", "write what happens and then")


def given(here: Place, value: object, everybody: object, cast: Cast) -> Cast:
    """How the incident is opened; what may be named from then on."""
    has = forms.fields(here, value, _GIVEN)
    roles = has.get("roles") or everybody
    known = [*(cast.people.known or ()), *people_in(roles)]
    cast = cast._replace(people=cast.people._replace(known=dict.fromkeys(known)))
    if "severity" in has:
        cast.severities.refer(here.at("severity"), has["severity"])
    if "at" in has:
        _instant(here.at("at"), has["at"])
    if "roles" in has:
        people(here.at("roles"), has["roles"], cast)
    _facts(here.at("facts"), has.get("facts"), cast, nothing=False)
    if "by" in has:
        cast.people.refer(here.at("by"), has["by"])
    elif not (isinstance(roles, dict) and roles.get(cast.playbook.first_role())):
        first = cast.playbook.first_role()
        message = f"nobody holds {first}, the first role, so nobody opens the incident"
        here.error("no-opener", message, f"add {first} to people, or say who opens it with by", key=True)
    return cast


def _instant(here: Place, value: object) -> None:
    try:
        parse_instant(value if isinstance(value, str) else "")
    except Refused:
        here.error("bad-time", f"{here} is not a time: {shown(value)}", "write it as 2026-11-22T15:00:00Z")


def _step(here: Place, spec: object, cast: Cast) -> None:
    has = forms.fields(here, spec, (*_STEPS, "by", "refused", "input"))
    kinds = [kind for kind in _STEPS if kind in has]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "neither when, wait nor then"
        here.error("bad-step", f"{here} has {found}", "give each step exactly one of when, wait and then")
        return
    for extra in (key for key in has if key not in (*kinds, *_BESIDE[kinds[0]])):
        here.at(extra).error("bad-step", f"{extra} goes with when alone", f"remove {extra}", key=True)
    _KINDS[kinds[0]](here, has, cast)


def _wait(here: Place, has: Mapping[str, Any], _cast: Cast) -> None:
    forms.duration(here.at("wait"), has["wait"], zero=False)


def _when(here: Place, has: Mapping[str, Any], cast: Cast) -> None:
    if "by" in has:
        cast.people.refer(here.at("by"), has["by"])
    for key in ("refused", "input"):
        if key in has:
            forms.prose(here.at(key), has[key])
    if has.get("refused") == "":
        here.at("refused").error("empty-text", f"{here.at('refused')} is empty", "write a part of what is said")
    several = isinstance(has["when"], list)
    if several and (extra := "refused" if "refused" in has else "input" if "input" in has else None):
        here.at(extra).error("bad-step", f"{extra} goes with one command", "give it a step of its own", key=True)
    for at, command in forms.items(here.at("when"), has["when"]) if several else [(here.at("when"), has["when"])]:
        words = _words(at, command)
        if words and _command(at, words, cast) and "refused" not in has:
            _named(at, words, cast)


def _words(here: Place, value: object) -> list[str]:
    if not isinstance(value, str) or not value.strip():
        here.wrong(value, "a command", "write it as one types it after crisisctl, such as ack")
        return []
    try:
        return shlex.split(value)
    except ValueError:
        here.error("open-quote", f"{here} has a quote that is not closed", "close it; in YAML put the whole in quotes")
        return []


def _command(here: Place, words: list[str], cast: Cast) -> bool:
    """Whether it is a command that can be typed here."""
    name = words[0]
    if name == "crisisctl" or name.startswith("-"):
        remedy = "leave crisisctl out" if name == "crisisctl" else "begin with the command; who types it stands in by"
        here.error("bad-command", f"the command begins with {shown(name)}", remedy)
    elif name not in cast.commands.here:
        near = forms.offer(here, name, tuple(cast.commands.here))
        there = name in cast.commands.elsewhere
        message = f"{shown(name)} does nothing to an incident" if there else f"there is no command {shown(name)}"
        one_of = f"write one of {', '.join(sorted(cast.commands.here))}"
        here.error("unknown-command", message, f"write {near}" if near and not there else one_of)
    elif any(word in ("-i", "--incident") or word.startswith("--incident=") for word in words):
        here.error("bad-command", f"{here} names an incident", "leave -i out; a scenario has one incident")
    else:
        return True
    return False


def _named(here: Place, words: list[str], cast: Cast) -> None:
    """The names that the playbook must have; a command that is to be refused may name anything."""
    names = [word for word in words[1:] if not word.startswith("-")]
    if words[0] == "advance" and words[1:2] == names[:1]:
        for trigger in names[:1]:
            cast.triggers.refer(here, trigger)
    if words[0] in ("assign", "release", "handover") and words[1:2] == names[:1]:
        for role in names[:1]:
            cast.roles.refer(here, role)
    kinds = {"fact": cast.facts, "statement": cast.statements, "task": cast.tasks}
    if words[0] in kinds and words[2:3] == names[1:2] and names[:1] != ["posted"]:
        for name in names[1:2]:
            if not (words[0] == "task" and _corrects(name, cast)):
                kinds[words[0]].refer(here, name)


def _corrects(task: str, cast: Cast) -> bool:
    """Whether the task is one that a wrong statement makes."""
    return task.removeprefix("correct-") in cast.playbook.statements and task.startswith("correct-")


def _then(here: Place, has: Mapping[str, Any], cast: Cast) -> None:
    then = here.at("then")
    parts = forms.fields(then, has["then"], tuple(_PARTS))
    if not parts and not has["then"]:
        then.error("nothing-expected", f"{then} expects nothing", f"write at least one of {', '.join(_PARTS)}")
    for key, value in parts.items():
        _PARTS[key](then.at(key), value, cast)


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
    for name, at, state in forms.entries(here, value, "statement", _any_name):
        cast.statements.refer(at, name, key=True)
        forms.one_of(at, state, STATES, "bad-state")


def _tasks(here: Place, value: object, cast: Cast) -> None:
    for name, at, state in forms.entries(here, value, "task", _any_name):
        if not _corrects(name, cast):
            cast.tasks.refer(at, name, key=True)
        forms.one_of(at, state, TASK_STATES, "bad-state")


def _facts(here: Place, value: object, cast: Cast, *, nothing: bool = True) -> None:
    """Facts with values that they can have; `nothing` stands for one that is not known."""
    for name, at, one in forms.entries(here, value, "fact", _any_name):
        known = cast.facts.refer(at, name, key=True)
        if one is None and nothing:
            continue
        if not isinstance(one, str | int | float):
            at.wrong(one, "a value", "write it as one types it, such as 1200 or 'names and addresses'")
        elif known:
            _fits(at, cast.playbook.facts[known], written(one))


def _fits(here: Place, spec: FactSpec, value: str) -> None:
    try:
        read(spec, value)
    except Refused as refused:
        here.error("bad-value", f"{here} cannot be {shown(value)}", str(refused).rstrip("."))


def _texts(here: Place, value: object, cast: Cast) -> None:
    for key, at, parts in forms.entries(here, value, "text", _any_name):
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


_KINDS: Mapping[str, Callable[[Place, Mapping[str, Any], Cast], None]] = {"when": _when, "wait": _wait, "then": _then}
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
    "facts": _facts,
    "log": _log,
}
