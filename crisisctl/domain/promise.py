"""The next update that a text promises: `Next update by 22 November 2026, 15:00 UTC`, read in English and German.

What could be meant in two ways is not guessed: then there is no instant, and a reason.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from crisisctl.domain.months import MONTHS
from crisisctl.domain.zones import KNOWN, Doubt, instant_in


class Reading(NamedTuple):
    """What a text promises: the instant in UTC, and the words that say so.

    With no instant, `doubt` says why the words give none; it is empty when the text promises nothing.
    """

    at: datetime | None = None
    said: str = ""
    doubt: str = ""


class _Day(NamedTuple):
    """A day where it stands in the text."""

    start: int
    end: int
    day: date


class _Hour(NamedTuple):
    """A time of day where it stands in the text, with the zone that follows it."""

    start: int
    end: int
    span: timedelta
    zone: str


class _Wrong(NamedTuple):
    """What looks like a day or an hour and is none, or could be two; and why."""

    start: int
    end: int
    why: str


_Piece = _Day | _Hour | _Wrong

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon montag",
            "tuesday tue tues dienstag",
            "wednesday wed mittwoch",
            "thursday thu thur thurs donnerstag",
            "friday fri freitag",
            "saturday sat samstag sonnabend",
            "sunday sun sonntag",
        )
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_ZONE = "|".join(sorted(KNOWN, key=len, reverse=True))
_DAY = re.compile(
    rf"""(?:\b(?P<weekday>{_WEEKDAY})\b\.?,?\s+(?:(?:the|den|dem|der)\s+)?)?
    (?: \b(?P<iso>\d{{4}}-\d\d-\d\d)(?!\d)
      | (?<![\d.:/])(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m1>{_MONTH})\b\.?(?:,?\s+(?P<y1>\d{{4}})\b)?
      | \b(?P<m2>{_MONTH})\b\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:,?\s+(?P<y2>\d{{4}})\b(?!:))?
      | (?<![\d.])(?P<d3>\d{{1,2}})\.\s?(?P<m3>\d{{1,2}})\.(?:\s?(?P<y3>\d{{4}})\b)?(?!\d)
      | (?<![\d/])(?P<slashed>\d{{1,2}}/\d{{1,2}}/\d{{2,4}})(?![\d/])
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_HOUR = re.compile(
    rf"""(?<![\d.:,/-])(?P<hour>\d{{1,2}})
    (?: (?P<colon>:)(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{{1,6}})?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?(?:\s*Uhr\b)?
      | \.(?P<dotted>\d\d)(?:\s*Uhr\b|\s*(?P<dothalf>[ap])\.?m\b\.?)
      | \s*(?P<bare>[ap])\.?m\b\.?
      | \s*Uhr\b(?:\s+(?P<after>\d\d)\b(?![.:]))?
    )
    (?:(?P<glued>Z\b|[+\-\u2212]\d\d:?\d\d\b)
      |\s*\(?(?P<named>(?:UTC|GMT)(?:\s?[+\-\u2212]\s?\d{{1,2}}(?::?\d\d)?)?\b|[+\-\u2212]\d\d:?\d\d\b
                  |(?-i:[A-Z][A-Za-z]+(?:/[A-Z][\w+-]+){{1,2}}|(?:{_ZONE})\b)))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MARKER = re.compile(
    r"""\b(?:next|following)\s+(?:\w+\s+)?(?:update|statement|report|message|post|bulletin)\b
    | \bupdate\b(?:\s+(?:you|this\s+\w+|the\s+\w+|everyone|everybody|customers))?
      \s+(?:again\s+)?(?:by|before|no\s+later\s+than)\b
    | \b(?:another|further)\s+(?:update|statement)\b
    | \bnächste[nrs]?\s+(?:\w+\s+)?
      (?:update|aktualisierung|information(?:en)?|mitteilung|meldung|stellungnahme|nachricht)\b
    | \b(?:informieren|melden|aktualisieren)\b[^.!?\n]{0,40}\b(?:wieder|erneut|spätestens)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(r"[.!?;](?=\s|$)|\n\s*\n|\n(?=\s*[-#>|])")
_BETWEEN = r"[\s,()/|=@·\u2013\u2014-]*"
_JOINT = re.compile(
    rf"T|{_BETWEEN}(?:\b(?:at|on|by|the|to|and|or|until|is|um|am|den|zu|und|oder|bis|spätestens)\b{_BETWEEN}){{0,3}}",
    re.IGNORECASE,
)
_MINUS = ("-", "\N{MINUS SIGN}")
_RANGE = re.compile(r"[\u2013\u2014-]|\b(?:to|and|or|until|und|oder|bis)\b", re.IGNORECASE)


class _Page(NamedTuple):
    """A text, the same with every day and hour as one word, these in their order, and where its sentences end."""

    text: str
    masked: str
    pieces: Sequence[_Piece]
    ends: Sequence[int]


def read(text: str) -> Reading:
    """The next update that the text promises. Two promises that differ are none."""
    page = _page(_plain(text))
    if not (found := [_promise(page, marker) for marker in _MARKER.finditer(page.masked)]):
        return Reading()
    sure = [one for one in found if one.at]
    if len({one.at for one in sure}) > 1:
        return Reading(None, sure[0].said, f"the text also says: {_other(sure)}")
    return sure[0] if sure else found[0]


def _other(sure: Sequence[Reading]) -> str:
    return next(one.said for one in sure if one.at != sure[0].at)


def _plain(text: str) -> str:
    """The text with what only marks it up as blanks, character for character."""
    text = re.sub(r"[*`\u00a0\u202f\u2009]", " ", text)
    return re.sub(r"(?<!\w)_|_(?!\w)", " ", text)


def _page(text: str) -> _Page:
    days = [_day(found) for found in _DAY.finditer(text)]
    hours = [_hour(found) for found in _HOUR.finditer(_masked(text, days))]
    pieces = sorted([*days, *hours], key=_start)
    masked = _masked(text, pieces)
    return _Page(text, masked, pieces, [found.end() for found in _END.finditer(masked)])


def _masked(text: str, pieces: Sequence[_Piece]) -> str:
    """The text with each piece as one word of the same length, so that its full stops end no sentence."""
    parts, at = [], 0
    for piece in pieces:
        parts += [text[at : piece.start], "x" * (piece.end - piece.start)]
        at = piece.end
    return "".join([*parts, text[at:]])


def _start(piece: _Piece) -> int:
    return piece.start


def _day(found: re.Match[str]) -> _Day | _Wrong:
    try:
        day = _date(found)
    except Doubt as doubt:
        return _Wrong(*found.span(), str(doubt))
    except ValueError:
        return _Wrong(*found.span(), "there is no such day")
    weekday = found["weekday"]
    if weekday and _WEEKDAYS[weekday.lower()] != day.weekday():
        return _Wrong(*found.span(), f"that day is no {weekday}")
    return _Day(*found.span(), day)


def _date(found: re.Match[str]) -> date:
    if found["iso"]:
        return date.fromisoformat(found["iso"])
    if found["slashed"]:
        return _slashed(found["slashed"])
    which = next(number for number in "123" if found[f"d{number}"])
    month, year = found[f"m{which}"], found[f"y{which}"]
    if year is None:
        raise Doubt("the day has no year")
    return date(int(year), MONTHS.get(month.lower()) or int(month), int(found[f"d{which}"]))


def _slashed(text: str) -> date:
    """A day with strokes, which some read with the month first: only where it can be read in one way."""
    first, second, year = (int(part) for part in text.split("/"))
    if year < 1000:  # noqa: PLR2004 - written with two digits
        raise Doubt("the year has two digits")
    if first != second and max(first, second) <= 12:  # noqa: PLR2004 - both could be the month
        raise Doubt("it can be read with the day or with the month first")
    return date(year, min(first, second), max(first, second)) if first != second else date(year, first, second)


def _hour(found: re.Match[str]) -> _Hour | _Wrong:
    half = (found["half"] or found["dothalf"] or found["bare"] or "").lower()
    hour, minute = int(found["hour"]), int(found["minute"] or found["dotted"] or found["after"] or 0)
    second = int(found["second"] or 0)
    least, most = (1, 12) if half else (0, 23)
    if not least <= hour <= most or minute > 59 or second > 59:  # noqa: PLR2004 - as a clock has them
        return _Wrong(*found.span(), "no clock shows that time")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    span, zone = timedelta(hours=hour, minutes=minute, seconds=second), found["glued"] or found["named"] or ""
    if zone[:1] in _MINUS and found.string[found.start() - 1] != "T":
        return _Wrong(*found.span(), "it can be read as a span of time or with an offset from UTC")
    return _Hour(*found.span(), span, zone)


def _promise(page: _Page, marker: re.Match[str]) -> Reading:
    """What one mention of the next update says, in its own sentence: behind it, else before it."""
    nth = bisect_right(page.ends, marker.start())
    start, end = page.ends[nth - 1] if nth else 0, page.ends[nth] if nth < len(page.ends) else len(page.text)
    first, here, last = (bisect_left(page.pieces, at, key=_start) for at in (start, marker.end(), end))
    group = _group(page.text, page.pieces[here:last]) or _group(page.text, page.pieces[first:here])
    begin = min([marker.start(), *(piece.start for piece in group)])
    said = " ".join(page.text[begin : max([marker.end(), *(piece.end for piece in group)])].split())
    try:
        return Reading(_instant(page.text, group), said)
    except Doubt as doubt:
        return Reading(None, said, str(doubt))


def _group(text: str, pieces: Sequence[_Piece]) -> list[_Piece]:
    """The first of these with those that belong to it, as nothing stands between them but joints."""
    group = [*pieces[:1]]
    for piece in pieces[1:]:
        if not _JOINT.fullmatch(text, group[-1].end, piece.start):
            break
        group.append(piece)
    return group


def _instant(text: str, group: Sequence[_Piece]) -> datetime:
    """The one instant that days and hours side by side give; the same may be said again in another zone."""
    if wrong := next((piece.why for piece in group if isinstance(piece, _Wrong)), None):
        raise Doubt(wrong)
    days, hours = [p for p in group if isinstance(p, _Day)], [p for p in group if isinstance(p, _Hour)]
    zoned = all(hour.zone for hour in hours)
    for there, what in ((hours, "no time of day"), (days, "no day"), (zoned, "no zone")):
        if not there:
            raise Doubt(f"it names {what}")
    first, *_ = _meanings(hours[0], days)
    others = all(first in _meanings(hour, days) for hour in hours[1:])
    if not others or len(days) > len(hours) or any(_RANGE.search(gap) for gap in _gaps(text, hours)):
        raise Doubt("it names several times")
    return first


def _meanings(hour: _Hour, days: Sequence[_Day]) -> list[datetime]:
    """The instants that an hour can mean: on its own day, and on those beside, for zones differ by a day at most."""
    own = ([day for day in days if day.start < hour.start] or [days[0]])[-1].day
    midnight = datetime(own.year, own.month, own.day)  # noqa: DTZ001 - what the wall clock shows
    found = [instant_in(midnight + hour.span, hour.zone)]
    for shift in (timedelta(days=-1), timedelta(days=1)):
        with suppress(Doubt, OverflowError):
            found.append(instant_in(midnight + shift + hour.span, hour.zone))
    return found


def _gaps(text: str, hours: Sequence[_Hour]) -> list[str]:
    """What stands between one hour and the next."""
    return [text[one.end : other.start] for one, other in pairwise(hours)]
