"""The typed values of facts."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from crisisctl.domain.errors import Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.playbook import FactSpec
from crisisctl.domain.text import prose, visible
from crisisctl.domain.times import instant, parse_instant, stamp

if TYPE_CHECKING:
    from decimal import Decimal

_YES = {"true", "yes", "y", "1"}
_NO = {"false", "no", "n", "0"}
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")  # a comma anywhere else may be meant as a decimal point
_LONGEST_NUMBER = 40


def read(spec: FactSpec, typed: str) -> str:
    """The value as the log keeps it; `Refused` with an example when it is not of the fact's type."""
    value = prose(typed, f"The value of {spec.name}")
    if spec.type == "integer":
        return str(_number(spec, value.replace(",", "") if _GROUPED.fullmatch(value) else value, whole=True))
    if spec.type == "number":
        return str(_number(spec, value, whole=False))
    if spec.type == "boolean":
        return _truth(spec, value)
    if spec.type == "datetime":
        return stamp(parse_instant(value)).replace(".000000Z", "Z")
    if spec.type == "choice" and value not in spec.choices:
        raise Refused(f"{spec.name} is one of {', '.join(spec.choices)}, not {visible(value[:80])!r}.")
    return value


def plain(spec: FactSpec | None, value: str) -> str | int | bool:
    """The value as a template sees it; a time reads `2026-11-22 15:00 UTC`."""
    kind = spec.type if spec else "text"
    if kind == "integer":
        return int(value)
    if kind == "boolean":
        return value == "true"
    if kind == "datetime":
        return instant(value).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return value


def known(incident: Incident) -> dict[str, str | int | bool]:
    """Every fact that has a value and was not retracted, as templates see it."""
    return {
        name: plain(incident.playbook.facts.get(name), fact.value)
        for name, fact in incident.facts.items()
        if fact.value is not None and fact.status != "retracted"
    }


def _number(spec: FactSpec, value: str, *, whole: bool) -> Decimal | int:
    from decimal import Decimal, InvalidOperation  # noqa: PLC0415 - only a number pays for it

    kind, example = ("a whole number", "1200") if whole else ("a number", "12.5")
    try:
        number = Decimal(value) if len(value) <= _LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if (
        not number.is_finite()
        or (whole and number != number.to_integral_value())
        or abs(number.adjusted()) > _LONGEST_NUMBER
    ):
        raise Refused(f"{spec.name} is {kind}, such as {example}; {visible(value[:80])!r} is not.")
    return int(number) if whole else number


def _truth(spec: FactSpec, value: str) -> str:
    if value.lower() in _YES | _NO:
        return "true" if value.lower() in _YES else "false"
    raise Refused(f"{spec.name} is yes or no, not {visible(value[:80])!r}.")
