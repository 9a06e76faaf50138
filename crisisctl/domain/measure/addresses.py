"""What X takes for an address, found with its own published rules, and in bounded time.

The library that knows them is loaded by whoever counts: it takes half a second.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

# At these no address goes on. Other spaces are left to the library: this splits a text for speed, not for meaning.
_SPACES = re.compile("([\t-\r \u3000]+)")
# The library tries every label of a host name from every break in it. A text that costs more than this, some three
# seconds, is no prose: an address of ten labels costs a two-hundredth of a thousandth.
_DEAREST = 400_000
_CHEAP = 40  # tries from a break cost so much less than tries from a dot
_HOST = re.compile(r"[^\s!'#%&()*+,\\/:;<=>?@\[\]^{|}~$]+")
_LABEL = re.compile("(?![-_]).*(?<![-_])")
_BREAK = re.compile("[^A-Za-z0-9.]")


@cache
def library() -> Any:  # noqa: ANN401 - a module without types
    """The library that counts as X does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it reads its table of emoji in a way that setuptools warns of
        import twitter_text  # noqa: PLC0415 - as above
    return twitter_text


def weighed(text: str, limit: int | None) -> tuple[int, bool]:
    """The weighted characters of a text on X, and whether X would take it."""
    pieces = _SPACES.split(text.replace("\r\n", "\n"))
    first, *others = tamed(pieces[0::2])
    # A word goes with the space before it, which the library looks at: an accent there would not begin the address.
    words = [first, *(f"\n{word}" for word in others)]
    results = [_parsed(word) for word in words if "." in word]
    if plain := "".join(word for word in words if "." not in word):
        results.append(_parsed(plain))
    # What the spaces weigh beyond the one that each word has: the ideographic one weighs two.
    spaces = sum(len(space) - 1 + space.count("\u3000") for space in pieces[1::2])
    weight = sum(result.weightedLength for result in results) + spaces
    return weight, weight > 0 and (limit is None or weight <= limit) and all(result.valid for result in results)


def host_end(text: str, start: int) -> int | None:
    """Where the host name ends that begins there; None when none does, or under no domain that exists."""
    found = _HOST.match(text, start)
    end, at, before = None, start, ""
    for label in found[0].split(".") if found else ():
        if before and "_" not in before and (top := _top().match(text, at)):
            end = top.end()
        if not label or not _LABEL.fullmatch(label):
            break
        at, before = at + len(label) + 1, label
    return end


@cache
def _top() -> re.Pattern[str]:
    """The last part of a host name, such as com."""
    library()
    from twitter_text.regexp.valid_cctld import valid_cctld  # noqa: PLC0415 - as above
    from twitter_text.regexp.valid_gtld import valid_gtld  # noqa: PLC0415 - as above

    return re.compile(f"{valid_gtld.pattern}|{valid_cctld.pattern}|xn--[-0-9a-z]+", re.IGNORECASE)


def tamed(words: Iterable[str]) -> Iterator[str]:
    """The words, none too dear to look through: from the one at which it gets so on, dots are commas.

    A comma weighs the same and makes no address, so that the text counts in full.
    """
    spent = 0
    for word in words:
        spent += sum(map(_cost, _HOST.findall(word))) if "." in word else 0
        yield word if spent <= _DEAREST else word.replace(".", ",")


def _cost(host: str) -> int:
    return len(host) * (host.count(".") + len(_BREAK.findall(host)) // _CHEAP) if "." in host else 0


@lru_cache(maxsize=512)  # one command counts the same words several times
def _parsed(text: str) -> Any:  # noqa: ANN401 - the library has no types
    return library().parse_tweet(text, _options())


@cache
def _options() -> dict[str, Any]:
    """X's weights without its limit: a piece is valid while it holds nothing that X refuses."""
    return {**library().parse_tweet.__defaults__[0], "max_weighted_tweet_length": 2**40}
