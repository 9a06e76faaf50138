"""The schema for editors and the reader agree: neither refuses what the other takes, but for what no schema can say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from crisisctl.adapters.yaml import load
from crisisctl.domain.check import check
from crisisctl.domain.playbook import FACT_TYPES, STATEMENT_STATES
from crisisctl.domain.publication import PHASES
from tests.domain.test_check_fuzz import KEYS, NAMES, edited, places

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "crisisctl" / "data" / "playbook.schema.json").read_text())
VALIDATOR = Draft7Validator(SCHEMA)
LIBRARY = sorted((ROOT / "playbooks").glob("*.yaml"))
EXAMPLE: Any = load(ROOT / "tests" / "data" / "example.yaml").document

# What a schema cannot say, for it looks at one place at a time and never from one to another.
BETWEEN_PLACES = {
    "after-in-a-circle",
    "delegate-is-itself",
    "delegate-of-nobody",
    "deputy-loop",
    "fact-not-a-time",
    "id-not-file-name",
    "initial-is-final",
    "move-from-final",
    "partial-entry",
    "severity-without-approval",
    "steps-out-of-order",
    "template-missing",
    "unknown-clock",
    "unknown-escalation",
    "unknown-fact",
    "unknown-role",
    "unknown-severity",
    "unknown-stage",
    "unknown-statement",
    "unknown-task",
    "unknown-trigger",
    "unknown-zone",
}
# What it could say only by writing everything out as often as it may occur.
COUNTED = {"endless-phase", "too-deep"}
# Of these it can say the most, but not the end of February, ten years, and two approvals of one role.
IN_PART = {"bad-date", "bad-duration", "bad-quorum"}

MORE: dict[str, Any] = {
    "delegate": {"after": "15m", "to": {"warden": "counsel"}},
    "languages": ["en", "de-AT"],
    "phase": "opening",
    "preapproved": True,
    "minimal": "minimal/example.md.j2",
    "after": [],
}
RICH = deepcopy(EXAMPLE)
RICH["statements"]["first-words"] |= MORE
RICH["statements"]["next-words"] |= {
    "approvals": {"grave": {"any": 1, "of": ["warden", "counsel"]}, "else": ["warden"]},
    "update_every": {"grave": [{"for": "2h", "every": "20m"}, {"every": "60m"}], "else": "4h"},
}


CLOCKS = {
    "gdpr.art33": {"from": "closed_at", "with": {"aware": "closed_at"}, "role": "warden", "escalate": ["counsel"]}
}
TARGETS = {"first_statement": "60m", "everyone_notified": "15m", "last_resort": "45m"}


def rules(document: object) -> set[str]:
    return {problem.rule for problem in check(document) if problem.level == "error"}


RICH["clocks"] = CLOCKS
if not rules({**RICH, "targets": TARGETS}):  # a reader that is older than the schema has no targets
    RICH["targets"] = TARGETS


def agree(document: Any) -> None:
    """Neither refuses alone."""
    found = rules(document)
    refused = [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in VALIDATOR.iter_errors(document)]
    assert not refused or found, refused
    formal = found - BETWEEN_PLACES - COUNTED - IN_PART
    assert refused or not formal, formal


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", [*LIBRARY, ROOT / "tests" / "data" / "example.yaml"], ids=lambda path: path.stem)
def test_every_playbook_that_is_delivered_fits(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(load(path).document)] == []


def test_the_rich_example_fits_both() -> None:
    assert rules(RICH) == set()
    assert VALIDATOR.is_valid(RICH)


WORDS = st.one_of(
    st.sampled_from(KEYS.split()),
    st.sampled_from(NAMES.split()),
    st.sampled_from(["", "~", "0m", "5m", "1h30m", "skip", "wait", "left", "published", "choice", "required"]),
    st.sampled_from(["2026-02-28", "de-AT", "EN", "a\n", "en\n", "5m\n", "a/b.j2", "../a", "class", "x\u200b", "\x1b"]),
    st.sampled_from([*FACT_TYPES, *STATEMENT_STATES, *PHASES]),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
# A whole number with a fraction of nothing, 1.0, is a whole number to a schema.
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), FRACTIONS, WORDS)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
PLACES = [path for path in places(RICH) if path]
EDITS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "rename", "swap"]), LEAVES | JUNK),
    min_size=1,
    max_size=2,
)


@settings(max_examples=1_500, deadline=None)
@given(EDITS)
def test_a_mutated_playbook_is_refused_by_both_or_by_neither(edits: list[tuple[tuple[Any, ...], str, object]]) -> None:
    document = RICH
    for path, how, junk in edits:
        document = edited(document, path, how, junk)
    agree(document)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(RICH)), JUNK)
@example("stages", {})
@example("severities", [])
def test_a_section_of_anything_is_refused_by_both_or_by_neither(section: str, junk: object) -> None:
    agree({**RICH, section: junk})


@settings(max_examples=200, deadline=None)
@given(JUNK)
def test_no_schema_takes_a_document_that_is_nothing_like_a_playbook(document: object) -> None:
    assert not VALIDATOR.is_valid(document)
    assert rules(document)


def inner(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in the schema, and where it stands."""
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            if key not in {"examples", "enum", "const", "default"}:
                yield from inner(value, f"{path}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from inner(value, f"{path}/{number}")


def test_every_key_says_what_it_means() -> None:
    count = 0
    for path, node in inner(SCHEMA):
        if node.get("additionalProperties") is False:  # an object of the language, and no part of a condition
            for key, spec in node["properties"].items():
                shared = SCHEMA["definitions"].get(spec.get("$ref", "").rpartition("/")[2], {})
                assert spec.get("description") or shared.get("description"), f"{path}/{key}"
                count += 1
    assert count > 60


def test_every_example_is_one() -> None:
    count = 0
    for path, node in inner(SCHEMA):
        for told in node.get("examples", ()):
            validator = Draft7Validator({**node, "definitions": SCHEMA["definitions"]})
            assert validator.is_valid(told), (path, told)
            count += 1
    assert count > 50


def test_every_key_of_the_reader_is_in_the_schema() -> None:
    known = {key for _, node in inner(SCHEMA) for key in node.get("properties", {})}
    assert {key for key in KEYS.split() if key != "*"} <= known


def test_the_documentation_names_what_the_schema_cannot_say() -> None:
    text = (ROOT / "docs" / "playbook-language.md").read_text()
    table = text.partition("<!-- beyond the schema -->")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) == BETWEEN_PLACES | COUNTED | IN_PART


def test_a_quorum_of_nobody_is_refused_by_both() -> None:
    nobodies: list[Any] = [None, []]
    for nobody in nobodies:
        document = deepcopy(RICH)
        document["statements"]["first-words"]["approvals"] = {"any": 1, "of": nobody}
        assert "bad-quorum" in rules(document)
        assert not VALIDATOR.is_valid(document)
