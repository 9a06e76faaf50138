"""Appends notices to files: for contacts written `textfile:PATH`."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from crisisctl.domain.text import visible
from crisisctl.service.ports import DeliveryFailed, Message

SHOWN_KEY = 12
_SCHEME = "textfile:"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Not blocking: a pipe that nobody reads is refused at once instead of holding up every notice.
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class TextFile:
    """Appends each notice to the file that `textfile:PATH` names, and returns when it is on the disk.

    A relative path starts at `root` and cannot leave it, neither by `..` nor by a symbolic link on the way; missing
    folders are made, with mode 0700. An absolute path says plainly where it leads and is taken as it is written: its
    folder must be there, links to the folder are followed, but the file itself must not be a link. Files are made with
    mode 0600. A notice is one write, so two processes never mix theirs.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self, to: str) -> str | None:
        """What keeps the file from taking notices, as a sentence; None when nothing does. Nothing is written."""
        if wrong := _misshapen(to):
            return wrong
        path = self._root / _path(to)
        # A missing folder is made below the root and nowhere else.
        there = path.parent if _path(to).is_absolute() else next(folder for folder in path.parents if folder.exists())
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return f"{visible(str(path))} is a link or no ordinary file; no notice can be appended to it"
        if not there.is_dir() or not os.access(path if path.exists() else there, os.W_OK):
            return (
                f"no notice can be appended to {visible(str(path))}: {visible(str(there))} is missing or not writable"
            )
        return None

    def send(self, message: Message, to: str) -> None:
        """Append the notice and sync it; `DeliveryFailed`, with the path, when that cannot be done."""
        if wrong := _misshapen(to):
            raise DeliveryFailed(wrong, permanent=True)
        path = _path(to)
        if reason := self._obstacle(path, _told(message).encode("utf-8", "backslashreplace")):
            raise DeliveryFailed(f"the notice could not be appended to {visible(str(self._root / path))}: {reason}")

    def _obstacle(self, path: PurePosixPath, text: bytes) -> str:
        """Append, and say what kept it from being done; nothing when nothing did."""
        try:
            with self._folder(path) as folder:
                _append(path.name, folder, text)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                return "there is a symbolic link, or a file for a folder, on the way"
            return (error.strerror or str(error)).lower()
        return ""

    @contextmanager
    def _folder(self, path: PurePosixPath) -> Iterator[int]:
        """The folder of the file, open for as long as the block runs."""
        given = path.is_absolute()
        if not given:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path.parent if given else self._root, _FOLDER)
        try:
            for name in () if given else path.parent.parts:
                folder = _below(folder, name)
            yield folder
        finally:
            os.close(folder)


def _path(to: str) -> PurePosixPath:
    return PurePosixPath(to.removeprefix(_SCHEME))


def _misshapen(to: str) -> str | None:
    """What is wrong with the address itself, which no second attempt can mend."""
    path = _path(to)
    if path.name and ".." not in path.parts and "\0" not in to:
        return None
    return f"{visible(to)} is no file to append to; write textfile:PATH, without '..'"


def _below(folder: int, name: str) -> int:
    """The folder `name` in `folder`, which is closed when that worked; a link is not followed."""
    with suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    os.close(folder)
    return inner


def _append(name: str, folder: int, text: bytes) -> None:
    file = os.open(name, _APPEND, 0o600, dir_fd=folder)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "it is not a file of this account")
        if os.write(file, text) < len(text):
            raise OSError(errno.ENOSPC, "only part of it could be written; the disk may be full")
        os.fsync(file)
        os.fsync(folder)  # a new file's name must last as well
    finally:
        os.close(file)


def _told(message: Message) -> str:
    """The notice as the file has it: one line at the margin, the rest indented, so that no body can pass for one."""
    body = [f"  {row}".rstrip() for row in visible(message.body, lines=True).split("\n")]
    kind = "URGENT NOTICE" if message.urgent else "NOTICE"
    reference = f"  ref {visible(message.key[:SHOWN_KEY])}"
    return "\n".join([f"{kind}  {visible(message.title)}", *body, reference, "", ""])
