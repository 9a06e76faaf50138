"""The ways out against real receivers: what arrives, what surely does not, and what nobody knows."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters.apprise import Apprise, referred
from crisisctl.adapters.posting import Ways
from crisisctl.adapters.posting.mail import Mail
from crisisctl.adapters.posting.mastodon import Mastodon
from crisisctl.adapters.posting.webhook import Webhook
from crisisctl.service.outward import Poster, Receipt, Rendition, Unclear
from crisisctl.service.ports import DeliveryFailed

NOW = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
KEY = "INC-7/holding/2/x/en"
SECRET = "hunter2-and-more"  # noqa: S105 - it is there to be looked for
TEXT = "We are sorry.\n\tÜber 1 000 Konten, 数据.\n.\nA line with one dot stands above."
WORDS = Rendition("x/en", TEXT, incident="INC-7", statement="holding")
SUBJECT, HTML = "Ein Vorfall: 数据 und mehr", "<p>We are <b>sorry</b>.</p>\n"
LETTER = Rendition("email/de-AT", TEXT, {"subject": SUBJECT, "html": HTML})


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the machine uses, the loopback is asked directly."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    """Every way, as the program puts them together."""
    return _ways(tmp_path, 30)


def _ways(folder: Path, seconds: float) -> Ways:
    def told(to: str) -> str:
        return referred(to, folder, f"the address {to}")

    mail, web, social = Mail(lambda: NOW, seconds=seconds), Webhook(seconds=seconds), Mastodon(told, seconds=seconds)
    by: dict[str, Poster] = {"smtp": mail, "smtps": mail, "mailto": mail, "mailtos": mail, "http": web, "https": web}
    by |= {"https+mastodon": social, "http+mastodon": social}
    return Ways(told, by, Apprise(folder, seconds=seconds))


def says(code: int, document: object = None, **headers: str) -> Callable[[BaseHTTPRequestHandler, Any], None]:
    body = b"" if document is None else json.dumps(document).encode()

    def answer(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
        asked.send_response(code)
        for name, value in headers.items():
            asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def hangs(_asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
    over.wait(60)


def drips(asked: BaseHTTPRequestHandler, over: threading.Event) -> None:
    asked.wfile.write(b"HTTP/1.1 2")
    while not over.wait(0.05):
        asked.wfile.write(b"x")


def hangs_up(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
    asked.connection.shutdown(socket.SHUT_RDWR)


def breaks_off(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
    asked.send_response(200)
    asked.send_header("Content-Length", "1000")
    asked.end_headers()
    asked.wfile.write(b'{"id": "1')


def failure(ways: Ways, to: str, rendition: Rendition = WORDS) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        ways.post(rendition, to, KEY)
    assert SECRET not in str(raised.value)
    return raised.value


def forms(address: str) -> dict[str, str]:
    """The same server as every way over HTTP names it."""
    return {
        "webhook": f"http://{address}/{SECRET}",
        "mastodon": f"http+mastodon://{SECRET}@{address}",
        "apprise": f"json://{address}/{SECRET}",
    }


FORMS = ("webhook", "mastodon", "apprise")
WEB_WAYS = pytest.mark.parametrize("way", FORMS)


# What arrives


def test_a_webhook_gets_the_exact_text_and_its_key(ways: Ways, web: Any) -> None:
    server = web(says(201, {"id": 17, "url": "https://status.example.org/17"}))
    receipt = ways.post(WORDS, f"http://room:{SECRET}@{server.address}/hook?a=b", KEY)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/hook?a=b")
    assert request.headers["Idempotency-Key"] == KEY
    assert request.headers["Authorization"].startswith("Basic ")
    told = json.loads(request.body)
    assert told == {
        "key": KEY,
        "incident": "INC-7",
        "statement": "holding",
        "channel": "x",
        "language": "en",
        "text": TEXT,
    }
    assert receipt == Receipt("webhook", "17", "https://status.example.org/17", None)


def test_a_webhook_that_says_nothing_has_taken_it_all_the_same(ways: Ways, web: Any) -> None:
    server = web(says(204))
    assert ways.post(WORDS, f"http://{server.address}", KEY) == Receipt("webhook", "", "", None)


def test_what_a_webhook_says_is_kept_only_when_it_is_short_and_plain(ways: Ways, web: Any) -> None:
    server = web(says(200, {"id": "x" * 501, "url": "a\x1b[31mb"}))
    assert ways.post(WORDS, f"http://{server.address}", KEY) == Receipt("webhook", "", "", None)


def test_a_status_is_posted_with_token_language_and_key(ways: Ways, web: Any) -> None:
    told = {"id": "113", "url": "https://social.example/@room/113", "created_at": "2026-03-28T22:00:01.250Z"}
    server = web(says(200, told))
    receipt = ways.post(
        Rendition("mastodon/de-AT", TEXT), f"http+mastodon://{SECRET}@{server.address}?visibility=unlisted", KEY
    )
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/api/v1/statuses")
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.headers["Idempotency-Key"] == KEY
    assert json.loads(request.body) == {"status": TEXT, "visibility": "unlisted", "language": "de"}
    assert receipt == Receipt("mastodon", "113", told["url"], datetime(2026, 3, 28, 22, 0, 1, 250_000, tzinfo=UTC))


def test_a_token_may_lie_in_a_file_of_its_own(ways: Ways, web: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    server = web(says(200, {"id": "1"}))
    ways.post(WORDS, f"http+mastodon://{server.address}?token=file:token", KEY)
    assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_letter_has_subject_text_and_web_form(ways: Ways, post_office: Any) -> None:
    office = post_office()
    to = f"smtp://127.0.0.1:{office.port}?from=press@example.org&to=a@example.net,b@example.net&bcc=c@example.com"
    receipt = ways.post(LETTER, to, KEY)
    (letter,) = office.letters
    assert letter["From"] == "press@example.org"
    assert letter["To"] == "a@example.net, b@example.net"
    assert "c@example.com" not in letter.as_string()
    assert letter["Subject"] == SUBJECT
    assert letter["Message-ID"] == receipt.id
    assert letter["Content-Language"] == "de-AT"
    text, html = letter.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == f"{TEXT}\n"  # mail ends its lines with both
    assert html.get_content().replace("\r\n", "\n") == HTML
    assert receipt.by == "mail"


def test_the_same_key_makes_the_same_message_id(ways: Ways, post_office: Any) -> None:
    office = post_office()
    to = f"smtp://127.0.0.1:{office.port}?from=press@example.org&bcc=a@example.net"
    ids = {ways.post(LETTER, to, key).id for key in (KEY, KEY, "another")}
    assert len(ids) == 2
    assert {letter["To"] for letter in office.letters} == {"undisclosed-recipients:;"}


def test_without_a_subject_the_first_line_stands_in(ways: Ways, post_office: Any) -> None:
    office = post_office()
    ways.post(WORDS, f"mailto://127.0.0.1:{office.port}?from=press@example.org&to=a@example.net", KEY)
    (letter,) = office.letters
    assert letter["Subject"] == "We are sorry."
    assert letter.get_content_type() == "text/plain"


def test_apprise_posts_the_text_as_it_is(ways: Ways, web: Any) -> None:
    server = web(says(200))
    receipt = ways.post(WORDS, f"json://{server.address}/{SECRET}?overflow=split", KEY)
    (request,) = server.requests
    told = json.loads(request.body)
    assert (told["title"], told["message"]) == ("", TEXT)
    assert request.headers["X-Crisisctl-Key"] == KEY
    assert receipt == Receipt("apprise", "", "", None)


def test_a_long_text_is_never_sent_in_pieces(ways: Ways, web: Any) -> None:
    server = web(says(200))
    long = WORDS._replace(text="word " * 20_000 + "end")
    ways.post(long, f"json://{server.address}", KEY)
    assert [json.loads(request.body)["message"] for request in server.requests] == [long.text]


def page(asked: BaseHTTPRequestHandler, _over: threading.Event) -> None:
    asked.send_response(200)
    asked.send_header("Content-Type", "text/html; charset=utf-8")
    asked.send_header("Content-Length", "26")
    asked.end_headers()
    asked.wfile.write(b"<html>Please sign in</html>"[:26])


def test_a_web_page_in_the_place_of_an_answer_is_told_by_a_webhook(ways: Ways, web: Any) -> None:
    receipt = ways.post(WORDS, f"http://{web(page).address}", KEY)
    assert receipt.came == "127.0.0.1 answered with a web page; look whether it took the text"


@pytest.mark.parametrize("answer", [page, says(200), says(200, {"url": "https://there.example"}), breaks_off])
def test_an_account_that_names_no_post_leaves_it_unclear(ways: Ways, web: Any, answer: Any) -> None:
    failed = failure(ways, f"http+mastodon://{SECRET}@{web(answer).address}")
    assert type(failed) is Unclear
    assert failed.reason.endswith("and named no post")


# What surely does not


@WEB_WAYS
def test_where_nobody_listens_nothing_was_sent(ways: Ways, closed: str, way: str) -> None:
    failed = failure(ways, forms(closed)[way])
    assert type(failed) is DeliveryFailed
    assert not failed.permanent


@pytest.mark.parametrize(
    ("way", "code"),
    [
        *((way, code) for way in ("webhook", "mastodon") for code in (400, 401, 404, 422, 429, 500, 503)),
        ("apprise", 401),  # each costs a process
        ("apprise", 503),
    ],
)
def test_a_server_that_says_no_took_nothing_in(tmp_path: Path, web: Any, way: str, code: int) -> None:
    server = web(says(code))
    failed = failure(_ways(tmp_path, 30), forms(server.address)[way])
    assert type(failed) is DeliveryFailed
    assert str(code) in failed.reason
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("way", "code"),
    [*((way, code) for way in ("webhook", "mastodon") for code in (401, 403, 404)), ("apprise", 401)],
)
def test_who_is_turned_away_is_told_to_correct_the_token_or_the_address(
    ways: Ways, web: Any, way: str, code: int
) -> None:
    failed = failure(ways, forms(web(says(code)).address)[way])
    assert type(failed) is DeliveryFailed
    assert failed.permanent
    assert "wrong" in failed.reason
    assert "channels.yaml" in failed.reason


@pytest.mark.parametrize("way", ["webhook", "mastodon"])
@pytest.mark.parametrize("code", [400, 422, 429, 500, 503])
def test_who_may_be_let_in_later_is_not_given_up(ways: Ways, web: Any, way: str, code: int) -> None:
    assert not failure(ways, forms(web(says(code)).address)[way]).permanent


@pytest.mark.parametrize("way", ["webhook", "mastodon"])
@pytest.mark.parametrize("code", [301, 307, 308])
def test_a_redirect_is_not_followed(ways: Ways, web: Any, way: str, code: int) -> None:
    elsewhere = web(says(200))
    server = web(says(code, Location=f"http://{elsewhere.address}/"))
    failed = failure(ways, forms(server.address)[way])
    assert type(failed) is DeliveryFailed
    assert failed.permanent
    assert not elsewhere.requests


def test_a_name_that_nobody_has_is_told(ways: Ways) -> None:
    failed = failure(ways, f"https://room.invalid/{SECRET}")
    assert type(failed) is DeliveryFailed
    assert failed.reason.startswith("room.invalid ")


def test_a_certificate_that_nobody_vouches_for_gets_nothing(ways: Ways, web: Any, certificate: Any) -> None:
    server = web(says(200), certificate)
    for to in (f"https://{server.address}/{SECRET}", f"https+mastodon://{SECRET}@{server.address}"):
        failed = failure(ways, to)
        assert type(failed) is DeliveryFailed
        assert "certificate that is not trusted" in failed.reason
    assert not server.requests


def test_a_mail_server_over_tls_must_be_trusted_too(ways: Ways, post_office: Any, certificate: Any) -> None:
    office = post_office(certificate=certificate)
    to = f"smtp://press:{SECRET}@127.0.0.1:{office.port}?from=press@example.org&to=a@example.net"
    failed = failure(ways, to, LETTER)
    assert type(failed) is DeliveryFailed
    assert not office.letters


def test_a_letter_that_must_go_over_tls_goes_nowhere_without(ways: Ways, post_office: Any) -> None:
    office = post_office()
    failed = failure(ways, f"mailtos://127.0.0.1:{office.port}?from=a@example.org&to=b@example.net", LETTER)
    assert type(failed) is DeliveryFailed
    assert "offers no TLS" in failed.reason
    assert not office.letters


def test_one_receiver_that_is_refused_keeps_the_letter_from_all(ways: Ways, post_office: Any) -> None:
    office = post_office()
    office.refused.add("b@example.net")
    to = f"smtp://127.0.0.1:{office.port}?from=press@example.org&to=a@example.net,b@example.net"
    failed = failure(ways, to, LETTER)
    assert type(failed) is DeliveryFailed
    assert failed.reason == "127.0.0.1 answered 550 to receiver 2; nobody was sent anything"
    assert not office.letters


def test_where_no_mail_server_is_nothing_was_sent(ways: Ways, closed: str) -> None:
    failed = failure(ways, f"smtp://u:{SECRET}@{closed}?from=a@example.org&to=b@example.org", LETTER)
    assert type(failed) is DeliveryFailed
    assert failed.reason == "127.0.0.1 refuses the connection"


def test_a_server_that_never_greets_was_sent_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = f"smtp://127.0.0.1:{silent.getsockname()[1]}?from=a@example.org&to=b@example.org"
        failed = failure(_ways(tmp_path, 0.3), to, LETTER)
    assert type(failed) is DeliveryFailed
    assert "within 0.3 seconds" in failed.reason


@pytest.mark.parametrize(
    "to",
    [
        "https://",
        "https://example.org:port/hunter2-and-more",
        "https://example.org/a b",
        "http://room:hunter2-and-more@example.org/",
        "https+mastodon://example.org",
        "http+mastodon://hunter2-and-more@example.org",
        "https+mastodon://hunter2-and-more@example.org?visibility=loud",
        "smtp://u:hunter2-and-more@example.org",
        "smtp://example.org?from=a@example.org&to=nobody",
        "smtp://example.org?from=a@example.org&to=b@example.org%0d%0aBcc:c@example.org",
        "env:not-a-name",
        "nothing-at-all-hunter2-and-more",
    ],
)
def test_an_address_that_leads_nowhere_is_told_and_not_tried_again(ways: Ways, to: str) -> None:
    failed = failure(ways, to)
    assert type(failed) is DeliveryFailed
    assert failed.permanent
    wrong = ways.check(to)
    assert wrong
    assert SECRET not in wrong


def test_a_secret_that_is_not_there_is_told_and_waited_for(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROOM_X", raising=False)
    failed = failure(ways, "env:ROOM_X")
    assert type(failed) is DeliveryFailed
    assert not failed.permanent
    assert "ROOM_X" in failed.reason
    monkeypatch.setenv("ROOM_X", f"https+mastodon://{SECRET}@social.example")
    assert ways.check("env:ROOM_X") is None


# What nobody knows


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        *((way, answer) for way in ("webhook", "mastodon") for answer in (hangs, drips)),
        *((way, answer) for way in FORMS for answer in (hangs_up, says(302, Location="/"), says(502), says(504))),
    ],
)
def test_a_server_that_got_it_and_did_not_say_may_have_taken_it(
    tmp_path: Path, web: Any, way: str, answer: Any
) -> None:
    server = web(answer)
    failed = failure(_ways(tmp_path, 30 if way == "apprise" else 0.7), forms(server.address)[way])
    assert type(failed) is Unclear
    assert len(server.requests) == 1


def test_a_process_of_apprise_that_is_stopped_leaves_it_unclear(tmp_path: Path, web: Any) -> None:
    server = web(hangs)
    assert type(failure(_ways(tmp_path, 3), forms(server.address)["apprise"])) is Unclear


def test_what_was_accepted_stays_so_when_the_answer_breaks_off(ways: Ways, web: Any) -> None:
    server = web(breaks_off)
    assert ways.post(WORDS, f"http://{server.address}", KEY) == Receipt("webhook", "", "", None)


@contextmanager
def mail_server(after: Callable[[socket.socket], None]) -> Iterator[int]:
    """Says yes to everything until the letter has come in, and then does something else."""

    def serve(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line, line.makefile("rb") as lines:
            line.sendall(b"220 here\r\n")
            for row in lines:
                if row.upper().startswith(b"DATA"):
                    line.sendall(b"354 go on\r\n")
                    while lines.readline() not in (b".\r\n", b""):
                        pass
                    after(line)
                    return
                line.sendall(b"250 yes\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=[listening])
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (lambda _line: None, Unclear),
        (lambda _line: time.sleep(1.5), Unclear),
        (lambda line: line.sendall(b"what?\r\n"), Unclear),
        (lambda line: line.sendall(b"451 later\r\n"), DeliveryFailed),
        (lambda line: line.sendall(b"554 no\r\n"), DeliveryFailed),
    ],
    ids=["hangs up", "is silent", "mumbles", "says later", "says no"],
)
def test_after_the_letter_only_an_answer_says_anything(
    tmp_path: Path, after: Callable[[socket.socket], None], kind: type[DeliveryFailed]
) -> None:
    with mail_server(after) as port:
        to = f"smtp://127.0.0.1:{port}?from=a@example.org&to=b@example.org"
        assert type(failure(_ways(tmp_path, 1), to, LETTER)) is kind


def test_a_way_that_breaks_down_leaves_it_unclear_and_tells_no_text_of_its_own(tmp_path: Path) -> None:
    class Broken:
        def check(self, to: str) -> str | None:
            return None

        def post(self, rendition: Rendition, to: str, key: str) -> Any:
            raise RuntimeError(to)

    broken = Ways(lambda to: to, {}, Broken())
    failed = failure(broken, f"x://{SECRET}")
    assert type(failed) is Unclear
    assert "RuntimeError" in failed.reason
