"""The page as a parser reads it: what it says, that it needs nothing else, and that nobody's words become markup."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.adapters import exports
from crisisctl.adapters.exports.axis import Axis
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.service import story as stories
from crisisctl.service.story import Story

TEXT = "We have found that records were copied.\n\nWe are sorry. It was <1,200> & no more."
HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=http://127.0.0.1/x.png onerror=alert(1)>",
    "</style><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</blockquote></main><iframe src=//evil.example>",
    "<a href='javascript:alert(1)'>x</a>",
    '"><b onmouseover=alert(1)>',
    "' style='background:url(http://evil.example)",
    "<!-- --><meta http-equiv=refresh content=0;url=http://evil.example>",
    "<![CDATA[x]]> <?php x ?> &lt;b&gt; &#x3c;",
    "{{ 7*7 }} {% raw %} {# x #} ${7*7}",
    "[/x] \\00003c \\\" */ } @import 'x'; ]]>",
]
VOID = {"meta", "br", "img", "link", "input", "hr"}
IN_A_LINE = {"time", "b", "code", "strong", "i"}


class _Page(HTMLParser):
    """Every element with its attributes, the text outside the style sheet, and whether all of them were closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.styles = ""
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text += "" if tag in IN_A_LINE else " "
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.styles += data
        else:
            self.text += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.elements if name in (attrs.get("class") or "").split()]


def _read(room: Any) -> Story:
    with room.store.reading() as log:
        return stories.story(room.desk, log, "INC-1")


def _page(room: Any) -> _Page:
    return _Page(exports.timeline(_read(room), "html"))


def _said(page: _Page) -> str:
    return " ".join(page.text.split())


def _publish(room: Any, text: str) -> None:
    room.ask(ask.Draft("holding", text), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", text_digest(text)), "kim")


@pytest.fixture
def closed(room: Any) -> Any:
    """A whole incident: answered, activated, published in two steps, closed after an override."""
    room.open()
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    room.clock.tick(minutes=2)
    room.ask(ask.Acknowledge())
    room.ask(ask.ChangeTask("pause-posts", "done"))
    room.ask(ask.Advance("activate", "dana is unreachable", override=True), "lee")
    room.clock.tick(minutes=40)
    room.ask(ask.Draft("holding", TEXT), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", text_digest(TEXT), ("employees",)), "kim")
    room.clock.tick(hours=3)
    room.ask(ask.Publish("holding", text_digest(TEXT)), "kim")
    room.ask(ask.SetFact("affected_accounts", "1200"))
    for trigger in ("inform", "notify", "close"):
        room.ask(ask.Advance(trigger))
    return room


def test_the_page_is_one_well_formed_document(closed: Any) -> None:
    page = _page(closed)
    assert page.open == []
    assert page.tags[:2] == ["html", "head"]
    assert page.elements[0][1] == {"lang": "en"}
    assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("header") == 1


def test_the_page_allows_itself_nothing_but_its_own_styles(closed: Any) -> None:
    policies = [attrs["content"] for tag, attrs in _page(closed).elements if tag == "meta" and "http-equiv" in attrs]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]


def test_the_page_names_nothing_outside_itself(closed: Any) -> None:
    page = _page(closed)
    assert not {"script", "link", "img", "iframe", "object", "embed", "svg", "a", "form", "base"} & set(page.tags)
    assert not [a for _, attrs in page.elements for a in attrs if a in {"src", "href", "srcset", "action"}]
    assert "url(" not in page.styles
    assert "@import" not in page.styles
    assert "http" not in page.styles + page.text


def test_the_header_says_what_it_was_and_how_it_ended(closed: Any) -> None:
    said = _said(_page(closed))
    assert said.startswith("INC-1: Records on a forum INC-1 sev1 Closed Personal-data breach (data-breach, version 3)")
    assert "Closed 2026-03-29 01:42 UTC, after 3h 42m." in said


def test_an_open_incident_says_where_it_stands(room: Any) -> None:
    room.open()
    room.clock.tick(minutes=3)
    room.ask(ask.Acknowledge())
    assert "Still open, at detected. The last entry came 3m after the opening." in _said(_page(room))


def test_the_measures_are_figures(closed: Any) -> None:
    said = _said(_page(closed))
    assert "detected 22:00 2026-03-28" in said.lower()
    assert "first statement 42m" in said.lower()
    assert "resolved 3h 42m" in said.lower()
    assert "promises kept 0 of 1" in said.lower()


def test_what_has_not_happened_has_no_figure(room: Any) -> None:
    room.open()
    assert "first statement — not yet" in _said(_page(room)).lower()


def test_what_never_happened_says_so_once_closed(closed: Any) -> None:
    closed_without = _read(closed)
    kept = [e for e in closed_without.entries if e.type != "escalation.acknowledged"]
    page = _Page(exports.timeline(closed_without._replace(entries=kept), "html"))
    assert "acknowledged — never" in _said(page).lower()


@pytest.mark.parametrize("severity", ["sev1", "sev2", "sev3"])
def test_the_badge_shows_the_severity(room: Any, severity: str) -> None:
    room.open(severity=severity)
    grade = {"sev1": "worst", "sev2": "middle", "sev3": "least"}[severity]
    assert [badge["class"] for badge in _page(room).with_class("badge")] == [f"badge {grade}"]


def test_an_exercise_is_marked_at_the_top_in_the_title_and_on_paper(room: Any) -> None:
    room.open(drill=True)
    page = _page(room)
    assert page.text.strip().startswith("EXERCISE INC-1")
    assert len(page.with_class("drill")) == 1
    assert '@top-right { content: "EXERCISE"' in page.styles


def test_what_is_no_exercise_has_no_mark(closed: Any) -> None:
    page = _page(closed)
    assert not page.with_class("drill")
    assert "EXERCISE" not in page.text + page.styles


def test_every_entry_is_a_row_with_its_time_and_its_seal(closed: Any) -> None:
    story = _read(closed)
    page = _Page(exports.timeline(story, "html"))
    assert len(page.with_class("row")) == story.incident.version
    for entry in story.entries:
        assert f"{entry.version} {entry.digest[:12]}" in _said(page)
    assert f"{story.incident.version} entries. Head digest {story.incident.digest}" in _said(page)


def test_every_time_can_be_read_by_a_machine(closed: Any) -> None:
    times = [attrs.get("datetime") or "" for tag, attrs in _page(closed).elements if tag == "time"]
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{6}Z)?", time) for time in times)


def test_the_days_are_headings_in_utc(closed: Any) -> None:
    said = _said(_page(closed))
    assert said.index("Saturday, 28 March 2026") < said.index("Sunday, 29 March 2026")
    assert len(_page(closed).with_class("day")) == 2


def test_kinds_of_entries_differ_in_words_and_not_in_colour_alone(closed: Any) -> None:
    said = _said(_page(closed))
    for label in ("Opened", "Stage", "Role", "Task", "Fact", "Statement", "Escalation", "Acknowledged", "Override"):
        assert f" {label} " in said


def test_an_override_stands_out(closed: Any) -> None:
    page = _page(closed)
    assert len(page.with_class("override")) == 1
    assert "OVERRIDE: lee took activate" in page.text


def test_a_late_record_is_marked(room: Any) -> None:
    room.open()
    room.clock.tick(hours=2, minutes=5)
    room.ask(ask.AddNote("a reporter called"), at=room.clock.time - timedelta(hours=2, minutes=5))
    assert "Note dana (comms-lead) recorded 2h 5m later" in _said(_page(room))


def test_a_statement_stands_once_with_every_publication_and_approval(closed: Any) -> None:
    page = _page(closed)
    assert page.tags.count("blockquote") == 1
    assert TEXT in page.text
    said = _said(page)
    assert "Published 2026-03-28 22:42 UTC by kim to employees." in said
    assert "Published 2026-03-29 01:42 UTC by kim to customers, press" in said
    assert "Approved 2026-03-28 22:42 UTC by lee for legal." in said
    assert "Next update promised by 2026-03-29 02:42:00 UTC: closed before then." in said


def test_what_became_of_a_promise_stands_beside_it(room: Any) -> None:
    room.open()
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    for number, minutes in enumerate((50, 75, 0)):
        _publish(room, f"Word {number}.")
        room.clock.tick(minutes=minutes)
    verdicts = re.findall(r"Next update promised by [^.]*?UTC: ([^.]*)\.", _said(_page(room)))
    assert verdicts == ["kept", "came 15m late", "not due yet"]
    room.clock.tick(minutes=61)
    room.ask(ask.AddNote("nothing new"))
    assert "UTC: did not come." in _said(_page(room))
    assert "promises kept 1 of 3" in _said(_page(room)).lower()


def test_roles_over_time_are_told_with_their_titles(closed: Any) -> None:
    assert "Legal counsel lee 2026-03-28 22:00 3h 42m" in _said(_page(closed))


def test_stages_are_told_with_how_long_they_took(closed: Any) -> None:
    said = _said(_page(closed))
    assert "Detected 2026-03-28 22:00 2m" in said
    assert "Drafting response.comms.drafting 2026-03-28 22:02 3h 40m" in said


def test_a_long_text_scrolls_in_a_box_that_the_keyboard_reaches(room: Any) -> None:
    room.open()
    room.ask(ask.AddNote("word " * 400))
    (box,) = _page(room).with_class("box")
    assert box["tabindex"] == "0"
    assert box["aria-label"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nobodys_words_become_markup(room: Any, text: str) -> None:
    room.open(title=text)
    room.ask(ask.AddNote(text))
    room.ask(ask.LogDecision(text, text, (text,), (text,)))
    room.ask(ask.SetFact("affected_accounts", "1", source=text))
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    _publish(room, text)
    page = _page(room)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "svg", "a"} & set(page.tags)
    assert page.tags.count("b") == 1
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert {name for _, attrs in page.elements for name in attrs} <= {
        *("lang", "charset", "http-equiv", "content", "name", "class", "dir", "datetime", "id", "role"),
        *("aria-label", "aria-labelledby", "aria-hidden", "scope", "style"),
    }
    assert page.text.count(text) >= 5
    assert page.tags.count("meta") == 6


@pytest.mark.parametrize("text", HOSTILE)
def test_the_running_head_of_the_printed_page_cannot_end_its_string(room: Any, text: str) -> None:
    room.open(title=text)
    head = re.findall(r"@top-left \{ content: (.*?); font", _page(room).styles)
    assert len(head) == 1
    assert re.fullmatch(r'"(?:[A-Za-z0-9]|\\[0-9a-f]{6})+"', head[0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("<>&\"'=/{}%# on") | st.characters(codec="utf-8"), max_size=300))
def test_whatever_an_entry_says_the_page_keeps_its_shape(closed: Any, text: str) -> None:
    story = _read(closed)
    shape = _Page(exports.timeline(story, "html")).tags
    told = [story.told[0]._replace(text=text), *story.told[1:]]
    assert _Page(exports.timeline(story._replace(told=told), "html")).tags == shape


def test_what_a_reader_would_not_see_is_written_out(closed: Any) -> None:
    story = _read(closed)
    told = [story.told[0]._replace(text="\u202egnp.exe \u200b \x9b31m \x00"), *story.told[1:]]
    page = exports.timeline(story._replace(told=told), "html")
    assert "⟨U+202E⟩gnp.exe ⟨U+200B⟩ \\x9b31m \\x00" in page
    assert not re.search("[\u202e\u200b\x9b\x00]", page)


def test_words_of_every_script_find_their_own_direction(room: Any) -> None:
    room.open()
    note = "العربية עברית 日本語 ไทย 🔥"
    room.ask(ask.AddNote(note))
    page = _page(room)
    assert note in page.text
    assert all(attrs.get("dir") == "auto" for attrs in page.with_class("typed"))


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_has_the_contrast_that_accessibility_asks_for(closed: Any, scheme: int) -> None:
    rules = re.findall(r":root \{(.*?)\}", _page(closed).styles, re.DOTALL)[scheme]
    colour = dict(re.findall(r"--(\w+(?:-\w+)?): (#[0-9a-f]{6})", rules))
    for ink in ("ink", "soft", "stage", "alarm", "words", "choice", "fact", "task", "people", "note", "quiet"):
        for paper in ("sheet", "wash"):
            assert _contrast(colour[ink], colour[paper]) >= 4.5, (ink, paper)
    assert _contrast(colour["solid"], colour["alarm"]) >= 4.5


def test_the_page_prints_on_white_whatever_the_screen_shows(closed: Any) -> None:
    styles = _page(closed).styles
    assert "@media screen and (prefers-color-scheme: dark)" in styles
    assert "@media (prefers-color-scheme" not in styles
    assert ":root { --desk: #ffffff; --sheet: #ffffff; }" in styles.split("@media print")[1]


def test_a_bar_lies_within_its_axis(room: Any) -> None:
    start = room.clock.now()
    for hours in (0, 1, 500):
        axis = Axis(start, start + timedelta(hours=hours))
        for since, until in ((0, 0), (0, hours), (hours, hours), (hours / 3, hours / 2), (-5, hours)):
            left, width = axis.span(start + timedelta(hours=since), start + timedelta(hours=until))
            assert left >= 0
            assert width > 0
            assert left + width <= 100.01


def test_the_axis_is_even_for_hours_and_stretched_for_days(room: Any) -> None:
    start = room.clock.now()
    short, long = Axis(start, start + timedelta(hours=4)), Axis(start, start + timedelta(days=4))
    assert short.place(start + timedelta(hours=1)) == 25
    assert long.place(start + timedelta(days=1)) == 50
    assert [name for _, name in long.marks()] == ["1h", "6h", "12h", "1d", "3d"]


def test_labels_of_the_axis_do_not_overlap(room: Any) -> None:
    start = room.clock.now()
    for minutes in (1, 7, 90, 600, 5_000, 100_000, 2_000_000):
        places = [place for place, _ in Axis(start, start + timedelta(minutes=minutes)).marks()]
        assert all(later - earlier >= 9 for earlier, later in zip([0, *places], places, strict=False))
