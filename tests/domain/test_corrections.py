"""Facts that change after they were published: what is wrong is named at once, and a task stays until it is right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.evolve import replay
from crisisctl.domain.incident import Correction, Question
from tests.domain.conftest import START, Case, plan

FACTS = {"count": {"type": "integer", "ask": "How many?"}, "cause": None, "seen": {"type": "datetime"}}
SPEECH = {
    "holding": {"template": "h.md", "audiences": ["employees", "press"]},
    "update": {"template": "u.md", "audiences": ["press"]},
}
BOOK = plan(facts=FACTS, statements=SPEECH)


def say(case: Case, statement: str, text: str, *names: str, correcting: str | None = None, to: Any = ()) -> Entry:
    """Bring out a text that uses these facts."""
    used = {name: case.incident.facts[name].version for name in names}
    case.do(ask.Draft(statement, text, used, correcting), who="sam")
    case.do(ask.Submit(statement))
    entry: Entry = case.do(ask.Publish(statement, text_digest(text), to))[-1]
    return entry


@pytest.fixture
def case() -> Case:
    """An incident whose holding statement says how many, in public."""
    case = Case(BOOK)
    case.do(ask.SetFact("count", "1200"), ask.SetFact("cause", "rain"))
    say(case, "holding", "1200 are affected.", "count")
    return case


def tasks(case: Case) -> dict[str, str]:
    return {task.id: case.incident.task_state(task) for task in case.incident.here()}


def test_a_fact_that_was_unconfirmed_is_confirmed_by_somebody_and_keeps_its_version() -> None:
    case = Case(BOOK)
    (said,) = case.do(ask.SetFact("count", "1200", "unconfirmed", "a reporter"))
    assert case.incident.facts["count"].by is None
    (entry,) = case.do(ask.ConfirmFact("count", "the database team"), who="lee")
    assert (entry.type, entry.data, entry.word("source")) == ("fact.confirmed", {"fact": "count"}, "the database team")
    assert [*case.incident.facts["count"]][:5] == ["1200", "confirmed", "the database team", said.version, "lee"]


def test_the_same_value_set_again_is_the_same_version_to_the_texts_that_used_it() -> None:
    case = Case(BOOK)
    (said,) = case.do(ask.SetFact("count", "1200", "unconfirmed"))
    (again,) = case.do(ask.SetFact("count", "1,200"), who="lee")
    assert again.data == {"fact": "count", "status": "confirmed", "unchanged": True}
    assert case.incident.facts["count"][1:5] == ("confirmed", None, said.version, "lee")
    (other,) = case.do(ask.SetFact("count", "1300"))
    assert case.incident.facts["count"].version == other.version


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ((), "There is no fact set in this incident 'count'"),
        ((ask.SetFact("count", "1"),), "count is confirmed already. If it is otherwise now: crisisctl fact set count"),
        ((ask.SetFact("count", "1"), ask.RetractFact("count", "no")), "count was retracted. Say what is so now"),
    ],
)
def test_what_cannot_be_confirmed_says_what_to_type(before: tuple[ask.Command, ...], said: str) -> None:
    case = Case(BOOK)
    for command in before:
        case.do(command)
    assert said in case.refused(ask.ConfirmFact("count"))


def test_a_fact_nobody_knows_of_is_not_found() -> None:
    for command in (ask.ConfirmFact("cuont"), ask.AskFact("cuont"), ask.SetFact("cuont", "1")):
        Case(BOOK).refused(command, kind=NotFound)


def test_a_question_is_open_until_the_fact_is_set_or_confirmed() -> None:
    case = Case(BOOK)
    (entry,) = case.do(ask.AskFact("count", "lee"))
    assert (entry.data, entry.word("question")) == ({"fact": "count", "of": "lee", "reached": ["lee"]}, "How many?")
    case.do(ask.AskFact("cause"))
    assert case.incident.questions == {"count": Question("dana", "lee", START), "cause": Question("dana", None, START)}
    case.do(ask.SetFact("count", "7", "unconfirmed"), who="lee")
    assert list(case.incident.questions) == ["cause"]
    case.do(ask.SetFact("cause", "rain"), ask.AskFact("cause", "lee"), ask.ConfirmFact("cause"))
    assert case.incident.questions == {}


def test_whoever_asks_himself_is_not_told() -> None:
    (entry,) = Case(BOOK).do(ask.AskFact("count", "dana"))
    assert "reached" not in entry.data
    assert "is no person's id" in Case(BOOK).refused(ask.AskFact("count", "no body"), kind=Refused)


def test_of_a_restricted_incident_only_members_are_asked() -> None:
    case = Case(BOOK, restricted=True)
    said = case.refused(ask.AskFact("count", "lee"), kind=Refused)
    assert said == "lee cannot see INC-1, and so not what is asked. First: crisisctl access grant lee -i INC-1"
    case.do(ask.Grant("lee"), ask.AskFact("count", "lee"), ask.AskFact("cause"))


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (ask.SetFact("count", "1300"), True),
        (ask.SetFact("count", "1200", "unconfirmed"), True),
        (ask.RetractFact("count", "counted twice"), True),
        (ask.SetFact("count", "1200", "confirmed", "counted again"), False),
        (ask.SetFact("cause", "snow"), False),
        (ask.RetractFact("cause", "a guess"), False),
    ],
)
def test_what_changes_a_fact_names_the_public_statements_that_used_it(
    case: Case,
    command: ask.Command,
    wrong: bool,  # noqa: FBT001 - drawn by name
) -> None:
    (entry,) = case.do(command)
    assert entry.data.get("corrects", []) == (["holding"] if wrong else [])
    assert tasks(case) == ({"correct-holding": "open"} if wrong else {})


def test_the_lead_is_told_of_what_somebody_else_makes_wrong(case: Case) -> None:
    (entry,) = case.do(ask.SetFact("count", "1300"), who="lee")
    assert entry.data["reached"] == ["dana"]
    (entry,) = case.do(ask.SetFact("count", "1400"))
    assert "reached" not in entry.data


def test_a_draft_that_is_not_out_is_not_to_be_corrected() -> None:
    case = Case(BOOK)
    case.do(ask.SetFact("count", "1200"))
    case.do(ask.Draft("holding", "1200", {"count": case.incident.facts["count"].version}))
    (entry,) = case.do(ask.SetFact("count", "1300"))
    assert "corrects" not in entry.data
    assert "fact count has changed" in case.refused(_out(case, "1200"), kind=Refused)


def _out(case: Case, text: str) -> ask.Publish:
    case.do(ask.Submit("holding"))
    return ask.Publish("holding", text_digest(text))


def test_a_statement_that_is_half_out_is_to_be_corrected_too() -> None:
    case = Case(BOOK)
    case.do(ask.SetFact("count", "1200"))
    say(case, "holding", "1200", "count", to=("employees",))
    (entry,) = case.do(ask.SetFact("count", "1300"))
    assert entry.data["corrects"] == ["holding"]


def test_every_statement_that_used_the_fact_is_named_with_all_that_changed(case: Case) -> None:
    say(case, "update", "1200, and it was rain.", "count", "cause")
    (entry,) = case.do(ask.RetractFact("cause", "a guess"), ask.SetFact("count", "1300"))
    assert entry.data["corrects"] == ["holding", "update"]
    assert case.incident.corrections["update"] == Correction(("cause", "count"), entry.version)
    (title,) = (task.title for task in case.incident.here() if task.id == "correct-update")
    assert title == "Correct update, which is public: cause, count changed"


def test_a_correction_is_a_required_task_of_the_first_role_where_the_incident_stands(case: Case) -> None:
    case.do(ask.SetFact("count", "1300"), ask.Advance("go"))
    (task,) = case.incident.here()
    assert (task.id, task.stage, task.role, task.required) == ("correct-holding", "on", "lead", True)


def test_a_correction_is_done_by_being_published_and_no_other_way(case: Case) -> None:
    case.do(ask.SetFact("count", "1300"))
    said = case.refused(ask.ChangeTask("correct-holding", "done"), kind=Refused)
    assert said == (
        "correct-holding is done when the correction is public: crisisctl statement correct holding --because WHY, "
        "and publish it. If what is public may stand: crisisctl task skip correct-holding --because WHY"
    )
    case.do(ask.Draft("holding", "1300", {"count": case.incident.facts["count"].version}, "it is more"), who="sam")
    case.do(ask.Submit("holding"))
    assert tasks(case) == {"correct-holding": "open"}
    case.do(ask.Publish("holding", text_digest("1300"), ("employees",)))
    assert tasks(case) == {"correct-holding": "open"}, "the press still reads the old one"
    case.do(ask.Publish("holding", text_digest("1300")))
    assert tasks(case) == {"correct-holding": "done"}
    for to in ("open", "skipped"):
        said = case.refused(ask.ChangeTask("correct-holding", to, "x"))
        assert said in ("correct-holding is done: the correction is public.", "Task correct-holding is done already.")


def test_a_text_written_before_the_fact_changed_corrects_nothing(case: Case) -> None:
    case.do(ask.Draft("holding", "We know more soon."), who="sam")
    case.do(ask.SetFact("count", "1300"), ask.Submit("holding"))
    case.do(ask.Publish("holding", text_digest("We know more soon.")))
    assert tasks(case) == {"correct-holding": "open"}


def test_a_correction_can_be_given_up_for_a_reason_and_taken_up_again(case: Case) -> None:
    case.do(ask.SetFact("count", "1300"))
    assert case.refused(ask.ChangeTask("correct-holding", "skipped")).startswith("Skipping correct-holding needs")
    (entry,) = case.do(ask.ChangeTask("correct-holding", "skipped", "nobody reads it"))
    assert entry.data == {"task": "correct-holding", "stage": "begun", "correction": "holding"}
    assert tasks(case) == {"correct-holding": "skipped"}
    case.do(ask.ChangeTask("correct-holding", "open"))
    assert tasks(case) == {"correct-holding": "open"}
    case.do(ask.ChangeTask("correct-holding", "skipped", "after all"), ask.SetFact("count", "1400"))
    assert tasks(case) == {"correct-holding": "open"}, "what changes again is to be corrected anew"


def test_a_correction_holds_up_the_end_and_no_other_move(case: Case) -> None:
    case.do(ask.SetFact("count", "1300"), ask.Advance("go"))
    said = case.refused(ask.Advance("close"), kind=Refused)
    assert "task correct-holding (Correct holding, which is public: count changed) is open" in said
    assert "crisisctl statement correct holding --because WHY" in said
    case.do(ask.ChangeTask("correct-holding", "skipped", "nobody reads it"), ask.Advance("close"))


def test_a_timer_is_not_trapped_by_a_correction_but_does_not_close_over_it() -> None:
    call = {"steps": [{"after": "5m", "notify": ["lead"], "advance": "go"}]}
    end = {"steps": [{"after": "5m", "notify": ["lead"], "advance": "close"}]}
    stages = {"begun": {"escalation": "call"}, "on": {"escalation": "end"}, "closed": {"final": True}}
    case = Case(BOOK | {"escalations": {"call": call, "end": end}, "stages": stages})
    case.do(ask.SetFact("count", "1200"))
    say(case, "holding", "1200", "count")
    case.do(ask.SetFact("count", "1300"))
    types = [entry.type for entry in case.wait(minutes=10)]
    assert case.incident.stages == ("on",)
    assert types == ["escalation.fired", "incident.advanced", "stage.left", "stage.entered",
                     "escalation.fired", "escalation.blocked"]  # fmt: skip


CHANGES = st.one_of(
    st.builds(
        ask.SetFact, st.just("count"), st.sampled_from(["1", "2"]), st.sampled_from(["confirmed", "unconfirmed"])
    ),
    st.just(ask.RetractFact("count", "no")),
    st.just(ask.ConfirmFact("count")),
    st.just(ask.AskFact("count", "lee")),
    st.just(ask.ChangeTask("correct-holding", "skipped", "why")),
    st.just(ask.ChangeTask("correct-holding", "open")),
    st.sampled_from(["draft", "publish", "half"]),
)


@settings(max_examples=150)
@given(st.lists(CHANGES, max_size=30))
def test_what_is_public_is_true_or_its_correction_was_asked_for(steps: list[Any]) -> None:
    case, number = Case(BOOK), 0
    for step in steps:
        number += 1
        fact = case.incident.facts.get("count")
        if step == "draft":
            if fact and fact.status != "retracted":
                case.attempt(ask.Draft("holding", f"{number}", {"count": fact.version}), "sam")
            continue
        if isinstance(step, str):
            there = case.incident.statements.get("holding")
            case.attempt(ask.Submit("holding"), "sam")
            case.attempt(
                ask.Publish("holding", there.digest if there else "", ("employees",) * (step == "half")), "dana"
            )
        else:
            case.attempt(step, "dana")
        _true_or_to_be_corrected(case)
    assert replay(case.entries) == case.incident
    assert snapshot.load(snapshot.dump(case.incident), case.incident.playbook) == case.incident


def _true_or_to_be_corrected(case: Case) -> None:
    used = case.incident.used.get("holding", {})
    fact, correction = case.incident.facts.get("count"), case.incident.corrections.get("holding")
    if "count" in used:
        assert fact is not None
        so = fact.status == "confirmed" and fact.version == used["count"]
        assert so or (correction is not None and correction.state in ("open", "skipped"))


@pytest.mark.parametrize("between", [("1300",), ("1300", "1400"), ("1300", "1200", "1400")])
def test_a_text_whose_value_is_the_present_one_again_is_right(between: tuple[str, ...]) -> None:
    case = Case(BOOK)
    case.do(ask.SetFact("count", "1200"))
    used = {"count": case.incident.facts["count"].version}
    case.do(ask.Draft("update", "1200 are affected.", used), who="sam")
    case.do(ask.Submit("update"))
    case.do(*(ask.SetFact("count", value) for value in between))
    with pytest.raises(Refused, match="fact count has changed since it was written"):
        case.do(ask.Publish("update", text_digest("1200 are affected.")))
    case.do(ask.SetFact("count", "1200"))
    case.do(ask.Publish("update", text_digest("1200 are affected.")))
    assert case.incident.statements["update"].published == 1
    assert snapshot.load(snapshot.dump(case.incident), case.incident.playbook) == case.incident


def test_a_correction_is_off_when_every_fact_is_what_the_public_text_says_again(case: Case) -> None:
    case.do(ask.SetFact("count", "1300"))
    assert tasks(case)["correct-holding"] == "open"
    (back,) = case.do(ask.SetFact("count", "1200"))
    assert "corrects" not in back.data
    assert tasks(case)["correct-holding"] == "done"
    case.do(ask.SetFact("count", "1300"))
    (unsure,) = case.do(ask.SetFact("count", "1200", "unconfirmed"))
    assert (unsure.data["corrects"], tasks(case)["correct-holding"]) == (["holding"], "open")


def test_a_correction_is_not_done_while_a_channel_still_has_the_wrong_text() -> None:
    speech = {"holding": {"template": "h.md", "audiences": ["press"], "channels": ["status-page", "x"]}}
    case = Case(plan(facts=FACTS, statements=speech))
    case.do(ask.SetFact("count", "1200"))
    say(case, "holding", "1200 are affected.", "count")
    case.do(ask.SetFact("count", "1300"))
    used = {"count": case.incident.facts["count"].version}
    texts = {"status-page/en": "It is 1300.", "x/en": "It is 1300, at length."}
    case.do(ask.Draft("holding", "It is 1300.", used, "more", texts), ask.Submit("holding"), who="sam")
    seals = {key: text_digest(text) for key, text in texts.items()}
    out = ask.Publish("holding", text_digest("It is 1300."), renditions=seals, excess={"x/en": 9})
    case.do(out)
    (task,) = case.incident.correcting()
    assert case.incident.task_state(task) == "open"
    assert "wrong text still stands on x/en: crisisctl statement draft holding --channel x --short" in task.title
    assert "draft holding --channel x" in case.refused(ask.ChangeTask("correct-holding", "done"), kind=Refused)
    texts["x/en"] = "1300."
    case.do(ask.Draft("holding", "It is 1300.", used, None, texts), ask.Submit("holding"), who="sam")
    assert "wrong text" not in next(case.incident.correcting()).title, "it is being mended"
    case.do(out._replace(renditions=seals | {"x/en": text_digest("1300.")}, excess={}))
    assert tasks(case) == {"correct-holding": "done"}
