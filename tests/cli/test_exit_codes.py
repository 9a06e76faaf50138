"""Exit codes, of real processes: what a script sees, and what a person reads beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import crisisctl
from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.cli.conftest import Terminal
    from tests.conftest import Program

Ended = subprocess.CompletedProcess[str]
Start = Callable[..., Ended]

MATRIX = [
    (0, "status", ""),
    (0, "note once", ""),
    (0, "advance --help", ""),
    (0, "--version", ""),
    (0, "verify --json", ""),
    (0, "watch --once", ""),
    (2, "", "Usage: crisisctl [OPTIONS] COMMAND [ARGS]..."),
    (2, "frobnicate", "No such command 'frobnicate'."),
    (2, "status --nope", "No such option: --nope"),
    (2, "open data-breach", "Missing option '--title'."),
    (2, "note x --expect-version one", "'one' is not a valid int"),
    (2, "snooze soon --because x", "'soon' is not a duration."),
    (2, "timeline -o .", ". is a folder. Name a file."),
    (3, "advance activate", "INC-1 cannot activate yet:"),
    (3, "advance", "INC-1 stands at detected. Say which move: crisisctl advance TRIGGER"),
    (3, "advance inform", "inform does not lead anywhere from detected. Moves from here: activate."),
    (3, "fact set affected_accounts many", "affected_accounts is a whole number, such as 1200"),
    (3, "statement publish holding", "holding has no text yet: crisisctl statement draft holding"),
    (4, "status -i INC-99", "There is no incident 'INC-99'. Did you mean INC-1?"),
    (4, "advance activat --because x", "There is no move 'activat'. Did you mean activate?"),
    (4, "open data-breech --title x", "There is no playbook 'data-breech'. Did you mean data-breach?"),
    (4, "--workspace /nowhere status", "/nowhere is no workspace: it has no crisisctl.toml."),
    (4, "statement draft holding --file nowhere.txt", "nowhere.txt cannot be read: No such file or directory."),
    (5, "note late --expect-version 1", "INC-1 is at version 4, not 1, and stands at detected."),
    (
        5,
        "advance activate --because x --expect-version 3",
        "Look again with crisisctl status, then repeat the command.",
    ),
    (6, "playbook check broken", "to mend."),
    (6, "open broken --title x", "The playbook has errors, so nothing was opened."),
    (6, "doctor", "checks failed."),
    (6, "statement draft holding", "'affected_accounts' is not known yet."),
    (7, "timeline -o no/such/folder.md", "no/such/folder.md cannot be written: No such file or directory."),
    (7, "init crisisctl.toml", "crisisctl.toml cannot be written: File exists."),
]


@pytest.fixture
def start(program: Program) -> Start:
    """Runs a line as a process whose output is buffered as usual."""

    def run(line: str, **how: Any) -> Ended:
        environment = {"PYTHONUNBUFFERED": ""} | how.pop("env", {})
        return program.process(*line.split(), env=environment, **how)

    return run


@pytest.fixture
def sabotaged(opened: Program, tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """An installation with a line put at the beginning of one function; the variables under which it runs."""

    def put(file: str, function: str) -> dict[str, str]:
        copy = tmp_path / "installed" / "crisisctl"
        shutil.copytree(Path(crisisctl.__file__).parent, copy)
        broken = copy / file
        head, mark, rest = broken.read_text().partition(f"def {function}(")
        signature, colon, body = rest.partition(":\n")
        assert mark
        assert colon
        broken.write_text(f"{head}{mark}{signature}{colon}    raise ZeroDivisionError('the secret reason')\n{body}")
        return {"PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}

    return put


@pytest.mark.parametrize(("code", "line", "sentence"), MATRIX, ids=[f"{code} {line}" for code, line, _ in MATRIX])
def test_the_code_and_the_sentence(opened: Program, start: Start, code: int, line: str, sentence: str) -> None:
    (opened.root / "playbooks" / "broken.yaml").write_text("playbook: broken\n")
    ended = start(line)
    assert (ended.returncode, "Traceback" in ended.stderr + ended.stdout) == (code, False), ended.stderr
    assert sentence in ended.stderr
    assert bool(ended.stderr.strip()) or code == 0, "a refusal says something on stderr"


def test_every_code_of_the_design_is_in_the_matrix_twice() -> None:
    counted = Counter(code for code, _, _ in MATRIX)
    assert {code for code, times in counted.items() if times >= 2} == {0, 2, 3, 4, 5, 6, 7}


def test_what_was_found_before_a_refusal_reaches_a_pipe(opened: Program, start: Start) -> None:
    (opened.root / "playbooks" / "broken.yaml").write_text("playbook: broken\n")
    assert "broken.yaml:1:1: error missing-key" in start("playbook check").stdout
    assert '"missing-key"' in start("playbook check --json").stdout
    assert "ERROR   playbook broken has" in start("doctor").stdout


@ON_FILE  # tests/cli/test_team_store.py has what a database refuses
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("store = 'sqlite:crisisctl.toml/x.db'", "Nothing was written."),
        ("store = 'sqlite:crisisctl.toml'", "is not a database of crisisctl. Move it away, or restore a backup."),
        ("store = 'sqlite:playbooks'", "Nothing was written"),
    ],
)
def test_7_a_store_that_cannot_be_written(program: Program, start: Start, settings: str, sentence: str) -> None:
    (program.root / "crisisctl.toml").write_text(settings)
    ended = start("open data-breach --title x")
    assert ended.returncode == 7
    assert sentence in ended.stderr
    assert ended.stdout == ""


@ON_FILE  # a store that the environment names comes before that of the settings
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("store = 'mysql://x'", "A store 'mysql' is unknown."),
        ("identity = 'lax'", "identity is 'open' or 'strict', not 'lax'."),
        ("organisation = 1", "organisation is a text, not 1."),
        ("notices = 'console:'", "notices is a list"),
        ("[[[", "crisisctl.toml: "),
    ],
)
def test_6_settings_that_cannot_be_used(program: Program, start: Start, settings: str, sentence: str) -> None:
    (program.root / "crisisctl.toml").write_text(settings)
    ended = start("status")
    assert ended.returncode == 6
    assert sentence in ended.stderr


@pytest.mark.parametrize(
    "statement",
    ["UPDATE head SET severity = 'sev3'", "DELETE FROM timer"],
)
def test_8_a_log_that_does_not_verify(behind: Behind, opened: Program, start: Start, statement: str) -> None:
    behind.change(statement)
    ended = start("verify")
    assert ended.returncode == 8
    assert "INC-1" in ended.stdout
    assert "Keep it as it is, and restore a backup." in ended.stderr


def test_5_of_many_at_the_same_moment_one_moves_and_the_others_are_told(opened: Program) -> None:
    """All have looked at version 4; whoever is first moves it, and nobody's note is lost or written twice."""
    line = [sys.executable, "-m", "crisisctl", "note", "mine", "--expect-version", "4"]
    racing = [
        subprocess.Popen(
            line, cwd=opened.root, env=opened.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = [process.communicate(timeout=60) for process in racing]
    assert sorted(process.returncode for process in racing) == [0, 5, 5, 5]
    assert sum(", not 4, and stands at" in err for _, err in told) == 3
    assert opened.ok("timeline", "--format", "json").out.count('"note.added"') == 1


def test_1_a_bug_is_one_sentence_and_with_debug_a_traceback(
    sabotaged: Callable[[str, str], dict[str, str]], start: Start
) -> None:
    broken = sabotaged("service/verify.py", "verify")
    ended = start("verify", env=broken)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "crisisctl has a bug (ZeroDivisionError). "
        "Run it again with --debug before the command, and report what it shows.\n"
    )
    shown = start("--debug verify", env=broken)
    assert shown.returncode == 1
    assert "Traceback (most recent call last):" in shown.stderr
    assert "ZeroDivisionError: the secret reason" in shown.stderr


def test_1_a_bug_after_the_commit_says_that_the_command_was_recorded(
    sabotaged: Callable[[str, str], dict[str, str]], start: Start, types: Callable[[], list[str]]
) -> None:
    ended = start("note x", env=sabotaged("cli/done.py", "tell"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("The command was recorded; do not repeat it.")
    assert types().count("note.added") == 1


def test_130_ctrl_c_at_a_question(responding: Program, terminal: Terminal) -> None:
    screen = terminal("advance", typed=[("[y/N]", "\x03")])
    assert screen.code == 130
    assert "Interrupted." in screen.text
    assert "Traceback" not in screen.text


def _left(program: Program, line: str, unbuffered: str) -> Ended:
    """The line with its output going to a pipe whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "crisisctl", *line.split()],
            cwd=program.root,
            env=program.environment() | {"PYTHONUNBUFFERED": unbuffered},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", ["timeline --format html", "status --json", "list", "--help"])
def test_a_reader_who_leaves_early_is_no_error(opened: Program, line: str, unbuffered: str) -> None:
    ended = _left(opened, line, unbuffered)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_recorded_command_whose_reader_has_left_was_recorded(opened: Program, unbuffered: str) -> None:
    ended = _left(opened, "note x", unbuffered)
    assert ended.returncode == 0
    assert ended.stderr == "The command was recorded, but its output could not be written: Broken pipe.\n"


def _full(program: Program, line: str, *, everything: bool = False) -> Ended:
    """The line with its answer, or everything it says, going to a full disk."""
    with Path("/dev/full").open("w") as full:
        return subprocess.run(
            [sys.executable, "-m", "crisisctl", *line.split()],
            cwd=program.root,
            env=program.environment() | {"PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=full if everything else subprocess.PIPE,
            text=True,
            check=False,
        )


@pytest.mark.parametrize("line", ["note x", "note x --json", "ack", "task done pause-posts", "assign legal kim --json"])
def test_a_recorded_command_whose_answer_cannot_be_written_says_that_it_was_recorded(
    opened: Program, version: Callable[[], int], line: str
) -> None:
    before = version()
    ended = _full(opened, line)
    assert ended.returncode == 0, "a script must not repeat it"
    assert ended.stderr.endswith(
        "The command was recorded, but its output could not be written: No space left on device.\n"
    )
    assert version() > before


@pytest.mark.parametrize("line", ["status", "timeline --format json", "verify", "--help"])
def test_an_answer_that_cannot_be_written_is_an_error(opened: Program, line: str) -> None:
    ended = _full(opened, line)
    assert ended.returncode != 0
    assert ended.stderr.endswith("The output could not be written: No space left on device.\n")


@pytest.mark.parametrize(("line", "code"), [("nonono", 2), ("status -i INC-9", 4), ("note x", 0), ("advance", 3)])
def test_the_code_holds_even_when_nothing_can_be_said_at_all(opened: Program, line: str, code: int) -> None:
    assert _full(opened, line, everything=True).returncode == code


@pytest.mark.parametrize(
    ("closed", "line", "code"),
    [
        (">&-", "note x", 0),
        (">&- 2>&-", "note x", 0),
        (">&- 2>&-", "nonono", 2),
        ("2>&-", "status -i INC-9", 4),
        ("<&-", "note -", 3),
        ("<&-", "advance", 3),
        ("<&- >&- 2>&-", "status", 0),
    ],
)
def test_streams_that_were_closed_before_the_start_break_nothing(
    opened: Program, closed: str, line: str, code: int
) -> None:
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "crisisctl", *line.split()],
        cwd=opened.root,
        env=opened.environment(),
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert "bug" not in ended.stderr


@pytest.mark.parametrize("option", ["--as dana", "--workspace .", "--debug"])
def test_2_an_option_that_stands_in_the_wrong_place_is_told_its_own(opened: Program, start: Start, option: str) -> None:
    ended = start(f"note x {option}")
    assert ended.returncode == 2
    assert f"{option.split(maxsplit=1)[0]} stands before the command, right after crisisctl." in ended.stderr


@pytest.mark.parametrize(
    "line",
    [
        "open data-breach --title y",
        "advance activate",
        "assign legal lee",
        "release legal",
        "ack",
        "snooze 20m --because x",
        "task done pause-posts",
        "decide x --because y",
        "fact set affected_accounts 7",
        "fact retract affected_accounts --because x",
        "severity sev2 --because x",
        "reopen --because x",
        "redact 1 --because x",
        "statement draft holding",
        "statement submit holding",
        "statement approve holding",
        "statement reject holding --because x",
        "statement publish holding",
        "statement correct holding --because x",
    ],
)
def test_5_a_key_of_another_command_is_no_repeat(opened: Program, line: str) -> None:
    opened.ok("note", "x", "--request-id", "k")
    before = opened.ok("status", "--json").json["version"]
    told = opened(*line.split(), "--request-id", "k")
    assert (told.code, told.out) == (5, "")
    assert told.err.startswith("That request key stands for something else (note.added by dana in INC-1, version ")
    assert opened.ok("status", "--json").json["version"] == before


@pytest.mark.parametrize("line", ["--json status", "-i INC-1 status", "--at x note y"])
def test_2_an_option_of_a_command_stands_after_its_name(opened: Program, start: Start, line: str) -> None:
    ended = start(line)
    assert ended.returncode == 2
    assert "is no option of crisisctl itself. Options of a command stand after its name." in ended.stderr


@pytest.mark.parametrize("line", [["note", "x", "-i", ""], ["status", "-i", ""], ["--as", "", "note", "x"]])
def test_2_an_empty_name_is_nobody_and_nothing(opened: Program, line: list[str]) -> None:
    before = opened.ok("status", "--json").json["version"]
    told = opened(*line)
    assert told.code == 2
    assert "is empty. Leave it out" in told.err
    assert opened.ok("status", "--json").json["version"] == before


def test_3_a_role_is_not_taken_from_a_person_without_a_name(opened: Program) -> None:
    told = opened("release", "legal", "")
    assert (told.code, told.err) == (3, "A person without a name does not hold legal.\n")
