"""What a file is, told from its bytes alone, without opening it as a log."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from crisisctl.adapters.sqlite import schema
from crisisctl.adapters.sqlite.store import APPLICATION

_MAGIC = b"SQLite format 3\0"
_FOLDED = b"\1\1"  # at 18: no write-ahead log; a log that is written to always has one
_HEADER = 100  # bytes


def is_backup(path: Path) -> bool:
    """Whether a file is a log as `store backup` leaves it: whole in itself, never written to since, and not closed."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    if head[:16] != _MAGIC or head[18:20] != _FOLDED or int.from_bytes(head[68:72], "big") != APPLICATION:
        return False
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            return not db.execute(schema.CLOSED).fetchone()[0]
    except sqlite3.DatabaseError:
        return False
