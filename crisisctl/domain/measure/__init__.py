"""How long a text is, counted as each channel counts it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from crisisctl.domain.errors import Refused
from crisisctl.domain.measure.channel import AUDIENCES, CANNOT, RULES, Channel, channel_of
from crisisctl.domain.text import LONGEST_TEXT, visible

__all__ = ["AUDIENCES", "CANNOT", "RULES", "Channel", "Measure", "channel_of", "measurable", "measure"]

BLUESKY_OCTETS = 3000
_HASHTAG = re.compile(r"(?<![\w&])[#＃]\w+")  # noqa: RUF001 - the wide form makes one too
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Measure(NamedTuple):
    """What a text comes to on a channel; `troubles` says, a clause each, why it does not fit.

    `excess` is by how much it is too long, in the unit of whichever limit it breaks, and 0 where length is no trouble.
    `more` holds what the channel's rule knows besides.
    """

    count: int  # type: ignore[assignment] # a tuple's own `count` is of no use here
    limit: int | None
    unit: str
    fits: bool
    more: Mapping[str, Any] = _NOTHING
    excess: int = 0
    troubles: tuple[str, ...] = ()


class _Found(NamedTuple):
    """What a rule found; `troubles` beside the channel's own limit, `excess` if one of them is a length."""

    total: int
    more: Mapping[str, Any] = _NOTHING
    troubles: tuple[str, ...] = ()
    excess: int = 0


def measurable(text: str) -> str:
    """The text; `Refused` when it is too long to be a statement, or holds half a character."""
    if len(text) > LONGEST_TEXT:
        raise Refused(f"The text has {len(text):,} characters; at most {LONGEST_TEXT:,} are counted. Shorten it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half, place = visible(text[error.start]), error.start + 1
        raise Refused(f"The text has {half} at character {place}, which is half a character. Remove it.") from None
    return text


def measure(channel: Channel, text: str, *, warning: str = "") -> Measure:
    """The text as that channel counts it, with the content warning that goes with it, which Mastodon counts too.

    `Refused` for a text that nothing can carry, as for `measurable`.
    """
    measurable(f"{warning}{text}")
    found = _COUNTED[channel.rule](channel, text)
    count = found.total + (_seen(warning) if channel.rule == "mastodon" else 0)
    troubles, excess, more = [*found.troubles], found.excess, {**found.more}
    if channel.limit is not None and count > channel.limit:
        excess = count - channel.limit
        troubles.insert(0, f"{_many(excess, channel.unit)} too many")
    if channel.hashtags is not None:
        more["hashtags"] = tags = len(_HASHTAG.findall(text))
        troubles += [f"{_many(tags - channel.hashtags, 'hashtags')} too many"] if tags > channel.hashtags else []
    if channel.advised is not None:
        more |= {"advised": channel.advised, "within_advice": count <= channel.advised}
    return Measure(count, channel.limit, channel.unit, not troubles, more, excess, tuple(troubles))


def _many(number: int, unit: str) -> str:
    return f"{number:,} {unit.removesuffix('s') if number == 1 else unit}"


def _x(channel: Channel, text: str) -> _Found:
    from crisisctl.domain.measure.addresses import weighed  # noqa: PLC0415 - the rule of one channel

    weight, valid = weighed(text, channel.limit)
    troubles: tuple[str, ...] = ()
    if not weight:
        troubles = ("X takes no empty post",)
    elif not valid and (channel.limit is None or weight <= channel.limit):
        troubles = ("it holds a character that X refuses: U+FEFF, U+FFFE or U+FFFF",)
    return _Found(weight, {"weighted": weight, "valid": valid}, troubles)


def _bluesky(channel: Channel, text: str) -> _Found:
    seen, octets = _seen(text), len(text.encode())
    beyond = octets - BLUESKY_OCTETS
    valid = beyond <= 0 and (channel.limit is None or seen <= channel.limit)
    troubles = (f"{_many(beyond, 'UTF-8 bytes')} too many",) if beyond > 0 else ()
    return _Found(seen, {"graphemes": seen, "utf8_bytes": octets, "valid": valid}, troubles, max(beyond, 0))


def _mastodon(_: Channel, text: str) -> _Found:
    from crisisctl.domain.measure.posts import mastodon  # noqa: PLC0415 - the rule of one channel

    return _Found(mastodon(text))


def _threads(_: Channel, text: str) -> _Found:
    from crisisctl.domain.measure.posts import threads  # noqa: PLC0415 - the rule of one channel

    return _Found(threads(text))


def _sms(_: Channel, text: str) -> _Found:
    from crisisctl.domain.measure.sms import packed  # noqa: PLC0415 - the rule of one channel

    found = packed(text)
    return _Found(found.segments, found._asdict())


def _subject(_: Channel, text: str) -> _Found:
    several = len(text.splitlines()) > 1 or text != text.strip("\r\n")
    return _Found(len(text.encode()), troubles=("a subject is a single line",) if several else ())


def _seen(text: str) -> int:
    from crisisctl.domain.measure.posts import graphemes  # noqa: PLC0415 - only what counts as people see pays for it

    return len(graphemes(text))


def _plainly(count: Callable[[str], int]) -> _Rule:
    """A rule that is one figure."""
    return lambda _, text: _Found(count(text))


_Rule = Callable[[Channel, str], _Found]
_COUNTED: Mapping[str, _Rule] = {
    "x": _x,
    "bluesky": _bluesky,
    "mastodon": _mastodon,
    "threads": _threads,
    "sms": _sms,
    "subject": _subject,
    "utf16": _plainly(lambda text: len(text.encode("utf-16-le")) // 2),
    "graphemes": _plainly(_seen),
    "octets": _plainly(lambda text: len(text.encode())),
    "words": _plainly(lambda text: len(text.split())),
    "characters": _plainly(len),
    "none": _plainly(len),
}
