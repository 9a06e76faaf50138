"""One POST to one place: no redirect is followed, and every failure says whether the words can have arrived."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote

from crisisctl.adapters.posting.line import SECONDS, Deadline, begun, cut_off, loopback, why
from crisisctl.service.outward import Unclear
from crisisctl.service.ports import DeliveryFailed

LONGEST_ANSWER = 256 * 1024
_PAGES = ("text/html", "application/xhtml+xml")
_AFTER_THE_WORK = (302, 303, 502, 504)  # what also answers a POST that was carried out, or may have been

_WHO = "the token, or the name and password, is wrong or may not post there; correct it"
_TURNED_AWAY = {401: _WHO, 403: _WHO, 404: "nothing is there, so the address is wrong; correct it"}


class Answer(NamedTuple):
    """What a server said to words that it accepted; `told` is empty unless it is a JSON object.

    `page` says that it was a web page, as a login or an error is.
    """

    location: str
    told: Mapping[str, Any]
    page: bool = False


def post(
    address: SplitResult, document: Mapping[str, Any], headers: Mapping[str, str], *, seconds: float = SECONDS
) -> Answer:
    """Post a JSON document; `Unclear` when it may have been accepted, `DeliveryFailed` when it surely was not."""
    deadline = Deadline(seconds)
    host = address.hostname or ""
    try:
        connection = begun(lambda: _connected(address, deadline), deadline)
    except Exception as error:  # noqa: BLE001 - told by its kind alone, as its text might hold a secret
        raise DeliveryFailed(f"{host} {why(error, deadline)}") from None
    try:
        with cut_off(connection.sock, deadline), _asked(connection, address, document, headers) as answer:
            return _accepted(host, answer)
    except (OSError, HTTPException, ValueError):
        late = "the connection broke off, or the answer did not come in time"
        raise Unclear(f"{host} was sent the text, but {late}") from None
    finally:
        connection.close()


def _connected(address: SplitResult, deadline: Deadline) -> HTTPConnection:
    """Connected, over TLS unless the address says http; through the proxy of the environment, if there is one."""
    host, port = address.hostname or "", address.port
    proxy = None if loopback(host) else _proxy(address.scheme, host)
    kind = HTTPConnection if address.scheme == "http" else HTTPSConnection
    at, its_port = proxy or (host, port)
    connection = kind(at, its_port, timeout=deadline.left())
    if proxy:
        connection.set_tunnel(host, port)
    connection.connect()
    return connection


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    from urllib.parse import urlsplit  # noqa: PLC0415 - only an attempt pays for it
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - the same

    told = getproxies().get(scheme)
    if not told or proxy_bypass(host):
        return None
    parts = urlsplit(told if "://" in told else f"http://{told}")
    return (parts.hostname, parts.port or 3128) if parts.hostname else None


def _asked(
    connection: HTTPConnection, address: SplitResult, document: Mapping[str, Any], headers: Mapping[str, str]
) -> HTTPResponse:
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    own = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", "User-Agent": "crisisctl"}
    body = json.dumps(document, ensure_ascii=False).encode()
    connection.request("POST", path, body, {**own, **headers, "Connection": "close"})
    return connection.getresponse()


def _accepted(host: str, answer: HTTPResponse) -> Answer:
    """What was said to a text that was accepted; else the failure. From here on the status decides, not the body."""
    code = answer.status
    if code // 100 == 2:  # noqa: PLR2004 - 2xx
        page = answer.headers.get_content_type() in _PAGES
        return Answer(answer.headers.get("Location", ""), _told(answer), page)
    reason = f"{host} answered {code}"
    if code in _AFTER_THE_WORK:
        raise Unclear(f"{reason}, which does not say whether the text was taken in")
    if code in _TURNED_AWAY:
        raise DeliveryFailed(f"{reason}: {_TURNED_AWAY[code]}, in channels.yaml", permanent=True)
    if code // 100 == 3:  # noqa: PLR2004 - 3xx
        raise DeliveryFailed(f"{reason}, a redirect, which is never followed; correct the address", permanent=True)
    raise DeliveryFailed(reason)


def _told(answer: HTTPResponse) -> Mapping[str, Any]:
    try:
        told = json.loads(answer.read(LONGEST_ANSWER))
    except (OSError, HTTPException, ValueError, RecursionError):
        return {}  # accepted all the same
    return told if isinstance(told, dict) else {}


def basic(address: SplitResult) -> dict[str, str]:
    """The header that carries the name and password of an address; none when it has neither."""
    if address.username is None:
        return {}
    pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def said(told: Mapping[str, Any], name: str, longest: int = 500) -> str:
    """A short text, or a number as one, from what a server said; nothing when it said no such thing."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return text if len(text) <= longest and text.isprintable() else ""
