"""A drill is a drill for ever, what is real stays real, and a drill is graded from its log alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from crisisctl.adapters.exports import debrief
from crisisctl.domain import commands as ask
from crisisctl.domain.drill.course import course
from crisisctl.domain.drill.grade import Grade, Kept, grade
from crisisctl.domain.drill.lessons import lessons
from crisisctl.domain.drill.scenario import pin
from crisisctl.domain.entries import Entry, Event, Source
from crisisctl.domain.errors import CrisisError, Refused
from crisisctl.domain.evolve import _CHANGES, evolve, replay
from crisisctl.domain.repeats import LEAVES
from crisisctl.service import drills as service
from crisisctl.service.watch import Watch
from tests.conftest import Room

SCENARIO: dict[str, Any] = {
    "drill": "leak",
    "playbook": "data-breach",
    "title": "Leak",
    "objectives": {"fast": "Fast", "words": "Words", "unused": "Never asked for"},
    "events": [
        {
            "at": "0m",
            "id": "post",
            "from": "A customer",
            "to": "comms-lead",
            "text": "Mine?",
            "tag": "start",
            "expect": [
                {"id": "heard", "action": "ack", "role": "comms-lead", "within": "5m", "objective": "fast"},
                {"id": "moved", "action": "advance activate", "within": "10m", "objective": "fast"},
                {"id": "out", "action": "statement published holding", "within": "1h", "objective": "words"},
            ],
        },
        {
            "at": "30m",
            "id": "press",
            "from": "A journalist",
            "to": "legal",
            "text": "How many?",
            "expect": [
                {"id": "told", "action": "note", "role": "legal", "within": "10m", "objective": "words"},
                {"id": "pause", "action": "task pause-posts", "within": "5m"},
            ],
        },
    ],
    "metrics": {"ttd": {"from": "start", "to": "seen", "seconds": 60}},
}


def exercise(**how: Any) -> dict[str, Any]:
    return pin(SCENARIO)._asdict() | {"form": 1, "speed": "1", "alone": False} | how


@pytest.fixture
def played(room: Room) -> Room:
    """INC-1 is a drill that is played; dana leads, kim stands in, lee is the counsel."""
    assign = (("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee"))
    room.open(assign=assign, exercise=exercise())
    return room


@pytest.fixture
def happen(played: Room) -> Callable[[int], None]:
    """Lets the event of that number happen."""

    def let(number: int) -> None:
        one = SCENARIO["events"][number]
        tag = one.get("tag")
        played.ask(ask.Inject(one["id"], one["from"], one["to"], one.get("channel", ""), one["text"], tag), "crisisctl")

    return let


def graded(room: Room) -> Grade:
    with room.store.reading() as log:
        return service.graded(room.desk, log, "INC-1")


def states(room: Room) -> dict[str, tuple[str, float | None]]:
    return {one.expected.id: (one.state, one.late_by) for one in graded(room).actions}


# A drill is a drill, and what is real is real


@pytest.mark.parametrize(
    "command", [ask.Inject("a", "b", "legal", "", "c"), ask.PauseDrill(), ask.ResumeDrill(timedelta(1)), ask.EndDrill()]
)
def test_what_is_done_to_drills_cannot_be_done_to_what_is_real(command: Any, room: Room) -> None:
    room.open()
    before = room.entries()
    with pytest.raises(Refused, match="INC-1 is real, and stays so"):
        room.ask(command)
    assert room.entries() == before
    room.open(drill=True)
    with pytest.raises(Refused, match="INC-2 is an exercise without a scenario"):
        room.ask(command, id_="INC-2")


def test_no_command_has_a_way_to_say_that_an_incident_is_one_or_is_none() -> None:
    """Only the opening has, and nothing opens an incident twice."""
    assert {kind.__name__ for kind in LEAVES if {"drill", "exercise"} & {*getattr(kind, "_fields", ())}} == {"Open"}


FORGED = {"drill": True, "exercise": exercise()}


@pytest.mark.parametrize(
    "kind", sorted({*_CHANGES, "incident.opened", "drill.injected", "drill.paused", "drill.resumed", "drill.ended"})
)
@pytest.mark.parametrize("opened", ["real", "drill"])
def test_no_entry_makes_a_real_incident_a_drill_or_the_other_way_round(kind: str, opened: str, room: Room) -> None:
    drill = opened == "drill"
    room.open(drill=drill)
    last = room.entries()[-1]
    data = {**last.data, **FORGED, "drill": not drill}
    forged = last._replace(version=last.version + 1, type=kind, data=data, words={})
    try:
        after = replay([*room.entries(), forged])
    except CrisisError:
        return  # it cannot be replayed at all
    assert (after.drill, after.exercise, after.open) == (drill, "", after.stages != ("closed",))


def test_the_end_of_a_drill_in_the_log_of_a_real_incident_closes_nothing(room: Room) -> None:
    incident = room.open()
    last = room.entries()[-1]
    after = evolve(incident, last._replace(version=incident.version + 1, type="drill.ended", data={}))
    assert after.open
    assert after.ladders == incident.ladders


def test_a_drill_stays_one_whatever_happens_in_it(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    for command in (
        ask.Acknowledge(),
        ask.ChangeTask("pause-posts", "done"),
        ask.Advance("activate", "x"),
        ask.ChangeSeverity("sev2", "x"),
        ask.Grant("eva"),
        ask.EndDrill(),
        ask.AddNote("after the end"),
    ):
        try:
            played.ask(command)
        except Refused:
            assert isinstance(command, ask.Grant)
        assert played.look().drill
        assert played.look().exercise
    with pytest.raises(Refused, match="is over, and is not taken up again"):
        played.ask(ask.Reopen("again"))
    with pytest.raises(Refused, match="The exercise INC-1 is over"):
        played.ask(ask.EndDrill())


def test_a_scenario_makes_a_drill_even_of_what_was_not_said_to_be_one(room: Room) -> None:
    assert room.open(drill=False, exercise=exercise()).drill


def test_nobody_is_sent_anything_and_nothing_falls_due_after_the_end(
    played: Room, happen: Callable[[int], None]
) -> None:
    happen(0)
    played.clock.tick(minutes=6)
    played.ask(ask.AddNote("six minutes later"))
    assert "escalation.fired" in played.types()
    with played.store.reading() as log:
        assert log.outbox() == []
        assert log.timers("INC-1")
    assert all("notices" not in entry.data for entry in played.entries())
    played.ask(ask.EndDrill())
    with played.store.reading() as log:
        assert log.timers("INC-1") == []
    assert played.look().closed_at == played.clock.now()


def test_the_snapshot_knows_that_it_is_played(played: Room, room_for: Callable[[Any], Room]) -> None:
    for n in range(20):
        played.ask(ask.AddNote(f"note {n}"))
    again = room_for(played.store)
    assert again.look() == played.look()
    assert again.look().exercise == "running"


def test_an_event_happens_once_for_each_request(played: Room) -> None:
    director = service.Director(played.desk, "INC-1", Source("dana", "tester"))
    one = course(played.entries()).drill.events[0]
    director.happen(one)
    director.happen(one)
    assert played.types().count("drill.injected") == 1
    assert [cue.id for cue in director.ahead(director.course(), alone=False)] == ["press"]


# Graded from the log


def test_what_is_done_in_time_is_done_and_the_rest_is_open_until_its_time_is_up(
    played: Room, happen: Callable[[int], None]
) -> None:
    happen(0)
    played.clock.tick(minutes=5)
    played.ask(ask.Acknowledge())
    wanted = {"heard": ("done", 0), "moved": ("open", None), "out": ("open", None)}
    assert {id_: one for id_, one in states(played).items() if id_ in wanted} == wanted
    played.ask(ask.ChangeTask("pause-posts", "done"))
    played.clock.tick(minutes=6, seconds=30)
    played.ask(ask.Advance("activate", "x"))
    assert states(played)["moved"] == ("late", 90)
    played.ask(ask.EndDrill())
    played.clock.tick(hours=2)
    played.ask(ask.AddNote("two hours after the end"))
    assert states(played)["out"] == ("open", None)  # its time was not up when the drill was ended
    assert states(played)["told"] == ("open", None)  # its event never came
    assert {one.id: one.rating for one in graded(played).objectives} == {
        "fast": "partly",
        "words": "open",
        "unused": "open",
    }


def test_what_has_no_limit_is_missed_when_the_drill_ends_without_it(room: Room) -> None:
    (post, *_) = SCENARIO["events"]
    endless = SCENARIO | {"events": [post | {"expect": [{"id": "why", "action": "decide"}]}]}
    room.open(exercise=exercise(text=pin(endless).text))
    room.ask(ask.Inject(post["id"], post["from"], post["to"], "", post["text"]), "crisisctl")
    assert states(room)["why"] == ("open", None)
    room.ask(ask.EndDrill())
    assert states(room)["why"] == ("missed", None)


def test_only_whoever_was_asked_counts_or_who_stands_in(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    happen(1)
    played.ask(ask.AddNote("from the wrong one"), "dana")
    assert states(played)["told"][0] == "open"
    played.ask(ask.AddNote("from the counsel"), "lee")
    assert states(played)["told"][0] == "done"


def test_a_note_answers_one_question_and_a_named_task_may_be_done_beforehand(
    played: Room, happen: Callable[[int], None]
) -> None:
    happen(0)
    played.ask(ask.AddNote("before it was asked"), "lee")
    played.ask(ask.ChangeTask("pause-posts", "done"))
    played.clock.tick(minutes=30)
    happen(1)
    assert (states(played)["told"][0], states(played)["pause"]) == ("open", ("done", 0))


def test_what_a_timer_does_was_done_by_nobody(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    played.clock.tick(minutes=1)
    played.ask(ask.ChangeTask("pause-posts", "done"))
    played.clock.tick(minutes=20)
    played.ask(ask.AddNote("twenty minutes later"))
    assert "incident.advanced" in played.types()
    assert states(played)["moved"][0] == "missed"


def test_time_stands_still_while_nobody_leads(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    played.clock.tick(minutes=2)
    played.ask(ask.AddNote("the last before the night"))
    played.clock.tick(hours=9)
    service.Director(played.desk, "INC-1", Source("dana", "tester")).resume()
    assert course(played.entries()).now == 120  # whatever fell due meanwhile
    played.clock.tick(minutes=2)
    played.ask(ask.Acknowledge())
    (heard, *_) = graded(played).actions
    assert (heard.state, heard.at) == ("done", 240)
    (resumed,) = (entry for entry in played.entries() if entry.type == "drill.resumed")
    assert resumed.data == {"paused_ms": 9 * 3_600_000}
    axis = course(played.entries()).axis
    assert axis.instant(timedelta(minutes=30)) == played.entries()[0].occurred_at + timedelta(hours=9, minutes=30)


def test_what_people_do_while_nobody_leads_does_not_let_its_time_run(
    played: Room, happen: Callable[[int], None]
) -> None:
    happen(0)
    director = service.Director(played.desk, "INC-1", Source("dana", "tester"))
    for minutes in (120, 240):
        played.clock.tick(minutes=2)
        director.pause()
        played.clock.tick(hours=3)
        played.ask(ask.AddNote("in the night"))
        assert (states(played)["heard"], course(played.entries()).now) == (("open", None), minutes)
        played.clock.tick(hours=3)
        director.resume()
        assert course(played.entries()).now == minutes
    played.clock.tick(seconds=90)
    played.ask(ask.Acknowledge())
    assert graded(played).actions[0].at == 330
    director.end()
    director.pause()
    assert played.types()[-1] == "drill.ended"


def test_whoever_was_killed_led_until_they_were_seen_last(played: Room, happen: Callable[[int], None]) -> None:
    director = service.Director(played.desk, "INC-1", Source("dana", "tester"))
    director.happen(course(played.entries()).drill.events[0])
    played.clock.tick(minutes=3)
    seen = played.clock.now()
    played.clock.tick(minutes=20)
    played.ask(ask.AddNote("nobody leads"))
    director.resume(seen)
    assert course(played.entries()).now == 180
    played.clock.tick(minutes=1)
    director.resume(seen)  # by a file that is older than what was led from another machine
    assert course(played.entries()).now == 180


def test_a_fast_drill_is_told_in_its_own_time(room: Room) -> None:
    room.open(exercise=exercise(speed="10"))
    one = SCENARIO["events"][0]
    room.ask(ask.Inject(one["id"], one["from"], one["to"], "", one["text"], None), "crisisctl")
    room.clock.tick(seconds=29)
    room.ask(ask.Acknowledge())
    (heard, *_) = graded(room).actions
    assert (heard.state, heard.at) == ("done", 290)


def test_each_role_is_told_when_it_answered_or_who_did_before_it(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    played.clock.tick(minutes=7)
    played.ask(ask.Acknowledge(), "kim")
    told = {one.role: (one.called, one.seconds, one.instead) for one in graded(played).acknowledged}
    assert told == {"comms-lead": (0, None, "kim"), "deputy-comms": (300, 120, "")}
    assert not any("never acknowledged" in one for one in lessons(graded(played)))


def test_tags_are_reached_by_events_and_by_notes_that_begin_with_them(
    played: Room, happen: Callable[[int], None]
) -> None:
    happen(0)
    assert "ttd" not in graded(played).metrics
    played.clock.tick(seconds=75)
    played.ask(ask.AddNote("#seen in the monitoring"))
    assert graded(played).metrics["ttd"] == 75
    assert "ttd took 75s; the organisation that it happened to needed 60s." in lessons(graded(played))


def test_a_call_after_all_that_was_expected_was_done_is_no_lesson(room: Room) -> None:
    (post, *_) = SCENARIO["events"]
    short = SCENARIO | {"events": [post | {"expect": [{"id": "told", "action": "note", "within": "1h"}]}]}
    room.open(assign=(("comms-lead", "dana"), ("deputy-comms", "kim")), exercise=exercise(text=pin(short).text))
    room.ask(ask.Inject(post["id"], post["from"], post["to"], "", post["text"]), "crisisctl")
    room.clock.tick(minutes=1)
    called = "comms-lead, held by dana, was called 0s into the drill and never acknowledged."
    assert called in lessons(graded(room))
    room.ask(ask.AddNote("seen"))
    room.clock.tick(hours=2)
    room.ask(ask.EndDrill())
    told = graded(room)
    assert max(one.called for one in told.acknowledged) > 60
    assert [one for one in lessons(told) if "never acknowledged" in one] == [called]


def test_who_did_it_without_being_asked_is_told(played: Room, happen: Callable[[int], None]) -> None:
    happen(1)
    played.ask(ask.AddNote("from the wrong one"), "sam")
    assert not [one for one in graded(played).actions if one.instead]  # the counsel has time left
    played.clock.tick(minutes=11)
    played.ask(ask.EndDrill())
    assert states(played)["told"] == ("missed", None)
    told = "note was done by sam, who was not asked, after 'press'; it was for legal (lee) to do."
    assert told in lessons(graded(played))


def test_what_anybody_may_do_is_blamed_on_nobody(played: Room, happen: Callable[[int], None]) -> None:
    happen(1)
    played.clock.tick(minutes=11)
    played.ask(ask.EndDrill())
    told = lessons(graded(played))
    assert "note was not done within 10m of 'press'; it was for legal (lee) to do." in told
    assert "task pause-posts was not done within 5m of 'press'; it was for anybody to do." in told


def test_the_way_of_late_words_is_told(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    played.ask(ask.ChangeTask("pause-posts", "done"))
    played.ask(ask.Advance("activate", "x"))
    played.clock.tick(minutes=10)
    played.ask(ask.Draft("holding", "We look into it."), "kim")
    played.ask(ask.Submit("holding"), "kim")
    played.clock.tick(minutes=40)
    played.ask(ask.Approve("holding"), "dana")
    played.ask(ask.Approve("holding"), "lee")
    played.clock.tick(minutes=15)
    texts = played.look().statements["holding"].renditions
    digest = played.look().statements["holding"].digest
    played.ask(ask.Publish("holding", digest, renditions=texts))
    told = graded(played)
    assert told.first_statement == 65 * 60
    assert (told.metrics["first_statement"], told.metrics["approval.holding"]) == (3_900, 2_400)
    late = next(one for one in lessons(told) if one.startswith("statement published holding"))
    assert late == (
        "statement published holding came 5m too late, by dana: 1h 5m after 'post' instead of 1h. "
        "The longest of it, 40m, it waited for approval."
    )
    assert "holding, revision 1, waited 40m for its approvals." in lessons(told)


def test_promises_are_counted_and_a_broken_one_is_told(played: Room) -> None:
    told = grade(course(played.entries()), [Kept("holding", "late", 240), Kept("update", "broken"), Kept("x", "kept")])
    assert told.cadence == {"kept": 1, "late": 1, "broken": 1}
    assert lessons(told)[-2:] == [
        "The update that holding promised came 4m after the time it named.",
        "The update that update promised never came.",
    ]


def test_what_is_no_drill_is_not_graded(room: Room) -> None:
    room.open(drill=True)
    with pytest.raises(Refused, match="was not played from a scenario"):
        graded(room)


# Told


def test_every_form_is_marked_and_takes_what_was_typed_as_text(played: Room, happen: Callable[[int], None]) -> None:
    happen(0)
    told = graded(played)
    title = "<b>Leak</b> | [x](http://x.example)"
    incident = told.course.incident._replace(title=title)
    told = told._replace(course=told.course._replace(incident=incident))
    text = debrief.render(told, "md")
    assert text.startswith("# EXERCISE: &lt;b&gt;Leak&lt;/b&gt;")
    assert "](http" not in text
    page = debrief.render(told, "html")
    assert "&lt;b&gt;Leak&lt;/b&gt;" in page
    assert page.count("EXERCISE") >= 2
    assert "<script" not in page
    document = json.loads(debrief.render(told, "json"))
    assert (document["exercise"], document["state"], document["notices_sent"]) == (True, "running", 0)
    assert "so far" in text
    assert "so far" in page


def test_a_notice_that_was_sent_all_the_same_would_be_counted(played: Room) -> None:
    entries = played.entries()
    data = {"notice": "k", "to": "dana", "contact": 0, "attempts": 1}
    sent: Entry = entries[-1]._replace(version=len(entries) + 1, type="notice.sent", data=data)
    assert grade(course([*entries, sent])).notices_sent == 1


class _Listening:
    """A courier at whom nothing may arrive."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def check(self, to: str) -> None:
        return None

    def send(self, message: Any, to: str) -> None:
        self.heard.append(to)


def test_a_watch_sends_no_notice_of_a_drill_whoever_queued_it(played: Room) -> None:
    courier = _Listening()
    told = {"to": "dana", "contacts": 1, "covers": ["x"], "key": "forged"}
    event = Event("note.added", {"notices": [told]}, {"text": "to be sent"})
    played.desk.record("INC-1", [event], Source("dana", "tester"))
    with played.store.reading() as log:
        assert len(log.outbox()) == 1
    watch = Watch(played.desk, played.directory, {"console": courier, "*": courier}, "watch")
    assert watch.round().dropped == 1
    assert courier.heard == []
    assert played.types()[-1] == "notice.dropped"
