"""Tests of contacts and their answers; what an answer changes in the file of the people, and what it leaves."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crisisctl.adapters import posix
from crisisctl.adapters.roster import form, mend
from crisisctl.adapters.roster.mend import put_verified
from crisisctl.adapters.roster.pings import LASTS, Ping, Pings, ping, proven
from crisisctl.domain.errors import Conflict, Invalid, NotFound, Refused, StoreFailed

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
ROSTER = """\
# Who there is. Kept short on purpose.

people:
    # on the bridge
    dana:
        name: Dana Ruiz   # she/her
        roles: [comms-lead]
        contacts:
          - "mailto://user:pw@example.com?to=dana@example.com"   # office
          # the chat
          - {to: "env:DANA_CHAT", after: 2m}  # on her phone
          - to: 'env:OTHER'
            # since March
            after: 5m
    "lee@example.com": {contacts: ["a://1", 'b://2'], quiet: {from: "22:00", to: 07:00}}

    kim: {}
# that is all
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "roster.yaml"
    made.write_text(ROSTER)
    made.chmod(0o640)
    return made


def changed(path: Path, before: str = ROSTER) -> list[tuple[str, str]]:
    """The lines that differ, those before with those after."""
    old, new = before.splitlines(), path.read_text().splitlines()
    assert len(old) == len(new)
    return [(was, now) for was, now in zip(old, new, strict=True) if was != now]


def test_a_plain_text_becomes_a_mapping_and_nothing_else_changes(path: Path) -> None:
    put_verified(path, "dana", 0, TODAY)
    ((_, now),) = changed(path)
    address = "mailto://user:pw@example.com?to=dana@example.com"
    assert now.strip() == f'- {{to: "{address}", verified: 2026-11-22}} # office'


def test_a_mapping_gains_the_day_and_keeps_its_comment(path: Path) -> None:
    put_verified(path, "dana", 1, TODAY)
    ((_, now),) = changed(path)
    assert now.strip() == '- {to: "env:DANA_CHAT", after: 2m, verified: 2026-11-22} # on her phone'


def test_a_mapping_over_several_lines_gains_one(path: Path) -> None:
    put_verified(path, "dana", 2, TODAY)
    lines = path.read_text().splitlines()
    assert [line for line in lines if line not in ROSTER.splitlines()] == ["            verified: 2026-11-22"]
    assert "            # since March" in lines


def test_a_list_within_a_line_stays_within_it(path: Path) -> None:
    put_verified(path, "lee@example.com", 1, TODAY)
    ((was, now),) = changed(path)
    assert now == was.replace("'b://2'", "{to: 'b://2', verified: 2026-11-22}")


def test_the_day_is_written_anew_when_it_stands_there(path: Path) -> None:
    put_verified(path, "dana", 1, date(2026, 1, 1))
    before = path.read_text()
    put_verified(path, "dana", 1, TODAY)
    ((was, now),) = changed(path, before)
    assert now == was.replace("2026-01-01", "2026-11-22")


@pytest.mark.parametrize("indent", ["  ", "    ", "   "])
@pytest.mark.parametrize("listed", ["- ", "  - ", " -   "])
def test_every_way_to_indent_is_kept(path: Path, indent: str, listed: str) -> None:
    text = f"people:\n{indent}dana:\n{indent * 2}contacts:\n{indent * 2}{listed}a://1\n{indent * 2}{listed}b://2\n"
    path.write_text(text)
    put_verified(path, "dana", 1, TODAY)
    ((was, now),) = changed(path, text)
    assert now == was.replace("b://2", "{to: b://2, verified: 2026-11-22}")


def test_a_file_of_another_system_keeps_its_line_ends(path: Path) -> None:
    path.write_bytes(b"people:\r\n  dana:\r\n    contacts: [a://1]\r\n")
    put_verified(path, "dana", 0, TODAY)
    assert path.read_bytes() == b"people:\r\n  dana:\r\n    contacts: [{to: a://1, verified: 2026-11-22}]\r\n"


def test_the_file_keeps_its_mode_and_nothing_is_left_beside_it(path: Path) -> None:
    put_verified(path, "dana", 0, TODAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in path.parent.iterdir()] == ["roster.yaml"]


def test_a_link_stays_one_and_what_it_leads_to_is_changed(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere.yaml"
    path.rename(real)
    path.symlink_to(real)
    put_verified(path, "dana", 0, TODAY)
    assert path.is_symlink()
    assert "2026-11-22" in real.read_text()


@pytest.mark.parametrize("text", ["people: {dana: {}}\n", "people: {dana: {phone: 7}}\n", "{", ""])
def test_what_reads_otherwise_than_it_should_is_not_written(path: Path, text: str) -> None:
    wanted = {"people": {"dana": {"contacts": ["x"]}}}
    assert not mend._exchanged(path, path.read_bytes(), text, wanted)
    assert path.read_text() == ROSTER
    assert [one.name for one in path.parent.iterdir()] == ["roster.yaml"]


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(path: Path) -> None:
    before = path.read_bytes()
    path.write_text(ROSTER.replace("kim", "nat"))
    with pytest.raises(Conflict, match="has just been changed by somebody else"):
        mend._exchanged(path, before, "people: {}", {"people": {}})
    assert path.read_text() == ROSTER.replace("kim", "nat")


def test_a_place_that_cannot_be_written_is_told(path: Path) -> None:
    (path.parent / f".roster.yaml.{os.getpid()}").mkdir()
    with pytest.raises(StoreFailed, match=r"roster.yaml cannot be written: .* Nothing was changed"):
        put_verified(path, "dana", 0, TODAY)
    assert path.read_text() == ROSTER


SALTS = count(1)


def salt() -> bytes:
    return next(SALTS).to_bytes(32, "little")


@pytest.fixture
def pings(path: Path, tmp_path: Path) -> Pings:
    return Pings(tmp_path / "state" / "pings.json", path, posix.turnstile)


def sent(pings: Pings, person: str = "dana", address: str = "env:DANA_CHAT", at: datetime = NOW) -> Ping:
    one = ping(salt(), person, address, at)
    pings.add([one], at)
    return one


def contact(path: Path, number: int = 1) -> Any:
    return form.people(path)["dana"]["contacts"][number]


def test_an_answer_is_written_at_the_contact_that_was_tested(pings: Pings, path: Path) -> None:
    assert pings.answer(sent(pings).code, NOW) == ("dana", 2)
    assert contact(path) == {"to": "env:DANA_CHAT", "after": "2m", "verified": TODAY}


@pytest.mark.parametrize("typed", ["{0}-{1}", " {0} {1} ", "{0}{1}", "{0}--{1}\n"])
def test_a_code_may_be_typed_in_any_way_people_do(pings: Pings, typed: str) -> None:
    code = sent(pings).code
    assert pings.answer(typed.format(code[:3], code[3:]).lower(), NOW)


def test_letters_that_look_alike_are_one(pings: Pings) -> None:
    one = ping(bytes([0, 1, 0, 1, 2, 3]) + bytes(26), "dana", "env:DANA_CHAT", NOW)
    pings.add([one], NOW)
    assert one.code == "010123"
    assert pings.answer("oIOl23", NOW) == ("dana", 2)


@pytest.mark.parametrize("code", ["", "ZZZ-ZZZ", "\x1b[31m", "x" * 5_000])
def test_a_code_that_nobody_was_sent_is_not_found(pings: Pings, path: Path, code: str) -> None:
    sent(pings)
    with pytest.raises(NotFound, match="waits for an answer") as caught:
        pings.answer(code, NOW)
    assert caught.value.code == 4
    assert "\x1b" not in str(caught.value)
    assert path.read_text() == ROSTER


def test_a_code_is_answered_once(pings: Pings) -> None:
    one = sent(pings)
    other = sent(pings, address="env:OTHER")
    pings.answer(one.code, NOW)
    with pytest.raises(NotFound):
        pings.answer(one.code, NOW)
    assert pings.answer(other.code, NOW) == ("dana", 3)


def test_a_test_waits_seven_days_for_its_answer(pings: Pings) -> None:
    late, in_time = sent(pings), sent(pings)
    with pytest.raises(NotFound):
        pings.answer(late.code, NOW + LASTS)
    assert pings.answer(in_time.code, NOW + LASTS - timedelta(seconds=1)) == ("dana", 2)


def test_a_contact_that_has_moved_in_the_file_is_found(pings: Pings, path: Path) -> None:
    one = sent(pings)
    path.write_text("people: {dana: {contacts: [x, y, z, 'env:DANA_CHAT']}}")
    assert pings.answer(one.code, NOW) == ("dana", 4)
    assert contact(path, 3) == {"to": "env:DANA_CHAT", "verified": TODAY}


@pytest.mark.parametrize("text", ["people: {dana: {contacts: ['env:NEW_CHAT']}}", "people: {dana: {}}", "people: {}"])
def test_a_contact_that_is_gone_was_not_proven(pings: Pings, path: Path, text: str) -> None:
    one = sent(pings)
    path.write_text(text)
    with pytest.raises(Refused, match=r"stands in .* no more"):
        pings.answer(one.code, NOW)
    assert path.read_text() == text


def test_an_answer_to_a_roster_with_a_slip_waits_until_it_is_mended(pings: Pings, path: Path) -> None:
    one = sent(pings)
    path.write_text(ROSTER.replace("2m", "soon"))
    with pytest.raises(Invalid, match=r"contacts\[1\].after"):
        pings.answer(one.code, NOW)
    path.write_text(ROSTER)
    assert pings.answer(one.code, NOW) == ("dana", 2)


def test_what_waits_is_closed_to_others_and_holds_no_address(pings: Pings, tmp_path: Path) -> None:
    sent(pings, address="slack://s3cret/b/c")
    kept = tmp_path / "state" / "pings.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert "s3cret" not in kept.read_text()


@pytest.mark.parametrize("kept", ["", "{", "[]", "{}", "[1]", '[["a"]]', "null", '[["A", "b", "c", "never"]]'])
def test_what_was_kept_badly_is_begun_anew(pings: Pings, tmp_path: Path, kept: str) -> None:
    sent(pings)
    (tmp_path / "state" / "pings.json").write_text(kept)
    with pytest.raises(NotFound):
        pings.answer("ABC-DEF", NOW)
    assert pings.answer(sent(pings).code, NOW)


def test_old_tests_are_forgotten(pings: Pings, tmp_path: Path) -> None:
    sent(pings)
    sent(pings, at=NOW + LASTS)
    assert len(json.loads((tmp_path / "state" / "pings.json").read_text())) == 1


def test_codes_are_short_and_hardly_ever_the_same() -> None:
    codes = {ping(os.urandom(32), "dana", "x", NOW).code for _ in range(2_000)}
    assert {len(code) for code in codes} == {6}
    assert len(codes) > 1_990
    assert not set("".join(codes)) & set("OILU")


@pytest.mark.parametrize(
    ("contacts", "days"),
    [
        ([], []),
        (["console:", "textfile:x.txt"], []),
        (["env:A", "console:", {"to": "env:B", "verified": TODAY}], [None, TODAY]),
        ([{"to": "textfile:x"}], []),
    ],
)
def test_only_contacts_that_lead_out_need_a_proof(contacts: list[Any], days: list[date | None]) -> None:
    assert proven(contacts) == days


def test_the_result_is_what_another_reader_of_yaml_reads(path: Path) -> None:
    before = YAML(typ="safe").load(path.read_text())
    put_verified(path, "dana", 0, TODAY)
    after = YAML(typ="safe").load(path.read_text())
    assert after["people"]["dana"]["contacts"].pop(0)["verified"] == TODAY
    before["people"]["dana"]["contacts"].pop(0)
    assert after == before
