"""A whole SQLite log at a time: laid down, emptied, frozen, and backed up to another file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from crisisctl.adapters.sqlite import schema
from crisisctl.adapters.sqlite.rows import COPIED, ENTER, SqliteLedger, SqliteLog
from crisisctl.domain.entries import Entry, columns
from crisisctl.domain.moving import sentence
from crisisctl.service.ports import TABLES, Row

_PAGES = 2_000  # of a backup at a time, so that what it has done can be told


class SqliteCustody(SqliteLedger):
    """What the one who copies, empties or freezes the log sees."""

    def load(self, table: str, rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(COPIED[table].split(", ")))
        with self._unguarded():
            self.db.executemany(f"INSERT INTO {table} ({COPIED[table]}) VALUES ({marks})", rows)

    def clear(self) -> None:
        with self._unguarded():
            for table in TABLES:
                self.db.execute(f"DELETE FROM {table}")

    def freeze(self, entry: Entry) -> None:
        self.db.execute(ENTER, (None, *columns(entry)[1:]))
        for statement in schema.freezing(sentence(entry)):
            self.db.execute(statement)

    @contextmanager
    def _unguarded(self) -> Iterator[None]:
        """Without the triggers of the entries, which come back in the same transaction, letter for letter."""
        guards = self.db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'entry'")
        kept = guards.fetchall()
        for name, _ in kept:
            self.db.execute(f"DROP TRIGGER {name}")
        yield
        for _, statement in kept:
            self.db.execute(statement)


def backup(log: SqliteLog, there: sqlite3.Connection, told: Callable[[int, int], None]) -> None:
    """Copy the moment that a reader sees, while others write."""
    log.extent()  # before the first look there is no moment, and the copy would begin anew whenever somebody writes
    log.db.backup(there, pages=_PAGES, progress=lambda _, left, all_: told(all_ - left, all_))
