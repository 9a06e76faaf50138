"""What a command says when it is done: one sentence, or one JSON document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from crisisctl.cli import show
from crisisctl.domain.telling import sentence
from crisisctl.service.desk import Outcome

Step = Callable[[Outcome], str] | str | None


class Tell(Protocol):
    """Tells a person, or a script, what a command did and what to do next."""

    def __call__(self, outcome: Outcome, *, json: bool, then: Step = None) -> None:
        """Print it."""
        ...


def tell(outcome: Outcome, *, json: bool, then: Step = None) -> None:
    """Each entry that the command made, and the next step; a repeat has none."""
    if json:
        show.data(document(outcome))
        return
    before = "Already done: " if outcome.repeated else ""
    for entry in outcome.entries:
        said = sentence(entry)
        end = "" if said.endswith((".", "!", "?", '"')) else "."
        show.say(f"{before}{outcome.incident.id} version {entry.version}: {said}{end}")
    if then and not outcome.repeated:
        show.hint(then(outcome) if callable(then) else then)


def document(outcome: Outcome) -> dict[str, Any]:
    """The outcome for scripts."""
    incident = outcome.incident
    entries = [{"version": e.version, "type": e.type, "text": sentence(e)} for e in outcome.entries]
    keys = {"incident": incident.id, "version": incident.version, "stages": incident.stages, "entries": entries}
    return keys | ({"repeated": True} if outcome.repeated else {})
