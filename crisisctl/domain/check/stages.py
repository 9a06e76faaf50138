"""The checks of the stages, how they nest, and their checklists."""

from __future__ import annotations

from typing import Any

from crisisctl.domain.check.forms import duration, entries, fields, flag, line, prose
from crisisctl.domain.check.known import DEEPEST_STAGE, Known, Names
from crisisctl.domain.check.place import Place, plain, shown

_STAGE = ("title", "guidance", "tasks", "escalation", "parallel", "initial", "stages", "final")
_TASK = ("title", "role", "required", "due")


def opening(here: Place, value: object, known: Known) -> None:
    """An incident opens in a top-level stage that is not its end."""
    stage = known.top_stages.refer(here, value)
    if known.is_final(stage):
        message = f"an incident would open in {shown(stage)} and be closed at once"
        here.error("initial-is-final", message, "write another stage")


def stages(here: Place, value: object, known: Known) -> None:
    """There are stages, one of them ends the incident, and each is sound."""
    if value is None or value == {}:
        remedy = "add at least two: one to open in, and one with final: true"
        here.error("no-stages", "there is no stage", remedy, key=True)
    elif isinstance(value, dict) and not any(map(known.is_final, known.top_stages.known or ())):
        remedy = "add a stage such as closed: {title: Closed, final: true}"
        here.error("no-final", "no top-level stage is final, so an incident could never be closed", remedy, key=True)
    _nest(here, value, known, "", 1)


def _nest(here: Place, value: object, known: Known, inside: str, level: int) -> None:
    if level > DEEPEST_STAGE and value:
        message = f"the stages in {plain(inside[:-1])} lie too deep"
        here.error("too-deep", message, f"nest at most {DEEPEST_STAGE} levels of stages", key=True)
        return
    for id_, at, spec in entries(here, value, "stage"):
        has = fields(at, spec, _STAGE)
        _own(at, has, known, nested=bool(inside))
        _family(at, has, f"{inside}{id_}")
        if "stages" in has:
            _nest(at.at("stages"), has["stages"], known, f"{inside}{id_}.", level + 1)


def _own(here: Place, has: dict[str, Any], known: Known, *, nested: bool) -> None:
    if "title" in has:
        line(here.at("title"), has["title"])
    if "guidance" in has:
        prose(here.at("guidance"), has["guidance"])
    for key in ("parallel", "final"):
        if key in has:
            flag(here.at(key), has[key])
    if "escalation" in has:
        known.escalations.refer(here.at("escalation"), has["escalation"])
    if nested and has.get("final") is True:
        remedy = "remove final, and make a top-level stage the end"
        here.at("final").warn("nested-final", "only a top-level final stage closes the incident", remedy, key=True)
    _tasks(here.at("tasks"), has.get("tasks"), known)


def _tasks(here: Place, value: object, known: Known) -> None:
    for _, at, spec in entries(here, value, "task"):
        has = fields(at, spec, _TASK)
        if "title" in has:
            line(at.at("title"), has["title"])
        if "role" in has:
            known.roles.refer(at.at("role"), has["role"])
        if "required" in has:
            flag(at.at("required"), has["required"])
        if "due" in has:
            duration(at.at("due"), has["due"])


def _family(here: Place, has: dict[str, Any], path: str) -> None:
    tree = has.get("stages")
    children = [key for key in tree if isinstance(key, str)] if isinstance(tree, dict) else []
    if children and has.get("final") is True:
        message = f"stage {shown(path)} is final and has stages inside"
        here.at("stages").error("children-on-final", message, "remove final, or the stages inside", key=True)
    if has.get("parallel") is True:
        _regions(here, has, path, len(children))
    elif children:
        _first(here, has, path, children)
    elif "initial" in has:
        message = f"stage {shown(path)} has an initial stage but none inside"
        here.at("initial").error("needless-initial", message, "remove initial, or add stages", key=True)


def _regions(here: Place, has: dict[str, Any], path: str, count: int) -> None:
    if "initial" in has:
        message = f"stage {shown(path)} is parallel, so all its stages are entered at once"
        here.at("initial").error("needless-initial", message, "remove initial, or parallel: true", key=True)
    if count < 2:  # noqa: PLR2004 - one alone runs beside nothing
        message = f"stage {shown(path)} is parallel but has {count or 'no'} stage inside"
        remedy = "put at least two stages inside, or remove parallel: true"
        here.at("parallel").error("too-few-regions", message, remedy, key=True)


def _first(here: Place, has: dict[str, Any], path: str, children: list[str]) -> None:
    if "initial" in has:
        home = f"inside {plain(path)}"
        Names(f"stage {home}", "unknown-stage", home, dict.fromkeys(children)).refer(here.at("initial"), has["initial"])
        return
    message = f"stage {shown(path)} does not say which of its stages comes first"
    remedy = f"add initial: {plain(children[0])}, or parallel: true if all are entered at once"
    here.error("missing-initial", message, remedy, key=True)
