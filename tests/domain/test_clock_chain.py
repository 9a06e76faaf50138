"""Chained clocks: our own filing starts the next, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime

from crisisctl.domain.clocks.chain import followers, with_filing
from crisisctl.domain.clocks.outcome import Known, Result
from crisisctl.domain.times import instant, stamp
from tests.clockwork import clocks

AWARE = datetime(2026, 11, 16, 8, tzinfo=UTC)
FILED = datetime(2026, 11, 17, 8, tzinfo=UTC)


def answer(id_: str, filings: dict[str, datetime], **facts: datetime) -> Result:
    clock = clocks().known[id_]
    filed = filings.get(clock.chained_to or "")
    told = with_filing(clock, {name: stamp(at) for name, at in facts.items()}, stamp(filed) if filed else None)
    return clocks().compute(clock, Known({name: instant(at) for name, at in told.items()}))


def test_every_chain_leads_to_a_clock_that_there_is() -> None:
    known = clocks().known
    assert {clock.chained_to for clock in known.values() if clock.chained_to} <= set(known)


def test_without_the_filing_there_is_no_phantom_deadline() -> None:
    for clock in clocks().known.values():
        if clock.chained_to:
            found = answer(clock.id, {}, aware=AWARE, **{clock.start: AWARE})
            assert (found.kind, found.due) == ("not_started", None), clock.id


def test_each_filing_starts_the_next_phase() -> None:
    filings = {"dora.initial": FILED}
    assert answer("dora.intermediate", filings).due == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert answer("dora.final", filings).kind == "not_started"
    filings["dora.intermediate"] = datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert answer("dora.final", filings).due == datetime(2026, 12, 19, 23, 59, 59, tzinfo=UTC)


def test_a_later_filing_gives_a_later_deadline_and_changes_none() -> None:
    first = answer("nis2.final", {"nis2.notification": FILED})
    again = answer("nis2.final", {"nis2.notification": datetime(2026, 11, 18, 8, tzinfo=UTC)})
    assert first == answer("nis2.final", {"nis2.notification": FILED})
    assert first.due
    assert again.due
    assert (again.due - first.due).days == 1


def test_a_supplement_moves_nothing() -> None:
    clock = clocks().known["dora.intermediate"]
    first = with_filing(clock, {}, stamp(FILED))
    assert with_filing(clock, first, stamp(datetime(2026, 11, 18, 8, tzinfo=UTC))) == first
    earlier = stamp(datetime(2026, 11, 16, 9, tzinfo=UTC))
    assert with_filing(clock, first, earlier) == {clock.start: earlier}, "it was written down late"


def test_the_filing_of_another_regime_starts_nothing() -> None:
    assert answer("cra.incident-final", {"nis2.notification": FILED}).kind == "not_started"


def test_a_clock_that_is_not_chained_keeps_its_facts() -> None:
    assert answer("gdpr.art33", {"nis2.notification": FILED}, aware=AWARE).due == datetime(2026, 11, 19, 8, tzinfo=UTC)


def test_what_a_filing_starts_can_be_asked() -> None:
    assert followers("nis2.notification", clocks().known) == ["nis2.final", "nis2.progress"]
    assert followers("gdpr.art33", clocks().known) == []
