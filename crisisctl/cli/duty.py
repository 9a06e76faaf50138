"""What `oncall` and `doctor` both ask of the rotas, and how instants of a rota are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from crisisctl.bootstrap import Office
from crisisctl.cli import show
from crisisctl.domain.errors import Invalid
from crisisctl.domain.rota import Calendar, Turn, turns
from crisisctl.domain.times import clock_time, stamp

if TYPE_CHECKING:
    from crisisctl.adapters.roster.duty import Rotas
    from crisisctl.cli.session import Session
    from crisisctl.service.calendars import Known

PATIENCE = 60.0  # seconds; a calendar that was fetched as lately is not fetched again
AHEAD = timedelta(days=28)
SHOWN = 3  # gaps of a role

Told = tuple[str, str, str]  # `warning` or `error`, what is wrong, and what to do about it


def rotas_of(session: Session) -> Rotas:
    """The rotas; `Invalid` when there are none, or the file has a slip: what it said once is no answer."""
    rotas = session.office.roster.rotas
    plan = rotas.plan
    if rotas.trouble:
        raise Invalid(rotas.trouble)
    if plan.roles:
        return rotas
    how = "Write `rotas:` into it; docs/operations.md shows how."
    raise Invalid(f"{session.office.settings.roster} has no rotas. {how}")


def fresh(session: Session) -> Rotas:
    """The rotas, after a look at the calendars that lie elsewhere."""
    rotas = rotas_of(session)
    rotas.fetch(PATIENCE)
    return rotas


def utc(moment: datetime) -> str:
    """An instant to the minute, in UTC."""
    return clock_time(moment)[:16]


def local(moment: datetime, zone: str) -> str:
    """An instant as the zone has it: `Tue 2026-11-24 09:00 CET`."""
    there = moment.astimezone(ZoneInfo(zone))
    return f"{there:%a %Y-%m-%d %H:%M} {there.tzname()}"


def both(moment: datetime, zone: str) -> str:
    """An instant as the zone has it, and in UTC."""
    return local(moment, zone) if zone == "UTC" else f"{local(moment, zone)} ({utc(moment)} UTC)"


def exact(moment: datetime, zone: str) -> str:
    """As `both`, with the seconds where there are any."""
    if not moment.second:
        return both(moment, zone)
    there = moment.astimezone(ZoneInfo(zone))
    shown = f"{there:%a %Y-%m-%d %H:%M:%S} {there.tzname()}"
    return shown if zone == "UTC" else f"{shown} ({clock_time(moment)} UTC)"


def _in_trouble(rotas: Rotas) -> Iterator[tuple[str, Calendar, Known]]:
    for role, calendar in sorted(rotas.plan.calendars.items()):
        known = rotas.known(role)
        if known and (known.trouble or known.got is None):
            yield role, calendar, known


def state(rotas: Rotas) -> dict[str, Any]:
    """What scripts are told of calendars in trouble."""
    return {
        "calendars": [
            {
                "role": role,
                "calendar": calendar.place,
                "trouble": known.trouble or "it was never read",
                "copy_of": stamp(known.got) if known.got else None,
            }
            for role, calendar, known in _in_trouble(rotas)
        ]
    }


def _troubles(rotas: Rotas) -> Iterator[Told]:
    for role, calendar, known in _in_trouble(rotas):
        what = f"the calendar of {role} ({calendar.place}): {known.trouble or 'it was never read'}"
        if known.got:
            yield "warning", what, f"the copy of {utc(known.got)} UTC is in use"
        else:
            yield "error", what, "there is no copy of it, so nobody is on call by it"


def complain(rotas: Rotas) -> None:
    """Say on stderr which calendars are in trouble."""
    for _, what, kept in _troubles(rotas):
        show.talk(show.style(f"{what[0].upper()}{what[1:]}; {kept}.", "yellow"))


def checks(office: Office) -> Iterator[Told]:
    """What would fail on the night, for the doctor: a rota with slips, calendars in trouble, gaps, nobody to reach."""
    rotas = office.roster.rotas
    plan = rotas.plan
    if rotas.trouble and not office.roster.trouble:
        yield "error", rotas.trouble, "until it is mended, the rotas known last count"
    rotas.fetch(PATIENCE)
    yield from _troubles(rotas)
    now = office.clock.now()
    for role in plan.roles:
        ahead = turns(rotas.duty(role), now, now + AHEAD)
        yield from _nobody(role, plan.zone(role), ahead)
        yield from _unreachable(office, role, plan.zone(role), ahead)
        if known := rotas.known(role):
            for stranger in known.strangers:
                yield "warning", f"the calendar of {role}: {stranger} names nobody in the roster", ""


def _nobody(role: str, zone: str, ahead: Iterable[Turn]) -> Iterator[Told]:
    gaps = [turn for turn in ahead if not turn.people]
    for gap in islice(gaps, SHOWN):
        what = f"nobody is on call for {role} from {both(gap.start, zone)} until {both(gap.end, zone)}"
        yield "warning", what, f"crisisctl oncall override {role} PERSON --from TIME --until TIME --because WHY"
    if len(gaps) > SHOWN:
        yield "warning", f"{len(gaps) - SHOWN} more gaps for {role} in {AHEAD.days} days", "crisisctl oncall gaps"


def _unreachable(office: Office, role: str, zone: str, ahead: Iterable[Turn]) -> Iterator[Told]:
    told: set[str] = set()
    for turn in ahead:
        for person in turn.people:
            found = office.roster.people.get(person)
            if person not in told and not (found and found.reachable):
                told.add(person)
                what = f"{person} is on call for {role} from {both(turn.start, zone)} and has no contact"
                yield "warning", what, f"add contacts in {office.settings.roster}"
