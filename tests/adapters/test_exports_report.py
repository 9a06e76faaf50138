"""The draft of a post-mortem: what the log knows is in it, what only people know is asked for, and nothing is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crisisctl.adapters import exports
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Event, Source
from crisisctl.service import story as stories
from crisisctl.service.desk import Asked
from crisisctl.service.story import Story

TEXT = "We have found that records were copied.\n\n```\nWe are sorry.\n```"
SECTIONS = [
    "Summary",
    "Impact",
    "The times that matter",
    "Roles over time",
    "Timeline",
    "Decisions and their reasons",
    "Statements as published",
    "Promises and escalations",
    "Open tasks",
    "What went well",
    "What to improve",
    "Seal",
]
HOSTILE = [
    "<script>alert(1)</script>",
    "[link](javascript:alert(1)) ![i](http://x)",
    "a | b\n\n# heading\n\n- list\n\n```\nfence",
    "{{ 7*7 }} {% raw %}",
    "*To fill in: nothing*",
    "[/x] `code` **bold** __x__",
    "\\",
    "日本語 العربية 🔥",
]
READ = MarkdownIt("commonmark", {"html": True}).enable("table")


def _read(room: Any) -> Story:
    with room.store.reading() as log:
        return stories.story(room.desk, log, "INC-1")


def _report(room: Any) -> str:
    return exports.report(_read(room))


def _section(text: str, name: str) -> str:
    return text.split(f"\n## {name}\n")[1].split("\n## ", maxsplit=1)[0]


def _shape(text: str) -> list[str]:
    """The blocks, and the elements within them, that a reader makes of some Markdown, without their words."""
    inner = [child.type for token in READ.parse(text) for child in token.children or ()]
    return [token.type for token in READ.parse(text)] + [kind for kind in inner if kind not in {"text", "softbreak"}]


def _publish(room: Any, text: str) -> None:
    room.ask(ask.Draft("holding", text), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", text_digest(text)), "kim")


@pytest.fixture
def responding(room: Any) -> Any:
    """Answered by kim after seven minutes, its one task skipped, activated by lee, who may not."""
    room.open()
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    room.clock.tick(minutes=7)
    room.ask(ask.Acknowledge(), "kim")
    room.ask(ask.ChangeTask("pause-posts", "skipped", "nothing was scheduled"))
    room.ask(ask.Advance("activate", "dana is unreachable", override=True), "lee")
    return room


@pytest.fixture
def closed(responding: Any) -> Any:
    """Published after 40 minutes and again after 90, then closed."""
    responding.clock.tick(minutes=33)
    responding.ask(ask.LogDecision("Tell everyone", "it is their data", ("wait a day",), ("lee: too early",)))
    responding.ask(ask.SetFact("affected_accounts", "1200", source="the database"))
    _publish(responding, TEXT)
    responding.clock.tick(minutes=50)
    _publish(responding, "Nothing new.")
    for trigger in ("inform", "notify", "close"):
        responding.ask(ask.Advance(trigger))
    return responding


def test_the_report_has_its_sections_in_order(closed: Any) -> None:
    text = _report(closed)
    assert text.startswith("# Post-mortem of INC-1: Records on a forum\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS


def test_an_incident_just_opened_has_every_section_too(room: Any) -> None:
    room.open()
    text = _report(room)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert "No fact was recorded." in _section(text, "Impact")
    assert "No decision was logged." in _section(text, "Decisions and their reasons")
    assert "Nothing was published." in _section(text, "Statements as published")
    assert "No next update was promised." in _section(text, "Promises and escalations")
    assert "No escalation fired." in _section(text, "Promises and escalations")


def test_an_open_incident_gives_a_draft_that_says_so(room: Any) -> None:
    room.open()
    text = _report(room)
    assert "**Draft: the incident is still open.** What follows is true up to entry 3." in text
    assert "It is still open, at detected." in _section(text, "Summary")


def test_a_closed_incident_gives_no_such_mark(closed: Any) -> None:
    text = _report(closed)
    assert "still open" not in text
    assert "It was closed on 2026-03-28 23:30:00 UTC, after 1h 30m." in text


def test_an_exercise_is_marked(room: Any) -> None:
    room.open(drill=True)
    assert "**EXERCISE.** This is practice." in _report(room)


def test_the_summary_says_what_opened_and_through_which_stages_it_went(closed: Any) -> None:
    summary = _section(_report(closed), "Summary")
    opened = "INC-1 was opened by dana on 2026-03-28 22:00:00 UTC as sev1"
    assert f"{opened} with the playbook Personal-data breach (data-breach, version 3)." in summary
    assert "| Detected (detected) | 2026-03-28 22:00:00 UTC | 2026-03-28 22:07:00 UTC | 7m |" in summary
    assert "| Closed (closed) | 2026-03-28 23:30:00 UTC | — | — |" in summary


def test_a_changed_severity_is_told(responding: Any) -> None:
    responding.ask(ask.ChangeSeverity("sev2", "few are affected"))
    text = _report(responding)
    assert "as sev1" in _section(text, "Summary")
    assert "Its severity is now sev2." in _section(text, "Summary")
    assert "Severity sev1 to sev2\n  - Because: few are affected\n" in _section(text, "Decisions and their reasons")


def test_the_impact_has_the_facts_with_status_and_source_and_asks_for_the_rest(closed: Any) -> None:
    impact = _section(_report(closed), "Impact")
    assert "| affected\\_accounts | 1200 | confirmed | the database |" in impact
    assert "- aware\\_at: When did we know that personal data was exposed?" in impact
    assert "*To fill in: who was affected" in impact


def test_a_retracted_fact_stays_in_the_report(closed: Any) -> None:
    closed.ask(ask.Reopen("one more"))
    closed.ask(ask.RetractFact("affected_accounts", "counted twice"))
    assert "| affected\\_accounts | 1200 | retracted | the database |" in _report(closed)


def test_the_times_that_matter_include_the_time_to_the_first_statement(closed: Any) -> None:
    times = _section(_report(closed), "The times that matter")
    assert "| Detected | 2026-03-28 22:00:00 UTC | 0s |" in times
    assert "| Acknowledged | 2026-03-28 22:07:00 UTC | 7m |" in times
    assert "| Time to first statement | 2026-03-28 22:40:00 UTC | 40m |" in times
    assert "| Resolved | 2026-03-28 23:30:00 UTC | 1h 30m |" in times


def test_roles_are_told_with_who_held_them_and_how_long(closed: Any) -> None:
    closed.ask(ask.Reopen("one more"))
    closed.clock.tick(minutes=10)
    closed.ask(ask.Assign("legal", "mo"))
    roles = _section(_report(closed), "Roles over time")
    assert "| Legal counsel | lee | 2026-03-28 22:00:00 UTC | 2026-03-28 23:40:00 UTC | 1h 40m |" in roles
    assert "| Legal counsel | mo | 2026-03-28 23:40:00 UTC | — | — |" in roles


def test_the_timeline_has_what_people_did_and_no_noise(closed: Any) -> None:
    source = Source("crisisctl", "crisisctl", via="watch")
    for kind in ("sent", "failed"):
        closed.desk.record("INC-1", [Event(f"notice.{kind}", {"notice": "n", "to": "kim"}, {"reason": kind})], source)
    timeline = _section(_report(closed), "Timeline")
    assert "Notice to kim given up: failed" in timeline
    assert "Notice to kim delivered" not in timeline
    assert "Left detected" not in timeline
    assert "Entered response" not in timeline
    assert "| 2026-03-28 22:07:00 | Acknowledged | kim (deputy-comms) | kim acknowledged first-response |" in timeline


def test_a_late_record_and_an_override_are_marked(closed: Any) -> None:
    closed.ask(ask.AddNote("a reporter called"), at=closed.clock.time - timedelta(minutes=20))
    timeline = _section(_report(closed), "Timeline")
    assert "a reporter called *(recorded 20m later)*" in timeline
    assert "| Override | lee (legal) | **OVERRIDE: lee took activate" in timeline


def test_decisions_come_with_reasons_options_and_dissent(closed: Any) -> None:
    decisions = _section(_report(closed), "Decisions and their reasons")
    assert (
        "- 2026-03-28 22:40:00 UTC, dana (comms-lead): Tell everyone\n  - Because: it is their data\n"
        "  - Option: wait a day\n  - Dissent: lee: too early\n" in decisions
    )
    assert "Task pause-posts skipped\n  - Because: nothing was scheduled\n" in decisions
    assert re.search(r"\*\*OVERRIDE: lee took activate[^\n]*\*\*\n  - Because: dana is unreachable\n", decisions)
    assert re.search(r"Advanced by activate to [^\n]*\n  - Because: dana is unreachable\n", decisions)


def test_a_reason_is_not_told_twice(closed: Any) -> None:
    assert ", because" not in _section(_report(closed), "Decisions and their reasons")


def test_statements_stand_as_they_went_out(closed: Any) -> None:
    blocks = [token.content for token in READ.parse(_report(closed)) if token.type == "fence"]
    assert blocks == [f"{TEXT}\n", "Nothing new.\n"]
    statements = _section(_report(closed), "Statements as published")
    assert "### holding, revision 1\n\n````text\n" in statements
    assert (
        "- Published 2026-03-28 22:40:00 UTC by kim to employees, customers, press on status-page, x, email\n"
        in statements
    )
    assert "- Approved 2026-03-28 22:40:00 UTC by lee for legal\n" in statements


def test_promises_are_scored(closed: Any) -> None:
    promises = _section(_report(closed), "Promises and escalations")
    assert "| 2026-03-28 23:40:00 UTC | 2026-03-28 23:30:00 UTC | kept, 10m early |" in promises
    assert "| holding | 2026-03-28 23:30:00 UTC | 2026-03-29 00:30:00 UTC | — | closed before it fell due |" in promises


def test_a_late_update_says_by_how_much(responding: Any) -> None:
    _publish(responding, "One.")
    responding.clock.tick(minutes=75)
    _publish(responding, "Two.")
    assert "| 15m late |" in _section(_report(responding), "Promises and escalations")


def test_escalations_say_who_answered_after_how_long(closed: Any) -> None:
    escalations = _section(_report(closed), "Promises and escalations")
    assert "| first-response | detected | 2026-03-28 22:00:00 UTC | 2 | 0 | kim after 7m |" in escalations


def test_what_fell_overdue_is_listed(responding: Any) -> None:
    responding.clock.tick(minutes=70)
    responding.ask(ask.AddNote("still here"))
    escalations = _section(_report(responding), "Promises and escalations")
    assert "- 2026-03-28 23:00:00 UTC: Statement holding is overdue; told dana, lee\n" in escalations


def test_nobody_answering_is_said(room: Any) -> None:
    room.open()
    room.clock.tick(minutes=6)
    room.ask(ask.AddNote("who is there?"))
    assert "| 2 | 1 | nobody |" in _section(_report(room), "Promises and escalations")


def test_skipped_and_untouched_tasks_are_never_lost(room: Any) -> None:
    room.open()
    assert "- Pause scheduled posts (detected/pause-posts, required): still to do\n" in _report(room)
    room.ask(ask.ChangeTask("pause-posts", "skipped", "none *scheduled*"))
    skipped = "- Pause scheduled posts (detected/pause-posts, required): skipped by dana: none \\*scheduled\\*\n"
    assert skipped in _section(_report(room), "Open tasks")
    room.ask(ask.ChangeTask("pause-posts", "open", "one was forgotten"))
    assert "still to do, reopened: one was forgotten" in _report(room)
    room.ask(ask.ChangeTask("pause-posts", "done"))
    assert "None of the tasks was left open or skipped.\n\nTasks done: 1." in _report(room)


def test_corrections_are_counted_among_the_tasks(room: Any) -> None:
    room.open()
    room.ask(ask.SetFact("affected_accounts", "1200"))
    used = {"affected_accounts": room.look().facts["affected_accounts"].version}
    room.ask(ask.Draft("holding", "1200 accounts.", used), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Publish("holding", text_digest("1200 accounts."), glass=True, because="it burns"))
    room.ask(ask.SetFact("affected_accounts", "1300"))
    said = "correct-holding, required): still to do"
    assert said in _section(_report(room), "Open tasks")
    room.ask(ask.ChangeTask("correct-holding", "skipped", "nobody reads it"))
    assert "required): skipped by dana: nobody reads it" in _section(_report(room), "Open tasks")
    room.ask(ask.SetFact("affected_accounts", "1400"))
    used = {"affected_accounts": room.look().facts["affected_accounts"].version}
    room.ask(ask.Draft("holding", "1400 accounts.", used, "it is more"), "kim")
    room.ask(ask.Publish("holding", text_digest("1400 accounts."), glass=True, because="it burns"))
    assert "Tasks done: 1." in _report(room)


def test_the_seal_names_the_head(closed: Any) -> None:
    seal, incident = _section(_report(closed), "Seal"), closed.look()
    assert f"- Entries: {incident.version}\n- Head digest: `{incident.digest}`\n" in seal
    assert f"`{incident.playbook_digest}`" in seal
    assert "`crisisctl verify -i INC-1`" in seal


def test_what_only_people_know_is_asked_for(closed: Any) -> None:
    text = _report(closed)
    for name in ("Summary", "Impact", "What went well", "What to improve"):
        assert "*To fill in" in _section(text, name)


def test_erased_words_read_redacted_in_every_section(closed: Any) -> None:
    for entry in closed.entries():
        if entry.words and entry.type != "incident.opened":
            closed.desk.handle("INC-1", ask.Redact(entry.version, (), "names"), Asked(Source("dana", "tester")))
    text = _report(closed)
    for gone in (
        "it is their data",
        "lee: too early",
        "dana is unreachable",
        "We are sorry",
        "the database",
        "nothing was",
    ):
        assert gone not in text
    assert "| affected\\_accounts | (redacted) | confirmed | (redacted) |" in text
    assert "### holding, revision 1\n\n```text\n(redacted)\n```\n" in text
    assert "  - Because: (redacted)\n  - Option: (redacted)\n  - Dissent: (redacted)\n" in text


def _say_everywhere(room: Any, text: str) -> None:
    room.open(title=text.replace("\n", " "))
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.AddNote(text))
    room.ask(ask.LogDecision(text, text, (text,), (text,)))
    room.ask(ask.SetFact("affected_accounts", "1", source=text))
    room.ask(ask.ChangeTask("pause-posts", "skipped", text))
    room.ask(ask.ChangeSeverity("sev2", text))
    room.ask(ask.Advance("activate", text, override=True), "mo")


@pytest.mark.parametrize("text", HOSTILE)
def test_nobodys_words_change_the_shape_of_the_report(room: Any, room_for: Any, text: str) -> None:
    other = room_for(type(room.store)())
    _say_everywhere(other, "\n".join(["plain"] * (1 + text.count("\n"))))
    _say_everywhere(room, text)
    assert _shape(_report(room)) == _shape(_report(other))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("<>`~*_[]()#|\\&\n -+=1.") | st.characters(codec="utf-8"), max_size=200))
def test_whatever_an_entry_says_the_report_keeps_its_shape(closed: Any, text: str) -> None:
    story = _read(closed)
    breaks = text.count("\n")
    shapes = []
    for said in (f"x{text}x", f"x{' ' + chr(10)}" * breaks + "x"):
        told = [story.told[0]._replace(text=said), *story.told[1:]]
        shapes.append(_shape(exports.report(story._replace(told=told))))
    assert shapes[0] == shapes[1]


def test_no_two_blank_lines_follow_each_other(closed: Any) -> None:
    assert "\n\n\n" not in _report(closed)


def test_a_report_ends_with_one_line_break(closed: Any) -> None:
    assert re.search(r"[^\n]\n\Z", _report(closed))
