"""The clocks of an incident as people and scripts see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.domain import labels
from crisisctl.domain.clocks.alarms import about
from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Deadline, Incident
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import stamp, words

if TYPE_CHECKING:
    from crisisctl.domain.clocks.book import Clocks
    from crisisctl.domain.clocks.catalogue import Clock, Question
    from crisisctl.service.desk import Outcome

_TIMES = ("begun", "strict", "legal", "target", "asserted_at", "filed_at")


def document(one: Deadline) -> dict[str, Any]:
    """A clock of an incident for scripts; times in UTC."""
    plain = one._asdict() | {name: (at := getattr(one, name)) and stamp(at) for name in _TIMES}
    del plain["run"]
    return {"clock": plain.pop("id"), **plain}


def touched(outcome: Outcome) -> list[Deadline]:
    """The clocks that a command's entries are about, as they stand after it."""
    ids = {id_ for entry in outcome.entries for id_ in about(entry)}
    return [one for id_, one in outcome.incident.clocks.items() if id_ in ids]


def named(incident: Incident, book: Clocks) -> list[Deadline]:
    """The clocks of the incident, and those of its playbook of which nobody has said anything."""
    from crisisctl.domain.clocks.asserting import about as say  # noqa: PLC0415 - only a list pays for it
    from crisisctl.domain.clocks.asserting import bound  # noqa: PLC0415 - the same
    from crisisctl.domain.folding_clocks import said_of  # noqa: PLC0415 - the same

    waiting = [id_ for id_ in bound(incident.playbook, book) if id_ not in incident.clocks]
    fresh = [said_of(Deadline(id_, state="not_started"), say(book.known[id_])) for id_ in waiting]
    return [*incident.clocks.values(), *fresh]


def in_order(clocks: Iterable[Deadline]) -> list[Deadline]:
    """What is open first, the earliest end on top; then what is settled."""
    return sorted(
        clocks, key=lambda one: (_RANK.get(one.state, 9), one.strict is None, one.strict or one.begun, one.id)
    )


def _rank(one: Deadline) -> tuple[int, bool, str, str]:
    first = one.strict or one.begun
    return _RANK.get(one.state, 9), one.strict is None, stamp(first) if first else "", one.id


_RANK = {"running": 0, "stalled": 0, "applies": 1, "assessed": 2, "not_started": 2, "filed": 3}


def left(one: Deadline, now: datetime) -> str:
    """How much time there is, or by how much it has passed."""
    end = one.strict or one.target
    if not one.open or end is None:
        return ""
    span = end - now
    short = words(timedelta(minutes=abs(span) // timedelta(minutes=1)))
    return f"{short} left" if span >= timedelta() else f"{short} late"


def asked(incident: Incident, book: Clocks, id_: str | None) -> list[Clock]:
    """The clocks to be assessed: the one told, else those of the playbook and of the incident."""
    from crisisctl.domain.clocks.asserting import bound  # noqa: PLC0415 - only assessing pays for it

    ids = [id_] if id_ else dict.fromkeys([*bound(incident.playbook, book), *incident.clocks])
    return [book.known[one] for one in ids if one in book.known]


def open_questions(incident: Incident, clock: Clock) -> list[Question]:
    """What nobody has answered of a clock's questions."""
    from crisisctl.domain.decide_clocks import unanswered  # noqa: PLC0415 - only assessing pays for it

    held = incident.clocks.get(clock.id, Deadline(clock.id))
    left_open = unanswered(clock, held.answers)
    return [one for one in clock.asks if one.name in left_open]


def sorted_out(asked_: Collection[Clock], given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """For each clock the answers that it asks for or looks at; clocks with none are left out."""
    found = {
        clock.id: {name: _plain(value) for name, value in given.items() if _looks(clock, name)} for clock in asked_
    }
    return {id_: answers for id_, answers in found.items() if answers}


def _looks(clock: Clock, name: str) -> bool:
    from crisisctl.domain.clocks import given as reading  # noqa: PLC0415 - only assessing pays for it
    from crisisctl.domain.clocks.applying import canonical  # noqa: PLC0415 - the same

    own = (*(one.name for one in clock.asks), *reading.answers(clock))
    return canonical(name) in {*map(canonical, own)} or name in own


def _plain(value: str) -> str | bool:
    return {"yes": True, "y": True, "no": False, "n": False, "true": True, "false": False}.get(value.casefold(), value)


class Past(NamedTuple):
    """What was said of a clock at one time: the entry, as a sentence, and its derivation."""

    entry: Entry
    text: str
    why: tuple[str, ...]


def history(entries: Iterable[Entry], id_: str) -> list[Past]:
    """Everything that the log says of a clock, in order."""
    own = (entry for entry in entries if id_ in about(entry))
    return [_past(entry) for entry in own]


def _past(entry: Entry) -> Past:
    """What its labels keep in the room is not told, only that there is something."""
    if kept := labels.reasons(entry):
        hidden = entry._replace(words={})
        return Past(hidden, f"({' and '.join(kept)}: crisisctl timeline --include {kept[0]} tells it)", ())
    return Past(entry, sentence(entry), tuple(entry.data.get("why", ())))
