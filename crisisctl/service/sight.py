"""The log as one person may see it: the one place where restricted incidents are kept from those outside.

Every question that a store answers passes here, so no list, count, search or error can be told of what is hidden. What
the machine does by itself (firing, sending, verifying, rebuilding) works on the whole store.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Conflict, CrisisError, Unverified
from crisisctl.domain.timers import Timer
from crisisctl.domain.times import stamp
from crisisctl.service.ports import (
    Batch,
    Beat,
    Clock,
    Custody,
    Extent,
    Head,
    Ledger,
    Listener,
    Log,
    Queued,
    Row,
    Store,
    Tip,
)

TAKEN = "That request key is taken. Nothing was done; take a new key."
VEILED = "something is wrong in an incident that you may not see"
_ALWAYS = datetime.max.replace(tzinfo=UTC)
_NAME = re.compile(r"[\w-]+")


def veiled(text: str, hidden: set[str], instead: str = VEILED) -> str:
    """The text; or, when it names a hidden incident, a sentence that does not."""
    return text if hidden.isdisjoint(_NAME.findall(text)) else instead


def allowed(there: Head | Tip, person: str | None) -> bool:
    """Whether a person may see the incident; None is somebody who is in no restricted one."""
    return there.members is None or person in there.members.split()


class Seen:
    """What a reader sees of a log."""

    def __init__(self, log: Log, person: str | None) -> None:
        self._log = log
        self._person = person
        self._known: dict[str, bool] = {}

    def sees(self, incident: str) -> bool:
        """Whether the person may see the incident; one that does not exist hides nothing."""
        if incident not in self._known:
            self._known[incident] = self._may_see(incident)
        return self._known[incident]

    def _may_see(self, incident: str) -> bool:
        head = self._log.head(incident)
        if head is not None:
            return allowed(head, self._person)
        try:  # its head is gone, and with it the list of those who may see it
            first = self._log.entry(incident, 1)
        except Unverified:
            return False
        return first is None or not first.data.get("restricted")

    def hidden(self) -> set[str]:
        """The ids of the incidents that the person may not see."""
        every = {*(head.incident for head in self._log.heads()), *self._log.incidents()}
        return {incident for incident in every if not self.sees(incident)}

    def head(self, incident: str) -> Head | None:
        return self._log.head(incident) if self.sees(incident) else None

    def tip(self, incident: str) -> Tip | None:
        tip = self._log.tip(incident)
        if tip is None:
            return None
        self._known[incident] = allowed(tip, self._person)
        return tip if self._known[incident] else None

    def heads(self, *, everything: bool = True) -> list[Head]:
        return [head for head in self._log.heads(everything=everything) if allowed(head, self._person)]

    def snapshot(self, incident: str) -> str | None:
        return self._log.snapshot(incident) if self.sees(incident) else None

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        return self._log.entries(incident, after) if self.sees(incident) else iter(())

    def entry(self, incident: str, version: int) -> Entry | None:
        return self._log.entry(incident, version) if self.sees(incident) else None

    def by_request(self, request: str) -> Entry | None:
        found = self._guarded(request)
        return found if found and self.sees(found.incident) else None

    def _guarded(self, request: str) -> Entry | None:
        try:
            return self._log.by_request(request)
        except Unverified as error:
            raise self._veiled(error) from None

    def due(self, until: datetime, limit: int) -> list[Timer]:
        asked = limit
        while True:
            found = self._log.due(until, asked)
            seen = [timer for timer in found if self.sees(timer.incident)]
            if len(seen) >= limit or len(found) < asked:
                return seen[:limit]
            asked *= 2

    def timers(self, incident: str) -> list[Timer]:
        return self._log.timers(incident) if self.sees(incident) else []

    def next_due(self) -> datetime | None:
        first = self.due(_ALWAYS, 1)
        return first[0].due if first else None

    def outbox(self, incident: str | None = None) -> list[Queued]:
        return [row for row in self._log.outbox(incident) if self.sees(row.notice.incident)]

    def ready(self, now: datetime) -> bool:
        return any(row.ready_at <= now for row in self.outbox())

    def beats(self) -> list[Beat]:
        return self._log.beats()

    def incidents(self) -> list[str]:
        return [incident for incident in self._log.incidents() if self.sees(incident)]

    def gaps(self) -> list[str]:
        return self._log.gaps()

    def written(self) -> Iterator[Entry]:
        try:
            yield from (entry for entry in self._log.written() if self.sees(entry.incident))
        except Unverified as error:
            raise self._veiled(error) from None

    def tips(self) -> dict[str, tuple[int, str]]:
        return {incident: tip for incident, tip in self._log.tips().items() if self.sees(incident)}

    def extent(self) -> Extent:
        """How far the log reaches in what the person may see."""
        if not self.hidden():
            return self._log.extent()
        tips = self.tips()
        ends = [self._log.entry(incident, version) for incident, (last, _) in tips.items() for version in (1, last)]
        times = sorted(stamp(entry.recorded_at) for entry in ends if entry)
        count = sum(entries for entries, _ in tips.values())
        return Extent(count, len(tips), times[0] if times else None, times[-1] if times else None)

    def dump(self, table: str) -> Iterator[Row]:  # noqa: ARG002 - the port names it
        raise TypeError("only the whole log can be copied")

    def _veiled(self, error: Unverified) -> Unverified:
        """An entry that cannot be read is named to those alone who may see it."""
        return Unverified(veiled(str(error), self.hidden(), f"The log cannot be read: {VEILED}."))


class SeenLedger(Seen):
    """What a writer sees of a log. Writing goes through; what only the machine does needs the whole ledger."""

    def __init__(self, ledger: Ledger, person: str | None) -> None:
        super().__init__(ledger, person)
        self._ledger = ledger
        self.keyed = False  # whether a batch with a request key has been handed on

    def next_incident(self) -> str:
        return self._ledger.next_incident()

    def claim(self, incident: str) -> bool:
        return self._ledger.claim(incident)

    def append(self, batch: Batch) -> None:
        """Write a batch; a request key that stands for something hidden is taken, and that is all that is said."""
        keys = [entry.request for entry in batch.entries if entry.request is not None]
        if any(self._guarded(key) is not None for key in keys):
            raise Conflict(TAKEN)
        self.keyed = bool(keys)
        self._ledger.append(batch)

    def replace_timers(self, incident: str, timers: Sequence[Timer]) -> None:
        self._ledger.replace_timers(incident, timers)

    def forget(self) -> None:
        raise TypeError("only the whole log can be rebuilt")

    def lease(self, now: datetime, until: datetime, limit: int) -> list[Queued]:  # noqa: ARG002 - the port names them
        raise TypeError("only the whole outbox can be leased from")

    def hurry(self, latest: datetime, now: datetime) -> None:
        self._ledger.hurry(latest, now)

    def postpone(self, key: str, until: datetime) -> None:
        self._ledger.postpone(key, until)

    def beat(self, beat: Beat) -> None:
        self._ledger.beat(beat)

    def forget_beats(self, watches: Sequence[str]) -> None:
        self._ledger.forget_beats(watches)


class Sight:
    """A store as one person may see it; None is somebody who is in no restricted incident."""

    def __init__(self, store: Store, person: str | None) -> None:
        self._store = store
        self._person = person

    @contextmanager
    def reading(self) -> Iterator[Seen]:
        """A view of one moment, and of what the person may see."""
        with self._store.reading() as log:
            yield Seen(log, self._person)

    @contextmanager
    def writing(self) -> Iterator[SeenLedger]:
        """A transaction in which the person sees no more than when reading."""
        seen = None
        try:
            with self._store.writing() as ledger:
                seen = SeenLedger(ledger, self._person)
                yield seen
        except Conflict as error:
            # A server that hides an entry from the login still holds its key. The incident has been held since it was
            # read, so there is nothing else that such a batch can meet.
            raise (Conflict(TAKEN) if seen and seen.keyed else error) from None

    def alone(self) -> AbstractContextManager[Custody]:
        """Nobody holds what they may not see."""
        raise TypeError("only the whole log can be held")

    def address(self) -> str:
        """What leads to the store."""
        return self._store.address()

    def about(self) -> dict[str, object]:
        """What can be said of the store itself."""
        return self._store.about()

    def place(self) -> str:
        """Where the store is."""
        return self._store.place()

    def clock(self) -> Clock | None:
        """The clock of all who share the store."""
        return self._store.clock()

    def login(self) -> str | None:
        """As whom the store knows whoever asks."""
        return self._store.login()

    def closed(self) -> bool:
        """Whether the log was moved."""
        return self._store.closed()

    def listener(self) -> Listener | None:
        """What hears others write, whatever they write in."""
        return self._store.listener()

    def flaws(self) -> list[str]:
        """What is wrong with the store itself; what concerns a hidden incident is told without its name."""
        found = self._store.flaws()
        hidden = self.hidden() if found else set()
        return list(dict.fromkeys(veiled(flaw, hidden) for flaw in found))

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def hidden(self) -> set[str]:
        """The ids of the incidents that the person may not see."""
        with self.reading() as log:
            return log.hidden()

    def hides(self, log: Log) -> set[str]:
        """The same of a log that is being read whole."""
        return self.over(log).hidden()

    def over(self, log: Log) -> Seen:
        """What the person sees of a log that is being read whole."""
        return Seen(log, self._person)

    def sees(self, incident: str) -> bool:
        """Whether the person may see the incident."""
        with self.reading() as log:
            return log.sees(incident)

    @contextmanager
    def discreet(self, progress: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
        """For work on the whole log: what is told of it, and an error that ends it, name nothing that is hidden."""
        try:
            hidden = self.hidden()  # now: while the work is under way, nothing else can be asked
            yield lambda text: progress(veiled(text, hidden, ""))
        except CrisisError as error:
            raise self.told(error) from None

    def told(self, error: CrisisError) -> CrisisError:
        """The error as the person may hear it: of a hidden incident, only that something is wrong."""
        try:
            hidden = self.hidden()
        except CrisisError:  # the log cannot say, so every incident counts as hidden
            hidden = {name for name in _NAME.findall(str(error)) if name.startswith("INC-")}
        shown = veiled(str(error), hidden)
        return error if shown == str(error) else type(error)(f"{shown[0].upper()}{shown[1:]}.")
