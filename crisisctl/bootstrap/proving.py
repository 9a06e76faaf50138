"""Proving playbooks: their form, what they may still get wrong, their templates, and the roster of the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crisisctl.adapters import yaml
from crisisctl.domain.check.place import Place
from crisisctl.domain.errors import CrisisError, Invalid
from crisisctl.domain.playbook import Playbook, build, pin
from crisisctl.domain.proof import Given, People, Promise, prove, prove_people, prove_targets, prove_words
from crisisctl.domain.proof.people import Seated, contacts
from crisisctl.domain.proof.promise import promises
from crisisctl.service.ports import Finding
from crisisctl.service.proving import read as read_templates

if TYPE_CHECKING:
    from crisisctl.bootstrap import Office


class Proved(NamedTuple):
    """A playbook's findings by line; the playbook and what it promises, where its form has no error.

    `own` when it lies in the workspace's folder, and `people` are then those of the roster.
    """

    findings: list[Finding]
    own: bool
    people: People
    playbook: Playbook | None = None
    promises: Sequence[Promise] = ()


def proved(office: Office, name: str, people: People) -> Proved:
    """A playbook by name or path. The roster counts for those that lie in the workspace's own folder."""
    read, loaded, file = office.trace_playbook(name)
    own = not name.endswith((".yaml", ".yml")) or Path(name).resolve().parent == office.settings.playbooks.resolve()
    if read.document is None:
        return Proved(read.findings, own, {})
    people = people if own else {}
    playbook = build(read.document)
    given = Given(playbook)
    every = promises(playbook, pin(read.document, read.templates))
    problems = [
        *prove(given),
        *prove_words(given, read.templates, read_templates(given, read.templates, office.templates)),
        *prove_people(playbook, people),
        *prove_targets(playbook, every),
    ]
    found = [*read.findings, *yaml.findings(file, loaded, problems)]
    return Proved(sorted(found, key=lambda finding: (finding.line, finding.column)), own, people, playbook, every)


def roster(office: Office) -> tuple[People, list[Finding]]:
    """Who there is and what is wrong with their contacts; nobody where there is no roster or it cannot be read."""
    path = office.settings.roster
    try:
        people = {
            id_: Seated(person.roles, tuple(trouble(office, to) for to in office.roster.contacts(id_)))
            if office.roster.own(id_)
            else Seated(person.roles, ())
            for id_, person in office.roster.people.items()
        }
    except CrisisError as error:
        return {}, [_unreadable(path, str(error))]
    if office.roster.trouble:
        return {}, [_unreadable(path, office.roster.trouble)]
    here = Place([], ())
    contacts(here, people)
    return people, yaml.findings(str(path), yaml.load(path), here.problems) if here.problems else []


def _unreadable(path: Path, why: str) -> Finding:
    message = f"the roster cannot be read, so nobody knows whom the plan reaches: {why.rstrip('.')}"
    return Finding(str(path), 1, 1, "warning", "roster-unreadable", message, "mend it; crisisctl doctor says more")


def trouble(office: Office, contact: str) -> str | None:
    """What is wrong with a contact, without using it; None when it can be used."""
    couriers = office.couriers
    try:
        return couriers.get(contact.partition(":")[0], couriers["*"]).check(contact)
    except Invalid as error:
        return str(error)
