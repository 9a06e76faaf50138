"""The draft of a post-mortem: the log's part of it, and the questions that only people can answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.adapters.exports import told as say
from crisisctl.adapters.exports.markdown import escaped, fenced
from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Incident
from crisisctl.domain.labels import mark
from crisisctl.domain.telling import Told, sentence
from crisisctl.domain.times import words
from crisisctl.service.story import (
    Chore,
    Climb,
    Promise,
    Story,
    choices,
    chores,
    climbs,
    measures,
    promises,
    releases,
    seats,
    stays,
    written,
)

if TYPE_CHECKING:
    from jinja2 import Template

_OVERDUE = frozenset({
    "escalation.blocked",
    "escalation.snoozed",
    "escalation.stale",
    "notice.failed",
    "promise.overdue",
    "statement.overdue",
    "task.overdue",
})  # fmt: skip
# How somebody came to a role, and left it.
_WAYS = {"opened": "at the opening", "assigned": "assigned", "handover": "by handover", "released": "released"}


class Safe(str):
    """Markdown of our own, not to be escaped."""

    __slots__ = ()


class Known(NamedTuple):
    """A fact that the playbook asks for, and what became of it."""

    name: str
    ask: str
    value: str
    status: str
    source: str


class Choice(NamedTuple):
    """What somebody chose and why."""

    entry: Entry
    who: str
    what: str
    why: str
    options: tuple[str, ...]
    dissent: tuple[str, ...]


def render(story: Story) -> str:
    """The report."""
    return _template().render(_values(story))


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only the report pays for it

    reports = Environment(  # noqa: S701 - Markdown: `finalize` escapes whatever is not marked as safe
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    reports.filters |= {"utc": _utc, "span": words, "fenced": lambda text: Safe(fenced(text))}
    return reports.get_template("report.md.j2")


def _finalized(value: Any) -> Any:  # noqa: ANN401 - whatever the template names
    return escaped(value) if isinstance(value, str) and not isinstance(value, Safe) else value


def _utc(moment: datetime | None) -> str:
    return say.utc(moment) if moment else "\N{EM DASH}"


def _values(story: Story) -> dict[str, Any]:
    incident = story.incident
    listed = chores(story)
    return {
        "incident": incident,
        "exercise": say.EXERCISE,
        "practice": say.PRACTICE,
        "playbook": say.playbook(incident),
        "opener": story.entries[0].actor,
        "opened_as": story.entries[0].data["severity"],
        "standing": say.standing(incident),
        "lasted": say.lasted(incident),
        "stays": [
            (_title(incident, stay.stage), stay, _until(stay.since, stay.until)) for stay in stays(story.entries)
        ],
        "facts": list(_facts(story)),
        "unknown": [spec for name, spec in incident.playbook.facts.items() if name not in incident.facts],
        "measures": measures(story.entries),
        "seats": [(_role(incident, seat.role), seat, _until(seat.since, seat.until)) for seat in seats(story.entries)],
        "ways": _WAYS,
        "rows": [_row(told) for told in story.told if told.entry.type not in say.NOISE],
        "choices": [_choice(entry) for entry in choices(story)],
        "releases": releases(story.entries),
        "promises": [(promise, _verdict(promise)) for promise in promises(story)],
        "climbs": [(climb, _answered(climb)) for climb in climbs(story.entries)],
        "alarms": [told for told in story.told if told.entry.type in _OVERDUE],
        "left": [(chore, _left(incident, chore)) for chore in listed if chore.state != "done"],
        "withheld": story.withheld.sentence(),
        "done": sum(chore.state == "done" for chore in listed),
    }


def _title(incident: Incident, path: str) -> str:
    stage = incident.playbook.stages.get(path)
    return stage.title if stage else path


def _role(incident: Incident, id_: str) -> str:
    role = incident.playbook.roles.get(id_)
    return role.title if role else id_


def _until(since: datetime, until: datetime | None) -> timedelta | None:
    return until - since if until else None


def _facts(story: Story) -> Iterator[Known]:
    specs = story.incident.playbook.facts
    there = {entry.version: entry for entry in story.entries}
    for name, fact in story.incident.facts.items():
        if (said := there.get(fact.version)) is None:
            continue  # withheld
        ask = specs[name].ask if name in specs else ""
        yield Known(
            name, ask, written(said, "value"), fact.status, written(said, "source") or fact.source or "not given"
        )


def _row(told: Told) -> tuple[Entry, str, str, Safe]:
    text = escaped(told.text)
    mark = f" *({say.late(told.late)})*" if told.late else ""
    marked = f"**{text}**" if say.overridden(told.entry) else text
    return told.entry, say.kind(told.entry).label, say.who(told.entry), Safe(f"{marked}{mark}")


def _choice(entry: Entry) -> Choice:
    def several(kind: str, count: int) -> tuple[str, ...]:
        return tuple(written(entry, f"{kind}_{n}") for n in range(1, count + 1))

    why = written(entry, "because")
    told = say.who(entry)
    if entry.type != "decision.logged":
        return Choice(entry, told, sentence(_without_reason(entry)), why, (), ())
    data = entry.data
    options, dissent = several("option", data["options"]), several("dissent", data["dissent"])
    return Choice(entry, told, f"{mark(entry)}{written(entry, 'text')}", why, options, dissent)


def _without_reason(entry: Entry) -> Entry:
    return entry._replace(words={field: word for field, word in entry.words.items() if field != "because"})


def _verdict(promise: Promise) -> str:
    if promise.met is None:
        return {"broken": "broken", "pending": "not due yet"}.get(promise.verdict, "closed before it fell due")
    gap = words(abs(promise.met - promise.due))
    return f"kept, {gap} early" if promise.verdict == "kept" else f"{gap} late"


def _answered(climb: Climb) -> str:
    def said(person: str, after: timedelta | None) -> str:
        return f"{person} after {words(after)}" if after is not None else f"{person} before the first step"

    return ", ".join(said(answer.person, answer.after) for answer in climb.answers) or "nobody"


def _left(incident: Incident, chore: Chore) -> str:
    why = written(chore.said, "because") if chore.said else ""
    if chore.state == "skipped":
        return f"skipped by {chore.said.actor}: {why}" if chore.said else "skipped"
    visit = incident.visits.get(chore.task.stage)
    here = chore.task in list(incident.here()) and visit is not None and visit.number == chore.visit
    standing = "still to do" if here and incident.open else "not done when the stage was left"
    return f"{standing}, reopened: {why}" if why else standing
