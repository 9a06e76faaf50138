"""The end: whoever was told of the beginning is told of it, or it is said why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.evolve import replay
from crisisctl.domain.guards import untold
from tests.domain.conftest import Case, plan

SPEECH = {
    "line": {"template": "l.md", "audiences": ["employees"], "phase": "inside"},
    "holding": {"template": "h.md", "audiences": ["customers", "press"], "phase": "opening"},
    "update": {"template": "u.md", "audiences": ["customers"], "phase": "update"},
    "resolution": {"template": "r.md", "audiences": ["customers", "press"], "phase": "resolution"},
    "review": {"template": "v.md", "audiences": ["customers"]},
}
BOOK = plan(statements=SPEECH)
CLOSE = ask.Advance("close")


def say(case: Case, statement: str, *to: str, correcting: str | None = None) -> None:
    text = f"{statement} {len(case.entries)}"
    case.do(ask.Draft(statement, text, {}, correcting), ask.Submit(statement))
    case.do(ask.Publish(statement, text_digest(text), to))


def test_nobody_was_told_anything_so_nobody_has_to_be_told_of_the_end() -> None:
    Case(BOOK).do(CLOSE)


def test_a_playbook_without_a_statement_of_the_end_has_no_such_gate() -> None:
    case = Case(plan(statements={"holding": SPEECH["holding"]}))
    say(case, "holding")
    case.do(CLOSE)


def test_who_was_told_of_the_beginning_is_told_of_the_end_before_it_is_closed() -> None:
    case = Case(BOOK)
    say(case, "holding")
    said = case.refused(CLOSE, kind=Refused)
    heard = "{} heard of the beginning and not of the end: crisisctl statement draft resolution"
    assert said.splitlines() == [
        "INC-1 cannot close yet:",
        f"{heard.format('customers')}, or crisisctl advance close --waive-audience customers --because WHY",
        f"{heard.format('press')}, or crisisctl advance close --waive-audience press --because WHY",
    ]
    case.do(ask.Advance("go"))
    say(case, "resolution", "customers")
    assert untold(case.incident) == ["press"]
    assert "crisisctl statement publish resolution" in case.refused(CLOSE)
    case.do(ask.Publish("resolution", case.incident.statements["resolution"].digest))
    case.do(CLOSE)


def test_who_no_statement_of_the_end_is_for_can_only_be_waived() -> None:
    case = Case(BOOK)
    say(case, "line")
    said = case.refused(CLOSE)
    assert said.endswith(
        "employees heard of the beginning and not of the end: "
        "crisisctl advance close --waive-audience employees --because WHY"
    )
    waived, advanced, *_ = case.do(ask.Advance("close", "they sit beside us", waive=("employees",)))
    assert (waived.type, waived.data) == ("audience.waived", {"trigger": "close", "audience": "employees"})
    assert waived.word("because") == "they sit beside us"
    assert advanced.type == "incident.advanced"
    assert not case.incident.open


def test_a_waiver_is_for_one_audience_and_leaves_the_others() -> None:
    case = Case(BOOK)
    say(case, "holding")
    said = case.refused(ask.Advance("close", "no paper asked", waive=("press",)))
    assert "customers heard" in said
    assert "press heard" not in said
    assert case.incident.heard["press"] == "begun", "what is refused waives nothing"
    case.do(ask.Advance("close", "nobody asked", waive=("press", "customers", "press")))
    assert case.types.count("audience.waived") == 2


@pytest.mark.parametrize(
    ("command", "kind", "said"),
    [
        (ask.Advance("close", waive=("press", "customers")), Refused, "needs its reason: --because WHY"),
        (ask.Advance("go", "why", waive=("press",)), Refused, "go does not close INC-1"),
        (ask.Advance("close", "why", waive=("press", "customers", "pres")), NotFound, "Did you mean press?"),
        (ask.Advance("close", "why", waive=("press", "customers", "staff")), NotFound, "There is no audience"),
    ],
)
def test_a_waiver_that_cannot_be_says_why(command: ask.Advance, kind: Any, said: str) -> None:
    case = Case(BOOK)
    say(case, "holding")
    assert said in case.refused(command, kind=kind)


def test_what_need_not_be_told_is_not_waived() -> None:
    case = Case(BOOK)
    say(case, "holding")
    say(case, "resolution")
    said = case.refused(ask.Advance("close", "why", waive=("press",)))
    assert said == "press need not be told of the end, so there is nothing to waive."


def test_an_update_after_the_end_opens_it_again_and_a_correction_or_review_does_not() -> None:
    case = Case(BOOK)
    say(case, "holding")
    say(case, "resolution")
    say(case, "review")
    say(case, "holding", correcting="a slip")
    assert untold(case.incident) == []
    say(case, "update")
    assert untold(case.incident) == ["customers"]
    assert "statement draft resolution for the next one" in case.refused(CLOSE)


def test_after_a_reopening_only_those_who_are_told_again_are_told_of_the_end_again() -> None:
    case = Case(BOOK)
    say(case, "holding")
    say(case, "resolution")
    case.do(CLOSE, ask.Reopen("it is back"))
    assert untold(case.incident) == []
    say(case, "review")
    assert untold(case.incident) == ["customers"], "whatever they hear now is news of a case that is open"


def test_a_timer_does_not_close_over_the_heads_of_those_who_were_told() -> None:
    call = {"steps": [{"after": "5m", "notify": ["lead"], "advance": "close"}]}
    stages = {"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}}
    case = Case(BOOK | {"escalations": {"call": call}, "stages": stages})
    say(case, "holding")
    fired, blocked = case.wait(minutes=6)
    assert (fired.type, fired.data["reached"], blocked.type) == ("escalation.fired", ["dana"], "escalation.blocked")
    assert [said.partition(" heard")[0] for said in blocked.data["missing"]] == ["customers", "press"]
    assert case.incident.open


def test_an_override_of_a_role_does_not_waive_an_audience() -> None:
    case = Case(BOOK)
    say(case, "holding")
    assert "heard of the beginning" in case.refused(ask.Advance("close", "why", override=True), who="nobody")


STEPS = st.sampled_from([*SPEECH, "close", "waive", "reopen", "go"])


@settings(max_examples=150)
@given(st.lists(st.tuples(STEPS, st.sampled_from(["", "customers", "press"])), max_size=20))
def test_no_case_is_closed_over_an_audience_unless_that_was_said(steps: list[tuple[str, str]]) -> None:
    case = Case(BOOK)
    for step, audience in steps:
        case.tick(minutes=1)
        to = (audience,) if audience else ()
        if step in SPEECH:
            text = f"{step} {len(case.entries)}"
            case.attempt(ask.Draft(step, text), "dana")
            case.attempt(ask.Submit(step), "dana")
            case.attempt(ask.Publish(step, text_digest(text), to), "dana")
        elif step == "reopen":
            case.attempt(ask.Reopen("again"), "dana")
        else:
            case.attempt(ask.Advance("go" if step == "go" else "close", "why", waive=to * (step == "waive")), "dana")
        if not case.incident.open:
            assert untold(case.incident) == []
    assert replay(case.entries) == case.incident
    assert snapshot.load(snapshot.dump(case.incident), case.incident.playbook) == case.incident
