"""Sign-off: a text asks for approval and gets it for its exact bytes, from people who did not write them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Conflict, Refused, RefusedAndLogged
from crisisctl.domain.guards import next_step
from crisisctl.domain.incident import Approval, Incident, Statement
from crisisctl.domain.publication import Linted, Quorum
from crisisctl.domain.statements.renditions import differing, drafted, same_person, spec_of, whole_digest
from crisisctl.domain.statements.using import untrue
from crisisctl.domain.text import nearest, prose
from crisisctl.domain.times import not_before


def at_hand(incident: Incident, id_: str, at: datetime) -> Statement:
    """The statement, which must have stood as it does at that instant."""
    statement = drafted(incident, id_)
    if statement.erased:
        raise Refused(f"The text of {id_} was erased by a redaction: {next_step(id_, None)}")
    not_before(at, statement.moved_at, f"{id_} was {statement.state}")
    return statement


def current(statement: Statement) -> None:
    """`Refused` while a translation is older than the text it was made from."""
    if statement.stale:
        which = " and ".join(statement.stale)
        first = f"crisisctl statement draft {statement.id} --language {statement.stale[0]} --file FILE"
        raise Refused(
            f"The text of {statement.id} was changed after its {which} version was written, which is stale. "
            f"Translate it anew: {first}; or go without: --leave-out instead of --file FILE"
        )


def submit(incident: Incident, command: ask.Submit, _source: Source, at: datetime) -> list[Event]:
    """The text asks for approval; where no role has to approve it any more, it has it."""
    statement = at_hand(incident, command.statement, at)
    if statement.state != "drafted":
        raise Refused(f"{statement.id} is {statement.state}: {next_step(statement.id, statement.state)}")
    current(statement)
    events = [*_linted(statement, command)]
    spared = preapproved(incident, statement, command.linted)
    approved = spared or not pending(incident, statement)
    data = named(statement, "approved" if approved else "submitted")
    if command.linted:
        found = {"errors": len(command.linted.errors), "warnings": len(command.linted.warnings)}
        data |= {"policy": command.linted.policy, "findings": found}
    return [*events, Event("statement.submitted", data | ({"preapproved": True} if spared else {}))]


def _linted(statement: Statement, command: ask.Submit) -> Iterator[Event]:
    """What is logged of an override; `Refused` with every finding where there is none."""
    linted = command.linted
    if linted is None:
        return
    if differing(linted.renditions, statement.renditions):
        raise Conflict(f"{statement.id} was changed while it was checked. Look at it, then submit it again.")
    if not linted.errors:
        return
    if not command.override:
        count = f"{len(linted.errors)} error{'' if len(linted.errors) == 1 else 's'}"
        way = f"crisisctl statement draft {statement.id} --file FILE, or: --override --because WHY"
        raise Refused(
            f"The lint finds {count} in {statement.id}, so it is not submitted. Mend it: {way}", linted.errors
        )
    data = {"statement": statement.id, "revision": statement.revision, "rules": [*linted.rules]}
    yield Event("statement.lint_overridden", data, {"because": prose(command.because or "", "The reason")})


def preapproved(incident: Incident, statement: Statement, linted: Linted | None) -> bool:
    """Whether the playbook approved it beforehand: the template's own words, filled in with what is confirmed."""
    spec = spec_of(incident, statement.id)
    if linted is None or linted.errors or not statement.template or [*untrue(incident, statement)]:
        return False
    return statement.minimal or (spec.preapproved and not linted.warnings)


def approve(incident: Incident, command: ask.Approve, source: Source, at: datetime) -> list[Event]:
    """A role says yes to the bytes of every rendition; the last one makes the statement approved."""
    statement = at_hand(incident, command.statement, at)
    if statement.state != "submitted":
        then = next_step(statement.id, statement.state)
        raise Refused(f"{statement.id} is {statement.state}; only a submitted text can be approved: {then}")
    if _wrote(statement, source.actor):
        raise _own_words(incident, statement, source)
    if command.digest is not None and not _read(statement, command.digest):
        raise Conflict(f"No text of {statement.id} begins so any more. Read it again: statement show {statement.id}")
    role, seat = _approving_role(incident, statement, source)
    now = Approval(role, source.actor, statement.digest, statement.renditions)
    left = pending(incident, statement._replace(approvals=(*statement.approvals, now)))
    data = named(statement, "submitted" if left else "approved")
    data |= {"role": role, "waiting": left, "covers": dict(statement.renditions)}
    return [Event("statement.approved", data | ({"instead": seat} if seat != role else {}), role=seat)]


def _own_words(incident: Incident, statement: Statement, source: Source) -> RefusedAndLogged:
    held = [source.role] if source.role else incident.held_by(source.actor)
    data = {
        "statement": statement.id,
        "revision": statement.revision,
        "digest": statement.digest,
        "roles": [role for role in held if role in incident.playbook.roles],
        "why": "author",
    }
    who = approvers(incident, statement)
    first = to_fill(incident, statement)
    then = f" First: {first}" if first else ""
    said = f"{source.actor} wrote {statement.id}; somebody else must approve it ({who}).{then}"
    return RefusedAndLogged(said, [Event("statement.approval_refused", data)])


def _read(statement: Statement, prefix: str) -> bool:
    start = prefix.strip().lower()
    return bool(start) and any(
        seal.startswith(start) for seal in (whole_digest(statement), *statement.renditions.values())
    )


def quorum_of(incident: Incident, statement: Statement) -> Quorum:
    """Whose approval the statement needs at the present severity."""
    return spec_of(incident, statement.id).approvals.at(incident.severity)


def _given(statement: Statement, key: str, seal: str) -> set[str]:
    """The roles that approved these very bytes of a rendition."""
    return {approval.role for approval in statement.approvals if approval.covers.get(key) == seal}


def unapproved(incident: Incident, statement: Statement) -> list[str]:
    """The renditions whose present bytes too few roles have approved."""
    quorum = quorum_of(incident, statement)
    if statement.preapproved or not quorum.enough:
        return []
    given = {key: _given(statement, key, seal) for key, seal in statement.renditions.items()}
    return [key for key, roles in given.items() if len(roles.intersection(quorum.roles)) < quorum.enough]


def pending(incident: Incident, statement: Statement) -> list[str]:
    """The roles whose approval of the present texts is missing; none once enough have approved."""
    lacking = unapproved(incident, statement)
    given = {key: _given(statement, key, statement.renditions[key]) for key in lacking}
    return [role for role in quorum_of(incident, statement).roles if any(role not in roles for roles in given.values())]


def approvers(incident: Incident, statement: Statement) -> str:
    """The roles whose approval is missing, each with those who can give it: `legal: lee; comms-lead: nobody yet`."""
    quorum = quorum_of(incident, statement)
    missing = pending(incident, statement)
    more = quorum.enough - (len(quorum.roles) - len(missing))
    few = f"{more} of " if 0 < more < len(missing) else ""
    return few + "; ".join(f"{role}: {_able(incident, statement, role)}" for role in missing)


def to_fill(incident: Incident, statement: Statement) -> str:
    """What to type first where too few people can give the approvals that are missing; nothing where enough can."""
    quorum, missing = quorum_of(incident, statement), pending(incident, statement)
    empty = [role for role in missing if not _people(incident, statement, role)[0]]
    more = quorum.enough - (len(quorum.roles) - len(missing))
    return f"crisisctl assign {empty[0]} PERSON" if empty and len(missing) - len(empty) < more else ""


def seats(incident: Incident, statement: Statement, role: str) -> tuple[str, ...]:
    """The role, and its delegate once it has been silent for too long."""
    delegate = spec_of(incident, statement.id).delegate
    there = delegate and role in statement.delegated and delegate.to.get(role)
    return (role, there) if there else (role,)


def _able(incident: Incident, statement: Statement, role: str) -> str:
    able, held = _people(incident, statement, role)
    return ", ".join(able) or ("nobody but its author" if held else "nobody yet")


def _people(incident: Incident, statement: Statement, role: str) -> tuple[list[str], list[str]]:
    """Who can approve for the role, and who holds it or stands in for it."""
    held = [person for seat in seats(incident, statement, role) for person in incident.roles.get(seat, ())]
    return [*dict.fromkeys(person for person in held if not _wrote(statement, person))], held


def _wrote(statement: Statement, person: str) -> bool:
    """Whether any of these bytes are the person's own, in this revision or an earlier one."""
    here = {statement.digest, *statement.renditions.values()}
    return any(same_person(author, person) for seal, author in statement.wrote if seal in here)


def _approving_role(incident: Incident, statement: Statement, source: Source) -> tuple[str, str]:
    """The role for which the actor may approve, and the seat from which: its own, or a delegate's."""
    held = incident.held_by(source.actor)
    if source.role and source.role not in incident.playbook.roles:
        raise nearest(source.role, incident.playbook.roles, "role")
    if source.role and source.role not in held:
        raise Refused(f"{source.actor} does not hold {source.role}: crisisctl assign {source.role} {source.actor}")
    mine = (source.role,) if source.role else held
    for role in pending(incident, statement):
        for seat in seats(incident, statement, role):
            if seat in mine:
                return role, seat
    missing = approvers(incident, statement)
    raise Refused(f"{source.actor} holds no role whose approval of {statement.id} is missing ({missing}).")


def reject(incident: Incident, command: ask.Reject, source: Source, at: datetime) -> list[Event]:
    """The text goes back to its author with a reason."""
    statement = at_hand(incident, command.statement, at)
    if statement.state not in ("submitted", "approved"):
        raise Refused(f"{statement.id} is {statement.state}; there is nothing to reject.")
    held = set(incident.held_by(source.actor))
    roles = quorum_of(incident, statement).roles
    may = {seat for role in roles for seat in seats(incident, statement, role)}
    if not held.intersection(may or held):
        raise Refused(f"Only {' or '.join(roles) or 'somebody who holds a role'} may reject {statement.id}.")
    why = {"because": prose(command.because, "The reason")}
    return [Event("statement.rejected", named(statement, "rejected"), why)]


def named(statement: Statement, state: str) -> dict[str, object]:
    """What every entry about a statement's way says of it."""
    return {"statement": statement.id, "revision": statement.revision, "digest": statement.digest, "state": state}
