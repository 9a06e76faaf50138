"""Published statements as files, ready to be pasted: one for each channel, holding exactly the approved bytes."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from crisisctl.domain.errors import StoreFailed
from crisisctl.domain.posting import whole

BANNER = "EXERCISE EXERCISE EXERCISE"


class Files:
    """Lays statements out below a folder."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def lay_out(
        self, incident: str, statement: str, renditions: Mapping[str, str], *, drill: bool, several: bool = False
    ) -> list[Path]:
        """One file a rendition, with its language in the name where there are several; a drill's lie apart, marked.

        `several` says that the statement has more languages than those at hand, so that a file keeps its name.
        """
        several = several or len({key.partition("/")[2] for key in renditions}) > 1
        names = {f"{statement}.{_named(key, renditions, several=several)}": text for key, text in renditions.items()}
        return self._written(incident, names, drill=drill)

    def withdraw(
        self,
        incident: str,
        statement: str,
        gone: Sequence[str],
        kept: Sequence[str],
        fresh: Sequence[Path],
        *,
        drill: bool,
    ) -> None:
        """Remove what earlier texts left of these keys, whether or not their names held a language."""
        folder = self._state / ("exercise" if drill else "outgoing") / incident
        staying = {file.name for file in fresh} | {name for key in kept for name in _names(statement, key)}
        for name in sorted({name for key in gone for name in _names(statement, key)} - staying):
            try:
                (folder / name).unlink(missing_ok=True)
            except OSError as error:
                raise StoreFailed(
                    f"{folder / name} is no longer right and cannot be removed: {error.strerror}."
                ) from None

    def _written(self, incident: str, texts: Mapping[str, str], *, drill: bool) -> list[Path]:
        folder = self._state / ("exercise" if drill else "outgoing") / incident
        try:
            for part in (self._state, folder.parent, folder):
                part.mkdir(mode=0o700, parents=True, exist_ok=True)  # the mode is the last folder's alone
            _sweep(folder, texts)
            return [_write(folder / name, _marked(text) if drill else text) for name, text in texts.items()]
        except OSError as error:
            place = error.filename2 or folder  # what a finished text could not take the place of
            raise StoreFailed(f"{place} cannot be written: {error.strerror}.") from None


def _names(statement: str, key: str) -> list[str]:
    """Every name that a file of this key can have."""
    channel, _, language = key.partition("/")
    stems = (f"{statement}.{channel}", f"{statement}.{channel}.{language}")
    return [f"{stem}.{end}" for stem in stems for end in ("txt", "html", "subject.txt")]


def _marked(text: str) -> str:
    return f"{BANNER}\n{text}\n{BANNER}\n"


def _named(key: str, keys: Iterable[str], *, several: bool) -> str:
    """`x.txt`, `x.de.txt`, `email.subject.txt`, `email.de.html`: what stands in the name after the statement's."""
    text, part = whole(key, keys)
    channel, _, language = text.partition("/")
    end = "html" if part == "html" else f"{part}.txt" if part else "txt"
    return ".".join([channel, language, end] if several else [channel, end])


def _sweep(folder: Path, names: Iterable[str]) -> None:
    """Remove what a process that was stopped left half done."""
    for name in names:
        for left in folder.glob(f".{glob.escape(name)}.*"):
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
