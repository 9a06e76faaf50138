"""The roster: who there is, what is wrong with a file and where, and that no contact is kept anywhere else."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import system
from crisisctl.adapters.roster import Roster
from crisisctl.adapters.roster.book import Person
from crisisctl.adapters.roster.form import LONGEST
from crisisctl.bootstrap import Office
from crisisctl.domain.errors import Invalid, NotFound, Refused

GOOD = """
people:
  dana:
    name: Dana Ruiz
    login: druiz
    roles: [comms-lead, scribe]
    timezone: Europe/Madrid
    contacts: ["mailto://user:s3cret-pw@example.com?to=dana@example.com", "env:DANA_CHAT"]
  "lee@example.com": {}
"""
FALLBACK = ("console:", "textfile:state/notices.txt")
Write = Callable[..., Roster]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the file, and reads it as a new process would."""

    def written(text: str | bytes | None = GOOD) -> Roster:
        path = tmp_path / "roster.yaml"
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Roster(path, tmp_path / "state" / "roster.json", FALLBACK)

    return written


def test_it_knows_who_there_is(write: Write) -> None:
    assert write().people == {
        "dana": Person("dana", "Dana Ruiz", "druiz", ("comms-lead", "scribe"), 2, timezone="Europe/Madrid"),
        "lee@example.com": Person("lee@example.com", "lee@example.com", None, (), 0),
    }


def test_it_knows_the_same_from_what_it_kept(write: Write) -> None:
    first = write().people
    assert write().people == first


@pytest.mark.parametrize("text", [None, "", "# nobody yet\n", "people:\n", "people: {}\n", "---\n"])
def test_without_people_any_name_will_do(write: Write, text: str | None) -> None:
    roster = write(text)
    assert roster.people == {}
    roster.require("whoever")
    assert (roster.count("whoever"), roster.contacts("whoever")) == (2, FALLBACK)
    assert roster.of_login("druiz") is None


def test_with_people_nobody_else_will_do(write: Write, tmp_path: Path) -> None:
    roster = write()
    roster.require("dana")
    with pytest.raises(NotFound, match=r"no person in the roster 'danna'\. Did you mean dana") as caught:
        roster.require("danna")
    assert f"People are listed in {tmp_path / 'roster.yaml'}." in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "-a", ".", "x" * 65, "a\nb", "a\u202eb", "a\0"])
@pytest.mark.parametrize("text", [GOOD, None])
def test_what_cannot_be_a_name_is_refused(write: Write, text: str | None, name: str) -> None:
    with pytest.raises(Refused, match="cannot be a person"):
        write(text).require(name)


def test_a_login_belongs_to_one_person(write: Write) -> None:
    roster = write()
    assert (roster.of_login("druiz"), roster.of_login("root"), roster.of_login("")) == ("dana", None, None)


def test_contacts_are_read_as_they_are_written(write: Write) -> None:
    roster = write()
    assert roster.contacts("dana") == ("mailto://user:s3cret-pw@example.com?to=dana@example.com", "env:DANA_CHAT")
    assert roster.count("dana") == 2


def test_contacts_are_somebodys_own_or_those_of_the_workspace(write: Write) -> None:
    roster = write("people: {dana: {contacts: ['console:']}, lee: {}}")
    assert [roster.own(person) for person in ("dana", "lee", "nobody")] == [True, False, False]


def test_who_has_no_contact_is_reached_by_those_of_the_workspace(write: Write) -> None:
    roster = write()
    for person in ("lee@example.com", "nobody"):
        assert (roster.count(person), roster.contacts(person)) == (2, FALLBACK)


BAD = {
    "people: [dana]": "write `people:` and below it one entry for each person",
    "[dana, lee]": "write `people:`",
    "dana: {name: Dana}": "write `people:`",
    "poeple: {dana: {}}": "write `people:`",
    "people: {dana: {}}\nteams: {}": "and nothing else",
    "just a text": "write `people:`",
    "people: {dana: Dana Ruiz}": "people.dana: write a mapping such as",
    "people: {dana: }": "people.dana: write a mapping",
    "people: {'da na': {}}": "people.da na: an id is letters, digits",
    "people: {7: {}}": "people.7: an id is",
    "people: {dana: {mail: x}}": "people.dana: unknown key 'mail'. The keys are contacts, fallback, login",
    "people: {dana: {roles: comms-lead}}": "people.dana.roles: write a list of texts",
    "people: {dana: {roles: [1]}}": "people.dana.roles: write a list of texts",
    "people: {dana: {contacts: 'mailto://x'}}": "people.dana.contacts: write a list of texts",
    "people: {dana: {contacts: [{a: b}]}}": "people.dana.contacts[0]: unknown key. The keys are to, after, verified",
    "people: {dana: {name: [Dana]}}": "people.dana.name: write a text",
    "people: {dana: {login: 7}}": "people.dana.login: write a text",
    "people: {dana: {timezone: Madrid}}": "people.dana.timezone: 'Madrid' is no zone. Write one such as Europe/Madrid",
    "people: {dana: {timezone: ../../etc/passwd}}": "is no zone",
    "people: {dana: {timezone: ''}}": "is no zone",
    "people: {dana: {login: d}, lee: {login: d}}": "the login d is tied to two people",
    "people: {dana: {}, dana: {}}": ":1:20 cannot be read",
    "people: {dana: {}": ":1:18 cannot be read",
    "people:\n  dana: {}\n bad": ":3:2 cannot be read",
    "people: !!python/object:os.system {}": "cannot be read",
    "people: {dana: {name: \x07}}": "cannot be read",
    "a: &a [x]\npeople: *b": "cannot be read",
}


@pytest.mark.parametrize("text", BAD)
def test_a_mistake_is_told_with_its_place(write: Write, tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        _ = write(text).people
    assert str(caught.value).startswith(str(tmp_path / "roster.yaml"))
    assert BAD[text] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"people: {dana: {name: \xff}}", "cannot be read"),
        (b"#" * (LONGEST + 1), "is larger than 128 KiB"),
        (b"[" * 5_000, "cannot be read"),
    ],
    ids=["no UTF-8", "too long", "too deep"],
)
def test_a_file_that_is_none_is_told(write: Write, content: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        _ = write(content).people


def test_a_folder_in_its_place_is_told(write: Write, tmp_path: Path) -> None:
    (tmp_path / "roster.yaml").mkdir()
    with pytest.raises(Invalid, match=r"roster\.yaml cannot be read: It is no ordinary file"):
        _ = write(None).people


def test_no_contact_is_kept_anywhere_else(write: Write, tmp_path: Path) -> None:
    roster = write()
    assert roster.people
    assert roster.contacts("dana")
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "roster.yaml"]
    assert [file.name for file in kept] == ["roster.json"]
    text = kept[0].read_text()
    assert all(part not in text for part in ("s3cret", "mailto", "example.com?to", "DANA_CHAT", "console:"))


def test_nobody_else_can_read_what_is_kept(write: Write, tmp_path: Path) -> None:
    assert write().people
    assert stat.S_IMODE((tmp_path / "state" / "roster.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_changed_file_is_read_anew(write: Write) -> None:
    assert set(write().people) == {"dana", "lee@example.com"}
    assert set(write("people: {kim: {}}").people) == {"kim"}
    assert set(write(None).people) == {"kim"}


def test_a_slip_of_a_person_has_its_line(write: Write, tmp_path: Path) -> None:
    text = (
        'people:\n  dana:\n    name: Dana\n    contacts:\n      - "console:"\n      - {to: "console:", after: soon}\n'
    )
    with pytest.raises(Invalid) as caught:
        _ = write(text).people
    assert str(caught.value).startswith(f"{tmp_path / 'roster.yaml'}:6: people.dana.contacts[1].after: ")
    phone = "people:\n  lee: {}\n  dana:\n    name: Dana\n    phone: +34 600 000 000 ext 12345\n"
    with pytest.raises(Invalid, match=r"roster\.yaml:5: people\.dana\.phone: .* may stand in it, a \+ before them"):
        _ = write(phone).people


def test_what_yaml_says_of_a_slip_ends_in_a_full_stop(write: Write) -> None:
    with pytest.raises(Invalid, match=r"cannot be read: .*[^.]\.$"):
        _ = write("people: {dana: {}").people


def test_a_file_that_is_gone_is_a_slip_until_what_was_kept_is_gone_too(write: Write, tmp_path: Path) -> None:
    roster = write()
    assert roster.people
    (tmp_path / "roster.yaml").unlink()
    for reader in (roster, write(None)):
        assert set(reader.people) == {"dana", "lee@example.com"}
        assert f"is gone; put it back, or remove {tmp_path / 'state' / 'roster.json'}" in str(reader.trouble)
    (tmp_path / "state" / "roster.json").unlink()
    assert (roster.people, roster.trouble) == ({}, None)


ROWS = ("[]", "null", "5", '["x"]', '["x", "x", null, 5, 0]')
KEPT = ["", "{", "[]", "null", "{}", '{"digest": 1}', '{"digest": "SEAL"}', '{"digest": "SEAL", "people": []}']
KEPT += ['{"digest": "SEAL", "people": {"x": ROW}}'.replace("ROW", row) for row in ROWS]


@pytest.mark.parametrize("kept", KEPT)
def test_what_was_kept_badly_is_made_anew(write: Write, tmp_path: Path, kept: str) -> None:
    (tmp_path / "state").mkdir()
    cache = tmp_path / "state" / "roster.json"
    cache.write_text(kept.replace("SEAL", sha256(GOOD.encode()).hexdigest()))
    assert set(write().people) == {"dana", "lee@example.com"}
    assert set(json.loads(cache.read_text())["people"]) == {"dana", "lee@example.com"}


def test_where_nothing_can_be_kept_it_works_all_the_same(write: Write, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    assert set(write().people) == {"dana", "lee@example.com"}


def test_a_link_in_the_place_of_what_is_kept_leads_nowhere(write: Write, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "precious").write_text("untouched")
    (tmp_path / "state" / "roster.json").symlink_to(tmp_path / "precious")
    (tmp_path / "state" / f"roster.{os.getpid()}").symlink_to(tmp_path / "precious")
    assert set(write().people) == {"dana", "lee@example.com"}
    assert (tmp_path / "precious").read_text() == "untouched"


def _rewrite(tmp_path: Path, text: str) -> None:
    """As an editor does: a new file in the place of the old one."""
    (tmp_path / "new").write_text(text)
    (tmp_path / "new").replace(tmp_path / "roster.yaml")


def test_a_watch_that_runs_sees_who_is_added(write: Write, tmp_path: Path) -> None:
    roster = write()
    assert roster.count("kim") == len(FALLBACK)
    _rewrite(tmp_path, "people: {kim: {contacts: ['a:1', 'b:2', 'c:3']}}")
    assert (roster.count("kim"), roster.contacts("kim")) == (3, ("a:1", "b:2", "c:3"))
    with pytest.raises(NotFound):
        roster.require("dana")


def test_a_slip_in_the_file_does_not_stop_a_watch_that_runs(write: Write, tmp_path: Path) -> None:
    roster = write("people: {dana: {contacts: ['env:DANA_CHAT', 'b:2']}, 'lee@example.com': {}}")
    assert roster.contacts("dana") == ("env:DANA_CHAT", "b:2")
    _rewrite(tmp_path, "people: {dana: {contacts: ")
    assert (roster.count("dana"), set(roster.people)) == (2, {"dana", "lee@example.com"})
    assert roster.trouble
    assert roster.contacts("dana") == ("env:DANA_CHAT", "b:2")
    _rewrite(tmp_path, GOOD)
    assert roster.count("dana") == 2
    assert roster.trouble is None


def test_a_slip_in_the_file_does_not_stop_who_starts_now(write: Write, tmp_path: Path) -> None:
    known = dict(write().people)
    roster = write("people: {dana: {contacts: ")
    assert roster.people == known
    assert roster.trouble
    assert roster.trouble.startswith(f"{tmp_path / 'roster.yaml'}:1:27 cannot be read: ")
    with pytest.raises(NotFound, match="mallory"):
        roster.require("mallory")


def test_contacts_are_kept_nowhere_so_who_starts_now_waits_for_the_file(write: Write, tmp_path: Path) -> None:
    assert write().people
    roster = write("people: {dana: {contacts: ")
    with pytest.raises(Invalid, match=f"dana cannot be reached until {tmp_path / 'roster.yaml'} is mended"):
        roster.contacts("dana")


@pytest.mark.parametrize("before", ["people: {}", "", None])
def test_where_nobody_was_known_a_slip_lets_nobody_in(write: Write, before: str | None) -> None:
    assert write(before).people == {}
    with pytest.raises(Invalid):
        _ = write("people: {dana: ").people


def test_who_leaves_while_a_notice_waits_is_reached_by_the_workspace(write: Write, tmp_path: Path) -> None:
    roster = write()
    assert roster.people
    later = (tmp_path / "roster.yaml").stat()
    (tmp_path / "roster.yaml").write_text("people: {}".ljust(later.st_size))
    os.utime(tmp_path / "roster.yaml", ns=(later.st_atime_ns, later.st_mtime_ns))  # too quick for the clock of the disk
    assert roster.contacts("dana") == FALLBACK


@pytest.fixture
def office(program: Any) -> Callable[..., Office]:
    """A workspace in which dana has our login, and lee that of somebody else."""
    people = f"{{dana: {{login: '{system.login()}'}}, lee: {{login: somebody}}, kim: {{}}}}"
    (program.root / "roster.yaml").write_text(f"people: {people}")

    def opened(settings: str = "", actor: str | None = None) -> Office:
        (program.root / "crisisctl.toml").write_text(settings)
        return Office(str(program.root), actor)

    return opened


STRICT = 'identity = "strict"\n'


def test_who_says_nothing_is_whoever_has_the_login(office: Callable[..., Office]) -> None:
    for settings in ("", STRICT):
        assert office(settings).source()[:2] == ("dana", system.login())


def test_an_open_room_lets_one_act_as_another_and_keeps_the_login(office: Callable[..., Office]) -> None:
    assert office("", "lee").source("legal") == ("lee", system.login(), "cli", "legal")
    assert office('as = "kim"').source().actor == "kim"
    with pytest.raises(NotFound, match="Did you mean lee"):
        office("", "leo").source()


@pytest.mark.parametrize("other", ["lee", "kim", "root", "Dana"])
def test_a_strict_room_lets_nobody_act_as_another(
    office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    told = f"Identity is strict: {system.login()} is dana and may not act as {other}."
    with pytest.raises(Refused, match=told):
        office(STRICT, other).source()
    with pytest.raises(Refused, match=told):
        office(STRICT + f'as = "{other}"').source()
    monkeypatch.setenv("CRISISCTL_AS", other)
    with pytest.raises(Refused, match=told):
        office(STRICT).source()


def test_a_strict_room_lets_oneself_be_named(office: Callable[..., Office]) -> None:
    assert office(STRICT, "dana").source().actor == "dana"


def test_a_strict_room_lets_no_stranger_in(office: Callable[..., Office], program: Any) -> None:
    stranger = office(STRICT)
    (program.root / "roster.yaml").write_text("people: {dana: {login: somebody}}")
    with pytest.raises(Refused, match=f"no one in .*roster.yaml has the login {system.login()}"):
        stranger.source()


@pytest.mark.parametrize("name", ["roster.yaml", "state/roster.json"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(write: Write, tmp_path: Path, name: str) -> None:
    roster = write()
    (tmp_path / "state").mkdir()
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    if name == "roster.yaml":
        with pytest.raises(Invalid, match="It is no ordinary file"):
            _ = roster.people
    else:
        assert set(roster.people) == {"dana", "lee@example.com"}
