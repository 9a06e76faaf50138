"""The life of a statement: drafted, submitted, approved, published, corrected. An approval is for exact bytes."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import approvers, pending, same_person, text_digest
from crisisctl.domain.errors import Conflict, NotFound
from tests.domain.conftest import START, Case, plan

PLAN = plan(
    facts={"count": {"type": "integer"}},
    statements={
        "holding": {
            "template": "holding.md",
            "audiences": ["employees", "customers", "press"],
            "channels": ["status-page", "x"],
            "approvals": ["lead", "legal"],
            "update_every": "60m",
        },
        "free": {"template": "free.md", "audiences": ["press"], "channels": ["x"]},
        "quiet": {"template": "quiet.md", "channels": ["x"], "approvals": ["legal"]},
    },
)
TEXT = "Water is in the cellar."
SUBMIT, APPROVE = ask.Submit("holding"), ask.Approve("holding")


def room(text: str = TEXT) -> Case:
    """Sam, the scribe, has written the holding statement; Dana leads and Lena is legal."""
    case = Case(PLAN)
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "lena"))
    case.do(ask.Draft("holding", text), who="sam")
    return case


def approved() -> Case:
    case = room()
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    return case


def publish(*audiences: str, text: str = TEXT) -> ask.Publish:
    return ask.Publish("holding", text_digest(text), audiences)


def state(case: Case, id_: str = "holding") -> str:
    return case.incident.statements[id_].state


def test_a_statement_goes_from_a_draft_to_the_public() -> None:
    case = room()
    drafted = case.entries[-1]
    seal = sha256(TEXT.encode()).hexdigest()
    assert drafted.type == "statement.drafted"
    assert drafted.data == {
        "statement": "holding",
        "revision": 1,
        "digest": seal,
        "facts": {},
        "renditions": {"status-page/en": seal, "x/en": seal},
        "languages": ["en"],
        "voids": [],
    }
    assert drafted.word("text") == TEXT
    same: dict[str, Any] = {"statement": "holding", "revision": 1, "digest": seal}
    (submitted,) = case.do(SUBMIT, who="sam")
    assert submitted.data == same | {"state": "submitted"}
    covers = {"covers": {"status-page/en": seal, "x/en": seal}}
    (first,) = case.do(APPROVE)
    assert first.role == "lead"
    assert first.data == same | covers | {"state": "submitted", "role": "lead", "waiting": ["legal"]}
    (second,) = case.do(APPROVE, who="lena")
    assert second.role == "legal"
    assert second.data == same | covers | {"state": "approved", "role": "legal", "waiting": []}
    (out,) = case.do(publish())
    assert out.data["state"] == "published"
    assert out.data["audiences"] == ["employees", "customers", "press"]
    assert out.data["channels"] == ["status-page", "x"]
    statement = case.incident.statements["holding"]
    assert (statement.published, statement.published_at, statement.author) == (1, START, "sam")
    assert statement.text_version == drafted.version


def test_a_draft_is_kept_trimmed_and_in_one_form_and_sealed_as_kept() -> None:
    case = room("  Cafe\u0301 closed.\r\nSorry.\n")
    assert case.entries[-1].word("text") == "Caf\u00e9 closed.\nSorry."
    assert case.incident.statements["holding"].digest == text_digest("Caf\u00e9 closed.\nSorry.")


@pytest.mark.parametrize(
    "command", [ask.Draft("holdign", TEXT), ask.Submit("holdign"), ask.Approve("holdign"), ask.Publish("holdign", "")]
)
def test_a_statement_that_the_playbook_does_not_foresee_offers_the_nearest(command: ask.Command) -> None:
    assert "There is no statement 'holdign'. Did you mean holding" in Case(PLAN).refused(command, kind=NotFound)


@pytest.mark.parametrize("command", [SUBMIT, APPROVE, ask.Reject("holding", "no"), publish()])
def test_what_has_no_text_goes_nowhere(command: ask.Command) -> None:
    assert Case(PLAN).refused(command) == "holding has no text yet: crisisctl statement draft holding"


def test_an_empty_draft_is_refused() -> None:
    assert Case(PLAN).refused(ask.Draft("holding", " \n")) == "The text is empty."


def test_a_draft_that_changes_nothing_is_refused_unless_the_text_was_rejected() -> None:
    case = room()
    said = case.refused(ask.Draft("holding", f"{TEXT}\n"))
    assert said == "That is the text of holding revision 1, to the byte. Nothing has changed."
    case.do(SUBMIT, ask.Reject("holding", "wait a little"))
    (entry,) = case.do(ask.Draft("holding", TEXT), who="sam")
    assert entry.data["revision"] == 2


def test_a_draft_is_made_again_when_a_fact_in_it_has_changed_meanwhile() -> None:
    case = room()
    (entry,) = case.do(ask.SetFact("count", "7"))
    case.do(ask.Draft("holding", "7 houses.", {"count": entry.version}))
    assert case.entries[-1].data["facts"] == {"count": entry.version}
    case.do(ask.SetFact("count", "8"))
    for facts in ({"count": entry.version}, {"cause": 3}):
        said = case.refused(ask.Draft("holding", "7 homes.", facts), kind=Conflict)
        assert said == f"Fact {next(iter(facts))} changed while the text was made. Draft it again."


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20), st.data())
def test_one_changed_byte_voids_every_approval(text: str, data: st.DataObject) -> None:
    case = room(text)
    case.do(SUBMIT, APPROVE)
    if data.draw(st.booleans()):
        case.do(APPROVE, who="lena")
    given_by = [approval.role for approval in case.incident.statements["holding"].approvals]
    at = data.draw(st.integers(0, len(text) - 1))
    other = (
        text[:at]
        + data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != text[at]))
        + text[at + 1 :]
    )
    (entry,) = case.do(ask.Draft("holding", other), who="lena")
    assert list(dict.fromkeys(void["role"] for void in entry.data["voids"])) == given_by
    assert {void["rendition"] for void in entry.data["voids"]} == ({"status-page/en", "x/en"} if given_by else set())
    assert case.incident.statements["holding"].approvals == ()
    assert state(case) == "drafted"
    assert "holding is drafted, not approved" in case.refused(publish(text=other))
    case.do(SUBMIT)
    assert pending(case.incident, case.incident.statements["holding"]) == ["lead", "legal"]


def test_what_is_published_is_to_the_byte_what_was_approved() -> None:
    case = approved()
    for text in (f"{TEXT} ", TEXT.lower(), "", f"{TEXT}\n"):
        said = case.refused(publish(text=text))
        assert said == "The text of holding is not, to the byte, the one that was approved. Draft and submit it again."


def test_an_approval_of_other_bytes_counts_for_nothing_though_the_log_says_approved() -> None:
    case = approved()
    statement = case.incident.statements["holding"]
    stale = statement.approvals[0]._replace(covers=dict.fromkeys(statement.renditions, text_digest("other")))
    forged = statement._replace(approvals=(stale, *statement.approvals[1:]))
    assert pending(case.incident, forged) == ["lead"]
    case._incident = case.incident._replace(statements={"holding": forged})
    assert "is not, to the byte" in case.refused(publish())


def test_a_text_is_submitted_once() -> None:
    case = room()
    case.do(SUBMIT)
    assert case.refused(SUBMIT) == "holding is submitted: crisisctl statement approve holding"


@pytest.mark.parametrize("spelling", ["sam", "Sam", "SAM", "ｓａｍ", "ſam"])  # noqa: RUF001 - letters that look like these
def test_an_author_does_not_approve_their_own_text_however_they_write_their_name(spelling: str) -> None:
    case = room()
    case.do(SUBMIT, ask.Assign("legal", spelling, add=True))
    said = case.refused(APPROVE, who=spelling)
    assert said == f"{spelling} wrote holding; somebody else must approve it (lead: dana; legal: lena)."


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Straße", "STRASSE", True), ("Ⅳ", "iv", True), ("café", "cafe\u0301", True), ("sam", "sami", False)],
)
def test_names_are_one_persons_whatever_their_case_and_form(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert same_person(one, other) is same is same_person(other, one)


def test_an_approval_comes_after_the_text_was_submitted_and_from_a_role_that_is_missing() -> None:
    case = room()
    said = case.refused(APPROVE)
    assert said == "holding is drafted; only a submitted text can be approved: crisisctl statement submit holding"
    case.do(SUBMIT, ask.Assign("scribe", "sol"))
    said = case.refused(APPROVE, who="sol")
    assert said == "sol holds no role whose approval of holding is missing (lead: dana; legal: lena)."
    case.do(APPROVE)
    said = case.refused(APPROVE)
    assert said == "dana holds no role whose approval of holding is missing (legal: lena)."
    case.do(ask.Release("legal"))
    assert "(legal: nobody yet)" in case.refused(APPROVE)


def test_somebody_with_two_roles_approves_for_the_one_they_name() -> None:
    case = room()
    case.do(SUBMIT, ask.Assign("legal", "dana", add=True), ask.Assign("scribe", "dana"))
    assert "dana holds no role whose approval" in case.refused(APPROVE, role="scribe")
    assert "lena does not hold lead: crisisctl assign lead lena" in case.refused(APPROVE, who="lena", role="lead")
    assert "There is no role 'boss'" in case.refused(APPROVE, role="boss", kind=NotFound)
    assert [case.do(APPROVE, role=role)[0].role for role in ("legal", "lead")] == ["legal", "lead"]
    assert state(case) == "approved"


def test_a_statement_that_needs_no_approval_has_it_once_submitted() -> None:
    case = Case(PLAN)
    case.do(ask.Draft("free", TEXT), ask.Submit("free"))
    assert state(case, "free") == "approved"
    case.do(ask.Publish("free", text_digest(TEXT)))
    assert state(case, "free") == "published"


def test_a_rejection_goes_back_with_its_reason_and_takes_every_approval_along() -> None:
    case = approved()
    (entry,) = case.do(ask.Reject("holding", "the number is wrong"), who="lena")
    assert (entry.type, entry.word("because")) == ("statement.rejected", "the number is wrong")
    assert case.incident.statements["holding"].approvals == ()
    assert state(case) == "rejected"
    assert case.refused(publish()) == "holding is rejected, not approved: crisisctl statement draft holding"
    assert case.refused(ask.Reject("holding", "twice")) == "holding is rejected; there is nothing to reject."


def test_only_somebody_who_may_approve_may_reject_and_says_why() -> None:
    case = room()
    assert case.refused(ask.Reject("holding", "no")) == "holding is drafted; there is nothing to reject."
    case.do(SUBMIT)
    assert case.refused(ask.Reject("holding", "no"), who="sam") == "Only lead or legal may reject holding."
    assert case.refused(ask.Reject("holding", " ")) == "The reason is empty."


def test_what_nobody_has_to_approve_anybody_in_the_room_may_reject() -> None:
    case = Case(PLAN)
    case.do(ask.Draft("free", TEXT), ask.Submit("free"))
    said = case.refused(ask.Reject("free", "no"), who="sam")
    assert said == "Only somebody who holds a role may reject free."
    case.do(ask.Reject("free", "no"))
    assert state(case, "free") == "rejected"


def test_only_people_in_the_room_publish() -> None:
    said = approved().refused(publish(), who="eve")
    assert said == "eve holds no role, and only the people in the room may publish."


def test_what_still_waits_for_approval_is_not_published_and_names_whom_it_waits_for() -> None:
    case = room()
    assert case.refused(publish()) == "holding is drafted, not approved: crisisctl statement submit holding"
    case.do(SUBMIT, APPROVE)
    assert case.refused(publish()) == "holding is submitted, not approved: waiting for legal: lena"


def test_the_audiences_hear_it_in_their_order() -> None:
    case = approved()
    said = case.refused(publish("press"))
    assert said == "employees must hear it before press: crisisctl statement publish holding --audience employees"
    assert "employees must hear it before customers" in case.refused(publish("customers"))
    assert "customers must hear it before press" in case.refused(publish("press", "employees"))
    (first,) = case.do(publish("employees"))
    assert (first.data["audiences"], first.data["state"]) == (["employees"], "publishing")
    assert "promised" not in first.data
    assert case.refused(publish("employees")) == "employees has holding already."
    assert "There is no audience 'pres'. Did you mean press" in case.refused(publish("pres"), kind=NotFound)
    (rest,) = case.do(publish("press", "customers"))
    assert (rest.data["audiences"], rest.data["state"]) == (["customers", "press"], "published")
    assert case.incident.statements["holding"].audiences == ("employees", "customers", "press")
    assert "holding is published, not approved: crisisctl statement draft holding" in case.refused(publish())


def test_what_has_no_audiences_is_published_whole() -> None:
    case = room()
    case.do(ask.Draft("quiet", TEXT), ask.Submit("quiet"))
    case.do(ask.Approve("quiet"), who="lena")
    (entry,) = case.do(ask.Publish("quiet", text_digest(TEXT)))
    assert (entry.data["audiences"], entry.data["state"]) == ([], "published")


def test_a_publication_promises_the_next_one_from_the_moment_it_is_out_to_everybody() -> None:
    case = approved()
    case.tick(minutes=10)
    case.do(publish("employees", "customers"))
    assert case.incident.statements["holding"].promised is None
    case.tick(minutes=10)
    (entry,) = case.do(publish())
    assert entry.data["promised"] == "2026-03-28T23:20:00.000000Z"
    assert case.incident.statements["holding"].promised == START + timedelta(minutes=80)
    assert case.due == [(70, "warning"), (80, "promise")]


def test_a_promise_holds_while_the_next_text_is_written_and_is_kept_by_any_publication() -> None:
    case = approved()
    case.do(publish())
    case.do(ask.Draft("holding", "More water."), who="sam")
    assert case.due == [(50, "warning"), (60, "promise")]
    case.tick(minutes=30)
    case.publish("free", "A word in between.")
    assert case.due == []
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    case.do(publish(text="More water."))
    assert case.due == [(80, "warning"), (90, "promise")]


def test_a_new_text_after_a_publication_is_a_new_revision_that_everybody_hears_again() -> None:
    case = approved()
    case.do(publish())
    (entry,) = case.do(ask.Draft("holding", "More water."), who="lena")
    assert (entry.data["revision"], entry.data["voids"]) == (2, [])
    statement = case.incident.statements["holding"]
    assert (statement.author, statement.audiences, statement.published) == ("lena", (), 1)
    case.do(SUBMIT)
    assert "lena wrote holding" in case.refused(APPROVE, who="lena")


def test_a_correction_says_why_and_follows_a_publication() -> None:
    case = room()
    correction = ask.Draft("holding", "Wine is in the cellar.", correcting="it is wine")
    said = case.refused(correction)
    assert said == "holding was never published, so there is nothing to correct: crisisctl statement draft holding"
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    case.do(publish())
    (entry,) = case.do(correction, who="sam")
    assert (entry.type, entry.data["revision"], entry.word("because")) == ("statement.corrected", 2, "it is wine")
    assert case.incident.statements["holding"].correction
    assert case.refused(ask.Draft("holding", "x", correcting=" ")) == "The reason is empty."
    case.do(ask.Draft("holding", "Milk."), who="sam")
    assert not case.incident.statements["holding"].correction


@pytest.mark.parametrize("before", [0, 1])
def test_what_is_half_out_is_finished_or_corrected_and_not_written_anew(before: int) -> None:
    case = approved()
    for revision in range(before):
        case.do(publish(text=[TEXT][revision]))
        case.do(ask.Draft("holding", "More water."), who="sam")
        case.do(SUBMIT, APPROVE)
        case.do(APPROVE, who="lena")
    text = [TEXT, "More water."][before]
    case.do(publish("employees", text=text))
    said = case.refused(ask.Draft("holding", "Other water."))
    assert said == "holding is half out. Publish the rest first, or: crisisctl statement correct"
    assert case.refused(ask.Reject("holding", "no")) == "holding is publishing; there is nothing to reject."
    (entry,) = case.do(ask.Draft("holding", "It is wine.", correcting="it is wine"), who="sam")
    assert {(void["role"], void["person"]) for void in entry.data["voids"]} == {("lead", "dana"), ("legal", "lena")}
    assert case.incident.statements["holding"].audiences == ()


def test_who_can_approve_is_named_without_the_author() -> None:
    case = Case(PLAN)
    case.do(ask.Draft("holding", TEXT), SUBMIT, who="dana")
    statement = case.incident.statements["holding"]
    assert approvers(case.incident, statement) == "lead: nobody but its author; legal: nobody yet"


def test_going_back_to_earlier_bytes_makes_nobody_else_their_author() -> None:
    case = room("the bytes of sam")
    case.do(ask.Draft("holding", "the bytes of dana"), ask.Draft("holding", "the bytes of sam"), SUBMIT)
    case.do(ask.Assign("legal", "sam", add=True))
    statement = case.incident.statements["holding"]
    assert (statement.author, approvers(case.incident, statement)) == (
        "dana",
        "lead: nobody but its author; legal: lena",
    )
    assert "sam wrote holding" in case.refused(APPROVE, who="sam")


@pytest.mark.parametrize("command", [SUBMIT, APPROVE, ask.Reject("holding", "no"), publish()])
def test_a_statement_moves_on_after_the_step_before_it(command: Any) -> None:
    case = Case(PLAN)
    case.do(ask.Assign("legal", "lena"), ask.Assign("scribe", "sam"))
    case.tick(minutes=10)
    case.do(ask.Draft("holding", TEXT), who="sam")
    said = case.refused(command, who="dana", at=START + timedelta(minutes=9))
    assert said == "2026-03-28 22:09:00 UTC is before holding was drafted (2026-03-28 22:10:00 UTC). Give a later --at."


@pytest.mark.parametrize("command", [SUBMIT, APPROVE, publish()])
def test_words_that_were_erased_go_no_further(command: Any) -> None:
    case = room()
    statement = case.incident.statements["holding"]._replace(erased=True)
    case._incident = case.incident._replace(statements={"holding": statement})
    assert case.refused(command) == ("The text of holding was erased by a redaction: crisisctl statement draft holding")


def test_what_is_out_is_followed_by_the_next_or_by_a_correction() -> None:
    case = approved()
    case.do(publish())
    then = "crisisctl statement draft holding for the next one, or statement correct holding --because WHY"
    assert case.refused(publish()) == f"holding is published, not approved: {then}"


def test_two_approvals_do_not_wait_for_each_other() -> None:
    case = room()
    case.tick(minutes=1)
    case.do(SUBMIT)
    case.tick(minutes=5)
    case.do(APPROVE, at=START + timedelta(minutes=5))
    said = case.refused(APPROVE, who="lena", at=START)
    assert "is before holding was submitted (2026-03-28 22:01:00 UTC)" in said
    case.do(APPROVE, who="lena", at=START + timedelta(minutes=2))


def test_a_new_text_does_not_come_before_what_was_published() -> None:
    case = approved()
    case.tick(minutes=5)
    case.do(publish())
    said = case.refused(ask.Draft("holding", "new", correcting="x"), at=START + timedelta(minutes=4))
    assert "is before holding was published (2026-03-28 22:05:00 UTC)" in said
