"""What an authority asks for when a clock is filed, and how much of it an incident's log can answer.

A form lists fields. Each is filled from the first of its facts that is known, else from what the workspace answers in
every incident, else from what the log recorded by itself. What nothing fills stays empty: no answer is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from crisisctl.domain import facts
from crisisctl.domain.clocks.catalogue import Document, laid
from crisisctl.domain.incident import Incident

# What the log and the settings answer by themselves, and what to type where they have no answer.
SOURCES = {
    "organisation": 'organisation = "NAME" in crisisctl.toml',
    "title": "",
    "opened": "",
    "began": "crisisctl clock start {clock} --trigger TIME -i {incident}",
    "due": "crisisctl clock start {clock} --trigger TIME -i {incident}",
    "published": "crisisctl statement publish STATEMENT -i {incident}",
    "notice": "crisisctl statement publish STATEMENT -i {incident}",
    "earlier": "crisisctl clock file {after} --to WHOM -i {incident}",
    "late": "crisisctl clock miss {clock} --because WHY -i {incident}",
}
# What a layout knows beside its fields.
HEAD = (
    *("exercise", "privileged", "incident", "version", "clock", "regime", "form", "under", "recipient", "due", "legal"),
    *("filed", "note", "answers", "missing", "left_out", "advice"),
)
BY_HAND = "write it into the draft by hand"
MISSING, WITHHELD = "missing", "withheld"


class Field(NamedTuple):
    """One thing that is asked for. `facts` may answer it, the first that is known; then `sources`, of `SOURCES`.

    The answer to what is `standing` is the same in every incident.
    """

    id: str
    title: str
    citation: str = ""
    required: bool = True
    standing: bool = False
    facts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Form(NamedTuple):
    """What a clock's filing holds; `after` is the clock whose filing it goes on from, `layout` a template or empty."""

    clock: str
    title: str
    citation: str = ""
    note: str = ""
    after: str = ""
    layout: str = ""
    fields: tuple[Field, ...] = ()


class Forms(NamedTuple):
    """The forms by clock, and the texts that a workspace keeps for all of them, by the names of facts."""

    known: Mapping[str, Form]
    texts: Mapping[str, str]


class Answer(NamedTuple):
    """A value, where it comes from, and how sure it is: `confirmed`, `unconfirmed`, `recorded` or `standing`."""

    value: str
    status: str
    source: str


class Filled(NamedTuple):
    """A field with its answer; without one it is `missing`, or `withheld` by a label, and `remedy` says what to do."""

    field: Field
    value: str | None
    status: str
    source: str = ""
    remedy: str = ""


def build(shipped: Document, own: Document) -> Forms:
    """The forms of the shipped document with a workspace's own laid over it, in which `check` found no slip."""
    there, over = shipped.get("forms") or {}, own.get("forms") or {}
    both = {id_: laid(there.get(id_) or {}, over.get(id_) or {}, "fields") for id_ in dict.fromkeys([*there, *over])}
    return Forms({id_: _form(id_, spec, both) for id_, spec in both.items()}, own.get("texts") or {})


def _form(id_: str, spec: Document, forms: Document) -> Form:
    like = forms.get(spec.get("like", ""), {})
    whole = laid(like, spec, "fields")
    fields = (_field(name, one) for name, one in whole["fields"].items() if not one.get("omit"))
    texts = {name: whole.get(name, "") for name in ("citation", "note", "after", "layout")}
    return Form(id_, whole["title"], **texts, fields=tuple(fields))


def _field(name: str, spec: Document) -> Field:
    named, sources = tuple(spec.get("facts", ())), tuple(spec.get("from", ()))
    required, standing = spec.get("required", True), spec.get("standing", False)
    return Field(name, spec["title"], spec.get("citation", ""), required, standing, named, sources)


def fill(
    form: Form, incident: Incident, texts: Mapping[str, str], recorded: Mapping[str, Answer], held: Mapping[str, str]
) -> list[Filled]:
    """Every field in order. Of the facts in `held` nothing is told but that they are there, and by which label."""
    return [
        _filled(form, field, incident, [*_answers(field, incident, texts, recorded, held)], held)
        for field in form.fields
    ]


def _answers(
    field: Field,
    incident: Incident,
    texts: Mapping[str, str],
    recorded: Mapping[str, Answer],
    held: Mapping[str, str],
) -> Iterator[Answer]:
    """What answers it, the best first; where all that is known is held, nothing weaker takes its place."""
    known = _known(field, incident)
    told = [_fact(incident, name) for name in known if name not in held]
    if known and not told:
        return
    yield from sorted(told, key=lambda answer: answer.status != "confirmed")
    if field.standing:
        yield from (Answer(texts[name], "standing", f"filings.yaml, {name}") for name in field.facts if name in texts)
    yield from (recorded[name] for name in field.sources if name in recorded)


def _filled(form: Form, field: Field, incident: Incident, answers: list[Answer], held: Mapping[str, str]) -> Filled:
    if answers:
        value, status, source = answers[0]
        sure = f"crisisctl fact confirm {source.partition(' ')[2]} -i {incident.id}" if status == "unconfirmed" else ""
        return Filled(field, value, status, source, sure)
    if known := _known(field, incident):
        remedy = f"its label keeps it in the room; to take it along: --include {held[known[0]]}"
        return Filled(field, None, WITHHELD, remedy=remedy)
    return Filled(field, None, MISSING, remedy="; or ".join(_ways(form, field, incident)) or BY_HAND)


def _known(field: Field, incident: Incident) -> list[str]:
    return [name for name in field.facts if _has_value(incident, name)]


def _has_value(incident: Incident, name: str) -> bool:
    fact = incident.facts.get(name)
    return fact is not None and fact.value is not None and fact.status != "retracted"


def _fact(incident: Incident, name: str) -> Answer:
    fact = incident.facts[name]
    value = facts.plain(incident.playbook.facts.get(name), fact.value or "")
    told = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return Answer(told, fact.status, f"fact {name}")


def _ways(form: Form, field: Field, incident: Incident) -> Iterator[str]:
    """What would supply the answer."""
    asked = [name for name in field.facts if name in incident.playbook.facts]
    if asked:
        yield f"crisisctl fact set {asked[0]} VALUE -i {incident.id}"
    elif field.standing:
        yield f"keep it in filings.yaml, as texts: {{{field.facts[0]}: ...}}"
    elif field.facts:
        yield f"{BY_HAND}; a playbook can ask for it as the fact {field.facts[0]}"
    for name in field.sources:
        if way := SOURCES[name].format(clock=form.clock, after=form.after or "CLOCK", incident=incident.id):
            yield way
