"""What is asked of a clock, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import NamedTuple

MODES = ("strict", "reg1182", "relief")
INSTANT, QUALITATIVE, NOT_STARTED, NOT_APPLICABLE = "instant", "qualitative", "not_started", "not_applicable"
LATE, IN_TIME = "late_true", "late_false"

Answer = str | int | bool


class Known(NamedTuple):
    """What is known: facts as aware instants, answers to the questions of applicability, and the zone, if told."""

    facts: Mapping[str, datetime]
    answers: Mapping[str, Answer] = {}
    zone: tzinfo | None = None


class Result(NamedTuple):
    """What follows from what is known, and why, in sentences.

    `kind` is `instant`, `qualitative`, `not_started`, `not_applicable`, or for filings `late_true` and `late_false`.
    `strict` is for alarms and never lies after `legal`, the outer limit, which is None while it cannot be told. `due`
    is the one of the mode asked for. `target` is a time to aim at that no law sets. All are local times. `alarms` says
    whether the clock may raise one. `calendar` is the version of the data, None when no calendar was needed.
    """

    clock: str
    kind: str
    mode: str = MODES[0]
    due: datetime | None = None
    strict: datetime | None = None
    legal: datetime | None = None
    target: datetime | None = None
    alarms: bool = False
    why: tuple[str, ...] = ()
    calendar: str | None = None
