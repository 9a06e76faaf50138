"""What a notice says: what fell due or was done, where the incident stands, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from crisisctl.domain.entries import Entry
from crisisctl.domain.incident import Incident
from crisisctl.domain.instead import cause
from crisisctl.domain.notices import Notice
from crisisctl.domain.said import ERASED
from crisisctl.domain.statements.waiting import outdated
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time, words
from crisisctl.domain.whereabouts import to_do
from crisisctl.service.ports import Message

LATE = timedelta(minutes=1)
_DONE = ("handover.", "statement.drafted", "statement.corrected")  # what people did; all else fell due
BANNER = "EXERCISE EXERCISE EXERCISE"


def message(incident: Incident, entry: Entry, notice: Notice, now: datetime, about: Entry | None = None) -> Message:
    """The notice as it stands at the moment of sending. `about` is what it tells of, if not of its own entry."""
    _, told = cause([entry], notice.key)
    about = about or entry
    title = f"{incident.id} {incident.severity}: {incident.title}"
    done = about.type.startswith(_DONE)
    lines = _handed_over(incident, about, notice, now) if done else _fell_due(incident, about, told, now)
    if about.type.startswith("fact."):
        lines = _known(incident, about)
    if about.type in ("statement.unclear", "statement.unposted"):
        data = about.data
        lines = [sentence(about) + ".", *to_do(incident, data["statement"], data["key"], data["revision"])]
        lines += _others_unclear(incident, about, told)
    lines = [*_in_place(entry, told), *lines]
    if incident.drill:
        title, lines = f"EXERCISE {title}", [BANNER, *lines, BANNER]
    return Message(notice.key, title, "\n".join(lines), urgent=not done or _asks(about, notice))


def _others_unclear(incident: Incident, entry: Entry, told: Mapping[str, Any]) -> Iterator[str]:
    """The other channels that this one notice is about; each of them asks for somebody of its own."""
    name = f"{incident.id}/unclear/"
    mine = f"{name}{entry.data['statement']}/{entry.data['key']}/{entry.data['revision']}/{entry.data['attempt']}"
    for timer in told.get("covers", []):
        if timer.startswith(name) and timer != mine:
            id_, channel, language, revision, _ = timer.removeprefix(name).split("/")
            key = f"{channel}/{language}"
            yield f"Nobody knows either whether statement {id_} reached {key}."
            yield from to_do(incident, id_, key, int(revision))


def _fell_due(incident: Incident, entry: Entry, told: Mapping[str, Any], now: datetime) -> list[str]:
    covers: list[str] = told.get("covers", [])
    lines = [sentence(entry) + "."]
    if len(covers) > 1:
        lines.append(f"This is one notice for {len(covers)} steps that fell due; the last of them is named here.")
    late = now - entry.occurred_at
    if late >= LATE:
        lines.append(f"It was due at {clock_time(entry.occurred_at)} UTC, {words(late)} ago.")
    return [
        *lines,
        f"The incident stands at {' + '.join(incident.stages)}.",
        *_answers(incident, entry),
    ]


def _answers(incident: Incident, entry: Entry) -> list[str]:
    """What to type; a line that was approved beforehand is offered and nothing more."""
    if entry.type.startswith("promise."):
        return [f"Answer with: crisisctl statement draft {entry.data['statement']} -i {incident.id}"]
    if not entry.type.startswith("approval."):
        return [f"Answer with: crisisctl ack -i {incident.id}"]
    name, here = entry.data["statement"], f"-i {incident.id}"
    if outdated(incident, entry, ""):
        return [f"That of {name} has been settled since. Look with: crisisctl statement list {here}"]
    read = f"Read it: crisisctl statement show {name} {here}"
    lines = [read, f"Then: crisisctl statement approve {name} {here}, or statement reject {name} --because WHY {here}"]
    if entry.data.get("minimal"):
        lines.append(
            f"Or say the least that was approved beforehand: crisisctl statement draft {name} --minimal {here}"
        )
    return lines


def _known(incident: Incident, entry: Entry) -> list[str]:
    """What somebody is asked for, or which public statement is wrong by now; and what to type."""
    name, here = entry.data["fact"], f"-i {incident.id}"
    if entry.type != "fact.asked":
        wrong = (f"crisisctl statement correct {id_} --because WHY {here}" for id_ in entry.data.get("corrects", ()))
        return [sentence(entry) + ".", *(f"Correct it with: {command}" for command in wrong)]
    if name not in incident.questions:
        return [sentence(entry), f"It has been answered since. Look with: crisisctl fact list {here}"]
    lines = [sentence(entry), f"Answer with: crisisctl fact set {name} VALUE --source WHO {here}"]
    fact = incident.facts.get(name)
    if fact and fact.value is not None and fact.status != "retracted":
        lines.append(f"If what was said is so: crisisctl fact confirm {name} {here}")
    return lines


def _handed_over(incident: Incident, entry: Entry, notice: Notice, now: datetime) -> list[str]:
    """What was done, and what that leaves to do; whoever is asked to take the role over gets the brief with it."""
    lines = [sentence(entry) + "."]
    if now - entry.occurred_at >= LATE:
        lines.append(f"That was at {clock_time(entry.occurred_at)} UTC, {words(now - entry.occurred_at)} ago.")
    lines += _then(incident, entry, notice)
    if _asks(entry, notice):
        lines += ["", entry.word("brief") or ERASED]
    return lines


def _then(incident: Incident, entry: Entry, notice: Notice) -> list[str]:
    if entry.type.startswith("statement."):
        name, now = entry.data["statement"], incident.statements[entry.data["statement"]].revision
        anew = now > entry.data["revision"]
        return [
            *([f"It has been drafted anew since; revision {now} stands now."] if anew else []),
            f"Your approval was for other words. Read the new ones: crisisctl statement show {name} -i {incident.id}",
        ]
    role, giver, taker = (entry.data[name] for name in ("role", "from", "to"))
    hand, here = f"crisisctl handover {role}", f"-i {incident.id}"
    pending = incident.handovers.get(role)
    if entry.type == "handover.offered" and (pending is None or pending.version != entry.version):
        return [f"It has been settled since. Look with: crisisctl roles --history {here}"]
    if _asks(entry, notice):
        yes, no = f"Accept with: {hand} --accept {here}", f"Or decline: {hand} --decline --because WHY {here}"
        return [yes, no, f"{giver} holds the role until you accept; until then notices for it reach you both."]
    if entry.type == "handover.offered":
        keep = f"You hold the role until {taker} accepts; until then notices for it reach you both."
        return [keep, f"Take it back with: {hand} --withdraw {here}"]
    if entry.type == "handover.declined":
        return [f"You still hold the role. Offer it to somebody else: {hand} --to PERSON {here}"]
    return [f"Look with: crisisctl roles {here}"]


def _asks(entry: Entry, notice: Notice) -> bool:
    """Whether the notice asks its reader to take a role over."""
    return entry.type == "handover.offered" and notice.person == entry.data["to"]


def neutral(incident: Incident, entry: Entry, notice: Notice) -> Message:
    """The notice of a restricted incident where others read along: it names the person, and nothing of the incident.

    The key of the notice could be guessed from an id and a stage, so this one is of the entry's seal too.
    """
    mark = "EXERCISE " if incident.drill else ""
    key = sha256(f"{entry.digest}\n{notice.key}".encode()).hexdigest()[:32]
    return Message(key, f"{mark}A restricted incident needs {notice.person}", "Sign in and run: crisisctl list")


def _in_place(entry: Entry, told: Mapping[str, Any]) -> Iterator[str]:
    """Why somebody is told in the place of others."""
    if not told.get("instead_of"):
        return
    first = f"You are told instead of {' and '.join(told['instead_of'])}"
    if entry.type == "notice.failed":
        why = entry.word("reason")
        yield f"{first}: {entry.data['to']} could not be reached{f' ({why})' if why else ''}."
    else:
        yield f"{first}, who is not to be disturbed at this hour."
