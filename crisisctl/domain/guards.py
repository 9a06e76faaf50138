"""What a transition still needs, as sentences that say how to supply it."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from crisisctl.domain.entries import Source
from crisisctl.domain.incident import Incident
from crisisctl.domain.machine import Move, Stages
from crisisctl.domain.playbook import STATEMENT_STATES, Playbook, Transition, around
from crisisctl.domain.text import nearest
from crisisctl.domain.times import clock_time


class Option(NamedTuple):
    """A transition that leaves here, where it leads, and what it needs first."""

    transition: Transition
    move: Move
    missing: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether it can be taken now."""
        return not self.missing


def options(
    incident: Incident,
    stages: Stages,
    source: Source | None,
    because: str | None = "given",
    trigger: str | None = None,
    waived: Collection[str] = (),
) -> list[Option]:
    """Every transition that leaves here, or those of one trigger; the audiences `waived` need not hear of the end.

    Without a source, as a timer takes it: roles and reasons do not bind.
    """
    found = []
    for transition in stages.possible(incident.stages) if incident.open else ():
        if trigger not in (None, transition.trigger):
            continue
        move = stages.fire(incident.stages, transition)
        missing = [*world(incident, transition, move, waived)]
        if source is not None:
            missing = [*people(incident, transition, source), *reason(transition, because), *missing]
        found.append(Option(transition, move, tuple(missing)))
    return found


def people(incident: Incident, transition: Transition, source: Source) -> Iterator[str]:
    """Whether the one who acts holds a role that may."""
    held = incident.held_by(source.actor)
    if source.role and source.role not in incident.playbook.roles:
        raise nearest(source.role, incident.playbook.roles, "role")
    if source.role and source.role not in held:
        yield f"{source.actor} does not hold {source.role}: crisisctl assign {source.role} {source.actor}"
    elif transition.by and not set(transition.by).intersection((source.role,) if source.role else held):
        may = " or ".join(transition.by)
        holders = [person for role in transition.by for person in incident.roles.get(role, ())]
        who = f" ({', '.join(dict.fromkeys(holders))})" if holders else f": crisisctl assign {transition.by[0]} PERSON"
        yield f"only {may} may{who}; in an emergency: --override --because WHY"
    elif not held:
        first = incident.playbook.first_role()
        yield f"{source.actor} holds no role: crisisctl assign {first} {source.actor}, or act as another: --as PERSON"


def reason(transition: Transition, because: str | None) -> Iterator[str]:
    """Whether the reason that it asks for was given."""
    if transition.because and not because:
        yield "a reason: --because WHY"


def world(incident: Incident, transition: Transition, move: Move, waived: Collection[str] = ()) -> Iterator[str]:
    """Whether tasks, facts, roles, stages, statements and the end are as they must be; this binds timers too."""
    yield from _tasks(incident, transition, move)
    yield from _facts(incident, transition)
    for role in transition.requires.roles:
        if not incident.roles.get(role):
            yield f"somebody must hold {role}: crisisctl assign {role} PERSON"
    active = around(incident.stages)
    for stage in transition.requires.stages:
        if stage not in active:
            yield f"stage {stage} must be reached first{_way(incident, stage)}"
    yield from _statements(incident, transition)
    if closes(incident, move):
        yield from _corrections(incident)
        yield from _clocks(incident)
        yield from _told_of_the_end(incident, transition.trigger, waived)


def closes(incident: Incident, move: Move) -> bool:
    """Whether the move ends the incident."""
    return any("." not in path and incident.playbook.stages[path].final for path in move.entered)


def untold(incident: Incident) -> list[str]:
    """The audiences that were told of the beginning and not of the end; none where no statement is for that."""
    ends = any(spec.phase == "resolution" for spec in incident.playbook.statements.values())
    return [audience for audience, heard in incident.heard.items() if heard == "begun"] if ends else []


def _corrections(incident: Incident) -> Iterator[str]:
    for task in incident.correcting():
        if incident.task_state(task) == "open":
            left = incident.left_wrong(task.corrects) if task.corrects else ""
            correct = "" if left else f": crisisctl statement correct {task.corrects} --because WHY, and publish it"
            yield f"task {task.id} ({task.title}) is open{correct}; or task skip with a reason"


def _clocks(incident: Incident) -> Iterator[str]:
    for one in incident.clocks.values():
        if one.open:
            due = f", due {clock_time(one.strict)} UTC" if one.strict else ""
            ways = f"crisisctl clock file {one.id} --to WHOM, or clock waive {one.id} --because WHY"
            yield f"clock {one.id} ({one.regime}: {one.title}) is open{due}: {ways}"


def _told_of_the_end(incident: Incident, trigger: str, waived: Collection[str]) -> Iterator[str]:
    for audience in untold(incident):
        if audience not in waived:
            waive = f"crisisctl advance {trigger} --waive-audience {audience} --because WHY"
            yield f"{audience} heard of the beginning and not of the end: {_end_for(incident, audience)}{waive}"


def _end_for(incident: Incident, audience: str) -> str:
    """How the audience can be told of the end; nothing where no statement of the end is for it."""
    for spec in incident.playbook.statements.values():
        if spec.phase == "resolution" and audience in spec.audiences:
            there = incident.statements.get(spec.id)
            return f"{next_step(spec.id, there.state if there else None)}, or "
    return ""


def _way(incident: Incident, stage: str) -> str:
    """The first move on the shortest way from here to the stage, guards apart; nothing where there is none."""
    first: dict[str, str] = dict.fromkeys(around(incident.stages), "")
    while stage not in first:
        found = {
            path: next(first[source] for source in move.sources if source in first) or move.trigger
            for move in incident.playbook.transitions
            if not first.keys().isdisjoint(move.sources)
            for path in _reached(incident.playbook, move.to)
            if path not in first
        }
        if not found:
            return ""
        first = found | first
    return f": crisisctl advance {first[stage]}"


def _reached(playbook: Playbook, to: str) -> frozenset[str]:
    """Where one stands after entering a stage: it, those around it, and those that it begins with."""
    stage = playbook.stages[to]
    inner = stage.children if stage.parallel else stage.children and (stage.initial or stage.children[0],)
    return around((to,)).union(*(_reached(playbook, child) for child in inner or ()))


def _tasks(incident: Incident, transition: Transition, move: Move) -> Iterator[str]:
    """The required tasks of the stages left, and those named; of several stages' tasks of one name, one is enough."""
    every = incident.playbook.tasks.values()
    settled = {task.id for task in every if incident.task_state(task) != "open"}
    left = [task for task in every if task.required and task.stage in move.left and incident.task_state(task) == "open"]
    named = [task for task in every if task.id in transition.requires.tasks and task.id not in settled]
    here = around(incident.stages)
    for task in dict.fromkeys([*left, *named]):
        if task.stage in here:
            yield f"task {task.id} ({task.title}) is open: crisisctl task done {task.id}, or task skip with a reason"
        else:
            yield f"task {task.id} ({task.title}) is open, in stage {task.stage}{_way(incident, task.stage)}"


def _facts(incident: Incident, transition: Transition) -> Iterator[str]:
    for name in transition.requires.facts:
        fact = incident.facts.get(name)
        spec = incident.playbook.facts.get(name)
        ask = f" ({spec.ask})" if spec and spec.ask else ""
        if fact is None or fact.status == "retracted":
            yield f"fact {name} is not known{ask}: crisisctl fact set {name} VALUE"
        elif fact.status != "confirmed":
            yield f"fact {name} is not confirmed: crisisctl fact confirm {name}"


def _statements(incident: Incident, transition: Transition) -> Iterator[str]:
    for id_, wanted in transition.requires.statements:
        statement = incident.statements.get(id_)
        reached = statement.reached if statement else "planned"
        if reached not in STATEMENT_STATES or STATEMENT_STATES.index(reached) < STATEMENT_STATES.index(wanted):
            there = statement if statement and not statement.erased else None
            now = f"it is {there.state}" if there else "its text was erased" if statement else "it has no draft"
            yield f"statement {id_} must be {wanted}, {now}: {next_step(id_, there.state if there else None)}"


def next_step(id_: str, state: str | None) -> str:
    """The command that takes a statement one step on."""
    if state == "published":
        return f"crisisctl statement draft {id_} for the next one, or statement correct {id_} --because WHY"
    verb = {"drafted": "submit", "submitted": "approve", "approved": "publish", "publishing": "publish"}
    return f"crisisctl statement {verb.get(state or '', 'draft')} {id_}"
