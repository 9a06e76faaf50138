"""The one path asks the rota at the moment of firing, and the log holds whom it named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.service.verify import verify


@pytest.fixture
def duty(room: Any) -> Any:
    """A room in which kim is on call for legal until 22:30 UTC, then lee, and jo for the communications lead."""

    def on_call(role: str, at: datetime) -> Sequence[str]:
        turn = "kim" if (at.hour, at.minute) < (22, 30) else "lee"
        return {"legal": (turn,), "comms-lead": ("jo",)}.get(role, ())

    room.directory.duty = on_call
    return room


def fired(room: Any) -> list[list[str]]:
    return [entry.data["reached"] for entry in room.entries() if entry.type == "escalation.fired"]


def test_whoever_is_on_call_takes_the_first_role_though_another_opens(duty: Any) -> None:
    assert duty.open(who="dana").roles == {"comms-lead": ("jo",)}
    assert duty.open(who="dana", assign=(("comms-lead", "sam"),)).roles == {"comms-lead": ("sam",)}


def test_the_same_request_opens_one_incident_though_the_rota_has_moved_on(duty: Any) -> None:
    first = duty.open(request="k1")
    duty.directory.duty = lambda *_: ("somebody-else",)
    assert duty.open(request="k1").roles == first.roles


def test_steps_reach_who_is_on_call_when_they_fire_and_get_notices(duty: Any) -> None:
    duty.open()
    duty.clock.tick(minutes=15)  # legal is called at 22:15, together with the lead
    duty.desk.fire("INC-1")
    assert fired(duty)[-1] == ["kim", "jo"]
    with duty.store.reading() as log:
        assert {row.notice.person for row in log.outbox("INC-1")} == {"kim", "jo"}


def test_after_downtime_those_are_called_who_are_on_call_now(duty: Any) -> None:
    duty.open()
    duty.clock.tick(hours=1)
    duty.desk.fire("INC-1")
    assert fired(duty)[-1] == ["lee", "jo"]


def test_a_command_told_to_have_happened_earlier_calls_who_is_on_call_now(duty: Any) -> None:
    opened = duty.open()
    at = duty.clock.tick(minutes=16)
    duty.clock.tick(minutes=44)
    duty.ask(ask.AddNote("a note"), at=at)
    assert fired(duty)[-1] == ["lee", "jo"]
    assert opened.opened_at < at


def test_a_log_is_replayed_and_verified_without_any_rota(duty: Any) -> None:
    duty.open()
    duty.clock.tick(hours=1)
    duty.desk.fire("INC-1")
    before = duty.look()
    duty.directory.duty = lambda *_: ()
    duty.desk._known.clear()
    assert duty.look() == before
    assert verify(duty.store, "INC-1").flaws == []
