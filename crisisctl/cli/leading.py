"""A drill with people: its events arrive at their time, and everything that is done about them is shown."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from crisisctl.cli import show
from crisisctl.domain.drill.grade import grade
from crisisctl.domain.errors import Usage
from crisisctl.domain.telling import sentence
from crisisctl.domain.times import clock_time, parse_instant, stamp
from crisisctl.service import drills as service
from crisisctl.service.desk import Asked
from crisisctl.service.opening import opening

if TYPE_CHECKING:
    from pathlib import Path

    from crisisctl.bootstrap import Office
    from crisisctl.domain.drill.scenario import Drill, Pinned
    from crisisctl.domain.entries import Entry

LOOK = 1.0  # seconds from one look at the log to the next
_FASTEST = 3_600.0
_LEFT_OUT = ("notice.", "stage.left", "statement.posting")


def pace(told: str | None) -> float:
    """How many times as fast as the clock; `Usage` when that is no speed."""
    try:
        speed = float((told or "1").removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0 < speed <= _FASTEST:
        raise Usage(f"{told!r} is no speed. Write it as 10x, at most {_FASTEST:.0f}x.")
    return speed


def begin(office: Office, drill: Drill, pinned: Pinned, speed: float, assign: tuple[tuple[str, str], ...]) -> str:
    """Open it in the room's own log."""
    plan = office.read_playbook(drill.playbook)
    plain = opening(plan.document, plan.templates, plan.findings, drill.title)._replace(assign=assign)
    asked = Asked(office.source())
    return office.desk.open(service.opening(plain, drill, pinned, speed, alone=False), asked).incident.id


def warn_of_empty_seats(office: Office, id_: str) -> None:
    """Say which seats are empty though something is asked of them, and who of the roster could take them."""
    run = service.Director(office.desk, id_, office.source()).course()
    asked = [inject.to for inject in run.drill.events]
    asked += [one.role or inject.to for inject, one in run.drill.expected]
    for role in dict.fromkeys(asked):
        if not run.incident.holders(role):
            fitting = (person.id for person in office.roster.people.values() if role in person.roles)
            how = f"crisisctl assign {role} {next(fitting, 'PERSON')} -i {id_}"
            show.talk(show.style(f"Nobody plays {role}, who is asked in this drill: {how}", "yellow"))


def lead(office: Office, id_: str, *, resumed: bool) -> None:
    """Let it happen until nothing is waited for any more; Ctrl-C stops it, and it can be taken up again."""
    director = service.Director(office.desk, id_, office.source())
    mark = lock(office, director.course().drill.id)
    if resumed:
        director.resume(_seen(mark, id_))
    try:
        _go_on(office, director, mark)
    except KeyboardInterrupt:
        director.pause()
        raise
    director.end()


def lock(office: Office, drill: str) -> Path:
    """The file that whoever leads the drill on this machine holds; it says which incident that is, and until when."""
    return office.settings.state / f"drill-{drill}.lock"


def _seen(mark: Path, id_: str) -> datetime | None:
    """When somebody on this machine led it last, which a kill cannot keep from being known."""
    led, _, at = mark.read_text().partition(" ")
    return parse_instant(at) if led == id_ and at else None


def _go_on(office: Office, director: service.Director, mark: Path) -> None:
    shown = 0
    while True:
        mark.write_text(f"{director.id} {stamp(office.desk.now())}")
        director.fire()
        run = director.course()
        now = office.desk.now()
        ahead = director.ahead(run, alone=False)
        for cue in ahead:
            if cue.inject and run.axis.instant(cue.at) <= now:
                director.happen(cue.inject)
        for entry in director.entries(shown):
            shown = entry.version
            _show(entry)
        if run.over or not _waited_for(director, run.axis.seconds(now)):
            break
        time.sleep(_pause(director, office.desk.now()))


def _pause(director: service.Director, now: datetime) -> float:
    """Seconds until the next event, or the next look."""
    run = director.course()
    soon = [(run.axis.instant(cue.at) - now).total_seconds() for cue in director.ahead(run, alone=False)]
    return max(0.01, min([LOOK, *soon]))


def _waited_for(director: service.Director, now: float) -> bool:
    """Whether something is still to happen or to be done."""
    run = director.course()
    if director.ahead(run, alone=False):
        return True
    actions = grade(run).actions
    return now < run.drill.lasts.total_seconds() and any(one.state == "open" for one in actions)


def _show(entry: Entry) -> None:
    if not entry.type.startswith(_LEFT_OUT):
        told = f"{clock_time(entry.occurred_at)}  {sentence(entry)}"
        show.talk(show.style(told, "yellow") if entry.type == "drill.injected" else told)
