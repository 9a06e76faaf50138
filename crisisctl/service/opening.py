"""Opening an incident from a playbook that was read: what the first entry pins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Invalid
from crisisctl.domain.playbook import Document, pin
from crisisctl.service.ports import Finding

SHOWN = 5


def opening(
    document: Document | None, templates: Mapping[str, str], findings: Sequence[Finding], title: str
) -> ask.Open:
    """The command that opens an incident; `Invalid` with the first findings when the playbook has errors."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors or document is None:
        shown = "\n".join(f"  {f.file}:{f.line}:{f.column}: {f.message}; {f.remedy}" for f in errors[:SHOWN])
        more = f"\n  and {len(errors) - SHOWN} more" if len(errors) > SHOWN else ""
        raise Invalid(
            f"The playbook has errors, so nothing was opened. crisisctl playbook check shows all.\n{shown}{more}"
        )
    return ask.Open(pin(document, templates), dict(templates), title)
