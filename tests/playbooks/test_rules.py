"""Every rule finds what it is for at the right line, on its page and in a corpus of broken playbooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbooks.examples import HERE, PAGES, TEMPLATE, Example, again, checked, completed, example, places

RULES = sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "README")
SHOWN = [rule for rule in RULES if HERE in (PAGES / f"{rule}.md").read_text(encoding="utf-8")]
TEMPLATES = {
    "holding/count.md.j2": "We are sorry. {{ count }} accounts.\n",
    "holding/next.md.j2": "We are sorry. Next update by {{ next_update_at }}.\n",
    "holding/block.md.j2": "We are sorry.\n",
    "holding/block.de.md.j2": "Es tut uns leid.\n{% block x %}{{ ursache }}{% endblock %}\n",
}
BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


def section(rule: str, head: str) -> str:
    return (PAGES / f"{rule}.md").read_text(encoding="utf-8").partition(f"## {head}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("rule", SHOWN)
def test_the_bad_example_is_caught_at_its_line_and_the_good_one_is_not(rule: str, tmp_path: Path) -> None:
    bad, good = example(section(rule, "Bad")), example(section(rule, "Good"))
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
    assert places(checked(tmp_path / "bad", bad), rule) >= bad.marks()
    assert bad.marks()
    assert places(checked(tmp_path / "good", good), rule) == set()


def test_what_the_examples_leave_out_has_nothing_to_mend(tmp_path: Path) -> None:
    assert checked(tmp_path, Example(completed(""))) == []


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_broken_playbook_is_caught_at_the_right_line_with_the_right_rule(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rule = path.stem.partition(".")[0]
    broken = Example(text, TEMPLATES)
    assert broken.marks()
    assert places(checked(tmp_path, broken), rule) == broken.marks()


def test_the_corpus_has_a_broken_playbook_for_every_rule_and_more() -> None:
    assert len(SHOWN) + len(BROKEN) >= 100


def _too_large(path: Path) -> None:
    path.write_text("# " + "x" * 200_000 + "\n")


def _not_utf_8(path: Path) -> None:
    path.write_bytes(b"We are s\xffrry.\n")


def _nothing_to_read(path: Path) -> None:
    path.unlink()
    path.mkdir()


MADE = {"too-large": _too_large, "not-utf-8": _not_utf_8, "unreadable": _nothing_to_read}
WORDS = "statements:\n  first-words:\n    template: holding/example.md.j2\n"


@pytest.mark.parametrize("fault", MADE)
def test_what_no_page_can_show_is_caught_at_the_file_or_at_the_line_that_names_it(fault: str, tmp_path: Path) -> None:
    checked(tmp_path, Example(WORDS))
    MADE[fault](tmp_path / "templates" / TEMPLATE)
    assert places(again(tmp_path), f"template-{fault}") == {("example.yaml", 3)}
    if fault != "unreadable":  # a folder is no playbook to begin with
        MADE[fault](tmp_path / "playbooks" / "example.yaml")
        assert places(again(tmp_path), fault) == {("example.yaml", 1)}


def test_every_page_has_its_examples_or_says_why_not() -> None:
    hidden = {"unreadable-file", "too-large", "not-utf-8"}
    hidden |= {"template-unreadable", "template-too-large", "template-not-utf-8"}
    assert {*RULES} - {*SHOWN} == hidden
