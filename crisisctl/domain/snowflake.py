"""When a post on X was made, by its id: the milliseconds since 4 November 2010 stand above its lowest 22 bits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = 1_288_834_974_657  # milliseconds since 1970
_BELOW = 22
_FIRST = 29_700_859_247  # earlier ids were counted, and hold no time
_LARGEST = 2**63 - 1
_STATUS = re.compile(
    r"(?:https?://)?(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(?:i/web|i|[A-Za-z0-9_]{1,20})/status(?:es)?/(\d{1,20})"
    r"(?:[/?#].*)?",
    re.ASCII,
)
_START = datetime(1970, 1, 1, tzinfo=UTC)


def status_id(told: str) -> str | None:
    """The id in the address of a post on X, or the id itself; None when it is neither."""
    text = told.strip()
    if re.fullmatch(r"\d{5,20}", text, re.ASCII):
        return text
    found = _STATUS.fullmatch(text)
    return found[1] if found else None


def posted_at(id_: str) -> datetime | None:
    """The instant, exact to the millisecond, at which that post was made; None for an id that holds none."""
    number = int(id_)
    if not _FIRST <= number <= _LARGEST:
        return None
    return _START + timedelta(milliseconds=(number >> _BELOW) + EPOCH)
