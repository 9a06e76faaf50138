"""`open --restricted` and `access`: who may see an incident."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ON_FILE
from tests.words import SHORT

if TYPE_CHECKING:
    from tests.conftest import Program

LOGIN = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def secret(program: Program) -> Program:
    """INC-1 is restricted; dana opened it and leads, lee is its counsel."""
    program.ok("open", "data-breach", "--title", "Zanzibar", "--restricted", "--assign", "legal=lee")
    return program


def test_opening_says_who_can_see_it(program: Program) -> None:
    told = program.ok("open", "data-breach", "--title", "x", "--restricted", "--assign", "legal=lee").out
    assert "  restricted: only dana, lee can see it (crisisctl access grant PERSON)\n" in told


def test_opening_again_under_the_same_key_is_the_same_incident(program: Program) -> None:
    line = ("open", "data-breach", "--title", "x", "--restricted", "--request-id", "k")
    assert program.ok(*line, "--json").json["incident"] == "INC-1"
    assert program.ok(*line, "--json").json["repeated"] is True


def test_whoever_gives_the_lead_away_still_sees_it(secret: Program) -> None:
    secret.ok("assign", "comms-lead", "kim")
    assert "restricted to kim, lee, dana" in secret.ok("status").out


def test_members_are_listed_with_what_they_see_it_by(secret: Program) -> None:
    secret.ok("access", "grant", "kim", "--because", "forensics")
    assert secret.ok("access", "list").out.splitlines() == [
        "PERSON  SEES IT AS",
        "dana    comms-lead, admitted",
        "lee     legal",
        "kim     admitted",
    ]
    told = secret.ok("access", "list", "--json", who="kim").json
    assert told == {
        "incident": "INC-1",
        "restricted": True,
        "members": [
            {"person": "dana", "roles": ["comms-lead"], "admitted": True},
            {"person": "lee", "roles": ["legal"], "admitted": False},
            {"person": "kim", "roles": [], "admitted": True},
        ],
    }


def test_of_an_ordinary_incident_everybody_sees_everything(opened: Program) -> None:
    assert opened.ok("access", "list").out == "INC-1 is not restricted: everybody in the workspace sees it.\n"
    assert opened.ok("access", "list", "--json").json == {"incident": "INC-1", "restricted": False, "members": []}
    for line in (("access", "grant", "kim"), ("access", "revoke", "lee", "--because", "x")):
        told = opened(*line)
        assert (told.code, told.out) == (3, "")
        assert "INC-1 is not restricted" in told.err


def test_whoever_is_let_in_sees_it_and_whoever_is_put_out_does_not(secret: Program) -> None:
    assert secret("status", who="kim").code == 4
    granted = secret.ok("access", "grant", "kim")
    assert granted.out.endswith(": kim may see it from now on.\n")
    assert granted.err == "Next: crisisctl access list\n"
    assert secret.ok("note", "hello", who="kim").code == 0
    secret.ok("access", "revoke", "kim", "--because", "done", who="lee")
    assert secret("status", who="kim").code == 4
    assert secret("status", "-i", "INC-1", who="kim").code == 4


def test_putting_out_needs_a_reason(secret: Program) -> None:
    assert secret("access", "revoke", "dana").code == 2


def test_a_role_gives_sight_and_takes_it_along(secret: Program) -> None:
    secret.ok("assign", "deputy-comms", "kim")
    assert secret.ok("list", who="kim").out.count("INC-1") == 1
    refused = secret("access", "revoke", "kim", "--because", "x")
    assert refused.code == 3
    assert "crisisctl release deputy-comms kim -i INC-1" in refused.err
    secret.ok("release", "deputy-comms", "kim", who="kim")
    assert secret.ok("list", who="kim").out == "No incident is open.\n"


def test_the_last_one_who_sees_it_stays(secret: Program) -> None:
    secret.ok("release", "comms-lead", "dana")
    secret.ok("access", "revoke", "dana", "--because", "x", who="lee")
    refused = secret("release", "legal", who="lee")
    assert refused.code == 3
    assert refused.err.startswith("Nobody would be left who may see INC-1. First let somebody else in: ")
    assert secret.ok("list", who="lee").out.count("INC-1") == 1


def test_a_grant_goes_to_people_of_the_roster_alone(secret: Program) -> None:
    (secret.root / "roster.yaml").write_text("people: {dana: {}, lee: {}, kim: {}}")
    assert secret("access", "grant", "kin").code == 4
    assert secret("access", "grant", "not a person").code == 3
    assert secret("access", "grant", "kim").code == 0


def test_a_grant_is_repeated_safely(secret: Program) -> None:
    line = ("access", "grant", "kim", "--request-id", "k", "--json")
    assert secret.ok(*line).json["version"] == secret.ok(*line).json["version"]
    assert secret("access", "grant", "sam", "--request-id", "k").code == 5


def test_a_closed_one_can_still_be_read_by_whoever_is_let_in(secret: Program) -> None:
    for line in (
        "task skip pause-posts --because x",
        "fact set affected_accounts 7",
        "statement draft holding --file words.txt",
        "statement submit holding",
    ):
        (secret.root / "words.txt").write_text(SHORT)
        secret.ok(*line.split())
    secret.ok("assign", "comms-lead", "kim")
    secret.ok("statement", "approve", "holding", who="kim")
    secret.ok("statement", "approve", "holding", who="lee")
    secret.ok("statement", "publish", "holding", who="kim")
    for move in ("activate", "inform", "notify", "close"):
        secret.ok("advance", move, "--because", "x", who="kim")
    secret.ok("access", "grant", "sam", "-i", "INC-1")
    assert "Zanzibar" in secret.ok("report", "-i", "INC-1", who="sam").out


def test_without_strict_identity_anybody_is_anybody(secret: Program) -> None:
    """Which the documents say."""
    assert secret("list", who="otto").out == "No incident is open.\n"
    assert "INC-1" in secret("--as", "dana", "list", who="otto").out


@ON_FILE  # where the login is the system's
@pytest.mark.parametrize("claimed", ["dana", "lee", ""])
def test_with_strict_identity_a_claim_opens_nothing(secret: Program, claimed: str) -> None:
    (secret.root / "crisisctl.toml").write_text('identity = "strict"\n')
    (secret.root / "roster.yaml").write_text(f"people: {{dana: {{}}, lee: {{}}, otto: {{login: {LOGIN}}}}}")
    assert secret("list", "--all", who=claimed).out == "No incident.\n"
    assert "Zanzibar" not in secret("search", "zanzibar", who=claimed).out
    assert secret("timeline", "-i", "INC-1", who=claimed).code == 4
    (secret.root / "roster.yaml").write_text(f"people: {{dana: {{login: {LOGIN}}}, lee: {{}}}}")
    assert ("INC-1" in secret("list", who=claimed).out) is (claimed != "lee")


def test_a_login_that_the_roster_does_not_know_is_nobody_where_identity_is_strict(program: Program) -> None:
    program.ok("open", "data-breach", "--title", "Zanzibar", "--restricted", who=LOGIN)
    assert "Zanzibar" in program("list", who="").out
    (program.root / "crisisctl.toml").write_text('identity = "strict"\n')
    (program.root / "roster.yaml").write_text("people: {dana: {login: another}}")
    assert "Zanzibar" not in program("list", who="").out


def test_a_broken_roster_opens_nothing(secret: Program) -> None:
    (secret.root / "roster.yaml").write_text("people: [")
    for cache in (secret.root / "state").glob("roster.json"):
        cache.unlink()
    assert "Zanzibar" not in secret("list", who="dana").out
