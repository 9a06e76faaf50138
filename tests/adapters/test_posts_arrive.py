"""From draft to published, over the command line, to real receivers: each gets the exact words once, with a receipt."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program

TEXT = "We are sorry: records of 1200 accounts were taken.\nNext update by 2026-11-23 12:00 UTC."
TOKEN = "token-that-nobody-may-see"  # noqa: S105 - it is there to be looked for
PATIENCE = 30.0  # seconds after which a process that does not get on counts as hung


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def answers(code: int, document: object = None) -> Callable[[BaseHTTPRequestHandler, threading.Event], None]:
    body = json.dumps(document or {}).encode()

    def answer(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
        asked.send_response(code)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def holds(_asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait(PATIENCE)


def approve(program: Program, channels: str = "status-page, mastodon, email, x") -> None:
    """The holding statement of a new incident is approved, for these channels."""
    book = program.root / "playbooks" / "data-breach.yaml"
    book.write_text(book.read_text().replace("channels: [status-page, x, email]", f"channels: [{channels}]"))
    (program.root / "words.txt").write_text(TEXT)
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
    program.ok("statement", "draft", "holding", "--file", "words.txt", who="kim")
    program.ok("statement", "submit", "holding", who="kim")
    program.ok("statement", "approve", "holding", who="lee")
    program.ok("statement", "approve", "holding")


def channels(program: Program, **to: str) -> None:
    """Where channels post."""
    lines = [f"{name.replace('_', '-')}: {{to: {json.dumps(place)}}}" for name, place in to.items()]
    (program.root / "channels.yaml").write_text("\n".join(lines) + "\n")


def posts(program: Program) -> dict[str, Any]:
    listed = program.ok("statement", "list", "-i", "INC-1", "--json").json["statements"]
    return {post["channel"]: post for one in listed if one["id"] == "holding" for post in one["posts"]}


def later(clock_type: type[HandClock], **span: float) -> HandClock:
    return clock_type(datetime.now(UTC) + timedelta(**span))


@pytest.fixture
def clocks() -> type[HandClock]:
    from tests.conftest import HandClock as Kind  # noqa: PLC0415 - the name is for types above

    return Kind


def test_from_draft_to_every_place_with_its_receipt(
    program: Program, web: Any, post_office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = web(answers(201, {"id": "inc-9", "url": "https://status.example.org/inc-9"}))
    social = web(
        answers(200, {"id": "113", "url": "https://social.example/113", "created_at": "2026-03-28T22:00:01.250Z"})
    )
    office = post_office()
    approve(program)
    monkeypatch.setenv("ROOM_MASTODON", f"http+mastodon://{TOKEN}@{social.address}")
    monkeypatch.setenv("ROOM_MAIL", f"smtp://127.0.0.1:{office.port}?from=press@example.org&to=list@example.net")
    channels(program, status_page=f"http://{page.address}/hook", mastodon="env:ROOM_MASTODON", email="env:ROOM_MAIL")
    published = program.ok("statement", "publish", "holding", "--request-id", "p1")
    assert "mastodon/en: out, https://social.example/113" in published.out
    assert json.loads(page.requests[0].body)["text"] == TEXT
    assert json.loads(social.requests[0].body)["status"] == TEXT
    assert office.letters[0].get_content().replace("\r\n", "\n") == f"{TEXT}\n"
    assert (program.root / "state" / "outgoing" / "INC-1" / "holding.x.txt").read_bytes() == TEXT.encode()
    told = posts(program)
    assert {name: post["state"] for name, post in told.items()} == {
        "status-page": "posted",
        "mastodon": "posted",
        "email": "posted",
        "x": "ready",
    }
    assert (told["status-page"]["receipt"], told["status-page"]["url"]) == ("inc-9", "https://status.example.org/inc-9")
    assert (told["mastodon"]["receipt"], told["mastodon"]["at"]) == ("113", "2026-03-28T22:00:01.250000Z")
    assert told["email"]["receipt"] == office.letters[0]["Message-ID"]
    repeated = program.ok("statement", "publish", "holding", "--request-id", "p1", "--json").json
    assert (repeated["repeated"], repeated["posts"]) == (True, [])
    program.ok("statement", "posted", "x", "--url", "https://x.example/room/1")
    assert posts(program)["x"]["by"] == "person"
    assert [len(page.requests), len(social.requests), len(office.letters)] == [1, 1, 1]
    everything = "".join(program.ok(*asked).out for asked in (("timeline",), ("statement", "list"), ("status",)))
    assert TOKEN not in everything
    assert program.ok("verify").code == 0


BLOCKS = """\
We are sorry: records of {{ affected_accounts }} accounts were taken.
{% block email_subject %}About your {{ affected_accounts }} accounts{% endblock %}
{% block email_html %}<p>We are <b>sorry</b>.</p>{% endblock %}
"""


def test_a_letter_from_the_template_has_its_subject_and_its_web_form(program: Program, post_office: Any) -> None:
    office = post_office()
    (program.root / "templates" / "holding" / "data-breach.md.j2").write_text(BLOCKS)
    program.ok("open", "data-breach", "--title", "Records on a forum", "--assign", "legal=lee")
    program.ok("fact", "set", "affected_accounts", "1200")
    program.ok("statement", "draft", "holding", who="kim")
    program.ok("statement", "submit", "holding", "--override", "--because", "a test", who="kim")
    program.ok("statement", "approve", "holding", who="lee")
    program.ok("statement", "approve", "holding")
    channels(program, email=f"smtp://127.0.0.1:{office.port}?from=press@example.org&to=list@example.net")
    published = program.ok("statement", "publish", "holding", "--json").json
    (letter,) = office.letters
    assert letter["Subject"] == "About your 1200 accounts"
    text, html = letter.iter_parts()
    assert "records of 1200 accounts" in text.get_content()
    assert html.get_content().strip() == "<p>We are <b>sorry</b>.</p>"
    assert [(post["key"], post["state"]) for post in published["posts"]] == [("email/en", "posted")]
    names = {path.rpartition("/")[2] for path in published["files"]}
    assert {"holding.email.txt", "holding.email.subject.txt", "holding.email.html"} < names
    assert set(posts(program)) == {"status-page", "x", "email"}


def test_one_channel_down_then_back(program: Program, web: Any, clocks: type[HandClock]) -> None:
    page, social = web(answers(503)), web(answers(200, {"id": "1"}))
    approve(program)
    channels(program, status_page=f"http://{page.address}/", mastodon=f"http+mastodon://{TOKEN}@{social.address}")
    published = program.ok("statement", "publish", "holding")
    assert "holding could not be sent to status-page/en: 127.0.0.1 answered 503; no watch is running" in published.err
    assert program.ok("watch", "--once", clock=later(clocks, seconds=1)).code == 0
    assert len(page.requests) == 1
    page.answer = answers(200)
    done = program.ok("watch", "--once", "--json", clock=later(clocks, seconds=6)).json
    assert done["posted"] == 1
    program.ok("watch", "--once", clock=later(clocks, hours=1))
    assert posts(program)["status-page"]["state"] == "posted"
    assert [len(page.requests), len(social.requests)] == [2, 1]
    assert len({request.headers["Idempotency-Key"] for request in page.requests}) == 1


def test_what_is_unclear_is_handed_over_and_a_person_says_what_is_so(
    program: Program, web: Any, clocks: type[HandClock]
) -> None:
    page, social = web(answers(504)), web(answers(504))
    approve(program)
    channels(program, status_page=f"http://{page.address}/", mastodon=f"http+mastodon://{TOKEN}@{social.address}")
    published = program.ok("statement", "publish", "holding")
    assert "holding may have reached mastodon/en, nobody knows: 127.0.0.1 answered 504" in published.err
    watched = program.ok("watch", "--once", clock=later(clocks, hours=1))
    assert "Nobody knows whether statement holding reached" in watched.err
    page.answer = social.answer = answers(200, {"id": "7"})
    program.ok("watch", "--once", clock=later(clocks, hours=2))
    assert [len(page.requests), len(social.requests)] == [1, 1]
    told = program.ok("statement", "list").out
    assert "UNCLEAR" in told
    program.ok("statement", "posted", "status-page", "--url", "https://status.example.org/1")
    retry = (
        "statement",
        "retry",
        "holding",
        "--channel",
        "mastodon",
        "--because",
        "it is not there",
        "--request-id",
        "r",
    )
    assert "mastodon/en: out" in program.ok(*retry).out
    assert program.ok(*retry).out.startswith("Already done")
    assert program("statement", "retry", "holding", "--channel", "mastodon", "--because", "again").code == 3
    assert [len(page.requests), len(social.requests)] == [1, 2]


def test_a_drill_reaches_no_server(program: Program, web: Any, post_office: Any, clocks: type[HandClock]) -> None:
    server, office = web(answers(200)), post_office()
    approve(program)
    program.ok("open", "data-breach", "--title", "Practice", "--assign", "legal=lee", "--drill")
    channels(
        program,
        status_page=f"http://{server.address}/",
        mastodon=f"http+mastodon://{TOKEN}@{server.address}",
        email=f"smtp://127.0.0.1:{office.port}?from=a@example.org&to=b@example.net",
        x=f"json://{server.address}/",
    )
    here = ("-i", "INC-2")
    program.ok("statement", "draft", "holding", "--file", "words.txt", *here, who="kim")
    program.ok("statement", "submit", "holding", *here, who="kim")
    program.ok("statement", "approve", "holding", *here, who="lee")
    program.ok("statement", "approve", "holding", *here)
    program.ok("statement", "publish", "holding", *here)
    assert program("statement", "retry", "holding", "--channel", "x", "--because", "why", *here).code == 3
    program.ok("watch", "--once", clock=later(clocks, minutes=1))
    assert not server.requests
    assert not office.letters
    assert (program.root / "state" / "exercise" / "INC-2" / "holding.x.txt").exists()


def test_an_embargo_is_told_and_lifted(program: Program) -> None:
    approve(program)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    program.ok("statement", "embargo", "holding", "--until", until, "--audience", "press", "--because", "agreed")
    refused = program("statement", "publish", "holding")
    assert refused.code == 3
    assert "holding for press is under embargo until" in refused.err
    assert "under embargo for press until" in program.ok("status").out
    assert program("statement", "embargo", "holding", "--because", "both").code == 2
    program.ok("statement", "embargo", "holding", "--lift", "--audience", "press", "--because", "it leaked")
    program.ok("statement", "publish", "holding")


# Killed


@contextmanager
def publishing(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "crisisctl", "statement", "publish", "holding"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=program.root, env=program.environment(), stdout=nowhere, stderr=nowhere
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def logged(program: Program, kind: str) -> bool:
    with closing(sqlite3.connect(program.root / "state" / "crisisctl.db", timeout=10)) as db:
        return bool(db.execute("SELECT 1 FROM entry WHERE type = ?", (kind,)).fetchone())


def until(process: subprocess.Popen[bytes], there: Callable[[], bool]) -> None:
    """Kill the process the moment that it is so far."""
    end = time.monotonic() + PATIENCE
    while not there() and process.poll() is None:
        assert time.monotonic() < end
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("point", ["published", "posting", "asked", "answered"])
def test_whoever_publishes_may_be_killed_at_any_moment_and_nothing_goes_out_twice(
    program: Program, web: Any, clocks: type[HandClock], point: str
) -> None:
    answered = threading.Event()
    taken = answers(200, {"id": "1"})

    def answer(asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
        if point == "asked":
            holds(asked, over)
        taken(asked, over)
        answered.set()

    page = web(answer)
    approve(program, "status-page")
    channels(program, status_page=f"http://{page.address}/")
    so_far = {
        "published": lambda: logged(program, "statement.published"),
        "posting": lambda: logged(program, "statement.posting"),
        "asked": lambda: bool(page.requests),
        "answered": answered.is_set,
    }
    with publishing(program) as process:
        until(process, so_far[point])
    page.answer = taken
    for minutes in (1, 4, 60, 600):
        program.ok("watch", "--once", clock=later(clocks, minutes=minutes))
    state = posts(program)["status-page"]["state"]
    assert len(page.requests) == 1 or (state == "unclear" and not page.requests)
    assert state in ("posted", "unclear")
    handed_over = logged(program, "statement.unclear")
    assert handed_over == (state == "unclear")
    if point == "asked":
        assert state == "unclear"


def test_a_watch_that_is_killed_in_an_attempt_does_not_make_it_again(
    program: Program, web: Any, clocks: type[HandClock]
) -> None:
    page = web(answers(503))
    approve(program, "status-page")
    channels(program, status_page=f"http://{page.address}/")
    program.ok("statement", "publish", "holding")
    page.answer = holds
    command = [sys.executable, "-m", "crisisctl", "watch"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=program.root, env=program.environment(), stdout=nowhere, stderr=nowhere
    ) as watch:
        until(watch, lambda: len(page.requests) == 2)
    page.answer = answers(200)
    for minutes in (1, 4, 60):
        program.ok("watch", "--once", clock=later(clocks, minutes=minutes))
    assert len(page.requests) == 2
    assert posts(program)["status-page"]["state"] == "unclear"


def test_several_watches_make_each_attempt_once(program: Program, web: Any) -> None:
    page = web(answers(503))
    approve(program, "status-page")
    channels(program, status_page=f"http://{page.address}/")
    program.ok("statement", "publish", "holding")
    page.answer = answers(200)
    command = [sys.executable, "-m", "crisisctl", "watch"]
    nowhere = subprocess.DEVNULL
    how: dict[str, Any] = {
        "cwd": program.root,
        "env": program.environment(),
        "stdout": nowhere,
        "stderr": nowhere,
    }
    with subprocess.Popen(command, **how) as one, subprocess.Popen(command, **how) as other:
        end = time.monotonic() + PATIENCE
        while not logged(program, "statement.posted") and time.monotonic() < end:
            time.sleep(0.1)
        for watch in (one, other):
            watch.send_signal(signal.SIGTERM)
    assert len(page.requests) == 2
    assert posts(program)["status-page"]["state"] == "posted"
