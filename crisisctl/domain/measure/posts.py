"""What Mastodon and Threads count differently from what is seen."""

from __future__ import annotations

import re
from functools import cache

from crisisctl.domain.measure.addresses import host_end

ADDRESS = 23  # what any address weighs on Mastodon
_SCHEME = re.compile(r"(?<![A-Za-z0-9@＠$#＃])(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://", re.IGNORECASE)  # noqa: RUF001 - the wide forms are meant
_MENTION = re.compile(r"(?<![=/\w])@([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)@[\w.-]*\w", re.IGNORECASE)
# What may follow a host: its port, the path in which brackets come in pairs, and the query.
_NEST = r"\([^\s<>()?]*(?:\([^\s<>()?]+\)[^\s<>()?]*)?\)"
_PATH = rf"(?:[^\s<>()?]|{_NEST})*(?:[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@]|{_NEST})"
_QUERY = r"\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^\u00a0-\U0010fffd]*[a-z0-9_&=#/\-\u00a0-\U0010fffd]"
_REST = re.compile(rf"(?::[0-9]+)?(?:/(?:{_PATH})?)?(?:{_QUERY})?", re.IGNORECASE)


@cache
def _clusters() -> re.Pattern[str]:
    import regex  # noqa: PLC0415 - only what counts as people see pays for it

    found: re.Pattern[str] = regex.compile(r"\X")
    return found


def graphemes(text: str) -> list[str]:
    """What people see as one character each: extended grapheme clusters (UAX #29)."""
    return _clusters().findall(text)


@cache
def _emoji() -> re.Pattern[str]:
    import regex  # noqa: PLC0415 - as above

    found: re.Pattern[str] = regex.compile(r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F|[0-9#*]\uFE0F?\u20E3")
    return found


def threads(text: str) -> int:
    """Characters, an emoji counting as many as it has bytes in UTF-8."""
    return sum(len(one.encode()) if _emoji().search(one) else len(one) for one in graphemes(text))


def mastodon(text: str, warning: str = "") -> int:
    """Graphemes of the warning and the text: each address 23, and of a mention elsewhere only the name."""
    return len(graphemes(warning)) + len(graphemes(_shortened(text) if text.strip() else ""))


def _shortened(text: str) -> str:
    parts, done = [], 0
    for start, end, instead in sorted([*_addresses(text), *_mentions(text)]):
        if start >= done:
            parts += [text[done:start], instead]
            done = end
    return "".join([*parts, text[done:]])


def _mentions(text: str) -> list[tuple[int, int, str]]:
    return [(found.start(), found.end(), f"@{found[1]}") for found in _MENTION.finditer(text)]


def _addresses(text: str) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for scheme in _SCHEME.finditer(text):
        within = bool(found) and scheme.start() < found[-1][1]
        if not within and (end := host_end(text, scheme.end())):
            rest = _REST.match(text, end)
            found.append((scheme.start(), rest.end() if rest else end, "x" * ADDRESS))
    return found
