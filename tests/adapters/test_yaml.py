"""Playbooks read from files: what is wrong is told all at once, each finding at its place."""

from __future__ import annotations

import shutil
from pathlib import Path

from crisisctl.adapters.yaml import Read, read
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.playbook import build
from tests.clockwork import clocks

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = (DATA / "example.yaml").read_text(encoding="utf-8")
TEMPLATES = DATA / "templates"

DATA_BREACH = """\
playbook: data-breach
version: 3
title: Personal-data breach
summary: One paragraph.
severities: [sev1, sev2, sev3]   # most severe first
last_drilled: 2026-10-01

roles:
  comms-lead: {title: Communications lead, required: true, deputy: deputy-comms}
  deputy-comms: {title: Deputy}
  legal: {title: Legal counsel, required: true}

facts:
  affected_accounts: {type: integer, ask: How many accounts are affected?}
  aware_at: {type: datetime, ask: When did we know that personal data was exposed?}

initial: detected
stages:
  detected:
    title: Detected
    guidance: |                  # Markdown
      Secure the accounts first. Pause all scheduled posts.
    tasks:
      pause-posts: {title: Pause scheduled posts, role: comms-lead, required: true, due: 15m}
    escalation: first-response
  response:
    parallel: true
    stages:
      comms:
        initial: drafting
        stages: {drafting: {title: Drafting}, informed: {title: Public informed}}
      legal:
        initial: assessing
        stages: {assessing: {title: Assessing}, notified: {title: Authority notified}}
  closed: {title: Closed, final: true}

transitions:
  - trigger: activate
    from: detected
    to: response
    by: [comms-lead]
    because: required
  - trigger: inform
    from: response.comms.drafting
    to: response.comms.informed
    requires: {statements: {holding: published}}
  - trigger: notify
    from: response.legal.assessing
    to: response.legal.notified
  - trigger: close
    from: response
    to: closed
    requires: {stages: [response.comms.informed, response.legal.notified], facts: [affected_accounts], roles: [legal]}

escalations:
  first-response:
    until: acknowledged
    ack_timeout: 30m
    repeat: {times: 2, every: 20m}
    if_empty: skip
    steps:
      - {after: 0m, notify: [comms-lead]}
      - {after: 5m, notify: [deputy-comms]}
      - {after: 15m, notify: [legal, comms-lead], advance: activate}

statements:
  holding:
    template: holding/data-breach.md.j2
    audiences: [employees, customers, press]
    channels: [status-page, x, email]
    approvals: [comms-lead, legal]
    due: 60m
    update_every: 60m

clocks: [gdpr.art33, sec.8k-1.05]
"""


def reading(folder: Path, text: str | bytes, templates: Path = TEMPLATES) -> Read:
    """What the reader makes of a playbook `example.yaml` with this content."""
    file = folder / "example.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(file, templates)


def told(found: Read) -> list[str]:
    """Each finding as `rule:line`."""
    return [f"{finding.rule}:{finding.line}" for finding in found.findings]


def changed(*edits: tuple[str, str]) -> str:
    """The example with pieces replaced that stand in it once."""
    text = EXAMPLE
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the example"
        text = text.replace(old, new)
    return text


def test_the_example_has_no_findings(tmp_path: Path) -> None:
    found = reading(tmp_path, EXAMPLE)
    assert found.findings == []
    assert found.document is not None
    playbook = build(found.document)
    assert (playbook.id, playbook.last_drilled) == ("example", "2026-02-28")
    assert sorted(found.templates) == ["holding/example.md.j2", "update/example.md.j2"]


def test_the_playbook_of_the_language_description_has_no_findings(tmp_path: Path) -> None:
    file = tmp_path / "data-breach.yaml"
    file.write_text(DATA_BREACH, encoding="utf-8")
    holding = tmp_path / "templates" / "holding"
    holding.mkdir(parents=True)
    (holding / "data-breach.md.j2").write_text("We know of {{ affected_accounts }} accounts.\n", encoding="utf-8")
    found = read(file, tmp_path / "templates")
    assert found.findings == []
    against = read(file, tmp_path / "templates", lambda: clocks().known).findings
    assert [(one.level, one.rule) for one in against] == [
        ("warning", "clock-without-fact")
    ]  # it asks for no materiality
    assert found.document is not None
    assert build(found.document).last_drilled == "2026-10-01"
    assert found.templates == {"holding/data-breach.md.j2": "We know of {{ affected_accounts }} accounts.\n"}


def test_all_mistakes_are_told_in_one_run_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = changed(
        ("version: 4", "version: none"),
        ("deputy: night-warden", "deputy: nobody"),
        ("escalation: wake-up", "escalation: wake"),
        ("trigger: tell", "trigger: tell\n    trigger: tell-all"),
        ("if_empty: skip", "if_empty: *skip"),
        ("channels: [radio]", "channels: !!set [radio]"),
        ("clocks: [", "clocks: &all ["),
    )
    expected = "wrong-type:2 unknown-role:10 unknown-escalation:30 duplicate-key:57 alias:79 tag:101 anchor:104"
    assert told(reading(tmp_path, text)) == expected.split()


CLOCKS = """clocks:
  gdpr.art33: {from: closed_at, role: counsle}
  nis2.final:
  gdpr_art33_1: {from: weather, zone: Europe/Berlim}
  gdpr.art33-omnibus:
  nis2.final: {}
"""


def test_every_slip_in_the_clocks_is_told_at_its_place_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(changed(("clocks: [gdpr.art33, sec.8k-1.05]\n", CLOCKS)), encoding="utf-8")
    found = read(tmp_path / "example.yaml", TEMPLATES, lambda: clocks().known)
    assert [(f.line, f.column, f.level, f.rule) for f in found.findings] == [
        (104, 3, "warning", "clock-without-fact"),
        (104, 39, "error", "unknown-role"),
        (106, 3, "warning", "duplicate-clock"),
        (106, 24, "error", "fact-not-a-time"),
        (106, 39, "error", "unknown-zone"),
        (107, 3, "warning", "silent-clock"),
        (108, 3, "error", "duplicate-key"),
    ]


def test_a_playbook_without_clocks_asks_for_no_catalogue(tmp_path: Path) -> None:
    asked: list[str] = []

    def catalogue() -> dict[str, Clock]:
        asked.append("catalogue")
        return dict(clocks().known)

    for text, times in (("", 0), ("clocks: []\n", 0), ("clocks: {}\n", 0), ("clocks: {gdpr.art33: }\n", 1)):
        (tmp_path / "example.yaml").write_text(changed(("clocks: [gdpr.art33, sec.8k-1.05]\n", text)), encoding="utf-8")
        read(tmp_path / "example.yaml", TEMPLATES, catalogue)
        assert len(asked) == times, text


def test_every_duplicate_key_is_told_with_the_line_of_the_first(tmp_path: Path) -> None:
    text = changed(
        ("title: A bridge that sways", "title: A bridge that sways\ntitle: Another"),
        ("counsel: {title: Counsel}", "counsel: {title: Counsel, title: Judge, title: Clerk}"),
        ("  herald:\n", "  herald:\n  counsel:\n"),
    )
    found = reading(tmp_path, text)
    assert told(found) == ["duplicate-key:4", "duplicate-key:13", "duplicate-key:13", "duplicate-key:15"]
    assert [finding.column for finding in found.findings] == [1, 29, 43, 3]
    assert found.findings[0].message == "the key 'title' was already there on line 3"
    assert found.findings[3].message == "the key 'counsel' was already there on line 13"


def test_mistakes_inside_a_duplicate_are_told_too(tmp_path: Path) -> None:
    text = changed(("  herald:\n", "  herald:\n  counsel: {title: !!str x, title: y}\n"))
    assert told(reading(tmp_path, text)) == ["duplicate-key:14", "tag:14", "duplicate-key:14"]


def test_a_finding_points_at_the_column_of_the_key_or_the_value(tmp_path: Path) -> None:
    found = reading(tmp_path, changed(("deputy: night-warden}", "deputi: night-warden, required: 1}")))
    assert [(finding.rule, finding.column) for finding in found.findings] == [
        ("unknown-key", 50),
        ("duplicate-key", 72),
    ]
    assert found.findings[0].remedy == "write deputy"


def test_a_broken_section_does_not_make_every_reference_to_it_wrong(tmp_path: Path) -> None:
    found = reading(tmp_path, changed(("facts:\n", "facts: *facts\nfakts:\n")))
    assert told(found) == ["alias:15", "unknown-key:16"]


def test_a_message_names_the_thing_and_a_remedy_says_what_to_write(tmp_path: Path) -> None:
    found = reading(tmp_path, changed(("approvals: [warden, counsel]", "approvals: [warden, counsl]")))
    assert found.findings[0].message == "role 'counsl' does not exist"
    assert found.findings[0].remedy == "write counsel, or add counsl under roles"


def test_a_stage_named_without_its_path_is_offered_with_it(tmp_path: Path) -> None:
    found = reading(tmp_path, changed(("from: [shut.repair.looking]", "from: [looking]")))
    assert found.findings[0].remedy == "write shut.repair.looking, or add looking under stages"


def test_a_hidden_character_is_written_out_in_the_message(tmp_path: Path) -> None:
    found = reading(tmp_path, changed(("ask: Which span moves?", 'ask: "Which\\nspan \\u200bmoves?"')))
    assert told(found) == ["hidden-character:16"]
    assert found.findings[0].message == "facts.span.ask holds ⟨U+200B⟩ at line 2 of the text, which nobody can see"


def test_what_a_file_says_cannot_reach_the_terminal_through_a_message(tmp_path: Path) -> None:
    found = reading(tmp_path, changed(("deputy: night-warden", 'deputy: "\\x1b]0;x\\x07\\u202e"')))
    assert told(found) == ["unknown-role:10"]
    assert found.findings[0].message == "role '\\x1b]0;x\\x07⟨U+202E⟩' does not exist"


def test_the_shared_example_is_left_as_it_was(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    read(tmp_path / "data" / "example.yaml", tmp_path / "data" / "templates")
    assert (tmp_path / "data" / "example.yaml").read_text(encoding="utf-8") == EXAMPLE
