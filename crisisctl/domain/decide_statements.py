"""The rules for commands about statements; their rooms are in `domain/statements`."""

from __future__ import annotations

from collections.abc import Mapping

from crisisctl.domain import commands as ask
from crisisctl.domain.commands import Rule
from crisisctl.domain.statements.approving import approve, approvers, pending, reject, submit
from crisisctl.domain.statements.drafting import draft
from crisisctl.domain.statements.publishing import publish
from crisisctl.domain.statements.renditions import drafted, same_person, spec_of, text_digest

__all__ = ["RULES", "approvers", "drafted", "pending", "same_person", "spec_of", "text_digest"]

RULES: Mapping[type, Rule] = {
    ask.Draft: draft,
    ask.Submit: submit,
    ask.Approve: approve,
    ask.Reject: reject,
    ask.Publish: publish,
}
