"""`assign`, `release`, `ack`, `snooze`: people and escalations."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import complete, options
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Invalid, Usage
from crisisctl.domain.times import parse_duration

app = typer.Typer(rich_markup_mode=None)

RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="The role.", autocompletion=complete.roles)]
Taker = Annotated[str, typer.Argument(metavar="PERSON", help="Who takes it.", autocompletion=complete.people)]
Leaver = Annotated[
    str | None, typer.Argument(metavar="PERSON", help="Left out: everybody.", autocompletion=complete.people)
]
Beside = Annotated[bool, typer.Option("--add", help="Beside those who hold it, not instead.")]
Running = Annotated[
    str | None,
    typer.Argument(metavar="ESCALATION", help="Left out: every running one.", autocompletion=complete.escalations),
]
Span = Annotated[str, typer.Argument(metavar="FOR", help="How long, such as 20m.")]


@writing(app, "assign", example="assign legal lee")
def assign(role: RoleName, person: Taker, add: Beside = False) -> ask.Assign:
    """Give a role to a person."""
    return ask.Assign(role, person, add)


@writing(app, "release", example="release legal lee")
def release(role: RoleName, person: Leaver = None) -> ask.Release:
    """Take a role from a person."""
    return ask.Release(role, person)


@writing(app, "ack", example="ack", then="crisisctl status")
def ack(escalation: Running = None) -> ask.Acknowledge:
    """Say that you have it: the running escalations stop."""
    return ask.Acknowledge(escalation)


@writing(app, "snooze", example="snooze 20m --because 'waiting for the forensics call'")
def snooze(span: Span, because: options.Why) -> ask.Snooze:
    """Let the running escalations rest for a while."""
    try:
        return ask.Snooze(parse_duration(span), because)
    except Invalid as error:
        raise Usage(str(error)) from None
