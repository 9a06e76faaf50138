"""The report for CI: well-formed whatever names hold."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from crisisctl.adapters import junit
from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.scenario.compare import Difference
from crisisctl.domain.scenario.outcome import Outcome

HOSTILE = "]]> <b> \"&amp;' \x00\x1b[31m \ufffe \ud800 日本"


def test_a_suite_for_each_playbook_and_a_case_for_each_scenario() -> None:
    wrong = Difference("stages", "closed", "detected")
    outcomes = [
        Outcome("outage", "one", "a.yaml", 3, seconds=0.25),
        Outcome("outage", "two", "a.yaml", 9, (wrong,), ("2026-01-05 09:00:00  Opened",), 0.5),
        Outcome("data-breach", "three", "b.yaml", 1),
    ]
    root = ET.fromstring(junit.document(outcomes))  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("time")) == ("3", "1", "0.750")
    assert [suite.get("name") for suite in root] == ["outage", "data-breach"]
    case = root[0][1]
    assert (case.get("name"), case.get("classname"), case.get("line")) == ("two", "outage", "9")
    assert case[0].get("message") == "stages: expected closed; got detected"
    assert "a.yaml:9" in (case[0].text or "")
    assert "Opened" in (case[0].text or "")
    assert len(root[0][0]) == 0


def test_hostile_names_leave_it_well_formed() -> None:
    wrong = Difference("texts", HOSTILE, HOSTILE)
    outcome = Outcome(HOSTILE, HOSTILE, HOSTILE, 1, (wrong,), (HOSTILE,))
    text = junit.document([outcome]).encode()
    case = ET.fromstring(text)[0][0]  # noqa: S314 - our own
    assert "]]> <b> \"&amp;' " in (case.get("name") or "")
    assert "日本" in (case[0].text or "")


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be written"):
        junit.write(tmp_path / "none" / "report.xml", [])
