"""`statement measure` and `statement channels`, as a person and a script use them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.domain.text import LONGEST_TEXT
from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import Program

pytestmark = ON_FILE  # nothing here asks a store
TEXTS = json.loads((Path(__file__).parents[1] / "data" / "counted-texts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row["id"])
def test_every_text_counts_as_it_should(program: Program, row: dict[str, Any]) -> None:
    (program.root / "text").write_bytes(row["text"].encode())
    found = program.ok("statement", "measure", str(program.root / "text"), "--json").json
    assert {key: found["x"][key] for key in row["x"]} == row["x"]
    assert found["x"]["fits"] == row["x"]["valid"]
    assert {key: found["bluesky"][key] for key in row["bluesky"]} == row["bluesky"]
    assert found["bluesky"]["fits"] == row["bluesky"]["valid"]
    assert {key: found["sms"][key] for key in row["sms"]} == row["sms"]
    assert found["facebook"]["count"] == row["utf16"]
    assert found["status-page"]["count"] == row["codepoints"]
    for one in found.values():
        assert {"count", "limit", "unit", "fits"} <= set(one)


def test_only_the_channels_named_are_measured_in_the_order_named(program: Program) -> None:
    (program.root / "text").write_text("Hello")
    named = ["--channel", "sms", "--channel", "x", "--channel", "email.subject"]
    found = program.ok("statement", "measure", "text", *named, "--json").json
    assert list(found) == ["sms", "x", "email.subject"]
    subject = {"count": 5, "limit": 998, "unit": "octets", "fits": True, "excess": 0, "troubles": []}
    assert found["email.subject"] == subject | {"advised": 78, "within_advice": True}


def test_the_table_says_by_how_much_a_text_does_not_fit(program: Program) -> None:
    (program.root / "text").write_text("a" * 317)
    named = [part for name in ("x", "bluesky", "mastodon", "sms", "push") for part in ("--channel", name)]
    ran = program.ok("statement", "measure", "text", *named)
    assert ran.out.splitlines() == [
        "CHANNEL   COUNT  LIMIT  UNIT                 FITS",
        "x         317    280    weighted characters  no: 37 weighted characters too many",
        "bluesky   317    300    graphemes            no: 17 graphemes too many",
        "mastodon  317    500    characters           yes",
        "sms       3      10     segments             yes, but better at most 2 (GSM-7,",
        "                                             317 units)",
        "push      317    178    graphemes            no: 139 graphemes too many",
    ]
    assert ran.err == ""


def test_all_channels_fit_a_terminal(terminal: Terminal, program: Program) -> None:
    (program.root / "text").write_text("ж" * 60_000)
    for command in (("measure", "text"), ("channels",)):
        shown = terminal("statement", *command)
        assert shown.code == 0
        assert max(map(len, shown.plain.splitlines())) <= 80


def test_standard_input_is_measured_byte_for_byte(program: Program) -> None:
    ran = program.process("statement", "measure", "-", "--json", "--channel", "sms", input="a\r\n\n", text=True)
    assert json.loads(ran.stdout)["sms"]["units"] == 4


def test_the_last_line_break_counts_and_that_is_said(program: Program) -> None:
    (program.root / "text").write_text("a" * 280 + "\n")
    ran = program.ok("statement", "measure", "text", "--channel", "x")
    assert "no: 1 weighted character too many" in ran.out
    assert ran.err == "The text ends in a line break, which is counted here; statement draft takes it away.\n"
    assert program.ok("statement", "measure", "text", "--json").err == ""


def test_the_content_warning_counts_on_mastodon_alone(program: Program) -> None:
    (program.root / "text").write_text("a" * 300)
    found = program.ok("statement", "measure", "text", "--warning", "b" * 201, "--json").json
    assert found["mastodon"]["excess"] == 1
    assert found["bluesky"]["count"] == 300


def test_a_workspace_has_limits_and_channels_of_its_own(program: Program) -> None:
    (program.root / "text").write_text("a" * 300)
    (program.root / "channels.yaml").write_text("x: {limit: 25000}\nradio: {rule: words, limit: 90}\n")
    found = program.ok("statement", "measure", "text", "--json").json
    assert (found["x"]["limit"], found["x"]["valid"]) == (25000, True)
    assert found["radio"]["count"] == 1


def test_a_broken_file_of_channels_is_told_whole_with_exit_6(program: Program) -> None:
    (program.root / "channels.yaml").write_text("x: {limit: 0}\nsms: {audience: all}\n")
    for command in (["measure", "crisisctl.toml"], ["channels"]):
        ran = program("statement", *command)
        assert (ran.code, ran.out) == (6, "")
        first, second = ran.err.splitlines()
        assert first.endswith("channels.yaml:1:12: x.limit is 0. Write 1 or more.")
        assert second.endswith("channels.yaml:2:17: sms.audience cannot be 'all'. Write public or inside.")


def test_it_works_outside_a_workspace_and_without_an_incident(tmp_path: Path, program: Program) -> None:
    (tmp_path / "text").write_text("Hello")
    ran = program.process("statement", "measure", "text", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["x"]["count"] == 5
    assert [path.name for path in tmp_path.iterdir() if path.name != "room"] == ["text"]


def test_a_workspace_that_is_named_must_be_one(tmp_path: Path, program: Program) -> None:
    ran = program.process("--workspace", str(tmp_path), "statement", "channels")
    assert ran.returncode == 4
    assert "is no workspace" in ran.stderr


def test_a_channel_that_nobody_knows_is_not_guessed(program: Program) -> None:
    (program.root / "text").write_text("Hello")
    ran = program("statement", "measure", "text", "--channel", "blusky")
    assert (ran.code, ran.out) == (4, "")
    assert "Did you mean bluesky?" in ran.err
    assert "email.subject" in program("statement", "measure", "text", "--channel", "email.subjet").err


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"a\xff", 2, "text is not UTF-8 text: the byte 0xff in line 1, column 2 is none of it. Save it as UTF-8."),
        (b"\nb\xed", 2, "text is not UTF-8 text: the byte 0xed in line 2, column 2 is none of it. Save it as UTF-8."),
        (b"a" * 1_000_000, 3, "text is too long: at most 65,536 characters are taken. Shorten the text."),
        (b"a" * (LONGEST_TEXT + 1), 3, "The text has 65,537 characters; at most 65,536 are counted. Shorten it."),
    ],
)
def test_a_text_that_is_none_is_refused(program: Program, content: bytes, code: int, told: str) -> None:
    (program.root / "text").write_bytes(content)
    ran = program("statement", "measure", "text", "--json")
    assert (ran.code, ran.out, ran.err) == (code, "", f"{told}\n")


@pytest.mark.parametrize("name", ["nothing-here", ".", "a" * 300, "nul\0"])
def test_a_file_that_cannot_be_read_is_not_found(program: Program, name: str) -> None:
    ran = program("statement", "measure", name)
    assert ran.code == 4
    assert "cannot be read" in ran.err
    assert "Name a file, or - for standard input." in ran.err


def test_what_nobody_can_see_is_counted_and_never_printed(program: Program) -> None:
    (program.root / "text").write_bytes("a\x00\x1b[31m\u202e\u200cb".encode())
    ran = program.ok("statement", "measure", "text")
    assert ran.out.isprintable() or "\x1b" not in ran.out
    assert program.ok("statement", "measure", "text", "--json").json["status-page"]["count"] == 10


def test_the_channels_are_listed_with_where_they_post_and_no_secret(program: Program) -> None:
    own = 'x: {to: "env:X_URL"}\nmastodon: {to: "https+mastodon://hunter2@social.example"}\n'
    (program.root / "channels.yaml").write_text(own)
    listed = {one["id"]: one for one in program.ok("statement", "channels", "--json").json["channels"]}
    assert (listed["x"]["to"], listed["mastodon"]["to"]) == ("env:X_URL", "https+mastodon://…")
    assert listed["sms"]["to"] == "file"
    assert listed["email.subject"]["limit"] == 998
    assert listed["internal-chat"]["audience"] == "inside"
    assert "hunter2" not in program.ok("statement", "channels").out


def test_other_commands_pay_nothing_for_counting(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "Leak")
    for line in ("status", "statement list", "note hello"):
        command = [sys.executable, "-X", "importtime", "-m", "crisisctl", *line.split()]
        ran = subprocess.run(
            command, cwd=program.root, env=program.environment(), capture_output=True, text=True, check=True
        )
        for module in ("twitter_text", "pkg_resources", "ruamel", "regex", "crisisctl.domain.measure.posts"):
            assert f" {module}\n" not in ran.stderr, (line, module)
