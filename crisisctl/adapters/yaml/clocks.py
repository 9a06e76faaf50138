"""Clocks of one's own: a YAML file in the form of the catalogue, checked against what it is laid over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from crisisctl.adapters.yaml.loaded import load
from crisisctl.domain.check.place import Problem
from crisisctl.domain.clocks.form import check
from crisisctl.domain.errors import Invalid, NotFound

ENOUGH = 5
LARGEST = 8 * 1024 * 1024


def read_clocks(path: Path, shipped: Mapping[str, Any]) -> dict[str, Any]:
    """The document of the file; `Invalid` with the place of each mistake and what to write instead."""
    return checked(path, lambda document: check(document, shipped))


def checked(path: Path, check: Callable[[object], Iterable[Problem]]) -> dict[str, Any]:
    """The document of a file in which neither the reading nor the check finds a slip; else `Invalid` with each."""
    loaded = load(path)
    told = [(*fault.spot, fault.message, fault.remedy) for fault in loaded.faults]
    if loaded.complete:
        for problem in check(loaded.document):
            spot = loaded.spot(problem.path, on_key=problem.on_key)
            told.append((*spot, problem.message, problem.remedy))
    if told:
        lines = [f"{path}:{line}:{column}: {message}; {remedy}." for line, column, message, remedy in sorted(told)]
        more = [f"... and {len(lines) - ENOUGH} more."] if len(lines) > ENOUGH else []
        raise Invalid("\n".join([*lines[:ENOUGH], *more]))
    document = loaded.document
    return document if isinstance(document, dict) else {}


def read_cases(path: Path) -> object:
    """The document of a file of worked cases, YAML by its ending and else JSON; `Invalid` with the place of a slip."""
    if not path.is_file():
        raise NotFound(f"{path} is not there, or is no file. Name a file of worked cases.")
    if path.suffix in (".yaml", ".yml"):
        loaded = load(path)
        for fault in loaded.faults:
            raise Invalid(f"{path}:{fault.spot[0]}:{fault.spot[1]}: {fault.message}; {fault.remedy}.")
        return loaded.document
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise Invalid(f"{path} is larger than {LARGEST // 1024} KiB. Split it.")
        return json.loads(data)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise Invalid(f"{path}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}. Mend it there.") from None
    except (UnicodeDecodeError, RecursionError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else "it is nested too deep"
        raise Invalid(f"{path}: {reason}. Save it as JSON in UTF-8.") from None
