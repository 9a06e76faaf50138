"""What can be said of a SQLite file itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_SYNCHRONOUS = ("off", "normal", "full", "extra")


def about(path: Path, db: sqlite3.Connection | None) -> dict[str, object]:
    """Sizes in bytes; the mode in octal. `synchronous` is what every writer sets, whatever a reader sees."""
    known: dict[str, object] = {"engine": f"SQLite {sqlite3.sqlite_version}", "schema": 0}
    if db is None:
        return known
    wal = path.with_name(f"{path.name}-wal")
    return known | {
        "schema": int(db.execute("PRAGMA user_version").fetchone()[0]),
        "size": path.stat().st_size,
        "journal_mode": db.execute("PRAGMA journal_mode").fetchone()[0],
        "wal_size": wal.stat().st_size if wal.exists() else 0,
        "synchronous": _SYNCHRONOUS[db.execute("PRAGMA synchronous").fetchone()[0]],
        "mode": f"{path.stat().st_mode & 0o777:04o}",
    }
