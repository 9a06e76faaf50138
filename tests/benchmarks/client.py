"""One of several clients of a server: `python client.py WHAT URL NUMBER`, where WHAT is `bare`, `unordered`,
`crisisctl` or `dbos`.

It says `ready`, waits for a line on standard input, so that all start together, works for `SECONDS`, and prints how
often it came through.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

INCIDENTS = 20
SECONDS = 4.0
TEXT = "the vendor confirms that the dump is genuine"


def bare(url: str, number: int) -> Callable[[], object]:
    """Lock an incident, read its head, lock the order of positions, insert the row of an entry, move the head, commit.

    No rule, no guard, no seal. The tables `bare_head` and `bare_entry` have the columns and indexes of the log's own.
    """
    return _bare(url, number, "SELECT pg_advisory_xact_lock(4711)")


def unordered(url: str, number: int) -> Callable[[], object]:
    """The same without the order: readers of the tail may miss entries, which a log may not have."""
    return _bare(url, number, None)


def _bare(url: str, number: int, order: str | None) -> Callable[[], object]:
    import psycopg  # noqa: PLC0415 - each client loads what it needs
    from psycopg import sql  # noqa: PLC0415

    from crisisctl.domain.entries import COLUMNS  # noqa: PLC0415

    db, chance = psycopg.connect(url), random.Random(number)  # noqa: S311 - to repeat a run
    names = COLUMNS.split()[1:]
    insert = f"INSERT INTO bare_entry ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608
    like = sql.SQL(f"SELECT {', '.join(names)} FROM entry WHERE type = 'note.added' LIMIT 1")  # noqa: S608
    row = db.execute(like).fetchone()
    db.commit()
    assert row, "no entry to be like"

    def write() -> None:
        incident = f"INC-{chance.randint(1, INCIDENTS)}"
        head = "SELECT version, digest, playbook_digest, stages FROM bare_head WHERE incident = %s FOR UPDATE"
        found = db.execute(head, (incident,)).fetchone()
        assert found
        if order:
            db.execute(sql.SQL(order))
        db.execute(insert, (incident, found[0] + 1, *row[2:]))
        move = "UPDATE bare_head SET version = %s, digest = %s WHERE incident = %s"
        db.execute(move, (found[0] + 1, row[-3], incident))
        db.commit()

    return write


def crisisctl(url: str, number: int) -> Callable[[], object]:
    """Note something down in an incident, by the one path of every command."""
    from crisisctl.bootstrap import Office  # noqa: PLC0415
    from crisisctl.domain import commands as ask  # noqa: PLC0415
    from crisisctl.service.desk import Asked  # noqa: PLC0415

    os.environ["CRISISCTL_STORE"] = url
    root = Path(tempfile.mkdtemp())
    (root / "crisisctl.toml").write_text("")
    office, chance = Office(root=root, actor="dana"), random.Random(number)  # noqa: S311 - to repeat a run
    asked = Asked(office.source())
    return lambda: office.desk.handle(f"INC-{chance.randint(1, INCIDENTS)}", ask.AddNote(TEXT), asked)


def dbos(url: str, number: int) -> Callable[[], object]:
    """A durable workflow of one step, as the package dbos has it."""
    from dbos import DBOS  # noqa: PLC0415

    DBOS(
        config={
            "name": "peer",
            "system_database_url": url,
            "executor_id": f"client-{number}",
            "log_level": "ERROR",
        }
    )

    @DBOS.step()  # type: ignore[untyped-decorator, unused-ignore]
    def note(text: str) -> int:
        return len(text)

    @DBOS.workflow()  # type: ignore[untyped-decorator, unused-ignore]
    def flow(text: str) -> int:
        return int(note(text))

    DBOS.launch()
    return lambda: flow(TEXT)


def main() -> None:
    """Work as the arguments say."""
    what, url, number = sys.argv[1:]
    work = {"bare": bare, "unordered": unordered, "crisisctl": crisisctl, "dbos": dbos}[what](url, int(number))
    for _ in range(20):
        work()
    print("ready", flush=True)  # noqa: T201 - whoever started this waits for it
    sys.stdin.readline()
    count, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        work()
        count += 1
    print(count, flush=True)  # noqa: T201 - that is the answer
    os._exit(0)


if __name__ == "__main__":
    main()
