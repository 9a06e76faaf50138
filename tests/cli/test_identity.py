"""Who acts: the one told, the environment, the settings, the login; and, where identity is strict, nobody else."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Program

LOGIN = pwd.getpwuid(os.geteuid()).pw_name
NOBODY = {"CRISISCTL_AS": ""}


def _roster(program: Program, **logins: str) -> None:
    rows = "".join(f"  {person}: {{login: {login}, roles: [comms-lead]}}\n" for person, login in logins.items())
    (program.root / "roster.yaml").write_text(f"people:\n{rows}")


def _last(program: Program) -> Any:
    told = program.process("timeline", "-i", "INC-1", "--json", env=NOBODY)
    assert told.returncode == 0, told.stderr
    import json

    return max(json.loads(told.stdout)["entries"], key=lambda entry: entry["version"])


def _note(program: Program, *before: str, **variables: str) -> tuple[int, str]:
    told = program.process(*before, "note", "x", env=NOBODY | variables)
    return told.returncode, told.stderr
