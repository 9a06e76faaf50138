"""Posts a rendition as one e-mail over SMTP: smtp://USER:PASSWORD@HOST?from=ADDRESS&to=ADDRESS, or smtps://."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from crisisctl.adapters.posting.line import SECONDS, Deadline, begun, cut_off, loopback, why
from crisisctl.service.outward import Receipt, Rendition, Unclear
from crisisctl.service.ports import DeliveryFailed

SCHEMES = ("smtp", "smtps", "mailto", "mailtos")  # the last two as Apprise writes them, with from= and to=
SUBJECT_WITHOUT = 78  # characters of the first line that stand in for a subject
_ADDRESS = re.compile(r"[!-~]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)
_FORM = "write smtp://USER:PASSWORD@HOST?from=ADDRESS&to=ADDRESS,ADDRESS, or smtps:// for TLS from the start"
_IMPLICIT, _SUBMISSION, _RELAY = 465, 587, 25
_TAKEN, _GO_ON = 250, 354
_YES, _NO = 2, (4, 5)  # what the answer to a letter begins with


class _Post(NamedTuple):
    """A mail server, the login there, and the addresses; `hidden` get the letter without being named in it."""

    host: str
    port: int
    implicit: bool
    user: str
    password: str
    tls: bool
    sender: str
    receivers: tuple[str, ...]
    hidden: tuple[str, ...]


class Mail:
    """One letter an attempt, to all its receivers or to none. A password never travels without TLS, but at home."""

    def __init__(self, now: Callable[[], datetime], *, seconds: float = SECONDS) -> None:
        self._now = now
        self._seconds = seconds

    def check(self, to: str) -> str | None:
        found = _read(to)
        return found if isinstance(found, str) else None

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        """The receipt's id is the letter's own Message-ID, the same at every attempt."""
        post = _read(to)
        if isinstance(post, str):
            raise DeliveryFailed(post, permanent=True)
        message = _letter(rendition, post, key, self._now())
        deadline = Deadline(self._seconds)
        try:
            server = begun(lambda: _announced(post, deadline), deadline)
        except _Refused as refusal:
            raise DeliveryFailed(f"{post.host} {refusal}") from None
        except Exception as error:  # noqa: BLE001 - told by its kind alone: its text may hold an address
            raise DeliveryFailed(f"{post.host} {_why(error, deadline)}") from None
        _handed_over(server, post, message, deadline)
        return Receipt("mail", str(message["Message-ID"]))


class _Refused(Exception):
    """The server said no before it was given the letter; the text says to what, and holds no address."""


def _handed_over(server: smtplib.SMTP, post: _Post, message: EmailMessage, deadline: Deadline) -> None:
    """Hand the letter over, which the server is waiting for; from its first byte on, silence says nothing."""
    body = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=SMTP))
    try:
        with cut_off(server.sock, deadline):
            server.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            kind = server.getreply()[0] // 100
    except (OSError, smtplib.SMTPException):
        kind = 0
    finally:
        server.close()
    if kind in _NO:
        raise DeliveryFailed(f"{post.host} did not take the letter (it answered {kind}xx)")
    if kind != _YES:
        raise Unclear(f"{post.host} was sent the letter, but did not say that it took it")


def _announced(post: _Post, deadline: Deadline) -> smtplib.SMTP:
    """The server, which has agreed to sender and receivers and now waits for the letter. Nothing of it was sent."""
    server = _connected(post, deadline.left())
    with _closed_on_failure(server):
        server.ehlo_or_helo_if_needed()
        _secured(server, post)
        if post.user:
            server.login(post.user, post.password)
        _expect(server.mail(post.sender)[0], _TAKEN, "the sender")
        for number, receiver in enumerate((*post.receivers, *post.hidden), 1):
            _expect(server.rcpt(receiver)[0], _TAKEN, f"receiver {number}; nobody was sent anything")
        _expect(server.docmd("DATA")[0], _GO_ON, "the letter")
    return server


def _connected(post: _Post, seconds: float) -> smtplib.SMTP:
    if post.implicit:
        return smtplib.SMTP_SSL(post.host, post.port, timeout=seconds, context=ssl.create_default_context())
    return smtplib.SMTP(post.host, post.port, timeout=seconds)


@contextmanager
def _closed_on_failure(server: smtplib.SMTP) -> Iterator[None]:
    try:
        yield
    except BaseException:
        server.close()
        raise


def _secured(server: smtplib.SMTP, post: _Post) -> None:
    """Go over to TLS where the server can; a server elsewhere that cannot gets no password."""
    if post.implicit:
        return
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
    elif post.tls or (post.user and not loopback(post.host)):
        raise _Refused("offers no TLS, and nothing may go there without it")


def _expect(code: int, wanted: int, what: str) -> None:
    if code != wanted:
        raise _Refused(f"answered {code} to {what}")


def _why(error: Exception, deadline: Deadline) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"answered {error.smtp_code} to the login"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answered {error.smtp_code}"
    if isinstance(error, smtplib.SMTPException):
        return f"does not speak SMTP as expected ({type(error).__name__})"
    return why(error, deadline)


def _letter(rendition: Rendition, post: _Post, key: str, now: datetime) -> EmailMessage:
    """Subject, text and web form, byte for byte as approved; the same Message-ID for the same key."""
    message = EmailMessage(policy=SMTP)
    seal = sha256(key.encode()).hexdigest()[:40]
    message["From"] = post.sender
    message["To"] = ", ".join(post.receivers) or "undisclosed-recipients:;"
    message["Subject"] = (rendition.parts.get("subject") or _first_line(rendition.text)).replace("\n", " ")
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{seal}@{post.sender.rpartition('@')[2]}>"
    message.set_content(rendition.text)
    if html := rendition.parts.get("html"):
        message.add_alternative(html, subtype="html")
        message.set_boundary(f"=_{seal}")
    if language := rendition.key.rpartition("/")[2]:
        message["Content-Language"] = language  # last, for whatever gives a letter its content takes such lines away
    return message


def _first_line(text: str) -> str:
    line = next((line.strip("# ") for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= SUBJECT_WITHOUT else f"{line[: SUBJECT_WITHOUT - 1]}…"


def _read(to: str) -> _Post | str:
    """The mail server and the addresses, or what is wrong with them, without anything of them but the host."""
    try:
        given = urlsplit(to.strip())
        port = given.port
    except ValueError:
        return f"that is no address of a mail server; {_FORM}"
    asked = parse_qs(given.query)
    host = (asked.get("smtp") or [given.hostname or ""])[0]
    if given.scheme not in SCHEMES or not host or not host.isascii():
        return f"that is no address of a mail server; {_FORM}"
    sender = (asked.get("from") or [""])[0]
    receivers, hidden = (tuple(_listed(asked.get(name, []))) for name in ("to", "bcc"))
    if not (receivers or hidden) or not all(map(_ADDRESS.fullmatch, (sender, *receivers, *hidden))):
        return f"{host}: from= needs one address, and to= or bcc= one or more with commas between them; {_FORM}"
    implicit = given.scheme == "smtps" or asked.get("mode") == ["ssl"]
    user, password = unquote(given.username or ""), unquote(given.password or "")
    usual = _IMPLICIT if implicit else _SUBMISSION if user else _RELAY
    tls = implicit or given.scheme == "mailtos"
    return _Post(host, port or usual, implicit, user, password, tls, sender, receivers, hidden)


def _listed(values: list[str]) -> Iterator[str]:
    return (one.strip() for value in values for one in value.split(",") if one.strip())
