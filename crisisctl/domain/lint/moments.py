"""Dates and times of day in a text, as people write them in English and German."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

from crisisctl.domain.months import MONTHS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?<![\w-])(?:(?P<iy>\d{{4}})-(?P<im>\d\d)-(?P<id>\d\d)(?![\d-])"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?P<m1>{_MONTH})\b\.?(?:,? (?P<y1>\d{{4}})\b)?"
    rf"|(?P<m2>{_MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<y2>\d{{4}})\b)?"
    r"|(?P<d3>\d{1,2})[./](?P<m3>\d{1,2})[./](?P<y3>\d{4})\b)",
    re.IGNORECASE,
)
_OFFSETS = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "CET": 60,
    "MEZ": 60,
    "BST": 60,
    "WEST": 60,
    "CEST": 120,
    "MESZ": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "EST": -300,
    "EDT": -240,
    "CST": -360,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "HST": -600,
    "BRT": -180,
    "IST": 330,
    "SGT": 480,
    "HKT": 480,
    "JST": 540,
    "KST": 540,
    "AEST": 600,
    "AEDT": 660,
    "AWST": 480,
    "NZST": 720,
    "NZDT": 780,
    "SAST": 120,
}  # fmt: skip - a table
_OTHER = r"ET|CT|MT|PT|[A-Z][a-z]+/[A-Z][A-Za-z_]+"
_NAMED = (
    r"(?:[A-Z][a-z]+ ){1,2}(?:[Ss]tandard |[Dd]aylight |[Ss]ummer )?[Tt]ime|[A-Z][a-zäöü]+er (?:Orts)?[Zz]eit"
    r"|(?:mittel|ost|west)europäische[rn]? (?:Sommer)?[Zz]eit"
)
_ZONE = (
    rf"(?P<zone>(?:{'|'.join(sorted(_OFFSETS, key=len, reverse=True))}|{_OTHER})(?![\w])(?:[+-]\d{{1,2}}(?::?\d\d)?\b)?"
    rf"|[+-]\d\d:?\d\d\b|{_NAMED})"
)
_TIME = re.compile(
    r"(?<![\w:.,])(?:[Tt])?(?P<h>[01]?\d|2[0-4])(?:(?::|\.(?=\d\d [Uu]hr))(?P<m>[0-5]\d)(?::[0-5]\d(?:\.\d{1,6})?)?"
    r"(?: ?[Uu]hr| h)?(?: ?(?P<half>[aApP]\.?[mM]\b\.?))?| ?(?P<half2>[aApP]\.?[mM]\b\.?)| [Uu]hr\b)"
    rf"(?:,? ?\(?{_ZONE})?"
)
_WORD = re.compile(rf"\b(?P<word>noon|midnight|[Mm]itternacht)\b(?: ?\(?{_ZONE})?")
_NOON = 12


class Moment(NamedTuple):
    """A date, a time of day, or both, from `start` to `end` in the text; `zone` as written, `offset` in minutes."""

    start: int
    end: int
    day: tuple[int | None, int, int] | None = None
    minutes: int | None = None
    zone: str | None = None
    offset: int | None = None

    def instant(self) -> datetime | None:
        """The instant, when the day, the time and the zone are all known."""
        if self.day is None or self.day[0] is None or self.minutes is None or self.offset is None:
            return None
        begun = datetime(self.day[0], self.day[1], self.day[2], tzinfo=timezone(timedelta(minutes=self.offset)))
        return (begun + timedelta(minutes=self.minutes)).astimezone(UTC)


def moments(text: str) -> list[Moment]:
    """Every date and time in order; a time beside its date is one moment with it."""
    text = re.sub(r"(?<=\d)[Tt](?=\d\d:)", " ", text)
    found: list[Moment] = []
    for moment in sorted([*_days(text), *_times(text)]):
        if found and moment.start < found[-1].end:
            continue
        if found and (one := _together(text, found[-1], moment)):
            found[-1] = one
        else:
            found.append(moment)
    return found


def _days(text: str) -> Iterator[Moment]:
    for m in _DATE.finditer(text):
        parts = m.groupdict()
        kind = next(kind for kind in ("i", "1", "2", "3") if parts[("id" if kind == "i" else f"d{kind}")])
        year, month, day = (
            (parts["iy"], parts["im"], parts["id"])
            if kind == "i"
            else (parts[f"y{kind}"], parts[f"m{kind}"], parts[f"d{kind}"])
        )  # fmt: skip - two rows of the same
        number = MONTHS.get(month.lower()) or (int(month) if month.isdigit() else 0)
        if _real(int(year) if year else 2024, number, int(day)):
            yield Moment(m.start(), m.end(), (int(year) if year else None, number, int(day)))


def _real(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year > 1  # a zone may lead back a day


def _times(text: str) -> Iterator[Moment]:
    for m in _TIME.finditer(text):
        half = (m["half"] or m["half2"] or "").lower().replace(".", "")
        hour = int(m["h"]) % _NOON + (_NOON if half == "pm" else 0) if half else int(m["h"])
        yield Moment(m.start(), m.end(), None, hour * 60 + int(m["m"] or 0), m["zone"], _offset(m["zone"]))
    for m in _WORD.finditer(text):
        yield Moment(m.start(), m.end(), None, _NOON * 60 if m["word"] == "noon" else 0, m["zone"], _offset(m["zone"]))


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    name = re.match(r"[A-Z]*", zone)
    base = _OFFSETS.get(name[0]) if name and name[0] else 0
    sign = re.search(r"([+-])(\d{1,2}):?(\d\d)?$", zone)
    if base is None or (sign is None and zone not in _OFFSETS):
        return None
    extra = int(f"{sign[1]}1") * (int(sign[2]) * 60 + int(sign[3] or 0)) if sign else 0
    return base + extra if abs(base + extra) < 24 * 60 else None


def _together(text: str, first: Moment, second: Moment) -> Moment | None:
    """A date and a time that belong together, as one; None when they do not."""
    between = text[first.end : second.start]
    if (first.day is None) == (second.day is None) or not re.fullmatch(
        r"[\s,(]{1,3}(?:(?:at|on|by|um|am|the) )?", between
    ):
        return None
    day, hour = (first, second) if first.day else (second, first)
    return Moment(first.start, second.end, day.day, hour.minutes, hour.zone, hour.offset)
