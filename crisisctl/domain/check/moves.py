"""The checks of the transitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crisisctl.domain.check.forms import entries, fields, items, name, one_of, unrepeated
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.playbook import STATEMENT_STATES

_MOVE = ("trigger", "from", "to", "by", "because", "requires")
_NEEDS = ("facts", "roles", "stages", "statements", "tasks")


def transitions(here: Place, value: object, known: Known) -> None:
    """Each leads from stages that exist and do not end the incident to one that exists."""
    for at, spec in items(here, value):
        has = fields(at, spec, _MOVE, ("trigger", "from", "to"))
        if "trigger" in has:
            name(at.at("trigger"), has["trigger"], "trigger")
        sources = list(_sources(at.at("from"), has["from"], known)) if "from" in has else []
        to = known.stages.refer(at.at("to"), has["to"]) if "to" in has else None
        if to is not None:
            _entry(at.at("to"), sources, to, known)
        _conditions(at, has, known)


def _sources(here: Place, value: object, known: Known) -> Iterator[str]:
    """The stages that a transition leaves; reports those that it cannot."""
    if value == "*":
        yield from known.anywhere
        return
    if value is None or value == []:
        here.error("empty-list", "the transition leaves no stage", 'write a stage, a list of them, or "*"', key=True)
        return
    for at, one in [(here, value)] if isinstance(value, str) else unrepeated(here, value):
        if one == "*":
            at.error("unknown-stage", '"*" cannot stand in a list', 'write from: "*" alone')
        elif path := known.stages.refer(at, one):
            if known.is_final(path):
                message = f"stage {shown(path)} is final, so nothing leads out of it"
                at.error("move-from-final", message, "remove it; a closed incident is reopened with its own command")
            yield path


def _entry(here: Place, sources: list[str], to: str, known: Known) -> None:
    """A parallel stage is entered whole, and its regions move alone.

    To enter one region from outside would leave the others in no stage at all; from another region, it would leave that
    region where it is and put this one somewhere else.
    """
    parts = to.split(".")
    for depth in range(1, len(parts)):
        whole = ".".join(parts[:depth])
        if not known.is_parallel(whole):
            continue
        region = ".".join(parts[: depth + 1])
        outside = next((path for path in sources if not _beside(path, whole, region)), None)
        if outside is not None:
            message = f"{shown(to)} is inside one region of the parallel stage {shown(whole)}, {shown(outside)} is not"
            here.error("partial-entry", message, f"enter the parallel stage itself: to: {plain(whole)}")
            return


def _beside(path: str, whole: str, region: str) -> bool:
    return path == whole or f"{path}.".startswith(f"{region}.")


def _conditions(here: Place, has: Mapping[str, Any], known: Known) -> None:
    if "by" in has:
        for at, one in unrepeated(here.at("by"), has["by"]):
            known.roles.refer(at, one)
        if has["by"] is None or has["by"] == []:
            remedy = "name the roles, or remove by, so that anyone who holds a role may"
            here.at("by").error("empty-list", "the transition is permitted to nobody", remedy, key=True)
    if "because" in has:
        one_of(here.at("because"), has["because"], ("required", "optional"), "bad-because")
    if "requires" in has:
        _requirement(here.at("requires"), has["requires"], known)


def _requirement(here: Place, value: object, known: Known) -> None:
    has = fields(here, value, _NEEDS)
    kinds = {"facts": known.facts, "roles": known.roles, "stages": known.stages, "tasks": known.tasks}
    for key, names in kinds.items():
        for at, one in unrepeated(here.at(key), has.get(key)):
            names.refer(at, one)
    for id_, at, state in entries(here.at("statements"), has.get("statements"), "statement"):
        known.statements.refer(at, id_, key=True)
        one_of(at, state, STATEMENT_STATES, "bad-statement-state")
