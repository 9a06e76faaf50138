"""When people are told, and who is told in their place: delays, quiet hours, fallbacks, and what was answered before.

All of it is written into the entry that causes the notices, so the log alone gives the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from crisisctl.domain.entries import Entry, Event
from crisisctl.domain.incident import Incident
from crisisctl.domain.notices import SETTLED, Directory
from crisisctl.domain.reach import Rest, rest
from crisisctl.domain.times import stamp

Told = dict[str, Any]
_ANSWERS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "escalation.fired": (("escalation.acknowledged", ("ladder",)), ("stage.left", ("stage",))),
    "task.overdue": (("task.done", ("stage", "task")), ("task.skipped", ("stage", "task")), ("stage.left", ("stage",))),
    "statement.overdue": (("statement.published", ("statement",)),),
    "promise.warned": (("statement.published", ("statement",)),),
    "fact.asked": (("fact.set", ("fact",)), ("fact.confirmed", ("fact",))),
    "promise.overdue": (("statement.published", ("statement",)),),
    "handover.offered": tuple((f"handover.{end}", ("role",)) for end in ("accepted", "declined", "withdrawn")),
}


class _Moment:
    """Who can be told at one moment of an incident, and when."""

    def __init__(self, directory: Directory, incident: Incident, now: datetime) -> None:
        self._directory = directory
        self._incident = incident
        self._now = now

    def timed(self, told: Told) -> Told:
        """With the instants that its contacts wait for, if any does."""
        delays, resting = self._directory.reach(told["to"]).delays, self._resting(told["to"])
        quiet = resting(self._now + min(delays))
        plain = [(quiet or self._now) + delay for delay in delays]
        moments = [resting(moment) or moment for moment in plain]
        if all(moment == self._now for moment in moments):
            return told
        times = [stamp(moment) if moment != self._now else None for moment in moments]
        late = {"contacts": len(delays), "not_before": times}
        return told | late | ({"quiet_until": stamp(quiet)} if quiet else {})

    def stand_ins(self, timed: Sequence[Sequence[Told]], due: Sequence[bool]) -> Iterator[tuple[int, Told]]:
        """A notice for the fallback of those who rest, with the place of the event, one that was `due`, it belongs to.

        What no timer caused, such as the offer of a role, is for its reader alone.
        """
        own = {told["to"]: told["covers"] for group in timed for told in group}
        spared: dict[str, list[tuple[int, Told]]] = {}
        for at, group in enumerate(timed):
            for told in group:
                spare = due[at] and "quiet_until" in told
                other = self._directory.reach(told["to"]).fallback if spare else None
                if other and other not in _chain(told):
                    spared.setdefault(other, []).append((at, told))
        for other, cases in spared.items():
            new = self.instead(other, [told for _, told in cases])
            if not self._disturbed(other) and not set(new["covers"]) <= set(own.get(other, ())):
                yield cases[-1][0], self.timed(new)

    def instead(self, other: str, cases: Sequence[Told]) -> Told:
        """What somebody is told in the place of others, once for all of them."""
        covers = [timer for told in cases for timer in told["covers"]]
        named = [person for told in cases for person in _chain(told)]
        key = "\n".join([*(told["key"] for told in cases), other])
        about = {"about": cases[-1]["about"]} if "about" in cases[-1] else {}
        return {
            "to": other,
            "contacts": self._directory.count(other),
            "covers": [*dict.fromkeys(covers)],
            "key": sha256(key.encode()).hexdigest()[:32],
            "instead_of": [*dict.fromkeys(named)],
        } | about

    def _disturbed(self, person: str) -> bool:
        return self._resting(person)(self._now + min(self._directory.reach(person).delays)) is not None

    def _resting(self, person: str) -> Rest:
        worst = self._incident.playbook.severities[0]
        return rest(self._directory.reach(person), self._incident.severity, worst)


def spread(events: Sequence[Event], directory: Directory, incident: Incident, now: datetime) -> list[Event]:
    """The events with the times of their notices; of who may not be disturbed, the fallback is told at once."""
    moment = _Moment(directory, incident, now)
    timed = [[moment.timed(told) for told in event.data.get("notices", ())] for event in events]
    due = [event.timer is not None or event.type == "notice.failed" for event in events]
    for at, told in [*moment.stand_ins(timed, due)]:
        timed[at].append(told)
    return [
        event._replace(data={**event.data, "notices": told}) if told else event
        for event, told in zip(events, timed, strict=True)
    ]


def passed_on(
    failed: Event, entries: Sequence[Entry], directory: Directory, incident: Incident, now: datetime
) -> Event:
    """A `notice.failed` with a notice to the fallback, when no contact of the person is left and nobody has answered.

    `entries` are all of the incident, from the first on.
    """
    entry, told = cause(entries, failed.data["notice"])
    other = directory.reach(failed.data["to"]).fallback
    if entry is None or other is None or other in _chain(told) or not _given_up(failed, told, entries):
        return failed
    about = told.get("about", entry.version)
    if entries[about - 1].timer is None:
        return failed  # what no timer caused is for its reader alone
    if _told_already(other, told, entries) or answered(entries[about - 1], told["to"], entries[about:]):
        return failed
    new = _Moment(directory, incident, now).instead(other, [told | {"about": about}])
    return spread([failed._replace(data={**failed.data, "notices": [new]})], directory, incident, now)[0]


def cause(entries: Iterable[Entry], key: str) -> tuple[Entry | None, Told]:
    """The entry that causes the notice of that key, and what it says of it."""
    stem = key.rpartition("-")[0]
    found = ((entry, told) for entry in entries for told in entry.data.get("notices", ()) if told["key"] == stem)
    return next(found, (None, {}))


def answered(about: Entry, person: str, since: Iterable[Entry]) -> bool:
    """Whether what an entry tells has been taken care of since, or the person has acted in the incident."""
    kinds = dict(_ANSWERS.get(about.type, ()))
    for entry in since:
        by_itself = entry.via == "timer" and entry.occurred_at == about.occurred_at  # such as the move of that step
        same = entry.type in kinds and all(entry.data.get(k) == about.data.get(k) for k in kinds[entry.type])
        if (same and not by_itself) or (entry.actor == person and entry.via not in ("timer", "watch")):
            return True
    return False


def _chain(told: Told) -> list[str]:
    return [*told.get("instead_of", ()), told["to"]]


def _given_up(failed: Event, told: Told, entries: Iterable[Entry]) -> bool:
    """Whether every contact of the person was tried in vain."""
    ended = {entry.data["notice"]: entry.type for entry in entries if entry.type in SETTLED}
    ended[failed.data["notice"]] = failed.type
    return all(ended.get(f"{told['key']}-{contact}") == "notice.failed" for contact in range(told["contacts"]))


def _told_already(other: str, told: Told, entries: Iterable[Entry]) -> bool:
    """Whether the fallback was told in the person's place before, while the person rested."""
    before = (one for entry in entries for one in entry.data.get("notices", ()) if one["to"] == other)
    return any(told["to"] in one.get("instead_of", ()) and set(told["covers"]) <= set(one["covers"]) for one in before)
