"""Markdown: the timeline, and the escaping that it and the report rely on, as markdown-it and its tables read it."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crisisctl.adapters import exports
from crisisctl.adapters.exports.markdown import escaped, fenced
from crisisctl.domain import commands as ask
from crisisctl.service import story as stories
from crisisctl.service.story import Story

READ = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = [
    "[link](javascript:alert(1))",
    "![image](http://127.0.0.1/x.png)",
    "[link]: http://x\n[link]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden",
    "<div class=x",
    "<?php x",
    "<script\n# x",
    "<https://evil.example>",
    "**bold** __bold__ *em* _em_ ~~gone~~",
    "`code` ``more`` ```",
    "a | b \\| c \\\\| d",
    "&lt;b&gt; &#x3c;b&#62; &amp;",
    "\\",
    "ends in a backslash\\",
    "\\<b> \\`code\\`",
    "[/x]",
    "a@b.example @team #12 $x$ www.evil.example https://evil.example",
    "AT&T, R&D & co; 2 < 3 > 1",
]
BLOCKS = [
    "# heading",
    "###### heading",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "---",
    "***",
    "===",
    "    code",
    "\tcode",
    "```\nfence",
    "~~~\nfence",
    "a\n===",
    "a\n---",
    "a\n\n# heading",
    "| a |\n|---|",
    "<div>\n\n# x",
    "- [ ] task",
]


class _Seen(HTMLParser):
    """The elements of some HTML and their text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.elements.append("comment")


def _seen(markdown: str) -> _Seen:
    seen = _Seen()
    seen.elements += [token.type for token in READ.parse(markdown) if token.type == "html_block"]
    seen.feed(READ.render(markdown))
    seen.close()
    return seen


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip().split("\n")]


def _read(room: Any) -> Story:
    with room.store.reading() as log:
        return stories.story(room.desk, log, "INC-1")


@pytest.mark.parametrize("text", [*HOSTILE, *BLOCKS])
def test_a_paragraph_reads_as_it_was_typed(text: str) -> None:
    seen = _seen(escaped(text))
    assert set(seen.elements) <= {"p", "br"}
    assert _lines(seen.text) == _lines(text.replace("\t", " "))


@pytest.mark.parametrize("text", [*HOSTILE, *BLOCKS])
def test_a_cell_reads_as_it_was_typed_and_stays_one_cell(text: str) -> None:
    seen = _seen(f"| a | b |\n| --- | --- |\n| {escaped(text)} | end |\n")
    assert seen.elements.count("td") == 2
    assert set(seen.elements) <= {"table", "thead", "tbody", "tr", "th", "td", "br"}
    assert _lines(text.replace("\t", " "))[0] in seen.text


@pytest.mark.parametrize("text", [*HOSTILE, *BLOCKS])
def test_a_list_item_and_a_heading_stay_what_they_are(text: str) -> None:
    assert set(_seen(f"- {escaped(text)}\n").elements) <= {"ul", "li", "br"}
    assert set(_seen(f"# {escaped(text)}\n").elements) <= {"h1", "br"}


_ANY = st.text(st.sampled_from("[]()<>!*_`|\\#&;~-+=.:/ \n\taw1") | st.characters(codec="utf-8"))


@given(_ANY)
@example("a\\\n|")
@example("&#x26;lt;")
def test_no_text_makes_an_element(text: str) -> None:
    seen = _seen(f"| a | b |\n| --- | --- |\n| {escaped(text)} | **{escaped(f'x{text}x')}** |\n\nT {escaped(text)}\n")
    assert set(seen.elements) <= {"table", "thead", "tbody", "tr", "th", "td", "br", "strong", "p"}
    assert seen.elements.count("td") == 2
    assert seen.elements.count("p") == 1


@given(st.text("`ab\n ~"))
def test_a_fenced_text_comes_back_to_the_letter(text: str) -> None:
    (block,) = READ.parse(f"{fenced(text)}\n\nafter\n")[:1]
    assert (block.type, block.content) == ("fence", f"{text}\n")


@pytest.mark.parametrize("ticks", [0, 1, 3, 4, 40])
def test_a_fence_is_longer_than_any_run_of_backticks(ticks: int) -> None:
    fence = fenced(f"a {'`' * ticks} b").split("text\n")[0]
    assert len(fence) == max(3, ticks + 1)


def test_the_timeline_has_a_heading_facts_and_a_table(room: Any) -> None:
    room.open()
    text = exports.timeline(_read(room), "md")
    assert text.startswith("# Timeline of INC-1: Records on a forum\n")
    assert "- Playbook: Personal-data breach (data-breach, version 3)\n" in text
    assert (
        "- Severity: sev1\n- Status: open, at detected\n- Opened: 2026-03-28 22:00:00 UTC\n- Closed: not yet\n" in text
    )
    assert "- First statement: not recorded\n" in text
    assert "| # | Time (UTC) | Who | What |\n| --: | --- | --- | --- |\n| 1 | 2026-03-28 22:00:00 | dana |" in text
    assert text.endswith(f"{room.look().version} entries. Head digest: `{room.look().digest}`\n")


def test_the_timeline_has_a_row_an_entry_and_three_cells_a_row(room: Any) -> None:
    room.open(title="a | b")
    room.ask(ask.AddNote("x | y\nz \\| w"))
    seen = _seen(exports.timeline(_read(room), "md"))
    assert seen.elements.count("tr") == room.look().version + 1
    assert seen.elements.count("td") == 4 * room.look().version


def test_an_exercise_is_marked(room: Any) -> None:
    room.open(drill=True)
    assert "**EXERCISE.** This is practice." in exports.timeline(_read(room), "md")


def test_what_is_no_exercise_is_not_marked(room: Any) -> None:
    room.open()
    assert "EXERCISE" not in exports.timeline(_read(room), "md")


def test_a_late_record_is_marked(room: Any) -> None:
    room.open()
    room.clock.tick(hours=2, minutes=5)
    room.ask(ask.AddNote("a reporter called"), at=room.clock.time - timedelta(hours=2, minutes=5))
    assert "| dana (comms-lead) | a reporter called *(recorded 2h 5m later)* |" in exports.timeline(_read(room), "md")


def test_an_override_is_bold(room: Any) -> None:
    room.open()
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.Advance("activate", "dana is *unreachable*", override=True), "mo")
    bold = [row for row in exports.timeline(_read(room), "md").split("\n") if "OVERRIDE" in row]
    assert len(bold) == 1
    assert "| mo | **OVERRIDE: mo took activate" in bold[0]
    assert bold[0].endswith("dana is \\*unreachable\\*** |")


def test_a_timer_acts_for_nobody(room: Any) -> None:
    room.open()
    room.clock.tick(minutes=1)
    room.ask(ask.Acknowledge())
    assert "| timer | Escalation first-response step 1 fired to dana" in exports.timeline(_read(room), "md")
