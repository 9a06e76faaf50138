"""Tests of contacts that wait for an answer, and the day of the answer written into `roster.yaml`.

A test carries a code that is shown nowhere else: whoever types it has read the message.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.adapters.roster import form, ways
from crisisctl.adapters.roster.mend import put_verified
from crisisctl.domain.errors import NotFound, Refused, StoreFailed
from crisisctl.domain.text import visible
from crisisctl.domain.times import instant, stamp

LASTS = timedelta(days=7)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that reads like another
_LENGTH = 6
_MEANT = str.maketrans("OIL", "011")
Turnstile = Callable[[Path], AbstractContextManager[None]]


class Ping(NamedTuple):
    """A test that was sent; `seal` tells the contact by, without its address."""

    code: str
    person: str
    seal: str
    sent: datetime


def ping(salt: bytes, person: str, address: str, now: datetime) -> Ping:
    """A test of one contact, with a code that nobody can guess."""
    code = "".join(_LETTERS[byte % len(_LETTERS)] for byte in salt[:_LENGTH])
    return Ping(code, person, _seal(code, address), now)


class Pings:
    """The tests of a workspace that wait for their answers."""

    def __init__(self, path: Path, roster: Path, turnstile: Turnstile) -> None:
        self._path = path
        self._roster = roster
        self._turnstile = turnstile

    def add(self, pings: Iterable[Ping], now: datetime) -> None:
        """Remember tests that are about to be sent."""
        with self._alone():
            self._keep([*self._waiting(now), *pings])

    def answer(self, typed: str, today: datetime) -> tuple[str, int]:
        """Record the answer to a test; whose it was, and which of the contacts, counted from 1."""
        code = "".join(letter for letter in typed.upper() if letter.isalnum()).translate(_MEANT)
        with self._alone():
            waiting = self._waiting(today)
            found = next((one for one in waiting if one.code == code), None)
            if found is None:
                said = f"No test with the code {visible(typed[:40])!r} waits for an answer; they do for 7 days."
                raise NotFound(f"{said} Look at the message again, or send another: crisisctl roster ping PERSON")
            number = self._contact(found)
            put_verified(self._roster, found.person, number, today.date())
            self._keep([one for one in waiting if one != found])
        return found.person, number + 1

    def _contact(self, found: Ping) -> int:
        """Which contact it is now: the file may have changed since."""
        contacts = form.people(self._roster).get(found.person, {}).get("contacts") or []
        for number, contact in enumerate(contacts):
            if _seal(found.code, ways.address(contact)) == found.seal:
                return number
        raise Refused(
            f"The contact of {found.person} that was tested stands in {self._roster} no more. "
            f"Test those that do: crisisctl roster ping {found.person}"
        )

    def _alone(self) -> AbstractContextManager[None]:
        with suppress(FileExistsError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._turnstile(self._path.with_suffix(".lock"))

    def _waiting(self, now: datetime) -> list[Ping]:
        try:
            kept = json.loads(form.ordinary(self._path).read_text())
            found = [Ping(row[0], row[1], row[2], instant(row[3])) for row in kept]
        except (OSError, ValueError, LookupError, TypeError):
            return []  # none was sent, or none can be told; a test can be sent again
        return [one for one in found if now - one.sent < LASTS]

    def _keep(self, pings: Sequence[Ping]) -> None:
        fresh = self._path.with_suffix(f".{os.getpid()}")
        try:
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
                json.dump([[one.code, one.person, one.seal, stamp(one.sent)] for one in pings], file)
            fresh.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise StoreFailed(f"{self._path} cannot be written: {error.strerror}.") from None


def proven(contacts: Sequence[str | Mapping[str, Any]]) -> list[date | None]:
    """When each contact that a test can prove was proven last; the console and files of the workspace need no proof."""
    leading_out = (one for one in contacts if not ways.address(one).startswith(("console:", "textfile:")))
    return [ways.verified(one) for one in leading_out]


def _seal(code: str, address: str) -> str:
    return sha256(f"{code}\n{address}".encode()).hexdigest()
