"""A place in a document, and the problems found so far."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from crisisctl.domain.text import visible

Path = tuple[str | int, ...]
_LONGEST_SHOWN = 80


class Problem(NamedTuple):
    """One thing to mend, at the key of `path` if `on_key`, else at its value; `level` is `error` or `warning`."""

    path: Path
    on_key: bool
    level: str
    rule: str
    message: str
    remedy: str


class Place(NamedTuple):
    """Where a check stands in the document; problems found there go on the one common list."""

    problems: list[Problem]
    path: Path
    whole: str = "the playbook"  # what the document is, as people say it

    def at(self, *steps: str | int) -> Place:
        """The place that many steps further in."""
        return Place(self.problems, (*self.path, *steps), self.whole)

    def error(self, rule: str, message: str, remedy: str, *, key: bool = False) -> None:
        """Note what makes the playbook unusable."""
        self.problems.append(Problem(self.path, key, "error", rule, message, remedy))

    def warn(self, rule: str, message: str, remedy: str, *, key: bool = False) -> None:
        """Note what the author probably did not mean."""
        self.problems.append(Problem(self.path, key, "warning", rule, message, remedy))

    def wrong(self, value: object, wanted: str, remedy: str) -> None:
        """Note that a value is of another kind than wanted."""
        self.error("wrong-type", f"{self} is {kind(value)}, not {wanted}", remedy)

    def __str__(self) -> str:
        """The place as people say it: `roles.legal`, `item 3 of transitions`."""
        if not self.path:
            return self.whole
        *inside, last = self.path
        if isinstance(last, str):
            return plain(".".join(str(step + 1) if isinstance(step, int) else step for step in self.path))
        return f"item {last + 1} of {Place([], tuple(inside), self.whole)}"


def plain(text: str) -> str:
    """The text, safe to print and cut to a length that fits a message."""
    return visible(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")


def shown(value: object) -> str:
    """A value as a message names it: text in quotes, anything else by its kind."""
    return f"'{plain(value)}'" if isinstance(value, str) else kind(value)


def kind(value: object) -> str:
    """What sort of value it is, in the words of somebody who writes YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {int: "a whole number", float: "a fraction", str: "text", list: "a list", dict: "a mapping"}
    return "a date" if isinstance(value, date) else kinds.get(type(value), "something unknown")
