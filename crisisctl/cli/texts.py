"""The text that somebody brings along: a file in UTF-8, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from crisisctl.domain.errors import NotFound, Refused, Usage
from crisisctl.domain.text import LONGEST_TEXT, visible

_MOST = 4 * LONGEST_TEXT + 4  # bytes; no character takes more than four, and a mark may stand before them


def read(file: str) -> str:
    """The text, nothing taken away; `-` is standard input.

    `NotFound` when there is no such file, `Refused` when it is too long for any statement, `Usage` when it is no UTF-8.
    """
    try:
        return _decoded(file, _bytes(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotFound(f"{_called(file)} cannot be read: {reason}. Name a file, or - for standard input.") from None


def read_if_there(file: str) -> str | None:
    """The same; None when there is no such file."""
    try:
        there = file == "-" or Path(file).exists()
    except (OSError, ValueError):  # no file can have that name
        return None
    return read(file) if there else None


def _bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(_MOST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(_MOST + 1)


def _decoded(file: str, data: bytes) -> str:
    if len(data) > _MOST:
        raise Refused(f"{_called(file)} is too long: at most {LONGEST_TEXT:,} characters are taken. Shorten the text.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        byte = f"the byte 0x{data[error.start]:02x} in line {line}, column {column}"
        raise Usage(f"{_called(file)} is not UTF-8 text: {byte} is none of it. Save it as UTF-8.") from None


def _called(file: str) -> str:
    return "Standard input" if file == "-" else visible(file)
