"""The log reached behind the program's back, by somebody with the rights of its owner: what `verify` has to find."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import DictRow, dict_row

from crisisctl.adapters.postgres import Postgres

_TABLES = ("entry", "head", "timer", "outbox", "beat")


class Behind(Protocol):
    """A way to the log that asks nobody."""

    @property
    def place(self) -> str:
        """What the program calls the log."""
        ...

    def change(self, statement: str) -> None:
        """Run a statement that both databases understand while nothing guards the log, then guard it again."""
        ...

    def drop_a_guard(self) -> str:
        """Take away what keeps entries from being deleted, and tell its name."""
        ...

    def newest(self) -> dict[str, Any]:
        """The row of the newest entry, with the login that no view shows."""
        ...

    def made(self) -> bool:
        """Whether there is anything of a log."""
        ...

    def mark(self) -> str:
        """Stays the same as long as nothing is written."""
        ...

    def spoil(self) -> None:
        """Leave something in its place that is no log."""
        ...


class File:
    """The way to a SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def place(self) -> str:
        return str(self.path)

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            guards = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            db.execute("BEGIN")
            for name, _ in guards:
                db.execute(f"DROP TRIGGER {name}")
            db.execute(statement)
            for _, guard in guards:
                db.execute(guard)
            db.execute("COMMIT")

    def drop_a_guard(self) -> str:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            db.execute("DROP TRIGGER entry_is_never_deleted")
        return "entry_is_never_deleted"

    def newest(self) -> dict[str, Any]:
        with closing(sqlite3.connect(self.path)) as db:
            db.row_factory = sqlite3.Row
            return dict(db.execute("SELECT * FROM entry ORDER BY position DESC LIMIT 1").fetchone())

    def made(self) -> bool:
        return self.path.exists()

    def mark(self) -> str:
        kept = (path for path in (self.path, self.path.with_name(f"{self.path.name}-wal")) if path.exists())
        return hashlib.sha256(b"".join(path.read_bytes() for path in kept)).hexdigest()

    def spoil(self) -> None:
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self.path.write_text("not a database, but long enough to be looked at" * 100)


class Database:
    """The way to a schema of PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def place(self) -> str:
        return Postgres(self.url).place()

    def change(self, statement: str) -> None:
        with self._connected() as db, db.transaction():
            db.execute("ALTER TABLE entry DISABLE TRIGGER USER")
            db.execute(statement.encode())
            db.execute("ALTER TABLE entry ENABLE TRIGGER USER")

    def drop_a_guard(self) -> str:
        with self._connected() as db:
            db.execute("DROP TRIGGER entry_is_kept ON entry")
        return "entry_is_kept"

    def newest(self) -> dict[str, Any]:
        with self._connected() as db:
            return db.execute("SELECT * FROM entry ORDER BY position DESC LIMIT 1").fetchone() or {}

    def made(self) -> bool:
        with self._connected() as db:
            found = db.execute("SELECT 1 FROM pg_tables WHERE schemaname = current_schema()").fetchone()
            return found is not None

    def mark(self) -> str:
        """Where each row lies and who wrote it, for even a row that is written as it was is a new one."""
        with self._connected() as db:
            rows = [
                db.execute(f"SELECT ctid, xmin, * FROM {table} ORDER BY ctid".encode()).fetchall()  # noqa: S608 - ours
                for table in _TABLES
            ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def spoil(self) -> None:
        with self._connected() as db:
            db.execute("CREATE TABLE crisisctl_schema AS SELECT 1 AS version, 'nothing else is here' AS said")

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[DictRow]]:
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as db:
            yield db
