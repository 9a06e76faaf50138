"""The incident as JSON, so that a command need not replay twenty thousand entries. The playbook stays in the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain.errors import Unverified
from crisisctl.domain.incident import (
    Approval,
    Correction,
    Deadline,
    Fact,
    Handover,
    Incident,
    Ladder,
    Post,
    Question,
    Statement,
    Visit,
)
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.times import instant, stamp

FORMAT = 7  # raised whenever the shape changes; a snapshot of another format is not read but replayed

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump(incident: Incident) -> str:
    """The incident without its playbook."""
    state = incident._asdict()
    del state["playbook"]
    state |= {
        "opened_at": stamp(incident.opened_at),
        "recorded_at": stamp(incident.recorded_at),
        "closed_at": _stamp(incident.closed_at),
        "visits": {path: (visit.number, stamp(visit.entered_at)) for path, visit in incident.visits.items()},
        "statements": {id_: _statement(statement) for id_, statement in incident.statements.items()},
        "ladders": {key: _ladder(ladder) for key, ladder in incident.ladders.items()},
        "questions": {name: _question(question) for name, question in incident.questions.items()},
        "fired": sorted(incident.fired),
        "embargoes": {name: stamp(until) for name, until in incident.embargoes.items()},
        "handovers": {role: _handover(offer) for role, offer in incident.handovers.items()},
        "clocks": {id_: _deadline(one) for id_, one in incident.clocks.items()},
        "format": FORMAT,
    }
    return _encode(state)


def load(text: str, playbook: Playbook) -> Incident | None:
    """The incident that `dump` wrote, None when it is of another format; `Unverified` when it cannot be read."""
    try:
        state: dict[str, Any] = json.loads(text)
        return _read(state, playbook) if state.pop("format") == FORMAT else None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Unverified(f"The snapshot cannot be read ({type(error).__name__}).") from error


def _read(state: dict[str, Any], playbook: Playbook) -> Incident:
    state |= {
        "playbook": playbook,
        "version": int(state["version"]),
        "opened_at": instant(state["opened_at"]),
        "recorded_at": instant(state["recorded_at"]),
        "closed_at": _instant(state["closed_at"]),
        "stages": tuple(state["stages"]),
        "before_close": tuple(state["before_close"]),
        "roles": {role: tuple(people) for role, people in state["roles"].items()},
        "visits": {path: Visit(count, instant(at)) for path, (count, at) in state["visits"].items()},
        "facts": {name: Fact(*parts) for name, parts in state["facts"].items()},
        "statements": {id_: _read_statement(parts) for id_, parts in state["statements"].items()},
        "ladders": {key: _read_ladder(parts) for key, parts in state["ladders"].items()},
        "questions": {name: _read_question(*parts) for name, parts in state["questions"].items()},
        "corrections": {id_: _read_correction(*parts) for id_, parts in state["corrections"].items()},
        "fired": frozenset(state["fired"]),
        "clocks": {id_: _read_deadline(parts) for id_, parts in state["clocks"].items()},
        "admitted": tuple(state["admitted"]),
        "embargoes": {name: instant(until) for name, until in state["embargoes"].items()},
        "handovers": {role: _read_handover(*parts) for role, parts in state["handovers"].items()},
    }
    return Incident(**state)


def _stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None


def _handover(offer: Handover) -> tuple[str, str, str, int]:
    return offer.giver, offer.taker, stamp(offer.since), offer.version


def _read_handover(giver: str, taker: str, since: str, version: int) -> Handover:
    return Handover(giver, taker, instant(since), version)


def _question(question: Question) -> tuple[str, str | None, str]:
    return question.by, question.of, stamp(question.since)


def _read_question(by: str, of: str | None, since: str) -> Question:
    return Question(by, of, instant(since))


def _read_correction(facts: list[str], version: int, state: str) -> Correction:
    return Correction(tuple(facts), version, state)


def _ladder(ladder: Ladder) -> dict[str, Any]:
    times = {name: _stamp(getattr(ladder, name)) for name in _LADDER_TIMES}
    return ladder._asdict() | times


def _read_ladder(parts: dict[str, Any]) -> Ladder:
    return Ladder(**(parts | {name: _instant(parts[name]) for name in _LADDER_TIMES}))


def _deadline(deadline: Deadline) -> dict[str, Any]:
    return deadline._asdict() | {name: _stamp(getattr(deadline, name)) for name in _DEADLINE_TIMES}


def _read_deadline(parts: dict[str, Any]) -> Deadline:
    times = {name: _instant(parts[name]) for name in _DEADLINE_TIMES}
    return Deadline(**(parts | times | {"escalate": tuple(parts["escalate"])}))


def _statement(statement: Statement) -> dict[str, Any]:
    times = {name: _stamp(getattr(statement, name)) for name in _STATEMENT_TIMES}
    return statement._asdict() | times | {"posts": _posts(statement.posts), "doubts": _posts(statement.doubts)}


def _posts(posts: Mapping[str, Post]) -> dict[str, Any]:
    return {key: post._asdict() | _post_times(post) for key, post in posts.items()}


def _post_times(post: Post) -> dict[str, str | None]:
    return {name: _stamp(getattr(post, name)) for name in _POST_TIMES}


def _read_post(parts: dict[str, Any]) -> Post:
    return Post(**(parts | {name: _instant(parts[name]) for name in _POST_TIMES}))


def _read_statement(parts: dict[str, Any]) -> Statement:
    changed: dict[str, Any] = {
        "approvals": tuple(Approval(*approval) for approval in parts["approvals"]),
        "audiences": tuple(parts["audiences"]),
        "wrote": tuple((digest, author) for digest, author in parts["wrote"]),
        "posts": {key: _read_post(post) for key, post in parts["posts"].items()},
        "doubts": {name: _read_post(post) for name, post in parts["doubts"].items()},
    }
    changed |= {name: tuple(parts[name]) for name in ("stale", "delegated", "overridden")}
    changed |= {name: _instant(parts[name]) for name in _STATEMENT_TIMES}
    return Statement(**(parts | changed))


_STATEMENT_TIMES = ("moved_at", "published_at", "promised", "promises")
_POST_TIMES = ("at", "retry_at")
_DEADLINE_TIMES = ("begun", "strict", "legal", "target", "asserted_at", "filed_at")
_LADDER_TIMES = ("base", "pulled", "acked_at", "snoozed_until")
