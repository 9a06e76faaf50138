"""`roster list|ping|answer|card`: who there is, whether they can be reached, and the paper for the wallet."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Terminal
    from tests.conftest import HandClock, Program

ROSTER = """# The people.
people:
  dana:
    name: Dana Ruiz
    roles: [comms-lead]
    timezone: Europe/Madrid
    contacts:
      - "mailto://user:hunter2@mail.example.com?to=dana@example.com"
      - {to: "textfile:state/dana.txt", after: 2m}
    phone: "+34 600 000 000"
    quiet: {from: "22:00", to: "07:00"}
    fallback: kim
  kim:
    roles: [comms-lead, deputy-comms]
    contacts: [{to: "env:KIM_CHAT", verified: 2026-03-01}, "slack://hunter2/b/c"]
  lee: {}
"""


@pytest.fixture
def people(program: Program) -> Program:
    (program.root / "roster.yaml").write_text(ROSTER)
    return program


def code_of(program: Program, name: str = "dana") -> str:
    """The code of the last test that came to that file."""
    return str(re.findall(r"roster answer (\S+)", (program.root / "state" / f"{name}.txt").read_text())[-1])


def only_files(program: Program) -> None:
    (program.root / "roster.yaml").write_text(
        "people: {dana: {contacts: ['textfile:state/dana.txt']}, kim: {contacts: ['textfile:state/kim.txt']}, lee: {}}"
    )


def test_the_list_shows_everybody_and_no_contact(people: Program) -> None:
    lines = people.ok("roster", "list").out.splitlines()
    assert lines[0].split() == ["PERSON", "ROLES", "CONTACTS", "PHONE", "PROVEN", "QUIET"]
    assert lines[1].split() == ["dana", "comms-lead", "2", "+34", "600", "000", "000", "never", "22:00-07:00"]
    assert "hunter2" not in "".join(lines)
    assert max(map(len, lines)) <= 80
    (dana, kim, lee) = people.ok("roster", "list", "--json").json["people"]
    assert (dana["contacts"], dana["verified"], dana["phone"]) == (2, "never", "+34 600 000 000")
    assert (kim["verified"], kim["quiet"], lee["verified"], lee["contacts"]) == ("never", None, None, 0)
    assert dana["quiet"] == {"from": "22:00", "to": "07:00"}
    assert "hunter2" not in people.ok("roster", "list", "--json").out


def test_the_list_of_nobody_says_where_people_are_written(program: Program) -> None:
    assert f"People are listed in {program.root / 'roster.yaml'}." in program.ok("roster", "list").out
    assert program.ok("roster", "list", "--json").json == {"people": []}


def test_a_slip_in_the_roster_leaves_the_list_of_those_known_last(people: Program) -> None:
    people.ok("roster", "list")
    (people.root / "roster.yaml").write_text(ROSTER.replace("2m", "soon"))
    ran = people.ok("roster", "list")
    assert ran.out.splitlines()[1].startswith("dana")
    assert "people.dana.contacts[1].after: that is no duration" in ran.err
    card = people.ok("roster", "card")
    assert "dana - Dana Ruiz" in card.out
    assert "not readable" in card.out


def test_a_slip_where_nobody_was_known_is_told_with_its_place(people: Program) -> None:
    (people.root / "roster.yaml").write_text(ROSTER.replace("2m", "soon"))
    for command in ("list", "card", "ping"):
        ran = people("roster", command)
        assert (ran.code, "people.dana.contacts[1].after" in ran.err) == (6, True)


def test_a_test_is_marked_and_its_code_is_shown_nowhere_else(program: Program) -> None:
    only_files(program)
    ran = program.ok("roster", "ping", "dana")
    text = (program.root / "state" / "dana.txt").read_text()
    assert "NOTICE  TEST from the crisis room of our company" in text
    assert "This is a TEST of how dana is reached. There is no incident." in text
    assert re.fullmatch(r"[0-9A-Z]{3}-[0-9A-Z]{3}", code_of(program))
    assert code_of(program) not in ran.out + ran.err
    assert ran.out.splitlines()[1].split() == ["dana", "1", "accepted"]
    assert not (program.root / "state" / "kim.txt").exists()


def test_everybody_is_tested_when_nobody_is_named_and_who_has_no_contact_is_told(program: Program) -> None:
    only_files(program)
    ran = program("roster", "ping", "--json")
    assert ran.code == 6
    assert [(one["person"], one["contact"], one["state"]) for one in ran.json["tests"]] == [
        ("dana", 1, "accepted"),
        ("kim", 1, "accepted"),
        ("lee", 0, "failed"),
    ]
    assert ran.json["ok"] is False
    assert "1 of 3 tests did not get through." in ran.err


def test_on_a_terminal_everybody_is_asked_about_first(program: Program, terminal: Terminal) -> None:
    only_files(program)
    seen = terminal("roster", "ping", typed=[("Send a test to 3 persons? [y/N]", "n\n")])
    assert seen.code == 3
    assert "Nothing was sent." in seen.plain
    assert not (program.root / "state" / "dana.txt").exists()
    terminal("roster", "ping", typed=[("[y/N]", "y\n")])
    assert (program.root / "state" / "kim.txt").exists()


@pytest.mark.parametrize("line", [("dana",), ("--yes",)])
def test_who_was_named_or_agreed_to_is_tested_without_a_question(
    program: Program, terminal: Terminal, line: tuple[str, ...]
) -> None:
    only_files(program)
    terminal("roster", "ping", *line)
    assert (program.root / "state" / "dana.txt").exists()


def test_somebody_who_is_not_in_the_roster_is_not_found(people: Program) -> None:
    ran = people("roster", "ping", "dnaa")
    assert ran.code == 4
    assert "Did you mean dana" in ran.err


def test_without_people_there_is_nobody_to_test(program: Program) -> None:
    ran = program("roster", "ping")
    assert ran.code == 3
    assert "Nobody is in the roster" in ran.err


def test_an_answer_is_written_into_the_roster_beside_the_contact(program: Program, clock: HandClock) -> None:
    only_files(program)
    program.ok("roster", "ping", "dana", clock=clock)
    ran = program.ok("roster", "answer", code_of(program), clock=clock)
    assert ran.out == f"Contact 1 of dana was proven on 2026-03-28; {program.root / 'roster.yaml'} says so.\n"
    text = (program.root / "roster.yaml").read_text()
    assert "dana: {contacts: [{to: 'textfile:state/dana.txt', verified: 2026-03-28}]}" in text


def test_a_wrong_code_is_not_found_and_a_late_one_neither(program: Program, clock: HandClock) -> None:
    only_files(program)
    program.ok("roster", "ping", "dana", clock=clock)
    assert program("roster", "answer", "AAA-AAA", clock=clock).code == 4
    clock.time += timedelta(days=7)
    ran = program("roster", "answer", code_of(program), clock=clock)
    assert ran.code == 4
    assert "crisisctl roster ping PERSON" in ran.err
    assert "verified" not in (program.root / "roster.yaml").read_text()


def test_a_code_that_a_terminal_would_obey_is_shown_written_out(program: Program, shown: Callable[[str], str]) -> None:
    ran = program("roster", "answer", "\x1b[31m\u202e")
    assert ran.code == 4
    shown(ran.err)


CARD = """\
CALL TREE of our company
Printed 2026-03-28 22:00 UTC from roster.yaml ({seal})

ROLES
comms-lead - Communications lead
  can hold it dana, kim
  else        deputy-comms
deputy-comms - Deputy
  can hold it kim
legal - Legal counsel
  can hold it NOBODY

PEOPLE
dana - Dana Ruiz
  phone       +34 600 000 000
  mail        dana@example.com
  zone        Europe/Madrid
  quiet       22:00 to 07:00; broken by the most severe
  else call   kim
kim
  phone       unknown
  zone        UTC
lee
  phone       unknown
  zone        UTC
"""


def test_the_card_says_by_role_who_and_by_person_how(people: Program, clock: HandClock) -> None:
    seal = sha256(ROSTER.encode()).hexdigest()
    assert people.ok("roster", "card", clock=clock).out == CARD.format(seal=seal[:16])
    told = people.ok("roster", "card", "--json", clock=clock).json
    assert told["digest"] == seal
    assert told["printed"] == "2026-03-28T22:00:00.000000Z"
    assert told["roles"][0] == {
        "id": "comms-lead",
        "title": "Communications lead",
        "deputies": ["deputy-comms"],
        "playbooks": ["data-breach"],
        "people": ["dana", "kim"],
    }
    assert told["people"][0]["mail"] == ["dana@example.com"]


def test_the_card_is_written_to_a_file_that_nobody_else_can_read(people: Program, tmp_path: Any) -> None:
    file = tmp_path / "card.txt"
    assert people.ok("roster", "card", "-o", str(file)).out == ""
    assert file.read_text().startswith("CALL TREE of our company\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert people.ok("roster", "card", "-o", str(file), "--json").json["file"] == str(file)
    assert people("roster", "card", "-o", str(people.root / "roster.yaml")).code == 2
    assert people.ok("roster", "card", "-o", "-").out.startswith("CALL TREE")


@pytest.mark.parametrize("broken", ["", "playbook: [", "playbook: data-breach\nroles: 7\n"])
def test_a_broken_playbook_leaves_a_card_with_everybody(people: Program, broken: str) -> None:
    (people.root / "playbooks" / "data-breach.yaml").write_text(broken)
    card = people.ok("roster", "card").out
    assert "Without the roles of data-breach, which cannot be read" in card
    assert "comms-lead\n  can hold it dana, kim\n" in card
    assert "dana@example.com" in card


def test_a_playbook_with_an_error_still_gives_its_roles(people: Program) -> None:
    path = people.root / "playbooks" / "data-breach.yaml"
    path.write_text(path.read_text().replace("initial: detected", "initial: nowhere"))
    card = people.ok("roster", "card").out
    assert "cannot be read" not in card
    assert "comms-lead - Communications lead" in card


def test_without_the_folder_of_the_playbooks_there_is_a_card(people: Program) -> None:
    (people.root / "playbooks").rename(people.root / "gone")
    assert "comms-lead\n  can hold it dana, kim\n" in people.ok("roster", "card").out


def test_the_card_needs_no_log(people: Program) -> None:
    (people.root / "state").mkdir(mode=0o700)
    (people.root / "state" / "crisisctl.db").write_text("no log at all, but long enough to be looked at" * 100)
    assert people.ok("roster", "card").out.startswith("CALL TREE")


MAIL = {
    "mailto:dana@example.com": ["dana@example.com"],
    "mailto://dana@example.com": ["dana@example.com"],
    "mailtos://dana:hunter2@example.com": [],
    "mailto://smtp.example.com?to=dana@example.com,kim@example.com": ["dana@example.com", "kim@example.com"],
    "mailto://u:hunter2@smtp.example.com?to=dana%40example.com&pass=hunter2@example.com": ["dana@example.com"],
    "mailto://smtp.example.com?user=hunter2&pass=hunter2@x.y": [],
    "mailto://[": [],
    "slack://hunter2@example.com": [],
    "env:hunter2@example.com": [],
    "json://hunter2@example.com/?to=hunter2@example.com": [],
    "dana@example.com": [],
}


@pytest.mark.parametrize("contact", MAIL)
def test_only_a_plain_mail_address_is_on_the_card(program: Program, contact: str) -> None:
    (program.root / "roster.yaml").write_text(f"people: {{dana: {{contacts: ['{contact}']}}}}")
    told = program.ok("roster", "card", "--json")
    assert told.json["people"][0]["mail"] == MAIL[contact]
    assert "hunter2" not in told.out + program.ok("roster", "card").out


def test_the_card_is_never_wider_than_eighty_columns_and_hides_nothing(
    program: Program, shown: Callable[[str], str]
) -> None:
    many = ", ".join(f"person-{n}: {{roles: [comms-lead]}}" for n in range(40))
    name = "x" * 200 + r"\e[31m\u202e"
    (program.root / "roster.yaml").write_text(f'people: {{dana: {{name: "{name}", roles: [comms-lead]}}, {many}}}')
    card = shown(program.ok("roster", "card").out)
    assert max(map(len, card.splitlines())) <= 80
    assert "person-39" in card
    assert r"\x1b[31m⟨U+202E⟩" in card.replace("\n    ", "")


def test_the_digest_changes_with_the_roster(people: Program) -> None:
    first = people.ok("roster", "card", "--json").json["digest"]
    (people.root / "roster.yaml").write_text(ROSTER + "# one more word\n")
    assert people.ok("roster", "card", "--json").json["digest"] != first


def test_a_contact_proven_today_is_asked_for_again_after_ninety_days(program: Program, clock: HandClock) -> None:
    clock.time = datetime(2026, 5, 30, tzinfo=UTC)
    text = "people: {dana: {roles: [comms-lead, legal], contacts: [{to: 'env:HOME', verified: 2026-03-01}]}}"
    (program.root / "roster.yaml").write_text(text)

    def warned() -> list[str]:
        checks = program("doctor", "--json", clock=clock).json["checks"]
        return [check["remedy"] for check in checks if "no test was answered" in check["what"]]

    assert warned() == []
    clock.tick(days=1)
    assert warned() == ["crisisctl roster ping dana"]
