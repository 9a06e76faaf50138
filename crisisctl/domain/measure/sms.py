"""How a text is packed into short messages: GSM 03.38 with its extension, else UCS-2."""

from __future__ import annotations

from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each is sent as an escape and a second septet
_BEYOND = 0x10000  # from here on a character takes two units of UCS-2
GSM, UCS = "GSM-7", "UCS-2"


class Packed(NamedTuple):
    """A text as messages; `units` are septets in GSM-7, and 16 bits each in UCS-2."""

    encoding: str
    units: int
    segments: int


def packed(text: str) -> Packed:
    """How many messages it takes; a character of two units is never split between two of them."""
    if all(one in _BASIC or one in _EXTENDED for one in text):
        sizes = [2 if one in _EXTENDED else 1 for one in text]
        return Packed(GSM, sum(sizes), _segments(sizes, alone=160, each=153))
    sizes = [2 if ord(one) >= _BEYOND else 1 for one in text]
    return Packed(UCS, sum(sizes), _segments(sizes, alone=70, each=67))


def _segments(sizes: list[int], *, alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1 if sizes else 0
    done, room = 1, each
    for size in sizes:
        if size > room:
            done, room = done + 1, each
        room -= size
    return done
