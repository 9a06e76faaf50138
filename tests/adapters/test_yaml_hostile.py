"""Files written to do harm: each ends in a finding, soon, and never in an exception."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.adapters.yaml import Read, load, read
from crisisctl.domain.playbook import build

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = (DATA / "example.yaml").read_bytes()
TEMPLATES = DATA / "templates"
KIB = 1024


def reading(folder: Path, content: bytes) -> Read:
    """What the reader makes of a playbook with this content."""
    file = folder / "example.yaml"
    file.write_bytes(content)
    return read(file, TEMPLATES)


def places(found: Read) -> list[str]:
    """Each finding as `rule:line:column`."""
    return [f"{finding.rule}:{finding.line}:{finding.column}" for finding in found.findings]


def value(folder: Path, text: str) -> Any:
    """The document in a file that holds this text."""
    file = folder / "any.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = load(file)
    assert loaded.complete
    assert loaded.faults == []
    return loaded.document


MEASURED = """
import re, sys
from pathlib import Path
from crisisctl.adapters.yaml import read
found = read(Path(sys.argv[1]), Path("."))
assert found.findings and found.document is None
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""
BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
HOSTILE = {
    "a Python object": (b"a: !!python/object/apply:os.system ['touch owned']\n", "tag:1:4"),
    "a Python name": (b"a: !!python/name:os.system\n", "tag:1:4"),
    "an explicit type": (b"a: !!int '3'\n", "tag:1:4"),
    "a tag of its own": (b"a: !secret x\n", "tag:1:4"),
    "a bare tag": (b"a: ! x\n", "tag:1:4"),
    "a tag on a key": (b"!!str a: x\n", "tag:1:1"),
    "a tag with an unknown handle": (b"a: !e!x y\n", "syntax:1:4"),
    "a tag directive": (b"%TAG ! tag:evil,2000:\n---\na: !x y\n", "directive:2:1"),
    "an older YAML": (b"%YAML 1.1\n---\na: on\n", "directive:2:1"),
    "an anchor": (b"a: &x 1\n", "anchor:1:4"),
    "an alias": (b"a: *x\n", "alias:1:4"),
    "an alias to itself": (b"a: &a [*a]\n", "alias:1:8"),
    "an alias as a key": (b"*x : 1\n", "bad-key:1:1"),
    "a merge": (b"a: {<<: {b: 1}}\n", "merge-key:1:5"),
    "a mapping as a key": (b"? {a: b}\n: c\n", "bad-key:1:3"),
    "a list as a key": (b"[a, b]: c\n", "bad-key:1:1"),
    "a number as a key": (b"404: c\n", "bad-key:1:1"),
    "nothing as a key": (b": c\n", "bad-key:1:1"),
    "a duplicate key": (b"a: 1\nb: 2\na: 3\n", "duplicate-key:3:1"),
    "a duplicate key in quotes": (b"a: 1\n'a': 3\n", "duplicate-key:2:1"),
    "lists to the bottom": (b"[" * 100 * KIB, "too-deep:1:33"),
    "mappings to the bottom": (b"{" * 100 * KIB, "too-deep:1:33"),
    "dashes to the bottom": (b"- " * 50 * KIB, "too-deep:1:65"),
    "a pyramid": (b"".join(b" " * n + b"a:\n" for n in range(400)), "too-deep:33:33"),
    "keys to the bottom": (b"? " * 50 * KIB, "too-deep:1:65"),
    "an endless number": (b"a: " + b"9" * 5000 + b"\n", "huge-number:1:4"),
    "an endless hexadecimal number": (b"a: 0x" + b"f" * 5000 + b"\n", "huge-number:1:4"),
    "an endless number as a key": (b"9" * 900 + b": 1\n", "unknown-key:1:1"),
    "a NUL": (b"a: 1\nb: x\0y\n", "hidden-character:2:5"),
    "an escape sequence": (b"a: \x1b[31m\n", "hidden-character:1:4"),
    "a character outside of Unicode": (b'a: "\\UFFFFFFFF"\n', "syntax:1:1"),
    "latin-1": (b"a: 1\ntitle: caf\xe9\n", "not-utf-8:2:11"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "not-utf-8:1:1"),
    "a byte too many": (b"#" * (128 * KIB + 1), "too-large:1:1"),
    "nothing": (b"", "empty-file:1:1"),
    "only a comment": (b"# later\n", "empty-file:1:1"),
    "only a marker": (b"---\n", "empty-file:2:1"),
    "a list": (b"\n- a\n- b\n", "wrong-type:2:1"),
    "a word": (b"no\n", "wrong-type:1:1"),
    "two documents": (b"a: 1\n---\na: 2\n", "several-documents:2:1"),
    "a document after the end": (b"a: 1\n...\nb: 2\n", "several-documents:3:1"),
    "two documents, the second broken": (b"a: 1\n---\n[\n", "several-documents:2:1"),
    "a tab": (b"a:\n\tb: 1\n", "syntax:2:1"),
    "a lone bracket": (b"a: ]\n", "syntax:1:4"),
    "a bracket that stays open": (b"a: 1\nb: [1,\nc: 2\n", "syntax:4:1"),
    "a quote that stays open": (b"a: 1\nb: 'x\nc: 2\n", "syntax:2:4"),
    "a colon in plain text": (b"a: b: c\n", "syntax:1:5"),
    "a text beside the mapping": (b"a: 1\nb\n", "syntax:3:1"),
    "an unknown escape": (b'a: "\\q"\n', "syntax:1:6"),
    "a directive that is none": (b"%%%\n", "syntax:1:2"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_its_place(name: str, tmp_path: Path) -> None:
    content, place = HOSTILE[name]
    found = reading(tmp_path, content)
    assert place in places(found)
    assert found.document is None
    assert not (tmp_path / "owned").exists()


def test_a_bomb_of_aliases_is_told_at_each_of_them_and_never_expanded(tmp_path: Path) -> None:
    rules = [finding.rule for finding in reading(tmp_path, BOMB).findings]
    assert (rules.count("anchor"), rules.count("alias")) == (3, 4)


def test_a_second_document_is_told_and_not_read(tmp_path: Path) -> None:
    assert places(reading(tmp_path, EXAMPLE + b"---\nplaybook: *other\n[")) == ["several-documents:104:1"]


def test_a_syntax_error_says_that_the_rest_was_not_read(tmp_path: Path) -> None:
    (finding,) = reading(tmp_path, b"a:\n\tb: 1\n").findings
    assert finding.message.startswith("this is not YAML: found character '\\t'")
    assert finding.remedy == "indent with spaces, not with tabs; nothing after this place was read"


def test_faults_before_a_syntax_error_are_told_with_it(tmp_path: Path) -> None:
    assert places(reading(tmp_path, b"a: 1\na: &x 2\n\tb: 1\n")) == ["duplicate-key:2:1", "anchor:2:4", "syntax:3:1"]


@pytest.mark.parametrize(
    "dense", [b"[" * 128 * KIB, b"a: b\n" * 26_000, b"a: [" + b"1," * 60_000 + b"]", b"? " * 60_000]
)
def test_no_file_takes_long_or_much_memory(dense: bytes, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_bytes(dense)
    ran = subprocess.run([sys.executable, "-c", MEASURED, file], check=True, capture_output=True, text=True, timeout=20)
    assert int(ran.stdout) < 200


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"),
        ("off", "off"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("22:30", "22:30"),
        ("010", 10),
        ("0o10", 8),
        ("0x10", 16),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("-_", "-_"),
        ("-7", -7),
        ("+7", 7),
        ("=", "="),
        ("2026-10-01", "2026-10-01"),
        ("2026-10-01T12:00:00Z", "2026-10-01T12:00:00Z"),
        ("true", True),
        ("True", True),
        ("tRue", "tRue"),
        ("'true'", "true"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'~'", "~"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("1.2.3", "1.2.3"),
        ("5m", "5m"),
        ('"\\u00e9"', "é"),
        ("[a, {b: c}]", ["a", {"b": "c"}]),
        (">-\n  one\n  two", "one two"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
    ],
)
def test_plain_words_are_read_by_the_core_schema_of_yaml_1_2(written: str, meant: object, tmp_path: Path) -> None:
    assert value(tmp_path, f"a: {written}\n") == {"a": meant}


def test_a_fraction_that_is_no_number_is_read_and_then_refused(tmp_path: Path) -> None:
    found = reading(tmp_path, EXAMPLE.replace(b"version: 4", b"version: .nan"))
    assert places(found) == ["wrong-type:2:10"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xef\xbb\xbf" + EXAMPLE, None),
        (EXAMPLE.replace(b"\n", b"\r\n"), None),
        (EXAMPLE.replace(b"\n", b"\r"), None),
        (b"%YAML 1.2\n---\n" + EXAMPLE, None),
        (b"---\n" + EXAMPLE + b"...\n", None),
        (b"\xef\xbb\xbf" + EXAMPLE.replace(b"\n", b"\r\n").replace(b"version: 4", b"version: 0"), "bad-version:2:10"),
        (b"\xef\xbb\xbf#\xff\n" + EXAMPLE, "not-utf-8:1:2"),
        (EXAMPLE.replace(b"\n", b"\r").replace(b"version: 4", b"version: \x07"), "hidden-character:2:10"),
        (EXAMPLE.replace(b"\n", b"\r\n").replace(b"version: 4", b"version: \xff"), "not-utf-8:2:10"),
    ],
)
def test_a_byte_order_mark_and_any_line_ends_are_read(content: bytes, place: str | None, tmp_path: Path) -> None:
    assert places(reading(tmp_path, content)) == ([place] if place else [])


def test_a_number_as_a_name_is_told_once(tmp_path: Path) -> None:
    found = reading(tmp_path, EXAMPLE.replace(b"  rumour:\n", b"  1.5:\n"))
    assert places(found) == ["bad-key:19:3"]
    assert (found.findings[0].message, found.findings[0].remedy) == (
        "the key '1.5' is read as a fraction",
        'put it in quotes: "1.5"',
    )


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "circle"])
def test_what_is_no_readable_file_is_a_finding(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "circle":
        file.symlink_to(file)
    found = read(file, TEMPLATES)
    assert places(found) == ["unreadable-file:1:1"]
    assert found.findings[0].file == str(file)


TOKENS = [
    *b"[ ] { } , : - ? | > ' \" # & * ! % @ ` ~ = \t \n \r \0 \xff \\ << --- ... &a *a !!int !<x> |9 >-2 .inf".split(
        b" "
    ),
    *[
        b"\n---\n",
        b"\n...\n",
        b"\n%YAML 1.1\n---\n",
        b"\n%YAML 1.\n---\n",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
    ],
    *[b'"\\UFFFFFFFF"', b'"\\uD800"', b"!%zz ", b"  ", b"\n  ", b"1" * 50, b"_", b"null", b"true", b": ", b"- ", b"? "],
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, 2000),
    length=st.integers(100, 1500),
    damage=st.lists(
        st.tuples(st.integers(0, 1500), st.integers(0, 12), st.sampled_from(TOKENS), st.integers(1, 40)), max_size=6
    ),
)
def test_damaged_files_either_have_errors_or_build(
    start: int, length: int, damage: list[tuple[int, int, bytes, int]], tmp_path: Path
) -> None:
    text = bytearray(EXAMPLE[start : start + length] if start % 3 else EXAMPLE)
    for at, cut, token, times in damage:
        text[at : at + cut] = token * (times if times > 30 else 1)
    found = reading(tmp_path, bytes(text))
    if found.document is None:
        assert any(finding.level == "error" for finding in found.findings)
    else:
        build(found.document)
    lines = bytes(text).count(b"\n") + bytes(text).count(b"\r") + 1
    assert all(1 <= finding.line <= lines + 1 and finding.column >= 1 for finding in found.findings)
    assert found.findings == sorted(found.findings, key=lambda finding: (finding.line, finding.column))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_any_bytes_end_in_findings(content: bytes, tmp_path: Path) -> None:
    found = reading(tmp_path, content)
    assert found.document is None
    assert found.findings
