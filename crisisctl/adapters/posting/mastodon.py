"""Posts a rendition as a status of Mastodon and whatever speaks like it: https+mastodon://TOKEN@HOST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from crisisctl.adapters.posting.http import post, said
from crisisctl.adapters.posting.line import SECONDS, loopback
from crisisctl.service.outward import Receipt, Rendition, Unclear
from crisisctl.service.ports import DeliveryFailed

PATH = "/api/v1/statuses"
VISIBILITIES = ("public", "unlisted", "private", "direct")
_FORM = "write https+mastodon://TOKEN@HOST, or https+mastodon://HOST?token=env:NAME"
_SCHEMES = {"https+mastodon": "https", "http+mastodon": "http"}


class _Account(NamedTuple):
    """Where an account lives, the reference to its token or the token itself, and who may see what it posts."""

    address: SplitResult
    token: str
    visibility: str


class Mastodon:
    """One POST an attempt. `told` gives the token that `env:NAME` or `file:PATH` refers to."""

    def __init__(self, told: Callable[[str], str], *, seconds: float = SECONDS) -> None:
        self._told = told
        self._seconds = seconds

    def check(self, to: str) -> str | None:
        found = _account(to)
        return found if isinstance(found, str) else None

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        account = _account(to)
        if isinstance(account, str):
            raise DeliveryFailed(account, permanent=True)
        token = self._told(account.token)
        if not token.isascii() or not token.isprintable() or " " in token:
            raise DeliveryFailed("the token is none: it holds what no token can", permanent=True)
        document = {"status": rendition.text, "visibility": account.visibility}
        if language := rendition.key.rpartition("/")[2]:
            document["language"] = language.partition("-")[0]  # ISO 639; the server knows no regions
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        answer = post(account.address, document, headers, seconds=self._seconds)
        told, host = answer.told, account.address.hostname or ""
        if not said(told, "id"):
            came = "with a web page, such as a login," if answer.page else "without an error"
            raise Unclear(f"{host} answered {came} and named no post")
        return Receipt("mastodon", said(told, "id"), said(told, "url"), _instant(said(told, "created_at")))


def _account(to: str) -> _Account | str:
    """The account of an address, or what is wrong with it, without anything of it but the host."""
    try:
        given = urlsplit(to.strip())
        port = f":{given.port}" if given.port else ""
    except ValueError:
        return f"that is no address of an account; {_FORM}"
    host, asked = given.hostname or "", parse_qs(given.query)
    token = (asked.get("token") or [unquote(given.username or "")])[0]
    visibility = (asked.get("visibility") or ["public"])[0]
    if given.scheme not in _SCHEMES or not host or not token or not host.isascii():
        return f"that is no address of an account; {_FORM}"
    if visibility not in VISIBILITIES:
        return f"{host}: visibility is one of {', '.join(VISIBILITIES)}"
    if given.scheme == "http+mastodon" and not loopback(host):
        return f"{host} would get the token over plain http, where others can read it; write https+mastodon"
    name = f"[{host}]" if ":" in host else host
    path = f"{given.path.rstrip('/')}{PATH}"
    return _Account(SplitResult(_SCHEMES[given.scheme], f"{name}{port}", path, "", ""), token, visibility)


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
