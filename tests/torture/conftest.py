"""What the fault runs share: a system-call tracer that kills or fails a command anywhere, and two small playbooks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.postgres import Databases

if TYPE_CHECKING:
    from tests.conftest import Program

# Every call that can change what a disk or a reader sees. What lies between two of them looks like the later one.
WRITES = (
    "write pwrite64 writev pwritev ftruncate fallocate fsync fdatasync unlink unlinkat rename renameat mkdir fchmod"
)
_CALL = re.compile(r"(\w+)\(")

LOOP = """\
playbook: loop
title: Round and round
severities: [sev1]
roles: {comms-lead: {title: Communications lead}}
initial: here
stages: {here: {title: Here}, there: {title: There}, closed: {title: Closed, final: true}}
transitions:
  - {trigger: go, from: here, to: there}
  - {trigger: go, from: there, to: here}
  - {trigger: close, from: [here, there], to: closed}
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out of a run that does not ask for them."""
    if "torture" not in config.option.markexpr:
        for item in items:
            if item.get_closest_marker("torture"):
                item.add_marker(pytest.mark.skip(reason="the long form of a fault run; make torture"))


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The store of the program's workspace: its own file, unless a test asks for `postgresql`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield None
        return
    databases = Databases(request.getfixturevalue("server").url)
    yield databases.place().url
    databases.close()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a figure that a run has measured, captured or not."""

    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(text: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            sys.stdout.write(f"\n{request.node.name}: {text}\n")
            sys.stdout.flush()

    return tell


class Call(NamedTuple):
    """One system call of a command: the `number`-th of its name."""

    name: str
    number: int


class Tracer:
    """Runs command lines under strace."""

    def __init__(self, program: Program, log: Path) -> None:
        self._program = program
        self._log = log

    def writes(self, *arguments: str) -> list[Call]:
        """The calls that write, of a command that nothing disturbs."""
        ran = self._run(arguments)
        assert ran.returncode == 0, ran.stderr
        names = [found[1] for line in self._log.read_text().splitlines() if (found := _CALL.match(line))]
        return [Call(name, names[: at + 1].count(name)) for at, name in enumerate(names)]

    def kill(self, call: Call, *arguments: str) -> None:
        """Run a command that dies by SIGKILL as it enters the call."""
        ran = self._run(arguments, f"inject={call.name}:signal=SIGKILL:when={call.number}")
        assert ran.returncode == -9, f"it was not killed at {call}: {ran.stderr}"

    def fail(self, call: Call, error: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in which the call is not made but answered with the error."""
        return self._run(arguments, f"inject={call.name}:error={error}:when={call.number}")

    def _run(self, arguments: tuple[str, ...], *fault: str) -> subprocess.CompletedProcess[str]:
        traced = "trace=" + ",".join(f"?{name}" for name in WRITES.split())
        expressions = [part for expression in (traced, *fault) for part in ("-e", expression)]
        strace = ["strace", "-qq", "-o", str(self._log), *expressions, sys.executable, "-m", "crisisctl"]
        kept = {name: value for name, value in self._program.environment().items() if not name.startswith("COVERAGE")}
        environment = kept | {"PYTHONDONTWRITEBYTECODE": "1"}
        command = [*strace, *arguments]
        root = self._program.root
        return subprocess.run(command, cwd=root, env=environment, text=True, capture_output=True, check=False)


@pytest.fixture(scope="session")
def strace() -> str:
    """The tracer's path; a machine without one skips the test, except where the whole suite must run."""
    path = shutil.which("strace")
    works = path and subprocess.run([path, "-qq", "-o", os.devnull, "true"], check=False).returncode == 0
    if path and works:
        return path
    reason = "strace cannot trace here" if path else "strace is not installed; on Debian: apt-get install strace"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def tracer(strace: str, program: Program, tmp_path: Path) -> Tracer:
    return Tracer(program, tmp_path / "calls")


@pytest.fixture
def looping(program: Program) -> Program:
    """A workspace whose playbook `loop` lets an incident go to and fro for ever."""
    (program.root / "playbooks" / "loop.yaml").write_text(LOOP)
    return program
