"""What to improve, derived from what came late or not at all; a drill in which all went well teaches nothing here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta

from crisisctl.domain.drill.course import Course
from crisisctl.domain.drill.grade import Grade, Graded
from crisisctl.domain.times import words

_LONG_WAIT = 15 * 60  # seconds for an approval, the least that a playbook's delegates are given


def lessons(grade: Grade) -> list[str]:
    """A sentence for each thing that came late or not at all, with where the time went."""
    return [
        *_unanswered(grade),
        *(_late(grade.course, one) for one in grade.actions if one.state == "late"),
        *(_missed(grade.course, one) for one in grade.actions if one.state == "missed"),
        *_slow(grade),
        *_promised(grade),
        *_slower(grade),
    ]


def span(seconds: float) -> str:
    """Seconds for people."""
    return words(timedelta(seconds=seconds))


def _unanswered(grade: Grade) -> Iterator[str]:
    until = _last_asked_for(grade)
    for one in grade.acknowledged:
        if one.seconds is None and not one.instead and one.called <= until:
            held = ", ".join(grade.course.incident.holders(one.role))
            who = f"held by {held}" if held else "held by nobody"
            yield f"{one.role}, {who}, was called {span(one.called)} into the drill and never acknowledged."


def _last_asked_for(grade: Grade) -> float:
    """Until when anything was expected of anybody; a call that comes later was no part of the scenario."""
    ends = (one.at if one.at is not None else one.due for one in grade.actions)
    return max((math.inf if end is None else end for end in ends), default=math.inf)


def _late(run: Course, one: Graded) -> str:
    whole = f"{one.expected.action} came {span(one.late_by or 0)} too late, by {one.by}"
    limit = span(one.expected.within.total_seconds()) if one.expected.within else "no time"
    took = span((one.at or 0) - (one.asked or 0))
    return f"{whole}: {took} after '{one.inject.id}' instead of {limit}.{_why(run, one)}"


def _why(run: Course, one: Graded) -> str:
    """For words that went out late: which step on their way took the longest."""
    if one.expected.action.verb not in ("statement published", "statement approved"):
        return ""
    stages = [("to be drafted", "statement.drafted"), ("to be submitted", "statement.submitted")]
    stages += [("for approval", "statement.approved"), ("to be published", "statement.published")]
    waits, since = [], one.asked or 0.0
    for what, kind in stages:
        at = _last(run, kind, one.expected.action.of, since, one.at or 0.0)
        if at is not None:
            waits.append((at - since, what))
            since = at
    took, what = max(waits, default=(0.0, ""))
    return f" The longest of it, {span(took)}, it waited {what}." if took else ""


def _last(run: Course, kind: str, statement: str, since: float, until: float) -> float | None:
    times = (
        at
        for entry, at in run.told
        if entry.type == kind and entry.data["statement"] == statement and since <= at <= until
    )
    return max(times, default=None)


def _missed(run: Course, one: Graded) -> str:
    if one.instead:
        whose = f"it was for {_seat(run, one)} to do"
        return f"{one.expected.action} was done by {one.instead}, who was not asked, after '{one.inject.id}'; {whose}."
    limit = f" within {span(one.expected.within.total_seconds())}" if one.expected.within else ""
    return f"{one.expected.action} was not done{limit} of '{one.inject.id}'; it was for {_seat(run, one)} to do."


def _seat(run: Course, one: Graded) -> str:
    """Whose it was to do: nobody's in particular where anybody may."""
    role = one.expected.role
    if role is None:
        return "anybody"
    held = ", ".join(run.incident.holders(role))
    return f"{role} ({held})" if held else f"{role}, a seat that was empty,"


def _slow(grade: Grade) -> Iterator[str]:
    for one in grade.approvals:
        if one.seconds is None:
            yield f"{one.statement}, revision {one.revision}, was submitted and never fully approved."
        elif one.seconds > _LONG_WAIT:
            yield f"{one.statement}, revision {one.revision}, waited {span(one.seconds)} for its approvals."


def _promised(grade: Grade) -> Iterator[str]:
    for one in grade.promises:
        if one.verdict == "late":
            yield f"The update that {one.statement} promised came {span(one.gap)} after the time it named."
        elif one.verdict == "broken":
            yield f"The update that {one.statement} promised never came."


def _slower(grade: Grade) -> Iterator[str]:
    for name, real in grade.real.items():
        took = grade.metrics.get(name)
        if took is not None and took > real:
            yield f"{name} took {span(took)}; the organisation that it happened to needed {span(real)}."
