"""Everything that is wrong with a playbook's form, found in one run.

A document that `check` finds no error in can be built: `playbook.build` succeeds on it. What a well-formed playbook may
still get wrong, such as a stage that nothing leads to, is not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crisisctl.domain.check.basics import (
    facts,
    last_drilled,
    playbook_id,
    roles,
    severities,
    summary,
    title,
    version,
)
from crisisctl.domain.check.clocks import clocks
from crisisctl.domain.check.forms import fields
from crisisctl.domain.check.known import Known, survey
from crisisctl.domain.check.ladders import escalations
from crisisctl.domain.check.moves import transitions
from crisisctl.domain.check.place import Path, Place, Problem, kind, plain, shown
from crisisctl.domain.check.publications import is_template_name, statements
from crisisctl.domain.check.stages import opening, stages

if TYPE_CHECKING:
    from crisisctl.domain.clocks.catalogue import Clock

__all__ = ["Path", "Problem", "check", "is_template_name", "kind", "plain", "shown"]

_SECTIONS: Mapping[str, Callable[[Place, object, Known], None]] = {
    "playbook": playbook_id,
    "version": version,
    "title": title,
    "summary": summary,
    "severities": severities,
    "last_drilled": last_drilled,
    "roles": roles,
    "facts": facts,
    "initial": opening,
    "stages": stages,
    "transitions": transitions,
    "escalations": escalations,
    "statements": statements,
    "clocks": clocks,
}
_REQUIRED = ("playbook", "title", "severities", "roles", "initial", "stages")


def check(
    document: object,
    templates: Mapping[str, str] | None = None,
    stem: str | None = None,
    catalogue: Mapping[str, Clock] | None = None,
) -> list[Problem]:
    """Every problem in a playbook's plain document, in the order of the document; never raises.

    `templates` holds the sources of the templates by name, `stem` is the file's name without its ending, and
    `catalogue` has the clocks by id; what is None is not compared.
    """
    here = Place([], ())
    if document is None:
        here.error("empty-file", "there is nothing in this playbook", f"write at least {', '.join(_REQUIRED)}")
        return here.problems
    has = fields(here, document, tuple(_SECTIONS), _REQUIRED)
    known = survey(has, templates, stem, catalogue)
    for key, value in has.items():
        _SECTIONS[key](here.at(key), value, known)
    return here.problems
