"""Every real crisis, made a drill and played alone: its measured times come out of the drill's log, to the second."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crisisctl.bootstrap.stores import opened
from crisisctl.domain.drill.course import course
from crisisctl.domain.drill.grade import grade
from tests.cli.conftest import ON_FILE

if TYPE_CHECKING:
    from tests.conftest import Program

CRISES = sorted((Path(__file__).parents[1] / "data" / "crises").glob("*.json"))
pytestmark = ON_FILE


@pytest.fixture
def room(shipped: Program) -> Program:
    """A workspace with all playbooks that are shipped."""
    assert len(CRISES) == 9
    return shipped


def _entries(room: Program, id_: str = "INC-1") -> list[Any]:
    store = opened("sqlite:state/drills.db", room.root)
    with store.reading() as log:
        found = list(log.entries(id_))
    store.close()
    return found


@pytest.mark.parametrize("crisis", CRISES, ids=lambda path: path.stem)
def test_the_times_of_a_real_crisis_come_out_of_the_log_and_every_row_stands_in_it(crisis: Path, room: Program) -> None:
    told = json.loads(crisis.read_text())
    made = room.ok("drill", "new", "--from", str(crisis), "-o", "real.yaml", "--json").json
    assert made["drill"] == told["id"]
    assert room.ok("drill", "check", "real.yaml", "--json").json["findings"] == []
    played = room.ok("drill", "run", "real.yaml", "--auto", "--json")
    assert "refused" not in played.err
    wanted = {name: one["seconds"] for name, one in told["expected_metrics"].items()}
    assert {name: played.json["metrics"].get(name) for name in wanted} == wanted
    assert played.json["reference"] == wanted
    assert played.json["notices_sent"] == 0
    assert {action["state"] for action in played.json["actions"]} == {"done"}
    said = [(e.occurred_at, word.value or "") for e in _entries(room) for word in e.words.values()]
    for row in told["rows"]:
        at = datetime.fromisoformat(row["at"]).astimezone(UTC)
        assert any(moment == at and row["text"] in text for moment, text in said), row
    assert room.at("sqlite:state/drills.db").ok("verify", "--json").json["ok"]


def test_the_log_is_what_is_measured(room: Program) -> None:
    """A log in which the first statement came a minute later measures a minute more."""
    crisis = next(path for path in CRISES if path.stem.startswith("gitlab"))
    room.ok("drill", "new", "--from", str(crisis), "-o", "real.yaml")
    room.ok("drill", "run", "real.yaml", "--auto", "--json")
    entries = _entries(room)
    name = "time_to_first_statement_from_loss_confirmed"
    assert grade(course(entries)).metrics[name] == 98
    first = next(e for e in entries if e.type == "statement.published" and e.data["statement"] == "holding")
    late = [
        e._replace(occurred_at=e.occurred_at + timedelta(minutes=1)) if e.occurred_at == first.occurred_at else e
        for e in entries
    ]
    assert grade(course(late)).metrics[name] == 158


def test_another_playbook_can_be_named(room: Program) -> None:
    crisis = str(CRISES[0])
    assert room.ok("drill", "new", "--from", crisis, "--json").json["drill"]["playbook"] == "outage"
    other = room.ok("drill", "new", "--from", crisis, "--playbook", "rogue-post", "--json").json["drill"]
    assert other["playbook"] == "rogue-post"
    assert {event["to"] for event in other["events"]} == {"comms-lead"}
    assert room("drill", "new", "--from", crisis, "--playbook", "outge").code == 4


def test_a_crisis_of_an_unknown_kind_is_played_on_whatever_there_is(room: Program) -> None:
    crisis = json.loads(CRISES[0].read_text()) | {"kind": "meteorite"}
    (room.root / "odd.json").write_text(json.dumps(crisis))
    assert room.ok("drill", "new", "--from", "odd.json", "--json").json["drill"]["playbook"] == "viral-complaint"


def _broken(**changes: Any) -> str:
    crisis = json.loads(CRISES[0].read_text()) | changes
    return json.dumps(crisis, indent=1)


def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(CRISES[0].read_text())["rows"]
    return rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "1:2: not-json: this is no JSON"),
        ("[]", "1:1: wrong-type: the crisis is a list, not a mapping"),
        ('{"id": "x"}', "1:1: missing-key: the crisis has no title"),
        (_broken(rows=[]), "no-rows"),
        (_broken(rows=[_rows()[1], _rows()[0]]), "out-of-order: item 2 of rows is at 2019-07-02 13:31:00 UTC, before"),
        (_broken(rows=[_rows()[0] | {"at": "yesterday"}]), "bad-time: 'yesterday' is not a time"),
        (_broken(rows=[_rows()[0] | {"at": "2019-07-02T13:31:00"}]), "has no zone"),
        (_broken(rows=[_rows()[0] | {"role": "support"}]), "nothing-from-outside: no row came from outside"),
        (_broken(rows=[_rows()[0] | {"at": 5}]), "wrong-type: rows.1.at is a whole number"),
        (_broken(rows=[{"at": "2019-07-02T13:31:00Z", "actor": "x", "text": "y"}]), "has no role"),
        (_broken(rows=[_rows()[3], _rows()[3]]), "duplicate-tag: another row has the tag 'detected'"),
        (_broken(expected_metrics={"ttd": {"from": "start", "to": "detectd"}}), "write detected"),
        (_broken(expected_metrics={"ttd": {"from": "start"}}), "has no to"),
        (_broken(rows=[_rows()[0] | {"public": "yes"}]), "write true or false"),
        ('{"id": "x", "id": "y", "title": "t", "kind": "k", "rows": []}', "1:13: duplicate-key"),
        ('{"id": "x", "title": NaN}', "NaN is no number"),
        pytest.param("[" * 100_000, "1:1: not-json: it is nested too deep; write plain JSON", id="nested"),
    ],
)
def test_a_malformed_crisis_is_told_with_its_place_and_its_remedy(text: str, said: str, room: Program) -> None:
    (room.root / "bad.json").write_text(text)
    ran = room("drill", "new", "--from", "bad.json", "-o", "bad.yaml")
    assert (ran.code, said in ran.err) == (6, True), ran.err
    assert all(line.startswith("bad.json:") for line in ran.err.splitlines())
    assert not (room.root / "bad.yaml").exists()


def test_a_drill_that_its_check_would_refuse_is_not_written(room: Program) -> None:
    ran = room("drill", "new", "--from", str(CRISES[0]), "-o", "playbooks/drills/other.yaml")
    assert (ran.code, "its file 'other'; write other, or rename the file" in ran.err) == (6, True), ran.err
    assert not (room.root / "playbooks/drills/other.yaml").exists()
    rows = [_rows()[2], _rows()[3] | {"at": "2999-01-01T00:00:00Z"}]
    (room.root / "long.json").write_text(_broken(rows=rows, expected_metrics={}))
    ran = room("drill", "new", "--from", "long.json", "-o", "long.yaml")
    assert (ran.code, "events.2.at is not a duration" in ran.err) == (6, True), ran.err
    assert not (room.root / "long.yaml").exists()


def test_the_line_of_a_slip_is_the_line_in_the_file(room: Program) -> None:
    text = CRISES[0].read_text().replace("2019-07-02T14:02:00+00:00", "2019-07-02T13:02:00+00:00")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "13:02:00" in one)
    (room.root / "bad.json").write_text(text)
    assert f"bad.json:{line}:10: out-of-order" in room("drill", "new", "--from", "bad.json").err


def test_seconds_that_are_not_those_of_the_rows_are_pointed_out(room: Program) -> None:
    metrics = {"ttd": {"seconds": 181, "from": "start", "to": "detected"}}
    (room.root / "odd.json").write_text(_broken(expected_metrics=metrics, mood="grim"))
    ran = room.ok("drill", "new", "--from", "odd.json", "-o", "odd.yaml")
    assert "other-seconds: expected_metrics.ttd is 181, but its rows lie 180 apart" in ran.err
    assert "unknown-key: the key 'mood' is not known" in ran.err
    assert room("drill", "new", "--from", "nowhere.json").code == 4
    assert room("drill", "new", "--from", "odd.json", "-o", "odd.txt").code == 2
    assert room("drill", "new", "--from", "odd.json", "-o", "playbooks/outage.yaml").code == 2
    assert room("drill", "new", "--from", "odd.json", "-o", "roster.yaml").code == 2
    (room.root / "odd.json").write_text(_broken())
    room.ok("drill", "new", "--from", "odd.json", "-o", f"playbooks/drills/{CRISES[0].stem}.yaml")
    room.ok("drill", "run", CRISES[0].stem, "--auto", "--json")
