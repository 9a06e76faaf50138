"""Notices: messages to people about what fired or was done. The entry that causes them holds them, for rebuilding."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from hashlib import sha256
from typing import NamedTuple, Protocol

from crisisctl.domain.entries import Entry, Event
from crisisctl.domain.times import instant

SETTLED = ("notice.sent", "notice.failed", "notice.dropped")


class Quiet(NamedTuple):
    """Hours of the wall clock in a zone, over midnight if need be; `breaks` None: the most severe severity does."""

    start: time
    end: time
    zone: tzinfo
    breaks: tuple[str, ...] | None = None


class Reach(NamedTuple):
    """How one person can be reached: the delay of each contact in order, the quiet hours, and who stands in."""

    delays: tuple[timedelta, ...] = (timedelta(),)
    quiet: Quiet | None = None
    fallback: str | None = None


class Directory(Protocol):
    """How people can be reached."""

    def count(self, person: str) -> int:
        """How many contacts a person has; at least one."""
        ...

    def contacts(self, person: str) -> Sequence[str]:
        """The addresses of a person, or references to them, in order."""
        ...

    def own(self, person: str) -> bool:
        """Whether the contacts are the person's own, and not what the workspace falls back on."""
        ...

    def require(self, person: str) -> None:
        """`NotFound` when there is a roster and the person is not in it."""
        ...

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        """Who is on call for a role at an instant; nobody when it has no rota, or a gap in it."""
        ...

    def reach(self, person: str) -> Reach:
        """The delays of those contacts, and when the person is left in peace."""
        ...


class Notice(NamedTuple):
    """One message to one contact of one person. `key` is stable: the same on every attempt, in every store.

    One with a `not_before` waits until then, and is looked at again: it may have been answered meanwhile.
    """

    key: str
    incident: str
    version: int
    person: str
    contact: int
    not_before: datetime | None = None


def attach(events: Sequence[Event], directory: Directory, command: str = "") -> list[Event]:
    """The events with their notices. A person that several of them reach gets one, with the last, that covers all.

    What no timer caused tells people only where `command` names what did, the same at every attempt.
    """
    covers: dict[str, list[str]] = {}
    last: dict[str, int] = {}
    for at, event in enumerate(events):
        cause = event.timer or (command and f"{command}.{at}")
        for person in event.data.get("reached", ()) if cause else ():
            covers.setdefault(person, []).append(cause)
            last[person] = at
    told: dict[int, list[dict[str, object]]] = {}
    for person, at in last.items():
        timers = covers[person]
        contacts = directory.count(person)
        told.setdefault(at, []).append(
            {"to": person, "contacts": contacts, "covers": timers, "key": _key(timers, person)}
        )
    return [
        event._replace(data={**event.data, "notices": told[at]}) if at in told else event
        for at, event in enumerate(events)
    ]


def _key(timers: Sequence[str], person: str) -> str:
    return sha256("\n".join([*timers, person]).encode()).hexdigest()[:32]


def notices(entry: Entry) -> Iterator[Notice]:
    """The notices that an entry causes, one for each contact of each person."""
    for told in entry.data.get("notices", ()):
        times = told.get("not_before") or [None] * told["contacts"]
        for contact, at in enumerate(times):
            key, wait = f"{told['key']}-{contact}", instant(at) if at else None
            yield Notice(key, entry.incident, entry.version, told["to"], contact, wait)


def unsettled(entries: Iterable[Entry]) -> dict[str, Notice]:
    """The notices of these entries that were neither sent nor given up, by key."""
    left: dict[str, Notice] = {}
    for entry in entries:
        left |= {notice.key: notice for notice in notices(entry)}
        if entry.type in SETTLED:
            left.pop(entry.data["notice"], None)
    return left
