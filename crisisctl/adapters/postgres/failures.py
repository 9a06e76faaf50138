"""PostgreSQL's errors as sentences."""

from __future__ import annotations

import psycopg
from psycopg import errors

from crisisctl.domain.errors import Conflict, CrisisError, StoreFailed

_NOTHING = "Nothing was written"
_KNOWN: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InvalidPassword, "refuses the login or its password. Check the URL, or ~/.pgpass."),
    (errors.InvalidAuthorizationSpecification, "does not let this login in. Ask whoever keeps it for access."),
    (errors.InvalidCatalogName, "has no database of that name. Make it with createdb, or mend the URL."),
    (errors.InvalidSchemaName, "has no schema to hold the log. Make it, or mend the search path in the URL."),
    (errors.TooManyConnections, "takes no more connections now. Try again in a moment."),
    (errors.CannotConnectNow, "is starting, stopping or recovering. Try again in a moment."),
    (errors.ReadOnlySqlTransaction, "is a read-only replica, on which the log can only be read. Name the primary."),
    (
        errors.InsufficientPrivilege,
        "does not allow that to this login. crisisctl store grants prints what its owner has to run.",
    ),
    (errors.DiskFull, "has no space left on its disk. Free some, then repeat."),
    (errors.QueryCanceled, "took longer than the statement timeout. Try again; crisisctl store info shows its state."),
    (errors.LockNotAvailable, "has the incident held by somebody else for too long. Try again."),
    (errors.IdleInTransactionSessionTimeout, "ended the transaction because it rested too long. Try again."),
    (errors.UndefinedTable, "has a log that is not whole: a table is missing. Restore a backup."),
    (errors.UndefinedColumn, "has a log of another form. Restore a backup, or upgrade crisisctl."),
)


def explained(place: str, error: psycopg.Error) -> CrisisError:
    """What a failure of PostgreSQL means for whoever waits for the answer, and what to do."""
    if isinstance(error, errors.IntegrityError | errors.DeadlockDetected | errors.SerializationFailure):
        return Conflict("Somebody else has moved the incident first. Look at it again.")
    for kind, sentence in _KNOWN:
        if isinstance(error, kind):
            return StoreFailed(f"{place} {sentence} {_NOTHING}.")
    if isinstance(error, errors.RaiseException):
        return StoreFailed(f"{place}: {_first(error)}. {_NOTHING}.")
    if isinstance(error, psycopg.OperationalError):
        return StoreFailed(f"{place} cannot be reached ({_first(error)}). {_NOTHING}; is the server up? Try again.")
    return StoreFailed(f"{place} cannot be used: {_first(error)}. {_NOTHING}.")


def lost(place: str) -> StoreFailed:
    """The connection went at the commit and does not come back, so nobody can tell now."""
    return StoreFailed(
        f"The connection to {place} was lost at the very end, and whether it was recorded cannot be told until it is "
        "back. Then look with crisisctl status, or repeat the command with the same --request-id."
    )


def _first(error: psycopg.Error) -> str:
    """The first line of what the server or libpq said; neither quotes a password."""
    said = error.diag.message_primary or str(error).strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__
