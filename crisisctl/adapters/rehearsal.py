"""What stands for the outside in a rehearsal: it writes down what would have been said, and has no way to say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from crisisctl.domain.scenario import Told
from crisisctl.service.outward import Rendition
from crisisctl.service.ports import DeliveryFailed, Message


class Recorder:
    """Takes every notice down; the address of each person is their name."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def check(self, to: str) -> None:
        """Nothing is wrong with any name."""

    def send(self, message: Message, to: str) -> None:
        self.told.append(Told(to, f"{message.title}\n{message.body}"))

    def taken(self) -> tuple[Told, ...]:
        """What was said since this was asked last."""
        told, self.told = tuple(self.told), []
        return told


class Nobody:
    """Posts nothing: there is no channel that could ask it to."""

    def check(self, to: str) -> str:  # noqa: ARG002 - the port's
        """Why no address can be used."""
        return "nothing is posted in a rehearsal"

    def post(self, rendition: Rendition, to: str, key: str) -> NoReturn:  # noqa: ARG002 - the port's
        raise DeliveryFailed("nothing is posted in a rehearsal", permanent=True)


class Desktop:
    """Lays nothing out: the texts stay in the log of the rehearsal."""

    def lay_out(
        self,
        incident: str,  # noqa: ARG002 - the port's
        statement: str,  # noqa: ARG002 - the port's
        renditions: Mapping[str, str],  # noqa: ARG002 - the port's
        *,
        drill: bool,  # noqa: ARG002 - the port's
        several: bool = False,  # noqa: ARG002 - the port's
    ) -> list[Path]:
        return []

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
        """There is nothing to take back."""


class SameChance:
    """No chance at all: two rehearsals of one scenario are the same to the byte."""

    def salt(self) -> bytes:
        return bytes(32)
