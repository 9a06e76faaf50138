"""What people say of words that were published: posted by hand, to be tried again, to be kept back until an instant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident, Post, Statement
from crisisctl.domain.posting import Try, absent, alone, arrived, attempt
from crisisctl.domain.snowflake import posted_at, status_id
from crisisctl.domain.statements.renditions import channel_of
from crisisctl.domain.text import line, nearest, prose
from crisisctl.domain.times import clock_time, stamp

LONGEST_URL = 1_000
_URL = re.compile(r"https?://[^\s/]+\S*")


def posted(incident: Incident, command: ask.Posted, source: Source, at: datetime) -> list[Event]:
    """A person has posted it, there; the id of a post on X tells exactly when."""
    if incident.drill:
        raise Refused(
            f"{incident.id} is an exercise, of which nothing leaves the building. There is nothing to record."
        )
    _in_the_room(incident, source)
    statement, key, post = _meant(incident, command)
    _free(statement, key, post, again=False)
    made = Try(statement.id, post.revision, key, post.digest, post.attempts)
    if command.url is None:
        return _not_there(made, post, source)
    url = line(command.url, "The URL", LONGEST_URL)
    id_ = status_id(url) if channel_of(key) == "x" or "://" in url else None
    if not _URL.fullmatch(url) and id_ is None:
        raise Refused(f"{url[:80]!r} is no address. Write where it can be read: --url https://...")
    moment = posted_at(id_) if id_ else None
    if moment is not None and not incident.opened_at <= moment <= at:
        when = "before the incident was opened" if moment < at else "which is still to come"
        raise Refused(f"That post on X is of {clock_time(moment)} UTC, {when}. Look at the address again.")
    (event,) = arrived(made, by="person", receipt=id_ or "", url=url, at=moment or at)
    return [event]


def _meant(incident: Incident, command: ask.Posted) -> tuple[Statement, str, Post]:
    """The one post that can be meant; a refusal names those that there are."""
    there = _posts(incident, command.channel, command.statement, command.language)
    if not there:
        _nothing(incident, command.channel, command.statement)
    there += _doubts(incident, command)
    if command.revision is not None:
        there = [one for one in there if one[2].revision == command.revision] or _unknown(command)
    waiting = [one for one in there if one[2].state != "posted"] or there
    if len(waiting) > 1:
        told = "; ".join(
            f"--statement {s.id} --language {key.rpartition('/')[2]} --revision {post.revision}"
            for s, key, post in waiting
        )
        raise Refused(f"Several are published on {command.channel}. Say which: {told}")
    return waiting[0]


def _posts(
    incident: Incident, channel: str, statement: str | None, language: str | None
) -> list[tuple[Statement, str, Post]]:
    return [
        (one, key, post)
        for one in incident.statements.values()
        for key, post in one.posts.items()
        if channel_of(key) == channel and statement in (None, one.id) and language in (None, key.rpartition("/")[2])
    ]


def _doubts(incident: Incident, command: ask.Posted) -> list[tuple[Statement, str, Post]]:
    """The attempts of earlier revisions of which nobody knows."""
    return [
        (one, key, post)
        for one in incident.statements.values()
        for key, post in ((name.partition("@")[0], post) for name, post in one.doubts.items())
        if channel_of(key) == command.channel
        and command.statement in (None, one.id)
        and command.language in (None, key.rpartition("/")[2])
    ]


def _unknown(command: ask.Posted) -> NoReturn:
    raise Refused(f"Nothing of revision {command.revision} is open on {command.channel}. See: crisisctl statement list")


def _not_there(made: Try, post: Post, source: Source) -> list[Event]:
    """A person has looked for what nobody knew of, and it surely did not arrive."""
    if post.state != "unclear":
        raise Refused(f"Nobody is in doubt about {made.statement} on {made.key}. See: crisisctl statement list")
    return absent(made, f"{source.actor} looked, and it is not there")


def _nothing(incident: Incident, channel: str, statement: str | None) -> None:
    """Say what there is instead."""
    if statement is not None and statement not in incident.playbook.statements:
        raise nearest(statement, incident.playbook.statements, "statement")
    known = {channel_of(key) for one in incident.statements.values() for key in one.posts}
    if known and channel not in known:
        raise nearest(channel, known, "channel on which something was published")
    what = statement or "Nothing"
    raise Refused(f"{what} was published on {channel}." if not statement else f"{what} was not published on {channel}.")


def _free(statement: Statement, key: str, post: Post, *, again: bool) -> None:
    """`Refused` while somebody posts it, when it is out, and when it may not be."""
    where = f"{statement.id} on {key}"
    if post.state == "withheld":
        shorter = f"crisisctl statement draft {statement.id} --channel {channel_of(key)} --short, or --file FILE"
        raise Refused(f"{statement.id} is too long for {key}, so it was not published there. A shorter one: {shorter}")
    if post.state == "posting":
        raise Refused(f"{where} is being posted just now. Look again in two minutes: crisisctl statement list")
    if post.state == "posted" and (again or post.by != "person"):
        seen = post.url or post.receipt or f"by {post.by}"
        since = clock_time(post.at) if post.at else "some time"
        raise Refused(f"{where} is out since {since} UTC ({seen}); nothing is posted twice.")


def retry(incident: Incident, command: ask.Retry, source: Source, _at: datetime) -> list[Event]:
    """A person has looked, or mended what was broken, and has it posted again."""
    if incident.drill:
        raise Refused(f"{incident.id} is an exercise, of which nothing leaves the building.")
    _in_the_room(incident, source)
    there = _posts(incident, command.channel, command.statement, command.language)
    if not there:
        _nothing(incident, command.channel, command.statement)
    if len(there) > 1:
        told = " or ".join(f"--language {key.rpartition('/')[2]}" for _, key, _ in there)
        raise Refused(f"{command.statement} is out on {command.channel} in several languages. Say which: {told}")
    statement, key, post = there[0]
    _free(statement, key, post, again=True)
    if not command.leads:
        by_hand = f"crisisctl statement posted {command.channel} --url URL --statement {statement.id}"
        raise Refused(f"{command.channel} has no address in channels.yaml. Paste its file, then: {by_hand}")
    return [attempt(statement, key, again=True)._replace(words={"because": prose(command.because, "The reason")})]


def embargo(incident: Incident, command: ask.Embargo, source: Source, at: datetime) -> list[Event]:
    """Nobody is told, or one audience is not, before that instant; or that is lifted."""
    _in_the_room(incident, source)
    specs = incident.playbook.statements
    if command.statement not in specs:
        raise nearest(command.statement, specs, "statement")
    audiences = specs[command.statement].audiences
    if command.audience is not None and command.audience not in audiences:
        raise nearest(command.audience, audiences, "audience")
    data = {"statement": command.statement} | ({"audience": command.audience} if command.audience else {})
    words = {"because": prose(command.because, "The reason")}
    if command.until is None:
        if f"{command.statement}/{command.audience or ''}" not in incident.embargoes:
            raise Refused(f"There is no embargo on {_whom(command.statement, command.audience)}.")
        return [Event("statement.embargo_lifted", data, words)]
    if command.until <= at:
        raise Refused(f"{clock_time(command.until)} UTC has passed. Give an instant that lies ahead: --until TIME")
    _still_to_come(incident, command)
    return [Event("statement.embargoed", data | {"until": stamp(command.until)}, words)]


def _still_to_come(incident: Incident, command: ask.Embargo) -> None:
    now = incident.statements.get(command.statement)
    if now and now.state == "publishing" and command.audience in now.audiences:
        raise Refused(f"{command.audience} has {command.statement} already; nothing can be kept from it.")


def _whom(statement: str, audience: str | None) -> str:
    return f"{statement} for {audience}" if audience else statement


def released(incident: Incident, command: ask.Publish, events: Sequence[Event], at: datetime) -> list[Event]:
    """The events of a publication, with what the program posts by itself: nothing of an exercise.

    `Refused`, with the instant and the way out, when somebody would be told who must not be told yet.
    """
    _held_back(incident, events, at)
    return [_posted_by_itself(event, command) if not incident.drill else event for event in events]


def _posted_by_itself(event: Event, command: ask.Publish) -> Event:
    going = {channel_of(key) for key in alone(event.data.get("renditions") or {})}
    told = {"posting": sorted(going.intersection(command.posting))}
    told |= {"inside": sorted(going.intersection(getattr(command, "inside", ())))}
    kept = {name: channels for name, channels in told.items() if channels}
    return event._replace(data={**event.data, **kept}) if event.type == "statement.published" else event


def _held_back(incident: Incident, events: Sequence[Event], at: datetime) -> None:
    for event in events:
        if event.type != "statement.published":
            continue
        id_ = event.data["statement"]
        for audience in ("", *event.data["audiences"]):
            until = incident.embargoes.get(f"{id_}/{audience}")
            if until is not None and at < until:
                _refuse(id_, audience, until, event.data["audiences"])


def _refuse(id_: str, audience: str, until: datetime, wanted: Sequence[str]) -> None:
    only = f" --audience {audience}" if audience else ""
    lift = f"crisisctl statement embargo {id_} --lift{only} --because WHY"
    before = wanted[: wanted.index(audience)] if audience else ()
    others = f"To those before it: crisisctl statement publish {id_} {_options(before)}. " if before else ""
    whom = _whom(id_, audience or None)
    raise Refused(f"{whom} is under embargo until {clock_time(until)} UTC. {others}To lift it: {lift}")


def _options(audiences: Sequence[str]) -> str:
    return " ".join(f"--audience {name}" for name in audiences)


def _in_the_room(incident: Incident, source: Source) -> None:
    if not incident.held_by(source.actor):
        raise Refused(f"{source.actor} holds no role, and only the people in the room may do that.")


RULES: Mapping[type, Rule] = {ask.Posted: posted, ask.Retry: retry, ask.Embargo: embargo}
