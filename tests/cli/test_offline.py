"""With no network at all: every main command works, and what needs a network says so and holds up nobody."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import crisisctl
from tests.words import SHORT

if TYPE_CHECKING:
    from tests.conftest import Program

# Read by every Python that starts with it on its path, children included: whatever would reach out is an error.
NO_NETWORK = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto"):
        with open(os.environ["REACHED_OUT"], "a") as file:
            file.write(f"{event} {arguments!r}\\n")
        raise OSError(101, "Network is unreachable")

sys.addaudithook(refuse)
"""
SCRIPT = """
init room2
playbook list
playbook check
playbook show data-breach
open data-breach --title Offline --assign legal=lee
status
list
timers
ack
task done pause-posts
task list
fact set affected_accounts 1200
fact list
statement draft holding
statement show holding
statement submit holding
statement list
statement reject holding --because typo
statement draft holding --file words.txt
statement submit holding
--as lee statement approve holding
--as kim note kim-is-here
assign comms-lead kim
--as kim statement approve holding
--as kim statement publish holding
--as kim advance activate --because confirmed
--as kim advance inform
--as lee advance notify
--as kim decide Close --because done
--as kim severity sev2 --because less
watch --once
--as kim advance close
--as kim reopen -i INC-1 --because again
--as kim redact 1 --because test
search kim
timeline
timeline --format html -o story.html
report
verify
doctor
--version
advance --help
demo --into demo
"""


@pytest.fixture
def offline(program: Program, tmp_path: Path) -> dict[str, str]:
    """The environment of a machine whose network is gone."""
    folder = tmp_path / "no-network"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    path = os.pathsep.join((str(folder), str(Path(crisisctl.__file__).parent.parent)))
    return {"PYTHONPATH": path, "REACHED_OUT": str(folder / "reached-out")}


def test_the_block_is_real(program: Program, offline: dict[str, str]) -> None:
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    tried = subprocess.run(
        [sys.executable, "-c", code], env=program.environment() | offline, capture_output=True, text=True, check=False
    )
    assert "Network is unreachable" in tried.stderr
    assert Path(offline["REACHED_OUT"]).read_text().startswith("socket.")


def test_every_main_command_works_and_none_even_tries_to_reach_out(program: Program, offline: dict[str, str]) -> None:
    """All in one process, which is a hundred times quicker and blocked in the same way."""
    (program.root / "words.txt").write_text(SHORT)
    lines = [shlex.split(line) for line in SCRIPT.strip().splitlines()]
    code = f"from crisisctl.cli.run import run; print([run(line) for line in {lines!r}], file=__import__('sys').stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=program.root,
        env=program.environment() | offline,
        capture_output=True,
        text=True,
        check=False,
    )
    codes = ran.stderr.strip().splitlines()[-1]
    assert codes == str([0] * len(lines)), ran.stderr
    assert not Path(offline["REACHED_OUT"]).exists(), Path(offline["REACHED_OUT"]).read_text()


def test_contacts_that_need_a_network_fail_and_everything_else_goes_on(
    program: Program, offline: dict[str, str]
) -> None:
    contacts = "['json://127.0.0.1:9/', 'mailto://a:b@example.com', 'textfile:state/pager.txt', 'console:']"
    (program.root / "roster.yaml").write_text(
        f"people: {{dana: {{roles: [comms-lead], contacts: {contacts}}}, lee: {{roles: [legal]}}}}"
    )
    opened = program.process("open", "data-breach", "--title", "Offline", "--assign", "legal=lee", env=offline)
    assert opened.returncode == 0
    watched = program.process("watch", "--once", env=offline)
    assert watched.returncode == 0, watched.stderr
    assert watched.stdout == "1 fired, 2 sent, 2 failed, 2 waiting.\n"
    assert "INC-1" in (program.root / "state" / "pager.txt").read_text()
    assert "URGENT NOTICE  INC-1" in watched.stderr
    for line in (["ack"], ["status"], ["doctor"], ["verify"]):
        told = program.process(*line, env=offline)
        assert told.returncode == 0, told.stderr
