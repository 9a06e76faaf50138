"""Real servers on the loopback interface, each on a port of its own and gone when the test is over."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from aiosmtpd.controller import Controller

from tests.answers import Answer


class Request(NamedTuple):
    """What a web server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Web(ThreadingHTTPServer):
    """Keeps every request, then answers as it was told; `over` is set when the test ends."""

    daemon_threads = True

    def __init__(self, answer: Answer, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[Request] = []
        self.over = threading.Event()
        self.address = f"127.0.0.1:{self.server_address[1]}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A receiver's caller may hang up at any moment; that is what the tests are about."""

    def close(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def _any(self) -> None:
        server = cast("Web", self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.requests.append(Request(self.command, self.path, dict(self.headers.items()), body))
        with suppress(OSError):
            server.answer(self, server.over)

    do_GET = do_POST = do_PUT = do_HEAD = _any  # noqa: N815 - the names http.server asks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        pass


@pytest.fixture
def web() -> Iterator[Callable[..., Web]]:
    """Starts a web server that answers in the way given."""
    with ExitStack() as servers:

        def start(answer: Answer, certificate: tuple[Path, Path] | None = None) -> Web:
            server = Web(answer, certificate)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            servers.callback(thread.join)
            servers.callback(server.close)
            return server

        yield start


class PostOffice(Controller):
    """An SMTP server that takes mail for everybody, except for those in `refused`."""

    def __init__(self, *, certificate: tuple[Path, Path] | None = None) -> None:
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
        self.letters: list[EmailMessage] = []
        self.refused: set[str] = set()
        super().__init__(self, hostname="127.0.0.1", port=0, tls_context=context)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    async def handle_RCPT(self, *asked: Any) -> str:  # noqa: N802 - the name aiosmtpd asks for
        _, _, envelope, address, _ = asked
        if address in self.refused:
            return "550 nobody here by that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *given: Any) -> str:  # noqa: N802 - as above
        *_, envelope = given
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def post_office() -> Iterator[Callable[..., PostOffice]]:
    """Starts an SMTP server."""
    with ExitStack() as offices:

        def start(*, certificate: tuple[Path, Path] | None = None) -> PostOffice:
            office = PostOffice(certificate=certificate)
            office.start()
            offices.callback(office.stop)
            return office

        yield start


@pytest.fixture
def closed() -> Iterator[str]:
    """An address where nobody listens, and nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key; the tests need the openssl program."""
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "certificate.pem", folder / "key.pem"
    kind = ["-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", *kind, *names, "-out", str(made), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key
