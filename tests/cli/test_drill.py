"""`drill`: played alone and with people, interrupted and taken up again, and the report of how it went."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.bootstrap.stores import opened
from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.conftest import Program

EVENTS: list[dict[str, Any]] = [
    {
        "at": "0m",
        "id": "post",
        "from": "A customer",
        "to": "comms-lead",
        "channel": "x",
        "text": "Is this | my <b>data</b>?",
        "expect": [
            {"id": "heard", "action": "ack", "role": "comms-lead", "within": "5m", "objective": "fast"},
            {"id": "why", "action": "decide", "within": "10m"},
        ],
    },
    {"at": "30m", "id": "press", "from": "A journalist", "to": "legal", "text": "How many are affected?"},
    {
        "at": "1h",
        "id": "more",
        "from": "A customer",
        "to": "comms-lead",
        "text": "And now?",
        "expect": [{"id": "noted", "action": "note", "within": "20m", "objective": "thorough"}],
    },
]
PLAYS = {
    "heard": {"after": "2m", "commands": ["ack"]},
    "why": {"after": "14m", "by": "kim", "commands": ["decide wait --because 'nothing is known'"]},
}


def scenario(**changes: Any) -> dict[str, Any]:
    return {
        "drill": "leak",
        "playbook": "data-breach",
        "title": "Rehearsal of a leak",
        "objectives": {"fast": "Somebody answers at once", "thorough": "All is written down"},
        "people": {"comms-lead": "dana", "deputy-comms": "kim", "legal": "lee"},
        "events": EVENTS,
        **changes,
    }


def played_by(plays: dict[str, Any]) -> list[dict[str, Any]]:
    def acted(event: dict[str, Any]) -> dict[str, Any]:
        expect = [one | ({"play": plays[one["id"]]} if one["id"] in plays else {}) for one in event.get("expect", [])]
        return event | ({"expect": expect} if expect else {})

    return [acted(event) for event in EVENTS]


@pytest.fixture
def leak(program: Program) -> Program:
    """A room with a drill in which one thing comes in time, one late and one not at all."""
    (program.root / "leak.yaml").write_text(json.dumps(scenario(events=played_by(PLAYS))))
    return program


@ON_FILE
def test_actions_are_done_late_or_missed(leak: Program) -> None:
    told = leak.ok("drill", "run", "leak.yaml", "--auto", "--json").json
    states = [(one["id"], one["state"], one["late_by"], one["by"]) for one in told["actions"]]
    assert states == [("heard", "done", 0, "dana"), ("why", "late", 240, "kim"), ("noted", "missed", None, None)]
    assert [(one["id"], one["rating"]) for one in told["objectives"]] == [("fast", "met"), ("thorough", "not met")]
    assert told["acknowledged"] == {"comms-lead": 120, "deputy-comms": None, "legal": None}
    assert told["metrics"] == {"acknowledged.comms-lead": 120}
    assert (told["exercise"], told["state"], told["notices_sent"]) == (True, "ended", 0)
    assert told["improve"] == [  # an acknowledgement goes stale after half an hour
        "deputy-comms, held by kim, was called 37m into the drill and never acknowledged.",
        "legal, held by lee, was called 47m into the drill and never acknowledged.",
        "decide came 4m too late, by kim: 14m after 'post' instead of 10m.",
        "note was not done within 20m of 'more'; it was for anybody to do.",
    ]


@ON_FILE
@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_the_report_is_marked_in_every_form(form: str, leak: Program) -> None:
    ran = leak.ok("drill", "run", "leak.yaml", "--auto", "-o", f"report.{form}", "--json")
    text = (leak.root / f"report.{form}").read_text()
    assert ran.json["file"] == f"report.{form}"
    assert ("EXERCISE" in text) or json.loads(text)["exercise"] is True
    assert "heard" in text
    assert "http" not in text.replace("http-equiv", "")
    again = leak.ok("drill", "report", "leak", "--auto", "--format", form, "-o", "again.txt")
    assert "Written to again.txt" in again.err
    assert (leak.root / "again.txt").read_text() == text


@ON_FILE
def test_without_a_file_the_report_is_printed_and_the_play_told_beside_it(leak: Program) -> None:
    ran = leak.ok("drill", "run", "leak.yaml", "--auto")
    assert ran.out.startswith("# EXERCISE: Rehearsal of a leak (INC-1 of the log of drills)")
    assert "| why: decide | post | anybody | late by 4m | 14m | 10m | kim |" in ran.out
    assert "2026-01-05 09:02:00  dana$ crisisctl ack" in ran.err
    assert "2026-01-05 09:30:00  A journalist to legal: How many are affected?" in ran.err


@ON_FILE
def test_the_room_itself_knows_nothing_of_what_was_played_alone(leak: Program) -> None:
    leak.ok("drill", "run", "leak.yaml", "--auto", "--json")
    assert leak.ok("list", "--all", "--json").json["incidents"] == []
    (one,) = leak.ok("drill", "list", "--json").json["played"]
    assert (one["incident"], one["drill"], one["with"], one["state"]) == ("INC-1", "leak", "alone", "ended")
    assert "leak" in leak.ok("drill", "list").out
    there = leak.at("sqlite:state/drills.db")
    timeline = there.ok("timeline", "-i", "INC-1").out
    assert "EXERCISE" in timeline
    assert "The exercise is over" in timeline
    assert there.ok("verify").code == 0


@ON_FILE
def test_of_two_with_one_number_it_is_said_which_is_told_of(leak: Program) -> None:
    leak.ok("drill", "run", "leak.yaml", "--auto", "--json")
    alone = leak.ok("drill", "report", "INC-1")
    assert ("(INC-1 of the log of drills)" in alone.out, alone.err) == (True, "")
    leak.ok("drill", "run", "leak.yaml", "--speed", "3600x", "--json")
    room = leak.ok("drill", "report", "INC-1")
    assert "# EXERCISE: Rehearsal of a leak (INC-1)" in room.out
    assert "Of the log of drills: crisisctl drill report INC-1 --auto" in room.err
    assert leak.ok("drill", "report", "INC-1", "--auto").out == alone.out


@ON_FILE
def test_a_player_who_is_refused_is_told_of(leak: Program) -> None:
    plays = {"heard": {"after": "1m", "commands": ["advance close", "ack"]}}
    (leak.root / "leak.yaml").write_text(json.dumps(scenario(events=played_by(plays))))
    ran = leak.ok("drill", "run", "leak.yaml", "--auto", "--json")
    assert "A scripted player was refused: advance close: close does not lead anywhere from detected" in ran.err
    assert ran.json["actions"][0]["state"] == "done"


def _entries(program: Program) -> list[Any]:
    store = opened("sqlite:state/drills.db", program.root)
    with store.reading() as log:
        found = list(log.entries("INC-1"))
    store.close()
    return found


def _story(program: Program) -> list[Any]:
    return [
        (e.occurred_at, e.type, e.actor, e.request, {f: w.value for f, w in e.words.items()}) for e in _entries(program)
    ]


_KILLED = """
import os, sys
from crisisctl.adapters.sqlite.store import SqliteLedger
from crisisctl.cli.run import run
left, append = int(sys.argv[1]), SqliteLedger.append
def dying(self, batch):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), {signal})
    append(self, batch)
SqliteLedger.append = dying
sys.exit(run(["drill", "run", "leak.yaml", "--auto", "--json"]))
"""


@ON_FILE
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_whenever_it_is_interrupted_it_goes_on_where_it_was(how: signal.Signals, leak: Program) -> None:
    leak.ok("drill", "run", "leak.yaml", "--auto", "--json")
    whole = _story(leak)
    for path in (leak.root / "state").iterdir():
        path.unlink()
    code = _KILLED.replace("{signal}", str(int(how)))
    for write in range(1, 12, 2):
        command = [sys.executable, "-c", code, str(write)]
        environment = leak.environment()
        ran = subprocess.run(command, cwd=leak.root, env=environment, text=True, capture_output=True, check=False)
        assert ran.returncode == (130 if how == signal.SIGINT else -how), ran.stderr
        if how == signal.SIGINT:
            assert "The same command goes on where it was" in ran.stderr
        told = leak.ok("drill", "run", "leak.yaml", "--auto", "--json").json
        assert (told["incident"], _story(leak)) == ("INC-1", whole), write
        assert max(Counter(e.data["event"] for e in _entries(leak) if e.type == "drill.injected").values()) == 1
        for path in (leak.root / "state").iterdir():
            path.unlink()


@pytest.mark.parametrize("path", ["nowhere/x.md", "leak.yaml/x.md"])
def test_where_the_report_cannot_be_written_nothing_is_played(path: str, leak: Program) -> None:
    for how in (["--auto"], []):
        ran = leak("drill", "run", "leak.yaml", *how, "-o", path)
        assert (ran.code, f"{path} cannot be written" in ran.err) == (7, True), ran.err
    assert leak.ok("drill", "list", "--json").json["played"] == []


def test_what_does_not_go_together_is_said(leak: Program) -> None:
    assert leak("drill", "run", "leak.yaml", "--auto", "--speed", "10x").code == 2
    assert leak("drill", "run", "leak.yaml", "--speed", "fast").code == 2
    assert leak("drill", "run", "leak.yaml", "--speed", "0x").code == 2
    assert leak("drill", "run", "leek").code == 4
    assert leak("drill", "run", "leak.yaml", "--auto", "-o", "state/x.md").code == 2
    assert leak("drill", "run", "leak.yaml", "--auto", "--format", "pdf").code == 4
    assert leak("drill", "report").code == 4
    assert leak("drill", "resume").code == 4
    assert leak("drill", "end").code == 4


# With people


def _live(leak: Program, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "crisisctl", "drill", *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=leak.root, env=leak.environment(), text=True, **pipes)  # type: ignore[call-overload,no-any-return]


def _types(leak: Program) -> list[str]:
    told = leak("timeline", "-i", "INC-1", "--format", "json")
    return [entry["type"] for entry in told.json["entries"]] if told.code == 0 else []


def _wait_for(leak: Program, kind: str, count: int = 1) -> None:
    for _ in range(300):
        if _types(leak).count(kind) >= count:
            return
        time.sleep(0.1)
    pytest.fail(f"there is no {kind}")


def test_people_answer_from_other_terminals_and_it_goes_on_after_a_kill(leak: Program) -> None:
    first = _live(leak, "run", "leak.yaml", "--assign", "comms-lead=dana", "--assign", "legal=lee", "--speed", "1x")
    _wait_for(leak, "drill.injected")
    first.kill()
    first.communicate()
    leak.ok("ack", "-i", "INC-1")
    second = _live(leak, "resume", "--json")
    _wait_for(leak, "drill.resumed")
    times = {one["type"]: one for one in leak.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]}
    moments = [
        datetime.fromisoformat(times[kind]["recorded_at"]) for kind in ("escalation.acknowledged", "drill.resumed")
    ]
    stood = timedelta(milliseconds=times["drill.resumed"]["data"]["paused_ms"])
    assert stood > moments[1] - moments[0]  # since it was killed, and not only since somebody did something
    leak.ok("decide", "Wait", "--because", "nothing is known", who="lee")
    leak.ok("drill", "end")
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    told = json.loads(out)
    states = [(one["id"], one["state"], one["by"]) for one in told["actions"]]
    assert states == [("heard", "done", "dana"), ("why", "done", "lee"), ("noted", "open", None)]
    assert _types(leak).count("drill.injected") == 1
    shown = leak.ok("status", "-i", "INC-1").out
    assert "EXERCISE INC-1" in shown
    assert leak.ok("timers", "-i", "INC-1", "--json").json["timers"] == []
    assert leak("reopen", "--because", "again", "-i", "INC-1").code == 3
    assert leak("advance", "activate", "--because", "x", "-i", "INC-1").code == 3
    assert (
        "A customer to comms-lead (dana) by x: Is this" in leak.ok("timeline", "-i", "INC-1", "--format", "jsonl").out
    )
    assert leak.ok("drill", "report", "INC-1", "--json").json["actions"] == told["actions"]
    assert leak.ok("verify").code == 0


def test_with_speed_everything_comes_sooner_and_is_told_in_the_time_of_the_drill(leak: Program) -> None:
    ran = leak.process("drill", "run", "leak.yaml", "--speed", "3600x", "--json")
    told = json.loads(ran.stdout)
    assert [one["state"] for one in told["actions"]] == ["missed"] * 3
    times = {one["event"]: one["asked_at"] for one in told["actions"]}
    assert times["post"] < 1_800
    assert times["more"] >= 3_600
    events = [
        e["data"]["event"]
        for e in leak.ok("timeline", "-i", "INC-1", "--format", "json").json["entries"]
        if e["type"] == "drill.injected"
    ]
    assert events == ["post", "press", "more"]
    assert "A journalist to legal (nobody holds it)" in ran.stderr


def test_one_drill_is_led_by_one(leak: Program) -> None:
    first = _live(leak, "run", "leak.yaml")
    _wait_for(leak, "drill.injected")
    for again in (["run", "leak.yaml"], ["resume"]):
        ran = leak("drill", *again)
        assert (ran.code, "leak is being led in another terminal" in ran.err) == (3, True), ran.err
    leak.ok("drill", "end", who="kim")
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert "drill.resumed" not in _types(leak)


def test_a_drill_with_people_that_is_interrupted_says_how_it_goes_on(leak: Program) -> None:
    (leak.root / "roster.yaml").write_text("people: {dana: {name: Dana}, lee: {name: Lee, roles: [legal]}}")
    first = _live(leak, "run", "leak.yaml", "--assign", "comms-lead=dana")
    _wait_for(leak, "drill.injected")
    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=60)
    assert "Nobody plays legal, who is asked in this drill: crisisctl assign legal lee -i INC-1" in err
    assert "Nobody plays comms-lead" not in err
    assert first.returncode == 130
    assert "The exercise stands still" in err
    assert "To go on where it was: crisisctl drill resume leak" in err
    assert _types(leak)[-1] == "drill.paused"
    again = leak("drill", "run", "leak.yaml", "--assign", "comms-lead=dana")
    assert (again.code, "Go on: crisisctl drill resume INC-1" in again.err) == (2, True)
    second = _live(leak, "run", "leak.yaml")
    _wait_for(leak, "drill.resumed")
    leak.ok("drill", "end", "leak")
    second.communicate(timeout=60)
    assert second.returncode == 0
    assert leak.ok("list", "--all", "--json").json["incidents"][0]["incident"] == "INC-1"
    assert len(leak.ok("list", "--all", "--json").json["incidents"]) == 1
