"""The calendars, and the last good copy of each, kept beside the log so that a broken or unreachable one stops nobody.

Of each calendar there are two files under the digest of its address: what it said when it last made sense, and what was
made of that. Whatever the second lacks can be worked out again from the first.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.adapters.calendars.expand import Event, Unusable, expand
from crisisctl.domain.rota import Calendar, Span
from crisisctl.domain.times import clock_time, instant, stamp
from crisisctl.service.calendars import Known, Names

LARGEST = 1024 * 1024
BEFORE, AHEAD = timedelta(days=7), timedelta(days=400)  # the time that is worked out, around the present
ENOUGH = timedelta(days=367)  # less than that ahead, and it is worked out anew
SHOWN = 20  # events that name nobody

Document = dict[str, Any]


class _Card(NamedTuple):
    """What is known of one calendar. `content` is the digest of the copy, `mark` the state of the file it came from.

    `worked` holds by zone what was made of the copy.
    """

    content: str = ""
    mark: list[int] | None = None
    got: str | None = None
    tried: str | None = None
    trouble: str | None = None
    worked: Mapping[str, Document] = {}


class Shelf:
    """The `Calendars` port. Files lie below `root`, copies in `folder`; `now` tells the present instant."""

    def __init__(self, root: Path, folder: Path, now: Callable[[], datetime]) -> None:
        self._root = root
        self._folder = folder
        self._now = now
        self._held: dict[str, tuple[list[int] | None, _Card]] = {}  # by digest, for a folder that cannot be written
        self._read: dict[tuple[str, str], tuple[_Card, Known]] = {}

    def known(self, calendar: Calendar, names: Names | None) -> Known:
        card = self._card(calendar)
        if names and not calendar.remote:
            card = self._looked(calendar, card, names)
        if names:
            card = self._fresh(calendar, card, names)
        place = (calendar.digest, calendar.zone)
        if place not in self._read or self._read[place][0] is not card:
            self._read[place] = (card, self._told(card, calendar.zone))
        return self._read[place][1]

    @staticmethod
    def _told(card: _Card, zone: str) -> Known:
        worked = card.worked.get(zone, {})
        return Known(
            tuple(Span(row[0], instant(row[1]), instant(row[2])) for row in worked.get("spans", ())),
            instant(card.got) if card.got else None,
            card.trouble,
            tuple(worked.get("strangers", ())),
        )

    def fetch(self, calendar: Calendar, address: str, names: Names, *, patience: float) -> None:
        from crisisctl.adapters.calendars.fetch import fetch  # noqa: PLC0415 - only who may wait pays for it

        card, now = self._card(calendar), self._now()
        if card.tried and timedelta() <= now - instant(card.tried) < timedelta(seconds=patience):
            return
        card = card._replace(tried=stamp(now))
        self._keep(calendar, card)  # another that comes meanwhile need not try too
        try:
            self._take(calendar, card, fetch(address), names)
        except Unusable as error:
            self._keep(calendar, card._replace(trouble=str(error)))

    def _looked(self, calendar: Calendar, card: _Card, names: Names) -> _Card:
        """The card after a look at the file, which is read only when it has changed."""
        path = self._root / calendar.place
        try:
            mark = _mark(path)
            if mark == card.mark:
                return card
            card = card._replace(mark=mark)
            return self._take(calendar, card, _bytes(path), names)
        except OSError as error:
            slip = "it is missing" if error.errno == errno.ENOENT else f"it cannot be read: {error.strerror}"
        except Unusable as error:
            slip = str(error)
            return self._keep(calendar, card._replace(trouble=slip))
        return card if card.trouble == slip else self._keep(calendar, card._replace(mark=None, trouble=slip))

    def _take(self, calendar: Calendar, card: _Card, content: bytes, names: Names) -> _Card:
        """The card after new content, which takes the place of the copy; `Unusable` when it makes no sense."""
        seal = sha256(content).hexdigest()
        card = card._replace(got=stamp(self._now()), trouble=None)
        if seal == card.content and self._copy(calendar) is not None:
            return self._keep(calendar, card)
        worked = {calendar.zone: self._worked(content, calendar.zone, names)}
        self._write(self._path(calendar, "ics"), content)
        return self._keep(calendar, card._replace(content=seal, worked=worked))

    def _fresh(self, calendar: Calendar, card: _Card, names: Names) -> _Card:
        """The card with what the copy says for this zone, these names and this time."""
        worked = card.worked.get(calendar.zone)
        if not card.content or (worked and worked["names"] == names.seal and self._covers(worked)):
            return card
        content = self._copy(calendar)
        if content is None:
            return card
        try:
            made = self._worked(content, calendar.zone, names)
        except Unusable as error:  # not tried again before the time that it would have covered has gone by
            made = {**(worked or {"spans": [], "strangers": []}), **self._limits(names)}
            card = card._replace(trouble=str(error))
        return self._keep(calendar, card._replace(worked={**card.worked, calendar.zone: made}))

    def _covers(self, worked: Document) -> bool:
        now = self._now()
        return instant(worked["since"]) <= now and now + ENOUGH <= instant(worked["until"])

    def _worked(self, content: bytes, zone: str, names: Names) -> Document:
        now = self._now()
        spans, strangers = [], []
        for event in expand(content, zone, now - BEFORE, now + AHEAD):
            people = names.people(event.summary, event.attendees, event.description)
            spans += [(person, stamp(event.start), stamp(event.end)) for person in people]
            if not people and event.end > now:
                strangers.append(_named(event))
        more = [f"and {len(strangers) - SHOWN} more"] if len(strangers) > SHOWN else []
        strangers[SHOWN:] = more
        return {"spans": spans, "strangers": strangers, **self._limits(names)}

    def _limits(self, names: Names) -> Document:
        """The time and the names for which something was worked out."""
        now = self._now()
        return {"since": stamp(now - BEFORE), "until": stamp(now + AHEAD), "names": names.seal}

    def _path(self, calendar: Calendar, ending: str) -> Path:
        return self._folder / f"{calendar.digest}.{ending}"

    def _card(self, calendar: Calendar) -> _Card:
        """The card as it was kept last, by whichever process."""
        path = self._path(calendar, "json")
        held = self._held.get(calendar.digest)
        try:
            mark = _mark(path)
            if held and held[0] == mark:
                return held[1]
            kept = json.loads(_bytes(path, 64 * LARGEST))
            card = _Card(*(kept[field] for field in _Card._fields))
        except (OSError, ValueError, LookupError, TypeError, Unusable):
            return held[1] if held else _Card()
        card = card if _sound(card) else _Card()
        self._held[calendar.digest] = (mark, card)
        return card

    def _copy(self, calendar: Calendar) -> bytes | None:
        try:
            return _bytes(self._path(calendar, "ics"))
        except (OSError, Unusable):
            return None

    def _keep(self, calendar: Calendar, card: _Card) -> _Card:
        path = self._path(calendar, "json")
        self._write(path, json.dumps(card._asdict()).encode())
        mark = None
        with suppress(OSError):
            mark = _mark(path)
        self._held[calendar.digest] = (mark, card)
        return card

    def _write(self, path: Path, content: bytes) -> None:
        fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
                file.write(content)
            fresh.replace(path)
        except OSError:
            with suppress(OSError):  # a folder that cannot be written costs time, not the command
                fresh.unlink()


def _sound(card: _Card) -> bool:
    """Whether the card is one that this version wrote."""
    try:
        for worked in card.worked.values():
            _ = (instant(worked["since"]), instant(worked["until"]), worked["names"], list(worked["strangers"]))
            _ = [(str(row[0]), instant(row[1]), instant(row[2])) for row in worked["spans"]]
        _ = [instant(moment) for moment in (card.got, card.tried) if moment]
    except (ValueError, LookupError, TypeError, AttributeError):
        return False
    return isinstance(card.content, str)


def _named(event: Event) -> str:
    what = f" {event.summary!r}" if event.summary else " without a summary"
    return f"the event{what} of {clock_time(event.start)[:16]} UTC"


def _mark(path: Path) -> list[int]:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file")
    return [found.st_mtime_ns, found.st_size, found.st_ino]


def _bytes(path: Path, most: int = LARGEST) -> bytes:
    _mark(path)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unusable(f"it is larger than {LARGEST // 1024} KiB")
    return content
