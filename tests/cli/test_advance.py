"""`advance`: the command that matters most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import HandClock, Program


RESPONSE = ["response.comms.drafting", "response.legal.assessing"]
OPEN_TASK = "task pause-posts (Pause scheduled posts) is open"
ENTERED = ["response", "response.comms", "response.legal", *RESPONSE]


def test_a_move_needs_its_reason_its_tasks_and_its_role_all_told_at_once(opened: Program) -> None:
    refused = opened("advance", "activate", who="lee")
    assert refused.code == 3
    assert refused.err.splitlines() == [
        "INC-1 cannot activate yet:",
        "  - only comms-lead may (dana); in an emergency: --override --because WHY",
        "  - a reason: --because WHY",
        f"  - {OPEN_TASK}: crisisctl task done pause-posts, or task skip with a reason",
    ]


def test_a_refused_move_writes_nothing(opened: Program, version: Callable[[], int]) -> None:
    before = version()
    assert opened("advance", "activate").code == 3
    assert version() == before


def test_a_move_shows_where_the_incident_stands_and_what_to_do_there(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    moved = opened.ok("advance", "activate", "--because", "confirmed")
    assert moved.out.splitlines()[0].startswith(f"INC-1 is now at {' + '.join(RESPONSE)} (version ")
    assert moved.err == "Next: crisisctl status\n"


def test_json_names_what_was_left_and_entered(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    moved = opened.ok("advance", "activate", "--because", "confirmed", "--json").json
    assert moved == {
        "incident": "INC-1",
        "trigger": "activate",
        "left": ["detected"],
        "entered": ENTERED,
        "stages": RESPONSE,
        "version": opened.ok("status", "--json").json["version"],
    }


def test_without_a_trigger_and_without_a_terminal_the_moves_are_listed(responding: Program) -> None:
    listed = responding("advance")
    assert listed.code == 3
    assert listed.out == ""
    first, *moves = listed.err.splitlines()
    assert first.startswith(f"INC-1 stands at {' + '.join(RESPONSE)}. Say which move: crisisctl advance TRIGGER")
    assert first.endswith(", or --yes for the one that is ready")
    assert [move.split(": ")[0] for move in moves] == [
        "  - inform -> response.comms.informed",
        "  - notify -> response.legal.notified",
        "  - close -> closed",
    ]
    assert moves[1].endswith(": ready")
    assert "statement holding must be published" in moves[0]


def test_the_only_move_is_taken_without_a_question_when_told_so(responding: Program) -> None:
    taken = responding.ok("advance", "--yes", "--json").json
    assert (taken["trigger"], taken["stages"]) == ("notify", ["response.comms.drafting", "response.legal.notified"])


def test_of_several_possible_moves_none_is_taken_unasked(responding: Program, version: Callable[[], int]) -> None:
    responding.ok("statement", "draft", "holding", who="kim")
    responding.ok("statement", "submit", "holding", who="kim")
    responding.ok("statement", "approve", "holding")
    responding.ok("statement", "approve", "holding", who="lee")
    responding.ok("statement", "publish", "holding")
    before = version()
    assert responding("advance", "--yes").code == 3
    assert version() == before


def test_a_move_that_lacks_something_is_not_taken_for_the_only_one(opened: Program) -> None:
    listed = opened("advance", "--yes")
    assert listed.code == 3
    assert "activate -> response: not yet; task pause-posts" in listed.err


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 3), ("\n", 3)])
def test_on_a_terminal_the_only_move_is_taken_after_a_yes(
    responding: Program, terminal: Terminal, answer: str, code: int
) -> None:
    screen = terminal("advance", typed=[("notify: go to response.legal.notified? [y/N]", answer)])
    assert screen.code == code
    moved = "response.legal.notified" in responding.ok("status", "--json").json["stages"]
    assert moved == (code == 0)


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_the_question_can_be_left_with_ctrl_c_and_ctrl_d(
    responding: Program, terminal: Terminal, version: Callable[[], int], key: str
) -> None:
    before = version()
    screen = terminal("advance", typed=[("[y/N]", key)])
    assert screen.code == 130
    assert "bug" not in screen.text
    assert version() == before


def test_a_question_asked_on_a_terminal_leaves_json_alone_on_stdout(responding: Program, terminal: Terminal) -> None:
    """The question is talk, so it goes to stderr; here both are the same terminal, and the document comes last."""
    screen = terminal("advance", "--json", typed=[("[y/N]", "y\n")])
    assert screen.code == 0
    assert screen.text.index("[y/N]") < screen.text.index('{\n  "incident"')


def test_a_rehearsal_says_what_would_happen_and_writes_nothing(opened: Program, version: Callable[[], int]) -> None:
    opened.ok("task", "done", "pause-posts")
    before = version()
    shown = opened.ok("advance", "activate", "--because", "x", "--dry-run")
    assert shown.out == f"INC-1 would leave detected and enter {', '.join(ENTERED)}.\nNothing was written.\n"
    assert opened.ok("advance", "activate", "--because", "x", "--dry-run", "--json").json == {
        "incident": "INC-1",
        "trigger": "activate",
        "left": ["detected"],
        "entered": ENTERED,
        "stages": RESPONSE,
        "version": before,
    }
    assert version() == before


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["activate"], 3),
        (["inform"], 3),
        (["activat", "--because", "x"], 4),
        (["activate", "--because", "x", "--role", "legal"], 3),
    ],
)
def test_a_rehearsal_is_refused_as_the_move_would_be(opened: Program, line: list[str], code: int) -> None:
    opened.ok("task", "done", "pause-posts")
    rehearsed, moved = opened("advance", *line, "--dry-run"), opened("advance", *line)
    assert rehearsed == moved
    assert moved.code == code


def test_a_closed_incident_is_not_even_rehearsed(published: Program) -> None:
    published.ok("advance", "inform")
    published.ok("advance", "notify")
    published.ok("advance", "close")
    refused = published("advance", "inform", "--dry-run", "-i", "INC-1")
    assert refused.code == 3
    assert "INC-1 is closed. To go on: crisisctl reopen -i INC-1 --because WHY" in refused.err


def test_an_override_can_be_rehearsed(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    assert opened("advance", "activate", "--because", "x", "--dry-run", who="lee").code == 3
    shown = opened.ok("advance", "activate", "--because", "x", "--override", "--dry-run", "--json", who="lee").json
    assert shown["stages"] == RESPONSE


def test_an_override_needs_its_reason(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    refused = opened("advance", "activate", "--override", who="lee")
    assert (refused.code, refused.err) == (3, "An override needs its reason: --because WHY\n")


def test_an_override_is_logged_and_marked_on_every_timeline(opened: Program, types: Callable[[], list[str]]) -> None:
    opened.ok("task", "done", "pause-posts")
    opened.ok("advance", "activate", "--override", "--because", "dana is on a plane", who="lee")
    assert types().count("role.overridden") == 1
    for form in ("md", "json", "jsonl", "csv", "html"):
        told = opened.ok("timeline", "--format", form).out
        assert "OVERRIDE" in told, form
        assert "dana is on a plane" in told, form


def test_an_override_does_not_open_a_move_that_the_world_holds_up(opened: Program) -> None:
    refused = opened("advance", "activate", "--override", "--because", "hurry", who="lee")
    assert refused.code == 3
    assert OPEN_TASK in refused.err
    assert "only comms-lead" not in refused.err


def test_an_override_that_was_not_necessary_is_not_logged(opened: Program, types: Callable[[], list[str]]) -> None:
    opened.ok("task", "done", "pause-posts")
    opened.ok("advance", "activate", "--override", "--because", "confirmed")
    assert "role.overridden" not in types()


def _advanced(program: Program) -> dict[str, Any]:
    entries = program.ok("timeline", "--format", "json").json["entries"]
    return next(entry for entry in reversed(entries) if entry["type"] == "incident.advanced")


def test_the_role_acted_in_is_logged(responding: Program) -> None:
    responding.ok("assign", "legal", "dana", "--add")
    responding.ok("advance", "notify", "--role", "legal")
    assert _advanced(responding)["role"] == "legal"


def test_left_out_the_role_is_one_that_may(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    opened.ok("assign", "legal", "dana")
    opened.ok("advance", "activate", "--because", "confirmed")
    assert _advanced(opened)["role"] == "comms-lead"


def test_a_role_that_one_does_not_hold_cannot_be_acted_in(responding: Program) -> None:
    refused = responding("advance", "notify", "--role", "legal")
    assert refused.code == 3
    assert "dana does not hold legal: crisisctl assign legal dana" in refused.err


def test_a_role_that_may_not_is_refused_even_when_another_that_one_holds_may(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    opened.ok("assign", "legal", "dana", "--add")
    refused = opened("advance", "activate", "--because", "x", "--role", "legal")
    assert refused.code == 3
    assert "only comms-lead may" in refused.err


def test_somebody_without_a_role_is_told_how_to_get_one(responding: Program) -> None:
    refused = responding("advance", "notify", who="mallory")
    assert refused.code == 3
    assert "mallory holds no role: crisisctl assign comms-lead mallory, or act as another: --as PERSON" in refused.err


def test_a_move_has_the_time_at_which_it_was_made(responding: Program) -> None:
    at = responding.ok("status", "--json").json["opened_at"]
    refused = responding("advance", "notify", "--at", "2020-01-01T00:00:00Z")
    assert refused.code == 3
    assert "is before INC-1 was opened" in refused.err
    early = responding("advance", "notify", "--at", at)
    assert early.code == 3
    assert "was entered" in early.err


def test_a_move_falls_where_it_happened_not_where_it_was_recorded(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("task", "done", "pause-posts", clock=clock)
    clock.tick(minutes=4)
    program.ok("advance", "activate", "--because", "x", "--at", "2026-03-28T23:02:00+01:00", clock=clock)
    told = _advanced(program)
    assert (told["occurred_at"], told["recorded_at"]) == ("2026-03-28T22:02:00.000000Z", "2026-03-28T22:04:00.000000Z")


def test_a_repeat_of_the_same_request_moves_nothing(responding: Program, version: Callable[[], int]) -> None:
    first = responding.ok("advance", "notify", "--request-id", "n1", "--json").json
    after = version()
    again = responding.ok("advance", "notify", "--request-id", "n1")
    assert again.out == f"Already done: INC-1 took notify (version {first['version']}).\n"
    assert responding.ok("advance", "notify", "--request-id", "n1", "--json").json == first | {"repeated": True}
    assert version() == after


def test_a_closing_move_offers_the_report(published: Program) -> None:
    published.ok("advance", "inform")
    published.ok("advance", "notify")
    assert published.ok("advance", "close").err == "Next: crisisctl report -i INC-1\n"


def test_a_rehearsal_finds_the_incident_as_the_move_would(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("task", "done", "pause-posts", clock=clock)
    move = ["advance", "activate", "--because", "x"]
    assert program.ok(*move, "--dry-run", clock=clock).out.startswith("INC-1 would leave detected")
    clock.tick(minutes=30)  # the escalation, which nobody has recorded yet, moves it
    before = program.ok("status", "--json", clock=clock).json["version"]
    rehearsed, asked = program(*move, "--dry-run", clock=clock), program(*move, clock=clock)
    assert rehearsed.code == asked.code == 3
    warning, refusal = rehearsed.err.splitlines()
    assert warning.startswith("Timers that are overdue will first move it to response.comms.drafting")
    assert refusal.startswith("activate does not lead anywhere from response.comms.drafting")
    assert asked.err == f"{refusal} That is after timers that are overdue: crisisctl watch --once records them.\n"
    for look in (["status"], ["advance"]):
        assert "Timers that are overdue will first move it" in program(*look, clock=clock).err
    assert program.ok("status", "--json", clock=clock).json["version"] == before
