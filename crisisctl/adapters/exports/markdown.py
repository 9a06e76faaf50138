"""The timeline as Markdown, and what people typed made safe for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crisisctl.adapters.exports.told import EXERCISE, PRACTICE, late, overridden, playbook, standing, utc, who
from crisisctl.domain.telling import Told
from crisisctl.domain.text import visible
from crisisctl.domain.times import clock_time, words
from crisisctl.service.story import Measure, Story, measures

# Code, emphasis, links, images, headings, cells, strikethrough, formulas, mail addresses and bare addresses.
_MARKS = re.compile(r"[\\`*_\[\]#|~$@]|!(?=\[)|(?<=\])\(|:(?=//)|(?<=www)\.", re.IGNORECASE)
_LEADS = re.compile(r"^(\s*)([-+=]|\d{1,9}[.)])", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_TICKS = re.compile(r"`+")


def escaped(text: str) -> str:
    """The text in one line of Markdown that reads as it was typed; its line breaks are `<br>`.

    It can be a cell, or stand anywhere in a paragraph or list item, and makes no link, image, element, heading or list.
    """
    shown = visible(text, lines=True).replace("\t", " ")
    inert = _ENTITY.sub("&amp;", shown).replace("<", "&lt;").replace(">", "&gt;")
    marked = _MARKS.sub(r"\\\g<0>", inert)
    led = _LEADS.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", marked)
    return "<br>".join(line.strip() for line in led.split("\n"))


def fenced(text: str) -> str:
    """The exact text as a block, in a fence longer than any run of backticks in it."""
    shown = visible(text, lines=True)
    fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(shown)), default=0))
    return f"{fence}text\n{shown}\n{fence}"


def timeline(story: Story) -> str:
    """A heading, the facts about the incident, and a table of what happened."""
    incident = story.incident
    head = [f"# Timeline of {escaped(incident.id)}: {escaped(incident.title)}", ""]
    mark = [f"**{EXERCISE}.** {PRACTICE}", ""] if incident.drill else []
    table = ["", "| # | Time (UTC) | Who | What |", "| --: | --- | --- | --- |", *(_row(told) for told in story.told)]
    withheld = ["", f"*{escaped(story.withheld.sentence())}.*"] if story.withheld.entries else []
    seal = ["", f"{incident.version} entries. Head digest: `{incident.digest}`", ""]
    return "\n".join([*head, *mark, *_facts(story), *table, *withheld, *seal])


def _facts(story: Story) -> Iterator[str]:
    incident = story.incident
    yield f"- Incident: {escaped(incident.id)}"
    yield f"- Playbook: {escaped(playbook(incident))}"
    yield f"- Severity: {escaped(incident.severity)}"
    yield f"- Status: {escaped(standing(incident))}"
    yield f"- Opened: {utc(incident.opened_at)}"
    yield f"- Closed: {utc(incident.closed_at) if incident.closed_at else 'not yet'}"
    for measure in measures(story.entries):
        yield f"- {measure.name.capitalize()}: {_measured(measure)}"


def _measured(measure: Measure) -> str:
    if measure.at is None:
        return "not recorded"
    after = f", {words(measure.after)} after detection" if measure.after else ""
    return f"{utc(measure.at)}{after}"


def _row(told: Told) -> str:
    entry = told.entry
    what = f"**{escaped(told.text)}**" if overridden(entry) else escaped(told.text)
    mark = f" *({late(told.late)})*" if told.late else ""
    return f"| {entry.version} | {clock_time(entry.occurred_at)} | {escaped(who(entry))} | {what}{mark} |"
