"""Chained clocks: what is known for each, when filings are logged by the clock that they meet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.outcome import Known


def with_filings(clock: Clock, known: Known, filings: Mapping[str, datetime]) -> Known:
    """What is known for one clock; `filings` holds the latest filing of each clock by its id.

    A chained clock starts with the filing of its own clock and with nothing else: two regimes may call their filings by
    the same name, and a fact that somebody set is no filing.
    """
    if clock.chained_to is None:
        return known
    facts = {name: at for name, at in known.facts.items() if name != clock.start}
    if clock.chained_to in filings:
        facts[clock.start] = filings[clock.chained_to]
    return known._replace(facts=facts)


def is_ahead(fact: str) -> bool:
    """Whether the fact may lie in the future: the end of another span, and nothing that happened."""
    return fact.endswith(("_end", "_due_date"))


def followers(clock_id: str, clocks: Mapping[str, Clock]) -> list[str]:
    """The clocks that a filing of this one starts."""
    return [clock.id for clock in clocks.values() if clock.chained_to == clock_id]
