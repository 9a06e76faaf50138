"""Contacts in their turn, fallbacks and tests on real servers: what arrives where, and what comes back into the log."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.answers import accepted, broken


def roster(program: Any, **people: Any) -> None:
    usual = {"dana": {"roles": ["comms-lead"]}, "lee": {"roles": ["legal"]}, "kim": {}}
    (program.root / "roster.yaml").write_text(json.dumps({"people": usual | people}))


def opened(program: Any, *more: str) -> None:
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee", *more)


def told(program: Any) -> list[tuple[str, str]]:
    entries = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    return [(entry["type"], entry["data"]["to"]) for entry in entries if entry["type"].startswith("notice.")]


def skip_the_waiting(program: Any) -> None:
    with closing(sqlite3.connect(program.root / "state" / "crisisctl.db")) as db:
        db.execute("UPDATE outbox SET ready_at = '2000-01-01T00:00:00.000000Z'")
        db.commit()


def mail(office: Any) -> str:
    return f"mailto://127.0.0.1:{office.port}?from=room@example.com&to=dana@example.com&mode=insecure"


def test_the_mail_goes_at_once_and_the_chat_in_its_turn(
    program: Any, web: Callable[..., Any], post_office: Callable[..., Any]
) -> None:
    server, office = web(accepted), post_office()
    roster(program, dana={"contacts": [mail(office), {"to": f"json://{server.address}", "after": "2m"}]})
    opened(program)
    assert program.ok("watch", "--once", "--json").json["waiting"] == 1
    assert (len(office.letters), len(server.requests)) == (1, 0)
    program.ok("watch", "--once")
    assert server.requests == []
    skip_the_waiting(program)
    program.ok("watch", "--once")
    assert len(server.requests) == 1
    assert program.ok("verify", "--json").json["ok"]


def test_the_chat_is_spared_when_the_mail_was_answered(program: Any, web: Callable[..., Any]) -> None:
    server = web(accepted)
    roster(program, dana={"contacts": ["console:", {"to": f"json://{server.address}", "after": "2m"}]})
    opened(program)
    program.ok("watch", "--once")
    program.ok("ack")
    skip_the_waiting(program)
    program.ok("watch", "--once")
    assert server.requests == []
    assert told(program) == [("notice.sent", "dana"), ("notice.dropped", "dana")]
    assert "answered meanwhile" in program.ok("timeline").out


def test_when_nobody_opens_the_next_door_is_knocked_at(program: Any, web: Callable[..., Any]) -> None:
    shut, open_ = web(broken), web(accepted)
    dana = {"contacts": [f"json://{shut.address}/one", f"json://{shut.address}/two"], "fallback": "sam"}
    roster(program, dana=dana, sam={"contacts": [f"json://{open_.address}"]})
    opened(program)
    for _ in range(5):
        program.ok("watch", "--once")
        skip_the_waiting(program)
    program.ok("watch", "--once")
    (request,) = open_.requests
    body = json.loads(request.body)
    assert body["message"].startswith("You are told instead of dana: dana could not be reached (json://127.0.0.1")
    assert "crisisctl ack -i INC-1" in body["message"]
    assert request.headers["X-Crisisctl-Key"]
    assert told(program) == [("notice.failed", "dana")] * 2 + [("notice.sent", "sam")]
    assert "sam is told instead of dana" in program.ok("timeline").out
    assert program.ok("verify", "--json").json["ok"]
    program.ok("verify", "--rebuild")


def test_at_night_the_one_who_is_awake_is_told(program: Any, web: Callable[..., Any]) -> None:
    """Dana's quiet hours are all of the day but one minute, whenever this runs."""
    server, awake = web(accepted), web(accepted)
    minute = program.ok("roster", "card", "--json").json["printed"][11:16]
    hour = f"{(int(minute[:2]) + 12) % 24:02}"
    quiet = {"from": f"{hour}:01", "to": f"{hour}:00"}
    dana = {"contacts": [f"json://{server.address}"], "quiet": quiet, "fallback": "sam"}
    roster(program, dana=dana, sam={"contacts": [f"json://{awake.address}"]})
    opened(program, "--severity", "sev2")
    program.ok("watch", "--once")
    assert (len(server.requests), len(awake.requests)) == (0, 1)
    assert "who is not to be disturbed at this hour" in json.loads(awake.requests[0].body)["message"]
    program.ok("severity", "sev1", "--because", "it spreads")
    program.ok("verify")


def test_a_test_arrives_is_answered_and_proves_the_contact(
    program: Any, web: Callable[..., Any], post_office: Callable[..., Any]
) -> None:
    server, office = web(accepted), post_office()
    roster(program, dana={"contacts": [mail(office), f"json://{server.address}"]})
    done = program.ok("roster", "ping", "dana", "--json").json
    assert [(one["contact"], one["state"]) for one in done["tests"]] == [(1, "accepted"), (2, "accepted")]
    (letter,) = office.letters
    text = letter.get_body(("plain",)).get_content()
    assert letter["Subject"] == "TEST from the crisis room of our company"
    assert "This is a TEST of how dana is reached. There is no incident." in text
    chat = json.loads(server.requests[0].body)["message"]
    codes = [re.search(r"roster answer (\S+)", one)[1] for one in (text, chat)]  # type: ignore[index]
    assert codes[0] != codes[1]
    assert program.ok("roster", "answer", codes[1], "--json").json["contact"] == 2
    assert program.ok("roster", "list", "--json").json["people"][0]["verified"] == "never"
    program.ok("roster", "answer", codes[0].lower())
    today = program.ok("roster", "card", "--json").json["printed"][:10]
    assert program.ok("roster", "list", "--json").json["people"][0]["verified"] == today


def test_a_test_that_is_refused_says_so_and_no_secret(
    program: Any, web: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = web(broken)
    monkeypatch.setenv("DANA_CHAT", f"json://canary-user:canary-word@{server.address}/canary-path")
    roster(program, dana={"contacts": ["env:DANA_CHAT", f"json://u:canary-pw@{server.address}/canary-path"]})
    ran = program("roster", "ping", "dana")
    assert ran.code == 6
    assert "2 of 2 tests did not get through." in ran.err
    assert len(server.requests) == 2
    state = b"".join(path.read_bytes() for path in (program.root / "state").rglob("*") if path.is_file())
    listed = program.ok("roster", "list")
    card = program.ok("roster", "card")
    for leak in (ran.out, ran.err, listed.out, card.out, state.decode("latin-1")):
        assert "canary" not in leak


def test_during_a_drill_no_test_is_sent(program: Any, web: Callable[..., Any]) -> None:
    server = web(accepted)
    roster(program, dana={"contacts": [f"json://{server.address}"]})
    opened(program, "--drill")
    ran = program("roster", "ping", "dana")
    assert (ran.code, server.requests) == (3, [])
    assert "INC-1 is an exercise" in ran.err
