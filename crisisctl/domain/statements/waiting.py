"""Approvers who stay silent: who may approve in their place, and what is offered when those are silent too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from crisisctl.domain.entries import Entry, Event
from crisisctl.domain.incident import Approval, Incident, Statement
from crisisctl.domain.statements.approving import pending
from crisisctl.domain.statements.folding import silence_ids
from crisisctl.domain.statements.renditions import spec_of
from crisisctl.domain.times import stamp


def silences(incident: Incident) -> Iterator[tuple[str, datetime, str]]:
    """The id, instant and statement of each moment at which somebody has been silent for too long."""
    for statement in incident.statements.values():
        delegate = spec_of(incident, statement.id).delegate
        if delegate is None or statement.state != "submitted":
            continue
        first, second = silence_ids(incident.id, statement)
        if not statement.delegated and _silent(incident, statement):
            yield first, statement.moved_at + delegate.after, statement.id
        elif not statement.expired:
            yield second, statement.moved_at + 2 * delegate.after, statement.id


def _silent(incident: Incident, statement: Statement) -> dict[str, str]:
    """The roles whose approval is missing and who have a delegate, with that."""
    delegate = spec_of(incident, statement.id).delegate
    to = delegate.to if delegate else {}
    return {role: to[role] for role in pending(incident, statement) if role in to}


def asked(incident: Incident, statement: Statement) -> tuple[str, ...]:
    """The roles that the next silence is told to: the delegates first, then the lead and everybody it waits for."""
    silent = _silent(incident, statement)
    if not statement.delegated and silent:
        return tuple(dict.fromkeys(silent.values()))
    every = (incident.playbook.first_role(), *pending(incident, statement), *silent.values())
    return tuple(dict.fromkeys(every))


def broken(
    incident: Incident, statement: Statement, due: datetime, answering: Callable[[str], Sequence[str]]
) -> list[Event]:
    """The silence as an event, with the people whom it reaches."""
    silent = _silent(incident, statement)
    people = [person for role in asked(incident, statement) for person in answering(role)]
    data: dict[str, object] = {"statement": statement.id, "revision": statement.revision, "due": stamp(due)}
    data["reached"] = list(dict.fromkeys(people))
    if not statement.delegated and silent:
        return [Event("approval.delegated", data | {"roles": [*silent], "to": silent})]
    minimal = spec_of(incident, statement.id).minimal
    data["waiting"] = pending(incident, statement)
    return [Event("approval.expired", data | ({"minimal": minimal} if minimal else {}))]


def outdated(incident: Incident, about: Entry, person: str) -> bool:
    """Whether what an entry tells somebody of an approval is not so any more."""
    statement = incident.statements.get(about.data.get("statement", ""))
    if statement is None:
        return False
    same = statement.revision == about.data.get("revision")
    if about.type == "approval.delegated":
        return not (same and set(about.data["to"]).intersection(pending(incident, statement))) or _settled(statement)
    if about.type == "approval.expired":
        return not same or _settled(statement)
    if about.type in ("statement.drafted", "statement.corrected"):
        return _gone(statement) or any(
            approval.person == person and _whole(statement, approval) for approval in statement.approvals
        )
    return False


def _settled(statement: Statement) -> bool:
    """Whether nobody is asked for an approval now."""
    return statement.state != "submitted"


def _gone(statement: Statement) -> bool:
    """Whether the present words are out, to some or to all."""
    return statement.published == statement.revision or statement.state == "publishing"


def _whole(statement: Statement, approval: Approval) -> bool:
    return all(approval.covers.get(key) == seal for key, seal in statement.renditions.items())
