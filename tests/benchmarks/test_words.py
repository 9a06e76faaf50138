"""How long a statement takes on every channel in three languages: from its template to its lint, as a person waits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from crisisctl.adapters.library import sources
from tests.benchmarks.test_processes import PROGRAM, process

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench, Laps
    from tests.conftest import Program

pytestmark = pytest.mark.bench

EVERYWHERE = (
    "status-page x bluesky mastodon threads linkedin facebook instagram website email sms push press-release "
    "internal-chat intranet customer-care"
)
LEAST = 50
ROUNDS = 5


@pytest.fixture
def everywhere(program: Program) -> Path:
    """An outage whose holding statement goes to every channel in English, German and Austrian German."""
    yaml = YAML()
    book = yaml.load(sources() / "playbooks" / "outage.yaml")
    holding = book["statements"]["holding"]
    holding |= {"channels": EVERYWHERE.split(), "languages": ["en", "de", "de-AT"]}
    holding.pop("after", None)
    yaml.dump(book, program.root / "playbooks" / "outage.yaml")
    shutil.copytree(sources() / "templates", program.root / "templates", dirs_exist_ok=True)
    facts = ("affected_service=Git hosting", "customer_impact=repositories cannot be opened")
    program.ok("open", "outage", "--title", "Git is down", *(part for fact in facts for part in ("--fact", fact)))
    return program.root


def test_fifty_renditions_are_filled_in_and_linted_in_two_seconds(
    bench: Bench, in_turn: Callable[..., Laps], program: Program, everywhere: Path
) -> None:
    turn = iter(range(10 * ROUNDS))

    def drafted_and_submitted() -> None:
        program.ok("fact", "set", "customer_impact", f"repositories cannot be opened in {next(turn) + 3} regions")
        process(everywhere, str(PROGRAM), "statement", "draft", "holding")
        process(everywhere, str(PROGRAM), "statement", "submit", "holding")

    laps = in_turn({"draft and submit": drafted_and_submitted}, ROUNDS)
    bench.show(laps)
    shown = program.ok("statement", "show", "holding", "--json").json
    assert len(shown["renditions"]) >= LEAST
    (whole,) = laps.values()
    bench.at_most(f"{len(shown['renditions'])} renditions drafted and linted", min(whole), 2, " s")
