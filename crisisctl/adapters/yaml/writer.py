"""A plain document as YAML that its own reader takes back: block by block, every text in double quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[a-z][a-z0-9_-]*|\d+[dhms][0-9dhms]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def written(document: Mapping[str, Any]) -> str:
    """The document, its keys in their order."""
    return "".join(f"{line}\n" for line in _mapping(document, ""))


def _mapping(value: Mapping[str, Any], lead: str) -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield f"{lead}{_scalar(key)}:"
            yield from _mapping(inner, f"{lead}  ")
        elif isinstance(inner, list) and inner:
            yield f"{lead}{_scalar(key)}:"
            for one in inner:
                yield from _item(one, lead)
        else:
            yield f"{lead}{_scalar(key)}: {_scalar(inner)}"


def _item(value: Any, lead: str) -> Iterator[str]:  # noqa: ANN401 - whatever a document holds
    if not isinstance(value, Mapping) or not value:
        yield f"{lead}  - {_scalar(value)}"
        return
    first, *rest = _mapping(value, f"{lead}    ")
    yield f"{lead}  - {first.lstrip()}"
    yield from rest


def _scalar(value: Any) -> str:  # noqa: ANN401 - the same
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
