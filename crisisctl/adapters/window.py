"""A window on the running watch: a web server for two pages, which no client can use to hurt the watch.

At most a few clients at a time, five seconds and eight kilobytes each, GET and HEAD alone; nothing that a client sends
comes back.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import socketserver
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import NamedTuple, Self

from crisisctl.domain.errors import Usage

CLIENTS = 8
SECONDS = 5.0
LONGEST = 8192
HIGHEST_PORT = 65_535
_PLAIN = "text/plain; charset=utf-8"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Answer(NamedTuple):
    """A status, what kind of text follows, and the text."""

    status: int
    kind: str
    text: str


Page = Callable[[], Answer]


class Place(NamedTuple):
    """Where to listen. `open` when others than this machine can connect."""

    host: str
    port: int
    open: bool


def place(told: str) -> Place:
    """`PORT`, `HOST:PORT` or `[V6]:PORT`; left out, the host is this machine alone; `Usage` for anything else."""
    host, colon, port = told.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > HIGHEST_PORT or (colon and not host):
        raise Usage(f"--metrics {told!r} is no place to listen. Write a port, such as 9464, or HOST:PORT.")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][4][0]
        return Place(str(found), int(port), not ipaddress.ip_address(str(found).partition("%")[0]).is_loopback)
    except (OSError, UnicodeError):
        raise Usage(
            f"--metrics: there is no host {host!r} here. Write 127.0.0.1, or an address of this machine."
        ) from (None)


class Window:
    """Serves pages by their paths until it is closed."""

    def __init__(self, where: Place, pages: Mapping[str, Page], *, seconds: float = SECONDS) -> None:
        try:
            self._server = _server(where, pages, seconds)
        except OSError as error:
            told = f"{_spelt(where.host, where.port)} ({(error.strerror or str(error)).lower()})"
            raise Usage(f"--metrics cannot listen at {told}. Name another port, or 0 for any that is free.") from None
        self._thread = Thread(target=self._server.serve_forever, args=(0.2,), name="window", daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, as an address to be opened."""
        return f"http://{_spelt(*self._server.server_address[:2])}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _server(where: Place, pages: Mapping[str, Page], seconds: float) -> _Server:
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    kind = type("_Server", (_Server,), {"address_family": family})
    made: _Server = kind((where.host, where.port), pages, seconds)
    return made


def _spelt(host: object, port: object) -> str:
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


class _Server(socketserver.ThreadingTCPServer):
    """One thread a client, and never more than `CLIENTS`."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(self, where: tuple[str, int], pages: Mapping[str, Page], seconds: float) -> None:
        self.pages = pages
        self.seconds = seconds
        self._free = BoundedSemaphore(CLIENTS)
        super().__init__(where, _Client)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started, so none will let go
            self._free.release()
            raise

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks down is no affair of the watch's standard error."""


class _Client(socketserver.BaseRequestHandler):
    request: socket.socket
    server: _Server

    def handle(self) -> None:
        until = monotonic() + self.server.seconds
        with contextlib.suppress(OSError):
            method, answer = self._asked(until)
            self._say(method, answer)
            self.request.shutdown(socket.SHUT_WR)
            self._drain(until)

    def _asked(self, until: float) -> tuple[str, Answer]:
        head = self._head(until)
        if isinstance(head, int):
            return "GET", _short(head)
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or words[2] not in {b"HTTP/1.0", b"HTTP/1.1"}:  # noqa: PLR2004 - method, path, version
            return "GET", _short(400)
        method, path = words[0].decode("latin-1"), words[1].partition(b"?")[0].decode("latin-1")
        if method not in {"GET", "HEAD"}:
            return "GET", _short(405)
        page = self.server.pages.get(path)
        return method, _answered(page) if page else _short(404)

    def _head(self, until: float) -> bytes | int:
        """All up to the empty line, or the status that says why there is none."""
        head = b""
        while b"\r\n\r\n" not in head:
            if len(head) > LONGEST:
                return 431
            left = until - monotonic()
            if left <= 0:
                return 408
            self.request.settimeout(left)
            try:
                more = self.request.recv(4096)
            except TimeoutError:
                return 408
            if not more:
                return 400
            head += more
        return head

    def _say(self, method: str, answer: Answer) -> None:
        body = answer.text.encode()
        lines = [
            f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}",
            f"Content-Type: {answer.kind}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            *(["Allow: GET, HEAD"] if answer.status == 405 else []),  # noqa: PLR2004 - the status itself
            "Connection: close",
            "\r\n",
        ]
        self.request.settimeout(self.server.seconds)
        self.request.sendall("\r\n".join(lines).encode() + (b"" if method == "HEAD" else body))

    def _drain(self, until: float) -> None:
        """Read on for a moment: what is left unread would have the client lose the answer."""
        for _ in range(16):
            self.request.settimeout(max(0.01, min(0.5, until - monotonic())))
            if not self.request.recv(4096):
                break


def _answered(page: Page) -> Answer:
    try:
        return page()
    except Exception:  # noqa: BLE001 - whatever is wrong with a page, the watch goes on, and the client learns no more
        return _short(500)


def _short(status: int) -> Answer:
    return Answer(status, _PLAIN, f"{_REASONS[status]}\n")


def document(status: int, said: Mapping[str, object]) -> Answer:
    """A short JSON document."""
    return Answer(status, "application/json", json.dumps(said) + "\n")
