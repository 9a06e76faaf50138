"""The store in a PostgreSQL database.

Writers hold the incident first (`FOR UPDATE`), then its timers and notices, then the order of positions; always in
that order, so nobody waits in a circle. A transaction takes two trips to the server: one for the tip of the incident,
one for all changes and the commit.
"""

from __future__ import annotations

import logging
import re
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import conninfo

from crisisctl.adapters.postgres import schema
from crisisctl.adapters.postgres.clock import ServerClock
from crisisctl.adapters.postgres.failures import explained, lost, passing, undecided
from crisisctl.adapters.postgres.listener import Listener
from crisisctl.adapters.postgres.presence import begun, made
from crisisctl.adapters.postgres.rows import PREPARE, PostgresLedger, PostgresLog, Written
from crisisctl.adapters.postgres.wire import Db
from crisisctl.domain.errors import Invalid, StoreFailed
from crisisctl.service.nothing import Nothing

if TYPE_CHECKING:
    from crisisctl.adapters.postgres.bulk import PostgresCustody
    from crisisctl.service.ports import Log

_PAUSES = (0.1, 0.3, 0.6, 1.0)  # seconds between attempts to reach a server that is away
_LOOKS = 3  # at whether a transaction came to pass, each with those pauses
# A server that is gone without a word is noticed within half a minute, not after the hours that systems grant.
_USUAL = {
    "connect_timeout": "5",
    "application_name": "crisisctl",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
# No command may hold up the others for long: one that was stopped in the middle is put out before they give up.
_LIMITS = "SET statement_timeout = '30s'; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '15s'"
_SEVERAL = 3
_WHERE = ("user", "host", "port", "dbname")
_PLAIN = re.compile(r"[\w.:-]*")  # a host that a URL can hold as it is
# What the driver has to say of a connection that was lost is told in a sentence, once.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


class Postgres:
    """A store that is a database."""

    def __init__(self, url: str) -> None:
        told = _read(url)
        self._told = conninfo.make_conninfo("", **(_USUAL | told | {"client_encoding": "UTF8"}))
        self._place = _shown(told)
        self._address = _address(told)
        self._connection: Db | None = None
        self._made = False
        self._closed = False
        self._written = 0  # transactions on this connection
        self._known: dict[str, Written] = {}
        self._door = Lock()  # threads that look at the clock or at the log share the connection, and its replacement

    def place(self) -> str:
        """The URL without its password."""
        return self._place

    @contextmanager
    def writing(self) -> Iterator[PostgresLedger]:
        """One transaction: committed when it ends well, rolled back when anything was raised."""
        with self._failures():
            db = self._ready()
            ledger, ended = PostgresLedger(db, self._known, prepared=self._prepared(db)), False
            try:
                yield ledger
                ended = True
                ledger.commit()
            except BaseException as error:
                self._undo(db)
                if not ended or not self._came_to_pass(ledger.last, error):
                    raise

    @contextmanager
    def reading(self) -> Iterator[Log]:
        """A view of one moment."""
        with self._failures():
            db = self._open()
            self._made = self._made or made(db, self._place)  # somebody may have made it since
            if not self._made:
                yield Nothing()
                return
            self._closed = begun(db)
            log = PostgresLog(db)
            try:
                yield log
            finally:
                with suppress(psycopg.Error):
                    log.finish()
                self._undo(db)

    @contextmanager
    def alone(self) -> Iterator[PostgresCustody]:
        """A transaction in which nobody else writes anything, however long it takes."""
        from crisisctl.adapters.postgres import bulk  # noqa: PLC0415 - only a move pays for it

        with self._failures():
            db = self._ready()
            try:
                with bulk.alone(db, self._place) as custody:
                    yield custody
            except BaseException:
                self._undo(db)
                raise

    def address(self) -> str:
        """The URL for the settings, without its password."""
        return self._address

    def about(self) -> dict[str, object]:
        """The server, the login and its rights, and the size of the log."""
        from crisisctl.adapters.postgres.about import about  # noqa: PLC0415 - only a look at the store pays for it

        with self._failures():
            db = self._open()
            return about(db, schema.version(db))

    def clock(self) -> ServerClock:
        """The server's."""
        return ServerClock(self.time)

    def login(self) -> str:
        """The login of the database session."""
        with self._failures():
            return self._open().info.user

    def closed(self) -> bool:
        """Whether the log was moved, as the last reader found it."""
        return self._closed

    def listener(self) -> Listener:
        """What hears that others write."""
        return Listener(self._told)

    def flaws(self) -> list[str]:
        """What differs from the schema that this program makes, and numbers that are not those of their incidents."""
        with self._failures(), self.reading() as log:
            if not isinstance(log, PostgresLog):
                return []
            found = [f"{what} of the schema is not the one that crisisctl makes" for what in schema.differences(log.db)]
            wrong = log.db.execute("SELECT incident FROM head WHERE incident <> 'INC-' || number").fetchall()
            return [*found, *(f"{row[0]} has a number that is not its own" for row in wrong)]

    def time(self) -> datetime:
        """What the server's clock says."""
        with self._failures():
            row = self._open().execute("SELECT extract(epoch FROM clock_timestamp())::text").fetchone()
            return datetime.fromtimestamp(float(row[0] if row else "nan"), UTC)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _prepared(self, db: Db) -> bool:
        """Whether the server knows the usual statements of this connection; one that writes once need not teach it."""
        self._written += 1
        if self._written == _SEVERAL:
            db.execute(PREPARE)
        return self._written >= _SEVERAL

    def _ready(self) -> Db:
        """A connection to a log that is there; made when there is none."""
        db = self._open()
        if not self._made:
            schema.migrate(db)
            self._made = True
        return db

    def _open(self) -> Db:
        """The connection; a broken one is replaced, and a server that is away for a moment is waited for."""
        with self._door:
            if self._connection is not None and _alive(self._connection):
                return self._connection
            self._connection, self._written = None, 0
            db = self._connected()
            try:
                self._made = made(db, self._place)
            except BaseException:
                db.close()
                raise
            self._connection = db
            return db

    def _connected(self) -> Db:
        pauses, until = iter(_PAUSES), time.monotonic() + sum(_PAUSES)
        while True:
            try:
                db: Db = psycopg.connect(self._told, autocommit=True)
            except psycopg.OperationalError as error:
                pause = next(pauses, None)
                if pause is None or not passing(error) or time.monotonic() > until:
                    raise
                time.sleep(pause)
            else:
                return _limited(db)

    def _undo(self, db: Db) -> None:
        """End the transaction without a trace; a connection that cannot even do that is given up."""
        if db.closed:
            return
        try:
            if db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                db.execute("ROLLBACK")
        except psycopg.Error:
            db.close()

    def _came_to_pass(self, last: Written | None, error: BaseException) -> bool:
        """Whether a transaction whose end went wrong was committed all the same.

        Its last entry tells: it is sealed with salts, so it is nobody else's.
        """
        if last is None or not (isinstance(error, psycopg.OperationalError) or undecided(error)):
            return False
        for _ in range(_LOOKS):
            try:
                return self._is_there(last)
            except (psycopg.Error, StoreFailed) as again:
                if not undecided(again):
                    break
        raise lost(self._place) from None

    def _is_there(self, last: Written) -> bool:
        """Whoever holds the incident ends before this is answered, so a commit still under way is waited for."""
        db = self._open()
        look = PostgresLedger(db)
        try:
            look.next_incident()  # of one that was just being opened, there is no head to hold
            look.tip(last.incident)
            found = look.entry(last.incident, last.version)
            look.commit()  # which makes durable what was found
        finally:
            self._undo(db)
        return found is not None and found.digest == last.digest

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise explained(self._place, error) from None


def _limited(db: Db) -> Db:
    try:
        db.execute(_LIMITS)
    except BaseException:
        db.close()
        raise
    return db


def _alive(db: Db) -> bool:
    """Whether the connection is still there: what the server said at the end, if it ended it, is waiting to be read."""
    with db.lock:  # or it would be the answer for another thread that is read here
        while not db.closed and select.select([db.pgconn.socket], [], [], 0)[0]:
            try:
                db.pgconn.consume_input()
                db.pgconn.get_result()
            except psycopg.Error:
                db.close()
    return not db.closed


def _read(url: str) -> dict[str, str]:
    """The parts of a URL; `Invalid`, without quoting any, when part of a password may have ended up in another one."""
    try:
        told = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:  # which may quote the password
        told = {"port": "unknown"}
    numbered = all(port.isdigit() for port in told.get("port", "").split(",") if port)
    path = url.partition("://")[2].partition("?")[0].partition("/")[2]
    if not numbered or "@" in told.get("host", "").partition("/")[0] or "@" in path:
        raise Invalid(
            "The store's URL cannot be read. Write postgresql://LOGIN@HOST/DATABASE, the password in ~/.pgpass; "
            "in the URL, / @ and : in a password are written %2F %40 and %3A."
        )
    return told


def _address(told: Mapping[str, str]) -> str:
    """A URL that leads there again; whatever is secret is left out, for it belongs into ~/.pgpass."""
    more = {key: value for key, value in told.items() if key not in _WHERE and not re.search("passw|secret|key", key)}
    shown = _shown(told)
    return f"{shown}{'&' if '?' in shown else '?'}{_query(more)}" if more else shown


def _shown(told: Mapping[str, str]) -> str:
    """The same without what else was told; a folder or several hosts, which have no place before the path, after it."""
    where = {name: told[name] for name in ("host", "port") if told.get(name)}
    login = f"{quote(told['user'], safe='')}@" if told.get("user") else ""
    database = quote(told.get("dbname", ""), safe="")
    if not _PLAIN.fullmatch(where.get("host", "")) or not where.get("port", "0").isdigit():
        return f"postgresql://{login}/{database}?{_query(where)}"
    host = where.get("host", "")
    port = f":{where['port']}" if "port" in where else ""
    return f"postgresql://{login}{f'[{host}]' if ':' in host else host}{port}/{database}"


def _query(told: Mapping[str, str]) -> str:
    return "&".join(f"{key}={quote(str(value), safe='/,:')}" for key, value in told.items())
