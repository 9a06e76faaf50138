"""The ways in which a rendition leaves the building: each poster takes the addresses of its schemes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crisisctl.service.outward import Poster, Receipt, Rendition, Unclear
from crisisctl.service.ports import DeliveryFailed


class Ways:
    """One poster for every address: `told` gives what a reference refers to, `others` takes the schemes left over."""

    def __init__(self, told: Callable[[str], str], ways: Mapping[str, Poster], others: Poster) -> None:
        self._told = told
        self._ways = ways
        self._others = others

    def check(self, to: str) -> str | None:
        try:
            address = self._told(to)
        except DeliveryFailed as failure:
            return failure.reason
        return self._of(address).check(address)

    def post(self, rendition: Rendition, to: str, key: str) -> Receipt:
        address = self._told(to)
        try:
            return self._of(address).post(rendition, address, key)
        except DeliveryFailed:
            raise
        except Exception as error:  # noqa: BLE001 - its text might hold the address, and it may have broken off anywhere
            reason = f"the way there broke down ({type(error).__name__})"
        raise Unclear(reason)

    def _of(self, address: str) -> Poster:
        return self._ways.get(address.strip().partition("://")[0].lower(), self._others)
