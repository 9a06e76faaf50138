"""The form of `rotas:` and `overrides:` in `roster.yaml`, each slip with its line.

Times are read as they are written, so this works on the nodes of the document: what YAML makes of a timestamp has lost
its zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from crisisctl.domain.errors import Invalid, Refused
from crisisctl.domain.rota import Calendar, Override, Plan, Rotation
from crisisctl.domain.text import NAME, prose, visible
from crisisctl.domain.times import parse_instant

_Node = Any  # ruamel.yaml's nodes: a value and where it stands
_Fields = Mapping[str, _Node]
_Read = TypeVar("_Read")
_LENGTH = re.compile(r"(\d{1,4})([hdw])", re.ASCII)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = timedelta(days=366)
_YEARS = (1970, 2200)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Written(NamedTuple):
    """What the file says: the plan, and by its digest the address of each calendar, which is kept nowhere else."""

    plan: Plan
    addresses: Mapping[str, str]


def written(path: Path, content: bytes, people: Collection[str]) -> Written:
    """The plan in the bytes of a roster in which nothing else is wrong; `Invalid`, with the line, of each slip."""
    if b"rotas" not in content and b"overrides" not in content:
        return Written(Plan(), {})  # the usual roster is not parsed a second time
    from ruamel.yaml import YAML  # noqa: PLC0415 - only a changed roster with rotas pays for it

    top = dict(_entries(YAML(typ="safe", pure=True).compose(content.decode())))
    return _Form(path, people).read(top.get("rotas"), top.get("overrides"))


def _entries(node: _Node) -> Iterator[tuple[str, _Node]]:
    for key, value in node.value if node is not None and node.id == "mapping" else ():
        yield str(key.value), value


def _empty(node: _Node) -> bool:
    return node is None or (node.id == "scalar" and node.tag.endswith(":null"))


class _Form:
    """Reads one file; what is wrong is told with its line and with the names that lead there."""

    def __init__(self, path: Path, people: Collection[str]) -> None:
        self._path = path
        self._people = people
        self._addresses: dict[str, str] = {}
        self._slips: list[str] = []

    def read(self, rotas: _Node, overrides: _Node) -> Written:
        rotations: dict[str, Rotation] = {}
        calendars: dict[str, Calendar] = {}
        roles = self._kept(lambda: self._fields(rotas, "rotas", "a role and its rota")) or {}
        for role in roles:
            made = self._kept(partial(self._role, role, roles[role]))
            if isinstance(made, Rotation):
                rotations[role] = made
            elif made:
                calendars[role] = made
        plan = Plan(rotations, calendars)
        changes = self._overrides(overrides, roles)
        if self._slips:
            raise Invalid("\n".join(self._slips))
        return Written(plan._replace(overrides=changes), self._addresses)

    def _kept(self, read: Callable[[], _Read]) -> _Read | None:
        """What is read, or None when it has a slip, which is kept to be told with the others."""
        try:
            return read()
        except Invalid as error:
            self._slips.append(str(error))
            return None

    def _role(self, role: str, node: _Node) -> Rotation | Calendar:
        where = f"rotas.{role}"
        if not NAME.fullmatch(role):
            raise self._slip(node, where, "a role is small letters, digits, - and _ only")
        return self._rota(node, where)

    def _slip(self, node: _Node, where: str, what: str) -> Invalid:
        return Invalid(f"{self._path}:{node.start_mark.line + 1}: {visible(where)}: {visible(what)}.")

    def _fields(self, node: _Node, where: str, what: str) -> _Fields:
        if _empty(node):
            return {}
        if node.id != "mapping":
            raise self._slip(node, where, f"write a mapping of {what}")
        return dict(_entries(node))

    def _only(self, node: _Node, where: str, needed: str, free: str = "") -> _Fields:
        """The fields of a mapping that has those needed, perhaps those that are free, and no others."""
        must, may = needed.split(), free.split()
        found = self._fields(node, where, ", ".join((*must, *may)))
        for key in found:
            if key not in (*must, *may):
                raise self._slip(node, where, f"unknown key {key!r}. The keys are {', '.join((*must, *may))}")
        for key in must:
            if key not in found:
                raise self._slip(node, where, f"{key} is missing")
        return found

    def _text(self, node: _Node, where: str) -> str:
        if node.id != "scalar" or not node.value.strip() or _empty(node):
            raise self._slip(node, where, "write a text")
        return str(node.value)

    def _rota(self, node: _Node, where: str) -> Rotation | Calendar:
        found = self._fields(node, where, "rotation, or calendar")
        if ("rotation" in found) == ("calendar" in found):
            raise self._slip(node, where, "write either rotation or calendar, exactly one of them")
        if "calendar" in found:
            return self._calendar(node, where)
        self._only(node, where, "rotation")
        return self._rotation(found["rotation"], f"{where}.rotation")

    def _rotation(self, node: _Node, where: str) -> Rotation:
        found = self._only(node, where, "people length starts handover", "zone")
        zone = self._zone(found.get("zone"), f"{where}.zone")
        people = self._crew(found["people"], f"{where}.people")
        length = self._length(found["length"], f"{where}.length")
        day = self._day(found["starts"], f"{where}.starts")
        handover = self._text(found["handover"], f"{where}.handover")
        if not _CLOCK.fullmatch(handover):
            raise self._slip(found["handover"], f"{where}.handover", f'{handover!r} is no time of day such as "09:00"')
        return Rotation(people, length, datetime.combine(day, time.fromisoformat(handover)), zone)

    def _crew(self, node: _Node, where: str) -> tuple[str, ...]:
        if node.id != "sequence" or not node.value:
            raise self._slip(node, where, "write a list of at least one person")
        return tuple(self._person(one, f"{where}[{place}]") for place, one in enumerate(node.value))

    def _person(self, node: _Node, where: str) -> str:
        person = self._text(node, where)
        if person not in self._people:
            known = ", ".join(sorted(self._people)[:8]) or "nobody yet"
            raise self._slip(node, where, f"{person!r} is not among the people of this file: {known}")
        return person

    def _length(self, node: _Node, where: str) -> timedelta:
        text = self._text(node, where)
        found = _LENGTH.fullmatch(text)
        span = int(found[1]) * _UNITS[found[2]] if found else timedelta()
        if not timedelta() < span <= _LONGEST:
            raise self._slip(node, where, f"{text!r} is no length of a shift; write 12h, 7d or 2w, at most 366d")
        return span

    def _day(self, node: _Node, where: str) -> date:
        text = self._text(node, where)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if not _YEARS[0] <= day.year <= _YEARS[1]:
            raise self._slip(node, where, f"{text!r} is no day such as 2026-11-02")
        return day

    def _zone(self, node: _Node, where: str) -> str:
        if _empty(node):
            return "UTC"
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - only a changed roster pays for it

        name = self._text(node, where)
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise self._slip(node, where, f"{name!r} is no zone. Write one such as Europe/Madrid") from None
        return name

    def _calendar(self, node: _Node, where: str) -> Calendar:
        found = self._only(node, where, "calendar", "zone insecure")
        zone = self._zone(found.get("zone"), f"{where}.zone")
        address = self._text(found["calendar"], f"{where}.calendar")
        insecure = "insecure" in found and self._text(found["insecure"], f"{where}.insecure") == "true"
        place, slip = _place(address, insecure=insecure)
        if slip:
            raise self._slip(found["calendar"], f"{where}.calendar", slip)
        digest = sha256(address.encode()).hexdigest()
        self._addresses[digest] = address
        return Calendar(digest, place, "://" in address, zone)

    def _overrides(self, node: _Node, roles: Collection[str]) -> tuple[Override, ...]:
        if _empty(node):
            return ()
        if node.id != "sequence":
            self._slips.append(str(self._slip(node, "overrides", "write a list of overrides")))
            return ()
        found = {}
        for place, one in enumerate(node.value):
            if change := self._kept(partial(self._override, one, f"overrides[{place}]", roles)):
                found[place] = change
        self._overlaps(node, found)
        return tuple(found.values())

    def _overlaps(self, node: _Node, found: Mapping[int, Override]) -> None:
        places = sorted(found, key=lambda place: (found[place].role, found[place].since))
        for before, after in pairwise(places):
            one, other = found[before], found[after]
            if one.role == other.role and other.since < one.until:
                first, last = sorted((before, after))
                what = f"overlaps overrides[{first}], which is for {one.role} too. One of them must give way"
                self._slips.append(str(self._slip(node.value[last], f"overrides[{last}]", what)))

    def _override(self, node: _Node, where: str, roles: Collection[str]) -> Override:
        found = self._only(node, where, "role person from until because")
        role = self._text(found["role"], f"{where}.role")
        if role not in roles:
            raise self._slip(found["role"], f"{where}.role", f"{role!r} has no rota to override")
        person = self._person(found["person"], f"{where}.person")
        since = self._told(found["from"], f"{where}.from", _instant)
        until = self._told(found["until"], f"{where}.until", _instant)
        if until <= since:
            raise self._slip(found["until"], f"{where}.until", "it ends before it begins")
        return Override(role, person, since, until, self._told(found["because"], f"{where}.because", _reason))

    def _told(self, node: _Node, where: str, read: Callable[[str], Any]) -> Any:  # noqa: ANN401 - what `read` gives
        text = self._text(node, where)
        try:
            return read(text)
        except Refused as error:
            raise self._slip(node, where, str(error).rstrip(".")) from None


def _instant(text: str) -> datetime:
    moment = parse_instant(text).astimezone(UTC)
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise Refused(f"{text!r} lies outside the years {_YEARS[0]} to {_YEARS[1]}")
    return moment


def _reason(text: str) -> str:
    return prose(text, "the reason", 500)


def _place(address: str, *, insecure: bool) -> tuple[str, str | None]:
    """What people are shown of an address, and what is wrong with it. Its path may be a secret, a host is none."""
    if "://" in address:
        return _host(address, insecure=insecure)
    path = PurePosixPath(address)
    if path.is_absolute() or ".." in path.parts or "\0" in address or not path.name:
        return "", f"{address!r} is no path below the workspace such as calendars/legal.ics, and no https:// address"
    return visible(address), None


def _host(address: str, *, insecure: bool) -> tuple[str, str | None]:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "", "it is no address such as https://calendar.example.com/legal.ics"
    if parts.username is not None:
        return "", "a name and password in the address are not sent. Take the calendar's secret link"
    if not host or not address.isascii() or not address.isprintable() or " " in address:
        return "", "it is no address such as https://calendar.example.com/legal.ics"
    if parts.scheme == "https" or (parts.scheme == "http" and (insecure or host in _LOOPBACK)):
        return f"{parts.scheme}://{host}/…", None
    if parts.scheme != "http":
        return "", f"{parts.scheme}:// is no way to fetch a calendar. Write https://"
    return "", "http:// lets anybody on the way say who is on call. Write https://, or add insecure: true"
