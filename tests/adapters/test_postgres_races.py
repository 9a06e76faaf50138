"""Many at one database: a version has one author, a key one deed, a timer one shot and a number one incident."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from crisisctl.adapters.postgres import Postgres
from crisisctl.domain import commands as ask
from crisisctl.domain.notices import Notice
from crisisctl.service.ports import Store
from crisisctl.service.verify import verify
from tests.postgres import Place

HAND = Path(__file__).parent / "hand.py"
EIGHT = 8
Together = Callable[..., list[Any]]


@pytest.fixture
def together(place: Place, tmp_path: Path) -> Together:
    """Lets eight hands do the same at the same moment; what each says it did."""

    def run(what: str, *arguments: str, hands: int = EIGHT) -> list[Any]:
        go = tmp_path / f"go-{what}"
        command = [sys.executable, str(HAND), what, place.url, str(go), *arguments]
        pipe = subprocess.PIPE
        started = [subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) for _ in range(hands)]
        go.touch()
        told = [hand.communicate(timeout=300) for hand in started]
        assert [(hand.returncode, error) for hand, (_, error) in zip(started, told, strict=True)] == [(0, "")] * hands
        return [json.loads(out) for out, _ in told]

    return run


@pytest.fixture
def room(place: Place, room_for: Callable[[Store], Any]) -> Any:
    with closing(Postgres(place.url)) as store:
        yield room_for(store)


def test_of_eight_who_expect_a_version_one_gets_it(room: Any, together: Together) -> None:
    together("notes", "0", hands=1)
    start = room.look().version
    told = together("claim", str(start), str(start + 200))
    won = [version for hand in told for version in hand["won"]]
    assert sorted(won) == list(range(start + 1, start + 201))
    assert sum(hand["lost"] for hand in told) == (EIGHT - 1) * 200
    assert verify(room.store, None).flaws == []


def test_what_eight_ask_under_one_key_is_done_once_and_no_number_is_left_out(room: Any, together: Together) -> None:
    told = together("opens", "5")
    for at in range(10):
        assert sorted(hand["repeats"][at] for hand in told) == [False, *[True] * (EIGHT - 1)]
    with room.store.reading() as log:
        assert [head.incident for head in log.heads()] == [f"INC-{n}" for n in range(1, (EIGHT + 1) * 5 + 1)]
        assert [entry.type for entry in log.entries("INC-1")].count("note.added") == 5
    own = [id_ for hand in told for id_ in hand["ids"]]
    assert len(set(own)) == EIGHT * 5
    assert verify(room.store, None).flaws == []


def test_a_reader_of_the_tail_misses_nothing(room: Any, place: Place, together: Together) -> None:
    room.open()
    seen: list[object] = []
    ended = Event()

    def follow() -> None:
        with place.connect() as db:
            last: object = 0
            while True:
                over = ended.is_set()
                rows = db.execute("SELECT position FROM entry WHERE position > %s ORDER BY position", (last,))
                seen.extend(row[0] for row in rows)
                last = seen[-1] if seen else 0
                if over:
                    return

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        together("notes", "200", hands=4)
        ended.set()
        following.result()
    with place.connect() as db:
        assert seen == [row[0] for row in db.execute("SELECT position FROM entry ORDER BY position").fetchall()]
    assert len(seen) >= 800


def test_each_timer_is_fired_once_by_six(place: Place, room_for: Callable[[Store], Any]) -> None:
    rooms = [room_for(Postgres(place.url)) for _ in range(6)]
    for _ in range(10):
        rooms[0].open()
    for room in rooms:
        room.clock.tick(hours=3)

    def fires(room: Any) -> int:
        return sum(len(done.entries) for n in range(10) for _ in range(5) if (done := room.desk.fire(f"INC-{n + 1}")))

    with ThreadPoolExecutor(6) as pool:
        made = sum(pool.map(fires, rooms))
    with place.connect() as db:
        timers = [row[0] for row in db.execute("SELECT timer FROM entry WHERE timer IS NOT NULL").fetchall()]
    fired = [type_ for n in range(10) for type_ in rooms[0].types(f"INC-{n + 1}") if type_.startswith("escalation")]
    assert made >= len(fired) >= 10
    assert len(timers) == len(set(timers)) >= 10
    assert len({Counter(rooms[0].types(f"INC-{n + 1}"))["escalation.fired"] for n in range(10)}) == 1
    assert verify(rooms[0].store, None).flaws == []
    for room in rooms:
        room.store.close()


def test_no_notice_is_leased_to_two(place: Place, room: Any) -> None:
    room.open()
    now = room.clock.now()
    with room.store.writing() as ledger:
        for n in range(160):
            ledger._change(
                "INSERT INTO outbox (key, incident, version, person, contact, attempts, ready_at)"
                " VALUES (%s, 'INC-1', 1, 'dana', 0, 0, '2026-01-01T00:00:00.000000Z')",
                f"key-{n}",
            )
    stores = [Postgres(place.url) for _ in range(6)]

    def takes(store: Postgres) -> list[Notice]:
        mine: list[Notice] = []
        while True:
            with store.writing() as ledger:
                got = ledger.lease(now, now + timedelta(seconds=30), 8)
            if not got:
                return mine
            mine += [row.notice for row in got]

    with ThreadPoolExecutor(6) as pool:
        keys = [notice.key for mine in pool.map(takes, stores) for notice in mine]
    assert sorted(keys) == sorted(f"key-{n}" for n in range(160))
    for store in stores:
        store.close()


def test_nobody_waits_in_a_circle(room: Any, place: Place, together: Together) -> None:
    with place.connect() as db:
        before = deadlocks(db)
        for _ in range(4):
            room.open()
            room.clock.tick(minutes=20)
            room.ask(ask.AddNote("seen"))
        told = together("mix", "40", hands=6)
        assert all(hand["done"] > 0 for hand in told)
        assert deadlocks(db) == before
    flaws = verify(room.store, None).flaws
    assert flaws == []


def deadlocks(db: Any) -> object:
    db.execute("SELECT pg_stat_clear_snapshot()")
    return db.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
