"""Every rule finds what it is for at the right line, on its page and in a corpus of broken playbooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbooks.examples import HERE, PAGES, Example, checked, completed, example, places

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
