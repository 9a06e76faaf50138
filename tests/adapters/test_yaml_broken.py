"""Broken playbooks, each caught at its line and by its rule, and nothing else said about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from crisisctl.adapters.yaml import read

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = (DATA / "example.yaml").read_text(encoding="utf-8")

HEAD: Sequence[tuple[str, str, list[str]]] = [
    ("playbook: example\n", "", ["missing-key:1"]),
    ("playbook: example", "playbook: exampel", ["id-not-file-name:1"]),
    ("playbook: example", "playbook: The Example", ["bad-name:1"]),
    ("playbook: example", "playbook: 404", ["wrong-type:1"]),
    ("version: 4", "version: 0", ["bad-version:2"]),
    ("version: 4", "version: -1", ["bad-version:2"]),
    ("version: 4", "version: 4.5", ["wrong-type:2"]),
    ("version: 4", "version: '4'", ["wrong-type:2"]),
    ("version: 4", "version: true", ["wrong-type:2"]),
    ("version: 4", "version: 9007199254740993", ["huge-number:2"]),
    ("version: 4", "version: 1_000", ["wrong-type:2"]),
    ("title: A bridge that sways", "title:", ["wrong-type:3"]),
    ("title: A bridge that sways", 'title: " "', ["empty-text:3"]),
    ("title: A bridge that sways", "titel: A bridge", ["missing-key:1", "unknown-key:3"]),
    ("title: A bridge that sways", f"title: {'x' * 201}", ["too-long:3"]),
    ("title: A bridge that sways", 'title: "A \\u202egdirb"', ["hidden-character:3"]),
    ("title: A bridge that sways", 'title: "A \\x1b[31mbridge"', ["hidden-character:3"]),
    ("title: A bridge that sways", 'title: "A\\nbridge"', ["hidden-character:3"]),
    ("severities: [grave, minor]", "severities: []", ["no-severities:6"]),
    ("severities: [grave, minor]", "severities:", ["no-severities:6"]),
    ("severities: [grave, minor]", "severities: grave", ["wrong-type:6"]),
    ("severities: [grave, minor]", "severities: [grave, 2]", ["wrong-type:6"]),
    ("severities: [grave, minor]", "severities: [grave, grave]", ["duplicate-severity:6"]),
    ("severities: [grave, minor]", "severities: [grave, Minor]", ["bad-name:6"]),
    ("last_drilled: 2026-02-28", "last_drilled: 2026-02-30", ["bad-date:7"]),
    ("last_drilled: 2026-02-28", "last_drilled: yesterday", ["bad-date:7"]),
    ("last_drilled: 2026-02-28", "last_drilled: 20260228", ["bad-date:7"]),
    ("counsel: {title: Counsel}", "counsel: {titel: Counsel}", ["unknown-key:12"]),
    ("counsel: {title: Counsel}", "counsel: Counsel", ["wrong-type:12"]),
    ("counsel: {title: Counsel}", "counsel: {required: yes}", ["wrong-type:12"]),
    ("counsel: {title: Counsel}", "counsel: {title: Counsel}\n  Legal Eagle: {}", ["bad-name:13"]),
    ("deputy: night-warden", "deputy: night-warder", ["unknown-role:10"]),
    ("night-warden: {title: Night warden}", "night-warden: {deputy: warden}", ["deputy-loop:10"]),
    ("counsel: {title: Counsel}", "counsel: {deputy: counsel}", ["deputy-loop:12"]),
    ("span: {type: integer", "span: {type: int", ["bad-fact-type:16"]),
    ("span: {type: integer", "span: {typ: integer", ["unknown-key:16"]),
    ("type: choice, choices: [calm, gale]", "type: choice", ["choices-missing:18"]),
    ("type: choice, choices: [calm, gale]", "type: choice, choices: []", ["choices-missing:18"]),
    ("type: choice, choices: [calm, gale]", "choices: [calm, gale]", ["choices-unused:18"]),
    ("type: choice, choices: [calm, gale]", "type: choice, choices: [calm, calm]", ["duplicate-name:18"]),
    ("type: choice, choices: [calm, gale]", "type: choice, choices: [true, calm]", ["wrong-type:18"]),
    ("  rumour:\n", "  rumour:\n  Rumour-2:\n", ["bad-name:20"]),
    ("  rumour:\n", "  rumour:\n  class:\n", ["bad-name:20"]),
    ("  rumour:\n", "  rumour:\n  loop:\n", ["bad-name:20"]),
    ("clocks: [gdpr.art33, sec.8k-1.05]", "clocks: [GDPR 33]", ["bad-name:103"]),
    ("clocks: [gdpr.art33, sec.8k-1.05]", "clocks: gdpr.art33", ["wrong-type:103"]),
]

STAGES: Sequence[tuple[str, str, list[str]]] = [
    ("initial: noticed", "initial: notised", ["unknown-stage:21"]),
    ("initial: noticed", "initial: shut.public", ["unknown-stage:21"]),
    ("initial: noticed", "initial: open-again", ["initial-is-final:21"]),
    ("    title: Noticed", "    titel: Noticed", ["unknown-key:24"]),
    ("role: warden, required: true, due: 5m", "role: wardn", ["unknown-role:28"]),
    ("role: warden, required: true, due: 5m", "due: 5 minutes", ["bad-duration:28"]),
    ("role: warden, required: true, due: 5m", "due: 5", ["bad-duration:28"]),
    ("role: warden, required: true, due: 5m", "required: no", ["wrong-type:28"]),
    ("call-engineer:", "Call_Engineer!:", ["bad-name:29", "unknown-task:55"]),
    ("escalation: wake-up", "escalation: wakeup", ["unknown-escalation:30"]),
    ("    parallel: true", "    parallel: true\n    initial: public", ["needless-initial:34"]),
    ("    parallel: true", "    initial: publik", ["unknown-stage:33"]),
    ("    parallel: true\n", "", ["missing-initial:31"]),
    ("        initial: silent\n", "", ["missing-initial:35"]),
    ("initial: silent", "initial: silence", ["unknown-stage:36"]),
    ("title: Everybody knows", "title: Everybody knows, initial: silent", ["needless-initial:39"]),
    ("title: Everybody knows", "title: Everybody knows, parallel: true", ["too-few-regions:39"]),
    ("title: Everybody knows", "title: Everybody knows, final: true", ["nested-final:39"]),
    ("    title: Afterwards", "    stages: [a, b]", ["wrong-type:46"]),
    (", final: true}", "}", ["no-final:22"]),
    (", final: true}", ", final: 'true'}", ["no-final:22", "wrong-type:47"]),
    (", final: true}", ", final: true, initial: a, stages: {a: }}", ["children-on-final:47"]),
]

MOVES: Sequence[tuple[str, str, list[str]]] = [
    ("  - trigger: shut-down\n    from: noticed", "  - from: noticed", ["missing-key:50", "unknown-trigger:81"]),
    ("trigger: shut-down", "trigger: Shut down", ["bad-name:50", "unknown-trigger:82"]),
    ("    from: noticed\n", "", ["missing-key:50"]),
    ("from: noticed", "from: notice", ["unknown-stage:51"]),
    ("from: noticed", "from: []", ["empty-list:51"]),
    ("from: noticed", "from: [noticed, '*']", ["unknown-stage:51"]),
    ("from: noticed", "from: [noticed, noticed]", ["duplicate-name:51"]),
    ("from: noticed", "from: [noticed, open-again]", ["move-from-final:51"]),
    ("    to: shut\n", "    to: shutt\n", ["unknown-stage:52"]),
    ("    to: shut\n", "    to: shut.public.told\n", ["partial-entry:52"]),
    ("    to: shut\n", "    to: shut.repair\n", ["partial-entry:52"]),
    ("    to: open-again", "    to: shut.repair.mended", ["partial-entry:70"]),
    ("by: [warden, night-warden]", "by: warden", ["wrong-type:53"]),
    ("by: [warden, night-warden]", "by: []", ["empty-list:53"]),
    ("by: [warden, night-warden]", "by: [warden, night]", ["unknown-role:53"]),
    ("because: required", "because: true", ["bad-because:54"]),
    ("because: required", "because: require", ["bad-because:54"]),
    ("tasks: [call-engineer]", "tasks: [call-enginer]", ["unknown-task:55"]),
    ("tasks: [call-engineer]", "task: [call-engineer]", ["unknown-key:55"]),
    ("{first-words: published}", "{first-word: published}", ["unknown-statement:59"]),
    ("{first-words: published}", "{first-words: publish}", ["bad-statement-state:59"]),
    ("facts: [span, closed_at]", "facts: [span, closed-at]", ["unknown-fact:59"]),
    ("from: [shut.repair.looking]", "from: [looking]", ["unknown-stage:61"]),
    ("stages: [shut.public.told, ", "stages: [told, ", ["unknown-stage:67"]),
    ("roles: [herald]", "roles: [heralds]", ["unknown-role:67"]),
]

LADDERS: Sequence[tuple[str, str, list[str]]] = [
    ("until: acknowledged", "until: acked", ["bad-until:75"]),
    ("ack_timeout: 30m", "ack_timeout: 0m", ["bad-duration:76"]),
    ("ack_timeout: 30m", "ack_timeout: 30 min", ["bad-duration:76"]),
    ("{times: 2, every: 20m}", "{times: 101, every: 20m}", ["bad-repeat:77"]),
    ("{times: 2, every: 20m}", "{times: -1, every: 20m}", ["bad-repeat:77"]),
    ("{times: 2, every: 20m}", "{times: 2}", ["bad-repeat:77"]),
    ("{times: 2, every: 20m}", "{times: 2, every: 0s}", ["bad-repeat:77"]),
    ("{times: 2, every: 20m}", "{every: 20m}", ["missing-key:77"]),
    ("{times: 2, every: 20m}", "twice", ["wrong-type:77"]),
    ("if_empty: skip", "if_empty: ignore", ["bad-if-empty:78"]),
    ("if_empty: skip", "if_empty: fallback", ["bad-if-empty:78"]),
    ("if_empty: {fallback: warden}", "if_empty: {fallback: wardn}", ["unknown-role:85"]),
    ("if_empty: {fallback: warden}", "if_empty: {}", ["missing-key:85"]),
    ("    steps:\n      - {after: 20m, advance: tell}\n", "", ["missing-key:83"]),
    ("    steps:\n      - {after: 20m, advance: tell}\n", "    steps: []\n", ["empty-steps:86"]),
    ("{after: 20m, advance: tell}", "{advance: tell}", ["missing-key:87"]),
    ("{after: 20m, advance: tell}", "{after: 20m}", ["step-does-nothing:87"]),
    ("{after: 20m, advance: tell}", "{after: 20m, notify: []}", ["step-does-nothing:87"]),
    ("{after: 20m, advance: tell}", "{after: 20m, advance: told}", ["unknown-trigger:87"]),
    ("{after: 20m, advance: tell}", "20m", ["wrong-type:87"]),
    ("{after: 5m, notify: [night-warden, herald]}", "{after: 2h, notify: [herald]}", ["steps-out-of-order:82"]),
    ("{after: 5m, notify: [night-warden, herald]}", "{after: 5m, notify: [watchman]}", ["unknown-role:81"]),
    ("{after: 5m, notify: [night-warden, herald]}", "{after: 5m, notify: [herald, herald]}", ["duplicate-name:81"]),
    ("after: 1h30m", "after: 30m1h", ["bad-duration:82"]),
    ("after: 1h30m", "after: 4000d", ["bad-duration:82"]),
]

STATEMENTS: Sequence[tuple[str, str, list[str]]] = [
    ("    template: update/example.md.j2\n", "", ["missing-key:97"]),
    ("template: update/example.md.j2", "template: update/exampel.md.j2", ["template-missing:98"]),
    ("template: update/example.md.j2", "template: ../example.yaml", ["bad-template-name:98"]),
    ("template: update/example.md.j2", "template: /etc/hostname", ["bad-template-name:98"]),
    ("template: update/example.md.j2", "template: update//example.md.j2", ["bad-template-name:98"]),
    ("template: update/example.md.j2", "template: Update.md.j2", ["bad-template-name:98"]),
    ("template: update/example.md.j2", "template: [update.md.j2]", ["bad-template-name:98"]),
    ("    audiences: [drivers]\n", "", ["no-audience:97"]),
    ("    audiences: [drivers]\n", "    audiences: []\n", ["no-audience:99"]),
    ("    audiences: [drivers]\n", "    audiences: [Car Drivers]\n", ["bad-name:99"]),
    ("    channels: [radio]\n", "", ["no-channel:97"]),
    ("approvals: [warden, counsel]", "approvals: [warden, warden]", ["duplicate-approval:94"]),
    ("approvals: [warden, counsel]", "approvals: [warden, lawyer]", ["unknown-role:94"]),
    ("approvals: [warden, counsel]", "approvals: []", ["one-approver-short:94"]),
    ("due: 60m", "due: an hour", ["bad-duration:95"]),
    ("update_every: 1h", "update_every: 0h", ["bad-duration:96"]),
    ("update_every: 1h", "update_evry: 1h", ["unknown-key:96"]),
]

BROKEN = [*HEAD, *STAGES, *MOVES, *LADDERS, *STATEMENTS]
WARNINGS = {"nested-final", "no-audience", "no-channel", "one-approver-short"}


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN, ids=[f"{new.strip()[:40]!r}" for _, new, _ in BROKEN])
def test_each_mistake_is_found_at_its_line_and_nothing_else_is(
    old: str, new: str, expected: list[str], tmp_path: Path
) -> None:
    assert EXAMPLE.count(old) == 1
    (tmp_path / "example.yaml").write_text(EXAMPLE.replace(old, new), encoding="utf-8")
    found = read(tmp_path / "example.yaml", DATA / "templates")
    assert [f"{finding.rule}:{finding.line}" for finding in found.findings] == expected
    for finding in found.findings:
        assert finding.level == ("warning" if finding.rule in WARNINGS else "error")
        assert finding.file == str(tmp_path / "example.yaml")
        assert finding.message
        assert finding.remedy
    assert (found.document is None) == any(finding.level == "error" for finding in found.findings)
