"""What every picture of a playbook shows, whatever it is written in: nodes, arrows, and what may happen anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from crisisctl.domain.incident import Incident
from crisisctl.domain.playbook import Escalation, Playbook, Requirement, Stage, Step, Transition, around
from crisisctl.domain.text import visible
from crisisctl.domain.times import written


class Rung(NamedTuple):
    """A line of an escalation: after how long, and who is called; without a time, what holds for all of it."""

    after: str
    words: str

    def __str__(self) -> str:
        return f"{self.after} {self.words}".strip()


class Node(NamedTuple):
    """A stage. `first` is the one that is entered with the stage around it; `ladder` is who is called, rung by rung.

    `lit` is where the incident stands, `since` when it was last entered, None while it has not been.
    """

    path: str
    title: str
    children: tuple[str, ...]
    parallel: bool
    final: bool
    first: bool
    ladder: tuple[Rung, ...] = ()
    lit: bool = False
    since: datetime | None = None
    visits: int = 0

    @property
    def parent(self) -> str:
        """The stage around it; empty at the top."""
        return self.path.rpartition(".")[0]

    @property
    def mark(self) -> str:
        """Since when the incident stands here, or when it last came by; empty where it has not been."""
        if self.since is None:
            return ""
        again = f", visit {self.visits}" if self.visits > 1 else ""
        return f"{'here since' if self.lit else 'entered'} {moment(self.since)}{again}"


class Arrow(NamedTuple):
    """A move from one stage; `notes` say who may and what it takes. `after` is set where an escalation makes it."""

    source: str
    to: str
    trigger: str
    notes: tuple[str, ...] = ()
    after: str = ""

    @property
    def head(self) -> str:
        """The trigger, behind its minute where it comes by itself."""
        return f"{self.after}: {self.trigger}" if self.after else self.trigger


class Drawing(NamedTuple):
    """A playbook to be drawn. `nodes` are in the order of the file, parents first; `anywhere` leave every stage."""

    id: str
    title: str
    version: int
    nodes: Mapping[str, Node]
    arrows: tuple[Arrow, ...]
    anywhere: tuple[Arrow, ...]
    incident: str = ""
    summary: str = ""

    @property
    def heading(self) -> str:
        """The line above the picture."""
        return f"{self.title} ({self.id}, version {self.version})"

    def within(self, path: str) -> tuple[Node, ...]:
        """The stages directly inside a stage, or at the top."""
        return tuple(node for node in self.nodes.values() if node.parent == path)


def drawing(book: Playbook, incident: Incident | None = None) -> Drawing:
    """What is to be drawn of a playbook, and of the incident that runs by it."""
    arrows: list[Arrow] = []
    anywhere: list[Arrow] = []
    everywhere = tuple(stage.path for stage in book.top_stages() if not stage.final)
    for move in book.transitions:
        made = [_arrow(book, move, source) for source in move.sources]
        if len(everywhere) > 1 and set(everywhere) <= set(move.sources):
            anywhere.append(made[0]._replace(source=""))
            made = [arrow for arrow in made if arrow.source not in everywhere]
        arrows += made
    exercise = "EXERCISE " if incident and incident.drill else ""
    standing = f"{exercise}{incident.id}: {visible(incident.title)}" if incident else ""
    return Drawing(
        book.id,
        visible(book.title),
        book.version,
        {path: _node(book, stage, incident) for path, stage in book.stages.items()},
        tuple(dict.fromkeys((*arrows, *_timed(book)))),
        tuple(anywhere),
        standing,
        visible(book.summary, lines=True),
    )


def _node(book: Playbook, stage: Stage, incident: Incident | None) -> Node:
    outside = book.stages.get(stage.path.rpartition(".")[0])
    first = outside.initial == stage.path if outside else book.initial == stage.path
    visit = incident.visits.get(stage.path) if incident else None
    node = Node(stage.path, visible(stage.title), stage.children, stage.parallel, stage.final, first)
    node = node._replace(ladder=rungs(book.escalations[stage.escalation]) if stage.escalation else ())
    if incident is None or visit is None:
        return node
    return node._replace(lit=stage.path in around(incident.stages), since=visit.entered_at, visits=visit.number)


def moment(at: datetime) -> str:
    """An instant as it stands in a picture: `22 Nov 15:04 UTC`."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %H:%M} UTC"


def rungs(ladder: Escalation) -> tuple[Rung, ...]:
    """Each step of an escalation in a few words, how often it begins again, and what stops it."""
    said = [Rung(written(step.after), _told(step)) for step in ladder.steps]
    if ladder.times:
        said.append(Rung("", f"again {ladder.times} times after {written(ladder.every)}"))
    if ladder.until == "left":
        said.append(Rung("", "until the stage is left"))
    return tuple(said)


def _told(step: Step) -> str:
    return " → ".join(filter(None, (", ".join(step.notify), step.advance or "")))


def _arrow(book: Playbook, move: Transition, source: str) -> Arrow:
    who = (f"by {', '.join(move.by)}",) if move.by else ()
    why = ("with a reason",) if move.because else ()
    return Arrow(source, move.to, move.trigger, (*who, *why, *_needs(book, move.requires)))


def _needs(book: Playbook, needs: Requirement) -> Iterator[str]:
    """What must hold, a phrase for each kind."""
    for id_, state in needs.statements:
        yield f"{id_} {state}"
    if needs.facts:
        yield f"known: {', '.join(needs.facts)}"
    if needs.stages:
        yield f"at: {', '.join(visible(book.stages[path].title) for path in needs.stages)}"
    if needs.tasks:
        yield f"done: {', '.join(needs.tasks)}"
    if needs.roles:
        yield f"held: {', '.join(needs.roles)}"


def _timed(book: Playbook) -> Iterator[Arrow]:
    """The moves that escalations make, from the stage that escalates where that can be drawn."""
    for stage in book.stages.values():
        ladder = book.escalations[stage.escalation] if stage.escalation else None
        for step in ladder.steps if ladder else ():
            for move in book.transitions:
                if move.trigger == step.advance:
                    notes = tuple(_needs(book, move.requires))
                    for source in _leaving(book, stage.path, move):
                        yield Arrow(source, move.to, move.trigger, notes, f"after {written(step.after)}")


def _leaving(book: Playbook, escalating: str, move: Transition) -> Iterator[str]:
    """Where the arrow of a timed move begins; nowhere when the move leaves stages that lie elsewhere."""
    near = around((escalating,))
    if not near.isdisjoint(move.sources) and not _between_regions(book, escalating, move.to):
        yield escalating
        return
    for source in move.sources:
        inside = source.startswith(f"{escalating}.")
        if source in near or inside or _between_regions(book, source, escalating):
            yield source


def _between_regions(book: Playbook, one: str, other: str) -> bool:
    """Whether two stages lie in different regions of a parallel stage."""
    shared = common(one, other)
    return shared not in ("", one, other) and book.stages[shared].parallel


def common(one: str, other: str) -> str:
    """The innermost stage that both are or lie in; empty at the top."""
    shared = []
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        shared.append(left)
    return ".".join(shared)
