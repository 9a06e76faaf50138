"""What people type and files hold, as facts and answers: by name, a time being a fact and anything else an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from crisisctl.domain.clocks.applying import PEOPLE, canonical
from crisisctl.domain.clocks.catalogue import ENTITY, Clock
from crisisctl.domain.clocks.names import squeezed
from crisisctl.domain.clocks.outcome import Answer, Known
from crisisctl.domain.clocks.when import moment

CALENDAR = "calendar"  # the answer that names another calendar than that of the place
DUE = "original_due_date"
_TIME = re.compile(r"\s*\d{4}-?\d\d-?\d\d[T ]\d", re.IGNORECASE)


def known(
    clock: Clock,
    trigger: datetime | None,
    inputs: Mapping[str, object],
    place: tzinfo | None,
    *,
    kind: str | None = None,
    later: bool = False,
) -> Known:
    """What is known when a time is that of the fact `kind`, or of the clock's usual one, and from the inputs."""
    facts: dict[str, datetime] = {} if trigger is None else {kind or clock.trigger: trigger}
    answers: dict[str, Answer] = {}
    for name, value in inputs.items():
        if isinstance(value, str) and _TIME.match(value):
            facts[fact(name, clock)] = moment(value, place, later=later)
        elif isinstance(value, str | int | bool):
            answers[canonical(name)] = _word(value) if name == ENTITY else value
    return Known(facts, answers, place)


def _word(value: Answer) -> str:
    return re.sub(r"[\s-]+", "_", str(value).strip().casefold())


def fact(name: str, clock: Clock) -> str:
    """The fact of the clock that is meant: `aware` is also `aware_at`, and `classified` the only one that begins so."""
    told = squeezed(name.removesuffix("_at"))
    own = facts(clock)
    for match in (
        [one for one in own if squeezed(one) == told],
        [one for one in own if squeezed(one).startswith(told)],
    ):
        if len(match) == 1:
            return match[0]
    return name


def facts(clock: Clock) -> tuple[str, ...]:
    """The facts that the clock looks at."""
    return tuple(dict.fromkeys([clock.trigger, *clock.facts, *((DUE,) if clock.rule.cut_off else ())]))


def answers(clock: Clock) -> tuple[str, ...]:
    """The answers that the clock looks at."""
    return (*(limit.name for limit in clock.only), *((ENTITY,) if clock.roll_denied else ()), CALENDAR)


def strange(clock: Clock, names: Iterable[str]) -> list[str]:
    """The inputs at which the clock does not look."""
    own = {*facts(clock), *answers(clock)}
    return [name for name in names if fact(name, clock) not in own and canonical(name) not in own | {PEOPLE}]
