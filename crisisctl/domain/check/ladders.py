"""The checks of the escalations."""

from __future__ import annotations

from datetime import timedelta

from crisisctl.domain.check.forms import duration, entries, fields, items, one_of, unrepeated, whole
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, shown

_LADDER = ("until", "ack_timeout", "repeat", "if_empty", "steps")
MOST_REPEATS = 100


def escalations(here: Place, value: object, known: Known) -> None:
    """Each has steps, in order of time, that reach somebody or move the incident."""
    for _, at, spec in entries(here, value, "escalation"):
        has = fields(at, spec, _LADDER, ("steps",))
        if "until" in has:
            one_of(at.at("until"), has["until"], ("acknowledged", "left"), "bad-until")
        if "ack_timeout" in has:
            duration(at.at("ack_timeout"), has["ack_timeout"], zero=False)
        if "repeat" in has:
            _repeat(at.at("repeat"), has["repeat"])
        if "if_empty" in has:
            _if_empty(at.at("if_empty"), has["if_empty"], known)
        if "steps" in has:
            _steps(at.at("steps"), has["steps"], known)


def _repeat(here: Place, value: object) -> None:
    has = fields(here, value, ("times", "every"), ("times",) if value else ())
    times = whole(here.at("times"), has["times"], 0, MOST_REPEATS, "bad-repeat") if "times" in has else None
    if "every" in has:
        duration(here.at("every"), has["every"], zero=times == 0, rule="bad-repeat")
    elif times:
        here.error("bad-repeat", f"{here} does not say after how long to begin again", "add every: 20m", key=True)


def _if_empty(here: Place, value: object, known: Known) -> None:
    if isinstance(value, dict):
        has = fields(here, value, ("fallback",), ("fallback",))
        if "fallback" in has:
            known.roles.refer(here.at("fallback"), has["fallback"])
    elif value not in ("skip", "wait"):
        near = " with the role that takes over" if value == "fallback" else ""
        remedy = f"write skip, wait or {{fallback: ROLE}}{near}"
        here.error("bad-if-empty", f"{here} cannot be {shown(value)}", remedy)


def _steps(here: Place, value: object, known: Known) -> None:
    if value is None or value == []:
        here.error("empty-steps", f"{here} has no step", "add one, such as {after: 0m, notify: [comms-lead]}", key=True)
    latest = timedelta(0)
    for at, spec in items(here, value):
        has = fields(at, spec, ("after", "notify", "advance"), ("after",))
        after = duration(at.at("after"), has["after"]) if "after" in has else None
        if after is not None and after < latest:
            at.at("after").error("steps-out-of-order", f"{at} comes before the one above it", "sort the steps by after")
        latest = max(latest, after or latest)
        for place, role in unrepeated(at.at("notify"), has.get("notify")):
            known.roles.refer(place, role)
        if "advance" in has:
            known.triggers.refer(at.at("advance"), has["advance"])
        if isinstance(spec, dict) and not has.get("notify") and not has.get("advance"):
            remedy = "add notify: [ROLE] or advance: TRIGGER"
            at.error("step-does-nothing", f"{at} neither notifies nor advances", remedy)
