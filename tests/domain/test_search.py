"""A search: every word, whole, in any order, without case, accents and marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crisisctl.domain.entries import Entry, words
from crisisctl.domain.search import search

NOW = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)

NOTES = {
    1: "Records found on a forum",
    2: "The FORUM post was deleted; nobody said why",
    3: 'He said "no comment" and hung up',
    4: "Preise für Übergrößen, 12.5 % mehr",
    5: "payment-data is involved",
    6: "数据泄露 und データ漏洩",
    7: "La señora Núñez llamó",
}
SEARCHES = {
    "forum": [2, 1],
    "Forum RECORDS": [1],
    "records why": [],
    "deleted": [2],
    "for": [],  # whole words
    '"no comment"': [3],
    '"': [],
    "'": [],
    "''": [],
    "übergrößen": [4],
    "PREISE ÜBERGRÖßEN": [4],
    'deleted "': [2],
    "12.5": [4],
    "payment-data": [5],
    "data payment": [5],
    "forum OR records": [],
    "forum NOT deleted": [],
    "NEAR(forum post)": [],
    "foru*": [],
    "text:forum": [],
    "(forum": [2, 1],
    "forum)": [2, 1],
    "^forum": [2, 1],
    "-forum": [2, 1],
    "forum\0post": [2],
    "\0": [],
    "": [],
    "   ": [],
    "; DROP TABLE entry; --": [],
    "泄露": [6],
    "露泄": [],
    "漏洩": [6],
    "nunez": [7],
    "LLAMO señora": [7],
    "ubergrossen": [4],
    "%": [],
    "_": [],
    "\\": [],
}


def _note(version: int, text: str) -> Entry:
    said = words({"text": text}, lambda: b"s" * 32)
    return Entry("INC-1", version, NOW, NOW, "dana", "tester", "legal", "cli", "note.added", {}, said, "")


WRITTEN = [_note(version, text) for version, text in reversed(NOTES.items())]


@pytest.mark.parametrize("wanted", SEARCHES)
def test_a_search_finds_the_entries_that_hold_all_the_words(wanted: str) -> None:
    found = [(told.entry.version, told.text) for told in search(WRITTEN, wanted)]
    assert found == [(version, NOTES[version]) for version in SEARCHES[wanted]]


def test_a_search_looks_through_the_whole_sentence_of_an_entry() -> None:
    done = WRITTEN[0]._replace(type="task.done", data={"task": "pause-posts"}, words={})
    assert [told.text for told in search([done], "done pause")] == ["Task pause-posts done"]


def test_what_was_erased_is_not_found() -> None:
    note = WRITTEN[0]
    erased = note._replace(words={"text": note.words["text"]._replace(salt=None, value=None)})
    assert list(search([erased], "señora")) == []
    assert [told.text for told in search([erased], "redacted")] == ["(redacted)"]


def test_a_search_looks_no_further_than_it_is_asked_to() -> None:
    seen: list[int] = []

    def written() -> Iterator[Entry]:
        for entry in WRITTEN:
            seen.append(entry.version)
            yield entry

    assert next(search(written(), "forum")).entry.version == 2
    assert seen == [7, 6, 5, 4, 3, 2]
