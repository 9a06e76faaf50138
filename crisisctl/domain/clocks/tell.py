"""A clock in words: how long it runs, what starts it, and the line that stands wherever clocks are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from crisisctl.domain.clocks.catalogue import NOBODY, Clock, Limit, Measure

_UNITS = {"hours": "elapsed hours", "days": "calendar days", "business_days": "business days", "months": "months"}


class Checked(Protocol):
    """A clock of the catalogue, or one of an incident: when it was last verified, and by whom it was reviewed."""

    @property
    def last_verified(self) -> str:
        """A day; empty for never."""
        ...

    @property
    def reviewed_by(self) -> str | None:
        """A person; None for nobody yet."""
        ...


def standing(clocks: Iterable[Checked]) -> str:
    """That this is no legal advice, and who verified the clocks when."""
    known = list(clocks)
    dates = sorted({clock.last_verified for clock in known if clock.last_verified})
    when = "never" if not dates else f"on {dates[0]}" if len(dates) == 1 else f"between {dates[0]} and {dates[-1]}"
    if dates and not all(clock.last_verified for clock in known):
        when += ", some of them never"
    people = sorted({clock.reviewed_by or NOBODY for clock in known}) or [NOBODY]
    return f"Not legal advice. Last verified {when}; reviewed by {', '.join(people)}. Ask your counsel."


def length(clock: Clock) -> str:
    """How long it runs."""
    rule = clock.rule
    if rule.duty:
        return rule.duty
    if rule.cut_off:
        return f"by {rule.cut_off} on the due date"
    told = [_measure(measure) for measure in rule.measures]
    late = f"; if later than that, {_measure(rule.late)}" if rule.late else ""
    return (f"the earlier of {' and '.join(told)}" if len(told) > 1 else told[0]) + late


def _measure(measure: Measure) -> str:
    unit = _UNITS[measure.unit]
    told = f"{measure.number} {unit.removesuffix('s') if measure.number == 1 else unit}"
    if measure.first_day:
        told += ", the day of the start being the first"
    if measure.year_end:
        told += " after the end of the calendar year"
    if measure.after:
        told += f" after {measure.after}"
    return f"{told}, by {measure.at}" if measure.at else told


def explained(clock: Clock) -> Iterator[str]:
    """Everything that the catalogue says of a clock, in sentences."""
    yield f"It starts with {clock.start}{f': {clock.means}' if clock.means else ''}."
    if clock.chained_to:
        yield f"That is our own filing of {clock.chained_to}: until it is made, the clock has not started."
    yield f"It runs: {length(clock)}."
    if places := _counted(clock):
        yield places
    yield from _ROLLS.get(clock.roll, ())
    if clock.roll_denied:
        yield f"No relief for: {', '.join(clock.roll_denied)}."
    yield f"To: {clock.recipient or 'nobody named'}. Source: {clock.citation or 'none named'}."
    yield f"Where: {clock.jurisdiction or 'anywhere'}{f'; for {clock.sector}' if clock.sector else ''}."
    yield f"Status: {clock.status.replace('_', ' ')}{_span(clock)}. Confidence: {clock.confidence}."
    yield from (f"Only if {_limit(limit)}." for limit in clock.only)
    yield from (f"Ask: {question.ask}" for question in clock.asks)
    yield from filter(None, (clock.caution, clock.note))


_ROLLS = {
    "reg1182": ("Legal limit: by Regulation (EEC, Euratom) 1182/71. Alarms keep to the strict time.",),
    "noon": (
        "Legal limit: noon of the next working day, if nobody works on the last. Alarms keep to the strict time.",
    ),
    "opening": ("A last day on which the authority is closed moves to the next opening day. Alarms do not move.",),
}


def _counted(clock: Clock) -> str | None:
    units = {measure.unit for measure in clock.rule.measures}
    if "business_days" in units or clock.rule.cut_off:
        where = "of the place" if clock.calendar == "zone" else clock.calendar
        return f"Business days by the calendar {where}{f', in {clock.zone}' if clock.zone else ''}."
    return f"Days end in {clock.zone}{'' if clock.zone_fixed else ', unless told otherwise'}." if clock.zone else None


def _span(clock: Clock) -> str:
    since = f", from {clock.since}" if clock.since else ""
    return f"{since}, until {clock.until}" if clock.until else since


def _limit(limit: Limit) -> str:
    if limit.flag is not None:
        return f"{limit.name} is {'yes' if limit.flag else 'no'}"
    if limit.among:
        return f"{limit.name} is {' or '.join(limit.among)}"
    least = f"{limit.least} or more" if limit.least is not None else None
    most = f"at most {limit.most}" if limit.most is not None else None
    return f"{limit.name} is {' and '.join(filter(None, (least, most)))}"
