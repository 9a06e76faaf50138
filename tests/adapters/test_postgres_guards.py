"""The log only grows, for its owner too; a redaction takes the words, and nothing else, out of the table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from psycopg import errors, sql

from crisisctl.adapters.postgres import Postgres
from crisisctl.domain import commands as ask
from crisisctl.service.verify import verify
from tests.postgres import Place

CANARY = "Ms Canary of 12 Feather Lane"
FORBIDDEN = {
    "update": "UPDATE entry SET actor = 'mallory'",
    "update of words": "UPDATE entry SET words = '{}'",
    "update in place": "UPDATE entry SET position = position + 1000",
    "delete": "DELETE FROM entry",
    "delete of the last": "DELETE FROM entry WHERE version = (SELECT max(version) FROM entry)",
    "truncate": "TRUNCATE entry",
    "truncate with all": "TRUNCATE entry, head, timer CASCADE",
    "conflicting insert": "INSERT INTO entry SELECT * FROM entry WHERE version = 1"
    " ON CONFLICT (incident, version) DO UPDATE SET actor = 'mallory'",
    "merge": "MERGE INTO entry USING (SELECT 1) AS s ON version = 1 WHEN MATCHED THEN UPDATE SET actor = 'mallory'",
}


@pytest.fixture
def room(place: Place, room_for: Callable[[Any], Any]) -> Iterator[Any]:
    """INC-1 has more than eleven entries."""
    with closing(Postgres(place.url)) as store:
        made = room_for(store)
        made.open()
        for n in range(12):
            made.ask(ask.AddNote(f"{CANARY} {n}"))
        yield made


def rows(place: Place) -> list[tuple[object, ...]]:
    with place.connect() as db:
        return db.execute("SELECT * FROM entry ORDER BY position").fetchall()


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_log_only_grows_for_its_owner_too(room: Any, place: Place, statement: str) -> None:
    before = rows(place)
    with place.connect() as db, pytest.raises(errors.RaiseException, match="append-only"):
        db.execute(statement)
    assert rows(place) == before


def test_only_the_words_that_a_redaction_names_may_change(room: Any, place: Place) -> None:
    room.ask(ask.Redact(11, (), "a name"))
    change = "UPDATE entry SET words = '{}' WHERE incident = 'INC-1' AND version = %s"
    with place.connect() as db:
        for version in (1, 10, 12):
            with pytest.raises(errors.RaiseException, match="append-only"):
                db.execute(change, (version,))
        with pytest.raises(errors.RaiseException, match="append-only"):
            db.execute("UPDATE entry SET words = '{}', actor = 'x' WHERE incident = 'INC-1' AND version = 11")
        room.open()
        with pytest.raises(errors.RaiseException, match="append-only"):
            db.execute("UPDATE entry SET words = '{}' WHERE incident = 'INC-2' AND version = 1")
        db.execute("UPDATE entry SET words = words WHERE incident = 'INC-1' AND version = 11")
    assert verify(room.store, None).flaws == []


def test_a_redaction_of_one_does_not_open_eleven(room: Any, place: Place) -> None:
    room.ask(ask.Redact(1, (), "a name"))
    with place.connect() as db, pytest.raises(errors.RaiseException, match="append-only"):
        db.execute("UPDATE entry SET words = '{}' WHERE incident = 'INC-1' AND version = 11")


def test_what_was_redacted_is_in_no_table(room: Any, place: Place) -> None:
    version = next(entry.version for entry in room.entries() if entry.type == "note.added")
    room.ask(ask.Redact(version, (), "a name"))
    first = f"{CANARY} 0"
    with place.connect() as db:
        for table in ("entry", "head", "timer", "outbox", "beat"):
            assert first not in json.dumps(
                db.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))).fetchall()
            )
        assert f"{CANARY} 1" in json.dumps(db.execute("SELECT words FROM entry").fetchall())
    assert verify(room.store, None).flaws == []


def test_a_guard_that_was_taken_away_is_missed(room: Any, place: Place) -> None:
    assert room.store.flaws() == []
    with place.connect() as db:
        db.execute("ALTER TABLE entry DISABLE TRIGGER entry_is_kept")
        db.execute("DROP TRIGGER entry_is_never_emptied ON entry")
    said = " ".join(room.store.flaws())
    assert "entry_is_kept" in said
    assert "entry_is_never_emptied" in said
