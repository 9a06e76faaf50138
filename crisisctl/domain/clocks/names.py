"""How clocks are called: by id, or by a regime and a name, without regard to case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from crisisctl.domain.clocks.catalogue import Clock
from crisisctl.domain.clocks.faults import SeveralClocks, UnknownClock
from crisisctl.domain.text import visible

_APART = re.compile(r"[^a-z0-9]+")
_WORDS = re.compile(r"[a-z]+|[0-9]+")
_UNITS = {
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
    "business_days": ("bd", "wd", "business", "working", "day", "days"),
    "months": ("m", "month", "months"),
}


def squeezed(text: str) -> str:
    """The letters and digits of a name, in lower case."""
    return _APART.sub("", text.casefold())


def find(told: str, clocks: Mapping[str, Clock]) -> Clock:
    """The clock of that name; `SeveralClocks` when several have it, `UnknownClock` with the nearest names when none."""
    if told in clocks:
        return clocks[told]
    key = squeezed(told)
    if found := [clock for clock in clocks.values() if key in _keys(clock)]:
        return _only(found, told)
    if found := [clock for clock in clocks.values() if key in map(squeezed, clock.names[0])]:
        return _only(found, told)
    if clock := _worded(told, list(clocks.values())):
        return clock
    raise UnknownClock(_nearest(told, clocks))


def _worded(told: str, clocks: list[Clock]) -> Clock | None:
    """The only clock, of the regime that stands first if one does, for which every word stands: by name, or at all."""
    words, key = set(_WORDS.findall(told.casefold())), squeezed(told)
    those = [clock for clock in clocks if any(key.startswith(squeezed(name)) for name in clock.names[0])] or clocks
    for vocabulary in (_vocabulary, _all_words):
        found = [clock for clock in those if words and words <= vocabulary(clock)]
        if len(found) == 1:
            return found[0]
    return None


def _all_words(clock: Clock) -> set[str]:
    limits = [str(number) for limit in clock.only for number in (limit.least, limit.most) if number is not None]
    told = " ".join((clock.start, clock.recipient, clock.citation, clock.sector, *limits))
    return _vocabulary(clock) | set(_WORDS.findall(told.casefold()))


def _only(found: list[Clock], told: str) -> Clock:
    if len(found) == 1:
        return found[0]
    ids = [clock.id for clock in found]
    raise SeveralClocks(f"{visible(told[:80])!r} is several clocks. Say which: {', '.join(ids)}.", ids)


def _keys(clock: Clock) -> Iterator[str]:
    regimes, names = clock.names
    yield squeezed(clock.id)
    for name in names:
        yield squeezed(name)
        yield from (squeezed(f"{regime}{name}") for regime in regimes)


def _vocabulary(clock: Clock) -> set[str]:
    regimes, names = clock.names
    words = set(_WORDS.findall(" ".join((clock.id, clock.title, *regimes, *names)).casefold()))
    for measure in clock.rule.measures:
        words.update((str(measure.number), *_UNITS[measure.unit]))
    return words


def _nearest(told: str, clocks: Mapping[str, Clock]) -> str:
    """That there is none, with the ids of those whose names are nearest."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

    called = {key: clock.id for clock in reversed(list(clocks.values())) for key in _keys(clock)}
    called |= {squeezed(name): clock.id for clock in reversed(list(clocks.values())) for name in clock.names[0]}
    near = list(dict.fromkeys(called[key] for key in get_close_matches(squeezed(told)[:80], called, n=4, cutoff=0.55)))
    offer = f" Did you mean {', '.join(near)}?" if near else ""
    return f"There is no clock {visible(told[:80])!r}.{offer} All of them: crisisctl clock list"
