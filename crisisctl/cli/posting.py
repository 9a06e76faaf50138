"""`statement posted|retry|embargo`: what became of words that were published, and when they may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from crisisctl.cli import options, show, standing
from crisisctl.cli.done import document, tell
from crisisctl.cli.session import Session
from crisisctl.cli.writing import writing
from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Usage
from crisisctl.domain.incident import Incident
from crisisctl.domain.posting import whole
from crisisctl.domain.times import parse_instant
from crisisctl.domain.whereabouts import mistaken, standings
from crisisctl.service.posting import Result

Language = Annotated[
    str | None, typer.Option("--language", metavar="L", help="Which language, if it is out in several.")
]


def register(statements: typer.Typer) -> None:
    """Add these commands to the group."""
    writing(statements, "posted", example="statement posted x --url https://x.com/room/status/1", then=_LIST)(posted)
    writing(statements, "embargo", example="statement embargo holding --lift --because leaked")(embargo)
    statements.command("retry", epilog="Example: crisisctl statement retry holding --channel x --because 'not there'")(
        retry
    )


_LIST = "crisisctl statement list"


def posted(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Where it was posted.")],
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where it can be read.")] = None,
    not_there: Annotated[
        bool, typer.Option("--not-there", help="Instead: you looked for what nobody knew of, and it is not there.")
    ] = False,
    statement: Annotated[
        str | None,
        typer.Option("--statement", metavar="NAME", help="Which statement, if several wait for that channel."),
    ] = None,
    language: Language = None,
    revision: Annotated[
        int | None, typer.Option("--revision", metavar="N", min=1, help="An earlier text of which nobody knew.")
    ] = None,
) -> ask.Posted:
    """Record what a person has posted, and where; the address of a post on X tells exactly when."""
    if not_there == (url is not None):
        raise Usage("Give --url URL where it can be read, or --not-there when you looked and it is not.")
    return ask.Posted(channel, url, statement, language, revision)


def embargo(
    statement: options.Statement,
    because: options.Why,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Not before then: 2026-11-22T15:00:00Z.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="End an embargo before its time.")] = False,
    audience: Annotated[
        str | None, typer.Option("--audience", metavar="AUDIENCE", help="For this audience alone.")
    ] = None,
) -> ask.Embargo:
    """Keep a statement from everybody, or from one audience, until an instant; publishing before then is refused."""
    if lift == (until is not None):
        raise Usage("Give --until TIME to begin an embargo, or --lift to end it.")
    return ask.Embargo(statement, parse_instant(until) if until is not None else None, because, audience)


def retry(
    ctx: typer.Context,
    statement: options.Statement,
    channel: Annotated[str, typer.Option("--channel", metavar="CHANNEL", help="Where it is to be posted.")],
    because: options.Why,
    language: Language = None,
    incident: options.Incident = None,
    request_id: options.Request = None,
    expect_version: options.Expect = None,
    json: options.Json = False,
) -> None:
    """Post it again where it did not get out, after a look: whatever is out already is not posted twice."""
    session: Session = ctx.obj
    postman = session.office.postman
    command = ask.Retry(statement, channel, because, language, channel in postman.channels())
    asked = session.asked(None, request_id, expect_version)
    outcome = session.handle(incident, command, asked)
    with interrupted():
        results = postman.again(outcome, asked.source)
    if json:
        show.data(document(outcome) | {"posts": posts(results)})
        return
    tell(outcome, json=False, then=None if results else _LIST)
    if results:
        say(session, session.look(outcome.incident.id), statement, {})


def posts(results: Sequence[Result]) -> list[dict[str, Any]]:
    """What came of attempts, for scripts."""
    return [{"statement": r.statement, "key": r.key, "state": r.state, "said": r.said} for r in results]


@contextmanager
def interrupted() -> Iterator[None]:
    """Whoever is impatient with a slow channel learns that what they did is written down, and where to look."""
    try:
        yield
    except KeyboardInterrupt:
        told = "It is recorded, but nobody knows yet what was posted; do not repeat it."
        show.talk(show.style(f"{told} Look in two minutes: {_LIST}", "red"))
        raise


def laid_out(files: Sequence[Path], keys: Sequence[str]) -> dict[str, list[Path]]:
    """The files, one for each key, by the key of the text that they are or go with."""
    found: dict[str, list[Path]] = {}
    for file, key in zip(files, keys, strict=False):  # none at all where they could not be written
        found.setdefault(whole(key, keys)[0], []).append(file)
    return found


def say(session: Session, incident: Incident, id_: str, files: Mapping[str, Sequence[Path]]) -> None:
    """How a statement stands at each channel: what is out or to be pasted on stdout, all else on stderr."""
    posts = incident.statements[id_].posts
    alive = standing.watched(session, incident)
    for key, paths in files.items():
        post = posts.get(key)
        if post and mistaken(incident, incident.statements[id_], post):
            continue
        if post is None or post.state == "ready":
            for path in paths:
                show.say(f"  {'laid out for the exercise' if incident.drill else 'to paste'}: {path}")
    for one in standings(incident, id_, watched=alive):
        if one.post == "posted":
            show.say(f"  {one.key}: {show.style('out', 'green')}, {one.what}")
    for one in standings(incident, id_, watched=alive):
        if one.state == "WRONG" or (one.post == "withheld" and one.asks):
            show.talk(show.style(f"  {id_} on {one.key}: {one.what}", "red"))
        if one.post in _HOW:
            show.talk(show.style(f"  {id_} {_HOW[one.post].format(one.key)}: {one.what}", "red"))


_HOW = {
    "waiting": "waits for {}",
    "posting": "is being sent to {}",
    "unposted": "could not be sent to {}",
    "given up": "could not be sent to {}",
    "unclear": "may have reached {}, nobody knows",
}
