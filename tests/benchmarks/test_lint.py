"""How long lint takes for a long text, once the policy is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PolicyFiles
from crisisctl.domain.lint import lint

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench

pytestmark = pytest.mark.bench

CORPUS = Path(__file__).parent.parent / "data" / "lint" / "corpus.txt"
WORDS = 2_000


def test_a_text_of_two_thousand_words_is_linted_in_a_tenth_of_a_second(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("pytest_benchmark")
    benchmark: Any = request.getfixturevalue("benchmark")
    rows = CORPUS.read_text(encoding="utf-8").splitlines()
    words = " ".join(row.partition(" | ")[2] for row in rows if row.startswith("en ")).split()
    text = " ".join((words * 3)[:WORDS])
    policy = PolicyFiles(None, yaml.load).policy()
    lint(text, policy)
    benchmark(lambda: lint(text, policy))
    bench.at_most("a text of 2,000 words linted", benchmark.stats.stats.median * 1000, 100, " ms")
