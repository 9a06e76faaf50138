"""Several processes at one file: nothing is lost, nobody sees an error, and each version has one author."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HAND = Path(__file__).parent / "hand.py"
EIGHT = 8
Together = Callable[..., list[Any]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "crisisctl.db"


def _hand(*arguments: str) -> Any:
    done = subprocess.run([sys.executable, str(HAND), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def together(path: Path, tmp_path: Path) -> Together:
    """Lets eight hands do the same at the same moment; what each says it did."""

    def run(what: str, *arguments: str) -> list[Any]:
        go = tmp_path / "go"
        command = [sys.executable, str(HAND), what, str(path), str(go), *arguments]
        hands = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(EIGHT)
        ]
        go.touch()
        told = [hand.communicate(timeout=300) for hand in hands]
        assert [(hand.returncode, error) for hand, (_, error) in zip(hands, told, strict=True)] == [(0, "")] * EIGHT
        return [json.loads(out) for out, _ in told]

    return run


def test_eight_processes_make_one_file_and_lose_nothing(path: Path, together: Together) -> None:
    told = together("notes", "20")
    first = told[0][0]
    assert told == [list(range(first, first + 20))] * EIGHT
    found = _hand("look", str(path))
    assert found == {"notes": EIGHT * 20, "entries": EIGHT * (first - 1 + 20), "flaws": []}


def test_each_version_is_won_by_exactly_one_of_eight(path: Path, together: Together) -> None:
    _hand("notes", str(path), str(path.parent.parent), "0")
    start = _hand("look", str(path))["entries"]
    until = start + 3 * 40  # advanced, left, entered
    told = together("race", str(until))
    won = sorted(version for hand in told for version in hand["won"])
    assert won == list(range(start + 1, until + 1, 3))
    found = _hand("look", str(path))
    assert (found["entries"], found["flaws"]) == (until, [])


def test_when_eight_take_the_same_move_one_takes_it(path: Path, together: Together) -> None:
    _hand("notes", str(path), str(path.parent.parent), "0")
    start = _hand("look", str(path))["entries"]
    told = together("rush")
    assert sorted(told) == ["crossed", *["refused"] * (EIGHT - 1)]
    assert _hand("look", str(path))["entries"] == start + 3


def test_without_the_turnstile_nothing_is_lost_either(path: Path, together: Together) -> None:
    """It only keeps the queue fair; that nobody writes on what another has changed is the database's own affair."""
    _hand("notes", str(path), str(path.parent.parent), "0")
    start = _hand("look", str(path))["entries"]
    told = together("crowd", "20")
    first = told[0][0]
    assert told == [list(range(first, first + 20))] * EIGHT
    found = _hand("look", str(path))
    assert found == {"notes": EIGHT * 20, "entries": start + EIGHT * (first - 1 + 20), "flaws": []}
