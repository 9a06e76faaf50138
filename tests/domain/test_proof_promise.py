"""What a playbook promises while nobody answers, to the minute, and whether its targets hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain.check import check
from crisisctl.domain.playbook import build, pin
from crisisctl.domain.proof import prove_targets
from crisisctl.domain.proof.people import Seated, indispensable, unapproved
from crisisctl.domain.proof.promise import Promise, document, promises
from tests.domain.conftest import RICH, plan

ROLES = {"lead": {"required": True}, "legal": {"required": True}, "scribe": None}


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def promised(**sections: Any) -> Promise:
    """What holds at the most severe severity."""
    text = plan(**sections)
    assert not [problem for problem in check(text) if problem.level == "error"]
    return promises(build(text), pin(text, {}))[0]


def ladder(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "roles": ROLES,
        "stages": {"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}},
        "escalations": {"call": {"steps": list(steps), **more}},
    }


def test_everybody_is_notified_when_the_last_required_role_is() -> None:
    one = promised(
        **ladder(
            {"after": "0m", "notify": ["lead"]},
            {"after": "9m", "notify": ["scribe"]},
            {"after": "12m", "notify": ["legal"]},
        )
    )
    assert one.notified == {"lead": minutes(0), "legal": minutes(12)}
    assert one.everyone_notified == minutes(12)
    assert one.last_resort == minutes(12)
    assert one.first_statement is None


def test_a_role_that_no_step_names_is_never_told() -> None:
    one = promised(**ladder({"after": "5m", "notify": ["lead"]}))
    assert one.notified == {"lead": minutes(5), "legal": None}
    assert one.everyone_notified is None


def test_the_last_resort_comes_after_all_repeats() -> None:
    one = promised(**ladder({"after": "5m", "notify": ["lead"]}, repeat={"times": 2, "every": "20m"}))
    assert one.last_resort == minutes(5 + 2 * (20 + 5))


def test_an_automatic_move_begins_the_ladder_of_the_next_stage() -> None:
    sections = ladder({"after": "10m", "notify": ["lead"], "advance": "go"})
    sections["stages"]["on"] = {"escalation": "more"}
    sections["escalations"]["more"] = {"steps": [{"after": "7m", "notify": ["legal"]}]}
    one = promised(**sections)
    assert one.notified["legal"] == minutes(17)
    assert [beat.what for beat in one.beats] == ["call step 1", "go leads to on", "more step 1"]


def test_a_move_that_waits_for_a_task_is_refused_while_nobody_answers() -> None:
    sections = ladder({"after": "10m", "notify": ["lead"], "advance": "go"})
    sections["stages"]["begun"]["tasks"] = {"look": {"required": True, "role": "legal", "due": "3m"}}
    one = promised(**sections)
    assert one.notified == {"lead": minutes(10), "legal": minutes(3)}
    assert "go is refused" in [beat.what for beat in one.beats]


def test_timers_that_lead_round_for_ever_have_no_last_resort() -> None:
    sections = ladder({"after": "10m", "advance": "go"})
    sections["stages"]["on"] = {"escalation": "back"}
    sections["escalations"]["back"] = {"steps": [{"after": "5m", "advance": "back"}]}
    one = promised(**sections)
    assert one.endless
    assert one.last_resort is None


def test_the_first_statement_is_the_earliest_that_is_due() -> None:
    one = promised(
        roles=ROLES,
        statements={"late": {"template": "a.md", "due": "2h"}, "soon": {"template": "b.md", "due": "40m"}},
    )
    assert one.first_statement == minutes(40)


def test_a_statement_that_is_due_after_timers_closed_the_incident_is_never_due() -> None:
    sections = ladder({"after": "30m", "advance": "close"}, until="left")
    one = promised(**sections, statements={"late": {"template": "a.md", "due": "60m"}})
    assert one.first_statement is None


@pytest.mark.parametrize(
    ("target", "span", "told"),
    [
        ("everyone_notified", "11m", "after 12m, not after 11m: legal is told last in 0m call step 1; 12m call step 2"),
        ("last_resort", "10m", "the last step has fired after 12m"),
        ("first_statement", "60m", "the first statement is due never: no statement falls due"),
    ],
)
def test_a_target_that_is_missed_shows_the_path_that_breaks_it(target: str, span: str, told: str) -> None:
    text = plan(
        **ladder({"after": "0m", "notify": ["lead"]}, {"after": "12m", "notify": ["legal"]}), targets={target: span}
    )
    playbook = build(text)
    [problem] = prove_targets(playbook, promises(playbook, pin(text, {})))
    assert (problem.rule, problem.path, problem.level) == ("target-missed", ("targets", target), "error")
    assert told in problem.message


def test_a_target_that_is_met_to_the_minute_is_met() -> None:
    steps = ({"after": "0m", "notify": ["lead"]}, {"after": "12m", "notify": ["legal"]})
    targets = {"everyone_notified": "12m", "last_resort": "12m", "first_statement": "60m"}
    text = plan(**ladder(*steps), targets=targets, statements={"words": {"template": "a.md", "due": "60m"}})
    playbook = build(text)
    assert prove_targets(playbook, promises(playbook, pin(text, {}))) == []


def test_the_promise_as_data_is_in_seconds_and_null_is_never() -> None:
    text = plan(**ladder({"after": "5m", "notify": ["lead"]}), targets={"last_resort": "1h"})
    playbook = build(text)
    told: Any = document(playbook, promises(playbook, pin(text, {})), {"dana": Seated(("lead", "legal"), (None,))})
    assert told["playbook"] == "plan"
    assert [one["severity"] for one in told["severities"]] == ["sev1", "sev2"]
    assert told["severities"][0] == {
        "severity": "sev1",
        "notified": [{"role": "lead", "after": 300}, {"role": "legal", "after": None}],
        "everyone_notified": None,
        "last_resort": 300,
        "first_statement": None,
        "endless": False,
    }
    assert told["targets"] == {"last_resort": 3600}
    assert told["absent"] == [{"person": "dana", "roles": ["lead", "legal"]}]


def test_a_rich_playbook_comes_to_its_end_in_silence() -> None:
    [one, _] = promises(build(RICH), pin(RICH, {}))
    assert one.last_resort is not None
    assert one.first_statement == minutes(17)


PEOPLE = {"dana": Seated(("lead",), (None,)), "sam": Seated(("lead", "legal"), (None,))}


def test_whoever_alone_can_take_a_needed_role_stops_the_plan_by_being_away() -> None:
    playbook = build(plan(roles=ROLES))
    assert indispensable(playbook, PEOPLE) == {"sam": ["legal"]}
    assert indispensable(playbook, {**PEOPLE, "lena": Seated(("legal",), (None,))}) == {}
    assert indispensable(build(plan(roles={**ROLES, "legal": {"required": True, "deputy": "lead"}})), PEOPLE) == {}


@pytest.mark.parametrize(
    ("more", "people", "short"),
    [
        ({"approvals": ["legal"]}, PEOPLE, ""),
        ({"approvals": ["scribe"]}, PEOPLE, "scribe"),
        ({"approvals": {"any": 1, "of": ["scribe", "legal"]}}, PEOPLE, ""),
        ({"approvals": ["scribe"], "delegate": {"after": "5m", "to": {"scribe": "lead"}}}, PEOPLE, ""),
        ({"approvals": ["scribe"], "preapproved": True}, PEOPLE, ""),
    ],
)
def test_a_statement_is_short_of_approvers_where_too_few_of_their_roles_can_be_held(
    more: dict[str, Any], people: dict[str, Seated], short: str
) -> None:
    playbook = build(plan(roles=ROLES, statements={"words": {"template": "a.md", **more}}))
    assert unapproved(playbook, "words", people) == short
