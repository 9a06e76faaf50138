"""What can be said of a PostgreSQL database and of whoever is logged in there."""

from __future__ import annotations

from crisisctl.adapters.postgres.wire import Db

_SERVER = """SELECT current_setting('server_version'), current_user::text, pg_is_in_recovery(),
    current_setting('transaction_read_only')::boolean,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), current_schema()::text"""
_TABLES = """SELECT coalesce(sum(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass)), 0)::bigint
    FROM pg_tables WHERE schemaname = current_schema()
    AND tablename IN ('entry', 'head', 'timer', 'outbox', 'beat')"""
_RIGHTS = """SELECT has_table_privilege('entry', 'INSERT'), has_column_privilege('entry', 'words', 'UPDATE'),
    has_table_privilege('head', 'INSERT')"""


def about(db: Db, schema: int) -> dict[str, object]:
    """Sizes in bytes; `may` says what this login is allowed to do with the log."""
    found = db.execute(_SERVER).fetchone() or ("?", "?", False, False, False, False, None)
    server, login, replica, read_only, tls, make, tables_in = found
    known: dict[str, object] = {
        "engine": f"PostgreSQL {server}",
        "schema": schema,
        "tables_in": tables_in,
        "login": login,
        "tls": tls,
        "role": "replica" if replica else "read-only" if read_only else "primary",
    }
    if not schema:
        return known | {"may": {"append": False, "redact": False, "make": make and not read_only}}
    (size,) = db.execute(_TABLES).fetchone() or (0,)
    append, redact, heads = db.execute(_RIGHTS).fetchone() or (False, False, False)
    may = {"append": append and heads, "redact": append and redact, "make": make}
    return known | {"size": size, "may": {name: allowed and not read_only for name, allowed in may.items()}}
