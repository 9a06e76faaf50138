"""Sign-off: how many approve at which severity, who may in whose place, and what needs no approval or breaks it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.decide import decide
from crisisctl.domain.decide_statements import approvers, pending, text_digest
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Conflict, RefusedAndLogged
from crisisctl.domain.incident import Statement
from crisisctl.domain.publication import Linted
from crisisctl.domain.statements.approving import to_fill
from crisisctl.domain.statements.waiting import outdated
from tests.domain.conftest import Case, plan

TEXT = "Water is in the cellar."
SEAL = text_digest(TEXT)
ROLES = {
    "lead": {"title": "Lead", "required": True},
    "legal": {},
    "sponsor": {},
    "deputy": {},
    "scribe": {},
}


def room(**spec: Any) -> Case:
    """Sam has written the holding statement; dana leads, lena is legal, otto the sponsor and kim the deputy."""
    spec = {"template": "holding.md", "channels": ["x"], "audiences": ["press"]} | spec
    case = Case(plan(roles=ROLES, facts={"count": {"type": "integer"}}, statements={"holding": spec}))
    for role, person in (("legal", "lena"), ("sponsor", "otto"), ("deputy", "kim"), ("scribe", "sam")):
        case.do(ask.Assign(role, person))
    return case


def submitted(**spec: Any) -> Case:
    case = room(**spec)
    case.do(ask.Draft("holding", TEXT), ask.Submit("holding"), who="sam")
    return case


def approve(case: Case, *people: str) -> None:
    for person in people:
        case.do(ask.Approve("holding"), who=person)


def holding(case: Case) -> Statement:
    return case.incident.statements["holding"]


def waits(case: Case) -> list[str]:
    return pending(case.incident, holding(case))


TWO = {"any": 2, "of": ["lead", "legal", "sponsor"]}


def test_two_of_three_are_enough_whichever_they_are() -> None:
    case = submitted(approvals=TWO)
    assert approvers(case.incident, holding(case)) == "2 of lead: dana; legal: lena; sponsor: otto"
    approve(case, "otto")
    assert approvers(case.incident, holding(case)) == "1 of lead: dana; legal: lena"
    approve(case, "lena")
    assert (holding(case).state, waits(case)) == ("approved", [])
    case.do(ask.Publish("holding", SEAL))


def test_a_severity_may_ask_for_more_and_raising_it_does() -> None:
    case = submitted(approvals={"sev1": ["lead", "legal"], "else": {"any": 1, "of": ["lead", "legal"]}})
    assert waits(case) == ["lead", "legal"]
    case.do(ask.ChangeSeverity("sev2", "less"))
    approve(case, "lena")
    assert holding(case).state == "approved"
    case.do(ask.ChangeSeverity("sev1", "more"))
    said = case.refused(ask.Publish("holding", SEAL))
    assert "Missing: lead: dana" in said
    case.do(ask.ChangeSeverity("sev2", "less"), ask.Publish("holding", SEAL))


def test_an_approval_of_what_one_has_read_alone() -> None:
    case = submitted(approvals=["legal"])
    said = case.refused(ask.Approve("holding", "ffff"), who="lena", kind=Conflict)
    assert said == "No text of holding begins so any more. Read it again: statement show holding"
    assert case.refused(ask.Approve("holding", " "), who="lena", kind=Conflict)
    case.do(ask.Approve("holding", SEAL[:8].upper()), who="lena")


# Authors


@pytest.mark.parametrize("spelling", ["sam", "SAM", "ｓａｍ", "ſam"])  # noqa: RUF001 - letters that look like these
def test_who_approves_their_own_words_is_refused_and_that_is_logged(spelling: str) -> None:
    case = submitted(approvals=["legal"])
    case.do(ask.Assign("legal", spelling))  # they have changed their role meanwhile
    with pytest.raises(RefusedAndLogged) as caught:
        decide(case.incident, ask.Approve("holding"), Source(spelling, "login"), case.now)
    (event,) = caught.value.events
    assert event.type == "statement.approval_refused"
    roles = ["legal", "scribe"] if spelling == "sam" else ["legal"]
    assert event.data == {"statement": "holding", "revision": 1, "digest": SEAL, "roles": roles, "why": "author"}


def test_a_refusal_that_is_logged_changes_nothing() -> None:
    case = submitted(approvals=["legal"])
    before = case.incident.statements
    case.write_refused("sam")
    assert case.incident.statements == before


# Silence

DELEGATE = {"after": "15m", "to": {"legal": "deputy"}}


def test_a_silent_approver_is_stood_in_for_and_then_the_least_is_offered() -> None:
    case = submitted(approvals=["lead", "legal"], delegate=DELEGATE, minimal="least.md")
    assert case.due == [(15, "approval")]
    assert "holds no role whose approval" in case.refused(ask.Approve("holding"), who="kim")
    (delegated,) = case.wait(minutes=15)
    assert (delegated.type, delegated.data["reached"]) == ("approval.delegated", ["kim"])
    assert (delegated.data["roles"], delegated.data["to"]) == (["legal"], {"legal": "deputy"})
    assert approvers(case.incident, holding(case)) == "lead: dana; legal: lena, kim"
    assert case.due == [(30, "approval")]
    (expired,) = case.wait(minutes=15)
    assert (expired.type, expired.data["minimal"]) == ("approval.expired", "least.md")
    assert expired.data["reached"] == ["dana", "lena", "kim"]
    assert (case.due, holding(case).state) == ([], "submitted"), "nothing is published by itself"
    (entry,) = case.do(ask.Approve("holding"), who="kim")
    assert (entry.role, entry.data["role"], entry.data["instead"]) == ("deputy", "legal", "deputy")
    approve(case, "dana")
    assert holding(case).state == "approved"


def test_what_was_told_of_an_approval_is_outdated_once_it_is_settled() -> None:
    case = submitted(approvals=["lead", "legal"], delegate=DELEGATE)
    (delegated,) = case.wait(minutes=15)
    (expired,) = case.wait(minutes=15)
    assert not any(outdated(case.incident, entry, "kim") for entry in (delegated, expired))
    case.do(ask.Approve("holding"), who="lena")
    assert outdated(case.incident, delegated, "kim"), "legal needs nobody in its place now"
    assert not outdated(case.incident, expired, "dana")
    case.do(ask.Approve("holding"), who="dana")
    assert outdated(case.incident, expired, "dana")


def test_that_an_approval_is_void_is_outdated_once_the_person_has_given_it_again() -> None:
    case = submitted(approvals=["lead", "legal"])
    case.do(ask.Approve("holding"), who="lena")
    (void,) = case.do(ask.Draft("holding", "Other."), who="sam")
    case.do(ask.Draft("holding", "Another."), ask.Submit("holding"), who="sam")
    assert void.data["reached"] == ["lena"]
    assert not outdated(case.incident, void, "lena"), "lena has still to read the new words"
    case.do(ask.Approve("holding"), who="lena")
    assert outdated(case.incident, void, "lena")


def test_a_role_that_nobody_can_approve_for_is_to_be_filled_first() -> None:
    case = room(approvals=["lead", "legal"])
    case.do(ask.Draft("holding", TEXT), ask.Submit("holding"), who="lena")
    assert to_fill(case.incident, holding(case)) == "crisisctl assign legal PERSON", "she wrote it"
    said = case.refused(ask.Publish("holding", holding(case).digest), who="dana")
    assert said.endswith("First: crisisctl assign legal PERSON")
    case.do(ask.Assign("legal", "lou"))
    assert to_fill(case.incident, holding(case)) == ""
    spare = room(approvals=TWO)
    spare.do(ask.Release("legal"), ask.Draft("holding", TEXT), ask.Submit("holding"))
    assert to_fill(spare.incident, holding(spare)) == "crisisctl assign lead PERSON", "dana wrote it, and one is left"


def test_a_delegate_who_wrote_the_text_approves_nothing() -> None:
    case = room(approvals=["legal"], delegate=DELEGATE)
    case.do(ask.Draft("holding", TEXT), ask.Submit("holding"), who="kim")
    case.wait(minutes=15)
    assert "kim wrote holding" in case.refused(ask.Approve("holding"), who="kim")


def test_who_answers_in_time_is_not_stood_in_for() -> None:
    case = submitted(approvals=["legal"], delegate=DELEGATE)
    case.tick(minutes=14)
    approve(case, "lena")
    assert case.due == []


def test_a_new_text_starts_the_waiting_anew() -> None:
    case = submitted(approvals=["legal"], delegate=DELEGATE)
    case.wait(minutes=15)
    case.do(ask.Draft("holding", "Other."), ask.Submit("holding"), who="sam")
    assert holding(case).delegated == ()
    assert case.due == [(30, "approval")]


def test_where_nobody_stands_in_the_least_is_offered_after_twice_the_time() -> None:
    case = submitted(approvals=["lead"], delegate={"after": "10m", "to": {}})
    assert case.due == [(20, "approval")]
    (expired,) = case.wait(minutes=20)
    assert expired.type == "approval.expired"
    assert "minimal" not in expired.data


# What the playbook approved beforehand


def linted(case: Case, **found: Any) -> ask.Submit:
    return ask.Submit("holding", Linted("0" * 64, holding(case).renditions)._replace(**found))


def filled(status: str = "confirmed", **spec: Any) -> Case:
    case = room(approvals=["legal"], preapproved=True, **spec)
    (entry,) = case.do(ask.SetFact("count", "12", status))
    case.do(ask.Draft("holding", TEXT, {"count": entry.version}, template=True), who="sam")
    return case


def test_the_templates_own_words_with_confirmed_facts_and_a_clean_lint_need_no_approval() -> None:
    case = filled()
    (entry,) = case.do(linted(case))
    assert (entry.data["state"], entry.data["preapproved"]) == ("approved", True)
    assert entry.data["findings"] == {"errors": 0, "warnings": 0}
    case.do(ask.Publish("holding", SEAL))


@pytest.mark.parametrize("flaw", ["unconfirmed", "warning", "file", "no lint"])
def test_anything_else_asks_for_approval(flaw: str) -> None:
    case = filled("unconfirmed" if flaw == "unconfirmed" else "confirmed")
    if flaw == "file":
        case.do(ask.Draft("holding", f"{TEXT} More."), who="sam")
    found = {"warnings": ("line 1: undated",)} if flaw == "warning" else {}
    (entry,) = case.do(ask.Submit("holding") if flaw == "no lint" else linted(case, **found))
    assert (entry.data["state"], "preapproved" in entry.data) == ("submitted", False)


def test_the_least_there_is_to_say_is_approved_whatever_the_lint_warns_of() -> None:
    case = room(approvals=["legal"], minimal="least.md")
    case.do(ask.Draft("holding", TEXT, template=True, minimal=True), who="sam")
    (entry,) = case.do(linted(case, warnings=("line 1: undated",)))
    assert entry.data["state"] == "approved"


# The lint


def test_errors_of_the_lint_stop_a_submission_and_are_listed() -> None:
    case = room(approvals=["legal"])
    case.do(ask.Draft("holding", TEXT), who="sam")
    said = case.refused(linted(case, errors=("line 1: blame: x", "line 2: pii: y"), rules=("blame", "pii")))
    assert said.startswith("The lint finds 2 errors in holding, so it is not submitted.")
    assert said.splitlines()[1:] == ["line 1: blame: x", "line 2: pii: y"]


def test_an_override_of_the_lint_says_why_and_is_logged() -> None:
    case = room(approvals=["legal"])
    case.do(ask.Draft("holding", TEXT), who="sam")
    command = linted(case, errors=("line 1: blame: x",), rules=("blame",))._replace(override=True)
    assert "The reason is empty." in case.refused(command)
    overridden, entry = case.do(command._replace(because="it is a quotation"))
    assert (overridden.type, overridden.data["rules"]) == ("statement.lint_overridden", ["blame"])
    assert overridden.word("because") == "it is a quotation"
    assert entry.data["findings"] == {"errors": 1, "warnings": 0}
    assert holding(case).overridden == ("blame",)


def test_what_was_changed_while_it_was_checked_is_not_submitted() -> None:
    case = room()
    case.do(ask.Draft("holding", TEXT), who="sam")
    command = linted(case)
    case.do(ask.Draft("holding", f"{TEXT} More."), who="sam")
    assert "was changed while it was checked" in case.refused(command, kind=Conflict)


# Breaking the glass

GLASS = ask.Publish("holding", SEAL, glass=True, because="nobody answers")


@pytest.mark.parametrize("as_", ["drafted", "submitted"])
def test_the_lead_may_publish_without_approvals_and_it_is_told_loudly(as_: str) -> None:
    case = room(approvals=["legal"])
    case.do(ask.Draft("holding", TEXT), *([ask.Submit("holding")] if as_ == "submitted" else []), who="sam")
    assert case.refused(GLASS._replace(because=None)) == "The reason is empty."
    broken, out = case.do(GLASS)
    assert (broken.type, broken.data["unapproved"]) == ("statement.break_glass", ["x/en"])
    assert broken.word("because") == "nobody answers"
    assert (out.type, holding(case).glass) == ("statement.published", True)


def test_nobody_but_the_lead_breaks_the_glass() -> None:
    case = submitted(approvals=["legal"])
    said = case.refused(GLASS, who="sam")
    assert said == "Only lead may publish without approvals (dana), with --break-glass --because WHY."


def test_the_glass_is_not_broken_for_what_was_approved_or_rejected() -> None:
    case = submitted(approvals=["legal"])
    case.do(ask.Reject("holding", "wrong"), who="lena")
    assert "holding is rejected, not approved" in case.refused(GLASS)
    case = submitted(approvals=["legal"])
    approve(case, "lena")
    assert [entry.type for entry in case.do(GLASS)] == ["statement.published"]


@pytest.mark.parametrize(
    "flaw", [{"unresolved": {"x/en": "TODO"}}, {"excess": {"x/en": 3}}, {"digest": text_digest("other")}]
)
def test_no_glass_lets_out_what_is_open_too_long_or_other_bytes(flaw: dict[str, Any]) -> None:
    case = submitted(approvals=["legal"])
    assert case.refused(GLASS._replace(**flaw))


# The cadence


def test_a_cadence_goes_by_severity_and_by_how_long_the_incident_is_open() -> None:
    paces = {"sev1": [{"for": "2h", "every": "20m"}, {"every": "60m"}], "else": "4h"}
    case = room(update_every=paces)
    every = case.incident.playbook.statements["holding"].update_every
    assert every is not None
    minute = timedelta(minutes=1)
    assert every.at("sev1", 0 * minute) == 20 * minute
    assert every.at("sev1", 119 * minute) == 20 * minute
    assert every.at("sev1", 120 * minute) == 60 * minute
    assert every.at("sev2", 0 * minute) == 240 * minute


def test_a_cadence_whose_last_phase_ends_promises_nothing_after_it() -> None:
    case = room(update_every=[{"for": "2h", "every": "20m"}])
    every = case.incident.playbook.statements["holding"].update_every
    assert every is not None
    assert every.at("sev1", timedelta(hours=2)) is None
