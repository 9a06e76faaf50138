"""What is wrong with the form of a catalogue, found in one run, each mistake with its place and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any

from crisisctl.domain.check import forms
from crisisctl.domain.check.place import Place, Problem, shown
from crisisctl.domain.clocks.catalogue import ROLLS, STATUSES, UNITS
from crisisctl.domain.clocks.faults import UnknownZone
from crisisctl.domain.clocks.when import zone

_MOST = 100_000
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,40}[a-z0-9])?")
_FACT = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CALENDAR = re.compile(r"[A-Z][A-Z0-9-]{1,30}")
_TIME = re.compile(r"[0-2][0-9]:[0-5][0-9]")
_CONFIDENCE = ("high", "medium", "low")
_RULE = "hours, days, business_days or months with a number, earliest, duty, or accepted_by"
_LIMITS = ("least", "most", "among", "is")

Documents = Mapping[str, Any]


def check(document: object, shipped: Documents | None = None) -> list[Problem]:
    """Every problem of a document; what it is laid over need not be said again. Never raises."""
    here = Place([], ())
    has = forms.fields(here, document, ("regimes", "calendars"))
    base = (shipped or {}).get("regimes") or {}
    for key, at, regime in forms.entries(here.at("regimes"), has.get("regimes"), "regime", _key):
        _regime(at, regime, base.get(key) or {})
    _chains(here, has.get("regimes"), base)
    there = (shipped or {}).get("calendars") or {}
    for key, at, calendar in forms.entries(here.at("calendars"), has.get("calendars"), "calendar", _calendar_id):
        _calendar(at, calendar, key in there)
    return here.problems


def _chains(here: Place, regimes: object, base: Documents) -> None:
    """A chain must lead to a clock that there is, or it would wait for ever for a filing that nobody can make."""
    own = dict(_clocks(regimes))
    known = [".".join(at) for at in (*own, *(at for at, _ in _clocks(base)))]
    for (regime, clock), spec in own.items():
        told = spec.get("chained_to") if isinstance(spec, dict) else None
        if isinstance(told, str) and told not in known:
            at = here.at("regimes", regime, "clocks", clock, "chained_to")
            near = forms.offer(at, told, known)
            remedy = f"write {near}" if near else "write the id of a clock, such as nis2.notification"
            at.error("unknown-clock", f"there is no clock {shown(told)}", remedy)


def _clocks(regimes: object) -> Iterator[tuple[tuple[str, str], object]]:
    for key, regime in regimes.items() if isinstance(regimes, dict) else ():
        clocks = regime.get("clocks") if isinstance(regime, dict) else None
        for id_, spec in clocks.items() if isinstance(clocks, dict) else ():
            yield (str(key), str(id_)), spec


def _calendar_named(here: Place, value: object) -> None:
    if value != "zone" and not (isinstance(value, str) and _CALENDAR.fullmatch(value)):
        here.error("bad-name", f"{here} is no calendar: {shown(value)}", "write zone, a country such as DE, or SEC")


def _key(here: Place, value: object, what: str, *, key: bool) -> str | None:
    if isinstance(value, str) and _KEY.fullmatch(value):
        return value
    remedy = "use a to z, 0 to 9, ., - and _, with a letter or digit at both ends"
    here.error("bad-name", f"{shown(value)} cannot name a {what}", remedy, key=key)
    return None


def _calendar_id(here: Place, value: object, what: str, *, key: bool) -> str | None:
    if isinstance(value, str) and _CALENDAR.fullmatch(value):
        return value
    here.error("bad-name", f"{shown(value)} cannot name a {what}", "use capitals, as in SEC", key=key)
    return None


def _regime(here: Place, value: object, base: Documents) -> None:
    required = () if base else ("title", "clocks")
    has = forms.fields(here, value, (*_SHARED, "title", "names", "clocks"), required)
    if "title" in has:
        forms.line(here.at("title"), has["title"])
    _names(here.at("names"), has.get("names"))
    _each(here, has, _SHARED)
    known = base.get("clocks") or {}
    for key, at, clock in forms.entries(here.at("clocks"), has.get("clocks"), "clock", _key):
        _clock(at, clock, is_new=key not in known)


def _clock(here: Place, value: object, *, is_new: bool) -> None:
    required = ("title", "start", "rule") if is_new else ()
    has = forms.fields(here, value, (*_SHARED, *_OWN, "names"), required)
    _names(here.at("names"), has.get("names"))
    _each(here, has, _SHARED | _OWN)


def _each(here: Place, has: Documents, known: Mapping[str, Callable[[Place, object], None]]) -> None:
    for name, value in has.items():
        if name in known:
            known[name](here.at(name), value)


def _names(here: Place, value: object) -> None:
    for at, one in forms.items(here, value):
        forms.line(at, one)


def _fact(here: Place, value: object) -> None:
    if not isinstance(value, str) or not _FACT.fullmatch(value):
        here.error("bad-name", f"{shown(value)} cannot name a fact", "use a to z, 0 to 9 and _, such as aware_at")


def _day(here: Place, value: object) -> None:
    try:
        good = isinstance(value, str) and str(date.fromisoformat(value)) == value
    except ValueError:
        good = False
    if not good:
        here.error("bad-date", f"{here} is not a day: {shown(value)}", "write it as 2026-10-01")


def _time(here: Place, value: object) -> None:
    try:
        good = isinstance(value, str) and _TIME.fullmatch(value) is not None and time.fromisoformat(value) is not None
    except ValueError:
        good = False
    if not good:
        here.error("bad-time", f"{here} is not a time of day: {shown(value)}", 'write it in quotes, as "17:30"')


def _zone(here: Place, value: object) -> None:
    try:
        good = isinstance(value, str) and zone(value) is not None
    except UnknownZone:
        good = False
    if not good:
        here.error("bad-zone", f"{here} is not a time zone: {shown(value)}", "write it as Europe/Berlin")


def _one_of(options: tuple[str, ...]) -> Callable[[Place, object], None]:
    return lambda here, value: forms.one_of(here, value, options, "unknown-word")


def _rule(here: Place, value: object) -> None:
    if isinstance(value, dict) and "duty" in value:
        forms.line(here.at("duty"), forms.fields(here, value, ("duty",)).get("duty"))
    elif isinstance(value, dict) and "accepted_by" in value:
        _time(here.at("accepted_by"), forms.fields(here, value, ("accepted_by",)).get("accepted_by"))
    elif isinstance(value, dict) and "earliest" in value:
        has = forms.fields(here, value, ("earliest", "late"))
        if not has["earliest"]:
            here.at("earliest").error("empty-list", f"{here}.earliest is empty", "write at least one length of time")
        for at, one in forms.items(here.at("earliest"), has["earliest"]):
            _measure(at, one)
        if "late" in has:
            _measure(here.at("late"), has["late"])
    else:
        _measure(here, value)


def _measure(here: Place, value: object) -> None:
    has = forms.fields(here, value, (*UNITS, *_MEASURE))
    units = [unit for unit in UNITS if unit in has]
    if len(units) != 1:
        here.error("bad-rule", f"{here} says not exactly one length", f"write {_RULE}")
    for unit in units:
        forms.whole(here.at(unit), has[unit], 1, _MOST, "bad-number")
    if "after" in has:
        _fact(here.at("after"), has["after"])
    if "first_day" in has:
        forms.flag(here.at("first_day"), has["first_day"])
    if "from" in has:
        forms.one_of(here.at("from"), has["from"], ("year-end",), "unknown-word")
    if "at" in has:
        _time(here.at("at"), has["at"])


_MEASURE = ("after", "first_day", "from", "at")


def _only(here: Place, value: object) -> None:
    for _name, at, bounds in forms.entries(here, value, "question", _question):
        has = forms.fields(at, bounds, _LIMITS)
        if not has:
            at.error("bad-limit", f"{at} sets no limit", f"write one of {', '.join(_LIMITS)}")
        for name in ("least", "most"):
            if name in has:
                forms.whole(at.at(name), has[name], 0, forms.LARGEST, "bad-number")
        if "is" in has:
            forms.flag(at.at("is"), has["is"])
        for each, one in forms.items(at.at("among"), has.get("among")):
            forms.line(each, one)


def _asks(here: Place, value: object) -> None:
    for _name, at, ask in forms.entries(here, value, "question", _question):
        forms.line(at, ask)


def _question(here: Place, value: object, what: str, *, key: bool) -> str | None:  # noqa: ARG001 - as all namings
    _fact(here, value)
    return None


def _reviewed(here: Place, value: object) -> None:
    if value is not None:
        forms.line(here, value)


def _calendar(here: Place, value: object, known: bool) -> None:  # noqa: FBT001 - a word would say no more
    has = forms.fields(
        here, value, ("holidays", "about", "known", "closures", "every_year"), () if known else ("holidays", "about")
    )
    for name in ("holidays", "about"):
        if name in has:
            forms.line(here.at(name), has[name])
    for at, day in forms.items(here.at("known"), has.get("known")):
        _day(at, day)
    if "known" in has and (not isinstance(has["known"], list) or len(has["known"]) != 2):  # noqa: PLR2004 - a pair
        here.at("known").error("bad-list", f"{here}.known is no pair of days", "write [2018-01-01, 2026-11-22]")
    closures = has.get("closures")
    for day, closure in closures.items() if isinstance(closures, dict) else ():
        at = here.at("closures", day)
        _day(at, day)
        inside = forms.fields(at, closure, ("name", "closed", "source", "confidence"), ("name", "closed", "source"))
        _each(at, inside, {"name": forms.line, "closed": forms.flag, "source": forms.line})
    for day, name in (has.get("every_year") or {}).items() if isinstance(has.get("every_year"), dict) else ():
        _day(here.at("every_year", day), f"2028-{day}")
        forms.line(here.at("every_year", day), name)


def _facts(here: Place, value: object) -> None:
    for at, one in forms.items(here, value):
        _fact(at, one)


_SHARED: dict[str, Callable[[Place, object], None]] = {
    "jurisdiction": forms.line,
    "sector": forms.line,
    "citation": forms.line,
    "recipient": forms.line,
    "note": forms.prose,
    "since": _day,
    "until": _day,
    "caution": forms.line,
    "caution_since": _day,
    "roll": _one_of(ROLLS),
    "calendar": _calendar_named,
    "zone": _zone,
    "zone_fixed": forms.flag,
    "status": _one_of(STATUSES),
    "confidence": _one_of(_CONFIDENCE),
    "last_verified": _day,
    "reviewed_by": _reviewed,
}
_OWN: dict[str, Callable[[Place, object], None]] = {
    "title": forms.line,
    "start": _fact,
    "trigger": _fact,
    "means": forms.line,
    "chained_to": forms.line,
    "rule": _rule,
    "roll_denied": _facts,
    "only": _only,
    "asks": _asks,
    "target": _measure,
}
