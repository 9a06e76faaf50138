"""`note`, `decide`, `severity`, `reopen`, `redact`: the log in words."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crisisctl.cli import complete, options
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask
from crisisctl.domain.text import LONGEST_TEXT
from crisisctl.service.desk import Outcome

app = typer.Typer(rich_markup_mode=None)

Note = Annotated[str, typer.Argument(metavar="TEXT", help="What to write down; - reads it from standard input.")]
Decision = Annotated[str, typer.Argument(metavar="TEXT", help="What was decided.")]
Options = Annotated[
    list[str] | None, typer.Option("--option", metavar="OPTION", help="What else was possible; may be repeated.")
]
Dissent = Annotated[
    list[str] | None, typer.Option("--dissent", metavar="WHO", help="Who disagreed, and why; may be repeated.")
]
Level = Annotated[str, typer.Argument(metavar="LEVEL", help="The new severity.", autocompletion=complete.severities)]
Version = Annotated[int, typer.Argument(metavar="ENTRY", help="The version of the entry, as the timeline shows it.")]
Fields = Annotated[
    list[str] | None, typer.Option("--field", metavar="FIELD", help="Which words; left out: all that the entry holds.")
]


@writing(app, "note", example="note 'The vendor confirms' --at 2026-11-22T15:00:00Z")
def note(text: Note, privileged: options.Privileged = False, tlp: options.Tlp = None) -> ask.AddNote:
    """Write something down."""
    return ask.AddNote(sys.stdin.read(LONGEST_TEXT + 2) if text == "-" else text, privileged, tlp)


@writing(app, "decide", example="decide 'Tell all' --because 'their data' --option wait")
def decide(
    text: Decision,
    because: options.Why,
    option: Options = None,
    dissent: Dissent = None,
    privileged: options.Privileged = False,
    tlp: options.Tlp = None,
) -> ask.LogDecision:
    """Log a decision and its reason, whether or not it moves a stage."""
    return ask.LogDecision(text, because, tuple(option or ()), tuple(dissent or ()), privileged, tlp)


@writing(app, "severity", example="severity sev1 --because 'payment data is involved'")
def severity(level: Level, because: options.Why) -> ask.ChangeSeverity:
    """Raise or lower the severity."""
    return ask.ChangeSeverity(level, because)


@writing(app, "reopen", example="reopen -i INC-3 --because 'the errors are back'", then="crisisctl status")
def reopen(because: options.Why) -> ask.Reopen:
    """Open a closed incident again, where it stood before."""
    return ask.Reopen(because)


def _elsewhere(outcome: Outcome) -> str:
    return f"look through state/outgoing/{outcome.incident.id}, sent notices, exports and backups; they are not reached"


@writing(app, "redact", example="redact 14 --because 'holds the name of a customer'", then=_elsewhere)
def redact(entry: Version, because: options.Why, field: Fields = None) -> ask.Redact:
    """Erase the words of an entry for good.

    The log goes on verifying, and says who erased what and why.
    """
    return ask.Redact(entry, tuple(field or ()), because)
