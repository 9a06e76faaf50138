"""What readers and writers see of the SQLite file, in plain SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from crisisctl.domain.entries import COLUMNS, STORE, Entry, columns, from_columns
from crisisctl.domain.timers import Timer
from crisisctl.domain.times import stamp
from crisisctl.service import rows as derived
from crisisctl.service.ports import Batch, Beat, Extent, Head, Queued, Row, Tip
from crisisctl.service.rows import LONG_PAST, NOTICE, TIMER

_ENTRY = ", ".join(COLUMNS.split())
_HEAD = ", ".join(Head._fields)
_WITH_WAITING, _WITH_MEMBERS = 2, 3  # the schemas that brought these columns; nobody may have written to a file since
_HEAD_BEFORE = _HEAD.replace("members", "NULL")
_NOTICE_BEFORE = NOTICE.replace("not_before", "NULL")
_EXTENT = "count(*), count(DISTINCT incident), min(recorded_at), max(recorded_at)"
COPIED = {"entry": _ENTRY, "head": f"number, {_HEAD}, snapshot", "timer": TIMER, "outbox": NOTICE}
_BY = {"entry": f"WHERE incident <> '{STORE}' ORDER BY position", "head": "ORDER BY number", "timer": "ORDER BY id"}

ENTER = f"INSERT INTO entry ({_ENTRY}) VALUES ({', '.join('?' * len(COLUMNS.split()))})"
_CHANGING = "version, digest, playbook_digest, title, severity, stages, closed_at, members"
_changing = attrgetter(*_CHANGING.split(", "))
_MOVE = f"""UPDATE head SET ({_CHANGING}, snapshot) = (?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, snapshot))
    WHERE incident = ?"""
_OPEN = f"INSERT INTO head (number, {_HEAD}, snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_QUEUE = f"INSERT INTO outbox ({NOTICE}) VALUES (?, ?, ?, ?, ?, 0, ?, ?)"
_ARM = """INSERT INTO timer (id, incident, kind, due, subject) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET due = excluded.due"""


class SqliteLog:
    """What readers see."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._begun: list[sqlite3.Cursor] = []

    @cached_property
    def _schema(self) -> int:
        """The schema of this file, which nobody changes before the transaction ends."""
        found: int = self.db.execute("PRAGMA user_version").fetchone()[0]
        return found

    def head(self, incident: str) -> Head | None:
        return next(self._heads("WHERE incident = ?", incident), None)

    def tip(self, incident: str) -> Tip | None:
        members = "members" if self._schema >= _WITH_MEMBERS else "NULL"
        query = f"SELECT digest, playbook_digest, {members} FROM head WHERE incident = ?"
        found = self.db.execute(query, (incident,)).fetchone()
        return Tip(*found) if found else None

    def heads(self, *, everything: bool = True) -> list[Head]:
        where = "" if everything else "WHERE closed_at IS NULL"
        return list(self._heads(f"{where} ORDER BY number"))

    def _heads(self, rest: str, *values: object) -> Iterator[Head]:
        return map(_head, self.db.execute(f"SELECT {self._head_columns()} FROM head {rest}", values).fetchall())

    def _head_columns(self) -> str:
        """The columns of a head as they stand in this file."""
        return _HEAD if self._schema >= _WITH_MEMBERS else _HEAD_BEFORE

    def snapshot(self, incident: str) -> str | None:
        row = self.db.execute("SELECT snapshot FROM head WHERE incident = ?", (incident,)).fetchone()
        return row[0] if row else None

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        return self._entries("incident = ? AND version > ? ORDER BY version", incident, after)

    def _entries(self, where: str, *values: object) -> Iterator[Entry]:
        cursor = self.db.execute(f"SELECT {_ENTRY} FROM entry WHERE {where}", values)
        self._begun.append(cursor)
        return (from_columns(row) for row in cursor)

    def finish(self) -> None:
        """Let go of what was not read to its end; it would hold the moment that it sees, and nobody could write on."""
        for cursor in self._begun:
            cursor.close()

    def entry(self, incident: str, version: int) -> Entry | None:
        return self._one("incident = ? AND version = ?", incident, version)

    def by_request(self, request: str) -> Entry | None:
        return self._one("request = ?", request)

    def _one(self, where: str, *values: object) -> Entry | None:
        row = self.db.execute(f"SELECT {_ENTRY} FROM entry WHERE {where}", values).fetchone()
        return from_columns(row) if row else None

    def due(self, until: datetime, limit: int) -> list[Timer]:
        query = "SELECT id, incident, kind, due, subject FROM timer WHERE due <= ? ORDER BY due, id LIMIT ?"
        return [derived.timer(row) for row in self.db.execute(query, (stamp(until), limit))]

    def timers(self, incident: str) -> list[Timer]:
        query = "SELECT id, incident, kind, due, subject FROM timer WHERE incident = ? ORDER BY due, id"
        return [derived.timer(row) for row in self.db.execute(query, (incident,))]

    def next_due(self) -> datetime | None:
        found = self.db.execute("SELECT min(due) FROM timer").fetchone()[0]
        return derived.moment(found) if found is not None else None

    def outbox(self, incident: str | None = None) -> list[Queued]:
        query = f"SELECT {self._notice()} FROM outbox WHERE ? IS NULL OR incident = ? ORDER BY rowid"
        return [derived.queued(row) for row in self.db.execute(query, (incident, incident))]

    def _notice(self) -> str:
        """The columns of a notice as they stand in this file."""
        return NOTICE if self._schema >= _WITH_WAITING else _NOTICE_BEFORE

    def ready(self, now: datetime) -> bool:
        query = "SELECT 1 FROM outbox WHERE ready_at <= ? LIMIT 1"
        return self.db.execute(query, (stamp(now),)).fetchone() is not None

    def beats(self) -> list[Beat]:
        rows = self.db.execute("SELECT watch, at, every FROM beat ORDER BY at DESC")
        return [derived.beat(row) for row in rows]

    def incidents(self) -> list[str]:
        rows = self.db.execute("SELECT incident FROM entry GROUP BY incident ORDER BY min(position)")
        return [row[0] for row in rows]

    def gaps(self) -> list[str]:
        numbers = {row[0] for row in self.db.execute("SELECT number FROM head")}
        return [f"INC-{n}" for n in range(1, max(numbers, default=0)) if n not in numbers]

    def written(self) -> Iterator[Entry]:
        return self._entries("words <> '{}' ORDER BY position DESC")

    def extent(self) -> Extent:
        query = f"SELECT {_EXTENT} FROM entry WHERE incident <> ?"
        return Extent(*self.db.execute(query, (STORE,)).fetchone())

    def tips(self) -> dict[str, tuple[int, str]]:
        last = "SELECT incident, count(*), digest, max(version) FROM entry WHERE incident <> ? GROUP BY incident"
        return {row[0]: (row[1], row[2]) for row in self.db.execute(last, (STORE,))}

    def dump(self, table: str) -> Iterator[Row]:
        names = COPIED[table].replace(_HEAD, self._head_columns()).replace(NOTICE, self._notice())
        cursor = self.db.execute(f"SELECT {names} FROM {table} {_BY.get(table, 'ORDER BY rowid')}")
        self._begun.append(cursor)
        return cursor


class SqliteLedger(SqliteLog):
    """What the one who holds the store sees."""

    erased = False

    def next_incident(self) -> str:
        return f"INC-{self.db.execute('SELECT coalesce(max(number), 0) + 1 FROM head').fetchone()[0]}"

    def claim(self, incident: str) -> bool:  # noqa: ARG002 - whoever writes holds them all
        return True

    def append(self, batch: Batch) -> None:
        incident, ready = batch.head.incident, stamp(batch.entries[-1].recorded_at if batch.entries else LONG_PAST)
        self._each(ENTER, [(None, *columns(entry)[1:]) for entry in batch.entries])
        self._head(batch)
        self._each("DELETE FROM timer WHERE id = ?", [(id_,) for id_ in batch.disarmed])
        self._arm(batch.armed)
        self._each(_QUEUE, [derived.outgoing(notice, ready) for notice in batch.notices])
        self._each("DELETE FROM outbox WHERE key = ?", [(key,) for key in batch.settled])
        for version, fields in batch.erased.items():
            self._erase(incident, version, fields)
            self.erased = True

    def _each(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self.db.executemany(statement, rows)

    def _head(self, batch: Batch) -> None:
        head = batch.head
        if not self.db.execute(_MOVE, (*_changing(head), batch.snapshot, head.incident)).rowcount:
            self.db.execute(_OPEN, (int(head.incident.rpartition("-")[2]), *head, batch.snapshot))

    def _arm(self, timers: Sequence[Timer]) -> None:
        self._each(_ARM, [(t.id, t.incident, t.kind, stamp(t.due), t.subject) for t in timers])

    def replace_timers(self, incident: str, timers: Sequence[Timer]) -> None:
        self.db.execute("DELETE FROM timer WHERE incident = ?", (incident,))
        self._arm(timers)

    def forget(self) -> None:
        for table in ("head", "timer", "outbox"):
            self.db.execute(f"DELETE FROM {table}")

    def lease(self, now: datetime, until: datetime, limit: int) -> list[Queued]:
        ready = f"SELECT {NOTICE} FROM outbox WHERE ready_at <= ? ORDER BY attempts, contact, ready_at, rowid LIMIT ?"
        rows = [derived.queued(row) for row in self.db.execute(ready, (stamp(now), limit))]
        self.db.executemany(
            "UPDATE outbox SET attempts = attempts + 1, ready_at = ? WHERE key = ?",
            [(stamp(until), row.notice.key) for row in rows],
        )
        return [row._replace(attempts=row.attempts + 1, ready_at=until) for row in rows]

    def hurry(self, latest: datetime, now: datetime) -> None:
        late = "UPDATE outbox SET ready_at = max(?, coalesce(not_before, '')) WHERE ready_at > ?"
        self.db.execute(late, (stamp(now), stamp(latest)))

    def postpone(self, key: str, until: datetime) -> None:
        self.db.execute("UPDATE outbox SET ready_at = ? WHERE key = ?", (stamp(until), key))

    def beat(self, beat: Beat) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO beat (watch, at, every) VALUES (?, ?, ?)", (beat.watch, stamp(beat.at), beat.every)
        )

    def forget_beats(self, watches: Sequence[str]) -> None:
        self._each("DELETE FROM beat WHERE watch = ?", [(watch,) for watch in watches])

    def _erase(self, incident: str, version: int, fields: Sequence[str]) -> None:
        entry = self.entry(incident, version)
        if entry is None:
            return
        kept = derived.without(entry, fields)
        self.db.execute("UPDATE entry SET words = ? WHERE incident = ? AND version = ?", (kept, incident, version))


def _head(row: tuple[Any, ...]) -> Head:
    return Head(*row)._replace(drill=bool(row[8]))
