"""Help: every command shows an example, and what it shows can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from crisisctl import __version__
from crisisctl.cli.app import command

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import Program

DESIGNED = {
    ("init",), ("open",), ("advance",), ("status",), ("list",), ("timers",), ("assign",), ("ack",), ("snooze",),
    ("task", "done"), ("task", "skip"), ("task", "reopen"), ("note",), ("decide",), ("fact", "set"),
    ("fact", "retract"), ("severity",), ("reopen",), ("statement", "draft"), ("statement", "show"),
    ("statement", "submit"), ("statement", "approve"), ("statement", "reject"), ("statement", "publish"),
    ("statement", "correct"), ("statement", "list"), ("timeline",), ("report",), ("verify",), ("watch",),
    ("playbook", "list"), ("playbook", "show"), ("playbook", "check"), ("doctor",), ("demo",),
}  # fmt: skip


def _walk(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = typer.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if hasattr(found, "list_commands"):
            yield from _walk(found, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(_walk(command()))
GROUPS = sorted({path[:1] for path in COMMANDS if len(path) > 1})


def _example(program: Program, path: tuple[str, ...]) -> str:
    shown = program.ok(*path, "--help").out
    examples = re.findall(r"^  Example: crisisctl (.+)$", shown, re.MULTILINE)
    assert len(examples) == 1, shown
    assert shown.rstrip().endswith(examples[0]), "the example stands on one line, at the end, to be copied"
    return str(examples[0])


def test_every_command_of_the_design_is_there() -> None:
    assert set(COMMANDS) >= DESIGNED


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_shows_an_example_that_parses(program: Program, path: tuple[str, ...]) -> None:
    example = shlex.split(_example(program, path).split(" > ")[0])
    assert _named(example) == path
    context = command().make_context("crisisctl", example)
    while hasattr(context.command, "list_commands"):
        _, found, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        context = found.make_context(found.name, rest, parent=context)
    assert context.args == []


def _named(example: list[str]) -> tuple[str, ...]:
    words = example[2:] if example[0] == "--as" else example
    return next(path for n in (2, 1) for path in [tuple(words[:n])] if path in COMMANDS)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_fits_into_eighty_columns_and_speaks_of_no_types(program: Program, path: tuple[str, ...]) -> None:
    shown = program.ok(*path, "--help").out
    assert max(map(len, shown.splitlines())) <= 80
    assert "<str>" not in shown
    assert "<path>" not in shown
    assert "--json" in shown, "every command takes it"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_what_writes_takes_a_request_id_and_an_expected_version(program: Program, path: tuple[str, ...]) -> None:
    shown = program.ok(*path, "--help").out
    reads = {"show", "list", "status", "timers", "roles", "search", "timeline", "report", "verify", "watch", "doctor"}
    reads |= {"measure", "channels", "lint", "diff"}
    outside = {("clock", "explain"), ("clock", "compute"), ("clock", "check"), ("clock", "ics"), ("clock", "draft")}
    aside = ("playbook", "init", "demo", "roster", "oncall", "store", "drill")
    makes_no_entry = path[-1] in reads or path[0] in aside or path in outside
    assert ("--request-id" in shown) is not makes_no_entry
    assert ("--expect-version" in shown) is not (makes_no_entry or path == ("open",))


def test_the_front_page_says_each_command_in_one_whole_line(program: Program) -> None:
    shown = program.ok("--help").out
    listed = dict(re.findall(r"^  ([a-z]+) +(\S.+)$", shown.split("Commands:\n")[1], re.MULTILINE))
    assert list(listed) == list(dict.fromkeys(path[0] for path in COMMANDS))
    assert not [said for said in listed.values() if said.endswith("...")]
    assert "crisisctl open PLAYBOOK --title TITLE" in " ".join(shown.split())


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_without_a_command_the_help_is_shown_once_and_the_exit_is_usage(
    program: Program, group: tuple[str, ...]
) -> None:
    told = program(*group)
    assert told.code == 2
    assert told.out == ""
    assert told.err.count("Usage: ") == 1


def test_bare_it_shows_what_there_is(program: Program) -> None:
    told = program.process()
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr == program.ok("--help").out


@pytest.mark.parametrize(
    ("line", "nearest"),
    [("statu", "status"), ("opne", "open"), ("advnace", "advance"), ("task don", "done"), ("fact sett", "set")],
)
def test_a_mistyped_command_offers_the_nearest(program: Program, line: str, nearest: str) -> None:
    told = program(*line.split())
    assert told.code == 2
    assert f"Did you mean '{nearest}'" in told.err


def test_a_mistyped_option_offers_the_nearest(program: Program) -> None:
    told = program("advance", "--becuase", "x")
    assert told.code == 2
    assert "--because" in told.err
    assert told.err.endswith("Try crisisctl advance --help.\n")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_can_be_asked_for_in_two_ways(program: Program, option: str) -> None:
    assert program.ok("advance", option).out.startswith("Usage: crisisctl advance [OPTIONS] [TRIGGER]\n")


def test_the_version_is_that_of_the_package(program: Program) -> None:
    assert program.ok("--version").out == f"crisisctl {__version__}\n"


def test_help_needs_no_workspace(program: Program, tmp_path: Path) -> None:
    program.root = tmp_path
    assert program("open", "--help").code == 0


def test_on_a_terminal_help_is_the_same_plain_text(program: Program, terminal: Terminal) -> None:
    shown = terminal("advance", "--help", NO_COLOR="", TERM="xterm")
    assert shown.text == program.ok("advance", "--help").out
