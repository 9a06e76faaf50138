"""The page on clocks: the files that it shows work, and it tells every key and every kind of answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from crisisctl.adapters.yaml import load
from crisisctl.domain.check import check
from crisisctl.domain.clocks import filing, filing_form, form, outcome
from crisisctl.domain.clocks.cases import _FAULTS
from tests.clockwork import clocks
from tests.domain.conftest import plan

Open = Callable[..., Any]
ROOT = Path(__file__).parents[2]
BOUND = ("data-breach", "account-takeover", "outage", "rogue-post")


def shown(page: Open, language: str = "yaml") -> list[str]:
    return [fence.text for fence in page("docs/clocks.md").fences() if fence.language == language]


def test_the_clocks_of_ones_own_that_are_shown_work(page: Open, program: Any) -> None:
    (program.root / "clocks.yaml").write_text(shown(page)[0])
    line = ("clock", "compute", "acme.notice", "--trigger", "2026-11-20T12:00Z", "--json")
    assert program.ok(*line).json["due"] == "2026-11-21T12:00:00+00:00"
    december = ("clock", "compute", "sec.8k-1.05", "--trigger", "2026-12-18T10:00-05:00", "--json")
    assert program.ok(*december).json["due"] == "2026-12-28T17:30:00-05:00"
    assert "Kim Lee, counsel" in program.ok("clock", "explain", "gdpr.art33").out


def test_the_cases_that_are_shown_come_out(page: Open, program: Any) -> None:
    (program.root / "cases.yaml").write_text(shown(page)[1])
    assert "4 cases checked, 0 differences." in program.ok("clock", "check", "cases.yaml").out


def test_the_commands_that_are_shown_run(page: Open, program: Any) -> None:
    for line in shown(page, "sh")[0].strip().splitlines():
        program.ok(*line.split()[1:])


def test_every_key_of_a_clock_is_told(page: Open) -> None:
    section = page("docs/clocks.md").sections()["Clocks of your own"]
    told = set(re.findall(r"`([a-z0-9_]+)`", section))
    assert sorted({*form._SHARED, *form._OWN} - told - {"title"}) == []


def test_every_kind_and_every_fault_is_told(page: Open) -> None:
    text = page("docs/clocks.md").text
    kinds = (
        outcome.INSTANT,
        outcome.QUALITATIVE,
        outcome.NOT_STARTED,
        outcome.NOT_APPLICABLE,
        outcome.LATE,
        outcome.IN_TIME,
    )
    assert all(f"`{word}`" in text for word in (*kinds, *_FAULTS))


def test_the_clocks_of_the_playbooks_that_are_told_are_those_that_they_name(page: Open) -> None:
    rows = re.findall(
        r"^\|[^|]*\| (`[^|]*`) \| ([^|]*) \|$", page("docs/clocks.md").sections()["In playbooks"], re.MULTILINE
    )
    told = [(clock, facts) for clocks, facts in rows for clock in clocks.strip("`").split("`, `")]
    books = [load(ROOT / "playbooks" / f"{name}.yaml").document for name in BOUND]
    named = [(clock, spec) for book in books if isinstance(book, dict) for clock, spec in book["clocks"].items()]
    assert [clock for clock, _ in told] == [clock for clock, _ in named]
    for (clock, facts), (_, spec) in zip(told, named, strict=True):
        hangs = [*filter(None, [spec.get("from")]), *spec.get("with", {}).values()]
        assert re.findall(r"`(\w+)`", facts) == hangs, clock


def test_the_clocks_that_the_language_shows_are_right_where_their_facts_are_asked_for(page: Open) -> None:
    section = page("docs/playbook-language.md").sections()["Clocks"]
    asked = {"type": "datetime", "ask": "When?"}
    facts = {"facts": {"aware_at": asked, "classified_at": asked}}
    roles = {"roles": dict.fromkeys(("lead", "legal", "dpo", "exec-sponsor"))}
    shown_there = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert len(shown_there) == 2
    for text in shown_there:
        assert check(plan(**facts, **roles, **YAML(typ="safe").load(text)), {}, "plan", clocks().known) == []


def test_the_filing_forms_of_ones_own_that_are_shown_work(page: Open, program: Any) -> None:
    (program.root / "filings.yaml").write_text(shown(page)[2])
    program.ok("open", "data-breach", "--title", "x")
    told = program.ok("clock", "draft", "lgpd.anpd", "--json").json["fields"]
    fields = {one["id"]: one for one in told}
    assert fields["contact"]["value"] == "Kim Lee, +49 30 1234567"
    assert "board" in fields
    assert "cross_border" not in fields


def test_every_key_of_a_filing_form_is_told(page: Open) -> None:
    section = page("docs/clocks.md").sections()["Drafts of filings"]
    told = set(re.findall(r"`([a-z0-9_]+)`", section))
    keys = {*filing_form._FORM, *filing_form._FIELD, *filing.SOURCES, *filing.HEAD, filing.MISSING, filing.WITHHELD}
    assert sorted(keys - told) == []
