"""A connection that is made, used and given up within so many seconds; while it is being made, nothing is sent."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Event, Thread, Timer
from typing import Protocol, TypeVar

from crisisctl.domain.text import visible

SECONDS = 10.0


class Closable(Protocol):
    """Whatever can be let go of."""

    def close(self) -> object:
        """Let go of it."""
        ...


Open = TypeVar("Open", bound=Closable)


class Deadline:
    """So many seconds, from now on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """How many are left, never less than a hundredth."""
        return max(self._end - time.monotonic(), 0.01)


def begun(work: Callable[[], Open], deadline: Deadline) -> Open:
    """What the work opens, if it does in time; `TimeoutError` if not, and what it opens later is closed unused.

    A thread of its own does it: looking a name up knows no time limit.
    """
    made: SimpleQueue[Open | Exception] = SimpleQueue()
    late = Event()

    def carry_out() -> None:
        try:
            opened = work()
        except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
            made.put(error)
            return
        made.put(opened)
        if late.is_set():
            opened.close()

    Thread(target=carry_out, name="connecting", daemon=True).start()
    try:
        found = made.get(timeout=deadline.left())
    except Empty:
        late.set()
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


@contextmanager
def cut_off(line: socket.socket | None, deadline: Deadline) -> Iterator[None]:
    """Whatever is read or written inside ends with the deadline, however slowly the other side goes on talking."""
    cut = Timer(deadline.left(), _cut, [line])
    cut.daemon = True
    cut.start()
    try:
        yield
    finally:
        cut.cancel()


def _cut(line: socket.socket | None) -> None:
    if line is not None:
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)  # not the method of a TLS socket, which another thread uses


def why(error: Exception, deadline: Deadline) -> str:
    """What kept a connection from being made, without anything of the address."""
    if isinstance(error, TimeoutError):
        return f"did not answer within {deadline.seconds:g} seconds"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that is not trusted ({error.verify_message or 'it cannot be verified'})"
    if isinstance(error, ssl.SSLError):
        return "cannot be reached over TLS"
    if isinstance(error, ConnectionRefusedError):
        return "refuses the connection"
    if isinstance(error, socket.gaierror):
        return "cannot be found: its name is not known here"
    return f"cannot be reached ({visible(type(error).__name__)})"


def loopback(host: str) -> bool:
    """Whether that is this very machine."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host.lower() == "localhost"
