"""The window on the watch: two pages for those who ask properly, and nothing for those who do not."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from crisisctl.adapters.window import CLIENTS, LONGEST, Answer, Place, Window, document, place
from crisisctl.domain.errors import Usage

Asking = Callable[..., bytes]


def _broken() -> Answer:
    raise RuntimeError("the secret of INC-7")


PAGES = {
    "/metrics": lambda: Answer(200, "text/plain; version=0.0.4", "up 1\n"),
    "/health": lambda: document(503, {"ok": False, "reason": "the store does not answer"}),
    "/broken": _broken,
}


@pytest.fixture
def opened() -> Iterator[Window]:
    with Window(Place("127.0.0.1", 0, open=False), PAGES) as window:
        yield window


@pytest.fixture
def hasty() -> Iterator[Window]:
    """One that gives every client a second."""
    with Window(Place("127.0.0.1", 0, open=False), PAGES, seconds=1.0) as window:
        yield window


def _port(opened: Window) -> int:
    return int(opened.address.rpartition(":")[2])


@pytest.fixture
def line(opened: Window) -> Iterator[Callable[[], socket.socket]]:
    """Opens connections, all closed when the test is over."""
    with ExitStack() as lines:
        yield lambda: lines.enter_context(_line(opened))


def _line(opened: Window) -> socket.socket:
    return socket.create_connection(("127.0.0.1", _port(opened)), timeout=30)


def _all(line: socket.socket) -> bytes:
    said = b""
    while more := line.recv(65536):
        said += more
    return said


@pytest.fixture
def ask(line: Callable[[], socket.socket]) -> Asking:
    """Sends bytes as they are, and gives back all that is answered."""

    def asked(request: bytes) -> bytes:
        way = line()
        way.sendall(request)
        return _all(way)

    return asked


def _get(opened: Window, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    way = http.client.HTTPConnection("127.0.0.1", _port(opened), timeout=30)
    try:
        way.request(method, path)
        answer = way.getresponse()
        return answer, answer.read()
    finally:
        way.close()


def test_a_page_is_served_with_its_kind_and_length(opened: Window) -> None:
    answer, body = _get(opened, "/metrics")
    assert (answer.status, body) == (200, b"up 1\n")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"
    assert (answer.headers["Content-Length"], answer.headers["Cache-Control"]) == ("5", "no-store")


def test_a_query_changes_nothing(opened: Window) -> None:
    assert _get(opened, "/metrics?name[]=x")[1] == b"up 1\n"


def test_a_document_has_the_status_that_it_was_given(opened: Window) -> None:
    answer, body = _get(opened, "/health")
    assert (answer.status, json.loads(body)) == (503, {"ok": False, "reason": "the store does not answer"})


def test_a_head_has_no_body(opened: Window, ask: Asking) -> None:
    head, _, body = ask(b"HEAD /metrics HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 5" in head
    assert body == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "BREW"])
def test_every_other_method_is_refused(opened: Window, method: str) -> None:
    answer, body = _get(opened, "/metrics", method)
    assert (answer.status, answer.headers["Allow"], body) == (405, "GET, HEAD", b"Method Not Allowed\n")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../metrics", "//metrics", "/METRICS", "/%6detrics"])
def test_there_are_no_other_pages_and_no_path_comes_back(opened: Window, path: str) -> None:
    answer, body = _get(opened, path)
    assert (answer.status, body) == (404, b"Not Found\n")
    assert "etrics" not in str(answer.headers).lower()


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET /metrics\r\n\r\n",
        b"GET  /metrics HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/2\r\n\r\n",
        b"GET /met rics HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(ask: Asking, request_: bytes) -> None:
    assert ask(request_).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_client_that_hangs_up_is_no_trouble(opened: Window, line: Callable[[], socket.socket]) -> None:
    for _ in range(3 * CLIENTS):
        line().close()
    _eventually(lambda: _get(opened, "/metrics")[0].status == 200)


@pytest.mark.parametrize("header", [b"X-Long: " + b"x" * 2 * LONGEST, b"a: b\r\n" * LONGEST])
def test_headers_without_end_are_refused(ask: Asking, header: bytes) -> None:
    assert ask(b"GET /metrics HTTP/1.1\r\n" + header).startswith(b"HTTP/1.1 431 ")


def test_a_page_that_breaks_down_says_nothing_of_why(opened: Window, capfd: pytest.CaptureFixture[str]) -> None:
    answer, body = _get(opened, "/broken")
    assert (answer.status, body) == (500, b"Internal Server Error\n")
    assert capfd.readouterr() == ("", "")
    assert _get(opened, "/metrics")[0].status == 200


def _eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < until, "it never came to pass"
        time.sleep(0.05)


def test_a_client_that_drips_is_cut_off(hasty: Window) -> None:
    begun = time.monotonic()
    with _line(hasty) as way, pytest.raises(ConnectionError):  # noqa: PT012 - any byte may be the last
        while time.monotonic() - begun < 20:
            way.sendall(b"x")
            time.sleep(0.05)
    assert time.monotonic() - begun < 20


def test_a_client_that_says_nothing_is_told_so_in_the_end(hasty: Window) -> None:
    begun = time.monotonic()
    with _line(hasty) as way:
        assert _all(way).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begun < 7


def test_more_clients_than_there_is_room_for_are_turned_away_and_no_thread_is_made_for_them(
    opened: Window, line: Callable[[], socket.socket]
) -> None:
    before = threading.active_count()
    lines = [line() for _ in range(10 * CLIENTS)]
    _eventually(lambda: sum(map(_closed, lines)) >= 9 * CLIENTS)
    assert threading.active_count() - before <= CLIENTS
    for way in lines:
        way.close()
    _eventually(lambda: _get(opened, "/metrics")[0].status == 200)


def _closed(way: socket.socket) -> bool:
    way.settimeout(0.01)
    try:
        return way.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_slow_client_holds_up_no_other(opened: Window, line: Callable[[], socket.socket]) -> None:
    line().sendall(b"GET /metr")
    begun = time.monotonic()
    assert _get(opened, "/metrics")[0].status == 200
    assert time.monotonic() - begun < 4


def test_once_closed_nobody_listens(line: Callable[[], socket.socket]) -> None:
    with Window(Place("127.0.0.1", 0, open=False), PAGES) as window:
        port = _port(window)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ("9464", Place("127.0.0.1", 9464, open=False)),
        ("0", Place("127.0.0.1", 0, open=False)),
        ("127.0.0.1:80", Place("127.0.0.1", 80, open=False)),
        ("[::1]:9464", Place("::1", 9464, open=False)),
        ("0.0.0.0:9464", Place("0.0.0.0", 9464, open=True)),  # noqa: S104 - said, not done
        ("[::]:9464", Place("::", 9464, open=True)),
        ("192.0.2.7:9464", Place("192.0.2.7", 9464, open=True)),
    ],
)
def test_a_place_is_this_machine_unless_a_host_is_written_out(told: str, there: Place) -> None:
    assert place(told) == there


@pytest.mark.parametrize("told", ["", ":9464", "x", "-1", "65536", "127.0.0.1:", "127.0.0.1:http", "٣", "a b:1", "1.5"])
def test_what_is_no_place_is_refused_with_what_to_write(told: str) -> None:
    with pytest.raises(Usage, match=r"--metrics.* Write "):
        place(told)


def test_a_port_that_is_taken_is_refused_with_a_sentence(opened: Window) -> None:
    port = _port(opened)
    told = rf"--metrics cannot listen at 127\.0\.0\.1:{port} \(address already in use\)\. Name another port"
    with pytest.raises(Usage, match=told):
        Window(Place("127.0.0.1", port, open=False), PAGES)


def test_it_listens_on_the_newer_loopback_too() -> None:
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Window(Place("::1", 0, open=False), PAGES) as window:
        assert window.address.startswith("http://[::1]:")
        way = http.client.HTTPConnection("::1", _port(window), timeout=30)
        way.request("GET", "/metrics")
        assert way.getresponse().read() == b"up 1\n"
        way.close()


def test_a_document_ends_its_line() -> None:
    answer: Any = document(200, {"ok": True})
    assert answer == Answer(200, "application/json", '{"ok": true}\n')
