"""What a playbook says of its statements: every mistake with its place, its rule and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain.check import Problem, check
from crisisctl.domain.playbook import build
from crisisctl.domain.publication import Approvals, Cadence, Delegate, Pace, Quorum
from crisisctl.domain.times import parse_duration as span
from tests.domain.conftest import plan

USUAL: dict[str, Any] = {"template": "w.md", "audiences": ["press"], "channels": ["x"], "approvals": ["lead", "legal"]}


def found(**spec: Any) -> list[Problem]:
    statements = {"words": USUAL | spec, "line": USUAL | {"after": ["other"]}, "other": USUAL}
    return check(plan(statements=statements))


def read(**spec: Any) -> Any:
    assert found(**spec) == []
    return build(plan(statements={"words": USUAL | spec, "line": USUAL, "other": USUAL})).statements["words"]


def test_what_is_left_out_is_as_it_always_was() -> None:
    spec = read()
    assert spec.approvals == Approvals(Quorum(("lead", "legal")))
    assert (spec.languages, spec.preapproved, spec.delegate, spec.minimal) == (("en",), False, None, None)
    assert (spec.after, spec.phase, spec.update_every) == ((), None, None)


def test_approvals_are_all_or_so_many_or_either_by_severity() -> None:
    some = {"any": 1, "of": ["lead", "legal"]}
    assert read(approvals=some).approvals == Approvals(Quorum(("lead", "legal"), 1))
    by = read(approvals={"sev1": ["lead"], "else": some}).approvals
    assert by == Approvals(Quorum(("lead", "legal"), 1), {"sev1": Quorum(("lead",))})
    assert (by.at("sev1").words, by.at("sev2").words) == ("lead", "1 of lead, legal")
    assert by.roles == ("lead", "legal")


def test_everything_else_is_read_as_it_is_written() -> None:
    spec = read(
        languages=["en", "de-AT"],
        preapproved=True,
        delegate={"after": "15m", "to": {"legal": "scribe"}},
        minimal="least.md",
        after=["line"],
        phase="opening",
        update_every=[{"for": "2h", "every": "20m"}, {"every": "1h"}],
    )
    assert (spec.languages, spec.preapproved, spec.minimal) == (("en", "de-AT"), True, "least.md")
    assert (spec.after, spec.phase) == (("line",), "opening")
    assert spec.delegate == Delegate(span("15m"), {"legal": "scribe"})
    assert spec.update_every == Cadence((Pace(span("20m"), span("2h")), Pace(span("1h"))))


@pytest.mark.parametrize(
    ("spec", "path", "rule", "remedy"),
    [
        ({"approvals": "lead"}, "approvals", "wrong-type", "write [ROLE, ROLE] for all of them"),
        ({"approvals": {"any": 3, "of": ["lead", "legal"]}}, "approvals.any", "bad-quorum", "a number from 1 to 2"),
        ({"approvals": {"any": 0, "of": ["lead"]}}, "approvals.any", "bad-quorum", "1 or more"),
        ({"approvals": {"any": 1}}, "approvals", "missing-key", "add of"),
        ({"approvals": {"any": 1, "of": ["boss"]}}, "approvals.of.0", "unknown-role", "add boss"),
        ({"approvals": {"any": 1, "of": ["lead", "lead"]}}, "approvals.of.1", "duplicate-approval", "remove one"),
        ({"approvals": {"sev9": ["lead"], "else": []}}, "approvals.sev9", "unknown-severity", "write sev"),
        ({"approvals": {"sev1": ["lead"]}}, "approvals", "severity-without-approval", "add else: [ROLE]"),
        ({"delegate": {"after": "15m"}}, "delegate", "missing-key", "add to"),
        ({"delegate": {"after": "0m", "to": {}}}, "delegate.after", "bad-duration", "longer than 0"),
        ({"delegate": {"after": "1m", "to": {"scribe": "lead"}}}, "delegate.to.scribe", "delegate-of-nobody", "add it"),
        ({"delegate": {"after": "1m", "to": {"legal": "legal"}}}, "delegate.to.legal", "delegate-is-itself", "another"),
        ({"delegate": {"after": "1m", "to": {"legal": "bos"}}}, "delegate.to.legal", "unknown-role", "add bos"),
        ({"languages": ["EN"]}, "languages.0", "bad-language", "such as en, de or de-AT"),
        ({"languages": ["de", "de"]}, "languages.1", "duplicate-language", "remove one"),
        ({"preapproved": "yes"}, "preapproved", "wrong-type", "true or false"),
        ({"minimal": "../up"}, "minimal", "bad-template-name", "templates folder"),
        ({"phase": "openning"}, "phase", "bad-phase", "write opening"),
        ({"after": ["words"]}, "after.0", "after-in-a-circle", "remove one"),
        ({"after": ["lin"]}, "after.0", "unknown-statement", "write line"),
        ({"update_every": []}, "update_every", "empty-phases", "[{for: 2h, every: 20m}, {every: 60m}]"),
        ({"update_every": {"sev9": "1h"}}, "update_every.sev9", "unknown-severity", "write sev"),
        ({"update_every": [{"every": "1h"}, {"every": "2h"}]}, "update_every.0", "endless-phase", "add for: 2h"),
        ({"update_every": [{"for": "1h"}]}, "update_every.0", "missing-key", "add every"),
        ({"update_every": "0m"}, "update_every", "bad-duration", "longer than 0"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    spec: dict[str, Any], path: str, rule: str, remedy: str
) -> None:
    problem = next(one for one in found(**spec) if one.rule == rule)
    assert ".".join(map(str, problem.path)) == f"statements.words.{path}"
    assert (problem.level, remedy in problem.remedy) == ("error", True), problem.remedy


def test_statements_that_wait_for_each_other_are_told() -> None:
    statements = {"a": USUAL | {"after": ["b"]}, "b": USUAL | {"after": ["c"]}, "c": USUAL | {"after": ["a"]}}
    rules = [problem.rule for problem in check(plan(statements=statements))]
    assert rules == ["after-in-a-circle"] * 3
