"""`fact set|confirm|retract|ask|list`: what is known."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.done import Step, document, tell
from crisisctl.cli.session import Session
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Usage
from crisisctl.domain.text import visible
from crisisctl.domain.times import clock_time
from crisisctl.service import knowledge
from crisisctl.service.desk import Outcome

app = typer.Typer(rich_markup_mode=None)
facts = typer.Typer(help="What the room knows, and how surely.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(facts, name="fact")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The fact, as the playbook names it.", autocompletion=complete.facts)
]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="Its value; times as 2026-11-22T15:00:00Z.")]
Status = Annotated[
    str,
    typer.Option(
        "--status",
        metavar="STATUS",
        help="confirmed, or unconfirmed.",
        autocompletion=complete.one_of(("confirmed", "unconfirmed")),
    ),
]
Origin = Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="Who says so.")]


def _changed(outcome: Outcome, *, json: bool, then: Step = None) -> None:
    """What was done, and at once what has to be corrected."""
    wrong = knowledge.to_correct(outcome.incident, outcome.entries)
    if json:
        show.data(document(outcome) | {"corrections": wrong})
        return
    tell(outcome, json=False, then=then)
    for one in wrong:
        to = f" to {', '.join(one['audiences'])}" if one["audiences"] else ""
        show.fold(f"  {one['statement']} revision {one['published']} is public{to}: task {one['task']}", 4)
        if not outcome.repeated:
            show.hint(f"crisisctl statement correct {one['statement']} --because WHY")


@writing(facts, "set", example="fact set affected_accounts 1200 --source 'database team'", telling=_changed)
def set_(
    name: Name,
    value: Value,
    status: Status = "confirmed",
    source: Origin = None,
    privileged: options.Privileged = False,
    tlp: options.Tlp = None,
) -> ask.SetFact:
    """Say what is known; public statements that said otherwise are listed, each with a task to correct it."""
    return ask.SetFact(name, value, status, source, privileged, tlp)


@writing(facts, "confirm", example="fact confirm affected_accounts --source 'database team'", telling=_changed)
def confirm(name: Name, source: Origin = None) -> ask.ConfirmFact:
    """Say that what was known without certainty is so; a text that was made from it may then be published."""
    return ask.ConfirmFact(name, source)


@writing(facts, "retract", example="fact retract affected_accounts --because 'counted twice'", telling=_changed)
def retract(name: Name, because: options.Why) -> ask.RetractFact:
    """Take back what was said to be known; public statements that said it are listed, with tasks to correct them."""
    return ask.RetractFact(name, because)


@facts.command("ask", epilog="Example: crisisctl fact ask affected_accounts --of lee")
def ask_(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The fact; left out: the open questions.", autocompletion=complete.facts),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="PERSON", help="Ask this person, who is told.", autocompletion=complete.people),
    ] = None,
    incident: options.Incident = None,
    at: options.At = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Ask for a fact: an open question, until it is set or confirmed. Alone: the questions that are open."""
    session: Session = ctx.obj
    if name is None:
        given = {"--of": of, "--at": at, "--request-id": request_id, "--expect-version": expect_version}
        if wrong := [option for option, value in given.items() if value is not None]:
            raise Usage(f"{wrong[0]} goes with the name of a fact; without one nothing is asked.")
        _questions(session, incident, json=json)
        return
    outcome = session.handle(incident, ask.AskFact(name, of), session.asked(at, request_id, expect_version))
    tell(outcome, json=json, then=_answer)


def _answer(outcome: Outcome) -> str:
    name = outcome.entries[0].data["fact"]
    known = outcome.incident.facts.get(name)
    confirm = f", or fact confirm {name}" if known and known.status != "retracted" else ""
    return f"answered with: crisisctl fact set {name} VALUE{confirm}"


def _questions(session: Session, incident: str | None, *, json: bool) -> None:
    found = session.look(incident)
    there = [one for one in knowledge.known(found) if one.question]
    if json:
        show.data({"incident": found.id, "questions": [knowledge.document(one) for one in there]})
        return
    if not there:
        show.say("No question is open.")
        return
    rows = [(one.name, _whom(one), one.ask) for one in there]
    show.table(("FACT", "ASKED (UTC)", "QUESTION"), rows)
    show.hint(f"crisisctl fact set {there[0].name} VALUE --source WHO")


def _whom(one: knowledge.Known) -> str:
    question = one.question
    return f"{question.of or 'all'}, {clock_time(question.since)[:16]}" if question else ""


@facts.command("list", epilog="Example: crisisctl fact list --history")
def list_(
    ctx: typer.Context,
    past: Annotated[bool, typer.Option("--history", help="Everything that was ever said of them.")] = False,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """What the playbook asks for, what is known, who confirmed it, and which statements were made from it."""
    session: Session = ctx.obj
    found = session.look(incident)
    if past:
        _history(session, found.id, json=json)
        return
    every = list(knowledge.known(found))
    if json:
        show.data({"incident": found.id, "facts": [knowledge.document(one) for one in every]})
        return
    rows = [(one.name, one.status, one.value, one.ask) for one in every]
    show.table(("FACT", "STATUS", "VALUE", "QUESTION"), rows)
    for one in every:
        for line in _more(one):
            show.fold(f"  {visible(line)}", 4)


def _more(one: knowledge.Known) -> list[str]:
    """Where a fact comes from, and what was made from it."""
    said = [f"confirmed by {one.fact.by}"] if one.fact and one.fact.by and one.status == "confirmed" else []
    said += [f"source: {one.fact.source}"] if one.fact and one.fact.source else []
    lines = [f"{one.name}: {', '.join(said)}"] if said else []
    for use in one.uses:
        now = "" if use.current else ", which is another one now"
        lines.append(f"{one.name}: {'public in' if use.public else 'in the draft of'} {use.statement}{now}")
    return lines


def _history(session: Session, id_: str, *, json: bool) -> None:
    from crisisctl.domain.labels import privileged  # noqa: PLC0415 - only the history reads entries
    from crisisctl.domain.telling import sentence  # noqa: PLC0415
    from crisisctl.service.exporting import reads_privileged  # noqa: PLC0415

    office = session.office
    with office.store.reading() as log:
        found = office.desk.load(log, id_)
        every = list(knowledge.history(log.entries(id_)))
    if not reads_privileged(found, office.person, office.settings.privileged):
        every = [entry for entry in every if not privileged(entry)]
    if json:
        show.data({"incident": id_, "history": [_told(entry, sentence(entry)) for entry in every]})
        return
    show.table(("TIME (UTC)", "WHO", "WHAT"), [(clock_time(e.occurred_at)[:16], e.actor, sentence(e)) for e in every])


def _told(entry: Any, text: str) -> dict[str, Any]:  # noqa: ANN401 - an entry; naming it would load no less
    return {
        "fact": entry.data["fact"],
        "version": entry.version,
        "type": entry.type,
        "occurred_at": clock_time(entry.occurred_at),
        "actor": entry.actor,
        "value": entry.word("value"),
        "source": entry.word("source"),
        "text": text,
        "corrects": [*entry.data.get("corrects", ())],
    }
