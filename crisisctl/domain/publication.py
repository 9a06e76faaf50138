"""What a playbook says of its statements: who signs them off, how often they are followed up, what they come after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from crisisctl.domain.times import parse_duration

PHASES = ("opening", "update", "resolution", "inside")
ELSE = "else"  # stands for every severity that is not named


class Quorum(NamedTuple):
    """How many of these roles have to say yes; `need` is None where it takes all of them."""

    roles: tuple[str, ...] = ()
    need: int | None = None

    @property
    def enough(self) -> int:
        """How many approvals it takes; 0 where nobody is asked."""
        return len(self.roles) if self.need is None else self.need

    @property
    def words(self) -> str:
        """For people: `legal and comms-lead`, or `2 of legal, comms-lead, exec-sponsor`."""
        if self.enough < len(self.roles):
            return f"{self.enough} of {', '.join(self.roles)}"
        return " and ".join(self.roles) or "nobody"


class Approvals(NamedTuple):
    """Who signs a statement off: at the severities named, and at every other."""

    otherwise: Quorum = Quorum()
    by_severity: Mapping[str, Quorum] = {}

    def at(self, severity: str) -> Quorum:
        """Whose approval it takes at a severity."""
        return self.by_severity.get(severity, self.otherwise)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that may have to approve, each once."""
        every = (*self.by_severity.values(), self.otherwise)
        return tuple(dict.fromkeys(role for quorum in every for role in quorum.roles))


class Pace(NamedTuple):
    """How often something is said during one part of an incident; `lasts` is None for whatever comes after."""

    every: timedelta
    lasts: timedelta | None = None


class Cadence(NamedTuple):
    """How often a statement is followed up, by severity and by how long the incident has been open."""

    otherwise: tuple[Pace, ...] = ()
    by_severity: Mapping[str, tuple[Pace, ...]] = {}

    def at(self, severity: str, elapsed: timedelta) -> timedelta | None:
        """How long until the next update when so much time has passed since the opening; None where none is due."""
        until = timedelta(0)
        for pace in self.by_severity.get(severity, self.otherwise):
            if pace.lasts is None:
                return pace.every
            until += pace.lasts
            if elapsed < until:
                return pace.every
        return None


class Delegate(NamedTuple):
    """Which role may approve in whose place once an approver has been silent for so long."""

    after: timedelta
    to: Mapping[str, str] = {}


class Linted(NamedTuple):
    """What the lint said of these renditions: each error and warning as a line, and the rules that found errors."""

    policy: str
    renditions: Mapping[str, str]
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


class StatementSpec(NamedTuple):
    """A statement that the playbook foresees; `due` counts from the opening, `update_every` from each publication.

    The first of `languages` is that of the source text. `after` names the statements that must be out before it.
    """

    id: str
    template: str
    audiences: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    approvals: Approvals = Approvals()
    due: timedelta | None = None
    update_every: Cadence | None = None
    languages: tuple[str, ...] = ("en",)
    preapproved: bool = False
    delegate: Delegate | None = None
    minimal: str | None = None
    after: tuple[str, ...] = ()
    phase: str | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        """The channels, or a file of plain text where there is none."""
        return self.channels or ("text",)


def statement_spec(id_: str, spec: Mapping[str, Any]) -> StatementSpec:
    """The statement of a section that `check` found no error in."""
    delegate = spec.get("delegate")
    every = spec.get("update_every")
    return StatementSpec(
        id_,
        spec["template"],
        tuple(spec.get("audiences") or ()),
        tuple(spec.get("channels") or ()),
        _approvals(spec.get("approvals")),
        None if spec.get("due") is None else parse_duration(spec["due"]),
        None if every is None else _cadence(every),
        tuple(spec.get("languages") or ("en",)),
        spec.get("preapproved", False),
        Delegate(parse_duration(delegate["after"]), dict(delegate.get("to") or {})) if delegate else None,
        spec.get("minimal"),
        tuple(spec.get("after") or ()),
        spec.get("phase"),
    )


def _approvals(value: Sequence[str] | Mapping[str, Any] | None) -> Approvals:
    if isinstance(value, Mapping) and not is_quorum(value):
        named = {level: _quorum(one) for level, one in value.items() if level != ELSE}
        return Approvals(_quorum(value.get(ELSE)), named)
    return Approvals(_quorum(value))


def is_quorum(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping is meant as `{any: N, of: [ROLE]}` and not as one by severity."""
    return "any" in value or "of" in value


def _quorum(value: Sequence[str] | Mapping[str, Any] | None) -> Quorum:
    if isinstance(value, Mapping):
        return Quorum(tuple(value["of"]), value["any"])
    return Quorum(tuple(value or ()))


def _cadence(value: str | Sequence[Mapping[str, str]] | Mapping[str, Any]) -> Cadence:
    if isinstance(value, Mapping):
        named = {level: _paces(one) for level, one in value.items() if level != ELSE}
        return Cadence(_paces(value[ELSE]) if ELSE in value else (), named)
    return Cadence(_paces(value))


def _paces(value: str | Sequence[Mapping[str, str]]) -> tuple[Pace, ...]:
    if isinstance(value, str):
        return (Pace(parse_duration(value)),)
    return tuple(
        Pace(parse_duration(part["every"]), parse_duration(part["for"]) if "for" in part else None) for part in value
    )
