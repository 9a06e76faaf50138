"""Everything that is wrong with the form of a file of scenarios, by the playbook that it is for, in one run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from crisisctl.domain.check import Problem, forms
from crisisctl.domain.check.place import Place, shown
from crisisctl.domain.errors import Refused
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.scenario.expected import then
from crisisctl.domain.scenario.known import Cast, Commands, any_name, cast_of, corrects, facts
from crisisctl.domain.text import PERSON
from crisisctl.domain.times import parse_instant

_STEPS = ("when", "wait", "then")
_BESIDE = {"when": ("by", "refused", "input"), "wait": (), "then": ()}
_TO_FILE = re.compile("--output(=|$)|-[a-z]*o")
_GIVEN = ("severity", "at", "roles", "facts", "by")


def check(document: object, playbook: Playbook, commands: Commands) -> list[Problem]:
    """Every problem in a plain document of scenarios, in the order of the document; never raises."""
    here = Place([], ())
    has = forms.fields(here, document, ("playbook", "people", "others", "scenarios"), ("scenarios",))
    cast = cast_of(playbook, commands, [*people_in(has.get("people")), *people_in({"": has.get("others")})])
    if "people" in has:
        people(here.at("people"), has["people"], cast)
    for at, one in forms.unrepeated(here.at("others"), has.get("others")):
        person(at, one)
    seen: set[str] = set()
    for at, spec in forms.items(here.at("scenarios"), has.get("scenarios")):
        _scenario(at, spec, has.get("people"), cast, seen)
    if "scenarios" in has and not has["scenarios"]:
        here.at("scenarios").error("no-scenarios", "there is no scenario", "write at least one, or remove the file")
    return here.problems


def without_playbook(told: str) -> Problem:
    """That the playbook cannot be used, by what is told of it: a sentence, and what to do about it."""
    what, _, remedy = told.rstrip(".").partition(". ")
    return Problem(("playbook",), False, "error", "unknown-playbook", what, remedy or "mend it first")


def people_in(section: object) -> Iterator[str]:
    """Everybody whom a mapping of roles names."""
    for held in section.values() if isinstance(section, dict) else ():
        yield from (one for one in (held if isinstance(held, list) else [held]) if isinstance(one, str))


def people(here: Place, value: object, cast: Cast) -> None:
    """Who holds which role: a person or a list of them."""
    for role, at, held in forms.entries(here, value, "role", any_name):
        cast.roles.refer(at, role, key=True)
        for place, one in forms.unrepeated(at, held) if isinstance(held, list) else [(at, held)]:
            person(place, one)


def person(here: Place, value: object) -> None:
    """What can be somebody's id."""
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
        instant(here.at("at"), has["at"])
    if "roles" in has:
        people(here.at("roles"), has["roles"], cast)
    facts(here.at("facts"), has.get("facts"), cast, nothing=False)
    if "by" in has:
        cast.people.refer(here.at("by"), has["by"])
    elif not (isinstance(roles, dict) and roles.get(cast.playbook.first_role())):
        first = cast.playbook.first_role()
        message = f"nobody holds {first}, the first role, so nobody opens the incident"
        here.error("no-opener", message, f"add {first} to people, or say who opens it with by", key=True)
    return cast


def instant(here: Place, value: object) -> None:
    """A moment with its zone."""
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
        words = words_of(at, command)
        if words and can_type(at, words, cast) and "refused" not in has:
            refer(at, words, cast)


def words_of(here: Place, value: object) -> list[str]:
    """The words of a command; none, reported, when it cannot be told apart into words."""
    if not isinstance(value, str) or not value.strip():
        here.wrong(value, "a command", "write it as one types it after crisisctl, such as ack")
        return []
    try:
        return shlex.split(value)
    except ValueError:
        here.error("open-quote", f"{here} has a quote that is not closed", "close it; in YAML put the whole in quotes")
        return []


def can_type(here: Place, words: list[str], cast: Cast) -> bool:
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
    elif any(_TO_FILE.match(word) for word in words):
        here.error("bad-command", f"{here} writes a file", "leave --output out; a scenario writes nothing")
    else:
        return True
    return False


def refer(here: Place, words: list[str], cast: Cast) -> None:
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
            if not (words[0] == "task" and corrects(name, cast)):
                kinds[words[0]].refer(here, name)


_KINDS: Mapping[str, Callable[[Place, Mapping[str, Any], Cast], None]] = {"when": _when, "wait": _wait, "then": then}
