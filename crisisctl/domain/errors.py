"""Refusals. Each carries its exit code, and its message is a sentence for a tired person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class CrisisError(Exception):
    """Something a person can mend; never a bug."""

    code = 1


class Usage(CrisisError):
    """The command line does not fit together."""

    code = 2


class Refused(CrisisError):
    """The rules do not allow it now; `missing` holds one sentence for each thing that would."""

    code = 3

    def __init__(self, message: str, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class RefusedAndLogged(Refused):
    """What the rules do not allow and the log is to know of; `events` say it."""

    def __init__(self, message: str, events: Sequence[Any]) -> None:
        super().__init__(message)
        self.events = tuple(events)


class NotOneself(Refused):
    """A login claims to be somebody else under strict identity; `mine` is who it is, `claimed` who it says."""

    def __init__(self, message: str, mine: str, claimed: str) -> None:
        super().__init__(message)
        self.mine = mine
        self.claimed = claimed


class NotFound(CrisisError):
    """Nothing has that name; the message offers the nearest ones."""

    code = 4


class Conflict(CrisisError):
    """Somebody else moved the incident first."""

    code = 5


class Invalid(CrisisError):
    """A playbook, template, roster or settings file cannot be used as it is."""

    code = 6


class StoreFailed(CrisisError):
    """The store cannot be reached or written; nothing was written."""

    code = 7


class Unverified(CrisisError):
    """The log or what is derived from it does not verify."""

    code = 8


class ScenarioFailed(CrisisError):
    """A scenario did not go as it says that it must."""

    code = 8
