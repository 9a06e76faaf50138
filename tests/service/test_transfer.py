"""A log is moved whole, and verified before it is closed where it was; a move that was cut short can be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters import posix
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.postgres import Postgres
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import STORE, Source
from crisisctl.domain.errors import Conflict, Refused, StoreFailed, Unverified, Usage
from crisisctl.service.ports import TABLES, Beat, Store
from crisisctl.service.transfer import Copied, copy, move, restore, sound, where
from crisisctl.service.verify import verify
from tests.conftest import HandClock, sqlite_at

if TYPE_CHECKING:
    from tests.conftest import Room
    from tests.postgres import Databases

BY = Source("dana", "tester")
# In the order in which they come; from the writing on, the copy is there, and a repeat begins by comparing.
STAGES: tuple[str, ...] = (
    "copying entry",
    "copying head",
    "copying timer",
    "copying outbox",
    "writing",
    "verifying INC-1",
)
STAGES += ("comparing", "verifying INC-2", "freezing")
Make = Callable[[str], Store]


class Killed(BaseException):
    """Stands for the end of the process: nothing in the program catches it."""


class Way:
    """From one store to another, with a clock and what was told of the way."""

    def __init__(self, room: Room, target: Store) -> None:
        self.room, self.source, self.target = room, room.store, target
        self.told: list[str] = []

    def go(self, until: str | None = None) -> Copied:
        """Move; or end, as if killed, where a stage is told that begins like `until`."""
        self.told = []

        def tell(text: str) -> None:
            self.told.append(text)
            if until and text.startswith(until):
                raise Killed

        return move(self.source, self.target, BY, self.room.clock.now, tell)

    def killed(self, stage: str) -> None:
        with pytest.raises(Killed):
            self.go(stage)


def rows_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.reading() as log:
        return {table: list(log.dump(table)) for table in TABLES}


def moved_to(store: Store) -> str | None:
    with store.reading() as log:
        return where(log)


def lived(room: Room) -> None:
    """Two incidents with timers, a notice that was tried once, a redaction and a closed end."""
    room.open()
    room.open(title="Another one")
    room.ask(ask.AddNote("a name that must go"))
    room.ask(ask.Redact(room.look().version, (), "it was a name"))
    room.clock.tick(minutes=6)
    room.desk.fire("INC-1")
    with room.store.writing() as ledger:
        ledger.lease(room.clock.now(), room.clock.now() + timedelta(seconds=30), 1)
        ledger.beat(Beat("here:1", room.clock.now(), 5.0))


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a store of a kind; each is another one."""
    made: list[Store] = []
    places = []

    def new(kind: str) -> Store:
        store: Store
        if kind == "memory":
            store = Memory()
        elif kind == "sqlite":
            store = sqlite_at(tmp_path / f"state{len(made)}" / "crisisctl.db")
        else:
            databases: Databases = request.getfixturevalue("databases")
            places.append(databases.place())
            store = Postgres(places[-1].url)
        made.append(store)
        return store

    yield new
    for store in made:
        store.close()
    for place in places:
        request.getfixturevalue("databases").drop(place)


@pytest.fixture
def again(request: pytest.FixtureRequest) -> Callable[[Store], Any]:
    """Opens a store a second time, as another process would."""

    def opened(store: Store) -> Any:
        if isinstance(store, Memory):
            return store
        other = Postgres(store._told) if isinstance(store, Postgres) else sqlite_at(Path(store.place()))
        request.addfinalizer(other.close)
        return other

    return opened


@pytest.fixture(
    params=["sqlite>postgresql", "postgresql>sqlite", "sqlite>sqlite", "postgresql>postgresql", "memory>memory"]
)
def way(request: pytest.FixtureRequest, make: Make, room_for: Callable[[Store], Room]) -> Way:
    there, to = request.param.split(">")
    room = room_for(make(there))
    lived(room)
    return Way(room, make(to))


@pytest.fixture
def simple(make: Make, room_for: Callable[[Store], Room]) -> Way:
    """From file to file, for what has nothing to do with the kind of store."""
    room = room_for(make("sqlite"))
    lived(room)
    return Way(room, make("sqlite"))


def test_a_moved_log_is_the_same_to_the_letter_and_verifies(way: Way) -> None:
    before = rows_of(way.source)
    assert before["outbox"][0][5] == 1
    done = way.go()
    assert rows_of(way.target) == before
    assert done == (way.target.address(), len(before["entry"]), 2, False)
    for store in (way.source, way.target):
        verdict = verify(store, None)
        assert (verdict.flaws, verdict.entries, verdict.redacted) == ([], len(before["entry"]), 1)


def test_the_log_goes_on_at_the_target(way: Way, room_for: Callable[[Store], Room]) -> None:
    way.go()
    there = room_for(way.target)
    there.clock.time = way.room.clock.time
    before = there.look().version
    there.ask(ask.AddNote("in the new place"))
    assert there.look().version == before + 1
    assert there.open(title="A third").id == "INC-3"
    assert verify(way.target, None).flaws == []


def test_the_source_says_where_the_log_went_and_takes_no_more(way: Way) -> None:
    way.go()
    said = moved_to(way.source)
    assert said
    assert f'set store = "{way.target.address()}" in crisisctl.toml' in said
    assert moved_to(way.target) is None
    with pytest.raises(StoreFailed, match="This log was moved to"):
        way.room.ask(ask.AddNote("too late"))
    with pytest.raises(StoreFailed, match="This log was moved to"):
        way.room.desk.fire("INC-2")
    assert way.source.flaws() == []


def test_the_last_entry_seals_what_was_moved(way: Way) -> None:
    way.go()
    with way.source.reading() as log:
        (last,) = log.entries(STORE)
        entries = sum(count for count, _ in log.tips().values())
    assert (last.type, last.actor, last.version) == ("store.moved", "dana", 1)
    assert (last.data["to"], last.data["entries"], last.data["incidents"]) == (way.target.address(), entries, 2)


def test_a_move_cut_short_anywhere_ends_well_when_it_is_repeated(way: Way) -> None:
    before = rows_of(way.source)
    for stage in STAGES:
        way.killed(stage)
        assert moved_to(way.source) is None
        assert rows_of(way.target)["entry"] in ([], before["entry"])
        way.source.flaws()
    assert way.go().again
    assert rows_of(way.target) == rows_of(way.source) == before
    assert verify(way.target, None).flaws == []
    assert moved_to(way.source)


def test_the_log_is_verified_before_it_is_closed(way: Way, again: Callable[[Store], Any]) -> None:
    closed: list[str | None] = []

    other = again(way.source)

    def tell(text: str) -> None:
        if text.startswith("verifying"):
            closed.append(moved_to(other))

    move(way.source, way.target, BY, way.room.clock.now, tell)
    assert closed == [None, None]


def test_a_move_that_was_done_is_done_when_it_is_repeated(way: Way) -> None:
    way.go()
    assert way.go().again
    with way.source.reading() as log:
        assert len(list(log.entries(STORE))) == 1


def test_a_complete_copy_is_not_copied_again(way: Way) -> None:
    way.killed("freezing")
    done = way.go()
    assert done.again
    assert not any(text.startswith("copying") for text in way.told)
    assert any(text.startswith("verifying") for text in way.told)


def test_what_was_written_at_the_source_after_a_move_cut_short_is_moved_too(way: Way) -> None:
    way.killed("freezing")
    way.room.ask(ask.AddNote("written meanwhile"))
    way.room.open(title="Opened meanwhile")
    before = rows_of(way.source)
    assert not way.go().again
    assert rows_of(way.target) == before
    assert verify(way.target, None).flaws == []


def test_a_notice_that_was_tried_after_a_move_cut_short_is_moved_as_it_is(way: Way) -> None:
    way.killed("freezing")
    with way.source.writing() as ledger:
        ledger.hurry(way.room.clock.now(), way.room.clock.now())
        assert ledger.lease(way.room.clock.now(), way.room.clock.now() + timedelta(seconds=30), 1)
    before = rows_of(way.source)
    way.go()
    assert rows_of(way.target) == before


def test_a_target_with_entries_of_its_own_is_left_alone(way: Way, room_for: Callable[[Store], Room]) -> None:
    way.killed("freezing")
    there = room_for(way.target)
    there.clock.time = way.room.clock.time
    there.ask(ask.AddNote("written too early"))
    before = rows_of(way.target)
    with pytest.raises(Conflict, match="INC-1 has") as refusal:
        way.go()
    assert refusal.value.code == 5
    assert rows_of(way.target) == before
    assert moved_to(way.source) is None
    way.room.ask(ask.AddNote("nothing is closed"))


def test_another_log_in_the_place_is_left_alone(simple: Way, room_for: Callable[[Store], Room]) -> None:
    room_for(simple.target).open(title="Another log")
    before = rows_of(simple.target)
    with pytest.raises(Conflict, match="entries of its own"):
        simple.go()
    assert rows_of(simple.target) == before


def test_a_log_that_does_not_verify_is_not_moved_and_leaves_nothing(way: Way, spoilt: Callable[[Store], None]) -> None:
    spoilt(way.source)
    with pytest.raises(Unverified, match="not moved"):
        way.go()
    assert rows_of(way.target) == {table: [] for table in TABLES}
    assert moved_to(way.source) is None
    way.room.ask(ask.AddNote("still in use"), id_="INC-2")


@pytest.fixture
def spoilt() -> Callable[[Store], None]:
    """Makes a log one that does not verify, by its own means: a head that knows another title."""

    def spoil(store: Store) -> None:
        with store.alone() as custody:
            kept = {table: list(custody.dump(table)) for table in TABLES}
            custody.clear()
            kept["head"] = [row if row[0] != 1 else (*row[:6], "another title", *row[7:]) for row in kept["head"]]
            for table in TABLES:
                custody.load(table, kept[table])

    return spoil


def test_a_log_that_was_moved_is_no_source_of_another_move(simple: Way, make: Make) -> None:
    simple.go()
    elsewhere = make("sqlite")
    with pytest.raises(StoreFailed, match="Move it on from there"):
        move(simple.source, elsewhere, BY, simple.room.clock.now, lambda _: None)
    assert rows_of(elsewhere)["entry"] == []


def test_a_log_that_was_moved_is_no_target(simple: Way, make: Make, room_for: Any) -> None:
    simple.go()
    other = room_for(make("sqlite"))
    other.open()
    with pytest.raises(StoreFailed, match="name a new place"):
        move(other.store, simple.source, BY, simple.room.clock.now, lambda _: None)


def test_a_log_can_go_there_and_on(simple: Way, make: Make, room_for: Any) -> None:
    first = rows_of(simple.source)
    simple.go()
    onward = Way(room_for(simple.target), make("sqlite"))
    onward.go()
    assert rows_of(onward.target) == first


def test_a_place_is_not_moved_onto_itself(simple: Way) -> None:
    with pytest.raises(Usage, match="both"):
        move(simple.source, simple.source, BY, simple.room.clock.now, lambda _: None)
    assert moved_to(simple.source) is None


def test_an_empty_log_is_not_moved(make: Make) -> None:
    with pytest.raises(StoreFailed, match="nothing to copy"):
        move(make("sqlite"), make("sqlite"), BY, HandClock().now, lambda _: None)


def test_a_copy_holds_one_moment_and_closes_nothing(way: Way) -> None:
    before = rows_of(way.source)
    copy(way.source, way.target, lambda _: None)
    assert rows_of(way.target) == before
    assert sound(way.target, lambda _: None).entries == len(before["entry"])
    assert moved_to(way.source) is None
    way.room.ask(ask.AddNote("it goes on"))


def test_a_copy_of_a_log_that_was_moved_is_closed_too(way: Way, make: Make) -> None:
    way.go()
    fresh = make("sqlite")
    copy(way.source, fresh, lambda _: None)
    assert moved_to(fresh) == moved_to(way.source)
    assert verify(fresh, None).flaws == []
    with pytest.raises(StoreFailed, match="This log was moved to"), fresh.writing() as ledger:
        ledger.beat(Beat("here:1", way.room.clock.now(), 5.0))


def test_a_log_that_was_moved_is_not_restored_beside_itself_unless_told(simple: Way, make: Make, room_for: Any) -> None:
    simple.go()
    fresh = make("sqlite")
    with pytest.raises(Refused, match="goes on there"):
        restore(simple.source, fresh, lambda _: None)
    assert rows_of(fresh)["entry"] == []
    restore(simple.source, fresh, lambda _: None, moved_too=True)
    assert moved_to(fresh) is None
    room_for(fresh).open()
    assert verify(fresh, None).flaws == []


def test_a_move_repeated_after_the_log_has_gone_on_says_where_it_is_now(simple: Way, make: Make, room_for: Any) -> None:
    simple.go()
    last = make("sqlite")
    Way(room_for(simple.target), last).go()
    with pytest.raises(StoreFailed) as refusal:
        simple.go()
    assert str(refusal.value).endswith(f'set store = "{last.address()}" in crisisctl.toml.')
    assert f'set store = "{simple.target.address()}"' not in str(refusal.value)


def test_the_way_back_into_the_closed_place_is_refused_and_nothing_changes(way: Way, room_for: Any) -> None:
    way.go()
    before = rows_of(way.source)
    with pytest.raises(StoreFailed, match="name a new place"):
        Way(room_for(way.target), way.source).go()
    assert rows_of(way.source) == before
    assert moved_to(way.target) is None


def test_a_log_is_restored_into_an_empty_place(way: Way) -> None:
    before = rows_of(way.source)
    assert restore(way.source, way.target, lambda _: None).entries == len(before["entry"])
    assert rows_of(way.target) == before


def test_a_log_is_not_restored_over_another(way: Way, room_for: Callable[[Store], Room]) -> None:
    room_for(way.target).open(title="In use")
    before = rows_of(way.target)
    with pytest.raises(Refused, match="holds a log already") as refusal:
        restore(way.source, way.target, lambda _: None)
    assert refusal.value.code == 3
    assert rows_of(way.target) == before


def test_what_does_not_verify_is_not_restored(way: Way, spoilt: Callable[[Store], None]) -> None:
    spoilt(way.source)
    with pytest.raises(Unverified, match="Nothing was restored"):
        restore(way.source, way.target, lambda _: None)
    assert rows_of(way.target)["entry"] == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_while_a_log_is_moved_nobody_writes_and_everybody_reads(
    kind: str, make: Make, room_for: Any, again: Callable[[Store], Any]
) -> None:
    room = room_for(make(kind))
    lived(room)
    before = rows_of(room.store)
    other = again(room.store)
    if kind == "postgresql":
        other._open().execute("SET lock_timeout = '200ms'")
    else:
        other._turnstile = partial(posix.turnstile, patience=0.2)
    refused = 0

    def try_to_write(text: str) -> None:
        nonlocal refused
        if text.startswith(("copying entry", "freezing")):
            assert rows_of(other) == before
            with pytest.raises(StoreFailed), other.writing() as ledger:
                ledger.beat(Beat("there:1", room.clock.now(), 5.0))
            refused += 1

    move(room.store, make("sqlite"), BY, room.clock.now, try_to_write)
    assert refused == 2
