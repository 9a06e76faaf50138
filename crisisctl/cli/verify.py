"""`verify`: is the log what it was?"""

from __future__ import annotations

from typing import Annotated

import typer

from crisisctl.bootstrap import Office
from crisisctl.cli import complete, options, show
from crisisctl.cli.session import Session
from crisisctl.domain.errors import Unverified, Usage
from crisisctl.service.verify import Verdict
from crisisctl.service.verify import rebuild as rebuilt
from crisisctl.service.verify import verify as check

One = Annotated[
    str | None,
    typer.Option("--incident", "-i", metavar="ID", help="Left out: all.", autocompletion=complete.incidents),
]
app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: crisisctl verify")
def verify(
    ctx: typer.Context,
    incident: One = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="First write anew, from the log, all that is derived from it.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Check that the log is what it was.

    Every seal, every commitment, the order of entries, and that what is derived from the log agrees with it. Exit 8
    when something does not.
    """
    session: Session = ctx.obj
    store = session.office.store
    if rebuild:
        _rebuild(session.office, incident)
    only = session.look(incident).id if incident else None
    verdict = check(session.office.whole, only, lambda id_: show.progress(f"verifying {id_}"), store.hides)
    show.progress("")
    if json:
        show.data(verdict._asdict() | {"ok": not verdict.flaws})
    else:
        _tell(verdict, store.place(), there=bool(verdict.incidents or store.about()["schema"]))
    if verdict.flaws:
        raise Unverified(
            f"{store.place()}: {show.count(len(verdict.flaws), 'flaw')}. Keep it as it is, and restore a backup. "
            "Where the entries are whole, crisisctl verify --rebuild writes anew what is derived from them."
        )


def _rebuild(office: Office, incident: str | None) -> None:
    if incident:
        raise Usage("--rebuild is for the whole log. Leave out -i.")
    count = rebuilt(office.whole, office.store.hides)
    show.talk(f"Heads, snapshots, timers and unsent notices of {show.count(count, 'incident')} are written anew.")


def _tell(verdict: Verdict, place: str, *, there: bool) -> None:
    for flaw in verdict.flaws:
        show.say(f"  {flaw}")
    if not verdict.flaws:
        erased = (
            f"; {show.count(verdict.redacted, 'redacted word field')}, each covered by a redaction"
            if verdict.redacted
            else ""
        )
        if not verdict.incidents:
            show.say(f"{place} holds no incident yet{'' if there else ': there is no log at that place'}.")
            return
        show.say(f"{place} verifies: {verdict.entries} entries of {show.count(verdict.incidents, 'incident')}{erased}.")
