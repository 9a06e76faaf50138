"""`statement submit|approve|reject|publish`: who says yes to public words, and their way out."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import caution, options, posting, show
from crisisctl.cli.done import document, tell
from crisisctl.cli.session import Session
from crisisctl.cli.writing import Call, refused, writing
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import approvers
from crisisctl.domain.guards import next_step
from crisisctl.domain.statements.approving import to_fill
from crisisctl.domain.statements.renditions import channel_of
from crisisctl.service import statements as service
from crisisctl.service.desk import Asked, Outcome

signing = typer.Typer(rich_markup_mode=None)

Reason = Annotated[str | None, typer.Option("--because", metavar="WHY", help="The reason, for the log.")]


def _next(outcome: Outcome) -> str:
    """The step after a statement has moved on."""
    incident = outcome.incident
    statement = incident.statements[outcome.entries[0].data["statement"]]
    if statement.state == "submitted" and (first := to_fill(incident, statement)):
        return f"{first}, for nobody can approve {statement.id} otherwise ({approvers(incident, statement)})"
    who = f" ({approvers(incident, statement)})" if statement.state == "submitted" else ""
    return f"{next_step(statement.id, statement.state)}{who}"


@writing(signing, "submit", example="statement submit holding", then=_next, verb="submission", after=caution.of_texts)
def submit(
    call: Call,
    statement: options.Statement,
    override: Annotated[
        bool, typer.Option("--override", help="In spite of the errors that the lint finds; goes with --because.")
    ] = False,
    because: Reason = None,
) -> ask.Submit:
    """Have the lint look at every text, and ask for approval."""
    from crisisctl.service.checking import linted  # noqa: PLC0415 - only a submission pays for the lint

    id_ = call.session.which(call.incident)
    office = call.session.office
    with office.store.reading() as log:
        if call.request and log.by_request(call.request):
            return ask.Submit(statement)  # done before: nothing is looked at again
        found = office.desk.load(log, id_)
        if found.statements.get(statement) is None or found.statements[statement].state != "drafted":
            return ask.Submit(statement)  # the rules say why not
        looked_at = linted(log, found, statement, office.policies.policy(), office.desk.now())
    for line in looked_at.warnings:
        show.talk(show.style(f"warning: {line}", "yellow"))
    return ask.Submit(statement, looked_at, override, because)


@writing(
    signing,
    "approve",
    example="--as lee statement approve holding",
    then=_next,
    acting=True,
    verb="approval",
    after=caution.of_promise,
)
def approve(
    call: Call,
    statement: options.Statement,
    digest: Annotated[
        str | None,
        typer.Option(
            "--digest", metavar="PREFIX", help="Only if that of all texts, or of one of them, still begins so."
        ),
    ] = None,
) -> ask.Approve:
    """Approve the exact texts for a role that you hold; whoever wrote any of them cannot."""
    id_ = call.session.which(call.incident)
    with call.session.office.store.reading() as log:
        found = call.session.office.desk.load(log, id_)
        there = found.statements.get(statement)
        if there and not there.erased:
            service.texts_of(log, found, statement)  # refuses words that are not those that were sealed
    return ask.Approve(statement, digest)


@writing(
    signing, "reject", example="statement reject holding --because 'names a customer'", then=_next, verb="rejection"
)
def reject(statement: options.Statement, because: options.Why) -> ask.Reject:
    """Send the text back with a reason."""
    return ask.Reject(statement, because)


@signing.command(epilog="Example: crisisctl statement publish holding")
def publish(
    ctx: typer.Context,
    statement: options.Statement,
    audience: Annotated[
        list[str] | None,
        typer.Option(metavar="AUDIENCE", help="Only this audience, in the playbook's order; may be repeated."),
    ] = None,
    break_glass: Annotated[
        bool,
        typer.Option("--break-glass", help="As the lead, without the approvals; goes with --because, and is shouted."),
    ] = False,
    no_further_update: Annotated[
        bool, typer.Option("--no-further-update", help="Promise no next update; goes with --because.")
    ] = False,
    because: Reason = None,
    incident: options.Incident = None,
    at: options.At = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Release the approved texts: log it, and lay each out as a file for its channel."""
    session: Session = ctx.obj
    command = ask.Publish(
        statement,
        "",
        tuple(audience or ()),
        posting=session.office.postman.channels(),
        glass=break_glass,
        because=because,
        no_further=no_further_update,
    )
    with refused(session, incident, statement, "publication"):
        asked = session.asked(at, request_id, expect_version)
    _release(session, session.which(incident), command, asked, json=json)


def _release(session: Session, id_: str, command: ask.Publish, asked: Asked, *, json: bool) -> None:
    """Log it, lay the texts out, post those that have an address, and tell what came of it."""
    from crisisctl.service.checking import fits  # noqa: PLC0415 - only a publication pays for counting

    office = session.office
    fitting = fits(office.channels.channels())
    released = service.publish(office.desk, office.outgoing, id_, command, asked, fitting)
    session.recorded = True
    if released.trouble:
        show.talk(show.style(released.trouble, "red"))
    with posting.interrupted():
        results = office.postman.first(released.outcome, asked.source)
    if json:
        files = [str(file) for file in released.files]
        show.data(document(released.outcome) | {"files": files, "posts": posting.posts(results)})
        return
    _told(session, released)


def _told(session: Session, released: service.Released) -> None:
    """What is out, what is to be pasted, and who still has to be told."""
    outcome, files, trouble = released
    out = service.published_entry(outcome)
    statement, told = out.data["statement"], out.data.get("audiences")
    tell(outcome, json=False)
    laid_out = posting.laid_out(files, service.released_keys(out))
    posting.say(session, session.look(outcome.incident.id), statement, laid_out)
    _held_back(outcome)
    if told and not files and not trouble:
        nobody = f"No channel of {statement} goes to {' and '.join(told)} alone"
        show.talk(f"{nobody}. Tell them: crisisctl statement show {statement}")
    if not outcome.repeated:
        show.hint("crisisctl status")


def _held_back(outcome: Outcome) -> None:
    """By how much a text was too long, and what to type."""
    out = service.published_entry(outcome)
    for key, excess in out.data.get("withheld", {}).items():
        name, channel = out.data["statement"], channel_of(key)
        much = f"too long by {excess}" if excess else "more than its channel carries"
        short = f"crisisctl statement draft {name} --channel {channel} --short, or --file FILE"
        show.talk(show.style(f"{key} was held back, for it is {much}. Shorten it: {short}", "yellow"))
    for task in outcome.incident.correcting():
        mine = task.corrects == out.data["statement"]
        if mine and outcome.incident.left_wrong(out.data["statement"]):
            show.talk(show.style(f"{task.id} stays open. {task.title}", "red"))
