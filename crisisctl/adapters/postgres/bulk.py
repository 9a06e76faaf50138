"""A whole PostgreSQL log at a time: locked, laid down by COPY, emptied and frozen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from crisisctl.adapters.postgres import schema
from crisisctl.adapters.postgres.rows import COPIED, ENTER, NEXT, PostgresLedger
from crisisctl.adapters.postgres.wire import Db
from crisisctl.domain.entries import Entry, columns
from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.moving import sentence
from crisisctl.service.ports import TABLES, Row

# As long as it takes: others are told after ten seconds, but what has the log in hand is not cut off.
_WITHOUT_END = ("SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0")
# In the order in which everybody else takes them: whoever opens an incident has the next number first.
_ALONE = "LOCK TABLE head, entry, timer, outbox, beat IN EXCLUSIVE MODE"
# Positions go on after the last; never back, for the server does not take that back when the copy comes to nothing.
_GO_ON = """SELECT setval(name, greatest((SELECT coalesce(max(position), 0) + 1 FROM entry), nextval(name)), false)
    FROM pg_get_serial_sequence('entry', 'position') AS name"""
_OWNER = """SELECT pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE'),
    current_setting('transaction_read_only')::boolean FROM pg_class
    WHERE oid = 'entry'::regclass"""


class PostgresCustody(PostgresLedger):
    """What the one who copies, empties or freezes the log sees. It needs its owner's rights."""

    def hold(self, place: str) -> None:
        """Wait for whoever is writing, and keep everybody else from it until the transaction ends."""
        owner, mine, read_only = self._row(_OWNER) or ("nobody", False, False)
        if read_only:
            raise StoreFailed(
                f"{place} is a read-only replica or server, and a log there can be neither laid down nor closed. "
                "Name the primary. Nothing was written."
            )
        if not mine:
            raise StoreFailed(
                f"The log in {place} belongs to {owner}, and only its owner may do that. Log in as {owner}."
            )
        self._do(*_WITHOUT_END, NEXT, _ALONE)

    def give_back(self) -> None:
        """Commit."""
        self._do("COMMIT")

    def load(self, table: str, rows: Iterable[Row]) -> None:
        with self.db.cursor() as cursor, cursor.copy(f"COPY {table} ({COPIED[table]}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        if table == "entry":
            self._do(_GO_ON)

    def clear(self) -> None:
        emptied = [f"DELETE FROM {table}" for table in (*TABLES, "room", "member")]
        self._do("ALTER TABLE entry DISABLE TRIGGER USER", *emptied, "ALTER TABLE entry ENABLE TRIGGER USER")

    def freeze(self, entry: Entry) -> None:
        self._change(ENTER, *columns(entry)[1:])
        self._do(*(statement.as_string(self.db) for statement in schema.freezing(sentence(entry))))

    def _do(self, *statements: str) -> None:
        for statement in statements:
            self._change(statement)
        self._wire.ask()


@contextmanager
def alone(db: Db, place: str) -> Iterator[PostgresCustody]:
    """A transaction with all that belongs to the log locked; committed when it ends well."""
    custody = PostgresCustody(db)
    custody.hold(place)
    try:
        yield custody
    finally:
        custody.finish()  # a copy under way would keep the connection for itself
    custody.give_back()
