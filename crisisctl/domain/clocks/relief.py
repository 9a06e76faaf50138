"""The legal outer limit: what rules on periods allow beyond the strict time. Alarms never use it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from crisisctl.domain.clocks.calendar import Calendar, next_working, why_not
from crisisctl.domain.clocks.catalogue import ENTITY, Clock, Measure
from crisisctl.domain.clocks.measure import End, hours
from crisisctl.domain.clocks.outcome import Answer
from crisisctl.domain.clocks.when import at_time, day_shown, end_of_day, next_hour, shown

_EEC = "Regulation (EEC, Euratom) 1182/71"
NOON = "12:00"
_HOURS = (
    "Holidays, Saturdays and Sundays are part of it (Art. 3(3)), and a period in hours is not moved (Art. 3(4)). That "
    "it must hold two working days (Art. 3(5)) is disputed for hours, and not applied."
)


def from_next_hour(start: datetime, measure: Measure, place: tzinfo) -> End:
    """Hours by Regulation 1182/71: the hour of the event is not counted, and the last one runs out, holiday or not."""
    begins = next_hour(start, place)
    end = hours(begins, measure.number, place)
    hour = f"By {_EEC} Art. 3(1) the hour of the event is not counted, so the period begins at {shown(begins)}."
    why = (hour, *end.why, _HOURS)
    return End(end.at, why)


def rolled(strict: datetime, roll: str, calendar: Calendar, place: tzinfo) -> End:
    """A limit moved to a day on which people work, when it falls on one on which they do not."""
    day = strict.astimezone(place).date()
    last = next_working(calendar, day)
    remark = calendar.remark(day, last)
    why = (remark,) if remark else ()
    if last == day:
        stays = f"{day_shown(day)} is a working day, so the strict time is the limit."
        return End(strict, (stays, *why), calendar.version)
    at = at_time(last, NOON, place) if roll == "noon" else end_of_day(last, place)
    moved = f"The strict time falls on {why_not(calendar, day)}, when nobody works; {_BY[roll]}, {shown(at)}."
    return End(at, (moved, *why), calendar.version)


_BY = {
    "noon": "Delegated Regulation (EU) 2025/301 Art. 5(4) gives until noon of the next working day",
    "reg1182": f"by {_EEC} Art. 3(4) the period runs to the end of the next working day",
    "opening": "the rule moves the last day to the next on which the authority is open",
}


def denied(clock: Clock, entity: Answer | None) -> str | None:
    """Why an entity has no relief from this clock; None when it has."""
    if not clock.roll_denied:
        return None
    if entity is None:
        return f"Whether relief applies depends on the kind of {ENTITY}, which is not known; until then there is none."
    if str(entity) in clock.roll_denied:
        return f"There is no relief for this kind of entity ({str(entity).replace('_', ' ')})."
    return None
