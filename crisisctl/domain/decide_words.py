"""Tasks, facts, notes, decisions, severity, and erasing words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain import commands as ask
from crisisctl.domain import facts as values
from crisisctl.domain import labels
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.incident import Incident
from crisisctl.domain.playbook import Task
from crisisctl.domain.text import LONGEST_TEXT, nearest, prose
from crisisctl.domain.times import not_before

_PAST = {"done": "task.done", "skipped": "task.skipped", "open": "task.reopened"}
FACT_STATUSES = ("unconfirmed", "confirmed")


def change_task(incident: Incident, command: ask.ChangeTask, _source: Source, at: datetime) -> list[Event]:
    """A task of a stage that is active now changes its state."""
    task = find_task(incident, command.task)
    not_before(at, incident.visits[task.stage].entered_at, f"stage {task.stage} was entered")
    if incident.task_state(task) == command.to:
        raise Refused(f"Task {task.id} is {command.to} already.")
    if command.to == "skipped" and not command.because:
        raise Refused(f"Skipping {task.id} needs a reason: --because WHY")
    words = {"because": prose(command.because, "The reason")} if command.because else {}
    return [Event(_PAST[command.to], {"task": task.id, "stage": task.stage}, words)]


def find_task(incident: Incident, name: str) -> Task:
    """The task of that id here, or of that `stage/id`."""
    here = [task for task in incident.here() if name in (task.id, task.key)]
    if len(here) == 1:
        return here[0]
    if here:
        raise Refused(f"Several stages have a task {name}. Say which: {', '.join(task.key for task in here)}")
    elsewhere = [task for task in incident.playbook.tasks.values() if name in (task.id, task.key)]
    if elsewhere:
        raise Refused(f"Task {name} belongs to stage {elsewhere[0].stage}, where {incident.id} does not stand now.")
    raise nearest(name, (task.id for task in incident.here()), "task here")


def add_note(_incident: Incident, command: ask.AddNote, _source: Source, _at: datetime) -> list[Event]:
    """Something was written down."""
    return [Event("note.added", _labelled(command), {"text": prose(command.text, "The note")})]


def log_decision(_incident: Incident, command: ask.LogDecision, _source: Source, _at: datetime) -> list[Event]:
    """A choice, its reason, the options that were there and who disagreed."""
    words = {"text": prose(command.text, "The decision"), "because": prose(command.because, "The reason")}
    for kind, several in (("option", command.options), ("dissent", command.dissent)):
        words |= {f"{kind}_{n}": prose(text, f"The {kind}") for n, text in enumerate(several, 1)}
    data = {"options": len(command.options), "dissent": len(command.dissent)}
    return [Event("decision.logged", data | _labelled(command), words)]


def _labelled(command: ask.AddNote | ask.LogDecision | ask.SetFact) -> dict[str, Any]:
    """The labels as the entry seals them; nothing where none was given."""
    given = labels.read(command)
    labels.check(given)
    return {"labels": given} if given else {}


def set_fact(incident: Incident, command: ask.SetFact, _source: Source, _at: datetime) -> list[Event]:
    """Something is known now, or known better."""
    specs = incident.playbook.facts
    if command.name not in specs:
        raise nearest(command.name, specs, "fact")
    if command.status not in FACT_STATUSES:
        raise Refused(f"A fact is {' or '.join(FACT_STATUSES)}, not {command.status!r}. To take it back: fact retract.")
    words = {"value": values.read(specs[command.name], command.value)}
    if command.source:
        words["source"] = prose(command.source, "The source")
    return [Event("fact.set", {"fact": command.name, "status": command.status} | _labelled(command), words)]


def retract_fact(incident: Incident, command: ask.RetractFact, _source: Source, _at: datetime) -> list[Event]:
    """What was said to be known is taken back; the entry that set it stays."""
    if command.name not in incident.facts:
        raise nearest(command.name, incident.facts, "fact set in this incident")
    if incident.facts[command.name].status == "retracted":
        raise Refused(f"{command.name} is retracted already.")
    return [Event("fact.retracted", {"fact": command.name}, {"because": prose(command.because, "The reason")})]


def change_severity(incident: Incident, command: ask.ChangeSeverity, _source: Source, _at: datetime) -> list[Event]:
    """The severity is another one from now on."""
    if command.level not in incident.playbook.severities:
        raise nearest(command.level, incident.playbook.severities, "severity")
    if command.level == incident.severity:
        raise Refused(f"{incident.id} is {command.level} already.")
    data = {"from": incident.severity, "to": command.level}
    return [Event("severity.changed", data, {"because": prose(command.because, "The reason")})]


def redact(incident: Incident, command: ask.Redact, _source: Source, _at: datetime) -> list[Event]:
    """Words of an earlier entry are erased; which fields it has, the desk has looked up."""
    if not 1 <= command.version <= incident.version:
        raise NotFound(f"{incident.id} has no entry {command.version}; its entries are 1 to {incident.version}.")
    data = {"version": command.version, "fields": sorted(command.fields)}
    return [Event("entry.redacted", data, {"because": prose(command.because, "The reason", LONGEST_TEXT)})]


RULES: Mapping[type, Rule] = {
    ask.ChangeTask: change_task,
    ask.AddNote: add_note,
    ask.LogDecision: log_decision,
    ask.SetFact: set_fact,
    ask.RetractFact: retract_fact,
    ask.ChangeSeverity: change_severity,
    ask.Redact: redact,
}
