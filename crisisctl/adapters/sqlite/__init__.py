"""The store in one SQLite file."""

from crisisctl.adapters.sqlite.store import Sqlite

__all__ = ["Sqlite"]
