"""Notices: messages to people about what fired or was done. The entry that causes them holds them, for rebuilding."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from crisisctl.domain.entries import Entry, Event

SETTLED = ("notice.sent", "notice.failed", "notice.dropped")


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


class Notice(NamedTuple):
    """One message to one contact of one person. `key` is stable: the same on every attempt, in every store."""

    key: str
    incident: str
    version: int
    person: str
    contact: int


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
        for contact in range(told["contacts"]):
            yield Notice(f"{told['key']}-{contact}", entry.incident, entry.version, told["to"], contact)


def unsettled(entries: Iterable[Entry]) -> dict[str, Notice]:
    """The notices of these entries that were neither sent nor given up, by key."""
    left: dict[str, Notice] = {}
    for entry in entries:
        left |= {notice.key: notice for notice in notices(entry)}
        if entry.type in SETTLED:
            left.pop(entry.data["notice"], None)
    return left
