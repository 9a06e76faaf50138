"""The playbook as the rules read it: built from a plain document that `check` found no error in.

The values are named tuples: a process that starts for one command pays a sixth of what frozen dataclasses cost it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from crisisctl.domain.publication import StatementSpec as StatementSpec  # noqa: PLC0414 - part of the playbook
from crisisctl.domain.publication import statement_spec
from crisisctl.domain.times import parse_duration

Document = Mapping[str, Any]
FACT_TYPES = ("text", "integer", "number", "boolean", "datetime", "choice")
STATEMENT_STATES = ("drafted", "submitted", "approved", "published")


class Role(NamedTuple):
    """A seat at the table."""

    id: str
    title: str
    required: bool = False
    deputy: str | None = None


class FactSpec(NamedTuple):
    """A fact that the playbook asks for."""

    name: str
    type: str = "text"
    ask: str = ""
    choices: tuple[str, ...] = ()


class Task(NamedTuple):
    """One line of a stage's checklist; `due` counts from the moment the stage is entered."""

    id: str
    title: str
    stage: str
    role: str | None = None
    required: bool = False
    due: timedelta | None = None
    corrects: str | None = None  # the public statement that it is to correct; of no task that a playbook has

    @property
    def key(self) -> str:
        """Names the task in the whole playbook: two stages may have a task of the same id."""
        return f"{self.stage}/{self.id}"


class Stage(NamedTuple):
    """Where an incident can stand; `path` is the names from the top, joined by dots."""

    path: str
    title: str
    guidance: str = ""
    children: tuple[str, ...] = ()
    initial: str | None = None
    parallel: bool = False
    final: bool = False
    escalation: str | None = None


@lru_cache(maxsize=64)
def around(leaves: tuple[str, ...]) -> frozenset[str]:
    """The paths of these stages and of every stage around them."""
    names = [leaf.split(".") for leaf in leaves]
    return frozenset(".".join(parts[:depth]) for parts in names for depth in range(1, len(parts) + 1))


class Requirement(NamedTuple):
    """What must hold before a move: facts confirmed, roles held, stages active, tasks done, statements that far."""

    facts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    statements: tuple[tuple[str, str], ...] = ()


class Transition(NamedTuple):
    """A permitted move; `number` is its place in the playbook and names it to the stage machine."""

    number: int
    trigger: str
    sources: tuple[str, ...]
    to: str
    by: tuple[str, ...] = ()
    because: bool = False
    requires: Requirement = Requirement()


class Step(NamedTuple):
    """One rung of an escalation."""

    after: timedelta
    notify: tuple[str, ...] = ()
    advance: str | None = None


class Escalation(NamedTuple):
    """Ordered steps. `if_empty` is `skip`, `wait` or `fallback`; then `fallback` names the role."""

    id: str
    steps: tuple[Step, ...]
    until: str = "acknowledged"
    ack_timeout: timedelta | None = None
    times: int = 0
    every: timedelta = timedelta(0)
    if_empty: str = "skip"
    fallback: str | None = None


class ClockSpec(NamedTuple):
    """A clock of the catalogue, by id or another name, and the facts of the playbook that it hangs on.

    `start` is the fact that starts it, None where it is the one of the same name; `facts` has others by the names of
    the catalogue. `role` is reminded of it, None for the first; `escalate` are told besides when most of it has passed.
    """

    name: str
    start: str | None = None
    facts: Mapping[str, str] = {}
    role: str | None = None
    escalate: tuple[str, ...] = ()
    zone: str | None = None


class Playbook(NamedTuple):
    """The plan for one kind of crisis. Mappings keep the order of the file."""

    id: str
    version: int
    title: str
    summary: str
    severities: tuple[str, ...]
    last_drilled: str | None
    roles: Mapping[str, Role]
    facts: Mapping[str, FactSpec]
    initial: str
    stages: Mapping[str, Stage]
    tasks: Mapping[str, Task]
    transitions: tuple[Transition, ...]
    escalations: Mapping[str, Escalation]
    statements: Mapping[str, StatementSpec]
    clocks: Mapping[str, ClockSpec]

    @property
    def triggers(self) -> tuple[str, ...]:
        """The names of all moves, each once."""
        return tuple(dict.fromkeys(move.trigger for move in self.transitions))

    @property
    def times(self) -> tuple[str, ...]:
        """The facts that are times, on which clocks can hang."""
        return tuple(name for name, fact in self.facts.items() if fact.type == "datetime")

    def top_stages(self) -> Iterator[Stage]:
        """The stages that lie in no other."""
        return (stage for path, stage in self.stages.items() if "." not in path)

    def first_role(self) -> str:
        """The role that the opener takes."""
        return next(iter(self.roles))


class Pinned(NamedTuple):
    """A playbook as the log keeps it: `text` is its document as JSON in the order of the file, which carries meaning.

    The opener takes the first role and the highest severity is the first, so the order is sealed with the rest.
    """

    id: str
    version: int
    digest: str
    text: str


def pin(document: Document, templates: Mapping[str, str]) -> Pinned:
    """The playbook as it is pinned; the digest is SHA-256 over it and its templates, in hex."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    seal = sha256(json.dumps([text, sorted(templates.items())], ensure_ascii=False).encode()).hexdigest()
    return Pinned(document["playbook"], document.get("version", 1), seal, text)


@lru_cache(maxsize=16)
def unpin(text: str) -> Playbook:
    """The playbook of a pinned text; built once for each."""
    return build(json.loads(text))


def build(document: Document) -> Playbook:
    """The playbook of a document that `check` found no error in."""
    stages = {stage.path: stage for stage in _stages(document["stages"], "")}
    return Playbook(
        id=document["playbook"],
        version=document.get("version", 1),
        title=document["title"],
        summary=document.get("summary", ""),
        severities=tuple(document["severities"]),
        last_drilled=document.get("last_drilled"),
        roles={id_: _role(id_, spec or {}) for id_, spec in document["roles"].items()},
        facts={name: _fact(name, spec or {}) for name, spec in (document.get("facts") or {}).items()},
        initial=document["initial"],
        stages=stages,
        tasks={task.key: task for task in _tasks(document["stages"], "")},
        transitions=tuple(
            _transition(index, spec, stages) for index, spec in enumerate(document.get("transitions") or ())
        ),
        escalations={id_: _escalation(id_, spec) for id_, spec in (document.get("escalations") or {}).items()},
        statements={id_: statement_spec(id_, spec) for id_, spec in (document.get("statements") or {}).items()},
        clocks={one.name: one for one in _clocks(document.get("clocks") or ())},
    )


def _clocks(spec: Sequence[str] | Document) -> Iterator[ClockSpec]:
    """A list of names, or what each hangs on by its name."""
    told: Document = spec if isinstance(spec, Mapping) else dict.fromkeys(spec)
    for name, one in told.items():
        has = one or {}
        escalate, facts = many(has.get("escalate")), has.get("with") or {}
        yield ClockSpec(name, has.get("from"), facts, has.get("role"), escalate, has.get("zone"))


def many(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """A name, a list of names, or nothing, as a tuple."""
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _span(value: object) -> timedelta | None:
    return None if value is None else parse_duration(value)


def _role(id_: str, spec: Document) -> Role:
    return Role(id_, spec.get("title", id_), spec.get("required", False), spec.get("deputy"))


def _fact(name: str, spec: Document) -> FactSpec:
    return FactSpec(name, spec.get("type", "text"), spec.get("ask", ""), many(spec.get("choices")))


def _stages(specs: Document, inside: str) -> Iterator[Stage]:
    for name, spec_or_none in specs.items():
        spec: Document = spec_or_none or {}
        path = f"{inside}{name}"
        children: Document = spec.get("stages") or {}
        yield Stage(
            path,
            spec.get("title", name),
            spec.get("guidance", ""),
            tuple(f"{path}.{child}" for child in children),
            f"{path}.{spec['initial']}" if children and spec.get("initial") else None,
            spec.get("parallel", False),
            spec.get("final", False),
            spec.get("escalation"),
        )
        yield from _stages(children, f"{path}.")


def _tasks(specs: Document, inside: str) -> Iterator[Task]:
    for name, spec_or_none in specs.items():
        spec: Document = spec_or_none or {}
        path = f"{inside}{name}"
        for id_, task_or_none in (spec.get("tasks") or {}).items():
            task: Document = task_or_none or {}
            title, required = task.get("title", id_), task.get("required", False)
            yield Task(id_, title, path, task.get("role"), required, _span(task.get("due")))
        yield from _tasks(spec.get("stages") or {}, f"{path}.")


def _transition(index: int, spec: Document, stages: Mapping[str, Stage]) -> Transition:
    needs: Document = spec.get("requires") or {}
    anywhere = tuple(path for path, stage in stages.items() if "." not in path and not stage.final)
    return Transition(
        index,
        spec["trigger"],
        anywhere if spec["from"] == "*" else many(spec["from"]),
        spec["to"],
        many(spec.get("by")),
        spec.get("because", "optional") == "required",
        Requirement(
            many(needs.get("facts")),
            many(needs.get("roles")),
            many(needs.get("stages")),
            many(needs.get("tasks")),
            tuple((needs.get("statements") or {}).items()),
        ),
    )


def _escalation(id_: str, spec: Document) -> Escalation:
    again: Document = spec.get("repeat") or {}
    empty = spec.get("if_empty", "skip")
    return Escalation(
        id_,
        tuple(Step(parse_duration(s["after"]), many(s.get("notify")), s.get("advance")) for s in spec["steps"]),
        spec.get("until", "acknowledged"),
        _span(spec.get("ack_timeout")),
        again.get("times", 0),
        _span(again.get("every")) or timedelta(0),
        "fallback" if isinstance(empty, Mapping) else empty,
        empty["fallback"] if isinstance(empty, Mapping) else None,
    )
