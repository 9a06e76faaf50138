"""When a running clock speaks up: at half of its time, at 80 % of it, and when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

HALF, MOST, DUE = "half", "80%", "due"
_TENTHS = ((HALF, 5), (MOST, 8))
_SECOND = timedelta(seconds=1)


def shares(begun: datetime | None, strict: datetime) -> list[tuple[str, datetime]]:
    """The instants in UTC at which half and 80 % of the time have passed, in whole seconds, and the strict time.

    Without a beginning, or with one that is not before the strict time, there is only the latter.
    """
    due = strict.astimezone(UTC)
    start = begun.astimezone(UTC) if begun else due
    whole = due - start
    if whole <= timedelta():
        return [(DUE, due)]
    return [*((name, start + whole * tenths // 10 // _SECOND * _SECOND) for name, tenths in _TENTHS), (DUE, due)]
