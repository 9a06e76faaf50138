"""How published words stand on each channel, and what is kept back until when: for lists, statuses and scripts."""

from __future__ import annotations

from typing import Any

from crisisctl.cli import show
from crisisctl.cli.session import Session
from crisisctl.domain import whereabouts
from crisisctl.domain.incident import Incident
from crisisctl.domain.times import clock_time, stamp
from crisisctl.domain.whereabouts import Standing, standings

UNBROKEN = 100_000  # columns off a terminal, where a command that is broken in two cannot be copied
_BY_THE_WATCH = ("waiting", "unposted")


def watched(session: Session, incident: Incident) -> bool:
    """Whether a watch is alive, if anything waits for one."""
    posts = (post for statement in incident.statements.values() for post in statement.posts.values())
    if not any(post.state in _BY_THE_WATCH for post in posts):
        return True
    with session.office.store.reading() as log:
        return any(beat.alive(session.now()) for beat in log.beats())


def listed(incident: Incident, id_: str) -> dict[str, Any]:
    """How each rendition of a statement stands, and until when nobody is told, for scripts; nothing where it is so."""
    statement = incident.statements.get(id_)
    found = whereabouts.document(statement.posts) if statement else []
    for told, post in zip(found, statement.posts.values() if statement else (), strict=True):
        told["outdated"] = (whereabouts.outdated(statement, post) or None) if statement else None
    doubts = whereabouts.document(statement.doubts) if statement else []
    kept = {name.rpartition("/")[2]: stamp(at) for name, at in incident.embargoes.items() if name.startswith(f"{id_}/")}
    doubted = {"doubts": doubts} if doubts else {}
    return ({"posts": found} if found else {}) | doubted | ({"embargoes": kept} if kept else {})


def talked(session: Session, incident: Incident, id_: str) -> None:
    """The same for people, on stderr."""
    for one in standings(incident, id_, watched=watched(session, incident)):
        show.talk(_line(one))


def lines(session: Session, incident: Incident, id_: str) -> None:
    """The same in a status: what asks for somebody in red."""
    for one in standings(incident, id_, watched=watched(session, incident)):
        show.say(show.style(f"    {_line(one)}", "red") if one.asks else f"    {_line(one)}")
    for name, until in incident.embargoes.items():
        if name.startswith(f"{id_}/"):
            whom = name.rpartition("/")[2] or "everybody"
            show.say(f"    under embargo for {whom} until {clock_time(until)} UTC")


def _line(one: Standing) -> str:
    return f"{one.key}: {one.state}{f' since {one.since} UTC' if one.since else ''}; {one.what}"


def tabled(session: Session, incident: Incident, only: str | None = None) -> None:
    """How each rendition stands on its channel, if any was published; off a terminal each on a line of its own."""
    rows = [
        (one.key if only else f"{one.statement} {one.key}", one.state, one.since, one.what)
        for one in standings(incident, only, watched=watched(session, incident))
    ]
    if rows:
        show.table(("CHANNEL", "STATE", "SINCE (UTC)", "WHAT"), rows, width=UNBROKEN)
