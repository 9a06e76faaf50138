"""Everything that is wrong with a scenario, found in one run and against the playbook that it is played on."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from crisisctl.domain.check import forms
from crisisctl.domain.check.known import Known, Names, survey
from crisisctl.domain.check.place import Place, Problem, plain, shown
from crisisctl.domain.drill.scenario import ANY_DAY, action, listed, written
from crisisctl.domain.errors import CrisisError
from crisisctl.domain.text import PERSON
from crisisctl.domain.times import parse_instant, words

_SECTIONS = (
    *("drill", "playbook", "title", "summary", "objectives", "people", "given", "events", "reference", "metrics"),
)
_REQUIRED = ("drill", "playbook", "title", "events")
_EVENT = ("at", "id", "from", "to", "channel", "text", "tag", "expect")
_ROW = ("at", "id", "by", "text", "role", "tag", "public", "decision")
_STATES = ("drafted", "submitted", "approved", "published", "corrected")
_ALONE = ("ack", "decide", "note", "handover")
_EXAMPLES = "advance TRIGGER, ack, fact NAME, task TASK, statement published NAME, assign ROLE, decide or note"


class Around(NamedTuple):
    """What a scenario is compared with: the playbook's document, None when it cannot be read, and what there is.

    `stem` is the name by which the file is called, None where that is no name of a drill.
    """

    plan: Mapping[str, Any] | None
    playbooks: Collection[str] = ()
    commands: Collection[str] = ()
    stem: str | None = None


class _Names(NamedTuple):
    book: Known
    clocks: Names
    objectives: Names
    tags: Names
    commands: Collection[str]


def check(document: object, around: Around) -> list[Problem]:
    """Every problem in a scenario's plain document, in the order of the document; never raises."""
    here = Place([], (), "the drill")
    if not isinstance(document, dict) or not document:
        here.error("empty-file", "there is no drill in this file", f"write at least {', '.join(_REQUIRED)}")
        return here.problems
    has = forms.fields(here, document, _SECTIONS, _REQUIRED)
    names = _survey(has, around)
    _head(here, has, around)
    for key, value in has.items():
        if look := _LOOKS.get(key):
            look(here.at(key), value, names)
    return here.problems


def _survey(has: Mapping[str, Any], around: Around) -> _Names:
    book = survey(around.plan or {}, None, None)
    if around.plan is None:
        book = _believing(book)
    known = None if around.plan is None else dict.fromkeys(around.plan.get("clocks") or ())
    rows = [one for key in ("events", "reference") for one in listed(has.get(key)) if isinstance(one, dict)]
    objectives = has.get("objectives")
    return _Names(
        book,
        Names("clock", "unknown-clock", "to the clocks of the playbook", known),
        Names("objective", "unknown-objective", "under objectives", dict.fromkeys(_keys(objectives))),
        Names("tag", "unknown-tag", "as the tag of a row", dict.fromkeys(_tags(rows))),
        around.commands,
    )


def _believing(book: Known) -> Known:
    """Of a playbook that cannot be read nothing is known, so any name is believed."""
    return book._replace(
        facts=book.facts._replace(known=None),
        triggers=book.triggers._replace(known=None),
        statements=book.statements._replace(known=None),
    )


def _keys(section: object) -> list[str]:
    return [key for key in section if isinstance(key, str)] if isinstance(section, dict) else []


def _tags(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [row["tag"] for row in rows if isinstance(row.get("tag"), str)]


def _head(here: Place, has: Mapping[str, Any], around: Around) -> None:
    named, plan = has.get("drill"), has.get("playbook")
    if "drill" in has and forms.name(here.at("drill"), named, "drill") and around.stem not in (None, named):
        message = f"this drill is called {shown(named)} but its file {shown(around.stem)}"
        here.at("drill").error("id-not-file-name", message, f"write {plain(str(around.stem))}, or rename the file")
    if "playbook" in has and forms.name(here.at("playbook"), plan, "playbook") and around.plan is None:
        at = here.at("playbook")
        near = None if plan in around.playbooks else forms.offer(at, str(plan), tuple(around.playbooks))
        remedy = f"write {near}" if near else f"see what there is: {', '.join(sorted(around.playbooks)[:8]) or 'none'}"
        if plan in around.playbooks:
            at.error("broken-playbook", f"playbook {shown(plan)} has errors", f"crisisctl playbook check {plan}")
        else:
            at.error("unknown-playbook", f"there is no playbook {shown(plan)}", remedy)
    for key, look in (("title", forms.line), ("summary", forms.prose)):
        if key in has:
            look(here.at(key), has[key])


def _objectives(here: Place, value: object, _names: _Names) -> None:
    for _, at, text in forms.entries(here, value, "objective"):
        forms.line(at, text)


def _people(here: Place, value: object, names: _Names) -> None:
    for role, at, person in forms.entries(here, value, "role"):
        names.book.roles.refer(at, role, key=True)
        _person(at, person)


def _person(here: Place, value: object) -> None:
    if not (isinstance(value, str) and PERSON.fullmatch(value)):
        here.error("bad-person", f"{shown(value)} cannot be somebody's id", "write a short name, such as dana")


def _given(here: Place, value: object, names: _Names) -> None:
    has = forms.fields(here, value, ("severity", "at", "facts", "roles", "by"))
    if "severity" in has:
        names.book.severities.refer(here.at("severity"), has["severity"])
    if "at" in has:
        _moment(here.at("at"), has["at"])
    if "roles" in has:
        _people(here.at("roles"), has["roles"], names)
    for fact, at, inner in forms.entries(here.at("facts"), has.get("facts"), "fact", _any_name):
        names.book.facts.refer(at, fact, key=True)
        if isinstance(inner, dict | list) or inner is None:
            at.wrong(inner, "a value", "write what is known, as one types it")


def _any_name(here: Place, value: object, what: str, *, key: bool) -> str | None:  # noqa: ARG001 - `forms.Naming`
    return str(value)


def _moment(here: Place, value: object) -> None:
    try:
        parse_instant(written(value))
    except CrisisError:
        here.error("bad-time", f"{shown(value)} is no instant", f"write it with its zone, such as {ANY_DAY}")


def _events(here: Place, value: object, names: _Names) -> None:
    if value in (None, []):
        here.error("no-events", "nothing happens in this drill", "add at least one event", key=True)
    order, ids = _Order(), _Once("event")
    actions = _Once("expected action")
    for at, one in forms.items(here, value):
        has = forms.fields(at, one, _EVENT, ("at", "id", "from", "to", "text"))
        order.next(at, has)
        ids.name(at, has)
        names.book.roles.refer(at.at("to"), has["to"]) if "to" in has else None
        _lines(at, has, ("from", "channel", "tag"))
        if "text" in has:
            forms.prose(at.at("text"), has["text"])
        for place, spec in forms.items(at.at("expect"), has.get("expect")):
            _expected(place, spec, names, actions)


def _reference(here: Place, value: object, names: _Names) -> None:
    order, ids = _Order(), _Once("row")
    for at, one in forms.items(here, value):
        has = forms.fields(at, one, _ROW, ("at", "text", "role"))
        order.next(at, has)
        if "id" in has:
            ids.name(at, has)
        names.book.roles.refer(at.at("role"), has["role"]) if "role" in has else None
        _lines(at, has, ("by", "tag"))
        if "text" in has:
            forms.prose(at.at("text"), has["text"])
        for key in ("public", "decision"):
            if key in has:
                forms.flag(at.at(key), has[key])


def _lines(at: Place, has: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in keys:
        if key in has:
            forms.line(at.at(key), has[key])


class _Order:
    """Rows follow each other in time."""

    def __init__(self) -> None:
        self._last = timedelta(0)

    def next(self, at: Place, has: Mapping[str, Any]) -> None:
        """Note a row that comes before the one above it."""
        span = forms.duration(at.at("at"), has["at"]) if "at" in has else None
        if span is not None and span < self._last:
            message = f"{at} is at {words(span)}, before the row above it, which is at {words(self._last)}"
            at.at("at").error("out-of-order", message, "put the rows in the order of their times, or mend the time")
        self._last = max(self._last, span or timedelta(0))


class _Once:
    """Ids of one kind, each once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[str] = set()

    def name(self, at: Place, has: Mapping[str, Any]) -> None:
        """Note an id that is none, or that another has."""
        if "id" not in has or not (id_ := forms.name(at.at("id"), has["id"], self._what)):
            return
        if id_ in self._seen:
            at.at("id").error("duplicate-name", f"there is another {self._what} {shown(id_)}", "give it its own id")
        self._seen.add(id_)


def _expected(here: Place, value: object, names: _Names, ids: _Once) -> None:
    has = forms.fields(here, value, ("id", "action", "role", "within", "objective", "play"), ("id", "action"))
    ids.name(here, has)
    if "action" in has:
        _action(here.at("action"), has["action"], names)
    if "role" in has:
        names.book.roles.refer(here.at("role"), has["role"])
    if "within" in has:
        forms.duration(here.at("within"), has["within"], zero=False)
    if "objective" in has:
        names.objectives.refer(here.at("objective"), has["objective"])
    for place, spec in _plays(here.at("play"), has.get("play")):
        _play(place, spec, names)


def _plays(here: Place, value: object) -> list[tuple[Place, object]]:
    return [*forms.items(here, value)] if isinstance(value, list) else [(here, one) for one in listed(value)]


def _play(here: Place, value: object, names: _Names) -> None:
    has = forms.fields(here, value, ("after", "commands", "by"), ("commands",))
    if "after" in has:
        forms.duration(here.at("after"), has["after"])
    if "by" in has:
        _person(here.at("by"), has["by"])
    for at, line in forms.items(here.at("commands"), has.get("commands")):
        _command(at, line, names)


def _action(here: Place, value: object, names: _Names) -> None:
    if not isinstance(value, str) or not value.split():
        here.wrong(value, "an action", f"write one of {_EXAMPLES}")
        return
    wanted = action(value)
    if str(wanted) in _ALONE:
        return
    if named := _named(names).get(wanted.verb):
        named.refer(here, wanted.of)
        return
    verb = value.split()[0]
    near = forms.offer(here, wanted.verb, [*_named(names), *_ALONE])
    if verb == "statement":
        here.error("bad-action", f"{shown(value)} names no state", f"write statement {'|'.join(_STATES)} NAME")
    else:
        remedy = f"write {near}" if near else f"write one of {_EXAMPLES}"
        here.error("bad-action", f"{shown(value)} is nothing that the log could show", remedy)


def _named(names: _Names) -> dict[str, Names]:
    """What the last word of an action names, by the words before it."""
    book = names.book
    return {
        "advance": book.triggers,
        "fact": book.facts,
        "task": book.tasks,
        **{f"statement {state}": book.statements for state in _STATES},
        "assign": book.roles,
        "severity": book.severities,
        "clock start": names.clocks,
        "clock file": names.clocks,
    }


def _command(here: Place, value: object, names: _Names) -> None:
    """The command exists, and so does what it names of the playbook."""
    if not isinstance(value, str):
        here.wrong(value, "a command", "write it as one types it, without crisisctl; put it in quotes")
        return
    try:
        typed = shlex.split(value)
    except ValueError:
        here.error("bad-command", f"{shown(value)} has a quote without its other half", "close the quotation marks")
        return
    typed = typed[2:] if typed[:1] == ["--as"] else typed
    if not typed or (names.commands and typed[0] not in names.commands):
        near = forms.offer(here, typed[0], tuple(names.commands)) if typed else None
        remedy = f"write {near}" if near else "write it as one types it, without crisisctl and without -i"
        here.error("unknown-command", f"{shown(value)} is no command", remedy)
        return
    _refers(here, typed, names.book)


def _refers(here: Place, typed: Sequence[str], book: Known) -> None:
    """The name that stands first or second after the command, where that is one of the playbook."""
    first, second = (*typed[1:3], "", "")[:2]
    named: Mapping[str, tuple[Names, str]] = {
        "advance": (book.triggers, first),
        "assign": (book.roles, first),
        "severity": (book.severities, first),
        "task": (book.tasks, second),
        "fact": (book.facts, second),
    }
    if typed[0] == "statement" and first in ("draft", "submit", "approve", "reject", "publish", "correct"):
        named = {"statement": (book.statements, second)}
    if found := named.get(typed[0]):
        names, name = found
        if name and not name.startswith("-"):
            names.refer(here, name.rpartition("/")[2] if typed[0] == "task" else name)


def _metrics(here: Place, value: object, names: _Names) -> None:
    for _, at, spec in forms.entries(here, value, "metric"):
        has = forms.fields(at, spec, ("from", "to", "seconds"), ("from", "to"))
        for key in ("from", "to"):
            if key in has:
                names.tags.refer(at.at(key), has[key])
        if "seconds" in has and (not isinstance(has["seconds"], int | float) or isinstance(has["seconds"], bool)):
            at.at("seconds").wrong(has["seconds"], "a number", "write how many seconds it took, or leave it out")


_LOOKS: Mapping[str, Callable[[Place, object, _Names], None]] = {
    "objectives": _objectives,
    "people": _people,
    "given": _given,
    "events": _events,
    "reference": _reference,
    "metrics": _metrics,
}
