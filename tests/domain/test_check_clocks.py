"""What a playbook may say of its clocks, and what is told of those that would start or alarm nobody."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from crisisctl.domain.check import Problem, check
from crisisctl.domain.playbook import build
from tests.clockwork import clocks
from tests.domain.conftest import plan

AWARE = {"type": "datetime", "ask": "When did we know?"}
FACTS = {
    "aware_at": AWARE,
    "classified_at": AWARE,
    "count": {"type": "integer", "ask": "How many?"},
    "unasked_at": {"type": "datetime"},
}


def found(told: object, facts: object = FACTS, *, known: bool = True) -> list[Problem]:
    """The problems of a playbook with these clocks and facts; what has no error can be built."""
    document = plan(clocks=told, facts=facts)
    problems = check(document, {}, "plan", clocks().known if known else None)
    if all(problem.level == "warning" for problem in problems):
        build(document)
    return problems


def rules(told: object, facts: object = FACTS) -> list[str]:
    """The rules broken, with their places; `!` stands before an error."""
    return [
        f"{'!' if problem.level == 'error' else ''}{problem.rule} {'.'.join(map(str, problem.path[1:]))}"
        for problem in found(told, facts)
    ]


def one(told: object, facts: object = FACTS) -> Problem:
    [problem] = found(told, facts)
    return problem


def clock(**spec: object) -> dict[str, Any]:
    return {"gdpr.art33": {"from": "aware_at", **spec}}


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        ["gdpr.art33"],
        ["gdpr.art33", "nis2.final"],
        {"gdpr.art33": None},
        {"gdpr.art33": {}},
        {"gdpr.art33": {"escalate": None, "with": None}},
        {"gdpr_art33_1": {"from": "classified_at"}},
        clock(role="legal", escalate=["lead", "scribe"], zone="Europe/Berlin"),
        {"dora.initial": {"from": "classified_at", "with": {"aware": "aware_at"}, "role": "legal"}},
        {"dora.initial": {"from": "classified_at"}},
        {"dora.initial": {"from": "aware_at", "with": {"aware_at": "aware_at"}}},
        {"nis2.final": {"role": "legal"}},
    ],
)
def test_a_list_of_names_or_what_each_hangs_on_is_right(told: object) -> None:
    assert found(told) == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("gdpr.art33", ["!wrong-type "]),
        (33, ["!wrong-type "]),
        ([33, None, "GDPR 33", ["x"]], ["!wrong-type 0", "!wrong-type 1", "!bad-name 2", "!wrong-type 3"]),
        ([{"gdpr.art33": None}], ["!wrong-type 0"]),
        (["gdpr.art33", "gdpr.art33"], ["!duplicate-name 1"]),
        ({33: None, "GDPR 33": {"odd": 1}}, ["!wrong-type ", "!bad-name GDPR 33"]),
        ({"gdpr.art33": "aware_at"}, ["!wrong-type gdpr.art33"]),
        ({"gdpr.art33": ["aware_at"]}, ["!wrong-type gdpr.art33"]),
        (clock(rolle="legal"), ["!unknown-key gdpr.art33.rolle"]),
        (clock(role="leagl"), ["!unknown-role gdpr.art33.role"]),
        (clock(role=None), ["!wrong-type gdpr.art33.role"]),
        (clock(escalate="lead"), ["!wrong-type gdpr.art33.escalate"]),
        (clock(escalate=["lead", "lead"]), ["!duplicate-name gdpr.art33.escalate.1"]),
        (clock(escalate=["nobody", 5]), ["!unknown-role gdpr.art33.escalate.0", "!wrong-type gdpr.art33.escalate.1"]),
        (clock(zone="Europe/Berlim"), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone="../../etc/passwd"), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone="Europe"), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone=""), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone="\udc80"), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone="a\0b"), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone="x/" * 5000), ["!unknown-zone gdpr.art33.zone"]),
        (clock(zone=1), ["!wrong-type gdpr.art33.zone"]),
        ({"gdpr.art33": {"from": "count"}}, ["!fact-not-a-time gdpr.art33.from"]),
        ({"gdpr.art33": {"from": ["aware_at"]}}, ["!wrong-type gdpr.art33.from"]),
        (clock(**{"with": ["aware"]}), ["!wrong-type gdpr.art33.with"]),
        (clock(**{"with": {1: "aware_at", "A B": "aware_at"}}), [
            "!wrong-type gdpr.art33.with", "!bad-name gdpr.art33.with.A B", "unused-clock-fact gdpr.art33.with.A B",
        ]),
        ({"dora.initial": {"from": "classified_at", "with": {"aware": "count"}}}, [
            "!fact-not-a-time dora.initial.with.aware",
        ]),
        ({"dora.initial": {"from": "clasified_at", "with": {"aware": None}}}, [
            "!unknown-fact dora.initial.from", "!wrong-type dora.initial.with.aware",
            "clock-without-fact dora.initial",
        ]),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_place_and_all_in_one_run(told: object, expected: list[str]) -> None:
    assert rules(told) == expected


def test_a_misspelt_fact_role_or_zone_comes_with_the_nearest() -> None:
    assert one({"gdpr.art33": {"from": "awere_at"}}).remedy == "write aware_at, or add awere_at under facts"
    assert one(clock(role="leagl")).remedy == "write legal, or add leagl under roles"
    assert one(clock(zone="Europe/Berlim")).remedy == "write Europe/Berlin"
    assert one(clock(zone="europe/berlin")).remedy == "write Europe/Berlin"
    assert one(clock(zone="Mars/Olympus")).remedy == "write it as Europe/Berlin"


def test_a_clock_written_as_an_item_with_content_is_told_how_it_is_written() -> None:
    assert "without dashes" in one([{"gdpr.art33": {"from": "aware_at"}}]).remedy


@pytest.mark.parametrize("wrap", [lambda name: [name], lambda name: {name: None}], ids=["list", "mapping"])
def test_an_unknown_clock_is_a_warning_with_the_nearest(wrap: Any) -> None:
    problem = one(wrap("gpdr.art34"))
    assert (problem.level, problem.rule, problem.remedy) == ("warning", "unknown-clock", "write gdpr.art34")
    several = one(wrap("gdpr"))
    assert (several.level, several.rule) == ("warning", "unknown-clock")
    assert several.message == "'gdpr' is several clocks"
    assert "gdpr.art33, gdpr.art33-2" in several.remedy
    assert "clocks.yaml" in one(wrap("zzzzzz")).remedy


def test_what_is_said_of_an_unknown_clock_is_checked_all_the_same() -> None:
    assert rules({"acme.notice": {"from": "count", "role": "nobody", "zone": "Mars/Olympus"}}) == [
        "!fact-not-a-time acme.notice.from",
        "!unknown-role acme.notice.role",
        "!unknown-zone acme.notice.zone",
        "unknown-clock acme.notice",
    ]


def test_a_clock_under_two_names_is_told_as_one() -> None:
    problem = one(["gdpr.art33", "gdpr.art34_data_subjects", "gdpr_art33_1"], FACTS | {"high_risk_at": AWARE})
    assert (problem.level, problem.rule, problem.path) == ("warning", "duplicate-clock", ("clocks", 2))
    assert problem.message == "gdpr_art33_1 and gdpr.art33 are the same clock, gdpr.art33"


# The fact that starts it


def test_a_clock_whose_start_nobody_is_asked_for_is_told_with_what_to_add() -> None:
    problem = one(["sec.8k-1.05"])
    assert (problem.level, problem.rule, problem.path) == ("warning", "clock-without-fact", ("clocks", 0))
    assert problem.message == "sec.8k-1.05 starts with determined_material, and no fact of the playbook tells that time"
    assert problem.remedy == (
        "add the fact determined_material_at: {type: datetime, ask: When …?}, or name one: from: FACT"
    )


def test_every_fact_that_a_clock_counts_from_must_be_asked_for() -> None:
    assert rules(["dora.initial"], {}) == ["clock-without-fact 0", "clock-without-fact 0"]
    assert rules(["dora.initial"], {"aware": AWARE, "classified_major_at": AWARE}) == []
    problem = one({"dora.initial": {"from": "classified_at"}}, {"classified_at": AWARE})
    assert problem.message == "dora.initial counts from aware, and no fact of the playbook tells that time"
    assert problem.remedy.endswith("or name one: with: {aware: FACT}")


def test_a_fact_without_a_question_is_no_fact_that_is_asked_for() -> None:
    for facts in ({"aware": {"type": "datetime"}}, {"aware": {"type": "datetime", "ask": " "}}):
        assert "which nobody is asked for" in one(["gdpr.art33"], facts).message
    problem = one({"gdpr.art33": {"from": "unasked_at"}})
    assert problem.message == "gdpr.art33 starts with the fact unasked_at, which nobody is asked for"


def test_a_fact_of_the_right_name_that_is_no_time_is_told_apart() -> None:
    for fact in (None, {"ask": "When?"}, {"type": "text", "ask": "When?"}):
        problem = one(["gdpr.art33"], {"aware_at": fact})
        assert (problem.rule, problem.remedy) == ("clock-without-fact", "write type: datetime for the fact aware_at")


def test_a_chained_clock_needs_no_fact_and_can_name_none_for_its_start() -> None:
    assert found(["nis2.final", "dora.intermediate", "california.ag"], {}) == []
    problem = one({"nis2.final": {"from": "aware_at"}})
    assert (problem.rule, problem.path) == ("unused-clock-fact", ("clocks", "nis2.final", "from"))
    assert "our filing of nis2.notification" in problem.message


def test_a_fact_at_which_the_clock_does_not_look_is_told_with_those_at_which_it_does() -> None:
    problem = one({"dora.initial": {"from": "classified_at", "with": {"awre": "aware_at"}}})
    assert problem.message == "dora.initial does not look at awre"
    assert problem.remedy == "write one of these: classified_major, aware"


def test_a_broken_section_of_facts_is_believed() -> None:
    assert [problem.path for problem in found(["gdpr.art33"], "none")] == [("facts",)]
    assert [problem.path for problem in found(clock(**{"with": {"aware": "x"}}), ["x"])] == [("facts",)]
    broken = {"aware_at": {"type": "date", "ask": "When?"}}
    assert [problem.rule for problem in found({"gdpr.art33": {"from": "aware_at"}}, broken)] == ["bad-fact-type"]


# What raises no alarm


@pytest.mark.parametrize(
    ("name", "status"), [("gdpr.art33-omnibus", "proposed"), ("california.residents-before-2026", "superseded")]
)
def test_a_clock_that_raises_no_alarm_is_told_instead_of_its_facts(name: str, status: str) -> None:
    problem = one([name], {})
    assert (problem.level, problem.rule) == ("warning", "silent-clock")
    assert problem.message == f"{name} is {status}, so it raises no alarm"


def test_without_a_catalogue_only_the_form_is_looked_at() -> None:
    assert found(["acme.notice", "gpdr.art34"], {}, known=False) == []
    assert [problem.rule for problem in found({"acme.notice": {"from": "x"}}, {}, known=False)] == ["unknown-fact"]


def test_thousands_of_unknown_clocks_are_checked_soon() -> None:
    before = perf_counter()
    problems = found([f"regime-{number}.clock" for number in range(8000)])
    assert perf_counter() - before < 20
    assert len(problems) >= 100
