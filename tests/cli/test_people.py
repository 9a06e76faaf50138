"""`assign`, `release`, `ack`, `snooze`: people and escalations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import HandClock, Program


def _roles(program: Program) -> Any:
    return program.ok("status", "--json").json["roles"]


def _ladder(program: Program, clock: HandClock) -> list[tuple[str, str]]:
    timers = program.ok("status", "--json", clock=clock).json["timers"]
    return [(timer["kind"], timer["due"]) for timer in timers if timer["kind"] in ("escalation", "stale")]


def test_a_role_passes_from_one_to_the_next(opened: Program) -> None:
    told = opened.ok("assign", "legal", "kim")
    assert told.out.splitlines() == ["INC-1 version 6: lee leaves legal.", "INC-1 version 7: kim takes legal."]
    assert _roles(opened)["legal"] == ["kim"]


def test_with_add_two_hold_a_role_beside_each_other(opened: Program) -> None:
    opened.ok("assign", "legal", "kim", "--add")
    assert _roles(opened)["legal"] == ["lee", "kim"]
    opened.ok("assign", "legal", "kim")
    assert _roles(opened)["legal"] == ["kim"], "without it, one holds the role alone"


def test_release_takes_a_role_from_one_or_from_everybody(opened: Program) -> None:
    opened.ok("assign", "legal", "kim", "--add")
    opened.ok("release", "legal", "lee")
    assert _roles(opened)["legal"] == ["kim"]
    opened.ok("release", "legal")
    assert "legal" not in {role for role, people in _roles(opened).items() if people}
    assert "  legal: nobody" in opened.ok("status").out


def test_json_names_the_entries_that_were_made(opened: Program) -> None:
    told = opened.ok("assign", "legal", "kim", "--json").json
    assert told == {
        "incident": "INC-1",
        "version": 7,
        "stages": ["detected"],
        "entries": [
            {"version": 6, "type": "role.released", "text": "lee leaves legal"},
            {"version": 7, "type": "role.assigned", "text": "kim takes legal"},
        ],
    }


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["assign", "legl", "kim"], 4, "There is no role 'legl'. Did you mean legal?"),
        (["assign", "legal", "lee"], 3, "lee holds legal already."),
        (["assign", "legal", "lee", "--add"], 3, "lee holds legal already."),
        (["assign", "legal", "a b"], 3, "'a b' cannot be a person: letters, digits and . _ @ + - only"),
        (["assign", "legal", ""], 3, "cannot be a person"),
        (["assign", "legal", "x" * 65], 3, "at most 64"),
        (["assign", "legal"], 2, "Missing argument 'PERSON'."),
        (["release", "legl"], 4, "There is no role 'legl'. Did you mean legal?"),
        (["release", "legal", "kim"], 3, "kim does not hold legal."),
        (["release", "deputy-comms"], 3, "Nobody holds deputy-comms."),
        (["ack", "first-respons"], 4, "There is no escalation 'first-respons'. Did you mean first-response?"),
        (["snooze", "20m"], 2, "Missing option '--because'."),
        (["snooze", "20m", "--because", ""], 3, "The reason is empty."),
        (["snooze", "soon", "--because", "x"], 2, "'soon' is not a duration. Write 90s, 5m, 1h30m or 2d."),
        (["snooze", "0m", "--because", "x"], 3, "A snooze needs an end: give it a length such as 20m."),
        (["snooze", "99999d", "--because", "x"], 2, "longer than ten years"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_writes_nothing(
    opened: Program, version: Callable[[], int], line: list[str], code: int, sentence: str
) -> None:
    before = version()
    refused = opened(*line)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err
    assert version() == before


def test_an_ack_stops_the_escalation_and_offers_the_next_step(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    assert _ladder(program, clock)[0] == ("escalation", "2026-03-28T22:00:00.000000Z")
    told = program.ok("ack", clock=clock)
    assert told.out.endswith("dana acknowledged first-response.\n")
    assert told.err == "Next: crisisctl status\n"
    assert _ladder(program, clock) == [("stale", "2026-03-28T22:30:00.000000Z")]


def test_an_ack_may_name_the_escalation(opened: Program) -> None:
    assert opened.ok("ack", "first-response", "--json").json["entries"][-1]["type"] == "escalation.acknowledged"


def test_where_no_escalation_runs_there_is_nothing_to_acknowledge(responding: Program) -> None:
    for line in (["ack"], ["snooze", "5m", "--because", "x"]):
        refused = responding(*line)
        assert (refused.code, refused.err) == (3, "No escalation is running in INC-1.\n")
    assert responding("ack", "first-response").err == "first-response is not running.\n"


def test_an_acknowledgement_goes_stale_and_the_escalation_starts_again(
    program: Program, clock: HandClock, types: Callable[[], list[str]]
) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("ack", clock=clock)
    clock.tick(minutes=31)
    program.ok("note", "nobody has done anything for half an hour", who="lee", clock=clock)
    assert "escalation.stale" in types()
    assert types()[types().index("escalation.stale") + 1] == "escalation.fired"


def test_whoever_acts_after_an_ack_keeps_it_fresh(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("ack", clock=clock)
    clock.tick(minutes=20)
    program.ok("note", "still at it", clock=clock)
    assert _ladder(program, clock) == [("stale", "2026-03-28T22:50:00.000000Z")]


def test_a_snooze_rests_the_escalation_until_its_end(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    clock.tick(minutes=1)
    told = program.ok("snooze", "1h30m", "--because", "the call with forensics", clock=clock)
    assert "rests until 2026-03-28 23:31:00 UTC, because the call with forensics." in told.out
    assert _ladder(program, clock)[0][1] >= "2026-03-28T23:31:00.000000Z"


def test_a_command_first_fires_what_is_overdue(
    program: Program, clock: HandClock, types: Callable[[], list[str]]
) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    clock.tick(minutes=3)
    program.ok("ack", clock=clock)
    assert types()[-2:] == ["escalation.fired", "escalation.acknowledged"]


def test_a_repeat_of_the_same_request_says_so(opened: Program, version: Callable[[], int]) -> None:
    first = opened.ok("assign", "legal", "kim", "--request-id", "a1", "--json").json
    after = version()
    assert opened.ok("assign", "legal", "kim", "--request-id", "a1", "--json").json == first | {"repeated": True}
    told = opened.ok("assign", "legal", "kim", "--request-id", "a1").out
    assert told.splitlines() == [
        "Already done: INC-1 version 6: lee leaves legal.",
        "Already done: INC-1 version 7: kim takes legal.",
    ]
    assert version() == after


@pytest.mark.parametrize(
    "line", [["assign", "legal", "kim"], ["release", "legal"], ["ack"], ["snooze", "5m", "--because", "x"]]
)
def test_who_looked_at_an_older_version_is_told_that_it_moved(opened: Program, line: list[str]) -> None:
    refused = opened(*line, "--expect-version", "1")
    assert refused.code == 5
    assert refused.err == (
        "INC-1 is at version 4, not 1, and stands at detected. "
        "Look again with crisisctl status, then repeat the command.\n"
    )
    assert opened(*line, "--expect-version", "4").code == 0


def test_a_hand_over_can_be_logged_after_it_happened(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    clock.tick(minutes=4)
    program.ok("assign", "legal", "kim", "--at", "2026-03-28T22:01:00Z", clock=clock)
    entry = program.ok("timeline", "--format", "json").json["entries"][-1]
    assert (entry["type"], entry["occurred_at"]) == ("role.assigned", "2026-03-28T22:01:00.000000Z")
    assert entry["late_seconds"] == 180
