"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crisisctl.cli import complete
from crisisctl.domain.labels import KINDS, TLP

Incident = Annotated[
    str | None,
    typer.Option(
        "--incident",
        "-i",
        metavar="ID",
        help="The incident; left out: CRISISCTL_INCIDENT, or the only open one.",
        autocompletion=complete.incidents,
    ),
]
Statement = Annotated[
    str,
    typer.Argument(
        metavar="STATEMENT", help="The statement, as the playbook names it.", autocompletion=complete.statements
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="When it happened, if not now: 2026-11-22T15:00:00Z.")
]
Request = Annotated[
    str | None, typer.Option("--request-id", metavar="KEY", help="A repeat with the same key does nothing and exits 0.")
]
Expect = Annotated[
    int | None,
    typer.Option("--expect-version", metavar="N", help="Refuse (exit 5) if the incident has moved on from N."),
]
AsRole = Annotated[
    str | None,
    typer.Option(
        "--role", metavar="ROLE", help="The role you act in, if you hold several.", autocompletion=complete.roles
    ),
]
Privileged = Annotated[
    bool, typer.Option("--privileged", help="Between a lawyer and those who ask: kept out of exports.")
]
Tlp = Annotated[
    str | None,
    typer.Option(
        "--tlp",
        metavar="LEVEL",
        help=f"How far it may travel: {', '.join(TLP)}. The first three are kept out of exports.",
        autocompletion=complete.one_of(TLP),
    ),
]
Because = Annotated[str | None, typer.Option("--because", metavar="WHY", help="The reason.")]
Why = Annotated[str, typer.Option("--because", metavar="WHY", help="The reason.")]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="KIND",
        help="Bring in what its labels keep out: privileged, tlp, or all; may be repeated, and is logged.",
        autocompletion=complete.one_of((*KINDS, "all")),
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead; - is standard output.")
]
