"""Bad files: playbooks, templates, rosters and settings that want to harm are refused with their place."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.conftest import Program

Shown = Callable[[str], str]
Bounded = Callable[[], AbstractContextManager[None]]

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML = {
    "billion laughs": LAUGHS,
    "recursion": "playbook: &a [*a]\n",
    "tag that calls": "playbook: !!python/object/apply:os.system ['touch owned']\n",
    "tag that names": "!!python/name:os.system\n",
    "duplicate key": "playbook: evil\nplaybook: evil\n",
    "deep nesting": "[" * 100_000,
    "twenty megabytes": "# " + "x" * 20_000_000,
    "null byte": "playbook: a\0b\n",
    "raw escape": "playbook: a\x1b[31mb\n",
    "written escape": 'playbook: "a\\e[31mb"\n',
    "written override": 'playbook: "a\\u202Eb"\n',
    "half a character": b"playbook: \xff\n",
    "UTF-16": "playbook: evil".encode("utf-16"),
    "nothing": "",
    "a list": "- a\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "endless number": f"playbook: evil\nversion: {'9' * 100_000}\n",
    "list as a key": "? [a, b]\n: c\n",
    "merge": "a: &a {b: 1}\nc: {<<: *a}\n",
    "unknown anchor": "a: *nope\n",
    "open quote": "playbook: 'abc\n",
    "tab": "playbook:\n\t- a\n",
    "thousands of keys": "".join(f"k{number}: 1\n" for number in range(3_000)),
}


@pytest.mark.parametrize("content", YAML.values(), ids=YAML)
def test_hostile_yaml_is_refused_with_its_place_and_opens_nothing(
    program: Program, behind: Behind, content: str | bytes, bounded: Bounded, shown: Shown
) -> None:
    evil = program.root / "playbooks" / "evil.yaml"
    evil.write_bytes(content if isinstance(content, bytes) else content.encode())
    with bounded():
        checked = program("playbook", "check", "evil")
    with bounded():
        opened = program("open", "evil", "--title", "x")
    with bounded():
        listed = program.ok("playbook", "list")
    assert (checked.code, opened.code) == (6, 6)
    assert re.match(r"playbooks/evil\.yaml:\d+:\d+: error [a-z0-9-]+: ", shown(checked.out))
    shown(checked.err + opened.out + opened.err + listed.out)
    assert not behind.made()
    assert not (program.root / "owned").exists()


def test_a_dotted_name_in_a_playbook_is_never_called(program: Program) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    hook = "because: required\n    before: os.system\n    after: [touch, owned]"
    playbook.write_text(playbook.read_text().replace("because: required", hook))
    told = program("playbook", "check")
    assert told.code == 6
    assert "unknown-key" in told.out
    assert program("open", "data-breach", "--title", "x").code == 6
    assert not (program.root / "owned").exists()


TEMPLATES = {
    "class": ("{{ ''.__class__.__mro__ }}", "line 1"),
    "globals": ("{{ cycler.__init__.__globals__ }}", "line 1"),
    "include": ("a\nb\n{% include '/etc/passwd' %}", "line 3"),
    "undefined": ("We know of {{ nothing_at_all }} accounts", "'nothing_at_all' is not known yet"),
    "endless range": ("{% for i in range(999999999) %}x{% endfor %}", "line 1"),
    "nested loops": ("{% for a in range(999) %}" * 5 + "x" + "{% endfor %}" * 5, "holding/data-breach.md.j2"),
    "huge text": ("{% set x = 'aaaaaaaaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}", "line 1"),
    "power": ("{{ 10 ** 10 ** 10 }}", "line 1"),
    "endless recursion": ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "line 1"),
    "escape": ("a {{ '\\x1b[31m' }} b", "\\x1b at character 3"),
    "nothing": ("{% if false %}x{% endif %}", "the text is empty"),
}


@pytest.mark.parametrize(("source", "where"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_hostile_template_gives_no_text_and_says_where(
    program: Program, source: str, where: str, bounded: Bounded, shown: Shown
) -> None:
    (program.root / "templates" / "holding" / "data-breach.md.j2").write_text(source)
    program.ok("open", "data-breach", "--title", "x", "--fact", "affected_accounts=3")
    before = program.ok("status", "--json").json["version"]
    with bounded():
        told = program("statement", "draft", "holding")
    assert (told.code, told.out) == (6, "")
    assert "holding/data-breach.md.j2" in shown(told.err)
    assert where in told.err
    assert len(told.err) < 1_000
    assert program.ok("status", "--json").json["version"] == before


@pytest.mark.parametrize("source", ["{% if %}", "{{ x", "x" * 2_000_000, "{% for %}", "\x1b{% if %}"])
def test_a_template_that_cannot_be_read_stops_the_opening_with_its_place(
    program: Program, behind: Behind, source: str, bounded: Bounded, shown: Shown
) -> None:
    (program.root / "templates" / "holding" / "data-breach.md.j2").write_text(source)
    with bounded():
        told = program("open", "data-breach", "--title", "x")
    assert told.code == 6
    assert "data-breach.yaml:68:" in shown(told.err)
    assert not behind.made()


def test_a_fact_is_data_for_a_template_and_never_a_template(program: Program) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    playbook.write_text(playbook.read_text().replace("facts:\n", "facts:\n  words: {type: text, ask: Which?}\n", 1))
    (program.root / "templates" / "holding" / "data-breach.md.j2").write_text("We say: {{ words }}")
    program.ok("open", "data-breach", "--title", "x", "--fact", "words={{ 7 * 7 }}{% include 'x' %}")
    program.ok("statement", "draft", "holding")
    shows = program.ok("statement", "show", "holding", "--json").json["text"]
    assert shows == "We say: {{ 7 * 7 }}{% include 'x' %}"


ROSTERS = {
    "escape in a name": 'people: {dana: {name: "a\\e[31m"}, "b\\e[31m": {}}',
    "tag": "people: !!python/object/apply:os.system ['touch owned']",
    "duplicate": "people: {dana: {}, dana: {}}",
    "unknown key": 'people: {dana: {"k\\e[31m": 1}}',
    "laughs": LAUGHS + "people: {dana: {contacts: *i}}",
    "recursion": "people: {dana: {contacts: &a [*a]}}",
    "deep": "people: " + "[" * 600,
    "large": "# " + "x" * 1_000_000,
    "no mapping": "people: [dana]",
    "bytes": b"people: \xff",
    "number": "people: {1: {}}",
}


@pytest.mark.parametrize("content", ROSTERS.values(), ids=ROSTERS)
def test_a_hostile_roster_is_refused_with_its_file(
    opened: Program, content: str | bytes, bounded: Bounded, shown: Shown
) -> None:
    roster = opened.root / "roster.yaml"
    roster.write_bytes(content if isinstance(content, bytes) else content.encode())
    with bounded():
        told = opened("note", "x")
    assert (told.code, told.out) == (6, "")
    assert str(roster) in shown(told.err)
    assert len(told.err) < 1_000
    assert not (opened.root / "owned").exists()


@ON_FILE  # a store that the environment names comes before that of the settings
@pytest.mark.parametrize(
    "content", ["[" * 50_000, "a = '\x1b[31m'", '"k\\u001b" = 1', 'store = "a\\u001b[31m"', "x" * 200_000, "as = 'a b'"]
)
def test_hostile_settings_are_refused(program: Program, content: str, bounded: Bounded, shown: Shown) -> None:
    (program.root / "crisisctl.toml").write_text(content)
    with bounded():
        told = program.process("note", "x", env={"CRISISCTL_AS": ""})
    assert told.returncode in (3, 6)
    shown(told.stderr)
    assert "bug" not in told.stderr


def test_a_slip_in_the_roster_does_not_stop_the_room(opened: Program) -> None:
    roster = opened.root / "roster.yaml"
    roster.write_text("people: {dana: {roles: [comms-lead]}, lee: {}}")
    opened.ok("status")
    roster.write_text("people: {dana: {roles: [comms-lead]}, lee: {}")
    told = opened.ok("note", "the room goes on")
    assert "the room goes on" in told.out
    assert f"{roster}:1:46 cannot be read: " in told.err
    assert told.err.endswith("Until it is mended, the people known last count.\n")
    assert opened.ok("status", "--json").json["incident"] == "INC-1"
    assert opened("assign", "legal", "mallory").code == 4
    assert opened("doctor").code == 6
