"""`clock list|explain -i`: how the clocks of an incident stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crisisctl.cli import show
from crisisctl.cli.session import Session
from crisisctl.domain.errors import NotFound
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.times import clock_time, stamp
from crisisctl.service import deadlines


def list_(session: Session, incident: str, *, json: bool) -> None:
    """Every clock of the incident and of its playbook."""
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - help pays for nothing

    found = session.look(incident)
    rows = deadlines.in_order(deadlines.named(found, session.office.clocks))
    standing = tell.standing(rows)
    if json:
        show.data({"incident": found.id, "clocks": [deadlines.document(one) for one in rows], "notice": standing})
        return
    if not rows:
        show.say(f"No clock has been named in {found.id}.")
        show.hint("crisisctl clock list for all there are, then crisisctl clock assess CLOCK")
        return
    now = session.now()
    show.table(("CLOCK", "STATE", "DUE (UTC)", ""), [(one.id, state(one), due(one), note(one, now)) for one in rows])
    show.say()
    show.fold(standing)
    show.hint(_then(rows[0], found.id))


def lines(session: Session, incident: Incident) -> None:
    """The clocks in the status: the open ones, and how many are settled."""
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - few incidents have clocks

    rows, now = deadlines.in_order(incident.clocks.values()), session.now()
    for one in rows:
        more = ", ".join(filter(None, (f"due {due(one)} UTC" if one.open and one.strict else "", note(one, now))))
        mark = "red" if one.open and one.missed else "yellow" if one.open else ""
        told = show.style(state(one), mark) if mark else state(one)
        show.fold(f"  clock {one.id}: {told}{f' ({more})' if more else ''}", 6)
    show.fold(f"  {tell.standing(rows)}", 2)


def _then(first: Deadline, incident: str) -> str:
    if first.open:
        return f"crisisctl clock explain {first.id} -i {incident}; once it is filed: crisisctl clock file {first.id}"
    return f"crisisctl clock assess, or crisisctl clock start {first.id} --trigger TIME"


def state(one: Deadline) -> str:
    """How it stands, in words."""
    if one.open and one.missed:
        return "missed"
    late = " late" if one.state == "filed" and one.late else ""
    return one.state.replace("_", " ") + late


def due(one: Deadline) -> str:
    """Its end: the one that alarms go by."""
    if one.strict:
        return clock_time(one.strict)
    return "no number" if one.kind == "qualitative" else ""


def note(one: Deadline, now: datetime) -> str:
    """What else there is to know in a row."""
    if one.open:
        return ", ".join(filter(None, (deadlines.left(one, now), "will be missed" if one.will_miss else "")))
    return f"at {clock_time(one.filed_at)}" if one.filed_at else ""


def explain(session: Session, incident: str, told: str, *, json: bool) -> None:
    """How a clock stands in the incident, why, and everything that was said of it."""
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - help pays for nothing

    found, clock = session.look(incident), session.office.clocks.find(told)
    one = found.clocks.get(clock.id)
    if one is None:
        start = f"crisisctl clock start {clock.id} --trigger TIME"
        raise NotFound(f"{clock.id} has not been named in {found.id}. To start it: {start}")
    with session.office.store.reading() as log:
        past = deadlines.history(log.entries(found.id), clock.id)
    why = next((list(one.why) for one in reversed(past) if one.why), [])
    if json:
        keys = {"incident": found.id, **deadlines.document(one), "derivation": why}
        show.data(keys | {"history": [_past(one) for one in past], "notice": tell.standing([one])})
        return
    show.fold(show.style(f"{one.regime}: {one.title} ({one.id})", "bold"))
    for sentence in _stands(one, session.now()):
        show.fold(sentence, 2)
    _sentences("Why:", why)
    _sentences("What was said of it:", [_line(one) for one in past])
    show.fold(tell.standing([one]))


def _past(one: deadlines.Past) -> dict[str, Any]:
    entry = one.entry
    return {"version": entry.version, "at": stamp(entry.occurred_at), "actor": entry.actor, "text": one.text}


def _line(one: deadlines.Past) -> str:
    return f"{clock_time(one.entry.occurred_at)} UTC, {one.entry.actor}: {one.text}."


def _sentences(head: str, lines: list[str]) -> None:
    if lines:
        show.say(head)
    for line in lines:
        show.fold(f"  {line}", 4)


def _stands(one: Deadline, now: datetime) -> list[str]:
    more = note(one, now)
    told = [f"State: {state(one)}{f' ({more})' if more else ''}"]
    limits = (("Due", one.strict), ("Legal limit", one.legal), ("To aim at", one.target))
    told += [f"{what}: {clock_time(at)} UTC" for what, at in limits if at]
    return [*told, f"To: {one.recipient}"] if one.recipient else told
