"""Publishing: the approved bytes go out, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.cadence import promised
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.guards import next_step
from crisisctl.domain.incident import Incident, Statement
from crisisctl.domain.publication import StatementSpec
from crisisctl.domain.statements.approving import approvers, at_hand, current, named, to_fill, unapproved
from crisisctl.domain.statements.drafting import channels_of
from crisisctl.domain.statements.renditions import channel_of, differing, in_order, language_of, spec_of
from crisisctl.domain.statements.using import untrue
from crisisctl.domain.text import nearest, prose
from crisisctl.domain.times import stamp

_BLANK = "INSERT|YOUR|NAME|DATE|TIME|NUMBER|LINK|URL|COMPANY|PLACE|TODO|TBD"
_SLOT = re.compile(
    rf"\{{\{{.*?\}}\}}|\{{%.*?%\}}|\b(?:TODO|TBD|TBC|FIXME)\b|\[(?:[Xx?.…_]+|(?:{_BLANK})\b[^\]]*)\]", re.DOTALL
)
INSIDE = ("employees", "staff", "customer-care", "internal")


def publish(incident: Incident, command: ask.Publish, source: Source, at: datetime) -> list[Event]:
    """The approved bytes go out, to the audiences in their order; each publication promises the next one."""
    statement = at_hand(incident, command.statement, at)
    spec = spec_of(incident, statement.id)
    _may_go(incident, statement, command, source)
    current(statement)
    _to_the_byte(statement, command)
    broken = _signed_off(incident, statement, command)
    if missing := [*_lacking(incident, spec, statement)]:
        raise Refused(f"{statement.id} cannot be published yet: {'; '.join(missing)}.")
    audiences = _audiences(spec, statement, command.audiences)
    going, withheld = _going(spec, statement, command, audiences)
    left = [name for name in spec.audiences if name not in (*statement.audiences, *audiences)]
    data = named(statement, "publishing" if left else "published")
    data |= {"audiences": audiences, "channels": channels_of(going)}
    data |= {"renditions": {key: statement.renditions[key] for key in going}}
    data |= {"withheld": withheld} if withheld else {}
    words = _no_further(command, left)
    data |= {"no_further": True} if words else {}
    data |= {} if words or left else _promised(incident, spec, statement, at)
    return [*broken, Event("statement.published", data, words)]


def _may_go(incident: Incident, statement: Statement, command: ask.Publish, source: Source) -> None:
    """`Refused` unless it was approved, or the lead breaks the glass, and somebody in the room says so."""
    states = ("drafted", "submitted", "approved", "publishing") if command.glass else ("approved", "publishing")
    if statement.state not in states:
        raise Refused(f"{statement.id} is {statement.state}, not approved: {_what_then(incident, statement)}")
    held = incident.held_by(source.actor)
    if not held:
        raise Refused(f"{source.actor} holds no role, and only the people in the room may publish.")
    lead = incident.playbook.first_role()
    if command.glass and lead not in held:
        who = ", ".join(incident.roles.get(lead, ())) or "nobody now"
        raise Refused(f"Only {lead} may publish without approvals ({who}), with --break-glass --because WHY.")


def _what_then(incident: Incident, statement: Statement) -> str:
    if statement.state == "submitted":
        first = to_fill(incident, statement)
        return f"waiting for {approvers(incident, statement)}{f'. First: {first}' if first else ''}"
    return next_step(statement.id, statement.state)


def _to_the_byte(statement: Statement, command: ask.Publish) -> None:
    hand = command.renditions or dict.fromkeys(statement.renditions, command.digest)
    other = differing(hand, statement.renditions)
    if other or command.digest != statement.digest:
        which = f" for {', '.join(other)}" if command.renditions and other else ""
        raise Refused(
            f"The text of {statement.id}{which} is not, to the byte, the one that was approved. "
            "Draft and submit it again."
        )


def _signed_off(incident: Incident, statement: Statement, command: ask.Publish) -> list[Event]:
    """What is logged when the glass is broken; `Refused` when too few have approved the present bytes."""
    lacking = unapproved(incident, statement)
    drafted = statement.state in ("drafted", "submitted")
    if not lacking and not drafted:
        return []
    if not command.glass:
        raise Refused(
            f"The text of {statement.id} is not, to the byte, the one that was approved ({', '.join(lacking)}). "
            f"Draft and submit it again. Missing: {approvers(incident, statement)}"
        )
    data = {"statement": statement.id, "revision": statement.revision, "unapproved": lacking}
    return [Event("statement.break_glass", data, {"because": prose(command.because or "", "The reason")})]


def _lacking(incident: Incident, spec: StatementSpec, statement: Statement) -> Iterator[str]:
    """What must come first, a sentence each: confirmed facts, and the statements that go before this one."""
    yield from untrue(incident, statement)
    for id_ in spec.after:
        before = incident.statements.get(id_)
        if not (before and before.published):
            yield f"{id_} must be published before it: {next_step(id_, before.state if before else None)}"


def _audiences(spec: StatementSpec, statement: Statement, wanted: tuple[str, ...]) -> list[str]:
    left = [name for name in spec.audiences if name not in statement.audiences]
    for name in wanted:
        if name not in spec.audiences:
            raise nearest(name, spec.audiences, "audience")
        if name in statement.audiences:
            raise Refused(f"{name} has {statement.id} already.")
    chosen = [name for name in left if name in wanted] if wanted else left
    if chosen != left[: len(chosen)]:
        skipped = next(name for name in left if name not in chosen)
        raise Refused(
            f"{skipped} must hear it before {chosen[-1]}: crisisctl statement publish {spec.id} --audience {skipped}"
        )
    return chosen


def _going(
    spec: StatementSpec, statement: Statement, command: ask.Publish, audiences: list[str]
) -> tuple[list[str], dict[str, int]]:
    """The renditions that go out now, and by how much others are too long; what stands there already stays."""
    reached = (*statement.audiences, *audiences)
    due = [key for key in in_order(spec, statement.renditions) if _open(spec, command, key, reached)]
    new = [key for key in due if statement.out.get(key) != statement.renditions[key]]
    if unresolved := {key: command.unresolved[key] for key in new if key in command.unresolved}:
        key, slot = next(iter(unresolved.items()))
        raise Refused(f"{key} of {statement.id} still holds {slot}: crisisctl statement draft {statement.id}")
    withheld = {key: command.excess[key] for key in new if key in command.excess}
    spoilt = {_message(key) for key in withheld}
    going = [key for key in new if _message(key) not in spoilt]
    if withheld and not going:
        first, excess = next(iter(withheld.items()))
        raise Refused(
            f"{statement.id} fits none of its channels; {first} is too long by {excess}. Shorten it: "
            f"crisisctl statement draft {statement.id} --channel {channel_of(first)} --short, or --file FILE"
        )
    return going, withheld


def _message(key: str) -> tuple[str, str]:
    """What goes out as one: a subject never goes without its text."""
    return channel_of(key), language_of(key)


def _open(spec: StatementSpec, command: ask.Publish, key: str, reached: tuple[str, ...]) -> bool:
    """Whether the channel's turn has come: an inside one with an inside audience, any other with a public one.

    Where the statement has no audience of the kind, the channel's turn comes with the first.
    """
    inside = channel_of(key) in command.inside
    kind = [name for name in spec.audiences if (name in INSIDE) == inside]
    return not kind or not spec.audiences or any(name in reached for name in kind)


def _no_further(command: ask.Publish, left: list[str]) -> dict[str, str]:
    """Why no next update is promised, which is said with the last publication; empty where one may be."""
    if not command.no_further:
        return {}
    if left:
        raise Refused(f"--no-further-update goes with the publication to the last audience, {left[-1]}.")
    if not command.because:
        raise Refused("No further update needs its reason: --because WHY")
    return {"because": prose(command.because, "The reason")}


def _promised(incident: Incident, spec: StatementSpec, statement: Statement, at: datetime) -> dict[str, str]:
    """The next update that is promised from now on, and the one that the text states if that is past."""
    promise = promised(incident, spec, statement, at)
    past = {"stated": stamp(promise.past)} if promise.past else {}
    return ({"promised": stamp(promise.at)} if promise.at else {}) | past


def slots(texts: Mapping[str, str]) -> dict[str, str]:
    """What was left open in a text: `{{ … }}`, `[X]`, TODO and their like, by the key of the rendition."""
    found = ((key, _SLOT.search(text)) for key, text in texts.items())
    return {key: hit[0] for key, hit in found if hit}
