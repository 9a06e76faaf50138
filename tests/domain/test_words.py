"""Tasks, notes, decisions, facts, severity, and what is erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.repeats import LEAVES, repeats
from tests.domain.conftest import START, Case, plan

TASKS = plan(
    stages={
        "begun": {
            "tasks": {"call": {"role": "lead"}, "sweep": None},
            "parallel": True,
            "stages": {"a": {"tasks": {"look": None}}, "b": {"tasks": {"look": None, "listen": None}}},
        },
        "on": {"tasks": {"write": None}},
        "closed": {"final": True},
    }
)
FACTS = plan(
    facts={
        "count": {"type": "integer"},
        "leak": {"type": "boolean"},
        "cause": None,
        "seen": {"type": "datetime"},
        "where": {"type": "choice", "choices": ["cellar", "roof"]},
    }
)


def test_a_task_is_done_reopened_and_skipped() -> None:
    case = Case(TASKS)
    steps = [("done", None, "task.done"), ("open", None, "task.reopened"), ("skipped", "no phone", "task.skipped")]
    for to, because, kind in steps:
        (entry,) = case.do(ask.ChangeTask("call", to, because))
        assert (entry.type, entry.data, entry.word("because")) == (kind, {"task": "call", "stage": "begun"}, because)
        assert case.incident.task_state(case.incident.playbook.tasks["begun/call"]) == to


def test_a_task_keeps_the_reason_that_was_given_though_none_was_asked_for() -> None:
    (entry,) = Case(TASKS).do(ask.ChangeTask("call", "done", " they know "))
    assert entry.word("because") == "they know"


def test_a_task_is_skipped_with_a_reason_or_not_at_all() -> None:
    case = Case(TASKS)
    assert case.refused(ask.ChangeTask("call", "skipped")) == "Skipping call needs a reason: --because WHY"
    assert case.refused(ask.ChangeTask("call", "skipped", " ")) == "The reason is empty."


def test_a_task_that_is_so_already_stays_as_it_is() -> None:
    case = Case(TASKS)
    assert case.refused(ask.ChangeTask("call", "open")) == "Task call is open already."
    case.do(ask.ChangeTask("call", "done"))
    assert case.refused(ask.ChangeTask("call", "done")) == "Task call is done already."


def test_a_task_whose_name_several_stages_have_is_named_with_its_stage() -> None:
    case = Case(TASKS)
    said = case.refused(ask.ChangeTask("look", "done"), kind=Refused)
    assert said == "Several stages have a task look. Say which: begun.a/look, begun.b/look"
    (entry,) = case.do(ask.ChangeTask("begun.b/look", "done"))
    assert entry.data == {"task": "look", "stage": "begun.b"}
    assert case.incident.tasks == {"begun.b/look": "done"}


@pytest.mark.parametrize("name", ["write", "on/write"])
def test_a_task_of_another_stage_is_not_done_here(name: str) -> None:
    said = Case(TASKS).refused(ask.ChangeTask(name, "done"), kind=Refused)
    assert said == f"Task {name} belongs to stage on, where INC-1 does not stand now."


def test_a_task_that_nobody_knows_offers_the_nearest_one_here() -> None:
    said = Case(TASKS).refused(ask.ChangeTask("sweeep", "done"), kind=NotFound)
    assert said == "There is no task here 'sweeep'. Did you mean sweep?"


def test_a_note_is_kept_as_it_was_typed() -> None:
    (entry,) = Case(plan()).do(ask.AddNote("  water\n\tin the cellar\n"))
    assert (entry.type, dict(entry.data), entry.word("text")) == ("note.added", {}, "water\n\tin the cellar")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", "The note is empty."),
        ("x" * 65_537, "The note has 65,537 characters; at most 65,536 are kept. Shorten it."),
        ("go\u202eback", "The note has ⟨U+202E⟩ at character 3, which nobody can see. Remove it and try again."),
        ("bell\x07", "The note has \\x07 at character 5, which nobody can see. Remove it and try again."),
    ],
)
def test_a_note_that_could_not_be_read_is_refused(text: str, said: str) -> None:
    assert Case(plan()).refused(ask.AddNote(text)) == said


def test_a_decision_keeps_its_reason_its_options_and_who_disagreed() -> None:
    (entry,) = Case(plan()).do(ask.LogDecision("stay", "it is dry", ("go", "wait"), ("sam: go",)))
    assert entry.type == "decision.logged"
    assert entry.data == {"options": 2, "dissent": 1}
    said = {"text": "stay", "because": "it is dry", "option_1": "go", "option_2": "wait", "dissent_1": "sam: go"}
    assert {name: word.value for name, word in entry.words.items()} == said


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (ask.LogDecision("", "dry"), "The decision"),
        (ask.LogDecision("stay", ""), "The reason"),
        (ask.LogDecision("stay", "dry", ("",)), "The option"),
        (ask.LogDecision("stay", "dry", (), ("ok", "")), "The dissent"),
    ],
)
def test_no_part_of_a_decision_may_be_empty(command: ask.LogDecision, what: str) -> None:
    assert Case(plan()).refused(command) == f"{what} is empty."


def test_a_fact_is_known_with_its_source_and_known_better_later() -> None:
    case = Case(FACTS)
    (first,) = case.do(ask.SetFact("count", "1,200", "unconfirmed", " sam "))
    assert (first.type, first.data) == ("fact.set", {"fact": "count", "status": "unconfirmed"})
    assert [*case.incident.facts["count"]][:5] == ["1200", "unconfirmed", "sam", first.version, None]
    (second,) = case.do(ask.SetFact("count", "1300"))
    assert [*case.incident.facts["count"]][:5] == ["1300", "confirmed", None, second.version, "dana"]


def test_a_fact_that_was_retracted_keeps_its_value_and_may_be_set_again() -> None:
    case = Case(FACTS)
    (said,) = case.do(ask.SetFact("leak", "yes"), ask.RetractFact("leak", "it was dew"))
    assert (said.type, said.data, said.word("because")) == ("fact.retracted", {"fact": "leak"}, "it was dew")
    assert case.incident.facts["leak"].value == "true"
    assert case.incident.facts["leak"].status == "retracted"
    assert case.refused(ask.RetractFact("leak", "twice")) == "leak is retracted already."
    case.do(ask.SetFact("leak", "no"))
    assert case.incident.facts["leak"][:2] == ("false", "confirmed")


@pytest.mark.parametrize(
    ("command", "kind", "said"),
    [
        (ask.SetFact("cuont", "3"), NotFound, "There is no fact 'cuont'. Did you mean count"),
        (ask.SetFact("count", "3", "retracted"), Refused, "A fact is unconfirmed or confirmed, not 'retracted'."),
        (ask.SetFact("count", "3", "sure"), Refused, "To take it back: fact retract."),
        (ask.SetFact("count", "some"), Refused, "count is a whole number"),
        (ask.SetFact("where", "attic"), Refused, "where is one of cellar, roof, not 'attic'."),
        (ask.SetFact("seen", "at noon"), Refused, "'at noon' is not a time."),
        (ask.SetFact("leak", "perhaps"), Refused, "leak is yes or no, not 'perhaps'."),
        (ask.SetFact("cause", " "), Refused, "The value of cause is empty."),
        (ask.SetFact("cause", "rain", source="\x00"), Refused, "The source has \\x00"),
        (ask.RetractFact("count", "no"), NotFound, "There is no fact set in this incident 'count'. There is none yet."),
    ],
)
def test_a_fact_that_does_not_fit_is_refused(command: ask.Command, kind: type[Refused], said: str) -> None:
    assert said in Case(FACTS).refused(command, kind=kind)


def test_the_severity_goes_up_and_down_with_a_reason() -> None:
    case = Case(plan())
    (entry,) = case.do(ask.ChangeSeverity("sev2", "only one house"))
    assert (entry.type, entry.data) == ("severity.changed", {"from": "sev1", "to": "sev2"})
    assert entry.word("because") == "only one house"
    assert case.incident.severity == "sev2"
    assert case.refused(ask.ChangeSeverity("sev2", "again")) == "INC-1 is sev2 already."
    assert "There is no severity 'sev7'" in case.refused(ask.ChangeSeverity("sev7", "worse"), kind=NotFound)
    assert case.refused(ask.ChangeSeverity("sev1", "")) == "The reason is empty."


def test_a_redaction_names_the_entry_and_its_fields_and_says_why() -> None:
    case = Case(plan())
    (entry,) = case.do(ask.AddNote("her name is Ada"), ask.Redact(4, ("text", "because"), "a name"))
    assert (entry.type, entry.data) == ("entry.redacted", {"version": 4, "fields": ["because", "text"]})
    assert entry.word("because") == "a name"
    assert case.refused(ask.Redact(4, ("text",), "")) == "The reason is empty."


@pytest.mark.parametrize("version", [0, -1, 4])
def test_an_entry_that_does_not_exist_cannot_be_redacted(version: int) -> None:
    said = Case(plan()).refused(ask.Redact(version, ("text",), "a name"), kind=NotFound)
    assert said == f"INC-1 has no entry {version}; its entries are 1 to 3."


def test_a_task_is_not_done_before_its_stage_was_entered() -> None:
    case = Case(plan(stages={"begun": None, "on": {"tasks": {"call": None}}, "closed": {"final": True}}))
    case.tick(minutes=5)
    case.do(ask.Advance("go"))
    done = ask.ChangeTask("call", "done")
    said = case.refused(done, at=START + timedelta(minutes=4))
    assert said.startswith("2026-03-28 22:04:00 UTC is before stage on was entered (2026-03-28 22:05:00 UTC).")
    case.do(done, at=START + timedelta(minutes=5))


REPEATS: list[tuple[dict[str, Any], ask.Command, list[ask.Command]]] = [
    (
        FACTS,
        ask.SetFact("count", "7"),
        [ask.SetFact("cause", "7"), ask.RetractFact("count", "x"), ask.AddNote("count")],
    ),
    (TASKS, ask.ChangeTask("call", "done"), [ask.ChangeTask("sweep", "done"), ask.ChangeTask("call", "skipped", "x")]),
    (TASKS, ask.AddNote(" first\r\n"), [ask.AddNote("second"), ask.LogDecision("first", "why")]),
    (TASKS, ask.LogDecision("so", "why"), [ask.LogDecision("so", "because"), ask.LogDecision("no", "why")]),
    (
        plan(),
        ask.Assign("legal", "lena"),
        [ask.Assign("legal", "lou"), ask.Assign("scribe", "lena"), ask.Release("legal")],
    ),
    (plan(), ask.Assign("lead", "lena"), [ask.Assign("legal", "lena")]),
    (plan(), ask.ChangeSeverity("sev2", "x"), [ask.ChangeSeverity("sev1", "x"), ask.ChangeSeverity("sev2", "y")]),
    (plan(), ask.Advance("go"), [ask.Advance("back"), ask.Reopen("x")]),
]


@pytest.mark.parametrize(("book", "command", "others"), REPEATS, ids=[type(row[1]).__name__ for row in REPEATS])
def test_a_command_is_a_repeat_of_itself_and_of_no_other(
    book: dict[str, Any], command: ask.Command, others: list[ask.Command]
) -> None:
    first = Case(book).do(command)[0]
    assert repeats(command, "dana", first)
    assert not repeats(command, "lena", first)
    assert [other for other in others if repeats(other, "dana", first)] == []


def test_every_command_says_what_it_leaves() -> None:
    asked = {kind for kind in vars(ask).values() if isinstance(kind, type) and issubclass(kind, tuple)}
    assert set(LEAVES) == {kind for kind in asked if kind.__module__ == ask.__name__}
