"""What a person sees of a log: nothing at all of a restricted incident that they are not in, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crisisctl.adapters.memory import Memory
from crisisctl.domain.errors import Conflict, StoreFailed, Unverified
from crisisctl.service.ports import Beat, Log, Store
from crisisctl.service.sight import VEILED, Seen, Sight, veiled
from crisisctl.service.vitals import Look

NOW = datetime(2026, 3, 28, 22, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(days=9)


def _secret(rows: Any, store: Store, id_: str, members: str, **changes: Any) -> None:
    """A restricted incident with a timer that is due before all others, a notice, a request and words."""
    first = rows.entry(1, id_, text="secret", request=f"key-{id_}", data={"restricted": True})
    head = rows.head(first, members=members, **changes)
    due = NOW - timedelta(hours=1)
    timers, notices = [rows.timer(f"t-{id_}", id_, due=due)], [rows.notice(f"n-{id_}", id_, person="mona")]
    rows.append(store, first, head=head, armed=timers, notices=notices)


@pytest.fixture
def full(store: Store, rows: Any) -> Store:
    """INC-1 is restricted to lee and mona, INC-2 to lee; INC-3 is everybody's."""
    _secret(rows, store, "INC-1", "lee mona")
    _secret(rows, store, "INC-2", "lee", closed_at="2026-03-28T22:00:00.000000Z")
    rows.append(store, rows.entry(1, "INC-3", request="key"), armed=[rows.timer("t", "INC-3")])
    with store.writing() as ledger:
        ledger.beat(Beat("w", NOW, 5.0))
    return store


# How each question of the log is asked, of all incidents or of one; every answer to an outsider is as if nothing hidden
# were there.
QUESTIONS: dict[str, Callable[[Log, str], Any]] = {
    "head": lambda log, id_: log.head(id_),
    "tip": lambda log, id_: log.tip(id_),
    "heads": lambda log, id_: [head for head in log.heads() if head.incident == id_],
    "snapshot": lambda log, id_: log.snapshot(id_),
    "entries": lambda log, id_: list(log.entries(id_)),
    "entry": lambda log, id_: log.entry(id_, 1),
    "by_request": lambda log, id_: log.by_request(f"key-{id_}"),
    "due": lambda log, id_: [timer for timer in log.due(LATER, 50) if timer.incident == id_],
    "timers": lambda log, id_: log.timers(id_),
    "next_due": lambda log, _: log.next_due() if log.next_due() != NOW else None,
    "outbox": lambda log, id_: [*log.outbox(id_), *(row for row in log.outbox() if row.notice.incident == id_)],
    "ready": lambda log, _: log.ready(NOW),
    "incidents": lambda log, id_: [other for other in log.incidents() if other == id_],
    "tips": lambda log, id_: log.tips().get(id_),
    "written": lambda log, id_: [entry for entry in log.written() if entry.incident == id_],
}
FREE = {"beats", "gaps"}  # of the watches, and of incidents that are gone
APART = {"extent", "dump"}  # of no one incident: in tests of their own


def test_every_question_of_a_log_is_asked_here() -> None:
    asked = {name for name in vars(Log) if not name.startswith("_")}
    assert asked == set(QUESTIONS) | FREE | APART


def test_how_far_the_log_reaches_is_told_of_what_is_seen(full: Store) -> None:
    with full.reading() as log:
        assert log.extent()[:2] == (3, 3)
    for person, seen in (("otto", 1), ("mona", 2), ("lee", 3)):
        with Sight(full, person).reading() as log:
            assert log.extent()[:2] == (seen, seen)


def test_nobody_copies_what_they_see_for_the_whole(full: Store) -> None:
    with Sight(full, "lee").reading() as log, pytest.raises(TypeError):
        log.dump("entry")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("person", ["otto", None, "lee mona", "", "mon", "Lee"])
def test_whoever_is_not_in_it_gets_no_answer(full: Store, question: str, person: str | None) -> None:
    with Sight(full, person).reading() as log:
        assert not QUESTIONS[question](log, "INC-1")
        assert not QUESTIONS[question](log, "INC-2")


@pytest.mark.parametrize("question", QUESTIONS)
def test_whoever_is_in_it_gets_the_whole_answer(full: Store, question: str) -> None:
    for id_ in ("INC-1", "INC-2", "INC-3"):
        with full.reading() as log:
            whole = QUESTIONS[question](log, id_)
        with Sight(full, "lee").reading() as log:
            assert QUESTIONS[question](log, id_) == whole


def test_whoever_is_in_one_of_them_sees_that_one(full: Store) -> None:
    with Sight(full, "mona").reading() as log:
        assert [head.incident for head in log.heads()] == ["INC-1", "INC-3"]
        assert log.hidden() == {"INC-2"}
    assert (Sight(full, "mona").sees("INC-1"), Sight(full, "mona").sees("INC-2")) == (True, False)


def test_a_limit_counts_what_is_seen_however_much_is_hidden_before_it(full: Store, rows: Any) -> None:
    many = [rows.timer(f"x-{n}", "INC-1", due=NOW - timedelta(days=1)) for n in range(20)]
    hidden = rows.entry(2, "INC-1")
    rows.append(full, hidden, head=rows.head(hidden, members="lee"), armed=many)
    with Sight(full, "otto").reading() as log:
        assert [timer.id for timer in log.due(LATER, 1)] == ["t"]
        assert log.next_due() == NOW


def test_beats_are_of_no_incident(full: Store) -> None:
    with Sight(full, "otto").reading() as log:
        assert log.beats() == [Beat("w", NOW, 5.0)]


def test_an_incident_whose_head_is_gone_is_seen_by_nobody_if_it_was_restricted(full: Store, rows: Any) -> None:
    with full.writing() as ledger:
        ledger.forget()
    for person in ("lee", "otto"):
        with Sight(full, person).reading() as log:
            assert log.incidents() == ["INC-3"]
            assert {entry.incident for entry in log.written()} == {"INC-3"}
            assert list(log.entries("INC-1")) == []


def test_an_incident_of_which_nothing_can_be_read_is_seen_by_nobody(full: Store) -> None:
    with full.writing() as ledger:
        ledger.forget()
    with full.reading() as log:
        torn: Any = Torn(log)
        assert not Seen(torn, "lee").sees("INC-1")
        assert Seen(torn, "lee").sees("INC-9")


def test_a_restricted_incident_without_anybody_in_it_is_seen_by_nobody(store: Store, rows: Any) -> None:
    _secret(rows, store, "INC-1", "")
    for person in ("", " ", None, "otto"):
        assert not Sight(store, person).sees("INC-1")


def test_an_outsider_is_given_the_next_number_and_writes_there(full: Store, rows: Any) -> None:
    with Sight(full, "otto").writing() as ledger:
        assert ledger.next_incident() == "INC-4"
        assert ledger.head("INC-1") is None
        ledger.append(rows.batch(rows.entry(1, "INC-4", request="mine")))
    with full.reading() as log:
        assert [head.incident for head in log.heads()] == ["INC-1", "INC-2", "INC-3", "INC-4"]


def test_a_key_of_what_is_hidden_is_taken_and_leaves_nothing(full: Store, rows: Any) -> None:
    before = rows.everything(full)
    taken = rows.batch(rows.entry(1, "INC-4", request="key-INC-1"))
    with (
        pytest.raises(Conflict, match=r"^That request key is taken") as caught,
        Sight(full, "otto").writing() as ledger,
    ):
        ledger.append(taken)
    assert "INC" not in str(caught.value)
    assert rows.everything(full) == before


def test_what_only_the_machine_does_needs_the_whole_log(full: Store) -> None:
    with pytest.raises(TypeError), Sight(full, "lee").writing() as ledger:
        ledger.forget()
    with pytest.raises(TypeError), Sight(full, "lee").writing() as ledger:
        ledger.lease(NOW, LATER, 5)
    with full.reading() as log:
        assert (len(log.heads()), len(log.outbox())) == (3, 2)


def test_what_else_a_writer_does_goes_through(full: Store, rows: Any) -> None:
    with Sight(full, "lee").writing() as ledger:
        ledger.postpone("n-INC-1", LATER)
        ledger.hurry(NOW, NOW)
        ledger.replace_timers("INC-1", [rows.timer("other", "INC-1")])
        ledger.beat(Beat("v", NOW, 1.0))
    with full.reading() as log:
        assert {row.ready_at for row in log.outbox()} == {NOW}
        assert ([timer.id for timer in log.timers("INC-1")], len(log.beats())) == (["other"], 2)


class Spoilt(Memory):
    """A store that finds fault with incidents."""

    def flaws(self) -> list[str]:
        return ["INC-1 has a number that is not its own", "INC-2: worse", "INC-3 too", "page 7 is torn"]


def test_a_flaw_of_the_store_is_told_without_the_names_of_what_is_hidden(rows: Any) -> None:
    store = Spoilt()
    _secret(rows, store, "INC-1", "lee mona")
    _secret(rows, store, "INC-2", "lee")
    assert Sight(store, "otto").flaws() == [VEILED, "INC-3 too", "page 7 is torn"]
    assert Sight(store, "mona").flaws() == [
        "INC-1 has a number that is not its own",
        VEILED,
        "INC-3 too",
        "page 7 is torn",
    ]
    assert Sight(store, "lee").flaws() == store.flaws()


def test_a_name_that_holds_another_is_not_taken_for_it() -> None:
    assert veiled("INC-12 is torn", {"INC-1"}) == "INC-12 is torn"
    assert veiled("torn: INC-1.", {"INC-1"}) == VEILED


class Broken(Memory):
    """A store that cannot read what it holds."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def reading(self) -> Any:
        raise self.error


def test_an_error_names_what_is_hidden_to_nobody_outside(full: Store) -> None:
    error = StoreFailed("INC-1 has a head but no first entry")
    assert Sight(full, "mona").told(error) is error
    told = Sight(full, "otto").told(error)
    assert (type(told), str(told)) == (StoreFailed, f"{VEILED[0].upper()}{VEILED[1:]}.")
    other = Unverified("Entry 3 of INC-3 cannot be read")
    assert Sight(full, "otto").told(other) is other


def test_when_the_log_cannot_say_who_is_in_it_every_incident_counts_as_hidden() -> None:
    store = Broken(StoreFailed("gone"))
    assert "INC" not in str(Sight(store, "mona").told(StoreFailed("INC-1 is torn")))
    plain = StoreFailed("the disk is gone")
    assert Sight(store, "mona").told(plain) is plain


class Torn:
    """A log in which an entry of INC-1 cannot be read."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def entry(self, incident: str, version: int) -> Any:
        if incident == "INC-1":
            raise Unverified("Entry 1 of INC-1 cannot be read. Run: crisisctl verify")
        return self._log.entry(incident, version)

    def by_request(self, request: str) -> Any:
        raise Unverified("Entry 1 of INC-1 cannot be read. Run: crisisctl verify")

    def written(self) -> Iterator[Any]:
        yield from self._log.entries("INC-3")
        raise Unverified("Entry 1 of INC-1 cannot be read. Run: crisisctl verify")


@pytest.mark.parametrize("ask", [lambda log: list(log.written()), lambda log: log.by_request("x")])
def test_an_entry_that_cannot_be_read_is_named_to_members_alone(full: Store, ask: Callable[[Log], Any]) -> None:
    with full.reading() as log:
        torn: Any = Torn(log)
        with pytest.raises(Unverified, match="INC-1"):
            ask(Seen(torn, "mona"))
        with pytest.raises(Unverified, match=VEILED) as caught:
            ask(Seen(torn, "otto"))
    assert "INC" not in str(caught.value)


def test_a_sight_is_where_its_store_is_and_ends_with_it(full: Store) -> None:
    sight = Sight(full, "otto")
    assert sight.place() == full.place()
    sight.close()
    assert sight.sees("INC-3")


def test_figures_tell_what_the_reader_may_see_and_health_looks_at_everything(full: Store) -> None:
    class Stopped:
        def now(self) -> datetime:
            return NOW

    shown = {}
    for person in ("otto", "lee"):
        look = Look(full, Stopped(), lambda: 0.0, shows=Sight(full, person).over)
        shown[person] = look.vitals()
        assert look.late() == 3600.0
    assert (shown["otto"].incidents, shown["otto"].waiting, shown["otto"].overdue, shown["otto"].late) == (1, 0, 1, 0.0)
    assert (shown["lee"].incidents, shown["lee"].waiting, shown["lee"].overdue, shown["lee"].late) == (2, 2, 3, 3600.0)


def test_a_sight_has_the_clock_the_login_and_the_ears_of_its_store(full: Store) -> None:
    sight = Sight(full, "otto")
    assert sight.login() == full.login()
    assert type(sight.clock()) is type(full.clock())
    ears = sight.listener()
    assert type(ears) is type(full.listener() if ears is None else ears)
    if ears:
        ears.close()


def test_a_sight_lets_a_writer_hold_an_incident_and_forget_watches(full: Store) -> None:
    with Sight(full, "lee").writing() as ledger:
        assert ledger.claim("INC-1")
        ledger.forget_beats(["w"])
    with full.reading() as log:
        assert log.beats() == []
