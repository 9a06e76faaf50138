"""What happens in a drill when: the events, and what scripted players type where nobody else plays."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from crisisctl.domain.drill.course import PLAYED, REFERRED
from crisisctl.domain.drill.scenario import Drill, Expected, Inject, Reference
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.publication import StatementSpec

WRITER = "writer"  # who drafts in the reference, and so may approve nothing
_WHY = "as it was done then"


class Line(NamedTuple):
    """A command of a player, who is a person or whoever holds a role; `text` is what they pipe into it."""

    words: tuple[str, ...]
    by: str = ""
    role: str = ""
    text: str = ""


class Cue(NamedTuple):
    """What happens at a moment: an event, or what players do. `kind` and `id` make the keys of their requests."""

    at: timedelta
    id: str
    kind: str = ""
    inject: Inject | None = None
    lines: tuple[Line, ...] = ()


def agenda(drill: Drill, playbook: Playbook | None = None) -> list[Cue]:
    """The events in order; with a playbook, what scripted players do about them too."""
    cues = [Cue(one.at, one.id, inject=one) for one in drill.events]
    if playbook:
        cues += [*scripted(drill), *_referred(drill, playbook)]
    return sorted(cues, key=lambda cue: cue.at)


def scripted(drill: Drill) -> list[Cue]:
    """What scripted players do about the events."""
    return [cue for inject, one in drill.expected for cue in _played(inject, one)]


def _played(inject: Inject, expected: Expected) -> Iterator[Cue]:
    for number, play in enumerate(expected.plays):
        lines = tuple(_line(command, play.by or "", expected.role or inject.to) for command in play.commands)
        yield Cue(inject.at + play.after, f"{expected.id}.{number}" if number else expected.id, PLAYED, lines=lines)


def _line(command: str, by: str, role: str) -> Line:
    """A command as somebody would type it; `--as PERSON` before it says who does."""
    words = shlex.split(command)
    if words[:1] == ["--as"]:
        return Line(tuple(words[2:]), words[1])
    return Line(tuple(words), by, role)


def _referred(drill: Drill, playbook: Playbook) -> Iterator[Cue]:
    """The reference, done again with the commands of today."""
    out: list[str] = []
    severity = drill.severity or playbook.severities[0]
    for row in drill.reference:
        if row.public and (spec := spoken_by(playbook, first=not out)):
            before = [playbook.statements[id_] for id_ in _before(playbook, spec.id) if id_ not in out]
            out += [one.id for one in (*before, spec)]
            lines = tuple(line for one in (*before, spec) for line in _said(row, one, severity))
        elif row.decision:
            lines = (Line(("decide", f"--because={_WHY}", "--", _told(row)), role=row.role),)
        else:
            lines = (Line(("note", "--", _told(row)), role=row.role),)
        yield Cue(row.at, row.id, REFERRED, lines=lines)


def _told(row: Reference) -> str:
    return f"{row.by}: {row.text}" if row.by else row.text


def spoken_by(playbook: Playbook, *, first: bool) -> StatementSpec | None:
    """The statement that carries the first public words, or later ones; None where a playbook has none for outside."""
    outside = [spec for spec in playbook.statements.values() if spec.phase != "inside"]
    wanted = "opening" if first else "update"
    named = next((spec for spec in outside if spec.phase == wanted), None)
    return named or next(iter(outside), None)


def _before(playbook: Playbook, id_: str) -> list[str]:
    """The statements that have to be out before it, the first of them first."""
    found: list[str] = []
    for one in playbook.statements[id_].after:
        found += [*(other for other in _before(playbook, one) if other not in found), one]
    return found


def _said(row: Reference, spec: StatementSpec, severity: str) -> Iterator[Line]:
    """The way of a text from its author to the public."""
    yield Line(("statement", "draft", spec.id, "--file=-"), WRITER, text=row.text)
    yield Line(("statement", "submit", spec.id, "--override", f"--because={_WHY}"), WRITER)
    quorum = spec.approvals.at(severity)
    for role in quorum.roles[: quorum.enough]:
        yield Line(("statement", "approve", spec.id), role=role)
    promised = () if spec.phase == "inside" else ("--no-further-update", f"--because={_WHY}")
    yield Line(("statement", "publish", spec.id, *promised), role=row.role)
