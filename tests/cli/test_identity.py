"""Who acts: the one told, the environment, the settings, the login; and, where identity is strict, nobody else."""

from __future__ import annotations

import json
import os
import pwd
from typing import TYPE_CHECKING

import pytest
from psycopg import conninfo

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.conftest import Program

LOGIN = pwd.getpwuid(os.geteuid()).pw_name


def _roster(program: Program, **logins: str) -> None:
    rows = "".join(f"  {person}: {{login: {login}, roles: [comms-lead]}}\n" for person, login in logins.items())
    (program.root / "roster.yaml").write_text(f"people:\n{rows}")


def _settings(program: Program, text: str) -> None:
    (program.root / "crisisctl.toml").write_text(text)


def _typed(program: Program, *line: str, who: str = "") -> tuple[int, str]:
    """The line, with `CRISISCTL_AS` empty unless told."""
    told = program(*line, who=who)
    return told.code, told.err


def test_left_out_the_actor_is_the_login(opened: Program, behind: Behind) -> None:
    assert _typed(opened, "note", "x")[0] == 0
    assert (behind.newest()["actor"], behind.newest()["login"]) == (LOGIN, LOGIN)


def test_the_login_is_kept_beside_the_name_that_was_claimed(opened: Program, behind: Behind) -> None:
    assert _typed(opened, "--as", "kim", "note", "x")[0] == 0
    assert (behind.newest()["actor"], behind.newest()["login"]) == ("kim", LOGIN)


def test_the_environment_has_no_say_in_the_login(opened: Program, behind: Behind) -> None:
    said = dict.fromkeys(("USER", "LOGNAME", "USERNAME", "LNAME", "SUDO_USER"), "mallory")
    assert opened.process("note", "x", who="", env=said).returncode == 0
    assert (behind.newest()["actor"], behind.newest()["login"]) == (LOGIN, LOGIN)


def test_the_option_comes_before_the_environment_and_that_before_the_settings(opened: Program, behind: Behind) -> None:
    _settings(opened, "as = 'ana'\n")
    _typed(opened, "note", "x")
    assert behind.newest()["actor"] == "ana"
    _typed(opened, "note", "x", who="kim")
    assert behind.newest()["actor"] == "kim"
    _typed(opened, "--as", "lee", "note", "x", who="kim")
    assert behind.newest()["actor"] == "lee"


def test_with_a_roster_a_login_is_the_person_it_belongs_to(opened: Program, behind: Behind) -> None:
    _roster(opened, dana=LOGIN)
    assert _typed(opened, "note", "x")[0] == 0
    assert (behind.newest()["actor"], behind.newest()["login"]) == ("dana", LOGIN)


def test_with_a_roster_nobody_acts_as_somebody_who_is_not_in_it(opened: Program) -> None:
    _roster(opened, dana=LOGIN, lee="lee")
    code, err = _typed(opened, "--as", "lea", "note", "x")
    assert code == 4
    assert "There is no person in the roster 'lea'. Did you mean lee" in err
    assert f"People are listed in {opened.root / 'roster.yaml'}." in err
    assert _typed(opened, "--as", "lee", "note", "x")[0] == 0


@pytest.mark.parametrize("name", ["a b", "-x", "x\ny", "", " ", "x" * 65, "ro/ot", "é\u202e"])
def test_what_cannot_be_a_name_is_nobody(opened: Program, behind: Behind, name: str) -> None:
    before = behind.newest()["position"]
    code, err = _typed(opened, f"--as={name}", "note", "x")
    assert (code, "cannot be a person" in err) == ((3, True) if name else (2, False))
    assert behind.newest()["position"] == before


@pytest.mark.parametrize("name", ["timer", "crisisctl", "watch"])
def test_nobody_has_a_name_of_the_program(opened: Program, behind: Behind, name: str) -> None:
    before = behind.newest()["position"]
    for line in (["--as", name, "note", "x"], ["assign", "legal", name]):
        code, err = _typed(opened, *line)
        assert (code, "is what the log calls the program itself" in err) == (3, True)
    assert behind.newest()["position"] == before


@pytest.mark.parametrize("name", ["dana", "dana.ruiz", "d@example.com", "Ångström", "李", "o_o", "a-b+c"])
def test_names_of_people_everywhere_are_names(opened: Program, behind: Behind, name: str) -> None:
    assert _typed(opened, "--as", name, "note", "x")[0] == 0
    assert behind.newest()["actor"] == name


@pytest.fixture
def counted(url: str | None) -> str:
    """The login that counts where identity is strict: the system's, or with a database the one that it let in."""
    return str(conninfo.conninfo_to_dict(url)["user"]) if url else LOGIN


def test_where_identity_is_strict_a_login_acts_as_its_person(opened: Program, behind: Behind, counted: str) -> None:
    _settings(opened, "identity = 'strict'\n")
    _roster(opened, dana=counted, lee="somebody-else")
    assert _typed(opened, "note", "x")[0] == 0
    assert behind.newest()["actor"] == "dana"
    assert behind.newest()["login"] == counted
    assert _typed(opened, "--as", "dana", "note", "x")[0] == 0


@pytest.mark.parametrize("way", ["option", "environment", "settings"])
def test_where_identity_is_strict_nobody_acts_as_another_in_any_way(
    opened: Program, behind: Behind, counted: str, way: str
) -> None:
    _roster(opened, dana=counted, lee="somebody-else")
    _settings(opened, "identity = 'strict'\n" + ("as = 'lee'\n" if way == "settings" else ""))
    before = behind.newest()["position"]
    line = ["--as", "lee"] if way == "option" else []
    who = "lee" if way == "environment" else ""
    for command in (["note", "x"], ["open", "data-breach", "--title", "x"], ["statement", "draft", "holding"]):
        code, err = _typed(opened, *line, *command, who=who)
        assert (code, err) == (3, f"Identity is strict: {counted} is dana and may not act as lee.\n")
    last = behind.newest()
    assert (last["position"], last["actor"]) == (before + 1, "dana"), "who lays hand on public words is written down"
    told = opened.ok("timeline", "--format", "json", who="").json["entries"][-1] if way == "option" else None
    if told:
        assert (told["type"], told["data"]["claimed"]) == ("statement.approval_refused", "lee")
        assert told["text"] == f"REFUSED: draft of holding by dana, the login {counted}, which is not lee's"


@pytest.mark.parametrize("roster", ["people: {}", "people: {lee: {login: somebody-else}}", None])
def test_where_identity_is_strict_a_login_that_is_nobody_s_writes_nothing(
    opened: Program, behind: Behind, counted: str, roster: str | None
) -> None:
    _settings(opened, "identity = 'strict'\n")
    if roster:
        (opened.root / "roster.yaml").write_text(roster)
    before = behind.newest()["position"]
    code, err = _typed(opened, "note", "x")
    assert code == 3
    assert err == f"Identity is strict and no one in {opened.root / 'roster.yaml'} has the login {counted}.\n"
    assert behind.newest()["position"] == before


def test_two_people_with_one_login_are_refused_or_one_is_taken_for_good(opened: Program, behind: Behind) -> None:
    """Whichever it is, it may not depend on the run."""
    _roster(opened, dana=LOGIN, lee=LOGIN)
    answers = set()
    for _ in range(3):
        code, _ = _typed(opened, "note", "x")
        answers.add((code, behind.newest()["actor"]))
    assert len(answers) == 1


def test_a_changed_roster_counts_at_once(opened: Program) -> None:
    _roster(opened, dana=LOGIN)
    assert _typed(opened, "--as", "kim", "note", "x")[0] == 4
    _roster(opened, dana=LOGIN, kim="kim")
    assert _typed(opened, "--as", "kim", "note", "x")[0] == 0


def test_what_is_kept_of_the_roster_holds_no_contact(opened: Program) -> None:
    contact = "json://user:hunter2@127.0.0.1/"
    (opened.root / "roster.yaml").write_text(f"people: {{dana: {{login: {LOGIN}, contacts: ['{contact}']}}}}")
    assert _typed(opened, "note", "x")[0] == 0
    kept = [path for path in (opened.root / "state").iterdir() if b"hunter2" in path.read_bytes()]
    assert kept == []
    assert json.loads((opened.root / "state" / "roster.json").read_text())["people"]["dana"]
    assert (opened.root / "state" / "roster.json").stat().st_mode & 0o777 == 0o600
