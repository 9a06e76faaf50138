"""`statement measure|channels`: how long a text is on each channel, and what the channels are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from crisisctl.cli import complete, options, show, texts
from crisisctl.cli.session import Session
from crisisctl.domain.measure import Channel, Measure, channel_of, measure
from crisisctl.domain.text import nearest

measuring = typer.Typer(rich_markup_mode=None)

File = Annotated[str, typer.Argument(metavar="FILE", help="The text, in UTF-8; - is standard input.")]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--channel",
        metavar="CHANNEL",
        help="Only this channel, or a part of one: email.subject; may be repeated.",
        autocompletion=complete.channels,
    ),
]
Warn = Annotated[
    str, typer.Option("--warning", metavar="TEXT", help="The content warning of the post; Mastodon counts it too.")
]


@measuring.command("measure", epilog="Example: crisisctl statement measure holding.txt --channel x --channel sms")
def measure_(
    ctx: typer.Context, file: File, channel: Names = None, warning: Warn = "", json: options.Json = False
) -> None:
    """Count any text as each channel counts it, every byte of the file; no incident is needed."""
    session: Session = ctx.obj
    known = session.office.channels.channels()
    named = [_named(known, name) for name in channel] if channel else list(known.values())
    text = texts.read(file)
    found = {one.id: measure(one, text, warning=warning) for one in named}
    if json:
        show.data({name: _document(one) for name, one in found.items()})
        return
    rows = ((name, f"{one.count:,}", _limit(one.limit), one.unit, _verdict(one)) for name, one in found.items())
    show.table(("CHANNEL", "COUNT", "LIMIT", "UNIT", "FITS"), rows)
    if text.endswith(("\n", "\r")):
        show.talk("The text ends in a line break, which is counted here; statement draft takes it away.")


def _named(known: Mapping[str, Channel], key: str) -> Channel:
    parts = [f"{one.id}.{part}" for one in known.values() for part in one.parts]
    if key not in known and key not in parts:
        then = "crisisctl statement channels lists them; add others in channels.yaml beside crisisctl.toml."
        raise nearest(key, [*known, *parts], "channel", then=then)
    return channel_of(known, key)


def _document(found: Measure) -> dict[str, object]:
    keys = ("count", "limit", "unit", "fits", "excess", "troubles")
    return {key: getattr(found, key) for key in keys} | dict(found.more)


def _limit(limit: int | None) -> str:
    return "-" if limit is None else f"{limit:,}"


def _verdict(found: Measure) -> str:
    """Whether it fits, by how much not, and what else is worth knowing."""
    said = f"no: {'; '.join(found.troubles)}" if found.troubles else "yes"
    if found.fits and not found.more.get("within_advice", True):
        said += f", but better at most {found.more['advised']:,}"
    if "encoding" in found.more:
        said += f" ({found.more['encoding']}, {found.more['units']:,} units)"
    return said


@measuring.command(epilog="Example: crisisctl statement channels")
def channels(ctx: typer.Context, json: options.Json = False) -> None:
    """The channels, what each carries, and where a text for it goes."""
    session: Session = ctx.obj
    known = session.office.channels.channels()
    every = [one for channel in known.values() for one in (channel, *channel.parts.values())]
    if json:
        show.data({"channels": [_described(one) for one in every]})
        return
    rows = ((one.id, one.title, _limit(one.limit), one.unit, one.audience, _place(one)) for one in every)
    show.table(("CHANNEL", "TITLE", "LIMIT", "UNIT", "AUDIENCE", "POSTS TO"), rows)
    show.talk("A file is laid out ready to paste. Your own limits and addresses: channels.yaml")


def _described(one: Channel) -> dict[str, object]:
    keys = ("id", "title", "rule", "unit", "limit", "advised", "hashtags", "cannot", "audience", "languages")
    return {key: getattr(one, key) for key in keys} | {"to": _place(one)}


def _place(one: Channel) -> str:
    """Where it posts, without what an address may hold of a secret."""
    to = one.to or "file"
    scheme, mark, _ = to.partition("://")
    return f"{scheme}://…" if mark else to
