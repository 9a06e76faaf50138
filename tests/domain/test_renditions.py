"""Renditions: the exact text for each channel and language, and what becomes of its approvals when it changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import approvers, pending, text_digest
from crisisctl.domain.errors import Conflict, NotFound
from crisisctl.domain.statements.publishing import slots
from crisisctl.domain.statements.using import stated
from tests.domain.conftest import Case, plan

PLAN = plan(
    facts={"count": {"type": "integer"}, "cause": {}},
    statements={
        "line": {"template": "line.md", "channels": ["internal-chat"]},
        "holding": {
            "template": "holding.md",
            "audiences": ["employees", "customers"],
            "channels": ["status-page", "x", "email", "internal-chat"],
            "languages": ["en", "de"],
            "approvals": ["lead", "legal"],
            "after": ["line"],
        },
    },
)
TEXTS = {
    "status-page/en": "Water is in the cellar.",
    "x/en": "Water in the cellar!",
    "email.subject/en": "Water",
    "email/en": "Water is in the cellar.",
    "email.html/en": "<p>Water is in the cellar.</p>",
    "internal-chat/en": "Cellar: stay out.",
    "status-page/de": "Im Keller ist Wasser.",
    "x/de": "Wasser im Keller!",
    "email/de": "Im Keller ist Wasser.",
}
KEYS = tuple(TEXTS)
SUBMIT, APPROVE = ask.Submit("holding"), ask.Approve("holding")


def draft(texts: dict[str, str] = TEXTS, **changes: Any) -> ask.Draft:
    return ask.Draft("holding", texts["status-page/en"], renditions=texts)._replace(**changes)


def hand(case: Case, **changes: Any) -> ask.Publish:
    """The publication of what the log holds."""
    statement = case.incident.statements["holding"]
    return ask.Publish(
        "holding", statement.digest, renditions=statement.renditions, inside=("internal-chat",)
    )._replace(**changes)


def room(command: ask.Draft | None = None) -> Case:
    case = Case(PLAN)
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "lena"))
    case.do(ask.Draft("line", "Stay out."), ask.Submit("line"), ask.Publish("line", text_digest("Stay out.")))
    case.do(command or draft(), who="sam")
    return case


def approved(command: ask.Draft | None = None) -> Case:
    case = room(command)
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    return case


def test_a_draft_holds_every_text_and_writes_down_only_what_differs() -> None:
    entry = room().entries[-1]
    assert entry.data["renditions"] == {key: text_digest(text) for key, text in TEXTS.items()}
    assert entry.data["languages"] == ["en", "de"]
    assert entry.data["source"] == {"de": text_digest(TEXTS["status-page/en"])}
    assert {name: word.value for name, word in entry.words.items()} == {"text": TEXTS["status-page/en"]} | {
        key: text for key, text in TEXTS.items() if text != TEXTS["status-page/en"]
    }


def test_a_text_without_renditions_goes_to_every_channel_in_the_first_language() -> None:
    case = Case(PLAN)
    case.do(ask.Draft("holding", "Water."))
    seal = text_digest("Water.")
    channels = ("status-page", "x", "email", "internal-chat")
    assert case.incident.statements["holding"].renditions == {f"{channel}/en": seal for channel in channels}


@pytest.mark.parametrize(("key", "said"), [("y/en", "channel of holding"), ("x/fr", "language of holding")])
def test_a_text_for_no_channel_or_language_of_the_statement_offers_the_nearest(key: str, said: str) -> None:
    case = Case(PLAN)
    assert f"There is no {said}" in case.refused(draft({**TEXTS, key: "Eau."}), kind=NotFound)


def test_a_subject_is_one_line() -> None:
    case = Case(PLAN)
    said = case.refused(draft({**TEXTS, "email.subject/en": "Two\nlines"}))
    assert "The text for email.subject/en has \\x0a at character 4" in said


def test_an_approval_covers_every_text_and_all_of_them_go_out() -> None:
    case = approved()
    assert case.entries[-1].data["covers"] == {key: text_digest(text) for key, text in TEXTS.items()}
    (out,) = case.do(hand(case))
    assert set(out.data["renditions"]) == set(KEYS)
    assert out.data["channels"] == ["status-page", "x", "email", "internal-chat"]


@pytest.mark.parametrize("key", KEYS)
@given(st.data())
def test_one_byte_of_any_text_that_is_not_as_approved_refuses_the_publication(key: str, data: st.DataObject) -> None:
    case = approved()
    text = TEXTS[key]
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
    forged = {**case.incident.statements["holding"].renditions, key: text_digest(other)}
    said = case.refused(hand(case, renditions=forged))
    assert f"The text of holding for {key} is not, to the byte, the one that was approved." in said


@pytest.mark.parametrize("key", KEYS)
def test_a_text_that_is_missing_or_added_refuses_the_publication(key: str) -> None:
    case = approved()
    seals = dict(case.incident.statements["holding"].renditions)
    assert key in case.refused(hand(case, renditions={k: v for k, v in seals.items() if k != key}))
    assert "internal-chat/de" in case.refused(hand(case, renditions={**seals, "internal-chat/de": seals[key]}))


@pytest.mark.parametrize("key", [key for key in KEYS if not key.startswith("status-page/en")])
def test_changing_one_text_voids_its_approvals_and_leaves_the_others(key: str) -> None:
    case = approved()
    changed = {**TEXTS, key: "Something else."}
    (entry,) = case.do(draft(changed, base=1, fresh=()), who="sam")
    assert {(void["role"], void["rendition"]) for void in entry.data["voids"]} == {("lead", key), ("legal", key)}
    assert sorted(entry.data["reached"]) == ["dana", "lena"]
    assert "is drafted, not approved" in case.refused(hand(case))
    case.do(SUBMIT)
    statement = case.incident.statements["holding"]
    assert pending(case.incident, statement) == ["lead", "legal"]
    assert all(set(approval.covers) == set(KEYS) - {key} for approval in statement.approvals)
    case.do(APPROVE)
    case.do(APPROVE, who="lena")
    case.do(hand(case))
    assert case.incident.statements["holding"].out == {k: text_digest(text) for k, text in changed.items()}


def test_going_back_to_the_approved_bytes_of_a_text_brings_no_approval_back() -> None:
    case = approved()
    case.do(draft({**TEXTS, "x/en": "Other."}, base=1, fresh=()), draft(base=2, fresh=()), who="sam")
    case.do(SUBMIT)
    assert pending(case.incident, case.incident.statements["holding"]) == ["lead", "legal"]


def test_a_draft_of_a_part_made_from_an_older_revision_is_a_conflict() -> None:
    case = room()
    case.do(draft({**TEXTS, "x/en": "Other."}, base=1), who="lena")
    said = case.refused(draft({**TEXTS, "x/de": "Anders."}, base=1), kind=Conflict)
    assert said == "Somebody else has just drafted holding. Look at it, then draft again."


def test_whoever_wrote_any_of_the_texts_approves_none() -> None:
    case = room()
    case.do(draft({**TEXTS, "x/de": "Von Lena."}, base=1, fresh=()), who="lena")
    case.do(SUBMIT, APPROVE)
    assert "lena wrote holding; somebody else must approve it" in case.refused(APPROVE, who="lena")
    assert approvers(case.incident, case.incident.statements["holding"]) == "legal: nobody but its author"


def _stale(case: Case) -> list[str]:
    return [*case.incident.statements["holding"].stale]


def test_changing_the_source_makes_its_translations_stale_and_blocks_them() -> None:
    case = room()
    english = {key: f"{text} More." for key, text in TEXTS.items() if key.endswith("/en")}
    (entry,) = case.do(draft({**TEXTS, **english}, base=1, fresh=()), who="sam")
    assert entry.data["source"] == {"de": text_digest(TEXTS["status-page/en"])}
    assert _stale(case) == ["de"]
    said = case.refused(SUBMIT)
    assert "after its de version was written, which is stale" in said
    assert "crisisctl statement draft holding --language de --file FILE" in said
    german = {key: f"{text} Mehr." for key, text in TEXTS.items() if key.endswith("/de")}
    case.do(draft({**TEXTS, **english, **german}, base=2, fresh=("de",)), who="sam")
    assert _stale(case) == []
    case.do(SUBMIT)


def test_a_translation_that_is_still_right_is_confirmed_by_drafting_it_again() -> None:
    case = room()
    changed = {**TEXTS, "status-page/en": "Water is in the big cellar."}
    case.do(draft(changed, base=1, fresh=()), who="sam")
    assert _stale(case) == ["de"]
    case.do(draft(changed, base=2, fresh=("de",)), who="sam")
    assert _stale(case) == []


def test_what_grew_stale_after_its_approval_is_not_published() -> None:
    case = approved()
    statement = case.incident.statements["holding"]._replace(stale=("de",))
    case._incident = case.incident._replace(statements={**case.incident.statements, "holding": statement})
    assert "which is stale" in case.refused(hand(case))


# What goes out


def test_inside_channels_go_with_those_inside_and_public_ones_with_the_first_public_audience() -> None:
    case = approved()
    (first,) = case.do(hand(case, audiences=("employees",)))
    assert list(first.data["renditions"]) == ["internal-chat/en"]
    (second,) = case.do(hand(case))
    assert set(second.data["renditions"]) == set(KEYS) - {"internal-chat/en"}


def test_what_is_too_long_is_held_back_and_the_rest_goes_out() -> None:
    case = approved()
    (out,) = case.do(hand(case, excess={"x/en": 37, "x/de": 2}))
    assert out.data["withheld"] == {"x/en": 37, "x/de": 2}
    assert set(out.data["renditions"]) == set(KEYS) - {"x/en", "x/de"}
    assert out.data["channels"] == ["status-page", "email", "internal-chat"]


def test_a_mail_whose_subject_does_not_fit_is_held_back_whole() -> None:
    case = approved()
    (out,) = case.do(hand(case, excess={"email.subject/en": 5}))
    assert not {"email/en", "email.subject/en", "email.html/en"} & set(out.data["renditions"])
    assert "email/de" in out.data["renditions"]


def test_where_nothing_fits_nothing_is_published() -> None:
    case = approved()
    said = case.refused(hand(case, excess=dict.fromkeys(KEYS, 9)))
    assert "holding fits none of its channels; status-page/en is too long by 9." in said


def test_what_was_held_back_goes_out_shortened_and_nothing_goes_twice() -> None:
    case = approved()
    case.do(hand(case, excess={"x/en": 37}))
    case.do(draft({**TEXTS, "x/en": "Water."}, base=1, fresh=()), who="sam")
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    (out,) = case.do(hand(case))
    assert list(out.data["renditions"]) == ["x/en"]


@pytest.mark.parametrize(
    "slot", ["{{ count }}", "{% if x %}", "TODO", "[X]", "[INSERT NAME]", "TBD", "[...]", "[DATE of the next]"]
)
def test_a_text_with_something_left_open_is_not_published(slot: str) -> None:
    found = slots({"x/en": f"We know {slot} today.", "x/de": "Nichts."})
    assert found == {"x/en": slot}
    case = approved()
    assert f"x/en of holding still holds {slot}: crisisctl statement draft holding" in case.refused(
        hand(case, unresolved=found)
    )


@pytest.mark.parametrize("text", ["[RESOLVED] All is well.", "See [our page](https://x.example).", "xxx", "A {b} c"])
def test_what_only_looks_like_a_slot_is_none(text: str) -> None:
    assert slots({"x/en": text}) == {}


def test_a_statement_waits_for_those_that_go_before_it() -> None:
    case = Case(PLAN)
    case.do(ask.Assign("legal", "lena"))
    case.do(draft(), who="sam")
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    said = case.refused(hand(case))
    assert said == (
        "holding cannot be published yet: line must be published before it: crisisctl statement draft line."
    )


# Facts


def known(status: str = "confirmed") -> tuple[Case, int]:
    case = Case(PLAN)
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "lena"))
    case.do(ask.Draft("line", "Stay out."), ask.Submit("line"), ask.Publish("line", text_digest("Stay out.")))
    (entry,) = case.do(ask.SetFact("count", "1200", status))
    case.do(draft(facts={"count": entry.version}), who="sam")
    case.do(SUBMIT, APPROVE)
    case.do(APPROVE, who="lena")
    return case, entry.version


def test_a_text_that_uses_an_unconfirmed_fact_is_not_published() -> None:
    case, _ = known("unconfirmed")
    said = case.refused(hand(case))
    assert "fact count, which it uses, is not confirmed: crisisctl fact confirm count" in said
    assert "is not confirmed" in case.refused(hand(case, glass=True, because="now"))
    case.do(ask.ConfirmFact("count"))
    case.do(hand(case))


def test_a_text_that_uses_a_retracted_fact_is_not_published() -> None:
    case, _ = known()
    case.do(ask.RetractFact("count", "counted wrong"))
    assert "fact count, which it uses, was retracted: crisisctl statement draft holding" in case.refused(hand(case))


def test_a_text_that_uses_a_fact_of_another_version_is_not_published_until_it_is_drafted_again() -> None:
    case, _ = known()
    (entry,) = case.do(ask.SetFact("count", "1300"))
    assert "fact count has changed since it was written" in case.refused(hand(case))
    case.do(draft(facts={"count": entry.version}, base=1, fresh=()), who="sam")
    case.do(SUBMIT)
    assert case.incident.statements["holding"].state == "approved", "the bytes are those that were approved"
    case.do(hand(case))


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("About 1200 accounts.", {"count"}),
        ("About 1,200 accounts.", {"count"}),
        ("Etwa 1.200 Konten.", {"count"}),
        ("About 12000 accounts.", set()),
        ("Room 1200.5 is shut.", set()),
        ("A Broken Pipe was found.", {"cause"}),
        ("Broken pipes were found.", set()),
    ],
)
def test_a_free_text_uses_the_facts_whose_values_it_states(text: str, uses: set[str]) -> None:
    case = Case(PLAN)
    case.do(ask.SetFact("count", "1200"), ask.SetFact("cause", "a broken pipe"))
    assert set(stated(case.incident, [text])) == uses
