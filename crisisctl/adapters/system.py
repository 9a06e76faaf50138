"""The one place that asks the machine: what time it is, for bytes nobody can guess, and who is logged in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from time import monotonic


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one clock call


class VirtualClock:
    """A clock that stands still until it is set; for rehearsals."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to a later instant; never back."""
        self._now = max(self._now, moment)


class SystemChance:
    """The machine's source of randomness."""

    def salt(self) -> bytes:
        return os.urandom(32)  # noqa: TID251 - the one source of chance


def login() -> str:
    """The system's name of the user whose rights this process has; the environment has no say in it."""
    try:
        import pwd  # noqa: PLC0415, TID251 - not on every system

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):
        return f"uid-{os.geteuid()}" if hasattr(os, "geteuid") else os.environ.get("USERNAME", "unknown")


def seconds() -> float:
    """Seconds on a clock that nobody sets: for spans, never for instants."""
    return monotonic()


def host() -> str:
    """The name of this machine."""
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "this machine")
