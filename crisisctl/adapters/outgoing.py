"""Published statements as files, ready to be pasted: one for each channel, holding exactly the approved bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from crisisctl.domain.errors import StoreFailed

BANNER = "EXERCISE EXERCISE EXERCISE"


class Files:
    """Lays statements out below a folder."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def release(self, incident: str, statement: str, channels: Sequence[str], text: str, *, drill: bool) -> list[Path]:
        """One file a channel; a drill's lie apart and are marked above and below."""
        folder = self._state / ("exercise" if drill else "outgoing") / incident
        marked = f"{BANNER}\n{text}\n{BANNER}\n" if drill else text
        try:
            for part in (self._state, folder.parent, folder):
                part.mkdir(mode=0o700, parents=True, exist_ok=True)  # the mode is the last folder's alone
            _sweep(folder, statement)
            return [_write(folder / f"{statement}.{channel}.txt", marked) for channel in channels or ("text",)]
        except OSError as error:
            place = error.filename2 or folder  # what a finished text could not take the place of
            raise StoreFailed(f"{place} cannot be written: {error.strerror}.") from None


def _sweep(folder: Path, statement: str) -> None:
    """Remove what a process that was stopped left half done."""
    for left in folder.glob(f".{statement}.*.txt.*"):
        if not _alive(left.suffix[1:]):
            left.unlink(missing_ok=True)


def _alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _write(path: Path, text: str) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return path
