"""Tells systemd how the watch does: a datagram to the socket that it names; without one, nothing is said."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping

VARIABLE = "NOTIFY_SOCKET"


def notify(environment: Mapping[str, str], state: str) -> None:
    """Send a state, such as `READY=1`; nobody waits for it, and nothing fails if it cannot be sent."""
    where = environment.get(VARIABLE, "")
    if not where.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.setblocking(False)
        way.sendto(state.encode(), f"\0{where[1:]}" if where.startswith("@") else where)
