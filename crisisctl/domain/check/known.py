"""The names that a playbook defines, read before anything refers to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.domain.check.forms import offer
from crisisctl.domain.check.place import Place, plain, shown
from crisisctl.domain.text import NAME

if TYPE_CHECKING:
    from crisisctl.domain.clocks.catalogue import Clock

DEEPEST_STAGE = 8


class Shape(NamedTuple):
    """What a reference needs to know of a stage."""

    parallel: bool
    final: bool


class Names(NamedTuple):
    """The names of one kind. `known` is None when its section is missing or broken: then any reference is believed."""

    what: str
    rule: str
    home: str
    known: Mapping[str, None] | None

    def refer(self, here: Place, value: object, *, key: bool = False) -> str | None:
        """The value if something has that name; else None, reported."""
        if not isinstance(value, str):
            remedy = "write its name; put it in quotes if it looks like a number"
            here.wrong(value, f"the name of a {self.what}", remedy)
        elif self.known is None or value in self.known:
            return value
        else:
            remedy = self._remedy(here, value, tuple(self.known))
            here.error(self.rule, f"{self.what} {shown(value)} does not exist", remedy, key=key)
        return None

    def _remedy(self, here: Place, value: str, known: tuple[str, ...]) -> str:
        near = offer(here, value, known)
        ways = [f"write {near}"] if near else []
        if all(NAME.fullmatch(part) for part in value.split(".")):
            ways.append(f"add {value} {self.home}")
        return ", or ".join(ways) or f"write one that exists: {', '.join(map(plain, known[:6])) or 'there is none yet'}"


class Known(NamedTuple):
    """All names of a playbook, its templates and the name of its file."""

    roles: Names
    facts: Names
    stages: Names
    top_stages: Names
    triggers: Names
    escalations: Names
    statements: Names
    tasks: Names
    severities: Names
    shapes: Mapping[str, Shape]
    anywhere: tuple[str, ...]
    templates: Mapping[str, str] | None
    stem: str | None
    catalogue: Mapping[str, Clock] | None
    fact_specs: Mapping[str, Any]

    def is_final(self, path: str | None) -> bool:
        """Whether a stage is there and marked as final."""
        return path is not None and path in self.shapes and self.shapes[path].final

    def is_parallel(self, path: str) -> bool:
        """Whether a stage is there and marked as parallel."""
        return path in self.shapes and self.shapes[path].parallel


def survey(
    document: Mapping[str, Any],
    templates: Mapping[str, str] | None,
    stem: str | None,
    catalogue: Mapping[str, Clock] | None = None,
) -> Known:
    """The names that the document defines, whatever else is wrong with it."""
    tree = document.get("stages")
    found = list(_walk(tree, "", 1))
    shapes = {path: Shape(spec.get("parallel") is True, spec.get("final") is True) for path, spec in found}
    top = [path for path in shapes if "." not in path]
    usable, facts = isinstance(tree, dict), document.get("facts")
    return Known(
        Names("role", "unknown-role", "under roles", _keys(document.get("roles"), required=True)),
        Names("fact", "unknown-fact", "under facts", _keys(facts)),
        Names("stage", "unknown-stage", "under stages", _names(shapes) if usable else None),
        Names("top-level stage", "unknown-stage", "under stages", _names(top) if usable else None),
        Names("trigger", "unknown-trigger", "as the trigger of a transition", _triggers(document.get("transitions"))),
        Names("escalation", "unknown-escalation", "under escalations", _keys(document.get("escalations"))),
        Names("statement", "unknown-statement", "under statements", _keys(document.get("statements"))),
        Names("task", "unknown-task", "to the tasks of a stage", _tasks(spec for _, spec in found) if usable else None),
        Names("severity", "unknown-severity", "to the severities", _listed(document.get("severities"))),
        shapes,
        tuple(path for path in top if not shapes[path].final),
        templates,
        stem,
        catalogue,
        {name: spec for name, spec in facts.items() if isinstance(name, str)} if isinstance(facts, dict) else {},
    )


def _names(keys: Iterable[object]) -> Mapping[str, None]:
    # A mapping and no set: it keeps the order of the file, so that what a message offers is always the same.
    return dict.fromkeys(key for key in keys if isinstance(key, str))


def _keys(section: object, *, required: bool = False) -> Mapping[str, None] | None:
    if isinstance(section, dict):
        return _names(section)
    return {} if section is None and not required else None


def _listed(values: object) -> Mapping[str, None] | None:
    return _names(values) if isinstance(values, list) else None


def _triggers(transitions: object) -> Mapping[str, None] | None:
    if not isinstance(transitions, list):
        return {} if transitions is None else None
    return _names(move.get("trigger") for move in transitions if isinstance(move, dict))


def _walk(tree: object, inside: str, level: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(tree, dict) or level > DEEPEST_STAGE:
        return
    for key, value in tree.items():
        if isinstance(key, str):
            spec = value if isinstance(value, dict) else {}
            yield f"{inside}{key}", spec
            yield from _walk(spec.get("stages"), f"{inside}{key}.", level + 1)


def _tasks(stages: Iterable[Mapping[str, Any]]) -> Mapping[str, None]:
    return _names(task for stage in stages for task in _keys(stage.get("tasks")) or ())
