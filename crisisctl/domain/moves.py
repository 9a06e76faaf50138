"""Opening, advancing, closing and reopening: everything that enters or leaves a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.guards import Option, closes, options, untold
from crisisctl.domain.incident import Incident, Visit
from crisisctl.domain.machine import Move, Stages
from crisisctl.domain.playbook import Playbook, unpin
from crisisctl.domain.text import PERSON, line, nearest, prose
from crisisctl.domain.times import not_before

_machines: dict[int, tuple[Playbook, Stages]] = {}


def machine(playbook: Playbook) -> Stages:
    """The stage machine of a playbook; built once while the playbook lives in this process."""
    found = _machines.get(id(playbook))
    if found is None or found[0] is not playbook:
        if len(_machines) >= 16:  # noqa: PLR2004 - a watch meets many playbooks in its life
            _machines.clear()
        found = _machines[id(playbook)] = (playbook, Stages(playbook))
    return found[1]


OnCallNow = Callable[[str], Sequence[str]]  # who is on call for a role at this moment


def open_incident(command: ask.Open, source: Source, on_call: OnCallNow = lambda _role: ()) -> list[Event]:
    """The events of a new incident: opened, roles assigned, facts set, the initial stage entered.

    The first role goes to whoever is on call for it, else to the opener, unless it is assigned.
    """
    playbook = unpin(command.playbook.text)
    severity = playbook.severities[0] if command.severity is None else command.severity
    if severity not in playbook.severities:
        raise nearest(severity, playbook.severities, "severity")
    if command.restricted and not PERSON.fullmatch(source.actor):
        raise Refused(f"{source.actor!r} is no person's id, so nobody could be told apart by it. Say who: --as PERSON")
    opened = Event(
        "incident.opened",
        {
            "playbook": command.playbook._asdict(),
            "templates": dict(command.templates),
            "severity": severity,
            "drill": command.drill or bool(command.exercise),
        }
        | ({"exercise": dict(command.exercise)} if command.exercise else {})
        | ({"restricted": True} if command.restricted else {}),
        {"title": line(command.title, "The title")},
    )
    return [
        opened,
        *_seats(playbook, command, source, on_call),
        *_known(playbook, command),
        *_entered(machine(playbook).start(), {}),
    ]


def _seats(playbook: Playbook, command: ask.Open, source: Source, on_call: OnCallNow) -> Iterable[Event]:
    seats = list(dict.fromkeys(command.assign))
    first = playbook.first_role()
    if first not in {role for role, _ in seats}:
        seats[:0] = [(first, person) for person in on_call(first) or (source.actor,)]
    for role, person in seats:
        if role not in playbook.roles:
            raise nearest(role, playbook.roles, "role")
        yield Event("role.assigned", {"role": role, "person": person})


def _known(playbook: Playbook, command: ask.Open) -> Iterable[Event]:
    from crisisctl.domain import facts as values  # noqa: PLC0415 - only opening knows facts

    for name, value in command.facts:
        if name not in playbook.facts:
            raise nearest(name, playbook.facts, "fact")
        yield Event(
            "fact.set", {"fact": name, "status": "confirmed"}, {"value": values.read(playbook.facts[name], value)}
        )


def advance(incident: Incident, command: ask.Advance, source: Source, at: datetime) -> list[Event]:
    """The events of a move that a person asks for."""
    option = choose(incident, command.trigger, source, command.because, command.waive)
    overridden = []
    if command.override and not option.allowed:
        if not command.because:
            raise Refused("An override needs its reason: --because WHY")
        option = choose(incident, command.trigger, None, command.because, command.waive)
        data = {"trigger": command.trigger, "by": list(option.transition.by)}
        overridden = [Event("role.overridden", data, {"because": prose(command.because, "The reason")})]
    if not option.allowed:
        raise _refusal(incident, option)
    _chronology(incident, option.move, at)
    before = [*overridden, *_waived(incident, command, option)]
    role = _role(incident, option, source)
    return [event._replace(role=role) for event in (*before, *moved(incident, option, command.because))]


def _waived(incident: Incident, command: ask.Advance, option: Option) -> Iterable[Event]:
    """An event for each audience that need not be told of the end, which has to have a reason."""
    if command.waive and not closes(incident, option.move):
        raise Refused(f"{command.trigger} does not close {incident.id}, so no audience has to be told of the end yet.")
    for audience in dict.fromkeys(command.waive):
        if not command.because:
            raise Refused("Not telling an audience of the end needs its reason: --because WHY")
        if audience not in incident.heard:
            raise nearest(audience, incident.heard, "audience that was told of the beginning")
        if audience not in untold(incident):
            raise Refused(f"{audience} need not be told of the end, so there is nothing to waive.")
        data = {"trigger": command.trigger, "audience": audience}
        yield Event("audience.waived", data, {"because": prose(command.because, "The reason")})


def choose(
    incident: Incident, trigger: str, source: Source | None, because: str | None, waived: Sequence[str] = ()
) -> Option:
    """The transition that this trigger takes here: the first whose guards hold, else the first."""
    if trigger not in incident.playbook.triggers:
        raise nearest(trigger, incident.playbook.triggers, "move", then="crisisctl status shows the moves from here.")
    stages = machine(incident.playbook)
    here = options(incident, stages, source, because, trigger, waived)
    if not here:
        can = ", ".join(dict.fromkeys(move.trigger for move in stages.possible(incident.stages))) or "none"
        raise Refused(f"{trigger} does not lead anywhere from {' + '.join(incident.stages)}. Moves from here: {can}.")
    return next((option for option in here if option.allowed), here[0])


def moved(incident: Incident, option: Option, because: str | None) -> list[Event]:
    """The events of a move that nothing holds up."""
    transition, move = option.transition, option.move
    words = {"because": prose(because, "The reason")} if because else {}
    data = {"trigger": transition.trigger, "to": transition.to, "left": [*move.left], "entered": [*move.entered]}
    first = Event("incident.advanced", data | {"stages": [*move.active]}, words)
    left = [Event("stage.left", {"stage": path}) for path in move.left]
    return [first, *left, *_entered(move, incident.visits, incident)]


def reopen(incident: Incident, command: ask.Reopen, _source: Source, at: datetime) -> list[Event]:
    """The events of going back to where the incident stood before it was closed, as a new visit."""
    if incident.open:
        raise Refused(f"{incident.id} is open already.")
    if incident.exercise == "ended":
        raise Refused(f"The exercise {incident.id} is over, and is not taken up again. crisisctl drill run plays anew.")
    stages = machine(incident.playbook)
    back = incident.before_close or stages.start().active
    move = Move(incident.stages, stages.within(back), back)
    _chronology(incident, move, at)
    reopened = Event("incident.reopened", {"stages": [*back]}, {"because": prose(command.because, "The reason")})
    left = [Event("stage.left", {"stage": path}) for path in incident.stages]
    return [reopened, *left, *_entered(move, incident.visits)]


def _entered(move: Move, visits: Mapping[str, Visit], incident: Incident | None = None) -> list[Event]:
    return [_entry(path, visits, incident) for path in move.entered]


def _entry(path: str, visits: Mapping[str, Visit], incident: Incident | None) -> Event:
    before = visits.get(path)
    data: dict[str, object] = {"stage": path, "visit": before.number + 1 if before else 1}
    if incident and incident.playbook.stages[path].final and "." not in path:
        data["before"] = [*incident.stages]
    return Event("stage.entered", data)


def _refusal(incident: Incident, option: Option) -> Refused:
    trigger = option.transition.trigger
    return Refused(f"{incident.id} cannot {trigger} yet:", option.missing)


def _chronology(incident: Incident, move: Move, at: datetime) -> None:
    for path in move.left:
        not_before(at, incident.visits[path].entered_at, f"stage {path} was entered")


def _role(incident: Incident, option: Option, source: Source) -> str | None:
    held: Sequence[str] = incident.held_by(source.actor)
    may = [role for role in option.transition.by if role in held]
    return source.role or next(iter(may or held), None)


RULES: Mapping[type, Rule] = {ask.Advance: advance, ask.Reopen: reopen}
