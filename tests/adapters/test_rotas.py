"""The rotas of the roster: what is wrong with a file and where, what is kept of it, what is written into it."""

from __future__ import annotations

import difflib
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crisisctl.adapters.calendars import Shelf
from crisisctl.adapters.roster import Roster
from crisisctl.domain.errors import CrisisError, Invalid, NotFound, Refused, StoreFailed
from crisisctl.domain.rota import Override

PEOPLE = "people: {dana: {}, kim: {}, lee: {}, sam: {}}\n"
TURNS = 'rotation: {people: [dana, kim, lee], length: 7d, starts: 2026-11-02, handover: "09:00", zone: Europe/Madrid}'
GOOD = f"{PEOPLE}rotas:\n  comms-lead:\n    {TURNS}\n"
ILL = (
    "{role: comms-lead, person: sam, from: 2026-11-24T09:00+01:00, until: 2026-11-26T09:00+01:00, because: Dana is ill}"
)
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
Write = Callable[..., Roster]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the file, and reads it as a new process would."""

    def written(text: str | None = None) -> Roster:
        if text is not None:
            (tmp_path / "new").write_text(text)
            (tmp_path / "new").replace(tmp_path / "roster.yaml")
        shelf = Shelf(tmp_path, tmp_path / "state" / "calendars", lambda: NOW)
        return Roster(tmp_path / "roster.yaml", tmp_path / "state" / "roster.json", (), lambda: shelf)

    return written


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_rotation_says_who_is_on_call(write: Write) -> None:
    roster = write(GOOD)
    # dana from 2 November 08:00 UTC, kim from the 9th, lee from the 16th, dana from the 23rd.
    asked = ("2026-11-02T07:59", "2026-11-02T08:00", "2026-11-22T15:00", "2026-11-23T08:00")
    assert [roster.on_call("comms-lead", at(when)) for when in asked] == [(), ("dana",), ("lee",), ("dana",)]
    assert roster.on_call("legal", NOW) == ()


def test_an_override_wins(write: Write) -> None:
    roster = write(f"{GOOD}overrides:\n  - {ILL}\n")
    assert [roster.on_call("comms-lead", at(f"2026-11-{day}T08:00")) for day in (23, 24, 25, 26)] == [
        ("dana",),
        ("sam",),
        ("sam",),
        ("dana",),
    ]


def test_without_rotas_nobody_is_on_call_and_nothing_is_kept(write: Write, tmp_path: Path) -> None:
    for text in (PEOPLE, "", None):
        roster = write(text)
        assert roster.on_call("comms-lead", NOW) == ()
        assert "rotas" not in roster.__dict__
    assert not (tmp_path / "state").exists()


def test_what_was_kept_says_the_same_and_no_secret(write: Write, tmp_path: Path) -> None:
    legal = "{calendar: 'https://calendar.example.com/s3cret.ics', zone: Asia/Kolkata}"
    text = f"{GOOD}  legal: {legal}\noverrides: [{ILL}]"
    first, again = write(text).rotas.plan, write().rotas.plan
    assert first == again
    kept = tmp_path / "state" / "rotas.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "s3cret" not in kept.read_text()
    assert first.calendars["legal"].place == "https://calendar.example.com/…"


@pytest.mark.parametrize("kept", ["", "{", "[]", "null", "{}", '{"digest": 1}', '{"rotations": {"x": 7}}'])
def test_what_was_kept_badly_is_made_anew(write: Write, tmp_path: Path, kept: str) -> None:
    assert write(GOOD).on_call("comms-lead", NOW) == ("lee",)
    (tmp_path / "state" / "rotas.json").write_text(kept)
    assert write().on_call("comms-lead", NOW) == ("lee",)


def test_rotas_that_are_taken_out_are_forgotten(write: Write, tmp_path: Path) -> None:
    roster = write(GOOD)
    assert roster.on_call("comms-lead", NOW) == ("lee",)
    write(PEOPLE)
    assert roster.on_call("comms-lead", NOW) == ()
    assert not (tmp_path / "state" / "rotas.json").exists()


def rota(text: str) -> str:
    return f"{PEOPLE}rotas:\n  legal:\n    {text}\n"


def changed(**fields: str) -> str:
    usual = {"people": "[dana]", "length": "7d", "starts": "2026-11-02", "handover": "09:00", "zone": "UTC"} | fields
    return rota(f"rotation: {{{', '.join(f'{key}: {value}' for key, value in usual.items() if value)}}}")


def override(**fields: str) -> str:
    usual = {"role": "comms-lead", "person": "sam", "from": "2026-11-24T09:00Z", "until": "2026-11-25T09:00Z"}
    told = usual | {"because": "ill"} | {key.rstrip("_"): value for key, value in fields.items()}
    return f"{GOOD}overrides:\n  - {{{', '.join(f'{key}: {value}' for key, value in told.items() if value)}}}\n"


LONG_AGO = "2026-11-23T09:00:00Z"
BAD = {
    f"{PEOPLE}rotas: [legal]": ":2: rotas: write a mapping of a role and its rota",
    f"{PEOPLE}rotas: {{Legal: {{}}}}": ":2: rotas.Legal: a role is small letters",
    rota("{}"): ":4: rotas.legal: write either rotation or calendar, exactly one",
    rota("weekly"): ":4: rotas.legal: write a mapping of rotation, or calendar",
    rota(f"{TURNS}\n    calendar: legal.ics"): ":4: rotas.legal: write either rotation or calendar, exactly one",
    rota(f"{TURNS}\n    zone: UTC"): "rotas.legal: unknown key 'zone'. The keys are rotation",
    changed(people="[]"): ":4: rotas.legal.rotation.people: write a list of at least one person",
    changed(people="dana"): ".people: write a list of at least one person",
    changed(people="[dana, tom]"): ".people[1]: 'tom' is not among the people of this file: dana, kim, lee, sam",
    changed(people="[dana, [kim]]"): ".people[1]: write a text",
    changed(length=""): "rotation: length is missing",
    changed(length="7"): ".length: '7' is no length of a shift; write 12h, 7d or 2w",
    changed(length="0d"): ".length: '0d' is no length",
    changed(length="-7d"): ".length: '-7d' is no length",
    changed(length="90m"): ".length: '90m' is no length",
    changed(length="367d"): ".length: '367d' is no length of a shift; write 12h, 7d or 2w, at most 366d",
    changed(starts="monday"): ".starts: 'monday' is no day such as 2026-11-02",
    changed(starts="2026-02-30"): ".starts: '2026-02-30' is no day",
    changed(starts="0001-01-01"): ".starts: '0001-01-01' is no day",
    changed(starts="2026-11-02T09:00:00Z"): ".starts: '2026-11-02T09:00:00Z' is no day",
    changed(handover="9"): ".handover: '9' is no time of day such as \"09:00\"",
    changed(handover="24:00"): ".handover: '24:00' is no time of day",
    changed(handover="null"): ".handover: write a text",
    changed(zone="Madrid"): ".zone: 'Madrid' is no zone. Write one such as Europe/Madrid",
    changed(zone="../../etc/passwd"): "is no zone",
    changed(shift="x"): "unknown key 'shift'. The keys are people, length, starts, handover, zone",
    rota("calendar: /etc/legal.ics"): ":4: rotas.legal.calendar: '/etc/legal.ics' is no path below the workspace",
    rota("calendar: ../legal.ics"): "is no path below the workspace",
    rota("calendar: ftp://example.com/x.ics"): "ftp:// is no way to fetch a calendar",
    rota("calendar: http://example.com/x.ics"): "http:// lets anybody on the way say who is on call",
    rota("calendar: https:///x.ics"): "it is no address such as https://",
    rota("calendar: 'https://a b/x.ics'"): "it is no address such as https://",
    rota("calendar: https://example.com:port/x.ics"): "it is no address such as https://",
    rota("calendar: https://me:pw@example.com/x.ics"): "a name and password in the address are not sent",
    rota("{calendar: legal.ics, zone: Nowhere/At_All}"): "rotas.legal.zone: 'Nowhere/At_All' is no zone",
    rota("{calendar: legal.ics, colour: red}"): "unknown key 'colour'. The keys are calendar, zone, insecure",
    f"{GOOD}overrides: {{}}": ":5: overrides: write a list of overrides",
    override(person="tom"): ":6: overrides[0].person: 'tom' is not among the people of this file",
    override(role="legal"): ":6: overrides[0].role: 'legal' has no rota to override",
    override(until="2026-11-24T09:00Z"): ":6: overrides[0].until: it ends before it begins",
    override(until=LONG_AGO): "overrides[0].until: it ends before it begins",
    override(until="2026-11-25T09:00"): "overrides[0].until: '2026-11-25T09:00' has no zone",
    override(until="9999-12-31T23:59Z"): "overrides[0].until: '9999-12-31T23:59Z' lies outside the years 1970 to 2200",
    override(from_="tomorrow"): "overrides[0].from: 'tomorrow' is not a time",
    override(because=""): "overrides[0]: because is missing",
    override(because="'  '"): "overrides[0].because: write a text",
    override(because='"a\\x1bb"'): "overrides[0].because: the reason has \\x1b",
    override() + f"  - {ILL}\n": ":7: overrides[1]: overlaps overrides[0], which is for comms-lead too",
    f"{GOOD}overrides:\n  - {ILL}\n  - {ILL}\n": "overlaps overrides[0]",
}


@pytest.mark.parametrize("text", BAD)
def test_a_mistake_is_told_with_its_line_and_does_not_stop_the_room(write: Write, tmp_path: Path, text: str) -> None:
    roster = write(GOOD)
    assert roster.on_call("comms-lead", NOW) == ("lee",)
    for one in (roster, write(text)):
        assert one.on_call("comms-lead", NOW) == ("lee",)
        told = str(one.rotas.trouble)
        assert told.startswith(f"{tmp_path / 'roster.yaml'}:")
        assert BAD[text] in told
        assert "\n" not in told
        assert "pw@" not in told
        assert set(one.people) == {"dana", "kim", "lee", "sam"}
        one.require("dana")
    write(GOOD)
    assert roster.on_call("comms-lead", NOW) == ("lee",)
    assert roster.rotas.trouble is None


@pytest.mark.parametrize("text", ["people: {dana: ", "rotas: {}\npeople: [", f"{GOOD}teams: {{}}"])
def test_a_file_that_is_broken_leaves_the_rotas_known_last(write: Write, text: str) -> None:
    assert write(GOOD).on_call("comms-lead", NOW) == ("lee",)
    roster = write(text)
    assert roster.on_call("comms-lead", NOW) == ("lee",)
    assert roster.rotas.trouble


def test_where_no_rota_was_ever_good_nobody_is_on_call(write: Write) -> None:
    roster = write(changed(length="soon"))
    assert roster.on_call("legal", NOW) == ()
    assert "'soon' is no length" in str(roster.rotas.trouble)


GOOD_WAYS = [
    "{calendar: legal.ics}",
    "{calendar: calendars/legal.ics, zone: Europe/Madrid}",
    "{calendar: 'https://calendar.example.com/a/b.ics?token=x'}",
    "{calendar: 'http://127.0.0.1:8080/b.ics'}",
    "{calendar: 'http://localhost/b.ics'}",
    "{calendar: 'http://intern/b.ics', insecure: true}",
]


@pytest.mark.parametrize("text", GOOD_WAYS)
def test_a_calendar_lies_in_the_workspace_or_behind_an_address_that_cannot_be_forged(write: Write, text: str) -> None:
    assert write(rota(text)).rotas.plan.roles == ("legal",)


def test_overrides_of_other_roles_and_such_that_touch_do_not_overlap(write: Write) -> None:
    both = f"{GOOD}  legal:\n    {TURNS}\noverrides:\n"
    later = ILL.replace("2026-11-26T", "2026-11-27T").replace("2026-11-24T", "2026-11-26T")
    rows = "".join(f"  - {row}\n" for row in (later, ILL, ILL.replace("comms-lead", "legal")))
    assert len(write(both + rows).rotas.plan.overrides) == 3


def test_a_calendar_says_who_is_on_call_by_any_of_their_names(write: Write, tmp_path: Path) -> None:
    people = "people:\n  kim: {name: Kim Lund, contacts: ['mailto://u:p@mail.example.com?to=kim@example.com']}\n"
    event = "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Duty\r\nATTENDEE:mailto:Kim@Example.com\r\nDTSTART:20261122T080000Z\r\n"
    ics = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}DURATION:PT12H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    (tmp_path / "legal.ics").write_text(ics)
    roster = write(f"{people}rotas: {{legal: {{calendar: legal.ics}}}}")
    assert roster.on_call("legal", NOW) == ("kim",)
    assert roster.on_call("legal", NOW + timedelta(hours=5)) == ()
    assert all("kim@example.com" not in path.read_text().lower() for path in (tmp_path / "state").glob("*.json"))
    assert write(f"{people}  bad: x\nrotas: {{legal: {{calendar: legal.ics}}}}").on_call("legal", NOW) == ("kim",)


COMMENTED = """\
# Who there is
people:
  dana: {name: "Dana Ruiz", login: dana}   # the lead
  kim:
    name: 'Kim'
    roles:
      - legal     # sure
      - scribe
    contacts: ["mailto://user:password@mail.example.com?to=kim@example.com&name=The%20Crisis%20Room", "env:KIM_CHAT"]
  lee: {}
  sam: {}

rotas:   # by role
  comms-lead:
    rotation: {people: [dana, kim, lee], length: 7d, starts: 2026-11-02, handover: "09:00", zone: Europe/Madrid}
  legal: {calendar: calendars/legal.ics}
overrides:
  # flu
  - {role: comms-lead, person: sam, from: 2026-11-24T09:00:00+01:00, until: 2026-11-26T09:00+01:00, because: Dana is ill}
  - role: comms-lead
    person: kim
    from: 2026-12-24T09:00:00+01:00   # Christmas
    until: 2026-12-26T09:00:00Z
    because: holidays
"""  # noqa: E501 - as people write
CHANGE = Override("comms-lead", "lee", at("2027-01-04T08:00"), at("2027-01-05T08:00:30"), "it's: a # trap")


def difference(before: str, after: str) -> list[str]:
    return [row for row in difflib.ndiff(before.splitlines(), after.splitlines()) if row[0] in "+-"]


def test_an_override_is_added_and_nothing_else_changes(write: Write, tmp_path: Path) -> None:
    roster = write(COMMENTED)
    path = tmp_path / "roster.yaml"
    path.chmod(0o640)
    roster.rotas.override(CHANGE)
    (row,) = difference(COMMENTED, path.read_text())
    assert row.startswith("+   - {role: comms-lead, person: lee, from: 2027-01-04T09:00+01:00, until: ")
    assert roster.rotas.plan.overrides[-1] == CHANGE
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.glob(".*")) == []


STYLES = {
    "no overrides yet": GOOD,
    "an empty list": f"{GOOD}overrides: []\n",
    "nothing below the key": f"{GOOD}overrides:\n",
    "lists at the margin": f"{PEOPLE}rotas:\n    comms-lead:\n        {TURNS}\noverrides:\n- {ILL}\n# the end\n",
    "one line": f"{PEOPLE}rotas: {{comms-lead: {{{TURNS}}}}}\noverrides: [{ILL}]\n",
    "as Windows ends lines": GOOD.replace("\n", "\r\n"),
    "no line break at the end": GOOD.rstrip("\n"),
}


@pytest.mark.parametrize("style", STYLES)
def test_an_override_is_added_in_the_style_of_the_file(write: Write, tmp_path: Path, style: str) -> None:
    roster = write()
    (tmp_path / "roster.yaml").write_bytes(STYLES[style].encode())
    roster.rotas.override(CHANGE)
    text = (tmp_path / "roster.yaml").read_bytes().decode()
    gone = [row for row in difference(STYLES[style].replace("\r", ""), text.replace("\r", "")) if row[0] == "-"]
    assert all(row.startswith("- overrides:") for row in gone)
    assert (text.count("\r\n") == text.count("\n")) is ("Windows" in style)
    assert CHANGE in write().rotas.plan.overrides


def test_an_override_that_would_make_the_file_wrong_is_not_written(write: Write, tmp_path: Path) -> None:
    roster = write(COMMENTED)
    overlapping = CHANGE._replace(since=at("2026-11-25T00:00"), until=at("2026-11-25T01:00"))
    said = "sam takes over comms-lead from 2026-11-24 08:00 to 2026-11-26 08:00 UTC already"
    for change, kind, told in (
        (overlapping, Refused, said),
        (CHANGE._replace(person="tom"), CrisisError, "'tom' is not among the people"),
        (CHANGE._replace(role="legl"), NotFound, "no role with a rota 'legl'. Did you mean legal"),
    ):
        with pytest.raises(kind, match=told):
            roster.rotas.override(change)
        assert (tmp_path / "roster.yaml").read_text() == COMMENTED


def test_a_broken_file_is_left_as_it_is(write: Write, tmp_path: Path) -> None:
    write(GOOD).on_call("comms-lead", NOW)
    broken = changed(length="soon")
    with pytest.raises(Invalid, match="is no length"):
        write(broken).rotas.override(CHANGE)
    assert (tmp_path / "roster.yaml").read_text() == broken


def test_an_override_in_force_ends_now_and_one_to_come_is_taken_away(write: Write, tmp_path: Path) -> None:
    roster = write(COMMENTED)
    assert roster.rotas.end_override("comms-lead", at("2026-11-25T10:30")).person == "sam"
    once = (tmp_path / "roster.yaml").read_text()
    told = "until: 2026-11-25T11:30+01:00, because: Dana is ill}"
    added = [row for row in difference(COMMENTED, once) if row[0] == "+"]
    assert [told in row for row in added] == [True]
    assert roster.rotas.end_override("comms-lead", at("2026-11-25T10:30")).person == "kim"
    assert "Christmas" not in (tmp_path / "roster.yaml").read_text()
    with pytest.raises(Refused, match="No override of comms-lead is in force or to come"):
        roster.rotas.end_override("comms-lead", at("2026-11-25T10:30"))


def test_a_link_to_the_roster_stays_one(write: Write, tmp_path: Path) -> None:
    roster = write(GOOD)
    (tmp_path / "roster.yaml").rename(tmp_path / "shared.yaml")
    (tmp_path / "roster.yaml").symlink_to("shared.yaml")
    roster.rotas.override(CHANGE)
    assert (tmp_path / "roster.yaml").is_symlink()
    assert "lee" in (tmp_path / "shared.yaml").read_text()


def test_a_roster_that_is_not_there_cannot_be_changed(write: Write) -> None:
    with pytest.raises(StoreFailed, match=r"roster\.yaml cannot be written: No such file.*Nothing was changed"):
        write().rotas.override(CHANGE)


def test_the_plan_is_kept_as_one_document_of_known_shape(write: Write, tmp_path: Path) -> None:
    write(f"{GOOD}overrides: [{ILL}]").on_call("comms-lead", NOW)
    kept = json.loads((tmp_path / "state" / "rotas.json").read_text())
    assert kept["rotations"] == {
        "comms-lead": [["dana", "kim", "lee"], 604800.0, "2026-11-02T09:00:00", "Europe/Madrid"]
    }
    assert kept["overrides"] == [
        ["comms-lead", "sam", "2026-11-24T08:00:00.000000Z", "2026-11-26T08:00:00.000000Z", "Dana is ill"]
    ]
