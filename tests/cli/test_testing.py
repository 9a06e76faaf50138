"""`playbook test`: scenarios played against the real rules; every `then` once right and once wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Program, Ran

pytestmark = ON_FILE  # it never looks at the store of the workspace

HEAD = "people: {comms-lead: dana, legal: lee}\nothers: [kim, mara]\nscenarios:\n"
ACTIVE = "    steps:\n      - when: [ack, task done pause-posts, advance activate --because confirmed]\n"
DRAFTED = f"""{ACTIVE}\
      - when: fact set affected_accounts 1200
      - when: [statement draft holding, statement submit holding]
        by: kim
"""


class Bench(NamedTuple):
    """A workspace whose scenarios a test writes."""

    program: Program

    def write(self, text: str, name: str = "data-breach") -> Path:
        folder = self.program.root / "playbooks" / "tests"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yaml").write_text(text)
        return folder / f"{name}.yaml"

    def steps(self, steps: str) -> Ran:
        """Play one scenario of these steps."""
        self.write(f"{HEAD}  - name: one\n{steps}")
        return self.program("playbook", "test", "--json")

    def found(self, steps: str) -> list[dict[str, Any]]:
        """The differences of one scenario of these steps."""
        ran = self.steps(steps)
        assert ran.code in (0, 8), ran.out + ran.err
        (one,) = ran.json["scenarios"]
        found: list[dict[str, Any]] = one["differences"]
        assert one["ok"] is (not found)
        return found


@pytest.fixture
def bench(program: Program) -> Bench:
    return Bench(program)


RIGHT_AND_WRONG = [
    (ACTIVE, "stages: [response.comms.drafting, response.legal.assessing]", "stages: [detected]", "response.comms"),
    (ACTIVE, "open: true", "open: false", "open"),
    (ACTIVE, "severity: sev1", "severity: sev2", "sev1"),
    (
        ACTIVE,
        "timers: [{kind: statement, in: 60m, what: holding}]",
        "timers: [{kind: statement, in: 59m}]",
        "statement in 1h",
    ),
    (ACTIVE, "timers: [{in: 1h}]", "timers: [{what: pause-posts}]", "statement in 1h"),
    (ACTIVE, "no_timers: [{kind: escalation}]", "no_timers: [{kind: statement}]", "statement in 1h"),
    (ACTIVE, "notices: [{to: dana, about: first-response}]", "notices: [{to: lee}]", "lee was told nothing"),
    (ACTIVE, "notices: [{to: dana}]", "notices: [{to: dana, about: holding}]", "Escalation first-response step 1"),
    (ACTIVE, "silent: [lee, kim]", "silent: [dana]", "dana was told: "),
    (DRAFTED, "statements: {holding: submitted}", "statements: {holding: published}", "holding: submitted"),
    (ACTIVE, "statements: {holding: planned}", "statements: {holding: drafted}", "holding: planned"),
    (DRAFTED, "texts: {holding: 1200}", "", ""),
    (DRAFTED, "texts: {holding.x/en: '1200'}", "texts: {holding: ['1200', 'made-up words']}", "made-up words"),
    (ACTIVE, "tasks: {pause-posts: done}", "tasks: {pause-posts: skipped}", "pause-posts: done"),
    (DRAFTED, "facts: {affected_accounts: '1,200'}", "facts: {affected_accounts: 1300}", "affected_accounts = 1200"),
    (ACTIVE, "facts: {affected_accounts: null}", "facts: {affected_accounts: 1}", "affected_accounts = not known"),
    (ACTIVE, "log: [task.done, incident.advanced]", "log: [incident.advanced, task.done]", "task.done"),
]


@pytest.mark.parametrize(("before", "right", "wrong", "got"), RIGHT_AND_WRONG)
def test_every_expectation_holds_or_tells_what_there_is(
    bench: Bench, before: str, right: str, wrong: str, got: str
) -> None:
    if wrong:
        assert bench.found(f"{before}      - then: {{{right}}}\n") == []
        (difference,) = bench.found(f"{before}      - then: {{{wrong}}}\n")
        assert difference["key"] == wrong.partition(":")[0]
        assert got in difference["got"] + difference["expected"]
    else:
        ran = bench.steps(f"{before}      - then: {{{right}}}\n")
        assert ran.code == 6  # a number is no text


def test_a_refusal_has_its_sentence(bench: Bench) -> None:
    step = "    steps:\n      - when: advance activate --because seen\n        refused: "
    assert bench.found(f"{step}task pause-posts\n") == []
    (other,) = bench.found(f"{step}somebody must hold legal\n")
    assert other["key"] == "when"
    assert "task pause-posts (Pause scheduled posts) is open" in other["got"]


def test_a_command_that_ought_to_be_refused_and_is_not(bench: Bench) -> None:
    (difference,) = bench.found("    steps:\n      - {when: ack, refused: no}\n")
    assert difference == {"key": "when", "expected": "ack is refused: no", "got": "it was carried out"}


def test_a_command_that_is_refused_against_expectation_ends_the_scenario(bench: Bench) -> None:
    steps = "    steps:\n      - when: advance notify\n      - then: {stages: [closed]}\n"
    (difference,) = bench.found(steps)
    assert difference["expected"] == "advance notify is carried out"
    assert difference["got"].startswith("exit 3: notify does not lead anywhere from detected")


def test_a_bug_is_no_refusal(bench: Bench) -> None:
    """An unknown option is refused with exit 2; what the program itself gets wrong would end in exit 1."""
    assert bench.found("    steps:\n      - {when: ack --nonsense, refused: No such option}\n") == []


def test_all_differences_of_a_step_are_told(bench: Bench) -> None:
    keys = [
        one["key"] for one in bench.found("    steps:\n      - then: {open: false, stages: [closed], silent: [dana]}\n")
    ]
    assert keys == ["stages", "open", "silent"]


def test_commands_may_be_a_list_and_read_what_is_typed_into_them(bench: Bench) -> None:
    steps = f"""{ACTIVE}\
      - when: statement draft holding --file -
        by: kim
        input: |
          Words of our own.
      - then: {{texts: {{holding: Words of our own.}}}}
"""
    assert bench.found(steps) == []


def test_given_opens_the_incident_as_told(bench: Bench) -> None:
    steps = """\
    given:
      severity: sev3
      at: 2026-11-22T16:00:00+01:00
      by: kim
      roles: {comms-lead: mara}
      facts: {affected_accounts: 7}
    steps:
      - then:
          severity: sev3
          facts: {affected_accounts: 7}
          notices: [{to: mara}]
          silent: [kim]
      - when: statement draft holding
      - when: note 'the first role is mara'
      - then: {log: [note.added], texts: {holding: '7'}}
"""
    assert bench.found(steps) == []


def test_an_incident_that_cannot_be_opened_fails_at_its_scenario(bench: Bench) -> None:
    steps = "    given: {roles: {comms-lead: dana}, by: timer}\n    steps:\n      - when: ack\n"
    bench.write(f"people: {{comms-lead: timer}}\nscenarios:\n  - name: one\n{steps}")
    told = bench.program("playbook", "test", "--json")
    assert told.code == 8
    (one,) = told.json["scenarios"]
    assert one["line"] == 3
    assert one["differences"][0]["key"] == "given"
    assert "what the log calls the program itself" in one["differences"][0]["got"]


# Virtual time


def test_what_is_due_at_the_very_end_of_a_wait_has_fired(bench: Bench) -> None:
    almost = "    steps:\n      - wait: 14m59s\n      - then: {timers: [{kind: task, in: 1s}]}\n"
    assert bench.found(almost) == []
    assert (
        bench.found(f"{almost}      - wait: 1s\n      - then: {{log: [task.overdue], no_timers: [{{kind: task}}]}}\n")
        == []
    )


def test_notices_and_the_log_count_from_the_expectation_before(bench: Bench) -> None:
    steps = "    steps:\n      - then: {notices: [{to: dana}]}\n      - then: {silent: [dana]}\n"
    assert bench.found(steps) == []
    (told,) = bench.found("    steps:\n      - then: {open: true}\n      - then: {log: [incident.opened]}\n")
    assert told["got"] == "nothing"


# The report


def failing(bench: Bench) -> None:
    steps = "    steps:\n      - then:\n          open: true\n          stages: [closed]\n"
    good = "    steps:\n      - then: {open: true}\n"
    bench.write(f"{HEAD}  - name: good\n{good}  - name: it ends at once\n{steps}")


def test_a_failure_shows_its_place_both_sides_and_the_last_entries(bench: Bench) -> None:
    failing(bench)
    told = bench.program("playbook", "test")
    assert told.code == 8
    lines = told.out.splitlines()
    assert lines[:5] == [
        "FAILED data-breach: it ends at once",
        "  playbooks/tests/data-breach.yaml:11",
        "  stages",
        "    expected  closed",
        "    got       detected",
    ]
    assert "  the log says last" in lines
    assert any("Escalation first-response step 1 fired to dana" in line for line in lines)
    assert lines[-1] == "data-breach: 2 scenarios, 1 failed"
    assert told.err == "1 scenario of 2 failed.\n"


def test_json_counts_and_lists(bench: Bench) -> None:
    failing(bench)
    told = bench.program("playbook", "test", "--json")
    assert told.code == 8
    assert told.json["playbooks"] == [{"playbook": "data-breach", "passed": 1, "failed": 1}]
    assert (told.json["passed"], told.json["failed"]) == (1, 1)
    assert [(one["playbook"], one["name"], one["ok"]) for one in told.json["scenarios"]] == [
        ("data-breach", "good", True),
        ("data-breach", "it ends at once", False),
    ]


def test_only_chooses_by_the_whole_name_or_a_part_of_it(bench: Bench) -> None:
    failing(bench)
    assert bench.program.ok("playbook", "test", "--only", "good").out == "data-breach: 1 scenario, all as expected\n"
    assert bench.program("playbook", "test", "--only", "ENDS").code == 8
    assert "Did you mean good?" in bench.program("playbook", "test", "--only", "goood").err


def test_two_runs_say_the_same(bench: Bench) -> None:
    bench.write(f"{HEAD}  - name: one\n{DRAFTED}      - wait: 3d\n      - then: {{stages: [closed]}}\n")
    first, second = (bench.program("playbook", "test", "--json") for _ in range(2))
    assert first == second
    assert first.code == 8


def test_a_file_of_scenarios_is_named_by_its_playbook_or_by_a_path(bench: Bench) -> None:
    path = bench.write(f"{HEAD}  - name: one\n    steps:\n      - when: ack\n")
    for name in ("data-breach", str(path), "playbooks/data-breach.yaml", "playbooks/tests/data-breach.yaml"):
        assert bench.program.ok("playbook", "test", name).out == "data-breach: 1 scenario, all as expected\n"
    missing = bench.program("playbook", "test", "data-breech")
    assert missing.code == 4
    assert "Did you mean data-breach?" in missing.err


def test_without_any_scenario_it_says_where_they_belong(program: Program) -> None:
    told = program("playbook", "test")
    assert told.code == 4
    assert f"There are no scenarios in {program.root / 'playbooks' / 'tests'}." in told.err


def test_a_broken_file_stops_the_run_before_anything_is_played(bench: Bench) -> None:
    bench.write("scenarios: [", "outage")
    bench.write(f"{HEAD}  - name: one\n    steps:\n      - when: advance activat --because x\n")
    told = bench.program("playbook", "test", "--json")
    assert told.code == 6
    assert {finding["rule"] for finding in told.json["findings"]} == {"syntax", "unknown-trigger"}
    shown = bench.program("playbook", "test")
    assert "playbooks/tests/data-breach.yaml:6:15: error unknown-trigger: trigger 'activat' does not exist" in shown.out
    assert "write activate" in shown.out
    assert shown.err == "2 findings to mend; no scenario was played.\n"


def test_a_terminal_shows_how_far_it_is(bench: Bench, terminal: Callable[..., Any]) -> None:
    failing(bench)
    shown = terminal("playbook", "test")
    assert shown.code == 8
    assert "1 of 2 scenarios played: good" in shown.text
    assert "2 of 2 scenarios played, 1 failed: it ends at once" in shown.text


def test_many_are_played_at_the_same_time_and_come_in_their_order(bench: Bench) -> None:
    steps = "    steps:\n      - when: [ack, task done pause-posts]\n      - then: {tasks: {pause-posts: done}}\n"
    bench.write(HEAD + "".join(f"  - name: number {n}\n{steps}" for n in range(90)))
    ran = bench.program.process("playbook", "test", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    assert [one["name"] for one in told["scenarios"]] == [f"number {n}" for n in range(90)]
    assert told["passed"] == 90
