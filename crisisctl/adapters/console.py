"""Shows notices on a stream: for contacts written `console:`."""

from __future__ import annotations

from typing import TextIO

from crisisctl.domain.text import visible
from crisisctl.service.ports import DeliveryFailed, Message

SHOWN_KEY = 12


class Console:
    """Prints each notice as a few lines, the body indented so that it cannot pass for another notice."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def check(self, to: str) -> str | None:  # noqa: ARG002 - as for send
        """What keeps the console from showing notices; None when nothing does."""
        return "the console is closed; no notice can be shown there" if self._stream.closed else None

    def send(self, message: Message, to: str) -> None:  # noqa: ARG002 - there is one console, whatever the address says
        """Print the notice and flush it; `DeliveryFailed` when the stream takes no more."""
        encoding = self._stream.encoding or "utf-8"
        # A terminal that cannot show a letter shows its number; the notice still gets through.
        text = _told(message).encode(encoding, "backslashreplace").decode(encoding)
        if not self._printed(text):
            raise DeliveryFailed("the console takes no more output; the notice was not shown")

    def _printed(self, text: str) -> bool:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a closed file is a ValueError
            return False
        return True


def _told(message: Message) -> str:
    body = visible(message.body, lines=True).split("\n")
    kind = "URGENT NOTICE" if message.urgent else "NOTICE"
    indented = [f"  {row}".rstrip() for row in body if message.body]
    return "\n".join([f"{kind}  {visible(message.title)}", *indented, f"  ref {visible(message.key[:SHOWN_KEY])}", ""])
