"""The checks of the statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crisisctl.domain.check.forms import duration, entries, fields, name, offer, unrepeated
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, shown

_STATEMENT = ("template", "audiences", "channels", "approvals", "due", "update_every")
_PART = r"[a-z0-9][a-z0-9_.-]{0,63}"
_TEMPLATE = re.compile(rf"{_PART}(?:/{_PART}){{0,7}}")


def is_template_name(value: object) -> bool:
    """True for a file in the folder of templates or in folders inside: no way up, nothing absolute, nothing hidden."""
    return isinstance(value, str) and ".." not in value and _TEMPLATE.fullmatch(value) is not None


def statements(here: Place, value: object, known: Known) -> None:
    """Each has a template, and somebody to speak to, a way there and somebody who approves it."""
    for id_, at, spec in entries(here, value, "statement"):
        has = fields(at, spec, _STATEMENT, ("template",))
        if "template" in has:
            _template(at.at("template"), has["template"], known)
        for key, what in (("audiences", "audience"), ("channels", "channel")):
            for place, one in unrepeated(at.at(key), has.get(key)):
                name(place, one, what)
        for place, role in unrepeated(at.at("approvals"), has.get("approvals"), "duplicate-approval"):
            known.roles.refer(place, role)
        if "due" in has:
            duration(at.at("due"), has["due"])
        if "update_every" in has:
            duration(at.at("update_every"), has["update_every"], zero=False)
        if isinstance(spec, dict):
            _gaps(at, id_, has)


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
