"""Verification: every seal, every commitment, the order of versions, and that what is derived agrees with the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from crisisctl.domain import snapshot
from crisisctl.domain.entries import Entry, flaws
from crisisctl.domain.errors import CrisisError
from crisisctl.domain.evolve import replay
from crisisctl.domain.incident import Incident
from crisisctl.domain.notices import unsettled
from crisisctl.domain.timers import timers
from crisisctl.service.page import head
from crisisctl.service.ports import Log, Store


class Verdict(NamedTuple):
    """What a verification found. `redacted` counts word fields that a redaction covers."""

    incidents: int
    entries: int
    redacted: int
    flaws: list[str]


def verify(store: Store, only: str | None, progress: Callable[[str], None] = lambda _: None) -> Verdict:
    """Check one incident, or all and the store itself."""
    found = [] if only else store.flaws()
    entries = redacted = 0
    with store.reading() as log:
        heads = [h.incident for h in log.heads() if only in (None, h.incident)]
        for id_ in heads:
            progress(id_)
            told = list(log.entries(id_))
            entries += len(told)
            redacted += sum(word.value is None for entry in told for word in entry.words.values())
            found += [f"{id_}: {flaw}" for flaw in (*_chain(told), *_derived(log, id_, told))]
    return Verdict(len(heads), entries, redacted, found)


def _chain(entries: Sequence[Entry]) -> Iterator[str]:
    erased = [(e.data["version"], e.data["fields"]) for e in entries if e.type == "entry.redacted"]
    before = ""
    for number, entry in enumerate(entries, 1):
        if entry.version != number:
            yield f"entry {number} is missing; the next one there is {entry.version}"
            return
        covered = [field for version, fields in erased if version == entry.version for field in fields]
        yield from (f"entry {entry.version}: {flaw}" for flaw in flaws(entry, before, covered))
        before = entry.digest


def _derived(log: Log, id_: str, entries: Sequence[Entry]) -> Iterator[str]:
    try:
        incident = replay(entries)
    except (CrisisError, KeyError, ValueError) as error:
        yield f"its entries cannot be replayed ({type(error).__name__}: {error})"
        return
    if log.head(id_) != head(incident) or not _same(log, id_, incident):
        yield f"its head does not agree with its {len(entries)} entries"
    if log.timers(id_) != timers(incident):
        yield "its timers are not those that its entries give"
    if {row.notice.key for row in log.outbox(id_)} != unsettled(entries).keys():
        yield "its unsent notices are not those that its entries give"


def _same(log: Log, id_: str, incident: Incident) -> bool:
    kept = log.snapshot(id_)
    return kept is not None and snapshot.load(kept, incident.playbook) in (None, incident)
