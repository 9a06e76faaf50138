"""The instant that a wall clock shows in a zone as people write it: `UTC`, `+01:00`, `CET` or `Europe/Berlin`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])\s*(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
_FURTHEST = timedelta(hours=14)
_ALWAYS = {"UTC": 0, "GMT": 0, "Z": 0, "MSK": 3, "JST": 9, "KST": 9, "HKT": 8, "SGT": 8}
# Each is the name for one half of the year: where, and how many hours ahead of UTC it says that clocks are.
_SEASONS = {
    "WET": ("Europe/Lisbon", 0), "WEST": ("Europe/Lisbon", 1),
    "CET": ("Europe/Berlin", 1), "CEST": ("Europe/Berlin", 2),
    "MEZ": ("Europe/Berlin", 1), "MESZ": ("Europe/Berlin", 2),
    "EET": ("Europe/Athens", 2), "EEST": ("Europe/Athens", 3),
    "EST": ("America/New_York", -5), "EDT": ("America/New_York", -4),
    "CDT": ("America/Chicago", -5), "MDT": ("America/Denver", -6), "PDT": ("America/Los_Angeles", -7),
    "AEST": ("Australia/Sydney", 10), "AEDT": ("Australia/Sydney", 11),
    "NZST": ("Pacific/Auckland", 12), "NZDT": ("Pacific/Auckland", 13),
}  # fmt: skip
_REGIONS = {"ET": "America/New_York", "PT": "America/Los_Angeles"}
_SEVERAL = {
    "AST": "Atlantic or Arabia",
    "BST": "British, Bangladesh or Bougainville",
    "CST": "Chicago, China or Cuba",
    "GST": "the Gulf or South Georgia",
    "IST": "India, Ireland or Israel",
    "MST": "Denver, Malaysia or Myanmar",
    "PST": "Los Angeles, the Philippines or Pakistan",
    "SST": "Samoa or Singapore",
}
_ON = {"de": "am"}
_TRANSLATED = {"de": {"CET": "MEZ", "CEST": "MESZ"}}
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC")
KNOWN = frozenset({*_ALWAYS, *_SEASONS, *_REGIONS, *_SEVERAL})


class Doubt(ValueError):
    """What was written can mean several instants, or none; the message says why."""


def shown(text: str, zone: str, language: str) -> str:
    """A time such as `2026-11-22 15:00 UTC` as clocks of a zone show it, and in UTC; any other text as it is.

    The zone goes by its name where that can mean one only: `2026-11-22 16:00 CET (15:00 UTC)`; else by its offset.
    """
    found = _STAMP.fullmatch(text)
    if not found or zone == "UTC":
        return text
    there = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00").astimezone(ZoneInfo(zone))
    day = "" if found[1] == f"{there:%Y-%m-%d}" else f" {_ON.get(language.partition('-')[0], 'on')} {found[1]}"
    utc = f"{found[2]} UTC{day}"
    return f"{there:%Y-%m-%d %H:%M} {_called(there, language)} ({utc})"


def _called(there: datetime, language: str) -> str:
    name = there.tzname() or ""
    if name in _SEASONS or name in _ALWAYS:
        return _TRANSLATED.get(language.partition("-")[0], {}).get(name, name)
    offset = f"{there:%z}"
    return f"UTC{offset[:3]}:{offset[3:]}"


def instant_in(wall: datetime, zone: str) -> datetime:
    """The instant in UTC at which clocks of that zone show `wall`; `Doubt` unless there is exactly one."""
    name = zone.strip()
    upper = name.upper()
    if found := _OFFSET.fullmatch(name.replace("\N{MINUS SIGN}", "-")):
        return _utc(wall, _offset(found, name))
    if upper in _ALWAYS:
        return _utc(wall, timezone(timedelta(hours=_ALWAYS[upper])))
    if upper in _SEVERAL:
        raise Doubt(f"{upper} can be the time of {_SEVERAL[upper]}")
    if upper in _SEASONS:
        return _seasonal(wall, upper)
    return _local(wall, _region(_REGIONS.get(upper, name)), name)


def _offset(found: re.Match[str], name: str) -> tzinfo:
    span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if span > _FURTHEST:
        raise Doubt(f"no clock is {name} from UTC")
    return timezone(span if found[1] == "+" else -span)


def _utc(wall: datetime, zone: tzinfo) -> datetime:
    try:
        return wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise Doubt("it lies outside the calendar") from None


def _seasonal(wall: datetime, name: str) -> datetime:
    """A name for summer or winter time counts only while the clocks that it names go by it."""
    region, hours = _SEASONS[name]
    moment = _utc(wall, timezone(timedelta(hours=hours)))
    there = moment.astimezone(ZoneInfo(region))
    if there.utcoffset() != timedelta(hours=hours):
        raise Doubt(f"clocks do not go by {name} on that day")
    return moment


def _region(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        raise Doubt(f"{name} is no zone that is known here") from None


def _local(wall: datetime, zone: tzinfo, name: str) -> datetime:
    early, late = (_utc(wall.replace(fold=fold), zone) for fold in (0, 1))
    if early == late:
        return early
    if early < late:
        raise Doubt(f"clocks in {name} show that time twice on that day")
    raise Doubt(f"clocks in {name} skip that time on that day")
