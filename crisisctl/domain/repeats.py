"""Whether a request that comes again is the one that was carried out, by the first entry that it left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crisisctl.domain import commands as ask
from crisisctl.domain import labels
from crisisctl.domain.entries import Entry
from crisisctl.domain.text import prose
from crisisctl.domain.times import stamp

# The type of the first entry that each leaves, for telling a repeat from another command under the same request key.
LEAVES: Mapping[type, tuple[str, ...]] = {
    ask.Open: ("incident.opened",),
    ask.Advance: ("incident.advanced", "role.overridden", "audience.waived"),
    ask.Assign: ("role.assigned", "role.released"),
    ask.Release: ("role.released",),
    ask.Handover: ("handover.offered",),
    ask.AcceptHandover: ("handover.accepted",),
    ask.DeclineHandover: ("handover.declined",),
    ask.WithdrawHandover: ("handover.withdrawn",),
    ask.Acknowledge: ("escalation.acknowledged",),
    ask.Snooze: ("escalation.snoozed",),
    ask.ChangeTask: ("task.done", "task.skipped", "task.reopened"),
    ask.AddNote: ("note.added",),
    ask.LogDecision: ("decision.logged",),
    ask.SetFact: ("fact.set",),
    ask.ConfirmFact: ("fact.confirmed",),
    ask.AskFact: ("fact.asked",),
    ask.RetractFact: ("fact.retracted",),
    ask.ChangeSeverity: ("severity.changed",),
    ask.Reopen: ("incident.reopened",),
    ask.Draft: ("statement.drafted", "statement.corrected"),
    ask.Submit: ("statement.submitted", "statement.lint_overridden"),
    ask.Approve: ("statement.approved",),
    ask.Reject: ("statement.rejected",),
    ask.Publish: ("statement.published", "statement.break_glass"),
    ask.Posted: ("statement.posted", "statement.unposted"),
    ask.Retry: ("statement.posting",),
    ask.Embargo: ("statement.embargoed", "statement.embargo_lifted"),
    ask.StartClocks: ("clock.started", "clock.amended", "fact.set"),
    ask.AssessClocks: ("clock.assessed",),
    ask.FileClocks: ("clock.filed",),
    ask.WaiveClock: ("clock.waived",),
    ask.DeclineClock: ("clock.declined",),
    ask.MissClock: ("clock.will_miss",),
    ask.Redact: ("entry.redacted",),
    ask.Grant: ("access.granted",),
    ask.Revoke: ("access.revoked",),
    ask.Export: ("timeline.exported", "report.exported", "calendar.exported", "filing.exported"),
    ask.Inject: ("drill.injected",),
    ask.PauseDrill: ("drill.paused",),
    ask.ResumeDrill: ("drill.resumed",),
    ask.EndDrill: ("drill.ended",),
}
_STATES = {"done": "task.done", "skipped": "task.skipped", "open": "task.reopened"}
_SUBJECTS = {
    "trigger": "trigger",
    "role": "role",
    "statement": "statement",
    "fact": "name",
    "version": "version",
    "escalation": "escalation",
    "to": "level",
    "channel": "channel",
    "audience": "audience",
    "clock": "clock",
    "event": "event",
}
_WORDS = ("text", "because", "title", "note", "url", "reference", "what", "to")
_PERSONS = {
    "role.assigned": "person",
    "handover.offered": "to",
    "access.granted": "person",
    "access.revoked": "person",
    "fact.asked": "of",
}


def repeats(command: Any, actor: str, first: Entry) -> bool:  # noqa: ANN401 - one of the classes above
    """Whether the entry can be the first that this command of this person left."""
    if first.type not in LEAVES[type(command)] or first.actor != actor:
        return False
    if isinstance(command, ask.ChangeTask):
        return (first.type, first.data["task"]) == (_STATES[command.to], command.task.rpartition("/")[2])
    if first.type in _PERSONS and first.data.get(_PERSONS[first.type]) != command.person:
        return False
    if first.data.get("labels", {}) != labels.read(command) or not _same_clocks(command, first):
        return False
    told = ((first.data.get(name), getattr(command, field, None)) for name, field in _SUBJECTS.items())
    said = ((first.word(name), getattr(command, name, None)) for name in _WORDS)
    return all(there == given for there, given in told if there is not None and given is not None) and all(
        there == prose(given, "What was said") for there, given in said if there and given
    )


def _same_clocks(command: Any, first: Entry) -> bool:  # noqa: ANN401 - the same
    """Whether the entry is about the clocks of the command, their times and their answers."""
    data = first.data
    if isinstance(command, ask.FileClocks):
        return [one["clock"] for one in data["clocks"]] == [*dict.fromkeys(command.clocks)]
    if isinstance(command, ask.AssessClocks):
        return {one["clock"]: one["answers"] for one in data["clocks"]} == command.answers
    if not isinstance(command, ask.StartClocks):
        return True
    if first.type == "fact.set":
        times = [command.trigger, *command.inputs.values()]
        return first.word("value") in {stamp(at) for at in times if isinstance(at, datetime)} or command.trigger is None
    told = command.trigger is None or stamp(command.trigger) in data["facts"].values()
    return told and data["clock"] in command.clocks
