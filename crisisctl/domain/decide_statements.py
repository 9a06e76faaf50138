"""The life of a statement: drafted, submitted, approved, published. An approval is for exact bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Conflict, Refused
from crisisctl.domain.guards import next_step
from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.playbook import StatementSpec
from crisisctl.domain.text import nearest, prose
from crisisctl.domain.times import not_before, stamp


def text_digest(text: str) -> str:
    """SHA-256 of the exact bytes that would be published, in hex."""
    return sha256(text.encode()).hexdigest()


def spec_of(incident: Incident, id_: str) -> StatementSpec:
    """What the playbook says of the statement; `NotFound` when it foresees none of that name."""
    if id_ not in incident.playbook.statements:
        raise nearest(id_, incident.playbook.statements, "statement")
    return incident.playbook.statements[id_]


def drafted(incident: Incident, id_: str) -> Statement:
    """The statement, which must have a text."""
    spec_of(incident, id_)
    if id_ not in incident.statements:
        raise Refused(f"{id_} has no text yet: {next_step(id_, None)}")
    return incident.statements[id_]


def _at_hand(incident: Incident, id_: str, at: datetime) -> Statement:
    """The statement, which must have stood as it does at that instant."""
    statement = drafted(incident, id_)
    if statement.erased:
        raise Refused(f"The text of {id_} was erased by a redaction: {next_step(id_, None)}")
    not_before(at, statement.moved_at, f"{id_} was {statement.state}")
    return statement


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's, whatever their case and form (Unicode NFKC)."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def draft(incident: Incident, command: ask.Draft, _source: Source, at: datetime) -> list[Event]:
    """A new text: it voids every approval of the one before, and says of whom."""
    spec_of(incident, command.statement)
    old = incident.statements.get(command.statement)
    if old:
        not_before(at, old.moved_at, f"{command.statement} was {old.state}")
    if command.correcting is not None and not (old and (old.published or old.state == "publishing")):
        then = next_step(command.statement, None)
        raise Refused(f"{command.statement} was never published, so there is nothing to correct: {then}")
    if command.correcting is None and old and old.state == "publishing":
        raise Refused(f"{command.statement} is half out. Publish the rest first, or: crisisctl statement correct")
    for name, version in command.facts.items():
        if name not in incident.facts or incident.facts[name].version != version:
            raise Conflict(f"Fact {name} changed while the text was made. Draft it again.")
    text = prose(command.text, "The text")
    seal = text_digest(text)
    if old and old.digest == seal and old.state != "rejected" and not old.erased:
        raise Refused(
            f"That is the text of {command.statement} revision {old.revision}, to the byte. Nothing has changed."
        )
    return [_revision(command, old, text, seal)]


def _revision(command: ask.Draft, old: Statement | None, text: str, seal: str) -> Event:
    data = {
        "statement": command.statement,
        "revision": old.revision + 1 if old else 1,
        "digest": seal,
        "facts": dict(command.facts),
        "voids": [approval.role for approval in old.approvals] if old and old.state != "published" else [],
    }
    if command.correcting is None:
        return Event("statement.drafted", data, {"text": text})
    return Event("statement.corrected", data, {"text": text, "because": prose(command.correcting, "The reason")})


def submit(incident: Incident, command: ask.Submit, _source: Source, at: datetime) -> list[Event]:
    """The text asks for approval; where no role has to approve, it has it."""
    statement = _at_hand(incident, command.statement, at)
    if statement.state != "drafted":
        raise Refused(f"{statement.id} is {statement.state}: {next_step(statement.id, statement.state)}")
    spec = spec_of(incident, statement.id)
    return [
        Event(
            "statement.submitted",
            _named(statement, "submitted" if spec.approvals.at(incident.severity).enough else "approved"),
        )
    ]


def approve(incident: Incident, command: ask.Approve, source: Source, at: datetime) -> list[Event]:
    """A role says yes to these bytes; the last one makes the statement approved."""
    statement = _at_hand(incident, command.statement, at)
    if statement.state != "submitted":
        then = next_step(statement.id, statement.state)
        raise Refused(f"{statement.id} is {statement.state}; only a submitted text can be approved: {then}")
    if _wrote(statement, source.actor):
        raise Refused(
            f"{source.actor} wrote {statement.id}; somebody else must approve it ({approvers(incident, statement)})."
        )
    role = _approving_role(incident, statement, source)
    left = [other for other in pending(incident, statement) if other != role]
    data = _named(statement, "submitted" if left else "approved") | {"role": role, "waiting": left}
    return [Event("statement.approved", data, role=role)]


def pending(incident: Incident, statement: Statement) -> list[str]:
    """The roles whose approval of the present text is missing."""
    given = {approval.role for approval in statement.approvals if approval.digest == statement.digest}
    return [role for role in spec_of(incident, statement.id).approvals.at(incident.severity).roles if role not in given]


def approvers(incident: Incident, statement: Statement) -> str:
    """The roles whose approval is missing, each with those who can give it: `legal: lee; comms-lead: nobody yet`."""
    return "; ".join(f"{role}: {_able(incident, statement, role)}" for role in pending(incident, statement))


def _able(incident: Incident, statement: Statement, role: str) -> str:
    held = incident.roles.get(role, ())
    able = [person for person in held if not _wrote(statement, person)]
    return ", ".join(able) or ("nobody but its author" if held else "nobody yet")


def _wrote(statement: Statement, person: str) -> bool:
    """Whether these bytes are the person's own, in this revision or an earlier one."""
    return any(same_person(author, person) for digest, author in statement.wrote if digest == statement.digest)


def _approving_role(incident: Incident, statement: Statement, source: Source) -> str:
    held = incident.held_by(source.actor)
    if source.role and source.role not in incident.playbook.roles:
        raise nearest(source.role, incident.playbook.roles, "role")
    if source.role and source.role not in held:
        raise Refused(f"{source.actor} does not hold {source.role}: crisisctl assign {source.role} {source.actor}")
    may = [role for role in pending(incident, statement) if role in ((source.role,) if source.role else held)]
    if not may:
        missing = approvers(incident, statement)
        raise Refused(f"{source.actor} holds no role whose approval of {statement.id} is missing ({missing}).")
    return may[0]


def reject(incident: Incident, command: ask.Reject, source: Source, at: datetime) -> list[Event]:
    """The text goes back to its author with a reason."""
    statement = _at_hand(incident, command.statement, at)
    if statement.state not in ("submitted", "approved"):
        raise Refused(f"{statement.id} is {statement.state}; there is nothing to reject.")
    held = set(incident.held_by(source.actor))
    approvals = spec_of(incident, statement.id).approvals.roles
    if not held.intersection(approvals or held):
        raise Refused(f"Only {' or '.join(approvals) or 'somebody who holds a role'} may reject {statement.id}.")
    return [
        Event("statement.rejected", _named(statement, "rejected"), {"because": prose(command.because, "The reason")})
    ]


def publish(incident: Incident, command: ask.Publish, source: Source, at: datetime) -> list[Event]:
    """The approved bytes go out, to the audiences in their order; each publication promises the next one."""
    statement = _at_hand(incident, command.statement, at)
    spec = spec_of(incident, statement.id)
    if statement.state not in ("approved", "publishing"):
        raise Refused(f"{statement.id} is {statement.state}, not approved: {_what_then(incident, statement)}")
    if not incident.held_by(source.actor):
        raise Refused(f"{source.actor} holds no role, and only the people in the room may publish.")
    if command.digest != statement.digest or any(a.digest != statement.digest for a in statement.approvals):
        raise Refused(
            f"The text of {statement.id} is not, to the byte, the one that was approved. Draft and submit it again."
        )
    audiences = _audiences(spec, statement, command.audiences)
    left = [name for name in spec.audiences if name not in (*statement.audiences, *audiences)]
    data = _named(statement, "publishing" if left else "published")
    data |= {"audiences": audiences, "channels": [*spec.channels]}
    every = spec.update_every.at(incident.severity, at - incident.opened_at) if spec.update_every else None
    if every and not left:
        data["promised"] = stamp(at + every)
    return [Event("statement.published", data)]


def _what_then(incident: Incident, statement: Statement) -> str:
    if statement.state == "submitted":
        return f"waiting for {approvers(incident, statement)}"
    return next_step(statement.id, statement.state)


def _audiences(spec: StatementSpec, statement: Statement, wanted: tuple[str, ...]) -> list[str]:
    left = [name for name in spec.audiences if name not in statement.audiences]
    for name in wanted:
        if name not in spec.audiences:
            raise nearest(name, spec.audiences, "audience")
        if name in statement.audiences:
            raise Refused(f"{name} has {statement.id} already.")
    chosen = [name for name in left if name in wanted] if wanted else left
    if chosen != left[: len(chosen)]:
        skipped = next(name for name in left if name not in chosen)
        raise Refused(
            f"{skipped} must hear it before {chosen[-1]}: crisisctl statement publish {spec.id} --audience {skipped}"
        )
    return chosen


def _named(statement: Statement, state: str) -> dict[str, object]:
    return {"statement": statement.id, "revision": statement.revision, "digest": statement.digest, "state": state}


RULES: Mapping[type, Rule] = {
    ask.Draft: draft,
    ask.Submit: submit,
    ask.Approve: approve,
    ask.Reject: reject,
    ask.Publish: publish,
}
