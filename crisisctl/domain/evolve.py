"""`evolve` folds an entry into the incident; `replay` folds them all. Neither knows how the entry came about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TypeVar

from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Unverified
from crisisctl.domain.folding_clocks import CHANGES as CLOCKS
from crisisctl.domain.folding_facts import CHANGES as FACTS
from crisisctl.domain.folding_facts import CORRECTION, settled
from crisisctl.domain.incident import Handover, Incident, Ladder, Visit
from crisisctl.domain.playbook import unpin
from crisisctl.domain.said import ERASED
from crisisctl.domain.statements.folding import CHANGES as STATEMENTS
from crisisctl.domain.statements.folding import silence_ids
from crisisctl.domain.times import instant

K = TypeVar("K")
V = TypeVar("V")


def replay(entries: Iterable[Entry], incident: Incident | None = None) -> Incident:
    """The incident after all these entries, from the first on or after `incident`; `Unverified` if that cannot be."""
    for entry in entries:
        try:
            incident = evolve(incident, entry)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            what = f"Entry {entry.version} of {entry.incident} does not follow from those before it"
            raise Unverified(f"{what} ({type(error).__name__}). Run: crisisctl verify") from error
    if incident is None:
        raise Unverified("An incident without entries cannot be told.")
    return incident


def evolve(incident: Incident | None, entry: Entry) -> Incident:
    """The incident after this entry. An entry of a type that changes nothing still moves the version."""
    if incident is None:
        return _opened(entry)
    change = _CHANGES.get(entry.type)
    after = change(incident, entry) if change else incident
    later = entry.recorded_at > incident.recorded_at
    return _active(after, entry)._replace(
        version=entry.version,
        digest=entry.digest,
        recorded_at=entry.recorded_at if later else incident.recorded_at,
        behind=entry.type == "clock.stepped_back" or (incident.behind and not later),
    )


def _opened(entry: Entry) -> Incident:
    data = entry.data
    return Incident(
        id=entry.incident,
        playbook=unpin(data["playbook"]["text"]),
        playbook_digest=data["playbook"]["digest"],
        title=entry.word("title") or ERASED,
        severity=data["severity"],
        drill=data["drill"],
        exercise="running" if "exercise" in data else "",
        opened_at=entry.occurred_at,
        version=entry.version,
        digest=entry.digest,
        recorded_at=entry.recorded_at,
        restricted=data.get("restricted", False),
        admitted=(entry.actor,) if data.get("restricted") else (),
    )


def _active(incident: Incident, entry: Entry) -> Incident:
    """An acknowledgement stays fresh while the one who gave it acts."""
    if entry.via in ("timer", "watch"):
        return incident  # whose actor may bear somebody's name
    mine = {
        key: ladder._replace(acked_at=entry.occurred_at)
        for key, ladder in incident.ladders.items()
        if ladder.acked_by == entry.actor and ladder.acked_at and ladder.acked_at < entry.occurred_at
    }
    return incident._replace(ladders={**incident.ladders, **mine}) if mine else incident


def _with(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[str, V], drop: Callable[[str], bool]) -> dict[str, V]:
    return {key: value for key, value in mapping.items() if not drop(key)}


def _entered(incident: Incident, entry: Entry) -> Incident:
    path, at = entry.data["stage"], entry.occurred_at
    stage = incident.playbook.stages[path]
    visit = Visit(entry.data["visit"], at)
    leaf = not stage.children
    final = stage.final and "." not in path
    after = incident._replace(
        visits=_with(incident.visits, path, visit),
        stages=_in_order(incident, {*incident.stages, path}) if leaf else incident.stages,
        tasks=_without(incident.tasks, lambda key: key.rpartition("/")[0] == path),
        closed_at=at if final else incident.closed_at,
    )
    if final:
        return _ended(after)._replace(before_close=tuple(entry.data.get("before", ())))
    if stage.escalation is None:
        return after
    ladder = Ladder(stage.escalation, path, visit.number, at)
    return after._replace(ladders=_with(incident.ladders, ladder.key, ladder))


def _ended(incident: Incident) -> Incident:
    """Nothing falls due or is on offer any more, and none of it is revived when the incident is reopened."""
    kept = {id_: statement._replace(promised=None) for id_, statement in incident.statements.items()}
    spent = {incident.deadline(id_) for id_ in incident.playbook.statements}
    spent |= {id_ for statement in incident.statements.values() for id_ in silence_ids(incident.id, statement)}
    return incident._replace(ladders={}, statements=kept, fired=incident.fired | spent, handovers={})


def _drill_ended(incident: Incident, entry: Entry) -> Incident:
    """The end of an exercise closes it, wherever it stands; nothing of the kind can happen to a real incident."""
    if not incident.exercise:
        return incident
    return _ended(incident)._replace(closed_at=incident.closed_at or entry.occurred_at, exercise="ended")


def _in_order(incident: Incident, leaves: set[str]) -> tuple[str, ...]:
    return tuple(path for path in incident.playbook.stages if path in leaves)


def _left(incident: Incident, entry: Entry) -> Incident:
    path = entry.data["stage"]
    return incident._replace(
        stages=tuple(leaf for leaf in incident.stages if leaf != path),
        ladders={key: ladder for key, ladder in incident.ladders.items() if ladder.stage != path},
        closed_at=None if incident.playbook.stages[path].final else incident.closed_at,
    )


def _assigned(incident: Incident, entry: Entry) -> Incident:
    role, person = entry.data["role"], entry.data["person"]
    people = incident.roles.get(role, ())
    held = {**incident.roles, role: (*(p for p in people if p != person), person)}
    return incident._replace(roles={r: held[r] for r in incident.playbook.roles if held.get(r)})


def _released(incident: Incident, entry: Entry) -> Incident:
    role, person = entry.data["role"], entry.data["person"]
    left = tuple(p for p in incident.roles.get(role, ()) if p != person)
    return incident._replace(
        roles=_with(incident.roles, role, left) if left else _without(incident.roles, lambda key: key == role)
    )


def _granted(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(admitted=tuple(dict.fromkeys((*incident.admitted, entry.data["person"]))))


def _revoked(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(admitted=tuple(p for p in incident.admitted if p != entry.data["person"]))


def _offered(incident: Incident, entry: Entry) -> Incident:
    data = entry.data
    offer = Handover(data["from"], data["to"], entry.occurred_at, entry.version)
    return incident._replace(handovers=_with(incident.handovers, data["role"], offer))


def _answered(incident: Incident, entry: Entry) -> Incident:
    """The offer is settled; if it was accepted, the entries that follow move the role."""
    return incident._replace(handovers=_without(incident.handovers, lambda role: role == entry.data["role"]))


def _task(state: str) -> Callable[[Incident, Entry], Incident]:
    def change(incident: Incident, entry: Entry) -> Incident:
        if CORRECTION in entry.data:
            return settled(incident, entry.data[CORRECTION], state)
        return incident._replace(tasks=_with(incident.tasks, f"{entry.data['stage']}/{entry.data['task']}", state))

    return change


def _task_reopened(incident: Incident, entry: Entry) -> Incident:
    """Whoever reopens a task after its deadline knows that it is late, so no timer says it again."""
    after = _task("open")(incident, entry)
    if CORRECTION in entry.data:
        return after
    task = incident.playbook.tasks[f"{entry.data['stage']}/{entry.data['task']}"]
    late = task.due is not None and incident.visits[task.stage].entered_at + task.due <= entry.occurred_at
    return after._replace(fired=after.fired | {after.task_deadline(task)}) if late else after


def _severity(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(severity=entry.data["to"])


def _waived(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(heard=_with(incident.heard, entry.data["audience"], "ended"))


def _reopened(incident: Incident, _entry: Entry) -> Incident:
    """Whoever is told anything from now on has to be told of the end again, and nobody else."""
    return incident._replace(heard={})


def _ladder(incident: Incident, entry: Entry, ladder: Ladder) -> Incident:
    return incident._replace(ladders=_with(incident.ladders, entry.data["ladder"], ladder))


def _stepped(incident: Incident, entry: Entry) -> Incident:
    """A step fired or was skipped: the next one is up; a skipped one pulls the next to its own moment."""
    ladder = incident.ladders[entry.data["ladder"]]
    plan = incident.playbook.escalations[ladder.escalation]
    step = ladder.step + 1
    pulled = entry.occurred_at if entry.data.get("pull") else None
    if step < len(plan.steps):
        return _ladder(incident, entry, ladder._replace(step=step, pulled=pulled))
    return _ladder(incident, entry, ladder._replace(step=0, round=ladder.round + 1, pulled=None))


def _acknowledged(incident: Incident, entry: Entry) -> Incident:
    ladder = incident.ladders[entry.data["ladder"]]
    return _ladder(incident, entry, ladder._replace(acked_by=entry.actor, acked_at=entry.occurred_at))


def _stale(incident: Incident, entry: Entry) -> Incident:
    old = incident.ladders[entry.data["ladder"]]
    fresh = Ladder(old.escalation, old.stage, old.visit, entry.occurred_at, run=old.run + 1)
    return _ladder(incident, entry, fresh)


def _snoozed(incident: Incident, entry: Entry) -> Incident:
    """A snooze moves what is left of the ladder as a whole, so the steps keep their distances; the last one counts."""
    ladder = incident.ladders[entry.data["ladder"]]
    until = instant(entry.data["until"])
    span: timedelta = until - max(entry.occurred_at, ladder.snoozed_until or entry.occurred_at)
    moved = ladder._replace(
        base=ladder.base + span,
        pulled=ladder.pulled + span if ladder.pulled else None,
        acked_at=until if ladder.acked_at else None,
        snoozed_until=until,
    )
    return _ladder(incident, entry, moved)


def _overdue(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(fired=incident.fired | {entry.timer}) if entry.timer else incident


_CHANGES: dict[str, Callable[[Incident, Entry], Incident]] = {
    "stage.entered": _entered,
    "stage.left": _left,
    "role.assigned": _assigned,
    "role.released": _released,
    "access.granted": _granted,
    "access.revoked": _revoked,
    "handover.offered": _offered,
    "handover.accepted": _answered,
    "handover.declined": _answered,
    "handover.withdrawn": _answered,
    "task.done": _task("done"),
    "task.skipped": _task("skipped"),
    "task.reopened": _task_reopened,
    "task.overdue": _overdue,
    **FACTS,
    "severity.changed": _severity,
    **STATEMENTS,
    "statement.overdue": _overdue,
    "promise.warned": _overdue,
    "promise.overdue": _overdue,
    "audience.waived": _waived,
    "incident.reopened": _reopened,
    "escalation.fired": _stepped,
    "escalation.skipped": _stepped,
    "escalation.acknowledged": _acknowledged,
    "escalation.stale": _stale,
    "escalation.snoozed": _snoozed,
    "drill.ended": _drill_ended,
    **CLOCKS,
}
