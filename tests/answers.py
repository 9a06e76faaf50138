"""How a web server of a test may answer, well or badly."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import Event

Answer = Callable[[BaseHTTPRequestHandler, Event], None]


def status(code: int, **headers: str) -> Answer:
    """Answers with a status, these headers and nothing else."""

    def answer(asked: BaseHTTPRequestHandler, _over: Event) -> None:
        asked.send_response(code)
        for name, value in headers.items():
            asked.send_header(name, value)
        asked.send_header("Content-Length", "0")
        asked.end_headers()

    return answer


def silent(_asked: BaseHTTPRequestHandler, over: Event) -> None:
    """Says nothing until the test is over."""
    over.wait(60)


accepted, broken = status(200), status(500)
