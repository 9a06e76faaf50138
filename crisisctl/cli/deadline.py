"""`clock assess|start|file|waive|decline|miss`: the clocks of an incident, and what people decide about them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crisisctl.cli import complete, options, show, texts
from crisisctl.cli.done import Step, document, tell
from crisisctl.cli.session import Session
from crisisctl.cli.writing import Call, writing
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import NotFound, Usage
from crisisctl.domain.incident import Incident
from crisisctl.domain.text import nearest
from crisisctl.service import deadlines
from crisisctl.service.desk import Outcome

if TYPE_CHECKING:
    from crisisctl.domain.clocks.book import Clocks
    from crisisctl.domain.clocks.catalogue import Clock, Question

running = typer.Typer(rich_markup_mode=None)

Clock_ = Annotated[
    str,
    typer.Argument(metavar="CLOCK", help="A clock, such as gdpr.art33.", autocompletion=complete.clocks),
]
Several = Annotated[
    list[str],
    typer.Argument(metavar="CLOCK...", help="A clock, such as gdpr.art33, or several.", autocompletion=complete.clocks),
]
Reason = Annotated[str | None, typer.Option("--because", metavar="WHY", help="The reason, for the log.")]


def _changed(outcome: Outcome, *, json: bool, then: Step = None) -> None:
    """What was done, and how the clocks that it touched stand now."""
    touched = deadlines.touched(outcome)
    if json:
        show.data(document(outcome) | {"clocks": [deadlines.document(one) for one in touched]})
        return
    from crisisctl.domain.clocks import tell as tell_clocks  # noqa: PLC0415 - help pays for nothing

    tell(outcome, json=False, then=then)
    show.fold(tell_clocks.standing(touched))


def _next(outcome: Outcome) -> str:
    here = f"-i {outcome.incident.id}"
    first = next((one for one in deadlines.in_order(outcome.incident.clocks.values()) if one.state == "running"), None)
    if first is None:
        return f"crisisctl clock list {here}"
    return (
        f"crisisctl clock explain {first.id} {here}; once it is filed: crisisctl clock file {first.id} --to WHOM {here}"
    )


@writing(
    running,
    "start",
    example="clock start gdpr.art33 --trigger 2026-11-22T14:00Z",
    then=_next,
    telling=_changed,
)
def start(
    call: Call,
    clock: Several,
    trigger: Annotated[
        str | None,
        typer.Option("--trigger", metavar="TIME", help="When the fact happened that starts it; left out: now."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", metavar="ZONE", help="Where its days end, such as Europe/Berlin.")
    ] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="NAME=VALUE", help="Another fact or answer that it hangs on.")
    ] = None,
    fold: Annotated[
        str, typer.Option("--fold", metavar="WHICH", help="Of a local time that comes twice: earlier or later.")
    ] = "earlier",
    source: Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="Who says so.")] = None,
    because: Reason = None,
) -> ask.StartClocks:
    """Say since when a clock runs, or amend that with a reason: all is worked out again, and the change shown."""
    from crisisctl.domain.clocks import when  # noqa: PLC0415 - help pays for nothing

    if fold not in ("earlier", "later"):
        raise Usage(f"--fold is earlier or later, not {fold!r}.")
    book = call.session.office.clocks
    ids = _ids(book, clock)
    place, later = when.zone(zone) if zone is not None else None, fold == "later"
    at = when.moment(trigger, place, later=later) if trigger is not None else None
    known: dict[str, Any] = {}
    for id_ in ids:
        known |= _given(book.known[id_], inputs or [], place, later=later)
    return ask.StartClocks(ids, book, at, zone or "", known, source, because)


def _ids(book: Clocks, told: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(book.find(one).id for one in told))


def _known(call: Call, told: str) -> str:
    """The id of a clock that the catalogue names, or of one that the incident has though the catalogue lost it."""
    try:
        return call.session.office.deadlines().find(told).id
    except NotFound:
        if told in call.session.look(call.incident).clocks:
            return told
        raise


def inputs_of(clock: Clock, told: list[str]) -> dict[str, object]:
    """What was typed with `--input`, by name; `Usage` where the clock does not look at it."""
    from crisisctl.domain.clocks import given  # noqa: PLC0415 - only inputs pay for it

    pairs = [one.partition("=") for one in told]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise Usage(f"--input {name!r} is not NAME=VALUE. Write it as aware=2026-11-22T15:00:00Z.")
    inputs: dict[str, object] = {name: value for name, _, value in pairs}
    if strange := given.strange(clock, inputs):
        known = ", ".join((*given.facts(clock), *given.answers(clock)))
        raise Usage(f"{clock.id} does not look at {strange[0]!r}. It looks at {known}.")
    return inputs


def _given(clock: Clock, told: list[str], place: Any, *, later: bool) -> Mapping[str, Any]:  # noqa: ANN401 - a zone or none
    from crisisctl.domain.clocks import given  # noqa: PLC0415 - help pays for nothing

    known = given.known(clock, None, inputs_of(clock, told), place, later=later)
    facts: dict[str, datetime] = dict(known.facts)
    return {**facts, **known.answers}


@writing(
    running,
    "file",
    example="clock file gdpr.art33 --to BfDI --reference 26-1234",
    then=_next,
    telling=_changed,
)
def file(
    call: Call,
    clock: Several,
    to: Annotated[str, typer.Option("--to", metavar="WHOM", help="With whom it was filed.")],
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="REF", help="The number that they gave it.")
    ] = None,
    what: Annotated[str | None, typer.Option("--what", metavar="TEXT", help="What was filed, in a line.")] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="The text that was sent, kept in the log; - is stdin.")
    ] = None,
    because: Reason = None,
) -> ask.FileClocks:
    """Write down what was filed, with whom and when (--at); one filing can meet several clocks. Late: with a reason."""
    book = call.session.office.deadlines()
    sent = texts.read(file) if file is not None else None
    return ask.FileClocks(tuple(_known(call, one) for one in clock), to, book, reference, what, sent, because)


@writing(running, "waive", example="clock waive gdpr.art34 --because 'the risk is low'", then=_next, telling=_changed)
def waive(
    call: Call,
    clock: Clock_,
    because: options.Why,
    privileged: options.Privileged = False,
    tlp: options.Tlp = None,
) -> ask.WaiveClock:
    """Let the incident be closed although a clock was not filed."""
    book = call.session.office.deadlines()
    return ask.WaiveClock(_known(call, clock), because, book, privileged, tlp)


@writing(
    running,
    "decline",
    example="clock decline gdpr.art33 --because 'no risk'",
    then=_next,
    telling=_changed,
)
def decline(
    call: Call,
    clock: Clock_,
    because: options.Why,
    decider: Annotated[
        str | None,
        typer.Option("--decider", metavar="PERSON", help="Who decided; left out: you.", autocompletion=complete.people),
    ] = None,
    privileged: options.Privileged = False,
    tlp: options.Tlp = None,
) -> ask.DeclineClock:
    """Decide not to notify: a decision with its reason and its decider."""
    book = call.session.office.deadlines()
    return ask.DeclineClock(_known(call, clock), because, book, decider, privileged, tlp)


@writing(running, "miss", example="clock miss nis2.notification --because 'no figures'", telling=_changed)
def miss(call: Call, clock: Clock_, because: options.Why) -> ask.MissClock:
    """Say before the deadline that it will not be met; some authorities want to be told."""
    book = call.session.office.deadlines()
    return ask.MissClock(_known(call, clock), because, book)


@running.command(epilog="Example: crisisctl clock assess gdpr.art33 --answer risk=yes")
def assess(
    ctx: typer.Context,
    clock: Annotated[
        str | None,
        typer.Argument(
            metavar="CLOCK", help="Left out: those of the playbook and the incident.", autocompletion=complete.clocks
        ),
    ] = None,
    answer: Annotated[
        list[str] | None, typer.Option("--answer", metavar="NAME=VALUE", help="The answer to a question; repeatable.")
    ] = None,
    because: Reason = None,
    incident: options.Incident = None,
    at: options.At = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Go through the questions on which it hangs whether clocks apply, and log the answers.

    On a terminal each open question is asked; otherwise --answer gives them, and without it the questions are listed.
    """
    session: Session = ctx.obj
    book, found = session.office.clocks, session.look(incident)
    asked = deadlines.asked(found, book, book.find(clock).id if clock else None)
    given = _answers(answer or [])
    if not given and sys.stdin.isatty() and not json:
        given = _prompted(found, asked)
    sorted_out = deadlines.sorted_out(asked, given)
    if strange := [name for name in given if all(name not in one for one in sorted_out.values())]:
        raise nearest(strange[0], {one.name for clock_ in asked for one in clock_.asks}, "question")
    if not given:
        _questions(found, asked, json=json)
        return
    outcome = session.handle(
        found.id, ask.AssessClocks(sorted_out, book, because), session.asked(at, request_id, expect_version)
    )
    _changed(outcome, json=json, then=f"crisisctl clock list -i {found.id}")


def _answers(told: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in told]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise Usage(f"--answer {name!r} is not NAME=VALUE. Write it as controller=yes.")
    return {name: value for name, _, value in pairs}


def _prompted(incident: Incident, asked: Collection[Clock]) -> dict[str, str]:
    """What somebody at a terminal answers; an empty answer leaves the question open."""
    given: dict[str, str] = {}
    for clock in asked:
        for question in deadlines.open_questions(incident, clock):
            if question.name not in given and (told := _prompt(clock, question)):
                given[question.name] = told
    return given


def _prompt(clock: Clock, question: Question) -> str:
    hint = "/".join(question.choices) or {"boolean": "yes/no", "integer": "a number"}.get(question.type, "")
    told: str = typer.prompt(f"{clock.id}: {question.ask} [{hint}; Enter: not known]", default="", show_default=False)
    return told.strip()


def _questions(incident: Incident, asked: Collection[Clock], *, json: bool) -> None:
    rows = [
        (clock.id, question.name, question.ask)
        for clock in asked
        for question in deadlines.open_questions(incident, clock)
    ]
    if json:
        keys = ("clock", "name", "ask")
        show.data({"incident": incident.id, "questions": [dict(zip(keys, row, strict=True)) for row in rows]})
        return
    if not rows:
        show.say("No question about a clock is open.")
        show.hint(f"crisisctl clock list -i {incident.id}, or name a clock: crisisctl clock assess CLOCK")
        return
    show.table(("CLOCK", "NAME", "QUESTION"), rows)
    show.hint(f"crisisctl clock assess {rows[0][0]} --answer {rows[0][1]}=yes")
