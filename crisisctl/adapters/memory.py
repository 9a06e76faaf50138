"""The store in memory: for tests, rehearsals and the demo's virtual night. Same contract as every other store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from crisisctl.domain.entries import STORE, Entry, columns, from_columns
from crisisctl.domain.errors import Conflict, StoreFailed
from crisisctl.domain.moving import sentence
from crisisctl.domain.notices import Notice
from crisisctl.domain.timers import Timer
from crisisctl.domain.times import instant, stamp
from crisisctl.service.ports import Batch, Beat, Extent, Head, Queued, Row, Tip


class Memory:
    """A store that ends with its process."""

    def __init__(self) -> None:
        self._state = _State()

    @contextmanager
    def reading(self) -> Iterator[_State]:
        """The present state, which writers replace and never change."""
        yield self._state

    @contextmanager
    def writing(self) -> Iterator[_State]:
        """A copy that becomes the state when all went well."""
        draft, frozen = self._state.fork(), self._state.frozen
        before = draft.content()
        yield draft
        if frozen and draft.content() != before:
            raise StoreFailed(f"{sentence(frozen)}. Nothing was written.")
        self._state = draft

    def alone(self) -> AbstractContextManager[_State]:
        """Whoever writes is alone anyway."""
        return self.writing()

    def place(self) -> str:
        """Nowhere on disk."""
        return "memory"

    def address(self) -> str:
        """No settings lead there, but each has its own."""
        return f"memory:{id(self):x}"

    def about(self) -> dict[str, object]:
        """There is nothing to say of it."""
        return {"engine": "memory", "schema": 1}

    def clock(self) -> None:
        """The machine's."""

    def login(self) -> None:
        """Nobody."""

    def closed(self) -> bool:
        """Whether the log was moved."""
        return self._state.frozen is not None

    def listener(self) -> None:
        """Only looking tells."""

    def flaws(self) -> list[str]:
        """There is nothing outside the program that could have changed it."""
        return []

    def close(self) -> None:
        """Nothing to let go of."""


class _State:
    def __init__(self) -> None:
        self._heads: dict[str, tuple[Head, str]] = {}
        self._logs: dict[str, tuple[Entry, ...]] = {}
        self._requests: dict[str, tuple[str, int]] = {}
        self._fired: frozenset[str] = frozenset()
        self._timers: dict[str, dict[str, Timer]] = {}
        self._outbox: dict[str, Queued] = {}
        self._beats: dict[str, Beat] = {}
        self._position = 0
        self.frozen: Entry | None = None

    def fork(self) -> _State:
        """A copy that shares what neither changes."""
        other = copy(self)
        for name in ("_heads", "_logs", "_requests", "_timers", "_outbox", "_beats"):
            setattr(other, name, dict(getattr(self, name)))
        return other

    def content(self) -> list[dict[str, Any]]:
        """All that a writer can change."""
        return [dict(part) for part in (self._logs, self._heads, self._timers, self._outbox, self._beats)]

    def head(self, incident: str) -> Head | None:
        found = self._heads.get(incident)
        return found[0] if found else None

    def tip(self, incident: str) -> Tip | None:
        found = self.head(incident)
        return Tip(found.digest, found.playbook_digest, found.members) if found else None

    def heads(self, *, everything: bool = True) -> list[Head]:
        return [head for head, _ in self._heads.values() if everything or head.closed_at is None]

    def snapshot(self, incident: str) -> str | None:
        found = self._heads.get(incident)
        return found[1] if found else None

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        return iter(self._logs.get(incident, ())[after:])

    def entry(self, incident: str, version: int) -> Entry | None:
        log = self._logs.get(incident, ())
        return log[version - 1] if 1 <= version <= len(log) else None

    def by_request(self, request: str) -> Entry | None:
        found = self._requests.get(request)
        return self.entry(*found) if found else None

    def due(self, until: datetime, limit: int) -> list[Timer]:
        return sorted((timer for timer in self._pending() if timer.due <= until), key=_when)[:limit]

    def timers(self, incident: str) -> list[Timer]:
        return sorted(self._timers.get(incident, {}).values(), key=_when)

    def next_due(self) -> datetime | None:
        return min((timer.due for timer in self._pending()), default=None)

    def outbox(self, incident: str | None = None) -> list[Queued]:
        return [row for row in self._outbox.values() if incident in (None, row.notice.incident)]

    def ready(self, now: datetime) -> bool:
        return any(row.ready_at <= now for row in self._outbox.values())

    def beats(self) -> list[Beat]:
        return sorted(self._beats.values(), key=lambda beat: beat.at, reverse=True)

    def incidents(self) -> list[str]:
        return list(self._logs)

    def gaps(self) -> list[str]:
        numbers = [int(id_.rpartition("-")[2]) for id_ in self._heads]
        return [f"INC-{n}" for n in range(1, max(numbers, default=0)) if n not in numbers]

    def written(self) -> Iterator[Entry]:
        with_words = (entry for log in self._logs.values() for entry in log if entry.words)
        return iter(sorted(with_words, key=lambda entry: -entry.position))

    def extent(self) -> Extent:
        times = sorted(row[3] for row in self.dump("entry"))
        return Extent(len(times), len(self.tips()), times[0] if times else None, times[-1] if times else None)

    def tips(self) -> dict[str, tuple[int, str]]:
        return {id_: (len(log), log[-1].digest) for id_, log in self._logs.items() if id_ != STORE}

    def dump(self, table: str) -> Iterator[Row]:
        rows: dict[str, Callable[[], Iterable[Row]]] = {
            "entry": lambda: (columns(entry) for id_, log in self._logs.items() if id_ != STORE for entry in log),
            "head": lambda: ((_number(head.incident), *head, text) for head, text in self._heads.values()),
            "timer": lambda: ((t.id, t.incident, t.kind, stamp(t.due), t.subject) for t in self._pending()),
        }
        if table == "outbox":
            return map(_queued_row, self._outbox.values())
        return iter(sorted(rows[table](), key=itemgetter(0)))

    def load(self, table: str, rows: Iterable[Row]) -> None:
        load: dict[str, Callable[[Row], None]] = {
            "entry": lambda row: self._add(from_columns(row)),
            "head": self._load_head,
            "timer": self._load_timer,
            "outbox": self._load_notice,
        }
        for row in rows:
            load[table](row)

    def _load_head(self, row: Row) -> None:
        head = Head(*row[1:-1])
        self._heads[head.incident] = (head._replace(drill=bool(head.drill)), row[-1])

    def _load_timer(self, row: Row) -> None:
        id_, incident, kind, due, subject = row
        self._timers.setdefault(incident, {})[id_] = Timer(id_, incident, kind, instant(due), subject)

    def _load_notice(self, row: Row) -> None:
        key, incident, version, person, contact, attempts, ready, later = row
        notice = Notice(key, incident, version, person, contact, instant(later) if later else None)
        self._outbox[key] = Queued(notice, attempts, instant(ready))

    def clear(self) -> None:
        empty = _State()
        self._heads, self._logs, self._requests, self._fired = empty._heads, empty._logs, empty._requests, empty._fired
        self._timers, self._outbox, self._position = empty._timers, empty._outbox, 0

    def freeze(self, entry: Entry) -> None:
        self._add(entry)
        self.frozen = entry

    def next_incident(self) -> str:
        return f"INC-{len(self._heads) + 1}"

    def claim(self, incident: str) -> bool:  # noqa: ARG002 - whoever writes holds them all
        return True

    def append(self, batch: Batch) -> None:
        for entry in batch.entries:
            self._add(entry)
        incident = batch.head.incident
        self._heads[incident] = (batch.head, batch.snapshot or self._heads[incident][1])
        gone = set(batch.disarmed)
        kept = {id_: timer for id_, timer in self._timers.get(incident, {}).items() if id_ not in gone}
        self._timers[incident] = kept | {timer.id: timer for timer in batch.armed}
        ready = batch.entries[-1].recorded_at if batch.entries else datetime.min.replace(tzinfo=UTC)
        self._outbox |= {n.key: Queued(n, 0, max(ready, n.not_before or ready)) for n in batch.notices}
        for key in batch.settled:
            self._outbox.pop(key, None)
        for version, fields in batch.erased.items():
            self._erase(incident, version, fields)

    def replace_timers(self, incident: str, timers: Sequence[Timer]) -> None:
        self._timers[incident] = {timer.id: timer for timer in timers}

    def forget(self) -> None:
        self._heads, self._timers, self._outbox = {}, {}, {}

    def lease(self, now: datetime, until: datetime, limit: int) -> list[Queued]:
        waiting = sorted(self._outbox.values(), key=lambda row: (row.attempts, row.notice.contact, row.ready_at))
        ready = [row for row in waiting if row.ready_at <= now][:limit]
        taken = [row._replace(attempts=row.attempts + 1, ready_at=until) for row in ready]
        self._outbox |= {row.notice.key: row for row in taken}
        return taken

    def hurry(self, latest: datetime, now: datetime) -> None:
        late = {key: row for key, row in self._outbox.items() if row.ready_at > latest}
        self._outbox |= {
            key: row._replace(ready_at=max(now, row.notice.not_before or now)) for key, row in late.items()
        }

    def postpone(self, key: str, until: datetime) -> None:
        if key in self._outbox:
            self._outbox[key] = self._outbox[key]._replace(ready_at=until)

    def beat(self, beat: Beat) -> None:
        self._beats[beat.watch] = beat

    def forget_beats(self, watches: Sequence[str]) -> None:
        for watch in watches:
            self._beats.pop(watch, None)

    def _pending(self) -> Iterator[Timer]:
        return (timer for timers in self._timers.values() for timer in timers.values())

    def _add(self, entry: Entry) -> None:
        log = self._logs.get(entry.incident, ())
        taken = entry.version != len(log) + 1 or entry.timer in self._fired or entry.request in self._requests
        if taken:
            raise Conflict(f"{entry.incident} has moved on since version {entry.version - 1}. Look at it again.")
        self._position = max(self._position + 1, entry.position)
        self._logs[entry.incident] = (*log, entry._replace(position=self._position))
        if entry.request is not None:
            self._requests[entry.request] = (entry.incident, entry.version)
        if entry.timer is not None:
            self._fired |= {entry.timer}

    def _erase(self, incident: str, version: int, fields: Sequence[str]) -> None:
        log = list(self._logs[incident])
        old = log[version - 1]
        gone = {name: old.words[name]._replace(salt=None, value=None) for name in fields}
        log[version - 1] = old._replace(words={**old.words, **gone})
        self._logs[incident] = tuple(log)


def _when(timer: Timer) -> tuple[datetime, str]:
    return (timer.due, timer.id)


def _number(incident: str) -> int:
    return int(incident.rpartition("-")[2])


def _queued_row(row: Queued) -> Row:
    later = row.notice.not_before
    return (*row.notice[:5], row.attempts, stamp(row.ready_at), stamp(later) if later else None)
