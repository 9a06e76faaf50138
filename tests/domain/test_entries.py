"""Entries: canonical JSON, commitments, and seals that one changed character breaks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import (
    COLUMNS,
    Entry,
    Word,
    canonical,
    columns,
    commitment,
    digest,
    dump_words,
    flaws,
    from_columns,
    load_words,
    words,
)
from crisisctl.domain.errors import Unverified
from tests.domain.conftest import Case, plan

LARGEST = 2**53 - 1
ATOMS = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(max_size=20)
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
LINES = st.characters(min_codepoint=32, max_codepoint=126)


def story() -> Case:
    """An incident with entries of many kinds, some of which hold words."""
    facts = {"count": {"type": "integer"}}
    stages = {"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}}
    call = {"steps": [{"after": "0m", "notify": ["lead"]}]}
    case = Case(plan(facts=facts, stages=stages, escalations={"call": call}), templates={"w.md": "{{ count }}"})
    case.wait(minutes=1)
    case.do(ask.SetFact("count", "103", source="Sam's phone"), role="lead")
    case.do(ask.AddNote("one\nline and “another”"), ask.LogDecision("stay", "dry", ("go",)), ask.Advance("go", "wet"))
    return case


STORY = story().entries


def before(entry: Entry) -> str:
    return STORY[entry.version - 2].digest if entry.version > 1 else ""


@settings(max_examples=300)
@given(VALUES)
def test_canonical_json_is_that_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert (
        canonical({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}' == canonical({"a": (True, None), "b": 1})
    )
    assert canonical(Word("c", None, "€\u2028\x7f\n")) == '["c",null,"€\u2028\x7f\\n"]'.encode()


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        [0.5],
        {"a": {"b": float("nan")}},
        float("inf"),
        LARGEST + 1,
        -LARGEST - 1,
        [{"n": 10**30}],
        {"ключ": 1},
        {1: "a"},
        {None: 1},
        "\ud800",
        {"a": "\udfff"},
    ],
)
def test_what_not_every_reader_can_hold_exactly_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_the_largest_numbers_are_kept() -> None:
    assert canonical([LARGEST, -LARGEST]) == rfc8785.dumps([LARGEST, -LARGEST])


@given(st.binary(min_size=32, max_size=32), st.text(max_size=40))
def test_a_commitment_is_the_digest_of_salt_and_value(salt: bytes, value: str) -> None:
    assert commitment(salt, value) == sha256(bytes([2]) + salt + value.encode()).hexdigest()


def test_each_word_has_a_salt_of_its_own() -> None:
    salts = iter([b"a" * 32, b"b" * 32])
    made = words({"text": "same", "because": "same"}, lambda: next(salts))
    assert made["text"] == Word(commitment(b"a" * 32, "same"), (b"a" * 32).hex(), "same")
    assert made["because"].commitment != made["text"].commitment


@pytest.mark.parametrize("entry", STORY, ids=lambda entry: f"{entry.version}-{entry.type}")
def test_a_digest_seals_the_columns_the_commitments_and_the_entry_before(entry: Entry) -> None:
    sealed = {
        name: getattr(entry, name)
        for name in ("incident", "version", "actor", "login", "role", "via", "type", "timer", "request")
    } | {
        "recorded_at": entry.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "occurred_at": entry.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": json.loads(json.dumps(entry.data)),
        "words": {name: word.commitment for name, word in entry.words.items()},
        "before": before(entry),
    }
    assert entry.digest == sha256(b"\x00" + rfc8785.dumps(sealed)).hexdigest()
    assert flaws(entry, before(entry), []) == []


@pytest.mark.parametrize("entry", STORY, ids=lambda entry: f"{entry.version}-{entry.type}")
def test_an_entry_is_put_together_as_it_was_taken_apart(entry: Entry) -> None:
    stored = columns(entry._replace(position=41))
    assert len(stored) == len(COLUMNS.split())
    assert stored == (41, *columns(entry)[1:])
    assert all(isinstance(value, str | int | None) for value in stored)
    back = from_columns(stored)
    assert back.position == 41
    assert columns(back) == stored
    assert flaws(back, before(entry), []) == []


def test_words_are_kept_with_their_salts() -> None:
    kept = {"text": Word("c", "00", "a “b”\n"), "because": Word("d", None, None)}
    assert load_words(dump_words(kept)) == kept
    assert load_words(dump_words({})) == {}


def with_column(entry: Entry, name: str, value: object) -> tuple[object, ...]:
    return tuple(value if column == name else old for column, old in zip(COLUMNS.split(), columns(entry), strict=True))


def found(row: tuple[object, ...], after: str) -> list[str]:
    """What a verification says of a row."""
    try:
        return flaws(from_columns(row), after, [])
    except Unverified as refusal:
        return [str(refusal)]


@settings(max_examples=800)
@given(st.sampled_from(STORY), st.sampled_from(COLUMNS.split()[1:]), st.integers(0), LINES)
def test_one_changed_character_of_any_sealed_column_is_found(entry: Entry, name: str, place: int, new: str) -> None:
    old = dict(zip(COLUMNS.split(), columns(entry), strict=True))[name]
    assume(isinstance(old, str) and old)
    text = str(old)
    at = place % len(text)
    changed = text[:at] + new + text[at + 1 :]
    assume(changed != text)
    assume(not (name == "words" and changed.lower() == text.lower()))  # the same salt, written in capitals
    assert found(with_column(entry, name, changed), before(entry))


@pytest.mark.parametrize("name", ["role", "timer", "request"])
@pytest.mark.parametrize("entry", STORY, ids=lambda entry: f"{entry.version}-{entry.type}")
def test_a_column_that_was_filled_in_or_emptied_is_found(entry: Entry, name: str) -> None:
    other = "x" if getattr(entry, name) is None else None
    assert found(with_column(entry, name, other), before(entry))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recorded_at", "2026-03-28 22:00:00.000000Z"),
        ("occurred_at", "2026-03-28T22:00:00,000000Z"),
        ("occurred_at", "2026-03-28T22:00:00.000000+01:00"),
        ("occurred_at", "2026-03-28T22:00:00Z"),
        ("occurred_at", None),
        ("data", "{}"),
        ("data", "[]"),
        ("data", '{"a":1.5}'),
        ("data", '{"stage"'),
        ("data", None),
        ("words", "[]"),
        ("words", '{"title":[]}'),
        ("words", '{"title":["a","zz","b"]}'),
        ("version", 2),
    ],
)
def test_a_column_that_nobody_could_have_written_is_found_and_breaks_nothing(name: str, value: object) -> None:
    assert found(with_column(STORY[0], name, value), "")


def test_what_cannot_be_read_is_named_with_the_command_that_looks_further() -> None:
    with pytest.raises(Unverified, match=r"^Entry 2 of INC-1 cannot be read \(.+\)\. Run: crisisctl verify$") as caught:
        from_columns(with_column(STORY[1], "data", "{"))
    assert caught.value.code == 8


def chain(entries: Iterable[Entry]) -> list[str]:
    wrong, after = [], ""
    for entry in entries:
        wrong += flaws(entry, after, [])
        after = entry.digest
    return wrong


def test_an_entry_left_out_moved_or_put_in_breaks_the_chain() -> None:
    assert chain(STORY) == []
    for at in range(1, len(STORY)):
        assert chain([*STORY[: at - 1], *STORY[at:]]) or at == len(STORY)
        assert chain([*STORY[: at - 1], STORY[at], STORY[at - 1], *STORY[at + 1 :]])
        forged = STORY[at]._replace(actor="mallory")
        forged = forged._replace(digest=digest(forged, before(forged)))
        assert flaws(forged, before(forged), []) == []
        assert bool(chain([*STORY[:at], forged, *STORY[at + 1 :]])) == (at < len(STORY) - 1)


def test_words_that_are_gone_need_a_redaction_that_says_so() -> None:
    entry = next(entry for entry in STORY if entry.type == "note.added")
    gone = entry._replace(words={"text": entry.words["text"]._replace(salt=None, value=None)})
    assert gone.word("text") is None
    assert entry.word("text") == "one\nline and “another”"
    assert entry.word("because") is None
    assert flaws(gone, before(entry), []) == ["the words of 'text' are gone and no redaction says so"]
    assert flaws(gone, before(entry), ["text"]) == []
    assert gone.digest == digest(gone, before(entry))


@pytest.mark.parametrize("half", [{"salt": None}, {"value": None}])
def test_a_word_that_lost_its_salt_or_its_value_alone_is_gone(half: dict[str, Any]) -> None:
    entry = STORY[0]
    torn = entry._replace(words={"title": entry.words["title"]._replace(**half)})
    assert flaws(torn, "", []) == ["the words of 'title' are gone and no redaction says so"]


@pytest.mark.parametrize("changed", [{"value": "Fire"}, {"salt": "00" * 32}, {"salt": "no hex"}, {"value": "\ud800"}])
def test_words_that_were_changed_are_found_though_the_digest_holds(changed: dict[str, str]) -> None:
    entry = STORY[0]
    forged = entry._replace(words={"title": entry.words["title"]._replace(**changed)})
    assert flaws(forged, "", ["title"]) == ["the words of 'title' were changed"]
    new = Word(commitment(b"s" * 32, "Fire"), (b"s" * 32).hex(), "Fire")
    assert flaws(entry._replace(words={"title": new}), "", []) == ["its digest does not match its content"]
