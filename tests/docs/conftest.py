"""The documentation as the tests read it: its files, its sections, and its sessions as a person would type them."""

from __future__ import annotations

import difflib
import io
import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from crisisctl.adapters.system import VirtualClock
from crisisctl.cli.run import run

ROOT = Path(__file__).parent.parent.parent
HOME = "/home/dana"  # where the sessions in the documentation take place

BEGUN = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)
EACH = timedelta(seconds=20)  # what a command takes there, so that the times in the documentation are always the same

_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")  # salted, so another one each time
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"<!-- file: (\S+) -->")
_CODE = re.compile(r"exit (\d+)")


class Typed(NamedTuple):
    """A command of a session, the exit code that its comment promises, and what the page shows below it."""

    line: int
    command: str
    code: int
    shown: str


class Saved(NamedTuple):
    """A file that the page tells the reader to write."""

    line: int
    name: str
    text: str


class Fence(NamedTuple):
    """A fenced block: the line it begins on, its language, its text, and the line above it that is not empty."""

    line: int
    language: str
    text: str
    above: str


class Page:
    """One file of the documentation."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def fences(self) -> Iterator[Fence]:
        above, begun, held = "", 0, list[str]()
        language = ""
        for number, row in enumerate(self.text.splitlines(), 1):
            if not begun and row.startswith("```"):
                begun, language, held = number, row[3:], []
            elif begun and row == "```":
                yield Fence(begun, language, "\n".join(held), above)
                begun, above = 0, row
            elif begun:
                held.append(row)
            elif row:
                above = row

    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def sections(self) -> dict[str, str]:
        """The text below each heading, up to the next one of any level, by the heading without its marks."""
        text = _FENCE.sub(_unheaded, self.text)
        parts = re.split(r"^#{1,6} (.+)$", text, flags=re.MULTILINE)
        return {heading.replace("`", "").strip(): text for heading, text in zip(parts[1::2], parts[2::2], strict=True)}

    def steps(self) -> Iterator[Typed | Saved]:
        for fence in self.fences():
            if found := _FILE.fullmatch(fence.above):
                yield Saved(fence.line, found[1], f"{fence.text}\n")
            elif fence.language == "console":
                yield from _typed(fence)


def _unheaded(block: re.Match[str]) -> str:
    return block[0].replace("\n#", "\n ")


def _typed(fence: Fence) -> Iterator[Typed]:
    for piece in re.split(r"^\$ ", fence.text.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        typed, _, shown = piece.partition("\n")
        command, _, comment = typed.partition("  # ")
        code = _CODE.search(comment)
        yield Typed(fence.line, command.strip(), int(code[1]) if code else 0, shown.rstrip("\n"))


class Screen(io.TextIOBase):
    """Standard output as a terminal that shows no colours."""

    def __init__(self, shown: io.StringIO) -> None:
        self._shown = shown

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return self._shown.write(text)


class Reader:
    """A person who types what a page shows, in an empty folder of their own."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self._home = home
        self._patch = patch
        self._clock = VirtualClock(BEGUN)

    def follow(self, page: Page) -> int:
        """Do all of it in order; how many commands of the program that was."""
        typed = 0
        for step in page.steps():
            if isinstance(step, Saved):
                Path(step.name).write_text(step.text, encoding="utf-8")
                continue
            word, *arguments = shlex.split(step.command)
            typed += word == "crisisctl"
            code, said = self._do(word, arguments)
            where = f"{page.name}, the block at line {step.line}: $ {step.command}"
            assert code == step.code, f"{where}\nexit code {code}, not {step.code}:\n{said}"
            self._compare(where, step.shown, said)
        return typed

    def _do(self, word: str, arguments: list[str]) -> tuple[int, str]:
        if word == "crisisctl":
            return self._run(arguments)
        if word == "cd":
            self._patch.chdir(Path(arguments[0]))
        elif word == "export":
            name, _, value = arguments[0].partition("=")
            self._patch.setenv(name, value)
        elif word == "cat":
            return 0, Path(arguments[0]).read_text(encoding="utf-8")
        else:
            pytest.fail(f"a session types {word}, which no test can run; use a fence of another language")
        return 0, ""

    def _run(self, arguments: list[str]) -> tuple[int, str]:
        said = io.StringIO()
        with redirect_stdout(Screen(said)), redirect_stderr(said):
            code = run(arguments, clock=self._clock)
        self._clock.set(self._clock.now() + EACH)
        return code, said.getvalue()

    def _compare(self, where: str, shown: str, said: str) -> None:
        """Whether the page shows what was said; `…` stands for what it leaves out, on a line of its own for lines."""
        wanted, got = masked(shown), masked(said.replace(str(self._home), HOME).rstrip("\n"))
        if not pattern(wanted).fullmatch(f"{got}\n"):
            pytest.fail(f"{where}\n" + "\n".join(difflib.ndiff(wanted.splitlines(), got.splitlines())))


def masked(text: str) -> str:
    rows = (row.rstrip() for row in text.splitlines())
    return _DIGEST.sub("DIGEST", "\n".join(rows))


def pattern(shown: str) -> re.Pattern[str]:
    """What the whole of the output must match, its last line break included."""
    rows = []
    for row in shown.split("\n"):
        inner = ".*".join(re.escape(part) for part in row.split("…"))
        rows.append(r"(?:.*\n)*?" if row.strip() == "…" else f"{inner}\n")
    return re.compile("".join(rows))


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    home = tmp_path.resolve()
    for name in [name for name in os.environ if name.startswith("CRISISCTL")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(home)
    return Reader(home, monkeypatch)


@pytest.fixture
def page() -> Callable[..., Page]:
    """A file of the documentation by its name, or one made up of a text."""
    return lambda name, text=None: Page(name, (ROOT / name).read_text(encoding="utf-8") if text is None else text)


@pytest.fixture
def pages() -> list[Page]:
    """Every file of the documentation."""
    paths = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    return [Page(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths]
