"""What will fall due if nobody answers, worked out by firing it all on an incident that is thrown away."""

from __future__ import annotations

from typing import NamedTuple

from crisisctl.domain import posting
from crisisctl.domain.entries import Event
from crisisctl.domain.firing import OnCall, fire, nobody, provisional, recipients, what, why
from crisisctl.domain.incident import Incident
from crisisctl.domain.timers import POSTING, Timer, timers


class Forecast(NamedTuple):
    """A timer as it will fire if nobody answers."""

    timer: Timer
    what: str
    why: str
    reaches: tuple[str, ...]


def _expected(incident: Incident, timer: Timer, fired: list[Event]) -> list[Event]:
    """What will follow, an attempt to post being taken to succeed."""
    if timer.kind != POSTING:
        return fired
    after = provisional(incident, fired)
    statement, key, post = posting.post_at(after, timer.subject)
    made = posting.Try(statement.id, post.revision, key, post.digest, post.attempts)
    return [*fired, *posting.arrived(made, by="forecast")]


def forecast(incident: Incident, limit: int = 100, on_call: OnCall = nobody) -> list[Forecast]:
    """What will fire, in order, as if nobody answered; at most `limit` timers."""
    plan: list[Forecast] = []
    while len(plan) < limit and (ahead := timers(incident)):
        timer = ahead[0]
        reaches = recipients(incident, timer, on_call)
        plan.append(Forecast(timer, what(incident, timer), why(incident, timer), reaches))
        incident = provisional(incident, _expected(incident, timer, fire(incident, timer, on_call)))
    return plan
