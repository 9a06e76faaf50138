"""Refusals. Each carries its exit code, and its message is a sentence for a tired person."""

from __future__ import annotations

from collections.abc import Sequence


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
