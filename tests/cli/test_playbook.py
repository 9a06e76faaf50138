"""`playbook`: the plans, what they say, and whether they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

SOUND = """\
playbook: small
title: Small
severities: [sev1]
roles: {lead: {title: Lead}}
initial: begun
stages: {begun: {guidance: Look first.}, closed: {final: true}}
transitions: [{trigger: close, from: begun, to: closed}]
"""
BROKEN = "playbook: bad\nversion: three\ncolour: red\n"


@pytest.fixture
def broken(program: Program) -> Program:
    """A second playbook with several errors lies beside the good one."""
    (program.root / "playbooks" / "bad.yaml").write_text(BROKEN)
    return program


def test_a_sound_playbook_has_no_findings(program: Program) -> None:
    (program.root / "playbooks" / "data-breach.yaml").unlink()
    (program.root / "playbooks" / "small.yaml").write_text(SOUND)
    assert program.ok("playbook", "check", "small", "--json", "--strict").json["findings"] == []
    assert program.ok("playbook", "check").out.startswith("1 playbook checked, nothing to mend.\n")


def test_every_error_is_told_in_one_run_with_place_rule_and_remedy(broken: Program) -> None:
    told = broken("playbook", "check", "bad", "--json")
    assert told.code == 6
    findings = told.json["findings"]
    assert len(findings) > 3
    for finding in findings:
        assert set(finding) == {"file", "line", "column", "level", "rule", "message", "remedy"}
        assert finding["file"].endswith("playbooks/bad.yaml")
        assert finding["line"] >= 1
        assert finding["column"] >= 1
        assert finding["remedy"]
    places = {(finding["rule"], finding["line"]) for finding in findings}
    assert {("unknown-key", 3), ("wrong-type", 2), ("missing-key", 1)} <= places


def test_for_a_person_a_finding_is_a_place_to_jump_to_and_what_to_write(broken: Program) -> None:
    told = broken("playbook", "check", "bad")
    assert told.code == 6
    lines = told.out.splitlines()
    place = next(
        number for number, line in enumerate(lines) if line.startswith("playbooks/bad.yaml:3:1: error unknown")
    )
    assert lines[place + 1].startswith("    remove it; what can stand here is playbook, version,")
    assert told.err == f"{len(lines) // 2} findings to mend.\n"


def test_left_out_every_playbook_is_checked(broken: Program) -> None:
    assert broken("playbook", "check").code == 6
    assert broken("playbook", "check", "data-breach").code == 0
    assert broken("playbook", "check", "data-breach", "bad").code == 6


def test_a_playbook_may_be_named_by_its_path(broken: Program) -> None:
    assert broken("playbook", "check", "playbooks/bad.yaml").code == 6
    assert broken("playbook", "check", str(broken.root / "playbooks" / "data-breach.yaml")).code == 0


def test_warnings_fail_only_when_strict(program: Program) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    text = playbook.read_text()
    playbook.write_text(
        text.replace(
            "  deputy-comms: {title: Deputy}\n", "  deputy-comms: {title: Deputy}\n  scribe: {title: Scribe}\n"
        )
    )
    told = program("playbook", "check", "--json")
    levels = {finding["level"] for finding in told.json["findings"]}
    assert told.code == 0
    assert levels <= {"warning"}
    assert program("playbook", "check", "--strict").code == (6 if levels else 0)


def test_a_missing_template_is_an_error_at_the_line_that_names_it(program: Program) -> None:
    (program.root / "templates" / "holding" / "data-breach.md.j2").unlink()
    finding = program("playbook", "check", "--json").json["findings"][0]
    assert finding["level"] == "error"
    assert "holding/data-breach.md.j2" in finding["message"]
    assert finding["line"] == 68


def test_an_unknown_playbook_offers_the_nearest(program: Program) -> None:
    for command in ("check", "show"):
        refused = program("playbook", command, "data-breech")
        assert refused.code == 4
        assert "There is no playbook 'data-breech'. Did you mean data-breach?" in refused.err


def test_the_list_shows_each_with_its_version_and_its_last_drill(broken: Program) -> None:
    told = broken.ok("playbook", "list")
    assert told.out.splitlines()[0].split() == ["PLAYBOOK", "VERSION", "LAST", "DRILLED", "TITLE"]
    assert max(map(len, told.out.splitlines())) <= 80
    assert broken.ok("playbook", "list", "--json").json == {
        "playbooks": [
            {
                "id": "bad",
                "version": None,
                "last_drilled": None,
                "title": "has errors: crisisctl playbook check bad",
            },
            {"id": "data-breach", "version": 3, "last_drilled": "2026-10-01", "title": "Personal-data breach"},
        ]
    }


def test_a_workspace_without_playbooks_says_so(program: Program) -> None:
    (program.root / "playbooks" / "data-breach.yaml").unlink()
    assert program.ok("playbook", "list").out == f"No playbook in {program.root / 'playbooks'}.\n"
    assert program.ok("playbook", "list", "--json").json == {"playbooks": []}


def test_show_reads_like_the_plan(program: Program) -> None:
    shown = program.ok("playbook", "show", "data-breach").out.splitlines()
    assert shown[:2] == ["Personal-data breach (data-breach, version 3)", "One paragraph."]
    assert "Detected (detected)" in shown
    assert "  [ ] pause-posts: Pause scheduled posts (comms-lead, due 15m)" in shown
    assert "  escalation first-response" in shown
    assert "  -> activate to response" in shown
    assert "Closed (closed) - final" in shown


def test_show_as_json_holds_the_document_its_templates_and_the_digest_that_incidents_pin(opened: Program) -> None:
    told = opened.ok("playbook", "show", "data-breach", "--json").json
    assert set(told) == {"playbook", "templates", "digest"}
    assert told["playbook"]["initial"] == "detected"
    assert list(told["templates"]) == ["holding/data-breach.md.j2"]
    assert told["digest"] == opened.ok("status", "--json").json["playbook"]["digest"]


def test_a_broken_playbook_is_not_shown(broken: Program) -> None:
    refused = broken("playbook", "show", "bad")
    assert (refused.code, refused.err) == (6, "bad has errors. See them: crisisctl playbook check bad\n")


def test_a_change_of_the_template_alone_changes_the_digest(program: Program) -> None:
    before = program.ok("playbook", "show", "data-breach", "--json").json["digest"]
    template = program.root / "templates" / "holding" / "data-breach.md.j2"
    template.write_text(template.read_text() + "\nOne more line.")
    assert program.ok("playbook", "show", "data-breach", "--json").json["digest"] != before


def test_nothing_to_check_is_not_all_well(program: Program) -> None:
    for path in (program.root / "playbooks").iterdir():
        path.unlink()
    told = program("playbook", "check")
    assert (told.code, told.out) == (4, "")
    assert told.err == f"There is no playbook in {program.root / 'playbooks'}.\n"
