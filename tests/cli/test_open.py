"""`open`: the first command of the night."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.cli.conftest import Terminal
    from tests.conftest import HandClock, Program

OPEN = ("open", "data-breach", "--title", "Records on a forum")


def test_an_incident_opens_with_a_playbook_and_a_title_alone(program: Program) -> None:
    opened = program.ok(*OPEN)
    first, *rest = opened.out.splitlines()
    assert first == "INC-1 is open: Records on a forum (sev1, Personal-data breach)."
    assert "  comms-lead: dana" in rest
    assert "Secure the accounts first. Pause all scheduled posts." in rest
    assert "  [ ] pause-posts: Pause scheduled posts (comms-lead) - required" in rest


def test_the_next_step_is_the_role_that_nobody_holds(program: Program) -> None:
    assert program.ok(*OPEN).err == "Next: nobody holds legal yet: crisisctl assign legal PERSON\n"
    assert program.ok(*OPEN, "--assign", "legal=lee").err == "Next: crisisctl status\n"


def test_json_is_the_contract_s_keys(program: Program) -> None:
    assert program.ok(*OPEN, "--json").json == {
        "incident": "INC-1",
        "stages": ["detected"],
        "severity": "sev1",
        "version": 3,
    }


def test_quiet_prints_the_id_alone(program: Program) -> None:
    opened = program.ok(*OPEN, "-q")
    assert (opened.out, opened.err) == ("INC-1\n", "")


def test_ids_count_up(program: Program) -> None:
    assert [program.ok(*OPEN, "-q").out for _ in range(3)] == ["INC-1\n", "INC-2\n", "INC-3\n"]


def test_the_opener_takes_the_first_role_unless_it_is_given_away(program: Program) -> None:
    program.ok(*OPEN)
    program.ok(*OPEN, "--assign", "comms-lead=kim", "--assign", "legal=lee")
    assert program.ok("status", "-i", "INC-1", "--json").json["roles"] == {"comms-lead": ["dana"]}
    assert program.ok("status", "-i", "INC-2", "--json").json["roles"] == {"comms-lead": ["kim"], "legal": ["lee"]}


def test_two_people_can_share_a_role_from_the_start(program: Program) -> None:
    program.ok(*OPEN, "--assign", "legal=lee", "--assign", "legal=ana")
    assert program.ok("status", "--json").json["roles"]["legal"] == ["lee", "ana"]


def test_an_incident_opens_at_the_highest_severity_unless_told_otherwise(program: Program) -> None:
    assert program.ok(*OPEN, "--json").json["severity"] == "sev1"
    assert program.ok(*OPEN, "--severity", "sev3", "--json").json["severity"] == "sev3"


def test_facts_given_at_the_opening_are_known(program: Program) -> None:
    program.ok(*OPEN, "--fact", "affected_accounts=1,200", "--fact", "aware_at=2026-11-22T16:00+01:00")
    assert program.ok("status", "--json").json["facts"] == {
        "affected_accounts": {"value": "1200", "status": "confirmed", "source": None},
        "aware_at": {"value": "2026-11-22T15:00:00Z", "status": "confirmed", "source": None},
    }


def test_a_value_may_hold_an_equals_sign(program: Program) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    playbook.write_text(playbook.read_text().replace("facts:\n", "facts:\n  link: {type: text, ask: Where?}\n", 1))
    program.ok(*OPEN, "--fact", "link=https://example.com/?a=1")
    assert program.ok("status", "--json").json["facts"]["link"]["value"] == "https://example.com/?a=1"


def test_a_drill_is_marked_wherever_it_shows(program: Program) -> None:
    opened = program.ok(*OPEN, "--drill")
    assert opened.out.startswith("EXERCISE INC-1 is open")
    assert program.ok("status").out.startswith("EXERCISE INC-1")
    assert "EXERCISE Records on a forum" in program.ok("list").out
    assert program.ok("status", "--json").json["drill"] is True
    assert program.ok("timeline", "--format", "json").json["entries"][0]["text"].startswith("EXERCISE: ")


def test_what_began_earlier_is_opened_with_its_own_time(program: Program, clock: HandClock) -> None:
    program.ok(*OPEN, "--at", "2026-03-28T21:00:00Z", clock=clock)
    first = program.ok("timeline", "--format", "json").json["entries"][0]
    assert first["occurred_at"] == "2026-03-28T21:00:00.000000Z"
    assert first["recorded_at"] == "2026-03-28T22:00:00.000000Z"
    late = program.ok("timers", "--json", clock=clock).json["timers"][0]
    assert late["due"] == "2026-03-28T21:00:00.000000Z", "what falls due counts from the opening, not from the record"


def test_nothing_is_opened_in_the_future(program: Program, clock: HandClock) -> None:
    refused = program(*OPEN, "--at", "2026-03-29T00:00:00Z", clock=clock)
    assert refused.code == 3
    assert "--at 2026-03-29 00:00:00 UTC is in the future" in refused.err


def test_the_same_request_opens_one_incident(program: Program) -> None:
    first = program.ok(*OPEN, "--request-id", "r1", "--json").json
    assert program.ok(*OPEN, "--request-id", "r1", "--json").json == first | {"repeated": True}
    assert program.ok(*OPEN, "--request-id", "r1").out == "Already done: INC-1 is open.\n"
    assert program.ok(*OPEN, "--request-id", "r1", "-q").out == "INC-1\n"
    assert len(program.ok("list", "--json").json["incidents"]) == 1


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ([], 2, "Missing argument 'PLAYBOOK'."),
        (["data-breach"], 2, "Missing option '--title'."),
        (["data-breech", "--title", "x"], 4, "There is no playbook 'data-breech'. Did you mean data-breach?"),
        (["data-breach", "--title", "x", "--severity", "sev0"], 4, "There is no severity 'sev0'. Did you mean"),
        (["data-breach", "--title", "x", "--assign", "legl=lee"], 4, "There is no role 'legl'. Did you mean legal?"),
        (["data-breach", "--title", "x", "--fact", "aware=1"], 4, "There is no fact 'aware'. Did you mean aware_at?"),
        (["data-breach", "--title", "x", "--fact", "affected_accounts=many"], 3, "is a whole number, such as 1200"),
        (["data-breach", "--title", "x", "--fact", "aware_at=noon"], 3, "'noon' is not a time. Write it as 2026-"),
        (["data-breach", "--title", "x", "--assign", "lee"], 2, "Write --assign ROLE=PERSON, not lee."),
        (["data-breach", "--title", "x", "--assign", "=lee"], 2, "Write --assign ROLE=PERSON, not =lee."),
        (["data-breach", "--title", "x", "--fact", "aware_at="], 2, "Write --fact NAME=VALUE, not aware_at=."),
        (["data-breach", "--title", "x", "--assign", "legal=a b"], 3, "'a b' cannot be a person"),
        (["data-breach", "--title", ""], 3, "The title is empty."),
        (["data-breach", "--title", "x", "--at", "noon"], 3, "'noon' is not a time."),
        (["data-breach", "--title", "x", "--at", "2026-11-22T15:00"], 3, "has no zone, so it could be any hour"),
        (["data-breach", "--title", "x", "--request-id", ""], 3, "The request id is empty."),
    ],
)
def test_what_cannot_be_opened_is_refused_with_a_sentence_and_writes_nothing(
    program: Program, line: list[str], code: int, sentence: str
) -> None:
    refused = program("open", *line)
    assert refused.code == code
    assert sentence in refused.err
    assert refused.out == ""
    assert program.ok("list", "--json").json == {"incidents": []}


def test_a_broken_playbook_opens_nothing_and_says_where_it_is_broken(program: Program) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    playbook.write_text(playbook.read_text().replace("initial: detected", "initial: detekted", 1))
    refused = program(*OPEN)
    assert refused.code == 6
    assert refused.err.startswith("The playbook has errors, so nothing was opened. crisisctl playbook check shows all.")
    assert "data-breach.yaml:17:10: " in refused.err
    assert program.ok("list", "--json").json == {"incidents": []}


def test_the_playbook_is_pinned_so_a_later_edit_changes_nothing_under_way(opened: Program) -> None:
    before = opened.ok("status", "--json").json
    playbook = opened.root / "playbooks" / "data-breach.yaml"
    playbook.write_text(playbook.read_text().replace("Pause scheduled posts", "Do nothing at all"))
    (opened.root / "templates" / "holding" / "data-breach.md.j2").write_text("We know nothing.")
    assert opened.ok("status", "--json").json == before
    assert "Pause scheduled posts" in opened.ok("status").out
    opened.ok("fact", "set", "affected_accounts", "1200")
    opened.ok("statement", "draft", "holding")
    assert "about 1200 accounts" in opened.ok("statement", "show", "holding").out


def test_a_live_incident_needs_no_playbook_file_at_all(opened: Program) -> None:
    (opened.root / "playbooks" / "data-breach.yaml").unlink()
    opened.ok("task", "done", "pause-posts")
    opened.ok("advance", "activate", "--because", "confirmed")
    assert opened.ok("verify").code == 0


@pytest.mark.parametrize(
    "title", ["Zażółć gęślą jaźń", "データ漏洩", "a 'quoted' \"title\"", "[/x]", "--drill", "x" * 200, "😀"]
)
def test_any_title_that_can_be_read_is_kept_as_it_is(program: Program, title: str) -> None:
    program.ok("open", "data-breach", f"--title={title}")
    assert program.ok("status", "--json").json["title"] == title
    assert title in program.ok("status").out


@ON_FILE
def test_the_log_is_closed_to_others(opened: Program) -> None:
    state = opened.root / "state"
    assert state.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in state.iterdir() if path.is_file()} == {0o600}


def test_whatever_the_state_folder_keeps_is_closed_to_others(published: Program) -> None:
    (published.root / "roster.yaml").write_text("people: {dana: {roles: [comms-lead]}, lee: {roles: [legal]}}")
    published.ok("watch", "--once")
    state = published.root / "state"
    kept = [state, *state.rglob("*")]
    assert {path.name for path in kept} >= {"state", "notices.txt", "roster.json", "outgoing", "holding.email.txt"}
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in kept if path.is_file()} == {0o600}


def test_the_workspace_is_found_from_any_folder_inside_it(program: Program, version: Callable[[], int]) -> None:
    inside = program.root / "playbooks" / "deep" / "deeper"
    inside.mkdir(parents=True)
    command = [sys.executable, "-m", "crisisctl", *OPEN, "-q"]
    assert subprocess.check_output(command, cwd=inside, env=program.environment(), text=True) == "INC-1\n"
    assert version() == 3


def test_on_a_terminal_guidance_is_folded_between_words_and_in_a_pipe_left_as_it_is(
    program: Program, terminal: Terminal
) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    item = "1. " + "Secure the accounts first and pause everything. " * 4
    long = f"{item.strip()}\n      {'Then breathe. ' * 9}"
    text = playbook.read_text().replace("Secure the accounts first. Pause all scheduled posts.", long)
    playbook.write_text(text.replace("title: Pause scheduled posts", f"title: {'Pause the posts and ' * 6}go"))
    shown = terminal(*OPEN).text
    assert max(map(len, shown.splitlines())) <= 80
    piped = program.ok(*OPEN)
    assert item.strip() in piped.out
    whole = set((piped.out + piped.err).replace("INC-2", "INC-1").split())
    assert set(shown.split()) <= whole, "no word is broken"
    folded = shown[shown.index("1. ") :].splitlines()
    assert folded[1].startswith("   "), "an item goes on under its text"


def test_on_a_terminal_the_id_is_green_and_in_a_pipe_it_is_plain(program: Program, terminal: Terminal) -> None:
    shown = terminal(*OPEN, NO_COLOR="", TERM="xterm")
    assert shown.text.startswith("\x1b[32mINC-1\x1b[0m is open")
    assert "\x1b" not in program.process(*OPEN, env={"NO_COLOR": ""}).stdout


def test_no_colour_is_shown_to_who_asks_for_none(terminal: Terminal) -> None:
    assert "\x1b" not in terminal(*OPEN, NO_COLOR="1", TERM="xterm").text
