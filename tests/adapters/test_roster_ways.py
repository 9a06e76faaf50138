"""How people are reached, as the roster has it: what may stand there, each slip with its place, and what is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crisisctl.adapters.roster import Roster
from crisisctl.domain.errors import Invalid
from crisisctl.domain.notices import Quiet, Reach
from crisisctl.domain.reach import quiet_until

GOOD = """
people:
  dana:
    name: Dana Ruiz
    timezone: Europe/Madrid
    contacts:
      - "mailto://user:s3cret-pw@example.com"
      - {to: "slack://s3cret-token/b/c", after: 1m30s, verified: 2026-10-01}
      - {to: "env:DANA_CHAT"}
    phone: "+34 600 000 000"
    quiet: {from: "22:00", to: 07:00, breaks: [sev1, sev2]}
    fallback: sam
  sam: {quiet: {from: "00:30", to: "06:00"}, contacts: ["console:"]}
  kim: {}
"""
FALLBACK = ("console:", "textfile:state/notices.txt")
Write = Callable[..., Roster]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the file, and reads it as a new process would."""

    def written(text: str | None = GOOD) -> Roster:
        path = tmp_path / "roster.yaml"
        if text is not None:
            path.write_text(text)
        return Roster(path, tmp_path / "state" / "roster.json", FALLBACK)

    return written


def span(*seconds: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=one) for one in seconds)


@pytest.mark.parametrize("times", [1, 2], ids=["read", "kept"])
def test_it_says_how_each_is_reached(write: Write, times: int) -> None:
    for _ in range(times):
        roster = write()
        night = Quiet(time(22), time(7), ZoneInfo("Europe/Madrid"), ("sev1", "sev2"))
        assert roster.reach("dana") == Reach(span(0, 90, 0), night, "sam")
        assert roster.reach("sam") == Reach(span(0), Quiet(time(0, 30), time(6), UTC, None), None)


def test_who_has_no_contacts_is_reached_by_those_of_the_workspace_at_once(write: Write) -> None:
    assert write().reach("kim") == write().reach("whoever") == Reach(span(0, 0))


def test_there_are_as_many_delays_as_contacts(write: Write) -> None:
    roster = write()
    for person in ("dana", "sam", "kim", "whoever"):
        assert len(roster.reach(person).delays) == roster.count(person) == len(roster.contacts(person))


def test_an_address_is_what_it_was_in_whichever_form_it_stands(write: Write) -> None:
    assert write().contacts("dana") == (
        "mailto://user:s3cret-pw@example.com",
        "slack://s3cret-token/b/c",
        "env:DANA_CHAT",
    )


def test_the_quiet_hours_are_those_of_the_zone_of_the_person(write: Write) -> None:
    night = write().reach("dana").quiet
    assert night
    summer = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)  # half past ten in Madrid
    assert quiet_until(night, summer) == datetime(2026, 7, 2, 5, tzinfo=UTC)


def test_no_address_number_or_day_is_kept_beside_the_log(write: Write, tmp_path: Path) -> None:
    assert write().people
    kept = (tmp_path / "state" / "roster.json").read_text()
    for canary in ("s3cret", "mailto", "slack", "DANA_CHAT", "600", "2026-10-01"):
        assert canary not in kept


def test_what_an_older_program_kept_is_good_still(write: Write, tmp_path: Path) -> None:
    text = "people: {dana: {contacts: ['console:']}}"
    assert write(text).people
    kept = tmp_path / "state" / "roster.json"
    old = kept.read_text().replace(", [], null, null, null]}", "]}")
    assert old != kept.read_text()
    kept.write_text(old)
    assert write(None).reach("dana") == Reach(span(0))


def person(rest: str) -> str:
    return f"people: {{dana: {{{rest}}}, sam: {{}}}}"


BAD = {
    "contacts: {to: x}": "people.dana.contacts: write a list of texts or of",
    "contacts: [x, 7]": "people.dana.contacts[1]: write a text or",
    "contacts: [x, [y]]": "people.dana.contacts[1]: write a text or",
    "contacts: [{after: 2m}]": "people.dana.contacts[0].to: write where it leads",
    "contacts: [{to: ''}]": "people.dana.contacts[0].to: write where",
    "contacts: [{to: [x]}]": "people.dana.contacts[0].to: write where",
    "contacts: [x, {to: y, after: soon}]": "people.dana.contacts[1].after: that is no duration. Write 90s, 5m",
    "contacts: [{to: y, after: 5}]": "people.dana.contacts[0].after: that is no duration",
    "contacts: [{to: y, after: -5m}]": "people.dana.contacts[0].after: that is no duration",
    "contacts: [{to: y, after: 25h}]": "people.dana.contacts[0].after: that is longer than a day",
    "contacts: [{to: y, after: 99999d}]": "people.dana.contacts[0].after: that is no duration",
    "contacts: [{to: y, verified: yesterday}]": "people.dana.contacts[0].verified: write a day such as 2026-10-01",
    "contacts: [{to: y, verified: '2026-10-01'}]": "people.dana.contacts[0].verified: write a day",
    "contacts: [{to: y, verified: 2026-10-01T10:00:00Z}]": "people.dana.contacts[0].verified: write a day",
    "contacts: [{to: y, verified: }]": "people.dana.contacts[0].verified: write a day",
    "contacts: [{to: y, since: 2m}]": "people.dana.contacts[0]: unknown key. The keys are to, after, verified",
    "phone: 600000000": "people.dana.phone: write a number in quotes",
    "phone: ask Kim": "people.dana.phone: write a number in quotes",
    "phone: ''": "people.dana.phone: write a number in quotes",
    "quiet: 22-07": 'people.dana.quiet: write {from: "22:00", to: "07:00"}',
    "quiet: {from: '22:00'}": "people.dana.quiet.to: write a time of day in quotes",
    "quiet: {from: '24:00', to: '07:00'}": "people.dana.quiet.from: write a time of day",
    "quiet: {from: '7:00', to: '09:00'}": "people.dana.quiet.from: write a time of day",
    "quiet: {from: 22, to: '07:00'}": "people.dana.quiet.from: write a time of day",
    "quiet: {from: '07:00', to: '07:00'}": "people.dana.quiet: it begins and ends at the same time",
    "quiet: {from: '22:00', to: '07:00', except: [sev1]}": "people.dana.quiet: unknown key 'except'. The keys are from",
    "quiet: {from: '22:00', to: '07:00', breaks: sev1}": "people.dana.quiet.breaks: write a list of severities",
    "quiet: {from: '22:00', to: '07:00', breaks: [1]}": "people.dana.quiet.breaks: write a list of severities",
    "fallback: [sam]": "people.dana.fallback: write the id of a person",
    "fallback: sma": "people.dana.fallback: there is no 'sma'. Name one of dana, sam",
    "fallback: dana": "people.dana.fallback: dana -> dana is a loop",
}


@pytest.mark.parametrize("rest", BAD)
def test_a_slip_is_told_with_its_place(write: Write, tmp_path: Path, rest: str) -> None:
    with pytest.raises(Invalid) as caught:
        _ = write(person(rest)).people
    told = str(caught.value)
    line = "" if "fallback: " in BAD[rest] and "write" not in BAD[rest] else ":1"  # what two people say has no one line
    assert told.startswith(f"{tmp_path / 'roster.yaml'}{line}: {BAD[rest]}")
    assert "\n" not in told
    assert caught.value.code == 6


@pytest.mark.parametrize(
    ("links", "told"),
    [
        ({"a": "b", "b": "a"}, "a -> b -> a is a loop"),
        ({"a": "b", "b": "c", "c": "b"}, "a -> b -> c -> b is a loop"),
        ({"a": "b", "b": "c", "c": "d", "d": "a"}, "a -> b -> c -> d -> a is a loop"),
    ],
)
def test_fallbacks_that_lead_back_are_refused(write: Write, links: dict[str, str], told: str) -> None:
    text = ", ".join(f"{one}: {{fallback: {other}}}" for one, other in links.items())
    with pytest.raises(Invalid, match=told):
        _ = write(f"people: {{{text}}}").people


def test_fallbacks_that_meet_are_no_loop(write: Write) -> None:
    people = write("people: {a: {fallback: c}, b: {fallback: c}, c: {fallback: d}, d: {}}").people
    assert [person.fallback for person in people.values()] == ["c", "c", "d", None]


@pytest.mark.parametrize(
    "contact",
    [
        '{"slack://hunter2/b/c": {after: 2m}}',
        '{to: {"slack://hunter2": x}}',
        '{to: ["slack://hunter2"]}',
        '{to: x, after: "slack://hunter2"}',
        '{to: "slack://hunter2", later: 2m}',
        '{to: "slack://hunter2", after: soon}',
        '["slack://hunter2"]',
    ],
)
def test_no_slip_says_a_secret(write: Write, contact: str) -> None:
    with pytest.raises(Invalid) as caught:
        _ = write(person(f"contacts: [{contact}]")).people
    assert "hunter2" not in str(caught.value)


def test_a_slip_does_not_stop_whoever_knew_how_people_are_reached(write: Write) -> None:
    before = write().reach("dana")
    broken = write(GOOD.replace("1m30s", "soon"))
    assert broken.reach("dana") == before
    assert broken.trouble
    assert "people.dana.contacts[1].after" in broken.trouble
