"""The catalogue of clocks as the rules read it: built from a plain document in which `form.check` found no error.

A document maps regimes to what all of their clocks share, and each regime's `clocks` to the clocks themselves. What a
clock does not say for itself, its regime says for it. A clock's id is the regime's key, a dot and its own key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

Document = Mapping[str, Any]

UNITS = ("hours", "days", "business_days", "months")
STATUSES = ("in_force", "proposed", "superseded", "contract", "disabled")
ROLLS = ("none", "reg1182", "noon", "opening")
ALARMED = ("in_force", "contract")
NOBODY = "nobody yet"
ENTITY = "entity"


class Measure(NamedTuple):
    """A length of time: so many of a unit after a fact, or after the clock's own start when `after` is empty.

    With `first_day` the day of the fact is day one. With `year_end` the count begins when the calendar year of the fact
    has ended. `at` is the local time on the last day by which it must be done; empty: the end of that day.
    """

    unit: str
    number: int
    after: str = ""
    first_day: bool = False
    year_end: bool = False
    at: str = ""


class Rule(NamedTuple):
    """How long: the earliest of its measures; or a duty in words, without a number; or a cut-off for filings.

    When the start lies after what the other measures allow, `late` alone counts.
    """

    measures: tuple[Measure, ...] = ()
    late: Measure | None = None
    duty: str = ""
    cut_off: str = ""


class Limit(NamedTuple):
    """An answer without which a clock does not apply: a number in bounds, one of some words, or yes or no."""

    name: str
    least: int | None = None
    most: int | None = None
    among: tuple[str, ...] = ()
    flag: bool | None = None


class Question(NamedTuple):
    """What to ask before a clock is said to apply; `type` is as for facts, with `choices` for a choice."""

    name: str
    ask: str
    type: str = "boolean"
    choices: tuple[str, ...] = ()


class Clock(NamedTuple):
    """A deadline and everything that must be known to compute it.

    `start` names the fact that starts it. `trigger` is the fact that a bare time is taken for, which differs from
    `start` where the usual moment does not start it. `chained_to` is the clock whose filing is that fact. `zone` is
    where its days end unless told otherwise, and with `zone_fixed` whatever is told. `calendar` is an id, or `zone` for
    that of the place. Between `since` and `until` it applies; of a start before `caution_since`, `caution` is said.
    """

    id: str
    regime: str
    names: tuple[tuple[str, ...], tuple[str, ...]]
    title: str
    start: str
    trigger: str
    rule: Rule
    means: str = ""
    chained_to: str | None = None
    roll: str = "none"
    roll_denied: tuple[str, ...] = ()
    calendar: str = "zone"
    zone: str | None = None
    zone_fixed: bool = False
    jurisdiction: str = ""
    sector: str = ""
    recipient: str = ""
    citation: str = ""
    status: str = "in_force"
    since: date | None = None
    until: date | None = None
    caution: str = ""
    caution_since: date | None = None
    only: tuple[Limit, ...] = ()
    asks: tuple[Question, ...] = ()
    target: Measure | None = None
    note: str = ""
    confidence: str = "medium"
    last_verified: str = ""
    reviewed_by: str | None = None

    @property
    def alarms(self) -> bool:
        """Whether it may raise an alarm: what is only proposed, superseded or disabled never does."""
        return self.status in ALARMED

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that it counts from, its own start first."""
        return tuple(dict.fromkeys([self.start, *(measure.after or self.start for measure in self.rule.measures)]))


def merged(shipped: Document, own: Document) -> dict[str, Any]:
    """The shipped document with a workspace's own laid over it, key by key in each regime, clock and calendar."""
    regimes, calendars = _over(shipped, own, "regimes"), _over(shipped, own, "calendars")
    whole = {key: laid(there, over, "clocks") for key, there, over in regimes}
    return {"regimes": whole, "calendars": {key: laid(there, over, "closures") for key, there, over in calendars}}


def _over(shipped: Document, own: Document, part: str) -> Iterator[tuple[str, Document, Document]]:
    there, over = shipped.get(part) or {}, own.get(part) or {}
    return ((key, there.get(key) or {}, over.get(key) or {}) for key in dict.fromkeys([*there, *over]))


def laid(there: Document, over: Document, inner: str) -> dict[str, Any]:
    """A mapping with another laid over it key by key, and so each of the mappings in its part `inner`."""
    old, new = there.get(inner) or {}, over.get(inner) or {}
    both = {key: {**(old.get(key) or {}), **(new.get(key) or {})} for key in dict.fromkeys([*old, *new])}
    return {**there, **over, **({inner: both} if both else {})}


def build(document: Document) -> dict[str, Clock]:
    """The clocks of a document by id, in its order."""
    return {clock.id: clock for key, regime in document.items() for clock in _clocks(key, regime)}


def _clocks(key: str, regime: Document) -> Iterator[Clock]:
    shared = {name: value for name, value in regime.items() if name not in ("title", "names", "clocks", "citation")}
    called = (regime["title"], key, *regime.get("names", ()))
    for own, spec in regime["clocks"].items():
        yield _clock(f"{key}.{own}", regime, {**shared, **spec}, (called, tuple(spec.get("names", ()))))


def _clock(id_: str, regime: Document, spec: Document, names: tuple[tuple[str, ...], tuple[str, ...]]) -> Clock:
    limits = tuple(_limit(name, bounds) for name, bounds in (spec.get("only") or {}).items())
    return Clock(
        id=id_,
        regime=regime["title"],
        names=names,
        title=spec["title"],
        start=spec["start"],
        trigger=spec.get("trigger", spec["start"]),
        rule=rule(spec["rule"]),
        means=spec.get("means", ""),
        chained_to=spec.get("chained_to"),
        roll=spec.get("roll", "none"),
        roll_denied=tuple(spec.get("roll_denied", ())),
        calendar=spec.get("calendar", "zone"),
        zone=spec.get("zone"),
        zone_fixed=spec.get("zone_fixed", False),
        jurisdiction=spec.get("jurisdiction", ""),
        sector=spec.get("sector", ""),
        recipient=spec.get("recipient", ""),
        citation=", ".join(filter(None, (regime.get("citation", ""), spec.get("citation", "")))),
        status=spec.get("status", "in_force"),
        since=_day(spec.get("since")),
        until=_day(spec.get("until")),
        caution=spec.get("caution", ""),
        caution_since=_day(spec.get("caution_since")),
        only=limits,
        asks=tuple(_question(name, ask, limits) for name, ask in (spec.get("asks") or {}).items()),
        target=measure(spec["target"]) if spec.get("target") else None,
        note=spec.get("note", ""),
        confidence=spec.get("confidence", "medium"),
        last_verified=str(spec.get("last_verified", "")),
        reviewed_by=spec.get("reviewed_by"),
    )


def rule(spec: Document) -> Rule:
    """The rule that a document writes."""
    if "duty" in spec or "accepted_by" in spec:
        return Rule(duty=spec.get("duty", ""), cut_off=spec.get("accepted_by", ""))
    measures = tuple(map(measure, spec.get("earliest", [spec])))
    return Rule(measures, measure(spec["late"]) if "late" in spec else None)


def measure(spec: Document) -> Measure:
    """The length of time that a document writes."""
    unit = next(unit for unit in UNITS if unit in spec)
    begins = spec.get("from", "") == "year-end"
    return Measure(unit, spec[unit], spec.get("after", ""), spec.get("first_day", False), begins, spec.get("at", ""))


def _limit(name: str, bounds: Document) -> Limit:
    return Limit(name, bounds.get("least"), bounds.get("most"), tuple(bounds.get("among", ())), bounds.get("is"))


def _question(name: str, ask: str, limits: tuple[Limit, ...]) -> Question:
    for limit in limits:
        if limit.name == name and limit.flag is None:
            return Question(name, ask, "choice" if limit.among else "integer", limit.among)
    return Question(name, ask, "text" if name == ENTITY else "boolean")


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))
