"""Whether a clock applies at all: its time, and the answers that it hangs on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crisisctl.domain.clocks.catalogue import Clock, Limit
from crisisctl.domain.clocks.faults import Uncomputable
from crisisctl.domain.clocks.names import squeezed
from crisisctl.domain.clocks.outcome import Answer

PEOPLE = "people"
_PEOPLE = ("people", "individual", "resident", "consumer", "person", "affected", "datasubject", "customer")


def not_applicable(clock: Clock, start: datetime, answers: Mapping[str, Answer]) -> str | None:
    """The sentence that says why not; None when nothing known speaks against it. What is not answered is not known."""
    day = start.date()
    if clock.since and day < clock.since:
        return f"Not applicable: {clock.regime} applies here from {clock.since}, and this began on {day}."
    if clock.until and day > clock.until:
        return f"Not applicable: this was the rule until {clock.until}, and this began on {day}."
    if clock.status == "disabled":
        return "Not applicable: this workspace has disabled the clock."
    named = {canonical(name): value for name, value in answers.items()}
    return next(
        (no for limit in clock.only if limit.name in named and (no := _outside(limit, named[limit.name]))),
        _denied(clock, named),
    )


def _denied(clock: Clock, answers: Mapping[str, Answer]) -> str | None:
    """A question that a clock asks is asked so that a no speaks against it."""
    asked = (one for one in clock.asks if one.type == "boolean" and one.name in answers)
    bounded = {limit.name for limit in clock.only}
    no = next((one for one in asked if one.name not in bounded and not _flag(one.name, answers[one.name])), None)
    return f"Not applicable: {no.ask} No." if no else None


def canonical(name: str) -> str:
    """The name under which an answer is known: the number of people has many."""
    told = squeezed(name)
    return PEOPLE if any(word in told for word in _PEOPLE) else name


def _outside(limit: Limit, value: Answer) -> str | None:
    what = limit.name.replace("_", " ")
    if limit.flag is not None:
        return (
            None
            if _flag(limit.name, value) is limit.flag
            else f"Not applicable: {what} is {'no' if limit.flag else 'yes'}."
        )
    if limit.among:
        return None if str(value) in limit.among else f"Not applicable: it is for {what} {' or '.join(limit.among)}."
    number = _number(limit, value)
    if limit.least is not None and number < limit.least:
        return f"Not applicable: it needs {limit.least} {what} or more, and there are {number}."
    if limit.most is not None and number > limit.most:
        return f"Not applicable: it is for at most {limit.most} {what}, and there are {number}."
    return None


def _flag(name: str, value: Answer) -> bool:
    told = str(value).casefold()
    if told not in ("true", "false", "yes", "no"):
        raise Uncomputable("bad_input", f"{name} is yes or no, not {told[:40]!r}.")
    return told in ("true", "yes")


def _number(limit: Limit, value: Answer) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise Uncomputable("bad_input", f"{limit.name} is a whole number such as 1200, not {str(value)[:40]!r}.")
    return int(value)
