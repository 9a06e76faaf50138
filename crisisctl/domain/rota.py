"""Who is on call: rotations, the events of calendars, and overrides, as plain values and what follows from them.

A rotation steps by the clock on the wall of its zone, whatever the length of a shift: hand-over k is the wall time of
the first one plus k lengths, so no change of daylight saving ever moves it. A wall time that does not exist there
counts as the instant at which the clocks jump over it, one that comes twice as its first coming; so a shift may last an
hour more or less than its length, or no time at all, but shifts never overlap and leave nothing out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


class Rotation(NamedTuple):
    """People who take turns. `starts` is the first hand-over as wall time in the zone, `length` that of a shift."""

    people: tuple[str, ...]
    length: timedelta
    starts: datetime
    zone: str


class Calendar(NamedTuple):
    """A calendar that says who is on call. `digest` stands for its address, which may hold a secret.

    `place` is what people are shown of it: the path of a file, or the host of a `remote` one. Floating times are in
    `zone`.
    """

    digest: str
    place: str
    remote: bool
    zone: str


class Override(NamedTuple):
    """Somebody else takes a role over, from `since` on and up to `until`."""

    role: str
    person: str
    since: datetime
    until: datetime
    because: str


class Plan(NamedTuple):
    """All that the roster says about who is on call: by role a rotation or a calendar, and what overrides them."""

    rotations: Mapping[str, Rotation] = {}
    calendars: Mapping[str, Calendar] = {}
    overrides: tuple[Override, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that have a rota, by name."""
        return tuple(sorted({*self.rotations, *self.calendars}))

    def zone(self, role: str) -> str:
        """The zone in which the role's rota is written."""
        return self.rotations[role].zone if role in self.rotations else self.calendars[role].zone


class Span(NamedTuple):
    """Somebody is on call from `start` on and up to `end`."""

    person: str
    start: datetime
    end: datetime


class Duty(NamedTuple):
    """What decides who is on call for one role; `spans` are those that its calendar gives."""

    rotation: Rotation | None = None
    spans: tuple[Span, ...] = ()
    overrides: tuple[Override, ...] = ()


class Turn(NamedTuple):
    """A stretch of time in which the same people are on call, for the same reason; nobody in a gap.

    `by` is `rotation`, `calendar`, `override`, or empty in a gap; `because` is the reason of an override.
    """

    start: datetime
    end: datetime
    people: tuple[str, ...]
    by: str = ""
    because: str = ""


class _Answer(NamedTuple):
    people: tuple[str, ...]
    by: str = ""
    because: str = ""


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of the zone show that wall time for the first time or, if they never do, jump over it; in UTC."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), early, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two, to the second, at which the offset of the zone becomes that of the later one."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


@lru_cache(maxsize=1024)  # turns over a year ask for the same hand-overs from both sides
def begins(rotation: Rotation, number: int) -> datetime:
    """When that shift begins, the first being 0; in UTC."""
    return first_instant(rotation.starts + number * rotation.length, ZoneInfo(rotation.zone))


def shift(rotation: Rotation, at: datetime) -> tuple[int, Span] | None:
    """The shift that covers an instant, and its number; None before the first."""
    if at < begins(rotation, 0):
        return None
    wall = at.astimezone(ZoneInfo(rotation.zone)).replace(tzinfo=None)
    number = max(0, (wall - rotation.starts) // rotation.length)
    while begins(rotation, number + 1) <= at:  # the second coming of an hour
        number += 1
    while begins(rotation, number) > at:
        number -= 1
    person = rotation.people[number % len(rotation.people)]
    return number, Span(person, begins(rotation, number), begins(rotation, number + 1))


def shifts(rotation: Rotation, since: datetime, until: datetime) -> Iterator[Span]:
    """The shifts that cover any of that time, in order; none lasts no time."""
    found = shift(rotation, max(since, begins(rotation, 0)))
    number = found[0] if found else 0
    while (start := begins(rotation, number)) < until:
        end = begins(rotation, number + 1)
        if start < end:
            yield Span(rotation.people[number % len(rotation.people)], start, end)
        number += 1


def on_call(duty: Duty, at: datetime) -> tuple[str, ...]:
    """Who is on call at an instant; nobody in a gap."""
    return _answer(duty, at).people


def _answer(duty: Duty, at: datetime) -> _Answer:
    for change in duty.overrides:
        if change.since <= at < change.until:
            return _Answer((change.person,), "override", change.because)
    if duty.rotation:
        found = shift(duty.rotation, at)
        return _Answer((found[1].person,), "rotation") if found else _Answer(())
    here = sorted((span for span in duty.spans if span.start <= at < span.end), key=lambda span: (span.start, span))
    people = tuple(dict.fromkeys(span.person for span in here))
    return _Answer(people, "calendar" if people else "")


def turns(duty: Duty, since: datetime, until: datetime) -> list[Turn]:
    """Who is on call from one instant up to another, in order and without a break; gaps are turns of nobody."""
    edges = sorted(_edges(duty, since, until))
    waiting = sorted(duty.spans, key=lambda span: span.start, reverse=True)
    here: list[Span] = []
    found: list[Turn] = []
    for start, end in pairwise(edges):
        while waiting and waiting[-1].start <= start:
            here.append(waiting.pop())
        here = [span for span in here if span.end > start]
        now = Turn(start, end, *_answer(duty._replace(spans=tuple(here)), start))
        if found and found[-1][2:] == now[2:]:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(now)
    return found


def _edges(duty: Duty, since: datetime, until: datetime) -> set[datetime]:
    """The instants at which anything may change, the edges of the time that is looked at among them."""
    stretches = [(change.since, change.until) for change in duty.overrides]
    stretches += [(span.start, span.end) for span in duty.spans]
    if duty.rotation:
        stretches += [(span.start, span.end) for span in shifts(duty.rotation, since, until)]
    return {since, until, *(edge for stretch in stretches for edge in stretch if since < edge < until)}


def gaps(duty: Duty, since: datetime, until: datetime) -> list[Turn]:
    """The stretches of that time in which nobody is on call."""
    return [turn for turn in turns(duty, since, until) if not turn.people]
