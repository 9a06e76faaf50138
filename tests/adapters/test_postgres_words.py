"""Whatever people write comes back as it was, and names may be as odd as the server lets them be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from psycopg import sql

from crisisctl.adapters.postgres import Postgres
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Refused
from crisisctl.service.verify import verify
from tests.postgres import Place, Server

ODD = 'o\'dd "na me" \\ %s {}; ü'
WORDS = [
    "\U0001f600 ü €",
    "'; DROP TABLE entry; --",
    "%s %% %(x)s {} $1 :name ?",
    "\\ \\' \\u0000 \\x",
    'tab\tand "quotes"',
]


@pytest.fixture
def room(place: Place, room_for: Callable[[Any], Any]) -> Iterator[Any]:
    with closing(Postgres(place.url)) as store:
        made = room_for(store)
        made.open()
        yield made


def notes(room: Any) -> list[str]:
    return [entry.word("text") for entry in room.entries() if entry.type == "note.added"]


def test_words_come_back_as_they_were(room: Any) -> None:
    for text in WORDS:
        room.ask(ask.AddNote(text))
    assert notes(room) == WORDS
    assert verify(room.store, None).flaws == []


def test_a_nul_is_refused_before_the_database_sees_it(room: Any) -> None:
    with pytest.raises(Refused, match="x00"):
        room.ask(ask.AddNote("a\0b"))


def test_a_note_of_64_kib_comes_back_whole(room: Any) -> None:
    text = ("ü€\U0001f600x" * 10_000)[: 65_536 // 3]
    room.ask(ask.AddNote(text))
    assert notes(room) == [text]


@pytest.mark.parametrize("text", [word for word in WORDS if "\t" not in word])
def test_keys_and_titles_are_data_and_nothing_else(room: Any, text: str) -> None:
    room.open(title=text, request=text)
    with room.store.reading() as log:
        assert log.heads()[-1].title == text
        assert log.by_request(text).incident == "INC-2"


def test_names_of_schema_database_and_login_may_be_odd(rough: Server, room_for: Callable[[Any], Any]) -> None:
    name = sql.Identifier(ODD)
    with Place(rough.url, "").connect() as db:
        db.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        db.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
    way = rough.url.replace("postgres@/postgres?", f"{quote(ODD, safe='')}@/{quote(ODD, safe='')}?")
    with Place(way, ODD).connect() as db:
        db.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        db.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(name, name))
    with closing(Postgres(way)) as store:
        made = room_for(store)
        made.open()
        made.ask(ask.AddNote("fine"))
        assert store.login() == ODD
        assert store.flaws() == []
        assert verify(store, None).flaws == []
        assert quote(ODD, safe="") in store.place()
    with Place(rough.url, "").connect() as db:
        db.execute(sql.SQL("DROP DATABASE {}").format(name))
        db.execute(sql.SQL("DROP ROLE {}").format(name))


def test_an_incident_of_many_entries_costs_a_command_no_more(room: Any) -> None:
    """Six times the entries, less than three times the time; a command that read them all would take six."""

    def spent(count: int) -> float:
        begun = time.process_time()
        for n in range(count):
            room.ask(ask.AddNote(f"note {n}"))
        return time.process_time() - begun

    few = spent(150)
    spent(600)
    assert spent(150) < 3 * few
