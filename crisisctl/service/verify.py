"""Verification: every seal, every commitment, the order of versions, and that what is derived agrees with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from crisisctl.domain import snapshot
from crisisctl.domain.entries import STORE, Entry, flaws
from crisisctl.domain.errors import CrisisError, Unverified
from crisisctl.domain.evolve import replay
from crisisctl.domain.incident import Incident
from crisisctl.domain.notices import Notice, unsettled
from crisisctl.domain.timers import Timer, timers
from crisisctl.service.page import derived, head
from crisisctl.service.ports import Head, Log, Store
from crisisctl.service.sight import veiled

Hides = Callable[[Log], set[str]]
Look = Callable[[Sequence[Entry], Incident], Iterator[str]]
_ALWAYS = datetime.max.replace(tzinfo=UTC)
_MANY = 1_000_000


class _Kept:
    """What is derived from the log, asked for once and not once an incident."""

    def __init__(self, log: Log, only: str | None) -> None:
        self._log = log
        self.heads = {head.incident: head for head in log.heads() if only in (None, head.incident)}
        self.timers: dict[str, list[Timer]] = {}
        self.outbox: dict[str, dict[str, Notice]] = {}
        for timer in log.timers(only) if only else log.due(_ALWAYS, _MANY):
            self.timers.setdefault(timer.incident, []).append(timer)
        for row in log.outbox(only):
            self.outbox.setdefault(row.notice.incident, {})[row.notice.key] = row.notice

    def look(self, entries: Sequence[Entry], incident: Incident) -> Iterator[str]:
        """What does not agree with the entries of an incident."""
        id_ = entries[0].incident
        yield from _state(self.heads.get(id_), self._log.snapshot(id_), entries, incident)
        if self.timers.get(id_, []) != timers(incident):
            yield "its timers are not those that its entries give"
        if self.outbox.get(id_, {}) != unsettled(entries):
            yield "its unsent notices are not those that its entries give"


def _nothing(_log: Log) -> set[str]:
    return set()


class Verdict(NamedTuple):
    """What a verification found. `redacted` counts word fields that a redaction covers."""

    incidents: int
    entries: int
    redacted: int
    flaws: list[str]


def verify(
    store: Store,
    only: str | None,
    progress: Callable[[str], None] = lambda _: None,
    hides: Hides = _nothing,
) -> Verdict:
    """Check one incident, or all and the store itself; what is hidden is checked, but neither counted nor named."""
    found = [] if only else store.flaws()
    entries = redacted = 0
    with store.reading() as log:
        hidden, kept = hides(log), _Kept(log, only)
        for id_ in kept.heads:
            told, unread = _told(log, id_)
            if id_ not in hidden:
                progress(id_)
                entries += len(told)
                redacted += sum(word.value is None for entry in told for word in entry.words.values())
            found += [f"{id_}: {flaw}" for flaw in (*_chain(told), *(unread or _compared(told, kept.look)))]
        found += [] if only else [*_strays(log, kept), *_own(log)]
    shown = list(dict.fromkeys(veiled(flaw, hidden) for flaw in found))
    return Verdict(len({*kept.heads} - hidden), entries, redacted, shown)


def rebuild(store: Store, hides: Hides = _nothing) -> int:
    """Write anew all that is derived from the log; of how many incidents. `Unverified` when the log is not whole.

    The hidden ones are rebuilt with the others, but neither counted nor named.

    A head that knows of more entries than there are may be the only trace of those that were cut off, so it stays.
    """
    with store.writing() as ledger:
        hidden = hides(ledger)
        logs = {id_: _told(ledger, id_) for id_ in ledger.incidents() if id_ != STORE}
        known = {head.incident: head.version for head in ledger.heads()}
        for id_ in {**known, **logs}:
            told, unread = logs.get(id_, ([], []))
            missing = [f"its head knows of {known[id_]} entries"] if known.get(id_, 0) > len(told) else []
            if wrong := [*unread, *_chain(told), *missing]:
                told_so = veiled(f"{id_}: {wrong[0]}", hidden)
                raise Unverified(f"{told_so}. Nothing was rebuilt: first the log itself must be whole.")
        ledger.forget()
        for told, _ in logs.values():
            ledger.append(derived(told))
    return len(logs.keys() - hidden)


def unsound(log: Log, id_: str) -> list[str]:
    """What is wrong with the entries of an incident, or with the state that commands take from its snapshot."""
    told, unread = _told(log, id_)
    if wrong := [*unread, *_chain(told)]:
        return wrong
    return _compared(told, lambda entries, incident: _state(log.head(id_), log.snapshot(id_), entries, incident))


def _told(log: Log, id_: str) -> tuple[list[Entry], list[str]]:
    """The entries up to the first that cannot be read, and what is wrong with that one."""
    told: list[Entry] = []
    try:
        told.extend(log.entries(id_))
    except Unverified as error:
        return told, [str(error)]
    return told, []


def _chain(entries: Sequence[Entry]) -> Iterator[str]:
    erased = [(e.data.get("version"), e.data.get("fields")) for e in entries if e.type == "entry.redacted"]
    before, place = "", 0
    for number, entry in enumerate(entries, 1):
        if entry.version != number:
            yield f"entry {number} is missing; the next one there is {entry.version}"
            return
        covered = [field for version, fields in erased if version == entry.version for field in fields or ()]
        yield from (f"entry {entry.version}: {flaw}" for flaw in flaws(entry, before, covered))
        if entry.position <= place:
            yield f"entry {entry.version} is not in its place in the log"
        before, place = entry.digest, entry.position


def _compared(entries: Sequence[Entry], look: Look) -> list[str]:
    try:
        return [*look(entries, replay(entries))]
    except (CrisisError, LookupError, TypeError, ValueError, AttributeError) as error:
        return [f"what is derived from its entries cannot be told ({type(error).__name__}: {error})"]


def _state(there: Head | None, text: str | None, entries: Sequence[Entry], incident: Incident) -> Iterator[str]:
    if there != head(incident):
        yield f"its head does not agree with its {len(entries)} entries"
    kept = snapshot.load(text or "", incident.playbook)
    if kept and replay(entries[kept.version :], kept) != incident:
        yield "its snapshot does not agree with its entries"


def _own(log: Log) -> Iterator[str]:
    """What is wrong with the log of the store itself, which belongs to no incident."""
    told, unread = _told(log, STORE)
    yield from (f"{STORE}: {flaw}" for flaw in (*_chain(told), *unread))


def _strays(log: Log, kept: _Kept) -> Iterator[str]:
    """What belongs to no incident, and incidents that are gone: ids are INC-1, INC-2 and so on, without a gap."""
    there = kept.heads
    for id_ in dict.fromkeys([*log.incidents(), *log.gaps()]):
        if id_ not in there and id_ != STORE:
            told, unread = _told(log, id_)
            yield f"{id_}: its head is gone; {len(told) + len(unread)} of its entries are left"
    loose = {*kept.timers, *kept.outbox} - {*there}
    yield from (f"{id_}: there is no such incident, but a timer or notice of it" for id_ in sorted(loose))
