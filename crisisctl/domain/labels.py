"""Labels of an entry: privileged (between a lawyer and those who ask), and how far it may travel (TLP 2.0 of FIRST)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from crisisctl.domain.entries import Entry
from crisisctl.domain.errors import Refused
from crisisctl.domain.text import visible

TLP = ("red", "amber+strict", "amber", "green", "clear")
CLOSE = frozenset({"red", "amber+strict", "amber"})  # what does not leave the room by itself
KINDS = ("privileged", "tlp")  # why an entry is kept out of an export


class Withheld(NamedTuple):
    """What an export leaves out: how many entries, and how many for each reason; one entry may have both."""

    entries: int = 0
    privileged: int = 0
    tlp: int = 0

    def sentence(self) -> str:
        """How many are left out and why; empty when none is."""
        if not self.entries:
            return ""
        why = [f"{self.privileged} privileged"] if self.privileged else []
        why += [f"{self.tlp} marked TLP:AMBER or stricter"] if self.tlp else []
        are = "entry is" if self.entries == 1 else "entries are"
        return f"{self.entries} {are} left out: {', '.join(why)}"


def read(command: Any) -> dict[str, Any]:  # noqa: ANN401 - whichever command; those without labels have none
    """The labels that a command asks for, as its entry seals them."""
    tlp = getattr(command, "tlp", None)
    given = {"privileged": True} if getattr(command, "privileged", False) else {}
    return given | ({"tlp": tlp.strip().lower().removeprefix("tlp:")} if tlp is not None else {})


def check(labels: dict[str, Any]) -> None:
    """`Refused`, with those that there are, when the label of TLP is none."""
    if "tlp" in labels and labels["tlp"] not in TLP:
        raise Refused(f"TLP knows {', '.join(TLP)}, not {visible(labels['tlp'][:80])!r}.")


def privileged(entry: Entry) -> bool:
    """Whether the entry is between a lawyer and those who ask."""
    return bool(entry.data.get("labels", {}).get("privileged"))


def mark(entry: Entry) -> str:
    """The labels as they stand before the entry's sentence, `[PRIVILEGED, TLP:RED] `; empty when it has none."""
    labels = entry.data.get("labels", {})
    told = ["PRIVILEGED"] if labels.get("privileged") else []
    told += [f"TLP:{labels['tlp'].upper()}"] if "tlp" in labels else []
    return f"[{', '.join(told)}] " if told else ""


def reasons(entry: Entry, included: Collection[str] = ()) -> list[str]:
    """Why the entry is kept out of an export that brings in these kinds; none when it is not."""
    close = entry.data.get("labels", {}).get("tlp") in CLOSE
    held = {"privileged": privileged(entry), "tlp": close}
    return [kind for kind in KINDS if held[kind] and kind not in included]


def withheld(entries: Iterable[Entry], included: Collection[str] = ()) -> Withheld:
    """What an export of the entries leaves out that brings in these kinds."""
    why = [held for entry in entries if (held := reasons(entry, included))]
    return Withheld(len(why), *(sum(kind in held for held in why) for kind in KINDS))
