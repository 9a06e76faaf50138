"""The story of an incident: its timeline, and the times that matter."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.folding_facts import CORRECTION
from crisisctl.domain.incident import Incident
from crisisctl.domain.labels import Withheld
from crisisctl.domain.playbook import Task, unpin
from crisisctl.domain.said import ERASED
from crisisctl.domain.telling import Told, tell
from crisisctl.domain.times import instant
from crisisctl.service.desk import Desk
from crisisctl.service.ports import Log

_WITH_REASON = frozenset({
    "audience.waived",
    "decision.logged",
    "fact.retracted",
    "handover.declined",
    "incident.reopened",
    "role.overridden",
    "statement.break_glass",
    "statement.lint_overridden",
    "severity.changed",
    "statement.corrected",
    "statement.rejected",
    "task.skipped",
})  # fmt: skip
_MAY_HAVE_REASON = ("incident.advanced", "statement.published")
_TEXTS = frozenset({"statement.drafted", "statement.corrected"})
_TASK_STATES = {"task.done": "done", "task.skipped": "skipped", "task.reopened": "open"}


class Story(NamedTuple):
    """An incident and its entries: `entries` as recorded, `told` in the order in which things happened.

    Both are without what is `withheld`; `held` is that, for those who must know what it is about.
    """

    incident: Incident
    entries: Sequence[Entry]
    told: Sequence[Told]
    withheld: Withheld = Withheld()
    held: Sequence[Entry] = ()


class Measure(NamedTuple):
    """A time that matters: when, and how long after the incident was detected."""

    name: str
    at: datetime | None
    after: timedelta | None


class Seat(NamedTuple):
    """Who held a role from when to when; `until` is None while they hold it.

    `how` they came to it is `opened`, `assigned` or `handover`; `ended` is `released` or `handover`.
    """

    role: str
    person: str
    since: datetime
    until: datetime | None
    how: Literal["opened", "assigned", "handover"] = "assigned"
    ended: Literal["released", "handover"] | None = None


class Stay(NamedTuple):
    """One visit to a stage; `until` is None while the incident stands there."""

    stage: str
    visit: int
    since: datetime
    until: datetime | None


class Release(NamedTuple):
    """One text as it went out: who had approved it, and each time that it was published."""

    statement: str
    revision: int
    text: str
    correction: bool
    approvals: tuple[Entry, ...]
    outings: tuple[Entry, ...]
    glass: Entry | None = None
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Promise(NamedTuple):
    """A promised next update, met by the next whole publication; words inside meet none that was made outside.

    `broken` is one that nothing followed.
    `pending` lies ahead of the end of the log; `ended` is one that the close of the incident came before.
    """

    statement: str
    made: Entry
    due: datetime
    met: datetime | None
    verdict: Literal["kept", "late", "broken", "pending", "ended"]


class Answer(NamedTuple):
    """Who acknowledged an escalation, when, and how long after its first step; None when none had fired by then."""

    person: str
    at: datetime
    after: timedelta | None


class Climb(NamedTuple):
    """How far an escalation of one visit went: when its first step fell due, how many fired and were skipped."""

    escalation: str
    stage: str
    since: datetime | None
    fired: int
    skipped: int
    answers: tuple[Answer, ...]


class Chore(NamedTuple):
    """A task in one visit of its stage: `open`, `done` or `skipped`, with the entry that said so last."""

    task: Task
    visit: int
    state: str
    said: Entry | None


def story(desk: Desk, log: Log, id_: str) -> Story:
    """Everything that is told of an incident."""
    incident = desk.load(log, id_)
    entries = list(log.entries(id_))
    told = sorted((tell(entry) for entry in entries), key=lambda one: (one.entry.occurred_at, one.entry.version))
    return Story(incident, entries, told)


def written(entry: Entry, field: str) -> str:
    """What somebody wrote: empty when the entry has no such field, `(redacted)` when it was erased."""
    word = entry.words.get(field)
    return "" if word is None else ERASED if word.value is None else word.value


def measures(entries: Sequence[Entry]) -> list[Measure]:
    """Detected, acknowledged, first statement, resolved: each when first, and how long after detection."""
    detected = entries[0].occurred_at
    public = [entry for entry in entries if not _inside(entry, entries[0])]
    firsts = {
        "detected": detected,
        "acknowledged": _first(entries, "escalation.acknowledged"),
        "first statement": _first(public, "statement.published"),
        "resolved": _closed(entries),
    }
    return [Measure(name, at, at - detected if at else None) for name, at in firsts.items()]


def _inside(entry: Entry, opened: Entry) -> bool:
    """True for a line to our own people: it is no first word to the public."""
    spec = unpin(opened.data["playbook"]["text"]).statements.get(entry.data.get("statement", ""))
    return spec is not None and spec.phase == "inside"


def _first(entries: Sequence[Entry], kind: str) -> datetime | None:
    return min((entry.occurred_at for entry in entries if entry.type == kind), default=None)


def _closed(entries: Sequence[Entry]) -> datetime | None:
    closed: datetime | None = None
    for entry in entries:
        if _closes(entry):
            closed = entry.occurred_at
        elif entry.type == "incident.reopened":
            closed = None
    return closed


def _closes(entry: Entry) -> bool:
    return entry.type == "stage.entered" and "before" in entry.data


def seats(entries: Sequence[Entry]) -> list[Seat]:
    """Who held which role when, in the order in which they took it."""
    held: dict[tuple[str, str], Seat] = {}
    past: list[Seat] = []
    how: Literal["opened", "assigned"] = "opened"
    accepted: tuple[object, ...] = ()
    for entry in entries:
        key = (entry.data.get("role", ""), entry.data.get("person", ""))
        given = (*key, entry.version) in accepted
        if entry.type == "role.assigned" and key not in held:
            held[key] = Seat(*key, entry.occurred_at, None, "handover" if given else how)
        elif entry.type == "role.released" and key in held:
            seat = held.pop(key)._replace(ended="handover" if given else "released")
            past.append(seat._replace(until=max(seat.since, entry.occurred_at)))
        elif entry.type == "handover.accepted":
            accepted = _moves(entry)
        elif entry.type == "stage.entered":
            how = "assigned"
    return sorted([*past, *held.values()], key=lambda seat: seat.since)


def _moves(accepted: Entry) -> tuple[object, ...]:
    """The role, person and version of the two entries by which the role moves when it is accepted."""
    role, version = accepted.data["role"], accepted.version
    return (role, accepted.data["from"], version + 1), (role, accepted.data["to"], version + 2)


def held(seats: Sequence[Seat], at: datetime) -> list[Seat]:
    """Those who sat there at an instant; who leaves at that very instant does so no more."""
    return [seat for seat in seats if seat.since <= at and (seat.until is None or at < seat.until)]


def stays(entries: Sequence[Entry]) -> list[Stay]:
    """Every visit to every stage, in the order in which they began."""
    here: dict[str, Stay] = {}
    past: list[Stay] = []
    for entry in entries:
        if entry.type == "stage.entered":
            here[entry.data["stage"]] = Stay(entry.data["stage"], entry.data["visit"], entry.occurred_at, None)
        elif entry.type == "stage.left" and entry.data["stage"] in here:
            stay = here.pop(entry.data["stage"])
            past.append(stay._replace(until=max(stay.since, entry.occurred_at)))
    return sorted([*past, *here.values()], key=lambda stay: stay.since)


def published(entries: Sequence[Entry]) -> Iterator[tuple[Entry, str]]:
    """Each publication with its text as it went out; an erased text reads so."""
    drafted = drafts(entries)
    for entry in entries:
        if entry.type == "statement.published":
            yield entry, written(drafted[_revision(entry)], "text")


def drafts(entries: Iterable[Entry]) -> dict[tuple[str, int], Entry]:
    """The entry that holds the text of each revision of each statement."""
    return {_revision(entry): entry for entry in entries if entry.type in _TEXTS}


def releases(entries: Sequence[Entry]) -> list[Release]:
    """Each text that went out, once, in the order in which they first did."""
    corrections = {_revision(entry) for entry in entries if entry.type == "statement.corrected"}
    found: dict[tuple[str, int], Release] = {}
    drafted = drafts(entries)
    for entry, text in published(entries):
        key = _revision(entry)
        approvals = tuple(e for e in entries if e.type == "statement.approved" and _approves(e, entry))
        glass = next((e for e in entries if e.type == "statement.break_glass" and _revision(e) == key), None)
        release = found.get(key) or Release(*key, text, key in corrections, approvals, (), glass)
        others = dict(release.others) | dict(_others(drafted[key], entry))
        found[key] = release._replace(outings=(*release.outings, entry), others=tuple(others.items()))
    return list(found.values())


def _approves(approval: Entry, out: Entry) -> bool:
    """Whether an approval is of bytes that went out; what a later revision left as it was needed no other."""
    if approval.data["statement"] != out.data["statement"] or approval.version > out.version:
        return False
    if _revision(approval) == _revision(out):
        return True
    covers = approval.data.get("covers", {})
    return any(covers.get(key) == seal for key, seal in out.data.get("renditions", {}).items())


def _others(draft: Entry, out: Entry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The texts that went out in other words than the source, each with the renditions that had it."""
    alike: dict[str, list[str]] = {}
    for key in out.data.get("renditions", {}):
        if key in draft.words:
            alike.setdefault(written(draft, key), []).append(key)
    yield from ((text, tuple(keys)) for text, keys in alike.items())


def _revision(entry: Entry) -> tuple[str, int]:
    return entry.data["statement"], entry.data["revision"]


def promises(story: Story) -> list[Promise]:
    """Every promised next update and what became of it; whichever statement came next is the update."""
    whole = [e for e in story.entries if e.type == "statement.published" and e.data["state"] == "published"]
    closes = [entry for entry in story.entries if _closes(entry)]
    inside = {id_ for id_, spec in story.incident.playbook.statements.items() if spec.phase == "inside"}
    outside = [entry for entry in whole if entry.data["statement"] not in inside]
    return [
        _scored(entry, whole if entry.data["statement"] in inside else outside, closes, story.incident.recorded_at)
        for entry in whole
        if entry.data.get("promised")
    ]


def _scored(made: Entry, whole: Sequence[Entry], closes: Sequence[Entry], told_until: datetime) -> Promise:
    due = instant(made.data["promised"])
    first = _next(made, [*whole, *closes])
    promise = Promise(made.data["statement"], made, due, None, "broken" if told_until > due else "pending")
    if first and _closes(first) and first.occurred_at <= due:
        return promise._replace(verdict="ended")
    if met := _next(made, whole):
        return promise._replace(met=met.occurred_at, verdict="kept" if met.occurred_at <= due else "late")
    return promise


def _next(made: Entry, entries: Sequence[Entry]) -> Entry | None:
    later = (entry for entry in entries if entry.version > made.version)
    return min(later, key=lambda entry: (entry.occurred_at, entry.version), default=None)


def climbs(entries: Sequence[Entry]) -> list[Climb]:
    """How far each escalation went and who answered it, in the order in which they began."""
    found: dict[str, Climb] = {}
    for entry in entries:
        data = entry.data
        if "ladder" in data:
            climb = found.get(data["ladder"]) or Climb(data["escalation"], data["stage"], None, 0, 0, ())
            found[data["ladder"]] = _climbed(climb, entry)
    return list(found.values())


def _climbed(climb: Climb, entry: Entry) -> Climb:
    at = entry.occurred_at
    if entry.type == "escalation.fired":
        return climb._replace(fired=climb.fired + 1, since=climb.since or at)
    if entry.type == "escalation.skipped":
        return climb._replace(skipped=climb.skipped + 1)
    if entry.type == "escalation.acknowledged":
        after = at - climb.since if climb.since and climb.since <= at else None
        answer = Answer(entry.actor, at, after)
        return climb._replace(answers=(*climb.answers, answer))
    return climb


def chores(story: Story) -> list[Chore]:
    """Every task of every visit to its stage, in their order, then the corrections; untouched ones are open."""
    now: dict[str, Chore] = {}
    past: list[Chore] = []
    for entry in story.entries:
        if entry.type == "stage.entered":
            for task in story.incident.playbook.tasks.values():
                if task.stage == entry.data["stage"]:
                    past += [now.pop(task.key)] if task.key in now else []
                    now[task.key] = Chore(task, entry.data["visit"], "open", None)
        elif entry.type in _TASK_STATES:
            key = f"{entry.data['stage']}/{entry.data['task']}"
            now |= {key: now[key]._replace(state=_TASK_STATES[entry.type], said=entry)} if key in now else {}
    return [*past, *now.values(), *_corrections(story)]


def _corrections(story: Story) -> Iterator[Chore]:
    """The tasks to correct what was public, with the last that somebody said of each."""
    for task in story.incident.correcting():
        said = [
            entry
            for entry in story.entries
            if entry.type in _TASK_STATES and entry.data.get(CORRECTION) == task.corrects
        ]
        visit = story.incident.visits.get(task.stage)
        yield Chore(task, visit.number if visit else 1, story.incident.task_state(task), said[-1] if said else None)


def choices(story: Story) -> Iterator[Entry]:
    """The entries in which somebody chose something and said why, in the order in which they happened."""
    for entry, _, _ in story.told:
        if entry.type in _WITH_REASON or (entry.type in _MAY_HAVE_REASON and "because" in entry.words):
            yield entry
