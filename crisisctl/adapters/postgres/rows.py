"""What readers and writers see of the PostgreSQL database, in plain SQL."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from itertools import count
from operator import attrgetter
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow

from crisisctl.adapters.postgres.wire import Db, Wire
from crisisctl.domain.entries import COLUMNS, STORE, Entry, columns, from_columns
from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.timers import Timer
from crisisctl.domain.times import stamp
from crisisctl.service import rows as derived
from crisisctl.service.ports import Batch, Beat, Extent, Head, Queued, Row, Tip
from crisisctl.service.rows import LONG_PAST, NOTICE, TIMER

HINT = "crisisctl"  # the channel on which writers say that there may be something to do


def _numbered(statement: str) -> str:
    """The statement with its places for values as the server's own language counts them."""
    places = count(1)
    return re.sub("%s", lambda _: f"${next(places)}", statement)


_ENTRY = ", ".join(COLUMNS.split())
_OWN = ", ".join(COLUMNS.split()[1:])
_HEAD = ", ".join(Head._fields)
_EXTENT = "count(*), count(DISTINCT incident), min(recorded_at), max(recorded_at)"
COPIED = {"entry": _ENTRY, "head": f"number, {_HEAD}, snapshot", "timer": TIMER, "outbox": NOTICE}
_BY = {"entry": f"WHERE incident <> '{STORE}' ORDER BY position", "timer": "ORDER BY id"}
_TIPS = """SELECT entry.incident, amount, digest FROM entry JOIN (
        SELECT incident, count(*) AS amount, max(version) AS version FROM entry WHERE incident <> %s GROUP BY incident)
    AS last ON (entry.incident, entry.version) = (last.incident, last.version)"""
_NOT_ALL = "SELECT row_security_active('entry') AND NOT sees_all()"
_AT_ONE_TIME = 500  # rows that a cursor fetches at a time

ENTER = f"INSERT INTO entry ({_OWN}) VALUES ({'%s, ' * (len(COLUMNS.split()) - 2)}%s)"
_CHANGING = "version, digest, playbook_digest, title, severity, stages, closed_at, members"
_changing = attrgetter(*_CHANGING.split(", "))
_KEEP = f"""INSERT INTO head (number, {_HEAD}, snapshot)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, ''))
    ON CONFLICT (number) DO UPDATE SET ({_CHANGING}) = ROW (excluded.{_CHANGING.replace(", ", ", excluded.")}),
    snapshot = CASE excluded.snapshot WHEN '' THEN head.snapshot ELSE excluded.snapshot END"""
_MOVE = f"UPDATE head SET ({_CHANGING}) = ROW (%s, %s, %s, %s, %s, %s, %s, %s) WHERE incident = %s"
_QUEUE = f"INSERT INTO outbox ({NOTICE}) VALUES (%s, %s, %s, %s, %s, 0, %s, %s)"
_ARM = """INSERT INTO timer (id, incident, kind, due, subject) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET due = excluded.due"""
_WRITTEN = f"SELECT {_ENTRY} FROM entry WHERE words <> '{{}}' ORDER BY position DESC"
_LEASE = """WITH taken AS (
        SELECT key, ready_at FROM outbox WHERE ready_at <= %s
        ORDER BY attempts, contact, ready_at, number LIMIT %s FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET attempts = attempts + 1, ready_at = %s FROM taken WHERE outbox.key = taken.key
    RETURNING outbox.key, incident, version, person, contact, attempts, outbox.ready_at, not_before,
    taken.ready_at, number"""
# The order of positions is held to the end of the commit, and with a disk in it everybody would wait in turn. So the
# commit does not wait for the disk; the next transaction, which is but a mark, waits for both, beside those of others.
_IN_ORDER_THEN_DURABLE = (
    "SET LOCAL synchronous_commit = off; COMMIT; SELECT pg_logical_emit_message(true, 'crisisctl', '')"
)
NEXT = "SELECT pg_advisory_xact_lock(hashtextextended('crisisctl number ' || current_schema(), 0))"


_TIP = f"""WITH held AS MATERIALIZED (SELECT digest, playbook_digest, members FROM head WHERE incident = %s FOR UPDATE)
    SELECT held.*, {", ".join(f"e.{name}" for name in COLUMNS.split())} FROM held
    LEFT JOIN entry AS e ON e.incident = %s AND e.version > %s ORDER BY e.version"""
_LATER = f"SELECT {_ENTRY} FROM entry WHERE incident = %s AND version > %s ORDER BY version"
# What nearly every transaction says; a connection that stays has the server plan it once.
_OFTEN = {statement: f"crisisctl_{number}" for number, statement in enumerate((_TIP, _LATER, ENTER, _MOVE))}
PREPARE = "; ".join(f"PREPARE {name} AS {_numbered(statement)}" for statement, name in _OFTEN.items())
_SHORT = {
    statement: f"EXECUTE {name} ({', '.join(['%s'] * statement.count('%s'))})" for statement, name in _OFTEN.items()
}


class Written(NamedTuple):
    """The last entry that a transaction appended: whether it is there tells whether the transaction came to pass."""

    incident: str
    version: int
    digest: str


_written = attrgetter("incident", "version", "digest")
_VERSION, _DIGEST = (COLUMNS.split().index(name) for name in ("version", "digest"))
_NEVER_MET = Written("", 2**62, "")  # after which there is no version


class PostgresLog:
    """What readers see."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self._begun: list[psycopg.ServerCursor[TupleRow] | Generator[Row]] = []

    def finish(self) -> None:
        """Let go of what was not read to its end."""
        for cursor in self._begun:
            cursor.close()

    def _rows(self, query: str, *values: object) -> list[TupleRow]:
        return self.db.execute(query, values).fetchall()

    def _row(self, query: str, *values: object) -> TupleRow | None:
        return self.db.execute(query, values).fetchone()

    def head(self, incident: str) -> Head | None:
        row = self._row(f"SELECT {_HEAD} FROM head WHERE incident = %s", incident)
        return Head(*row) if row else None

    def tip(self, incident: str) -> Tip | None:
        found = self._row("SELECT digest, playbook_digest, members FROM head WHERE incident = %s", incident)
        return Tip(*found) if found else None

    def heads(self, *, everything: bool = True) -> list[Head]:
        rows = self._rows(f"SELECT {_HEAD} FROM head WHERE %s OR closed_at IS NULL ORDER BY number", everything)
        return [Head(*row) for row in rows]

    def snapshot(self, incident: str) -> str | None:
        row = self._row("SELECT snapshot FROM head WHERE incident = %s", incident)
        return row[0] if row else None

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        return map(from_columns, self._rows(_LATER, incident, after))

    def entry(self, incident: str, version: int) -> Entry | None:
        return self._one("incident = %s AND version = %s", incident, version)

    def by_request(self, request: str) -> Entry | None:
        return self._one("request = %s", request)

    def _one(self, where: str, *values: object) -> Entry | None:
        row = self._row(f"SELECT {_ENTRY} FROM entry WHERE {where}", *values)
        return from_columns(row) if row else None

    def due(self, until: datetime, limit: int) -> list[Timer]:
        query = "SELECT id, incident, kind, due, subject FROM timer WHERE due <= %s ORDER BY due, id LIMIT %s"
        return [derived.timer(row) for row in self._rows(query, stamp(until), limit)]

    def timers(self, incident: str) -> list[Timer]:
        query = "SELECT id, incident, kind, due, subject FROM timer WHERE incident = %s ORDER BY due, id"
        return [derived.timer(row) for row in self._rows(query, incident)]

    def next_due(self) -> datetime | None:
        row = self._row("SELECT min(due) FROM timer")
        return derived.moment(row[0]) if row and row[0] is not None else None

    def outbox(self, incident: str | None = None) -> list[Queued]:
        query = f"SELECT {NOTICE} FROM outbox WHERE %s::text IS NULL OR incident = %s ORDER BY number"
        return [derived.queued(row) for row in self._rows(query, incident, incident)]

    def ready(self, now: datetime) -> bool:
        return self._row("SELECT 1 FROM outbox WHERE ready_at <= %s LIMIT 1", stamp(now)) is not None

    def beats(self) -> list[Beat]:
        rows = self._rows("SELECT watch, at, every FROM beat ORDER BY at DESC")
        return [derived.beat(row) for row in rows]

    def incidents(self) -> list[str]:
        rows = self._rows("SELECT incident FROM entry GROUP BY incident ORDER BY min(position)")
        return [row[0] for row in rows]

    def gaps(self) -> list[str]:
        return [f"INC-{row[0]}" for row in self._rows("SELECT gone_numbers()")]

    def written(self) -> Iterator[Entry]:
        cursor = self.db.cursor(f"written_{len(self._begun)}")
        self._begun.append(cursor)
        cursor.itersize = _AT_ONE_TIME
        cursor.execute(_WRITTEN)
        return map(from_columns, cursor)

    def extent(self) -> Extent:
        query = f"SELECT {_EXTENT} FROM entry WHERE incident <> %s"
        return Extent(*(self._row(query, STORE) or (0, 0, None, None)))

    def tips(self) -> dict[str, tuple[int, str]]:
        return {row[0]: (row[1], row[2]) for row in self._rows(_TIPS, STORE)}

    def dump(self, table: str) -> Iterator[Row]:
        if (self._row(_NOT_ALL) or (False,))[0]:
            raise StoreFailed("This login does not see every incident, so a copy would lack some. Log in as the owner.")
        rows = self._copied(table)
        self._begun.append(rows)
        return rows

    def _copied(self, table: str) -> Generator[Row]:
        query = f"SELECT {COPIED[table]} FROM {table}"
        kinds = self.db.execute(f"{query} LIMIT 0").description or ()
        with (
            self.db.cursor() as cursor,
            cursor.copy(f"COPY ({query} {_BY.get(table, 'ORDER BY number')}) TO STDOUT") as copy,
        ):
            copy.set_types([kind.type_code for kind in kinds])
            yield from copy.rows()


class PostgresLedger(PostgresLog):
    """What a writer sees. It holds the incidents that it has asked for the tip of.

    Changes wait for the next question, or for the commit, and travel to the server together with it.
    """

    def __init__(self, db: Db, known: dict[str, Written] | None = None, *, prepared: bool = False) -> None:
        super().__init__(db)
        self._prepared = prepared
        self._known = {} if known is None else known  # of each incident, what this connection met last
        self._later: tuple[str, int, list[TupleRow]] | None = None
        self.last: Written | None = None
        self._wire = Wire(db)
        self._wire.say("BEGIN")
        self.busy = False  # there may be something to do for a watch

    def commit(self) -> None:
        """Make what was changed last."""
        self._wire.say(_IN_ORDER_THEN_DURABLE if self.last else "COMMIT")
        if self.busy:  # after the commit: inside it, all who commit would wait for one another
            self._wire.say(f"NOTIFY {HINT}")
        self._wire.ask()

    def _change(self, statement: str, *values: object) -> None:
        self._wire.say(_SHORT.get(statement, statement) if self._prepared else statement, *values)

    def _rows(self, query: str, *values: object) -> list[TupleRow]:
        self._change(query, *values)
        return self._wire.ask()

    def _row(self, query: str, *values: object) -> TupleRow | None:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    def tip(self, incident: str) -> Tip | None:
        """The tip of an incident, which nobody else can move until the transaction ends.

        What others wrote since this connection last met the incident comes along, for it is asked for next; unless the
        incident had to be waited for: then what was waited for is not among it.
        """
        known = self._known.get(incident, _NEVER_MET)
        rows = self._rows(_TIP, incident, incident, known.version)
        if not rows:
            return None
        own = len(Tip._fields)
        tip, later = Tip(*rows[0][:own]), [row[own:] for row in rows if row[own] is not None]
        newest = Written(incident, later[-1][_VERSION], later[-1][_DIGEST]) if later else known
        if newest.digest == tip.digest:
            self._known[incident] = newest
            self._later = (incident, known.version, later)
        return tip

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        later, self._later = self._later, None
        if later is None or later[:2] != (incident, after):
            return super().entries(incident, after)
        return map(from_columns, later[2])

    def written(self) -> Iterator[Entry]:
        return map(from_columns, self._rows(_WRITTEN))  # changes and cursors of the server do not go together

    def claim(self, incident: str) -> bool:
        held = self._row("SELECT 1 FROM head WHERE incident = %s FOR UPDATE SKIP LOCKED", incident)
        return held is not None or self._row("SELECT 1 FROM head WHERE incident = %s", incident) is None

    def next_incident(self) -> str:
        self._change(NEXT)
        row = self._row("SELECT next_number()")
        return f"INC-{row[0] if row else 1}"

    def append(self, batch: Batch) -> None:
        incident, ready = batch.head.incident, stamp(batch.entries[-1].recorded_at if batch.entries else LONG_PAST)
        self._enter(batch.entries)
        if batch.entries and batch.entries[0].version > 1 and batch.snapshot is None:
            self._change(_MOVE, *_changing(batch.head), incident)
        else:
            self._change(_KEEP, int(incident.rpartition("-")[2]), *batch.head, batch.snapshot)
        self._each("DELETE FROM timer WHERE id = %s", [(id_,) for id_ in batch.disarmed])
        self._arm(batch.armed)
        self._each(_QUEUE, [derived.outgoing(notice, ready) for notice in batch.notices])
        self._each("DELETE FROM outbox WHERE key = %s", [(key,) for key in batch.settled])
        for version, fields in batch.erased.items():
            self._erase(incident, version, fields)
        self.busy = self.busy or bool(batch.armed or batch.notices)

    def _enter(self, entries: Sequence[Entry]) -> None:
        if entries:
            self._each(ENTER, [columns(entry)[1:] for entry in entries])
            self.last = Written(*_written(entries[-1]))
            self._known[self.last.incident] = self.last

    def _each(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        for row in rows:
            self._change(statement, *row)

    def _arm(self, timers: Sequence[Timer]) -> None:
        self._each(_ARM, [(t.id, t.incident, t.kind, stamp(t.due), t.subject) for t in timers])

    def replace_timers(self, incident: str, timers: Sequence[Timer]) -> None:
        self._change("DELETE FROM timer WHERE incident = %s", incident)
        self._arm(timers)

    def forget(self) -> None:
        self._change("LOCK TABLE head IN EXCLUSIVE MODE")
        for table in ("head", "timer", "outbox"):
            self._change(f"DELETE FROM {table}")

    def lease(self, now: datetime, until: datetime, limit: int) -> list[Queued]:
        rows = self._rows(_LEASE, stamp(now), limit, stamp(until))
        return [derived.queued(row) for row in sorted(rows, key=lambda row: (row[5], row[4], *row[8:]))]

    def hurry(self, latest: datetime, now: datetime) -> None:
        late = "UPDATE outbox SET ready_at = greatest(%s, not_before) WHERE ready_at > %s"
        self._change(late, stamp(now), stamp(latest))

    def postpone(self, key: str, until: datetime) -> None:
        self._change("UPDATE outbox SET ready_at = %s WHERE key = %s", stamp(until), key)

    def beat(self, beat: Beat) -> None:
        query = """INSERT INTO beat (watch, at, every) VALUES (%s, %s, %s)
            ON CONFLICT (watch) DO UPDATE SET (at, every) = (excluded.at, excluded.every)"""
        self._change(query, beat.watch, stamp(beat.at), beat.every)

    def forget_beats(self, watches: Sequence[str]) -> None:
        # In one order whoever does it, so that no two wait for each other.
        self._each("DELETE FROM beat WHERE watch = %s", [(watch,) for watch in sorted(watches)])

    def _erase(self, incident: str, version: int, fields: Sequence[str]) -> None:
        entry = self.entry(incident, version)
        if entry is None:
            return
        kept = derived.without(entry, fields)
        self._change("UPDATE entry SET words = %s WHERE incident = %s AND version = %s", kept, incident, version)
