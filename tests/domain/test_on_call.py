"""Whom a timer reaches when nobody holds its role: whoever is on call at the moment of firing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import NotFound
from crisisctl.domain.firing import fire, overdue, recipients
from crisisctl.domain.forecast import forecast
from crisisctl.domain.moves import open_incident
from crisisctl.domain.playbook import pin
from crisisctl.domain.timers import timers
from tests.domain.conftest import START, Case, plan

Duty = Callable[[str, datetime], Sequence[str]]


def ladder(*notify: str, **how: Any) -> dict[str, Any]:
    """A playbook whose stage notifies these roles, one every ten minutes."""
    steps = [{"after": f"{10 * number}m", "notify": [role]} for number, role in enumerate(notify)]
    deputies = {"lead": {"deputy": "second"}, "second": {"deputy": "third"}}
    return plan(
        roles=deputies | dict.fromkeys(("third", "legal", "spare")),
        stages={"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}},
        escalations={"call": {"steps": steps, **how}},
    )  # fmt: skip


def rota(**people: str) -> Duty:
    """The same people at any time."""
    return lambda role, _at: (people[role],) if role in people else ()


def case(document: Mapping[str, Any], **held: str) -> Case:
    return Case(document, assign=tuple(held.items()) or (("spare", "dana"),))


def reached(found: Sequence[Event]) -> list[tuple[str, list[str]]]:
    return [(event.type.partition(".")[2], event.data["reached"]) for event in found]


# Who holds what, who is on call for what, and whom a step for the lead reaches.
LOOKED_UP: list[tuple[dict[str, str], dict[str, str], tuple[str, ...]]] = [
    ({"lead": "holder"}, {"lead": "duty"}, ("holder",)),
    ({"spare": "x"}, {"lead": "duty"}, ("duty",)),
    ({"second": "deputy"}, {"lead": "duty"}, ("duty",)),
    ({"second": "deputy"}, {"second": "duty"}, ("deputy",)),
    ({"third": "last"}, {"second": "duty"}, ("duty",)),
    ({"third": "last"}, {"third": "duty"}, ("last",)),
    ({"third": "last"}, {"legal": "duty"}, ("last",)),
    ({"spare": "x"}, {"legal": "duty"}, ()),
]


@pytest.mark.parametrize(("held", "duty", "people"), LOOKED_UP)
def test_the_holder_comes_before_the_one_on_call_and_both_before_the_deputy(
    held: dict[str, str], duty: dict[str, str], people: tuple[str, ...]
) -> None:
    incident = case(ladder("lead"), **held).incident._replace(roles={role: (who,) for role, who in held.items()})
    (timer,) = timers(incident)
    assert recipients(incident, timer, rota(**duty)) == people
    (event, *_) = fire(incident, timer, rota(**duty))
    assert event.type == ("escalation.fired" if people else "escalation.skipped")
    assert event.data["reached"] == [*people]


def test_without_a_rota_all_is_as_it_was() -> None:
    incident = case(ladder("legal", "lead"), lead="dana").incident
    assert overdue(incident, START + timedelta(hours=1)) == overdue(
        incident, START + timedelta(hours=1), on_call=lambda *_: ()
    )


def by_hour(role: str, at: datetime) -> Sequence[str]:
    """A rota for legal that changes hands every ten minutes: p0, p1, p2 …"""
    return (f"p{int((at - START) / timedelta(minutes=10))}",) if role == "legal" else ()


def test_a_step_reaches_who_is_on_call_when_it_fires_and_a_late_one_who_is_on_call_then() -> None:
    incident = case(ladder("legal", "legal", "legal")).incident
    at = START + timedelta(minutes=20)
    assert reached(overdue(incident, at, on_call=by_hour)[1]) == [("fired", ["p2"])] * 3
    later = START + timedelta(hours=2)
    assert reached(overdue(incident, at, on_call=by_hour, now=later)[1]) == [("fired", ["p12"])] * 3
    assert reached(fire(incident, timers(incident)[0], by_hour)) == [("fired", ["p0"])]


def test_the_forecast_looks_each_person_up_at_the_due_time() -> None:
    incident = case(ladder("legal", "legal", "third", "legal")).incident
    assert [ahead.reaches for ahead in forecast(incident, on_call=by_hour)] == [("p0",), ("p1",), (), ("p2",)]
    # The third step reached nobody, so the one after it fired at its moment: at 20 minutes, not at 30.


def test_a_rotation_does_not_replace_who_holds_the_role() -> None:
    room = case(ladder("legal", "legal"), legal="lena")
    assert [ahead.reaches for ahead in forecast(room.incident, on_call=by_hour)] == [("lena",), ("lena",)]
    room.do(ask.Release("legal"))
    assert [ahead.reaches for ahead in forecast(room.incident, on_call=by_hour)] == [("p0",), ("p1",)]
    assert room.incident.roles.get("legal", ()) == ()  # to be on call is not to hold


def test_the_fallback_is_called_only_when_nobody_is_on_call_either() -> None:
    incident = case(ladder("legal", if_empty={"fallback": "spare"}), spare="dana").incident
    (timer,) = timers(incident)
    assert recipients(incident, timer, rota(legal="duty")) == ("duty",)
    assert recipients(incident, timer, rota(spare="other")) == ("dana",)
    assert recipients(incident, timer) == ("dana",)


def test_a_task_and_a_statement_that_are_overdue_reach_who_is_on_call() -> None:
    document = plan(
        roles={"lead": None, "legal": None},
        stages={
            "begun": {"tasks": {"look": {"title": "Look", "role": "legal", "due": "5m"}}},
            "on": None,
            "closed": {"final": True},
        },
    )
    incident = case(document, lead="dana").incident
    assert reached(overdue(incident, START + timedelta(minutes=5), on_call=rota(legal="duty"))[1]) == [
        ("overdue", ["duty"])
    ]


def seats(on_call: Callable[[str], Sequence[str]], *assign: tuple[str, str]) -> list[tuple[str, str]]:
    """Who takes which role when dana opens."""
    command = ask.Open(pin(ladder("lead"), {}), {}, "Water", assign=assign)
    events = open_incident(command, Source("dana", "dana"), on_call)
    return [(event.data["role"], event.data["person"]) for event in events if event.type == "role.assigned"]


def test_the_first_role_goes_to_whoever_is_on_call_and_to_the_opener_otherwise() -> None:
    duty = {"lead": ("kim",), "legal": ("lee",)}
    assert seats(lambda role: duty.get(role, ())) == [("lead", "kim")]  # the first role only
    assert seats(lambda _: ()) == [("lead", "dana")]
    assert seats(lambda _: ("kim", "lee")) == [("lead", "kim"), ("lead", "lee")]
    assert seats(lambda _: ("kim",), ("legal", "lena")) == [("lead", "kim"), ("legal", "lena")]


def test_an_assignment_comes_before_the_rota() -> None:
    assert seats(lambda _: ("kim",), ("lead", "sam")) == [("lead", "sam")]
    with pytest.raises(NotFound):
        seats(lambda _: ("kim",), ("leed", "sam"))
