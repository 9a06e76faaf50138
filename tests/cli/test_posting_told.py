"""What `statement publish` and `statement list` say of each channel is what the log says of it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.cli.run import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Program

NOWHERE = "http://127.0.0.1:9/hook"  # where nobody listens
NEXT = "Next update by 22 November 2096, 15:00 UTC."


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves an answer on the loopback: a status and a body; the address."""
    servers: list[ThreadingHTTPServer] = []

    def begin(code: int = 201, body: bytes = b'{"id": "17", "url": "https://there.example/17"}', kind: str = "") -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(code)
                self.send_header("Content-Type", kind or "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_told: Any) -> None:
                return None

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/hook"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def channels(program: Program, **to: str) -> None:
    lines = (f"{name.replace('_', '-')}: {{to: '{address}'}}\n" for name, address in to.items())
    (program.root / "channels.yaml").write_text("".join(lines))


def test_only_what_nothing_else_posts_is_to_be_pasted_also_when_it_is_asked_again(
    approved: Program, serve: Callable[..., str]
) -> None:
    channels(approved, email=NOWHERE, status_page=serve())
    told = approved.ok("statement", "publish", "holding", "--request-id", "p1")
    again = approved.ok("statement", "publish", "holding", "--request-id", "p1")
    for said in (told, again):
        assert "status-page/en: out, https://there.example/17" in said.out
        assert "to paste" not in said.out  # x is too long, and all else is posted by the program
        assert "could not be sent to email/en: 127.0.0.1 refuses the connection" in said.err
    asked = approved.ok("statement", "publish", "holding", "--request-id", "p1", "--json").json
    assert len(asked["files"]) == 2


def test_nobody_is_said_to_try_again_where_no_watch_runs(approved: Program) -> None:
    channels(approved, email=NOWHERE)
    told = approved.ok("statement", "publish", "holding")
    for said in (told.err, approved.ok("statement", "list").out, approved.ok("status").out):
        assert "no watch is running, so nobody tries at " in said
        assert "crisisctl watch" in said
    approved("watch", "--once")
    listed = approved.ok("statement", "list").out
    assert "the watch tries again at " in listed


def test_a_list_in_a_pipe_breaks_no_command_in_two(published: Program) -> None:
    listed = published.ok("statement", "list").out
    assert "crisisctl statement posted email --url URL --statement holding\n" in listed


def test_whoever_interrupts_the_posting_learns_that_the_publication_is_recorded(approved: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        channels(approved, email=f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
        command = [sys.executable, "-m", "crisisctl", "statement", "publish", "holding"]
        with subprocess.Popen(
            command, cwd=approved.root, env=approved.environment("dana"), stderr=subprocess.PIPE, text=True
        ) as process:
            caller, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        caller.close()
    assert process.returncode == INTERRUPTED
    assert "It is recorded, but nobody knows yet what was posted; do not repeat it." in said
    assert "crisisctl statement list" in said
    assert "email/en" in approved.ok("statement", "list").out
    assert approved("statement", "publish", "holding").code == 3


def test_what_came_instead_of_a_receipt_is_said(approved: Program, serve: Callable[..., str]) -> None:
    channels(approved, email=serve(200, b"<html>Please sign in</html>", "text/html"))
    told = approved.ok("statement", "publish", "holding")
    came = "127.0.0.1 answered with a web page; look whether it took the text"
    for said in (told.out, approved.ok("statement", "list").out, approved.ok("timeline").out):
        assert came in said


def test_nobody_is_invited_to_paste_what_is_known_to_be_wrong(responding: Program) -> None:
    def approve() -> None:
        responding.ok("statement", "submit", "holding", who="kim")
        responding.ok("statement", "approve", "holding", who="lee")
        responding.ok("statement", "approve", "holding")

    responding.ok("statement", "draft", "holding", who="kim")
    approve()
    responding.ok("statement", "publish", "holding", "--request-id", "p1")
    responding.ok("fact", "set", "affected_accounts", "5000")
    again = responding.ok("statement", "publish", "holding", "--request-id", "p1")
    assert "to paste" not in again.out
    wrong = "do not paste its file, for affected_accounts changed. Correct it: crisisctl statement correct holding"
    for said in (again.err, responding.ok("statement", "list").out, responding.ok("status").out):
        assert wrong in said
        assert "paste its file, then" not in said
    words = responding.root / "new.txt"
    words.write_text(f"We are sorry. There were 5000 accounts. {NEXT}\n")
    responding.ok("statement", "correct", "holding", "--file", str(words), "--because", "more", who="kim")
    assert wrong in responding.ok("statement", "list").out
    approve()
    assert "to paste: " in responding.ok("statement", "publish", "holding").out
    assert "paste its file, then" in responding.ok("statement", "list").out


def test_a_doubt_about_an_older_text_is_settled_from_the_command_line(
    approved: Program, serve: Callable[..., str]
) -> None:
    channels(approved, email=serve(302, b""))
    told = approved.ok("statement", "publish", "holding")
    assert "may have reached email/en, nobody knows" in told.err
    words = approved.root / "new.txt"
    words.write_text(f"We are truly sorry. {NEXT}\n")
    approved.ok("statement", "correct", "holding", "--file", str(words), "--because", "more", who="kim")
    approved.ok("statement", "submit", "holding", who="kim")
    approved.ok("statement", "approve", "holding", who="lee")
    approved.ok("statement", "approve", "holding")
    channels(approved, email=serve())
    again = approved.ok("statement", "publish", "holding")
    assert "email/en: out, https://there.example/17" in again.out
    assert "may have reached email/en revision 1, nobody knows" in again.err
    assert "email/en revision 1: UNCLEAR" in approved.ok("status").out
    (listed,) = [one for one in approved.ok("statement", "list", "--json").json["statements"] if "doubts" in one]
    assert [(doubt["channel"], doubt["revision"]) for doubt in listed["doubts"]] == [("email", 1)]
    assert approved("statement", "posted", "email").code == 2
    assert approved("statement", "posted", "email", "--not-there", "--revision", "1", who="mallory").code == 3
    settled = approved.ok("statement", "posted", "email", "--not-there", "--revision", "1")
    assert "was not posted to email/en: dana looked, and it is not there; given up" in settled.out
    assert "revision 1" not in approved.ok("status").out
    assert approved.ok("verify").code == 0
