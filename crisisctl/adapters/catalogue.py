"""The catalogue of clocks that comes with the program, in the form that is read fastest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "data" / "clocks"
SOURCES = ("europe", "americas", "asia-pacific", "contracts", "closures")


def shipped() -> dict[str, Any]:
    """The document: `regimes` and `calendars`, checked when it was made from its sources."""
    document: dict[str, Any] = json.loads((FOLDER / "catalogue.json").read_text(encoding="utf-8"))
    return document
