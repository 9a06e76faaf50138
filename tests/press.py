"""Makes what is read fastest from what people edit: the catalogue as JSON, and the holidays that most deadlines need.

`make clocks` runs it after a change of the sources, or of the package `holidays`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crisisctl.adapters.catalogue import FOLDER, SOURCES
from crisisctl.adapters.holidays import SHIPPED, live
from crisisctl.adapters.yaml import load
from crisisctl.domain.clocks.form import check

EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
PLACES = (*EU.split(), "AU-NSW", "AU-QLD", "AU-VIC", "BR", "GB-ENG", "JP", "US")
FIRST, LAST = 2018, 2035


def catalogue() -> dict[str, Any]:
    """The sources as one document, which must be in order."""
    whole: dict[str, Any] = {"regimes": {}, "calendars": {}}
    for name in SOURCES:
        loaded = load(FOLDER / f"{name}.yaml")
        assert not loaded.faults, (name, loaded.faults)
        assert isinstance(loaded.document, dict)
        for part, entries in loaded.document.items():
            assert not set(entries) & set(whole[part]), f"{name} says again what another file says"
            whole[part].update(entries)
    assert not check(whole), check(whole)
    return whole


def holidays(place: str) -> dict[str, Any]:
    """The holidays of a place by day, as the installed package knows them, and its version."""
    known = live(place)
    days = {str(day): name for year in range(FIRST, LAST + 1) for day, name in sorted(known.year(year).items())}
    return {"version": known.version, "years": [FIRST, LAST], "days": days}


def written(document: Mapping[str, Any]) -> str:
    """The document as a file holds it."""
    return f"{json.dumps(document, ensure_ascii=False, indent=1)}\n"


def main() -> None:
    (FOLDER / "catalogue.json").write_text(written(catalogue()), encoding="utf-8")
    SHIPPED.mkdir(exist_ok=True)
    for place in PLACES:
        (SHIPPED / f"{place}.json").write_text(written(holidays(place)), encoding="utf-8")


if __name__ == "__main__":
    main()
