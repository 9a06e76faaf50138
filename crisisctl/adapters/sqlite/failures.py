"""SQLite's errors as sentences."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from crisisctl.domain.errors import StoreFailed, Unverified


def explained(path: Path, error: sqlite3.DatabaseError | UnicodeDecodeError) -> StoreFailed | Unverified:
    """What a failure of SQLite means for whoever waits for the answer, and what to do."""
    # SQLite quotes in its message what is damaged, and that may be what people wrote.
    text = "malformed text" if isinstance(error, UnicodeDecodeError) or "decode" in str(error) else str(error)
    if "not a database" in text:
        return StoreFailed(f"{path} is not a database of crisisctl. Move it away, or restore a backup.")
    if "malformed" in text or "corrupt" in text:
        return Unverified(f"{path} is damaged ({text}). Copy it aside, then restore the newest backup.")
    if "full" in text:
        return StoreFailed(f"The disk that holds {path} is full. Nothing was written; free some space and repeat.")
    if "readonly" in text or "unable to open" in text:
        return StoreFailed(f"{path} cannot be written ({text}). Nothing was written; check its owner and mode.")
    if "locked" in text or "busy" in text:
        return StoreFailed(f"{path} is held by another program ({text}). Nothing was written; try again.")
    return StoreFailed(f"{path} cannot be used: {text}. Nothing was written.")
