"""The grade of a drill: each expected action done, late or missed, and the times that matter. From its log alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crisisctl.domain.drill.course import Course, Deed, row_of, shows
from crisisctl.domain.drill.scenario import Expected, Inject
from crisisctl.domain.entries import Entry


class Graded(NamedTuple):
    """An expected action: `done`, `late`, `missed`, or `open` while its time is not up or its event never came.

    `asked`, `due` and `at` are seconds of the drill; `late_by` is 0 for what is done and None for what is not.
    `instead` is who did what was missed, though another was asked.
    """

    inject: Inject
    expected: Expected
    state: str
    asked: float | None = None
    due: float | None = None
    at: float | None = None
    by: str = ""
    instead: str = ""

    @property
    def late_by(self) -> float | None:
        """By how many seconds it came too late."""
        if self.at is None:
            return None
        return whole(max(0.0, self.at - self.due)) if self.due is not None else 0


class Acknowledged(NamedTuple):
    """How long a role took to say that it has heard, from the first call to it; None when it never did.

    `instead` is who answered for all before it; a call that only ends with its stage asks for no answer.
    """

    role: str
    called: float
    seconds: float | None
    instead: str = ""


class Approval(NamedTuple):
    """How long a revision of a statement waited until the last of its approvers had said yes; None while it waits."""

    statement: str
    revision: int
    seconds: float | None


class Kept(NamedTuple):
    """What became of a promised next update, as the story tells it; `gap` is how late it came, in seconds."""

    statement: str
    verdict: str
    gap: float = 0.0


class Rated(NamedTuple):
    """An objective: `met`, `partly`, `not met`, or `open` while none of its actions is decided."""

    id: str
    text: str
    rating: str
    actions: tuple[Graded, ...]


class Grade(NamedTuple):
    """All of it. `metrics` are seconds by name, `real` those of the organisation that it happened to."""

    course: Course
    actions: tuple[Graded, ...]
    acknowledged: tuple[Acknowledged, ...]
    first_statement: float | None
    approvals: tuple[Approval, ...]
    promises: tuple[Kept, ...]
    objectives: tuple[Rated, ...]
    metrics: dict[str, float]
    real: dict[str, float]
    notices_sent: int

    @property
    def cadence(self) -> dict[str, int]:
        """How many promises were kept, late and broken."""
        return {how: sum(one.verdict == how for one in self.promises) for how in ("kept", "late", "broken")}


def grade(run: Course, promises: Sequence[Kept] = ()) -> Grade:
    """The grade of a drill; what became of the promises of its statements is told by the story of any incident."""
    actions = tuple(_actions(run))
    acknowledged, approvals = tuple(_acknowledged(run)), tuple(_approvals(run))
    first = _first_statement(run)
    metrics = {"first_statement": first} if first is not None else {}
    metrics |= {f"acknowledged.{one.role}": one.seconds for one in acknowledged if one.seconds is not None}
    for one in approvals:
        if one.seconds is not None:
            metrics.setdefault(f"approval.{one.statement}", one.seconds)
    return Grade(
        run,
        actions,
        acknowledged,
        first,
        approvals,
        tuple(promises),
        tuple(_rated(run, actions)),
        {name: whole(seconds) for name, seconds in (metrics | _measured(run)).items()},
        {metric.name: metric.seconds for metric in run.drill.metrics if metric.seconds is not None},
        sum(entry.type == "notice.sent" for entry, _ in run.told),
    )


def whole(seconds: float) -> float:
    """Seconds without a fraction where there is none, else to the millisecond."""
    return int(seconds) if seconds == int(seconds) else round(seconds, 3)


def _actions(run: Course) -> Iterator[Graded]:
    """Each expected action with what was done about it, or who did it though another was asked."""
    used = set[int]()
    for one in [*_answered(run, used)]:  # all of them, so that what answers one is not told of another
        deeds = _afterwards(run, one.expected, one.asked, used) if one.asked is not None else []
        yield one._replace(instead=deeds[0].entry.actor) if deeds and one.state == "missed" else one


def _answered(run: Course, used: set[int]) -> Iterator[Graded]:
    """Each expected action with what was done about it; nothing that was done counts twice."""
    injected = run.injected()
    for inject, expected in run.expected():
        asked = injected.get(inject.id)
        if asked is None:
            yield Graded(inject, expected, "open")
            continue
        deed = _answer(run, expected, asked, used)
        due = asked + expected.within.total_seconds() if expected.within else None
        if deed is None:
            waiting = not run.over if due is None else run.now < due
            yield Graded(inject, expected, "open" if waiting else "missed", asked, due)
            continue
        used.add(deed.entry.version)
        late = due is not None and deed.at > due
        yield Graded(inject, expected, "late" if late else "done", asked, due, deed.at, deed.entry.actor)


def _answer(run: Course, expected: Expected, asked: float, used: set[int]) -> Deed | None:
    """The first that fits after the event; else one before it, where what was done is named and still done."""
    free = [deed for deed in run.deeds if deed.entry.version not in used and shows(deed.entry, expected.action)]
    fits = [deed for deed in free if _suits(run, deed, expected)]
    if played := next((deed for deed in fits if row_of(deed.entry) == expected.id), None):
        return played
    fits = [deed for deed in fits if not row_of(deed.entry)]
    after = next((deed for deed in fits if deed.at >= asked), None)
    return after or (fits[0] if fits and expected.action.of else None)


def _afterwards(run: Course, expected: Expected, asked: float, used: set[int]) -> list[Deed]:
    """What people did of that kind after it was asked for, whoever they are, and answers nothing else."""
    free = (deed for deed in run.deeds if deed.entry.version not in used and deed.at >= asked)
    return [deed for deed in free if shows(deed.entry, expected.action) and not row_of(deed.entry)]


def _suits(run: Course, deed: Deed, expected: Expected) -> bool:
    """Whether the right one did it; a statement that is not named is any that went outside."""
    if not expected.action.of and deed.entry.data.get("statement") in run.inside():
        return False
    return expected.role is None or expected.role in deed.roles


def _acknowledged(run: Course) -> Iterator[Acknowledged]:
    """Each role that an escalation called, in the order of the first calls."""
    called: dict[str, tuple[float, str]] = {}
    plans = run.incident.playbook.escalations
    for entry, at in run.told:
        if entry.type == "escalation.fired" and plans[entry.data["escalation"]].until == "acknowledged":
            for role in entry.data["roles"]:
                called.setdefault(role, (at, entry.data["ladder"]))
    for role, (since, ladder) in called.items():
        said = [d for d in run.deeds if d.entry.data.get("ladder") == ladder and d.at >= since]
        mine = next((d.at - since for d in said if role in d.roles), None)
        yield Acknowledged(role, since, mine, said[0].entry.actor if said and mine is None else "")


def _first_statement(run: Course) -> float | None:
    inside = run.inside()
    out = ((entry, at) for entry, at in run.told if entry.type == "statement.published")
    return next((at for entry, at in out if entry.data["statement"] not in inside), None)


def _approvals(run: Course) -> Iterator[Approval]:
    """Each revision that was submitted for somebody's approval."""
    waits: dict[tuple[str, int], float] = {}
    took: dict[tuple[str, int], float] = {}
    for entry, at in run.told:
        if entry.type == "statement.submitted" and not entry.data.get("preapproved"):
            waits[_revision(entry)] = at
        elif entry.type == "statement.approved" and not entry.data["waiting"] and _revision(entry) in waits:
            took[_revision(entry)] = at - waits[_revision(entry)]
    yield from (Approval(*revision, took.get(revision)) for revision in waits)


def _revision(entry: Entry) -> tuple[str, int]:
    return entry.data["statement"], entry.data["revision"]


def _rated(run: Course, actions: Sequence[Graded]) -> Iterator[Rated]:
    for id_, text in run.drill.objectives.items():
        mine = tuple(one for one in actions if one.expected.objective == id_)
        yield Rated(id_, text, _rating([one.state for one in mine if one.state != "open"]), mine)


def _rating(states: Sequence[str]) -> str:
    if not states:
        return "open"
    if all(state == "done" for state in states):
        return "met"
    return "not met" if all(state == "missed" for state in states) else "partly"


def _measured(run: Course) -> dict[str, float]:
    """The times between tags."""
    at = run.tagged()
    spans = ((one.name, at.get(one.start), at.get(one.end)) for one in run.drill.metrics)
    return {name: end - start for name, start, end in spans if start is not None and end is not None}
