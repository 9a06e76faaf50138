"""Fetches a calendar over HTTPS: ten seconds, one mebibyte, and no way to another host."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from crisisctl.adapters.calendars.expand import Unusable

SECONDS = 10.0
LARGEST = 1024 * 1024
_ELSEWHERE = "the server sends to another one or in a circle, which is not followed; write the final address"
_ACCEPT = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "crisisctl"}


def fetch(address: str, *, seconds: float = SECONDS) -> bytes:
    """The content at the address; `Unusable` when it does not come in time, is too large, or lies with another host.

    No reason names more of the address than its host.
    """
    got: list[bytes | str] = []
    # In a thread that is left behind when time is up: looking a name up knows no time limit of its own.
    worker = Thread(target=lambda: got.append(_fetched(address, seconds)), daemon=True)
    worker.start()
    worker.join(seconds)
    found = got[0] if got else f"it did not come within {seconds:g} s"
    if isinstance(found, str):
        raise Unusable(found)
    return found


def _fetched(address: str, seconds: float) -> bytes | str:
    """The content, or why there is none."""
    until = monotonic() + seconds
    request = urllib.request.Request(address, headers=_ACCEPT)  # noqa: S310 - the roster admits http and https alone
    try:
        with _opener(address).open(request, timeout=seconds) as answer:
            return _content(answer, until)
    except urllib.error.HTTPError as error:
        return _ELSEWHERE if 300 <= error.code < 400 else f"the server answered {error.code}"  # noqa: PLR2004 - HTTP's own
    except Unusable as error:
        return str(error)
    except urllib.error.URLError as error:
        return _unreachable(error.reason)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return _unreachable(error)


def _unreachable(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "the server did not answer in time"
    told = getattr(reason, "strerror", None) or type(reason).__name__
    return f"the server cannot be reached ({told})"


def _content(answer: Any, until: float) -> bytes:  # noqa: ANN401 - what urllib hands over
    content = bytearray()
    while monotonic() < until:
        more = answer.read1(65_536)
        content += more
        if len(content) > LARGEST:
            raise Unusable(f"it is larger than {LARGEST // 1024} KiB")
        if not more:
            return _whole(answer, bytes(content))
    raise Unusable("it did not come in time")


def _whole(answer: Any, content: bytes) -> bytes:  # noqa: ANN401 - as above
    promised = answer.headers.get("Content-Length")
    if promised and promised.isdecimal() and int(promised) != len(content):
        raise Unusable("the connection broke off in the middle of it")
    return content


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects that stay with the server that the roster names."""

    max_redirections = 3

    def __init__(self, address: str) -> None:
        self._address = address

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:  # noqa: ANN401 - urllib's interface
        """The request to the new place; `Unusable` when that is somewhere else."""
        if _server(newurl) != _server(self._address):
            raise Unusable(_ELSEWHERE)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _server(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port


def _opener(address: str) -> urllib.request.OpenerDirector:
    """What opens http and https, by the proxies of the environment, and nothing else such as files."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _SameHost(address),
    ):
        opener.add_handler(handler)
    return opener
