"""Tasks, notes, decisions, severity, and erasing words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain import commands as ask
from crisisctl.domain import labels
from crisisctl.domain.commands import Rule
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.folding_facts import CORRECTION
from crisisctl.domain.incident import Incident
from crisisctl.domain.playbook import Task
from crisisctl.domain.text import LONGEST_TEXT, nearest, prose
from crisisctl.domain.times import not_before

_PAST = {"done": "task.done", "skipped": "task.skipped", "open": "task.reopened"}


def change_task(incident: Incident, command: ask.ChangeTask, _source: Source, at: datetime) -> list[Event]:
    """A task of a stage that is active now changes its state."""
    task = find_task(incident, command.task)
    if task.corrects is None:
        not_before(at, incident.visits[task.stage].entered_at, f"stage {task.stage} was entered")
    if incident.task_state(task) == command.to:
        raise Refused(f"Task {task.id} is {command.to} already.")
    if command.to == "skipped" and not command.because:
        raise Refused(f"Skipping {task.id} needs a reason: --because WHY")
    if task.corrects:
        _correctable(incident, task.id, task.corrects, command.to)
    data = {"task": task.id, "stage": task.stage} | ({CORRECTION: task.corrects} if task.corrects else {})
    words = {"because": prose(command.because, "The reason")} if command.because else {}
    return [Event(_PAST[command.to], data, words)]


def _correctable(incident: Incident, task: str, statement: str, to: str) -> None:
    """A correction is done by being published, and no other way; it can be given up, and taken up again."""
    if incident.corrections[statement].state == "done":
        raise Refused(f"{task} is done: the correction is public.")
    if to == "done":
        left = incident.left_wrong(statement).partition(": ")[2]
        bring = left or f"crisisctl statement correct {statement} --because WHY, and publish it"
        raise Refused(
            f"{task} is done when the correction is public: {bring}. "
            f"If what is public may stand: crisisctl task skip {task} --because WHY"
        )


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


def _labelled(command: ask.AddNote | ask.LogDecision) -> dict[str, Any]:
    """The labels as the entry seals them; nothing where none was given."""
    given = labels.read(command)
    labels.check(given)
    return {"labels": given} if given else {}


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
    ask.ChangeSeverity: change_severity,
    ask.Redact: redact,
}
