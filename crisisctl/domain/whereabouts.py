"""How what was published stands on each channel, for people: what is out, what waits, and what somebody has to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from crisisctl.domain.incident import Incident, Post, Statement
from crisisctl.domain.posting import channel_of
from crisisctl.domain.times import clock_time, stamp

_STATES = {
    "waiting": "waits",
    "ready": "to paste",
    "withheld": "held back",
    "posting": "under way",
    "unposted": "not out yet",
    "given up": "NOT OUT",
    "unclear": "UNCLEAR",
    "posted": "out",
}
ASKING = ("given up", "unclear")  # what a person has to see to before anything else happens


class Standing(NamedTuple):
    """One rendition on its channel: `state` in a word or two, `what` is its receipt, or what is to be done.

    `post` is the state of its post.
    """

    statement: str
    key: str
    state: str
    since: str
    what: str
    post: str

    @property
    def asks(self) -> bool:
        """Whether a person has to see to it before anything else happens."""
        return self.post in ASKING


def standings(incident: Incident, only: str | None = None, *, watched: bool = True) -> Iterator[Standing]:
    """Every rendition that was published, or should have been, statement by statement; `watched`: a watch is alive."""
    for statement in incident.statements.values():
        if only in (None, statement.id):
            for key, post in statement.posts.items():
                since = clock_time(post.at) if post.at else ""
                told = what(incident, statement, key, post, watched=watched)
                yield Standing(statement.id, key, _STATES[post.state], since, told, post.state)


def what(incident: Incident, statement: Statement, key: str, post: Post, *, watched: bool = True) -> str:
    """The receipt of what is out; of all else, what becomes of it and what to type."""
    if post.state == "posted":
        seen = post.url or post.receipt or ("posted by a person" if post.by == "person" else f"accepted ({post.by})")
        return f"{seen}; {post.reason}" if post.reason else seen
    if post.state == "withheld":
        return "too long for this channel, so it was not published there"
    if post.state == "ready":
        return "laid out for the exercise" if incident.drill else f"paste its file, then: {_by_hand(statement, key)}"
    if post.state == "posting":
        return f"attempt {post.attempts} is being made"
    why = post.reason or ("nothing was heard of the attempt" if post.state == "unclear" else "not tried yet")
    if post.state in ("waiting", "unposted"):
        return f"{why}; {tries(post, watched=watched)}"
    return f"{why}. {' '.join(to_do(incident, statement.id, key))}"


def tries(post: Post, *, watched: bool) -> str:
    """Who posts what is not out yet, and when: nobody does without a watch."""
    at = f"at {_clock(post.retry_at)} UTC"
    return (
        f"the watch tries {'again ' if post.attempts else ''}{at}"
        if watched
        else f"no watch is running, so nobody tries {at}: {_START}"
    )


_START = "start one with crisisctl watch"


def _clock(moment: datetime | None) -> str:
    return clock_time(moment)[11:] if moment else "?"


def to_do(incident: Incident, id_: str, key: str) -> list[str]:
    """What somebody has to do so that it gets out once: as the post stands now."""
    statement = incident.statements[id_]
    post = statement.posts.get(key)
    here = f"-i {incident.id}"
    again = (
        f"crisisctl statement retry {id_} --channel {channel_of(key)}{_language(statement, key)} --because WHY {here}"
    )
    if post is None or post.state not in ASKING:
        return [f"It has been settled since. Look with: crisisctl statement list {here}"]
    if post.state == "unclear":
        there = f"If it is there: {_by_hand(statement, key)} {here}"
        return [f"Look at {channel_of(key)} first. {there}", f"If it is not: {again}"]
    return [f"Mend that, then: {again}", f"Or post it by hand: {_by_hand(statement, key)} {here}"]


def _by_hand(statement: Statement, key: str) -> str:
    which = f" --statement {statement.id}{_language(statement, key)}"
    return f"crisisctl statement posted {channel_of(key)} --url URL{which}"


def _language(statement: Statement, key: str) -> str:
    """The option that says which, where a channel has several languages."""
    same = [other for other in statement.posts if channel_of(other) == channel_of(key)]
    return f" --language {key.rpartition('/')[2]}" if len(same) > 1 else ""


def document(statement: Statement) -> list[dict[str, Any]]:
    """The same for scripts."""
    return [
        {
            "key": key,
            "channel": channel_of(key),
            "language": key.rpartition("/")[2],
            "state": post.state,
            "revision": post.revision,
            "digest": post.digest,
            "attempts": post.attempts,
            "at": stamp(post.at) if post.at else None,
            "retry_at": stamp(post.retry_at) if post.retry_at else None,
            "by": post.by or None,
            "receipt": post.receipt,
            "url": post.url,
            "reason": post.reason,
        }
        for key, post in statement.posts.items()
    ]
