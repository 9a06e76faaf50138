"""Figures as a page for Prometheus: its text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from crisisctl.service.tally import KINDS, LATENESS, Figures
from crisisctl.service.vitals import Vitals

TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(NamedTuple):
    """One line: what is added to the family's name, the labels, and the value."""

    value: float
    labels: Mapping[str, str] = {}
    ending: str = ""


class Family(NamedTuple):
    """A metric with all its samples. `kind` is `counter`, `gauge` or `histogram`."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def page(watch: str, figures: Figures, vitals: Vitals | None) -> str:
    """The whole page of a watch; what only the store can say is left out when it does not answer."""
    families = [*_own(watch, figures), *_room(vitals)]
    return "".join(line for family in families for line in written(family))


def written(family: Family) -> Iterator[str]:
    """The lines of a metric."""
    yield f"# HELP {family.name} {_plain(family.help)}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for value, labels, ending in family.samples:
        inner = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels.items())
        yield f"{family.name}{ending}{f'{{{inner}}}' if inner else ''} {_number(value)}\n"


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _plain(text).replace('"', '\\"')


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - what is not even itself is no number
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return repr(int(value)) if value == int(value) else repr(value)


def _own(watch: str, figures: Figures) -> Iterator[Family]:
    """What the watch knows by itself."""
    yield Family("crisisctl_watch_info", "gauge", "The name of this watch.", (Sample(1, {"watch": watch}),))
    for what, (name, told) in _COUNTERS.items():
        yield Family(f"crisisctl_watch_{name}_total", "counter", told, (Sample(figures.counts.get(what, 0)),))
    for name, told, counts in (
        ("rounds", "Rounds of firing (tick) and of sending (send).", figures.rounds),
        ("round_errors", "Rounds in which something went wrong.", figures.errors),
    ):
        yield Family(f"crisisctl_watch_{name}_total", "counter", told, tuple(_by_kind(counts)))
    ages = {kind: figures.up if age is None else age for kind, age in figures.age.items()}
    told = "Seconds since a round last went well, or since the watch began."
    yield Family("crisisctl_watch_last_good_round_seconds", "gauge", told, tuple(_by_kind(ages)))
    yield _lateness(figures)


_COUNTERS = {
    "fired": ("timers_fired", "Timers that this watch has fired."),
    "repaired": ("timers_repaired", "Timers that were not as the log says, and were mended."),
    "sent": ("notices_sent", "Notices that were accepted."),
    "failed": ("notices_failed", "Attempts to send a notice that failed."),
    "dropped": ("notices_dropped", "Notices that were not sent because nobody needs them any more."),
    "called": ("dead_man_calls", "Calls of the dead man's address."),
    "unheard": ("dead_man_failures", "Calls of the dead man's address that failed."),
}


def _by_kind(counts: Mapping[str, float]) -> Iterable[Sample]:
    return (Sample(counts[kind], {"kind": kind}) for kind in KINDS)


def _lateness(figures: Figures) -> Family:
    """How late timers were fired, cumulated as the format has it."""
    bounds = [*map(_number, LATENESS), "+Inf"]
    heights = [sum(figures.late[: number + 1]) for number in range(len(bounds))]
    buckets = [Sample(high, {"le": bound}, "_bucket") for high, bound in zip(heights, bounds, strict=True)]
    ends = (Sample(figures.lateness, ending="_sum"), Sample(heights[-1], ending="_count"))
    told = "Seconds between the instant at which a timer was due and its firing by this watch."
    return Family("crisisctl_watch_firing_lateness_seconds", "histogram", told, (*buckets, *ends))


def _room(vitals: Vitals | None) -> Iterator[Family]:
    """What the store says, the same for every watch."""
    answers = Sample(vitals is not None)
    yield Family("crisisctl_store_up", "gauge", "Whether the store answers.", (answers,))
    if vitals is None:
        return
    for name, told, value in (
        ("notices_waiting", "Notices that are not settled yet.", vitals.waiting),
        ("timers_overdue", "Timers that are due and not fired yet.", vitals.overdue),
        ("timers_lateness_seconds", "How long the oldest of those has been due.", vitals.late),
        ("watches_alive", "Watches that have left a sign of life lately.", vitals.watches),
    ):
        yield Family(f"crisisctl_{name}", "gauge", told, (Sample(value),))
    open_ = (Sample(vitals.incidents, {"drill": "false"}), Sample(vitals.drills, {"drill": "true"}))
    yield Family("crisisctl_incidents_open", "gauge", "Open incidents, drills apart.", open_)
