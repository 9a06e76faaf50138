"""Hints between those who share a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.adapters.postgres import Postgres
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Refused

if TYPE_CHECKING:
    from tests.conftest import Room
    from tests.postgres import Place

LONG = 30.0  # seconds; a test that waits so long has heard nothing


@pytest.fixture
def room(place: Place, room_for: Callable[[Any], Room]) -> Iterator[Room]:
    made = room_for(Postgres(place.url))
    made.open()
    yield made
    made.store.close()


@pytest.fixture
def listening(place: Place) -> Iterator[Any]:
    hear = Postgres(place.url).listener()
    hear(0.1)
    yield hear
    hear.close()


@contextmanager
def later(work: Callable[[], object]) -> Iterator[None]:
    """Do something in a moment, in a thread that has ended when the block has."""
    timer = Timer(0.2, work)
    timer.start()
    yield
    timer.join()


def test_who_arms_timers_is_heard(room: Room, listening: Any) -> None:
    with later(room.open):
        assert listening(LONG)


def test_who_changes_nothing_for_a_watch_is_not_heard(room: Room, listening: Any) -> None:
    room.ask(ask.AddNote("what was overdue fires before this"))
    assert listening(LONG)
    room.ask(ask.AddNote("nothing falls due by this"))
    assert not listening(0.3)


def test_what_was_refused_is_not_heard(room: Room, listening: Any) -> None:
    with pytest.raises(Refused):
        room.ask(ask.Advance("close"))
    assert not listening(0.3)


def test_a_listener_without_a_server_only_waits() -> None:
    assert not Postgres("postgresql://dana@127.0.0.1:1/none").listener()(0.1)


def test_a_listener_listens_again_after_its_connection_was_lost(room: Room, listening: Any, place: Place) -> None:
    with place.connect() as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN crisisctl'")
    assert not listening(0.1)
    listening(0.1)
    with later(room.open):
        assert listening(LONG)
