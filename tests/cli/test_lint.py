"""`statement lint`: any text, from anywhere, with or without an incident."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

GOOD = (
    "On 22 November 2026, 14:02 UTC, we learned that records were copied. We are sorry. Please change your password. "
    "We do not yet know how it came about. Next update by 22 November 2026, 15:00 UTC.\n"
)
BAD = f"{GOOD}It will never happen again.\n"


def file(program: Program, text: str | bytes, name: str = "text.txt") -> str:
    (program.root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def found(program: Program, *arguments: str) -> list[tuple[str, str]]:
    ran = program("statement", "lint", *arguments, "--json")
    return [(finding["level"], finding["rule"]) for finding in ran.json["findings"]]


def test_a_good_text_has_nothing_to_mend(program: Program) -> None:
    ran = program.ok("statement", "lint", file(program, GOOD))
    assert ran.out == "text.txt: nothing to mend.\n"


def test_an_error_is_told_with_its_place_and_exits_3(program: Program) -> None:
    ran = program("statement", "lint", file(program, BAD))
    assert ran.code == 3
    assert ran.out.startswith("text.txt:2:1: error promise: “It will never”: ")
    assert ran.err == "1 finding to mend before this goes out.\n"


def test_json_is_one_document_whatever_the_exit_code(program: Program) -> None:
    ran = program("statement", "lint", file(program, BAD), "--json")
    assert ran.code == 3
    document = ran.json
    assert {*document} == {"findings", "errors", "warnings", "language", "policy"}
    assert (document["errors"], document["warnings"], document["language"]) == (1, 0, "en")
    assert [{*finding} for finding in document["findings"]] == [
        {"line", "column", "level", "rule", "message", "remedy"}
    ]
    assert len(document["policy"]) == 64


def test_a_warning_exits_0_unless_it_is_strict(program: Program) -> None:
    name = file(program, f"{GOOD}We take it seriously.")
    assert program("statement", "lint", name).code == 0
    assert program("statement", "lint", name, "--strict").code == 3


def test_the_severity_decides_what_is_an_error(program: Program) -> None:
    name = file(program, GOOD.replace("We are sorry. ", ""))
    assert found(program, name, "--severity", "sev1") == [("error", "missing-empathy")]
    assert found(program, name, "--severity", "sev3") == [("warning", "missing-empathy")]


def test_the_language_is_that_of_the_text_or_the_one_told(program: Program) -> None:
    name = file(program, "Ihre Daten sind sicher, das ist alles. Nächste Information bis 15:00 Uhr MEZ.")
    assert ("error", "promise") in found(program, name)
    assert ("error", "promise") in found(program, name, "--language", "de-AT")
    assert ("error", "promise") not in found(program, name, "--language", "en")


def outside(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRISISCTL")}
    command = [sys.executable, "-m", "crisisctl", "statement", "lint", *arguments]
    return subprocess.run(command, cwd=folder, env=kept, input=given, capture_output=True, check=False)


def test_it_works_outside_a_workspace_and_from_standard_input(tmp_path: Path) -> None:
    ran = outside(tmp_path, "-", given=BAD.encode())
    assert ran.returncode == 3, ran.stderr
    assert ran.stdout.startswith(b"-:2:1: error promise")
    assert outside(tmp_path, "-", given=GOOD.encode()).returncode == 0
    assert outside(tmp_path, "nothing.txt").returncode == 4


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"x" * 1_048_576, "too long"),
        (b"x" * 70_000, "70,000 characters"),
        (b"a\x1b[31mb", "\\x1b in line 1, column 2"),
        ("a\u202eb".encode(), "⟨U+202E⟩ in line 1, column 2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(program: Program, given: bytes, told: str) -> None:
    ran = program("statement", "lint", file(program, given))
    assert (ran.code, ran.out) == (3, "")
    assert told in ran.err


@pytest.mark.parametrize(
    ("given", "told"),
    [(b"fine\nnot \xff", "the byte 0xff in line 2, column 5"), (b"\xed\xa0\x80", "is not UTF-8")],
)
def test_what_is_no_text_is_told_with_its_place(program: Program, given: bytes, told: str) -> None:
    ran = program("statement", "lint", file(program, given))
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_folder_and_an_unreadable_name_are_no_text(program: Program) -> None:
    (program.root / "folder").mkdir()
    for name in ("folder", "no\x1bwhere", "x" * 5_000, "a\0b"):
        ran = program("statement", "lint", name)
        assert ran.code == 4, name
        assert "\x1b" not in ran.err


def test_a_broken_policy_is_told_with_its_place_and_exits_6(program: Program) -> None:
    (program.root / "policy.yaml").write_text("rules:\n  promise: {level: fatal}\n")
    ran = program("statement", "lint", file(program, GOOD))
    assert ran.code == 6
    assert "policy.yaml:2:20: 'fatal' is no level; write error, warning, off" in ran.err


def test_the_workspaces_policy_is_in_force(program: Program) -> None:
    name = file(program, f"{GOOD}Our clients know.")
    assert found(program, name) == []
    (program.root / "policy.yaml").write_text("forbidden: [{phrase: clients, instead: customers}]\n")
    assert found(program, name) == [("error", "forbidden")]


def test_a_drafted_statement_is_linted_against_its_incident(responding: Program) -> None:
    responding.ok("statement", "draft", "holding")
    assert found(responding, "holding", "-i", "INC-1") == []
    text = GOOD + "In all 1,500 accounts are affected."
    responding.ok("statement", "draft", "holding", "--file", file(responding, text))
    assert found(responding, "holding") == [("error", "contradiction")]
    ran = responding("statement", "lint", "holding")
    assert "the fact affected_accounts is 1200" in ran.out
    assert found(responding, "text.txt") == [], "a file alone knows nothing of an incident"
    assert found(responding, "text.txt", "-i", "INC-1") == [("error", "contradiction")]


def test_a_file_comes_before_a_statement_of_its_name(responding: Program) -> None:
    responding.ok("statement", "draft", "holding")
    file(responding, BAD, "holding")
    assert found(responding, "holding") == [("error", "promise")]


def test_what_is_neither_a_file_nor_a_statement_is_told(responding: Program) -> None:
    ran = responding("statement", "lint", "holdign")
    assert ran.code == 4
    assert "holdign is neither a file nor a drafted statement of INC-1" in ran.err


def test_lint_writes_nothing(responding: Program) -> None:
    def version() -> Any:
        return responding.ok("status", "--json").json["version"]

    before = version()
    responding.ok("statement", "lint", file(responding, GOOD), "-i", "INC-1")
    assert version() == before
