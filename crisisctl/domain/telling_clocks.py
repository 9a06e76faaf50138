"""The entries about clocks as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crisisctl.domain.entries import Entry
from crisisctl.domain.said import because, told, word
from crisisctl.domain.times import clock_time, instant


def _named(data: Mapping[str, Any]) -> str:
    return f"{data['clock']} ({data['regime']}: {data['title']})"


def _at(stamp: str | None) -> str:
    return f"{clock_time(instant(stamp))} UTC" if stamp else "no time"


def _started(entry: Entry) -> str:
    data = entry.data
    after = f" by our filing of {data['follows']}" if "follows" in data else ""
    return f"Clock {_named(data)} starts{after}{_since(entry)}: {_ends(data)}{because(entry)}{told(entry)}"


def _since(entry: Entry) -> str:
    begun = entry.data["facts"].get(entry.data["start"])
    source = f", source: {word(entry, 'source')}" if "source" in entry.words else ""
    return f", {entry.data['start'].replace('_', ' ')} {_at(begun)}{source}"


def _ends(data: Mapping[str, Any]) -> str:
    result = data["result"]
    if result["kind"] == "qualitative":
        aim = f", to aim at: {_at(result['target'])}" if "target" in result else ""
        return f"a duty without a number{aim}"
    if result["kind"] == "not_applicable":
        return str(data["why"][-1]).removesuffix(".")
    legal = result.get("legal")
    outer = f", legal limit {_at(legal)}" if legal and legal != result["strict"] else ""
    quiet = "" if data["alarms"] else f" ({data['status'].replace('_', ' ')}, so it raises no alarm)"
    return f"due {_at(result['strict'])}{outer}{quiet}"


def _amended(entry: Entry) -> str:
    data, was = entry.data, entry.data["was"]
    before = (
        f", was due {_at(was['strict'])}" if was["strict"] and was["strict"] != data["result"].get("strict") else ""
    )
    again = f", {was['state']} before" if was["state"] != data["state"] else ""
    late = (
        {True: "; its filing was late", False: "; its filing was in time"}.get(data["late"], "")
        if "late" in data
        else ""
    )
    said = f"Clock {_named(data)} amended{_since(entry)}: {_ends(data)}{before}{again}{late}"
    return f"{said}{because(entry)}{told(entry)}"


def _assessed(entry: Entry) -> str:
    return "Assessed " + "; ".join(map(_assessment, entry.data["clocks"]))


def _assessment(one: Mapping[str, Any]) -> str:
    answers = ", ".join(f"{name} = {_plain(value)}" for name, value in one["answers"].items())
    says = {"applies": "applies", "open": "questions are open", "not_applicable": "does not apply"}[one["says"]]
    return f"{_named(one)}: {says}{f' ({answers})' if answers else ''}"


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _declined(entry: Entry) -> str:
    by = entry.data["decider"]
    return f"Decided by {by}: nothing is filed for {_named(entry.data)}{because(entry)}"


def _filed(entry: Entry) -> str:
    clocks = entry.data["clocks"]
    late = entry.data["late"]
    what = f": {word(entry, 'what')}" if "what" in entry.words else ""
    reference = f", reference {word(entry, 'reference')}" if "reference" in entry.words else ""
    said = f"Filed with {word(entry, 'to')}{reference}, for {' and '.join(map(_named, clocks))}{what}"
    return f"{said}{'; late for ' + ' and '.join(late) if late else ''}{because(entry)}"


def _reminded(entry: Entry) -> str:
    data = entry.data
    share = {"half": "Half", "80%": "80 %"}[data["share"]]
    return f"{share} of the time of clock {data['clock']} has passed, due {_at(data['ends'])}{told(entry)}"


def _overdue(entry: Entry) -> str:
    what = "The time aimed at" if "target" in entry.data else "The time"
    return f"{what} of clock {entry.data['clock']} has passed without a filing{told(entry)}"


TELL: dict[str, Callable[[Entry], str]] = {
    "clock.started": _started,
    "clock.amended": _amended,
    "clock.stopped": lambda e: (
        f"Clock {e.data['clock']} stops: {e.data['start'].replace('_', ' ')} is not known any more"
    ),
    "clock.stalled": lambda e: f"Clock {_named(e.data)} cannot be told: {e.data['why'][0].removesuffix('.')}",
    "clock.assessed": _assessed,
    "clock.declined": _declined,
    "clock.waived": lambda e: f"Clock {_named(e.data)} waived{because(e)}",
    "clock.will_miss": lambda e: f"Clock {_named(e.data)}, due {_at(e.data['limit'])}, will be missed{because(e)}",
    "clock.filed": _filed,
    "clock.reminded": _reminded,
    "clock.overdue": _overdue,
}
