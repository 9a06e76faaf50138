"""What changed between two revisions of a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import NotFound
from crisisctl.domain.incident import Incident
from crisisctl.domain.statements.renditions import drafted, in_order, spec_of
from crisisctl.service.ports import Log
from crisisctl.service.story import drafts

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_LONGEST = 4_000  # pieces; longer texts are compared line by line


class Piece(NamedTuple):
    """A stretch of text; `kind` is `same`, `gone` or `new`."""

    kind: str
    text: str


class Changed(NamedTuple):
    """One rendition in both revisions; a text that is not there, or was erased, is None."""

    key: str
    before: str | None
    after: str | None
    pieces: Sequence[Piece]


class Compared(NamedTuple):
    """Two revisions of a statement and what differs; `same` are the renditions that do not."""

    incident: str
    statement: str
    since: int
    to: int
    changed: Sequence[Changed]
    same: Sequence[str]


def compare(log: Log, incident: Incident, id_: str, since: int | None = None, to: int | None = None) -> Compared:
    """The older revision against the newer; left out, the present one against the one before it."""
    present = drafted(incident, id_).revision
    newer = to if to is not None else present
    older = since if since is not None else max(newer - 1, 1)
    texts = {number: entry for (name, number), entry in drafts(log.entries(incident.id)).items() if name == id_}
    for number in (older, newer):
        if number not in texts:
            raise NotFound(f"{id_} has no revision {number}; its revisions are 1 to {present}.")
    spec = spec_of(incident, id_)
    before, after = (
        _texts(texts[older], spec.ways, spec.languages[0]),
        _texts(texts[newer], spec.ways, spec.languages[0]),
    )
    keys = in_order(spec, {**before, **after})
    changed = [
        Changed(key, before.get(key), after.get(key), pieces(before.get(key) or "", after.get(key) or ""))
        for key in keys
        if key not in before or key not in after or before[key] != after[key]
    ]
    differing = {one.key for one in changed}
    return Compared(incident.id, id_, older, newer, changed, [key for key in keys if key not in differing])


def _texts(entry: Entry, ways: Sequence[str], language: str) -> dict[str, str | None]:
    keys = entry.data.get("renditions") or [f"{way}/{language}" for way in ways]
    return {key: entry.word(key if key in entry.words else "text") for key in keys}


def pieces(before: str, after: str) -> list[Piece]:
    """The one text as it became the other: what stayed, what went and what came, word by word."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - only a comparison pays for it

    old, new = _split(before), _split(after)
    if max(len(old), len(new)) > _LONGEST:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [piece for opcode in found for piece in _pieces(opcode, old, new)]


def _pieces(opcode: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    kind, from_, until, start, end = opcode
    if kind == "equal":
        yield Piece("same", "".join(old[from_:until]))
        return
    if until > from_:
        yield Piece("gone", "".join(old[from_:until]))
    if end > start:
        yield Piece("new", "".join(new[start:end]))


def _split(text: str) -> list[str]:
    return _WORD.findall(text)
