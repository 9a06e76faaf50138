"""How the entries about clocks change the incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.times import instant

_ABOUT = ("regime", "title", "start", "recipient", "status", "last_verified", "reviewed_by")


def said_of(held: Deadline, about: Mapping[str, Any]) -> Deadline:
    """The clock with what is said of it anew."""
    return held._replace(**{name: about[name] for name in _ABOUT if name in about})


def _held(incident: Incident, id_: str, about: Mapping[str, Any]) -> Deadline:
    return said_of(incident.clocks.get(id_, Deadline(id_)), about)


def _with(incident: Incident, *changed: Deadline) -> Incident:
    return incident._replace(clocks={**incident.clocks, **{one.id: one for one in changed}})


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None


def _asserted(incident: Incident, entry: Entry) -> Incident:
    data, result = entry.data, entry.data["result"]
    held = _held(incident, data["clock"], data)
    times: dict[str, Any] = {name: _instant(result.get(name)) for name in ("strict", "legal", "target")}
    begun = data["facts"].get(data["start"])
    fresh = held._replace(
        state=data["state"],
        kind=result["kind"],
        facts=data["facts"],
        answers=data["answers"],
        zone=data["zone"],
        begun=_instant(begun),
        alarms=data["alarms"],
        role=data["role"],
        escalate=tuple(data["escalate"]),
        run=held.run + 1,
        version=entry.version,
        asserted_at=entry.occurred_at,
        missed=False,
        late=data.get("late", held.late),
        **times,
    )
    return _with(incident, fresh)


def _ended(held: Deadline, entry: Entry) -> Deadline:
    """Without an end and its alarms; a filing stays a filing, and a decision a decision."""
    state = "stalled" if entry.type == "clock.stalled" else "not_started"
    kept = held.state if held.state in ("filed", "waived", "declined") else state
    bare = held._replace(state=kept, kind="not_started", strict=None, legal=None, target=None, version=entry.version)
    return bare._replace(alarms=False, missed=False, will_miss=False)


def _stopped(incident: Incident, entry: Entry) -> Incident:
    """Nothing is known of its start any more."""
    held = _held(incident, entry.data["clock"], entry.data)
    facts = {name: at for name, at in held.facts.items() if name != held.start}
    return _with(incident, _ended(held, entry)._replace(facts=facts, begun=None))


def _stalled(incident: Incident, entry: Entry) -> Incident:
    """It has begun, and something is missing that its end counts from."""
    data = entry.data
    held = _held(incident, data["clock"], data)
    begun = _instant(data["facts"].get(data["start"]))
    whose = _ended(held, entry)._replace(role=data["role"], escalate=tuple(data["escalate"]))
    return _with(incident, whose._replace(facts=data["facts"], begun=begun))


def _assessed(incident: Incident, entry: Entry) -> Incident:
    found = []
    for about in entry.data["clocks"]:
        held = _held(incident, about["clock"], about)
        before = held.state in ("assessed", "applies", "not_started", "not_applicable") and not held.begun
        state = _ASSESSED[about["says"]] if before else held.state
        found.append(held._replace(answers={**held.answers, **about["answers"]}, state=state))
    return _with(incident, *found)


_ASSESSED = {"not_applicable": "not_applicable", "applies": "applies", "open": "assessed"}


def _settled(state: str) -> Callable[[Incident, Entry], Incident]:
    def change(incident: Incident, entry: Entry) -> Incident:
        return _with(incident, _held(incident, entry.data["clock"], entry.data)._replace(state=state))

    return change


def _filed(incident: Incident, entry: Entry) -> Incident:
    at, late = entry.occurred_at, entry.data["late"]
    held = (_held(incident, about["clock"], about) for about in entry.data["clocks"])
    return _with(incident, *(one._replace(state="filed", filed_at=at, late=one.id in late) for one in held))


def _will_miss(incident: Incident, entry: Entry) -> Incident:
    return _with(incident, _held(incident, entry.data["clock"], entry.data)._replace(will_miss=True))


def _reminded(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(fired=incident.fired | {entry.timer}) if entry.timer else incident


def _missed(incident: Incident, entry: Entry) -> Incident:
    held = _held(incident, entry.data["clock"], entry.data)
    return _reminded(_with(incident, held._replace(missed="target" not in entry.data)), entry)


CHANGES: dict[str, Callable[[Incident, Entry], Incident]] = {
    "clock.started": _asserted,
    "clock.amended": _asserted,
    "clock.stopped": _stopped,
    "clock.stalled": _stalled,
    "clock.assessed": _assessed,
    "clock.declined": _settled("declined"),
    "clock.waived": _settled("waived"),
    "clock.filed": _filed,
    "clock.will_miss": _will_miss,
    "clock.reminded": _reminded,
    "clock.overdue": _missed,
}
