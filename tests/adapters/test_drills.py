"""Scenarios of drills and what is wrong with them: every slip at its line and column, in one run, with its remedy."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.adapters.yaml import read
from crisisctl.adapters.yaml.crises import read_crisis
from crisisctl.adapters.yaml.drills import ReadDrill, read_drill
from crisisctl.adapters.yaml.loaded import load
from crisisctl.adapters.yaml.writer import written
from crisisctl.cli.testing import COMMANDS
from crisisctl.domain.drill.convert import check_crisis, convert
from crisisctl.domain.drill.scenario import build, pin, unpin
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.playbook import build as build_playbook

ROOT = Path(__file__).parents[2]
BOOKS = ("data-breach", "outage")
HEAD = "drill: leak\nplaybook: data-breach\ntitle: Leak\n"
EVENT = "events:\n  - at: 0m\n    id: post\n    from: A customer\n    to: comms-lead\n    text: Hello\n"


@cache
def _plan(name: str) -> Playbook:
    document = read(ROOT / "playbooks" / f"{name}.yaml", ROOT / "templates").document
    assert document is not None
    return build_playbook(document)


def _read(tmp_path: Path, text: str, stem: str | None = None) -> ReadDrill:
    (tmp_path / "leak.yaml").write_text(text)
    return read_drill(tmp_path / "leak.yaml", _plan, BOOKS, COMMANDS, stem)


def _told(found: ReadDrill) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule) for finding in found.findings]


def test_a_drill_that_is_well_is_taken(tmp_path: Path) -> None:
    found = _read(tmp_path, HEAD + EVENT)
    assert (found.findings, found.document is not None) == ([], True)


EXPECT = EVENT + "    expect:\n      - id: act\n"
SLIPS = {
    "": [(1, "empty-file")],
    "[]": [(1, "empty-file")],
    "drill: leak\n": [(1, "missing-key")] * 3,
    HEAD: [(1, "missing-key")],
    HEAD + "events: []\n": [(4, "no-events")],
    HEAD.replace("data-breach", "data-breech") + EVENT: [(2, "unknown-playbook")],
    HEAD.replace("leak", "other") + EVENT: [(1, "id-not-file-name")],
    HEAD.replace("Leak", "''") + EVENT: [(3, "empty-text")],
    HEAD + "mood: bad\n" + EVENT: [(4, "unknown-key")],
    HEAD + "objectives: {fast: ''}\n" + EVENT: [(4, "empty-text")],
    HEAD + "people: {comms-led: dana}\n" + EVENT: [(4, "unknown-role")],
    HEAD + "people: {comms-lead: 'da na'}\n" + EVENT: [(4, "bad-name")],
    HEAD + "given: {severity: sev9}\n" + EVENT: [(4, "unknown-severity")],
    HEAD + "given: {at: tonight}\n" + EVENT: [(4, "bad-time")],
    HEAD + "given: {facts: {exposed: x}}\n" + EVENT: [(4, "unknown-fact")],
    HEAD + "given: {facts: {exposed_data: [x]}}\n" + EVENT: [(4, "wrong-type")],
    HEAD + "given: {mood: x}\n" + EVENT: [(4, "unknown-key")],
    HEAD + EVENT.replace("0m", "soon"): [(5, "bad-duration")],
    HEAD + EVENT.replace("0m", "15"): [(5, "bad-duration")],
    HEAD + EVENT.replace("id: post", "id: ''"): [(6, "bad-name")],
    HEAD + EVENT.replace("to: comms-lead", "to: comms"): [(8, "unknown-role")],
    HEAD + EVENT.replace("    text: Hello\n", ""): [(5, "missing-key")],
    HEAD + EVENT.replace("Hello", "''"): [],
    HEAD + EVENT + EVENT[8:].replace("post", "late"): [],
    HEAD + EVENT.replace("0m", "1h") + EVENT[8:].replace("post", "late"): [(10, "out-of-order")],
    HEAD + EVENT + EVENT[8:]: [(11, "duplicate-name")],
    HEAD + EXPECT: [(11, "missing-key")],
    HEAD + EXPECT + "        action: advance activate\n": [],
    HEAD + EXPECT + "        action: advance actvate\n": [(12, "unknown-trigger")],
    HEAD + EXPECT + "        action: fact exposed\n": [(12, "unknown-fact")],
    HEAD + EXPECT + "        action: task pause\n": [(12, "unknown-task")],
    HEAD + EXPECT + "        action: statement published holdng\n": [(12, "unknown-statement")],
    HEAD + EXPECT + "        action: statement holding\n": [(12, "bad-action")],
    HEAD + EXPECT + "        action: assign nobody\n": [(12, "unknown-role")],
    HEAD + EXPECT + "        action: severity sev9\n": [(12, "unknown-severity")],
    HEAD + EXPECT + "        action: clock start gdpr.art99\n": [(12, "unknown-clock")],
    HEAD + EXPECT + "        action: panic\n": [(12, "bad-action")],
    HEAD + EXPECT + "        action: 5\n": [(12, "wrong-type")],
    HEAD + EXPECT + "        action: ack\n        role: lawyer\n": [(13, "unknown-role")],
    HEAD + EXPECT + "        action: ack\n        within: 0s\n": [(13, "bad-duration")],
    HEAD + EXPECT + "        action: ack\n        objective: fast\n": [(13, "unknown-objective")],
    HEAD + EXPECT + "        action: ack\n        play: {after: 1m}\n": [(13, "missing-key")],
    HEAD + EXPECT + "        action: ack\n        play: {commands: ack}\n": [(13, "wrong-type")],
    HEAD + EXPECT + "        action: ack\n        play: {commands: [akc]}\n": [(13, "unknown-command")],
    HEAD + EXPECT + "        action: ack\n        play: {commands: ['note \"x']}\n": [(13, "open-quote")],
    HEAD + EXPECT + "        action: ack\n        play: {commands: [advance actvate]}\n": [(13, "unknown-trigger")],
    HEAD + EXPECT + "        action: ack\n        play: {commands: [--as lee task done pase-posts]}\n": [
        (13, "unknown-task")
    ],
    HEAD + EXPECT + "        action: ack\n        play: {commands: [fact set expo x, statement draft holdin]}\n": [
        (13, "unknown-fact"),
        (13, "unknown-statement"),
    ],
    HEAD + EXPECT + "        action: ack\n        play: [{commands: [ack], by: '?'}]\n": [(13, "bad-name")],
    HEAD + EVENT + "reference:\n  - {at: 5m, text: x, role: lega}\n": [(11, "unknown-role")],
    HEAD + EVENT + "reference:\n  - {at: 5m, role: legal}\n": [(11, "missing-key")],
    HEAD + EVENT + "reference:\n  - {at: 5m, text: x, role: legal, public: maybe}\n": [(11, "wrong-type")],
    HEAD + EVENT + "metrics: {ttd: {from: here, to: there}}\n": [(10, "unknown-tag")] * 2,
    HEAD + EVENT + "    tag: here\nmetrics: {ttd: {from: here, to: here, seconds: long}}\n": [(11, "wrong-type")],
    HEAD + EVENT + "    tag: here\nmetrics: {ttd: {from: here}}\n": [(11, "missing-key")],
    HEAD + "title: Again\n" + EVENT: [(4, "duplicate-key")],
    "drill: [\n": [(2, "syntax")],
}


@pytest.mark.parametrize(("text", "told"), SLIPS.items(), ids=range(len(SLIPS)))
def test_each_slip_is_found_at_its_line(text: str, told: list[tuple[int, str]], tmp_path: Path) -> None:
    found = _read(tmp_path, text, "leak")
    assert _told(found) == told
    assert (found.document is None) == bool(told)
    assert all(finding.remedy and finding.message for finding in found.findings)


def test_all_slips_are_told_in_one_run_with_the_nearest_names(tmp_path: Path) -> None:
    text = HEAD + EVENT.replace("comms-lead", "coms-lead") + "    expect: [{id: a, action: advance activte}]\n"
    told = [finding.remedy for finding in _read(tmp_path, text).findings]
    assert [remedy.partition(",")[0] for remedy in told] == ["write comms-lead", "write activate"]


def test_nothing_is_compared_with_a_playbook_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "leak.yaml").write_text(HEAD + EVENT)
    found = read_drill(tmp_path / "leak.yaml", lambda _: None, BOOKS, COMMANDS)
    assert _told(found) == [(2, "broken-playbook")]


@settings(deadline=None)  # the first time a playbook is read
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "drill",
                        "playbook",
                        "title",
                        "events",
                        "at",
                        "id",
                        "from",
                        "to",
                        "text",
                        "expect",
                        "action",
                        "play",
                        "rows",
                        "expected_metrics",
                        "actor",
                        "role",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_whatever_a_document_holds_it_is_told_and_never_raised(document: object) -> None:
    from crisisctl.domain.drill.check import Around, check  # noqa: PLC0415 - beside the other

    for problem in (*check(document, Around(_plan("outage"))), *check_crisis(document)):
        assert problem.message
        assert problem.remedy


CRISES = sorted((ROOT / "tests" / "data" / "crises").glob("*.json"))


@pytest.mark.parametrize("crisis", CRISES, ids=lambda path: path.stem)
def test_a_drill_of_a_crisis_is_written_as_it_is_read(crisis: Path, tmp_path: Path) -> None:
    found = read_crisis(crisis)
    assert (found.findings, found.document is not None) == ([], True)
    drill = convert(found.document or {}, _plan("outage"))
    path = tmp_path / "real.yaml"
    path.write_text(written(drill))
    loaded = load(path)
    assert (loaded.faults, loaded.document) == ([], drill)
    again = unpin(pin(drill).text)
    assert again == build(drill)
    rows = json.loads(crisis.read_text())["rows"]
    assert len(again.events) + len(again.reference) == len(rows)


@given(st.dictionaries(st.text(min_size=1), st.text() | st.lists(st.text()) | st.booleans() | st.none()))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    text = written(document)
    assert len(text.splitlines()) >= len(document)
