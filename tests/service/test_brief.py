"""The brief of a handover: everything that matters, in plain lines that fit, and nothing that the log does not say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain.decide_statements import text_digest
from crisisctl.service.brief import brief

TEXT = "We are looking into it."


@pytest.fixture
def opened(room: Any) -> Any:
    """Dana leads, Lee is the counsel; it was opened ten minutes ago."""
    room.open(assign=(("comms-lead", "dana"), ("legal", "lee")))
    room.clock.tick(minutes=10)
    return room


def _written(room: Any) -> str:
    return brief(room.look(), room.entries(), room.clock.time)


def _section(room: Any, title: str) -> list[str]:
    """The items of a section, each on one line."""
    return [item.strip() for item in dict(_parts(_written(room).splitlines()))[title]]


def _parts(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each section with its lines; those that go on an item are joined to it."""
    parts: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.isupper() and not line.startswith((" ", "EXERCISE")):
            parts.append((line, []))
        elif parts and line.startswith("    "):
            parts[-1][1][-1] += f" {line.strip()}"
        elif parts and line.strip():
            parts[-1][1].append(line)
    return parts


def _publish(room: Any, *, approvals: bool = True) -> None:
    room.ask(ask.Draft("holding", TEXT), who="sam")
    room.ask(ask.Submit("holding"), who="sam")
    if approvals:
        room.ask(ask.Approve("holding"))
        room.ask(ask.Approve("holding"), who="lee")
        room.ask(ask.Publish("holding", text_digest(TEXT)))


def test_it_says_what_it_was_written_from(opened: Any) -> None:
    first, second = _written(opened).splitlines()[:2]
    assert first == "INC-1: Records on a forum"
    assert second == f"Written on 2026-03-28 22:10:00 UTC from version {opened.look().version} of the log."


def test_it_says_where_the_incident_stands_and_since_when(opened: Any) -> None:
    assert _section(opened, "WHERE IT STANDS") == [
        "at detected since 2026-03-28 22:00:00 UTC, 10m ago",
        "severity sev1, opened 2026-03-28 22:00:00 UTC, 10m ago",
    ]
    opened.ask(ask.ChangeTask("pause-posts", "done"))
    opened.ask(ask.ChangeSeverity("sev2", "few records"))
    opened.ask(ask.Advance("activate", "confirmed"))
    assert _section(opened, "WHERE IT STANDS") == [
        "at response.comms.drafting since 2026-03-28 22:10:00 UTC, 0s ago",
        "at response.legal.assessing since 2026-03-28 22:10:00 UTC, 0s ago",
        "severity sev2, opened 2026-03-28 22:00:00 UTC, 10m ago",
    ]


def test_it_says_who_holds_what_and_what_is_on_offer(opened: Any) -> None:
    assert _section(opened, "WHO HOLDS WHAT") == ["comms-lead: dana", "legal: lee", "nobody holds: deputy-comms"]
    opened.ask(ask.Assign("deputy-comms", "kim"))
    opened.ask(ask.Release("comms-lead"))
    opened.ask(ask.Handover("legal", "mo"), who="lee")
    opened.clock.tick(minutes=4)
    assert _section(opened, "WHO HOLDS WHAT") == [
        "comms-lead: nobody, although it is required; told instead: kim",
        "deputy-comms: kim",
        "legal: lee; on offer to mo since 2026-03-28 22:10:00 UTC, 4m ago",
    ]


def test_it_says_what_was_promised_and_what_of_it_is_overdue(opened: Any) -> None:
    assert _section(opened, "PROMISED") == ["none"]
    _publish(opened)
    promised = "holding: the next update was promised,"
    assert _section(opened, "PROMISED") == [f"{promised} due 2026-03-28 23:10:00 UTC, in 1h"]
    opened.clock.tick(minutes=75)
    assert _section(opened, "PROMISED") == [f"{promised} OVERDUE, was due 2026-03-28 23:10:00 UTC, 15m ago"]


def test_it_says_how_each_statement_stands_and_who_must_still_approve(opened: Any) -> None:
    due = "due 2026-03-28 23:00:00 UTC, in 50m"
    assert _section(opened, "STATEMENTS") == [f"holding: no text yet; {due}"]
    _publish(opened, approvals=False)
    since = "since 2026-03-28 22:10:00 UTC, 0s ago; revision 1 by sam"
    waiting = "still to approve: comms-lead: dana; legal: lee"
    assert _section(opened, "STATEMENTS") == [f"holding: submitted {since}; {waiting}; {due}"]
    opened.ask(ask.Approve("holding"), who="lee")
    assert "still to approve: comms-lead: dana; due" in _section(opened, "STATEMENTS")[0]
    opened.ask(ask.Approve("holding"))
    opened.ask(ask.Publish("holding", text_digest(TEXT), ("employees",)))
    assert "holding: publishing since" in _section(opened, "STATEMENTS")[0]
    assert "still to reach: customers, press" in _section(opened, "STATEMENTS")[0]
    opened.ask(ask.Publish("holding", text_digest(TEXT)))
    assert _section(opened, "STATEMENTS") == [f"holding: published {since}"], "nothing of it is due any more"


def test_it_says_which_escalations_run_and_who_answered(opened: Any) -> None:
    assert _section(opened, "ESCALATIONS") == ["first-response at detected: nobody has acknowledged it"]
    opened.ask(ask.Acknowledge(), who="lee")
    opened.clock.tick(minutes=3)
    acknowledged = "first-response at detected: acknowledged by lee, who last acted 3m ago"
    assert _section(opened, "ESCALATIONS") == [acknowledged]
    opened.ask(ask.Snooze(timedelta(minutes=20), "on the phone"))
    assert _section(opened, "ESCALATIONS")[0].endswith("; rests until 2026-03-28 22:33:00 UTC, in 20m")
    opened.ask(ask.ChangeTask("pause-posts", "done"))
    opened.ask(ask.Advance("activate", "confirmed"))
    assert _section(opened, "ESCALATIONS") == ["none"]


def test_it_lists_the_required_tasks_that_are_open(opened: Any) -> None:
    task = "pause-posts: Pause scheduled posts (comms-lead);"
    title = "REQUIRED TASKS THAT ARE OPEN"
    assert _section(opened, title) == [f"{task} due 2026-03-28 22:15:00 UTC, in 5m"]
    opened.clock.tick(minutes=7)
    assert _section(opened, title) == [f"{task} OVERDUE, was due 2026-03-28 22:15:00 UTC, 2m ago"]
    opened.ask(ask.ChangeTask("pause-posts", "done"))
    assert _section(opened, title) == ["none"]


def test_it_tells_the_next_five_things_that_fall_due(opened: Any) -> None:
    opened.desk.fire("INC-1")
    ahead = _section(opened, "NEXT TO FALL DUE, IF NOBODY ANSWERS")
    assert len(ahead) == 5
    assert ahead[0] == "2026-03-28 22:15:00 UTC, in 5m: task pause-posts is overdue"
    assert "first-response step 1, round 2: notify comms-lead" in ahead[1]
    assert ahead == sorted(ahead)


def test_it_tells_the_facts_that_nobody_has_confirmed(opened: Any) -> None:
    title = "FACTS THAT ARE NOT CONFIRMED"
    opened.ask(ask.SetFact("aware_at", "2026-03-28T21:00:00Z"))
    opened.ask(ask.SetFact("affected_accounts", "1200", "unconfirmed", "a reporter"))
    assert _section(opened, title) == ["affected_accounts = 1200 (source: a reporter)"]
    opened.ask(ask.RetractFact("affected_accounts", "wrong"))
    assert _section(opened, title) == ["none"]


def test_it_tells_the_last_five_decisions_with_their_reasons_and_the_last_notes(opened: Any) -> None:
    for number in range(1, 8):
        opened.ask(ask.LogDecision(f"Choice {number}", f"reason {number}"))
        opened.ask(ask.AddNote(f"Note {number}"))
    opened.ask(ask.AddNote("Said at the start"), at=opened.clock.time - timedelta(minutes=9))
    at = "2026-03-28 22:10:00 UTC, dana:"
    decided = [f"{at} Decided: Choice {n}, because reason {n}." for n in range(3, 8)]
    assert _section(opened, "LAST DECISIONS") == decided
    assert _section(opened, "LAST NOTES") == [f"{at} Note {n}" for n in range(3, 8)], "in the order of what happened"


def test_what_was_erased_stays_erased(opened: Any) -> None:
    opened.ask(ask.AddNote("Ada Lovelace called"))
    opened.ask(ask.SetFact("affected_accounts", "1200", "unconfirmed"))
    fact = opened.look().version
    opened.ask(ask.Redact(fact - 1, (), "a name"))
    opened.ask(ask.Redact(fact, (), "a number"))
    assert _section(opened, "LAST NOTES") == ["2026-03-28 22:10:00 UTC, dana: (redacted)"]
    assert _section(opened, "FACTS THAT ARE NOT CONFIRMED") == ["affected_accounts = (redacted)"]


def test_entries_that_may_not_be_told_are_not_told(opened: Any) -> None:
    opened.ask(ask.AddNote("between us"))
    assert "between us" not in brief(opened.look(), opened.entries()[:-1], opened.clock.time)


def test_no_line_is_wider_than_eighty_columns_whatever_was_written(opened: Any) -> None:
    opened.ask(ask.AddNote(f"{'x' * 300} and\n\n\n{'many words ' * 300}"))
    opened.ask(ask.LogDecision("y" * 500, "z" * 65_000))
    lines = _written(opened).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 80
    assert "the timeline has the rest" in " ".join(_written(opened).split())


def test_a_drill_is_marked_at_both_ends(room: Any) -> None:
    room.open(drill=True)
    lines = _written(room).splitlines()
    assert lines[0] == lines[-1] == "EXERCISE EXERCISE EXERCISE"


def test_a_closed_incident_has_a_brief_in_which_nothing_is_ahead(opened: Any) -> None:
    opened.ask(ask.ChangeTask("pause-posts", "done"))
    opened.ask(ask.Advance("activate", "confirmed"))
    opened.ask(ask.Advance("notify"))
    _publish(opened)
    opened.ask(ask.SetFact("affected_accounts", "7"))
    opened.ask(ask.Advance("inform"))
    opened.ask(ask.Advance("close"))
    assert "closed 2026-03-28 22:10:00 UTC, 0s ago" in _section(opened, "WHERE IT STANDS")
    assert _section(opened, "NEXT TO FALL DUE, IF NOBODY ANSWERS") == ["none"]
    assert _section(opened, "PROMISED") == ["none"]


def test_the_same_log_gives_the_same_brief(opened: Any) -> None:
    assert _written(opened) == _written(opened)


LABELS: list[dict[str, Any]] = [
    {"privileged": True},
    {"tlp": "red"},
    {"tlp": "amber+strict"},
    {"tlp": "amber"},
]


@pytest.mark.parametrize("labels", LABELS)
def test_what_its_labels_keep_in_the_room_is_left_out_and_counted(opened: Any, labels: dict[str, Any]) -> None:
    opened.ask(ask.AddNote("zanzibar-note", **labels))
    opened.ask(ask.LogDecision("zanzibar-choice", "zanzibar-reason", **labels))
    opened.ask(ask.SetFact("affected_accounts", "428571", "unconfirmed", "zanzibar-source", **labels))
    text = _written(opened)
    assert "zanzibar" not in text
    assert "428571" not in text
    why = "3 privileged" if "privileged" in labels else "3 marked TLP:AMBER or stricter"
    assert text.splitlines()[2] == f"3 entries are left out: {why}. A brief goes by mail."
    for title in ("FACTS THAT ARE NOT CONFIRMED", "LAST DECISIONS", "LAST NOTES"):
        assert _section(opened, title) == ["none"]


def test_what_may_travel_is_told_with_its_label_and_nothing_is_counted(opened: Any) -> None:
    opened.ask(ask.AddNote("all may know", tlp="green"))
    assert "left out" not in _written(opened)
    assert _section(opened, "LAST NOTES") == ["2026-03-28 22:10:00 UTC, dana: [TLP:GREEN] all may know"]


def test_a_fact_that_is_set_again_without_a_label_is_told(opened: Any) -> None:
    opened.ask(ask.SetFact("affected_accounts", "428571", "unconfirmed", tlp="red"))
    opened.ask(ask.SetFact("affected_accounts", "1200", "unconfirmed"))
    assert _section(opened, "FACTS THAT ARE NOT CONFIRMED") == ["affected_accounts = 1200"]


def test_the_brief_that_is_sent_and_kept_holds_nothing_of_it_either(opened: Any) -> None:
    opened.ask(ask.AddNote("zanzibar-note", privileged=True))
    (entry,) = opened.ask(ask.Handover("legal", "kim"), who="lee").entries
    assert "1 entry is left out: 1 privileged." in entry.word("brief")
    assert "zanzibar" not in entry.word("brief")
