"""The dead man's address: called with little ceremony, and never told to anybody."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.apprise import referred
from crisisctl.adapters.deadman import DeadMan, Flaw, host, malformed
from crisisctl.service.ports import DeliveryFailed

SECRET = "b7f3c2-secret"  # noqa: S105 - it opens nothing


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands between these tests and the loopback interface."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def _plain(status: int, **headers: str) -> Callable[..., None]:
    def answer(client: Any, over: Any) -> None:
        client.send_response(status)
        for name, value in headers.items():
            client.send_header(name, value)
        client.end_headers()

    return answer


def _at(address: str, **how: Any) -> DeadMan:
    return DeadMan(lambda: address, **how)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_call_is_one_plain_get(web: Any, status: int) -> None:
    server = web(_plain(status))
    assert _at(f"http://{server.address}/{SECRET}?a=b").call() is None
    [asked] = server.requests
    assert (asked.method, asked.path, asked.body) == ("GET", f"/{SECRET}?a=b", b"")
    assert asked.headers["User-Agent"] == "crisisctl"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_another_answer_is_told_with_the_host_alone(web: Any, status: int) -> None:
    server = web(_plain(status))
    assert _at(f"http://{server.address}/{SECRET}").call() == f"127.0.0.1 answered {status}."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(web: Any, status: int) -> None:
    other = web(_plain(200))
    server = web(_plain(status, Location=f"http://{other.address}/{SECRET}"))
    told = _at(f"http://{server.address}/{SECRET}").call()
    assert told == f"127.0.0.1 answered {status}, a redirect, which is never followed; correct the address."
    assert other.requests == []


def test_the_body_is_left_unread(web: Any) -> None:
    def endless(client: Any, over: Any) -> None:
        client.send_response(200)
        client.end_headers()
        while not over.is_set():
            client.wfile.write(b"x" * 65536)

    begun = time.monotonic()
    assert _at(f"http://{web(endless).address}/").call() is None
    assert time.monotonic() - begun < 9


def test_who_does_not_answer_is_not_waited_for(web: Any) -> None:
    def silent(client: Any, over: Any) -> None:
        over.wait(30)

    begun = time.monotonic()
    told = _at(f"http://{web(silent).address}/{SECRET}", seconds=0.5).call()
    assert told == "127.0.0.1 did not answer within 0.5 seconds."
    assert time.monotonic() - begun < 9


def test_who_drips_is_not_waited_for_either(web: Any) -> None:
    def dripping(client: Any, over: Any) -> None:
        client.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.1):
            client.wfile.write(b"X-Drip: 1\r\n")

    told = _at(f"http://{web(dripping).address}/{SECRET}", seconds=0.5).call()
    assert told == "127.0.0.1 did not answer within 0.5 seconds."


def test_where_nobody_listens_is_told(closed: str) -> None:
    assert _at(f"http://{closed}/{SECRET}").call() == "127.0.0.1 cannot be reached (ConnectionRefusedError)."


def test_what_is_no_web_server_is_told(web: Any) -> None:
    def gibberish(client: Any, over: Any) -> None:
        client.wfile.write(f"220 {SECRET} ESMTP\r\n".encode())

    assert _at(f"http://{web(gibberish).address}/{SECRET}").call() == "127.0.0.1 cannot be reached (BadStatusLine)."


def test_a_certificate_that_nobody_trusts_is_no_success(web: Any, certificate: Any) -> None:
    server = web(_plain(200), certificate)
    told = _at(f"https://{server.address}/{SECRET}").call()
    assert told == "127.0.0.1 cannot be reached (SSLCertVerificationError)."
    assert server.requests == []


WRONG = [
    f"ftp://example.com/{SECRET}",
    "file:///etc/passwd",
    f"example.com/{SECRET}",
    f"https://user:{SECRET}@example.com/",
    f"https://{SECRET}@example.com/",
    f"https:///{SECRET}",
    f"https://example.com:99999/{SECRET}",
    f"https://example.com:x/{SECRET}",
    f"https://example.com/{SECRET} x",
    f"https://example.com/{SECRET}\nHost: other",
    f"https://exa\u202emple.com/{SECRET}",
    f"HTTPS ://example.com/{SECRET}",
    "",
]


@pytest.mark.parametrize("address", WRONG)
def test_an_address_that_cannot_be_called_is_told_without_a_word_of_it(address: str) -> None:
    told = "dead_man is no address that can be called: write https://HOST/PATH, env:NAME or file:PATH."
    assert _at(address).call() == malformed(address) == told
    assert _at(address).check() == Flaw(told, wrong=True)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (f"https://hc.example.com/ping/{SECRET}", "hc.example.com"),
        (f"https://hc.example.com:8443/{SECRET}", "hc.example.com"),
        (f"https://[2001:db8::1]:8443/{SECRET}", "[2001:db8::1]"),
        (f"https://hc.example.com?key={SECRET}", "hc.example.com"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
    ],
)
def test_a_sound_address_has_a_host_and_no_flaw(address: str, name: str) -> None:
    assert (host(address), _at(address).check()) == (name, None)


def test_an_address_that_others_can_read_on_the_way_is_told() -> None:
    flaw = _at(f"http://hc.example.com/{SECRET}").check()
    assert flaw == Flaw(
        "the dead man's address at hc.example.com goes over plain http, where others can read it; write https",
        wrong=False,
    )


def test_a_reference_is_looked_up_at_the_moment_of_the_call(
    web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = web(_plain(200))
    man = DeadMan(lambda: referred("env:DEAD_MAN", tmp_path, "dead_man, env:DEAD_MAN,"))
    monkeypatch.delenv("DEAD_MAN", raising=False)
    assert man.call() == "dead_man, env:DEAD_MAN, is not set; set the variable where crisisctl runs."
    assert man.check() == Flaw("dead_man, env:DEAD_MAN, is not set; set the variable where crisisctl runs", wrong=False)
    monkeypatch.setenv("DEAD_MAN", f"http://{server.address}/{SECRET}")
    assert man.call() is None
    assert server.requests[0].path == f"/{SECRET}"


def test_a_file_is_read_as_a_contacts_file_is(tmp_path: Path) -> None:
    (tmp_path / "dead_man").write_text("https://hc.example.com/x\nmore\n")
    assert referred("file:dead_man", tmp_path, "dead_man") == "https://hc.example.com/x"
    assert referred(f"file:{tmp_path / 'dead_man'}", Path("/"), "dead_man") == "https://hc.example.com/x"
    with pytest.raises(DeliveryFailed, match="dead_man cannot be read"):
        referred("file:nowhere", tmp_path, "dead_man")


def test_an_address_that_refers_to_nothing_is_itself(tmp_path: Path) -> None:
    assert referred("https://hc.example.com/x", tmp_path, "dead_man") == "https://hc.example.com/x"


def test_a_name_that_cannot_be_looked_up_is_told() -> None:
    told = _at(f"https://nobody.invalid/{SECRET}").call()
    assert told is not None
    assert told.startswith("nobody.invalid ")
    assert SECRET not in told
    assert isinstance(socket.gaierror(), OSError)
