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

ROUNDS, ON_END = 150, 20
WARM = 1_000  # commits, after which every write-ahead log has come round once
EVENTS = 50  # in an aggregate of the peer, and in our incident before it is warmed up
AGGREGATES = 100  # so many that none grows much while it is measured
TEXT = "the vendor confirms that the dump is genuine"

_NAMES = ", ".join(COLUMNS.split())
_INSERT = f"INSERT INTO entry ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS.split()))})"  # noqa: S608 - as above

Work = dict[str, Callable[[], object]]


@pytest.fixture
def ours(long: Callable[[int], Long]) -> Work:
    """A note, and a move."""
    _, office, moves = long(EVENTS)
    asked = Asked(office.source())
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
        _, incident, version, *rest = db.execute(f"SELECT {_NAMES} FROM entry ORDER BY 1 DESC").fetchone()  # noqa: S608 - names of columns
        versions = count(version + 1)

        def write() -> None:
            db.execute("BEGIN IMMEDIATE")
            db.execute(_INSERT, (None, incident, next(versions), *rest))
            db.execute("COMMIT")

        yield write


@pytest.fixture(scope="module")
def aggregate() -> Any:
    """An incident as the package eventsourcing has it; it remembers each class by its name, so there is but one."""
    domain = pytest.importorskip("eventsourcing.domain")

    class Incident(domain.Aggregate):  # type: ignore[name-defined, misc]
        def __init__(self, title: str) -> None:
            self.title = title
            self.notes = 0

        @domain.event("Noted")  # type: ignore[untyped-decorator]
        def note(self, text: str) -> None:
            self.notes += bool(text)

    return Incident


@pytest.fixture
def peer(tmp_path: Path, aggregate: Any) -> Callable[[], None]:
    """With that package, on SQLite: load an aggregate of fifty events, decide, save."""
    application = pytest.importorskip("eventsourcing.application")
    settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(tmp_path / "peer.db")}
    app: Any = application.Application(env=settings)
    known = []
    for number in range(AGGREGATES):
        incident = aggregate(f"Incident {number}")
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


@pytest.mark.parametrize(("command", "share"), [("note", 1 / 2), ("advance", 1 / 3)])  # a move writes three rows
def test_a_command_is_a_good_part_as_fast_as_the_bare_insert_of_one_row(
    bench: Bench,
    in_turn: Callable[..., Laps],
    rate: Callable[[Laps, str, str], float],
    ours: Work,
    bare: Callable[[], None],
    command: str,
    share: float,
) -> None:
    laps = in_turn(warmed({command: ours[command], "bare insert": bare}, WARM), ROUNDS, ON_END)
    bench.show(laps)
    bench.at_least(f"{command} a second, against bare inserts", rate(laps, command, "bare insert"), share)


@pytest.mark.parametrize("command", ["note", "advance"])
def test_a_command_is_three_times_as_fast_as_the_same_with_eventsourcing(
    bench: Bench,
    in_turn: Callable[..., Laps],
    rate: Callable[[Laps, str, str], float],
    ours: Work,
    peer: Callable[[], None],
    command: str,
) -> None:
    warmed({command: ours[command]}, WARM)
    laps = in_turn({command: ours[command], "eventsourcing": peer}, ROUNDS, ON_END)
    bench.show(laps)
    bench.at_least(f"{command} a second, against eventsourcing", rate(laps, command, "eventsourcing"), 3)
