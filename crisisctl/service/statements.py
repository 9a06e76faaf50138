"""Statements between the log and the rules: texts are made, found and laid out here."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from crisisctl.domain import commands as ask
from crisisctl.domain import facts
from crisisctl.domain.decide import still_open
from crisisctl.domain.decide_statements import drafted, spec_of, text_digest
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Invalid, Refused, StoreFailed, Unverified
from crisisctl.domain.incident import Incident
from crisisctl.domain.times import clock_time
from crisisctl.service.desk import Asked, Desk, Outcome
from crisisctl.service.ports import Log, Outgoing, Templates
from crisisctl.service.story import drafts
from crisisctl.service.verify import unsound


def compose(log: Log, incident: Incident, id_: str, templates: Templates, organisation: str) -> ask.Draft:
    """The text that the pinned template gives with the facts as they stand."""
    still_open(incident)
    spec = spec_of(incident, id_)
    first = log.entry(incident.id, 1)
    source = first.data["templates"].get(spec.template) if first else None
    if source is None:
        bring = f"crisisctl statement draft {id_} --file FILE"
        raise Refused(f"{spec.template} was not there when {incident.id} was opened. Bring the text: {bring}")
    known = facts.known(incident)
    values = known | {
        "title": incident.title,
        "incident": incident.id,
        "severity": incident.severity,
        "opened_at": f"{clock_time(incident.opened_at)[:16]} UTC",
        "organisation": organisation,
    }
    try:
        text = templates.render(source, values, name=spec.template)
    except Invalid as error:
        unset = [name for name in incident.playbook.facts if name not in known and name in source]
        raise (Invalid(f"{error} Not set yet are: {', '.join(unset)}.") if unset[1:] else error) from None
    return ask.Draft(id_, text, {name: incident.facts[name].version for name in known})


def text_of(log: Log, incident: Incident, id_: str) -> str:
    """The present text of a statement, as the log holds it."""
    statement = drafted(incident, id_)
    entry = log.entry(incident.id, statement.text_version)
    text = entry.word("text") if entry else None
    if text is None:
        raise Refused(f"The text of {id_} was erased by a redaction. Draft it again.")
    return text


class Released(NamedTuple):
    """A publication with the files that were laid out; `trouble` says why some are missing."""

    outcome: Outcome
    files: list[Path]
    trouble: str | None = None


def publish(desk: Desk, outgoing: Outgoing, id_: str, command: ask.Publish, asked: Asked) -> Released:
    """Publish the approved bytes and lay them out, after the log has them; nothing from a log that does not verify.

    A repeat lays out again what it published, whatever has been drafted since, unless a later revision is out by now.
    """
    with desk.store.reading() as log:
        repeated = asked.request is not None and log.by_request(asked.request) is not None
        seal = "" if repeated else text_digest(text_of(log, desk.load(log, id_), command.statement))
        if flaws := unsound(log, id_):
            raise Unverified(f"{id_} does not verify ({flaws[0]}). Nothing is published from it: crisisctl verify")
    outcome = desk.handle(id_, command._replace(digest=seal), asked)
    out = outcome.entries[0]
    if outcome.incident.statements[out.data["statement"]].published > out.data["revision"]:
        return Released(outcome, [])
    with desk.store.reading() as log:
        text = _published(log, out)
    try:
        files = outgoing.release(
            out.incident, out.data["statement"], out.data["channels"], text, drill=outcome.incident.drill
        )
    except StoreFailed as error:
        told = f"The publication is recorded, but not its files: {error}"
        return Released(outcome, [], f"{told} The text as published stands in: crisisctl report -i {id_}")
    return Released(outcome, files)


def _published(log: Log, out: Entry) -> str:
    """The text that a publication released."""
    text = drafts(log.entries(out.incident))[out.data["statement"], out.data["revision"]].word("text")
    if text is None:
        raise Refused(f"The text of {out.data['statement']} was erased by a redaction.")
    return text
