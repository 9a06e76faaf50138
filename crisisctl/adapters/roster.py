"""The roster: who can hold roles, how to reach them, and which login is whose. Read from `roster.yaml`.

Reading YAML costs more than the rest of a command, so what commands need (never a contact, which may hold a secret) is
kept beside the log under the digest of the file. A slip in the file must not stop the room: until it is mended, who was
known last counts, and `trouble` says what is wrong.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.domain.errors import Invalid, Refused
from crisisctl.domain.text import PERSON, nearest

LONGEST = 131_072
_OURS = ("crisisctl", "timer", "watch")
_KEYS = {"name", "login", "roles", "timezone", "contacts"}


class Person(NamedTuple):
    """One who can hold roles; `reachable` is the number of contacts."""

    id: str
    name: str
    login: str | None
    roles: tuple[str, ...]
    reachable: int


class Roster:
    """The people of a workspace; without a file, or with nobody in it, any name will do."""

    def __init__(self, path: Path, cache: Path, fallback: Sequence[str]) -> None:
        self._path = path
        self._cache = cache
        self._fallback = tuple(fallback)
        self._people: dict[str, Person] | None = None
        self._document: dict[str, dict[str, Any]] | None = None
        self._seen: tuple[int, ...] = ()
        self.trouble: str | None = None

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody by id as the file has them now: a watch must not miss who is added."""
        mark = self._mark()
        if self._people is None or mark != self._seen:
            self._people, self.trouble = self._latest()
            self._seen = mark
        return self._people

    def _latest(self) -> tuple[dict[str, Person], str | None]:
        try:
            return self._known(), None
        except Invalid as error:
            if self._people is not None:
                return self._people, str(error)
            last = self._kept()
            if not last:  # nobody was known: going on would let any name in
                raise
            return last, str(error)

    def _mark(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    def require(self, person: str) -> None:
        """`NotFound` when there is a roster and the person is not in it; `Refused` when it cannot be a name."""
        if not PERSON.fullmatch(person):
            raise Refused(f"{person!r} cannot be a person: letters, digits and . _ @ + - only, at most 64.")
        if person in _OURS:
            raise Refused(f"{person!r} is what the log calls the program itself. Take another name.")
        if self.people and person not in self.people:
            raise nearest(person, self.people, "person in the roster", then=f"People are listed in {self._path}.")

    def of_login(self, login: str) -> str | None:
        """Who that login is."""
        return next((person.id for person in self.people.values() if person.login == login), None)

    def contacts(self, person: str) -> Sequence[str]:
        """The contacts of a person as written, references unresolved; the workspace's own when there are none."""
        found = self.people.get(person)
        if not found or not found.reachable:
            return self._fallback
        try:
            self._document = self._read()
        except Invalid:
            if self._document is None:  # contacts are kept nowhere else
                raise Invalid(f"{person} cannot be reached until {self._path} is mended.") from None
        return tuple(self._document.get(person, {}).get("contacts") or self._fallback)

    def count(self, person: str) -> int:
        """How many contacts the person has, without reading them."""
        found = self.people.get(person)
        return found.reachable if found and found.reachable else len(self._fallback)

    def _known(self) -> dict[str, Person]:
        try:
            content = _ordinary(self._path).read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Invalid(f"{self._path} cannot be read: {error.strerror}.") from None
        seal = sha256(content).hexdigest()
        kept = self._kept(seal)
        if kept is not None:
            return kept
        people = {id_: _person(id_, spec) for id_, spec in self._read().items()}
        self._keep({"digest": seal, "people": people})
        return people

    def _kept(self, seal: str | None = None) -> dict[str, Person] | None:
        """Who was known last, or under that digest; None when that cannot be told."""
        try:
            kept = json.loads(_ordinary(self._cache).read_text())
            if seal not in (None, kept["digest"]):
                return None
            return {id_: Person(*(*row[:3], tuple(row[3]), row[4])) for id_, row in kept["people"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def _keep(self, known: dict[str, Any]) -> None:
        fresh = self._cache.with_suffix(f".{os.getpid()}")
        try:
            self._cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
                json.dump(known, file)
            fresh.replace(self._cache)
        except OSError:
            with suppress(OSError):  # a folder that cannot be written costs time, not the command
                fresh.unlink()

    def _read(self) -> dict[str, dict[str, Any]]:
        from ruamel.yaml import YAML  # noqa: PLC0415 - only a changed roster pays for it
        from ruamel.yaml.error import YAMLError  # noqa: PLC0415

        try:
            text = _ordinary(self._path).read_bytes()[: LONGEST + 1]
            if len(text) > LONGEST:
                raise Invalid(f"{self._path} is larger than {LONGEST // 1024} KiB.")
            document = YAML(typ="safe", pure=True).load(text.decode())
        except OSError as error:
            raise Invalid(f"{self._path} cannot be read: {error.strerror}.") from None
        except (YAMLError, ValueError, RecursionError) as error:
            raise Invalid(f"{self._path}{_place(error)} cannot be read: {_problem(error)}") from None
        document = {} if document is None else document
        people = document.get("people") if isinstance(document, dict) and not document.keys() - {"people"} else ""
        people = {} if people is None else people
        if not isinstance(people, dict):
            raise Invalid(f"{self._path}: write `people:` and below it one entry for each person, and nothing else.")
        for id_, spec in people.items():
            self._check(id_, spec)
        logins = sorted(spec["login"] for spec in people.values() if "login" in spec)
        if twice := [one for one, next_ in pairwise(logins) if one == next_]:
            raise Invalid(f"{self._path}: the login {twice[0]} is tied to two people. Leave it to the one whose it is.")
        return people

    def _check(self, id_: object, spec: object) -> None:
        where = f"{self._path}: people.{id_}"
        if not isinstance(id_, str) or not PERSON.fullmatch(id_):
            raise Invalid(f"{where}: an id is letters, digits and . _ @ + - only.")
        if not isinstance(spec, dict):
            raise Invalid(f"{where}: write a mapping such as {{name: Dana Ruiz, roles: [comms-lead]}}.")
        if odd := sorted(str(key) for key in spec if key not in _KEYS):
            raise Invalid(f"{where}: unknown key {odd[0]!r}. The keys are {', '.join(sorted(_KEYS))}.")
        for key in ("roles", "contacts"):
            value = spec.get(key, [])
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise Invalid(f"{where}.{key}: write a list of texts.")
        for key in ("name", "login", "timezone"):
            if not isinstance(spec.get(key, ""), str):
                raise Invalid(f"{where}.{key}: write a text.")
        if "timezone" in spec:
            _zone(where, spec["timezone"])


def _ordinary(path: Path) -> Path:
    """The path of an ordinary file; an `OSError` for a pipe or device, whose reader would wait without end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "It is no ordinary file")
    return path


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""


def _problem(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    problem = getattr(error, "problem", None) or str(error)
    return " ".join(problem.split())[:300]


def _zone(where: str, name: str) -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only a changed roster pays for it

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(f"{where}.timezone: {name!r} is no zone. Write one such as Europe/Madrid.") from None


def _person(id_: str, spec: dict[str, Any]) -> Person:
    contacts = spec.get("contacts") or []
    return Person(id_, spec.get("name", id_), spec.get("login"), tuple(spec.get("roles") or ()), len(contacts))
