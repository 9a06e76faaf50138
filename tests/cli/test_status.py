"""`status`, `list`, `timers` and `search`: looking changes nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.behind import Behind
    from tests.conftest import HandClock, Program

TASK = "task pause-posts (Pause scheduled posts) is open: crisisctl task done pause-posts, or task skip with a reason"


def test_status_holds_every_key_of_the_contract(opened: Program) -> None:
    told = opened.ok("status", "--json").json
    playbook, digest = told.pop("playbook"), told.pop("digest")
    assert (playbook["id"], playbook["version"], len(playbook["digest"]), len(digest)) == ("data-breach", 3, 64, 64)
    opened_at, timers = told.pop("opened_at"), told.pop("timers")
    assert opened_at.endswith("Z")
    assert [(timer["kind"], timer["what"]) for timer in timers] == [
        ("escalation", "first-response step 1: notify comms-lead"),
        ("task", "task pause-posts is overdue"),
        ("statement", "statement holding is due"),
    ]
    assert all(set(timer) == {"kind", "due", "what"} and timer["due"].endswith("Z") for timer in timers)
    assert told == {
        "incident": "INC-1",
        "title": "Records on a forum",
        "severity": "sev1",
        "open": True,
        "drill": False,
        "stages": ["detected"],
        "roles": {"comms-lead": ["dana"], "legal": ["lee"]},
        "tasks": [
            {"id": "pause-posts", "stage": "detected", "state": "open", "required": True, "role": "comms-lead"},
        ],
        "moves": [
            {"trigger": "activate", "to": "response", "allowed": False, "missing": [TASK], "because": "required"},
        ],
        "facts": {},
        "statements": [{"id": "holding", "state": "planned"}],
        "questions": [],
        "clocks": [],
        "handovers": [],
        "closed_at": None,
        "version": 4,
    }


def test_status_tells_a_person_where_it_stands_who_is_there_and_what_is_missing(opened: Program) -> None:
    opened.ok("fact", "set", "affected_accounts", "1200")
    lines = opened.ok("status").out.splitlines()
    assert lines[0] == "INC-1 Records on a forum"
    assert lines[1] == "open, sev1, Personal-data breach (version 3), log version 6"
    assert "  comms-lead: dana" in lines
    assert "  legal: lee" in lines
    assert "  affected_accounts = 1200 (confirmed)" in lines
    assert "  [ ] pause-posts: Pause scheduled posts (comms-lead) - required" in lines
    assert "  statement holding: planned" in lines
    assert "  activate -> response: not yet" in lines
    assert f"      {TASK}" in lines


def test_a_required_role_that_nobody_holds_is_shown(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "x")
    shown = program.ok("status").out
    assert "  legal: nobody\n" in shown
    assert "deputy-comms" not in shown, "a role that is not required and that nobody holds is left out"


def test_a_move_that_asks_for_a_reason_says_so_when_it_is_ready(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    assert "  activate -> response: ready (give a reason: --because WHY)\n" in opened.ok("status").out


def test_moves_are_shown_as_the_one_who_asks_may_take_them(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    assert opened.ok("status", "--json").json["moves"][0]["allowed"] is True
    move = opened.ok("status", "--json", who="lee").json["moves"][0]
    assert move["allowed"] is False
    assert move["missing"] == ["only comms-lead may (dana); in an emergency: --override --because WHY"]


def test_what_a_move_needs_is_told_until_it_is_there(responding: Program) -> None:
    def missing(trigger: str) -> list[str]:
        moves = responding.ok("status", "--json").json["moves"]
        return [str(s) for move in moves if move["trigger"] == trigger for s in move["missing"]]

    word = "statement holding must be published, "
    assert missing("inform") == [f"{word}it has no draft: crisisctl statement draft holding"]
    responding.ok("statement", "draft", "holding", who="kim")
    assert missing("inform") == [f"{word}it is drafted: crisisctl statement submit holding"]
    responding.ok("statement", "submit", "holding", who="kim")
    assert missing("inform") == [f"{word}it is submitted: crisisctl statement approve holding"]
    responding.ok("statement", "approve", "holding")
    responding.ok("statement", "approve", "holding", who="lee")
    assert missing("inform") == [f"{word}it is approved: crisisctl statement publish holding"]
    responding.ok("statement", "publish", "holding")
    assert missing("inform") == []
    assert [sentence.split(":")[0] for sentence in missing("close")] == [
        "stage response.comms.informed must be reached first",
        "stage response.legal.notified must be reached first",
    ]


def test_a_closed_incident_has_no_moves_tasks_or_timers(published: Program) -> None:
    for trigger in ("inform", "notify", "close"):
        published.ok("advance", trigger)
    told = published.ok("status", "-i", "INC-1", "--json").json
    assert (told["open"], told["stages"], told["moves"], told["timers"]) == (False, ["closed"], [], [])
    assert told["closed_at"] > told["opened_at"]
    shown = published.ok("status", "-i", "INC-1").out
    assert shown.splitlines()[1].startswith("closed, sev1")
    assert published.ok("timers", "-i", "INC-1").out == "INC-1 has no timers.\n"


def test_without_a_watch_status_says_that_nobody_is_notified(opened: Program) -> None:
    warning = opened.ok("status").err
    assert warning == (
        "No watch is running (there is no sign of one), so nobody is notified. Start one: crisisctl watch\n"
    )


def test_a_watch_that_went_silent_is_told(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("watch", "--once", clock=clock)
    assert program.ok("status", clock=clock).err == ""
    clock.tick(minutes=4)
    assert "the last sign of life was 4m ago" in program.ok("status", clock=clock).err


def test_an_overdue_timer_is_told_although_a_watch_is_alive(program: Program, clock: HandClock) -> None:
    program.ok("watch", "--once", clock=clock)
    program.ok("open", "data-breach", "--title", "x", "--at", "2026-03-28T21:59:00Z", clock=clock)
    warning = program.ok("status", clock=clock).err
    assert warning.startswith("A timer has been overdue for 60s, although a watch is running.")
    assert "first-response step 1: notify comms-lead, overdue" in program.ok("status", clock=clock).out


def test_json_says_nothing_on_stderr_that_belongs_on_stdout(opened: Program) -> None:
    assert opened.ok("status", "--json").err == ""


def test_the_only_open_incident_needs_no_name(opened: Program) -> None:
    assert opened.ok("status", "--json").json["incident"] == "INC-1"


def test_of_several_the_environment_names_one(opened: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.ok("open", "data-breach", "--title", "Second")
    refused = opened("status")
    assert refused.code == 2
    assert refused.err == "Several incidents are open. Say which:\n  -i INC-1  Records on a forum\n  -i INC-2  Second\n"
    monkeypatch.setenv("CRISISCTL_INCIDENT", "INC-2")
    assert opened.ok("status", "--json").json["incident"] == "INC-2"
    assert opened.ok("status", "-i", "INC-1", "--json").json["incident"] == "INC-1", "the option comes first"


@pytest.mark.parametrize("name", ["INC-1", "inc-1", "Inc-1"])
def test_an_id_may_be_typed_in_any_case(opened: Program, name: str) -> None:
    assert opened.ok("status", "-i", name, "--json").json["incident"] == "INC-1"


@pytest.mark.parametrize("command", ["status", "advance", "timers", "ack", "timeline", "report"])
def test_when_nothing_is_open_every_command_says_how_to_open_something(program: Program, command: str) -> None:
    refused = program(command)
    assert refused.code == 4
    assert refused.err == ("No incident is open. To open one: crisisctl open PLAYBOOK --title TITLE.\n")


def test_an_unknown_incident_offers_the_nearest(opened: Program) -> None:
    refused = opened("status", "-i", "INC-11")
    assert refused.code == 4
    assert "There is no incident 'INC-11'. Did you mean INC-1?" in refused.err


def test_the_list_shows_what_is_open_and_with_all_what_is_closed(published: Program) -> None:
    published.ok("open", "data-breach", "--title", "Second", "--severity", "sev3", "--drill")
    for trigger in ("inform", "notify", "close"):
        published.ok("advance", trigger, "-i", "INC-1")
    assert [line.split()[0] for line in published.ok("list").out.splitlines()] == ["ID", "INC-2"]
    every = published.ok("list", "--all").out.splitlines()
    assert every[0].split() == ["ID", "SEV", "OPENED", "(UTC)", "STAGE", "TITLE"]
    assert [line.split()[0] for line in every[1:]] == ["INC-1", "INC-2"]
    assert "closed    Records on a forum" in every[1]
    assert "detected  EXERCISE Second" in every[2]
    told = published.ok("list", "--all", "--json").json["incidents"]
    assert [(one["incident"], one["open"], one["drill"], one["stages"]) for one in told] == [
        ("INC-1", False, False, ["closed"]),
        ("INC-2", True, True, ["detected"]),
    ]


def test_however_long_stages_and_titles_are_the_list_fits_and_names_stages_whole(responding: Program) -> None:
    responding.ok("open", "data-breach", "--title", "A title of " + "very " * 30 + "many words")
    responding.ok("open", "data-breach", "--title", "x" * 200)
    shown = responding.ok("list").out
    assert max(map(len, shown.splitlines())) <= 80
    assert "response.comms.drafting," in shown
    assert "response.legal.assessing" in shown
    assert shown.count("x") >= 200, "nothing is cut off"


def test_an_empty_list_offers_the_next_step(program: Program) -> None:
    told = program.ok("list")
    assert (told.out, told.err) == ("No incident is open.\n", "Next: crisisctl open PLAYBOOK --title TITLE\n")
    assert program.ok("list", "--json").json == {"incidents": []}


def test_timers_say_when_whom_and_why_as_if_nobody_answered(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee", clock=clock)
    program.ok("assign", "deputy-comms", "kim", clock=clock)
    told = program.ok("timers", "--json", clock=clock).json
    assert told["incident"] == "INC-1"
    first, second, *_ = told["timers"]
    assert first == {
        "kind": "escalation",
        "due": "2026-03-28T22:05:00.000000Z",
        "what": "first-response step 2: notify deputy-comms",
        "why": first["why"],
        "reaches": ["kim"],
    }
    assert "first-response" in first["what"]
    assert "detected" in first["why"]
    assert second["kind"] in ("escalation", "task")
    kinds = [timer["kind"] for timer in told["timers"]]
    assert kinds.count("escalation") == 8, "three steps in each of three rounds, and the first of them has fired"
    assert {"task", "statement"} <= set(kinds)
    assert [timer["due"] for timer in told["timers"]] == sorted(timer["due"] for timer in told["timers"])


def test_an_acknowledgement_empties_the_ladder_and_says_when_it_goes_stale(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    program.ok("ack", clock=clock)
    stale = [t for t in program.ok("timers", "--json", clock=clock).json["timers"] if t["kind"] == "stale"]
    assert stale[0]["due"] == "2026-03-28T22:30:00.000000Z"
    assert "the acknowledgement of first-response by dana goes stale" in stale[0]["what"]


def test_timers_as_a_table_fit_into_eighty_columns_and_name_ids_whole(program: Program, clock: HandClock) -> None:
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee", clock=clock)
    shown = program.ok("timers", clock=clock).out
    assert max(map(len, shown.splitlines())) <= 80
    assert "first-response" in shown
    assert not [line for line in shown.splitlines() if line.endswith("-")], "no id is broken at its hyphen"


def test_looking_writes_nothing(opened: Program, behind: Behind) -> None:
    before = behind.mark()
    for line in (["status"], ["list"], ["timers"], ["timeline"], ["search", "forum"], ["verify"], ["task", "list"]):
        opened.ok(*line)
    assert behind.mark() == before
    opened.ok("note", "x")
    assert behind.mark() != before


def test_looking_at_a_fresh_workspace_makes_no_log(program: Program, behind: Behind) -> None:
    program.ok("list")
    program.ok("verify")
    assert not behind.made()


def test_a_log_can_be_looked_at_after_everything_around_it_is_gone(opened: Program) -> None:
    shutil.rmtree(opened.root / "playbooks")
    shutil.rmtree(opened.root / "templates")
    opened.ok("status")
    opened.ok("timeline")


def test_search_finds_words_in_every_incident(opened: Program) -> None:
    opened.ok("note", "The vendor confirms the leak", "-i", "INC-1")
    opened.ok("open", "data-breach", "--title", "The vendor again")
    shown = opened.ok("search", "vendor").out
    assert {tuple(line.split()[:2]) for line in shown.splitlines()[1:]} == {("INC-1", "6"), ("INC-2", "1")}
    assert opened.ok("search", "vendor leak", "--json").json == {
        "hits": [{"incident": "INC-1", "version": 6, "text": "The vendor confirms the leak"}]
    }


@pytest.mark.parametrize("words", ["nothing", '"', "a OR", "*", "NEAR(", "-x", "col:x", "'", ")("])
def test_words_are_looked_for_as_they_are_and_no_query_can_fail(opened: Program, words: str) -> None:
    found = opened.ok("search", "--", words)
    assert found.out == "Nothing found.\n"


def test_a_search_for_nothing_is_refused(opened: Program) -> None:
    assert opened("search", " ").code == 3


def test_a_number_alone_names_an_incident(opened: Program) -> None:
    assert opened.ok("status", "-i", "1", "--json").json["incident"] == "INC-1"
    assert opened("status", "-i", "2").code == 4


def test_whoever_can_read_the_log_may_look(opened: Program) -> None:
    (opened.root / "roster.yaml").write_text("people: {lee: {}}")
    assert opened.ok("status", "--json", who="nobody").json["incident"] == "INC-1"
    assert opened("note", "x", who="nobody").code == 4
    (opened.root / "roster.yaml").write_text("people: {")
    (opened.root / "state" / "roster.json").unlink()
    assert opened.ok("status").code == 0
    assert opened("note", "x").code == 6


def test_what_is_public_is_told_while_a_correction_is_drafted(published: Program, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("Better words.")
    published.ok("statement", "correct", "holding", "--file", str(tmp_path / "new.txt"), "--because", "typo")
    assert "  statement holding: drafted (revision 1 is public)\n" in published.ok("status").out


def test_after_the_end_the_last_incident_is_named(published: Program) -> None:
    for trigger in ("inform", "notify", "close"):
        published("advance", trigger)
    if published.ok("status", "-i", "INC-1", "--json").json["open"]:
        pytest.fail("the fixture no longer closes")
    assert "such as the last: -i INC-1" in published("report").err
    told = published("advance", "-i", "INC-1")
    assert (told.code, "crisisctl reopen -i INC-1" in told.err) == (3, True)
