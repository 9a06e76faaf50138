"""Everything printed goes through here: made visible, coloured only on a terminal; data on stdout, talk on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from crisisctl.domain.text import visible

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
WIDTH = 80
LONGEST_LINE = 1_000
LONGEST_WORD = 34
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_BLOCK = re.compile(rf"{_ITEM.pattern}|\s*[#>|]|\s*$")


def colourful(stream: object = None) -> bool:
    """Whether the stream shows colours: a terminal, and the user has not said NO_COLOR."""
    stream = stream or sys.stdout
    return (
        not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and bool(getattr(stream, "isatty", bool)())
    )


def style(text: str, colour: str) -> str:
    """The text in a colour, marked so that `say` and `talk` know it is ours."""
    return f"\0{_COLOURS[colour]}\1{text}\2"


def _painted(text: str, stream: object) -> str:
    parts = []
    for piece in text.split("\0"):
        code, mark, rest = piece.partition("\1")
        if not mark:
            parts.append(visible(piece, lines=True))
            continue
        inner, _, after = rest.partition("\2")
        inner = visible(inner, lines=True)
        parts.append(f"\x1b[{code}m{inner}\x1b[0m" if colourful(stream) else inner)
        parts.append(visible(after, lines=True))
    return "".join(parts)


def say(text: str = "") -> None:
    """A line of the answer, on stdout."""
    sys.stdout.write(f"{_painted(text, sys.stdout)}\n")


def talk(text: str) -> None:
    """A line about the answer, on stderr; where it cannot be written, the exit code has to say it."""
    try:
        shown = "\n".join(map(_shortened, text.split("\n")))
        sys.stderr.write(f"{_painted(shown, sys.stderr)}\n")
        sys.stderr.flush()
    except OSError:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - nothing more can be said there


def _shortened(line: str) -> str:
    """The line, or its beginning and its end, where the remedy stands, when somebody typed a megabyte into it."""
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE // 2]} ... {line[-LONGEST_LINE // 4 :]}"


def data(document: object) -> None:
    """One JSON document on stdout, indented for a person; control characters are escaped."""
    indent = 2 if sys.stdout.isatty() else None  # indenting takes ten times as long
    sys.stdout.write(json.dumps(document, indent=indent, default=str) + "\n")


def raw(text: str) -> None:
    """An export as it is, on stdout."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def exact(text: str) -> None:
    """A text that was checked before it was recorded: its very bytes in a pipe or file, a line on a terminal."""
    if sys.stdout.isatty():
        say(text)
    else:
        sys.stdout.write(text)


def fold(text: str, indent: int = 0) -> None:
    """A line of prose: on a terminal folded between words, what follows `indent` columns in."""
    if not sys.stdout.isatty():
        say(text)
        return
    for line in _wrapped(text, _columns(WIDTH), " " * indent):
        say(line)


def markdown(text: str) -> None:
    """Guidance as it is written; on a terminal its paragraphs and list items are filled to the width."""
    if not sys.stdout.isatty() or "```" in text:
        say(text.rstrip())
        return
    blocks: list[str] = []
    for line in text.rstrip().split("\n"):
        if not line or not blocks or not blocks[-1] or _BLOCK.match(line):
            blocks.append(line)
        else:
            blocks[-1] += f" {line.strip()}"
    for block in blocks:
        item = _ITEM.match(block)
        fold(block, len(item[0]) if item else 0)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, width: int = WIDTH) -> None:
    """A table no wider than the terminal; what is too long for its column goes on below."""
    kept = [list(heads), *([visible(cell) for cell in row] for row in rows)]
    widths = _fitted([list(column) for column in zip(*kept, strict=True)], _columns(width))
    for number, row in enumerate(kept):
        cells = [_wrapped(cell, size) for cell, size in zip(row, widths, strict=True)]
        for pieces in zip_longest(*cells, fillvalue=""):
            line = "  ".join(piece.ljust(size) for piece, size in zip(pieces, widths, strict=True)).rstrip()
            say(line if number else style(line, "dim"))


def _fitted(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """How wide each column may be: the widest give way first, down to their longest word, and only then beyond it."""
    room -= 2 * (len(columns) - 1)
    widths = [min(room, max(map(len, column))) for column in columns]
    words = [max(len(word) for cell in column for word in cell.split(" ")) for column in columns]
    for least in ([min(word, LONGEST_WORD) for word in words], [1] * len(words)):
        while sum(widths) > room and any(size > low for size, low in zip(widths, least, strict=True)):
            loose = [n for n, low in enumerate(least) if widths[n] > low]
            widths[max(loose, key=widths.__getitem__)] -= 1
    return widths


def _columns(width: int) -> int:
    if not sys.stdout.isatty():
        return width
    import shutil  # noqa: PLC0415

    return min(shutil.get_terminal_size((width, 24)).columns, 120)


def _wrapped(text: str, room: int, lead: str = "") -> list[str]:
    import textwrap  # noqa: PLC0415

    return textwrap.wrap(text, room, subsequent_indent=lead, break_on_hyphens=False) or [""]  # ids hold hyphens


def count(number: int, noun: str) -> str:
    """The number and its noun, `1 file` or `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def progress(text: str) -> None:
    """What is being done, on one line of a terminal that the next call writes over; empty to take it away."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def hint(text: str) -> None:
    """The next step, on stderr."""
    talk(style(f"Next: {text}", "dim"))
