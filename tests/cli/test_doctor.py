"""`doctor`: what would fail on the night, found before it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import ON_FILE
from tests.conftest import HandClock

if TYPE_CHECKING:
    from tests.behind import Behind
    from tests.conftest import Program

VERIFIED = datetime(2026, 11, 22, tzinfo=UTC)  # the clocks that come with the program, at the latest
ROSTER = """people:
  dana: {roles: [comms-lead], contacts: ["console:"]}
  lee: {roles: [legal], contacts: ["textfile:state/lee.txt"]}
"""


@pytest.fixture(autouse=True)
def called(program: Program) -> None:
    """The organisation has a name."""
    (program.root / "crisisctl.toml").write_text('organisation = "Example"\n')


def _checks(program: Program, code: int = 0) -> list[Any]:
    told = program("doctor", "--json", clock=HandClock(VERIFIED))  # later, the clocks would be out of date
    assert told.code == code, told.err
    assert told.json["ok"] is (code == 0)
    checks: list[Any] = told.json["checks"]
    return checks


def _of(checks: list[Any], state: str) -> list[str]:
    return [check["what"] for check in checks if check["state"] == state]


def test_a_sound_workspace_is_sound(program: Program) -> None:
    (program.root / "roster.yaml").write_text(ROSTER)
    checks = _checks(program)
    assert all(set(check) == {"state", "what", "remedy"} for check in checks)
    assert _of(checks, "error") == []
    assert _of(checks, "warning") == []
    assert "playbook data-breach version 3" in _of(checks, "ok")
    shown = program.ok("doctor").out
    assert all(line.startswith("ok      ") for line in shown.splitlines())


def test_an_empty_roster_is_a_warning_with_a_remedy(program: Program) -> None:
    told = program.ok("doctor")
    assert "warning the roster is empty" in told.out
    assert f"          list people in {program.root / 'roster.yaml'}" in told.out


def test_who_cannot_be_reached_is_named(program: Program) -> None:
    (program.root / "roster.yaml").write_text(
        "people: {dana: {roles: [comms-lead], contacts: ['env:NO_SUCH_VARIABLE']}, lee: {roles: [legal]}}"
    )
    warnings = _of(_checks(program), "warning")
    assert "lee has no contact" in warnings
    assert any(warning.startswith("contact 1 of dana: ") and "NO_SUCH_VARIABLE" in warning for warning in warnings)


def test_who_was_never_proven_to_be_reached_is_one_warning_a_person(program: Program) -> None:
    (program.root / "roster.yaml").write_text(
        "people: {dana: {roles: [comms-lead], contacts: ['env:HOME', 'env:PATH', 'console:']},"
        " lee: {roles: [legal], contacts: [{to: 'env:HOME', verified: 2999-01-01}]}}"
    )
    warnings = [one for one in _of(_checks(program), "warning") if "no test" in one]
    assert warnings == ["2 of 2 contacts of dana: no test was answered for 90 days, if ever"]


def test_who_rests_and_has_nobody_to_stand_in_is_a_warning(program: Program) -> None:
    quiet = "quiet: {from: '22:00', to: '07:00'}"
    text = ROSTER.replace("dana: {", f"dana: {{{quiet}, ").replace("lee: {", f"lee: {{{quiet}, fallback: dana, ")
    (program.root / "roster.yaml").write_text(text)
    assert _of(_checks(program), "warning") == ["dana rests from 22:00 to 07:00, and nobody is told instead"]


def test_a_severity_that_breaks_quiet_hours_and_that_no_playbook_has_is_a_warning(program: Program) -> None:
    quiet = "quiet: {from: '22:00', to: '07:00', breaks: [sev1, sev0]}, fallback: lee"
    (program.root / "roster.yaml").write_text(ROSTER.replace("dana: {", f"dana: {{{quiet}, "))
    told = _of(_checks(program), "warning")
    assert told == ["no playbook has the severity sev0 that breaks the quiet hours of dana"]


def test_a_slip_in_how_somebody_is_reached_is_an_error_with_its_place(program: Program) -> None:
    (program.root / "roster.yaml").write_text(ROSTER.replace("roles: [legal]", "fallback: dnaa"))
    (error,) = _of(_checks(program, code=6), "error")
    assert error.endswith("roster.yaml: people.lee.fallback: there is no 'dnaa'. Name one of dana, lee.")


def test_a_contact_that_holds_a_secret_is_never_shown(program: Program) -> None:
    (program.root / "roster.yaml").write_text(
        "people: {dana: {roles: [comms-lead, legal], contacts: ['nosuch://user:hunter2@host/hunter3']}}"
    )
    told = program("doctor")
    assert "contact 1 of dana" in told.out
    assert "hunter" not in told.out + told.err


def test_a_required_role_that_nobody_can_take_is_named(program: Program) -> None:
    (program.root / "roster.yaml").write_text("people: {dana: {roles: [comms-lead], contacts: ['console:']}}")
    assert "playbook data-breach: nobody in the roster can be legal" in _of(_checks(program), "warning")


def test_a_deputy_counts_for_its_role(program: Program) -> None:
    (program.root / "roster.yaml").write_text(ROSTER.replace("comms-lead", "deputy-comms"))
    assert _of(_checks(program), "warning") == []


def test_a_broken_playbook_is_an_error(program: Program) -> None:
    (program.root / "playbooks" / "bad.yaml").write_text("playbook: bad\n")
    told = program("doctor")
    assert told.code == 6
    assert "ERROR   playbook bad has" in told.out
    assert "          crisisctl playbook check bad" in told.out
    assert told.err.endswith("checks failed.\n")


def test_a_broken_roster_is_told_once_with_its_place(program: Program) -> None:
    (program.root / "roster.yaml").write_text("people:\n  dana: {roles: [comms-lead]\n")
    errors = _of(_checks(program, code=6), "error")
    assert len(errors) == 1
    assert f"{program.root / 'roster.yaml'}:3:1 cannot be read" in errors[0]


@pytest.mark.parametrize("folder", ["playbooks", "templates"])
def test_a_missing_folder_is_an_error_with_a_remedy(program: Program, folder: str) -> None:
    (program.root / folder).rename(program.root / "gone")
    told = program("doctor")
    assert told.code == 6
    assert f"{program.root / folder} is not there" in told.out
    assert f"crisisctl init {program.root}" in told.out


@ON_FILE
def test_a_log_that_others_can_read_is_a_warning(opened: Program) -> None:
    (opened.root / "state" / "crisisctl.db").chmod(0o644)
    checks = _checks(opened)
    path = opened.root / "state" / "crisisctl.db"
    assert f"{path} can be read by others" in _of(checks, "warning")
    assert f"chmod go-rwx {path}" in [check["remedy"] for check in checks]


def test_a_log_that_is_no_log_is_an_error(program: Program, behind: Behind) -> None:
    behind.spoil()
    errors = _of(_checks(program, code=6), "error")
    assert len(errors) == 1
    assert re.search("is not a database of crisisctl|has a log that is not whole", errors[0])


def test_that_no_watch_runs_is_a_warning_while_something_is_due(opened: Program) -> None:
    assert any("No watch is running" in warning for warning in _of(_checks(opened), "warning"))


def test_an_overdue_timer_is_a_warning(program: Program, clock: HandClock) -> None:
    program.ok("watch", "--once", clock=clock)
    program.ok("open", "data-breach", "--title", "x", "--at", "2026-03-28T21:50:00Z", clock=clock)
    told = program.ok("doctor", clock=clock)
    assert "warning A timer has been overdue for 10m" in told.out


def test_broken_settings_are_told_with_the_file_and_what_may_stand_there(program: Program) -> None:
    (program.root / "crisisctl.toml").write_text("colour = 'red'\n")
    told = program("doctor")
    assert told.code == 6
    assert told.out == (
        f"ERROR   {program.root / 'crisisctl.toml'}: there is no setting 'colour'. The settings are "
        "organisation, store, identity, as, playbooks, templates, roster, state, notices, privileged, dead_man, "
        "dead_man_every, zones, legal_zone.\n"
    )
    assert told.err == "1 of 1 checks failed.\n"


def test_who_one_acts_as_is_shown(program: Program) -> None:
    assert any(check.startswith("you act as dana (login ") for check in _of(_checks(program), "ok"))


def test_looking_writes_nothing(program: Program, behind: Behind) -> None:
    (program.root / "roster.yaml").write_text(ROSTER)
    program.ok("doctor")
    assert not behind.made()


def test_a_role_without_which_a_move_or_a_statement_cannot_be_made_is_named(program: Program) -> None:
    (program.root / "roster.yaml").write_text(ROSTER)
    book = program.root / "playbooks" / "data-breach.yaml"
    text = book.read_text()
    book.write_text(text.replace("roles:\n", "roles:\n  auditor: {title: Auditor}\n  oracle: {title: Oracle}\n", 1))
    assert _of(_checks(program), "warning") == []
    book.write_text(book.read_text().replace("approvals: [comms-lead, legal]", "approvals: [comms-lead, auditor]"))
    assert "playbook data-breach: nobody in the roster can be auditor" in _of(_checks(program), "warning")


def test_a_role_that_no_playbook_has_is_named(program: Program) -> None:
    (program.root / "roster.yaml").write_text(ROSTER.replace("[legal]", "[legal, leagl]"))
    assert _of(_checks(program), "warning") == ["no playbook has the role leagl of lee"]


def test_who_acts_and_is_not_in_the_roster_is_warned(program: Program) -> None:
    (program.root / "roster.yaml").write_text(ROSTER)
    told = program.process("doctor", "--json", env={"CRISISCTL_AS": ""})
    what = [check["what"] for check in json.loads(told.stdout)["checks"] if check["state"] == "warning"]
    assert len([one for one in what if one.endswith("who is not in the roster and cannot be reached")]) == 1


def test_a_contact_of_the_workspace_that_cannot_be_used_is_an_error(program: Program) -> None:
    (program.root / "crisisctl.toml").write_text("notices = ['console:', 'nosuch://hunter2']")
    errors = _of(_checks(program, code=6), "error")
    assert len(errors) == 1
    assert errors[0].startswith("the workspace's own contact nosuch: ")
    assert "hunter2" not in errors[0]


def test_who_was_not_reached_is_named(program: Program, clock: HandClock) -> None:
    (program.root / "roster.yaml").write_text("people: {dana: {contacts: ['json://127.0.0.1:9/x']}, lee: {}}")
    program.ok("open", "data-breach", "--title", "x", clock=clock)
    told = program.ok("watch", "--once", clock=clock)
    assert told.err.startswith("  contact 1 of dana (INC-1): ")
    assert told.err.endswith("; to be tried again\n")
    told = program("doctor", "--json", clock=clock)
    assert "contact 1 of dana was not reached about INC-1, after 1 attempt" in _of(told.json["checks"], "warning")


@ON_FILE
def test_a_log_that_cannot_be_written_is_an_error(opened: Program) -> None:
    lock = opened.root / "state" / "crisisctl.db.lock"
    lock.unlink()
    lock.mkdir()
    assert any("crisisctl.db.lock" in error for error in _of(_checks(opened, code=6), "error"))


@ON_FILE
@pytest.mark.parametrize("left", [["crisisctl.db.lock"], ["crisisctl.db.lock", "roster.json"]])
def test_a_log_that_is_gone_is_an_error_and_no_clean_log(opened: Program, left: list[str]) -> None:
    for path in (opened.root / "state").iterdir():
        if path.is_file() and path.name not in left:
            path.unlink()
    gone = "crisisctl.db is gone or empty; crisisctl.db.lock says that a log was there."
    assert any(gone in error for error in _of(_checks(opened, code=6), "error"))
    for line in ("verify", "verify --rebuild", "status", "list", "open data-breach --title x"):
        told = opened(*line.split())
        assert (told.code, gone in told.err) == (7, True), line


def test_a_trigger_that_was_dropped_is_an_error(opened: Program, behind: Behind) -> None:
    guard = behind.drop_a_guard()
    assert any(guard in error for error in _of(_checks(opened, code=6), "error"))


@pytest.mark.parametrize("roles", ["5", "[a]", "text", "{}"])
def test_roles_of_another_shape_are_an_error_of_the_playbook_alone(program: Program, roles: str) -> None:
    (program.root / "roster.yaml").write_text(ROSTER)
    (program.root / "playbooks" / "odd.yaml").write_text(f"playbook: odd\nroles: {roles}\n")
    assert [what.split(" has ")[0] for what in _of(_checks(program, code=6), "error")] == ["playbook odd"]


def test_an_organisation_without_a_name_is_a_warning(program: Program) -> None:
    (program.root / "crisisctl.toml").write_text("")
    assert "texts call the organisation 'our company'" in _of(_checks(program), "warning")


@pytest.mark.parametrize("name", ["policy.yaml", "channels.yaml"])
def test_a_slip_in_what_words_go_by_is_an_error(program: Program, name: str) -> None:
    (program.root / name).write_text("nonsense: [\n")
    assert any(name in what for what in _of(_checks(program, 6), "error"))


@ON_FILE
def test_the_logs_of_open_incidents_are_verified(opened: Program, behind: Behind) -> None:
    assert any(what.startswith("1 open incident verified; the closed") for what in _of(_checks(opened), "ok"))
    behind.change("UPDATE entry SET words = replace(words, 'Records', 'Pictures') WHERE type = 'incident.opened'")
    told = opened("doctor")
    assert (told.code, "INC-1 does not verify" in told.out) == (6, True)


# The clocks


def _own(program: Program, text: str) -> None:
    (program.root / "clocks.yaml").write_text(text)


def _named(program: Program, *names: str) -> None:
    with (program.root / "playbooks" / "data-breach.yaml").open("a") as file:
        file.write(f"clocks: [{', '.join(names)}]\n")


def test_the_clocks_are_read_and_that_nobody_reviewed_them_is_only_a_remark(program: Program) -> None:
    _named(program, "gdpr.art33", "sec.8k-1.05")
    told = _of(_checks(program), "ok")
    assert any("clocks can be read" in one for one in told)
    assert "no counsel has reviewed 2 of the 2 clocks that playbooks name" in told
    _own(program, "regimes: {gdpr: {reviewed_by: Kim Lee}}")
    assert "no counsel has reviewed 1 of the 2 clocks that playbooks name" in _of(_checks(program), "ok")
    _own(program, "regimes: {gdpr: {reviewed_by: Kim Lee}, sec: {reviewed_by: Kim Lee}}")
    assert not any("reviewed" in one for one in _of(_checks(program), "ok"))


def test_clocks_that_no_playbook_names_are_only_read(program: Program) -> None:
    checks = program.ok("doctor", "--json", clock=HandClock(VERIFIED + timedelta(days=900))).json["checks"]
    assert [one["what"] for one in checks if "verified" in one["what"] or "reviewed" in one["what"]] == []


def test_a_slip_in_the_clocks_of_ones_own_is_an_error_with_its_place(program: Program) -> None:
    _own(program, "regimes:\n  acme:\n    title: Acme\n")
    [wrong] = _of(_checks(program, 6), "error")
    assert "clocks.yaml:2:3: regimes.acme has no clocks; add clocks." in wrong


def test_a_slip_in_the_forms_of_filings_is_an_error_with_its_place(program: Program) -> None:
    assert any("forms of filings can be read" in one for one in _of(_checks(program), "ok"))
    (program.root / "filings.yaml").write_text("forms: [")
    [wrong] = _of(_checks(program, 6), "error")
    assert "filings.yaml:1:" in wrong


def test_a_slip_in_the_clocks_is_told_once(program: Program) -> None:
    _named(program, "gdpr.art33")
    _own(program, "regimes: [")
    told = program("doctor", clock=HandClock(VERIFIED))
    assert told.code == 6
    assert told.out.count("clocks.yaml:1:") == 1
    assert "only the clocks that come with the program count" in told.out


def test_clocks_that_nobody_has_verified_for_a_year_are_a_warning(program: Program) -> None:
    _named(program, "gdpr.art33", "gdpr.art34")
    _own(program, "regimes: {gdpr: {clocks: {art33: {last_verified: 2020-02-03}}}}")
    [old] = [one for one in _checks(program) if "verified" in one["what"] and one["state"] == "warning"]
    assert old["what"] == "nobody has verified for a year, if ever, what the law says on gdpr.art33"
    assert "last_verified" in old["remedy"]


def test_the_clocks_that_come_with_the_program_grow_old_too(program: Program, clock: HandClock) -> None:
    _named(program, "gdpr.art33", "sec.8k-1.05")
    clock.time = VERIFIED + timedelta(days=366)
    told = program("doctor", "--json", clock=clock).json["checks"]
    assert any(one.endswith("on gdpr.art33, sec.8k-1.05") for one in _of(told, "warning"))


def test_a_clock_of_a_playbook_that_the_catalogue_does_not_have_is_a_warning(program: Program) -> None:
    _named(program, "gdpr.art33", "acme.notice")
    assert "playbook data-breach names clocks that start nothing: acme.notice" in _of(_checks(program), "warning")
    _own(
        program,
        "regimes: {acme: {title: Acme, status: contract, last_verified: 2099-01-01, "
        "clocks: {notice: {title: Tell Acme, start: aware, rule: {hours: 24}}}}}",
    )
    assert not any("acme" in one for one in _of(_checks(program), "warning"))
