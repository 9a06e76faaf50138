"""A log that the first schema kept: it is read as it is, and brought up to date by whoever writes to it first."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite, schema
from crisisctl.service.verify import rebuild, verify

if TYPE_CHECKING:
    from tests.conftest import Program

OLD = Path(__file__).parent.parent / "data" / "log-version-1.sql"
TABLES = ("entry", "head", "timer", "outbox", "beat")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as the first schema left it."""
    made = tmp_path / "state" / "crisisctl.db"
    made.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(made)) as db:
        db.executescript(OLD.read_text())
    made.chmod(0o600)
    return made


@pytest.fixture
def store(path: Path) -> Iterator[Sqlite]:
    opened = Sqlite(path, posix.turnstile, posix.network_file_system)
    yield opened
    opened.close()


def rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as db:
        return {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608 - our own names


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_reading_it_changes_nothing_and_finds_no_flaw(path: Path, store: Sqlite) -> None:
    before = rows(path)
    with store.reading() as log:
        (row,) = log.outbox()
        assert (row.notice.person, row.notice.not_before) == ("dana", None)
        assert len(list(log.entries("INC-1"))) == 6
    assert verify(store, None).flaws == []
    assert (rows(path), version(path)) == (before, 1)


def test_it_is_read_where_nothing_can_be_written(path: Path) -> None:
    path.chmod(0o400)
    copy = Sqlite(path, posix.turnstile, lambda _: None)
    with copy.reading() as log:
        assert [row.notice.not_before for row in log.outbox()] == [None]
    copy.close()


def test_whoever_writes_first_brings_it_up_to_date_and_keeps_every_row(path: Path, store: Sqlite) -> None:
    before = rows(path)
    with store.writing():
        pass
    assert version(path) == schema.VERSION
    after = rows(path)
    grown = ("outbox", "head")  # by what a notice waits for, and by who may see an incident
    for table in grown:
        assert after[table] == [(*row, None) for row in before[table]]
    assert {t: after[t] for t in TABLES if t not in grown} == {t: before[t] for t in TABLES if t not in grown}
    assert verify(store, None).flaws == []


def test_it_has_then_the_schema_of_a_new_file(path: Path, store: Sqlite) -> None:
    with store.writing() as ledger:
        assert schema.differences(ledger.db) == []
        ledger.db.execute("CREATE INDEX odd ON outbox (person)")
        assert schema.differences(ledger.db) == ["odd"]


def test_a_migration_cut_short_after_its_change_is_finished_by_the_next(path: Path, store: Sqlite) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db)  # and then the machine died
    assert version(path) == 1
    assert verify(store, None).flaws == []
    with store.writing():
        pass
    assert version(path) == schema.VERSION


def test_what_is_derived_can_be_written_anew_in_it(path: Path, store: Sqlite) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM outbox")
        db.commit()
    assert rebuild(store) == 1
    assert verify(store, None).flaws == []
    assert len(rows(path)["outbox"]) == 1


def test_the_program_goes_on_with_it(program: Program, path: Path) -> None:
    shutil.copytree(path.parent, program.root / "state", dirs_exist_ok=True)
    assert program.ok("status", "--json").json["version"] == 6
    program.ok("ack")
    assert program.ok("verify", "--json").json["ok"]
    assert version(program.root / "state" / "crisisctl.db") == schema.VERSION
