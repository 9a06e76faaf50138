"""`clock list|compute|check|explain`: the deadlines that laws and contracts set, outside an incident."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crisisctl.cli import complete, filing, in_incident, options, show
from crisisctl.cli.deadline import inputs_of, running
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Unverified, Usage

if TYPE_CHECKING:
    from crisisctl.domain.clocks.cases import Difference
    from crisisctl.domain.clocks.catalogue import Clock
    from crisisctl.domain.clocks.outcome import Result

app = typer.Typer(rich_markup_mode=None)
clocks = typer.Typer(help="The deadlines that laws and contracts set.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(clocks, name="clock")
clocks.add_typer(running)

MODES = ("strict", "reg1182", "relief")
FOLDS = ("earlier", "later")
Regime = Annotated[
    str,
    typer.Argument(
        metavar="REGIME",
        help="A clock, such as gdpr.art33, or a regime and a name, such as 'SEC 8-K 1.05'.",
        autocompletion=complete.clocks,
    ),
]

Trigger = Annotated[
    str, typer.Option("--trigger", metavar="TIME", help="When the fact happened that starts the clock.")
]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="Where its days end, such as Europe/Berlin.")]
Mode = Annotated[
    str,
    typer.Option(
        "--mode",
        metavar="MODE",
        help=f"Which limit to give: {', '.join(MODES)}.",
        autocompletion=complete.one_of(MODES),
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="NAME=VALUE", help="Another fact or answer that it hangs on."),
]
Fold = Annotated[
    str,
    typer.Option(
        "--fold",
        metavar="WHICH",
        help="Of a local time that comes twice: earlier or later.",
        autocompletion=complete.one_of(FOLDS),
    ),
]


@clocks.command("list", epilog="Example: crisisctl clock list")
def list_(
    ctx: typer.Context,
    regime: Annotated[str | None, typer.Argument(metavar="REGIME", help="Only this regime's.")] = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """The catalogue: every clock, how long it runs, what starts it, and whether it is in force.

    With -i the clocks of that incident: how each stands, and how much time is left.
    """
    if incident is not None:
        in_incident.list_(ctx.obj, incident, json=json)
        return
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - help pays for nothing

    chosen = _of_regime(ctx.obj, regime)
    standing = tell.standing(chosen)
    if json:
        show.data({"clocks": [_document(clock) for clock in chosen], "notice": standing})
        return
    rows = [(c.id, f"{tell.length(c)}, from {c.start}", c.status.replace("_", " ")) for c in chosen]
    show.table(("CLOCK", "HOW LONG", "STATUS"), rows)
    show.say()
    show.fold(standing)
    show.hint("crisisctl clock explain CLOCK, or crisisctl clock compute CLOCK --trigger TIME")


def _of_regime(session: Session, regime: str | None) -> list[Clock]:
    from crisisctl.domain.clocks.names import squeezed  # noqa: PLC0415 - only a list pays for it
    from crisisctl.domain.text import nearest  # noqa: PLC0415 - the same

    known = list(session.office.clocks.known.values())
    if regime is None:
        return known
    told = squeezed(regime)
    if found := [clock for clock in known if told in map(squeezed, clock.names[0])]:
        return found
    raise nearest(regime, {clock.names[0][1] for clock in known}, "regime", then="All: crisisctl clock list")


@clocks.command(epilog="Example: crisisctl clock explain gdpr.art33")
def explain(ctx: typer.Context, regime: Regime, incident: options.Incident = None, json: options.Json = False) -> None:
    """What a clock hangs on, how it counts, where that is written, and what to ask before it applies.

    With -i how it stands in that incident, with its derivation and everything that was said of it.
    """
    if incident is not None:
        in_incident.explain(ctx.obj, incident, regime, json=json)
        return
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - help pays for nothing

    clock = ctx.obj.office.clocks.find(regime)
    sentences = list(tell.explained(clock))
    if json:
        show.data({**_document(clock), "sentences": sentences, "notice": tell.standing([clock])})
        return
    _head(clock)
    for sentence in sentences:
        show.fold(f"  {sentence}", 2)
    show.fold(tell.standing([clock]))
    show.hint(f"crisisctl clock compute {clock.id} --trigger TIME")


@clocks.command(epilog="Example: crisisctl clock compute gdpr.art33 --trigger 2026-11-22T15:00Z")
def compute(
    ctx: typer.Context,
    regime: Regime,
    trigger: Trigger,
    zone: Zone = None,
    mode: Mode = MODES[0],
    inputs: Inputs = None,
    fold: Fold = FOLDS[0],
    json: options.Json = False,
) -> None:
    """A deadline with its derivation. Nothing is recorded; no incident is needed, and no workspace."""
    from crisisctl.domain.clocks import given, when  # noqa: PLC0415 - help pays for nothing

    _one_of("--mode", mode, MODES)
    _one_of("--fold", fold, FOLDS)
    office = ctx.obj.office
    clock = office.clocks.find(regime)
    place = when.zone(zone) if zone is not None else None
    later = fold == FOLDS[1]
    told = inputs_of(clock, inputs or [])
    at = when.moment(trigger, place, later=later)
    known = given.known(clock, at, told, place, later=later)
    result = office.clocks.compute(clock, known, mode)
    if json:
        show.data(_answer(clock, result))
        return
    _print(clock, result)
    if when.bare(trigger) and when.twice(at):
        show.talk(f"That local time comes twice; the {fold} was taken. To take the other: --fold.")


def _one_of(option: str, told: str, known: tuple[str, ...]) -> None:
    if told not in known:
        raise Usage(f"{option} is {', '.join(known[:-1])} or {known[-1]}, not {told!r}.")


@clocks.command(epilog="Example: crisisctl clock check cases.json")
def check(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Worked cases, JSON or YAML.")],
    json: options.Json = False,
) -> None:
    """Work out counsel's own cases and print each difference; exit 8 when there is one."""
    from crisisctl.domain.clocks import cases, tell  # noqa: PLC0415 - help pays for nothing

    office = ctx.obj.office
    rows = cases.cases(office.worked_cases(file))
    known = office.clocks
    found = [one for row in rows for one in cases.differences(row, known.known, known.calendars)]
    standing = tell.standing(known.known.values())
    if json:
        show.data({"cases": len(rows), "differences": [one._asdict() for one in found], "notice": standing})
    else:
        for one in found:
            _differs(one)
        show.say(f"{show.count(len(rows), 'case')} checked, {show.count(len(found), 'difference')}.")
        show.fold(standing)
    if found:
        raise Unverified(f"{show.count(len(found), 'difference')}: the case is wrong, or the clock is. Ask counsel.")


def _differs(one: Difference) -> None:
    show.say(f"{show.style(one.id, 'bold')}: {one.what} is {one.got}, expected {one.expected}")
    for sentence in one.why:
        show.fold(f"    {sentence}", 4)


def _head(clock: Clock) -> None:
    show.fold(show.style(f"{clock.regime}: {clock.title} ({clock.id})", "bold"))


def _print(clock: Clock, result: Result) -> None:
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - only a person pays for it
    from crisisctl.domain.times import clock_time  # noqa: PLC0415 - the same

    _head(clock)
    if result.due:
        show.say(f"Due: {show.style(result.due.isoformat(), 'bold')} ({result.due:%A}; {clock_time(result.due)} UTC)")
    else:
        show.say(show.style(_KINDS[result.kind], "bold"))
    for what, at in (("Alarms: ", result.strict), ("Legal limit: ", result.legal), ("To aim at: ", result.target)):
        if at is not None and at != result.due:
            show.say(f"{what}{at.isoformat()} ({at:%A})")
    if clock.recipient:
        show.fold(f"To: {clock.recipient}", 4)
    show.say("Why:")
    for sentence in result.why:
        show.fold(f"  {sentence}", 2)
    if clock.note:
        show.fold(f"  {clock.note}", 2)
    show.fold(tell.standing([clock]))


_KINDS = {
    "qualitative": "No number: the duty is in words.",
    "not_started": "Not started.",
    "not_applicable": "Not applicable.",
    "late_true": "Late.",
    "late_false": "In time.",
}


def _answer(clock: Clock, result: Result) -> dict[str, Any]:
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - only JSON pays for it
    from crisisctl.domain.times import stamp  # noqa: PLC0415 - the same

    times = {name: at and at.isoformat() for name, at in result._asdict().items() if name in _TIMES}
    return {
        "clock": clock.id,
        "regime": clock.regime,
        "title": clock.title,
        "kind": result.kind,
        "mode": result.mode,
        **times,
        "due_utc": result.due and stamp(result.due),
        "alarms": result.alarms,
        "status": clock.status,
        "recipient": clock.recipient,
        "citation": clock.citation,
        "derivation": list(result.why),
        "calendar": result.calendar,
        "last_verified": clock.last_verified,
        "reviewed_by": clock.reviewed_by,
        "notice": tell.standing([clock]),
    }


_TIMES = ("due", "strict", "legal", "target")


def _document(clock: Clock) -> dict[str, Any]:
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - only JSON pays for it

    plain = {
        name: value
        for name, value in clock._asdict().items()
        if name not in ("names", "rule", "only", "asks", "target")
    }
    asks = [question._asdict() for question in clock.asks]
    only = [limit._asdict() for limit in clock.only]
    return {
        **{name: str(value) if name in _DAYS and value else value for name, value in plain.items()},
        "names": list(clock.names[1]),
        "length": tell.length(clock),
        "rule": {
            "measures": [measure._asdict() for measure in clock.rule.measures],
            "late": clock.rule.late._asdict() if clock.rule.late else None,
            "duty": clock.rule.duty,
            "accepted_by": clock.rule.cut_off,
        },
        "only": only,
        "asks": asks,
        "target": clock.target._asdict() if clock.target else None,
    }


_DAYS = ("since", "until", "caution_since")


filing.register(clocks)
