"""Nothing of a drill leaves: with every kind of contact and channel address there is, watched at the sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ON_FILE
from tests.wiretap import Ear, Tapped

if TYPE_CHECKING:
    from tests.conftest import Program

SCENARIO = {
    "drill": "sealed",
    "playbook": "data-breach",
    "title": "Rehearsal of a leak",
    "people": {"comms-lead": "dana", "deputy-comms": "kim", "legal": "lee"},
    "events": [
        {
            "at": "0m",
            "id": "post",
            "from": "A customer",
            "to": "comms-lead",
            "channel": "x",
            "text": "Is this my data?",
            "expect": [
                {
                    "id": "first-word",
                    "action": "statement published holding",
                    "within": "2h",
                    "play": [
                        {"after": "5m", "by": "kim", "commands": ["fact set affected_accounts 7"]},
                        {"after": "6m", "by": "kim", "commands": ["statement draft holding"]},
                        {"after": "7m", "by": "kim", "commands": ["statement submit holding --override --because y"]},
                        {"after": "8m", "by": "dana", "commands": ["statement approve holding"]},
                        {"after": "9m", "by": "lee", "commands": ["statement approve holding"]},
                        {"after": "10m", "by": "dana", "commands": ["statement publish holding"]},
                    ],
                }
            ],
        },
        {"at": "1h", "id": "more", "from": "A journalist", "to": "legal", "text": "How many?"},
    ],
}


def contacts(port: int) -> list[str]:
    """Every kind of contact: those of the program, and of what others it reaches one that would come here."""
    here = f"127.0.0.1:{port}"
    return [
        "console:",
        "textfile:left.txt",
        f"mailto://{here}?from=room@example.com&to=dana@example.com&mode=insecure",
        f"json://{here}/hook",
        f"xml://{here}/hook",
        f"form://{here}/hook",
        f"ntfy://{here}/topic",
        f"gotify://{here}/token123",
        f"mmost://{here}/abcdefghijklmnopqrstuvwx",
        f"rocket://user:password@{here}/#room",
        f"matrix://user:password@{here}/#room",
        f"rsyslog://{here}/local5",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#room",
        "tgram://123456789:alphabet/12315544",
        "env:CHAT",
        "file:secret.txt",
    ]


def channels(port: int) -> dict[str, Any]:
    """Every way out that a channel has."""
    here = f"127.0.0.1:{port}"
    return {
        "status-page": {"to": f"http://{here}/hook"},
        "x": {"to": f"json://{here}/hook", "limit": 5_000},
        "email": {"to": f"smtp://{here}?from=room@example.com&to=press@example.com"},
        "mastodon": {"to": f"http+mastodon://token@{here}"},
    }


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.close()


@pytest.fixture
def tapped(program: Program, tmp_path: Path, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> Tapped:
    """The program in processes that are tapped, in a room where everybody can be reached in every way."""
    folder = tmp_path / "tap"
    folder.mkdir()
    book = program.root / "playbooks" / "data-breach.yaml"
    text = book.read_text()
    assert "channels: [status-page, x, email]" in text
    book.write_text(text.replace("channels: [status-page, x, email]", "channels: [status-page, x, email, mastodon]"))
    template = program.root / "templates" / "holding" / "data-breach.md.j2"
    template.write_text("Personal data was exposed. We are sorry. Accounts: {{ affected_accounts }}.")
    ways = contacts(ear.port)
    people = {"dana": {"roles": ["comms-lead"]}, "kim": {"roles": ["deputy-comms"]}, "lee": {"roles": ["legal"]}}
    roster = {"people": {name: {**spec, "contacts": ways} for name, spec in people.items()}}
    (program.root / "roster.yaml").write_text(json.dumps(roster))
    (program.root / "channels.yaml").write_text(json.dumps(channels(ear.port)))
    (program.root / "secret.txt").write_text(f"json://127.0.0.1:{ear.port}/file\n")
    monkeypatch.setenv("CHAT", f"json://127.0.0.1:{ear.port}/env")
    (program.root / "sealed.yaml").write_text(json.dumps(SCENARIO))
    return Tapped(program, folder)


@ON_FILE
def test_a_drill_alone_reaches_nobody(tapped: Tapped, ear: Ear, program: Program) -> None:
    ran = tapped("drill", "run", "sealed.yaml", "--auto", "--json")
    told = json.loads(ran.stdout)
    assert (ran.returncode, [action["state"] for action in told["actions"]]) == (0, ["done"]), ran.stderr
    assert told["notices_sent"] == 0
    tapped("watch", "--once")
    assert (tapped.reached(), ear.heard) == ([], [])
    assert not (program.root / "left.txt").exists()
    assert not (program.root / "state" / "outgoing").exists()


def _until(tapped: Tapped, program: Program) -> None:
    """Wait until the drill has begun and its first event has come."""
    for _ in range(200):
        told = program("timeline", "-i", "INC-1", "--format", "json")
        if told.code == 0 and any(entry["type"] == "drill.injected" for entry in told.json["entries"]):
            return
        time.sleep(0.1)
    pytest.fail("the drill does not begin")


@ON_FILE
def test_a_drill_with_people_and_a_watch_beside_it_reaches_nobody(tapped: Tapped, ear: Ear, program: Program) -> None:
    leading = tapped.started("drill", "run", "sealed.yaml", "--assign", "comms-lead=dana", "--assign", "legal=lee")
    try:
        _until(tapped, program)
        assert tapped("watch", "--once").returncode == 0
        lines = [
            ("kim", "fact", "set", "affected_accounts", "7"),
            ("kim", "statement", "draft", "holding"),
            ("kim", "statement", "submit", "holding", "--override", "--because", "y"),
            ("dana", "statement", "approve", "holding"),
            ("lee", "statement", "approve", "holding"),
            ("dana", "statement", "publish", "holding"),
            ("dana", "fact", "ask", "aware_at", "--of", "lee"),
            ("dana", "handover", "comms-lead", "--to", "kim"),
        ]
        for who, *typed in lines:
            ran = tapped(*typed, who=who)
            assert ran.returncode == 0, (typed, ran.stderr)
            tapped("watch", "--once")
        assert tapped("roster", "ping", "dana").returncode == 3  # while an exercise is open
        assert tapped("drill", "end").returncode == 0
        out, _ = leading.communicate(timeout=60)
    finally:
        leading.kill()
    assert leading.returncode == 0
    assert "EXERCISE" in out.splitlines()[0]
    tapped("watch", "--once")
    assert (tapped.reached(), ear.heard) == ([], [])
    assert not (program.root / "left.txt").exists()
    assert not (program.root / "state" / "outgoing").exists()
    laid_out = [path.read_text() for path in (program.root / "state" / "exercise" / "INC-1").iterdir()]
    assert laid_out
    assert all(text.startswith("EXERCISE") for text in laid_out)
    types = [entry["type"] for entry in program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]]
    assert not {"notice.sent", "notice.failed", "statement.posting", "statement.posted"} & set(types)
    assert program.ok("verify").code == 0


@ON_FILE
def test_the_same_room_reaches_many_when_it_is_real(tapped: Tapped, ear: Ear, program: Program) -> None:
    """So that the silence above means something."""
    ways = [to for to in contacts(ear.port) if "127.0.0.1" in to]
    (program.root / "roster.yaml").write_text(json.dumps({"people": {"dana": {"contacts": ways}}}))
    tapped("open", "data-breach", "--title", "Leak")
    tapped("watch", "--once")
    assert tapped.reached()
    heard = b"".join(ear.heard)
    assert b"POST" in heard
    assert b"Leak" in heard
