"""A page of the log being written: events become sealed entries, and what is derived from them is worked out."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from crisisctl.domain import snapshot
from crisisctl.domain.entries import Entry, Event, Source, digest, words
from crisisctl.domain.evolve import evolve, replay
from crisisctl.domain.incident import Incident
from crisisctl.domain.notices import SETTLED, notices, unsettled
from crisisctl.domain.timers import changes, timers
from crisisctl.domain.times import stamp
from crisisctl.service.ports import Batch, Head

TIMER = Source("crisisctl", "crisisctl", via="timer")
WATCH = Source("crisisctl", "crisisctl", via="watch")
EVERY = 16  # versions from one snapshot to the next: what a command replays at most, and what most need not write
_JUMP = timedelta(seconds=2)


class Page:
    """The entries that one transaction adds to one incident."""

    def __init__(self, id_: str, before: Incident | None, now: datetime, salt: Callable[[], bytes]) -> None:
        self.id = id_
        self.before = before
        self.incident = before
        self.entries: list[Entry] = []
        self._salt = salt
        self.now = max(now, before.recorded_at) if before else now
        if before and now < before.recorded_at - _JUMP and not before.behind:
            seconds = int((before.recorded_at - now).total_seconds())
            self.write([Event("clock.stepped_back", {"seconds": seconds})], WATCH)

    def write(
        self, events: Iterable[Event], source: Source, *, at: datetime | None = None, request: str | None = None
    ) -> list[Entry]:
        """Seal the events as the next entries; the first carries the request."""
        added = []
        for event in events:
            entry = self._seal(event, source, at, request)
            self.incident = evolve(self.incident, entry)
            added.append(entry)
            request = None
        self.entries += added
        return added

    def _seal(self, event: Event, source: Source, at: datetime | None, request: str | None) -> Entry:
        known = self.incident
        role = event.role or source.role or (next(iter(known.held_by(source.actor)), None) if known else None)
        bare = Entry(
            self.id,
            known.version + 1 if known else 1,
            self.now,
            event.occurred_at or at or self.now,
            source.actor,
            source.login,
            role,
            source.via,
            event.type,
            event.data,
            words(event.words, self._salt),
            "",
            event.timer,
            request,
        )
        return bare._replace(digest=digest(bare, known.digest if known else ""))

    @property
    def reached(self) -> Incident:
        """The incident after the last entry; `ValueError` while there is none."""
        if self.incident is None:
            raise ValueError("a page without entries leads nowhere")
        return self.incident

    def batch(self) -> Batch:
        """The entries with everything that is derived from them."""
        after = self.reached
        armed, disarmed = changes(self.before, after)
        return Batch(
            head=head(after),
            snapshot=snapshot.dump(after) if self._turned() else None,
            entries=self.entries,
            armed=armed,
            disarmed=disarmed,
            notices=[notice for entry in self.entries for notice in notices(entry)],
            settled=[entry.data["notice"] for entry in self.entries if entry.type in SETTLED],
        )

    def _turned(self) -> bool:
        """Whether these entries reach or pass a version that is to be kept as a snapshot."""
        return self.before is None or self.reached.version // EVERY > self.before.version // EVERY


def derived(entries: Sequence[Entry]) -> Batch:
    """All that is derived from the entries of an incident, and none of them."""
    incident = replay(entries)
    waiting = list(unsettled(entries).values())
    return Batch(head(incident), snapshot.dump(incident), (), armed=timers(incident), notices=waiting)


def head(incident: Incident) -> Head:
    """What lists show of an incident."""
    return Head(
        incident.id,
        incident.version,
        incident.digest,
        incident.playbook.id,
        incident.playbook_digest,
        incident.title,
        incident.severity,
        " + ".join(incident.stages),
        incident.drill,
        stamp(incident.opened_at),
        stamp(incident.closed_at) if incident.closed_at else None,
        " ".join(sorted(incident.members())) if incident.restricted else None,
    )
