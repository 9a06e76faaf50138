"""A thousand scenarios on two cores in less than twenty seconds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

ROOT = Path(__file__).parents[2]
TURNS = 7  # of some 150 scenarios
SECONDS = 20.0
CORES = 2


def test_a_thousand_scenarios(tmp_path: Path) -> None:
    """Those that are delivered, again and again: some twelve commands each, statements drafted and published."""
    folder = tmp_path / "playbooks" / "tests"
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    (tmp_path / "crisisctl.toml").touch()
    for path in (ROOT / "playbooks").glob("*.yaml"):
        shutil.copy(path, tmp_path / "playbooks")
    for path in (ROOT / "playbooks" / "tests").glob("*.yaml"):
        head, body = re.split(r"(?m)^scenarios:\n", path.read_text())
        turns = [body.replace("  - name: ", f"  - name: turn {turn} ") for turn in range(TURNS)]
        (folder / path.name).write_text(f"{head}scenarios:\n{''.join(turns)}")
    command = [sys.executable, "-m", "crisisctl", "playbook", "test", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    began, before = time.monotonic(), os.times()
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    took, after = time.monotonic() - began, os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    told = json.loads(ran.stdout)
    assert told["failed"] == 0
    assert told["passed"] >= 1000
    # As it would be with nobody else on the machine.
    assert spent / CORES < SECONDS, f"{took:.1f} s, {spent:.1f} s of computing"
