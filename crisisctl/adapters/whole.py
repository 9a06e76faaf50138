"""A file that appears whole or not at all: made in a closed folder beside its place, and put there when it is done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crisisctl.domain.errors import StoreFailed, Usage


@contextmanager
def whole(file: Path, *, replace: bool, ours: Callable[[Path], bool]) -> Iterator[Path]:
    """A path to write to; when all went well, that becomes the file, readable by its owner alone and safe on the disk.

    `Usage` when there is one already that is not to be replaced, or is not `ours` to replace; whatever goes wrong
    leaves that as it was.
    """
    if not file.name or file.is_dir():
        raise Usage(f"{file} is a folder. Name a file in it.")
    folder = file.with_name(f".{file.name}.part")
    fresh = folder / file.name
    try:
        _refuse(file, replace=replace, ours=ours)
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        folder.mkdir(mode=0o700)
        try:
            yield fresh
            _put(fresh, file, replace=replace)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise StoreFailed(f"{file} cannot be written: {error.strerror}. Nothing was written.") from None


def _refuse(file: Path, *, replace: bool, ours: Callable[[Path], bool]) -> None:
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise Usage(f"{file} is not an ordinary file. Name another.")
    if file.exists() and not replace:
        raise Usage(f"{file} is there already. Name another file, or replace it: --force")
    if file.exists() and not ours(file):
        raise Usage(f"{file} is no backup that crisisctl made, so it is not replaced. Name another file.")


def left_over(folder: Path) -> list[Path]:
    """What runs that were killed have left there, or others are at work on just now."""
    return sorted(folder.glob(".*.part"))


def _put(fresh: Path, file: Path, *, replace: bool) -> None:
    fresh.chmod(0o600)
    _sync(fresh, os.O_RDONLY)
    if replace:
        fresh.replace(file)
    else:
        try:
            os.link(fresh, file)  # which, unlike a renaming, never takes the place of another
        except FileExistsError:
            raise Usage(f"{file} has just been made by somebody else. Name another file.") from None
    _sync(file.parent, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, how: int) -> None:
    handle = os.open(path, how | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
