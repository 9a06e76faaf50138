"""Clocks in an incident: what people say of them, what follows, and what then falls due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.clocks.asserting import followed
from crisisctl.domain.clocks.catalogue import Measure
from crisisctl.domain.entries import Event, Source
from crisisctl.domain.errors import NotFound, Refused
from crisisctl.domain.evolve import replay
from crisisctl.domain.firing import recipients, what, why
from crisisctl.domain.guards import options
from crisisctl.domain.incident import Deadline
from crisisctl.domain.moves import machine
from crisisctl.domain.said import ERASED
from crisisctl.domain.telling import sentence
from crisisctl.domain.timers import timers
from tests.clockwork import clocks
from tests.domain.conftest import START, Case, plan

FACTS = {
    "aware_at": {"type": "datetime", "ask": "When did we know?"},
    "classified_at": {"type": "datetime", "ask": "When was it major?"},
}
ROLES = {"lead": None, "legal": None, "boss": None, "scribe": None}
BOUND = plan(
    roles=ROLES,
    facts=FACTS,
    clocks={
        "gdpr.art33": {"from": "aware_at", "role": "legal", "escalate": ["boss"], "zone": "Europe/Berlin"},
        "dora.initial": {"from": "classified_at", "with": {"aware": "aware_at"}},
    },
)
HOUR = timedelta(hours=1)


def start(*names: str, trigger: datetime | None = None, **more: Any) -> ask.StartClocks:
    return ask.StartClocks(tuple(clocks().find(name).id for name in names), clocks(), trigger, **more)


def filed(*names: str, to: str = "the authority", **more: Any) -> ask.FileClocks:
    return ask.FileClocks(names, to, clocks(), **more)


def waived(name: str, because: str = "counsel says so") -> ask.WaiveClock:
    return ask.WaiveClock(name, because, clocks())


def declined(name: str, decider: str | None = None) -> ask.DeclineClock:
    return ask.DeclineClock(name, "no risk is likely", clocks(), decider)


def missed(name: str) -> ask.MissClock:
    return ask.MissClock(name, "no figures yet", clocks())


def assessed(**answers: dict[str, Any]) -> ask.AssessClocks:
    return ask.AssessClocks(
        {name.replace("__", ".").replace("k_1", "k-1"): told for name, told in answers.items()}, clocks()
    )


@pytest.fixture
def case() -> Case:
    """An incident of which nobody has said anything yet; Lee is its lawyer."""
    case = Case(plan(roles=ROLES))
    case.do(ask.Assign("legal", "lee"))
    return case


def clock(case: Case, name: str = "gdpr.art33") -> Deadline:
    return case.incident.clocks[name]


def due(case: Case) -> list[tuple[str, datetime]]:
    return [(what(case.incident, timer), timer.due) for timer in timers(case.incident) if timer.kind == "clock"]


def test_a_clock_starts_with_its_fact_and_the_log_holds_what_follows(case: Case) -> None:
    (entry,) = case.do(start("GDPR Art. 33", trigger=START - HOUR, source="SIRT"))
    assert entry.type == "clock.started"
    assert (entry.data["clock"], entry.data["facts"]) == ("gdpr.art33", {"aware": "2026-03-28T21:00:00.000000Z"})
    assert entry.data["result"]["strict"] == "2026-03-31T21:00:00.000000Z"
    assert entry.data["result"]["legal"] == "2026-03-31T22:00:00.000000Z"
    assert any("72 elapsed hours" in line for line in entry.data["why"])
    assert entry.word("source") == "SIRT"
    now = clock(case)
    assert (now.state, now.kind, now.begun) == ("running", "instant", START - HOUR)
    assert (now.run, now.version, now.open) == (1, entry.version, True)
    assert now.limit == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_without_a_time_it_starts_now(case: Case) -> None:
    case.do(start("gdpr.art33"))
    assert clock(case).begun == START


def test_several_clocks_start_with_one_command(case: Case) -> None:
    entries = case.do(start("gdpr.art33", "nis2.early-warning", trigger=START))
    assert [(entry.type, entry.data["clock"]) for entry in entries] == [
        ("clock.started", "gdpr.art33"),
        ("clock.started", "nis2.early-warning"),
    ]


def test_reminders_come_at_half_at_80_percent_and_when_it_is_due(case: Case) -> None:
    case.do(start("nis2.early-warning", trigger=START))
    assert due(case) == [
        ("half of the time of clock nis2.early-warning has passed", START + 12 * HOUR),
        ("80 % of the time of clock nis2.early-warning has passed", START + timedelta(hours=19, minutes=12)),
        ("clock nis2.early-warning is due", START + 24 * HOUR),
    ]
    fired = case.wait(hours=30)
    assert [entry.type for entry in fired] == ["clock.reminded", "clock.reminded", "clock.overdue"]
    assert [entry.occurred_at for entry in fired] == [at for _, at in [("", START + 12 * HOUR)]] + [
        START + timedelta(hours=19, minutes=12),
        START + 24 * HOUR,
    ]
    assert clock(case, "nis2.early-warning").missed
    assert due(case) == []


def test_what_has_passed_when_it_is_said_is_not_reminded_of_but_its_end_is(case: Case) -> None:
    case.do(start("nis2.early-warning", trigger=START - 15 * HOUR))
    assert [said for said, _ in due(case)] == [
        "80 % of the time of clock nis2.early-warning has passed",
        "clock nis2.early-warning is due",
    ]
    late = Case(plan(roles=ROLES))
    late.do(start("nis2.early-warning", trigger=START - 48 * HOUR))
    assert [said for said, _ in due(late)] == ["clock nis2.early-warning is due"]
    (entry,) = late.wait()
    assert (entry.type, entry.occurred_at) == ("clock.overdue", START), "nobody could be told before"
    assert entry.data["due"] == "2026-03-27T22:00:00.000000Z"


def test_the_role_of_the_playbook_is_reminded_and_from_80_percent_those_above() -> None:
    case = Case(BOUND)
    case.do(ask.Assign("legal", "lee"), ask.Assign("boss", "kim"))
    case.do(start("gdpr.art33", trigger=START))
    half, most, end = [timer for timer in timers(case.incident) if timer.kind == "clock"]
    assert recipients(case.incident, half) == ("lee",)
    assert recipients(case.incident, most) == recipients(case.incident, end) == ("lee", "kim")
    assert why(case.incident, half) == "aware at 2026-03-28 22:00:00 UTC"


def test_while_nobody_holds_the_role_the_first_one_is_reminded() -> None:
    case = Case(BOUND)
    case.do(start("gdpr.art33", trigger=START))
    half = next(timer for timer in timers(case.incident) if timer.kind == "clock")
    assert recipients(case.incident, half) == ("dana",)


def test_where_the_playbook_names_nobody_the_first_role_and_the_escalations_are_told() -> None:
    book = plan(
        roles=ROLES,
        stages={"begun": {"escalation": "call"}, "on": None, "closed": {"final": True}},
        escalations={"call": {"steps": [{"after": "9h", "notify": ["boss"]}]}},
    )
    case = Case(book)
    case.do(ask.Assign("boss", "kim"), start("gdpr.art33", trigger=START))
    half, most, _ = [timer for timer in timers(case.incident) if timer.kind == "clock"]
    assert (recipients(case.incident, half), recipients(case.incident, most)) == (("dana",), ("dana", "kim"))


def test_whoever_has_the_clock_is_told_that_it_runs_unless_it_was_they_who_said_so() -> None:
    case = Case(BOUND)
    case.do(ask.Assign("legal", "lee"))
    *_, entry = case.do(start("gdpr.art33", trigger=START))
    assert entry.data["reached"] == ["lee"]
    *_, entry = case.do(start("gdpr.art33", trigger=START - HOUR, because="an earlier mail"), who="lee")
    assert "reached" not in entry.data


def test_amending_needs_a_reason_and_shows_what_moved(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START - HOUR))
    assert "--because WHY" in case.refused(start("gdpr.art33", trigger=START - 2 * HOUR), kind=Refused)
    (entry,) = case.do(start("gdpr.art33", trigger=START - 2 * HOUR, because="the mail was earlier"))
    assert entry.type == "clock.amended"
    assert entry.data["was"]["strict"] == "2026-03-31T21:00:00.000000Z"
    assert "due 2026-03-31 20:00:00 UTC" in sentence(entry)
    assert "was due 2026-03-31 21:00:00 UTC, because the mail was earlier" in sentence(entry)
    assert (clock(case).run, clock(case).strict) == (2, datetime(2026, 3, 31, 20, tzinfo=UTC))


def test_a_reminder_that_came_comes_again_only_for_another_end(case: Case) -> None:
    case.do(start("nis2.early-warning", trigger=START))
    case.wait(hours=13)
    case.do(start("nis2.early-warning", trigger=START + HOUR, because="later than we thought"))
    assert [at for _, at in due(case)][-1] == START + 25 * HOUR
    assert len(due(case)) == 2, "half of the new time has passed already"
    case.tick(minutes=1)
    case.do(start("nis2.early-warning", trigger=START + 12 * HOUR, because="no, at noon"))
    assert len(due(case)) == 3


def test_saying_the_same_again_is_refused_with_where_to_look(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    assert "stands so already" in case.refused(start("gdpr.art33", trigger=START, because="again"), kind=Refused)


def test_a_clock_starts_with_what_has_happened_and_not_with_what_will(case: Case) -> None:
    said = case.refused(start("gdpr.art33", trigger=START + HOUR), kind=Refused)
    assert "2026-03-28 23:00:00 UTC is in the future" in said
    assert "in the future" in case.refused(start("dora.initial", trigger=START, inputs={"aware": START + HOUR}))


def test_an_end_of_another_span_may_lie_ahead(case: Case) -> None:
    case.do(start("sec.ag-delay", trigger=START + 48 * HOUR))
    assert clock(case, "sec.ag-delay").state == "running"


def test_a_clock_that_counts_from_two_facts_asks_for_the_other(case: Case) -> None:
    assert "aware" in case.refused(start("dora.initial", trigger=START), kind=Refused)
    case.do(start("dora.initial", trigger=START, inputs={"aware": START - 23 * HOUR}))
    assert clock(case, "dora.initial").strict == START + HOUR, (
        "24 hours after awareness come before 4 after it was major"
    )


def test_before_the_law_was_in_force_it_does_not_apply(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=datetime(2018, 5, 24, 12, tzinfo=UTC)))
    assert (clock(case).state, clock(case).open) == ("not_applicable", False)
    assert "applies here from 2018-05-25" in sentence(case.entries[-1])


def test_what_is_only_proposed_raises_no_alarm_and_holds_nothing_up(case: Case) -> None:
    case.do(start("gdpr.art33-omnibus", trigger=START))
    now = clock(case, "gdpr.art33-omnibus")
    assert (now.alarms, now.open, now.kind) == (False, False, "instant")
    assert due(case) == []
    assert "raises no alarm" in sentence(case.entries[-1])


def test_a_duty_in_words_has_no_end_and_no_reminder_but_is_open(case: Case) -> None:
    case.do(start("gdpr.art34", trigger=START))
    now = clock(case, "gdpr.art34")
    assert (now.kind, now.strict, now.open) == ("qualitative", None, True)
    assert due(case) == []
    assert "a duty without a number" in sentence(case.entries[-1])


def test_a_clock_that_judges_filings_does_not_run(case: Case) -> None:
    judging = next(one.id for one in clocks().known.values() if one.rule.cut_off)
    assert "judges filings" in case.refused(start(judging, trigger=START), kind=Refused)


def test_a_filing_ends_the_clock_and_is_told(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    (entry,) = case.do(filed("gdpr.art33", to="BfDI", reference="26-1", what="phase one", sent="Dear Sir"), who="lee")
    assert (entry.data["late"], entry.word("sent")) == ([], "Dear Sir")
    assert (clock(case).state, clock(case).filed_at, clock(case).late) == ("filed", START, False)
    assert due(case) == []
    assert sentence(entry) == (
        "Filed with BfDI, reference 26-1, for gdpr.art33 "
        "(GDPR: Notify the supervisory authority of a personal-data breach): phase one"
    )


def test_one_filing_meets_several_clocks(case: Case) -> None:
    case.do(start("gdpr.art33", "nis2.early-warning", trigger=START))
    entries = case.do(filed("gdpr.art33", "nis2.early-warning"))
    assert [one["clock"] for one in entries[0].data["clocks"]] == ["gdpr.art33", "nis2.early-warning"]
    assert {clock(case).state, clock(case, "nis2.early-warning").state} == {"filed"}


def test_a_late_filing_has_its_reason(case: Case) -> None:
    case.do(start("nis2.early-warning", trigger=START))
    case.wait(hours=26)
    said = case.refused(filed("nis2.early-warning"), kind=Refused)
    assert "so this is late. Say why: --because WHY" in said
    entry, *_ = case.do(filed("nis2.early-warning", because="nobody had the form"))
    assert entry.data["late"] == ["nis2.early-warning"]
    assert clock(case, "nis2.early-warning").late
    assert sentence(entry).endswith("late for nis2.early-warning, because nobody had the form")


def test_between_the_strict_time_and_the_legal_limit_a_filing_is_in_time(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START + timedelta(0)))
    case.wait(hours=72, minutes=30)
    assert clock(case).missed
    case.do(filed("gdpr.art33"))
    assert not clock(case).late


def test_an_amendment_after_the_filing_judges_it_anew(case: Case) -> None:
    case.do(start("nis2.early-warning", trigger=START))
    case.wait(hours=20)
    case.do(filed("nis2.early-warning"))
    case.do(start("nis2.early-warning", trigger=START - 24 * HOUR, because="the guard knew a day before"))
    now = clock(case, "nis2.early-warning")
    assert (now.state, now.late) == ("filed", True)
    assert "its filing was late" in sentence(case.entries[-1])
    assert due(case) == []


def test_filing_again_is_a_correction_with_a_reason(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    case.do(filed("gdpr.art33"))
    assert "was filed at" in case.refused(filed("gdpr.art33"), kind=Refused)
    case.do(filed("gdpr.art33", because="the first went to the wrong office"))


def test_a_clock_that_nobody_started_can_be_filed(case: Case) -> None:
    case.do(filed("gdpr.art33"))
    assert (clock(case).state, clock(case).regime) == ("filed", "GDPR")


def test_our_filing_starts_the_clock_that_is_chained_to_it(case: Case) -> None:
    case.do(start("dora.initial", trigger=START, inputs={"aware": START}, zone="Europe/Paris"))
    case.tick(hours=2)
    _, follower = case.do(filed("dora.initial", to="BaFin"))
    assert (follower.type, follower.data["clock"], follower.data["follows"]) == (
        "clock.started",
        "dora.intermediate",
        "dora.initial",
    )
    after = clock(case, "dora.intermediate")
    assert (after.state, after.begun, after.strict) == ("running", START + 2 * HOUR, START + 74 * HOUR)
    assert after.zone == "Europe/Paris", "whose days end there ends them there for the next phase too"
    assert "starts by our filing of dora.initial" in sentence(follower)


def test_a_chained_clock_cannot_be_started_by_hand(case: Case) -> None:
    said = case.refused(start("dora.intermediate", trigger=START), kind=Refused)
    assert "crisisctl clock file dora.initial --to WHOM --at TIME" in said
    case.do(filed("dora.initial"))
    for later in (
        start("dora.intermediate", trigger=START),
        start("dora.intermediate", inputs={"initial_submitted": START}),
    ):
        assert "starts with our filing" in case.refused(later, kind=Refused), "no fact stands in for the filing"


def test_filing_again_does_not_move_what_the_first_filing_started(case: Case) -> None:
    case.do(start("dora.initial", trigger=START, inputs={"aware": START}))
    case.do(filed("dora.initial"))
    case.tick(hours=1)
    (entry,) = case.do(filed("dora.initial", because="a supplement"))
    assert (entry.type, clock(case, "dora.intermediate").begun) == ("clock.filed", START)


def test_a_filing_that_follows_another_is_not_made_before_it(case: Case) -> None:
    assert "follows our filing of nis2.notification" in case.refused(filed("nis2.final"), kind=Refused)
    case.do(filed("nis2.notification"))
    assert clock(case, "nis2.final").state == "running"
    assert "nis2.progress" not in case.incident.clocks, "nobody has said that it goes on"
    case.do(start("nis2.progress", inputs={"ongoing": True}))
    assert clock(case, "nis2.progress").begun == START


def test_a_clock_without_a_place_ends_with_the_earliest_day_on_earth(case: Case) -> None:
    case.do(filed("nis2.notification"))
    last = clock(case, "nis2.final")
    assert last.strict == datetime(2026, 4, 29, 9, 59, 59, tzinfo=UTC), "the 29th has begun in Kiribati"
    assert "earliest end anywhere" in " ".join(case.entries[-1].data["why"])
    room = clocks()._replace(zone="Europe/Berlin")
    other = Case(plan(roles=ROLES))
    other.do(filed("nis2.notification")._replace(book=room))
    assert clock(other, "nis2.final").strict == datetime(2026, 4, 28, 21, 59, 59, tzinfo=UTC)


def test_a_clock_whose_other_fact_is_lost_stalls_and_holds_the_end_up() -> None:
    case = Case(BOUND)
    case.do(ask.Assign("legal", "lee"))
    case.do(start("dora.initial", trigger=START, inputs={"aware": START}))
    case.do(ask.RetractFact("aware_at", "a typo"))
    (event,) = [one for one in lost(case) if one.type == "clock.stalled"]
    case._write([event], Source("dana", "dana"), case.now)
    assert (clock(case, "dora.initial").state, clock(case, "dora.initial").open) == ("stalled", True)
    assert any("has begun, and its end cannot be told" in one for one in close(case))


def lost(case: Case) -> list[Event]:
    return followed(case.incident, ["aware_at"], clocks(), "dana", case.now)


def test_a_chained_clock_that_was_declined_stays_so(case: Case) -> None:
    case.do(start("dora.initial", trigger=START, inputs={"aware": START}), declined("dora.intermediate"))
    entries = case.do(filed("dora.initial"))
    assert [entry.type for entry in entries] == ["clock.filed"]
    assert clock(case, "dora.intermediate").state == "declined"


def test_a_decision_not_to_notify_has_its_reason_and_its_decider(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    (entry,) = case.do(declined("gdpr.art33", "kim"))
    assert (entry.type, entry.data["decider"]) == ("clock.declined", "kim")
    assert sentence(entry).startswith("Decided by kim: nothing is filed for gdpr.art33")
    assert (clock(case).state, due(case)) == ("declined", [])
    assert "no person's id" in case.refused(declined("gdpr.art34", "the \x1bboard"), kind=Refused)
    assert "declined already" in case.refused(declined("gdpr.art33"), kind=Refused)


def test_a_privileged_decision_is_labelled(case: Case) -> None:
    (entry,) = case.do(declined("gdpr.art33")._replace(privileged=True, tlp="red"))
    assert entry.data["labels"] == {"privileged": True, "tlp": "red"}
    assert case.refused(waived("gdpr.art34")._replace(tlp="purple"), kind=Refused)


def test_what_was_waived_before_its_fact_was_known_runs_with_it() -> None:
    case = Case(BOUND)
    case.do(waived("gdpr.art33"))
    *_, entry = case.do(start("gdpr.art33", trigger=START))
    assert (entry.type, clock(case).state) == ("clock.started", "running")


def test_who_holds_no_role_does_not_decide(case: Case) -> None:
    for command in (waived("gdpr.art33"), declined("gdpr.art33")):
        assert "mallory holds no role in INC-1" in case.refused(command, "mallory", kind=Refused)


def test_what_was_waived_runs_again_when_it_is_started_with_a_reason(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START), waived("gdpr.art33"))
    assert "--because WHY" in case.refused(start("gdpr.art33"), kind=Refused)
    case.do(start("gdpr.art33", because="the keys were taken too"))
    assert clock(case).state == "running"
    assert "waived before" in sentence(case.entries[-1])
    assert len(due(case)) == 3


def test_nothing_is_left_to_decide_once_it_is_filed(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START), filed("gdpr.art33"))
    for command in (waived("gdpr.art33"), declined("gdpr.art33")):
        assert "nothing left to decide" in case.refused(command, kind=Refused)


def test_that_it_will_be_missed_is_said_before_and_once(case: Case) -> None:
    assert "does not run" in case.refused(missed("nis2.early-warning"), kind=Refused)
    case.do(start("nis2.early-warning", trigger=START))
    (entry,) = case.do(missed("nis2.early-warning"))
    assert sentence(entry).endswith("due 2026-03-29 22:00:00 UTC, will be missed, because no figures yet")
    assert clock(case, "nis2.early-warning").will_miss
    assert "has been said already" in case.refused(missed("nis2.early-warning"), kind=Refused)
    case.do(start("gdpr.art33", trigger=START))
    case.wait(hours=74)
    assert "was missed already" in case.refused(missed("gdpr.art33"), kind=Refused)
    assert "does not run towards a time" in case.refused(missed("gdpr.art34"), kind=Refused)


def close(case: Case) -> list[str]:
    (found,) = options(case.incident, machine(case.incident.playbook), None, trigger="close")
    return [*found.missing]


def test_an_incident_with_a_running_clock_is_not_closed(case: Case) -> None:
    case.do(start("gdpr.art33", "gdpr.art34", "gdpr.art33-omnibus", trigger=START))
    assert sorted(close(case)) == [
        (
            "clock gdpr.art33 (GDPR: Notify the supervisory authority of a personal-data breach) is open, "
            "due 2026-03-31 22:00:00 UTC: crisisctl clock file gdpr.art33 --to WHOM, "
            "or clock waive gdpr.art33 --because WHY"
        ),
        (
            "clock gdpr.art34 (GDPR: Tell the people concerned) is open: "
            "crisisctl clock file gdpr.art34 --to WHOM, or clock waive gdpr.art34 --because WHY"
        ),
    ]
    assert "gdpr.art33" in case.refused(ask.Advance("close", "done"), kind=Refused)
    case.do(filed("gdpr.art33"), waived("gdpr.art34"))
    case.do(ask.Advance("close", "done"))
    assert not case.incident.open


def test_answers_say_whether_a_clock_applies(case: Case) -> None:
    (entry,) = case.do(assessed(gdpr__art33={"controller": True, "personal_data": True, "risk": True}))
    assert entry.data["clocks"][0]["says"] == "applies"
    assert (clock(case).state, clock(case).answers["risk"]) == ("applies", True)
    assert "applies and has not started: crisisctl clock start gdpr.art33 --trigger TIME" in close(case)[0]
    (entry,) = case.do(assessed(gdpr__art33={"risk": False}))
    assert entry.data["clocks"][0]["why"].startswith("Not applicable: Is a risk")
    assert clock(case).state == "not_applicable"
    assert sentence(entry).endswith("does not apply (risk = no)")
    (entry,) = case.do(assessed(sec__8k_1__05={"registrant": True}))
    assert entry.data["clocks"][0]["says"] == "open"


def test_a_question_that_a_clock_does_not_ask_is_not_found(case: Case) -> None:
    assert "controller" in case.refused(assessed(gdpr__art33={"controler": True}), kind=NotFound)


def test_an_answer_works_a_running_clock_out_again(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    no = assessed(gdpr__art33={"controller": False})
    assert "That stops gdpr.art33, which runs. Say why: --because WHY" in case.refused(no, kind=Refused)
    said, again = case.do(no._replace(because="they are our processor's"), who="lee")
    assert again.data["reached"] == ["dana"], "whoever has the clock"
    assert (said.type, again.type) == ("clock.assessed", "clock.amended")
    assert (clock(case).state, due(case)) == ("not_applicable", [])


def test_an_answer_that_changes_nothing_leaves_the_clock_as_it_was_told(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    (said,) = case.do(assessed(gdpr__art33={"risk": True}))
    assert (said.type, clock(case).run, clock(case).answers) == ("clock.assessed", 1, {"risk": True})
    assert len(due(case)) == 3


def test_answers_of_an_assessment_count_when_the_clock_starts(case: Case) -> None:
    case.do(assessed(gdpr__art33={"risk": False}), start("gdpr.art33", trigger=START))
    assert clock(case).state == "not_applicable"


def test_a_fact_of_the_playbook_is_set_with_its_clock_and_all_that_hang_on_it_follow() -> None:
    case = Case(BOUND)
    entries = case.do(start("dora.initial", trigger=START - HOUR, inputs={"aware": START - 2 * HOUR}, source="SOC"))
    assert [entry.type for entry in entries] == ["fact.set", "fact.set", "clock.started", "clock.started"]
    assert {name: fact.value for name, fact in case.incident.facts.items()} == {
        "aware_at": "2026-03-28T20:00:00Z",
        "classified_at": "2026-03-28T21:00:00Z",
    }
    assert clock(case).begun == START - 2 * HOUR
    assert clock(case).zone == "Europe/Berlin"
    assert clock(case, "dora.initial").strict == START + 3 * HOUR
    assert {entry.word("source") for entry in entries} == {"SOC"}


def test_a_waived_clock_that_hangs_on_a_fact_runs_again_when_it_is_started_with_a_reason() -> None:
    case = Case(BOUND)
    case.do(start("gdpr.art33", trigger=START), waived("gdpr.art33"))
    case.do(start("gdpr.art33", trigger=START - HOUR, because="the keys were taken too"))
    assert (clock(case).state, clock(case).begun) == ("running", START - HOUR)


def test_of_several_clocks_those_that_stand_so_already_are_left_alone(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START))
    entries = case.do(start("gdpr.art33", "nis2.early-warning", trigger=START))
    assert [entry.data["clock"] for entry in entries] == ["nis2.early-warning"]


def test_amending_a_clock_that_hangs_on_a_fact_of_the_playbook_needs_a_reason_too() -> None:
    case = Case(BOUND)
    case.do(start("gdpr.art33", trigger=START))
    assert "--because WHY" in case.refused(start("gdpr.art33", trigger=START - HOUR), kind=Refused)
    *_, last = case.do(start("gdpr.art33", trigger=START - HOUR, because="earlier"))
    assert (last.type, clock(case).begun) == ("clock.amended", START - HOUR)


def test_the_log_alone_tells_it_whatever_becomes_of_the_catalogue(case: Case) -> None:
    case.do(start("gdpr.art33", "gdpr.art34", trigger=START), declined("gdpr.art34"))
    case.do(start("gdpr.art33", trigger=START - HOUR, because="earlier"))
    case.wait(hours=80)
    case.do(filed("gdpr.art33", because="late"))
    assert replay(case.entries) == case.incident
    assert snapshot.load(snapshot.dump(case.incident), case.incident.playbook) == case.incident


def test_erased_words_are_not_told(case: Case) -> None:
    case.do(start("gdpr.art33", trigger=START, source="a mole"))
    entry = case.entries[-1]
    hidden = entry._replace(words={"source": entry.words["source"]._replace(salt=None, value=None)})
    assert "a mole" not in sentence(hidden)
    assert ERASED in sentence(hidden)


def test_a_time_that_only_we_aim_at_is_told_and_not_missed(case: Case) -> None:
    aimed = clocks().known["gdpr.art34"]._replace(target=Measure("hours", 6))
    own = clocks()._replace(known={**clocks().known, "gdpr.art34": aimed})
    case.do(ask.StartClocks(("gdpr.art34",), own, START))
    (*_, entry) = case.wait(hours=7)
    assert (entry.type, entry.data["target"]) == ("clock.overdue", True)
    assert not clock(case, "gdpr.art34").missed


def test_a_clock_that_was_missed_is_so_no_more_when_its_end_moves(case: Case) -> None:
    case.do(start("nis2.early-warning", trigger=START))
    case.wait(hours=25)
    assert clock(case, "nis2.early-warning").missed
    case.do(start("nis2.early-warning", trigger=START + 3 * HOUR, because="that was another one"))
    assert not clock(case, "nis2.early-warning").missed
    assert [said for said, _ in due(case)][-1] == "clock nis2.early-warning is due"


def test_a_stopped_clock_has_no_end_and_a_filed_one_stays_filed(case: Case) -> None:
    case.do(start("gdpr.art33", "nis2.early-warning", trigger=START), filed("nis2.early-warning"))
    for name in ("gdpr.art33", "nis2.early-warning"):
        case._write([Event("clock.stopped", {"clock": name, "start": "aware"})], Source("dana", "dana"), case.now)
    assert (clock(case).state, clock(case).strict, clock(case).open) == ("not_started", None, False)
    assert clock(case, "nis2.early-warning").state == "filed"
    assert due(case) == []
