"""What a value may look like, whatever it means: mappings, lists, text, numbers, durations, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol

from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.errors import Invalid
from crisisctl.domain.text import LONGEST_TEXT, LONGEST_TITLE, NAME, visible
from crisisctl.domain.times import LONGEST, parse_duration

LARGEST = 2**53
_ENOUGH_OFFERS = 100


class Naming(Protocol):
    """Judges whether a key can name something."""

    def __call__(self, here: Place, value: object, what: str, *, key: bool) -> str | None:
        """The name, or None when it cannot be used, which is then reported."""
        ...


def offer(here: Place, name: str, known: Sequence[str]) -> str | None:
    """The nearest name, safe to print. After a hundred problems nothing is offered: the search would cost too much."""
    near = _nearest(name, known) if len(here.problems) < _ENOUGH_OFFERS else None
    return None if near is None else plain(near)


def _nearest(name: str, known: Sequence[str]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    whole_path = next((path for path in known if path.endswith(f".{name}")), None)
    if whole_path is not None:
        return whole_path
    near = get_close_matches(name[:64], list(islice(known, _ENOUGH_OFFERS)), n=1, cutoff=0.6)
    head = name.partition(".")[0]
    return near[0] if near else head if head in known else None


def fields(here: Place, value: object, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, Any]:
    """The known keys of a mapping; reports the unknown and the missing. Nothing at all counts as an empty mapping."""
    if value is not None and not isinstance(value, dict):
        here.wrong(value, "a mapping", f"write keys and values here: {', '.join(known)}")
        return {}
    has: dict[str, Any] = {}
    for key, inner in (value or {}).items():
        if key in known:
            has[key] = inner
        else:
            _unknown_key(here, key, known)
    for key in required:
        if key not in has:
            here.error("missing-key", f"{here} has no {key}", f"add {key}", key=True)
    return has


def _unknown_key(here: Place, key: object, known: Sequence[str]) -> None:
    if not isinstance(key, str):
        _not_text(here, key)
        return
    near = offer(here, key, known)
    remedy = f"write {near}" if near else f"remove it; what can stand here is {', '.join(known)}"
    here.at(key).error("unknown-key", f"the key {shown(key)} is not known in {here}", remedy, key=True)


def _not_text(here: Place, key: object) -> None:
    here.error("wrong-type", f"a key of {here} is {shown(key)}, not text", "put the key in quotes")


def name(here: Place, value: object, what: str, *, key: bool = False) -> str | None:
    """The value if it can name something; else None, reported."""
    if not isinstance(value, str):
        here.wrong(value, "a name", f"write the name of the {what}; put it in quotes if it looks like a number")
        return None
    if NAME.fullmatch(value):
        return value
    idea = re.sub(r"[^a-z0-9]+", "-", value[:64].lower()).strip("-")
    form = "use a to z, 0 to 9, - and _, at most 64, with a letter or digit at both ends"
    remedy = f"{form}{f', such as {idea}' if idea else ''}"
    here.error("bad-name", f"{shown(value)} cannot name a {what}", remedy, key=key)
    return None


def entries(here: Place, value: object, what: str, naming: Naming = name) -> Iterator[tuple[str, Place, object]]:
    """The named entries of a section: name, place, content; reports names that cannot be used."""
    if value is not None and not isinstance(value, dict):
        here.wrong(value, "a mapping", f"write each {what} as its name, a colon and its content")
        return
    for key, inner in (value or {}).items():
        if isinstance(key, str):
            naming(here.at(key), key, what, key=True)
            yield key, here.at(key), inner
        else:
            _not_text(here, key)


def items(here: Place, value: object) -> Iterator[tuple[Place, object]]:
    """The places and values of a list; nothing at all counts as an empty list."""
    if value is not None and not isinstance(value, list):
        one = plain(value) if isinstance(value, str) else "…"
        here.wrong(value, "a list", f"write [{one}]")
        return
    yield from ((here.at(index), inner) for index, inner in enumerate(value or ()))


def unrepeated(here: Place, value: object, rule: str = "duplicate-name") -> Iterator[tuple[Place, object]]:
    """The same as `items`; reports text that the list already has."""
    seen: set[str] = set()
    for at, inner in items(here, value):
        if isinstance(inner, str):
            if inner in seen:
                at.error(rule, f"{shown(inner)} stands twice in {here}", "remove one of the two")
            seen.add(inner)
        yield at, inner


def line(here: Place, value: object) -> None:
    """A title: one line that is not empty, at most 200 characters."""
    if not isinstance(value, str):
        here.wrong(value, "text", "write a line of text; put it in quotes if it looks like a number")
    elif not value.strip():
        here.error("empty-text", f"{here} is empty", "write a few words")
    else:
        _legible(here, value, LONGEST_TITLE, lines=False)


def prose(here: Place, value: object) -> None:
    """Text of any number of lines."""
    if isinstance(value, str):
        _legible(here, value, LONGEST_TEXT, lines=True)
    else:
        here.wrong(value, "text", "write text; put it in quotes if it looks like a number")


def _legible(here: Place, value: str, longest: int, *, lines: bool) -> None:
    if len(value) > longest:
        here.error("too-long", f"{here} has {len(value):,} characters", f"shorten it to at most {longest:,}")
    if visible(value, lines=lines) == value:
        return
    found = next(index for index, one in enumerate(value) if visible(one, lines=lines) != one)
    place = f"line {value.count(chr(10), 0, found) + 1} of the text" if lines else f"character {found + 1}"
    message = f"{here} holds {visible(value[found])} at {place}, which nobody can see"
    here.error("hidden-character", message, "remove it")


def flag(here: Place, value: object) -> None:
    """True or false."""
    if not isinstance(value, bool):
        here.wrong(value, "true or false", "write true or false, without quotes")


def whole(here: Place, value: object, least: int, most: int, rule: str) -> int | None:
    """A whole number from `least` to `most`; else None, reported."""
    if not isinstance(value, int) or isinstance(value, bool):
        here.wrong(value, "a whole number", f"write a whole number without quotes, such as {max(least, 1)}")
    elif abs(value) > LARGEST:
        here.error("huge-number", f"{here} is a larger number than can be kept exactly", "write a smaller number")
    elif not least <= value <= most:
        bounds = f"{least} or more" if most >= LARGEST else f"a number from {least} to {most}"
        here.error(rule, f"{here} is {value}", f"write {bounds}")
    else:
        return value
    return None


def one_of(here: Place, value: object, options: Sequence[str], rule: str) -> None:
    """One of a few words."""
    if isinstance(value, str) and value in options:
        return
    near = offer(here, value, options) if isinstance(value, str) else None
    here.error(rule, f"{here} cannot be {shown(value)}", f"write {near or ' or '.join(options)}")


def duration(here: Place, value: object, *, zero: bool = True, rule: str = "bad-duration") -> timedelta | None:
    """Elapsed time; else None, reported, `rule` being for a time of no length where one is needed."""
    try:
        span = parse_duration(value)
    except Invalid:
        _no_duration(here, value)
        return None
    if span or zero:
        return span
    here.error(rule, f"{here} is no time at all", "write a duration longer than 0, such as 20m")
    return None


def _no_duration(here: Place, value: object) -> None:
    remedy = "write a number with its unit, from days to seconds: 90s, 5m, 1h30m or 2d"
    message = f"{here} is not a duration: {shown(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST:
        message, remedy = f"{here} is {value} without a unit", f"write {value}s, {value}m, {value}h or {value}d"
    elif isinstance(value, str) and re.fullmatch(r"(?:[0-9]+[dhms])+", value):
        remedy += f", at most {LONGEST.days}d"
    here.error("bad-duration", message, remedy)
