"""What authorities ask for: the forms that come with the program, and those of a workspace laid over them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from crisisctl.adapters.yaml.clocks import checked
from crisisctl.domain.clocks.filing import Forms, build
from crisisctl.domain.clocks.filing_form import check

SHIPPED = Path(__file__).parents[2] / "data" / "filings.yaml"


def read_filings(own: Path, clocks: Collection[str]) -> Forms:
    """The forms, with those of the file if it is there; `Invalid` with the place of each mistake and its remedy."""
    shipped = checked(SHIPPED, lambda document: check(document, clocks))
    over = checked(own, lambda document: check(document, clocks, shipped)) if own.exists() else {}
    return build(shipped, over)
