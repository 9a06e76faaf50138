"""A playbook as the rules read it, and as the log keeps it."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisisctl.adapters.yaml import read
from crisisctl.domain.playbook import (
    ClockSpec,
    Escalation,
    FactSpec,
    Requirement,
    Role,
    Stage,
    StatementSpec,
    Step,
    Task,
    build,
    many,
    pin,
    unpin,
)
from crisisctl.domain.publication import Approvals, Cadence, Pace, Quorum
from tests.domain.conftest import RICH, plan

CONTRACT = Path(__file__).parents[1] / "data" / "contract"
FOUND = read(CONTRACT / "data-breach.yaml", CONTRACT / "templates")
assert FOUND.document is not None
BREACH = build(FOUND.document)


def test_the_playbook_of_the_design_is_read_whole() -> None:
    assert (BREACH.id, BREACH.version, BREACH.title) == ("data-breach", 3, "Personal-data breach")
    assert (BREACH.summary, BREACH.last_drilled) == ("One paragraph.", "2026-10-01")
    assert BREACH.severities == ("sev1", "sev2", "sev3")
    assert BREACH.initial == "detected"
    assert BREACH.triggers == ("activate", "inform", "notify", "close")
    assert BREACH.first_role() == "comms-lead"


def test_its_roles_and_facts() -> None:
    assert BREACH.roles == {
        "comms-lead": Role("comms-lead", "Communications lead", required=True, deputy="deputy-comms"),
        "deputy-comms": Role("deputy-comms", "Deputy"),
        "legal": Role("legal", "Legal counsel", required=True),
    }
    assert BREACH.facts == {
        "affected_accounts": FactSpec("affected_accounts", "integer", "How many accounts are affected?"),
        "aware_at": FactSpec("aware_at", "datetime", "When did we know that personal data was exposed?"),
    }


def test_its_stages_lie_in_the_order_of_the_file_outermost_first() -> None:
    assert [*BREACH.stages] == [
        "detected",
        "response",
        "response.comms",
        "response.comms.drafting",
        "response.comms.informed",
        "response.legal",
        "response.legal.assessing",
        "response.legal.notified",
        "closed",
    ]
    assert [stage.path for stage in BREACH.top_stages()] == ["detected", "response", "closed"]
    detected, response, comms = (BREACH.stages[path] for path in ("detected", "response", "response.comms"))
    assert detected.guidance == "Secure the accounts first. Pause all scheduled posts.\n"
    assert detected.escalation == "first-response"
    assert response == Stage("response", "response", children=("response.comms", "response.legal"), parallel=True)
    inside = ("response.comms.drafting", "response.comms.informed")
    assert comms == Stage("response.comms", "comms", children=inside, initial="response.comms.drafting")
    assert BREACH.stages["closed"] == Stage("closed", "Closed", final=True)


def test_its_tasks_are_known_by_stage_and_name() -> None:
    due = timedelta(minutes=15)
    pause = Task("pause-posts", "Pause scheduled posts", "detected", "comms-lead", required=True, due=due)
    assert BREACH.tasks == {"detected/pause-posts": pause}
    assert pause.key == "detected/pause-posts"


def test_its_transitions() -> None:
    activate, inform, _, close = BREACH.transitions
    assert (activate.number, activate.sources, activate.to) == (0, ("detected",), "response")
    assert (activate.by, activate.because, activate.requires) == (("comms-lead",), True, Requirement())
    assert inform.requires == Requirement(statements=(("holding", "published"),))
    assert (inform.by, inform.because) == ((), False)
    assert close.requires == Requirement(
        facts=("affected_accounts",),
        roles=("legal",),
        stages=("response.comms.informed", "response.legal.notified"),
    )


def test_its_escalation_and_its_statement() -> None:
    minute = timedelta(minutes=1)
    steps = (
        Step(0 * minute, ("comms-lead",)),
        Step(5 * minute, ("deputy-comms",)),
        Step(15 * minute, ("legal", "comms-lead"), "activate"),
    )
    assert BREACH.escalations == {
        "first-response": Escalation(
            "first-response", steps, "acknowledged", ack_timeout=30 * minute, times=2, every=20 * minute
        )
    }
    assert BREACH.statements == {
        "holding": StatementSpec(
            "holding",
            "holding/data-breach.md.j2",
            ("employees", "customers", "press"),
            ("status-page", "x", "email"),
            Approvals(Quorum(("comms-lead", "legal"))),
            due=60 * minute,
            update_every=Cadence((Pace(60 * minute),)),
        )
    }


def test_what_is_left_out_has_its_default() -> None:
    playbook = build(plan())
    assert (playbook.version, playbook.summary, playbook.last_drilled) == (1, "", None)
    assert playbook.roles["legal"] == Role("legal", "legal")
    assert (playbook.facts, playbook.tasks, playbook.escalations, playbook.statements) == ({}, {}, {}, {})
    assert playbook.clocks == {}
    assert playbook.stages["begun"] == Stage("begun", "begun")
    no_moves = build(plan(transitions=None, facts=None, escalations=None, statements=None, clocks=None))
    assert (no_moves.transitions, no_moves.triggers, no_moves.clocks) == ((), (), {})


def test_entries_that_say_nothing_have_their_defaults_too() -> None:
    playbook = build(
        plan(
            stages={"begun": {"tasks": {"call": None}, "stages": None}, "closed": {"final": True}},
            facts={"cause": None, "where": {"type": "choice", "choices": ["roof"]}},
            transitions=[{"trigger": "close", "from": "*", "to": "closed", "requires": None, "because": "optional"}],
            escalations={"call": {"steps": [{"after": "5m"}], "repeat": None}},
            statements={"words": {"template": "w.md"}},
            clocks=["gdpr.art33"],
        )
    )
    assert playbook.tasks["begun/call"] == Task("call", "call", "begun")
    assert playbook.facts == {"cause": FactSpec("cause"), "where": FactSpec("where", "choice", choices=("roof",))}
    assert playbook.transitions[0].requires == Requirement()
    assert playbook.escalations["call"] == Escalation("call", (Step(timedelta(minutes=5)),))
    assert playbook.statements["words"] == StatementSpec("words", "w.md")
    assert playbook.clocks == {"gdpr.art33": ClockSpec("gdpr.art33")}


def test_a_clock_may_say_what_it_hangs_on_and_whom_it_concerns() -> None:
    spec = {"from": "at", "with": {"aware": "then"}, "role": "legal", "escalate": ["lead"], "zone": "Europe/Berlin"}
    playbook = build(plan(clocks={"dora.initial": spec, "gdpr.art33": None}))
    assert list(playbook.clocks.values()) == [
        ClockSpec("dora.initial", "at", {"aware": "then"}, "legal", ("lead",), "Europe/Berlin"),
        ClockSpec("gdpr.art33"),
    ]


@pytest.mark.parametrize(
    ("written", "kind", "role"),
    [("skip", "skip", None), ("wait", "wait", None), ({"fallback": "legal"}, "fallback", "legal")],
)
def test_what_becomes_of_an_empty_step_is_a_word_or_a_role(written: Any, kind: str, role: str | None) -> None:
    call = {"steps": [{"after": "5m", "notify": ["lead"]}], "if_empty": written}
    escalation = build(plan(escalations={"call": call})).escalations["call"]
    assert (escalation.if_empty, escalation.fallback) == (kind, role)


@pytest.mark.parametrize(("written", "read_as"), [(None, ()), ("a", ("a",)), (["a", "b"], ("a", "b")), ([], ())])
def test_one_name_may_stand_for_a_list(written: Any, read_as: tuple[str, ...]) -> None:
    assert many(written) == read_as


def test_a_star_means_every_stage_at_the_top_but_those_that_end_it() -> None:
    stages = {"a": {"initial": "b", "stages": {"b": None}}, "c": None, "x": {"final": True}, "y": {"final": True}}
    moves = [{"trigger": "stop", "from": "*", "to": "x"}, {"trigger": "stop", "from": "c", "to": "y"}]
    playbook = build(plan(stages=stages, initial="a", transitions=moves))
    assert playbook.transitions[0].sources == ("a", "c")
    assert playbook.triggers == ("stop",)


def test_a_playbook_is_pinned_as_it_stands_in_its_file() -> None:
    pinned = pin(RICH, {"h.md": "Water.", "f.md": "“Wine”"})
    assert (pinned.id, pinned.version) == ("plan", 1)
    assert json.loads(pinned.text) == RICH
    assert list(json.loads(pinned.text)["roles"]) == [*RICH["roles"]]
    assert unpin(pinned.text) == build(RICH)
    assert unpin(pinned.text) is unpin(pinned.text)


def test_the_digest_of_a_playbook_covers_its_templates_and_the_order_of_its_roles_but_not_of_its_templates() -> None:
    templates = {"h.md": "Water.", "f.md": "Wine."}
    pinned = pin(RICH, templates)
    content = json.dumps([pinned.text, [["f.md", "Wine."], ["h.md", "Water."]]], ensure_ascii=False)
    assert pinned.digest == sha256(content.encode()).hexdigest()
    assert pin(RICH, dict(reversed(templates.items()))).digest == pinned.digest
    others = [
        pin(RICH, templates | {"h.md": "Water!"}),
        pin(RICH, {"h.md": "Water."}),
        pin(RICH | {"version": 2}, templates),
        pin(RICH | {"roles": dict(reversed(RICH["roles"].items()))}, templates),
    ]
    assert len({pinned.digest, *(other.digest for other in others)}) == 5


@given(st.integers(1, 2**53 - 1), st.text(max_size=40))
def test_whatever_a_playbook_says_it_is_pinned_and_read_back_the_same(version: int, summary: str) -> None:
    document = plan(version=version, summary=summary)
    assert unpin(pin(document, {}).text) == build(document)
    assert pin(document, {}).version == version
