"""The roster: who can hold roles, how to reach them, and which login is whose. Read from `roster.yaml`.

Reading YAML costs more than the rest of a command, so what commands need (never a contact, which may hold a secret) is
kept beside the log under the digest of the file. A slip in the file must not stop the room: until it is mended, who was
known last counts, and `trouble` says what is wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.adapters.roster import form
from crisisctl.domain.errors import Invalid, Refused
from crisisctl.domain.notices import Quiet, Reach
from crisisctl.domain.text import PERSON, nearest

if TYPE_CHECKING:
    from crisisctl.adapters.roster.duty import Rotas
    from crisisctl.service.calendars import Calendars

_OURS = ("crisisctl", "timer", "watch")


class Person(NamedTuple):
    """One who can hold roles; `reachable` is the number of contacts, `delays` their delays in seconds if there are any.

    `quiet` is when the quiet hours begin and end and what breaks them, by the clock of `timezone`.
    """

    id: str
    name: str
    login: str | None
    roles: tuple[str, ...]
    reachable: int
    delays: tuple[int, ...] = ()
    timezone: str | None = None
    quiet: tuple[str, str, tuple[str, ...] | None] | None = None
    fallback: str | None = None


class Roster:
    """The people of a workspace; without a file, or with nobody in it, any name will do."""

    def __init__(
        self, path: Path, cache: Path, fallback: Sequence[str], calendars: Callable[[], Calendars] | None = None
    ) -> None:
        self._path = path
        self._calendars = calendars
        self._cache = cache
        self._fallback = tuple(fallback)
        self._people: dict[str, Person] | None = None
        self._document: dict[str, dict[str, Any]] | None = None
        self._seen: tuple[int, ...] = ()
        self.trouble: str | None = None

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody by id as the file has them now: a watch must not miss who is added."""
        mark = form.mark(self._path)
        if self._people is None or mark != self._seen or (self.trouble and not mark):
            self._people, self.trouble = self._latest()
            self._seen = mark
        return self._people

    def _latest(self) -> tuple[dict[str, Person], str | None]:
        try:
            return self._known(), None
        except Invalid as error:
            if self._people:
                return self._people, str(error)
            last = self._kept()
            if not last:  # nobody was known: going on would let any name in
                raise
            return last, str(error)

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
            self._document = form.people(self._path)
        except Invalid:
            if self._document is None:  # contacts are kept nowhere else
                raise Invalid(f"{person} cannot be reached until {self._path} is mended.") from None
        from crisisctl.adapters.roster import ways  # noqa: PLC0415 - only the watch pays for it

        written = self._document.get(person, {}).get("contacts") or self._fallback
        return tuple(ways.address(contact) for contact in written)

    def own(self, person: str) -> bool:
        """Whether the roster has contacts of the person's own."""
        found = self.people.get(person)
        return bool(found and found.reachable)

    def count(self, person: str) -> int:
        """How many contacts the person has, without reading them."""
        found = self.people.get(person)
        return found.reachable if found and found.reachable else len(self._fallback)

    @cached_property
    def rotas(self) -> Rotas:
        """Who is on call when."""
        from crisisctl.adapters.roster.duty import Rotas  # noqa: PLC0415 - without rotas nobody pays for zones

        calendars = self._calendars() if self._calendars else None
        return Rotas(self._path, self._cache.with_name("rotas.json"), calendars, self.gone)

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        """Who is on call for a role at an instant; nobody when it has no rota, or a gap in it."""
        return self.rotas.on_call(role, at) if self.has_rotas() else ()

    def has_rotas(self) -> bool:
        """Whether the file has rotas, or had them when it last made sense."""
        if "rotas" in self.__dict__ or self._cache.with_name("rotas.json").exists():
            return True
        try:
            return b"rotas" in form.ordinary(self._path).read_bytes()
        except OSError:
            return False

    def reach(self, person: str) -> Reach:
        """When each contact of the person may be used, without reading any."""
        found = self.people.get(person)
        if found is None:
            return Reach((timedelta(),) * len(self._fallback))
        delays = found.delays or (0,) * self.count(person)
        return Reach(tuple(timedelta(seconds=delay) for delay in delays), _quiet(found), found.fallback)

    def details(self) -> tuple[Mapping[str, Mapping[str, Any]], str]:
        """What the file says of everybody, and its digest; `Invalid` when it cannot be read."""
        try:
            seal = sha256(self._path.read_bytes()).hexdigest()
        except OSError:
            if told := self.gone():
                raise Invalid(told) from None
            return {}, ""
        return form.people(self._path), seal

    def gone(self) -> str | None:
        """What to say when the file is not there, but people were known: whoever is let in by that is a stranger."""
        if self._path.exists() or not self._kept():
            return None
        return f"{self._path} is gone; put it back, or remove {self._cache} to go on without one."

    def _known(self) -> dict[str, Person]:
        try:
            content = form.ordinary(self._path).read_bytes()
        except FileNotFoundError:
            if told := self.gone():
                raise Invalid(told) from None
            return {}
        except OSError as error:
            raise Invalid(f"{self._path} cannot be read: {error.strerror}.") from None
        seal = sha256(content).hexdigest()
        kept = self._kept(seal)
        if kept is not None:
            return kept
        people = {id_: _person(id_, spec) for id_, spec in form.people(self._path).items()}
        self._keep({"digest": seal, "people": people})
        return people

    def _kept(self, seal: str | None = None) -> dict[str, Person] | None:
        """Who was known last, or under that digest; None when that cannot be told."""
        try:
            kept = json.loads(form.ordinary(self._cache).read_text())
            if seal not in (None, kept["digest"]):
                return None
            return {id_: _restored(row) for id_, row in kept["people"].items()}
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


def _person(id_: str, spec: dict[str, Any]) -> Person:
    from crisisctl.adapters.roster import ways  # noqa: PLC0415 - only a changed roster pays for it

    contacts = spec.get("contacts") or []
    roles, delays = tuple(spec.get("roles") or ()), tuple(int(ways.delay(one).total_seconds()) for one in contacts)
    quiet = spec.get("quiet")
    breaks = tuple(quiet["breaks"]) if quiet and "breaks" in quiet else None
    return Person(
        id_,
        spec.get("name", id_),
        spec.get("login"),
        roles,
        len(contacts),
        delays if any(delays) else (),
        spec.get("timezone"),
        (quiet["from"], quiet["to"], breaks) if quiet else None,
        spec.get("fallback"),
    )


def _restored(row: Sequence[Any]) -> Person:
    """The person that was kept; what an older version of the program kept knows less, for the file said less."""
    id_, name, login, roles, reachable, *rest = row
    delays, timezone, quiet, fallback = rest or ((), None, None, None)
    if quiet:
        quiet = (quiet[0], quiet[1], None if quiet[2] is None else tuple(quiet[2]))
    return Person(id_, name, login, tuple(roles), reachable, tuple(delays), timezone, quiet, fallback)


def _quiet(person: Person) -> Quiet | None:
    if person.quiet is None:
        return None
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only the firing of a timer to somebody with quiet hours pays for it

    start, end, breaks = person.quiet
    zone = ZoneInfo(person.timezone) if person.timezone else UTC
    return Quiet(time.fromisoformat(start), time.fromisoformat(end), zone, breaks)
