"""Posts a rendition as a JSON document: for channels whose `to` leads to https://HOST/PATH."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from crisisctl.adapters.posting.http import basic, post, said
from crisisctl.adapters.posting.line import SECONDS, loopback
from crisisctl.service.outward import Receipt, Rendition
from crisisctl.service.ports import DeliveryFailed

KEY_HEADER = "Idempotency-Key"


class Webhook:
    """One POST an attempt. Plain http carries no name and password, but to this very machine."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def check(self, to: str) -> str | None:
        return trouble(_split(to))

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        address = _split(to)
        if address is None or trouble(address):
            raise DeliveryFailed(trouble(address) or MALFORMED, permanent=True)
        document = letter(rendition, key)
        answer = post(address, document, {KEY_HEADER: key, **basic(address)}, seconds=self._seconds)
        url = said(answer.told, "url") or (answer.location if answer.location.startswith("http") else "")
        came = f"{address.hostname} answered with a web page; look whether it took the text" if answer.page else ""
        return Receipt("webhook", said(answer.told, "id"), url[:500], came=came)


MALFORMED = "that is no address that can be posted to; write https://HOST/PATH"


def letter(rendition: Rendition, key: str) -> dict[str, str]:
    """What is posted: the text, and what a receiver needs to put it in its place."""
    channel, _, language = rendition.key.rpartition("/")
    named = {"key": key, "incident": rendition.incident, "statement": rendition.statement}
    return {**rendition.parts, **named, "channel": channel, "language": language, "text": rendition.text}


def _split(to: str) -> SplitResult | None:
    try:
        address = urlsplit(to.strip())
        address.port  # noqa: B018 - a port that is none raises here, and not on the way
    except ValueError:
        return None
    plain = to.isascii() and to.strip().isprintable() and " " not in to.strip()
    return address if plain and address.hostname and address.scheme in ("http", "https") else None


def trouble(address: SplitResult | None) -> str | None:
    """What keeps the address from being used safely; None when nothing does."""
    if address is None:
        return MALFORMED
    if address.scheme == "http" and address.username is not None and not loopback(address.hostname or ""):
        return f"{address.hostname} would get a password over plain http, where others can read it; write https"
    return None
