"""A wire between the program and its PostgreSQL that can be cut: a proxy on the loopback that counts messages.

It reads the frames of the protocol, so that a cut falls between two messages, and it needs a conversation without
encryption (`sslmode=disable`).
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import NamedTuple

TO, FROM = "to", "from"  # the server
_RESET = struct.pack("ii", 1, 0)


class Cut(NamedTuple):
    """Where the wire is cut: the `number`-th message in a direction, from 1 on, is the first that does not get through.

    With `late`, what the program has sent by then reaches the server all the same, so many seconds after the program
    has seen the connection go. With `every`, each connection is cut there, not only the first that gets so far.
    """

    direction: str
    number: int
    late: float = 0.0
    every: bool = False


class Wire:
    """The wire to a server on the loopback."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self.restore()
        threading.Thread(target=self._accept, daemon=True).start()

    def restore(self, cut: Cut | None = None, *, then_down: bool = False) -> None:
        """Forget what was counted, and cut there; `then_down`: nobody gets through afterwards."""
        with self._lock:
            self.cut, self.done, self.down = cut, False, False
            self.then_down = then_down
            self.connections = 0
            self.counted = {TO: 0, FROM: 0}
            self.said: list[bytes] = []  # the messages to the server

    def close(self) -> None:
        """Take it down."""
        for end in (self._listener, *self._open):
            _shut(end, socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with self._lock:
                    self.connections += 1
                    down = self.down
                if down:
                    near.close()
                else:
                    self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._server)
        except OSError:
            near.close()
            return
        with self._lock:
            self._open += [near, far]
            if self.cut and self.cut.every:
                self.counted = {TO: 0, FROM: 0}
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pumps = [
            threading.Thread(target=self._pump, args=way, daemon=True) for way in ((near, far, TO), (far, near, FROM))
        ]
        for pump in pumps:
            pump.start()
        threading.Thread(target=_close_after, args=(pumps, (near, far)), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, direction: str) -> None:
        held, greeted = b"", direction == FROM
        with suppress(OSError):
            while got := source.recv(65_536):
                held += got
                while frame := _frame(held, greeted=greeted):
                    if cut := self._cut_here(direction, frame):
                        _sever(cut, source, sink, held)
                        return
                    sink.sendall(frame)
                    held, greeted = held[len(frame) :], True
        for end in (source, sink):
            _shut(end, socket.SHUT_RDWR)

    def _cut_here(self, direction: str, frame: bytes) -> Cut | None:
        if direction == TO and frame[:1] == b"X":  # the farewell, which may come when the next one is counted already
            return None
        with self._lock:
            self.counted[direction] += 1
            if direction == TO:
                self.said.append(frame)
            cut = self.cut
            if cut is None or (self.done and not cut.every):
                return None
            here = (cut.direction, cut.number) == (direction, self.counted[direction])
            self.done = self.done or here
            self.down = self.down or (here and self.then_down)
            return cut if here else None


def _sever(cut: Cut, source: socket.socket, sink: socket.socket, held: bytes) -> None:
    """Cut it, by a farewell or, every other time, without one."""
    near, far = (source, sink) if cut.direction == TO else (sink, source)
    if cut.late:
        held += _rest(near)
    elif cut.number % 2:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        _shut(near, socket.SHUT_RD)
        _shut(far, socket.SHUT_RDWR)
        return
    _shut(near, socket.SHUT_RDWR)
    if cut.late:
        time.sleep(cut.late)
        with suppress(OSError):
            far.sendall(held)
            time.sleep(0.2)
    _shut(far, socket.SHUT_RDWR)


def _rest(near: socket.socket) -> bytes:
    """What the program says in the same breath."""
    rest = b""
    near.settimeout(0.2)
    with suppress(TimeoutError):
        while got := near.recv(65_536):
            rest += got
    return rest


def _close_after(pumps: list[threading.Thread], ends: tuple[socket.socket, socket.socket]) -> None:
    """Nobody may still read what is closed, or it would read from the next one."""
    for pump in pumps:
        pump.join()
    for end in ends:
        end.close()


def _shut(end: socket.socket, how: int) -> None:
    with suppress(OSError):
        end.shutdown(how)


def _frame(held: bytes, *, greeted: bool) -> bytes:
    """The first message, once it is there whole; the greeting has no letter before its length."""
    start = 1 if greeted else 0
    if len(held) < start + 4:
        return b""
    length = start + int.from_bytes(held[start : start + 4], "big")
    return held[:length] if len(held) >= length else b""
