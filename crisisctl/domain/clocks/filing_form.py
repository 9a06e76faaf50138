"""What is wrong with a file of filing forms, found in one run, each mistake with its place and remedy."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from crisisctl.domain.check import forms
from crisisctl.domain.check.forms import Naming
from crisisctl.domain.check.place import Place, Problem, shown
from crisisctl.domain.clocks.catalogue import Document
from crisisctl.domain.clocks.filing import HEAD, SOURCES

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FORM = ("title", "citation", "note", "like", "after", "layout", "fields")
_FIELD = ("title", "citation", "required", "standing", "facts", "from", "omit")


def check(document: object, clocks: Collection[str], shipped: Document | None = None) -> list[Problem]:
    """Every problem of a document; what it is laid over need not be said again. Never raises."""
    here = Place([], ())
    has = forms.fields(here, document, ("texts", "forms"))
    for _, at, text in forms.entries(here.at("texts"), has.get("texts"), "text", _name):
        forms.prose(at, text)
    base, own = (shipped or {}).get("forms") or {}, has.get("forms")
    every = {**base, **(own if isinstance(own, dict) else {})}
    for id_, at, form in forms.entries(here.at("forms"), own, "form", _among(clocks, "unknown-clock")):
        _form(at, form, base.get(id_) or {}, every, clocks)
    return here.problems


def _form(here: Place, value: object, base: Document, every: Document, clocks: Collection[str]) -> None:
    has = forms.fields(here, value, _FORM, () if base or _like(value) else ("title", "fields"))
    for name in ("title", "citation"):
        if name in has:
            forms.line(here.at(name), has[name])
    for name in ("note", "layout"):
        if name in has:
            forms.prose(here.at(name), has[name])
    if "after" in has:
        _among(clocks, "unknown-clock")(here.at("after"), has["after"], "clock", key=False)
    if "like" in has:
        _model(here.at("like"), has["like"], every)
    there = {**_fields(every.get(_like(value) or _like(base))), **_fields(base)}
    for id_, at, field in forms.entries(here.at("fields"), has.get("fields"), "field", _field_name):
        _field(at, field, is_new=id_ not in there)


def _like(form: object) -> str:
    told = form.get("like") if isinstance(form, dict) else None
    return told if isinstance(told, str) else ""


def _fields(form: object) -> dict[str, Any]:
    told = form.get("fields") if isinstance(form, dict) else None
    return told if isinstance(told, dict) else {}


def _model(here: Place, value: object, every: Document) -> None:
    """A form can be like one that stands by itself: then there is no chain to follow, and no circle."""
    _among(every, "unknown-form")(here, value, "form", key=False)
    if isinstance(value, str) and (other := _like(every.get(value))):
        here.error("bad-like", f"{shown(value)} is itself like {shown(other)}", f"write {other}")


def _field(here: Place, value: object, *, is_new: bool) -> None:
    has = forms.fields(here, value, _FIELD, ("title",) if is_new else ())
    for name in ("title", "citation"):
        if name in has:
            forms.line(here.at(name), has[name])
    for name in ("required", "standing", "omit"):
        if name in has:
            forms.flag(here.at(name), has[name])
    for at, fact in forms.unrepeated(here.at("facts"), has.get("facts")):
        _name(at, fact, "fact", key=False)
    for at, source in forms.unrepeated(here.at("from"), has.get("from")):
        forms.one_of(at, source, tuple(SOURCES), "unknown-source")


def _name(here: Place, value: object, what: str, *, key: bool) -> str | None:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    remedy = "use a to z, 0 to 9 and _, beginning with a letter, such as dpo_contact"
    here.error("bad-name", f"{shown(value)} cannot name a {what}", remedy, key=key)
    return None


def _field_name(here: Place, value: object, what: str, *, key: bool) -> str | None:
    if value in HEAD:
        here.error("taken-name", f"layouts know {shown(value)} as something else", "choose another name", key=key)
        return None
    return _name(here, value, what, key=key)


def _among(known: Collection[str], rule: str) -> Naming:
    def naming(here: Place, value: object, what: str, *, key: bool) -> str | None:
        if isinstance(value, str) and value in known:
            return value
        near = forms.offer(here, value, [*known]) if isinstance(value, str) else None
        remedy = f"write {near}" if near else "crisisctl clock list names them all"
        here.error(rule, f"there is no {what} {shown(value)}", remedy, key=key)
        return None

    return naming
