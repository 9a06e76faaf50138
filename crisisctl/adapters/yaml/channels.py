"""The channels, read from the program's own file and that of the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from crisisctl.adapters.yaml import findings
from crisisctl.adapters.yaml.loaded import load
from crisisctl.domain.errors import Invalid
from crisisctl.domain.measure.channel import Channel
from crisisctl.domain.measure.form import built, check_channels, merged

USUAL = Path(__file__).parents[2] / "data" / "channels.yaml"


class ChannelFiles:
    """The usual channels, and over them those of a workspace, which need not have any; each file is read once."""

    def __init__(self, own: Path | None) -> None:
        self._own = own

    def channels(self) -> Mapping[str, Channel]:
        """Every channel by name, in the order of the files."""
        return self._channels

    @cached_property
    def _channels(self) -> Mapping[str, Channel]:
        own = _document(self._own) if self._own and self._own.exists() else {}
        return built(merged(_document(USUAL), own))


def _document(path: Path) -> dict[str, Any]:
    """The plain document in a file; `Invalid` with every fault on a line of its own, with its place and its remedy."""
    loaded = load(path)
    problems = check_channels(loaded.document) if loaded.complete else []
    if found := findings(str(path), loaded, problems):
        raise Invalid(
            "\n".join(f"{one.file}:{one.line}:{one.column}: {one.message}. {_do(one.remedy)}" for one in found)
        )
    return loaded.document if isinstance(loaded.document, dict) else {}


def _do(remedy: str) -> str:
    return f"{remedy[:1].upper()}{remedy[1:]}."
