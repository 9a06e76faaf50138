"""What a scenario may name."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from crisisctl.domain.check import forms
from crisisctl.domain.check.known import Names
from crisisctl.domain.check.place import Place, shown
from crisisctl.domain.errors import Refused
from crisisctl.domain.facts import read
from crisisctl.domain.playbook import FactSpec, Playbook
from crisisctl.domain.scenario import written


class Commands(NamedTuple):
    """The commands that a scenario may type, and those of the program that it may not."""

    here: Collection[str]
    elsewhere: Collection[str] = ()


class Cast(NamedTuple):
    """What a scenario may name: all of the playbook, the people, and the commands."""

    roles: Names
    facts: Names
    stages: Names
    triggers: Names
    statements: Names
    tasks: Names
    severities: Names
    people: Names
    playbook: Playbook
    commands: Commands


def cast_of(playbook: Playbook, commands: Commands, persons: Collection[str]) -> Cast:
    """What may be named."""
    book = playbook
    home = "to the playbook"
    return Cast(
        Names("role", "unknown-role", home, dict.fromkeys(book.roles)),
        Names("fact", "unknown-fact", home, dict.fromkeys(book.facts)),
        Names("stage", "unknown-stage", home, dict.fromkeys(book.stages)),
        Names("trigger", "unknown-trigger", home, dict.fromkeys(book.triggers)),
        Names("statement", "unknown-statement", home, dict.fromkeys(book.statements)),
        Names("task", "unknown-task", home, dict.fromkeys(task.id for task in book.tasks.values())),
        Names("severity", "unknown-severity", home, dict.fromkeys(book.severities)),
        Names("person", "unknown-person", "to people or others", dict.fromkeys(persons)),
        book,
        commands,
    )


def any_name(here: Place, value: object, what: str, *, key: bool) -> str | None:  # noqa: ARG001 - `forms.Naming`
    """The key as it is: whether something has that name is looked at apart."""
    return str(value)


def facts(here: Place, value: object, cast: Cast, *, nothing: bool = True) -> None:
    """Facts with values that they can have; `nothing` stands for one that is not known."""
    for name, at, one in forms.entries(here, value, "fact", any_name):
        known = cast.facts.refer(at, name, key=True)
        if one is None and nothing:
            continue
        if not isinstance(one, str | int | float):
            at.wrong(one, "a value", "write it as one types it, such as 1200 or 'names and addresses'")
        elif known:
            _fits(at, cast.playbook.facts[known], written(one))


def _fits(here: Place, spec: FactSpec, value: str) -> None:
    try:
        read(spec, value)
    except Refused as refused:
        here.error("bad-value", f"{here} cannot be {shown(value)}", str(refused).rstrip("."))


def corrects(task: str, cast: Cast) -> bool:
    """Whether the task is one that a wrong statement makes."""
    return task.removeprefix("correct-") in cast.playbook.statements and task.startswith("correct-")
