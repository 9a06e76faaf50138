"""Whether there is a log, and whether it is closed, asked on the way to something else."""

from __future__ import annotations

from crisisctl.adapters.postgres import schema
from crisisctl.adapters.postgres.wire import Db
from crisisctl.domain.errors import StoreFailed

# Sent together, so that the second costs no trip of its own.
_BEGIN = """BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SELECT to_regproc(format('%I.log_was_moved', current_schema())) IS NOT NULL"""
_OURS = """SELECT count(to_regclass(format('%I.%I', current_schema(), name)))
    FROM unnest(ARRAY['entry', 'head', 'timer', 'outbox', 'beat', 'seat']) AS name"""


def made(db: Db, place: str) -> bool:
    """Whether a log of the present schema is there; `StoreFailed` when tables of its names are, and no mark of it."""
    found = schema.version(db)
    if found or not _taken(db):
        return found == schema.VERSION
    if schema.version(db):  # somebody has made it between the two looks
        return True
    raise StoreFailed(
        f"{place} holds tables that are not a log of crisisctl, or a log whose schema mark is gone. Nothing was "
        "written. Restore it, or name another schema."
    )


def begun(db: Db) -> bool:
    """Begin to read; whether the log is closed, because it was moved."""
    answers = db.execute(_BEGIN)
    answers.nextset()
    row = answers.fetchone()
    return bool(row and row[0])


def _taken(db: Db) -> bool:
    row = db.execute(_OURS).fetchone()
    return bool(row and row[0])
