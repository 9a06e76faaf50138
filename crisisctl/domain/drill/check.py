"""Everything that is wrong with a scenario, found in one run and against the playbook that it is played on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from crisisctl.domain.check import forms
from crisisctl.domain.check.known import Names
from crisisctl.domain.check.place import Place, Problem, plain, shown
from crisisctl.domain.drill.scenario import action, listed
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.scenario import form
from crisisctl.domain.scenario.known import Cast, Commands, cast_of, facts
from crisisctl.domain.times import words

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
    """What a scenario is compared with: its playbook, None when it cannot be read, and what there is.

    `stem` is the name by which the file is called, None where that is no name of a drill.
    """

    playbook: Playbook | None
    playbooks: Collection[str] = ()
    commands: Commands = Commands(())
    stem: str | None = None


class _Names(NamedTuple):
    cast: Cast
    clocks: Names
    objectives: Names
    tags: Names


def check(document: object, around: Around) -> list[Problem]:
    """Every problem in a scenario's plain document, in the order of the document; never raises.

    Where its playbook cannot be read, that is said, and nothing is compared with it.
    """
    here = Place([], (), "the drill")
    if not isinstance(document, dict) or not document:
        here.error("empty-file", "there is no drill in this file", f"write at least {', '.join(_REQUIRED)}")
        return here.problems
    has = forms.fields(here, document, _SECTIONS, _REQUIRED)
    _head(here, has, around)
    if around.playbook is not None:
        names = _survey(has, around.playbook, around.commands)
        for key, value in has.items():
            if look := _LOOKS.get(key):
                look(here.at(key), value, names)
    return here.problems


def _survey(has: Mapping[str, Any], playbook: Playbook, commands: Commands) -> _Names:
    rows = [one for key in ("events", "reference") for one in listed(has.get(key)) if isinstance(one, dict)]
    tags = [row["tag"] for row in rows if isinstance(row.get("tag"), str)]
    objectives = has.get("objectives")
    aims = [key for key in objectives if isinstance(key, str)] if isinstance(objectives, dict) else []
    return _Names(
        cast_of(playbook, commands, ()),
        Names("clock", "unknown-clock", "to the clocks of the playbook", dict.fromkeys(playbook.clocks)),
        Names("objective", "unknown-objective", "under objectives", dict.fromkeys(aims)),
        Names("tag", "unknown-tag", "as the tag of a row", dict.fromkeys(tags)),
    )


def _head(here: Place, has: Mapping[str, Any], around: Around) -> None:
    named = has.get("drill")
    if "drill" in has and forms.name(here.at("drill"), named, "drill") and around.stem not in (None, named):
        message = f"this drill is called {shown(named)} but its file {shown(around.stem)}"
        here.at("drill").error("id-not-file-name", message, f"write {plain(str(around.stem))}, or rename the file")
    if "playbook" in has and around.playbook is None:
        _unread(here.at("playbook"), has["playbook"], around.playbooks)
    for key, look in (("title", forms.line), ("summary", forms.prose)):
        if key in has:
            look(here.at(key), has[key])


def _unread(here: Place, value: object, playbooks: Collection[str]) -> None:
    """Why there is no playbook to play on."""
    if (name := forms.name(here, value, "playbook")) is None:
        return
    if name in playbooks:
        here.error(
            "broken-playbook", f"playbook {shown(name)} has errors", f"see them: crisisctl playbook check {name}"
        )
        return
    near = forms.offer(here, name, tuple(playbooks))
    remedy = f"write {near}" if near else f"write one that there is: {', '.join(sorted(playbooks)[:8]) or 'none'}"
    here.error("unknown-playbook", f"there is no playbook {shown(name)}", remedy)


def _objectives(here: Place, value: object, _names: _Names) -> None:
    for _, at, text in forms.entries(here, value, "objective"):
        forms.line(at, text)


def _people(here: Place, value: object, names: _Names) -> None:
    for role, at, person in forms.entries(here, value, "role"):
        names.cast.roles.refer(at, role, key=True)
        form.person(at, person)


def _given(here: Place, value: object, names: _Names) -> None:
    has = forms.fields(here, value, ("severity", "at", "facts"))
    if "severity" in has:
        names.cast.severities.refer(here.at("severity"), has["severity"])
    if "at" in has:
        form.instant(here.at("at"), has["at"])
    facts(here.at("facts"), has.get("facts"), names.cast, nothing=False)


def _events(here: Place, value: object, names: _Names) -> None:
    if value in (None, []):
        here.error("no-events", "nothing happens in this drill", "add at least one event", key=True)
    order, ids = _Order(), _Once("event")
    actions = _Once("expected action")
    for at, one in forms.items(here, value):
        has = forms.fields(at, one, _EVENT, ("at", "id", "from", "to", "text"))
        order.next(at, has)
        ids.name(at, has)
        names.cast.roles.refer(at.at("to"), has["to"]) if "to" in has else None
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
        names.cast.roles.refer(at.at("role"), has["role"]) if "role" in has else None
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
        names.cast.roles.refer(here.at("role"), has["role"])
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
        form.person(here.at("by"), has["by"])
    for at, line in forms.items(here.at("commands"), has.get("commands")):
        typed = form.words_of(at, line)
        typed = typed[2:] if typed[:1] == ["--as"] else typed
        if typed and form.can_type(at, typed, names.cast):
            form.refer(at, typed, names.cast)


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
    cast = names.cast
    return {
        "advance": cast.triggers,
        "fact": cast.facts,
        "task": cast.tasks,
        **{f"statement {state}": cast.statements for state in _STATES},
        "assign": cast.roles,
        "severity": cast.severities,
        "clock start": names.clocks,
        "clock file": names.clocks,
    }


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
