"""What the desk keeps: time that never falls, snapshots that are never needed, erasure, and the pinned playbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.adapters.system import SystemChance
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import NotFound, Refused, StoreFailed
from crisisctl.domain.evolve import replay
from crisisctl.domain.incident import Incident
from crisisctl.domain.search import search
from crisisctl.service.desk import Asked, Desk
from crisisctl.service.page import EVERY
from crisisctl.service.ports import Store
from crisisctl.service.verify import verify

ASKED = Asked(Source("dana", "tester"))
CANARY = "Zxqjv Kwyzzt"


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """One open incident, in each kind of store."""
    room = room_for(store)
    room.open()
    return room


def _anew(room: Any, id_: str = "INC-1") -> Incident:
    """The incident as a process sees it that has just started."""
    desk = Desk(room.store, room.clock, SystemChance(), room.directory)
    with room.store.reading() as log:
        return desk.load(log, id_)


def _redact(room: Any, version: int, *fields: str) -> Any:
    return room.desk.handle("INC-1", ask.Redact(version, fields, "it names somebody"), ASKED)


def _version(outcome: Any) -> int:
    version: int = outcome.entries[0].version
    return version


def test_recorded_time_never_falls(room: Any) -> None:
    for step in (60, -45, -3600, 30, 7200, -1):
        room.clock.tick(seconds=step)
        room.ask(ask.AddNote(f"after {step} s"))
    recorded = [entry.recorded_at for entry in room.entries()]
    assert recorded == sorted(recorded)


def test_a_clock_that_jumped_back_is_logged(room: Any) -> None:
    before = room.clock.tick(minutes=1)
    room.ask(ask.AddNote("before"))
    room.clock.tick(minutes=-10)
    room.ask(ask.AddNote("after"))
    jump, note = room.entries()[-2:]
    assert (jump.type, jump.data, jump.actor, jump.via) == (
        "clock.stepped_back",
        {"seconds": 600},
        "crisisctl",
        "watch",
    )
    assert (jump.recorded_at, note.recorded_at, note.occurred_at) == (before, before, before)


def test_one_jump_is_logged_once(room: Any) -> None:
    room.clock.tick(minutes=-30)
    for _ in range(3):
        room.clock.tick(minutes=9)
        room.ask(ask.AddNote("the clock is still behind"))
    assert room.types().count("clock.stepped_back") == 1
    room.clock.tick(minutes=9)
    room.ask(ask.AddNote("it has caught up"))
    room.clock.tick(minutes=-30)
    room.ask(ask.AddNote("and went back again"))
    assert room.types().count("clock.stepped_back") == 2
    assert _anew(room) == room.look() == replay(room.entries())


def test_a_clock_that_is_set_right_by_a_moment_is_not_worth_an_entry(room: Any) -> None:
    room.ask(ask.AddNote("before"))
    room.clock.tick(seconds=-2)
    room.ask(ask.AddNote("after"))
    assert "clock.stepped_back" not in room.types()


def test_a_jump_alone_makes_no_entry_when_the_command_is_refused(room: Any) -> None:
    room.clock.tick(minutes=-10)
    with pytest.raises(Refused):
        room.ask(ask.AddNote(""))
    assert "clock.stepped_back" not in room.types()


def test_timers_fire_by_the_log_when_the_clock_went_back(room: Any) -> None:
    room.clock.tick(minutes=4, seconds=59)
    room.ask(ask.AddNote("nearly"))
    room.clock.tick(hours=-1)
    room.ask(ask.AddNote("the clock went back"))
    assert "escalation.skipped" not in room.types()
    room.clock.tick(hours=1, seconds=1)
    room.ask(ask.AddNote("five minutes after the opening"))
    assert "escalation.skipped" in room.types()


SPOILT = ["", "{", "null", "[]", "5", "{}", '{"format": 2}', '{"format": 99, "title": "forged"}', "\x00", '"text"']


@pytest.mark.parametrize("text", SPOILT)
def test_a_snapshot_that_is_no_use_changes_nothing(filed: Any, spoil: Callable[..., None], text: str) -> None:
    filed.ask(ask.Assign("legal", "lee"))
    right = filed.look()
    spoil("UPDATE head SET snapshot = ?", values=[text])
    assert _anew(filed) == right == replay(filed.entries())


def _kept_version(room: Any) -> int:
    """The version that the snapshot is of."""
    with room.store.reading() as log:
        version: int = json.loads(log.snapshot("INC-1"))["version"]
    return version


def test_a_snapshot_is_taken_every_sixteen_versions_and_no_command_replays_more(room: Any) -> None:
    taken = set()
    for number in range(3 * EVERY):
        version = _version(room.ask(ask.AddNote(f"note {number}")))
        assert version - _kept_version(room) < EVERY
        taken.add(_kept_version(room))
    assert len(taken) == 4


def test_a_snapshot_is_not_passed_by_in_a_command_of_many_entries(room: Any) -> None:
    while _version(room.ask(ask.AddNote("a note"))) % EVERY != EVERY - 1:
        pass
    many = [Event("note.added", {}, {"text": "a note"})] * 3
    room.desk.record("INC-1", many, ASKED.source)
    assert _kept_version(room) == room.look().version
    assert _kept_version(room) % EVERY == 2


def test_what_came_after_the_snapshot_is_replayed(filed: Any) -> None:
    filed.ask(ask.Assign("legal", "lee"))
    assert _kept_version(filed) < filed.look().version
    assert _anew(filed).holders("legal") == ("lee",)


def test_what_came_before_the_snapshot_is_not_read_again(filed: Any, spoil: Callable[..., None]) -> None:
    for number in range(EVERY):
        filed.ask(ask.AddNote(f"note {number}"))
    spoil("UPDATE entry SET data = 'no JSON' WHERE version BETWEEN 2 AND 4")
    assert _anew(filed) == filed.look()


def test_a_spoilt_snapshot_is_right_again_after_sixteen_versions(filed: Any, spoil: Callable[..., None]) -> None:
    spoil("UPDATE head SET snapshot = '{'")
    desk = Desk(filed.store, filed.clock, SystemChance(), filed.directory)
    for number in range(EVERY):
        desk.handle("INC-1", ask.AddNote(f"note {number}"), ASKED)
    assert filed.look().version - _kept_version(filed) < EVERY
    assert verify(filed.store, None).flaws == []


def test_a_snapshot_of_another_moment_is_not_believed(filed: Any, spoil: Callable[..., None]) -> None:
    with filed.store.reading() as log:
        old = json.loads(log.snapshot("INC-1"))
    filed.ask(ask.Assign("legal", "lee"))
    spoil("UPDATE head SET snapshot = ?", values=[json.dumps(old | {"version": filed.look().version})])
    assert _anew(filed).holders("legal") == ("lee",)


def test_the_snapshot_is_the_replay(room: Any) -> None:
    room.clock.tick(minutes=90)
    room.ask(ask.SetFact("affected_accounts", "1200", "unconfirmed", "a reporter"))
    room.ask(ask.Draft("holding", "We are sorry."))
    room.ask(ask.Snooze(timedelta(minutes=20), "on the phone"))
    assert _anew(room) == replay(room.entries()) == room.look()


def test_a_head_without_its_first_entry_is_told(filed: Any, spoil: Callable[..., None]) -> None:
    spoil("DELETE FROM entry")
    with pytest.raises(StoreFailed, match=r"INC-1 has a head but no first entry. Run: crisisctl verify"):
        _anew(filed)


def test_an_unknown_incident_is_told_with_the_nearest(room: Any) -> None:
    room.open()
    with pytest.raises(NotFound, match=r"There is no incident 'INC-11'. Did you mean INC-1, INC-2\?"):
        _anew(room, "INC-11")


def test_whoever_takes_a_role_must_be_known(room: Any) -> None:
    class Known(type(room.directory)):  # type: ignore[misc]
        def require(self, person: str) -> None:
            raise NotFound(f"There is no {person}.")

    desk = Desk(room.store, room.clock, SystemChance(), Known())
    with pytest.raises(NotFound, match="no lee"):
        desk.handle("INC-1", ask.Assign("legal", "lee"), ASKED)
    desk.handle("INC-1", ask.AddNote("no role is given here"), ASKED)


def test_a_redacted_word_is_gone_from_the_entry_and_all_that_came_of_it(room: Any) -> None:
    version = _version(room.ask(ask.AddNote(f"{CANARY} called")))
    assert _redact(room, version).entries[0].data == {"version": version, "fields": ["text"]}
    with room.store.reading() as log:
        entry = log.entry("INC-1", version)
        assert entry.words["text"][1:] == (None, None)
        assert list(search(log.written(), "Zxqjv")) == []
        assert (version, "(redacted)") in [
            (told.entry.version, told.text) for told in search(log.written(), "redacted")
        ]
        assert CANARY not in (log.snapshot("INC-1") or "")
    verdict = verify(room.store, None)
    assert (verdict.flaws, verdict.redacted) == ([], 1)


def test_a_redacted_title_is_gone_from_the_head(room: Any) -> None:
    room.open(title=f"{CANARY} did it")
    room.desk.handle("INC-2", ask.Redact(1, ("title",), "it names somebody"), ASKED)
    with room.store.reading() as log:
        assert log.head("INC-2").title == "(redacted)"
        assert CANARY not in (log.snapshot("INC-2") or "")
    assert (room.look("INC-2").title, _anew(room, "INC-2").title) == ("(redacted)", "(redacted)")


def test_a_redacted_value_is_gone_from_the_facts(room: Any) -> None:
    version = _version(room.ask(ask.SetFact("affected_accounts", "1200", source=CANARY)))
    _redact(room, version, "source")
    assert _anew(room).facts["affected_accounts"][:3] == ("1200", "confirmed", None)
    _redact(room, version, "value")
    assert _anew(room).facts["affected_accounts"].value is None
    assert verify(room.store, None).flaws == []


def test_a_redaction_spares_the_other_fields(room: Any) -> None:
    version = _version(room.ask(ask.LogDecision("tell them", CANARY)))
    _redact(room, version, "because")
    with room.store.reading() as log:
        entry = log.entry("INC-1", version)
    assert (entry.word("text"), entry.word("because")) == ("tell them", None)


def test_a_redaction_without_fields_takes_all_that_are_left(room: Any) -> None:
    version = _version(room.ask(ask.LogDecision("tell them", CANARY, ("wait",), ("lee: too early",))))
    _redact(room, version, "text")
    assert _redact(room, version).entries[0].data["fields"] == ["because", "dissent_1", "option_1"]


def test_a_redaction_fires_what_is_overdue_first(room: Any) -> None:
    room.clock.tick(minutes=6)
    outcome = _redact(room, 1)
    assert outcome.fired
    assert room.types()[-1] == "entry.redacted"
    assert room.look() == _anew(room) == replay(room.entries())


def test_what_has_no_words_cannot_be_redacted(room: Any) -> None:
    with pytest.raises(Refused, match="Entry 2 of INC-1 holds no words"):
        _redact(room, 2)
    _redact(room, 1, "title")
    with pytest.raises(Refused, match="Entry 1 of INC-1 holds no words"):
        _redact(room, 1, "title")
    for version in (0, -1, 99):
        with pytest.raises(NotFound, match=f"no entry {version}"):
            _redact(room, version)


def test_an_unknown_field_is_told_with_the_nearest(room: Any) -> None:
    with pytest.raises(NotFound, match=r"no field in entry 1 'titel'. Did you mean title"):
        _redact(room, 1, "titel")


def test_a_closed_incident_can_be_redacted(room: Any) -> None:
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.SetFact("affected_accounts", "7"))
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Advance("activate", "confirmed"))
    room.ask(ask.Draft("holding", "We are sorry."), "kim")
    room.ask(ask.Submit("holding"), "kim")
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who)
    room.ask(ask.Publish("holding", text_digest("We are sorry.")))
    for trigger in ("inform", "notify", "close"):
        room.ask(ask.Advance(trigger))
    assert not room.look().open
    assert _redact(room, 1, "title").incident.title == "(redacted)"


def _traces(store: Store, word: str) -> list[str]:
    """The files beside the log in which a word can be read, in any of the forms it may take."""
    forms = [form.encode() for form in (word, word.lower(), *word.split(), *word.lower().split())]
    folder = Path(store.place()).parent
    return [file.name for file in folder.iterdir() if any(form in file.read_bytes() for form in forms)]


PLACES: dict[str, Callable[[str], Any]] = {
    "note": ask.AddNote,
    "long note": lambda canary: ask.AddNote(canary + " and so on" * 2_000),
    "source of a fact": lambda canary: ask.SetFact("affected_accounts", "1200", source=canary),
    "statement": lambda canary: ask.Draft("holding", f"{canary} wrote this."),
    "reason": lambda canary: ask.ChangeSeverity("sev2", canary),
}


@pytest.mark.parametrize("command", PLACES.values(), ids=PLACES.keys())
def test_a_redacted_word_is_gone_from_the_bytes_of_the_file(filed: Any, command: Callable[[str], Any]) -> None:
    other = Sqlite(
        Path(filed.store.place()), posix.turnstile, posix.network_file_system
    )  # a watch that runs all the while
    with other.reading() as log:
        log.heads()
    version = _version(filed.ask(command(CANARY)))
    for number in range(30):  # snapshots come and go
        filed.ask(ask.AddNote(f"note {number} " + "x" * 500))
    assert _traces(filed.store, CANARY)
    _redact(filed, version)
    assert _traces(filed.store, CANARY) == []
    with other.reading() as log:
        assert list(search(log.written(), "Zxqjv")) == []
    other.close()


def test_a_title_is_gone_from_the_bytes_of_the_file(filed: Any) -> None:
    filed.open(title=CANARY)
    for number in range(30):
        filed.ask(ask.AddNote(f"note {number} " + "x" * 500), id_="INC-2")
    filed.desk.handle("INC-2", ask.Redact(1, (), "a name"), ASKED)
    assert _traces(filed.store, CANARY) == []
    assert verify(filed.store, None).flaws == []


@pytest.mark.parametrize("change", ["rewritten", "deleted"])
def test_the_playbook_is_pinned(room: Any, tmp_path: Path, change: str) -> None:
    own = tmp_path / "data-breach.yaml"
    own.write_text(room.playbook.read_text())
    (tmp_path / "templates").symlink_to(room.playbook.parent / "templates")
    room.playbook = own
    id_ = room.open().id
    before = room.look(id_).playbook
    if change == "deleted":
        own.unlink()
    else:
        own.write_text(
            own.read_text().replace("after: 5m", "after: 1m").replace("because: required", "because: optional")
        )
    room.clock.tick(minutes=2)
    assert room.desk.fire(id_).entries[-1].data["step"] == 1
    with pytest.raises(Refused):
        room.ask(ask.Advance("activate"), id_=id_)
    assert _anew(room, id_).playbook == room.look(id_).playbook == before


def test_the_next_incident_opens_on_the_playbook_as_it_is_then(room: Any, tmp_path: Path) -> None:
    own = tmp_path / "data-breach.yaml"
    own.write_text(room.playbook.read_text().replace("version: 3", "version: 4"))
    (tmp_path / "templates").symlink_to(room.playbook.parent / "templates")
    room.playbook = own
    room.open()
    assert (_anew(room, "INC-1").playbook.version, _anew(room, "INC-2").playbook.version) == (3, 4)


def test_what_settles_a_notice_is_written_once(room: Any) -> None:
    room.desk.fire("INC-1")
    with room.store.reading() as log:
        key = log.outbox()[0].notice.key
    event = Event("notice.sent", {"notice": key, "to": "dana", "contact": 0, "attempts": 1})
    assert room.desk.record("INC-1", [event], ASKED.source, settles=key)
    assert not room.desk.record("INC-1", [event], ASKED.source, settles=key)
    assert room.types().count("notice.sent") == 1
