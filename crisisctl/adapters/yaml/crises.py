"""Real crises, read from files of JSON; what is wrong with them is told with its line and column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.adapters.yaml import findings
from crisisctl.adapters.yaml.loaded import Loaded, load
from crisisctl.domain.drill.convert import check_crisis
from crisisctl.service.ports import Finding

LARGEST = 4 * 1024 * 1024
_SAME_IN_JSON = ("duplicate-key", "unreadable-file", "too-large", "not-utf-8")


class ReadCrisis(NamedTuple):
    """A crisis' document, None when a finding is an error; and the findings by line."""

    document: dict[str, Any] | None
    findings: list[Finding]


def read_crisis(path: Path) -> ReadCrisis:
    """A crisis, checked; never raises, whatever the file holds."""
    places = load(path, LARGEST)  # JSON is YAML, and its reader knows where each thing stands
    places.faults = [fault for fault in places.faults if fault.rule in _SAME_IN_JSON]
    if any(fault.rule in _SAME_IN_JSON[1:] for fault in places.faults):
        return ReadCrisis(None, findings(str(path), places, []))
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        told = (f"this is no JSON: {error.msg}", "mend it there")
        return ReadCrisis(None, [Finding(str(path), error.lineno, error.colno, "error", "not-json", *told)])
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        return ReadCrisis(None, [Finding(str(path), 1, 1, "error", "not-json", why, "write plain JSON")])
    return _checked(path, document, places)


def _checked(path: Path, document: object, places: Loaded) -> ReadCrisis:
    found = findings(str(path), places, check_crisis(document))
    usable = isinstance(document, dict) and all(finding.level != "error" for finding in found)
    return ReadCrisis(document if isinstance(document, dict) and usable else None, found)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
