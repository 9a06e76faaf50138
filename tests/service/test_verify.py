"""Verification finds whatever was changed behind the program's back, and nothing where nothing was."""
# ruff: noqa: S608 - the intruder writes the SQL

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from crisisctl.adapters.sqlite import rows as sqlite_rows
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import COLUMNS as ENTRY
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import StoreFailed, Unverified
from crisisctl.service.desk import Asked
from crisisctl.service.ports import Store
from crisisctl.service.verify import Verdict, rebuild, verify

ASKED = Asked(Source("dana", "tester"))
Spoil = Callable[..., None]
NOTE, ENTERED, LAST = 8, 3, 11  # versions of what the rooms below hold


def _lived_in(room: Any) -> Any:
    """Two incidents with everything that can be told of one: timers, notices, words, and a redaction."""
    room.clock.tick(minutes=6)
    room.desk.fire("INC-1")
    room.ask(ask.AddNote("a reporter called"))
    room.ask(ask.LogDecision("tell them", "it is their data", ("wait",), ("lee: too early",)))
    room.ask(ask.AddNote("+34 600 000 000"))
    room.desk.handle("INC-1", ask.Redact(LAST - 1, (), "a telephone number"), ASKED)
    room.open()
    room.desk.fire("INC-2")
    assert room.types()[NOTE - 1] == "note.added"
    assert room.types()[LAST - 1] == "entry.redacted"
    return room


@pytest.fixture
def kept(filed: Any) -> Any:
    """The two incidents in a file."""
    return _lived_in(filed)


def _flaws(room: Any) -> list[str]:
    return verify(room.store, None).flaws


def test_what_nobody_touched_verifies(store: Store, room_for: Callable[[Store], Any]) -> None:
    room = room_for(store)
    room.open()
    _lived_in(room)
    entries = len(room.entries("INC-1")) + len(room.entries("INC-2"))
    assert verify(store, None) == Verdict(incidents=2, entries=entries, redacted=1, flaws=[])


def test_an_empty_log_verifies(store: Store) -> None:
    assert verify(store, None) == Verdict(0, 0, 0, [])


def test_one_incident_can_be_verified_alone(kept: Any, spoil: Spoil) -> None:
    spoil("UPDATE entry SET actor = 'mallory' WHERE incident = 'INC-1' AND version = 2")
    assert verify(kept.store, "INC-2").flaws == []
    assert verify(kept.store, "INC-1").incidents == 1
    assert len(verify(kept.store, "INC-1").flaws) == 1


def test_it_tells_how_far_it_is(kept: Any) -> None:
    told: list[str] = []
    verify(kept.store, None, told.append)
    assert told == ["INC-1", "INC-2"]


COLUMNS = {
    "position": ("1000",),
    "incident": ("'INC-9'", "'INC-2'"),
    "version": ("99", "-1"),
    "recorded_at": ("'2026-03-28T22:05:59.000000Z'", "'yesterday'", "''", "'2026-03-28T22:06:00Z'"),
    "occurred_at": ("'2026-03-28T22:05:59.000000Z'", "'soon'", "'2026-03-28'"),
    "actor": ("'mallory'", "''"),
    "login": ("'root'",),
    "role": ("'legal'", "NULL", "''"),
    "via": ("'import'",),
    "type": ("'fact.set'", "'role.assigned'", "'entry.redacted'", "'incident.opened'", "'stage.left'", "''"),
    "data": ('\'{"stage":"closed"}\'', "'[]'", "'null'", "'{'", "'{\"a\":1.5}'", "'{\"ä\":1}'", "''"),
    "digest": ("upper(digest)", "''", "substr(digest, 2)"),
    "timer": ("'INC-1/forged'",),
    "request": ("'forged'",),
}


@pytest.mark.parametrize("version", [NOTE, ENTERED])
@pytest.mark.parametrize(("column", "value"), [(column, value) for column in COLUMNS for value in COLUMNS[column]])
def test_a_changed_column_is_found(kept: Any, spoil: Spoil, column: str, value: str, version: int) -> None:
    if (column, value, version) == ("incident", "'INC-2'", ENTERED):
        value = "'INC-8'"  # INC-2 has an entry of that version
    spoil(f"UPDATE OR REPLACE entry SET {column} = {value} WHERE incident = 'INC-1' AND version = {version}")
    assert any("INC-1: " in flaw for flaw in _flaws(kept))


def test_every_column_is_looked_at() -> None:
    assert set(COLUMNS) | {"words"} == set(ENTRY.split())


WORDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "value": lambda words: words | {"text": [*words["text"][:2], "nobody called"]},
    "value by a character": lambda words: words | {"text": [*words["text"][:2], words["text"][2] + " "]},
    "salt": lambda words: words | {"text": [words["text"][0], "00" * 32, words["text"][2]]},
    "salt that is none": lambda words: words | {"text": [words["text"][0], "salt", words["text"][2]]},
    "commitment": lambda words: words | {"text": ["00" * 32, *words["text"][1:]]},
    "value gone": lambda words: words | {"text": [*words["text"][:2], None]},
    "salt gone": lambda words: words | {"text": [words["text"][0], None, words["text"][2]]},
    "both gone": lambda words: words | {"text": [words["text"][0], None, None]},
    "another kind of value": lambda words: words | {"text": [*words["text"][:2], 5]},
    "another kind of salt": lambda words: words | {"text": [words["text"][0], 5, words["text"][2]]},
    "another kind of commitment": lambda words: words | {"text": [5, *words["text"][1:]]},
    "too few parts": lambda words: words | {"text": words["text"][:2]},
    "too many parts": lambda words: words | {"text": [*words["text"], "x"]},
    "a field more": lambda words: words | {"more": words["text"]},
    "a field less": lambda _: {},
    "a list": lambda words: [words],
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("change", WORDS.values(), ids=WORDS.keys())
def test_changed_words_are_found(kept: Any, spoil: Spoil, change: Callable[[dict[str, Any]], object]) -> None:
    word = kept.entries()[NOTE - 1].words["text"]
    changed = json.dumps(change({"text": [*word]}))
    spoil(f"UPDATE entry SET words = ? WHERE incident = 'INC-1' AND version = {NOTE}", values=[changed])
    assert any(f"ntry {NOTE}" in flaw for flaw in _flaws(kept))


def test_missing_words_without_a_redaction_are_told_as_such(kept: Any, spoil: Spoil) -> None:
    commitment = kept.entries()[NOTE - 1].words["text"].commitment
    gone = json.dumps({"text": [commitment, None, None]})
    spoil(f"UPDATE entry SET words = ? WHERE incident = 'INC-1' AND version = {NOTE}", values=[gone])
    verdict = verify(kept.store, None)
    assert f"INC-1: entry {NOTE}: the words of 'text' are gone and no redaction says so" in verdict.flaws
    assert verdict.redacted == 2


def test_a_redaction_covers_its_own_fields_alone(kept: Any, spoil: Spoil) -> None:
    kept.desk.handle("INC-1", ask.Redact(NOTE + 1, ("because",), "a name"), ASKED)
    assert _flaws(kept) == []
    words = kept.entries()[NOTE].words
    gone = {name: [word.commitment, None, None] for name, word in words.items()}
    spoil(f"UPDATE entry SET words = ? WHERE version = {NOTE + 1} AND incident = 'INC-1'", values=[json.dumps(gone)])
    told = [flaw for flaw in _flaws(kept) if "no redaction says so" in flaw]
    left = {"text", "option_1", "dissent_1"}
    assert {name for name in words if any(repr(name) in flaw for flaw in told)} == left


def test_words_put_back_after_a_redaction_are_found(kept: Any, spoil: Spoil) -> None:
    word = kept.entries()[LAST - 2].words["text"]
    back = json.dumps({"text": [word.commitment, "00" * 32, "+34 600 000 001"]})
    spoil(f"UPDATE entry SET words = ? WHERE incident = 'INC-1' AND version = {LAST - 1}", values=[back])
    assert any("the words of 'text' were changed" in flaw for flaw in _flaws(kept))


def test_redactions_are_counted_by_field(kept: Any) -> None:
    kept.desk.handle("INC-1", ask.Redact(NOTE + 1, (), "names"), ASKED)
    assert verify(kept.store, None)[2:] == (5, [])


@pytest.mark.parametrize("version", range(1, LAST + 1))
def test_a_deleted_entry_is_found(kept: Any, spoil: Spoil, version: int) -> None:
    spoil(f"DELETE FROM entry WHERE incident = 'INC-1' AND version = {version}")
    assert any(flaw.startswith("INC-1: ") for flaw in _flaws(kept))


def test_an_emptied_log_is_found(kept: Any, spoil: Spoil) -> None:
    spoil("DELETE FROM entry")
    assert len(_flaws(kept)) >= 2


def test_an_incident_deleted_with_its_head_is_found(kept: Any, spoil: Spoil) -> None:
    for table in ("entry", "head", "timer", "outbox"):
        spoil(f"DELETE FROM {table} WHERE incident = 'INC-1'")
    assert _flaws(kept) == ["INC-1: its head is gone; 0 of its entries are left"]


@pytest.mark.parametrize("id_", ["INC-1", "INC-2"])
def test_a_deleted_head_is_found(kept: Any, spoil: Spoil, id_: str) -> None:
    count = len(kept.entries(id_))
    spoil(f"DELETE FROM head WHERE incident = '{id_}'")
    assert f"{id_}: its head is gone; {count} of its entries are left" in _flaws(kept)


def test_entries_that_changed_places_are_found(kept: Any, spoil: Spoil) -> None:
    one, other = NOTE, NOTE + 1
    spoil(
        f"UPDATE entry SET version = -1 WHERE incident = 'INC-1' AND version = {one}",
        f"UPDATE entry SET version = {one} WHERE incident = 'INC-1' AND version = {other}",
        f"UPDATE entry SET version = {other} WHERE incident = 'INC-1' AND version = -1",
    )
    assert any(f"entry {one}: its digest" in flaw for flaw in _flaws(kept))


def test_positions_that_were_changed_are_found(kept: Any, spoil: Spoil) -> None:
    spoil(f"UPDATE entry SET position = -position WHERE version = {NOTE} AND incident = 'INC-1'")
    assert any("not in its place" in flaw for flaw in _flaws(kept))


def test_an_entry_that_was_added_is_found(kept: Any, spoil: Spoil) -> None:
    columns = [name for name in ENTRY.split() if name not in ("position", "version")]
    same = ", ".join(columns)
    note = f"SELECT {LAST + 1}, {same} FROM entry WHERE incident = 'INC-1' AND version = {NOTE}"
    spoil(f"INSERT INTO entry (version, {same}) {note}")
    assert any(f"entry {LAST + 1}: its digest" in flaw for flaw in _flaws(kept))


HEAD = {
    "version": "5",
    "digest": "'00'",
    "playbook": "'outage'",
    "playbook_digest": "'00'",
    "title": "'All is well'",
    "severity": "'sev3'",
    "stages": "'closed'",
    "drill": "1",
    "opened_at": "'2026-03-28T21:00:00.000000Z'",
    "closed_at": "'2026-03-28T23:00:00.000000Z'",
    "incident": "'INC-7'",
    "members": "'mallory'",
    "number": "70",
    "snapshot": "'{'",
}


@pytest.mark.parametrize("column", HEAD)
def test_a_changed_head_is_found(kept: Any, spoil: Spoil, column: str) -> None:
    spoil(f"UPDATE head SET {column} = {HEAD[column]} WHERE incident = 'INC-1'")
    assert any("INC-1" in flaw for flaw in _flaws(kept))


def test_every_column_of_a_head_is_looked_at() -> None:
    assert set(HEAD) == {*sqlite_rows._HEAD.split(", "), "number", "snapshot"}


SNAPSHOTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "severity": lambda state: state | {"severity": "sev3"},
    "roles": lambda state: state | {"roles": {"comms-lead": ["mallory"]}},
    "a timer that counts as fired": lambda state: state | {"fired": ["INC-1/task/detected/pause-posts#1"]},
    "a key less": lambda state: {key: value for key, value in state.items() if key != "stages"},
    "a key more": lambda state: state | {"more": 1},
    "empty": lambda _: {},
    "no mapping": lambda _: [],
}


@pytest.mark.parametrize("change", SNAPSHOTS.values(), ids=SNAPSHOTS.keys())
def test_a_changed_snapshot_is_found(kept: Any, spoil: Spoil, change: Callable[[dict[str, Any]], object]) -> None:
    with kept.store.reading() as log:
        state = json.loads(log.snapshot("INC-1"))
    spoil("UPDATE head SET snapshot = ? WHERE incident = 'INC-1'", values=[json.dumps(change(state))])
    assert any(flaw.startswith("INC-1: ") for flaw in _flaws(kept))


def test_a_snapshot_of_an_older_program_is_no_flaw(kept: Any, spoil: Spoil) -> None:
    spoil("""UPDATE head SET snapshot = '{"format": 0, "other": "shape"}'""")
    assert _flaws(kept) == []


DERIVED = {
    "timer deleted": "DELETE FROM timer WHERE rowid = (SELECT min(rowid) FROM timer WHERE incident = 'INC-1')",
    "timers deleted": "DELETE FROM timer",
    "timer moved": "UPDATE timer SET due = '2027-01-01T00:00:00.000000Z'",
    "timer at no time": "UPDATE timer SET due = 'never'",
    "timer about something else": "UPDATE timer SET subject = 'nothing'",
    "timer of another kind": "UPDATE timer SET kind = 'task'",
    "timer of another incident": "UPDATE timer SET incident = 'INC-2'",
    "timer renamed": "UPDATE timer SET id = id || '.'",
    "timer forged": "INSERT INTO timer SELECT id || '.', incident, kind, due, subject FROM timer",
    "timer of nothing": "INSERT INTO timer SELECT id || '.', 'INC-99', kind, due, subject FROM timer",
    "notices deleted": "DELETE FROM outbox",
    "notice renamed": "UPDATE outbox SET key = key || '.'",
    "notice to somebody else": "UPDATE outbox SET person = 'mallory'",
    "notice to another contact": "UPDATE outbox SET contact = contact + 1",
    "notice about another entry": "UPDATE outbox SET version = version + 1",
    "notice of another incident": "UPDATE outbox SET incident = 'INC-2'",
    "notice of nothing": "UPDATE outbox SET incident = 'INC-99'",
    "notice put off": "UPDATE outbox SET not_before = '9999-01-01T00:00:00.000000Z'",
    "notice forged": "INSERT INTO outbox SELECT key || '.', incident, 1, person, 0, 0, ready_at, NULL FROM outbox",
}


@pytest.mark.parametrize("statement", DERIVED.values(), ids=DERIVED.keys())
def test_what_is_derived_must_agree_with_the_log(kept: Any, spoil: Spoil, statement: str) -> None:
    spoil(statement)
    assert any("INC-" in flaw for flaw in _flaws(kept))


SCHEMA = {
    "a trigger dropped": "DROP TRIGGER entry_is_never_deleted",
    "a trigger that lies in wait": ("CREATE TRIGGER evil AFTER INSERT ON entry BEGIN UPDATE head SET title = 'x'; END"),
    "one that hides behind the migrations": (
        "CREATE TRIGGER _sqlite_migrations_evil AFTER INSERT ON entry BEGIN UPDATE head SET title = 'x'; END"
    ),
    "one with a name like SQLite's own": (
        "CREATE TRIGGER sqlitex AFTER INSERT ON entry BEGIN UPDATE head SET title = 'x'; END"
    ),
    "a view": "CREATE VIEW evil AS SELECT * FROM entry",
    "a table": "CREATE TABLE evil (x)",
    "an index dropped": "DROP INDEX idx_timer_due_id",
    "a column more": "ALTER TABLE head ADD COLUMN evil TEXT",
}


@pytest.mark.parametrize("statement", SCHEMA.values(), ids=SCHEMA.keys())
def test_a_changed_schema_is_found(kept: Any, statement: str) -> None:
    with kept.store.writing() as ledger:
        ledger.db.execute(statement)
    assert any("schema" in flaw for flaw in _flaws(kept))


def test_one_incident_alone_says_nothing_of_the_store(kept: Any) -> None:
    with kept.store.writing() as ledger:
        ledger.db.execute("DROP TRIGGER entry_is_never_deleted")
    assert verify(kept.store, "INC-1").flaws == []


def test_a_log_that_cannot_be_opened_is_no_clean_log(kept: Any, tmp_path: Any) -> None:
    kept.store.close()
    (tmp_path / "filed" / "crisisctl.db").write_bytes(b"no database at all")
    with pytest.raises(StoreFailed):
        verify(kept.store, None)


REBUILT = DERIVED | {
    f"head: {column}": f"UPDATE head SET {column} = {value} WHERE incident = 'INC-1'"
    for column, value in HEAD.items()
    if column != "incident"
}
REBUILT |= {"a head gone": "DELETE FROM head WHERE incident = 'INC-2'", "all heads gone": "DELETE FROM head"}


def _derived_rows(room: Any) -> list[object]:
    """What is derived, but for the attempts at a notice that were made since."""
    with room.store.reading() as log:
        heads = log.heads()
        shots = [log.snapshot(head.incident) for head in heads]
        timers = [log.timers(head.incident) for head in heads]
        return [heads, len(shots), timers, sorted(row.notice for row in log.outbox())]


@pytest.mark.parametrize("statement", REBUILT.values(), ids=REBUILT.keys())
def test_what_is_derived_is_written_anew_from_the_log(kept: Any, spoil: Spoil, statement: str) -> None:
    before = _derived_rows(kept)
    spoil(statement)
    assert _flaws(kept)
    assert rebuild(kept.store) == 2
    assert _flaws(kept) == []
    assert _derived_rows(kept) == before


def test_a_notice_that_is_written_anew_is_sent(kept: Any, spoil: Spoil) -> None:
    spoil("DELETE FROM outbox")
    rebuild(kept.store)
    with kept.store.reading() as log:
        assert log.ready(kept.clock.time)


def test_every_store_can_be_rebuilt(store: Store, room_for: Callable[[Store], Any]) -> None:
    room = room_for(store)
    room.open()
    _lived_in(room)
    before = _derived_rows(room)
    assert rebuild(store) == 2
    assert (verify(store, None).flaws, _derived_rows(room)) == ([], before)


NOT_WHOLE = {
    "an entry changed": "UPDATE entry SET actor = 'mallory' WHERE version = 2",
    "an entry gone": "DELETE FROM entry WHERE version = 4 AND incident = 'INC-1'",
    "the last entry gone": "DELETE FROM entry WHERE incident = 'INC-2' AND version = (SELECT version FROM head"
    " WHERE incident = 'INC-2')",
    "an incident gone": "DELETE FROM entry WHERE incident = 'INC-2'",
    "words gone": "UPDATE entry SET words = replace(words, 'a reporter called', 'nobody called')",
    "an entry that cannot be read": "UPDATE entry SET data = '{' WHERE version = 3",
}


@pytest.mark.parametrize("statement", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_nothing_is_rebuilt_from_a_log_that_is_not_whole(kept: Any, spoil: Spoil, statement: str) -> None:
    """What is derived may be the only trace of what is missing."""
    spoil(statement, "DELETE FROM timer")
    flaws, before = _flaws(kept), _derived_rows(kept)
    with pytest.raises(Unverified, match="Nothing was rebuilt"):
        rebuild(kept.store)
    assert (_flaws(kept), _derived_rows(kept)) == (flaws, before)


DEEP = '{"a":' + "[" * 50_000 + "]" * 50_000 + "}"


@pytest.mark.parametrize("where", ["entry SET data", "entry SET words", "head SET snapshot"])
def test_what_is_nested_without_end_is_a_flaw_and_no_crash(kept: Any, spoil: Spoil, where: str) -> None:
    spoil(f"UPDATE {where} = ? WHERE incident = 'INC-1'", values=[DEEP])
    assert any("cannot be read" in flaw for flaw in _flaws(kept))


def test_a_watch_that_claims_to_beat_once_in_an_age_is_no_crash(kept: Any, spoil: Spoil) -> None:
    spoil("INSERT INTO beat VALUES ('x', '2999-01-01T00:00:00.000000Z', 1e300), ('y', 'never', -1)")
    with kept.store.reading() as log:
        assert [(beat.watch, beat.every) for beat in log.beats()] == [("y", 0.0), ("x", 86_400.0)]
