"""`drill`: crises that are played, so that the real one is not the first."""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.cli import options, show
from crisisctl.cli.app import MODULES
from crisisctl.cli.playbook import listed
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Invalid, NotFound

app = typer.Typer(rich_markup_mode=None)
drills = typer.Typer(
    help="Crises that are played, so that the real one is not the first.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(drills, name="drill")

Names = Annotated[
    list[str] | None, typer.Argument(metavar="NAME...", help="Names, or paths of files; left out: every one.")
]


@drills.command(epilog="Example: crisisctl drill check data-breach-on-friday")
def check(ctx: typer.Context, names: Names = None, json: options.Json = False) -> None:
    """Every error of a drill with its place and remedy, all in one run; exit 6 when there is one."""
    session: Session = ctx.obj
    chosen = names or session.office.drills()
    if not chosen:
        raise NotFound("There is no drill in this workspace. To make one of a real crisis: crisisctl drill new --from")
    findings = [finding for name in chosen for finding in session.office.read_drill(name, MODULES).findings]
    if json:
        show.data({"findings": [finding._asdict() for finding in findings]})
    else:
        listed(findings)
        if not findings:
            show.say(f"{show.count(len(chosen), 'drill')} checked, nothing to mend.")
    if bad := [finding for finding in findings if finding.level == "error"]:
        raise Invalid(f"{show.count(len(bad), 'finding')} to mend.")
