"""The outage playbook carries a real night: a production database deleted by hand on 31 January 2017."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from crisisctl.adapters.jinja import Jinja
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.roster import Roster
from crisisctl.adapters.system import SystemChance, VirtualClock
from crisisctl.adapters.yaml import read
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Entry, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.service.composing import compose
from crisisctl.service.desk import Asked, Desk
from crisisctl.service.opening import opening

ROOT = Path(__file__).parents[2]
NIGHT = datetime(2017, 1, 31, 18, tzinfo=UTC)
LOSS = datetime(2017, 1, 31, 23, 27, tzinfo=UTC)
FIRST_WORDS = datetime(2017, 1, 31, 23, 28, 38, tzinfo=UTC)
CAUSE_TOLD = datetime(2017, 2, 1, 0, 44, 15, tzinfo=UTC)
BACK = datetime(2017, 2, 1, 18, 14, tzinfo=UTC)
REVIEWED = datetime(2017, 2, 10, tzinfo=UTC)


class _Room:
    """The room, the clock on its wall, and no roster: people are whatever names are given."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(NIGHT)
        nobody = Roster(folder / "roster.yaml", folder / "roster.json", ["console:"])
        self.desk = Desk(Memory(), self.clock, SystemChance(), nobody)
        plan = read(ROOT / "playbooks/outage.yaml", ROOT / "templates")
        command = opening(*plan, "Database under load")._replace(drill=True)
        self.id = self.desk.open(command, Asked(Source("cleo", "cleo"))).incident.id

    def do(self, who: str, *commands: ask.Command) -> Incident:
        for command in commands:
            self.desk.handle(self.id, command, Asked(Source(who, who)))
        return self.incident()

    def know(self, who: str, **values: str) -> None:
        self.do(who, *(ask.SetFact(name, value) for name, value in values.items()))

    def incident(self) -> Incident:
        with self.desk.store.reading() as log:
            return self.desk.load(log, self.id)

    def entries(self, kind: str) -> list[Entry]:
        with self.desk.store.reading() as log:
            return [entry for entry in log.entries(self.id) if entry.type == kind]

    def fired(self, ladder: str) -> list[Entry]:
        return [entry for entry in self.entries("escalation.fired") if entry.data["escalation"] == ladder]

    def draft(self, who: str, statement: str) -> str:
        with self.desk.store.reading() as log:
            command = compose(log, self.incident(), statement, Jinja(None), "Example")
        self.do(who, command, ask.Submit(statement))
        return command.text

    def publish(self, statement: str, *approvers: str) -> str:
        text = self.draft("sam", statement)
        for person in approvers:
            self.do(person, ask.Approve(statement))
        approved = self.incident().statements[statement].renditions
        self.do("sam", ask.Publish(statement, text_digest(text), renditions=approved))
        return text


@pytest.fixture
def room(tmp_path: Path) -> _Room:
    """Opened at 18:00 as a drill, when the database became unstable, and manned after six minutes."""
    room = _Room(tmp_path)
    room.clock.set(NIGHT + timedelta(minutes=6))
    seats = {"incident-commander": "ivo", "social-media-manager": "sam", "deputy-comms": "dora"}
    room.do("cleo", *(ask.Assign(role, person) for role, person in seats.items()))
    return room


@pytest.fixture
def watching(room: _Room) -> _Room:
    """Acknowledged; posts are paused, and customers notice nothing yet."""
    room.clock.set(NIGHT + timedelta(minutes=12))
    room.do("cleo", ask.Acknowledge())
    room.do("sam", ask.ChangeTask("pause-posts", "done"))
    room.do("cleo", ask.Advance("watch", "spam loads the database; customers do not notice"))
    return room


@pytest.fixture
def responding(watching: _Room) -> _Room:
    """The loss is confirmed, and the response has begun."""
    watching.clock.set(LOSS)
    watching.do("ivo", ask.Advance("activate", "data on the primary is gone"))
    return watching


@pytest.fixture
def informed(responding: _Room) -> _Room:
    """The first words are out."""
    responding.clock.set(FIRST_WORDS)
    impact = {"affected_service": "Git hosting", "customer_impact": "the site is offline while we repair the database"}
    responding.know("sam", **impact, next_update_at="2017-02-01T00:45:00Z")
    responding.publish("staff-line", "cleo")
    responding.publish("holding", "cleo", "ivo")
    responding.do("cleo", ask.Advance("announce"))
    return responding


def test_while_nobody_acknowledges_the_ladder_climbs(watching: _Room) -> None:
    fired = watching.fired("first-response")
    assert [entry.occurred_at - NIGHT for entry in fired] == [timedelta(minutes=n) for n in (0, 5, 10)]
    assert [entry.data["reached"] for entry in fired] == [["cleo"], ["cleo"], ["dora"]]


def test_an_acknowledgement_stops_it(watching: _Room) -> None:
    watching.clock.set(NIGHT + timedelta(minutes=42))
    watching.do("ivo", ask.AddNote("still nothing outside"))
    assert len(watching.fired("first-response")) == 3


def test_the_room_keeps_the_order_of_the_playbook(room: _Room) -> None:
    assert room.incident().playbook.first_role() == "comms-lead"
    assert room.incident().held_by("cleo") == ("comms-lead",)


def test_an_empty_seat_does_not_use_up_the_ladder(tmp_path: Path) -> None:
    alone = _Room(tmp_path)
    alone.clock.set(NIGHT + timedelta(minutes=61))
    alone.do("cleo", ask.AddNote("awake now"))
    fired = alone.fired("first-response")
    assert [entry.occurred_at - NIGHT for entry in fired] == [timedelta(minutes=n) for n in (0, 5, 10, 15, 20, 60)]
    assert all(entry.data["reached"] == ["cleo"] for entry in fired)


def test_posts_must_be_paused_before_anything_moves(room: _Room) -> None:
    with pytest.raises(Refused) as refused:
        room.do("cleo", ask.Advance("activate", "data is gone"))
    assert any("pause-posts" in sentence for sentence in refused.value.missing)


def test_a_quiet_watch_asks_every_hour_whether_it_is_still_quiet(responding: _Room) -> None:
    asked = [entry.occurred_at for entry in responding.fired("look-again")]
    assert len(asked) == 5
    assert {later - sooner for sooner, later in pairwise(asked)} == {timedelta(hours=1)}


def test_the_first_words_need_three_facts_and_no_more(responding: _Room) -> None:
    responding.know("sam", affected_service="Git hosting", customer_impact="the site is offline")
    responding.know("sam", next_update_at="2017-02-01T00:45:00Z")
    assert "Git hosting" in responding.draft("sam", "holding")


def test_an_author_cannot_approve_the_first_words(responding: _Room) -> None:
    responding.know("cleo", affected_service="Git hosting", customer_impact="the site is offline")
    responding.know("cleo", next_update_at="2017-02-01T00:45:00Z")
    responding.draft("cleo", "holding")
    with pytest.raises(Refused):
        responding.do("cleo", ask.Approve("holding"))


def test_the_first_words_are_out_98_seconds_after_the_loss(informed: _Room) -> None:
    (inside, published) = informed.entries("statement.published")
    assert (inside.data["statement"], published.data["statement"]) == ("staff-line", "holding")
    assert published.occurred_at - LOSS == timedelta(seconds=98)
    assert informed.incident().stages == ("response.communicate.informed", "response.resolve.investigating")


def test_nobody_is_called_informed_before_the_words_are_out(responding: _Room) -> None:
    with pytest.raises(Refused):
        responding.do("cleo", ask.Advance("announce"))


def test_silence_makes_the_first_words_overdue_by_itself(responding: _Room) -> None:
    responding.clock.set(LOSS + timedelta(minutes=21))
    stages = responding.do("ivo", ask.AddNote("still busy")).stages
    assert "response.communicate.overdue" in stages
    assert responding.entries("incident.advanced")[-1].via == "timer"


def test_the_cause_is_not_called_unknown_once_it_is_known(informed: _Room) -> None:
    informed.clock.set(CAUSE_TOLD)
    informed.know("ivo", cause="we deleted production data by mistake", next_update_at="2017-02-01T02:00:00Z")
    informed.do("ivo", ask.Advance("identify", "the wrong server was cleaned"))
    text = informed.publish("update", "ivo")
    assert "The cause: we deleted production data by mistake." in text
    assert "and the cause" not in text


def test_recovery_is_not_confirmed_without_a_word_on_lost_data(informed: _Room) -> None:
    informed.do("ivo", ask.Advance("mitigate", "restored from the snapshot"), ask.ChangeTask("check-data", "done"))
    with pytest.raises(Refused) as refused:
        informed.do("ivo", ask.Advance("confirm-recovery", "it answers again"))
    assert any("data_loss" in sentence for sentence in refused.value.missing)


def test_the_night_ends_in_a_review_and_is_closed_with_nothing_due(informed: _Room) -> None:
    informed.clock.set(BACK)
    informed.do("ivo", ask.Advance("mitigate", "restored from the snapshot"), ask.ChangeTask("check-data", "done"))
    informed.know("ivo", data_loss="loss", data_loss_detail="changes of six hours", restored_at="2017-02-01T18:14:00Z")
    informed.do("ivo", ask.Advance("confirm-recovery", "measured from outside"))
    informed.know("sam", next_update_at="2017-02-10T12:00:00Z")
    assert "data has been lost: changes of six hours." in informed.publish("resolution", "cleo", "ivo")
    informed.do("cleo", ask.Advance("conclude"), ask.ChangeTask("brief-employees", "done"))
    assert informed.do("cleo", ask.Advance("resolve", "all have been told")).stages == ("review",)
    informed.clock.set(REVIEWED)
    tasks = ("write-post-mortem", "publish-review", "file-actions")
    informed.do("cleo", *(ask.ChangeTask(task, "done") for task in tasks))
    assert not informed.do("cleo", ask.Advance("close", "the review is public")).open
    with informed.desk.store.reading() as log:
        assert log.timers(informed.id) == []
