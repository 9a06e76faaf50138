"""`task`: the checklist of the stages where the incident stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program


def _state(program: Program) -> str:
    return str(program.ok("status", "-i", "INC-1", "--json").json["tasks"][0]["state"])


def test_a_task_is_done_and_may_be_reopened(opened: Program) -> None:
    assert opened.ok("task", "done", "pause-posts").out == "INC-1 version 6: Task pause-posts done.\n"
    assert _state(opened) == "done"
    assert "[x] pause-posts" in opened.ok("status").out
    told = opened.ok("task", "reopen", "pause-posts", "--because", "one post went out")
    assert told.out == "INC-1 version 7: Task pause-posts reopened, because one post went out.\n"
    assert _state(opened) == "open"


def test_a_task_is_skipped_for_a_reason_and_no_longer_holds_up_a_move(opened: Program) -> None:
    refused = opened("task", "skip", "pause-posts")
    assert (refused.code, refused.err) == (3, "Skipping pause-posts needs a reason: --because WHY\n")
    opened.ok("task", "skip", "pause-posts", "--because", "nothing was scheduled")
    assert "[-] pause-posts" in opened.ok("status").out
    assert opened.ok("status", "--json").json["moves"][0]["allowed"] is True


def test_json_names_the_entry(opened: Program) -> None:
    assert opened.ok("task", "done", "pause-posts", "--json").json == {
        "incident": "INC-1",
        "version": 6,
        "stages": ["detected"],
        "entries": [{"version": 6, "type": "task.done", "text": "Task pause-posts done"}],
    }


def test_the_list_shows_the_tasks_here(opened: Program) -> None:
    shown = opened.ok("task", "list").out.splitlines()
    assert shown[0].split() == ["TASK", "STATE", "ROLE", "TITLE"]
    assert shown[1].split(maxsplit=3) == ["pause-posts", "open", "comms-lead", "Pause scheduled posts"]
    task = {"id": "pause-posts", "state": "open", "role": "comms-lead", "stage": "detected"}
    assert opened.ok("task", "list", "--json").json == {
        "incident": "INC-1",
        "tasks": [task | {"title": "Pause scheduled posts"}],
    }


def test_where_there_are_no_tasks_the_list_says_so(responding: Program) -> None:
    assert responding.ok("task", "list").out == "INC-1 has no tasks here.\n"
    assert responding.ok("task", "list", "--json").json["tasks"] == []


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (["done", "pause-post"], 4, "There is no task here 'pause-post'. Did you mean pause-posts?"),
        (["done"], 2, "Missing argument 'TASK'."),
        (["skip", "pause-posts", "--because", " "], 3, "The reason is empty."),
        (["reopen", "pause-posts"], 3, "Task pause-posts is open already."),
        (["don", "pause-posts"], 2, "No such command 'don'. Did you mean 'done'?"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_writes_nothing(
    opened: Program, version: Callable[[], int], line: list[str], code: int, sentence: str
) -> None:
    before = version()
    refused = opened("task", *line)
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.err
    assert version() == before


def test_a_task_that_is_done_is_not_done_twice(opened: Program) -> None:
    opened.ok("task", "done", "pause-posts")
    refused = opened("task", "done", "pause-posts")
    assert (refused.code, refused.err) == (3, "Task pause-posts is done already.\n")


def test_a_task_of_a_stage_that_was_left_is_named_as_such(responding: Program) -> None:
    refused = responding("task", "done", "pause-posts")
    assert refused.code == 3
    assert refused.err == "Task pause-posts belongs to stage detected, where INC-1 does not stand now.\n"


def test_a_task_may_be_named_with_its_stage(opened: Program) -> None:
    opened.ok("task", "done", "detected/pause-posts")
    assert _state(opened) == "done"


def test_of_two_tasks_with_one_name_the_stage_tells_which(program: Program) -> None:
    playbook = program.root / "playbooks" / "data-breach.yaml"
    tasks = "{title: %s, tasks: {call: {title: Call the other side}}}"
    text = playbook.read_text().replace("{title: Drafting}", tasks % "Drafting")
    playbook.write_text(text.replace("{title: Assessing}", tasks % "Assessing"))
    program.ok("open", "data-breach", "--title", "x", "--assign", "legal=lee")
    program.ok("task", "done", "pause-posts")
    program.ok("advance", "activate", "--because", "x")
    refused = program("task", "done", "call")
    assert refused.code == 3
    assert refused.err == (
        "Several stages have a task call. Say which: response.comms.drafting/call, response.legal.assessing/call\n"
    )
    program.ok("task", "done", "response.legal.assessing/call")
    states = {task["stage"]: task["state"] for task in program.ok("status", "--json").json["tasks"]}
    assert states == {"response.comms.drafting": "open", "response.legal.assessing": "done"}


def test_a_repeat_of_the_same_request_does_nothing(opened: Program, version: Callable[[], int]) -> None:
    opened.ok("task", "done", "pause-posts", "--request-id", "t1")
    after = version()
    assert opened.ok("task", "done", "pause-posts", "--request-id", "t1").out == (
        "Already done: INC-1 version 6: Task pause-posts done.\n"
    )
    assert version() == after


def test_a_closed_incident_takes_no_more_tasks(published: Program) -> None:
    for trigger in ("inform", "notify", "close"):
        published.ok("advance", trigger)
    refused = published("task", "done", "pause-posts", "-i", "INC-1")
    assert refused.code == 3
    assert refused.err == "INC-1 is closed. To go on: crisisctl reopen -i INC-1 --because WHY\n"
