"""The story is read from the log alone: the times that matter, who sat where, what was promised and what was left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Source
from crisisctl.service import story as stories
from crisisctl.service.desk import Asked
from crisisctl.service.story import Story

TEXT = "We have found that records were copied. We are sorry. Next update within the hour."


@pytest.fixture
def opened(room: Any) -> Any:
    """Opened by dana; lee is counsel and kim the deputy."""
    room.open()
    room.ask(ask.Assign("legal", "lee"))
    room.ask(ask.Assign("deputy-comms", "kim"))
    return room


@pytest.fixture
def responding(opened: Any) -> Any:
    """Acknowledged after two minutes, activated after four."""
    opened.clock.tick(minutes=2)
    opened.ask(ask.Acknowledge())
    opened.clock.tick(minutes=2)
    opened.ask(ask.ChangeTask("pause-posts", "done"))
    opened.ask(ask.Advance("activate", "confirmed by legal"))
    return opened


def _read(room: Any) -> Story:
    with room.store.reading() as log:
        return stories.story(room.desk, log, "INC-1")


def _publish(room: Any, text: str = TEXT, *audiences: str, correcting: str | None = None) -> None:
    room.ask(ask.Draft("holding", text, correcting=correcting), "kim")
    room.ask(ask.Submit("holding"), "kim")
    room.ask(ask.Approve("holding"), "dana")
    room.ask(ask.Approve("holding"), "lee")
    room.ask(ask.Publish("holding", text_digest(text), audiences), "kim")


def _close(room: Any) -> None:
    room.ask(ask.SetFact("affected_accounts", "1200"))
    for trigger in ("inform", "notify", "close"):
        room.ask(ask.Advance(trigger))


def _after(story: Story, name: str) -> timedelta | None:
    return next(measure.after for measure in stories.measures(story.entries) if measure.name == name)


def test_the_story_is_told_in_the_order_in_which_things_happened(opened: Any) -> None:
    opened.clock.tick(minutes=50)
    opened.ask(ask.AddNote("the second thing"))
    opened.ask(ask.AddNote("the first thing"), at=opened.clock.time - timedelta(minutes=49))
    notes = [one.text for one in _read(opened).told if one.entry.type == "note.added"]
    assert notes == ["the first thing", "the second thing"]


def test_what_happened_at_one_instant_is_told_as_it_was_recorded(opened: Any) -> None:
    assert [one.entry.version for one in _read(opened).told] == list(range(1, opened.look().version + 1))


def test_a_late_record_knows_how_late_it_is(opened: Any) -> None:
    opened.clock.tick(hours=1)
    opened.ask(ask.AddNote("a reporter called"), at=opened.clock.time - timedelta(minutes=50))
    assert [one.late for one in _read(opened).told if one.entry.type == "note.added"] == [timedelta(minutes=50)]


def test_an_incident_just_opened_has_one_time_that_matters(opened: Any) -> None:
    measures = stories.measures(_read(opened).entries)
    assert [(m.name, m.at is None) for m in measures] == [
        ("detected", False),
        ("acknowledged", True),
        ("first statement", True),
        ("resolved", True),
    ]


def test_the_times_that_matter_count_from_detection(responding: Any) -> None:
    responding.clock.tick(minutes=30)
    _publish(responding)
    responding.clock.tick(minutes=30)
    _publish(responding, f"{TEXT} Nothing new.")
    _close(responding)
    story = _read(responding)
    assert _after(story, "detected") == timedelta(0)
    assert _after(story, "acknowledged") == timedelta(minutes=2)
    assert _after(story, "first statement") == timedelta(minutes=34)
    assert _after(story, "resolved") == timedelta(minutes=64)


def test_a_time_recorded_late_counts_from_when_it_happened(opened: Any) -> None:
    opened.clock.tick(minutes=4)
    opened.ask(ask.Acknowledge(), at=opened.clock.time - timedelta(minutes=3))
    assert _after(_read(opened), "acknowledged") == timedelta(minutes=1)


def test_a_reopened_incident_is_not_resolved(responding: Any) -> None:
    _publish(responding)
    _close(responding)
    responding.ask(ask.Reopen("a second copy was found"))
    assert _after(_read(responding), "resolved") is None


def test_a_seat_is_held_until_somebody_else_takes_it(opened: Any) -> None:
    start = opened.clock.time
    opened.clock.tick(minutes=9)
    opened.ask(ask.Assign("legal", "mo"))
    legal = [seat for seat in stories.seats(_read(opened).entries) if seat.role == "legal"]
    assert [(seat.person, seat.since, seat.until) for seat in legal] == [
        ("lee", start, opened.clock.time),
        ("mo", opened.clock.time, None),
    ]


def test_two_can_hold_one_role_and_one_can_come_back(opened: Any) -> None:
    opened.ask(ask.Assign("legal", "mo", add=True))
    opened.ask(ask.Release("legal", "lee"))
    opened.clock.tick(minutes=1)
    opened.ask(ask.Assign("legal", "lee", add=True))
    legal = [(s.person, s.until is None) for s in stories.seats(_read(opened).entries) if s.role == "legal"]
    assert sorted(legal) == [("lee", False), ("lee", True), ("mo", True)]


def test_nobody_leaves_a_seat_before_taking_it(opened: Any) -> None:
    opened.clock.tick(minutes=9)
    opened.ask(ask.Assign("legal", "mo"))
    opened.ask(ask.Release("legal", "mo"), at=opened.clock.time - timedelta(minutes=5))
    assert all(seat.until is None or seat.until >= seat.since for seat in stories.seats(_read(opened).entries))


def test_every_visit_to_a_stage_is_a_stay(responding: Any) -> None:
    _publish(responding)
    _close(responding)
    responding.clock.tick(hours=1)
    responding.ask(ask.Reopen("a second copy was found"))
    informed = [stay for stay in stories.stays(_read(responding).entries) if stay.stage == "response.comms.informed"]
    assert [(stay.visit, stay.until is None) for stay in informed] == [(1, False), (2, True)]


def test_a_stay_is_as_long_as_the_incident_stood_there(responding: Any) -> None:
    (detected,) = [stay for stay in stories.stays(_read(responding).entries) if stay.stage == "detected"]
    assert detected.until
    assert detected.until - detected.since == timedelta(minutes=4)


def test_one_text_that_goes_out_in_two_steps_is_one_release(responding: Any) -> None:
    _publish(responding, TEXT, "employees")
    responding.ask(ask.Publish("holding", text_digest(TEXT)), "kim")
    (release,) = stories.releases(_read(responding).entries)
    assert release.text == TEXT
    assert [entry.data["audiences"] for entry in release.outings] == [["employees"], ["customers", "press"]]
    assert [(entry.actor, entry.data["role"]) for entry in release.approvals] == [
        ("dana", "comms-lead"),
        ("lee", "legal"),
    ]


def test_each_publication_carries_the_text_that_went_out(responding: Any) -> None:
    _publish(responding)
    _publish(responding, "It was 1,200, not 1,000.", correcting="the number was wrong")
    texts = [text for _, text in stories.published(_read(responding).entries)]
    assert texts == [TEXT, "It was 1,200, not 1,000."]
    assert [release.correction for release in stories.releases(_read(responding).entries)] == [False, True]


def test_approvals_of_a_rejected_text_do_not_count_for_the_next(responding: Any) -> None:
    responding.ask(ask.Draft("holding", "Everything is fine."), "kim")
    responding.ask(ask.Submit("holding"), "kim")
    responding.ask(ask.Approve("holding"), "dana")
    responding.ask(ask.Reject("holding", "it is not"), "lee")
    _publish(responding)
    (release,) = stories.releases(_read(responding).entries)
    assert release.revision == 2
    assert len(release.approvals) == 2


def test_an_erased_text_reads_redacted(responding: Any) -> None:
    _publish(responding)
    (draft,) = [entry.version for entry in responding.entries() if entry.type == "statement.drafted"]
    asked = Asked(Source("dana", "tester"))
    responding.desk.handle("INC-1", ask.Redact(draft, ("text",), "it named a customer"), asked)
    assert [text for _, text in stories.published(_read(responding).entries)] == ["(redacted)"]


def test_a_promise_is_kept_by_the_next_publication(responding: Any) -> None:
    _publish(responding)
    responding.clock.tick(minutes=50)
    _publish(responding, f"{TEXT} Nothing new.")
    first, second = stories.promises(_read(responding))
    assert (first.verdict, second.verdict) == ("kept", "pending")
    assert first.met
    assert first.due - first.met == timedelta(minutes=10)


def test_a_publication_after_the_promised_time_is_late(responding: Any) -> None:
    _publish(responding)
    responding.clock.tick(minutes=70)
    _publish(responding, f"{TEXT} Nothing new.")
    assert [promise.verdict for promise in stories.promises(_read(responding))] == ["late", "pending"]


def test_words_for_employees_alone_keep_no_promise_to_the_public(responding: Any) -> None:
    _publish(responding)
    responding.clock.tick(minutes=50)
    _publish(responding, f"{TEXT} Nothing new.", "employees")
    assert [promise.verdict for promise in stories.promises(_read(responding))] == ["pending"]


def test_silence_past_the_promised_time_is_a_broken_promise(responding: Any) -> None:
    _publish(responding)
    responding.clock.tick(minutes=61)
    responding.ask(ask.AddNote("still counting"))
    assert [promise.verdict for promise in stories.promises(_read(responding))] == ["broken"]


def test_a_close_before_the_promised_time_ends_the_promise(responding: Any) -> None:
    _publish(responding)
    _close(responding)
    responding.clock.tick(hours=5)
    responding.ask(ask.AddNote("an afterthought"))
    assert [promise.verdict for promise in stories.promises(_read(responding))] == ["ended"]


def test_a_promise_that_a_close_ended_stays_ended_after_reopening(responding: Any) -> None:
    _publish(responding)
    _close(responding)
    responding.ask(ask.Reopen("a second copy was found"))
    responding.clock.tick(hours=5)
    _publish(responding, f"{TEXT} Nothing new.")
    assert [promise.verdict for promise in stories.promises(_read(responding))] == ["ended", "pending"]


def test_the_log_and_the_story_agree_on_what_was_late(responding: Any) -> None:
    for minutes in (50, 70, 10, 90):
        _publish(responding, f"{TEXT} {minutes}")
        responding.clock.tick(minutes=minutes)
    responding.ask(ask.AddNote("still counting"))
    late = [promise.due for promise in stories.promises(_read(responding)) if promise.verdict in {"late", "broken"}]
    assert late == [entry.occurred_at for entry in responding.entries() if entry.type == "promise.overdue"]
    assert len(late) == 2


def test_an_answer_is_measured_from_the_first_step(opened: Any) -> None:
    opened.clock.tick(minutes=7)
    opened.ask(ask.Acknowledge(), "kim")
    (climb,) = stories.climbs(_read(opened).entries)
    assert (climb.escalation, climb.stage, climb.fired, climb.skipped) == ("first-response", "detected", 2, 0)
    assert [(answer.person, answer.after) for answer in climb.answers] == [("kim", timedelta(minutes=7))]


def test_a_step_that_reaches_nobody_counts_as_skipped(room: Any) -> None:
    room.open()
    room.clock.tick(minutes=6)
    room.ask(ask.Acknowledge())
    (climb,) = stories.climbs(_read(room).entries)
    assert climb.skipped == 1


def test_a_stale_answer_and_the_second_one_are_both_told(opened: Any) -> None:
    opened.clock.tick(minutes=1)
    opened.ask(ask.Acknowledge(), "kim")
    opened.clock.tick(minutes=32)
    opened.ask(ask.Acknowledge(), "lee")
    (climb,) = stories.climbs(_read(opened).entries)
    assert [answer.person for answer in climb.answers] == ["kim", "lee"]


def test_a_task_that_nobody_touched_is_still_told(opened: Any) -> None:
    (chore,) = stories.chores(_read(opened))
    assert (chore.task.id, chore.state, chore.said) == ("pause-posts", "open", None)


def test_a_skipped_task_keeps_its_reason(opened: Any) -> None:
    opened.ask(ask.ChangeTask("pause-posts", "skipped", "nothing was scheduled"))
    (chore,) = stories.chores(_read(opened))
    assert chore.state == "skipped"
    assert chore.said
    assert stories.written(chore.said, "because") == "nothing was scheduled"


def test_a_task_done_in_one_visit_is_open_again_in_the_next(opened: Any, tmp_path: Any) -> None:
    again = tmp_path / "again.yaml"
    again.write_text(
        "playbook: again\nversion: 1\ntitle: Again\nsummary: s\nseverities: [a]\nroles: {lead: {title: Lead}}\n"
        "initial: one\nstages:\n  one: {title: One, tasks: {look: {title: Look}}}\n  two: {title: Two}\n"
        "  end: {title: End, final: true}\ntransitions:\n  - {trigger: go, from: one, to: two}\n"
        "  - {trigger: back, from: two, to: one}\n  - {trigger: stop, from: two, to: end}\n"
    )
    opened.playbook = again
    id_ = opened.open(title="Twice").id
    opened.ask(ask.ChangeTask("look", "done"), id_=id_)
    opened.ask(ask.Advance("go"), id_=id_)
    opened.ask(ask.Advance("back"), id_=id_)
    with opened.store.reading() as log:
        chores = stories.chores(stories.story(opened.desk, log, id_))
    assert [(chore.visit, chore.state) for chore in chores] == [(1, "done"), (2, "open")]


def test_what_was_chosen_is_told_with_its_reasons_and_nothing_else(responding: Any) -> None:
    responding.ask(ask.LogDecision("Tell everyone today", "it is their data", ("wait a day",), ("lee disagrees",)))
    responding.ask(ask.ChangeSeverity("sev2", "few are affected"))
    responding.ask(ask.SetFact("affected_accounts", "12"))
    responding.ask(ask.RetractFact("affected_accounts", "counted twice"))
    responding.ask(ask.Advance("notify"), "lee")
    assert [entry.type for entry in stories.choices(_read(responding))] == [
        "incident.advanced",
        "decision.logged",
        "severity.changed",
        "fact.retracted",
    ]


def test_what_was_never_written_reads_empty(opened: Any) -> None:
    assert stories.written(opened.entries()[0], "because") == ""
