"""The store in one SQLite file, on the standard library's sqlite3.

WAL with `synchronous=FULL` lost no acknowledged commit in simulated power cuts; `BEGIN IMMEDIATE` behind a turnstile
keeps a person's command from waiting while watches drain a backlog.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from crisisctl.adapters.sqlite import schema
from crisisctl.adapters.sqlite.rows import SqliteLedger, SqliteLog
from crisisctl.domain.errors import Conflict, StoreFailed
from crisisctl.service.nothing import Nothing
from crisisctl.service.ports import Log

if TYPE_CHECKING:
    from crisisctl.adapters.sqlite.bulk import SqliteCustody

APPLICATION = 0x43524953  # "CRIS": tells this log from any other SQLite file
Turnstile = Callable[[Path], AbstractContextManager[None]]
L = TypeVar("L", bound=SqliteLedger)


class Sqlite:
    """A store that is a file."""

    def __init__(self, path: Path, turnstile: Turnstile, network: Callable[[Path], str | None]) -> None:
        self._path = path
        self._uri = f"file:{quote(os.fsencode(path))}"
        self._turnstile = turnstile
        self._network = network
        self._connection: sqlite3.Connection | None = None
        self._plain = False  # what reads could write as well
        self._prepared = False
        self._anew = False
        self._closed = False
        self._entrance: AbstractContextManager[None] | None = None

    def place(self) -> str:
        """The file's path."""
        return str(self._path)

    def address(self) -> str:
        """The file's path as the settings have it."""
        return f"sqlite:{self._path.absolute()}"

    def begin_anew(self) -> None:
        """Let a log that is gone be made again: what follows puts its entries back."""
        self._anew = True

    def writing(self) -> AbstractContextManager[SqliteLedger]:
        """A transaction under the turnstile: `BEGIN IMMEDIATE`, then commit, or rollback when anything was raised."""
        return self._transaction(SqliteLedger)

    def alone(self) -> AbstractContextManager[SqliteCustody]:
        """The same, for whoever writes a file is alone in it."""
        from crisisctl.adapters.sqlite.bulk import SqliteCustody  # noqa: PLC0415 - only a move pays for it

        return self._transaction(SqliteCustody)

    @contextmanager
    def _transaction(self, kind: Callable[[sqlite3.Connection], L]) -> Iterator[L]:
        with self._failures():
            connection, gate = self._opened_for_writing(), self._gate()
            with gate:
                connection.execute("BEGIN IMMEDIATE")
                ledger = kind(connection)
                try:
                    yield ledger
                    ledger.finish()
                    connection.execute("COMMIT")
                except BaseException:
                    ledger.finish()
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                if ledger.erased:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the write-ahead log still has the words

    @contextmanager
    def reading(self) -> Iterator[Log]:
        """A view of one moment; a file that cannot be written can still be read."""
        with self._failures():
            connection = self._opened_for_reading()
            if connection is None:
                yield Nothing()
                return
            connection.execute("BEGIN")
            log = SqliteLog(connection)
            try:
                yield log
            finally:
                log.finish()
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def clock(self) -> None:
        """The machine's: a file serves one machine."""

    def login(self) -> None:
        """A file knows nobody."""

    def closed(self) -> bool:
        """Whether the file was closed by a move when it was opened to be read."""
        return self._closed

    def listener(self) -> None:
        """Only looking tells."""

    def flaws(self) -> list[str]:
        """What SQLite's own check finds, and what differs from the schema that this program makes."""
        with self._failures(), self.reading() as log:
            if not isinstance(log, SqliteLog):
                return []
            found = [row[0] for row in log.db.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
            odd = schema.differences(log.db)
            found += [f"the schema of {name} is not the one that crisisctl makes" for name in odd]
            wrong = log.db.execute("SELECT incident FROM head WHERE incident IS NOT 'INC-' || number")
            return [*found, *(f"{row[0]} has a number that is not its own" for row in wrong)]

    def about(self) -> dict[str, object]:
        """The file: its size, its mode, and how SQLite keeps it."""
        from crisisctl.adapters.sqlite.about import about  # noqa: PLC0415 - only a look at the store pays for it

        with self._failures():
            return about(self._path, self._opened_for_reading())

    def backup(self, file: Path, told: Callable[[int, int], None]) -> None:
        """Copy the log into a new file by SQLite's own means; `told` hears how many pages of how many are done."""
        from crisisctl.adapters.sqlite.bulk import backup  # noqa: PLC0415 - only a backup pays for it

        with self.reading() as log, closing(_connect(f"file:{quote(os.fsencode(file))}?mode=rwc")) as there:
            if isinstance(log, SqliteLog):
                backup(log, there, told)

    def fold(self) -> None:
        """Close the file, and leave it as one without a write-ahead log, which can be copied and read anywhere."""
        self.close()
        with self._failures(), closing(_connect(f"{self._uri}?mode=rw")) as connection:
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._prepared = False

    def _gate(self) -> AbstractContextManager[None]:
        if self._entrance is None:
            self._entrance = self._turnstile(self._beside(".lock"))
        return self._entrance

    def _opened_for_writing(self) -> sqlite3.Connection:
        if self._connection is None or not self._prepared:
            if not self._plain:
                self.close()
            if self._connection is None:
                self._refuse_strange_places()
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._gate():
                if self._connection is None and self._empty():
                    self._make()
                self._connection = self._prepare(self._connection or _connect(f"{self._uri}?mode=rw"))
                self._remember()
            self._prepared = True
        return self._connection

    def _remember(self) -> None:
        """Say in the lock file that a log was made, so that its loss is no fresh start."""
        lock = self._beside(".lock")
        if not self._made() and lock.exists():
            lock.write_bytes(b"A log was made beside this file.\n")

    def _empty(self) -> bool:
        """Whether there is no log yet; `StoreFailed` when there was one, for a new one would wipe its last entries."""
        if self._path.exists():
            if not self._path.is_file():
                raise StoreFailed(
                    f"{self._path} is not an ordinary file. Nothing was written; name another in the settings."
                )
            if self._path.stat().st_size:
                return False
        elif not self._path.parent.parent.is_dir():
            raise StoreFailed(f"{self._path} cannot be reached: there is no folder {self._path.parent.parent}.")
        wal = self._beside("-wal")
        if wal.exists() and wal.stat().st_size:
            raise StoreFailed(
                f"{self._path} is gone or empty, but {wal.name} beside it holds entries of it. "
                f"Put the file back, or move {wal.name} away to begin a new log."
            )
        if self._made() and not self._anew:
            lock = self._beside(".lock").name
            raise StoreFailed(
                f"{self._path} is gone or empty; {lock} says that a log was there. "
                f"Restore a backup, or remove {lock} to begin a new log."
            )
        return True

    def _made(self) -> bool:
        lock = self._beside(".lock")
        return lock.is_file() and lock.stat().st_size > 0

    def _make(self) -> None:
        """Put an empty log in place, whole: it is made beside it, so that a crash or a full disk leaves all or none."""
        fresh = self._beside(".new")
        for stale in (fresh, self._beside("-journal"), self._beside("-wal"), self._beside("-shm")):
            stale.unlink(missing_ok=True)  # of a making that was cut short, or of a file that is gone
        handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            uri = f"file:{quote(os.fsencode(fresh))}?mode=rw"
            with closing(_pattern()) as pattern, closing(_connect(uri)) as connection:
                connection.execute("PRAGMA synchronous=OFF")  # synced once, before anybody can see it
                pattern.backup(connection)
                self._write_ahead(connection)
            os.fsync(handle)
            fresh.replace(self._path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        _sync_folder(self._path.parent)

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(f"{self._path.name}{ending}")

    def _prepare(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        try:
            self._check(connection)
            self._write_ahead(connection)
            connection.execute("PRAGMA synchronous=FULL")
            _migrate(connection)
        except BaseException:
            connection.close()
            self._connection = None
            raise
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
            raise StoreFailed(f"{self._path} cannot be switched to a write-ahead log. Use a local disk.")

    def _opened_for_reading(self) -> sqlite3.Connection | None:
        if self._connection is None:
            self._refuse_strange_places()
            if self._empty():
                return None
            connection = self._readable()
            try:
                self._check(connection)
                unmade = _get(connection, "user_version") == 0  # whoever was making it got no further
            except BaseException:
                connection.close()
                raise
            if unmade:
                connection.close()
                return None
            self._connection = connection
        return self._connection

    def _readable(self) -> sqlite3.Connection:
        """A connection that reads: plain, or `immutable` where the folder lets no shared memory file be made."""
        refusal: sqlite3.OperationalError | None = None
        for mode in ("mode=rw", "mode=ro", "mode=ro&immutable=1"):
            if "immutable" in mode:
                self._refuse_to_forget()
            connection = _connect(f"{self._uri}?{mode}")
            try:
                self._closed = bool(connection.execute(schema.CLOSED).fetchone()[0])
            except sqlite3.OperationalError as error:
                connection.close()
                refusal = error
            except BaseException:
                connection.close()
                raise
            else:
                self._plain = mode == "mode=rw"
                return connection
        raise refusal or sqlite3.OperationalError("unable to open")

    def _refuse_to_forget(self) -> None:
        """`immutable` looks past the write-ahead log, and with it past what was recorded last."""
        wal = self._beside("-wal")
        if wal.exists() and wal.stat().st_size:
            raise StoreFailed(
                f"{self._path} has entries in {wal.name} that cannot be read where nothing can be written. "
                f"Copy {self._path.name} and {wal.name} to a folder of your own, and read them there."
            )

    def _check(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        if _get(connection, "application_id") != APPLICATION:
            raise StoreFailed(
                f"{self._path} is a database, but not a log of crisisctl. Name another file in the settings."
            )
        if _get(connection, "user_version") > schema.VERSION:
            raise StoreFailed(f"{self._path} was written by a newer crisisctl. Upgrade this one to use it.")
        return connection

    def _refuse_strange_places(self) -> None:
        if self._path.is_symlink():
            raise StoreFailed(
                f"{self._path} is a symbolic link; the log must be a file of its own. Name the file itself."
            )
        if kind := self._network(self._path.parent):
            raise StoreFailed(
                f"{self._path} lies on a network file system ({kind}), where SQLite loses data. "
                "Use a local disk, or PostgreSQL for a team."
            )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            from crisisctl.domain.moving import BEGINNING  # noqa: PLC0415 - only a failure pays for it

            if str(error).startswith(BEGINNING):
                raise StoreFailed(f"{error}. Nothing was written.") from None
            raise Conflict(f"Somebody else has moved the incident first ({error}). Look at it again.") from None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            from crisisctl.adapters.sqlite.failures import explained  # noqa: PLC0415 - only a failure pays for it

            raise explained(self._path, error) from None
        except OSError as error:
            raise StoreFailed(f"{error.filename or self._path}: {error.strerror}. Nothing was written.") from None


def _connect(uri: str) -> sqlite3.Connection:
    """A connection for one user at a time, who may be another thread each time."""
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA secure_delete=ON")  # what a redaction or a newer snapshot replaces is overwritten
    return connection


def _pattern() -> sqlite3.Connection:
    """An empty log in memory: sqlite-utils takes a disk that fails under its probes for a SQLite that can do less."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _set(connection, "application_id", APPLICATION)
    _migrate(connection)
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    if _get(connection, "user_version") < schema.VERSION:
        schema.migrate(connection)
        _set(connection, "user_version", schema.VERSION)


def _get(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _set(connection: sqlite3.Connection, pragma: str, value: int) -> None:
    connection.execute(f"PRAGMA {pragma}={value}")


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
