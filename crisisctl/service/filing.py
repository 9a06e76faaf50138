"""Drafts of filings: a form filled from what an incident's log knows. Nothing is filed here, and nothing made up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain import labels
from crisisctl.domain.clocks.alarms import about
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.filing import Answer, Filled, Form, Forms, fill
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import NotFound
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.labels import Withheld
from crisisctl.domain.said import ERASED
from crisisctl.domain.times import clock_time
from crisisctl.service.story import Story, releases, written


class Draft(NamedTuple):
    """A filled form. `deadline` is the clock as the incident has it; None while it has not been started there.

    It is None too where its labels keep it in the room: then `hidden` says by which.
    """

    form: Form
    clock: Clock
    incident: Incident
    deadline: Deadline | None
    filled: Sequence[Filled]
    included: Sequence[str]
    withheld: Withheld
    hidden: str = ""

    @property
    def missing(self) -> list[Filled]:
        """The fields without an answer, those that are required first."""
        without = [one for one in self.filled if one.value is None]
        return sorted(without, key=lambda one: not one.field.required)


def draft(story: Story, clock: Clock, forms: Forms, organisation: str, included: Sequence[str]) -> Draft:
    """The clock's form, filled from the story, of which only what may leave the room is told."""
    form = forms.known.get(clock.id)
    if form is None:
        there = ", ".join(forms.known)
        raise NotFound(f"{clock.id} has no filing form. Write one in filings.yaml, or take one of these: {there}.")
    incident = story.incident
    form = form._replace(after=form.after or clock.chained_to or "")
    deadline = incident.clocks.get(clock.id)
    held = {entry.version: " --include ".join(labels.reasons(entry, included)) for entry in story.held}
    hidden = held.get(deadline.version, "") if deadline else ""
    deadline = None if hidden else deadline
    recorded = dict(_recorded(story, form, deadline, organisation))
    filled = fill(form, incident, forms.texts, recorded, _held(story, held))
    return Draft(form, clock, incident, deadline, filled, included, story.withheld, hidden)


def _held(story: Story, held: Mapping[int, str]) -> dict[str, str]:
    """The facts of whose present value something was said that stays in the room, with the kinds of its labels."""
    facts = story.incident.facts
    said = ((str(entry.data.get("fact")), entry.version) for entry in story.held)
    return {name: held[version] for name, version in said if name in facts and version >= facts[name].version}


def _recorded(story: Story, form: Form, deadline: Deadline | None, organisation: str) -> Iterator[tuple[str, Answer]]:
    incident = story.incident
    if organisation:
        yield "organisation", Answer(organisation, "standing", "crisisctl.toml")
    yield "title", _known(incident.title, f"title of {incident.id}")
    yield "opened", _known(_at(incident.opened_at), f"opening of {incident.id}")
    if deadline:
        for name, at in (("began", deadline.begun), ("due", deadline.strict)):
            if at:
                yield name, _known(_at(at), f"clock {deadline.id}")
    yield from _published(story)
    if earlier := _last(story, "clock.filed", form.after):
        yield "earlier", _known(_filing(earlier), f"entry {earlier.version}")
    if (late := _last(story, "clock.will_miss", form.clock)) and (why := late.word("because")):
        yield "late", _known(why, f"entry {late.version}")


def _known(value: str, source: str) -> Answer:
    return Answer(value, "recorded", source)


def _at(moment: datetime) -> str:
    return f"{clock_time(moment)} UTC"


def _published(story: Story) -> Iterator[tuple[str, Answer]]:
    """What the public was told, line by line, and the latest of its texts."""
    spec = story.incident.playbook.statements
    public = [one for one in releases(story.entries) if spec[one.statement].phase != "inside"]
    lines = [
        f"{_at(entry.occurred_at)}: {one.statement}, to {', '.join(entry.data['audiences'])}"
        for one in public
        for entry in one.outings
    ]
    if lines:
        yield "published", _known("\n".join(sorted(lines)), "statements published")
    if public and public[-1].text != ERASED:
        yield "notice", _known(public[-1].text, f"statement {public[-1].statement}, revision {public[-1].revision}")


def _last(story: Story, type_: str, clock: str) -> Entry | None:
    """The last entry of a type about a clock."""
    return next((entry for entry in reversed(story.entries) if entry.type == type_ and clock in about(entry)), None)


def _filing(entry: Entry) -> str:
    to, reference = written(entry, "to"), written(entry, "reference")
    told = f"{_at(entry.occurred_at)}{f', to {to}' if to else ''}"
    return f"{told}, reference {reference}" if reference else told


def document(made: Draft) -> dict[str, object]:
    """The draft as a script reads it, without its text."""
    return {
        "incident": made.incident.id,
        "clock": made.clock.id,
        "title": made.form.title,
        "fields": [
            {
                "id": one.field.id,
                "title": one.field.title,
                "required": one.field.required,
                "value": one.value,
                "status": one.status,
                "source": one.source,
            }
            for one in made.filled
        ],
        "missing": [
            {"id": one.field.id, "required": one.field.required, "status": one.status, "remedy": one.remedy}
            for one in made.missing
        ],
    }
