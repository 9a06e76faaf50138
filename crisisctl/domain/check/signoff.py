"""The checks of who signs a statement off and how often it is followed up; both may differ by severity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crisisctl.domain.check.forms import LARGEST, duration, entries, fields, items, unrepeated, whole
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, shown
from crisisctl.domain.publication import ELSE, is_quorum

_NEXT = "write [ROLE, ROLE] for all of them, or {any: 2, of: [ROLE, ROLE, ROLE]}"


def approvals(here: Place, value: object, known: Known) -> set[str]:
    """A list of roles, so many of them, or either by severity; the roles that may have to approve."""
    if not isinstance(value, dict) or is_quorum(value):
        return set(_quorum(here, value, known))
    found: set[str] = set()
    for at, one in _by_severity(here, value, known):
        found |= set(_quorum(at, one, known))
    if ELSE not in value and (left := [one for one in known.severities.known or () if one not in value]):
        message = f"nobody is named who approves at {', '.join(shown(one) for one in left[:3])}"
        here.error("severity-without-approval", message, f"add else: [ROLE], or {left[0]}: [ROLE]", key=True)
    return found


def _by_severity(here: Place, value: dict[Any, Any], known: Known) -> Iterator[tuple[Place, object]]:
    for level, at, one in entries(here, value, "severity"):
        if level != ELSE:
            known.severities.refer(at, level, key=True)
        yield at, one


def _quorum(here: Place, value: object, known: Known) -> list[str]:
    if not isinstance(value, dict):
        return _roles(here, value, known)
    has = fields(here, value, ("any", "of"), ("any", "of"))
    roles = _roles(here.at("of"), has.get("of"), known)
    if "any" in has:
        need = whole(here.at("any"), has["any"], 1, LARGEST, "bad-quorum")
        most = len(has["of"] or ()) if isinstance(has.get("of", ""), list | None) else None
        if need is not None and most is not None and need > most:
            message = f"{need} approvals are asked of {most} role{'' if most == 1 else 's'}"
            here.at("any").error("bad-quorum", message, f"write a number from 1 to {most}" if most else _NEXT)
    return roles


def _roles(here: Place, value: object, known: Known) -> list[str]:
    if isinstance(value, str):
        here.wrong(value, "a list of roles", _NEXT)
        return []
    places = unrepeated(here, value, "duplicate-approval")
    return [role for place, one in places if (role := known.roles.refer(place, one)) is not None]


def cadence(here: Place, value: object, known: Known) -> None:
    """A duration, a list of phases, or either by severity."""
    if isinstance(value, dict):
        for at, one in _by_severity(here, value, known):
            _paces(at, one)
    else:
        _paces(here, value)


def _paces(here: Place, value: object) -> None:
    if not isinstance(value, list):
        duration(here, value, zero=False)
        return
    if not value:
        here.error("empty-phases", f"{here} has no phase", "write [{for: 2h, every: 20m}, {every: 60m}]")
    for number, (at, one) in enumerate(items(here, value), 1):
        has = fields(at, one, ("for", "every"), ("every",))
        for key in ("for", "every"):
            if key in has:
                duration(at.at(key), has[key], zero=False)
        if "for" not in has and number < len(value):
            message = f"{at} has no end, so the phases after it never come"
            at.error("endless-phase", message, "add for: 2h, or put it last", key=True)


def delegate(here: Place, value: object, asked: set[str], known: Known) -> None:
    """After how long of silence which role may approve in whose place."""
    has = fields(here, value, ("after", "to"), ("after", "to"))
    if "after" in has:
        duration(here.at("after"), has["after"], zero=False)
    refer = known.roles.refer
    for role, at, other in entries(here.at("to"), has.get("to"), "role"):
        known_role, stand_in = refer(at, role, key=True), refer(at, other)
        if known_role and role not in asked:
            message = f"{shown(role)} is not asked to approve, so nobody can in its place"
            at.error("delegate-of-nobody", message, "add it to approvals, or remove this line", key=True)
        elif known_role and stand_in == role:
            at.error("delegate-is-itself", f"{shown(role)} stands in for itself", "name another role")
