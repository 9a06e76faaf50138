"""From a clock and what is known to its result. Pure: the same input always gives the same result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from crisisctl.domain.clocks import outcome, relief
from crisisctl.domain.clocks.applying import not_applicable
from crisisctl.domain.clocks.calendar import Calendar, Calendars, Weekends, next_working
from crisisctl.domain.clocks.catalogue import ENTITY, Clock, Measure
from crisisctl.domain.clocks.faults import Uncomputable
from crisisctl.domain.clocks.given import CALENDAR, DUE
from crisisctl.domain.clocks.measure import End, days, hours, months, working_days
from crisisctl.domain.clocks.outcome import Known, Result
from crisisctl.domain.clocks.places import COUNTRIES
from crisisctl.domain.clocks.when import at_time, shown, zone
from crisisctl.domain.errors import CrisisError


class _Count(NamedTuple):
    """One computation: the clock, what is known, where its days end, and the start in that zone."""

    clock: Clock
    known: Known
    calendars: Calendars
    place: tzinfo
    start: datetime


def compute(clock: Clock, known: Known, calendars: Calendars, mode: str = outcome.MODES[0]) -> Result:
    """What follows from what is known; `Uncomputable` or `NotFound`, with a sentence, when nothing can be said."""
    start = known.facts.get(clock.start)
    if start is None:
        return Result(clock.id, outcome.NOT_STARTED, mode, alarms=clock.alarms, why=(_waits(clock),))
    try:
        place = _place(clock, known, start)
        count = _Count(clock, known, calendars, place, start.astimezone(place))
        return _result(count, mode)
    except OverflowError:
        message = f"{clock.id} from {start.isoformat()} leads beyond the calendar, which ends with the year 9999."
        raise Uncomputable("beyond_calendar", message) from None


def _waits(clock: Clock) -> str:
    chained = f", which is our filing of {clock.chained_to}" if clock.chained_to else ""
    return f"The clock has not started: it starts with {clock.start}{chained}, and no such time is known."


def _place(clock: Clock, known: Known, start: datetime) -> tzinfo:
    if clock.zone and (clock.zone_fixed or known.zone is None):
        return zone(clock.zone)
    return known.zone or start.tzinfo or zone("UTC")


def _result(count: _Count, mode: str) -> Result:
    clock = count.clock
    begun = f"{clock.start.replace('_', ' ').capitalize()}: {shown(count.start)} ({count.place})."
    empty = Result(clock.id, outcome.NOT_APPLICABLE, mode, alarms=clock.alarms)
    if reason := not_applicable(clock, count.start, count.known.answers):
        return empty._replace(why=(begun, reason), alarms=False)
    if clock.rule.cut_off:
        return _timeliness(count, empty, begun)
    target = _end(count, clock.target).at if clock.target else None
    if clock.rule.duty:
        duty = f"The duty is to act {clock.rule.duty} ({clock.citation}). The law sets no number, so none is given."
        kept = empty._replace(kind=outcome.QUALITATIVE, target=target)
        return kept._replace(why=(begun, duty, *_remarks(count, target)))
    return _instant(count, empty._replace(kind=outcome.INSTANT, target=target), begun)


def _instant(count: _Count, result: Result, begun: str) -> Result:
    strict = _strict(count)
    legal, unknown = _legal(count, strict, result.mode)
    own = count.clock.roll == "opening" or result.mode != outcome.MODES[0]
    due = legal.at if own and legal else strict.at
    why = [begun, *strict.why, f"So says {count.clock.citation}."]
    if legal is None:
        why.append(f"The legal limit cannot be told: {unknown}")
    elif legal.at == strict.at:
        why += [*legal.why, "The legal limit is the same."]
    else:
        why += [*legal.why, f"Legal limit: {shown(legal.at)}. Alarms keep to the strict time."]
    version = strict.calendar or (legal.calendar if legal else None)
    why += [*_remarks(count, result.target), *([f"Calendar: {version}."] if version else [])]
    outer = legal.at if legal else None
    return result._replace(due=due, strict=strict.at, legal=outer, why=tuple(why), calendar=version)


def _remarks(count: _Count, target: datetime | None) -> Iterator[str]:
    clock = count.clock
    if getattr(count.place, "key", None) is None and any(one.unit != "hours" for one in clock.rule.measures):
        yield f"Its days end by the offset {count.start:%z} all the time; a zone knows summer time too: --zone."
    if target:
        yield f"To aim at: {shown(target)}, which no law sets."
    if clock.caution_since and count.start.date() < clock.caution_since:
        yield clock.caution
    if clock.status == "proposed":
        yield "This is proposed and not in force, so it raises no alarm."
    elif not clock.alarms:
        yield f"This is {clock.status}, so it raises no alarm."


def _strict(count: _Count) -> End:
    """The earliest end of the measures; when the start lies after what the others allow, the late measure alone."""
    rule = count.clock.rule
    if len(rule.measures) == 1:
        return _end(count, rule.measures[0])
    _in_order(count)
    caps = [_end(count, measure) for measure in rule.measures if measure.after]
    if rule.late and any(count.start > cap.at for cap in caps):
        told = f"It started only after {shown(min(cap.at for cap in caps))}, when the other limit had passed."
        late = _end(count, rule.late)
        return late._replace(why=(told, *late.why))
    ends = [_end(count, measure) for measure in rule.measures]
    first = min(ends, key=lambda end: end.at)
    return first._replace(why=(*(line for end in ends for line in end.why), f"The earlier counts: {shown(first.at)}."))


def _in_order(count: _Count) -> None:
    for measure in count.clock.rule.measures:
        if measure.after and _fact(count, measure) > count.start:
            message = f"{measure.after} lies after {count.clock.start}, which cannot be. Correct one of the two."
            raise Uncomputable("inconsistent_inputs", message)


def _fact(count: _Count, measure: Measure) -> datetime:
    if not measure.after:
        return count.start
    at = count.known.facts.get(measure.after)
    if at is None:
        message = (
            f"{count.clock.id} also counts from {measure.after}, which is not known. "
            f"Give it: --input {measure.after}=TIME"
        )
        raise Uncomputable("missing_input", message)
    return at


def _end(count: _Count, measure: Measure) -> End:
    start = _fact(count, measure)
    if measure.unit == "hours":
        return hours(start, measure.number, count.place)
    if measure.unit == "days":
        return days(start, measure, count.place)
    if measure.unit == "months":
        return months(start, measure, count.place)
    return working_days(start, measure, count.place, _calendar(count))


def _calendar(count: _Count, *, guess: bool = False) -> Calendar:
    """The calendar of the clock, the one told, or that of the place; `guess` allows one without holidays."""
    told = count.known.answers.get(CALENDAR)
    id_ = str(told) if told else count.clock.calendar
    if id_ != "zone":
        return count.calendars(id_)
    if country := COUNTRIES.get(str(count.place)):
        return count.calendars(country)
    if guess:
        return Weekends()
    message = (
        f"{count.clock.id} counts business days, and no calendar is known for {count.place}. "
        "Name a zone such as Europe/Berlin with --zone, or a calendar: --input calendar=DE"
    )
    raise Uncomputable("no_calendar", message)


def _legal(count: _Count, strict: End, mode: str) -> tuple[End | None, str]:
    """The outer limit; None, with the reason, when it lies beyond the calendars and was not what was asked for."""
    clock = count.clock
    if clock.roll == "none":
        known_none = () if mode == outcome.MODES[0] else ("This clock knows no relief, so the strict time stands.",)
        return End(strict.at, known_none), ""
    if no := relief.denied(clock, count.known.answers.get(ENTITY)):
        return End(strict.at, (no,)), ""
    measures = clock.rule.measures
    if clock.roll == "reg1182" and all(measure.unit == "hours" for measure in measures):
        return min((relief.from_next_hour(_fact(count, one), one, count.place) for one in measures), key=_at), ""
    try:
        calendar = _calendar(count, guess=True)
        return relief.rolled(strict.at, clock.roll, calendar, count.place), ""
    except CrisisError as error:
        if mode != outcome.MODES[0] or clock.roll == "opening":
            raise
        return None, str(error)


def _at(end: End) -> datetime:
    return end.at


def _timeliness(count: _Count, result: Result, begun: str) -> Result:
    """Whether a filing accepted at the start came in time: after the cut-off it is dated the next business day."""
    clock, cut_off = count.clock, count.clock.rule.cut_off
    calendar, day = _calendar(count), count.start.date()
    due = count.known.facts.get(DUE, count.start).astimezone(count.place).date()
    limit = at_time(due, cut_off, count.place)
    after = day + timedelta(days=1) if count.start > at_time(day, cut_off, count.place) else day
    dated = next_working(calendar, after)
    late = dated > due
    why = (
        begun,
        f"What is accepted by {cut_off} is dated the same business day, what comes later the next ({clock.citation}).",
        f"This filing is dated {dated.isoformat()} and was due {due.isoformat()}: {'late' if late else 'in time'}.",
        f"Calendar: {calendar.version}.",
    )
    kind = outcome.LATE if late else outcome.IN_TIME
    kept = result._replace(kind=kind, alarms=False, strict=limit, legal=limit, why=why)
    return kept._replace(calendar=calendar.version)
