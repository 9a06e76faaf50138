"""Rows to fill a store with, and a second door to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.postgres import Postgres
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.domain.entries import Entry, digest, words
from crisisctl.domain.notices import Notice
from crisisctl.domain.timers import Timer
from crisisctl.domain.times import stamp
from crisisctl.service.ports import Batch, Head, Ledger, Message, Store
from crisisctl.service.watch import Each, Watch

NOW = datetime(2026, 3, 28, 22, 0, 0, 123456, tzinfo=UTC)


class Rows:
    """Rows as simple as a store takes them."""

    now = NOW

    @staticmethod
    def entry(version: int, incident: str = "INC-1", text: str = "a note", **changes: Any) -> Entry:
        said = words({"text": text}, lambda: sha256(f"{incident}/{version}".encode()).digest())
        bare = Entry(
            incident, version, NOW, NOW, "dana", "tester", "legal", "cli", "note.added", {"n": version}, said, ""
        )
        bare = bare._replace(**changes)
        return bare._replace(digest=digest(bare, ""))

    @staticmethod
    def head(last: Entry, **changes: Any) -> Head:
        """The head that goes with an entry."""
        id_, version, seal = last.incident, last.version, last.digest
        usual = Head(id_, version, seal, "book", "00", "Title", "sev1", "detected", False, stamp(NOW), None)
        return usual._replace(**changes)

    def batch(self, *entries: Entry, head: Head | None = None, snapshot: str = "{}", **derived: Any) -> Batch:
        return Batch(head or self.head(entries[-1]), snapshot, entries, **derived)

    def append(self, store: Store, *entries: Entry, **derived: Any) -> None:
        with store.writing() as ledger:
            ledger.append(self.batch(*entries, **derived))

    @contextmanager
    def failing(self, store: Store) -> Iterator[Ledger]:
        """A transaction that comes to nothing."""
        with suppress(RuntimeError), store.writing() as ledger:
            yield ledger
            raise RuntimeError

    @staticmethod
    def timer(id_: str, incident: str = "INC-1", *, due: datetime = NOW) -> Timer:
        return Timer(id_, incident, "escalation", due, f"subject of {id_}")

    @staticmethod
    def notice(key: str, incident: str = "INC-1", version: int = 1, person: str = "dana", **changes: Any) -> Notice:
        return Notice(key, incident, version, person, changes.pop("contact", 0), **changes)

    @staticmethod
    def keys(queued: Sequence[Any]) -> list[str]:
        return [row.notice.key for row in queued]

    @staticmethod
    def everything(store: Store) -> tuple[object, ...]:
        """All that a reader can see."""
        with store.reading() as log:
            heads = log.heads()
            return (
                heads,
                [list(log.entries(head.incident)) for head in heads],
                [log.snapshot(head.incident) for head in heads],
                log.due(NOW + timedelta(days=9999), 1000),
                log.outbox(),
                log.beats(),
                list(log.written()),
            )


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def door(store: Store, request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Opens the same store a second time, as another process would."""

    def opened() -> Store:
        if isinstance(store, Memory):
            return store
        again: Store
        if isinstance(store, Postgres):
            again = Postgres(request.getfixturevalue("place").url)
        else:
            again = Sqlite(Path(store.place()), posix.turnstile, posix.network_file_system)
        request.addfinalizer(again.close)
        return again

    return opened


@pytest.fixture
def filed(tmp_path: Path, room_for: Callable[[Store], Any]) -> Iterator[Any]:
    """One open incident in a file."""
    store = Sqlite(tmp_path / "filed" / "crisisctl.db", posix.turnstile, posix.network_file_system)
    room = room_for(store)
    room.open()
    yield room
    store.close()


@pytest.fixture
def spoil(filed: Any) -> Callable[..., None]:
    """Changes the rows of the file behind the program's back, triggers or not."""

    def change(*statements: str, values: Sequence[object] = ()) -> None:
        with closing(sqlite3.connect(filed.store.place(), isolation_level=None)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(statement, values)
            for _, sql in triggers:
                db.execute(sql)

    return change


class Post:
    """A courier that keeps what it was given, or fails as it is told: `trouble` names what happens at an address."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, str]] = []
        self.tried: list[tuple[str, str]] = []
        self.trouble: dict[str, BaseException] = {}

    def check(self, to: str) -> str | None:
        return "no such box" if to in self.trouble else None

    def send(self, message: Message, to: str) -> None:
        self.tried.append((message.key, to))
        if to in self.trouble:
            raise self.trouble[to]
        self.sent.append((message, to))


@pytest.fixture
def post() -> Post:
    """Carries everything but what goes to the console."""
    return Post()


@pytest.fixture
def console() -> Post:
    return Post()


@pytest.fixture
def watching(post: Post, console: Post) -> Callable[..., Watch]:
    """A watch of a room."""

    def made(room: Any, name: str = "here:1", each: Each = map) -> Watch:
        if room.directory.addresses == ("console:",):
            room.directory.addresses = ("post:box",)
        return Watch(room.desk, room.directory, {"console": console, "*": post}, name, each)

    return made
