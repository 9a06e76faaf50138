"""The timeline as one HTML file that needs nothing else: no network, no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.adapters.exports import told as say
from crisisctl.adapters.exports.axis import Axis
from crisisctl.domain.entries import Entry
from crisisctl.domain.playbook import Stage
from crisisctl.domain.telling import Told
from crisisctl.domain.text import visible
from crisisctl.domain.times import clock_time, stamp, words
from crisisctl.service.story import Promise, Release, Stay, Story, measures, promises, releases, seats, stays

if TYPE_CHECKING:
    from jinja2 import Template

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
LONG = 1_200  # characters from which a text scrolls in a box of its own on a screen
DIGEST = 12


class Figure(NamedTuple):
    """A time that matters, large."""

    label: str
    value: str
    small: str
    at: datetime | None = None


class Bar(NamedTuple):
    """Something that lasted: its name, who or what, from when to when, and its place on the axis in per cent."""

    name: str
    detail: str
    since: datetime
    until: datetime | None
    lasted: str
    left: float
    width: float


class Row(NamedTuple):
    """One entry as it is shown; `quiet` ones are said by the entry beside them."""

    entry: Entry
    kind: say.Kind
    who: str
    text: str
    late: str
    quiet: bool


class Day(NamedTuple):
    """What happened on one day, in UTC."""

    date: str
    name: str
    rows: Sequence[Row]


class Quote(NamedTuple):
    """A text as it went out, its approvals and its publications with what became of their promises."""

    release: Release
    outings: Sequence[tuple[Entry, str]]


def render(story: Story) -> str:
    """The page."""
    return _template().render(_values(story))


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only this form pays for it

    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"iso": stamp, "hour": lambda at: clock_time(at)[11:], "moment": _moment}
    return pages.get_template("timeline.html.j2")


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever the template names
    """Whatever the page says passes here: what a reader would not see is written out."""
    return visible(value, lines=True) if type(value) is str else value


def _values(story: Story) -> dict[str, Any]:
    incident = story.incident
    axis = Axis(incident.opened_at, max(entry.occurred_at for entry in story.entries))
    return {
        "incident": incident,
        "playbook": say.playbook(incident),
        "standing": say.standing(incident),
        "lasted": words(say.lasted(incident)),
        "exercise": say.EXERCISE,
        "practice": say.PRACTICE,
        "grade": _grade(story),
        "figures": list(_figures(story)),
        "axis": axis,
        "stages": _stages(story, axis),
        "seats": _seats(story, axis),
        "quotes": _quotes(story),
        "days": [Day(*date, [_row(told) for told in rows]) for date, rows in groupby(story.told, _day)],
        "withheld": story.withheld.sentence(),
        "long": LONG,
        "shown": DIGEST,
        "running_head": _css_string(f"{incident.id}  {incident.title}"),
    }


def _grade(story: Story) -> str:
    order = story.incident.playbook.severities
    place = order.index(story.incident.severity) if story.incident.severity in order else 0
    return ("worst", "middle", "least")[min(place, 2)]


def _figures(story: Story) -> Iterator[Figure]:
    never = "not yet" if story.incident.open else "never"
    for measure in measures(story.entries):
        if measure.at is None or measure.after is None:
            yield Figure(measure.name, "\N{EM DASH}", never)
        elif measure.name == "detected":
            yield Figure(measure.name, clock_time(measure.at)[11:16], clock_time(measure.at)[:10], measure.at)
        else:
            yield Figure(measure.name, words(measure.after), "after detection", measure.at)
    if given := promises(story):
        kept = sum(promise.verdict == "kept" for promise in given)
        yield Figure("promises kept", f"{kept} of {len(given)}", "next updates promised")


def _stages(story: Story, axis: Axis) -> list[Bar]:
    plan = story.incident.playbook.stages
    shown = [stay for stay in stays(story.entries) if _lasts(stay, plan.get(stay.stage))]
    return [
        _bar(axis, plan[stay.stage].title if stay.stage in plan else stay.stage, stay.stage, stay.since, stay.until)
        for stay in shown
    ]


def _lasts(stay: Stay, stage: Stage | None) -> bool:
    """Whether a visit is worth a bar: stages around others are shown by those, and a close is no stretch of time."""
    return stage is None or not (stage.children or (stage.final and stay.until is None and "." not in stage.path))


def _seats(story: Story, axis: Axis) -> list[Bar]:
    roles = story.incident.playbook.roles
    return [
        _bar(axis, roles[seat.role].title if seat.role in roles else seat.role, seat.person, seat.since, seat.until)
        for seat in seats(story.entries)
    ]


def _bar(axis: Axis, name: str, detail: str, since: datetime, until: datetime | None) -> Bar:
    end = until or axis.end
    return Bar(name, detail, since, until, words(max(end - since, timedelta(0))), *axis.span(since, end))


def _quotes(story: Story) -> list[Quote]:
    made = {promise.made.version: promise for promise in promises(story)}
    return [
        Quote(release, [(entry, _promised(made.get(entry.version))) for entry in release.outings])
        for release in releases(story.entries)
    ]


def _promised(promise: Promise | None) -> str:
    if promise is None:
        return ""
    verdict = {
        "kept": "kept",
        "late": f"came {words(promise.met - promise.due)} late" if promise.met else "",
        "broken": "did not come",
        "pending": "not due yet",
        "ended": "closed before then",
    }[promise.verdict]
    return f"Next update promised by {say.utc(promise.due)}: {verdict}"


def _row(told: Told) -> Row:
    entry = told.entry
    return Row(entry, say.kind(entry), say.who(entry), told.text, say.late(told.late), entry.type in say.NOISE)


def _day(told: Told) -> tuple[str, str]:
    at = told.entry.occurred_at
    date = clock_time(at)[:10]
    year, month, day = (int(part) for part in date.split("-"))
    return date, f"{DAYS[datetime(year, month, day).weekday()]}, {day} {MONTHS[month - 1]} {year}"  # noqa: DTZ001


def _moment(at: datetime) -> str:
    return clock_time(at)[:16]


def _css_string(text: str) -> Any:  # noqa: ANN401 - Markup, which is not loaded until here
    """The text as a CSS string in which every character but ASCII letters and digits is a number."""
    from markupsafe import Markup  # noqa: PLC0415

    letters = (c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in visible(text))
    return Markup(f'"{"".join(letters)}"')  # noqa: S704 - nothing is left in it that could end the string
