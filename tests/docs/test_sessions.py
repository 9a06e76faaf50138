"""What the documentation shows is what the program does: its sessions are typed, in order, in a fresh folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crisisctl.adapters.yaml import read

Open = Callable[..., Any]
SESSIONS = {"README.md": 24, "docs/tutorial.md": 80}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_prints_what_the_page_shows(name: str, page: Open, reader: Any) -> None:
    assert reader.follow(page(name)) >= SESSIONS[name]


def test_only_the_tested_pages_have_sessions(pages: list[Any]) -> None:
    others = [page.name for page in pages if any(fence.language == "console" for fence in page.fences())]
    assert others == sorted(SESSIONS)


def test_the_session_of_the_readme_goes_all_the_way(page: Open) -> None:
    commands = [step.command for step in page("README.md").steps() if hasattr(step, "command")]
    way = ["init", "open", "ack", "task done", "advance activate", "advance announce", "statement lint", "fact set"]
    way += ["statement publish staff-line", "statement draft holding", "statement show", "statement submit holding"]
    way += ["statement approve", "statement publish holding", "statement measure", "statement posted", "timeline"]
    places = [next(at for at, command in enumerate(commands) if f" {step}" in command) for step in way]
    assert places[0] == 0
    assert places == sorted(places)
    assert commands[-1] == "crisisctl verify"
    assert all("crisisctl" in commands[at] for at in places)


def test_a_session_that_shows_something_else_fails(page: Open, reader: Any) -> None:
    wrong = page("made up", "```console\n$ crisisctl init\n… files laid out in /home/dana.\n…\nGood luck\n```")
    with pytest.raises(pytest.fail.Exception, match="Good luck"):
        reader.follow(wrong)


def test_a_session_with_another_exit_code_fails(page: Open, reader: Any) -> None:
    with pytest.raises(AssertionError, match="exit code 4, not 0"):
        reader.follow(page("made up", "```console\n$ crisisctl status\n…\n```"))


def test_the_example_of_the_playbook_language_passes_its_check(page: Open, tmp_path: Any) -> None:
    example = next(f for f in page("docs/playbook-language.md").fences() if f.above == "<!-- playbook: phishing -->")
    (tmp_path / "holding").mkdir()
    (tmp_path / "holding" / "phishing.md.j2").write_text("{{ lure }}\n")
    file = tmp_path / "phishing.yaml"
    file.write_text(f"{example.text}\n")
    assert [finding.message for finding in read(file, tmp_path).findings] == []
