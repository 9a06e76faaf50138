"""A YAML file as a plain document that knows where everything in it stands."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from crisisctl.domain.check import Path as Steps
from crisisctl.domain.text import visible

LARGEST_FILE = 128 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Spot = tuple[int, int]


class Fault(NamedTuple):
    """An error that lies in the text of a file and not in what it means; `spot` is its line and column, from 1."""

    spot: Spot
    rule: str
    message: str
    remedy: str


class Unreadable(Exception):
    """The file cannot be read beyond this fault."""

    def __init__(self, spot: Spot, rule: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.fault = Fault(spot, rule, message, remedy)


class Loaded:
    """A document of dicts, lists, text, numbers, booleans and None, and where each of its keys and values stands.

    `complete` is false when reading had to stop. At a path in `spoiled` the document does not hold what was written.
    """

    def __init__(self) -> None:
        self.document: object = None
        self.complete = False
        self.faults: list[Fault] = []
        self.keys: dict[Steps, Spot] = {}
        self.values: dict[Steps, Spot] = {}
        self.spoiled: set[Steps] = set()

    def spot(self, path: Steps, *, on_key: bool = False) -> Spot:
        """Line and column of the key or value at a path, or of the nearest thing around it."""
        if on_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def is_spoiled(self, path: Steps) -> bool:
        """Whether a fault was already found at that path or around it."""
        return bool(self.spoiled) and any(path[:end] in self.spoiled for end in range(len(path) + 1))


def load(path: Path, largest: int = LARGEST_FILE) -> Loaded:
    """The document in a YAML file of at most so many bytes, with its faults; never raises, whatever the file holds."""
    from crisisctl.adapters.yaml.composer import compose  # noqa: PLC0415 - only what reads a file pays for ruamel.yaml

    loaded = Loaded()
    try:
        compose(_text(path, largest), loaded)
        loaded.complete = True
    except Unreadable as stop:
        loaded.faults.append(stop.fault)
    return loaded


def _text(path: Path, largest: int) -> str:
    data = _bytes(path, largest).removeprefix(_BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        message = f"the byte 0x{data[error.start]:02x} here is not UTF-8"
        raise Unreadable(_end(data[: error.start].decode()), "not-utf-8", message, "save the file as UTF-8") from None
    if found := _UNPRINTABLE.search(text):
        message = f"there is a character {visible(found[0])} here, which nobody can see"
        raise Unreadable(_end(text[: found.start()]), "hidden-character", message, "remove it")
    return text


def _bytes(path: Path, largest: int) -> bytes:
    try:
        # Not blocking, so that a pipe in the place of a file is refused and not waited for.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(largest + 1) if regular else b""
    except (OSError, ValueError) as error:
        reason = visible(getattr(error, "strerror", None) or str(error))
        remedy = "check the path and who may read it"
        raise Unreadable((1, 1), "unreadable-file", f"the file cannot be read: {reason}", remedy) from None
    if not regular:
        raise Unreadable((1, 1), "unreadable-file", "this is not a file", "give the path of a YAML file")
    if len(data) > largest:
        message = f"the file is larger than {largest // 1024} KiB"
        raise Unreadable((1, 1), "too-large", message, "shorten it; long texts belong in templates")
    return data


def _end(text: str) -> Spot:
    """Line and column of what follows the text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1
