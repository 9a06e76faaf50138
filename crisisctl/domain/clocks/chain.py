"""Chained clocks: our own filing starts the next, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping

from crisisctl.domain.clocks.catalogue import Clock


def with_filing(clock: Clock, facts: Mapping[str, str], filed: str | None) -> dict[str, str]:
    """What is known of a clock, as stamps, when the filing that it waits for was made then; None for not yet.

    A chained clock starts with the first filing of its own clock and with nothing else: two regimes may call their
    filings by the same name, a fact that somebody set is no filing, and a supplement moves nothing.
    """
    if clock.chained_to is None:
        return dict(facts)
    others = {name: at for name, at in facts.items() if name != clock.start}
    return others if filed is None else {**others, clock.start: min(filed, facts.get(clock.start, filed))}


def is_ahead(fact: str) -> bool:
    """Whether the fact may lie in the future: the end of another span, and nothing that happened."""
    return fact.endswith(("_end", "_due_date"))


def followers(clock_id: str, clocks: Mapping[str, Clock]) -> list[str]:
    """The clocks that a filing of this one starts."""
    return [clock.id for clock in clocks.values() if clock.chained_to == clock_id]
