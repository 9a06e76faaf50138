"""What is said of the facts that a clock hangs on, and what follows: one entry that holds the result.

Results are logged, so an incident is told in the same way for ever, whatever becomes of the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from crisisctl.domain.clocks import outcome
from crisisctl.domain.clocks.book import Clocks
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.chain import followers, is_ahead, with_filing
from crisisctl.domain.clocks.faults import Uncomputable, UnknownClock
from crisisctl.domain.clocks.hanging import hangs_on
from crisisctl.domain.clocks.outcome import Answer, Known, Result
from crisisctl.domain.clocks.when import zone
from crisisctl.domain.entries import Event
from crisisctl.domain.errors import Refused, Usage
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.playbook import ClockSpec, Playbook
from crisisctl.domain.times import clock_time, instant, stamp

FIRST = "Etc/GMT-14"  # where each day ends first
_NOWHERE = "It is not said where its days end, so the earliest end anywhere counts. To say it: --zone, or legal_zone."


def nowhere(clock: Clock, place: str) -> bool:
    """Whether it counts days, and neither it nor anybody says where they end."""
    return not place and clock.zone is None and any(one.unit != "hours" for one in clock.rule.measures)


class Said(NamedTuple):
    """What is known of a clock: instants of its facts and answers by the catalogue's names, and where its days end."""

    facts: Mapping[str, str] = {}
    answers: Mapping[str, Answer] = {}
    zone: str = ""

    def known(self, clock: Clock) -> Known:
        """The same as the computation takes it. Days that end nobody knows where end with the earliest on Earth."""
        facts = {name: instant(at) for name, at in self.facts.items()}
        place = self.zone or (FIRST if nowhere(clock, self.zone) else "")
        return Known(facts, self.answers, zone(place) if place else None)


def bound(playbook: Playbook, book: Clocks) -> dict[str, ClockSpec]:
    """The playbook's clocks by the catalogue's ids; a name that the catalogue does not know is left out."""
    found: dict[str, ClockSpec] = {}
    for name, spec in playbook.clocks.items():
        try:
            found[book.find(name).id] = spec
        except (UnknownClock, Usage):
            continue  # `playbook check` has warned of it, and no incident stops for that
    return found


def said(incident: Incident, clock: Clock, spec: ClockSpec | None, book: Clocks) -> Said:
    """What the incident knows of a clock: what was asserted, over it what the playbook's facts say, and our filings."""
    held = incident.clocks.get(clock.id, Deadline(clock.id))
    facts = dict(held.facts)
    for own, name in hangs_on(clock, spec, incident.playbook.times).items() if spec else ():
        fact = incident.facts.get(name)
        if fact and fact.value and fact.status != "retracted":
            facts[own] = fact.value
        elif fact:
            facts.pop(own, None)
    before = incident.clocks.get(clock.chained_to or "")
    facts = with_filing(clock, facts, stamp(before.filed_at) if before and before.filed_at else None)
    room = book.zone if clock.zone is None else ""
    return Said(facts, held.answers, held.zone or (spec.zone if spec and spec.zone else "") or room)


def happened(facts: Mapping[str, str], at: datetime) -> None:
    """`Refused` when a clock is to start with what has not happened by that instant."""
    for name, value in facts.items():
        if instant(value) > at and not is_ahead(name):
            when = clock_time(instant(value))
            raise Refused(f"{when} UTC is in the future: a clock starts with what has happened. Correct the time.")


def followed(
    incident: Incident,
    changed: Collection[str],
    book: Clocks,
    actor: str,
    at: datetime,
    *,
    besides: Collection[str] = (),
    ground: bool = True,
) -> list[Event]:
    """What the facts of the playbook that have just changed start, amend or stop; `incident` knows them already.

    The clocks `besides` have been seen to. `Refused` when one is amended without any `ground`.
    """
    found = [*_following(incident, changed, book, actor, at, besides)]
    for event in found:
        if event.type == "clock.amended" and not ground:
            raise Refused(f"{event.data['clock']} hangs on that, and is amended on some ground: --source WHO")
    return urgent_last(found)


def urgent_last(events: Iterable[Event]) -> list[Event]:
    """The clock that ends first comes last, for whoever gets one notice for several reads of the last."""
    return sorted(events, key=lambda event: event.data.get("result", {}).get("strict", "9999"), reverse=True)


def _following(
    incident: Incident, changed: Collection[str], book: Clocks, actor: str, at: datetime, besides: Collection[str]
) -> Iterator[Event]:
    for id_, spec in bound(incident.playbook, book).items():
        clock = book.known[id_]
        if id_ in besides:
            continue
        if set(hangs_on(clock, spec, incident.playbook.times).values()).isdisjoint(changed):
            continue
        now, held = said(incident, clock, spec, book), incident.clocks.get(id_)
        happened(now.facts, at)
        if clock.start in now.facts:
            yield from _tried(incident, clock, now, book, actor)
        elif held and held.begun:
            told = _told(incident, held.role, actor)
            yield Event("clock.stopped", {"clock": id_, "start": clock.start, **({"reached": told} if told else {})})


def _tried(incident: Incident, clock: Clock, now: Said, book: Clocks, actor: str) -> Iterator[Event]:
    try:
        if event := assertion(incident, clock, now, book, actor):
            yield event
    except Uncomputable as error:
        who = _for(incident, clock, book)
        told = {"reached": _told(incident, who["role"], actor)}
        yield Event("clock.stalled", {**about(clock), "facts": dict(now.facts), "why": [str(error)], **who, **told})


def chained(incident: Incident, filed: Iterable[str], book: Clocks, actor: str) -> Iterator[Event]:
    """The clocks that these filings start; `incident` knows the filings already."""
    for id_ in filed:
        before = incident.clocks[id_]
        for follower in followers(id_, book.known):
            clock, held = book.known[follower], incident.clocks.get(follower)
            spec = bound(incident.playbook, book).get(follower)
            if clock.alarms and before.filed_at and _waits(clock, held, before.filed_at, named=spec is not None):
                now = said(incident, clock, spec, book)
                here = now._replace(zone=now.zone or before.zone)
                yield from (_like(event, before, spec) for event in _tried(incident, clock, here, book, actor))


def _waits(clock: Clock, held: Deadline | None, filed: datetime, *, named: bool) -> bool:
    """Whether a filing starts it: nothing was decided, no earlier filing did, and somebody says that it applies."""
    if held and (
        held.state in ("filed", "waived", "declined", "not_applicable") or (held.begun and filed >= held.begun)
    ):
        return False
    flags = {limit.name for limit in clock.only if limit.flag is not None}
    return named or not flags or (held is not None and flags <= held.answers.keys())


def _like(event: Event, before: Deadline, spec: ClockSpec | None) -> Event:
    """A clock that the playbook does not name is for whoever had the one before it."""
    inherits = spec is None and "role" in event.data
    more = {"role": before.role, "escalate": [*before.escalate]} if inherits else {}
    return event._replace(data={**event.data, **more, "follows": before.id})


def assertion(
    incident: Incident, clock: Clock, now: Said, book: Clocks, actor: str, *, resume: bool = False
) -> Event | None:
    """The entry of what follows for a clock now; None when nothing has changed. `Uncomputable` when nothing follows.

    With `resume` a clock that was waived or declined runs again.
    """
    held = incident.clocks.get(clock.id)
    if held and held.run and not resume and now == Said(held.facts, held.answers, held.zone):
        return None
    result = book.compute(clock, now.known(clock))
    data = {
        **about(clock),
        "facts": dict(now.facts),
        "answers": dict(now.answers),
        "zone": now.zone,
        "state": _state(held, clock, result, resume=resume),
        "result": _result(result),
        "alarms": result.alarms,
        "why": [*result.why, *([_NOWHERE] if nowhere(clock, now.zone) and result.strict else [])],
        **_for(incident, clock, book),
    }
    limit = result.legal or result.strict
    if held and held.filed_at and limit:
        data["late"] = held.filed_at > limit
    concerned = data["state"] == "running" or (held is not None and held.state in ("running", "waived", "declined"))
    if concerned and (told := _told(incident, data["role"], actor)):
        data["reached"] = told
    if held and held.run:
        was = {"kind": held.kind, "state": held.state, "strict": held.strict, "legal": held.legal}
        data["was"] = {name: stamp(at) if isinstance(at, datetime) else at for name, at in was.items()}
        return Event("clock.amended", data)
    return Event("clock.started", data)


def about_id(incident: Incident, id_: str, book: Clocks) -> dict[str, Any]:
    """The same by id; a clock that the catalogue has lost is what the incident knows of it."""
    if id_ in book.known:
        return about(book.known[id_])
    held = incident.clocks[id_]
    known = ("regime", "title", "start", "recipient", "status", "last_verified", "reviewed_by")
    return {"clock": id_, **{name: getattr(held, name) for name in known}, "citation": ""}


def about(clock: Clock) -> dict[str, Any]:
    """What an entry says of a clock, so that nobody needs the catalogue to tell it."""
    return {
        "clock": clock.id,
        "regime": clock.regime,
        "title": clock.title,
        "start": clock.start,
        "recipient": clock.recipient,
        "citation": clock.citation,
        "status": clock.status,
        "last_verified": clock.last_verified,
        "reviewed_by": clock.reviewed_by,
    }


def _state(held: Deadline | None, clock: Clock, result: Result, *, resume: bool) -> str:
    """What was waived or declined before anybody knew of its fact runs with it: that is to be decided anew."""
    if held and held.state in ("filed", "waived", "declined") and not resume and (held.run or held.filed_at):
        return held.state
    runs = result.kind in (outcome.INSTANT, outcome.QUALITATIVE)
    return "running" if runs and clock.alarms else "not_applicable"


def _result(result: Result) -> dict[str, Any]:
    times = {name: getattr(result, name) for name in ("due", "strict", "legal", "target")}
    stamps = {name: stamp(at.astimezone(UTC)) for name, at in times.items() if at}
    return {"kind": result.kind, **stamps} | ({"calendar": result.calendar} if result.calendar else {})


def _for(incident: Incident, clock: Clock, book: Clocks) -> dict[str, Any]:
    spec = bound(incident.playbook, book).get(clock.id)
    role = spec.role if spec and spec.role else incident.playbook.first_role()
    return {"role": role, "escalate": [*spec.escalate] if spec else []}


def _told(incident: Incident, role: str, actor: str) -> list[str]:
    return [person for person in incident.holders(role) if person != actor]
