"""`oncall now|next|override|gaps`: who is on call, by the rotas of the roster."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from crisisctl.cli import complete, duty, options, show
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Invalid, Refused, Usage
from crisisctl.domain.rota import Override, Plan, Turn, gaps, turns
from crisisctl.domain.text import line, nearest, visible
from crisisctl.domain.times import LONGEST, parse_duration, parse_instant, stamp

if TYPE_CHECKING:
    from crisisctl.adapters.roster.duty import Rotas

app = typer.Typer(rich_markup_mode=None)
oncall = typer.Typer(help="Who is on call, by the rotas of the roster.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(oncall, name="oncall")

HORIZON = timedelta(days=366)
_SPAN = re.compile(r"\d[\da-z]*[dhms]", re.ASCII)  # what is meant as a duration
_TOO_FAR = "Somebody else can take over within ten years from now, and not beyond."

RoleName = Annotated[
    str | None,
    typer.Argument(metavar="ROLE", help="Left out: every role that has a rota.", autocompletion=complete.rotas),
]
Taker = Annotated[
    str | None, typer.Argument(metavar="PERSON", help="Who takes it over.", autocompletion=complete.people)
]
Overridden = Annotated[str, typer.Argument(metavar="ROLE", help="The role.", autocompletion=complete.rotas)]
Days = Annotated[int, typer.Option("--days", metavar="N", min=1, max=366, help="How many days ahead to look.")]
Since = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="From when on; left out: now. 2026-11-24T09:00+01:00.")
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Until when: 2026-11-26T09:00+01:00, or after how long: 2d."),
]
Reason = Annotated[str | None, typer.Option("--because", metavar="WHY", help="The reason.")]
End = Annotated[bool, typer.Option("--end", help="End the override that is in force, or take away the next one.")]


@oncall.command("now", epilog="Example: crisisctl oncall now")
def now_(ctx: typer.Context, role: RoleName = None, json: options.Json = False) -> None:
    """Who is on call now, until when, and why."""
    session: Session = ctx.obj
    rotas = duty.fresh(session)
    now = session.now()
    found = [(one, rotas.plan.zone(one), _present(rotas, one, now)) for one in _roles(rotas.plan, role)]
    if json:
        rows = [_row(one, zone, turn) | _endless(turn, now) for one, zone, turn in found]
        show.data({"at": stamp(now), "roles": rows} | duty.state(rotas))
        return
    for one, zone, turn in found:
        _say_now(one, zone, turn, None if _endless(turn, now) else turn.end)
    duty.complain(rotas)


@oncall.command("next", epilog="Example: crisisctl oncall next comms-lead --days 14")
def next_(ctx: typer.Context, role: RoleName = None, days: Days = 14, json: options.Json = False) -> None:
    """The hand-overs to come."""
    session: Session = ctx.obj
    rotas = duty.fresh(session)
    now = session.now()
    until = now + timedelta(days=days)
    found = [
        (one, rotas.plan.zone(one), turn)
        for one in _roles(rotas.plan, role)
        for turn in turns(rotas.duty(one), now, until)[1:]
    ]
    found.sort(key=lambda row: (row[2].start, row[0]))
    if json:
        show.data({"handovers": [_row(one, zone, turn) for one, zone, turn in found]} | duty.state(rotas))
    elif found:
        rows = [(duty.local(t.start, zone), duty.utc(t.start), one, _who(t), _why(t)) for one, zone, t in found]
        show.table(("FROM", "UTC", "ROLE", "ON CALL", "BY"), rows)
    else:
        show.say(f"No hand-over in the next {show.count(days, 'day')}.")
    if not json:
        duty.complain(rotas)


@oncall.command("gaps", epilog="Example: crisisctl oncall gaps --days 60")
def gaps_(ctx: typer.Context, days: Days = 30, json: options.Json = False) -> None:
    """The times at which nobody is on call."""
    session: Session = ctx.obj
    rotas = duty.fresh(session)
    now = session.now()
    found = [
        (one, rotas.plan.zone(one), gap)
        for one in _roles(rotas.plan, None)
        for gap in gaps(rotas.duty(one), now, now + timedelta(days=days))
    ]
    if json:
        told = [{"role": one, "zone": zone, **_times(gap, zone)} for one, zone, gap in found]
        show.data({"gaps": told, "days": days} | duty.state(rotas))
        return
    rows = [
        (one, duty.local(gap.start, zone), duty.local(gap.end, zone), f"{duty.utc(gap.start)} to {duty.utc(gap.end)}")
        for one, zone, gap in found
    ]
    if rows:
        show.table(("ROLE", "NOBODY FROM", "TO", "UTC"), rows)
        show.hint(f"crisisctl oncall override {found[0][0]} PERSON --from TIME --until TIME --because WHY")
    else:
        show.say(f"No gap in the next {show.count(days, 'day')}.")
    duty.complain(rotas)


@oncall.command(
    "override",
    epilog="Example: crisisctl oncall override legal sam --until 2d --because ill",
)
def override(
    ctx: typer.Context,
    role: Overridden,
    person: Taker = None,
    until: Until = None,
    since: Since = None,
    because: Reason = None,
    end: End = False,
    json: options.Json = False,
) -> None:
    """Have somebody else take a role over for a while.

    It is written into the roster, where comments and order stay as they are. With --end, the one in force ends now, or
    the next one is taken away.
    """
    session: Session = ctx.obj
    rotas = duty.rotas_of(session)
    _roles(rotas.plan, role)
    now = session.now().replace(microsecond=0)  # nobody writes less than seconds
    if end:
        if person or until or since or because:
            raise Usage("--end stands alone with the role: crisisctl oncall override ROLE --end")
        change = rotas.end_override(role, now)
        verb = "ended" if change.since < now else "taken away"
    else:
        change = _change(session, role, person, (since, until), because, now)
        rotas.override(change)
        verb = "added"
    session.recorded = True
    _tell(rotas, change, verb, json=json)


def _change(
    session: Session,
    role: str,
    person: str | None,
    limits: tuple[str | None, str | None],
    because: str | None,
    now: datetime,
) -> Override:
    since, until = limits
    missing = [
        name for name, given in (("PERSON", person), ("--until TIME", until), ("--because WHY", because)) if not given
    ]
    if person is None or until is None or because is None or missing:
        raise Usage(f"An override also needs {' and '.join(missing)}. To end one early: --end.")
    session.office.roster.require(person)
    begin = _typed(since) if since else now
    finish = _end(begin, until)
    if max(finish - now, now - begin) > LONGEST:
        raise Usage(_TOO_FAR)
    if finish <= begin:
        raise Usage(f"It would end ({duty.utc(finish)} UTC) before it begins ({duty.utc(begin)} UTC).")
    if finish <= now:
        raise Usage(f"It would have ended already, at {duty.utc(finish)} UTC. Give a later --until.")
    return Override(role, person, begin, finish, line(because, "The reason", 500))


def _end(begin: datetime, until: str) -> datetime:
    """The instant that was typed, or so long after the beginning."""
    if not _SPAN.fullmatch(until):
        return _typed(until)
    try:
        return begin + parse_duration(until)
    except Invalid as error:
        raise Usage(str(error)) from None
    except OverflowError:
        raise Usage(_TOO_FAR) from None


def _typed(text: str) -> datetime:
    """The instant that was typed; `Usage` when it is none."""
    try:
        return parse_instant(text)
    except Refused as error:
        raise Usage(str(error)) from None


def _tell(rotas: Rotas, change: Override, verb: str, *, json: bool) -> None:
    zone = rotas.plan.zone(change.role)
    if json:
        limits = {"from": stamp(change.since), "until": stamp(change.until), "because": change.because}
        show.data({"override": {"role": change.role, "person": change.person, **limits}, "done": verb})
        return
    times = f"from {duty.exact(change.since, zone)} until {duty.exact(change.until, zone)}"
    show.say(f"Override {verb}: {change.person} for {change.role}, {times} ({change.because}).")
    show.hint(f"crisisctl oncall now {change.role}")


def _roles(plan: Plan, role: str | None) -> tuple[str, ...]:
    if role is not None and role not in plan.roles:
        raise nearest(role, plan.roles, "role with a rota")
    return (role,) if role is not None else plan.roles


def _present(rotas: Rotas, role: str, now: datetime) -> Turn:
    return turns(rotas.duty(role), now, now + HORIZON)[0]


def _endless(turn: Turn, now: datetime) -> dict[str, None]:
    """What to say instead of an end that is only that of the time looked at."""
    return {"until": None, "until_local": None} if turn.end >= now + HORIZON else {}


def _say_now(role: str, zone: str, turn: Turn, end: datetime | None) -> None:
    left = f"until {duty.exact(end, zone)}" if end else "with no end in the year ahead"
    if turn.people:
        show.say(f"{role}: {show.style(', '.join(turn.people), 'green')} {left} ({_why(turn)})")
    else:
        show.say(f"{role}: {show.style('NOBODY IS ON CALL', 'red')} {left}")
        show.hint(f"crisisctl oncall override {role} PERSON --until TIME --because WHY")


def _row(role: str, zone: str, turn: Turn) -> dict[str, Any]:
    because = {"because": turn.because} if turn.because else {}
    return {"role": role, "zone": zone, "people": turn.people, "by": turn.by or None, **_times(turn, zone)} | because


def _times(turn: Turn, zone: str) -> dict[str, str]:
    place = ZoneInfo(zone)
    return {
        "from": stamp(turn.start),
        "until": stamp(turn.end),
        "from_local": turn.start.astimezone(place).isoformat(timespec="minutes"),
        "until_local": turn.end.astimezone(place).isoformat(timespec="minutes"),
    }


def _who(turn: Turn) -> str:
    return ", ".join(turn.people) or "NOBODY"


def _why(turn: Turn) -> str:
    return f"override: {visible(turn.because)}" if turn.by == "override" else turn.by
