"""The schema of the SQLite file, made and migrated by sqlite-utils, imported only when there is something to make."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from crisisctl.domain.entries import COLUMNS, STORE, from_columns

if TYPE_CHECKING:
    from sqlite_utils import Database

VERSION = 3
CLOSED = "SELECT count(*) FROM sqlite_schema WHERE name = 'entry_was_moved_insert'"
_KEPT = [name for name in COLUMNS.split() if name != "words"]
_UNIQUE = (
    "position = NEW.position OR (incident = NEW.incident AND version = NEW.version)"
    " OR timer = NEW.timer OR request = NEW.request"
)
# The data of a redaction is canonical JSON that ends in the version it erases. Older SQLite does not let a trigger call
# json_extract when the schema is not trusted.
_TRIGGERS = (
    f"""CREATE TRIGGER entry_is_never_replaced BEFORE INSERT ON entry
    WHEN EXISTS (SELECT 1 FROM entry WHERE {_UNIQUE})
    BEGIN SELECT RAISE(ABORT, 'the version, timer or request is taken'); END""",
    """CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
    f"""CREATE TRIGGER entry_changes_by_redaction_only BEFORE UPDATE ON entry
    WHEN {" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _KEPT)} OR NOT EXISTS (
        SELECT 1 FROM entry WHERE incident = OLD.incident AND type = 'entry.redacted'
        AND data LIKE '%"version":' || OLD.version || '}}')
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END""",
)


def migrate(connection: sqlite3.Connection, version: int = VERSION) -> None:
    """Bring the file to that schema; each migration is one transaction and runs once."""
    from sqlite_utils import Database, Migrations  # noqa: PLC0415 - costs more than the rest of a command together

    migrations = Migrations("crisisctl")

    @migrations()
    def m001_log(db: Database) -> None:
        _entries(db)
        _heads(db)
        _derived(db)

    if version > 1:

        @migrations()
        def m002_not_before(db: Database) -> None:
            db.table("outbox").add_column("not_before", str)

    if version > 2:  # noqa: PLR2004 - the third schema

        @migrations()
        def m003_members(db: Database) -> None:
            db.table("head").add_column("members", str)  # null: everybody may see the incident

    migrations.apply(Database(connection))


def differences(connection: sqlite3.Connection) -> list[str]:
    """The names of what differs from the schema that this program makes.

    A file that nobody has written to since keeps its older schema; one in which a migration has just ended has the
    newer one already.
    """
    begun = connection.execute("PRAGMA user_version").fetchone()[0]
    versions = range(begun if 1 <= begun <= VERSION else VERSION, VERSION + 1)
    return min((_differences(connection, version) for version in versions), key=len)


def _differences(connection: sqlite3.Connection, version: int) -> list[str]:
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(fresh, version)
        for statement in _frozen(connection):
            fresh.execute(statement)
        return sorted({name for name, _ in _objects(connection) ^ _objects(fresh)})
    finally:
        fresh.close()


def freezing(said: str) -> list[str]:
    """What makes the file refuse every change, with a sentence."""
    quoted = said.replace("'", "''")
    return [
        f"CREATE TRIGGER {table}_was_moved_{change.lower()} BEFORE {change} ON {table}\n"
        f"    BEGIN SELECT RAISE(ABORT, '{quoted}'); END"
        for table in ("entry", "head", "timer", "outbox", "beat")
        for change in ("INSERT", "UPDATE", "DELETE")
    ]


def _frozen(connection: sqlite3.Connection) -> list[str]:
    """The same for a log whose own last entry says that it was moved."""
    from crisisctl.domain.moving import sentence, went  # noqa: PLC0415 - only a look at the whole file pays for it

    query = f"SELECT {', '.join(COLUMNS.split())} FROM entry WHERE incident = ? ORDER BY version"
    last = went(map(from_columns, connection.execute(query, (STORE,))))
    return freezing(sentence(last)) if last else []


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """All but SQLite's own and the list of migrations, whose shape is that of the sqlite-utils which made it."""
    ours = "name NOT GLOB 'sqlite_*' AND (tbl_name <> '_sqlite_migrations' OR type = 'trigger')"
    return set(connection.execute(f"SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE {ours}"))


def _entries(db: Database) -> None:
    table = db.table("entry")
    table.create(
        {name: int if name in ("position", "version") else str for name in (*_KEPT, "words")},
        pk="position",
        not_null=set(_KEPT) - {"position", "role", "timer", "request"} | {"words"},
        strict=True,
    )
    table.create_index(["incident", "version"], unique=True)
    for name in ("timer", "request"):  # of the few entries that have one, so that the others write no index page
        db.execute(f"CREATE UNIQUE INDEX idx_entry_{name} ON entry ({name}) WHERE {name} IS NOT NULL")
    for trigger in _TRIGGERS:
        db.execute(trigger)


def _heads(db: Database) -> None:
    texts = (
        "digest",
        "playbook",
        "playbook_digest",
        "title",
        "severity",
        "stages",
        "opened_at",
        "closed_at",
        "snapshot",
    )
    columns = {"number": int, "incident": str, "version": int, "drill": int, **dict.fromkeys(texts, str)}
    db.table("head").create(columns, pk="number", not_null=set(columns) - {"closed_at"}, strict=True)
    db.table("head").create_index(["incident"], unique=True)


def _derived(db: Database) -> None:
    """Pending timers only: a fired or cancelled one is told by the log, so every row of the table is pending."""
    timer = {"id": str, "incident": str, "kind": str, "due": str, "subject": str}
    db.table("timer").create(timer, pk="id", not_null=set(timer), strict=True)
    db.table("timer").create_index(["due", "id"])
    db.table("timer").create_index(["incident"])
    outbox = {
        "key": str,
        "incident": str,
        "version": int,
        "person": str,
        "contact": int,
        "attempts": int,
        "ready_at": str,
    }
    db.table("outbox").create(outbox, pk="key", not_null=set(outbox), strict=True)
    db.table("outbox").create_index(["ready_at"])
    beat = {"watch": str, "at": str, "every": float}
    db.table("beat").create(beat, pk="watch", not_null=set(beat), strict=True)
