"""How often an incident is spoken of, what a publication promises, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.cadence import next_update
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.errors import Refused
from crisisctl.domain.firing import recipients
from crisisctl.domain.telling import sentence
from crisisctl.domain.timers import timers
from crisisctl.domain.times import stamp
from tests.domain.conftest import START, Case, plan

STEPPED = {"sev1": [{"for": "2h", "every": "20m"}, {"every": "60m"}], "else": "4h"}


def book(every: Any = "30m", **more: Any) -> dict[str, Any]:
    holding = {"template": "h.md", "audiences": ["press"], "channels": ["x"], "update_every": every}
    return plan(statements={"holding": holding, "line": {"template": "l.md", "phase": "inside"}} | more)


def say(case: Case, statement: str = "holding", promises: datetime | None = None, **how: Any) -> Any:
    text = f"{statement} {len(case.entries)}"
    case.do(ask.Draft(statement, text, promises=promises), ask.Submit(statement))
    return case.do(ask.Publish(statement, text_digest(text), **how))[-1]


def test_an_update_is_due_by_severity_and_by_how_long_the_incident_lasts() -> None:
    case = Case(book(STEPPED))
    spec = case.incident.playbook.statements["holding"]
    due = [next_update(case.incident, spec, START + timedelta(minutes=at)) for at in (0, 119, 120)]
    assert due == [START + timedelta(minutes=at) for at in (20, 140, 180)]
    case.do(ask.ChangeSeverity("sev2", "less than feared"))
    assert next_update(case.incident, spec, START) == START + timedelta(hours=4)


def test_a_statement_without_a_pace_is_due_never() -> None:
    case = Case(book())
    assert next_update(case.incident, case.incident.playbook.statements["line"], START) is None
    assert "promised" not in say(case, "line").data


@given(st.timedeltas(timedelta(), timedelta(days=3)))
def test_an_update_is_announced_for_a_round_five_minutes_and_never_too_early(since: timedelta) -> None:
    case = Case(book())
    due = next_update(case.incident, case.incident.playbook.statements["holding"], START + since)
    assert due is not None
    assert due.timestamp() % 300 == 0
    assert timedelta() <= due - (START + since + timedelta(minutes=30)) < timedelta(minutes=5)


def test_a_publication_promises_what_its_text_says() -> None:
    case = Case(book())
    entry = say(case, promises=START + timedelta(minutes=47))
    assert entry.data["promised"] == stamp(START + timedelta(minutes=47))
    assert case.due == [(37, "warning"), (47, "promise")]


def test_a_text_that_names_a_time_that_is_past_promises_by_its_pace_and_says_so() -> None:
    case = Case(book())
    entry = say(case, promises=START - timedelta(hours=1))
    assert entry.data["promised"] == stamp(START + timedelta(minutes=30))
    assert sentence(entry) == (
        "Statement holding published to press on x; its text says the next update comes by 2026-03-28 21:00:00 UTC, "
        "which is past; next update promised by 2026-03-28 22:30:00 UTC"
    )


def test_a_text_may_promise_where_the_playbook_does_not() -> None:
    case = Case(plan(statements={"holding": {"template": "h.md"}}))
    entry = say(case, promises=START + timedelta(minutes=9))
    assert entry.data["promised"] == stamp(START + timedelta(minutes=9))
    assert "stated" in say(case, promises=START).data


@pytest.mark.parametrize(("span", "warned"), [(9, 6), (30, 20), (45, 35), (240, 230)])
def test_a_warning_comes_ten_minutes_before_or_in_the_last_third(span: int, warned: int) -> None:
    case = Case(book(f"{span}m"))
    say(case)
    assert case.due == [(warned, "warning"), (span, "promise")]


def test_the_lead_is_warned_and_who_the_stage_would_call_is_told_when_it_is_overdue() -> None:
    call = {"steps": [{"after": "9h", "notify": ["scribe"]}]}
    stages = {"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}}
    case = Case(book() | {"escalations": {"call": call}, "stages": stages}, assign=(("scribe", "sam"),))
    say(case)
    told = {timer.kind: recipients(case.incident, timer) for timer in timers(case.incident)}
    assert (told["warning"], told["promise"]) == (("dana",), ("dana", "sam"))
    warned, overdue = case.wait(minutes=31)
    assert (warned.type, warned.data["reached"]) == ("promise.warned", ["dana"])
    assert (overdue.type, overdue.data["reached"]) == ("promise.overdue", ["dana", "sam"])
    assert case.wait(hours=2) == []


def test_a_promise_that_is_kept_warns_nobody() -> None:
    case = Case(book())
    say(case)
    case.wait(minutes=19)
    say(case)
    assert case.due == [(39, "warning"), (49, "promise")]


def test_what_is_said_inside_keeps_no_promise_that_was_made_outside() -> None:
    case = Case(book())
    say(case)
    say(case, "line")
    assert case.due == [(20, "warning"), (30, "promise")]


def test_no_further_update_is_a_choice_with_a_reason() -> None:
    case = Case(book())
    say(case)
    entry = say(case, no_further=True, because="all is well")
    assert (entry.data["no_further"], entry.word("because")) == (True, "all is well")
    assert "promised" not in entry.data
    assert case.due == []
    assert sentence(entry).endswith("; no further update is promised, because all is well")


def test_no_further_update_is_refused_without_a_reason_and_before_the_last_audience() -> None:
    case = Case(plan(statements={"holding": {"template": "h.md", "audiences": ["a", "b"], "update_every": "5m"}}))
    case.do(ask.Draft("holding", "x"), ask.Submit("holding"))
    out = ask.Publish("holding", text_digest("x"), no_further=True)
    assert case.refused(out, kind=Refused) == "No further update needs its reason: --because WHY"
    said = case.refused(out._replace(audiences=("a",), because="why"), kind=Refused)
    assert said == "--no-further-update goes with the publication to the last audience, b."
