"""What is found in templates: the names in their syntax, and what they lack where only the sure facts are there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crisisctl.adapters.jinja import Jinja
from crisisctl.domain.playbook import build
from crisisctl.domain.proof import Given, Read
from crisisctl.domain.proof.words import NEXT, SUPPLIED, Words
from crisisctl.service import composing
from crisisctl.service.proving import read
from tests.conftest import Room
from tests.domain.conftest import plan

FACTS: dict[str, Any] = {
    "count": {"type": "integer"},
    "cause": None,
    "verdict": {"type": "choice", "choices": ["ours", "theirs"]},
}
TELL = {"trigger": "tell", "from": "on", "to": "closed", "requires": {"statements": {"words": "published"}}}


def found(source: str, *moves: dict[str, Any], **sections: Any) -> Read:
    """What is found in the template of the statement `words`."""
    document = plan(
        facts=FACTS,
        transitions=[*moves, TELL],
        statements={"words": {"template": "w.md", **sections.pop("words", {})}},
        **sections,
    )
    [one] = read(Given(build(document)), {"w.md": source}, Jinja(None)).values()
    return one


GO = {"trigger": "go", "from": "begun", "to": "on"}
ASKED = {**GO, "requires": {"facts": ["count", "verdict"]}}


def test_all_facts_that_are_lacking_are_found_in_one_go() -> None:
    assert found("{{ count }} {{ cause }} {{ title }}", GO) == Read(["cause", "count", "title"], ["count", "cause"])


def test_a_fact_that_a_move_on_the_way_asks_for_is_there() -> None:
    assert found("{{ count }} {{ verdict }}", ASKED).lacking == []


def test_a_fact_that_only_one_of_two_ways_asks_for_may_be_missing() -> None:
    assert found("{{ count }}", ASKED, {**GO, "trigger": "hurry"}).lacking == ["count"]


def test_a_fact_that_the_guidance_before_names_is_there() -> None:
    stages = {"begun": {"guidance": "Set `count`."}, "on": None, "closed": {"final": True}}
    assert found("{{ count }}", GO, stages=stages).lacking == []
    after = {"begun": None, "on": None, "closed": {"final": True, "guidance": "Set `count`."}}
    assert found("{{ count }}", GO, stages=after).lacking == ["count"]


def test_a_fact_that_the_template_tests_for_need_not_be_there() -> None:
    assert found("We are sorry.{% if count is defined %} {{ count }}{% endif %}", GO).lacking == []


def test_every_choice_is_tried() -> None:
    assert found("Sorry.{% if verdict == 'theirs' %}{{ cause }}{% endif %}", ASKED).lacking == ["cause"]


def test_what_is_in_a_block_is_found_too() -> None:
    assert found("Sorry.\n{% block x %}{{ cause }}{% endblock %}", GO).lacking == ["cause"]


def test_a_statement_that_nobody_waits_for_lacks_nothing() -> None:
    document = plan(facts=FACTS, statements={"words": {"template": "w.md"}})
    [one] = read(Given(build(document)), {"w.md": "{{ cause }}"}, Jinja(None)).values()
    assert one == Read(["cause"], [])


def test_another_fault_is_told_as_it_is() -> None:
    assert "No filter named 'shout'" in found("{{ title|shout }}", GO).fault


def test_a_statement_is_waited_for_where_one_that_follows_it_is() -> None:
    statements = {"first": {"template": "a.md"}, "words": {"template": "w.md", "after": ["first"]}}
    words = Words(Given(build(plan(facts=FACTS, transitions=[GO, TELL], statements=statements))))
    assert words.needed("first") == words.needed("words") != []


def test_the_program_gives_the_names_that_are_said_to_be_given(room: Room) -> None:
    room.open()
    given = composing._said(composing._values(room.look(), "Example", datetime(2026, 1, 5, tzinfo=UTC)), "en", {})
    assert {*given} == {*SUPPLIED, NEXT}


@pytest.mark.parametrize(
    ("pace", "there"), [("60m", True), ({"sev1": "60m"}, False), ({"sev1": "20m", "else": "60m"}, True)]
)
def test_the_next_update_is_there_where_every_severity_has_a_pace(pace: Any, there: bool) -> None:  # noqa: FBT001 - a case
    assert found("{{ next_update_at }}", GO, words={"update_every": pace}).lacking == ([] if there else [NEXT])
