"""What timers do when they fire: whom they reach, what they say, and the events that they bring about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from crisisctl.domain import posting
from crisisctl.domain.cadence import escalated
from crisisctl.domain.entries import Entry, Event, Word
from crisisctl.domain.evolve import evolve
from crisisctl.domain.guards import Option, options
from crisisctl.domain.incident import Incident
from crisisctl.domain.moves import machine, moved
from crisisctl.domain.playbook import Step
from crisisctl.domain.timers import POSTING, Timer, of_clocks, timers
from crisisctl.domain.times import clock_time, stamp
from crisisctl.domain.times import words as spoken

OnCall = Callable[[str, datetime], Sequence[str]]  # who is on call for a role at an instant


def nobody(_role: str, _at: datetime) -> Sequence[str]:
    """The answer of a workspace without rotas."""
    return ()


def fire(incident: Incident, timer: Timer, on_call: OnCall = nobody, at: datetime | None = None) -> list[Event]:
    """The events of a timer that is due, as of its true due time; none when it no longer exists.

    It reaches those on call at the moment `at`, which is later than the true one after downtime.
    """
    if timer not in timers(incident):
        return []
    events = _FIRE[timer.kind](incident, timer, _answering(incident, on_call, at or timer.due))
    first = events[0]._replace(timer=timer.id)
    if timer.kind == POSTING:
        return [first]  # it happens when it is done, not when it should have been
    if first.type == "escalation.skipped" and (out := outside(incident, first.data["roles"], on_call, at or timer.due)):
        first = first._replace(data={**first.data, "outside": [*out]})
    return [event._replace(occurred_at=timer.due) for event in (first, *events[1:])]


def recipients(
    incident: Incident, timer: Timer, on_call: OnCall = nobody, at: datetime | None = None
) -> tuple[str, ...]:
    """Whom the timer reaches if it fires at that moment; left out: when it is due."""
    return _reached(incident, timer, _answering(incident, on_call, at or timer.due))


_Answering = Callable[[str], Sequence[str]]


def _answering(incident: Incident, on_call: OnCall, at: datetime) -> _Answering:
    """Who answers for a role: who holds it in the incident, or is about to; else who is on call; else its deputy's.

    Of a restricted incident only members are told, so being on call alone is not enough.
    """
    members = incident.members() if incident.restricted else None

    def answer(role: str) -> Sequence[str]:
        people = (_held(incident, seat) or on_call(seat, at) for seat in incident.seats(role))
        seen = ([one for one in found if members is None or one in members] for found in people)
        return next((found for found in seen if found), ())

    return answer


def outside(incident: Incident, roles: Sequence[str], on_call: OnCall, at: datetime) -> tuple[str, ...]:
    """Who is on call for these roles or their deputies, and is not told, because the incident is restricted."""
    members = incident.members()
    people = (one for role in roles for seat in incident.seats(role) for one in on_call(seat, at))
    return tuple(dict.fromkeys(one for one in people if one not in members)) if incident.restricted else ()


def _held(incident: Incident, seat: str) -> Sequence[str]:
    """Who holds the seat, and whoever it is on offer to."""
    return incident.told(seat) if incident.roles.get(seat) else ()


def _reached(incident: Incident, timer: Timer, answering: _Answering) -> tuple[str, ...]:
    told = roles(incident, timer, answering)
    return tuple(dict.fromkeys(person for role in told for person in answering(role)))


def roles(incident: Incident, timer: Timer, answering: _Answering | None = None) -> tuple[str, ...]:
    """The roles that the timer notifies, by who answers for a role; left out: who holds it, or its deputy."""
    if timer.kind != "escalation":
        return _ROLES[timer.kind](incident, timer.subject)
    ladder = incident.ladders[timer.subject]
    plan = incident.playbook.escalations[ladder.escalation]
    step = plan.steps[ladder.step]
    answering = answering or incident.holders
    empty = plan.fallback and not any(answering(role) for role in step.notify)
    return (*step.notify, plan.fallback) if empty and plan.fallback else step.notify


def _of_task(incident: Incident, subject: str) -> tuple[str, ...]:
    return (incident.playbook.tasks[subject].role or incident.playbook.first_role(),)


def _of_statement(incident: Incident, subject: str) -> tuple[str, ...]:
    approving = incident.playbook.statements[subject].approvals.roles
    return tuple(dict.fromkeys((incident.playbook.first_role(), *approving)))


def _of_promise(incident: Incident, subject: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*_of_statement(incident, subject), *escalated(incident))))


def _of_approval(incident: Incident, subject: str) -> tuple[str, ...]:
    from crisisctl.domain.statements.waiting import asked  # noqa: PLC0415 - few playbooks name delegates

    return asked(incident, incident.statements[subject])


def _first(incident: Incident, _subject: str) -> tuple[str, ...]:
    return (incident.playbook.first_role(),)


_ROLES: dict[str, Callable[[Incident, str], tuple[str, ...]]] = {
    "task": _of_task,
    "warning": _first,
    "unclear": _first,
    "statement": _of_statement,
    "promise": _of_promise,
    "approval": _of_approval,
    "stale": lambda _incident, _subject: (),
    POSTING: lambda _incident, _subject: (),
    "clock": lambda incident, subject: of_clocks().roles(incident, subject),
}
_SAID = {
    "statement": "statement {} is due",
    "promise": "the next {} update was promised",
    "warning": "the next {} update falls due soon",
    "approval": "nobody has approved {}",
}


def what(incident: Incident, timer: Timer) -> str:
    """What falls due, for people."""
    if timer.kind == "task":
        return f"task {incident.playbook.tasks[timer.subject].id} is overdue"
    if timer.kind in (POSTING, "unclear"):
        return posting.what(incident, timer.kind, timer.subject)
    if timer.kind in _SAID:
        return _SAID[timer.kind].format(timer.subject)
    if timer.kind == "clock":
        return str(of_clocks().what(incident, timer.subject))
    ladder = incident.ladders[timer.subject]
    if timer.kind == "stale":
        return f"the acknowledgement of {ladder.escalation} by {ladder.acked_by} goes stale"
    step = incident.playbook.escalations[ladder.escalation].steps[ladder.step]
    again = f", round {ladder.round + 1}" if ladder.round else ""
    move = f" and advance {step.advance}" if step.advance else ""
    return f"{ladder.escalation} step {ladder.step + 1}{again}: notify {', '.join(step.notify) or 'nobody'}{move}"


_WHY: dict[str, Callable[[Incident, Timer], str]] = {
    "approval": lambda incident, timer: (
        f"{timer.subject} was submitted at {clock_time(incident.statements[timer.subject].moved_at)[11:16]} UTC"
    ),
    POSTING: lambda incident, timer: posting.why(incident, timer.kind, timer.subject),
    "unclear": lambda incident, timer: posting.why(incident, timer.kind, timer.subject),
    "clock": lambda incident, timer: str(of_clocks().why(incident, timer.subject)),
}


def why(incident: Incident, timer: Timer) -> str:
    """Why the timer exists."""
    if timer.kind == "task":
        task = incident.playbook.tasks[timer.subject]
        return f"due {spoken(task.due or timedelta())} after {task.stage} was entered"
    if timer.kind == "statement":
        return f"due {spoken(timer.due - incident.opened_at)} after opening"
    if timer.kind in ("promise", "warning"):
        return f"promised when {timer.subject} was published"
    if timer.kind in _WHY:
        return _WHY[timer.kind](incident, timer)
    ladder = incident.ladders[timer.subject]
    plan = incident.playbook.escalations[ladder.escalation]
    if timer.kind == "stale":
        return f"acknowledged, and nothing from {ladder.acked_by} since"
    return f"{ladder.stage}, not acknowledged" if plan.until == "acknowledged" else f"still at {ladder.stage}"


def _step(incident: Incident, timer: Timer, answering: _Answering) -> list[Event]:
    ladder = incident.ladders[timer.subject]
    plan = incident.playbook.escalations[ladder.escalation]
    step = plan.steps[ladder.step]
    reached = _reached(incident, timer, answering)
    data: dict[str, object] = {
        "ladder": ladder.key,
        "escalation": ladder.escalation,
        "stage": ladder.stage,
        "round": ladder.round + 1,
        "step": ladder.step + 1,
        "due": stamp(timer.due),
        "roles": [*roles(incident, timer, answering)],
        "reached": [*reached],
    }
    moves = _moves(incident, step, timer.due)
    moved_on = any(event.type == "incident.advanced" for event in moves)
    if not reached and not moved_on and (step.notify or not step.advance):
        return [Event("escalation.skipped", data | {"pull": plan.if_empty != "wait"}), *moves]
    return [Event("escalation.fired", data), *moves]


def _moves(incident: Incident, step: Step, at: datetime) -> list[Event]:
    if step.advance is None:
        return []
    here = options(incident, machine(incident.playbook), None, trigger=step.advance)
    free = [option for option in here if option.allowed]
    circle = _circle(incident, free[0], at) if free else None
    if free and not circle:
        return moved(incident, free[0], None)
    missing = [*here[0].missing] if here else [f"{step.advance} does not lead anywhere from here"]
    if circle:
        missing = [f"{circle} was entered at this very instant; timers would go in a circle for ever"]
    return [Event("escalation.blocked", {"trigger": step.advance, "missing": missing})]


def _circle(incident: Incident, option: Option, at: datetime) -> str | None:
    """A stage that the move would enter a second time at the same instant."""
    entered = ((path, incident.visits.get(path)) for path in option.move.entered)
    return next((path for path, visit in entered if visit and visit.entered_at == at), None)


def _stale(incident: Incident, timer: Timer, _answering: _Answering) -> list[Event]:
    ladder = incident.ladders[timer.subject]
    data = {"ladder": ladder.key, "escalation": ladder.escalation, "stage": ladder.stage, "by": ladder.acked_by}
    return [Event("escalation.stale", data)]


def _overdue(incident: Incident, timer: Timer, answering: _Answering) -> list[Event]:
    data: dict[str, object] = {"due": stamp(timer.due), "reached": [*_reached(incident, timer, answering)]}
    if timer.kind == "task":
        task = incident.playbook.tasks[timer.subject]
        return [Event("task.overdue", {"task": task.id, "stage": task.stage, **data})]
    if timer.kind == "warning":
        promised = incident.statements[timer.subject].promised or timer.due
        return [Event("promise.warned", {"statement": timer.subject, "promised": stamp(promised), **data})]
    return [Event(f"{timer.kind}.overdue", {"statement": timer.subject, **data})]


def _clock(incident: Incident, timer: Timer, answering: _Answering) -> list[Event]:
    reached = _reached(incident, timer, answering)
    event: Event = of_clocks().event(incident, timer.subject, timer.due, reached)
    return [event]


def _silence(incident: Incident, timer: Timer, answering: _Answering) -> list[Event]:
    from crisisctl.domain.statements.waiting import broken  # noqa: PLC0415 - few playbooks name delegates

    return broken(incident, incident.statements[timer.subject], timer.due, answering)


def _attempt(incident: Incident, timer: Timer, _answering: _Answering) -> list[Event]:
    statement, key, _ = posting.post_at(incident, timer.subject)
    return [posting.attempt(statement, key)]


def _unclear(incident: Incident, timer: Timer, answering: _Answering) -> list[Event]:
    return [posting.unknown(incident, timer.subject, _reached(incident, timer, answering))]


_FIRE: dict[str, Callable[[Incident, Timer, _Answering], list[Event]]] = {
    "escalation": _step,
    "stale": _stale,
    "task": _overdue,
    "statement": _overdue,
    "promise": _overdue,
    "warning": _overdue,
    "approval": _silence,
    POSTING: _attempt,
    "unclear": _unclear,
    "clock": _clock,
}
KINDS = tuple(_FIRE)


def overdue(
    incident: Incident,
    until: datetime,
    limit: int = 50,
    on_call: OnCall = nobody,
    now: datetime | None = None,
    *,
    posts: bool = False,
) -> tuple[Incident, list[Event]]:
    """What the timers due by an instant bring about, in the order of their true due times, and the incident after it.

    They reach those on call `now`; left out, at that instant. With `posts` these are the attempts to post, and without
    it all others. The incident returned is provisional: its entries are not sealed.
    """
    events: list[Event] = []
    for _ in range(limit):
        due = next((one for one in timers(incident) if one.due <= until and (one.kind == POSTING) == posts), None)
        if due is None:
            break
        fired = fire(incident, due, on_call, now or until)
        incident = provisional(incident, fired)
        events += fired
    return incident, events


def mended(incident: Incident, pending: Sequence[Timer]) -> list[Event]:
    """What has to be said of pending timers that are not those of the incident."""
    should = timers(incident)
    ids = {timer.id for timer in should}
    missing = [timer for timer in should if timer not in pending]
    events = [Event("timer.repaired", {"timer_id": t.id, "what": what(incident, t)}) for t in missing]
    return [*events, *(Event("timer.removed", {"timer_id": t.id}) for t in pending if t.id not in ids)]


def provisional(incident: Incident, events: list[Event]) -> Incident:
    """Where these events would leave the incident."""
    for event in events:
        at = event.occurred_at or incident.recorded_at
        words = {name: Word("", None, value) for name, value in event.words.items()}
        version = incident.version + 1
        entry = Entry(
            incident.id, version, at, at, "crisisctl", "", None, "timer", event.type, event.data, words, "", event.timer
        )
        incident = evolve(incident, entry)
    return incident
