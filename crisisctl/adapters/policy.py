"""The policy of what may be said: the package's, and over it the `policy.yaml` of a workspace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from crisisctl.domain.check import Path as Steps
from crisisctl.domain.errors import Invalid
from crisisctl.domain.lint.form import problems
from crisisctl.domain.lint.policy import Document, Policy, merged

FILE = "policy.yaml"
PACKAGE = tuple(
    Path(__file__).parent.parent / "data" / f"policy{part}.yaml"
    for part in ("", "-words", "-en-errors", "-en-warnings")
)


class Fault(Protocol):
    """What is wrong with the text of a file."""

    @property
    def spot(self) -> tuple[int, int]:
        """Line and column, from 1."""
        ...

    @property
    def message(self) -> str:
        """What is wrong."""
        ...

    @property
    def remedy(self) -> str:
        """What to do about it."""
        ...


class Loaded(Protocol):
    """A YAML file that knows where everything in it stands."""

    @property
    def document(self) -> object:
        """What it says."""
        ...

    @property
    def faults(self) -> Sequence[Fault]:
        """What is wrong with its text."""
        ...

    def spot(self, path: Steps, *, on_key: bool = False) -> tuple[int, int]:
        """Where a key or value stands."""
        ...


class PolicyFiles:
    """The policy of a workspace, or the package's alone; `Invalid` names every slip with its place and remedy."""

    def __init__(self, root: Path | None, load: Callable[[Path], Loaded]) -> None:
        self._root = root
        self._load = load

    def policy(self) -> Policy:
        return self._policy

    @cached_property
    def _policy(self) -> Policy:
        document = self._package()
        if self._root is not None and ((own := self._root / FILE).exists() or own.is_symlink()):
            document = merged(document, self._read(own, document))
        return Policy(document, _digest(document))

    def _package(self) -> Document:
        """What comes with the program; tests hold it against its form, so that nobody has to wait for that."""
        whole: Document = {}
        for path in PACKAGE:
            document = self._load(path).document
            whole = merged(whole, document if isinstance(document, dict) else {})
        return whole

    def _read(self, path: Path, base: Document) -> Document:
        loaded = self._load(path)
        told = [(fault.spot, fault.message, fault.remedy) for fault in loaded.faults]
        if not told:
            told = [
                (loaded.spot(problem.path, on_key=problem.on_key), problem.message, problem.remedy)
                for problem in problems(loaded.document, base)
            ]
        if told:
            rows = [f"{path}:{spot[0]}:{spot[1]}: {message}; {remedy}." for spot, message, remedy in sorted(told)]
            raise Invalid("\n".join(rows).replace("the playbook is", "the policy is"))
        return loaded.document if isinstance(loaded.document, dict) else {}


def _digest(document: Document) -> str:
    """The same for policies that say the same."""
    written = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
