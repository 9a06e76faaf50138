"""`statement draft|show|submit|approve|reject|publish|correct|list|measure|channels`: public words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crisisctl.cli import complete, options, posting, show, standing
from crisisctl.cli.done import document, tell
from crisisctl.cli.measure import measuring
from crisisctl.cli.session import Session
from crisisctl.cli.writing import Call, writing
from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import approvers, drafted, pending
from crisisctl.domain.errors import NotFound, Usage
from crisisctl.domain.guards import next_step
from crisisctl.domain.text import LONGEST_TEXT
from crisisctl.service import statements as service
from crisisctl.service.desk import Outcome

app = typer.Typer(rich_markup_mode=None)
statements = typer.Typer(
    help="Public words: drafted, approved to the byte, published.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(statements, name="statement")
posting.register(statements)
statements.add_typer(measuring)

Name = Annotated[
    str,
    typer.Argument(
        metavar="STATEMENT", help="The statement, as the playbook names it.", autocompletion=complete.statements
    ),
]
File = Annotated[
    str | None, typer.Option("--file", metavar="FILE", help="Take the text from a file; - is standard input.")
]


def _after_draft(outcome: Outcome) -> str:
    name = outcome.entries[0].data["statement"]
    return f"crisisctl statement show {name}, then statement submit {name}"


@writing(statements, "draft", example="statement draft holding", then=_after_draft)
def draft(call: Call, statement: Name, file: File = None) -> ask.Draft:
    """Draft the text from its template and the facts, or from a file; a new text voids every approval."""
    return ask.Draft(statement, _read(file)) if file is not None else _composed(call, statement)


def _composed(call: Call, statement: str) -> ask.Draft:
    id_ = call.session.which(call.incident)
    office = call.session.office
    with office.store.reading() as log:
        if call.request and log.by_request(call.request):
            return ask.Draft(statement, "")  # done before: nothing is drafted again
        found = office.desk.load(log, id_)
        return service.compose(log, found, statement, office.templates, office.settings.organisation)


def _read(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.read(LONGEST_TEXT + 2)
        with Path(file).open(encoding="utf-8") as text:
            return text.read(LONGEST_TEXT + 2)
    except UnicodeDecodeError:
        raise Usage(f"{file} is not UTF-8 text.") from None
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.") from None


@statements.command("show", epilog="Example: crisisctl statement show holding > holding.txt")
def show_(ctx: typer.Context, statement: Name, incident: options.Incident = None, json: options.Json = False) -> None:
    """The present text; piped, exactly its bytes."""
    session: Session = ctx.obj
    found = session.look(incident)
    with session.office.store.reading() as log:
        text = service.text_of(log, found, statement)
    now = drafted(found, statement)
    waiting = pending(found, now)
    if json:
        keys = {"incident": found.id, "statement": statement, "state": now.state, "revision": now.revision}
        approvals = [{"role": a.role, "person": a.person} for a in now.approvals]
        show.data(
            keys
            | standing.listed(found, statement)
            | {"digest": now.digest, "text": text, "approvals": approvals, "waiting": waiting, "author": now.author}
        )
        return
    show.exact(text)
    show.talk(f"{statement} revision {now.revision} by {now.author}: {now.state}; SHA-256 {now.digest[:16]}")
    if waiting:
        show.talk(f"Approval missing: {', '.join(waiting)}")
    standing.talked(found, statement)


def _next(outcome: Outcome) -> str:
    """The step after a statement has moved on."""
    incident = outcome.incident
    statement = incident.statements[outcome.entries[0].data["statement"]]
    who = f" ({approvers(incident, statement)})" if statement.state == "submitted" else ""
    return f"{next_step(statement.id, statement.state)}{who}"


@writing(statements, "submit", example="statement submit holding", then=_next)
def submit(statement: Name) -> ask.Submit:
    """Ask for approval."""
    return ask.Submit(statement)


@writing(statements, "approve", example="--as lee statement approve holding", then=_next, acting=True)
def approve(statement: Name) -> ask.Approve:
    """Approve the exact text for a role that you hold; its author cannot."""
    return ask.Approve(statement)


@writing(statements, "reject", example="statement reject holding --because 'names a customer'", then=_next)
def reject(statement: Name, because: options.Why) -> ask.Reject:
    """Send the text back with a reason."""
    return ask.Reject(statement, because)


@statements.command(epilog="Example: crisisctl statement publish holding")
def publish(
    ctx: typer.Context,
    statement: Name,
    audience: Annotated[
        list[str] | None,
        typer.Option(metavar="AUDIENCE", help="Only this audience, in the playbook's order; may be repeated."),
    ] = None,
    incident: options.Incident = None,
    at: options.At = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Release the approved text: log it, and lay it out as a file for each channel."""
    session: Session = ctx.obj
    office = session.office
    command = ask.Publish(statement, "", tuple(audience or ()), posting=office.postman.channels())
    asked = session.asked(at, request_id, expect_version)
    outcome, files, trouble = service.publish(office.desk, office.outgoing, session.which(incident), command, asked)
    session.recorded = True
    if trouble:
        show.talk(show.style(trouble, "red"))
    results = office.postman.first(outcome, asked.source)
    if json:
        told = {"files": [str(file) for file in files], "posts": posting.posts(results)}
        show.data(document(outcome) | told)
        return
    tell(outcome, json=False)
    for file in files:
        show.say(f"  ready to post: {file}")
    posting.say(results)
    if not outcome.repeated:
        show.hint("crisisctl status")


@writing(statements, "correct", example="statement correct holding --file new.txt --because typo", then=_after_draft)
def correct(call: Call, statement: Name, because: options.Why, file: File = None) -> ask.Draft:
    """Correct a published statement: a new text, approved and published like the first."""
    return draft(call, statement, file)._replace(correcting=because)


@statements.command("list", epilog="Example: crisisctl statement list")
def list_(ctx: typer.Context, incident: options.Incident = None, json: options.Json = False) -> None:
    """The statements that the playbook foresees, and how they stand."""
    session: Session = ctx.obj
    found = session.look(incident)
    rows = []
    for id_, spec in found.playbook.statements.items():
        now = found.statements.get(id_)
        waiting = ", ".join(pending(found, now)) if now and now.state == "submitted" else ""
        rows.append((id_, now.state if now else "planned", waiting or "-", ", ".join(spec.audiences)))
    if json:
        keys = ("id", "state", "waiting", "audiences")
        listed = [dict(zip(keys, row, strict=True)) | standing.listed(found, row[0]) for row in rows]
        show.data({"incident": found.id, "statements": listed})
    else:
        show.table(("STATEMENT", "STATE", "WAITING FOR", "AUDIENCES"), rows)
        standing.tabled(found)
