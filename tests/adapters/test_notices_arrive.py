"""From a step that fell due to the receiver's door, and back into the log: the whole way, on real servers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.answers import accepted, broken, silent


def roster(program: Any, *contacts: str) -> None:
    people = {"dana": {"roles": ["comms-lead"], "contacts": list(contacts)}, "lee": {"roles": ["legal"]}, "kim": {}}
    (program.root / "roster.yaml").write_text(json.dumps({"people": people}))


def opened(program: Any) -> None:
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")


def told(program: Any) -> list[str]:
    entries = program.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
    return [entry["type"] for entry in entries if entry["type"].startswith("notice.")]


def test_a_web_server_and_a_mail_server_receive_the_same_notice(
    program: Any, web: Callable[..., Any], post_office: Callable[..., Any]
) -> None:
    server, office = web(accepted), post_office()
    mail = f"mailto://127.0.0.1:{office.port}?from=room@example.com&to=dana@example.com&mode=insecure"
    roster(program, f"json://{server.address}", mail)
    opened(program)
    assert program.ok("watch", "--once", "--json").json["sent"] == 2
    body = json.loads(server.requests[0].body)
    letter = office.letters[0]
    assert "INC-1" in body["title"]
    assert "INC-1" in letter["Subject"]
    assert "crisisctl ack -i INC-1" in body["message"]
    assert "crisisctl ack -i INC-1" in letter.get_body(("plain",)).get_content()
    assert told(program) == ["notice.sent", "notice.sent"]
    assert program.ok("verify", "--json").json["ok"]


def test_a_second_watch_sends_nothing_again(program: Any, web: Callable[..., Any]) -> None:
    server = web(accepted)
    roster(program, f"json://{server.address}")
    opened(program)
    program.ok("watch", "--once")
    program.ok("watch", "--once")
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [broken, silent], ids=["500", "hangs"])
def test_an_answer_that_is_no_yes_is_never_a_delivery(program: Any, web: Callable[..., Any], answer: Any) -> None:
    server = web(answer)
    roster(program, f"json://{server.address}")
    opened(program)
    done = program.ok("watch", "--once", "--json").json
    assert (done["sent"], done["failed"]) == (0, 1)
    assert server.requests
    assert told(program) == []


def test_a_redirect_is_never_a_delivery_and_is_not_followed(program: Any, web: Callable[..., Any]) -> None:
    elsewhere = web(accepted)

    def away(handler: BaseHTTPRequestHandler, _over: Event) -> None:
        handler.send_response(302)
        handler.send_header("Location", f"http://{elsewhere.address}/")
        handler.end_headers()

    roster(program, f"json://{web(away).address}")
    opened(program)
    assert program.ok("watch", "--once", "--json").json["sent"] == 0
    assert elsewhere.requests == []
    assert told(program) == []


def test_after_five_tries_a_notice_is_given_up_and_that_is_logged(
    program: Any, web: Callable[..., Any], tmp_path: Path
) -> None:
    server = web(broken)
    roster(program, f"json://{server.address}")
    opened(program)
    for _ in range(5):
        assert program.ok("watch", "--once", "--json").json["failed"] == 1
        with sqlite3.connect(program.root / "state" / "crisisctl.db") as db:  # the pauses of the back-off, skipped
            db.execute("UPDATE outbox SET ready_at = '2000-01-01T00:00:00.000000Z'")
        db.close()
    assert len(server.requests) == 5
    assert told(program) == ["notice.failed"]
    assert program.ok("verify", "--json").json["ok"]


def test_the_secret_of_a_contact_reaches_neither_log_nor_outbox_nor_terminal(
    program: Any, web: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = web(broken)
    monkeypatch.setenv(
        "DANA_CHAT", f"json://canary-user:canary-word@{server.address}/canary-path?+X-Token=canary-token"
    )
    roster(program, "env:DANA_CHAT")
    opened(program)
    ran = program.ok("watch", "--once")
    doctor = program("doctor")
    state = b"".join(path.read_bytes() for path in (program.root / "state").rglob("*") if path.is_file())
    assert server.requests[0].path.startswith("/canary-path")
    for leak in (ran.out, ran.err, doctor.out, doctor.err, state.decode("latin-1")):
        assert "canary" not in leak


def test_a_drill_never_reaches_a_contact(program: Any, web: Callable[..., Any]) -> None:
    server = web(accepted)
    roster(program, f"json://{server.address}")
    program.ok("open", "data-breach", "--title", "Practice", "--assign", "legal=lee", "--drill")
    ran = program.ok("watch", "--once")
    assert server.requests == []
    assert "EXERCISE" in ran.err


def test_a_closed_incident_is_not_paged_for(program: Any, web: Callable[..., Any]) -> None:
    server = web(broken)
    roster(program, f"json://{server.address}")
    opened(program)
    program.ok("watch", "--once")
    server.answer = accepted
    before = len(server.requests)
    for step in (("task", "done", "pause-posts"), ("advance", "activate", "--because", "x"), ("advance", "notify")):
        program.ok(*step, who="dana")
    program.ok("fact", "set", "affected_accounts", "1200")
    program.ok("statement", "draft", "holding", who="kim")
    program.ok("statement", "submit", "holding")
    program.ok("statement", "approve", "holding", who="lee")
    program.ok("statement", "approve", "holding")
    program.ok("statement", "publish", "holding")
    program.ok("advance", "inform")
    program.ok("advance", "close")
    with sqlite3.connect(program.root / "state" / "crisisctl.db") as db:
        db.execute("UPDATE outbox SET ready_at = '2000-01-01T00:00:00.000000Z'")
    db.close()
    program.ok("watch", "--once")
    assert len(server.requests) == before
    assert "notice.dropped" in told(program)
