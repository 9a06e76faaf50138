"""What a move still needs, each guard by itself, said with the command that supplies it."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.errors import NotFound, Refused
from tests.domain.conftest import Case, plan

GO = ask.Advance("go")


def going(**move: Any) -> dict[str, Any]:
    """A playbook whose one move, from `begun` to `on`, has these conditions."""
    return plan(
        facts={"count": {"type": "integer", "ask": "How many?"}, "cause": None},
        statements={"words": {"template": "w.md", "audiences": ["press"], "channels": ["x"], "approvals": ["legal"]}},
        transitions=[{"trigger": "go", "from": "begun", "to": "on", **move}],
    )


NESTED = plan(
    stages={
        "begun": {"tasks": {"call": {"title": "Call them", "required": True}, "tea": None}},
        "on": {
            "tasks": {"outer": {"required": True}},
            "initial": "one",
            "stages": {"one": {"tasks": {"inner": {"required": True}}}, "two": None},
        },
        "both": {
            "parallel": True,
            "stages": {
                "left": {"initial": "a", "stages": {"a": {"tasks": {"lift": {"required": True}}}, "b": None}},
                "right": {"initial": "c", "stages": {"c": {"tasks": {"push": {"required": True}}}, "d": None}},
            },
        },
        "closed": {"final": True},
    },
    transitions=[
        {"trigger": "go", "from": "begun", "to": "on"},
        {"trigger": "inward", "from": "on.one", "to": "on.two"},
        {"trigger": "outward", "from": "on", "to": "both"},
        {"trigger": "sideways", "from": "both.left.a", "to": "both.left.b"},
        {"trigger": "close", "from": ["both", "begun"], "to": "closed", "requires": {"tasks": ["tea"]}},
    ],
)


def test_a_required_task_of_the_stage_that_is_left_must_be_done() -> None:
    case = Case(NESTED)
    said = case.refused(GO, kind=Refused)
    assert said == (
        "INC-1 cannot go yet:\ntask call (Call them) is open: crisisctl task done call, or task skip with a reason"
    )
    case.do(ask.ChangeTask("call", "done"), GO)
    assert case.incident.stages == ("on.one",)


def test_a_required_task_that_was_skipped_with_a_reason_holds_nothing_up() -> None:
    case = Case(NESTED)
    case.do(ask.ChangeTask("call", "skipped", "nobody answers"), GO)
    assert case.incident.stages == ("on.one",)


def test_a_required_task_that_was_reopened_holds_up_again() -> None:
    case = Case(NESTED)
    case.do(ask.ChangeTask("call", "done"), ask.ChangeTask("call", "open"))
    assert "task call" in case.refused(GO)


def test_a_move_inside_a_stage_does_not_ask_for_the_tasks_around_it() -> None:
    case = Case(NESTED)
    case.do(ask.ChangeTask("call", "done"), GO)
    assert case.refused(ask.Advance("inward")).count("task ") == 3  # inner alone, and the two commands that settle it
    case.do(ask.ChangeTask("inner", "done"), ask.Advance("inward"))
    assert case.incident.stages == ("on.two",)


def test_leaving_a_composite_stage_asks_for_its_own_tasks_and_those_inside() -> None:
    case = Case(NESTED)
    case.do(ask.ChangeTask("call", "done"), GO)
    said = case.refused(ask.Advance("outward"))
    assert "task done outer" in said
    assert "task done inner" in said
    case.do(ask.ChangeTask("outer", "done"), ask.ChangeTask("inner", "done"), ask.Advance("outward"))
    assert case.incident.stages == ("both.left.a", "both.right.c")


def test_a_region_is_not_held_up_by_the_tasks_of_the_one_beside_it() -> None:
    case = Case(NESTED)
    case.do(*(ask.ChangeTask("call", "done"), GO, ask.ChangeTask("outer", "done"), ask.ChangeTask("inner", "done")))
    case.do(ask.Advance("outward"))
    said = case.refused(ask.Advance("sideways"))
    assert "task done lift" in said
    assert "push" not in said
    case.do(ask.ChangeTask("lift", "done"), ask.Advance("sideways"))
    assert case.incident.stages == ("both.left.b", "both.right.c")
    assert "task done push" in case.refused(ask.Advance("close"))


def test_a_move_may_ask_for_a_task_that_is_not_required_otherwise() -> None:
    case = Case(NESTED)
    case.do(ask.ChangeTask("call", "done"))
    assert "crisisctl task done tea" in case.refused(ask.Advance("close"))
    case.do(ask.ChangeTask("tea", "done"), ask.Advance("close"))
    assert not case.incident.open


def test_a_new_visit_finds_its_checklist_open_again() -> None:
    case = Case(plan(stages={"begun": {"tasks": {"call": {"required": True}}}, "on": None, "closed": {"final": True}}))
    case.do(ask.ChangeTask("call", "done"), GO, ask.Advance("back"))
    assert case.incident.visits["begun"].number == 2
    assert "task done call" in case.refused(GO)


def test_a_new_visit_leaves_the_checklists_of_other_stages_alone() -> None:
    tasks = {"tasks": {"call": {"required": True}}}
    document = plan(stages={"begun": {}, "on": {}, "on-hold": tasks, "closed": {"final": True}}, initial="on-hold")
    document["transitions"] = [
        {"trigger": "go", "from": "on-hold", "to": "on"},
        {"trigger": "end", "from": "on", "to": "closed", "requires": {"tasks": ["call"]}},
    ]
    case = Case(document)
    case.do(ask.ChangeTask("call", "done"), GO, ask.Advance("end"))
    assert not case.incident.open


def test_of_tasks_with_one_name_in_several_stages_a_move_that_names_it_asks_for_one() -> None:
    task = {"tasks": {"call": None}}
    document = plan(stages={"begun": task, "on": task, "closed": {"final": True}})
    document["transitions"][2] = {"trigger": "close", "from": "*", "to": "closed", "requires": {"tasks": ["call"]}}
    case = Case(document)
    assert "crisisctl task done call" in case.refused(ask.Advance("close"))
    case.do(ask.ChangeTask("call", "done"), GO, ask.Advance("close"))
    assert not case.incident.open


def test_a_fact_that_a_move_needs_must_be_known_confirmed_and_not_retracted() -> None:
    case = Case(going(requires={"facts": ["count", "cause"]}))
    said = case.refused(GO)
    assert "fact count is not known (How many?): crisisctl fact set count VALUE" in said
    assert "fact cause is not known: crisisctl fact set cause VALUE" in said
    case.do(ask.SetFact("cause", "a leak"), ask.SetFact("count", "7", "unconfirmed"))
    said = case.refused(GO)
    assert "cause" not in said
    assert "fact count is not confirmed: crisisctl fact confirm count" in said
    case.do(ask.SetFact("count", "7"), ask.RetractFact("cause", "it was not one"))
    assert "fact cause is not known" in case.refused(GO)
    case.do(ask.SetFact("cause", "a flood"), GO)


def test_a_role_that_a_move_needs_must_be_held_by_somebody() -> None:
    case = Case(going(requires={"roles": ["lead", "legal"]}))
    assert case.refused(GO).endswith("yet:\nsomebody must hold legal: crisisctl assign legal PERSON")
    case.do(ask.Assign("legal", "lena"), GO)


def test_a_deputy_does_not_fill_the_seat_that_a_move_needs() -> None:
    roles = {"lead": {"deputy": "second"}, "second": None, "legal": None}
    case = Case(going(requires={"roles": ["lead"]}) | {"roles": roles})
    case.do(ask.Assign("second", "dana"), ask.Release("lead"))
    assert "somebody must hold lead: crisisctl assign lead PERSON" in case.refused(GO)


def test_a_stage_that_a_move_needs_must_be_active() -> None:
    moves = [
        {"trigger": "tell", "from": "both.left.a", "to": "both.left.b"},
        {
            "trigger": "end",
            "from": "both",
            "to": "closed",
            "requires": {"stages": ["both.left.b", "both.right", "both.left", "both"]},
        },
    ]
    regions = {"left": {"initial": "a", "stages": {"a": None, "b": None}}, "right": None}
    stages = {"both": {"parallel": True, "stages": regions}, "begun": None, "closed": {"final": True}}
    case = Case(plan(stages=stages, initial="both", transitions=moves))
    assert case.refused(ask.Advance("end")).endswith(
        "yet:\nstage both.left.b must be reached first: crisisctl advance tell"
    )
    case.do(ask.Advance("tell"), ask.Advance("end"))
    assert not case.incident.open


def test_a_stage_to_which_no_move_leads_is_named_without_a_command() -> None:
    case = Case(going(requires={"stages": ["closed"]}))
    assert case.refused(GO).endswith("\nstage closed must be reached first")


@pytest.mark.parametrize("wanted", ["drafted", "submitted", "approved", "published"])
def test_a_statement_that_a_move_needs_must_be_that_far(wanted: str) -> None:
    case = Case(going(requires={"statements": {"words": wanted}}))
    case.do(ask.Assign("legal", "dana"), ask.Assign("scribe", "sam"))
    ways: list[tuple[str, str, ask.Command]] = [
        ("it has no draft", "draft", ask.Draft("words", "Water.")),
        ("it is drafted", "submit", ask.Submit("words")),
        ("it is submitted", "approve", ask.Approve("words")),
        ("it is approved", "publish", ask.Publish("words", text_digest("Water."))),
    ]
    for now, verb, command in ways[: ["drafted", "submitted", "approved", "published"].index(wanted) + 1]:
        said = case.refused(GO)
        assert said.endswith(f"\nstatement words must be {wanted}, {now}: crisisctl statement {verb} words")
        case.do(command, who="sam" if verb == "draft" else "dana")
    case.do(GO)


def test_a_statement_that_was_rejected_is_not_even_drafted() -> None:
    case = Case(going(requires={"statements": {"words": "drafted"}}))
    case.do(ask.Assign("legal", "dana"))
    case.do(ask.Draft("words", "Water."), who="sam")
    case.do(ask.Submit("words"), ask.Reject("words", "too short"))
    assert case.refused(GO).endswith("it is rejected: crisisctl statement draft words")


def test_a_statement_once_published_counts_as_published_while_it_is_written_anew() -> None:
    case = Case(going(requires={"statements": {"words": "published"}}))
    case.do(ask.Assign("legal", "dana"))
    case.publish("words", "Water.")
    case.do(ask.Draft("words", "More water."), GO)


def test_a_statement_that_is_half_out_counts_as_approved_but_not_as_published() -> None:
    document = going(requires={"statements": {"words": "approved"}})
    document["statements"]["words"]["audiences"] = ["employees", "press"]
    document["transitions"].append(
        {"trigger": "wait", "from": "begun", "to": "on", "requires": {"statements": {"words": "published"}}}
    )
    case = Case(document)
    case.do(ask.Assign("legal", "dana"))
    case.publish("words", "Water.", "employees")
    assert case.refused(ask.Advance("wait")).endswith("it is publishing: crisisctl statement publish words")
    case.do(GO)


def test_only_the_roles_named_may_take_a_move() -> None:
    case = Case(going(by=["legal", "scribe"]))
    case.do(ask.Assign("legal", "lena"), ask.Assign("scribe", "sam"), ask.Assign("scribe", "sol", add=True))
    said = case.refused(GO)
    assert said.endswith("only legal or scribe may (lena, sam, sol); in an emergency: --override --because WHY")
    assert case.do(GO, who="sol")[0].role == "scribe"


def test_when_nobody_holds_a_role_that_may_the_sentence_says_how_to_give_it() -> None:
    assert "only legal may: crisisctl assign legal PERSON; in an emergency" in Case(going(by=["legal"])).refused(GO)


def test_anyone_who_holds_a_role_may_take_a_move_that_names_none() -> None:
    case = Case(going())
    said = case.refused(GO, who="sam")
    assert said.endswith("sam holds no role: crisisctl assign lead sam, or act as another: --as PERSON")
    case.do(ask.Assign("scribe", "sam"))
    assert case.do(GO, who="sam")[0].role == "scribe"


def test_a_person_may_say_in_which_role_they_act_and_must_hold_it() -> None:
    case = Case(going(by=["lead", "legal"]))
    case.do(ask.Assign("legal", "dana"), ask.Assign("scribe", "dana"))
    assert "only lead or legal may" in case.refused(GO, role="scribe")
    assert "sam does not hold legal: crisisctl assign legal sam" in case.refused(GO, who="sam", role="legal")
    assert "There is no role 'legl'. Did you mean legal" in case.refused(GO, role="legl", kind=NotFound)
    assert case.do(GO, role="legal")[0].role == "legal"


def test_a_deputy_is_not_the_role_itself() -> None:
    document = going(by=["lead"]) | {"roles": {"lead": {"deputy": "second"}, "second": None, "legal": None}}
    case = Case(document)
    case.do(ask.Assign("second", "sam"), ask.Release("lead"))
    assert "only lead may" in case.refused(GO, who="sam")


def test_a_reason_that_a_move_asks_for_must_be_given_and_say_something() -> None:
    case = Case(going(because="required"))
    assert case.refused(GO).endswith("yet:\na reason: --because WHY")
    assert "a reason" in case.refused(ask.Advance("go", ""))
    assert case.refused(ask.Advance("go", "  ")) == "The reason is empty."
    assert case.do(ask.Advance("go", "  it rains "))[0].word("because") == "it rains"


def test_everything_that_is_missing_is_said_at_once() -> None:
    case = Case(going(by=["legal"], because="required", requires={"facts": ["count"], "roles": ["scribe"]}))
    assert len(case.refused(GO).splitlines()) == 5


def test_an_override_lifts_the_rule_of_roles_and_is_logged_first() -> None:
    case = Case(going(by=["legal"], because="required"))
    said = case.do(ask.Advance("go", "nobody is there", override=True))
    assert [entry.type for entry in said] == ["role.overridden", "incident.advanced", "stage.left", "stage.entered"]
    assert said[0].data == {"trigger": "go", "by": ["legal"]}
    assert said[0].word("because") == "nobody is there"


def test_an_override_needs_its_reason() -> None:
    case = Case(going(by=["legal"]))
    assert "An override needs its reason: --because WHY" in case.refused(ask.Advance("go", override=True))


def test_an_override_lifts_nothing_but_the_rule_of_roles() -> None:
    case = Case(going(by=["legal"], requires={"facts": ["count"]}))
    said = case.refused(ask.Advance("go", "now", override=True))
    assert said.endswith("yet:\nfact count is not known (How many?): crisisctl fact set count VALUE")


def test_an_override_that_was_not_needed_is_none() -> None:
    case = Case(going(by=["lead"]))
    assert case.do(ask.Advance("go", "to be safe", override=True))[0].type == "incident.advanced"


WINDING = plan(
    stages={
        "begun": None,
        "on": None,
        "far": {"initial": "near", "stages": {"near": {"tasks": {"lamp": None}}, "end": None}},
        "closed": {"final": True},
    },
    transitions=[
        {"trigger": "jump", "from": "on", "to": "far.end"},
        {"trigger": "walk", "from": "begun", "to": "on"},
        {"trigger": "turn", "from": "on", "to": "far"},
        {"trigger": "go", "from": ["begun", "on"], "to": "closed", "requires": {"stages": ["far.end"]}},
        {"trigger": "close", "from": ["begun", "on"], "to": "closed", "requires": {"tasks": ["lamp"]}},
        {"trigger": "back", "from": "far", "to": "closed", "requires": {"stages": ["begun"]}},
    ],
)


def test_the_way_to_a_stage_begins_with_a_move_that_leads_there_from_here() -> None:
    case = Case(WINDING)
    assert case.refused(GO).endswith("\nstage far.end must be reached first: crisisctl advance walk")
    case.do(ask.Advance("walk"))
    assert case.refused(GO).endswith("\nstage far.end must be reached first: crisisctl advance jump")
    case.do(ask.Advance("turn"))
    said = case.refused(ask.Advance("back"))
    assert said.endswith("\nstage begun must be reached first"), "no way leads back"


def test_a_task_of_another_stage_is_told_with_the_way_there() -> None:
    case = Case(WINDING)
    assert case.refused(ask.Advance("close")).endswith(
        "\ntask lamp (lamp) is open, in stage far.near: crisisctl advance walk"
    )
    case.do(ask.Advance("walk"))
    assert case.refused(ask.Advance("close")).endswith("in stage far.near: crisisctl advance turn")


def test_who_may_is_named_once_though_they_hold_several_of_the_roles() -> None:
    case = Case(going(by=["legal", "scribe"]))
    case.do(ask.Assign("legal", "lena"), ask.Assign("scribe", "lena"))
    assert "only legal or scribe may (lena); in an emergency" in case.refused(GO)
