"""An incident is nothing but its entries, folded; a snapshot is that incident and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.decide import decide
from crisisctl.domain.entries import Entry, Source, columns, from_columns
from crisisctl.domain.errors import Unverified
from crisisctl.domain.evolve import evolve, replay
from crisisctl.domain.incident import Incident
from crisisctl.domain.timers import timers
from tests.domain.conftest import RICH, SCRIPTS, START, Case, Step, plan


def played(script: list[Step]) -> Case:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
    return case


@settings(max_examples=150)
@given(SCRIPTS, st.data())
def test_a_replay_comes_out_where_the_steps_did_wherever_it_begins(script: list[Step], data: st.DataObject) -> None:
    case = played(script)
    assert replay(case.entries) == case.incident
    cut = data.draw(st.integers(1, len(case.entries)))
    assert replay(case.entries[cut:], replay(case.entries[:cut])) == case.incident


@settings(max_examples=150)
@given(SCRIPTS)
def test_what_was_stored_replays_to_the_same_incident(script: list[Step]) -> None:
    case = played(script)
    stored = [from_columns(columns(entry)) for entry in case.entries]
    assert replay(stored) == case.incident
    assert timers(replay(stored)) == timers(case.incident)


@settings(max_examples=150)
@given(SCRIPTS)
def test_a_snapshot_at_any_moment_is_read_back_whole_and_goes_on_the_same(script: list[Step]) -> None:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
        kept = snapshot.dump(case.incident)
        read = snapshot.load(kept, case.incident.playbook)
        assert read == case.incident
        assert snapshot.dump(read) == kept
        case._incident = read


@settings(max_examples=100)
@given(SCRIPTS)
def test_what_an_incident_holds_agrees_with_itself(script: list[Step]) -> None:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
        incident = case.incident
        assert (incident.version, incident.digest) == (len(case.entries), case.entries[-1].digest)
        assert incident.recorded_at == max(entry.recorded_at for entry in case.entries)
        assert incident.open == ("closed" not in incident.stages)
        assert set(incident.stages) <= incident.playbook.stages.keys()
        assert {stage.path for stage in incident.around()} <= incident.visits.keys()
        assert {ladder.stage for ladder in incident.ladders.values()} <= {stage.path for stage in incident.around()}
        assert all(key == ladder.key for key, ladder in incident.ladders.items())
        assert all(people and len(set(people)) == len(people) for people in incident.roles.values())
        assert [*incident.roles] == [role for role in incident.playbook.roles if role in incident.roles]


def unknown(case: Case, **data: Any) -> Entry:
    return case.entries[-1]._replace(
        version=case.incident.version + 1, type="comet.sighted", data=data, words={}, digest="f" * 64, timer=None
    )


def test_an_entry_of_an_unknown_type_changes_nothing_but_the_version() -> None:
    case = Case(RICH)
    later = unknown(case, stage="both", role="lead")._replace(recorded_at=START + timedelta(hours=1))
    after = evolve(case.incident, later)
    assert after == case.incident._replace(
        version=case.incident.version + 1, digest="f" * 64, recorded_at=START + timedelta(hours=1)
    )


def test_an_entry_of_an_unknown_type_still_shows_that_somebody_acts() -> None:
    case = Case(RICH)
    case.do(ask.Acknowledge())
    later = unknown(case)._replace(actor="dana", occurred_at=START + timedelta(minutes=9))
    assert evolve(case.incident, later).ladders["begun#1/call"].acked_at == START + timedelta(minutes=9)


def test_recorded_time_never_runs_backwards() -> None:
    case = Case(RICH)
    early = unknown(case)._replace(recorded_at=START - timedelta(hours=1))
    assert evolve(case.incident, early).recorded_at == START


def test_an_incident_without_entries_cannot_be_told() -> None:
    with pytest.raises(Unverified, match="An incident without entries cannot be told"):
        replay([])


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "stage.entered", "data": {"stage": "nowhere", "visit": 1}},
        {"type": "stage.left", "data": {}},
        {"type": "statement.approved", "data": {"statement": "holding", "state": "approved"}},
        {"type": "escalation.snoozed", "data": {"ladder": "begun#1/call", "until": "soon"}},
        {"type": "role.assigned", "data": None},
        {"type": "fact.retracted", "data": {"fact": ["count"]}},
    ],
)
def test_an_entry_that_does_not_follow_from_those_before_it_is_named(broken: dict[str, Any]) -> None:
    case = Case(RICH)
    entry = unknown(case)._replace(**broken)
    said = rf"Entry {entry.version} of INC-1 does not follow from those before it \(.+\)\. Run: crisisctl verify"
    with pytest.raises(Unverified, match=said):
        replay([*case.entries, entry])
    with pytest.raises(Unverified, match="Entry 2 of INC-1 does not follow"):
        replay(case.entries[1:])


def test_evolving_changes_nothing_in_place() -> None:
    case = Case(RICH)
    before, kept = case.incident, snapshot.dump(case.incident)
    case.do(ask.SetFact("count", "3"), ask.Assign("legal", "lena"), ask.ChangeTask("tea", "done"), ask.Acknowledge())
    case.do(ask.Draft("free", "Water."), ask.Advance("close"))
    assert snapshot.dump(before) == kept


def test_words_that_were_erased_replay_as_words_that_are_gone() -> None:
    case = Case(RICH)
    case.do(ask.SetFact("cause", "Ada did it", source="Ada"))
    erased = [
        entry._replace(words={name: word._replace(salt=None, value=None) for name, word in entry.words.items()})
        for entry in case.entries
    ]
    incident = replay(erased)
    assert incident.title == "(redacted)"
    assert [*incident.facts["cause"]][:5] == [None, "confirmed", None, case.incident.version, "dana"]
    assert incident._replace(title="Water", facts=case.incident.facts) == case.incident
    assert snapshot.load(snapshot.dump(incident), incident.playbook) == incident


def test_the_playbook_of_the_first_entry_is_the_playbook_whatever_became_of_its_file() -> None:
    case = Case(plan(title="As it was then", version=3))
    assert case.incident.playbook.title == "As it was then"
    assert case.incident.playbook_digest == case.entries[0].data["playbook"]["digest"]
    assert case.incident.playbook.version == 3


def test_a_snapshot_holds_no_playbook_and_says_of_which_format_it_is() -> None:
    state = json.loads(snapshot.dump(Case(RICH).incident))
    assert "playbook" not in state
    assert state["format"] == snapshot.FORMAT
    assert state.keys() == {*Incident._fields, "format"} - {"playbook"}


def test_a_snapshot_of_another_format_is_not_read() -> None:
    case = Case(RICH)
    state = json.loads(snapshot.dump(case.incident)) | {"format": snapshot.FORMAT + 1}
    assert snapshot.load(json.dumps(state), case.incident.playbook) is None


OF_THIS_FORMAT = f'{{"format":{snapshot.FORMAT}'


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", "null", "{}", f"{OF_THIS_FORMAT}}}", f'{OF_THIS_FORMAT},"stages":3}}']
)
def test_a_snapshot_that_cannot_be_read_is_no_incident(broken: str) -> None:
    with pytest.raises(Unverified, match="The snapshot cannot be read"):
        snapshot.load(broken, Case(RICH).incident.playbook)


@pytest.mark.parametrize(
    "missing", ["id", "drill", "stages", "opened_at", "closed_at", "visits", "handovers", "format"]
)
def test_a_snapshot_that_lacks_a_part_is_no_incident(missing: str) -> None:
    case = Case(RICH)
    torn = {name: value for name, value in json.loads(snapshot.dump(case.incident)).items() if name != missing}
    with pytest.raises(Unverified):
        snapshot.load(json.dumps(torn), case.incident.playbook)


@pytest.mark.parametrize("command", [object(), None, "advance", Source("dana", "dana")])
def test_what_is_no_command_is_not_decided(command: object) -> None:
    with pytest.raises(KeyError):
        decide(Case(RICH).incident, command, Source("dana", "dana"), START)
