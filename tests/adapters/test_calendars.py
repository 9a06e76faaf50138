"""Calendars: read when they changed, fetched within limits, and the last good copy when they cannot be."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.calendars import Shelf
from crisisctl.adapters.calendars.expand import Unusable
from crisisctl.adapters.calendars.fetch import LARGEST, fetch
from crisisctl.adapters.calendars.shelf import SHOWN
from crisisctl.adapters.roster.names import Names
from crisisctl.domain.rota import Calendar, Span

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
FILE = Calendar(sha256(b"legal.ics").hexdigest(), "legal.ics", remote=False, zone="UTC")
PEOPLE: dict[str, Any] = {"kim": {"name": "Kim Lund"}, "lee": {}, "dana": {"login": "druiz"}}
ALL_ROUND = Names("people 1", lambda: PEOPLE)


def calendar(*shifts: tuple[str, str], day: int = 23) -> bytes:
    """One event a day from the 23rd on, each from 08:00 to 20:00 UTC."""
    events = (
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{who}\r\nDTSTART:202611{day + n}T080000Z\r\n"
        f"DTEND:202611{day + n}T200000Z\r\n{more}END:VEVENT\r\n"
        for n, (who, more) in enumerate(shifts)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


def span(person: str, day: int = 23) -> Span:
    return Span(person, datetime(2026, 11, day, 8, tzinfo=UTC), datetime(2026, 11, day, 20, tzinfo=UTC))


KIM, LEE = calendar(("Kim Lund", "")), calendar(("lee", ""))


class Desk:
    """A folder with a calendar in it, a clock, and shelves as new processes would have them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.copies = folder / "state" / "calendars"
        self.time = NOW

    def shelf(self) -> Shelf:
        return Shelf(self.root, self.copies, lambda: self.time)

    def write(self, content: bytes) -> None:
        """As an editor does: a new file in the place of the old one."""
        (self.root / "new").write_bytes(content)
        (self.root / "new").replace(self.root / "legal.ics")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_says_who_is_on_call(desk: Desk) -> None:
    desk.write(KIM)
    known = desk.shelf().known(FILE, ALL_ROUND)
    assert known == ((span("kim"),), NOW, None, ())


def test_a_changed_file_is_read_anew_and_an_unchanged_one_is_not(desk: Desk) -> None:
    shelf = desk.shelf()
    desk.write(KIM)
    assert shelf.known(FILE, ALL_ROUND).spans == (span("kim"),)
    desk.time += timedelta(hours=1)
    assert desk.shelf().known(FILE, ALL_ROUND).got == NOW
    assert shelf.known(FILE, ALL_ROUND) is shelf.known(FILE, ALL_ROUND)
    desk.write(LEE)
    for one in (shelf, desk.shelf()):
        assert one.known(FILE, ALL_ROUND)[:2] == ((span("lee"),), desk.time)


def test_what_one_process_read_another_sees(desk: Desk) -> None:
    one, other = desk.shelf(), desk.shelf()
    desk.write(KIM)
    assert one.known(FILE, ALL_ROUND).spans == other.known(FILE, ALL_ROUND).spans
    desk.write(LEE)
    assert one.known(FILE, ALL_ROUND).spans == (span("lee"),)
    assert other.known(FILE, None).spans == (span("lee"),)  # nothing was read: it found what the other kept


BAD = {
    b"BEGIN:VCALENDAR": "it is broken",
    b"x" * (LARGEST + 1): "it is larger than 1024 KiB",
    None: "it is missing",
}


@pytest.mark.parametrize("content", BAD)
def test_the_last_good_copy_covers_a_broken_edit_until_it_is_mended(desk: Desk, content: bytes | None) -> None:
    shelf = desk.shelf()
    desk.write(KIM)
    assert shelf.known(FILE, ALL_ROUND).trouble is None
    desk.time += timedelta(hours=1)
    desk.write(content or b"")
    if content is None:
        (desk.root / "legal.ics").unlink()
    for one in (shelf, desk.shelf(), shelf):
        known = one.known(FILE, ALL_ROUND)
        assert (known.spans, known.got) == ((span("kim"),), NOW)
        assert known.trouble
        assert known.trouble.startswith(BAD[content])
    desk.write(KIM)
    assert shelf.known(FILE, ALL_ROUND) == ((span("kim"),), desk.time, None, ())


def test_a_calendar_that_was_never_good_has_nobody_on_call(desk: Desk) -> None:
    assert desk.shelf().known(FILE, ALL_ROUND) == ((), None, "it is missing", ())
    desk.write(b"nonsense")
    assert desk.shelf().known(FILE, ALL_ROUND)[:2] == ((), None)


def test_a_hostile_rule_costs_its_time_once(desk: Desk) -> None:
    shelf = desk.shelf()
    desk.write(KIM)
    shelf.known(FILE, ALL_ROUND)
    desk.write(calendar(("kim", "RRULE:FREQ=SECONDLY\r\n")).replace(b"20261123T08", b"19701123T08"))
    assert "repeats without measure" in str(shelf.known(FILE, ALL_ROUND).trouble)
    begun = time.monotonic()
    known = desk.shelf().known(FILE, ALL_ROUND)
    assert time.monotonic() - begun < 3
    assert known.spans == (span("kim"),)
    assert "repeats without measure" in str(known.trouble)


def test_copies_are_closed_to_others_and_lie_under_the_digest_of_the_address(desk: Desk) -> None:
    desk.write(KIM)
    desk.shelf().known(FILE, ALL_ROUND)
    assert sorted(path.name for path in desk.copies.iterdir()) == [f"{FILE.digest}.ics", f"{FILE.digest}.json"]
    assert (desk.copies / f"{FILE.digest}.ics").read_bytes() == KIM
    assert {stat.S_IMODE(path.stat().st_mode) for path in desk.copies.iterdir()} == {0o600}
    assert stat.S_IMODE(desk.copies.stat().st_mode) == 0o700


@pytest.mark.parametrize("kept", ["", "{", "[]", "null", "{}", '{"content": 1}', "BADSPANS"])
def test_a_spoilt_card_is_made_anew(desk: Desk, kept: str) -> None:
    desk.write(KIM)
    desk.shelf().known(FILE, ALL_ROUND)
    path = desk.copies / f"{FILE.digest}.json"
    if kept == "BADSPANS":
        card = json.loads(path.read_text())
        card["worked"]["UTC"]["spans"] = [["kim", "yesterday", 5]]
        kept = json.dumps(card)
    path.write_text(kept)
    assert desk.shelf().known(FILE, ALL_ROUND).spans == (span("kim"),)


def test_where_nothing_can_be_kept_it_works_all_the_same(desk: Desk) -> None:
    (desk.root / "state").write_text("a file in the place of the folder")
    desk.write(KIM)
    shelf = desk.shelf()
    assert shelf.known(FILE, ALL_ROUND).spans == (span("kim"),)
    assert shelf.known(FILE, ALL_ROUND).spans == (span("kim"),)


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(desk: Desk) -> None:
    os.mkfifo(desk.root / "legal.ics")
    assert desk.shelf().known(FILE, ALL_ROUND).trouble == "it cannot be read: it is no ordinary file"


def test_other_names_make_other_people_of_the_same_events(desk: Desk) -> None:
    desk.write(calendar(("Kim Lund", ""), ("The new one", "")))
    shelf = desk.shelf()
    assert shelf.known(FILE, ALL_ROUND).strangers == ("the event 'The new one' of 2026-11-24 08:00 UTC",)
    hired = Names("people 2", lambda: {**PEOPLE, "sam": {"name": "The new one"}})
    assert shelf.known(FILE, hired)[::3] == ((span("kim"), span("sam", 24)), ())
    assert shelf.known(FILE, None).spans == (span("kim"), span("sam", 24))  # as long as nobody can tell: as it was


def test_events_that_are_over_are_no_strangers_any_more(desk: Desk) -> None:
    desk.write(calendar(("The old one", ""), day=19))
    assert desk.shelf().known(FILE, ALL_ROUND).strangers == ()


def test_of_many_strangers_some_are_shown_and_all_are_counted(desk: Desk) -> None:
    desk.write(calendar(("Nobody", f"RRULE:FREQ=DAILY;COUNT={SHOWN + 7}\r\n")))
    strangers = desk.shelf().known(FILE, ALL_ROUND).strangers
    assert (len(strangers), strangers[-1]) == (SHOWN + 1, "and 7 more")


def test_two_zones_read_the_same_file_differently(desk: Desk) -> None:
    desk.write(KIM.replace(b"0000Z", b"0000"))
    shelf = desk.shelf()
    assert shelf.known(FILE, ALL_ROUND).spans == (span("kim"),)
    there = shelf.known(FILE._replace(zone="Europe/Madrid"), ALL_ROUND).spans
    assert [one.start for one in there] == [datetime(2026, 11, 23, 7, tzinfo=UTC)]
    assert shelf.known(FILE, ALL_ROUND).spans == (span("kim"),)


def test_the_time_that_was_worked_out_moves_on_with_the_clock(desk: Desk) -> None:
    desk.write(calendar(("kim", "RRULE:FREQ=WEEKLY\r\n")))
    shelf = desk.shelf()
    ends = []
    for _ in range(3):
        spans = shelf.known(FILE, ALL_ROUND).spans
        ends.append(spans[-1].end)
        assert spans[-1].end > desk.time + timedelta(days=360)
        desk.time += timedelta(days=100)
    assert ends == sorted(set(ends))


class Web:
    """A server on this machine: `answer` is what it says, `asked` what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda _: None
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                web.answer(self)

            def log_message(self, *_: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/secret-path/legal.ics"

    def says(self, content: bytes, code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(code)
            for name, value in ({"Content-Length": str(len(content))} | dict(headers or {})).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)

        self.answer = answer


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    served = Web()
    yield served
    served.server.shutdown()
    served.server.server_close()


def test_what_lies_elsewhere_is_fetched_and_kept(desk: Desk, web: Web) -> None:
    web.says(KIM)
    there = remote(web)
    shelf = desk.shelf()
    assert shelf.known(there, ALL_ROUND) == ((), None, None, ())
    assert web.asked == []  # asking who is on call fetches nothing
    shelf.fetch(there, web.address, ALL_ROUND, patience=60)
    assert desk.shelf().known(there, ALL_ROUND) == ((span("kim"),), NOW, None, ())
    assert web.asked == ["/secret-path/legal.ics"]


def remote(web: Web) -> Calendar:
    return Calendar(sha256(web.address.encode()).hexdigest(), "http://127.0.0.1/…", remote=True, zone="UTC")


def test_it_is_fetched_again_only_after_a_while_whoever_asks(desk: Desk, web: Web) -> None:
    web.says(KIM)
    for wait, times in ((0, 1), (59, 1), (1, 2), (899, 3)):
        desk.time += timedelta(seconds=wait)
        desk.shelf().fetch(remote(web), web.address, ALL_ROUND, patience=60)
        assert len(web.asked) == times
    web.says(b"", 500)
    desk.time += timedelta(seconds=60)
    for _ in range(2):
        desk.shelf().fetch(remote(web), web.address, ALL_ROUND, patience=60)
    assert len(web.asked) == 4  # a failure is no reason to ask at once
    desk.time -= timedelta(hours=2)  # a clock that went back cannot say
    desk.shelf().fetch(remote(web), web.address, ALL_ROUND, patience=60)
    assert len(web.asked) == 5


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"gone", 404, "the server answered 404"),
        (b"<html>Log in</html>", 200, "it is broken"),
        (b"x" * (LARGEST + 1), 200, "it is larger than 1024 KiB"),
    ],
)
def test_while_it_cannot_be_had_the_last_good_copy_counts(
    desk: Desk, web: Web, content: bytes, code: int, told: str
) -> None:
    shelf, there = desk.shelf(), remote(web)
    web.says(KIM)
    shelf.fetch(there, web.address, ALL_ROUND, patience=60)
    desk.time += timedelta(hours=1)
    web.says(content, code)
    shelf.fetch(there, web.address, ALL_ROUND, patience=60)
    known = desk.shelf().known(there, ALL_ROUND)
    assert (known.spans, known.got) == ((span("kim"),), NOW)
    assert str(known.trouble).startswith(told)
    assert "secret" not in (desk.copies / f"{there.digest}.json").read_text()
    desk.time += timedelta(hours=1)
    web.says(KIM)
    shelf.fetch(there, web.address, ALL_ROUND, patience=60)
    assert desk.shelf().known(there, ALL_ROUND) == ((span("kim"),), desk.time, None, ())


def refusal(address: str, seconds: float = 5) -> str:
    with pytest.raises(Unusable) as caught:
        fetch(address, seconds=seconds)
    assert "secret" not in str(caught.value)
    return str(caught.value)


def test_a_redirect_within_the_server_is_followed(web: Web) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/new":
            web.says(KIM)
            web.answer(handler)
            return
        handler.send_response(302)
        handler.send_header("Location", "/new")
        handler.end_headers()

    web.answer = answer
    assert fetch(web.address) == KIM


def test_a_redirect_to_another_place_is_not_followed(web: Web) -> None:
    other = Web()
    other.says(KIM)
    for to in (
        other.address,
        "https://127.0.0.1/secret",
        "file:///etc/passwd",
        web.address.replace("127.0.0.1", "[::1]"),
    ):
        web.says(b"", 302, {"Location": to})
        assert "sends to another one" in refusal(web.address)
    assert other.asked == []
    other.server.shutdown()
    other.server.server_close()


def test_a_redirect_in_a_circle_ends(web: Web) -> None:
    web.says(b"", 302, {"Location": "/secret-path/legal.ics"})
    assert "in a circle" in refusal(web.address)
    assert len(web.asked) < 8


def test_a_server_that_says_nothing_or_drips_is_not_waited_for(web: Web) -> None:
    over = threading.Event()

    def silent(_: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.1):
            handler.wfile.write(b"x")

    begun = time.monotonic()
    for answer in (silent, dripping):
        web.answer = answer
        assert refusal(web.address, seconds=1)
    assert time.monotonic() - begun < 15
    over.set()


def test_a_connection_that_breaks_off_is_no_calendar(web: Web) -> None:
    web.says(KIM, headers={"Content-Length": str(len(KIM) + 5)})
    assert refusal(web.address) == "the connection broke off in the middle of it"


def test_a_server_that_is_not_there_is_told_without_the_address(web: Web) -> None:
    web.server.shutdown()
    web.server.server_close()
    assert refusal(web.address) == "the server cannot be reached (Connection refused)"
