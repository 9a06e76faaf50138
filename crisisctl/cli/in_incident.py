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
    rows = deadlines.in_order(deadlines.named(found, session.office.deadlines()))
    standing = tell.standing(rows)
    if json:
        show.data({"incident": found.id, "clocks": [deadlines.document(one) for one in rows], "notice": standing})
        return
    if not rows:
        show.say(f"No clock has been named in {found.id}.")
        show.hint("crisisctl clock list for all there are, then crisisctl clock assess CLOCK")
        return
    now = session.now()
    show.table(
        ("CLOCK", "STATE", "DUE (UTC)", "TIME LEFT"),
        [(one.id, state(one, now), due(one), note(one, now)) for one in rows],
    )
    show.say()
    show.fold(standing)
    show.hint(_then(rows[0], found.id))


def lines(session: Session, incident: Incident) -> None:
    """The clocks in the status: the open ones, and how many are settled."""
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - few incidents have clocks

    rows, now = deadlines.in_order(incident.clocks.values()), session.now()
    for one in rows:
        more = ", ".join(filter(None, (f"due {due(one)} UTC" if one.open and one.strict else "", note(one, now))))
        mark = "red" if state(one, now) == "missed" else "yellow" if one.open else ""
        told = show.style(state(one, now), mark) if mark else state(one, now)
        show.fold(f"  clock {one.id}: {told}{f' ({more})' if more else ''}", 6)
    show.fold(f"  {tell.standing(rows)}", 2)


def _then(first: Deadline, incident: str) -> str:
    here = f"-i {incident}"
    if first.state == "running":
        filed = f"crisisctl clock file {first.id} --to WHOM {here}"
        return f"crisisctl clock explain {first.id} {here}; once it is filed: {filed}"
    return f"crisisctl clock assess {here}, or crisisctl clock start {first.id} --trigger TIME {here}"


def state(one: Deadline, now: datetime) -> str:
    """How it stands, in words."""
    if one.state == "running" and one.strict and now > one.strict:
        return "missed"
    late = " late" if one.state == "filed" and one.late else ""
    return one.state.replace("_", " ") + late


def due(one: Deadline) -> str:
    """Its end: the one that alarms go by."""
    if one.strict:
        return clock_time(one.strict)
    aim = f", aim: {clock_time(one.target)}" if one.target else ""
    return f"no number{aim}" if one.kind == "qualitative" else ""


def note(one: Deadline, now: datetime) -> str:
    """What else there is to know in a row."""
    if one.open:
        return ", ".join(filter(None, (deadlines.left(one, now), "will be missed" if one.will_miss else "")))
    return f"at {clock_time(one.filed_at)}" if one.filed_at else ""


def explain(session: Session, incident: str, told: str, *, json: bool) -> None:
    """How a clock stands in the incident, why, and everything that was said of it."""
    from crisisctl.domain.clocks import tell  # noqa: PLC0415 - help pays for nothing

    found, book = session.look(incident), session.office.deadlines()
    id_ = told if told in found.clocks else book.find(told).id
    one = next((one for one in deadlines.named(found, book) if one.id == id_), None)
    if one is None:
        start = f"crisisctl clock start {id_} --trigger TIME -i {found.id}"
        raise NotFound(f"{id_} has not been named in {found.id}. To start it: {start}")
    with session.office.store.reading() as log:
        past = deadlines.history(log.entries(found.id), id_)
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
    sent = {"sent": entry.word("sent")} if "sent" in entry.words else {}
    return {"version": entry.version, "at": stamp(entry.occurred_at), "actor": entry.actor, "text": one.text} | sent


def _line(one: deadlines.Past) -> str:
    return f"{clock_time(one.entry.occurred_at)} UTC, {one.entry.actor}: {one.text}."


def _sentences(head: str, lines: list[str]) -> None:
    if lines:
        show.say(head)
    for line in lines:
        show.fold(f"  {line}", 4)


def _stands(one: Deadline, now: datetime) -> list[str]:
    more = note(one, now)
    told = [f"State: {state(one, now)}{f' ({more})' if more else ''}"]
    limits = (("Due", one.strict), ("Legal limit", one.legal), ("To aim at", one.target))
    told += [f"{what}: {clock_time(at)} UTC" for what, at in limits if at]
    return [*told, f"To: {one.recipient}"] if one.recipient else told
