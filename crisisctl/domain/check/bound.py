"""The checks of a playbook's clocks against the catalogue: all warnings, for a change there must stop no incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crisisctl.domain.check.forms import offer
from crisisctl.domain.check.known import Known
from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.clocks import given
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.faults import SeveralClocks, UnknownClock
from crisisctl.domain.clocks.hanging import alike, hangs_on, named, wanted
from crisisctl.domain.clocks.names import find
from crisisctl.domain.playbook import ClockSpec

_ENOUGH = 100


def bound(told: Iterable[tuple[Place, ClockSpec]], known: Known, catalogue: Mapping[str, Clock]) -> None:
    """Each is in the catalogue, once; it can raise an alarm; and what it counts from is asked for."""
    seen: dict[str, str] = {}
    for at, spec in told:
        clock = _clock(at, spec.name, catalogue)
        if clock is None:
            continue
        if clock.id in seen:
            if spec.name != seen[clock.id]:  # else it stands twice in the list, which has been told
                message = f"{plain(spec.name)} and {plain(seen[clock.id])} are the same clock, {clock.id}"
                at.warn("duplicate-clock", message, "remove one of the two", key=True)
            continue
        seen[clock.id] = spec.name
        if clock.alarms:
            _strangers(at, spec, clock)
            _asked(at, spec, clock, known)
        else:
            message = f"{clock.id} is {clock.status}, so it raises no alarm"
            at.warn("silent-clock", message, "remove it, or name one that is in force: crisisctl clock list", key=True)


def _clock(at: Place, name: str, catalogue: Mapping[str, Clock]) -> Clock | None:
    """The clock of that name. After a hundred problems only ids are looked up: the search would cost too much."""
    if len(at.problems) >= _ENOUGH:
        return catalogue.get(name)
    try:
        return find(name, catalogue)
    except SeveralClocks as several:
        message, remedy = f"{shown(name)} is several clocks", f"write one of them: {', '.join(several.ids)}"
    except UnknownClock:
        near = offer(at, name, tuple(catalogue))
        message = f"the catalogue has no clock {shown(name)}"
        remedy = f"write {near}" if near else "look at crisisctl clock list, or add it to clocks.yaml"
    at.warn("unknown-clock", message, remedy, key=True)
    return None


def _strangers(at: Place, spec: ClockSpec, clock: Clock) -> None:
    """Facts of which the playbook speaks and at which the clock does not look."""
    if spec.start and clock.chained_to:
        message = f"{clock.id} starts with our filing of {clock.chained_to} and not with a fact"
        at.at("from").warn("unused-clock-fact", message, "remove from", key=True)
    own = given.facts(clock)
    for name in spec.facts:
        if given.fact(name, clock) not in own:
            message, remedy = f"{clock.id} does not look at {plain(name)}", f"write one of these: {', '.join(own)}"
            at.at("with", name).warn("unused-clock-fact", message, remedy, key=True)


def _asked(at: Place, spec: ClockSpec, clock: Clock, known: Known) -> None:
    """That the room is asked for each fact without which the clock cannot be computed."""
    if known.facts.known is None:
        return
    hangs = hangs_on(clock, spec, [name for name, fact in known.fact_specs.items() if _has(fact, "type") == "datetime"])
    for own in wanted(clock):
        counts = f"{clock.id} starts with" if own == clock.start else f"{clock.id} counts from"
        if own in hangs:
            ask = _has(known.fact_specs[hangs[own]], "ask")
            if not (isinstance(ask, str) and ask.strip()):
                message = f"{counts} the fact {plain(hangs[own])}, which nobody is asked for"
                at.warn("clock-without-fact", message, f"give {plain(hangs[own])} a question: ask: When …?", key=True)
        elif own not in named(clock, spec):  # else it names no time, which has been told
            message = f"{counts} {own}, and no fact of the playbook tells that time"
            at.warn("clock-without-fact", message, _remedy(own, clock, known), key=True)


def _remedy(own: str, clock: Clock, known: Known) -> str:
    if other := alike(own, known.fact_specs):
        return f"write type: datetime for the fact {plain(other)}"
    new = f"add the fact {own.removesuffix('_at')}_at: {{type: datetime, ask: When …?}}"
    return f"{new}, or name one: {'from: FACT' if own == clock.start else f'with: {{{own}: FACT}}'}"


def _has(fact: Any, key: str) -> object:  # noqa: ANN401 - what stands in the file
    return fact.get(key) if isinstance(fact, dict) else None
