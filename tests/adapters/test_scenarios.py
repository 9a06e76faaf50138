"""Files of scenarios: what is wrong with them is told with line, column, rule and remedy, all in one run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.adapters.yaml import read
from crisisctl.adapters.yaml.scenarios import read_scenarios
from crisisctl.domain.errors import NotFound
from crisisctl.domain.playbook import Playbook, build
from crisisctl.domain.scenario import Given, Then, Typed, Wait
from crisisctl.domain.scenario.form import check
from crisisctl.domain.scenario.known import Commands
from crisisctl.service.ports import Finding

CONTRACT = Path(__file__).parents[1] / "data" / "contract"
COMMANDS = Commands(("ack", "advance", "assign", "fact", "statement", "task", "note"), ("watch", "init"))
HEAD = "people: {comms-lead: dana, legal: lee}\nothers: [kim]\nscenarios:\n  - name: one\n"
STEPS = f"{HEAD}    steps:\n"
GIVEN = f"{HEAD}    steps: [{{when: ack}}]\n    given:\n"


def plan(name: str = "data-breach") -> Playbook:
    if name != "data-breach":
        raise NotFound(f"There is no playbook {name!r}. Did you mean data-breach?")
    found = read(CONTRACT / "data-breach.yaml", CONTRACT / "templates")
    assert found.document
    return build(found.document)


def findings(tmp_path: Path, text: str) -> list[Finding]:
    path = tmp_path / "data-breach.yaml"
    path.write_text(text)
    return read_scenarios(path, plan, COMMANDS).findings


BROKEN = [
    ("", 1, "missing-key", "add scenarios"),
    ("scenarios: [", 1, "syntax", ""),
    ("scenarios: []", 1, "no-scenarios", "write at least one"),
    ("playbook: data-breech\nscenarios: []", 1, "unknown-playbook", "Did you mean data-breach?"),
    ("colour: red\n" + STEPS + "      - when: ack\n", 1, "unknown-key", "playbook, people, others, scenarios"),
    ("people: {comms-lead: dana, leagl: lee}\n", 1, "unknown-role", "write legal"),
    ("people: {comms-lead: 'da na'}\n", 1, "bad-name", "letters, digits"),
    ("others: kim\n", 1, "wrong-type", "write [kim]"),
    ("others: [kim, kim]\n", 1, "duplicate-name", "remove one"),
    ("scenarios:\n  - name: one\n    steps: [{when: ack}]\n", 2, "no-opener", "add comms-lead to people"),
    (f"{HEAD}    steps: []\n", 5, "no-steps", "write what happens"),
    (f"{HEAD}    steps: [{{when: ack}}]\n  - name: one\n    steps: [{{when: ack}}]\n", 6, "duplicate-name", "another"),
    (f"{GIVEN}      severity: sev9\n", 7, "unknown-severity", "write sev"),
    (f"{GIVEN}      at: yesterday\n", 7, "bad-time", "2026-11-22T15:00:00Z"),
    (f"{GIVEN}      at: 2026-11-22T15:00:00\n", 7, "bad-time", "2026-11-22T15:00:00Z"),
    (f"{GIVEN}      by: dane\n", 7, "unknown-person", "write dana"),
    (f"{GIVEN}      roles: {{legal: lee}}\n", 6, "no-opener", "add comms-lead"),
    (f"{GIVEN}      facts: {{affected: 1}}\n", 7, "unknown-fact", "write affected_accounts"),
    (f"{GIVEN}      facts: {{affected_accounts: many}}\n", 7, "bad-value", "whole number"),
    (f"{GIVEN}      facts: {{affected_accounts: null}}\n", 7, "wrong-type", "as one types it"),
    (f"{STEPS}      - wait: 5\n", 6, "bad-duration", "5m"),
    (f"{STEPS}      - wait: 0m\n", 6, "bad-duration", "longer than 0"),
    (f"{STEPS}      - {{wait: 5m, then: {{open: true}}}}\n", 6, "bad-step", "exactly one of"),
    (f"{STEPS}      - {{by: dana}}\n", 6, "bad-step", "exactly one of"),
    (f"{STEPS}      - {{wait: 5m, by: dana}}\n", 6, "bad-step", "remove by"),
    (f"{STEPS}      - {{when: ack, by: dan}}\n", 6, "unknown-person", "write dana"),
    (f"{STEPS}      - {{when: ack, refused: ''}}\n", 6, "empty-text", "a part of what is said"),
    (f"{STEPS}      - {{when: [ack, ack], refused: no}}\n", 6, "bad-step", "a step of its own"),
    (f"{STEPS}      - when: ''\n", 6, "wrong-type", "such as ack"),
    (f"{STEPS}      - when: crisisctl ack\n", 6, "bad-command", "leave crisisctl out"),
    (f"{STEPS}      - when: --as lee ack\n", 6, "bad-command", "stands in by"),
    (f"{STEPS}      - when: ack -i INC-2\n", 6, "bad-command", "leave -i out"),
    (f"{STEPS}      - when: note x -o/etc/passwd\n", 6, "bad-command", "a scenario writes nothing"),
    (f"{STEPS}      - {{when: note x --output=a.txt, refused: no}}\n", 6, "bad-command", "a scenario writes nothing"),
    (f"{STEPS}      - when: akc\n", 6, "unknown-command", "write ack"),
    (f"{STEPS}      - when: watch --once\n", 6, "unknown-command", "one of ack, advance"),
    (f"{STEPS}      - when: note it's\n", 6, "open-quote", "close it"),
    (f"{STEPS}      - when: advance activat --because x\n", 6, "unknown-trigger", "write activate"),
    (f"{STEPS}      - when: [ack, advance activat]\n", 6, "unknown-trigger", "write activate"),
    (f"{STEPS}      - when: fact set aware 1\n", 6, "unknown-fact", "write aware_at"),
    (f"{STEPS}      - when: statement draft holdin\n", 6, "unknown-statement", "write holding"),
    (f"{STEPS}      - when: task done pause\n", 6, "unknown-task", "write pause-posts"),
    (f"{STEPS}      - when: task done correct-none\n", 6, "unknown-task", ""),
    (f"{STEPS}      - when: assign leagl lee\n", 6, "unknown-role", "write legal"),
    (f"{STEPS}      - then: {{}}\n", 6, "nothing-expected", "at least one of stages"),
    (f"{STEPS}      - then: {{stage: [detected]}}\n", 6, "unknown-key", "write stages"),
    (f"{STEPS}      - then: {{stages: detected}}\n", 6, "wrong-type", "write [detected]"),
    (f"{STEPS}      - then: {{stages: [drafting]}}\n", 6, "unknown-stage", "write response.comms.drafting"),
    (f"{STEPS}      - then: {{stages: [response]}}\n", 6, "not-a-leaf", "response.comms"),
    (f"{STEPS}      - then: {{open: perhaps}}\n", 6, "wrong-type", "true or false"),
    (f"{STEPS}      - then: {{severity: high}}\n", 6, "unknown-severity", "add high to the playbook"),
    (f"{STEPS}      - then: {{timers: [{{kind: escalations}}]}}\n", 6, "unknown-timer", "write escalation"),
    (f"{STEPS}      - then: {{timers: [{{in: soon}}]}}\n", 6, "bad-duration", "5m"),
    (f"{STEPS}      - then: {{no_timers: [{{}}]}}\n", 6, "nothing-expected", "kind, in and what"),
    (f"{STEPS}      - then: {{notices: [{{about: holding}}]}}\n", 6, "missing-key", "add to"),
    (f"{STEPS}      - then: {{notices: [{{to: dan}}]}}\n", 6, "unknown-person", "write dana"),
    (f"{STEPS}      - then: {{silent: [mara]}}\n", 6, "unknown-person", "add mara to people or others"),
    (f"{STEPS}      - then: {{statements: {{holdin: published}}}}\n", 6, "unknown-statement", "write holding"),
    (f"{STEPS}      - then: {{statements: {{holding: publish}}}}\n", 6, "bad-state", "write published"),
    (f"{STEPS}      - then: {{texts: {{holding.y/en: words}}}}\n", 6, "unknown-text", "holding.x/en"),
    (f"{STEPS}      - then: {{texts: {{holding: 12}}}}\n", 6, "wrong-type", "write text"),
    (f"{STEPS}      - then: {{tasks: {{pause: open}}}}\n", 6, "unknown-task", "write pause-posts"),
    (f"{STEPS}      - then: {{tasks: {{pause-posts: finished}}}}\n", 6, "bad-state", "open or done or skipped"),
    (f"{STEPS}      - then: {{facts: {{aware_at: noon}}}}\n", 6, "bad-value", "2026-11-22T15:00:00Z"),
    (f"{STEPS}      - then: {{log: [escalation.fire]}}\n", 6, "unknown-entry", "write escalation.fired"),
]


@pytest.mark.parametrize(
    ("text", "line", "rule", "remedy"), BROKEN, ids=[f"{n}-{row[2]}" for n, row in enumerate(BROKEN)]
)
def test_every_mistake_has_its_place_rule_and_remedy(
    tmp_path: Path, text: str, line: int, rule: str, remedy: str
) -> None:
    found = findings(tmp_path, text)
    assert (line, rule) in [(one.line, one.rule) for one in found], found
    mine = next(one for one in found if (one.line, one.rule) == (line, rule))
    assert remedy in mine.remedy
    assert mine.level == "error"
    assert mine.file.endswith("data-breach.yaml")


def test_all_mistakes_are_told_in_one_run(tmp_path: Path) -> None:
    text = f"{STEPS}      - when: akc\n      - wait: soon\n      - then: {{stages: [closd], silent: [mara]}}\n"
    assert [one.rule for one in findings(tmp_path, text)] == [
        "unknown-command",
        "bad-duration",
        "unknown-stage",
        "unknown-person",
    ]


def test_what_is_to_be_refused_may_name_anything(tmp_path: Path) -> None:
    assert findings(tmp_path, f"{STEPS}      - {{when: advance nowhere, refused: nowhere}}\n") == []


def test_a_sound_file_becomes_scenarios(tmp_path: Path) -> None:
    path = tmp_path / "data-breach.yaml"
    path.write_text(
        f"{GIVEN}      at: 2026-11-22T16:00:00+01:00\n      facts: {{affected_accounts: 1200}}\n"
        "  - name: two\n    steps:\n      - {when: note 'a b', by: kim}\n      - wait: 1h30m\n"
        "      - then:\n          open: true\n          timers: [{kind: task, in: 5m, what: pause}]\n"
    )
    suite = read_scenarios(path, plan, COMMANDS).suite
    assert suite
    one, two = suite.scenarios
    roles = {"comms-lead": ("dana",), "legal": ("lee",)}
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert one.given == Given(at, "dana", roles, {"affected_accounts": "1200"})
    assert one.people == ("dana", "lee", "kim")
    assert two.given.at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert two.line == 9
    typed, wait, then = two.steps
    assert (typed.line, typed.does) == (11, Typed(("note", "a b"), "kim"))
    assert wait.does == Wait(timedelta(minutes=90))
    assert isinstance(then.does, Then)
    assert then.does.open is True
    assert then.lines == {"open": 14, "timers": 15}


def test_a_file_of_four_mebibytes_is_refused_and_one_of_half_a_mebibyte_is_read(tmp_path: Path) -> None:
    comment = f"# {'x' * 1020}\n"
    assert findings(tmp_path, f"{STEPS}      - when: ack\n{comment * 512}") == []
    (large,) = findings(tmp_path, f"{STEPS}      - when: ack\n{comment * 4200}")
    assert large.rule == "too-large"


leaves = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["dana", "ack", "1h", "open"])
)
KEYS = (
    "playbook people others scenarios name given steps when wait then by refused roles facts severity at timers "
    "notices texts tasks log in to comms-lead input"
)
keys = st.sampled_from(KEYS.split())
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=25
)


@given(documents)
def test_checking_never_raises(document: object) -> None:
    assert all(problem.remedy and problem.message for problem in check(document, plan(), COMMANDS))
