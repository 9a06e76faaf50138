"""A hand that works at a log in a process of its own: `python hand.py WHAT PATH [...]` prints what it did as JSON.

For tests that need several processes at a time, or one that has to fail.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crisisctl.adapters import posix
from crisisctl.adapters.postgres import Postgres
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.adapters.sqlite.store import Turnstile
from crisisctl.adapters.system import SystemChance, SystemClock
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Conflict, CrisisError, NotFound, Refused
from crisisctl.domain.notices import Reach
from crisisctl.service.desk import Asked, Desk
from crisisctl.service.opening import opening
from crisisctl.service.ports import Beat
from crisisctl.service.verify import verify

BOOK = {
    "playbook": "ferry",
    "title": "Ferry",
    "severities": ["sev1"],
    "roles": {"lead": {}},
    "initial": "here",
    "stages": {"here": {}, "there": {}, "closed": {"final": True}},
    "transitions": [
        {"trigger": "cross", "from": "here", "to": "there"},
        {"trigger": "return", "from": "there", "to": "here"},
        {"trigger": "close", "from": "*", "to": "closed"},
    ],
}
ENOUGH = 4_000  # notes that no small disk holds


class Anybody:
    """A directory in which any name is somebody."""

    def own(self, person: str) -> bool:
        return True

    def count(self, person: str) -> int:
        return 1

    def contacts(self, person: str) -> Sequence[str]:
        return ("console:",)

    def require(self, person: str) -> None:
        return None

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        return ()

    def reach(self, person: str) -> Reach:
        return Reach()


def desk_at(path: str, turnstile: Turnstile = posix.turnstile) -> Desk:
    """A desk at the log of that path, or that URL."""
    if path.startswith("postgresql:"):
        server = Postgres(path)
        return Desk(server, server.clock(), SystemChance(), Anybody())
    return Desk(Sqlite(Path(path), turnstile, posix.network_file_system), SystemClock(), SystemChance(), Anybody())


def asked(who: str = "dana", **how: Any) -> Asked:
    """Asked by somebody of the tests."""
    return Asked(Source(who, "tester"), **how)


def opened(desk: Desk) -> str:
    """The id of a new incident."""
    return desk.open(opening(BOOK, {}, [], "On the water"), asked()).incident.id


def wait_for(go: str) -> None:
    """Until the file is there, so that all begin at the same moment."""
    while not Path(go).exists():
        time.sleep(0.001)


def notes(path: str, go: str, count: str) -> list[int]:
    """Open an incident and write so many notes; the versions that they got."""
    return written(desk_at(path), go, count)


def crowd(path: str, go: str, count: str) -> list[int]:
    """The same without a turnstile: all push through the door at once."""
    return written(desk_at(path, lambda _: nullcontext()), go, count)


def written(desk: Desk, go: str, count: str) -> list[int]:
    """The versions of that many notes in an incident of its own."""
    wait_for(go)
    id_ = opened(desk)
    done = [desk.handle(id_, ask.AddNote(f"note {n} of {id_}"), asked()) for n in range(int(count))]
    return [outcome.entries[0].version for outcome in done]


def race(path: str, go: str, until: str) -> dict[str, Any]:
    """Cross to and fro with the version just seen, until the incident has that many entries; the versions won."""
    desk = desk_at(path)
    won: list[int] = []
    lost = 0
    wait_for(go)
    while True:
        with desk.store.reading() as log:
            incident = desk.load(log, "INC-1")
        if incident.version >= int(until):
            return {"won": won, "lost": lost}
        trigger = "cross" if incident.stages == ("here",) else "return"
        try:
            won.append(desk.handle("INC-1", ask.Advance(trigger), asked(expect=incident.version)).entries[0].version)
        except Conflict:
            lost += 1


def rush(path: str, go: str) -> str:
    """Cross once, whoever else does: `crossed` or `refused`."""
    desk = desk_at(path)
    wait_for(go)
    try:
        desk.handle("INC-1", ask.Advance("cross"), asked())
    except Refused:
        return "refused"
    return "crossed"


def fill(path: str, limit: str = "") -> dict[str, Any]:
    """Write notes until it fails, at so many bytes a file if told; how many were kept, and what stopped it."""
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    desk = desk_at(path)
    done = 0
    try:
        id_ = opened(desk)
        while done < ENOUGH:
            desk.handle(id_, ask.AddNote("x" * 2_000), asked())
            done += 1
    except CrisisError as error:
        desk.store.close()
        return {"done": done, "code": error.code, "said": str(error), **look(path)}
    return {"done": done}


def look(path: str) -> dict[str, Any]:
    """How many notes there are, and whether the log verifies."""
    desk = desk_at(path)
    with desk.store.reading() as log:
        kinds = [entry.type for head in log.heads() for entry in log.entries(head.incident)]
    flaws = verify(desk.store, None).flaws
    desk.store.close()
    return {"notes": kinds.count("note.added"), "entries": len(kinds), "flaws": flaws}


def claim(path: str, go: str, start: str, until: str) -> dict[str, Any]:
    """Ask for each version in turn to be one's own; those won, and how many others had."""
    desk = desk_at(path)
    desk.now()  # by which it is connected
    won, lost = [], 0
    wait_for(go)
    for version in range(int(start), int(until)):
        try:
            won.append(desk.handle("INC-1", ask.AddNote("mine"), asked(expect=version)).entries[0].version)
        except Conflict:
            lost += 1
    return {"won": won, "lost": lost}


def opens(path: str, go: str, count: str) -> dict[str, Any]:
    """Open and note under keys that all hands use, and open as many of one's own; their ids, and what was a repeat."""
    desk = desk_at(path)
    ids, repeats = [], []
    wait_for(go)
    for n in range(int(count)):
        begun = desk.open(opening(BOOK, {}, [], "On the water"), asked(request=f"open-{n}"))
        noted = desk.handle("INC-1", ask.AddNote("once"), asked(request=f"note-{n}"))
        repeats += [begun.repeated, noted.repeated]
        ids.append(opened(desk))
    return {"ids": ids, "repeats": repeats}


def acknowledged(path: str, said: str) -> None:
    """Write notes without end, and put down what was recorded, and what a failure said."""
    desk = desk_at(path)
    with Path(said).open("a", buffering=1) as out:
        n = 0
        id_ = opened(desk)
        out.write(f"open {id_}\n")
        while not Path(f"{said}.stop").exists():
            n += 1
            try:
                entry = desk.handle(id_, ask.AddNote(f"note {n}"), asked()).entries[0]
            except CrisisError as error:
                out.write(f"failed {error.code} {error}\n")
            else:
                time.sleep(0.02)
                out.write(f"done {entry.incident} {entry.version} {entry.digest}\n")


def mix(path: str, go: str, count: str) -> dict[str, int]:
    """Everything that writers do, in an order of one's own; the timers fired and the notices taken, by their names."""
    desk, done = desk_at(path), Counter[str]()
    turn = hash(go + str(os.getpid())) % 6
    wait_for(go)
    for n in range(int(count)):
        id_, now = f"INC-{1 + (n + turn) % 4}", desk.now() + timedelta(hours=2)
        with suppress(Conflict, Refused, NotFound):
            WAYS[(n + turn) % len(WAYS)](desk, id_, now)
            done["done"] += 1
    return done


def _lease(desk: Desk, _: str, now: datetime) -> None:
    with desk.store.writing() as ledger:
        for row in ledger.lease(now, now + timedelta(seconds=30), 8):
            ledger.postpone(row.notice.key, now)


def _hurry(desk: Desk, _: str, now: datetime) -> None:
    with desk.store.writing() as ledger:
        ledger.hurry(now - timedelta(hours=3), now - timedelta(hours=1))
        ledger.beat(Beat(f"here:{os.getpid()}", now, 5.0))


def _repair(desk: Desk, id_: str, now: datetime) -> None:
    with desk.store.writing() as ledger:
        ledger.tip(id_)
        ledger.replace_timers(id_, [])
    desk.repair(id_)


WAYS: tuple[Callable[[Desk, str, datetime], object], ...] = (
    lambda desk, id_, _: desk.handle(id_, ask.AddNote("mixed"), asked()),
    lambda desk, id_, _: desk.fire(id_),
    _lease,
    _repair,
    lambda desk, id_, _: desk.handle(id_, ask.Advance("cross"), asked()),
    _hurry,
    lambda desk, id_, _: desk.handle(id_, ask.Advance("return"), asked()),
)
WORK: dict[str, Callable[..., object]] = {
    "notes": notes,
    "crowd": crowd,
    "race": race,
    "rush": rush,
    "fill": fill,
    "look": look,
    "claim": claim,
    "opens": opens,
    "acknowledged": acknowledged,
    "mix": mix,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(WORK[sys.argv[1]](*sys.argv[2:])))
