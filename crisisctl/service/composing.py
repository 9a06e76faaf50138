"""The texts of a statement as they are made: from the pinned templates, or as somebody wrote them, whole or in part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain import commands as ask
from crisisctl.domain import facts
from crisisctl.domain.cadence import next_update
from crisisctl.domain.decide import still_open
from crisisctl.domain.errors import Invalid, Refused, Usage
from crisisctl.domain.incident import Incident
from crisisctl.domain.locale import variant
from crisisctl.domain.promise import read
from crisisctl.domain.publication import StatementSpec
from crisisctl.domain.statements.renditions import (
    PARTS,
    channel_of,
    known_channel,
    known_language,
    language_of,
    part_of,
    spec_of,
)
from crisisctl.domain.statements.using import asked, stated, taken_up
from crisisctl.domain.times import clock_time
from crisisctl.domain.zones import shown
from crisisctl.service.ports import Filling, Log, Templates, Value
from crisisctl.service.statements import source_text, texts_of

SHORT = "short"  # the block that stands in for a text that does not fit


_SHORT = re.compile(r"\{%[-+]?\s*block\s+short\b")


class Part(NamedTuple):
    """What of a statement is drafted: all of it, a channel, a language or both; `short` takes the shorter block."""

    channel: str | None = None
    language: str | None = None
    short: bool = False

    def covers(self, key: str) -> bool:
        """Whether the rendition belongs to the part."""
        named = key.partition("/")[0]
        mine = self.channel is None or self.channel in (named, channel_of(key) if not part_of(key) else "")
        return mine and self.language in (None, language_of(key))


WHOLE = Part()


class Made(NamedTuple):
    """What templates gave: the source text, every rendition, the short blocks by language, and the facts asked for."""

    text: str
    renditions: Mapping[str, str]
    shorts: Mapping[str, str]
    facts: Mapping[str, int]


def compose(
    log: Log,
    incident: Incident,
    id_: str,
    templates: Templates,
    organisation: str,
    now: datetime | None = None,
    *,
    part: Part = WHOLE,
    minimal: bool = False,
    zones: Mapping[str, str] = {},
) -> ask.Draft:
    """The texts that the pinned templates give with the facts as they stand, in every language that they speak.

    Times are told by the clocks of the language's zone and in UTC; by UTC alone where it has none.
    """
    still_open(incident)
    spec = _checked(incident, id_, part)
    old = incident.statements.get(id_)
    promises = next_update(incident, spec, now or incident.recorded_at)
    if part != WHOLE and old and old.promises:
        promises = old.promises  # the rest of the statement names that time
    values = _values(incident, organisation, promises)
    said = {language: _said(values, language, zones) for language in spec.languages}
    made = _made(log, incident, spec, templates, said, minimal=minimal)
    promises = _named(made.text, said[spec.languages[0]], _told(incident, promises))
    if part == WHOLE:
        return ask.Draft(
            id_, made.text, made.facts, None, made.renditions, None, None, promises, template=True, minimal=minimal
        )
    new = {key: text for key, text in made.renditions.items() if part.covers(key)}
    return _replaced(log, incident, id_, part, _shortened(spec, made, new) if part.short else new, made.facts)


def write(log: Log, incident: Incident, id_: str, text: str, part: Part = WHOLE) -> ask.Draft:
    """A text that somebody wrote: for every channel in the first language, or for a part of the statement alone."""
    still_open(incident)
    spec = _checked(incident, id_, part)
    first = spec.languages[0]
    used = stated(incident, [text])
    if part.channel is not None or part.language not in (None, first):
        language = part.language or first
        ways = spec.ways if part.channel is None else (part.channel,)
        new = {f"{way}/{language}": text for way in ways}
        return _replaced(log, incident, id_, part._replace(language=language), new, used)
    whole = {f"{way}/{first}": text for way in spec.ways}
    others = {key: kept for key, kept in _present(log, incident, id_).items() if language_of(key) != first}
    old = incident.statements.get(id_)
    if not others or old is None:
        return ask.Draft(id_, text, used, promises=read(text).at)
    known = used | taken_up(incident, old.facts, text)
    return ask.Draft(id_, text, known, None, whole | others, (), old.revision, read(text).at)


def leave_out(log: Log, incident: Incident, id_: str, part: Part) -> ask.Draft:
    """The statement without that channel or language."""
    still_open(incident)
    spec = _checked(incident, id_, part)
    if part == WHOLE:
        raise Usage("--leave-out goes with --channel or --language: say what is to be left out.")
    if part.channel is None and part.language == spec.languages[0]:
        raise Refused(f"{spec.languages[0]} is the language that {id_} is written in; it cannot be left out.")
    return _replaced(log, incident, id_, part, {}, {})


def shorter(log: Log, incident: Incident, id_: str) -> set[str]:
    """The languages in which the template of the statement keeps a shorter text."""
    try:
        sources = _sources(log, incident, spec_of(incident, id_), minimal=False)
    except Refused:  # there is no template
        return set()
    return {language for language, (_, source) in sources.items() if _SHORT.search(source)}


def _checked(incident: Incident, id_: str, part: Part) -> StatementSpec:
    spec = spec_of(incident, id_)
    if part.channel is not None:
        known_channel(spec, part.channel)
    if part.language is not None:
        known_language(spec, part.language)
    return spec


def _present(log: Log, incident: Incident, id_: str) -> Mapping[str, str]:
    """The renditions as they stand; none where there is no text, or it was erased."""
    old = incident.statements.get(id_)
    return texts_of(log, incident, id_) if old and not old.erased else {}


def _replaced(
    log: Log, incident: Incident, id_: str, part: Part, new: Mapping[str, str], used: Mapping[str, int]
) -> ask.Draft:
    """The statement as it stands with one part of it anew; a fact that it used before keeps its version."""
    spec = spec_of(incident, id_)
    old = incident.statements.get(id_)
    if old is None:
        raise Refused(f"{id_} has no text yet. Draft the whole first: crisisctl statement draft {id_}")
    there = texts_of(log, incident, id_)
    kept = {key: text for key, text in there.items() if not part.covers(key)}
    if not kept and not new:
        raise Refused(f"Nothing would be left of {id_}.")
    if new and part.channel is None and part.language == spec.languages[0]:
        raise Refused(f"{part.language} is the language of the whole: crisisctl statement draft {id_} without it.")
    fresh = (part.language,) if new and part.language and part.channel is None else ()
    text = source_text(log, incident, id_)
    known = dict(used) | dict(old.facts)
    return ask.Draft(id_, text, known, None, kept | dict(new), fresh, old.revision, old.promises)


def _shortened(spec: StatementSpec, made: Made, new: Mapping[str, str]) -> dict[str, str]:
    languages = dict.fromkeys(language_of(key) for key in new)
    found = {key: made.shorts[language_of(key)] for key in new if language_of(key) in made.shorts and not part_of(key)}
    if not found:
        bring = f"crisisctl statement draft {spec.id} --channel CHANNEL --file FILE"
        raise Refused(f"The template of {spec.id} has no shorter text in {', '.join(languages)}. Bring one: {bring}")
    return {**new, **found}


def _values(incident: Incident, organisation: str, promises: datetime | None) -> dict[str, Value]:
    """What every template may ask for; the next update is what the room said of it, else what the pace gives."""
    known = facts.known(incident)
    stated_ = {"next_update_at": f"{clock_time(promises)[:16]} UTC"} if promises else {}
    return {
        **stated_,
        **known,
        "title": incident.title,
        "incident": incident.id,
        "severity": incident.severity,
        "opened_at": f"{clock_time(incident.opened_at)[:16]} UTC",
        "organisation": organisation,
    }


def _said(values: Mapping[str, Value], language: str, zones: Mapping[str, str]) -> dict[str, Value]:
    """The values as readers of a language get them."""
    zone = zones.get(language, "UTC")
    there = {name: shown(value, zone, language) if isinstance(value, str) else value for name, value in values.items()}
    return {**there, "language": language, "zone": zone}


def _named(text: str, values: Mapping[str, Value], promises: datetime | None) -> datetime | None:
    """The update that the text states; where it can only be seen to name the time that it was given, that one."""
    given = str(values.get("next_update_at", ""))
    return read(text).at or (promises if given and given in text else None)


def _told(incident: Incident, promises: datetime | None) -> datetime | None:
    """The update that the text names: the fact of that name, where the room has set it."""
    value = facts.known(incident).get("next_update_at")
    return read(f"Next update by {value}.").at or promises if value is not None else promises


def _made(
    log: Log,
    incident: Incident,
    spec: StatementSpec,
    templates: Templates,
    said: Mapping[str, Mapping[str, Value]],
    *,
    minimal: bool,
) -> Made:
    """Every language of the template in one go."""
    sources = _sources(log, incident, spec, minimal=minimal)
    fillings = [Filling(name, source, said[language]) for language, (name, source) in sources.items()]
    try:
        filled = dict(zip(sources, templates.render_many(fillings), strict=True))
    except Invalid as error:
        whole = "\n".join(source for _, source in sources.values())
        unset = [name for name in incident.playbook.facts if name not in said[spec.languages[0]] and name in whole]
        if unset:
            raise (Invalid(f"{error} Not set yet are: {', '.join(unset)}.") if unset[1:] else error) from None
        way = f"Bring the text: crisisctl statement draft {spec.id} --file FILE"
        raise Invalid(
            f"{error} {incident.id} keeps its templates as they were when it was opened, so mending the file "
            f"helps only incidents that are opened later. {way}"
        ) from None
    renditions = {key: text for language, texts in filled.items() for key, text in _spread(spec, language, texts)}
    shorts = {language: texts[SHORT] for language, texts in filled.items() if texts.get(SHORT)}
    used = asked(incident, [source for _, source in sources.values()])
    return Made(filled[spec.languages[0]][""], renditions, shorts, used)


def _sources(log: Log, incident: Incident, spec: StatementSpec, *, minimal: bool) -> dict[str, tuple[str, str]]:
    """The name and source of the template for each language that has one; the first language has the file as named."""
    first = log.entry(incident.id, 1)
    pinned: Mapping[str, str] = first.data["templates"] if first else {}
    named = spec.minimal if minimal else spec.template
    if named is None:
        raise Refused(f"The playbook keeps no line for {spec.id} that was approved beforehand.")
    if named not in pinned:
        bring = f"crisisctl statement draft {spec.id} --file FILE"
        raise Refused(f"{named} was not there when {incident.id} was opened. Bring the text: {bring}")
    found = {language: variant(pinned, named, language) or named for language in spec.languages}
    return {
        language: (name, pinned[name])
        for language, name in found.items()
        if name != named or language == spec.languages[0]
    }


def _spread(spec: StatementSpec, language: str, texts: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """The text for each channel in a language: its own block, else the common text; and its subject and HTML."""
    found = []
    for channel in spec.ways:
        block = channel.replace("-", "_")
        found.append((f"{channel}/{language}", texts.get(block) or texts[""]))
        parts = ((part, texts.get(f"{block}_{part}")) for part in PARTS)
        found += [(f"{channel}.{part}/{language}", text) for part, text in parts if text]
    return found
