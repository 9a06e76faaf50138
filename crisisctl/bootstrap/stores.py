"""Where a log lives: a URL in, a store out."""

from __future__ import annotations

from pathlib import Path

from crisisctl.adapters import posix
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.domain.errors import Invalid
from crisisctl.service.ports import Store


def at_file(path: Path) -> Sqlite:
    """A backup, which may lie anywhere: nobody writes there."""
    return Sqlite(path.absolute(), posix.turnstile, lambda _: None)


def opened(url: str, root: Path) -> Store:
    """The store that a URL names; relative paths are relative to the workspace. `Invalid` when there is none such."""
    scheme, _, place = url.partition(":")
    if scheme == "sqlite" and place:
        return Sqlite(root / place.removeprefix("//"), posix.turnstile, posix.network_file_system)
    if scheme not in ("postgresql", "postgres"):
        raise Invalid(f"A store {scheme!r} is unknown. Write sqlite:state/crisisctl.db, or postgresql://HOST/DATABASE.")
    try:
        from crisisctl.adapters.postgres import Postgres  # noqa: PLC0415 - only a team's store pays for it
    except ImportError:
        raise Invalid("A store in PostgreSQL needs its driver: pip install 'crisisctl[postgres]'") from None
    return Postgres(url)
