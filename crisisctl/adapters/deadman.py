"""Calls an address outside while all goes well, so that somebody there notices when the calls stop.

The address is a secret: what is told of it is its host, and no more.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from crisisctl.service.ports import DeliveryFailed

SECONDS = 10.0
SHORTEST = 10.0  # seconds between two calls; more often is no use, and a burden on whoever is called
_ADDRESS = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(?:[/?][\x21-\x7e]*)?")


class Flaw(NamedTuple):
    """A sentence about the address; it is `wrong` when it cannot be called wherever the watch runs."""

    told: str
    wrong: bool


class DeadMan:
    """One address; `told` gives it at the moment of the call, or raises `DeliveryFailed` without a secret."""

    def __init__(self, told: Callable[[], str], *, seconds: float = SECONDS) -> None:
        self._told = told
        self._seconds = seconds

    def call(self) -> str | None:
        """Call once, ten seconds at most; what went wrong, as a sentence that names the host alone, or None."""
        try:
            address = self._told()
        except DeliveryFailed as failure:
            return f"{failure.reason}."
        if trouble := malformed(address):
            return trouble
        said: SimpleQueue[str] = SimpleQueue()
        # A thread of its own: looking a name up knows no time limit, and nobody may wait for it.
        Thread(target=lambda: said.put(_called(address, self._seconds)), name="dead-man", daemon=True).start()
        try:
            how = said.get(timeout=self._seconds)
        except Empty:
            how = f"did not answer within {self._seconds:g} seconds"
        return f"{host(address)} {how}." if how else None

    def check(self) -> Flaw | None:
        """What keeps the address from being called, or from being called safely; nothing is sent."""
        try:
            address = self._told()
        except DeliveryFailed as failure:
            return Flaw(failure.reason, wrong=failure.permanent)
        if trouble := malformed(address):
            return Flaw(trouble, wrong=True)
        return Flaw(readable, wrong=False) if (readable := _readable(address)) else None


def malformed(address: str) -> str | None:
    """What is wrong with the form of the address, in words that hold nothing of it; None when it can be called."""
    found = _ADDRESS.fullmatch(address)
    if found and int((found[3] or ":0")[1:]) <= 65_535:  # noqa: PLR2004 - the highest port
        return None
    return "dead_man is no address that can be called: write https://HOST/PATH, env:NAME or file:PATH."


def host(address: str) -> str:
    """The host of a well-formed address."""
    found = _ADDRESS.fullmatch(address)
    return found[2] if found else "…"


def _readable(address: str) -> str | None:
    name = host(address).strip("[]")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(name).is_loopback:
            return None
    if address.startswith("https:") or name == "localhost":
        return None
    return f"the dead man's address at {name} goes over plain http, where others can read it; write https"


def _called(address: str, seconds: float) -> str:
    """How the call went: nothing when it was accepted. No redirect is followed, and the body is left unread."""
    from urllib.error import HTTPError  # noqa: PLC0415 - only a call pays for it
    from urllib.request import Request  # noqa: PLC0415 - the same

    request = Request(address, headers={"User-Agent": "crisisctl"})  # noqa: S310 - its form was checked: http or https
    try:
        with _opener().open(request, timeout=seconds):
            return ""
    except HTTPError as error:
        error.close()
        redirect = ", a redirect, which is never followed; correct the address" if error.code // 100 == 3 else ""  # noqa: PLR2004 - 3xx
        return f"answered {error.code}{redirect}"
    except Exception as error:  # noqa: BLE001 - told by its kind alone: its text, and a traceback, might hold the address
        cause = getattr(error, "reason", error)
        if isinstance(cause, TimeoutError):
            return f"did not answer within {seconds:g} seconds"
        return f"cannot be reached ({type(cause).__name__})"


def _opener() -> Any:  # noqa: ANN401 - urllib's, of a class made here
    """Goes through the proxy of the environment, if there is one, and follows nothing."""
    from urllib.request import HTTPRedirectHandler, build_opener  # noqa: PLC0415 - only a call pays for it

    class Staying(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return build_opener(Staying)
