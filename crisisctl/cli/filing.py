"""`clock ics|draft`: the clocks of an incident as a calendar, and drafts of what is filed with the authorities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from crisisctl.cli import options, show
from crisisctl.domain.errors import NotFound

if TYPE_CHECKING:
    from crisisctl.domain.incident import Incident


def register(clocks: typer.Typer) -> None:
    """Add these commands to the group."""
    clocks.command(epilog="Example: crisisctl clock ics -i INC-3 -o inc-3.ics")(ics)


def ics(
    ctx: typer.Context,
    output: options.Output = None,
    include: options.Include = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """The clocks of an incident as a calendar to subscribe to, with alarms at half, at 80 % and when due.

    What is privileged or marked TLP:AMBER or stricter is left out.
    """
    from crisisctl.adapters.exports import ics as calendar  # noqa: PLC0415 - help pays for nothing
    from crisisctl.cli import story  # noqa: PLC0415 - the same
    from crisisctl.domain import commands as ask  # noqa: PLC0415 - the same
    from crisisctl.domain.clocks import alarms, tell  # noqa: PLC0415 - the same

    output = story.named(output)
    told, kinds = story.told_of(ctx.obj, incident, include)
    found = told.incident
    items = alarms.items(found, told.entries)
    left = alarms.left_out(found, told.entries)
    if not items:
        raise NotFound(f"No clock of {found.id} has a time or a duty to show{_why(left)}. {_start(found)}")
    text = calendar.render(found, items)
    taken = ask.Export("calendar", "ics", found.version, len(items), story.STDOUT, kinds)
    story.let_out(ctx.obj, found, taken, output)
    if left:
        show.talk(f"Not in it{_why(left)}.")
    if json and output is None:
        shown = [found.clocks[item.clock] for item in items]
        notice = tell.standing(shown)
        show.data({"incident": found.id, "calendar": text, "clocks": [one.id for one in shown], "notice": notice})
        return
    story.deliver(found, text, output, json=json)


def _why(left: dict[str, str]) -> str:
    return f": {'; '.join(f'{id_} ({why})' for id_, why in left.items())}" if left else ""


def _start(found: Incident) -> str:
    return f"To start one: crisisctl clock start CLOCK -i {found.id}"
