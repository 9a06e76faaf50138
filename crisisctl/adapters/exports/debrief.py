"""The report of a drill: what was expected and what was done, the times that matter, and what to improve."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crisisctl.adapters.exports.markdown import escaped
from crisisctl.adapters.exports.told import EXERCISE, PRACTICE, playbook, utc
from crisisctl.domain.drill.grade import Acknowledged, Grade, Graded, whole
from crisisctl.domain.drill.lessons import lessons, span
from crisisctl.domain.text import visible

if TYPE_CHECKING:
    from jinja2 import Template

FORMS = ("md", "html", "json")
NO = "\N{EM DASH}"


def render(grade: Grade, form: str) -> str:
    """The report in one of `FORMS`."""
    if form == "json":
        return f"{json.dumps(document(grade), indent=2)}\n"
    return _page().render(_values(grade)) if form == "html" else "\n".join([*_markdown(_values(grade)), ""])


def document(grade: Grade) -> dict[str, Any]:
    """The report for scripts. Seconds are those of the drill, which stands still while nobody leads it."""
    run = grade.course
    return {
        "incident": run.incident.id,
        "exercise": True,
        "drill": run.drill.id,
        "title": run.incident.title,
        "playbook": run.incident.playbook.id,
        "state": run.incident.exercise,
        "actions": [_action(one) for one in grade.actions],
        "metrics": grade.metrics,
        "reference": grade.real,
        "acknowledged": {one.role: _plain(one.seconds) for one in grade.acknowledged},
        "first_statement": _plain(grade.first_statement),
        "approvals": [one._asdict() | {"seconds": _plain(one.seconds)} for one in grade.approvals],
        "cadence": grade.cadence,
        "objectives": [
            {"id": one.id, "text": one.text, "rating": one.rating, "actions": [a.expected.id for a in one.actions]}
            for one in grade.objectives
        ],
        "improve": lessons(grade),
        "notices_sent": grade.notices_sent,
    }


def _plain(seconds: float | None) -> float | None:
    return None if seconds is None else whole(seconds)


def _action(one: Graded) -> dict[str, Any]:
    expected = one.expected
    return {
        "id": expected.id,
        "state": one.state,
        "late_by": one.late_by,
        "action": str(expected.action),
        "event": one.inject.id,
        "role": expected.role,
        "objective": expected.objective,
        "within": _plain(expected.within.total_seconds()) if expected.within else None,
        "asked_at": _plain(one.asked),
        "done_at": _plain(one.at),
        "by": one.by or None,
    }


def _values(grade: Grade) -> dict[str, Any]:
    """What both forms for people say: a heading, then tables of plain cells."""
    run = grade.course
    counted = {state: sum(one.state == state for one in grade.actions) for state in ("done", "late", "missed", "open")}
    return {
        "exercise": EXERCISE,
        "practice": PRACTICE,
        "id": f"{run.incident.id} of the log of drills" if run.alone else run.incident.id,
        "title": run.incident.title,
        "running": not run.over,
        "facts": [
            ("Drill", run.drill.id),
            ("Playbook", playbook(run.incident)),
            ("Began", utc(run.incident.opened_at)),
            ("Lasted", span(run.now)),
            ("Expected actions", ", ".join(f"{count} {state}" for state, count in counted.items() if count) or "none"),
            ("Notices and statements sent to anybody", str(grade.notices_sent)),
        ],
        "tables": [table for table in _tables(grade) if table[2]],
        "lessons": lessons(grade) if run.over or grade.actions else [],
    }


Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def _tables(grade: Grade) -> Iterator[Table]:
    yield "Objectives", ("Objective", "Rating"), [(one.text, one.rating) for one in grade.objectives]
    heads = ("Action", "Asked by", "Of whom", "State", "After", "Limit", "By")
    yield "Expected actions", heads, [_acted(one) for one in grade.actions]
    yield (
        "First answer of each role",
        ("Role", "First called", "Acknowledged after"),
        [(one.role, _at(one.called), _at(one.seconds, _instead(one))) for one in grade.acknowledged],
    )
    yield (
        "Approvals",
        ("Statement", "Revision", "Approved after"),
        [(one.statement, str(one.revision), _at(one.seconds, "never")) for one in grade.approvals],
    )
    cadence: list[tuple[str, ...]] = [(how, str(n)) for how, n in grade.cadence.items() if grade.promises]
    yield "Promised updates", ("Promise", "How many"), cadence
    yield "Times", ("Time", "Here", *(("There",) if grade.real else ())), list(_times(grade))


def _times(grade: Grade) -> Iterator[tuple[str, ...]]:
    for name in dict.fromkeys([*grade.metrics, *grade.real]):
        there = (_at(grade.real.get(name)),) if grade.real else ()
        yield name, _at(grade.metrics.get(name)), *there


def _acted(one: Graded) -> tuple[str, ...]:
    expected = one.expected
    state = f"late by {span(one.late_by or 0)}" if one.state == "late" else one.state
    took = _at(one.at - one.asked) if one.at is not None and one.asked is not None and one.at >= one.asked else NO
    limit = _at(expected.within.total_seconds()) if expected.within else NO
    name = f"{expected.id}: {expected.action}"
    return name, one.inject.id, expected.role or "anybody", state, took, limit, one.by or NO


def _instead(one: Acknowledged) -> str:
    return f"answered by {one.instead}" if one.instead else "never"


def _at(seconds: float | None, none: str = NO) -> str:
    return none if seconds is None else span(seconds)


def _markdown(values: dict[str, Any]) -> Iterator[str]:
    yield f"# {values['exercise']}: {escaped(values['title'])} ({escaped(values['id'])})"
    yield from ("", f"**{values['exercise']}.** {values['practice']}", "")
    if values["running"]:
        yield from ("*It is still going on; what follows is true so far.*", "")
    yield from (f"- {name}: {escaped(told)}" for name, told in values["facts"])
    for title, heads, rows in values["tables"]:
        yield from ("", f"## {title}", "", _row(heads), _row(["---"] * len(heads)))
        yield from (_row([escaped(cell) for cell in row]) for row in rows)
    yield from ("", "## What to improve", "")
    yield from [f"- {escaped(one)}" for one in values["lessons"]] or ["Nothing came late, and nothing was missed."]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


@cache
def _page() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only a page pays for it

    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: visible(value, lines=True) if type(value) is str else value,
    )
    return pages.get_template("debrief.html.j2")
