"""A handover at the desk: its brief, its notices, its requests; in each kind of store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Conflict, NotFound, Refused
from crisisctl.domain.notices import Reach
from crisisctl.service import story as stories
from crisisctl.service.ports import DeliveryFailed, Store
from crisisctl.service.verify import rebuild, verify
from crisisctl.service.watch import Round

OFFER = ask.Handover("legal", "mo", "the regulator calls back at six")
Watching = Callable[..., Any]


class Roster:
    """A directory that knows three people, each with a box."""

    addresses = ("post:box",)

    def count(self, person: str) -> int:
        return 1

    def on_call(self, role: str, at: datetime) -> tuple[str, ...]:
        return ()

    def contacts(self, person: str) -> tuple[str, ...]:
        return (f"post:{person}",)

    def reach(self, person: str) -> Reach:
        return Reach((timedelta(),) * self.count(person))

    def require(self, person: str) -> None:
        if person not in ("dana", "lee", "mo"):
            raise NotFound(f"There is no {person}.")


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    """Lee, the counsel, may hand over to Mo; nobody else is awake, and nobody is being woken."""
    made = room_for(store)
    made.directory = made.desk._directory = Roster()
    made.open(assign=(("legal", "lee"),))
    made.ask(ask.Acknowledge())
    return made


@pytest.fixture
def quiet(room: Any, watching: Watching, post: Any) -> Any:
    """Whatever had to be sent before is sent."""
    watch = watching(room)
    watch.round()
    post.sent.clear()
    return watch


def _sent(post: Any) -> dict[str, Any]:
    found = {to.partition(":")[2]: message for message, to in post.sent}
    assert len(found) == len(post.sent), "nobody gets two"
    return found


def _outbox(room: Any) -> list[Any]:
    with room.store.reading() as log:
        return sorted(row.notice for row in log.outbox())


def _brief(outcome: Any) -> str:
    return str(outcome.entries[0].word("brief"))


def test_the_brief_is_written_in_the_transaction_of_the_offer(room: Any) -> None:
    room.ask(ask.AddNote("The forum has taken it down."))
    before = room.look().version
    outcome = room.ask(OFFER, who="lee")
    assert f"from version {before} of the log." in _brief(outcome)
    assert "The forum has taken it down." in _brief(outcome)
    assert [entry.type for entry in outcome.entries] == ["handover.offered"]
    assert outcome.incident.handovers["legal"].version == outcome.entries[0].version == before + 1


def test_the_brief_tells_what_was_overdue_and_fired_before_the_offer(room: Any) -> None:
    room.clock.tick(minutes=31)
    outcome = room.ask(OFFER, who="lee")
    assert [entry.type for entry in outcome.fired][:3] == ["task.overdue", "escalation.stale", "escalation.fired"]
    assert f"from version {outcome.fired[-1].version} of the log." in _brief(outcome)
    assert "nobody has acknowledged it" in _brief(outcome)
    assert "OVERDUE, was due 2026-03-28 22:15:00 UTC, 16m ago" in " ".join(_brief(outcome).split())


def test_an_offer_told_of_late_has_the_brief_of_the_moment_it_is_written(room: Any) -> None:
    room.clock.tick(minutes=5)
    room.ask(ask.AddNote("Said since."))
    outcome = room.ask(OFFER, who="lee", at=room.clock.time - timedelta(minutes=3))
    assert "Written on 2026-03-28 22:05:00 UTC" in _brief(outcome)
    assert "Said since." in _brief(outcome)
    assert outcome.entries[0].occurred_at == room.clock.time - timedelta(minutes=3)
    with pytest.raises(Refused, match="in the future"):
        room.ask(ask.AcceptHandover("legal"), who="mo", at=room.clock.time + timedelta(seconds=1))


def test_an_unknown_person_is_refused_by_the_roster_and_nothing_is_written(room: Any) -> None:
    before = room.entries()
    with pytest.raises(NotFound, match="There is no kim"):
        room.ask(OFFER._replace(person="kim"), who="lee")
    assert room.entries() == before


def test_refused_commands_leave_nothing(room: Any) -> None:
    room.ask(OFFER, who="lee")
    before, waiting = room.entries(), _outbox(room)
    answers = [(ask.AcceptHandover("legal"), "lee"), (ask.WithdrawHandover("legal"), "mo")]
    for command, who in [(OFFER, "lee"), (OFFER, "dana"), *answers]:
        with pytest.raises(Refused):
            room.ask(command, who=who)
    assert (room.entries(), _outbox(room)) == (before, waiting)


def test_the_offer_tells_both_the_incoming_one_with_the_brief(room: Any, quiet: Any, post: Any) -> None:
    outcome = room.ask(OFFER, who="lee")
    assert quiet.round() == Round(sent=2)
    told = _sent(post)
    assert set(told) == {"lee", "mo"}
    assert _brief(outcome) in told["mo"].body
    assert "lee offers legal to mo, noting: the regulator calls back at six." in told["mo"].body
    assert "Accept with: crisisctl handover legal --accept -i INC-1\n" in told["mo"].body
    assert "crisisctl handover legal --decline --because WHY -i INC-1\n" in told["mo"].body
    assert told["mo"].urgent
    assert "You hold the role until mo accepts" in told["lee"].body
    assert "crisisctl handover legal --withdraw -i INC-1" in told["lee"].body
    assert "WHERE IT STANDS" not in told["lee"].body
    assert not told["lee"].urgent


@pytest.mark.parametrize(
    ("answer", "who", "told", "sentence"),
    [
        (ask.AcceptHandover("legal"), "mo", "lee", "mo accepts legal from lee."),
        (ask.DeclineHandover("legal", "asleep"), "mo", "lee", "mo declines legal, offered by lee, because asleep."),
        (ask.WithdrawHandover("legal"), "lee", "mo", "The offer of legal by lee to mo was withdrawn by lee."),
        (ask.Assign("legal", "mo"), "lee", "mo", "was withdrawn: mo holds it now."),
    ],
)
def test_whoever_did_not_answer_is_told_of_the_answer(
    room: Any, quiet: Any, post: Any, answer: ask.Command, who: str, told: str, sentence: str
) -> None:
    room.ask(OFFER, who="lee")
    quiet.round()
    post.sent.clear()
    room.ask(answer, who=who)
    assert quiet.round() == Round(sent=1)
    assert sentence in _sent(post)[told].body


def test_an_offer_that_was_settled_before_its_notice_went_out_asks_for_nothing(
    room: Any, quiet: Any, post: Any
) -> None:
    room.ask(OFFER, who="lee")
    room.ask(ask.WithdrawHandover("legal"), who="lee")
    room.ask(OFFER, who="lee")
    room.clock.tick(minutes=2)
    quiet.round()
    first, second = (message for message, to in post.sent if to == "post:mo" and "offers legal" in message.body)
    assert "It has been settled since. Look with: crisisctl roles --history -i INC-1" in first.body
    assert "--accept" not in first.body
    assert "That was at 2026-03-28 22:00:00 UTC, 2m ago." in second.body
    assert "--accept" in second.body


def test_what_fires_meanwhile_is_sent_to_both(room: Any, quiet: Any, post: Any) -> None:
    room.ask(ask.Handover("comms-lead", "mo"))
    quiet.round()
    post.sent.clear()
    room.clock.tick(minutes=15)
    quiet.round()
    assert set(_sent(post)) == {"dana", "mo"}
    assert "Task pause-posts is overdue; told dana, mo." in _sent(post)["mo"].body


def test_a_notice_that_fails_is_tried_again_under_its_key_and_sent_once(room: Any, quiet: Any, post: Any) -> None:
    post.trouble["post:mo"] = DeliveryFailed("the line is busy")
    room.ask(OFFER, who="lee")
    assert quiet.round()._replace(reasons=()) == Round(sent=1, failed=1, waiting=1)
    del post.trouble["post:mo"]
    room.clock.tick(seconds=5)
    assert quiet.round() == Round(sent=1)
    assert quiet.round() == Round()
    assert len({key for key, to in post.tried if to == "post:mo"}) == 1


def test_a_repeat_of_the_same_request_tells_nobody_again(room: Any) -> None:
    first = room.ask(OFFER, who="lee", request="r-1")
    waiting = _outbox(room)
    again = room.ask(OFFER, who="lee", request="r-1")
    assert again.repeated
    assert [entry.digest for entry in again.entries] == [entry.digest for entry in first.entries]
    assert _outbox(room) == waiting
    with pytest.raises(Conflict, match="stands for something else"):
        room.ask(OFFER._replace(person="dana"), who="lee", request="r-1")


def test_a_repeated_acceptance_says_all_that_it_did(room: Any) -> None:
    room.ask(OFFER, who="lee")
    room.ask(ask.AcceptHandover("legal"), who="mo", request="r-2")
    again = room.ask(ask.AcceptHandover("legal"), who="mo", request="r-2")
    assert again.repeated
    assert [entry.type for entry in again.entries] == ["handover.accepted", "role.released", "role.assigned"]
    assert room.look().roles["legal"] == ("mo",)


def test_who_accepts_acts_in_no_role_or_in_the_one_that_they_hold_until_then(room: Any) -> None:
    room.ask(OFFER, who="lee")
    assert [entry.role for entry in room.ask(ask.AcceptHandover("legal"), who="mo").entries] == [None] * 3
    room.ask(ask.Handover("comms-lead", "mo"))
    assert [entry.role for entry in room.ask(ask.AcceptHandover("comms-lead"), who="mo").entries] == ["legal"] * 3


def test_who_looked_at_an_older_version_is_told_that_it_moved(room: Any) -> None:
    with pytest.raises(Conflict):
        room.ask(OFFER, who="lee", expect=room.look().version - 1)


def test_the_outbox_of_offers_and_answers_can_be_rebuilt_from_the_log(room: Any) -> None:
    room.ask(OFFER, who="lee")
    room.ask(ask.AcceptHandover("legal"), who="mo")
    room.ask(ask.Handover("legal", "lee"), who="mo")
    waiting, stands = _outbox(room), room.look()
    assert len(waiting) == 6, "one for the step that fired, two for each offer, one for the acceptance"
    rebuild(room.store)
    assert _outbox(room) == waiting
    assert verify(room.store, None).flaws == []
    room.desk._known.clear()  # as a process that remembers nothing
    assert room.look() == stands
    assert room.look().handovers["legal"].taker == "lee"


def test_a_brief_can_be_erased_and_the_offer_stays_open(room: Any, quiet: Any, post: Any) -> None:
    offered = room.ask(OFFER, who="lee").entries[0]
    room.ask(ask.Redact(offered.version, ("brief",), "it names a customer"))
    quiet.round()
    assert "(redacted)" in _sent(post)["mo"].body
    assert "WHERE IT STANDS" not in _sent(post)["mo"].body
    room.ask(ask.AcceptHandover("legal"), who="mo")
    assert verify(room.store, None).flaws == []


def test_nothing_of_a_drill_leaves_the_building(room: Any, watching: Watching, post: Any, console: Any) -> None:
    room.open(assign=(("legal", "lee"),), drill=True)
    room.ask(OFFER, who="lee", id_="INC-2")
    watching(room).round()
    assert [message for message, _ in post.sent if "INC-2" in message.title] == []
    bodies = [message.body for message, _ in console.sent if "offers legal" in message.body]
    assert len(bodies) == 2
    assert all(body.startswith("EXERCISE EXERCISE EXERCISE\n") for body in bodies)


def test_every_seat_says_how_it_was_taken_and_left(room: Any) -> None:
    start = room.clock.time
    room.clock.tick(minutes=1)
    room.ask(OFFER, who="lee")
    room.clock.tick(minutes=1)
    room.ask(ask.AcceptHandover("legal"), who="mo")
    room.clock.tick(minutes=1)
    room.ask(ask.Assign("legal", "lee"))
    seats = [seat for seat in stories.seats(room.entries()) if seat.role == "legal"]
    minute = timedelta(minutes=1)
    assert [tuple(seat) for seat in seats] == [
        ("legal", "lee", start, start + 2 * minute, "opened", "handover"),
        ("legal", "mo", start + 2 * minute, start + 3 * minute, "handover", "released"),
        ("legal", "lee", start + 3 * minute, None, "assigned", None),
    ]


def test_who_held_a_role_is_known_for_every_instant(room: Any) -> None:
    start = room.clock.time
    room.ask(OFFER, who="lee")
    room.clock.tick(minutes=2)
    room.ask(ask.AcceptHandover("legal"), who="mo")
    seats = stories.seats(room.entries())

    def holder(**after: float) -> list[str]:
        return [seat.person for seat in stories.held(seats, start + timedelta(**after)) if seat.role == "legal"]

    assert holder(microseconds=-1) == []
    assert holder() == holder(minutes=2, microseconds=-1) == ["lee"]
    assert holder(minutes=2) == holder(days=9) == ["mo"]


def test_only_the_role_that_was_accepted_counts_as_handed_over(room: Any) -> None:
    room.ask(OFFER, who="lee")
    room.ask(ask.AcceptHandover("legal"), who="mo")
    room.ask(ask.Assign("deputy-comms", "mo"))
    room.ask(ask.Release("legal", "mo"))
    ways = {(seat.role, seat.person): (seat.how, seat.ended) for seat in stories.seats(room.entries())}
    assert ways["deputy-comms", "mo"] == ("assigned", None)
    assert ways["legal", "mo"] == ("handover", "released")


def test_a_no_counts_among_the_choices_of_the_report(room: Any) -> None:
    room.ask(OFFER, who="lee")
    room.ask(ask.DeclineHandover("legal", "on a plane"), who="mo")
    with room.store.reading() as log:
        told = stories.story(room.desk, log, "INC-1")
    assert [entry.type for entry in stories.choices(told)] == ["handover.declined"]
