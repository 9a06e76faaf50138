"""On which facts of a playbook a clock hangs."""

from __future__ import annotations

from crisisctl.domain.clocks.hanging import hangs_on
from crisisctl.domain.playbook import ClockSpec
from tests.clockwork import clocks

CLOCKS = clocks().known
ART33, DORA, CHAINED = CLOCKS["gdpr.art33"], CLOCKS["dora.initial"], CLOCKS["nis2.final"]


def bare(name: str) -> ClockSpec:
    return ClockSpec(name)


def test_a_bare_clock_hangs_on_the_fact_of_its_name_with_or_without_at() -> None:
    assert hangs_on(ART33, bare("gdpr.art33"), ["accounts", "aware_at"]) == {"aware": "aware_at"}
    assert hangs_on(ART33, bare("gdpr.art33"), ["aware_at", "aware"]) == {"aware": "aware"}
    assert hangs_on(ART33, bare("gdpr.art33"), ["awareness_at", "a", "unaware_at"]) == {}


def test_a_clock_that_counts_from_two_facts_hangs_on_both() -> None:
    facts = ["aware_at", "classified_at", "classified_major_at"]
    assert hangs_on(DORA, bare("dora.initial"), facts) == {
        "classified_major": "classified_major_at",
        "aware": "aware_at",
    }
    assert hangs_on(DORA, bare("dora.initial"), ["aware_at", "classified_at"]) == {"aware": "aware_at"}


def test_what_the_playbook_says_goes_before_names() -> None:
    spec = ClockSpec("dora.initial", "classified_at", {"aware": "known_at"})
    facts = ["classified_at", "known_at", "aware_at", "classified_major"]
    assert hangs_on(DORA, spec, facts) == {"classified_major": "classified_at", "aware": "known_at"}


def test_the_facts_of_a_clock_may_be_called_as_elsewhere() -> None:
    spec = ClockSpec("dora.initial", None, {"classified_at": "called_major", "Aware": "known_at"})
    assert hangs_on(DORA, spec, ["called_major", "known_at"]) == {
        "classified_major": "called_major",
        "aware": "known_at",
    }


def test_from_counts_when_with_says_another_start() -> None:
    spec = ClockSpec("gdpr.art33", "aware_at", {"aware": "known_at"})
    assert hangs_on(ART33, spec, ["aware_at", "known_at"]) == {"aware": "aware_at"}


def test_a_fact_that_is_not_there_starts_nothing() -> None:
    assert hangs_on(ART33, ClockSpec("gdpr.art33", "knwon_at"), ["aware_at"]) == {}


def test_a_fact_at_which_the_clock_does_not_look_is_left_out() -> None:
    spec = ClockSpec("gdpr.art33", "aware_at", {"weather": "sunny_at"})
    assert hangs_on(ART33, spec, ["aware_at", "sunny_at"]) == {"aware": "aware_at"}


def test_a_chained_clock_hangs_on_a_filing_and_no_fact() -> None:
    facts = ["notification_submitted", "aware_at"]
    assert hangs_on(CHAINED, bare("nis2.final"), facts) == {}
    assert hangs_on(CHAINED, ClockSpec("nis2.final", "aware_at"), facts) == {}


def test_every_clock_of_the_catalogue_hangs_on_facts_of_its_own_names() -> None:
    for clock in CLOCKS.values():
        found = hangs_on(clock, bare(clock.id), [f"{name}_at" for name in clock.facts])
        expected = {name: f"{name}_at" for name in clock.facts}
        if clock.chained_to:
            del expected[clock.start]
        assert found == expected, clock.id
