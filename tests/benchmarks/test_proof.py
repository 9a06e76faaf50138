"""How long it takes to prove a large playbook; `make bench`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crisisctl.bootstrap import Office
from crisisctl.bootstrap.proving import proved
from tests.playbooks.large import side_by_side, wide

pytestmark = pytest.mark.bench
MOST = 5.0  # seconds, reading the file included

LARGE: dict[str, Callable[[], dict[str, Any]]] = {
    "200 stages and 600 transitions": wide,
    "six regions of eight stages": side_by_side,
    "six regions tied to each other": lambda: side_by_side(tied=True),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_playbook_is_proven_in_time(name: str, tmp_path: Path, benchmark: Any) -> None:
    (tmp_path / "crisisctl.toml").write_text("")
    (tmp_path / "templates").mkdir()
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "large.yaml").write_text(json.dumps(LARGE[name](), indent=1))
    office = Office(str(tmp_path))
    benchmark.pedantic(lambda: proved(office, "large", {}), rounds=3)
    assert benchmark.stats.stats.min < MOST
