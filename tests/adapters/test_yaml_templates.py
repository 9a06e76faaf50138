"""Template files: read from their folder and nowhere else, parsed and never run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crisisctl.adapters.yaml import Read, read

PLAYBOOK = """\
playbook: small
title: Small
severities: [one]
roles: {lead: }
initial: begun
stages: {begun: , closed: {final: true}}
transitions: [{trigger: close, from: begun, to: closed}]
statements:
  first:
    template: words/first.j2
    audiences: [all]
    channels: [mail]
    approvals: [lead]
  again: {template: words/first.j2, audiences: [all], channels: [mail], approvals: [lead]}
"""
KIB = 1024


def reading(folder: Path, source: str | bytes | None) -> Read:
    """What the reader makes of a playbook that names a template with this source twice."""
    (folder / "small.yaml").write_text(PLAYBOOK, encoding="utf-8")
    (folder / "templates" / "words").mkdir(parents=True, exist_ok=True)
    if source is not None:
        data = source if isinstance(source, bytes) else source.encode()
        (folder / "templates" / "words" / "first.j2").write_bytes(data)
    return read(folder / "small.yaml", folder / "templates")


def refused(found: Read, rule: str) -> str:
    """The message, after checking that the finding stands at both places that name the template and is the only one."""
    assert [(finding.rule, finding.line, finding.column) for finding in found.findings] == [
        (rule, 10, 15),
        (rule, 14, 21),
    ]
    assert (found.document, found.templates) == (None, {})
    return found.findings[0].message


def test_a_template_is_read_once_for_all_that_name_it(tmp_path: Path) -> None:
    found = reading(tmp_path, "Hello {{ name }}")
    assert found.findings == []
    assert found.templates == {"words/first.j2": "Hello {{ name }}"}


def test_only_templates_that_statements_name_are_read(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "other.j2").write_text("{{ broken", encoding="utf-8")
    assert list(reading(tmp_path, "Hello").templates) == ["words/first.j2"]


def test_a_missing_template_and_a_missing_folder_are_told_alike(tmp_path: Path) -> None:
    assert refused(reading(tmp_path, None), "template-missing") == "there is no template 'words/first.j2'"
    found = read(tmp_path / "small.yaml", tmp_path / "nowhere")
    assert refused(found, "template-missing") == "there is no template 'words/first.j2'"


def test_a_byte_order_mark_is_no_part_of_a_template(tmp_path: Path) -> None:
    assert reading(tmp_path, b"\xef\xbb\xbfHello").templates == {"words/first.j2": "Hello"}


@pytest.mark.parametrize("kind", ["file", "folder", "way out", "pipe", "not a file", "file for a folder"])
def test_a_template_is_a_file_in_its_folder_and_no_link(kind: str, tmp_path: Path) -> None:
    reading(tmp_path, None)
    outside = tmp_path / "outside.j2"
    outside.write_text("a secret", encoding="utf-8")
    words, first = tmp_path / "templates" / "words", tmp_path / "templates" / "words" / "first.j2"
    if kind == "file":
        first.symlink_to(outside)
    elif kind == "pipe":
        os.mkfifo(first)
    elif kind == "not a file":
        first.mkdir()
    else:
        words.rmdir()
    if kind == "file for a folder":
        words.write_text("", encoding="utf-8")
    elif kind in {"folder", "way out"}:
        elsewhere = tmp_path / ("templates/elsewhere" if kind == "folder" else "elsewhere")
        elsewhere.mkdir()
        (elsewhere / "first.j2").write_text("a secret", encoding="utf-8")
        words.symlink_to(elsewhere)
    found = read(tmp_path / "small.yaml", tmp_path / "templates")
    assert "secret" not in str(found)
    refused(found, "template-unreadable")


def test_the_folder_of_templates_may_itself_be_a_link(tmp_path: Path) -> None:
    reading(tmp_path, "Hello")
    (tmp_path / "link").symlink_to(tmp_path / "templates")
    assert read(tmp_path / "small.yaml", tmp_path / "link").templates == {"words/first.j2": "Hello"}


def test_a_template_holds_at_most_64_kib_of_utf_8(tmp_path: Path) -> None:
    assert reading(tmp_path, "x" * 64 * KIB).findings == []
    assert "larger than 64 KiB" in refused(reading(tmp_path, "x" * (64 * KIB + 1)), "template-too-large")
    assert "line 2 of the template" in refused(reading(tmp_path, b"Hello\ncaf\xe9"), "template-not-utf-8")


def test_the_templates_of_one_playbook_hold_at_most_512_kib(tmp_path: Path) -> None:
    statements = "".join(
        f"  s{n}: {{template: t{n}.j2, audiences: [a], channels: [b], approvals: [lead]}}\n" for n in range(9)
    )
    (tmp_path / "small.yaml").write_text(PLAYBOOK.partition("  first:")[0] + statements, encoding="utf-8")
    for number in range(9):
        (tmp_path / f"t{number}.j2").write_text("x" * 64 * KIB, encoding="utf-8")
    found = read(tmp_path / "small.yaml", tmp_path)
    assert [(finding.rule, finding.line) for finding in found.findings] == [("template-too-large", 17)]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("Hello\n{{ name", "line 2 of the template"),
        ("{% if a %}", "line 1 of the template"),
        ("{% launch %}", "line 1 of the template"),
        ("{{ a b }}", "line 1 of the template"),
        ("\n\n{# never closed", "line 3 of the template"),
        ("{{ '\\N{no such}' }}", "line 1 of the template"),
        ("{{ " + "(" * 30_000 + ")" * 30_000 + " }}", "nested too deep"),
        ("{{ " + "-" * 60_000 + "1 }}", "nested too deep"),
        ("{% if a %}" * 3000 + "{% endif %}" * 3000, "nested too deep"),
        ("{{ " + "9" * 5000 + " }}", "too long a number"),
    ],
)
def test_a_template_that_cannot_be_parsed_is_a_finding_of_the_playbook(
    source: str, message: str, tmp_path: Path
) -> None:
    assert message in refused(reading(tmp_path, source), "template-syntax")


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 10 ** 9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ range(999999999) | list }}",
        "{{ 1" + " + 1" * 12_000 + " }}",
    ],
)
def test_no_constant_of_a_template_is_computed_while_reading_it(source: str, tmp_path: Path) -> None:
    assert reading(tmp_path, source).templates == {"words/first.j2": source}


def test_the_message_of_a_broken_template_is_safe_to_print(tmp_path: Path) -> None:
    message = refused(reading(tmp_path, "{% \x1b\u202e %}"), "template-syntax")
    assert "\x1b" not in message
    assert "\u202e" not in message


# Languages


def beside(folder: Path, *names: str) -> Read:
    """What the reader makes of variants that lie beside the template."""
    reading(folder, "Hello")
    for name in names:
        (folder / "templates" / "words" / name).write_text(f"in {name}", encoding="utf-8")
    return read(folder / "small.yaml", folder / "templates")


def test_the_variants_of_a_template_are_read_with_it(tmp_path: Path) -> None:
    found = beside(tmp_path, "first.de.j2", "first.de-AT.j2", "first.zh-Hant-TW.j2", "first.es-419.j2")
    assert found.findings == []
    assert list(found.templates) == [
        "words/first.j2",
        "words/first.de.j2",
        "words/first.de-AT.j2",
        "words/first.es-419.j2",
        "words/first.zh-Hant-TW.j2",
    ]
    assert found.templates["words/first.de-AT.j2"] == "in first.de-AT.j2"


def test_what_only_looks_like_a_variant_is_left_alone(tmp_path: Path) -> None:
    others = ("first.draft.j2", "second.de.j2", "first.de.j2~", ".first.de.j2", "first.d.j2", "first..j2", "first.de")
    assert list(beside(tmp_path, *others).templates) == ["words/first.j2"]


@pytest.mark.parametrize(
    ("name", "right"), [("DE", "de"), ("de_AT", "de-AT"), ("de-at", "de-AT"), ("zh-hant", "zh-Hant")]
)
def test_a_language_in_the_wrong_case_is_told_with_the_right_name(name: str, right: str, tmp_path: Path) -> None:
    found = beside(tmp_path, f"first.{name}.j2")
    assert f"words/first.{name}.j2" in refused(found, "template-language")
    assert found.findings[0].remedy == f"rename it to words/first.{right}.j2"


def test_a_variant_must_be_as_sound_as_the_template(tmp_path: Path) -> None:
    found = beside(tmp_path, "first.de.j2")
    (tmp_path / "templates" / "words" / "first.fr.j2").write_text("{{ broken", encoding="utf-8")
    found = read(tmp_path / "small.yaml", tmp_path / "templates")
    assert "'words/first.fr.j2' is wrong" in refused(found, "template-syntax")
    (tmp_path / "templates" / "words" / "first.fr.j2").unlink()
    (tmp_path / "templates" / "words" / "first.fr.j2").symlink_to(tmp_path / "small.yaml")
    found = read(tmp_path / "small.yaml", tmp_path / "templates")
    assert "'words/first.fr.j2' cannot be read" in refused(found, "template-unreadable")


def test_variants_count_towards_what_templates_may_hold_together(tmp_path: Path) -> None:
    beside(tmp_path)
    for number in range(9):
        variant = tmp_path / "templates" / "words" / f"first.a{chr(97 + number)}.j2"
        variant.write_text("ä" * 32 * KIB, encoding="utf-8")
    assert "larger than 512 KiB together" in refused(
        read(tmp_path / "small.yaml", tmp_path / "templates"), "template-too-large"
    )
