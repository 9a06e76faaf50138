"""The clocks of an incident: assessed, started, amended, filed, waived, declined, and those that will be missed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain import commands as ask
from crisisctl.domain import labels
from crisisctl.domain.clocks import given
from crisisctl.domain.clocks.applying import canonical, not_applicable
from crisisctl.domain.clocks.asserting import (
    Said,
    about,
    about_id,
    assertion,
    bound,
    chained,
    followed,
    happened,
    said,
    urgent_last,
)
from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.hanging import hangs_on
from crisisctl.domain.commands import Rule
from crisisctl.domain.decide_facts import set_fact
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.firing import provisional
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.text import PERSON, nearest, prose, visible
from crisisctl.domain.times import clock_time, stamp


def start(incident: Incident, command: ask.StartClocks, source: Source, at: datetime) -> list[Event]:
    """Each clock runs from the fact that starts it, or what was said is amended; and so for what hangs on the same."""
    ids, book = tuple(dict.fromkeys(command.clocks)), command.book
    facts: list[Event] = []
    for id_ in ids:
        facts += _facts(provisional(incident, facts), command, book.known[id_], source, at)
    now = provisional(incident, facts)
    started = [event for id_ in ids if (event := _started(now, command, book.known[id_], source, at))]
    if not started and not facts:
        see = f"crisisctl clock explain {ids[0]} -i {incident.id}"
        raise Refused(f"{' and '.join(ids)}: what was said stands so already. To see it: {see}")
    changed = [event.data["fact"] for event in facts]
    others = followed(provisional(now, started), changed, book, source.actor, at, besides=ids)
    return [*facts, *(_worded(event, command) for event in urgent_last([*started, *others]))]


def _facts(incident: Incident, command: ask.StartClocks, clock: Clock, source: Source, at: datetime) -> list[Event]:
    """A fact of the playbook that a clock hangs on is set with it, so that there is one truth."""
    spec = bound(incident.playbook, command.book).get(clock.id)
    hangs = hangs_on(clock, spec, incident.playbook.times) if spec else {}
    told = {hangs[own]: moment for own, moment in _told(incident, command, clock, at).items() if own in hangs}
    known = {name: fact.value for name, fact in incident.facts.items() if fact.status != "retracted"}
    new = (ask.SetFact(name, value, source=command.source) for name, value in told.items() if known.get(name) != value)
    return [event for fact in new for event in set_fact(incident, fact, source, at)]


def _answers(command: ask.StartClocks) -> Mapping[str, Any]:
    return {name: value for name, value in command.inputs.items() if not isinstance(value, datetime)}


def _told(incident: Incident, command: ask.StartClocks, clock: Clock, at: datetime) -> dict[str, str]:
    """The instants that were given; of a clock of which nothing is known, its start is now."""
    told = {name: stamp(value) for name, value in command.inputs.items() if isinstance(value, datetime)}
    held = incident.clocks.get(clock.id)
    if command.trigger is not None:
        told.setdefault(clock.trigger, stamp(command.trigger))
    elif clock.chained_to is None and clock.start not in told and not (held and held.begun):
        if held and held.filed_at:
            raise Refused(f"{clock.id} was filed already, so it did not start now. Say when it did: --trigger TIME")
        told[clock.start] = stamp(at)
    happened(told, at)
    return told


def _started(incident: Incident, command: ask.StartClocks, clock: Clock, source: Source, at: datetime) -> Event | None:
    _startable(incident, clock, command)
    told = _told(incident, command, clock, at)
    now = said(incident, clock, bound(incident.playbook, command.book).get(clock.id), command.book)
    zone = command.zone or now.zone
    now = Said({**now.facts, **told}, {**now.answers, **_answers(command)}, zone)
    held = incident.clocks.get(clock.id)
    event = assertion(incident, clock, now, command.book, source.actor, resume=_rests(held))
    if event and event.type == "clock.amended" and not command.because:
        raise Refused(f"What was said of {clock.id} is amended with a reason: --because WHY")
    return event


def _rests(held: Deadline | None) -> bool:
    return held is not None and held.state in ("waived", "declined")


def _startable(incident: Incident, clock: Clock, command: ask.StartClocks) -> None:
    if clock.rule.cut_off:
        raise Refused(f"{clock.id} judges filings and does not run. Ask it: crisisctl clock compute {clock.id}")
    before = incident.clocks.get(clock.chained_to) if clock.chained_to else None
    by_hand = command.trigger is not None or clock.start in command.inputs
    if clock.chained_to and (by_hand or not (before and before.filed_at)):
        raise Refused(
            f"{clock.id} starts with our filing of {clock.chained_to}. When that was made: "
            f"crisisctl clock file {clock.chained_to} --to WHOM --at TIME -i {incident.id}"
        )


def _worded(event: Event, command: ask.StartClocks) -> Event:
    words = {"source": command.source, "because": command.because}
    told = {name: prose(text, f"The {_CALLED[name]}") for name, text in words.items() if text}
    return event._replace(words={**event.words, **told})


_CALLED = {"source": "source", "because": "reason"}


def assess(incident: Incident, command: ask.AssessClocks, source: Source, at: datetime) -> list[Event]:
    """The answers are kept with each clock that asks for them; one that runs is worked out again."""
    found: list[dict[str, Any]] = []
    amended: list[Event] = []
    for id_, answers in command.answers.items():
        clock, held = command.book.known[id_], incident.clocks.get(id_, Deadline(id_))
        for name in answers:
            _asked(clock, name)
        whole = {**held.answers, **answers}
        reason = not_applicable(clock, held.begun or at, whole)
        says = "not_applicable" if reason else "open" if unanswered(clock, whole) else "applies"
        found.append({**about(clock), "answers": dict(answers), "says": says} | ({"why": reason} if reason else {}))
        amended += _again(incident, command, clock, whole, source)
    if not command.because and any(event.data["state"] == "not_applicable" for event in amended):
        stopped = next(event.data["clock"] for event in amended if event.data["state"] == "not_applicable")
        raise Refused(f"That stops {stopped}, which runs. Say why: --because WHY")
    words = {"because": prose(command.because, "The reason")} if command.because else {}
    return [Event("clock.assessed", {"clocks": found}, words), *(event._replace(words=words) for event in amended)]


def unanswered(clock: Clock, answers: Collection[str]) -> list[str]:
    """The questions of a clock that nobody has answered."""
    known = {canonical(name) for name in answers}
    return [one.name for one in clock.asks if canonical(one.name) not in known]


def _asked(clock: Clock, name: str) -> None:
    own = (*(one.name for one in clock.asks), *given.answers(clock))
    if canonical(name) not in {*map(canonical, own)}:
        raise nearest(name, own, f"question of {clock.id}")


def _again(
    incident: Incident, command: ask.AssessClocks, clock: Clock, answers: Mapping[str, Any], source: Source
) -> Iterator[Event]:
    held = incident.clocks.get(clock.id)
    if held and held.run and held.begun:
        now = Said(held.facts, answers, held.zone)
        event = assertion(incident, clock, now, command.book, source.actor)
        if event and _moved(event):
            yield event


def _moved(event: Event) -> bool:
    """Whether an amendment changes when the clock ends, or whether it runs at all."""
    result, was = event.data["result"], event.data["was"]
    now = {"state": event.data["state"], **{name: result.get(name) for name in ("kind", "strict", "legal")}}
    return bool(now != was)


def file(incident: Incident, command: ask.FileClocks, source: Source, at: datetime) -> list[Event]:
    """A filing meets one clock or several; a late one, or one made again, has its reason; what it starts runs."""
    held = [incident.clocks.get(id_, Deadline(id_)) for id_ in dict.fromkeys(command.clocks)]
    late = [one.id for one in held if one.limit and at > one.limit]
    if not command.because:
        _unreasoned(held, late)
    for one in held:
        _after_its_own(incident, command.book.known.get(one.id), command)
    clocks = [about_id(incident, one.id, command.book) for one in held]
    fields = {"to": "To whom", "reference": "The reference", "what": "What was filed", "sent": "The text"}
    given_ = {name: (getattr(command, name), called) for name, called in fields.items()}
    texts = {name: prose(text, called) for name, (text, called) in given_.items() if text is not None}
    words = texts | ({"because": prose(command.because, "The reason")} if command.because else {})
    filed = Event("clock.filed", {"clocks": clocks, "late": late}, words)
    after = provisional(incident, [filed._replace(occurred_at=at)])
    return [filed, *chained(after, [one.id for one in held], command.book, source.actor)]


def _after_its_own(incident: Incident, clock: Clock | None, command: ask.FileClocks) -> None:
    """`Refused` when the filing that starts a clock is neither in the log nor in this command."""
    if clock and clock.chained_to and clock.chained_to not in command.clocks:
        before = incident.clocks.get(clock.chained_to)
        if not (before and before.filed_at) and not command.because:
            first = f"crisisctl clock file {clock.chained_to} --to WHOM --at TIME"
            raise Refused(
                f"{clock.id} follows our filing of {clock.chained_to}, which nobody wrote down. First: {first}"
            )


def _unreasoned(held: Collection[Deadline], late: Collection[str]) -> None:
    for one in held:
        if one.filed_at:
            when = clock_time(one.filed_at)
            raise Refused(f"{one.id} was filed at {when} UTC. To file it again, say why: --because WHY")
        if one.id in late and one.limit:
            when = clock_time(one.limit)
            raise Refused(f"{one.id} had to be filed by {when} UTC, so this is late. Say why: --because WHY")


def waive(incident: Incident, command: ask.WaiveClock, source: Source, _at: datetime) -> list[Event]:
    """The incident may be closed without a filing."""
    _decides(incident, source)
    return [_settled(incident, command.clock, "clock.waived", command, {})]


def _decides(incident: Incident, source: Source) -> None:
    if not incident.held_by(source.actor):
        assign = f"crisisctl assign ROLE {source.actor}"
        raise Refused(f"{source.actor} holds no role in {incident.id}, and so does not decide what is filed: {assign}")


def decline(incident: Incident, command: ask.DeclineClock, source: Source, _at: datetime) -> list[Event]:
    """A decision not to notify, with its reason and whoever decided."""
    _decides(incident, source)
    decider = source.actor if command.decider is None else command.decider
    if not PERSON.fullmatch(decider):
        raise Refused(f"{visible(decider[:80])!r} is no person's id. Say who decided: --decider PERSON")
    return [_settled(incident, command.clock, "clock.declined", command, {"decider": decider})]


def _settled(incident: Incident, id_: str, kind: str, command: Any, more: Mapping[str, Any]) -> Event:  # noqa: ANN401 - either of two commands
    held = incident.clocks.get(id_)
    if held and held.filed_at:
        raise Refused(f"{id_} was filed at {clock_time(held.filed_at)} UTC, so there is nothing left to decide.")
    if held and f"clock.{held.state}" == kind:
        raise Refused(f"{id_} is {held.state} already. To let it run again: crisisctl clock start {id_} --because WHY")
    given_labels = labels.read(command)
    labels.check(given_labels)
    data = {**about_id(incident, id_, command.book), **more} | ({"labels": given_labels} if given_labels else {})
    return Event(kind, data, {"because": prose(command.because, "The reason")})


def will_miss(incident: Incident, command: ask.MissClock, _source: Source, at: datetime) -> list[Event]:
    """Said before the deadline, which some authorities want to be told of."""
    held = incident.clocks.get(command.clock)
    if held is None or held.state != "running" or held.limit is None:
        raise Refused(f"{command.clock} does not run towards a time here, so it cannot be missed.")
    if at > held.limit:
        ways = f"crisisctl clock file {held.id} --to WHOM --because WHY"
        raise Refused(f"{held.id} was missed already, at {clock_time(held.limit)} UTC. When it is filed: {ways}")
    if held.will_miss:
        raise Refused(f"That {held.id} will be missed has been said already.")
    data = {**about_id(incident, held.id, command.book), "strict": stamp(held.strict or held.limit)}
    return [Event("clock.will_miss", data, {"because": prose(command.because, "The reason")})]


RULES: Mapping[type, Rule] = {
    ask.StartClocks: start,
    ask.AssessClocks: assess,
    ask.FileClocks: file,
    ask.WaiveClock: waive,
    ask.DeclineClock: decline,
    ask.MissClock: will_miss,
}
