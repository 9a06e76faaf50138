"""The checks of the statements: their templates, their readers, and what must be out before them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crisisctl.domain.check.forms import duration, entries, fields, flag, name, offer, one_of, unrepeated
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, shown
from crisisctl.domain.check.signoff import approvals, cadence, delegate
from crisisctl.domain.locale import is_language
from crisisctl.domain.publication import PHASES

_STATEMENT = (
    "template",
    "audiences",
    "channels",
    "languages",
    "approvals",
    "preapproved",
    "delegate",
    "minimal",
    "after",
    "phase",
    "due",
    "update_every",
)
_PART = r"[a-z0-9][a-z0-9_.-]{0,63}"
_TEMPLATE = re.compile(rf"{_PART}(?:/{_PART}){{0,7}}")


def is_template_name(value: object) -> bool:
    """True for a file in the folder of templates or in folders inside: no way up, nothing absolute, nothing hidden."""
    return isinstance(value, str) and ".." not in value and _TEMPLATE.fullmatch(value) is not None


def statements(here: Place, value: object, known: Known) -> None:
    """Each has a template, and somebody to speak to, a way there and somebody who approves it."""
    for id_, at, spec in entries(here, value, "statement"):
        has = fields(at, spec, _STATEMENT, ("template",))
        for key in ("template", "minimal"):
            if key in has:
                _template(at.at(key), has[key], known)
        for key, what in (("audiences", "audience"), ("channels", "channel")):
            for place, one in unrepeated(at.at(key), has.get(key)):
                name(place, one, what)
        _timing(at, has)
        _signoff(at, has, known)
        _before(at, id_, has, value, known)
        if isinstance(spec, dict):
            _gaps(at, id_, has)


def _timing(at: Place, has: Mapping[str, Any]) -> None:
    for place, one in unrepeated(at.at("languages"), has.get("languages"), "duplicate-language"):
        _language(place, one)
    if "phase" in has:
        one_of(at.at("phase"), has["phase"], PHASES, "bad-phase")
    if "due" in has:
        duration(at.at("due"), has["due"])


def _signoff(at: Place, has: Mapping[str, Any], known: Known) -> None:
    if "update_every" in has:
        cadence(at.at("update_every"), has["update_every"], known)
    asked = approvals(at.at("approvals"), has.get("approvals"), known)
    if "preapproved" in has:
        flag(at.at("preapproved"), has["preapproved"])
    if "delegate" in has:
        delegate(at.at("delegate"), has["delegate"], asked, known)


def _language(here: Place, value: object) -> None:
    remedy = "write its code, such as en, de or de-AT"
    if not isinstance(value, str):
        here.wrong(value, "a language", f"{remedy}, in quotes")
    elif not is_language(value):
        here.error("bad-language", f"{shown(value)} is not the code of a language", remedy)


def _before(at: Place, id_: str, has: Mapping[str, Any], every: object, known: Known) -> None:
    """What must be out first is foreseen, and does not in turn wait for this one."""
    for place, one in unrepeated(at.at("after"), has.get("after")):
        if known.statements.refer(place, one) is None:
            continue
        if id_ == one or id_ in _waits_for(every, str(one)):
            round_ = "itself" if id_ == one else f"{shown(one)}, which waits for {shown(id_)}"
            place.error("after-in-a-circle", f"{shown(id_)} waits for {round_}", "remove one of them from after")


def _waits_for(every: object, id_: str) -> set[str]:
    """The statements that must be out before this one, and before those."""
    found: set[str] = set()
    ahead = [id_]
    while ahead and isinstance(every, dict):
        spec = every.get(ahead.pop())
        after = spec.get("after") if isinstance(spec, dict) else None
        new = {one for one in after if isinstance(one, str)} - found if isinstance(after, list) else set()
        found |= new
        ahead += new
    return found


def _template(here: Place, value: object, known: Known) -> None:
    if not is_template_name(value):
        remedy = "write a file in the templates folder, in a to z, 0 to 9, - _ and ., such as holding/data-breach.md.j2"
        here.error("bad-template-name", f"{shown(value)} cannot name a template", remedy)
    elif known.templates is not None and value not in known.templates:
        near = offer(here, str(value), tuple(known.templates))
        remedy = f"create it in the templates folder{f', or write {near}' if near else ''}"
        here.error("template-missing", f"there is no template {shown(value)}", remedy)


def _gaps(here: Place, id_: str, has: Mapping[str, Any]) -> None:
    gaps = (
        ("audiences", "no-audience", "is addressed to nobody", "add audiences: [customers]"),
        ("channels", "no-channel", "has no channel to go out by", "add channels: [status-page]"),
        ("approvals", "one-approver-short", "can go out without anyone's approval", "add approvals: [ROLE]"),
    )
    for key, rule, message, remedy in gaps:
        if not has.get(key):
            place = here.at(key) if key in has else here
            place.warn(rule, f"statement {shown(id_)} {message}", remedy, key=True)
