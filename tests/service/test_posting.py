"""Words leave the building: every attempt is logged before it is made, and no channel gets anything twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crisisctl.adapters.memory import Memory
from crisisctl.adapters.outgoing import Files
from crisisctl.adapters.posting.together import soonest
from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import NotFound, Refused, StoreFailed
from crisisctl.domain.forecast import forecast
from crisisctl.domain.incident import Post
from crisisctl.domain.posting import BACK_OFF, GRACE, UNKNOWN_AFTER, begun
from crisisctl.domain.timers import timers
from crisisctl.domain.whereabouts import standings
from crisisctl.service import statements
from crisisctl.service.desk import Asked, Desk, Outcome
from crisisctl.service.outward import Receipt, Rendition, Unclear
from crisisctl.service.ports import DeliveryFailed, Message, Store
from crisisctl.service.posting import Postman, Result
from crisisctl.service.watch import Watch

SEATS = (("comms-lead", "dana"), ("deputy-comms", "kim"), ("legal", "lee"))
KIM = Source("kim", "tester")
TEXT = "We are sorry."
LEADS = {"x": "https://x.example", "status-page": "env:STATUS_PAGE"}


class Places:
    """Where words go: keeps what it takes in, and fails as it was told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, str]] = []
        self.asked: list[str] = []
        self.fails: list[Any] = []
        self.during: Callable[[], object] = lambda: None

    def check(self, to: str) -> str | None:
        return None

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        self.asked.append(key)
        self.during()
        if self.fails:
            raise self.fails.pop(0)
        self.taken.append((rendition.key, rendition.text, to))
        return Receipt("webhook", f"id-{len(self.taken)}", f"https://there.example/{len(self.taken)}")


class Hand:
    """A courier that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def check(self, to: str) -> str | None:
        return None

    def send(self, message: Message, to: str) -> None:
        self.messages.append(message)


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
def room(store: Store, room_for: Callable[[Store], Any]) -> Any:
    room = room_for(store)
    room.open(assign=SEATS)
    _approved(room)
    return room


@pytest.fixture
def postman(room: Any, places: Places) -> Postman:
    return Postman(room.desk, places, lambda: LEADS)


def _approved(room: Any, text: str = TEXT, id_: str = "INC-1", correcting: str | None = None) -> None:
    room.ask(ask.Draft("holding", text, correcting=correcting), "kim", id_=id_)
    room.ask(ask.Submit("holding"), "kim", id_=id_)
    for who in ("dana", "lee"):
        room.ask(ask.Approve("holding"), who, id_=id_)


def _publish(
    room: Any, postman: Postman, state: Path, *audiences: str, id_: str = "INC-1", request: str | None = None
) -> Outcome:
    command = ask.Publish("holding", "", audiences, posting=postman.channels())
    return statements.publish(room.desk, Files(state), id_, command, Asked(KIM, request=request)).outcome


def _out(room: Any, postman: Postman, state: Path, *audiences: str) -> list[Result]:
    return postman.first(_publish(room, postman, state, *audiences), KIM)


def _posts(room: Any, id_: str = "INC-1") -> Mapping[str, Post]:
    posts: Mapping[str, Post] = room.look(id_).statements["holding"].posts
    return posts


def _states(room: Any) -> dict[str, str]:
    return {key: post.state for key, post in _posts(room).items()}


def _watch(room: Any, postman: Postman, hand: Hand | None = None) -> Watch:
    return Watch(room.desk, room.directory, {"*": hand or Hand()}, "here:1", postman=postman)


def _types(room: Any) -> list[str]:
    return [kind for kind in room.types() if kind.startswith("statement.")][4:]


# What goes well


def test_what_was_published_is_posted_once_and_has_its_receipt(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    results = _out(room, postman, tmp_path)
    assert sorted(places.taken) == [
        ("status-page/en", TEXT, "env:STATUS_PAGE"),
        ("x/en", TEXT, "https://x.example"),
    ]
    assert {result.state for result in results} == {"posted"}
    assert _types(room) == ["statement.published", *["statement.posting"] * 2, *["statement.posted"] * 2]
    post = _posts(room)["x/en"]
    assert (post.state, post.by, post.attempts, post.revision) == ("posted", "webhook", 1, 1)
    assert post.receipt in ("id-1", "id-2")
    assert post.url == f"https://there.example/{post.receipt[-1]}"
    assert _posts(room)["email/en"].state == "ready"


def test_the_attempt_is_in_the_log_before_it_is_made(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    seen: list[Sequence[str]] = []
    places.during = lambda: seen.append(_types(room))
    _out(room, postman, tmp_path)
    assert all(types.count("statement.posting") == 2 for types in seen)
    assert len(seen) == 2


def test_a_watch_beside_it_posts_nothing_a_second_time(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    watch = _watch(room, postman)
    places.during = lambda: (room.clock.tick(seconds=31), watch.round())
    _out(room, postman, tmp_path)
    room.clock.tick(hours=1)
    watch.round()
    assert len(places.asked) == 2


def test_whoever_comes_back_to_what_the_watch_has_begun_does_not_begin_it_again(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    published = _publish(room, postman, tmp_path)
    room.clock.tick(minutes=1)
    assert _watch(room, postman).round().posted == 2
    assert postman.first(published, KIM) == []
    assert len(places.asked) == 2


def test_what_came_of_an_older_text_says_nothing_of_the_newer(room: Any, places: Places, tmp_path: Path) -> None:
    postman = Postman(room.desk, places, lambda: {"x": "https://x.example"})

    def correct() -> None:
        places.during = lambda: None
        _approved(room, "We are truly sorry.", correcting="too short")
        _publish(room, postman, tmp_path)

    places.during = correct
    (result,) = _out(room, postman, tmp_path)
    assert result.state == "posted"
    assert (_posts(room)["x/en"].state, _posts(room)["x/en"].revision) == ("waiting", 2)
    room.clock.tick(minutes=1)
    _watch(room, postman).round()
    assert [text for _, text, _ in places.taken] == [TEXT, "We are truly sorry."]


def test_a_publication_that_names_what_is_out_already_changes_nothing_of_it(
    room: Any, postman: Postman, tmp_path: Path
) -> None:
    _out(room, postman, tmp_path)
    entry = next(entry for entry in room.entries() if entry.type == "statement.published")
    assert begun(room.look().statements["holding"], entry) == _posts(room)


def test_a_repeat_of_the_request_posts_nothing(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    for _ in range(2):
        postman.first(_publish(room, postman, tmp_path, request="r1"), KIM)
    assert len(places.taken) == 2


def test_what_is_the_same_key_goes_to_the_receiver_at_every_attempt(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("refused"), DeliveryFailed("refused")]
    _out(room, postman, tmp_path)
    room.clock.tick(seconds=6)
    _watch(room, postman).round()
    assert len(set(places.asked)) == 2
    assert sorted(places.asked[:2]) == sorted(places.asked[2:])


def test_a_correction_goes_out_and_what_waited_of_the_text_before_does_not(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("refused"), DeliveryFailed("refused")]
    _out(room, postman, tmp_path)
    _approved(room, "We are truly sorry.", correcting="too short")
    _out(room, postman, tmp_path)
    room.clock.tick(hours=1)
    _watch(room, postman).round()
    assert {text for _, text, _ in places.taken} == {"We are truly sorry."}
    assert len(places.taken) == 2


def test_each_channel_once_however_many_audiences_there_are(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    for audience in ("employees", "customers", "press"):
        _out(room, postman, tmp_path, audience)
    assert sorted(key for key, _, _ in places.taken) == ["status-page/en", "x/en"]


def test_who_hangs_withholds_nobody_elses_receipt(room: Any, places: Places, tmp_path: Path) -> None:
    let_go, seen = Event(), []

    class Hanging(Places):
        def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
            if rendition.key == "status-page/en":  # the first in order
                assert let_go.wait(30)
            return Receipt("webhook", rendition.key)

    class Watched(Desk):
        def follow(self, *asked: Any) -> Outcome:
            outcome = super().follow(*asked)
            seen.append(_states(room))
            if seen[-1]["x/en"] == "posted":
                let_go.set()
            return outcome

    room.desk.__class__ = Watched
    _out(room, Postman(room.desk, Hanging(), lambda: LEADS, soonest), tmp_path)
    assert {"status-page/en": "posting", "x/en": "posted", "email/en": "ready"} in seen
    assert _states(room) == {"status-page/en": "posted", "x/en": "posted", "email/en": "ready"}


# What does not


def test_what_surely_did_not_arrive_is_tried_again_after_longer_and_longer_times(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("refused")] * 2 * (len(BACK_OFF) + 1)
    (first, _) = _out(room, postman, tmp_path)
    assert (first.state, first.said) == ("unposted", "refused")
    watch, hand = _watch(room, postman), Hand()
    for span in BACK_OFF:
        room.clock.tick(seconds=span.total_seconds() - 1)
        assert watch.round().posted == 0
        before = len(places.asked)
        room.clock.tick(seconds=1)
        _watch(room, postman, hand).round()
        assert len(places.asked) == before + 2
    assert _states(room) == {"status-page/en": "given up", "x/en": "given up", "email/en": "ready"}
    room.clock.tick(hours=1)
    _watch(room, postman, hand).round()
    assert len(places.asked) == 2 * (len(BACK_OFF) + 1)
    asking = [message for message in hand.messages if "was not posted" in message.body]
    assert len(asking) == 2
    assert "crisisctl statement retry holding --channel" in asking[0].body


def test_one_channel_down_then_back(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    places.fails = [DeliveryFailed("refused")]
    _out(room, postman, tmp_path)
    assert len(places.taken) == 1
    room.clock.tick(seconds=5)
    done = _watch(room, postman).round()
    assert (done.posted, done.failed) == (1, 0)
    assert len(places.taken) == 2
    assert len({key for key, _, _ in places.taken}) == 2


def test_a_failure_that_no_attempt_can_mend_goes_to_a_person_at_once(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("no address", permanent=True)]
    results = _out(room, postman, tmp_path)
    assert sorted(result.state for result in results) == ["given up", "posted"]
    entry = next(entry for entry in room.entries() if entry.type == "statement.unposted")
    assert entry.data["gave_up"] is True
    assert entry.data["reached"] == ["dana"]
    assert entry.data["notices"][0]["to"] == "dana"


def test_what_nobody_knows_is_never_tried_again_by_itself(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [Unclear("cut off")]
    results, hand = _out(room, postman, tmp_path), Hand()
    assert sorted(result.state for result in results) == ["posted", "unclear"]
    for _ in range(3):
        room.clock.tick(hours=1)
        _watch(room, postman, hand).round()
    assert len(places.asked) == 2
    (told,) = [message for message in hand.messages if "Nobody knows" in message.body]
    assert "If it is there: crisisctl statement posted" in told.body
    assert "If it is not: crisisctl statement retry holding --channel" in told.body


def test_a_way_that_breaks_down_is_unclear(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    places.fails = [RuntimeError("https://secret.example")]
    result = next(result for result in _out(room, postman, tmp_path) if result.state == "unclear")
    assert result.said == "it broke down (RuntimeError)"


class Killed(BaseException):
    """The process ends here."""


def test_whoever_dies_before_the_first_attempt_leaves_it_to_the_watch(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    _publish(room, postman, tmp_path)
    watch = _watch(room, postman)
    room.clock.tick(seconds=GRACE.total_seconds() - 1)
    watch.round()
    assert not places.asked
    room.clock.tick(seconds=1)
    assert watch.round().posted == 2
    room.clock.tick(hours=1)
    watch.round()
    assert len(places.asked) == 2


def test_whoever_dies_in_an_attempt_leaves_it_unclear_and_a_person_is_told(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    def die() -> None:
        raise Killed

    places.during = die
    with pytest.raises(Killed):
        _out(room, postman, tmp_path)
    places.during = lambda: None
    hand = Hand()
    watch = _watch(room, postman, hand)
    room.clock.tick(seconds=UNKNOWN_AFTER.total_seconds() - 1)
    watch.round()
    assert _states(room)["x/en"] == "posting"
    room.clock.tick(seconds=1)
    watch.round()
    assert _states(room) == {"status-page/en": "unclear", "x/en": "unclear", "email/en": "ready"}
    assert len(places.asked) == 1
    assert sum("nothing was heard" in message.body for message in hand.messages) == 1  # one notice covers both


def test_a_watch_that_dies_in_an_attempt_leaves_it_unclear_too(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    _publish(room, postman, tmp_path)
    room.clock.tick(hours=2)

    def die() -> None:
        raise Killed

    places.during = die
    with pytest.raises(Killed):
        _watch(room, postman).round()
    places.during = lambda: None
    room.clock.tick(seconds=1)
    _watch(room, postman).round()
    assert _states(room)["x/en"] == "posting"  # however long it was overdue, it was begun just now
    room.clock.tick(seconds=UNKNOWN_AFTER.total_seconds())
    _watch(room, postman).round()
    assert _states(room)["x/en"] == "unclear"
    assert len(places.asked) == 1


def test_a_receipt_that_comes_late_is_written_down_all_the_same(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    def late() -> None:
        room.clock.tick(minutes=5)
        room.ask(ask.AddNote("it takes long"))

    places.during = late
    _out(room, postman, tmp_path)
    assert "statement.unclear" in _types(room)
    assert _states(room)["x/en"] == "posted"


def test_a_command_of_a_person_makes_no_attempt(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    _publish(room, postman, tmp_path)
    room.clock.tick(hours=1)
    room.ask(ask.AddNote("an hour later"))
    assert _states(room)["x/en"] == "waiting"
    assert _watch(room, postman).round().posted == 2


def test_a_log_that_fails_after_one_attempt_does_not_stop_the_record_of_the_others(
    room: Any, places: Places, tmp_path: Path
) -> None:
    class Failing(Desk):
        broken = 1

        def follow(self, *asked: Any) -> Outcome:
            if places.taken and self.broken:
                Failing.broken = 0
                raise StoreFailed("it is away")
            return super().follow(*asked)

    room.desk.__class__ = Failing
    Failing.broken = 1
    postman = Postman(room.desk, places, lambda: LEADS, lambda work, orders: [work(one) for one in orders])
    with pytest.raises(StoreFailed):
        _out(room, postman, tmp_path)
    assert sorted(_states(room).values()) == ["posted", "posting", "ready"]


def test_a_channel_whose_address_is_gone_is_handed_over(room: Any, places: Places, tmp_path: Path) -> None:
    _publish(room, Postman(room.desk, places, lambda: LEADS), tmp_path)
    room.clock.tick(minutes=1)
    _watch(room, Postman(room.desk, places, dict)).round()
    assert _states(room) == {"status-page/en": "given up", "x/en": "given up", "email/en": "ready"}
    assert "no address in channels.yaml any more" in (_posts(room)["x/en"].reason or "")


def test_a_text_that_was_erased_is_not_posted(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    _publish(room, postman, tmp_path)
    version = next(entry.version for entry in room.entries() if entry.type == "statement.drafted")
    room.ask(ask.Redact(version, ("text",), "it named somebody"))
    room.clock.tick(minutes=1)
    _watch(room, postman).round()
    assert not places.asked
    assert _posts(room)["x/en"].reason == "its text was erased"


def test_words_that_were_published_go_out_even_when_the_incident_is_closed_meanwhile(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("refused"), DeliveryFailed("refused")]
    _out(room, postman, tmp_path)
    room.ask(ask.SetFact("affected_accounts", "7"))
    room.ask(ask.ChangeTask("pause-posts", "done"))
    for trigger, who in (("activate", "dana"), ("inform", "dana"), ("notify", "lee"), ("close", "dana")):
        room.ask(ask.Advance(trigger, "because"), who)
    assert {timer.kind for timer in timers(room.look())} == {"posting"}
    room.clock.tick(seconds=5)
    assert _watch(room, postman).round().posted == 2
    assert not timers(room.look())


# A drill


def test_nothing_of_a_drill_leaves_the_building(
    store: Store, room_for: Callable[[Store], Any], places: Places, tmp_path: Path
) -> None:
    room = room_for(store)
    room.open(assign=SEATS, drill=True)
    _approved(room)
    postman = Postman(room.desk, places, lambda: LEADS)
    assert _out(room, postman, tmp_path) == []
    room.clock.tick(hours=1)
    _watch(room, postman).round()
    for refused in (ask.Retry("holding", "x", "again"), ask.Posted("x", "https://x.com/room/status/1")):
        with pytest.raises(Refused, match="is an exercise"):
            room.ask(refused)
    assert not places.asked
    assert set(_states(room).values()) == {"ready"}
    assert (tmp_path / "exercise" / "INC-1").is_dir()
    assert not (tmp_path / "outgoing").exists()


# What people say


def test_a_person_who_has_looked_has_it_posted_again(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [Unclear("cut off"), Unclear("cut off")]
    _out(room, postman, tmp_path)
    results = postman.again(room.ask(ask.Retry("holding", "x", "it is not there")), KIM)
    assert [result.state for result in results] == ["posted"]
    assert _posts(room)["x/en"].attempts == 2
    with pytest.raises(Refused, match="nothing is posted twice"):
        room.ask(ask.Retry("holding", "x", "again"))
    assert _states(room)["status-page/en"] == "unclear"


def test_after_a_persons_word_the_back_off_begins_anew(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("no", permanent=True)] * 2 + [DeliveryFailed("refused")]
    _out(room, postman, tmp_path)
    (result,) = postman.again(room.ask(ask.Retry("holding", "x", "mended")), KIM)
    assert result.state == "unposted"
    room.clock.tick(seconds=5)
    assert _watch(room, postman).round().posted == 1


def test_nobody_retries_what_is_under_way(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    refusals = []

    def ask_too_early() -> None:
        with pytest.raises(Refused, match="being posted just now") as caught:
            room.ask(ask.Retry("holding", "x", "impatient"))
        refusals.append(caught)

    places.during = ask_too_early
    _out(room, postman, tmp_path)
    assert len(refusals) == 2


def test_only_the_room_has_things_posted_again(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    places.fails = [Unclear("cut off")] * 2
    _out(room, postman, tmp_path)
    with pytest.raises(Refused, match="robin holds no role"):
        room.ask(ask.Retry("holding", "x", "why not"), "robin")


def test_a_file_that_a_person_pasted_is_out(room: Any, postman: Postman, tmp_path: Path) -> None:
    _out(room, postman, tmp_path)
    room.ask(ask.Posted("email", "https://mail.example/archive/1"), "kim")
    post = _posts(room)["email/en"]
    assert (post.state, post.by, post.url) == ("posted", "person", "https://mail.example/archive/1")
    with pytest.raises(Refused, match="nothing is posted twice"):
        room.ask(ask.Posted("x", "https://x.com/room/status/1"))


def test_an_id_of_x_tells_exactly_when(room: Any, places: Places, tmp_path: Path) -> None:
    postman = Postman(room.desk, places, dict)
    _out(room, postman, tmp_path)
    room.clock.tick(minutes=3)
    moment = room.clock.time - timedelta(milliseconds=61_077)
    id_ = (int(moment.timestamp() * 1000) - 1_288_834_974_657 << 22) + 17
    room.ask(ask.Posted("x", f"https://x.com/room/status/{id_}"))
    post = _posts(room)["x/en"]
    assert (post.receipt, post.at) == (str(id_), moment)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("x.example/1", "is no address"),
        ("https://x.com/room/status/1050118621198921728", "before the incident was opened"),
        ("https://x.com/room/status/9000000000000000000", "which is still to come"),
        ("javascript:alert(1)", "is no address"),
    ],
)
def test_an_address_that_cannot_be_is_refused(room: Any, places: Places, tmp_path: Path, url: str, said: str) -> None:
    _out(room, Postman(room.desk, places, dict), tmp_path)
    with pytest.raises(Refused, match=said):
        room.ask(ask.Posted("x", url))


def test_a_channel_that_nobody_published_on_is_told_with_the_nearest(
    room: Any, postman: Postman, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="Nothing was published on x"):
        room.ask(ask.Posted("x", "https://x.com/1"))
    _out(room, postman, tmp_path)
    with pytest.raises(NotFound, match="Did you mean email"):
        room.ask(ask.Posted("emial", "https://x.com/1"))
    with pytest.raises(NotFound, match="statement"):
        room.ask(ask.Posted("email", "https://x.com/1", "holdign"))


# Timers


def test_the_plan_tells_of_the_next_attempt_and_takes_it_to_succeed(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    places.fails = [DeliveryFailed("refused")]
    _out(room, postman, tmp_path)
    told = [(ahead.timer.kind, ahead.what) for ahead in forecast(room.look()) if ahead.timer.kind != "escalation"]
    kinds = [kind for kind, _ in told]
    assert kinds.count("posting") == 1
    assert "unclear" not in kinds


def test_the_log_alone_gives_the_timers_of_posts(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    places.fails = [DeliveryFailed("refused"), Unclear("cut off")]
    _out(room, postman, tmp_path)
    should = timers(room.look())
    with room.store.reading() as log:
        assert log.timers("INC-1") == should
    with room.store.writing() as ledger:
        ledger.replace_timers("INC-1", [])
    room.clock.tick(seconds=6)
    assert _watch(room, postman).round().repaired
    assert sorted(_states(room).values()) == ["posted", "ready", "unclear"]


# Embargoes


def test_nobody_is_told_before_an_embargo_ends(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    until = room.clock.time + timedelta(hours=2)
    room.ask(ask.Embargo("holding", until, "the partner speaks first", "press"))
    with pytest.raises(Refused, match="holding for press is under embargo until 2026-03-29 00:00:00 UTC") as caught:
        _publish(room, postman, tmp_path)
    assert "statement publish holding --audience employees --audience customers" in str(caught.value)
    assert "statement embargo holding --lift --audience press" in str(caught.value)
    _out(room, postman, tmp_path, "employees", "customers")
    room.clock.tick(hours=2)
    _out(room, postman, tmp_path)
    assert room.look().statements["holding"].state == "published"


def test_an_embargo_on_everybody_can_be_lifted_before_its_time(room: Any, postman: Postman, tmp_path: Path) -> None:
    room.ask(ask.Embargo("holding", room.clock.time + timedelta(hours=2), "markets are open"))
    with pytest.raises(Refused, match="holding is under embargo"):
        _publish(room, postman, tmp_path, "employees")
    room.ask(ask.Embargo("holding", None, "it leaked"))
    _publish(room, postman, tmp_path, "employees")
    assert not room.look().embargoes


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (ask.Embargo("holding", None, "why"), "There is no embargo on holding"),
        (ask.Embargo("holding", None, "why", "press"), "There is no embargo on holding for press"),
        (ask.Embargo("holdign", None, "why"), "Did you mean holding"),
        (ask.Embargo("holding", None, "why", "pres"), "Did you mean press"),
    ],
)
def test_an_embargo_that_makes_no_sense_is_refused(room: Any, command: ask.Embargo, error: str) -> None:
    with pytest.raises((Refused, NotFound), match=error):
        room.ask(command)


def test_an_embargo_must_lie_ahead(room: Any) -> None:
    with pytest.raises(Refused, match="has passed"):
        room.ask(ask.Embargo("holding", room.clock.time, "why"))


# Whatever happens


HAPPENS = st.sampled_from(
    ["taken", "refused", "silent after taking it", "silent", "killed", "killed after it was taken"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happens=st.lists(HAPPENS, max_size=14), spans=st.lists(st.integers(1, 400), min_size=14, max_size=14))
def test_nothing_goes_out_twice_by_itself_and_what_nobody_knows_is_handed_over(
    tmp_path: Path, room_for: Callable[[Store], Any], happens: list[str], spans: list[int]
) -> None:
    room, left = room_for(Memory()), iter(happens)
    room.open(assign=SEATS)
    _approved(room)
    arrived: list[str] = []

    class Fickle(Places):
        def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
            how = next(left, "taken")
            if "tak" in how:
                arrived.append(key)
            if "killed" in how:
                raise Killed
            if "silent" in how:
                raise Unclear("it was silent")
            if how == "refused":
                raise DeliveryFailed("it was refused")
            return Receipt("webhook")

    postman = Postman(room.desk, Fickle(), lambda: LEADS)
    with suppress(Killed):
        _out(room, postman, tmp_path)
    for span in (*spans, 10_000, 10_000, 10_000, 10_000, 10_000):
        room.clock.tick(seconds=span)
        with suppress(Killed):
            _watch(room, postman).round()
    assert len(arrived) == len(set(arrived))
    room.clock.tick(minutes=3)
    _watch(room, postman).round()
    states = _states(room)
    assert set(states.values()) <= {"posted", "unclear", "given up", "ready"}


# What a newer text leaves of the older


def _corrected(room: Any, postman: Postman, state: Path, text: str = "We are truly sorry.") -> Outcome:
    _approved(room, text, correcting="it was wrong")
    return _publish(room, postman, state)


def _told(room: Any) -> dict[str, str]:
    return {one.key: f"{one.state}: {one.what}" for one in standings(room.look())}


@pytest.fixture
def doubtful(room: Any, places: Places, tmp_path: Path) -> Postman:
    """Nobody knows whether revision 1 reached x, and revision 2 is out there."""
    postman = Postman(room.desk, places, lambda: {"x": "https://x.example"})
    places.fails = [Unclear("cut off")]
    _out(room, postman, tmp_path)
    postman.first(_corrected(room, postman, tmp_path), KIM)
    return postman


def test_what_nobody_knew_stays_told_when_a_newer_text_is_out(room: Any, doubtful: Postman) -> None:
    told, hand = _told(room), Hand()
    assert told["x/en"].startswith("out: ")
    assert told["x/en revision 1"].startswith("UNCLEAR: cut off. Look at x: revision 1 may be there")
    _watch(room, doubtful, hand).round()
    (message,) = [message for message in hand.messages if "Nobody knows" in message.body]
    assert "settled since" not in message.body
    assert "--revision 1 --url URL" in message.body
    assert "--revision 1 --not-there" in message.body


@pytest.mark.parametrize("url", ["https://x.example/1", None])
def test_a_person_who_has_looked_ends_the_doubt(room: Any, doubtful: Postman, url: str | None) -> None:
    room.ask(ask.Posted("x", url, revision=1))
    assert "x/en revision 1" not in _told(room)
    assert _states(room)["x/en"] == "posted"
    assert room.look().statements["holding"].doubts == {}


def test_nothing_is_said_of_a_revision_that_nobody_doubts(room: Any, doubtful: Postman) -> None:
    with pytest.raises(Refused, match="Nothing of revision 7 is open on x"):
        room.ask(ask.Posted("x", "https://x.example/1", revision=7))
    with pytest.raises(Refused, match="Nobody is in doubt about holding on status-page/en"):
        room.ask(ask.Posted("status-page", None))


def test_what_is_not_there_may_be_tried_again(room: Any, postman: Postman, places: Places, tmp_path: Path) -> None:
    places.fails = [Unclear("cut off")]
    _out(room, postman, tmp_path)
    key = next(key for key, state in _states(room).items() if state == "unclear")
    channel = key.partition("/")[0]
    room.ask(ask.Posted(channel, None))
    assert _posts(room)[key].reason == "dana looked, and it is not there"
    postman.again(room.ask(ask.Retry("holding", channel, "it is not there", None, True)), KIM)
    assert _states(room)[key] == "posted"


def test_an_attempt_that_dies_behind_a_newer_text_becomes_unclear_all_the_same(
    room: Any, places: Places, tmp_path: Path
) -> None:
    postman = Postman(room.desk, places, lambda: {"x": "https://x.example"})

    def die() -> None:
        raise Killed

    places.during = die
    with pytest.raises(Killed):
        _out(room, postman, tmp_path)
    places.during = lambda: None
    postman.first(_corrected(room, postman, tmp_path), KIM)
    assert _told(room)["x/en revision 1"].startswith("under way")
    room.clock.tick(minutes=3)
    hand = Hand()
    _watch(room, postman, hand).round()
    assert _told(room)["x/en revision 1"].startswith("UNCLEAR: nothing was heard of the attempt")
    assert any("--revision 1 --not-there" in message.body for message in hand.messages)
    assert snapshot.load(snapshot.dump(room.look()), room.look().playbook) == room.look()


@pytest.mark.parametrize("how", [None, DeliveryFailed("refused"), Unclear("cut off")])
def test_what_comes_late_of_the_older_text_is_written_down(
    room: Any, places: Places, tmp_path: Path, how: DeliveryFailed | None
) -> None:
    postman = Postman(room.desk, places, lambda: {"x": "https://x.example"})

    def correct() -> None:
        places.during = lambda: None
        _corrected(room, postman, tmp_path)

    places.during = correct
    places.fails = [how] if how else []
    _out(room, postman, tmp_path)
    doubts = room.look().statements["holding"].doubts
    assert [post.state for post in doubts.values()] == (["unclear"] if isinstance(how, Unclear) else [])
    assert _posts(room)["x/en"].carried == (0 if how else 1)


def test_a_channel_that_still_has_the_wrong_text_is_told_until_it_has_the_right_one(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    _out(room, postman, tmp_path)
    places.fails = [DeliveryFailed("refused"), DeliveryFailed("refused")]
    postman.first(_corrected(room, postman, tmp_path), KIM)
    assert "x still has revision 1, which is no longer right; refused" in _told(room)["x/en"]
    room.clock.tick(seconds=6)
    _watch(room, postman).round()
    assert "no longer right" not in _told(room)["x/en"]


def test_a_text_that_is_held_back_leaves_the_wrong_one_there_but_no_file_of_it(
    room: Any, postman: Postman, tmp_path: Path
) -> None:
    _out(room, postman, tmp_path)
    folder = tmp_path / "outgoing" / "INC-1"
    assert (folder / "holding.x.txt").exists()
    _approved(room, "We are truly sorry.", correcting="it was wrong")
    command = ask.Publish("holding", "", posting=postman.channels())
    statements.publish(
        room.desk, Files(tmp_path), "INC-1", command, Asked(KIM), lambda _texts: statements.Fitting({"x/en": 9})
    )
    assert _told(room)["x/en"].startswith("held back: x still has revision 1, which is no longer right; too long")
    assert sorted(file.name for file in folder.iterdir()) == ["holding.email.txt", "holding.status-page.txt"]


def test_several_that_nobody_knows_of_are_all_named_in_one_notice(
    room: Any, postman: Postman, places: Places, tmp_path: Path
) -> None:
    def die() -> None:
        raise Killed

    places.during = die
    with pytest.raises(Killed):
        _out(room, postman, tmp_path)
    room.clock.tick(minutes=3)
    hand = Hand()
    _watch(room, postman, hand).round()
    (message,) = [message for message in hand.messages if "Nobody knows" in message.body]
    for channel in ("x", "status-page"):
        assert f"reached {channel}/en" in message.body
        assert f"crisisctl statement retry holding --channel {channel} --because WHY -i INC-1" in message.body


def test_who_has_no_role_says_nothing_of_what_was_posted(room: Any, postman: Postman, tmp_path: Path) -> None:
    _publish(room, postman, tmp_path)
    with pytest.raises(Refused, match="mallory holds no role"):
        room.ask(ask.Posted("email", "https://mail.example/1"), "mallory")
