"""The Apprise courier against real receivers: what arrives, and what never counts as delivered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.apprise import Apprise
from crisisctl.service.ports import DeliveryFailed, Message
from tests.answers import silent, status

KEY = "3f9a7c01d2e4b6a85f10c3d7e9b2a4f6"
NOTICE = Message(KEY, "INC-7 is unacknowledged", "Dana, acknowledge INC-7.\nIt opened at 14:05 UTC.")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine uses, the loopback is asked directly."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def courier(tmp_path: Path) -> Apprise:
    """Patient, for the sake of busy machines; one test below is about the usual limit."""
    return Apprise(tmp_path, seconds=30)


def failure(courier: Apprise, to: str, message: Message = NOTICE) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        courier.send(message, to)
    return raised.value


def drip(asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
    asked.send_response(200)
    asked.send_header("Content-Length", "1000000")
    asked.end_headers()
    while not over.wait(0.05):
        asked.wfile.write(b"x")


# What arrives


def test_a_webhook_gets_the_notice_its_key_and_a_reference(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    courier.send(NOTICE, f"json://{server.address}/hook")
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/hook")
    assert request.headers["X-Crisisctl-Key"] == KEY
    told = json.loads(request.body)
    assert told["title"] == NOTICE.title
    assert told["message"] == f"{NOTICE.body}\n\nref {KEY[:12]}"


@pytest.mark.parametrize("scheme", ["json", "form", "xml"])
def test_every_kind_of_webhook_carries_the_same_key_on_every_attempt(courier: Apprise, web: Any, scheme: str) -> None:
    server = web(status(200))
    for _ in range(2):
        courier.send(NOTICE, f"{scheme}://{server.address}/?+x-crisisctl-key=forged&+X-Team=comms")
    assert [request.headers["X-Crisisctl-Key"] for request in server.requests] == [KEY, KEY]
    assert [request.headers["X-Team"] for request in server.requests] == ["comms", "comms"]
    assert not any("forged" in request.headers.values() for request in server.requests)


def test_a_key_cannot_break_out_of_its_header(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    courier.send(NOTICE._replace(key="INC-7/5\r\nX-Evil: ü"), f"json://{server.address}")
    (request,) = server.requests
    assert request.headers["X-Crisisctl-Key"] == "INC-7/5%0D%0AX-Evil:%20%C3%BC"
    assert "X-Evil" not in request.headers


def test_mail_arrives_with_the_key_in_a_header_and_the_reference_in_the_text(
    courier: Apprise, post_office: Any
) -> None:
    office = post_office()
    courier.send(
        NOTICE, f"mailto://127.0.0.1:{office.port}?from=room@example.org&to=dana@example.org&+x-crisisctl-key=forged"
    )
    (letter,) = office.letters
    assert letter["To"] == "dana@example.org"
    assert letter["Subject"] == NOTICE.title
    assert letter.get_all("X-Crisisctl-Key") == [KEY]
    assert letter.get_content().split() == [*NOTICE.body.split(), "ref", KEY[:12]]


@pytest.mark.parametrize("kind", ["text", "html", "markdown"])
def test_markup_in_a_notice_stays_plain_text_whatever_the_address_asks_for(
    courier: Apprise, web: Any, post_office: Any, kind: str
) -> None:
    server, office = web(status(200)), post_office()
    marked = NOTICE._replace(
        title="<i>INC</i> *7* :fire:", body="<b>bold</b> **loud** [x](http://example.org) :fire: \\n"
    )
    asked = f"format={kind}&emojis=yes"
    courier.send(marked, f"json://{server.address}?{asked}")
    courier.send(marked, f"mailto://127.0.0.1:{office.port}?from=room@example.org&to=dana@example.org&{asked}")
    assert json.loads(server.requests[0].body)["message"].startswith(marked.body)
    assert office.letters[0].get_content_type() == "text/plain"
    assert marked.body in office.letters[0].get_content()
    assert office.letters[0]["Subject"] == marked.title


def test_what_a_terminal_would_obey_arrives_written_out(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    courier.send(Message(KEY, "one\nline \x1b[2J", "two\n\tlines \u202e\x9b"), f"json://{server.address}")
    told = json.loads(server.requests[0].body)
    assert told["title"] == r"one\x0aline \x1b[2J"
    assert told["message"].startswith("two\n\tlines ⟨U+202E⟩\\x9b")


def test_an_urgent_notice_is_told_from_another(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    for urgent in (True, False):
        courier.send(NOTICE._replace(urgent=urgent), f"json://{server.address}")
    assert [json.loads(request.body)["type"] for request in server.requests] == ["failure", "info"]


def test_a_notice_with_nothing_but_a_title_arrives(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    courier.send(NOTICE._replace(body=""), f"json://{server.address}")
    assert json.loads(server.requests[0].body)["message"] == f"ref {KEY[:12]}"


def test_a_notice_too_long_for_its_receiver_arrives_in_pieces(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    courier.send(NOTICE._replace(body="word " * 10_000), f"json://{server.address}")
    pieces = [json.loads(request.body)["message"] for request in server.requests]
    assert len(pieces) == 2
    assert " ".join(pieces).split() == ["word"] * 10_000 + ["ref", KEY[:12]]


def test_several_recipients_in_one_address_all_get_it_in_time(tmp_path: Path, web: Any) -> None:
    server = web(status(201))
    Apprise(tmp_path, seconds=10).send(
        NOTICE, f"signal://{server.address}/+12025550100/+12025550101/+12025550102/+12025550103"
    )
    assert [json.loads(request.body)["recipients"] for request in server.requests] == [
        ["+12025550101"],
        ["+12025550102"],
        ["+12025550103"],
    ]


def test_many_notices_at_once_do_not_mix(courier: Apprise, web: Any) -> None:
    server = web(status(200))
    wanted = {(f"key-{n}-aaaaaaaa", f"title {n}") for n in range(8)}
    with ThreadPoolExecutor(8) as threads:
        sent = [
            threads.submit(courier.send, Message(key, title, "body"), f"json://{server.address}")
            for key, title in wanted
        ]
    assert [future.result() for future in sent] == [None] * 8
    got = {(request.headers["X-Crisisctl-Key"], json.loads(request.body)["title"]) for request in server.requests}
    assert got == wanted
    assert len(server.requests) == 8


# What never counts as delivered


@pytest.mark.parametrize("code", [400, 401, 404, 429, 500, 503])
@pytest.mark.parametrize("options", ["", "?optional=yes&retry=5&wait=0"])
def test_a_refusal_is_never_a_delivery_and_is_asked_for_once(
    courier: Apprise, web: Any, code: int, options: str
) -> None:
    server = web(status(code))
    failed = failure(courier, f"json://{server.address}/{options}")
    assert failed.reason == f"json://127.0.0.1 answered {code}"
    assert not failed.permanent
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("code", "scheme"), [(302, "form"), (302, "xml"), *((code, "json") for code in (301, 302, 303, 307, 308))]
)
def test_a_redirect_is_never_followed_nor_a_delivery(courier: Apprise, web: Any, code: int, scheme: str) -> None:
    target = web(status(200))
    server = web(status(code, Location=f"http://{target.address}/elsewhere"))
    failed = failure(courier, f"{scheme}://{server.address}/?redirect=yes&optional=yes")
    assert f"answered {code}, a redirect" in failed.reason
    assert not failed.permanent
    assert len(server.requests) == 1
    assert target.requests == []


def test_a_receiver_that_never_finishes_has_failed_within_ten_seconds(tmp_path: Path, web: Any) -> None:
    server = web(drip)
    begun = time.monotonic()
    failed = failure(Apprise(tmp_path), f"json://{server.address}?rto=600&cto=600")
    assert time.monotonic() - begun < 10
    assert failed.reason == "json://127.0.0.1 did not answer within 9 seconds"
    assert not failed.permanent
    assert len(server.requests) == 1


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_a_silent_receiver_is_not_waited_for_as_long_as_the_address_asks(
    courier: Apprise, web: Any, scheme: str
) -> None:
    recipients = "from=room@example.org&to=dana@example.org"
    failed = failure(courier, f"{scheme}://{web(silent).address}?rto=600&cto=600&{recipients}")
    assert failed.reason.startswith(f"no answer from {scheme}://127.0.0.1: unreachable, too slow")
    assert not failed.permanent


def test_a_flood_of_ten_gigabytes_fills_no_memory(tmp_path: Path, web: Any) -> None:
    poured = 0

    def flood(asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
        nonlocal poured
        asked.send_response(200)
        asked.send_header("Content-Length", str(10**10))
        asked.end_headers()
        while poured < 10**10 and not over.is_set():
            asked.wfile.write(bytes(2**20))
            poured += 2**20

    failed = failure(Apprise(tmp_path, seconds=30, memory=256 * 2**20), f"json://{web(flood).address}")
    assert failed.reason == "json://127.0.0.1 answered with more than fits into memory"
    assert not failed.permanent
    assert poured < 2**29


def test_a_connection_that_nobody_takes_is_a_failure_to_try_again(courier: Apprise, closed: str) -> None:
    for address in (f"json://{closed}", f"mailto://{closed}?from=room@example.org&to=dana@example.org"):
        failed = failure(courier, address)
        assert failed.reason.startswith(f"no answer from {address.partition(':')[0]}://127.0.0.1: unreachable")
        assert not failed.permanent


def test_mail_that_one_of_two_recipients_is_refused_is_no_delivery(courier: Apprise, post_office: Any) -> None:
    office = post_office()
    office.refused.add("sam@example.org")
    address = f"mailto://127.0.0.1:{office.port}?from=room@example.org&to=dana@example.org,sam@example.org"
    assert not failure(courier, address).permanent
    assert [letter["To"] for letter in office.letters] == ["dana@example.org"]


def test_mail_to_nobody_is_no_delivery(courier: Apprise, post_office: Any) -> None:
    office = post_office()
    failure(courier, f"mailto://127.0.0.1:{office.port}?from=room@example.org&to=nobody")
    assert office.letters == []


def test_a_certificate_that_nobody_vouches_for_is_refused(courier: Apprise, web: Any, certificate: Any) -> None:
    server = web(status(200), certificate)
    failed = failure(courier, f"jsons://{server.address}")
    assert "certificate not trusted" in failed.reason
    assert not failed.permanent
    assert server.requests == []


def test_a_certificate_is_taken_when_it_is_trusted_or_the_address_says_so(
    courier: Apprise, web: Any, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = web(status(200), certificate)
    courier.send(NOTICE, f"jsons://{server.address}?verify=no")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    courier.send(NOTICE, f"jsons://{server.address}")
    assert len(server.requests) == 2


def test_mail_is_not_given_to_a_server_with_an_untrusted_certificate(
    courier: Apprise, post_office: Any, certificate: tuple[Path, Path]
) -> None:
    office = post_office(certificate=certificate)
    address = f"mailtos://127.0.0.1:{office.port}?mode=starttls&from=room@example.org&to=dana@example.org"
    failure(courier, address)
    assert office.letters == []
    courier.send(NOTICE, f"{address}&verify=no")
    assert len(office.letters) == 1


def test_mail_is_not_sent_in_clear_where_encryption_was_asked_for(courier: Apprise, post_office: Any) -> None:
    office = post_office()
    failure(courier, f"mailtos://127.0.0.1:{office.port}?mode=starttls&from=room@example.org&to=dana@example.org")
    assert office.letters == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("nosuch://example.org", "nosuch://… cannot be used: nothing here delivers to that scheme"),
        ("https://example.org/hook", "https://… cannot be used: nothing here delivers to that scheme"),
        ("json://example.org?method=NONE", "json://… cannot be used: the address is not complete or not valid"),
        ("mailto://", "mailto://… cannot be used: the address is not complete or not valid"),
        ("dana@example.org", "the contact is not an address; it begins with a scheme"),
        ("", "the contact is not an address; it begins with a scheme"),
    ],
)
def test_an_address_that_cannot_be_used_is_not_tried_again(courier: Apprise, address: str, why: str) -> None:
    failed = failure(courier, address)
    assert failed.reason.startswith(why)
    assert failed.permanent
    assert courier.check(address) == failed.reason


def test_a_machine_without_processes_left_is_a_failure_to_try_again(courier: Apprise, tmp_path: Path) -> None:
    missing = str(tmp_path / "no-python")
    program = (
        "import sys; from pathlib import Path; from crisisctl.adapters.apprise import *\n"
        f"sys.executable = {missing!r}\n"
        "try: Apprise(Path('.')).send(Message('k', 't', 'b'), 'json://127.0.0.1/CANARY')\n"
        "except DeliveryFailed as failed: print(failed.permanent, failed, failed.__context__)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith("False the process that delivers notices could not be started")
    assert ran.stdout.endswith("None\n")


def test_a_child_that_dies_without_a_word_is_a_failure_to_try_again(tmp_path: Path, closed: str) -> None:
    failed = failure(Apprise(tmp_path, memory=2**20), f"json://{closed}")
    assert not failed.permanent
    assert "memory" in failed.reason or "ended without an answer" in failed.reason


def test_a_child_does_not_outlive_a_courier_that_was_killed(web: Any) -> None:
    hung_up = threading.Event()

    def watched(asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
        try:
            drip(asked, over)
        except OSError:
            hung_up.set()

    server = web(watched)
    program = (
        "from crisisctl.adapters.apprise import *\n"
        f"Apprise(Path('.'), seconds=5).send(Message('k', 't', 'b'), 'json://{server.address}')"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        while not server.requests and parent.poll() is None:
            time.sleep(0.01)
        parent.kill()
    assert server.requests
    assert hung_up.wait(20)


# References


def test_a_variable_is_read_at_the_last_moment(courier: Apprise, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = web(status(200))
    failed = failure(courier, "env:DANA_CHAT")
    assert failed.reason.startswith("the contact env:DANA_CHAT is not set")
    assert not failed.permanent
    monkeypatch.setenv("DANA_CHAT", "  ")
    assert failure(courier, "env:DANA_CHAT").reason.startswith("the contact env:DANA_CHAT is empty")
    monkeypatch.setenv("DANA_CHAT", f"json://{server.address}/chat\n")
    courier.send(NOTICE, "env:DANA_CHAT")
    assert [request.path for request in server.requests] == ["/chat"]


def test_what_is_no_variable_is_not_repeated(courier: Apprise) -> None:
    failed = failure(courier, "env:json://user:CANARY@example.org")
    assert failed.permanent
    assert "CANARY" not in failed.reason


def test_a_file_is_read_at_the_last_moment_from_the_folder_given(courier: Apprise, web: Any, tmp_path: Path) -> None:
    server = web(status(200))
    file = tmp_path / "secrets" / "dana"
    assert failure(courier, "file:secrets/dana").reason == (
        "the contact file:secrets/dana cannot be read: no such file or directory"
    )
    file.parent.mkdir()
    file.write_text(f"json://{server.address}/first\njson://{server.address}/second\n")
    courier.send(NOTICE, "file:secrets/dana")
    courier.send(NOTICE, f"file:{file}")
    assert [request.path for request in server.requests] == ["/first", "/first"]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "is empty"), (b"\njson://127.0.0.1/CANARY", "is empty"), (b"json://CANARY\xff", "does not hold text")],
)
def test_a_file_without_an_address_is_told_by_its_name_alone(
    courier: Apprise, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "dana").write_bytes(content)
    failed = failure(courier, "file:dana")
    assert why in failed.reason
    assert "file:dana" in failed.reason
    assert "CANARY" not in failed.reason
    assert not failed.permanent


def test_a_pipe_or_a_folder_in_the_place_of_the_file_holds_nothing_up(courier: Apprise, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "", "."):
        assert failure(courier, f"file:{name}").reason.endswith("cannot be read: it is not a file")


def test_the_failure_of_a_reference_names_it_and_the_host(
    courier: Apprise, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANA_CHAT", f"json://dana:CANARY@{web(status(500)).address}/CANARY")
    assert failure(courier, "env:DANA_CHAT").reason == "the contact env:DANA_CHAT (json://127.0.0.1) answered 500"


# For the doctor


def test_a_good_contact_checks_out_and_gets_nothing(courier: Apprise, web: Any, tmp_path: Path) -> None:
    server = web(status(200))
    file = tmp_path / "dana"
    file.write_text(f"json://{server.address}")
    file.chmod(0o600)
    assert courier.check(f"json://{server.address}") is None
    assert courier.check("file:dana") is None
    assert server.requests == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_told_by_the_check_alone(
    courier: Apprise, web: Any, tmp_path: Path, mode: int
) -> None:
    server = web(status(200))
    file = tmp_path / "dana"
    file.write_text(f"json://{server.address}")
    file.chmod(mode)
    assert courier.check("file:dana") == (
        "the file of the contact file:dana can be read by other accounts; run chmod 600 on it"
    )
    courier.send(NOTICE, "file:dana")
    assert len(server.requests) == 1


def test_a_reference_that_leads_nowhere_does_not_check_out(courier: Apprise, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (courier.check("env:DANA_CHAT") or "").startswith("the contact env:DANA_CHAT is not set")
    assert (courier.check("file:dana") or "").startswith("the contact file:dana cannot be read")
    monkeypatch.setenv("DANA_CHAT", "nosuch://user:CANARY@example.org")
    assert courier.check("env:DANA_CHAT") == (
        "the contact env:DANA_CHAT (nosuch://…) cannot be used: "
        "nothing here delivers to that scheme; correct the contact"
    )
