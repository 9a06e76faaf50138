"""`handover`: a role goes to somebody else when they have read the brief and accept."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.done import document, tell
from crisisctl.cli.session import Session
from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Usage
from crisisctl.domain.incident import Handover, Incident
from crisisctl.domain.said import ERASED
from crisisctl.domain.times import clock_time, stamp
from crisisctl.service.desk import Outcome

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl handover comms-lead --to kim --note 'call at six'")
def handover(
    ctx: typer.Context,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role.", autocompletion=complete.roles)],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="PERSON", help="Offer it to this person.", autocompletion=complete.people),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="With --to: what the brief cannot know.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Take it; it was offered to you.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Leave it; needs --because.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the offer back.")] = False,
    because: options.Because = None,
    incident: options.Incident = None,
    at: options.At = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Hand a role over, with a brief written from the log.

    The role moves when the other person accepts; until then you hold it, and notices reach you both.
    ROLE alone shows the brief of the open offer, or the one that an offer would have, and writes nothing.
    """
    session: Session = ctx.obj
    answers = {"--accept": accept, "--decline": decline, "--withdraw": withdraw}
    command = _command(role, to, note, [name for name, given in answers.items() if given], because)
    if command is None:
        _only_looking({"--at": at, "--request-id": request_id, "--expect-version": expect_version})
        _look(session, incident, role, json=json)
        return
    outcome = session.handle(incident, command, session.asked(at, request_id, expect_version))
    offered = isinstance(command, ask.Handover)
    if json:
        show.data(document(outcome) | ({"brief": _brief(outcome)} if offered else {}))
        return
    tell(outcome, json=False)
    if offered and not outcome.repeated:
        show.say()
        show.say(_brief(outcome))
    for step in [] if outcome.repeated else _steps(outcome):
        show.hint(step)


def _command(
    role: str, to: str | None, note: str | None, answers: list[str], because: str | None
) -> ask.Command | None:
    """What is asked for; None when nothing is to be written."""
    wanted = [*(["--to"] if to is not None else []), *answers]
    if len(wanted) > 1:
        raise Usage(f"{' and '.join(wanted)} do not go together. Give one of them.")
    only = wanted[0] if wanted else None
    if note is not None and only != "--to":
        raise Usage("--note goes with --to PERSON.")
    if because is not None and only != "--decline":
        raise Usage("--because goes with --decline; what to say with an offer is --note.")
    if only == "--decline" and because is None:
        raise Usage("Declining needs a reason: --because WHY")
    match only:
        case "--to":
            return ask.Handover(role, to or "", note)
        case "--accept":
            return ask.AcceptHandover(role)
        case "--decline":
            return ask.DeclineHandover(role, because or "")
        case "--withdraw":
            return ask.WithdrawHandover(role)
    return None


def _only_looking(given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            raise Usage(f"{name} goes with --to, --accept, --decline or --withdraw; without them nothing is written.")


def _brief(outcome: Outcome) -> str:
    return outcome.entries[0].word("brief") or ERASED


def _steps(outcome: Outcome) -> list[str]:
    """What there is to do now, for each of the two."""
    first, incident = outcome.entries[0], outcome.incident
    role, giver, taker = (first.data[name] for name in ("role", "from", "to"))
    hand, here = f"crisisctl handover {role}", f"-i {incident.id}"
    if first.type == "handover.offered":
        yes = f"{taker} accepts: crisisctl --as {taker} handover {role} --accept {here}"
        return [yes, f"until then {giver} holds {role}; to take it back: {hand} --withdraw {here}"]
    if first.type == "handover.accepted":
        mine = any(ladder.acked_by == giver for ladder in incident.ladders.values())
        return [f"crisisctl ack {here}, so that what {giver} acknowledged does not go stale"] if mine else _status(here)
    if first.type == "handover.declined":
        return [f"{giver} still holds {role}; to offer it to somebody else: {hand} --to PERSON {here}"]
    return _status(here)


def _status(here: str) -> list[str]:
    return [f"crisisctl status {here}"]


def _look(session: Session, told: str | None, role: str, *, json: bool) -> None:
    incident, note, text = _read(session, session.which(told), role)
    pending = incident.handovers.get(role)
    if json:
        offer = _offer(role, pending) if pending else None
        show.data({"incident": incident.id, "role": role, "handover": offer, "note": note, "brief": text})
        return
    if pending:
        show.say(f"{pending.giver} offered {role} to {pending.taker} on {clock_time(pending.since)} UTC.")
        if note:
            show.fold(f"Note: {note}", 2)
        show.say()
    show.say(text)
    if incident.open:
        here = f"-i {incident.id}"
        ways = f"--accept {here}, or --decline --because WHY" if pending else f"--to PERSON {here}"
        show.hint(f"crisisctl handover {role} {ways}")


def _read(session: Session, id_: str, role: str) -> tuple[Incident, str | None, str]:
    """The incident, and the note and brief of the open offer; or the brief that an offer would have now."""
    from crisisctl.domain.decide_handover import known_role  # noqa: PLC0415 - an offer loads it in its own time
    from crisisctl.service.brief import brief  # noqa: PLC0415 - only a look at a brief that nobody has written

    with session.office.store.reading() as log:
        incident = session.office.desk.load(log, id_)
        known_role(incident, role)
        pending = incident.handovers.get(role)
        entry = log.entry(id_, pending.version) if pending else None
        if entry is None:
            return incident, None, brief(incident, list(log.entries(id_)), session.now())
    return incident, _note(entry), entry.word("brief") or ERASED


def _note(entry: Entry) -> str | None:
    word = entry.words.get("note")
    return None if word is None else word.value or ERASED


def _offer(role: str, pending: Handover) -> dict[str, str]:
    """An open offer for scripts."""
    return {"role": role, "from": pending.giver, "to": pending.taker, "since": stamp(pending.since)}
