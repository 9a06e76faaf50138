"""The checks of a playbook's head: its id, title, severities, roles and facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from keyword import iskeyword

from crisisctl.domain.check import forms
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.playbook import FACT_TYPES

_FACT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN = 6
# Words that a template reads as its own, beside those of Python.
_TEMPLATE_WORD = re.compile(
    "autoescape|block|call|caller|extends|false|filter|include|kwargs|loop|macro|none|print|self|set|super|true|varargs"
)


def playbook_id(here: Place, value: object, known: Known) -> None:
    """The id can be a name and is the file's."""
    if forms.name(here, value, "playbook") and known.stem is not None and value != known.stem:
        message = f"this playbook is called {shown(value)} but its file {shown(known.stem)}"
        here.error("id-not-file-name", message, f"write {plain(known.stem)}, or rename the file")


def version(here: Place, value: object, _known: Known) -> None:
    """A whole number from 1."""
    forms.whole(here, value, 1, forms.LARGEST, "bad-version")


def title(here: Place, value: object, _known: Known) -> None:
    """One line."""
    forms.line(here, value)


def summary(here: Place, value: object, _known: Known) -> None:
    """Text."""
    forms.prose(here, value)


def severities(here: Place, value: object, _known: Known) -> None:
    """At least one name, none twice."""
    if value is None or value == []:
        remedy = "list them, most severe first: [sev1, sev2, sev3]"
        here.error("no-severities", "there is no severity", remedy, key=True)
    for at, one in forms.unrepeated(here, value, "duplicate-severity"):
        forms.name(at, one, "severity")


def last_drilled(here: Place, value: object, _known: Known) -> None:
    """A calendar day."""
    if not (isinstance(value, date) or (isinstance(value, str) and _is_day(value))):
        here.error("bad-date", f"{here} is not a day: {shown(value)}", "write it as 2026-10-01")


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


def roles(here: Place, value: object, known: Known) -> None:
    """At least one role; deputies exist and lead back to nobody."""
    if value is None or value == {}:
        here.error(
            "no-roles", "there is no role, so nobody could act", "add at least one, such as comms-lead", key=True
        )
    deputies: dict[str, str] = {}
    for id_, at, spec in forms.entries(here, value, "role"):
        has = forms.fields(at, spec, ("title", "required", "deputy"))
        if "title" in has:
            forms.line(at.at("title"), has["title"])
        if "required" in has:
            forms.flag(at.at("required"), has["required"])
        if "deputy" in has and (deputy := known.roles.refer(at.at("deputy"), has["deputy"])):
            deputies[id_] = deputy
    for circle in _circles(deputies):
        more = ["…"] if len(circle) > _SHOWN else []
        message = f"the deputies run in a circle: {' → '.join(map(plain, [*circle[:_SHOWN], *more, circle[0]]))}"
        here.at(circle[0], "deputy").error("deputy-loop", message, "remove one of these deputies")


def _circles(deputies: Mapping[str, str]) -> Iterator[list[str]]:
    done: set[str] = set()
    for start in deputies:
        chain: dict[str, int] = {}
        role = start
        while role in deputies and role not in done and role not in chain:
            chain[role] = len(chain)
            role = deputies[role]
        if role in chain:
            yield list(chain)[chain[role] :]
        done.update(chain)


def facts(here: Place, value: object, _known: Known) -> None:
    """Names that a template can use, and types that exist."""
    for id_, at, spec in forms.entries(here, value, "fact", _fact_name):
        has = forms.fields(at, spec, ("type", "ask", "choices"))
        if "type" in has:
            forms.one_of(at.at("type"), has["type"], FACT_TYPES, "bad-fact-type")
        if "ask" in has:
            forms.prose(at.at("ask"), has["ask"])
        for place, choice in forms.unrepeated(at.at("choices"), has.get("choices")):
            forms.line(place, choice)
        if has.get("type") != "choice" and "choices" in has:
            message = f"fact {shown(id_)} has choices but is not of the type choice"
            at.at("choices").error("choices-unused", message, "write type: choice, or remove choices", key=True)
        elif has.get("type") == "choice" and not has.get("choices"):
            message = f"fact {shown(id_)} is a choice without choices"
            at.error("choices-missing", message, "add choices: [one, another]", key=True)


def _fact_name(here: Place, value: object, what: str, *, key: bool) -> str | None:
    text = str(value)
    if not _FACT.fullmatch(text):
        idea = re.sub(r"[^a-z0-9]+", "_", text[:64].lower()).strip("_0123456789") or "affected_accounts"
        remedy = f"use a to z, 0 to 9 and _, beginning with a letter, such as {idea}"
        here.error("bad-name", f"{shown(value)} cannot name a {what}", remedy, key=key)
    elif iskeyword(text) or _TEMPLATE_WORD.fullmatch(text):
        here.error("bad-name", f"{shown(value)} has a meaning of its own in templates", f"write the_{text}", key=key)
    else:
        return text
    return None
