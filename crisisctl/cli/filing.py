"""`clock ics|draft`: the clocks of an incident as a calendar, and drafts of what is filed with the authorities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crisisctl.cli import complete, options, show
from crisisctl.domain.errors import NotFound

if TYPE_CHECKING:
    from crisisctl.cli.session import Session
    from crisisctl.domain.incident import Incident
    from crisisctl.service.filing import Draft

Clock = Annotated[
    str,
    typer.Argument(
        metavar="CLOCK", help="A clock with a filing form, such as gdpr.art33.", autocompletion=complete.filings
    ),
]


def register(clocks: typer.Typer) -> None:
    """Add these commands to the group."""
    clocks.command(epilog="Example: crisisctl clock ics -i INC-3 -o inc-3.ics")(ics)
    clocks.command(epilog="Example: crisisctl clock draft gdpr.art33 -i INC-3 -o art33.md")(draft)


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
    items = alarms.items(found, told.entries, told.held)
    left = alarms.left_out(found, told.held)
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


def draft(
    ctx: typer.Context,
    clock: Clock,
    output: options.Output = None,
    include: options.Include = None,
    incident: options.Incident = None,
    json: options.Json = False,
) -> None:
    """A draft of what is filed for a clock: what the authority asks for, filled from the log, and what is missing.

    What is privileged or marked TLP:AMBER or stricter is left out. Nothing is filed.
    """
    from crisisctl.adapters.exports.filing import render  # noqa: PLC0415 - help pays for nothing
    from crisisctl.cli import story  # noqa: PLC0415 - the same
    from crisisctl.domain import commands as ask  # noqa: PLC0415 - the same
    from crisisctl.domain.clocks.tell import standing  # noqa: PLC0415 - the same
    from crisisctl.service import filing  # noqa: PLC0415 - the same

    office = ctx.obj.office
    output = story.named(output)
    found = office.clocks.find(clock)
    told, kinds = story.told_of(ctx.obj, incident, include)
    made = filing.draft(told, found, office.filings, _organisation(ctx.obj), kinds)
    text = render(made, office.templates)
    version, entries = told.incident.version, len(told.entries)
    taken = ask.Export("filing", "md", version, entries, story.STDOUT, kinds, found.id)
    story.let_out(ctx.obj, told.incident, taken, output)
    if json and output is None:
        show.data({**filing.document(made), "notice": standing([made.deadline or found]), "text": text})
        return
    story.deliver(told.incident, text, output, json=json)
    if output is not None and not json:
        _next(made)


def _organisation(session: Session) -> str:
    """What the settings call the organisation; empty while they do not."""
    from crisisctl.adapters.workspace import Settings  # noqa: PLC0415 - only drafts ask

    told: str = session.office.settings.organisation
    return "" if told == Settings._field_defaults["organisation"] else told


def _next(made: Draft) -> None:
    lacking = [one for one in made.missing if one.field.required]
    show.talk(
        f"{show.count(len(lacking), 'required answer')} missing; the end of the draft says what would supply them."
    )
    show.hint(f"crisisctl clock file {made.clock.id} --to WHOM --file FILE -i {made.incident.id}, once it is filed")
