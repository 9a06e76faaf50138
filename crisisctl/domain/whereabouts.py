"""How what was published stands on each channel, for people: what is out, what waits, and what somebody has to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from crisisctl.domain.incident import Incident, Post, Statement
from crisisctl.domain.posting import doubt
from crisisctl.domain.statements.renditions import channel_of
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

    `post` is the state of its post; `asks` says that a person has to see to it before anything else happens.
    """

    statement: str
    key: str
    state: str
    since: str
    what: str
    post: str
    asks: bool


def standings(incident: Incident, only: str | None = None, *, watched: bool = True) -> Iterator[Standing]:
    """Every rendition that was published, or should have been, statement by statement; `watched`: a watch is alive."""
    for statement in incident.statements.values():
        if only in (None, statement.id):
            for key, post in statement.posts.items():
                yield _standing(incident, statement, key, post, watched=watched)
            for name, post in statement.doubts.items():
                yield _doubt(incident, statement, name, post)


def _standing(incident: Incident, statement: Statement, key: str, post: Post, *, watched: bool) -> Standing:
    told = what(incident, statement, key, post, watched=watched)
    old, wrong = outdated(statement, post), mistaken(incident, statement, post)
    if old:
        told = f"{channel_of(key)} still has revision {old}, which is no longer right; {told}"
    state = "WRONG" if wrong and post.state == "ready" else _STATES[post.state]
    asks = post.state in ASKING or bool(old) or state == "WRONG"
    return Standing(statement.id, key, state, _since(post), told, post.state, asks)


def _doubt(incident: Incident, statement: Statement, name: str, post: Post) -> Standing:
    """What became of an earlier revision, of which nobody knows; the newer one does not answer that."""
    key = name.partition("@")[0]
    told = f"attempt {post.attempts} is being made"
    if post.state == "unclear":
        told = f"{post.reason or _SILENT}. {' '.join(to_do(incident, statement.id, key, post.revision))}"
    label = f"{key} revision {post.revision}"
    return Standing(statement.id, label, _STATES[post.state], _since(post), told, post.state, post.state in ASKING)


def _since(post: Post) -> str:
    return clock_time(post.at) if post.at else ""


def outdated(statement: Statement, post: Post) -> int:
    """The revision that is out there although a newer one was published, 0 for none."""
    if post.state != "posted":
        return post.carried
    return post.revision if post.revision < max(other.revision for other in statement.posts.values()) else 0


def mistaken(incident: Incident, statement: Statement, post: Post) -> bool:
    """Whether a fact in the very text of a post is known to be wrong, and the correction is still to come."""
    correction = incident.corrections.get(statement.id)
    if correction is None or correction.state != "open":
        return False
    return post.revision < statement.revision or statement.text_version <= correction.version


def what(incident: Incident, statement: Statement, key: str, post: Post, *, watched: bool = True) -> str:
    """The receipt of what is out; of all else, what becomes of it and what to type."""
    if post.state == "posted":
        seen = post.url or post.receipt or ("posted by a person" if post.by == "person" else f"accepted ({post.by})")
        return f"{seen}; {post.reason}" if post.reason else seen
    if post.state == "withheld":
        return "too long for this channel, so it was not published there"
    if post.state == "ready":
        return _to_paste(incident, statement, key, post)
    if post.state == "posting":
        return f"attempt {post.attempts} is being made"
    why = post.reason or (_SILENT if post.state == "unclear" else "not tried yet")
    if post.state in ("waiting", "unposted"):
        return f"{why}; {tries(post, watched=watched)}"
    return f"{why}. {' '.join(to_do(incident, statement.id, key))}"


_SILENT = "nothing was heard of the attempt"


def _to_paste(incident: Incident, statement: Statement, key: str, post: Post) -> str:
    if mistaken(incident, statement, post):
        changed = ", ".join(incident.corrections[statement.id].facts)
        return f"do not paste its file, for {changed} changed. Correct it: {_correct(statement)}"
    return "laid out for the exercise" if incident.drill else f"paste its file, then: {_by_hand(statement, key)}"


def _correct(statement: Statement) -> str:
    return f"crisisctl statement correct {statement.id} --file FILE --because WHY"


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


def to_do(incident: Incident, id_: str, key: str, revision: int | None = None) -> list[str]:
    """What somebody has to do so that it gets out once: as the post of that revision, or the newest, stands now."""
    statement = incident.statements[id_]
    post = statement.posts.get(key)
    here = f"-i {incident.id}"
    language = _language(statement, key)
    if revision is not None and (old := statement.doubts.get(doubt(key, revision))):
        hand = f"crisisctl statement posted {channel_of(key)} --statement {id_}{language} --revision {revision}"
        newer = f"Look at {channel_of(key)}: revision {revision} may be there, and a newer one was published since."
        there = f"If it is there: {hand} --url URL {here}"
        return (
            [newer, there, f"If it is not: {hand} --not-there {here}"] if old.state == "unclear" else [_settled(here)]
        )
    if post is None or post.state not in ASKING or revision not in (None, post.revision):
        return [_settled(here)]
    again = f"crisisctl statement retry {id_} --channel {channel_of(key)}{language} --because WHY {here}"
    if post.state == "unclear":
        there = f"If it is there: {_by_hand(statement, key)} {here}"
        return [f"Look at {channel_of(key)} first. {there}", f"If it is not: {again}"]
    return [f"Mend that, then: {again}", f"Or post it by hand: {_by_hand(statement, key)} {here}"]


def _settled(here: str) -> str:
    return f"It has been settled since. Look with: crisisctl statement list {here}"


def _by_hand(statement: Statement, key: str) -> str:
    which = f" --statement {statement.id}{_language(statement, key)}"
    return f"crisisctl statement posted {channel_of(key)} --url URL{which}"


def _language(statement: Statement, key: str) -> str:
    """The option that says which, where a channel has several languages."""
    same = [other for other in statement.posts if channel_of(other) == channel_of(key)]
    return f" --language {key.rpartition('/')[2]}" if len(same) > 1 else ""


def document(posts: Mapping[str, Post]) -> list[dict[str, Any]]:
    """The same for scripts: of posts, or of doubts."""
    return [
        {
            "key": (key := name.partition("@")[0]),
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
        for name, post in posts.items()
    ]
