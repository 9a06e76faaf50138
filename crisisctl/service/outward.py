"""What bringing words out needs from outside: each way out implements `Poster`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from crisisctl.service.ports import DeliveryFailed

if TYPE_CHECKING:
    from pathlib import Path

    from crisisctl.domain.measure.channel import Channel


class Rendition(NamedTuple):
    """The exact text for one place, whose key is `CHANNEL/LANGUAGE`; an e-mail has the parts `subject` and `html`."""

    key: str
    text: str
    parts: Mapping[str, str] = {}
    incident: str = ""
    statement: str = ""


class Receipt(NamedTuple):
    """What whoever took a text in said of it: its id and address there, and when; whatever was not said is empty.

    `came` is what came instead of a receipt, where that is odd.
    """

    by: str
    id: str = ""
    url: str = ""
    at: datetime | None = None
    came: str = ""


class Unclear(DeliveryFailed):
    """Nobody knows whether it arrived: it was on its way when the answer failed to come."""


class Poster(Protocol):
    """Brings a text out in one place, once; where that fails, it says whether nothing can have been brought out."""

    def check(self, to: str) -> str | None:
        """What is wrong with the address, without posting anything and without a secret; None when it can be used."""
        ...

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        """Post within ten seconds, or fail: `Unclear` when it may be out, `DeliveryFailed` when it surely is not.

        `to` is an address or a reference to one. The same `key` at every attempt lets the receiver drop a repeat.
        """
        ...


class Channels(Protocol):
    """The places where words go, and how each counts them."""

    def channels(self) -> Mapping[str, Channel]:
        """Every channel by name; `Invalid`, with file, line, column and remedy, when a file of them has faults."""
        ...


class Outgoing(Protocol):
    """Where published statements are laid out, ready to be pasted."""

    def lay_out(
        self, incident: str, statement: str, renditions: Mapping[str, str], *, drill: bool, several: bool = False
    ) -> list[Path]:
        """Write the exact text of each rendition, given by key; the paths in the same order.

        `several` says that the statement has more languages than those at hand.
        """
        ...

    def withdraw(
        self,
        incident: str,
        statement: str,
        gone: Sequence[str],
        kept: Sequence[str],
        fresh: Sequence[Path],
        *,
        drill: bool,
    ) -> None:
        """Remove every file that an earlier text left for these keys, but none of the keys kept and no fresh one."""
        ...
