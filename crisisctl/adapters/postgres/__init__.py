"""The store in a PostgreSQL database, for a team on many machines."""

from crisisctl.adapters.postgres.store import Postgres

__all__ = ["Postgres"]
