"""What people wrote in an entry, as sentences quote it."""

from __future__ import annotations

from crisisctl.domain.entries import Entry

ERASED = "(redacted)"


def word(entry: Entry, field: str) -> str:
    """What was written; `(redacted)` when it has been erased, nothing where the entry has no such field."""
    written = entry.words.get(field)
    return "" if written is None else ERASED if written.value is None else written.value


def because(entry: Entry) -> str:
    """The reason, as the end of a sentence."""
    why = word(entry, "because")
    return f", because {why}" if why else ""


def told(entry: Entry) -> str:
    """Whom the entry reached, as the end of a sentence; nothing where it was to reach nobody."""
    return f"; told {', '.join(entry.data['reached']) or 'nobody'}" if "reached" in entry.data else ""
