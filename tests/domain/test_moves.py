"""Opening, moving, closing and reopening."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import Invalid, NotFound, Refused
from crisisctl.domain.moves import machine
from crisisctl.domain.playbook import build
from tests.domain.conftest import START, Case, plan

GO = ask.Advance("go")


def going(**move: Any) -> dict[str, Any]:
    """A playbook whose one move, from `begun` to `on`, has these conditions."""
    return plan(
        facts={"count": {"type": "integer", "ask": "How many?"}, "cause": None},
        statements={"words": {"template": "w.md", "audiences": ["press"], "channels": ["x"], "approvals": ["legal"]}},
        transitions=[{"trigger": "go", "from": "begun", "to": "on", **move}],
    )


def test_of_several_moves_with_one_trigger_the_first_that_may_be_taken_is() -> None:
    moves = [
        {"trigger": "go", "from": "begun", "to": "closed", "requires": {"facts": ["count"]}},
        {"trigger": "go", "from": "begun", "to": "on", "requires": {"roles": ["legal"]}},
        {"trigger": "go", "from": "on", "to": "closed"},
    ]
    case = Case(going() | {"transitions": moves})
    assert "fact count" in case.refused(GO)  # neither may: the first one tells what it needs
    case.do(ask.Assign("legal", "lena"), GO)
    assert case.incident.stages == ("on",)
    case.do(GO)
    assert not case.incident.open


def test_an_override_takes_the_move_that_only_roles_hold_up() -> None:
    moves = [
        {"trigger": "go", "from": "begun", "to": "closed", "requires": {"facts": ["count"]}},
        {"trigger": "go", "from": "begun", "to": "on", "by": ["legal"]},
    ]
    case = Case(going() | {"transitions": moves})
    assert case.do(ask.Advance("go", "now", override=True))[0].data["by"] == ["legal"]
    assert case.incident.stages == ("on",)


def test_a_trigger_that_leads_nowhere_from_here_offers_those_that_do() -> None:
    case = Case(plan())
    assert case.refused(ask.Advance("back")) == "back does not lead anywhere from begun. Moves from here: go, close."
    said = case.refused(ask.Advance("bak"), kind=NotFound)
    assert said == "There is no move 'bak'. Did you mean back? crisisctl status shows the moves from here."
    dead_end = Case(plan(transitions=[{"trigger": "go", "from": "on", "to": "closed"}]))
    assert dead_end.refused(GO).endswith("Moves from here: none.")


def test_a_move_is_told_with_what_it_left_and_entered_and_each_stage_by_itself() -> None:
    inner = {"initial": "one", "stages": {"one": None, "two": None}}
    stages = {"begun": None, "on": inner, "closed": {"final": True}}
    case = Case(plan(stages=stages))
    advanced, *rest = case.do(GO)
    assert advanced.type == "incident.advanced"
    entered = ["on", "on.one"]
    assert advanced.data == {"trigger": "go", "to": "on", "left": ["begun"], "entered": entered, "stages": ["on.one"]}
    assert [(entry.type, entry.data["stage"]) for entry in rest] == [
        ("stage.left", "begun"),
        ("stage.entered", "on"),
        ("stage.entered", "on.one"),
    ]


EVERY_OTHER = (
    ask.Advance("close"),
    ask.Assign("legal", "lena"),
    ask.Release("lead"),
    ask.Acknowledge(),
    ask.Snooze(timedelta(hours=1), "sleep"),
    ask.ChangeTask("call", "done"),
    ask.SetFact("count", "3"),
    ask.RetractFact("count", "no"),
    ask.ChangeSeverity("sev2", "calm"),
    ask.Draft("words", "Water."),
    ask.Submit("words"),
    ask.Approve("words"),
    ask.Reject("words", "no"),
    ask.Publish("words", ""),
)


@pytest.mark.parametrize("command", EVERY_OTHER, ids=lambda command: type(command).__name__)
def test_a_closed_incident_refuses_and_says_how_to_go_on(command: ask.Command) -> None:
    case = Case(plan())
    case.do(ask.Advance("close"))
    assert case.refused(command) == "INC-1 is closed. To go on: crisisctl reopen -i INC-1 --because WHY"


def test_a_closed_incident_still_takes_notes_decisions_and_redactions() -> None:
    case = Case(plan())
    case.do(ask.Advance("close"), ask.AddNote("dry again"), ask.LogDecision("learn", "it hurt"))
    case.do(ask.Redact(1, ("title",), "a name"))
    assert case.types[-3:] == ["note.added", "decision.logged", "entry.redacted"]


def test_an_incident_is_closed_by_a_final_stage_at_the_top_and_by_no_other() -> None:
    inner = {"initial": "a", "stages": {"a": None, "z": {"final": True}}}
    moves = [
        {"trigger": "go", "from": "begun.a", "to": "begun.z"},
        {"trigger": "back", "from": "begun", "to": "begun.a"},
        {"trigger": "close", "from": "begun", "to": "closed"},
    ]
    document = plan(stages={"begun": inner, "closed": {"final": True}}, transitions=moves)
    case = Case(document)
    *_, entered = case.do(GO)
    assert entered.data == {"stage": "begun.z", "visit": 1}
    assert case.incident.open
    case.do(ask.Advance("back"))
    case.tick(minutes=5)
    case.do(ask.Advance("close"))
    assert case.incident.closed_at == START + timedelta(minutes=5)


def test_reopening_goes_back_to_the_stages_before_the_close_as_new_visits() -> None:
    regions = {name: {"initial": "a", "stages": {"a": None, "b": None}} for name in ("left", "right")}
    moves = [
        {"trigger": "go", "from": "both.left.a", "to": "both.left.b"},
        {"trigger": "close", "from": "*", "to": "closed"},
    ]
    stages = {"both": {"parallel": True, "stages": regions}, "closed": {"final": True}}
    case = Case(plan(stages=stages, initial="both", transitions=moves))
    case.do(GO)
    case.tick(hours=1)
    case.do(ask.Advance("close"))
    before = dict(case.incident.visits)
    case.tick(hours=1)
    reopened, left, *entered = case.do(ask.Reopen("it rains again"))
    assert (reopened.type, reopened.data) == ("incident.reopened", {"stages": ["both.left.b", "both.right.a"]})
    assert reopened.word("because") == "it rains again"
    assert (left.type, left.data["stage"]) == ("stage.left", "closed")
    assert [entry.data["stage"] for entry in entered] == [
        *("both", "both.left", "both.left.b", "both.right", "both.right.a")
    ]
    assert case.incident.open
    assert case.incident.stages == ("both.left.b", "both.right.a")
    for path in ("both", "both.left", "both.left.b", "both.right", "both.right.a"):
        assert case.incident.visits[path].number == before[path].number + 1
        assert case.incident.visits[path].entered_at == case.now
    assert case.incident.visits["both.left.a"] == before["both.left.a"]
    case.do(ask.Advance("close"))
    assert case.incident.before_close == ("both.left.b", "both.right.a")


def test_an_incident_that_is_open_cannot_be_reopened() -> None:
    assert Case(plan()).refused(ask.Reopen("again")) == "INC-1 is open already."


def test_a_stage_cannot_be_left_before_it_was_entered() -> None:
    case = Case(plan())
    case.tick(hours=1)
    case.do(GO)
    case.tick(hours=1)
    said = case.refused(ask.Advance("back"), at=START + timedelta(minutes=59))
    assert said.startswith("2026-03-28 22:59:00 UTC is before stage on was entered (2026-03-28 23:00:00 UTC).")
    case.do(ask.Advance("close"), at=START + timedelta(minutes=60))
    assert case.incident.closed_at == START + timedelta(hours=1)


def test_an_incident_cannot_be_reopened_before_it_was_closed() -> None:
    case = Case(plan())
    case.tick(hours=1)
    case.do(ask.Advance("close"))
    case.tick(hours=1)
    assert "is before stage closed was entered" in case.refused(ask.Reopen("again"), at=START + timedelta(minutes=30))


def test_nothing_but_words_can_be_dated_before_the_opening() -> None:
    case = Case(plan(facts={"count": {"type": "integer"}}))
    before = START - timedelta(hours=1)
    said = case.refused(ask.SetFact("count", "3"), at=before)
    assert said == ("2026-03-28 21:00:00 UTC is before INC-1 was opened (2026-03-28 22:00:00 UTC). Give a later --at.")
    case.do(ask.AddNote("heard a drip"), ask.LogDecision("sleep on it", "late"), at=before)
    assert case.entries[-1].occurred_at == before


def test_the_opener_takes_the_first_role_and_the_incident_the_highest_severity() -> None:
    case = Case(plan())
    assert case.incident.roles == {"lead": ("dana",)}
    assert case.incident.severity == "sev1"
    assert (case.incident.drill, case.incident.title, case.incident.opened_at) == (False, "Water", START)
    assert case.types == ["incident.opened", "role.assigned", "stage.entered"]


def test_an_opening_may_say_more() -> None:
    document = going()
    seats = (("legal", "lena"), ("lead", "sam"), ("lead", "sol"), ("lead", "sam"))
    case = Case(document, severity="sev2", assign=seats, facts=(("count", "1,200"),), drill=True, title="Deep water")
    assert case.incident.roles == {"lead": ("sam", "sol"), "legal": ("lena",)}
    assert case.incident.severity == "sev2"
    assert case.incident.facts["count"].value == "1200"
    assert case.incident.facts["count"].status == "confirmed"
    assert case.incident.drill


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ({"severity": "sev9"}, NotFound, "There is no severity 'sev9'. Did you mean sev2, sev1?"),
        ({"assign": (("lgal", "lena"),)}, NotFound, "There is no role 'lgal'. Did you mean legal, lead?"),
        ({"facts": (("cont", "3"),)}, NotFound, "There is no fact 'cont'. Did you mean count?"),
        ({"facts": (("count", "many"),)}, Refused, "count is a whole number, such as 1200; 'many' is not."),
        ({"title": " "}, Refused, "The title is empty."),
        ({"title": "a\x1b[2J"}, Refused, "The title has \\x1b at character 2, which nobody can see."),
    ],
)
def test_an_opening_that_does_not_fit_is_refused(how: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        Case(going(), **how)
    assert said in str(caught.value)


def test_the_stage_machine_of_a_playbook_is_built_once_and_never_mistaken_for_another() -> None:
    many = [build(plan(initial=["begun", "on"][n % 2])) for n in range(40)]
    assert machine(many[0]) is machine(many[0])
    assert [machine(playbook).start().active for playbook in many] == [(book.initial,) for book in many]
    assert [machine(playbook).start().active for playbook in many[::-1]] == [(book.initial,) for book in many[::-1]]


def test_a_duration_that_is_none_stops_a_playbook_from_being_built() -> None:
    with pytest.raises(Invalid, match="'soon' is not a duration"):
        build(plan(stages={"begun": {"tasks": {"call": {"due": "soon"}}}}))
