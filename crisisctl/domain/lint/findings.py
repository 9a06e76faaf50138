"""What lint says, and what it knows about the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing to mend in a text. `line` and `column` count from 1; `level` is `error` or `warning`."""

    line: int
    column: int
    level: str
    rule: str
    message: str
    remedy: str


class Context(NamedTuple):
    """What is known beside the text. None means that nobody knows: a text without an incident.

    `facts` are value and status by name, values as the log keeps them; `published` are texts that must agree, each
    with what to call it; `questions` are open; `allow` are names that may stand in the text; `phase` is that of the
    statement: in `inside` lines and where `whole` is false (a subject, a fragment) nothing is missing.
    """

    severity: str | None = None
    language: str | None = None
    channel: str | None = None
    people_affected: bool | None = None
    facts: Mapping[str, tuple[str | None, str]] | None = None
    published: Sequence[tuple[str, str]] = ()
    questions: Sequence[str] | None = None
    allow: Sequence[str] = ()
    legal_approved: bool = False
    security_approved: bool = False
    now: datetime | None = None
    phase: str = ""
    whole: bool = True
    final: bool = False


class Spotted(NamedTuple):
    """What a rule found, at a character of the text; an empty `remedy` stands for that of the rule."""

    rule: str
    at: int
    message: str
    remedy: str = ""
