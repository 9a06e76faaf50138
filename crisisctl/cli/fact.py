"""`fact set|retract|list`: what is known."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask

app = typer.Typer(rich_markup_mode=None)
facts = typer.Typer(help="What the room knows, and how surely.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(facts, name="fact")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The fact, as the playbook names it.", autocompletion=complete.facts)
]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="Its value; times as 2026-11-22T15:00:00Z.")]
Status = Annotated[str, typer.Option("--status", metavar="STATUS", help="confirmed, or unconfirmed.")]
Origin = Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="Who says so.")]


@writing(facts, "set", example="fact set affected_accounts 1200 --source 'database team'")
def set_(
    name: Name,
    value: Value,
    status: Status = "confirmed",
    source: Origin = None,
    privileged: options.Privileged = False,
    tlp: options.Tlp = None,
) -> ask.SetFact:
    """Say what is known."""
    return ask.SetFact(name, value, status, source, privileged, tlp)


@writing(facts, "retract", example="fact retract affected_accounts --because 'counted twice'")
def retract(name: Name, because: options.Why) -> ask.RetractFact:
    """Take back what was said to be known."""
    return ask.RetractFact(name, because)


@facts.command("list", epilog="Example: crisisctl fact list")
def list_(ctx: typer.Context, incident: options.Incident = None, json: options.Json = False) -> None:
    """What the playbook asks for, and what is known."""
    session: Session = ctx.obj
    found = session.look(incident)
    rows = []
    for name, spec in found.playbook.facts.items():
        fact = found.facts.get(name)
        rows.append(
            (name, fact.status if fact else "not known", (fact.value or "(redacted)") if fact else "", spec.ask)
        )
    if json:
        keys = ("name", "status", "value", "ask")
        show.data({"incident": found.id, "facts": [dict(zip(keys, row, strict=True)) for row in rows]})
    else:
        show.table(("FACT", "STATUS", "VALUE", "QUESTION"), rows)
