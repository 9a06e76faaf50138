"""Scenarios in their own world: true moments, and nothing that leaves it or touches the workspace."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from crisisctl.adapters.memory import Memory
from crisisctl.adapters.rehearsal import Desktop, Nobody, Recorder
from crisisctl.adapters.roster.cast import NOWHERE, Cast
from crisisctl.bootstrap import Office
from crisisctl.bootstrap.rehearsal import Lender, Rehearsal, World
from crisisctl.cli.playing import Script, _Play, alone, play
from crisisctl.cli.testing import Shelf
from crisisctl.domain.errors import CrisisError
from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from crisisctl.domain.entries import Entry
    from tests.conftest import Program

pytestmark = ON_FILE  # it never looks at the store of the workspace

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WHOLE = """\
people: {comms-lead: dana, legal: lee}
others: [kim]
scenarios:
  - name: everything that could leave
    steps:
      - when: [ack, task done pause-posts, fact set affected_accounts 1200, advance activate --because seen]
      - when: [statement draft holding, statement submit holding]
        by: kim
      - when: statement approve holding
      - when: statement approve holding
        by: lee
      - when: [statement publish holding, advance inform]
      - wait: 2d
      - when: statement retry holding --channel x --because 'not there'
        refused: x
      - then: {statements: {holding: published}, notices: [{to: dana, about: first-response}]}
"""
# Read by every Python that starts with it on its path, children included: whatever would reach out is written down.
LISTENING = """
import os, sys

def heard(event, arguments):
    if event.startswith("socket.") and event not in ("socket.__new__",):
        with open(os.environ["REACHED_OUT"], "a") as file:
            file.write(f"{event} {arguments!r}\\n")

sys.addaudithook(heard)
"""
ROSTER = """\
people:
  dana: {contacts: ["mailto://u:p@127.0.0.1:9", "console:", "textfile:told.txt"], roles: [comms-lead]}
  lee: {contacts: ["json://127.0.0.1:9/lee", "slack://a/b/c", {to: "env:LEE"}]}
  kim: {contacts: ["msteams://x/y/z", "tgram://1:a/2", "syslog://", "dbus://"]}
"""
CHANNELS = """\
x: {to: "https+mastodon://token@127.0.0.1:9"}
email: {to: "smtp://127.0.0.1:9/?to=all@example.com"}
status-page: {to: "http://127.0.0.1:9/post"}
"""


def written(program: Program, text: str) -> Path:
    folder = program.root / "playbooks" / "tests"
    folder.mkdir()
    (folder / "data-breach.yaml").write_text(text)
    return folder / "data-breach.yaml"


def entries(program: Program, path: Path) -> list[Entry]:
    """The whole log of the one scenario of a file, which must go as expected."""
    lender = Lender(root=program.root)
    shelf = Shelf(lender)
    (read,) = shelf.read([path])
    assert read.suite, read.findings
    (scenario,) = read.suite.scenarios
    with alone():
        playing = _Play(lender, Script(str(path), "data-breach", shelf.of(read.suite), scenario))
        assert playing.through()[1] == []
    lender.rest()
    return playing._entries()


def waiting(program: Program, steps: str) -> list[tuple[str, datetime, datetime]]:
    path = program.root / "playbooks" / "tests" / "data-breach.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"people: {{comms-lead: dana, legal: lee}}\nscenarios:\n  - name: one\n    steps:\n{steps}")
    return [(e.type, e.occurred_at, e.recorded_at) for e in entries(program, path)]


def test_whatever_falls_due_in_a_wait_fires_at_its_true_moment(program: Program) -> None:
    told = waiting(program, "      - wait: 3d\n")
    assert [at for _, at, _ in told] == sorted(at for _, at, _ in told)
    assert all(at == recorded for _, at, recorded in told)
    at = {kind: moment - BEGIN for kind, moment, _ in reversed(told)}
    assert at["escalation.fired"] == timedelta()
    assert at["task.overdue"] == timedelta(minutes=15)
    assert at["statement.overdue"] == timedelta(minutes=60)
    fired = [moment - BEGIN for kind, moment, _ in told if kind == "escalation.fired"]
    minutes = [int(span.total_seconds() / 60) for span in fired]
    assert minutes == [0, 5, 35, 40, 70, 75]  # the empty seat pulls the last step forward, in each of three rounds


def test_one_long_wait_is_the_same_as_many_short_ones(program: Program) -> None:
    once = waiting(program, "      - wait: 3d\n")
    assert waiting(program, "      - wait: 17m\n" * 254 + "      - wait: 2m\n") == once


def test_the_log_is_the_same_to_the_byte_each_time(program: Program) -> None:
    path = written(program, WHOLE)
    assert entries(program, path) == entries(program, path)


# Nothing leaves, and nothing is touched


def tree(root: Path) -> dict[str, str]:
    """Everything below a folder."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_with_every_kind_of_contact_and_channel_no_byte_leaves(program: Program, tmp_path: Path) -> None:
    written(program, WHOLE)
    (program.root / "roster.yaml").write_text(ROSTER)
    (program.root / "channels.yaml").write_text(CHANNELS)
    (program.root / "crisisctl.toml").write_text('identity = "strict"\ndead_man = "http://127.0.0.1:9/alive"\n')
    listening = tmp_path / "listening"
    listening.mkdir()
    (listening / "sitecustomize.py").write_text(LISTENING)
    heard = tmp_path / "heard"
    paths = os.pathsep.join([str(listening), *filter(None, [os.environ.get("PYTHONPATH")]), *sys.path])
    before = tree(program.root)
    ran = program.process("playbook", "test", "--json", env={"PYTHONPATH": paths, "REACHED_OUT": str(heard)})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["passed"] == 1
    assert not heard.exists(), heard.read_text()
    assert tree(program.root) == before
    code = "import socket; socket.create_connection(('127.0.0.1', 9), 0.1)"  # and it does listen
    there = dict(os.environ) | {"PYTHONPATH": paths, "REACHED_OUT": str(heard)}
    subprocess.run([sys.executable, "-c", code], env=there, check=False, capture_output=True)
    assert "socket.connect" in heard.read_text()


def test_a_real_incident_and_its_log_stay_as_they_are(program: Program) -> None:
    written(program, WHOLE)
    program.ok("open", "data-breach", "--title", "The real one", "--assign", "legal=lee")
    before = tree(program.root), program.ok("status", "--json").out
    program.ok("playbook", "test")
    assert (tree(program.root), program.ok("status", "--json").out) == before
    assert os.environ.get("CRISISCTL_INCIDENT") is None


def test_the_environment_of_a_real_room_is_not_seen_and_comes_back(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(program, WHOLE)
    for name, value in (("AS", "mallory"), ("INCIDENT", "INC-7"), ("STORE", "postgresql://127.0.0.1:9/none")):
        monkeypatch.setenv(f"CRISISCTL_{name}", value)
    kept = dict(os.environ)
    assert program("playbook", "test", who="mallory").code == 0
    assert dict(os.environ) == kept


# What a rehearsal may use as it is: it reads files of the workspace, or is made of what is replaced.
READS_ONLY = {"chance", "login", "desk", "store", "person", "postman", "tally", "clock", "clock_of"}
READS_ONLY |= {"playbooks", "source", "viewer", "warnings", "moved", "refused", "worked_cases"}
READS_ONLY |= {"trace_playbook", "drills", "drill_folder", "read_drill"}


def test_whatever_an_office_has_is_replaced_or_reads_only(program: Program) -> None:
    """Whoever adds a way out to the office must say here what a rehearsal does about it."""
    public = {name for name in vars(Office) if not name.startswith("_")} | {"chance", "login"}
    replaced = {name for name in vars(Rehearsal) if not name.startswith("_")}
    assert public - replaced == READS_ONLY


def test_every_way_out_of_a_rehearsal_is_closed(program: Program) -> None:
    (program.root / "channels.yaml").write_text(CHANNELS)
    (program.root / "crisisctl.toml").write_text('dead_man = "http://127.0.0.1:9/alive"\n')
    lender = Lender(root=program.root)
    made = World(BEGIN, Cast(["dana"], {}))
    plan = lender.read_playbook("data-breach")
    office = Rehearsal(lender, made, plan, "dana")
    assert isinstance(office.whole, Memory)
    assert isinstance(office.poster, Nobody)
    assert isinstance(office.outgoing, Desktop)
    assert [*office.couriers.values()] == [made.recorder]
    assert isinstance(made.recorder, Recorder)
    assert office.leads() == {}
    assert office.dead_man is None
    assert office.settings.notices == ()
    assert office.roster.contacts("dana") == ("dana",)
    for path in (office.settings.state, office.settings.roster):
        assert path.parent == NOWHERE
        with pytest.raises(OSError, match="Not a directory"):
            path.mkdir(parents=True)
    for name in ("pings", "look"):
        with pytest.raises(CrisisError):
            getattr(office, name)
    with pytest.raises(CrisisError):
        office.another()
    assert isinstance(Office.__dict__["poster"], cached_property)


def test_a_wait_that_would_never_end_is_told(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a timer ever not fire, a scenario says so instead of standing still."""
    path = written(program, WHOLE)
    lender = Lender(root=program.root)
    shelf = Shelf(lender)
    (read,) = shelf.read([path])
    assert read.suite
    monkeypatch.setattr("crisisctl.service.watch.Watch.tick", lambda _watch: None)
    with alone(), pytest.raises(CrisisError, match="does not fire"):
        play(lender, Script(str(path), "data-breach", shelf.of(read.suite), read.suite.scenarios[0]))
