"""The SQLite file: what it refuses, how it is set, where it may lie, and which files are not its own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite, schema
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import COLUMNS, Source
from crisisctl.domain.errors import CrisisError, StoreFailed, Unverified
from crisisctl.service.desk import Asked
from crisisctl.service.verify import verify

ASKED = Asked(Source("dana", "tester"))
Make = Callable[..., Sqlite]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "crisisctl.db"


@pytest.fixture
def make(path: Path) -> Iterator[Make]:
    """Opens the file as another process would."""
    opened: list[Sqlite] = []

    def open_(at: Path = path, network: Callable[[Path], str | None] = posix.network_file_system) -> Sqlite:
        opened.append(Sqlite(at, posix.turnstile, network))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def room(make: Make, room_for: Callable[[Any], Any]) -> Any:
    """One open incident in the file, of four entries."""
    room = room_for(make())
    room.open()
    room.desk.fire("INC-1")
    assert room.look().version == 4
    return room


@pytest.fixture
def redacted(room: Any) -> Any:
    """Notes as entries 5 and 6; the words of the first were erased."""
    room.ask(ask.AddNote("call +34 600 000 000"))
    room.ask(ask.AddNote("nothing to hide"))
    room.desk.handle("INC-1", ask.Redact(5, (), "a telephone number"), ASKED)
    assert room.types()[4:] == ["note.added", "note.added", "entry.redacted"]
    return room


def _raw(path: Path) -> Any:
    """A connection that knows nothing of the program, as an insider would have it."""
    return closing(sqlite3.connect(path, isolation_level=None))


@pytest.mark.parametrize("column", COLUMNS.split())
@pytest.mark.parametrize("verb", ["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"])
def test_no_column_of_an_entry_can_be_changed(redacted: Any, path: Path, verb: str, column: str) -> None:
    before = redacted.entries()
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(f"{verb} entry SET {column} = coalesce(CAST({column} AS TEXT), '') || '1' WHERE version = 6")
    assert redacted.entries() == before


@pytest.mark.parametrize("column", [name for name in COLUMNS.split() if name != "words"])
def test_a_redaction_opens_nothing_but_the_words(redacted: Any, path: Path, column: str) -> None:
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(f"UPDATE entry SET {column} = coalesce(CAST({column} AS TEXT), '') || '1' WHERE version = 5")  # noqa: S608


def test_the_words_of_a_redacted_entry_alone_can_be_changed(redacted: Any, path: Path) -> None:
    with _raw(path) as db:
        assert db.execute("UPDATE entry SET words = words WHERE version = 5").rowcount == 1
        for version in (1, 2, 3, 4, 6, 7):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute("UPDATE entry SET words = '{}' WHERE version = ?", (version,))


def test_a_redaction_opens_no_entry_of_another_incident(redacted: Any, path: Path) -> None:
    redacted.open()
    for number in range(3):
        redacted.ask(ask.AddNote(f"note {number}"), id_="INC-2")
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE entry SET words = '{}' WHERE incident = 'INC-2' AND version = 5")


def test_a_note_about_a_redaction_is_none(room: Any, path: Path) -> None:
    room.ask(ask.AddNote('{"fields":["text"],"version":5}'))
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE entry SET words = '{}' WHERE version = 5")


def test_the_redaction_of_entry_15_does_not_open_entry_5(room: Any, path: Path) -> None:
    for number in range(12):
        room.ask(ask.AddNote(f"note {number}"))
    room.desk.handle("INC-1", ask.Redact(15, (), "a name"), ASKED)
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE entry SET words = '{}' WHERE version = 5")


@pytest.mark.parametrize("which", ["", "WHERE version = 2", "WHERE version = 5"])
def test_no_entry_can_be_deleted(redacted: Any, path: Path, which: str) -> None:
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(f"DELETE FROM entry {which}")  # noqa: S608
    assert len(redacted.entries()) == 7


CLASHES = {
    "position": "position = 1",
    "version": "version = 2",
    "first version": "version = 1",
    "timer": "timer = 't'",
    "request": "request = 'r'",
}


@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "REPLACE"])
@pytest.mark.parametrize("clash", CLASHES.values(), ids=CLASHES.keys())
def test_no_entry_can_be_written_over(room: Any, path: Path, verb: str, clash: str) -> None:
    name, value = clash.split(" = ")
    free = {"position": "NULL", "version": "9", "timer": "NULL", "request": "NULL"} | {name: value}
    values = ", ".join(free.get(column, column) for column in COLUMNS.split())
    with _raw(path) as db:
        marked = ", ".join(
            {"position": "NULL", "version": "8", "timer": "'t'", "request": "'r'"}.get(c, c) for c in COLUMNS.split()
        )
        db.execute(f"INSERT INTO entry SELECT {marked} FROM entry WHERE version = 3")  # noqa: S608
        before = db.execute("SELECT * FROM entry").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="taken"):
            db.execute(f"{verb} INTO entry SELECT {values} FROM entry WHERE version = 3")  # noqa: S608
        assert db.execute("SELECT * FROM entry").fetchall() == before


def test_an_upsert_changes_nothing(room: Any, path: Path) -> None:
    before = room.entries()
    with _raw(path) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(
            "INSERT INTO entry SELECT * FROM entry WHERE version = 1 ON CONFLICT DO UPDATE SET actor = 'mallory'"
        )
    assert room.entries() == before


def test_every_connection_is_durable_and_careful(room: Any, make: Make) -> None:
    for store in (room.store, make(), make()):
        with store.writing() as ledger:
            read = {name: ledger.db.execute(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS}
            assert read == SETTINGS
    again = make()
    again.close()  # and after it was closed
    with again.writing() as ledger:
        assert ledger.db.execute("PRAGMA synchronous").fetchone() == (2,)


SETTINGS = {"journal_mode": "wal", "synchronous": 2, "trusted_schema": 0, "secure_delete": 1}


def test_a_connection_that_reads_first_is_as_durable_when_it_writes(room: Any, make: Make) -> None:
    store = make()
    with store.reading() as log:
        assert log.head("INC-1")
    with store.writing() as ledger:
        read = {name: ledger.db.execute(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS}
    assert read == SETTINGS


@pytest.fixture
def umask() -> Iterator[None]:
    """The umask that most systems start with."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_nobody_else_can_read_what_it_makes(umask: None, path: Path, room: Any) -> None:
    room.ask(ask.AddNote("not for everybody"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    names = ["crisisctl.db", "crisisctl.db-shm", "crisisctl.db-wal", "crisisctl.db.lock"]
    assert modes == dict.fromkeys(names, 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def _tree(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and file.suffix != ".lock"}


def _use(store: Sqlite, how: str) -> None:
    with store.reading() if how == "read" else store.writing() as log:
        log.heads()


BOTH = pytest.mark.parametrize("how", ["read", "write"])


@BOTH
def test_a_symbolic_link_is_refused(room: Any, path: Path, make: Make, tmp_path: Path, how: str) -> None:
    room.store.close()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    before = _tree(path.parent)
    with pytest.raises(StoreFailed, match=r"link\.db is a symbolic link.*Name the file itself"):
        _use(make(link), how)
    assert _tree(path.parent) == before


@BOTH
def test_a_link_that_leads_nowhere_makes_no_file(make: Make, tmp_path: Path, how: str) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(StoreFailed, match="symbolic link"):
        _use(make(link), how)
    assert not (tmp_path / "elsewhere.db").exists()


@BOTH
def test_a_network_file_system_is_refused(room: Any, path: Path, make: Make, how: str) -> None:
    with pytest.raises(StoreFailed, match=r"network file system \(nfs4\).*local disk, or PostgreSQL"):
        _use(make(network=lambda folder: "nfs4" if folder == path.parent else None), how)


def test_on_a_network_file_system_not_even_a_folder_is_made(path: Path, make: Make) -> None:
    with pytest.raises(StoreFailed, match="network"):
        _use(make(network=lambda _: "cifs"), "write")
    assert not path.parent.exists()


@BOTH
def test_any_other_database_is_left_alone(path: Path, make: Make, how: str) -> None:
    path.parent.mkdir()
    with _raw(path) as db:
        db.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY)")
    before = _tree(path.parent)
    with pytest.raises(StoreFailed, match=r"crisisctl\.db is a database, but not a log of crisisctl. Name another"):
        _use(make(), how)
    assert _tree(path.parent) == before


@BOTH
@pytest.mark.parametrize("content", [b"x", b"not a database " * 1000, b"\0" * 8192, os.urandom(8192)], ids=len)
def test_a_file_that_is_no_database_is_left_alone(path: Path, make: Make, content: bytes, how: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreFailed, match=r"crisisctl\.db is .*(Move it away|Name another)"):
        _use(make(), how)
    assert _tree(path.parent) == {"crisisctl.db": content}


@BOTH
def test_a_log_of_a_newer_program_is_left_alone(room: Any, path: Path, make: Make, how: str) -> None:
    room.store.close()
    with _raw(path) as db:
        db.execute("PRAGMA user_version = 999")
    before = path.read_bytes()
    with pytest.raises(StoreFailed, match=r"crisisctl\.db was written by a newer crisisctl. Upgrade"):
        _use(make(), how)
    assert path.read_bytes() == before


@BOTH
def test_a_folder_in_its_place_is_refused(path: Path, make: Make, how: str) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreFailed, match=r"crisisctl\.db"):
        _use(make(), how)


@BOTH
@pytest.mark.parametrize("left", [1, 50, 99, 600, 4096, 10_000, -4096])
def test_a_log_that_was_cut_short_is_found_out(room: Any, path: Path, make: Make, left: int, how: str) -> None:
    room.store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    with pytest.raises((StoreFailed, Unverified), match=r"crisisctl\.db is .*(restore|Name another)") as caught:
        _use(make(), how)
    assert caught.value.code in (7, 8)
    assert path.read_bytes() == whole[:left]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "ones": lambda old: b"\xff" * len(old),
    "zeros": lambda old: bytes(len(old)),
    "flipped": lambda old: bytes(255 - byte for byte in old),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_what_went_bad_is_found_or_harmless(
    room: Any, path: Path, make: Make, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.AddNote("x" * 9_000))
    told = room.entries()
    room.store.close()
    whole = path.read_bytes()
    hurt = tmp_path / "hurt.db"
    hurt.write_bytes(whole[:-1])
    assert _found(make(hurt)) or _read(make(hurt)) == told
    for place in range(100, len(whole), 1021):
        hurt.write_bytes(whole[:place] + damage(whole[place : place + 16]) + whole[place + 16 :])
        assert _found(make(hurt)) or _read(make(hurt)) == told, f"at {place}"


def _found(store: Sqlite) -> bool:
    try:
        return bool(verify(store, None).flaws)
    except CrisisError as error:
        return store.place() in str(error) or "INC-1" in str(error)
    finally:
        store.close()


def _read(store: Sqlite) -> object:
    with store.reading() as log:
        return list(log.entries("INC-1"))


@BOTH
def test_a_making_that_was_cut_short_is_finished(path: Path, make: Make, how: str) -> None:
    path.parent.mkdir()
    with _raw(path) as db:
        db.execute("PRAGMA application_id = 0x43524953")
        db.execute("PRAGMA journal_mode = wal")
    _use(make(), how)
    with make().writing() as ledger:
        assert ledger.next_incident() == "INC-1"


def test_an_empty_file_is_an_empty_log(path: Path, make: Make) -> None:
    path.parent.mkdir()
    path.touch(mode=0o600)
    with make().reading() as log:
        assert log.heads() == []
    assert path.stat().st_size == 0
    with make().writing() as ledger:
        assert ledger.next_incident() == "INC-1"


def test_reading_where_nothing_is_makes_nothing(path: Path, make: Make) -> None:
    with make().reading() as log:
        assert log.heads() == []
    assert make().flaws() == []
    assert not path.parent.exists()


def test_a_store_can_be_closed_twice_and_opened_again(room: Any) -> None:
    room.store.close()
    room.store.close()
    assert room.look().version == 4
    room.ask(ask.AddNote("again"))


def test_a_copy_of_the_file_is_the_same_log(redacted: Any, path: Path, make: Make, tmp_path: Path) -> None:
    redacted.store.close()
    shutil.copy(path, tmp_path / "copy.db")
    copy = make(tmp_path / "copy.db")
    assert verify(copy, None).flaws == []
    with copy.reading() as log:
        assert list(log.entries("INC-1")) == redacted.entries()


def _of_the_first_schema(path: Path) -> None:
    """Take from the file what later migrations added, so that it is as the first program left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db, closing(sqlite3.connect(":memory:")) as old:
        old.isolation_level = None
        schema.migrate(old, 1)
        tables = ("head", "timer", "outbox", "beat")
        for table in tables:
            names = ", ".join(row[1] for row in old.execute(f"PRAGMA table_info({table})"))
            rows = db.execute(f"SELECT {names} FROM {table}").fetchall()  # noqa: S608 - names of our own
            db.execute(f"DROP TABLE {table}")
            for (sql,) in old.execute("SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL", (table,)):
                db.execute(sql)
            marks = ", ".join("?" * len(names.split(", ")))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - the same
        db.execute("DELETE FROM _sqlite_migrations WHERE name <> 'm001_log'")
        db.execute("PRAGMA user_version = 1")


@pytest.fixture
def old(room: Any, path: Path) -> Path:
    """The file of one open incident, as the first program left it."""
    room.store.close()
    _of_the_first_schema(path)
    return path


def test_a_log_of_the_first_schema_is_read_as_it_is(old: Path, make: Make) -> None:
    store = make()
    with store.reading() as log:
        assert [(head.incident, head.members) for head in log.heads()] == [("INC-1", None)]
        assert log.head("INC-1") == log.heads()[0]
        assert len(list(log.entries("INC-1"))) == 4
    assert verify(store, None) == (1, 4, 0, [])
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_the_first_to_write_brings_a_log_of_the_first_schema_up_to_date(
    old: Path, make: Make, room_for: Callable[[Any], Any]
) -> None:
    room = room_for(make())
    room.ask(ask.AddNote("later"))
    room.open(restricted=True)
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert db.execute("SELECT incident, members FROM head").fetchall() == [("INC-1", None), ("INC-2", "dana")]
    assert len(room.entries()) == 5
    assert verify(make(), None).flaws == []
