"""What becomes of a rendition that was published: at most one attempt at a time, each logged before it is made.

A failure that surely sent nothing is tried again by itself. An attempt of which nobody knows whether it arrived never
is: a person looks, and says that it is there, or that it is to be tried again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crisisctl.domain.entries import Entry, Event
from crisisctl.domain.incident import Incident, Post, Statement
from crisisctl.domain.statements.renditions import channel_of
from crisisctl.domain.times import instant, stamp

GRACE = timedelta(seconds=30)  # in which whoever published posts; after that the watch does
UNKNOWN_AFTER = timedelta(minutes=2)  # an attempt takes ten seconds; whoever says nothing for so long is gone
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300))
OPEN = ("waiting", "ready", "posting", "unposted", "given up", "unclear")  # not out yet, as far as anybody knows


class Due(NamedTuple):
    """A timer of a post: its id, kind, instant, and `STATEMENT/CHANNEL/LANGUAGE`, with `@REVISION` of a doubt."""

    id: str
    kind: str
    at: datetime
    subject: str


def whole(key: str, renditions: Iterable[str]) -> tuple[str, str]:
    """The key of the text that a rendition belongs to, and which part of it that is: `email.subject/en` is one."""
    channel, slash, language = key.partition("/")
    base, _, part = channel.rpartition(".")
    text = f"{base}{slash}{language}"
    return (text, part) if base and text in renditions else (key, "")


def alone(renditions: Iterable[str]) -> list[str]:
    """The keys of what is posted: a subject and a web form go with their text."""
    known = [*renditions]
    return [key for key in known if not whole(key, known)[1]]


def post_at(incident: Incident, subject: str) -> tuple[Statement, str, Post]:
    """The statement, key and post that a timer is about."""
    id_, _, name = subject.partition("/")
    statement = incident.statements[id_]
    key = name.partition("@")[0]
    return statement, key, statement.doubts[name] if "@" in name else statement.posts[key]


def doubt(key: str, revision: int) -> str:
    """Names an attempt of an earlier revision of which nobody knows whether it arrived."""
    return f"{key}@{revision}"


def due(incident: Incident) -> Iterator[Due]:
    """When something has to be done about a post; a closed incident's words still go out."""
    for statement in incident.statements.values():
        for named, post in [*statement.posts.items(), *statement.doubts.items()]:
            subject = f"{statement.id}/{named}"
            name = f"{statement.id}/{named.partition('@')[0]}/{post.revision}"
            if post.state in ("waiting", "unposted") and post.retry_at:
                yield Due(f"{incident.id}/posting/{name}/{post.attempts + 1}", "posting", post.retry_at, subject)
            elif post.state == "posting" and post.at:
                unknown = post.at + UNKNOWN_AFTER
                yield Due(f"{incident.id}/unclear/{name}/{post.attempts}", "unclear", unknown, subject)


def attempt(statement: Statement, key: str, timer: str | None = None, **more: object) -> Event:
    """The attempt that is about to be made."""
    post = statement.posts[key]
    return Event("statement.posting", _named(statement.id, key, post, post.attempts + 1) | more, timer=timer)


def first_attempts(incident: Incident, id_: str, keys: tuple[str, ...]) -> list[Event]:
    """The first attempts of whoever published; none for what the watch has begun in the meantime."""
    timers = {timer.subject: timer.id for timer in due(incident) if timer.kind == "posting"}
    statement = incident.statements[id_]
    waiting = [key for key in keys if key in statement.posts and statement.posts[key].state == "waiting"]
    return [attempt(statement, key, timers.get(f"{id_}/{key}")) for key in waiting]


def unknown(incident: Incident, subject: str, reached: tuple[str, ...]) -> Event:
    """Nobody knows whether it arrived, and a person has to look."""
    statement, key, post = post_at(incident, subject)
    return Event("statement.unclear", _named(statement.id, key, post, post.attempts) | {"reached": [*reached]})


def what(incident: Incident, kind: str, subject: str) -> str:
    """What falls due, for people."""
    statement, key, post = post_at(incident, subject)
    if kind == "unclear":
        return f"nobody will know whether {statement.id} reached {key}"
    return f"{statement.id} is posted to {key}" + (f", attempt {post.attempts + 1}" if post.attempts else "")


def why(incident: Incident, kind: str, subject: str) -> str:
    """Why the timer exists."""
    _, _, post = post_at(incident, subject)
    if kind == "unclear":
        return "an attempt has begun and nothing was heard of it"
    return "published, and not posted yet" if post.state == "waiting" else "the attempt before surely sent nothing"


def _named(id_: str, key: str, post: Post, number: int) -> dict[str, object]:
    named = {"statement": id_, "revision": post.revision, "key": key, "channel": channel_of(key)}
    return named | {"digest": post.digest, "attempt": number}


class Try(NamedTuple):
    """One attempt that was logged: what its entry says."""

    statement: str
    revision: int
    key: str
    digest: str
    number: int

    @property
    def channel(self) -> str:
        """Where it goes."""
        return channel_of(self.key)

    def key_for_receivers(self, incident: str) -> str:
        """The same at every attempt to bring these bytes out, so that a receiver can drop a repeat."""
        return f"{incident}/{self.statement}/{self.revision}/{self.key}/{self.digest[:16]}"


def tried(entry: Entry) -> Try:
    """The attempt of a `statement.posting`."""
    data = entry.data
    return Try(data["statement"], data["revision"], data["key"], data["digest"], data["attempt"])


def arrived(
    made: Try, *, by: str, receipt: str = "", url: str = "", at: datetime | None = None, came: str = ""
) -> list[Event]:
    """It is out; told even when somebody has said so before, for then it may be out twice."""
    data = _outcome(made) | {"by": by} | ({"receipt": receipt} if receipt else {}) | ({"at": stamp(at)} if at else {})
    words = {name: word for name, word in (("url", url), ("reason", came)) if word}
    return [Event("statement.posted", data, words)]


def failed(incident: Incident, made: Try, reason: str, now: datetime, *, permanent: bool = False) -> list[Event]:
    """Surely nothing arrived: it is tried again after a while, or handed to a person; nothing if that is settled."""
    post = _present(incident, made)
    if post is None or post.state != "posting":
        return []
    if _superseded(incident, made):
        return absent(made, reason)
    turn = made.number - post.since
    if permanent or turn >= len(BACK_OFF):
        reached = [*incident.holders(incident.playbook.first_role())]
        return [Event("statement.unposted", _outcome(made) | {"gave_up": True, "reached": reached}, {"reason": reason})]
    data = _outcome(made) | {"retry_at": stamp(now + BACK_OFF[turn])}
    return [Event("statement.unposted", data, {"reason": reason})]


def absent(made: Try, reason: str) -> list[Event]:
    """A person knows that it did not arrive; whether it is tried again is theirs to say."""
    return [Event("statement.unposted", _outcome(made) | {"gave_up": True}, {"reason": reason})]


def unclear(incident: Incident, made: Try, reason: str) -> list[Event]:
    """The attempt ended and nobody knows how, which is known before its time is up."""
    post = _present(incident, made)
    if post is None or post.state != "posting":
        return []
    reached = [*incident.holders(incident.playbook.first_role())]
    return [Event("statement.unclear", _outcome(made) | {"reached": reached}, {"reason": reason})]


def _present(incident: Incident, made: Try) -> Post | None:
    """The post as it stands, if it is still about this attempt; else the doubt that it left."""
    statement = incident.statements.get(made.statement)
    found = (statement.posts.get(made.key), statement.doubts.get(doubt(made.key, made.revision))) if statement else ()
    mine = (post for post in found if post and (post.revision, post.attempts) == (made.revision, made.number))
    return next(mine, None)


def _superseded(incident: Incident, made: Try) -> bool:
    return doubt(made.key, made.revision) in incident.statements[made.statement].doubts


def _outcome(made: Try) -> dict[str, object]:
    named = {"statement": made.statement, "revision": made.revision, "key": made.key, "channel": made.channel}
    return named | {"digest": made.digest, "attempt": made.number}


# What the entries make of the posts.


def begun(statement: Statement, entry: Entry) -> dict[str, Post]:
    """The posts of a statement once it was published; what is out of this revision already stays as it is."""
    data = entry.data
    seals: Mapping[str, str] = data.get("renditions") or {}
    machine = set(data.get("posting") or ())
    posts = dict(statement.posts)
    for key in alone(seals):
        if not _out_already(posts.get(key), data["revision"]):
            by_itself = channel_of(key) in machine
            retry = entry.occurred_at + GRACE if by_itself else None
            state = "waiting" if by_itself else "ready"
            fresh = Post(seals[key], state, 0, entry.occurred_at, retry, revision=data["revision"])
            posts[key] = fresh._replace(carried=_carried(posts.get(key)))
    for key in alone(data.get("withheld") or {}):
        if not _out_already(posts.get(key), data["revision"]):
            seal = statement.renditions.get(key, "")
            fresh = Post(seal, "withheld", 0, entry.occurred_at, revision=data["revision"])
            posts[key] = fresh._replace(carried=_carried(posts.get(key)))
    return posts


def _carried(before: Post | None) -> int:
    """The revision that is out where a newer one is to come."""
    return 0 if before is None else before.revision if before.state == "posted" else before.carried


def doubted(statement: Statement, posts: Mapping[str, Post]) -> dict[str, Post]:
    """The doubts of a statement once these posts took the place of its own: what was under way or unclear stays so."""
    left = {
        doubt(key, post.revision): post
        for key, post in statement.posts.items()
        if post.state in ("posting", "unclear") and posts[key].revision != post.revision
    }
    return {**statement.doubts, **left}


def _out_already(post: Post | None, revision: int) -> bool:
    return post is not None and post.revision == revision and post.state != "withheld"


def _changed(incident: Incident, entry: Entry, change: dict[str, Any]) -> Incident:
    """The incident with a post or a doubt changed, unless the entry is about another revision."""
    data = entry.data
    was = incident.statements[data["statement"]]
    post = was.posts.get(data["key"])
    name = doubt(data["key"], data["revision"])
    if name in was.doubts:
        now = _doubt_changed(was, data["key"], name, change)
    elif post is None or post.revision != data["revision"]:
        return incident
    else:
        now = was._replace(posts={**was.posts, data["key"]: post._replace(**change)})
    return incident._replace(statements={**incident.statements, was.id: now})


def _doubt_changed(was: Statement, key: str, name: str, change: dict[str, Any]) -> Statement:
    """A doubt ends as soon as anybody knows; what is out there is known to whoever looks at the newer one."""
    if change["state"] in ("posting", "unclear"):
        return was._replace(doubts={**was.doubts, name: was.doubts[name]._replace(**change)})
    left = {other: post for other, post in was.doubts.items() if other != name}
    newer = was.posts[key]
    if change["state"] == "posted" and newer.state != "posted":
        newer = newer._replace(carried=max(newer.carried, was.doubts[name].revision))
    return was._replace(doubts=left, posts={**was.posts, key: newer})


def _posting(incident: Incident, entry: Entry) -> Incident:
    number = entry.data["attempt"]
    change: dict[str, Any] = {"state": "posting", "attempts": number, "at": entry.recorded_at, "retry_at": None}
    if entry.data.get("again"):
        change["since"] = number
    return _changed(incident, entry, change)


def _posted(incident: Incident, entry: Entry) -> Incident:
    data = entry.data
    at = instant(data["at"]) if data.get("at") else entry.occurred_at
    seen = {"receipt": data.get("receipt"), "url": entry.word("url"), "by": data["by"]}
    return _changed(
        incident, entry, {"state": "posted", "at": at, "retry_at": None, "reason": entry.word("reason"), **seen}
    )


def _unposted(incident: Incident, entry: Entry) -> Incident:
    data = entry.data
    again = instant(data["retry_at"]) if data.get("retry_at") else None
    state = "unposted" if again else "given up"
    reason = entry.word("reason")
    return _changed(incident, entry, {"state": state, "at": entry.occurred_at, "retry_at": again, "reason": reason})


def _unclear(incident: Incident, entry: Entry) -> Incident:
    reason = entry.word("reason")
    return _changed(incident, entry, {"state": "unclear", "at": entry.occurred_at, "retry_at": None, "reason": reason})


def _embargoed(incident: Incident, entry: Entry) -> Incident:
    data = entry.data
    name = f"{data['statement']}/{data.get('audience') or ''}"
    kept = {key: at for key, at in incident.embargoes.items() if key != name}
    until = {name: instant(data["until"])} if "until" in data else {}
    return incident._replace(embargoes=kept | until)


CHANGES = {
    "statement.posting": _posting,
    "statement.posted": _posted,
    "statement.unposted": _unposted,
    "statement.unclear": _unclear,
    "statement.embargoed": _embargoed,
    "statement.embargo_lifted": _embargoed,
}
