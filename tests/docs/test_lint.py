"""The page on lint: its examples, its policy file and its list of rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PolicyFiles
from crisisctl.domain.lint import Context, lint
from crisisctl.domain.lint.policy import RULES

ROW = re.compile(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
POLICY = PolicyFiles(None, yaml.load).policy()


@pytest.fixture
def rows(page: Callable[[str], Any]) -> list[tuple[str, str, str, str]]:
    return ROW.findall(page("docs/lint.md").text)


def test_every_rule_is_told(rows: list[tuple[str, str, str, str]], page: Callable[[str], Any]) -> None:
    told = [row[0] for row in rows]
    rest = set(RULES) - set(told)
    assert rest == {"contradiction", "forbidden", "required"}
    assert all(f"`{rule}`" in page("docs/lint.md").text for rule in rest)
    assert len(told) == len(set(told))


def test_every_example_is_found_and_every_better_one_is_not(rows: list[tuple[str, str, str, str]]) -> None:
    for rule, level, bad, good in rows:
        found = {f.rule: f.level for f in lint(bad, POLICY, Context(severity="sev2"))}
        assert rule in found, bad
        assert level.startswith(found[rule]), rule
        assert rule not in {f.rule for f in lint(good, POLICY)}, good


def test_the_policy_that_the_page_shows_can_be_used(page: Callable[[str], Any], tmp_path: Path) -> None:
    fence = next(fence for fence in page("docs/lint.md").fences() if fence.language == "yaml")
    (tmp_path / "policy.yaml").write_text(fence.text, encoding="utf-8")
    policy = PolicyFiles(tmp_path, yaml.load).policy()
    found = {f.rule for f in lint("An e-mail blast to our clients. Going forward, write to a@example.com.", policy)}
    assert {"house-style", "forbidden", "platitude"} <= found
    assert "pii" not in found
