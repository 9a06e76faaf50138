"""Commands in one process, each durable when it returns, against what a log cannot do without and against a peer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import COLUMNS
from crisisctl.service.desk import Asked

if TYPE_CHECKING:
    from tests.benchmarks.conftest import Bench, Laps, Long

pytestmark = pytest.mark.bench

ROUNDS, ON_END = 41, 20
WARM = 1_000  # commits, after which every write-ahead log has come round once
EVENTS = 50  # in an aggregate of the peer, and in our incident before it is warmed up
AGGREGATES = 20
TEXT = "the vendor confirms that the dump is genuine"

Work = dict[str, Callable[[], object]]


@pytest.fixture
def ours(long: Callable[[int], Long]) -> Work:
    """A note, and a move."""
    office = long(EVENTS).office
    asked = Asked(office.source())
    moves = cycle(("activate", "stand-down"))
    return {
        "note": lambda: office.desk.handle("INC-1", ask.AddNote(TEXT), asked),
        "advance": lambda: office.desk.handle("INC-1", ask.Advance(next(moves)), asked),
    }


@pytest.fixture
def bare(long: Callable[[int], Long]) -> Iterator[Callable[[], None]]:
    """BEGIN IMMEDIATE, INSERT, COMMIT: the row of a note into the table of a second log, with the same settings."""
    office = long(EVENTS + 1).office
    office.store.close()
    with closing(sqlite3.connect(office.settings.root / "state" / "crisisctl.db", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        names = COLUMNS.split()
        row = db.execute(f"SELECT {', '.join(names)} FROM entry ORDER BY position DESC LIMIT 1").fetchone()
        note = dict(zip(names, row, strict=True)) | {"position": None}
        insert = f"INSERT INTO entry ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
        versions = count(note["version"] + 1)

        def write() -> None:
            db.execute("BEGIN IMMEDIATE")
            db.execute(insert, note | {"version": next(versions)})
            db.execute("COMMIT")

        yield write


@pytest.fixture
def peer(tmp_path: Path) -> Callable[[], None]:
    """The package eventsourcing on SQLite: load an aggregate of fifty events, decide, save."""
    application = pytest.importorskip("eventsourcing.application")
    domain = pytest.importorskip("eventsourcing.domain")

    class Incident(domain.Aggregate):  # type: ignore[name-defined, misc]
        def __init__(self, title: str) -> None:
            self.title = title
            self.notes: list[str] = []

        @domain.event("Noted")  # type: ignore[misc, untyped-decorator]
        def note(self, text: str) -> None:
            self.notes.append(text)

    settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(tmp_path / "peer.db")}
    app: Any = application.Application(env=settings)
    known = []
    for number in range(AGGREGATES):
        incident = Incident(f"Incident {number}")
        for _ in range(EVENTS - 1):
            incident.note(TEXT)
        app.save(incident)
        known.append(incident.id)
    ids = cycle(known)

    def write() -> None:
        incident = app.repository.get(next(ids))
        incident.note(TEXT)
        app.save(incident)

    return write


def warmed(work: Work, times: int) -> Work:
    for one in work.values():
        for _ in range(times):
            one()
    return work


@pytest.mark.parametrize("command", ["note", "advance"])
def test_a_command_is_at_least_half_as_fast_as_the_bare_insert_of_its_row(
    bench: Bench,
    in_turn: Callable[..., Laps],
    ratio: Callable[[Laps, str, str], float],
    ours: Work,
    bare: Callable[[], None],
    command: str,
) -> None:
    laps = in_turn(warmed({command: ours[command], "bare insert": bare}, WARM), ROUNDS, ON_END)
    bench.show(laps)
    bench.at_least(f"{command} a second, against bare inserts", ratio(laps, "bare insert", command), 0.5)


@pytest.mark.parametrize("command", ["note", "advance"])
def test_a_command_is_three_times_as_fast_as_the_same_with_eventsourcing(
    bench: Bench,
    in_turn: Callable[..., Laps],
    ratio: Callable[[Laps, str, str], float],
    ours: Work,
    peer: Callable[[], None],
    command: str,
) -> None:
    warmed({command: ours[command]}, WARM)
    laps = in_turn({command: ours[command], "eventsourcing": peer}, ROUNDS, ON_END)
    bench.show(laps)
    bench.at_least(f"{command} a second, against eventsourcing", ratio(laps, "eventsourcing", command), 3)
