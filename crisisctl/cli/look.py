"""`status`, `list`, `timers`, `search`: looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any

import typer

from crisisctl.cli import options, show
from crisisctl.cli.advance import ahead, moves_of
from crisisctl.cli.session import Session
from crisisctl.domain.entries import Entry
from crisisctl.domain.firing import what
from crisisctl.domain.forecast import forecast
from crisisctl.domain.guards import Option
from crisisctl.domain.incident import Incident, Ladder, Statement
from crisisctl.domain.labels import privileged
from crisisctl.domain.playbook import Task
from crisisctl.domain.text import prose
from crisisctl.domain.timers import timers
from crisisctl.domain.times import clock_time, instant, stamp, words
from crisisctl.service.ports import Head, Log

app = typer.Typer(rich_markup_mode=None)

NEXT = 12
MOST = 50  # that a search shows


@app.command(epilog="Example: crisisctl status --json")
def status(ctx: typer.Context, incident: options.Incident = None, json: options.Json = False) -> None:
    """Where it stands, what may be done next and what is missing."""
    session: Session = ctx.obj
    found = session.look(incident)
    moves = moves_of(found, session)
    if json:
        on_call = _on_call(session, found)
        show.data(_document(found, moves) | ({"on_call": on_call} if on_call else {}))
        return
    _standing(found, session)
    _checklist(found)
    _statements(session, found)
    _clocks(session, found)
    _moves(moves)
    _next(session, found)


def _document(incident: Incident, moves: list[Option]) -> dict[str, Any]:
    book = incident.playbook
    return {
        "incident": incident.id,
        "title": incident.title,
        "playbook": {"id": book.id, "version": book.version, "digest": incident.playbook_digest},
        "severity": incident.severity,
        "open": incident.open,
        "drill": incident.drill,
        "stages": incident.stages,
        "roles": incident.roles,
        "handovers": [
            {"role": role, "from": offer.giver, "to": offer.taker, "since": stamp(offer.since)}
            for role, offer in incident.handovers.items()
        ],
        "tasks": [_task(incident, task) for task in incident.here()],
        "moves": [_move(option) for option in moves],
        "timers": [{"kind": t.kind, "due": stamp(t.due), "what": what(incident, t)} for t in timers(incident)],
        "facts": {n: {"value": f.value, "status": f.status, "source": f.source} for n, f in incident.facts.items()},
        "questions": [
            {"fact": name, "by": asked.by, "of": asked.of, "since": stamp(asked.since)}
            for name, asked in incident.questions.items()
        ],
        "statements": [_listed_statement(incident, id_) for id_ in book.statements],
        "clocks": _deadlines(incident),
        "opened_at": stamp(incident.opened_at),
        "closed_at": stamp(incident.closed_at) if incident.closed_at else None,
        "version": incident.version,
        "digest": incident.digest,
    } | ({"restricted": True, "members": incident.members()} if incident.restricted else {})


def _task(incident: Incident, task: Task) -> dict[str, Any]:
    state = incident.task_state(task)
    return {"id": task.id, "stage": task.stage, "state": state, "required": task.required, "role": task.role}


def _move(option: Option) -> dict[str, Any]:
    transition = option.transition
    asks = {"because": "required"} if transition.because else {}
    return {
        "trigger": transition.trigger,
        "to": transition.to,
        "allowed": option.allowed,
        "missing": option.missing,
    } | asks


def _listed_statement(incident: Incident, id_: str) -> dict[str, Any]:
    known = {"id": id_, "state": _state(incident, id_)}
    if not _told_of(incident, id_):
        return known
    from crisisctl.cli import standing  # noqa: PLC0415 - most statements are not out yet

    return known | standing.listed(incident, id_)


def _deadlines(incident: Incident) -> list[dict[str, Any]]:
    if not incident.clocks:
        return []
    from crisisctl.service import deadlines  # noqa: PLC0415 - few incidents have clocks

    return [deadlines.document(one) for one in incident.clocks.values()]


def _clocks(session: Session, incident: Incident) -> None:
    if incident.clocks:
        from crisisctl.cli import in_incident  # noqa: PLC0415 - few incidents have clocks

        show.say()
        in_incident.lines(session, incident)


def _told_of(incident: Incident, id_: str) -> bool:
    """Whether there is anything to say of where the statement went, or must not go yet."""
    statement = incident.statements.get(id_)
    return bool(statement and statement.posts) or any(name.startswith(f"{id_}/") for name in incident.embargoes)


def _state(incident: Incident, id_: str) -> str:
    statement = incident.statements.get(id_)
    return statement.state if statement else "planned"


def _standing(incident: Incident, session: Session) -> None:
    mark = show.style("EXERCISE ", "yellow") if incident.drill else ""
    state = show.style("open", "yellow") if incident.open else "closed"
    show.say(f"{mark}{show.style(incident.id, 'bold')} {incident.title}")
    book = incident.playbook
    show.say(f"{state}, {incident.severity}, {book.title} (version {book.version}), log version {incident.version}")
    if incident.restricted:
        show.say(f"  restricted to {', '.join(incident.members())}")
    for path in incident.stages:
        visit = incident.visits[path]
        show.say(f"  at {show.style(path, 'green')} since {clock_time(visit.entered_at)} UTC")
    on_call = _on_call(session, incident)
    for role in incident.playbook.roles.values():
        people = incident.roles.get(role.id)
        if people or role.required:
            duty = _duty(incident, on_call[role.id]) if role.id in on_call else ""
            offer = incident.handovers.get(role.id)
            pending = f" (offered to {offer.taker} since {clock_time(offer.since)} UTC)" if offer else ""
            show.say(f"  {role.id}: {', '.join(people) if people else show.style('nobody', 'red') + duty}{pending}")
    for name, fact in incident.facts.items():
        show.say(f"  {name} = {fact.value or '(redacted)'} ({fact.status})")
    for name, asked in incident.questions.items():
        show.say(f"  {name}: asked {f'of {asked.of} ' if asked.of else ''}since {clock_time(asked.since)} UTC")
    for ladder in incident.ladders.values():
        left = incident.playbook.escalations[ladder.escalation].until == "left"
        show.say(f"  {ladder.escalation}: {'runs until its stage is left' if left else _answered(ladder)}")


def _duty(incident: Incident, people: Sequence[str]) -> str:
    """Who is on call; of a restricted incident those outside are not told, so how to let them in."""
    out = [person for person in people if person not in incident.members()] if incident.restricted else []
    told = ", ".join(people)
    if out:
        told += (
            f", who is not in it: crisisctl access grant {out[0]}"
            if len(people) == 1
            else (f"; not in it: {', '.join(out)}: crisisctl access grant PERSON")
        )
    return f" (on call: {told})"


def _on_call(session: Session, incident: Incident) -> dict[str, Sequence[str]]:
    """Who is on call for the required roles that nobody holds."""
    empty = [role.id for role in incident.playbook.roles.values() if role.required and not incident.roles.get(role.id)]
    found = {role: session.office.roster.on_call(role, session.now()) for role in empty}
    return {role: people for role, people in found.items() if people}


def _answered(ladder: Ladder) -> str:
    if ladder.acked_at and ladder.acked_by:
        return f"acknowledged by {ladder.acked_by}"
    return show.style("nobody has acknowledged", "yellow") + ": crisisctl ack"


def _checklist(incident: Incident) -> None:
    rows = list(incident.here())
    if rows and incident.open:
        show.say()
        for task in rows:
            box = {"open": "[ ]", "done": "[x]", "skipped": "[-]"}[incident.task_state(task)]
            need = " - required" if task.required else ""
            show.fold(f"  {box} {task.id}: {task.title}{f' ({task.role})' if task.role else ''}{need}", 6)


def _statements(session: Session, incident: Incident) -> None:
    if incident.playbook.statements and incident.open:
        show.say()
        for id_ in incident.playbook.statements:
            show.say(f"  statement {id_}: {_state(incident, id_)}{_out(incident, id_)}")
            if _told_of(incident, id_):
                from crisisctl.cli import standing  # noqa: PLC0415 - most statements are not out yet

                standing.lines(session, incident, id_)


def _out(incident: Incident, id_: str) -> str:
    now = incident.statements.get(id_)
    if now is None:
        return ""
    erased = " (its text was erased)" if now.erased else ""
    public = f" (revision {now.published} is public)" if now.published and now.state != "published" else erased
    return public + _loud(now)


def _loud(now: Statement) -> str:
    """What must not be overlooked: rules that were set aside, and whom nobody has answered."""
    notes = [
        "BREAK-GLASS: without its approvals" if now.glass else "",
        f"OVERRIDE of the lint: {', '.join(now.overridden)}" if now.overridden else "",
    ]
    waiting = now.expired and now.state == "submitted"
    loud = [show.style(note, "red") for note in notes if note]
    quiet = [f"stale in {', '.join(now.stale)}"] if now.stale else []
    quiet += ["nobody has approved it in time: --minimal drafts the line that needs no approval"] if waiting else []
    return "".join(f"; {note}" for note in (*loud, *quiet))


def _moves(moves: list[Option]) -> None:
    if not moves:
        return
    show.say()
    for option in moves:
        sign = show.style("ready", "green") if option.allowed else "not yet"
        reason = " (give a reason: --because WHY)" if option.transition.because and option.allowed else ""
        show.say(f"  {option.transition.trigger} -> {option.transition.to}: {sign}{reason}")
        for sentence in option.missing:
            show.say(f"      {sentence}")


def _next(session: Session, incident: Incident) -> None:
    pending = timers(incident)
    now = session.now()
    if pending:
        first = pending[0]
        when = "overdue" if first.due <= now else f"in {words(first.due - now)}"
        show.say()
        show.say(f"  next: {what(incident, first)}, {when}")
    for warning in (ahead(incident, session.caught_up(incident)), silence(session)):
        if warning:
            show.talk(show.style(warning, "yellow"))


def silence(session: Session) -> str | None:
    """A sentence when timers wait and no watch is alive, or one is overdue; None when all is well."""
    now = session.now()
    with session.office.store.reading() as log:
        due, beats = log.next_due(), log.beats()
    if due is None:
        return None
    if not any(beat.alive(now) for beat in beats):
        last = f"the last sign of life was {words(now - beats[0].at)} ago" if beats else "there is no sign of one"
        return f"No watch is running ({last}), so nobody is notified. Start one: crisisctl watch"
    if due < now - timedelta(seconds=30):
        return f"A timer has been overdue for {words(now - due)}, although a watch is running. See: crisisctl doctor"
    return None


@app.command("list", epilog="Example: crisisctl list --all --json")
def list_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Closed incidents too.")] = False,
    json: options.Json = False,
) -> None:
    """The incidents that are open, or all."""
    session: Session = ctx.obj
    with session.office.store.reading() as log:
        heads = log.heads(everything=everything)
    if json:
        kept = [_listed(head) for head in heads]
        show.data({"incidents": kept})
        return
    if not heads:
        show.say("No incident." if everything else "No incident is open.")
        show.hint("crisisctl open PLAYBOOK --title TITLE")
        return
    rows = [
        (
            h.incident,
            h.severity,
            _day(h.opened_at),
            "closed" if h.closed_at else h.stages.replace(" + ", ", "),
            _titled(h),
        )
        for h in heads
    ]
    show.table(("ID", "SEV", "OPENED (UTC)", "STAGE", "TITLE"), rows)


def _listed(head: Head) -> dict[str, Any]:
    row = head._asdict() | {"open": head.closed_at is None, "stages": head.stages.split(" + ")}
    members = row.pop("members")
    return row if members is None else row | {"restricted": True, "members": members.split(" ")}


def _titled(head: Head) -> str:
    mark = "EXERCISE " if head.drill else ""
    return f"{mark}{'RESTRICTED ' if head.members is not None else ''}{head.title}"


def _day(text: str) -> str:
    moment: datetime = instant(text)
    return clock_time(moment)[:16]


@app.command("timers", epilog="Example: crisisctl timers -i INC-3")
def timers_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="All of them, not the next twelve.")] = False,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """What falls due, when, and whom it will reach.

    Told as if nobody answered, with the reason why each timer exists.
    """
    session: Session = ctx.obj
    found = session.look(incident)
    plan = forecast(found, on_call=session.office.roster.on_call)
    if json:
        rows = [
            {"kind": f.timer.kind, "due": stamp(f.timer.due), "what": f.what, "why": f.why, "reaches": f.reaches}
            for f in plan
        ]
        show.data({"incident": found.id, "timers": rows})
        return
    if not plan:
        show.say(f"{found.id} has no timers.")
        return
    show.say(f"{found.id}: what will fall due if nobody answers")
    shown = plan if everything else plan[:NEXT]
    lines = [(clock_time(f.timer.due), ", ".join(f.reaches) or "nobody", f"{f.what} ({f.why})") for f in shown]
    show.table(("DUE (UTC)", "REACHES", "WHAT"), lines)
    if len(plan) > len(shown):
        show.say(f"and {len(plan) - len(shown)} more: crisisctl timers --all")


@app.command(epilog="Example: crisisctl search 'backup restore'")
def search(
    ctx: typer.Context,
    wanted: Annotated[str, typer.Argument(metavar="WORDS", help="All of these words.")],
    json: options.Json = False,
) -> None:
    """Find what was written, in every incident."""
    from crisisctl.domain.search import search as find  # noqa: PLC0415 - nothing else searches

    session: Session = ctx.obj
    with session.office.store.reading() as log:
        entries = _readable(session, log, _counted(log.written()))
        hits = list(islice(find(entries, prose(wanted, "What to search for")), MOST))
    show.progress("")
    if json:
        show.data({"hits": [{"incident": e.incident, "version": e.version, "text": text} for e, text, _ in hits]})
    elif hits:
        show.table(("INCIDENT", "ENTRY", "TEXT"), [(e.incident, str(e.version), text) for e, text, _ in hits])
    else:
        show.say("Nothing found.")


def _readable(session: Session, log: Log, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries without those that are privileged, for whom they are not meant."""
    from crisisctl.service.exporting import reads_privileged  # noqa: PLC0415 - nothing else here needs it

    desk, person, roles = session.office.desk, session.office.person, session.office.settings.privileged
    for entry in entries:
        if not privileged(entry) or reads_privileged(desk.load(log, entry.incident), person, roles):
            yield entry


def _counted(entries: Iterable[Entry]) -> Iterator[Entry]:
    for number, entry in enumerate(entries, 1):
        if number % 10_000 == 0:
            show.progress(f"looked through {number:,} entries")
        yield entry
