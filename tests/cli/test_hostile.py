"""Bad input: refused with a sentence, or shown visibly; never obeyed, and never a traceback."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.cli.conftest import Terminal
    from tests.conftest import Program

HIDDEN = {
    "escape": "a\x1b[31mb",
    "bell and title": "\x1b]0;owned\x07",
    "C1 control": "a\x9b31mb",
    "backspace": "a\x08\x08b",
    "carriage return": "INC-1\rINC-2",
    "override": "left\u202etfel",
    "isolate": "a\u2066b\u2069",
    "zero width": "a\u200bb",
    "byte that is not UTF-8": "a\udcffb",
    "tag": "a\U000e0041b",
}
PLAIN = {
    "markup": "[/x][bold]",
    "quotes": "'\"`",
    "shell": "$(touch owned); `touch owned`",
    "format": "%s%n{0}{{7*7}}",
    "html": "<script>alert(1)</script>",
    "path": "../../etc/passwd",
    "sql": "'; DROP TABLE entry; --",
    "dash": "--",
    "empty": "",
    "blank": "   ",
    "megabyte": "A" * 1_000_000,
}
Shown = Callable[[str], str]
# Every place of every command in which somebody can type.
PLACES = [
    ["open", "@", "--title", "x"],
    ["open", "data-breach", "--title=@"],
    ["open", "data-breach", "--title", "x", "--severity=@"],
    ["open", "data-breach", "--title", "x", "--assign=@=lee"],
    ["open", "data-breach", "--title", "x", "--assign=legal=@"],
    ["open", "data-breach", "--title", "x", "--fact=@=1"],
    ["open", "data-breach", "--title", "x", "--at=@"],
    ["advance", "--", "@"],
    ["advance", "activate", "--because=@"],
    ["advance", "activate", "--because=x", "--role=@"],
    ["status", "--incident=@"],
    ["timeline", "--format=@"],
    ["assign", "legal", "--", "@"],
    ["assign", "--", "@", "lee"],
    ["release", "legal", "--", "@"],
    ["ack", "--", "@"],
    ["snooze", "--because=x", "--", "@"],
    ["snooze", "1m", "--because=@"],
    ["task", "done", "--", "@"],
    ["task", "skip", "pause-posts", "--because=@"],
    ["note", "--", "@"],
    ["note", "x", "--request-id=@"],
    ["note", "x", "--at=@"],
    ["note", "x", "--expect-version=@"],
    ["decide", "x", "--because=x", "--option=@", "--dissent=@"],
    ["fact", "set", "affected_accounts", "--", "@"],
    ["fact", "set", "affected_accounts", "1", "--source=@", "--status=@"],
    ["fact", "retract", "--because=x", "--", "@"],
    ["severity", "--because=x", "--", "@"],
    ["redact", "1", "--because=x", "--field=@"],
    ["statement", "draft", "--", "@"],
    ["statement", "draft", "holding", "--file=@"],
    ["statement", "publish", "holding", "--audience=@"],
    ["search", "--", "@"],
    ["verify", "--incident=@"],
    ["playbook", "check", "--", "@"],
    ["playbook", "show", "--", "@"],
    ["--as=@", "note", "x"],
    ["--workspace=@", "status"],
    ["--", "@"],
    ["--@"],
    ["status", "--@"],
]


@pytest.mark.parametrize("payload", ["escape", "C1 control", "override", "byte that is not UTF-8", *PLAIN])
def test_whatever_is_typed_wherever_is_refused_or_shown_and_the_log_verifies(
    opened: Program, payload: str, shown: Shown
) -> None:
    typed = (HIDDEN | PLAIN)[payload]
    for place in PLACES:
        line = [part.replace("@", typed) for part in place]
        told = opened(*line)
        assert told.code in (0, 2, 3, 4, 7), (place, told)
        assert "Traceback" not in shown(told.out) + shown(told.err), place
        assert len(told.err) < 2_000, (place, len(told.err))
        assert told.err or told.code == 0, place
    for form in ("md", "json", "jsonl", "csv", "html"):
        shown(opened.ok("timeline", "-i", "INC-1", "--format", form).out.replace("\r\n", "\n"))
    shown(opened.ok("list", "--all").out)
    assert opened.ok("verify", "--json").json["ok"] is True
    assert not (opened.root / "owned").exists()


@pytest.mark.parametrize(
    "line",
    [
        ["open", "data-breach", "--title=@"],
        ["note", "--", "@"],
        ["decide", "x", "--because=@"],
        ["fact", "set", "affected_accounts", "1", "--source=@"],
        ["assign", "legal", "--", "@"],
        ["note", "x", "--request-id=@"],
    ],
    ids=" ".join,
)
def test_what_nobody_can_see_is_never_recorded(opened: Program, behind: Behind, line: list[str]) -> None:
    for payload in HIDDEN.values():
        before = behind.mark()
        told = opened(*(part.replace("@", payload) for part in line))
        assert told.code == 3, payload
        assert behind.mark() == before, payload
    assert len(opened.ok("list", "--json").json["incidents"]) == 1


@pytest.mark.parametrize("variable", ["CRISISCTL_INCIDENT", "CRISISCTL_AS", "CRISISCTL_WORKSPACE", "CRISISCTL_STORE"])
def test_the_environment_is_no_more_trusted_than_what_is_typed(opened: Program, variable: str, shown: Shown) -> None:
    for payload in ("a\x1b[31mb", "left\u202etfel", "a\udcffb"):
        told = opened.process("note", "x", env={variable: payload, "PYTHONIOENCODING": "utf-8:surrogateescape"})
        assert told.returncode in (3, 4, 6), told
        shown(told.stderr)
        assert "bug" not in told.stderr


@pytest.mark.parametrize("payload", ["a\x1b[31m\u202e\udcffb", "a\x9b31mb"])
def test_on_a_terminal_and_in_a_pipe_nothing_typed_reaches_the_screen_raw(
    opened: Program, terminal: Terminal, payload: str, shown: Shown
) -> None:
    for line in (["note", payload], ["status", "-i", payload], [payload]):
        screen = terminal(*line, NO_COLOR="", TERM="xterm")
        assert screen.code in (2, 3, 4)
        shown(screen.plain)
        piped = opened.process(*line)
        assert piped.returncode == screen.code
        shown(piped.stdout + piped.stderr)


def test_a_workspace_whose_path_would_be_obeyed_works_and_is_shown_visibly(
    program: Program, terminal: Terminal, shown: Shown
) -> None:
    odd = program.root.parent / "room\x1b[31m\udcff"
    shutil.copytree(program.root, odd)
    program.root = odd
    for line in (["open", "data-breach", "--title", "x"], ["status"], ["doctor"], ["verify"], ["note", "x"]):
        screen = terminal(*line)
        assert screen.code == 0, screen
        shown(screen.plain)
    screen = terminal("timeline", "-o", "out\x1b[31m.md")
    assert screen.code == 0
    assert "Written to out\\x1b[31m.md." in shown(screen.plain)


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        (["open", "data-braech", "--title", "x"], "data-breach"),
        (["playbook", "check", "databreach"], "data-breach"),
        (["advance", "actvate"], "activate"),
        (["advance", "activate", "--role", "legl"], "legal"),
        (["assign", "leagl", "lee"], "legal"),
        (["assign", "legal", "le"], "lee"),
        (["assign", "legal", "Lee"], "lee"),
        (["--as", "dna", "note", "x"], "dana"),
        (["release", "comms", "dana"], "comms-lead"),
        (["task", "done", "pause-post"], "pause-posts"),
        (["fact", "set", "affected", "1"], "affected_accounts"),
        (["statement", "draft", "hold"], "holding"),
        (["severity", "sev11", "--because", "x"], "sev1"),
        (["ack", "first"], "first-response"),
        (["status", "-i", "INC-10"], "INC-1"),
        (["verify", "-i", "INC1"], "INC-1"),
        (["timeline", "--format", "jso"], "json"),
        (["redact", "1", "--field", "titl", "--because", "x"], "title"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_unknown_name_is_exit_4_with_the_nearest(opened: Program, line: list[str], nearest: str) -> None:
    (opened.root / "roster.yaml").write_text("people: {dana: {roles: [comms-lead]}, lee: {roles: [legal]}}")
    told = opened(*line)
    assert (told.code, told.out) == (4, "")
    offered = re.search(r"Did you mean ([^?]+)\?", told.err)
    assert offered
    assert nearest in offered[1].split(", ")


def test_a_name_like_nothing_offers_all_there_is(opened: Program) -> None:
    assert "Did you mean activate, close, inform, notify?" in opened("advance", "zzzzzz").err


def test_a_move_that_is_not_possible_here_is_exit_3_with_those_that_are(responding: Program) -> None:
    told = responding("advance", "activate", "--because", "x")
    assert told.code == 3
    assert told.err == (
        "activate does not lead anywhere from response.comms.drafting + response.legal.assessing. "
        "Moves from here: inform, notify, close.\n"
    )


def test_text_without_end_on_standard_input_is_bounded(opened: Program, version: Callable[[], int]) -> None:
    before = version()
    for line in (["note", "-"], ["statement", "draft", "holding", "--file", "-"]):
        with subprocess.Popen(["yes", "all work and no play"], stdout=subprocess.PIPE) as endless:
            told = opened.process(*line, stdin=endless.stdout, timeout=60)
            endless.kill()
        assert told.returncode == 3
        assert "at most 65,536" in told.stderr
    assert version() == before


def test_bytes_that_are_no_text_as_an_argument_of_a_real_process(opened: Program, shown: Shown) -> None:
    for line in ([b"note", b"\xff\xfe"], [b"status", b"-i", b"\x80"], [b"search", b"\xc3\x28"], [b"\xff"]):
        told = subprocess.run(
            [sys.executable.encode(), b"-m", b"crisisctl", *line],
            cwd=opened.root,
            env=opened.environment(),
            capture_output=True,
            check=False,
        )
        assert told.returncode in (0, 2, 3, 4), told
        shown((told.stdout + told.stderr).decode())
        assert b"bug" not in told.stderr
        assert b"Traceback" not in told.stderr


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_in_a_poor_locale_words_in_any_script_are_kept_and_nothing_breaks(opened: Program, locale: str) -> None:
    variables = {"LC_ALL": locale, "LANG": locale}
    told = opened.process("note", "naïve — 漏洩 😀", env=variables)
    assert told.returncode == 0, told.stderr
    entries = opened.ok("timeline", "--format", "json").json["entries"]
    assert entries[-1]["text"] == "naïve — 漏洩 😀"
    for line in (
        ["timeline"],
        ["status"],
        ["timeline", "--json"],
        ["timeline", "--format", "html"],
        ["search", "漏洩"],
    ):
        read = opened.process(*line, env=variables)
        assert read.returncode == 0, read.stderr
        assert "bug" not in read.stderr


@pytest.mark.parametrize("encoding", ["ascii:strict", "latin-1:strict", "utf-8:strict"])
def test_what_goes_into_a_pipe_is_utf_8_whatever_the_machine_prefers(opened: Program, encoding: str) -> None:
    opened.ok("note", "naïve — 漏洩 😀")
    variables = {"PYTHONIOENCODING": encoding}
    told = opened.process("timeline", "--format", "csv", env=variables, encoding="utf-8")
    assert told.returncode == 0, told.stderr
    assert "naïve — 漏洩 😀" in told.stdout
    refused = opened.process("note", "-", env=variables, input="a\udcffb", errors="surrogateescape")
    assert refused.returncode == 3
    assert "The note has ⟨U+DCFF⟩ at character 2" in refused.stderr


def test_json_stays_json_whatever_was_typed(opened: Program) -> None:
    for payload in PLAIN.values():
        if payload.strip() and len(payload) < 65_536:
            opened.ok("note", "--", payload)
    for line in (["status", "--json"], ["timeline", "--json"], ["list", "--json"], ["search", "--json", "DROP"]):
        told = opened.ok(*line)
        json.loads(told.out)
        assert told.out.isascii()


def test_a_log_that_was_tampered_with_to_hold_controls_is_still_shown_visibly(
    opened: Program, behind: Behind, shown: Shown
) -> None:
    behind.change("UPDATE head SET title = 'a\x1b[31m', severity = '\u202e'")
    shown(opened.ok("list").out)
    verified = opened("verify")
    assert verified.code == 8
    shown(verified.out + verified.err)


def test_the_pipe_and_the_devices_of_the_machine_are_left_alone() -> None:
    assert Path("/dev/null").is_char_device()
    assert Path("/dev/full").is_char_device()
