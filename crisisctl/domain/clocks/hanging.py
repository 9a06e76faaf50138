"""On which facts of a playbook a clock hangs: those it is told, else those that are called like its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from crisisctl.domain.clocks import given
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.names import squeezed

if TYPE_CHECKING:
    from crisisctl.domain.playbook import ClockSpec


def hangs_on(clock: Clock, spec: ClockSpec, facts: Collection[str]) -> dict[str, str]:
    """The playbook's fact, one of `facts`, for each fact of the clock that has one, by the catalogue's names.

    What `spec` names is taken, else what has the same name, with or without `_at`. The start of a chained clock is a
    filing, and so hangs on no fact.
    """
    told = named(clock, spec)
    pairs = ((own, told.get(own) or alike(own, facts)) for own in dict.fromkeys([*wanted(clock), *told]))
    return {own: name for own, name in pairs if name is not None and name in facts}


def wanted(clock: Clock) -> tuple[str, ...]:
    """The facts without which the clock cannot be computed, its start first; that of a chained clock is no fact."""
    return tuple(own for own in clock.facts if clock.chained_to is None or own != clock.start)


def named(clock: Clock, spec: ClockSpec) -> Mapping[str, str]:
    """What the playbook says of the clock's facts, by the catalogue's names; not what the clock does not look at."""
    told = {given.fact(name, clock): fact for name, fact in spec.facts.items()}
    if spec.start is not None:
        told[clock.start] = spec.start
    own = set(given.facts(clock)) - ({clock.start} if clock.chained_to else set())
    return {name: fact for name, fact in told.items() if name in own}


def alike(own: str, facts: Collection[str]) -> str | None:
    """The fact of that name, else the first that is called so but for `_at`."""
    return own if own in facts else next((name for name in facts if _bare(name) == _bare(own)), None)


def _bare(name: str) -> str:
    return squeezed(name.removesuffix("_at"))
