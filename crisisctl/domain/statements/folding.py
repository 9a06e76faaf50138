"""What entries about statements make of an incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from crisisctl.domain.entries import Entry
from crisisctl.domain.folding_facts import published as made_public
from crisisctl.domain.incident import Approval, Incident, Statement
from crisisctl.domain.posting import CHANGES as POSTS
from crisisctl.domain.posting import begun, doubted
from crisisctl.domain.times import instant

V = TypeVar("V")
Change = Callable[[Incident, Entry], Incident]


def _drafted(incident: Incident, entry: Entry) -> Incident:
    """A new revision. What it leaves as it was keeps its approvals; entries of old knew one text for every channel."""
    data = entry.data
    before = incident.statements.get(data["statement"])
    renditions = _sorted(data.get("renditions") or _everywhere(incident, data["statement"], data["digest"]))
    source = _sorted(data.get("source", {}))
    drafted = Statement(
        data["statement"],
        "drafted",
        data["revision"],
        data["digest"],
        entry.actor,
        entry.version,
        entry.occurred_at,
        wrote=_wrote(before, {data["digest"], *renditions.values()}, entry.actor),
        erased=any(word.value is None for name, word in entry.words.items() if name == "text" or "/" in name),
        approvals=_standing(before, renditions) if "renditions" in data else (),
        published=before.published if before else 0,
        published_at=before.published_at if before else None,
        promised=before.promised if before else None,
        correction=entry.type == "statement.corrected",
        renditions=renditions,
        facts=_sorted(data["facts"]),
        source=source,
        stale=tuple(language for language, seal in source.items() if seal != data["digest"]),
        promises=instant(data["promises"]) if data.get("promises") else None,
        template=data.get("template", False),
        minimal=data.get("minimal", False),
        out=before.out if before else {},
        posts=before.posts if before else {},
        doubts=before.doubts if before else {},
    )
    return incident._replace(statements={**incident.statements, drafted.id: drafted})


def _sorted(mapping: Mapping[str, V]) -> dict[str, V]:
    """In the order in which every store gives it back, so that snapshots are the same wherever they were made."""
    return dict(sorted(mapping.items()))


def silence_ids(incident: str, statement: Statement) -> tuple[str, str]:
    """Name the two timers of approvers who stay silent: for their delegates, and for those too."""
    name = f"{incident}/approval/{statement.id}/{statement.revision}"
    return f"{name}.1", f"{name}.2"


def _everywhere(incident: Incident, id_: str, seal: str) -> dict[str, str]:
    spec = incident.playbook.statements[id_]
    return {f"{channel}/{spec.languages[0]}": seal for channel in spec.ways}


def _wrote(before: Statement | None, seals: set[str], author: str) -> tuple[tuple[str, str], ...]:
    """Who wrote which bytes; what was there before the change is not the changer's, unless it was taken up again."""
    known = before.wrote if before else ()
    there = {before.digest, *before.renditions.values()} if before and before.state != "rejected" else set()
    new = ((seal, author) for seal in sorted(seals - there) if (seal, author) not in known)
    return (*known, *new)


def _standing(before: Statement | None, renditions: Mapping[str, str]) -> tuple[Approval, ...]:
    """The approvals of those renditions that are still, to the byte, what was approved."""
    if before is None:
        return ()
    kept = (
        approval._replace(covers={key: seal for key, seal in approval.covers.items() if renditions.get(key) == seal})
        for approval in before.approvals
    )
    return tuple(approval for approval in kept if approval.covers)


def _statement(incident: Incident, entry: Entry) -> Incident:
    data = entry.data
    was = incident.statements[data["statement"]]
    now = was._replace(state=data["state"])
    if now.state != was.state:
        now = now._replace(moved_at=entry.occurred_at)
    if entry.type == "statement.approved":
        covers = _sorted(data.get("covers", was.renditions))
        approval = Approval(data["role"], entry.actor, data["digest"], covers)
        now = now._replace(approvals=(*was.approvals, approval))
    if entry.type == "statement.submitted":
        now = now._replace(preapproved=data.get("preapproved", False))
    if entry.type == "statement.rejected":
        now = now._replace(approvals=())
    return incident._replace(statements={**incident.statements, was.id: now})


def _changed(**parts: Any) -> Change:  # noqa: ANN401 - the fields of a statement
    """The statement of the entry with something said of it."""

    def change(incident: Incident, entry: Entry) -> Incident:
        was = incident.statements[entry.data["statement"]]
        return incident._replace(statements={**incident.statements, was.id: was._replace(**parts)})

    return change


def _overridden(incident: Incident, entry: Entry) -> Incident:
    return _changed(overridden=tuple(entry.data["rules"]))(incident, entry)


def _delegated(incident: Incident, entry: Entry) -> Incident:
    return _fired(_changed(delegated=tuple(entry.data["roles"]))(incident, entry), entry)


def _expired(incident: Incident, entry: Entry) -> Incident:
    return _fired(_changed(expired=True)(incident, entry), entry)


def _fired(incident: Incident, entry: Entry) -> Incident:
    return incident._replace(fired=incident.fired | {entry.timer}) if entry.timer else incident


def _published(incident: Incident, entry: Entry) -> Incident:
    """The words are out. Out to everybody, they keep every promise of an update, and may make the next one."""
    data = entry.data
    was = incident.statements[data["statement"]]
    now = was._replace(
        state=data["state"],
        moved_at=entry.occurred_at,
        audiences=(*was.audiences, *data["audiences"]),
        out=_sorted({**was.out, **data.get("renditions", was.renditions)}),
        posts=_sorted(posts := begun(was, entry)),
        doubts=_sorted(doubted(was, posts)),
    )
    if data["state"] != "published":
        return made_public(incident._replace(statements={**incident.statements, was.id: now}), entry)
    promised = instant(data["promised"]) if data.get("promised") else None
    now = now._replace(published=data["revision"], published_at=entry.occurred_at, promised=promised)
    kept = {id_: _kept(incident, statement, was.id) for id_, statement in incident.statements.items()}
    return made_public(incident._replace(statements={**kept, was.id: now}), entry)


def _kept(incident: Incident, statement: Statement, by: str) -> Statement:
    """What is said inside keeps no promise that was made to others."""
    inside = {id_ for id_, spec in incident.playbook.statements.items() if spec.phase == "inside"}
    return statement if by in inside and statement.id not in inside else statement._replace(promised=None)


CHANGES: Mapping[str, Change] = {
    **POSTS,
    "statement.drafted": _drafted,
    "statement.corrected": _drafted,
    "statement.submitted": _statement,
    "statement.approved": _statement,
    "statement.rejected": _statement,
    "statement.published": _published,
    "statement.break_glass": _changed(glass=True),
    "statement.lint_overridden": _overridden,
    "approval.delegated": _delegated,
    "approval.expired": _expired,
}
