"""Restricted incidents: who belongs to them, who is let in and out, and who is told."""

from __future__ import annotations

from typing import Any

import pytest

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import Refused
from crisisctl.domain.firing import recipients
from crisisctl.domain.moves import open_incident
from crisisctl.domain.playbook import pin
from crisisctl.domain.repeats import repeats
from crisisctl.domain.timers import timers
from tests.domain.conftest import Case, plan

CALL = plan(
    roles={"lead": {"deputy": "second"}, "second": None, "legal": None},
    stages={"begun": {"escalation": "call"}, "closed": {"final": True}},
    escalations={"call": {"steps": [{"after": "5m", "notify": ["lead"]}, {"after": "9m", "notify": ["legal"]}]}},
    transitions=[{"trigger": "close", "from": "*", "to": "closed"}],
)


def restricted(document: Any = None, **how: Any) -> Case:
    return Case(document or plan(), restricted=True, **how)


def test_an_incident_is_open_to_everybody_and_its_first_entry_says_nothing_of_it() -> None:
    case = Case(plan())
    assert (case.incident.restricted, case.incident.admitted) == (False, ())
    assert "restricted" not in case.entries[0].data


def test_whoever_opens_a_restricted_one_is_in_it_whoever_takes_the_roles() -> None:
    case = restricted()
    assert case.entries[0].data["restricted"] is True
    assert (case.incident.restricted, case.incident.admitted) == (True, ("dana",))
    case.do(ask.Assign("lead", "lena"))
    assert case.incident.members() == ("lena", "dana")


def test_members_are_those_with_a_role_in_its_order_and_those_admitted_each_once() -> None:
    case = restricted()
    case.do(ask.Assign("scribe", "sam"), ask.Assign("legal", "lena"), ask.Assign("lead", "sam", add=True))
    case.do(ask.Grant("kim"), ask.Grant("lena"))
    assert case.incident.members() == ("dana", "sam", "lena", "kim")


def test_whoever_loses_their_last_role_is_out_of_it() -> None:
    case = restricted()
    case.do(ask.Assign("legal", "lena"))
    case.do(ask.Release("legal", "lena"))
    assert case.incident.members() == ("dana",)


def test_letting_somebody_in_and_out_is_logged_with_its_reason() -> None:
    case = restricted()
    case.do(ask.Grant("kim", "she knows the logs"))
    granted = case.entries[-1]
    assert (granted.type, granted.data, granted.word("because")) == (
        "access.granted",
        {"person": "kim"},
        "she knows the logs",
    )
    case.do(ask.Revoke("kim", "done"))
    assert (case.entries[-1].type, case.entries[-1].word("because")) == ("access.revoked", "done")
    assert case.incident.admitted == ("dana",)


def test_a_grant_outlasts_the_role() -> None:
    case = restricted()
    case.do(ask.Assign("legal", "lena"), ask.Grant("lena"), ask.Release("legal", "lena"))
    assert "lena" in case.incident.members()


def test_nobody_is_let_in_twice() -> None:
    case = restricted()
    case.do(ask.Grant("kim"))
    assert case.refused(ask.Grant("kim"), kind=Refused) == f"kim may see {case.incident.id} already."


def test_whoever_holds_a_role_is_put_out_by_taking_the_role() -> None:
    case = restricted()
    case.do(ask.Assign("legal", "lena"))
    told = case.refused(ask.Revoke("lena", "x"), kind=Refused)
    assert "crisisctl release legal lena" in told


def test_whoever_is_not_in_it_cannot_be_put_out() -> None:
    told = restricted().refused(ask.Revoke("kim", "x"), kind=Refused)
    assert "kim cannot see" in told
    assert told.endswith("Those who can: dana.")


@pytest.mark.parametrize("command", [ask.Grant("kim"), ask.Revoke("kim", "x")])
def test_an_ordinary_incident_has_nobody_to_let_in_or_out(command: ask.Command) -> None:
    assert "is not restricted: everybody in the workspace sees it." in Case(plan()).refused(command, kind=Refused)


def test_a_role_is_handed_over_to_whoever_may_see_the_incident() -> None:
    case = restricted()
    told = case.refused(ask.Handover("lead", "kim"), kind=Refused)
    assert told.endswith(f"First: crisisctl access grant kim -i {case.incident.id}")
    case.do(ask.Grant("kim"), ask.Handover("lead", "kim"))
    case.do(ask.AcceptHandover("lead"), who="kim")
    assert case.incident.roles["lead"] == ("kim",)


def test_in_an_ordinary_incident_a_role_is_handed_over_to_anybody() -> None:
    case = Case(plan())
    case.do(ask.Handover("lead", "kim"))
    assert case.incident.handovers["lead"].taker == "kim"


def test_whoever_is_put_out_before_they_answered_is_told_nothing_more() -> None:
    case = restricted(CALL)
    case.do(ask.Grant("kim"), ask.Handover("lead", "kim"))
    first = timers(case.incident)[0]
    assert recipients(case.incident, first) == ("dana", "kim")
    case.do(ask.Revoke("kim", "not you after all"))
    assert recipients(case.incident, first) == ("dana",)


def test_the_last_one_who_sees_it_stays() -> None:
    case = restricted()
    case.do(ask.Assign("lead", "lena"))
    case.do(ask.Revoke("dana", "handed over"))
    told = case.refused(ask.Release("lead", "lena"), kind=Refused)
    assert told.startswith("Nobody would be left who may see")
    case.do(ask.Grant("kim"))
    case.do(ask.Release("lead"))
    assert case.incident.members() == ("kim",)
    assert case.refused(ask.Revoke("kim", "x"), kind=Refused).startswith("Nobody would be left")


def test_the_roles_of_an_ordinary_one_can_all_be_given_up() -> None:
    case = Case(plan())
    case.do(ask.Release("lead"))
    assert case.incident.members() == ()


def test_people_are_let_in_after_the_end_too() -> None:
    case = restricted()
    case.do(ask.Advance("close"))
    case.do(ask.Grant("kim"), ask.Revoke("kim", "read it"))
    assert case.incident.members() == ("dana",)


def test_of_a_restricted_incident_only_members_are_told() -> None:
    case = restricted(CALL)
    first = timers(case.incident)[0]
    assert recipients(case.incident, first) == ("dana",)
    gone = case.incident._replace(roles={})
    assert recipients(gone, first) == ()


def test_a_snapshot_keeps_who_is_in_it() -> None:
    case = restricted()
    case.do(ask.Grant("kim"))
    kept = snapshot.load(snapshot.dump(case.incident), case.incident.playbook)
    assert kept == case.incident
    assert kept.admitted == ("dana", "kim")


def test_whoever_is_no_person_by_name_cannot_open_one() -> None:
    command = ask.Open(pin(plan(), {}), {}, "Title", restricted=True)
    with pytest.raises(Refused, match="--as PERSON"):
        open_incident(command, Source("DOMAIN\\dana ruiz", "x"))


@pytest.mark.parametrize("other", [ask.Grant("lena"), ask.Revoke("kim", "x")])
def test_a_grant_to_another_is_no_repeat(other: ask.Command) -> None:
    case = restricted()
    case.do(ask.Grant("kim"))
    first = case.entries[-1]
    assert repeats(ask.Grant("kim"), "dana", first)
    assert not repeats(other, "dana", first)


REVOKED = {"role": "lead", "from": "dana", "to": "lena", "ended": "revoked"}


def ended(entries: Any) -> list[dict[str, Any]]:
    """How each offer ended that came to its end with these entries."""
    found = [entry.data for entry in entries if entry.type == "handover.withdrawn"]
    return [{name: value for name, value in data.items() if name != "offered"} for data in found]


def test_an_offer_to_somebody_who_is_let_in_no_longer_is_off_and_its_giver_is_told() -> None:
    case = restricted()
    case.do(ask.Grant("lena"), ask.Handover("lead", "lena"))
    entries = case.do(ask.Revoke("lena", "left the team"), who="sam")
    assert [entry.type for entry in entries] == ["access.revoked", "handover.withdrawn"]
    assert ended(entries) == [REVOKED | {"reached": ["dana"]}]
    assert case.incident.handovers == {}
    assert "No handover of lead is open" in case.refused(ask.AcceptHandover("lead"), who="lena")


@pytest.mark.parametrize("leave", [ask.Release("legal", "lena"), ask.Release("legal"), ask.Assign("legal", "sam")])
def test_an_offer_is_off_when_its_taker_loses_the_last_role_that_let_them_in(leave: ask.Command) -> None:
    case = restricted()
    case.do(ask.Assign("legal", "lena"), ask.Handover("lead", "lena"))
    assert ended(case.do(leave)) == [REVOKED | {"reached": ["dana"]}]
    assert case.incident.handovers == {}


def test_an_offer_is_off_when_its_taker_hands_their_own_last_role_over() -> None:
    case = restricted()
    case.do(ask.Assign("legal", "lena"), ask.Grant("sam"), ask.Handover("lead", "lena"))
    case.do(ask.Handover("legal", "sam"), who="lena")
    assert ended(case.do(ask.AcceptHandover("legal"), who="sam")) == [REVOKED | {"reached": ["dana"]}]


def test_an_offer_lasts_while_its_taker_may_see_the_incident() -> None:
    case = restricted()
    case.do(ask.Grant("lena"), ask.Grant("kim"), ask.Assign("legal", "lena"), ask.Assign("scribe", "sam"))
    case.do(ask.Handover("lead", "lena"))
    case.do(ask.Release("legal"), ask.Revoke("kim", "not needed"))
    assert [*case.incident.handovers] == ["lead"]


def test_in_an_incident_for_everybody_an_offer_lasts_whatever_its_taker_leaves() -> None:
    case = Case(plan())
    case.do(ask.Assign("legal", "lena"), ask.Handover("lead", "lena"))
    case.do(ask.Release("legal"))
    assert [*case.incident.handovers] == ["lead"]
