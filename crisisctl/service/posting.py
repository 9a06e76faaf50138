"""Renditions leave the building here: each attempt is logged, then made, then its outcome is logged.

Whoever wrote the entry of an attempt makes it, and nobody else ever does: a process that dies in between leaves an
attempt of which nobody knows, and that is never made again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from crisisctl.domain import posting
from crisisctl.domain.entries import Entry, Event, Source
from crisisctl.domain.errors import CrisisError
from crisisctl.domain.incident import Incident
from crisisctl.domain.posting import Try
from crisisctl.domain.statements.renditions import channel_of
from crisisctl.service.desk import Desk, Outcome
from crisisctl.service.outward import Poster, Receipt, Rendition, Unclear
from crisisctl.service.page import WATCH
from crisisctl.service.ports import DeliveryFailed, Log
from crisisctl.service.story import drafts

AT_ONE_TIME = 8  # attempts that are logged together and made at the same time

Leads = Callable[[], Mapping[str, str]]  # the address of each channel that has one, or a reference to it


class Result(NamedTuple):
    """What came of an attempt: `posted`, `unposted`, `given up` or `unclear`, and why in words."""

    statement: str
    key: str
    state: str
    said: str

    @property
    def told(self) -> str:
        """The result as a sentence without its end."""
        how = {"posted": "posted", "unposted": "not posted", "given up": "not posted", "unclear": "nobody knows"}
        return f"{self.statement} to {self.key}: {how[self.state]}: {self.said}"


class _Failure(NamedTuple):
    reason: str
    unclear: bool
    permanent: bool


Made = tuple["_Order", "Receipt | _Failure"]
Work = Callable[["_Order"], Made]
Each = Callable[[Work, "Sequence[_Order]"], Iterable[Made]]  # in whatever order they come


class _Order(NamedTuple):
    """An attempt with all that it takes; `flaw` says why it cannot be made."""

    made: Try
    rendition: Rendition
    to: str
    key: str
    flaw: str = ""


class Postman:
    """Posts what was published. `each` may make several attempts at the same time, and gives each when it is done."""

    def __init__(self, desk: Desk, poster: Poster, leads: Leads, each: Each = map) -> None:
        self._desk = desk
        self._poster = poster
        self._leads = leads
        self._each = each

    def channels(self) -> tuple[str, ...]:
        """The channels to which the program can post by itself."""
        return tuple(self._leads())

    def first(self, published: Outcome, source: Source) -> list[Result]:
        """Post what a publication released; nothing of one that was carried out before, nor of a drill."""
        out = next((entry for entry in published.entries if entry.type == "statement.published"), None)
        if out is None or published.repeated or published.incident.drill:
            return []
        id_, name = out.incident, out.data["statement"]
        waiting = [key for key, post in published.incident.statements[name].posts.items() if post.state == "waiting"]
        results = []
        for batch in _batches(self._in_order(waiting, out)):
            results += self._carry_out(self._desk.follow(id_, _beginning(name, batch), source), source)
        return results

    @staticmethod
    def _in_order(keys: Sequence[str], out: Entry) -> list[str]:
        """Those inside before the public."""
        inside = set(out.data.get("inside") or ())
        return sorted(keys, key=lambda key: channel_of(key) not in inside)

    def again(self, asked: Outcome, source: Source) -> list[Result]:
        """Make the attempt that a person has just asked for."""
        return [] if asked.repeated else self._carry_out(asked, source)

    def retry(self, id_: str) -> list[Result]:
        """Make the attempts that are due in an incident, if it is this process that fires them."""
        fired = self._desk.fire(id_, posts=True)
        return self._carry_out(fired, WATCH) if fired else []

    def _carry_out(self, begun: Outcome, source: Source) -> list[Result]:
        """Make the attempts that were logged, and log what comes of each at once. Nothing stops between two of them."""
        made = [posting.tried(entry) for entry in begun.entries if entry.type == "statement.posting"]
        if not made or begun.incident.drill:
            return []
        orders = self._orders(begun.incident, made)
        results, trouble = [], None
        for order, how in self._each(lambda order: (order, self._attempted(order)), orders):
            try:
                results.append(self._settled(begun.incident.id, order.made, how, source))
            except CrisisError as error:  # the log is away: the attempt becomes unclear by itself, and others go on
                trouble = trouble or error
        if trouble:
            raise trouble
        return results

    def _orders(self, incident: Incident, made: Sequence[Try]) -> list[_Order]:
        """The exact bytes and the address of each attempt; whatever is missing or was changed is its flaw."""
        try:
            leads, flaw = self._leads(), ""
        except CrisisError as error:
            leads, flaw = {}, str(error)
        with self._desk.store.reading() as log:
            texts = _Texts(log, incident.id)
            return [self._order(incident, one, texts, leads, flaw) for one in made]

    @staticmethod
    def _order(incident: Incident, made: Try, texts: _Texts, leads: Mapping[str, str], flaw: str) -> _Order:
        text, parts = texts.of(made)
        to = leads.get(made.channel, "")
        if text is None:
            flaw = "its text was erased"
        elif sha256(text.encode()).hexdigest() != made.digest:
            flaw = "the text in the log is not, to the byte, the one that was published"
        elif not to:
            flaw = flaw or f"{made.channel} has no address in channels.yaml any more"
        rendition = Rendition(made.key, text or "", parts, incident.id, made.statement)
        return _Order(made, rendition, to, made.key_for_receivers(incident.id), flaw)

    def _attempted(self, order: _Order) -> Receipt | _Failure:
        """One attempt. Whatever breaks down in it may have broken down after the text was out."""
        if order.flaw:
            return _Failure(order.flaw, unclear=False, permanent=True)
        try:
            return self._poster.post(order.rendition, order.to, order.key)
        except Unclear as failure:
            return _Failure(failure.reason, unclear=True, permanent=False)
        except DeliveryFailed as failure:
            return _Failure(failure.reason, unclear=False, permanent=failure.permanent)
        except Exception as error:  # noqa: BLE001 - its text might hold a secret
            return _Failure(f"it broke down ({type(error).__name__})", unclear=True, permanent=False)

    def _settled(self, id_: str, made: Try, how: Receipt | _Failure, source: Source) -> Result:
        def follows(incident: Incident, now: datetime) -> list[Event]:
            if isinstance(how, Receipt):
                return posting.arrived(made, by=how.by, receipt=how.id, url=how.url, at=how.at, came=how.came)
            if how.unclear:
                return posting.unclear(incident, made, how.reason)
            return posting.failed(incident, made, how.reason, now, permanent=how.permanent)

        after = self._desk.follow(id_, follows, source).incident
        post = after.statements[made.statement].posts[made.key]
        state = post.state if post.revision == made.revision else "given up"  # a newer one has taken its place
        if isinstance(how, Receipt):
            return Result(made.statement, made.key, "posted", how.url or how.id or how.came or f"accepted ({how.by})")
        return Result(made.statement, made.key, "unclear" if how.unclear else state, how.reason)


class _Texts:
    """The texts of an incident as its log holds them, looked up once."""

    def __init__(self, log: Log, id_: str) -> None:
        self._drafts = drafts(log.entries(id_))

    def of(self, made: Try) -> tuple[str | None, dict[str, str]]:
        """The text of the attempt's rendition in its revision, None when it was erased, and the parts of it."""
        entry = self._drafts.get((made.statement, made.revision))
        if entry is None:
            return None, {}
        keys = entry.data.get("renditions", {made.key: ""})
        named = {key: posting.whole(key, keys) for key in keys}
        parts = {part: _text(entry, key) for key, (text, part) in named.items() if part and text == made.key}
        whole = all(text is not None for text in parts.values())
        return _text(entry, made.key) if whole else None, {part: text or "" for part, text in parts.items()}


def _text(entry: Entry, key: str) -> str | None:
    return entry.word(key) if key in entry.words else entry.word("text")


def _beginning(name: str, keys: tuple[str, ...]) -> Callable[[Incident, datetime], list[Event]]:
    return lambda incident, _now: posting.first_attempts(incident, name, keys)


def _batches(keys: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(keys[at : at + AT_ONE_TIME]) for at in range(0, len(keys), AT_ONE_TIME)]
