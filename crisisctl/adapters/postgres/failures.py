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
    (
        errors.InvalidSchemaName,
        "has no schema that this login may keep the log in. Make it, or mend the search path in the URL.",
    ),
    (errors.TooManyConnections, "takes no more connections now. Try again in a moment."),
    (errors.CannotConnectNow, "is starting, stopping or recovering. Try again in a moment."),
    (
        errors.ReadOnlySqlTransaction,
        "is a read-only replica or server, on which the log can only be read. Name the primary.",
    ),
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
    (errors.DuplicateTable, "has tables there that are no whole log. Name an empty schema, or restore a backup."),
)
# Of a connection that was refused there is the text alone, with no code in it; a server that speaks another language
# than English is quoted.
_SAID: tuple[tuple[str, type[psycopg.Error]], ...] = (
    ("password authentication failed", errors.InvalidPassword),
    ("no password supplied", errors.InvalidPassword),
    ("no pg_hba.conf entry", errors.InvalidAuthorizationSpecification),
    ("is not permitted to log in", errors.InvalidAuthorizationSpecification),
    ("authentication failed", errors.InvalidAuthorizationSpecification),
    ('FATAL:  role "', errors.InvalidAuthorizationSpecification),
    ('FATAL:  database "', errors.InvalidCatalogName),
    ("permission denied for database", errors.InvalidAuthorizationSpecification),
    ("too many c", errors.TooManyConnections),
    ("remaining connection slots are reserved", errors.TooManyConnections),
    ("the database system is", errors.CannotConnectNow),
)
_PASSING = (errors.CannotConnectNow, errors.TooManyConnections, errors.AdminShutdown, errors.CrashShutdown)


def explained(place: str, error: psycopg.Error) -> CrisisError:
    """What a failure of PostgreSQL means for whoever waits for the answer, and what to do."""
    if isinstance(error, errors.IntegrityError | errors.DeadlockDetected | errors.SerializationFailure):
        return Conflict("Somebody else has moved the incident first. Look at it again.")
    met = _met(error)
    for kind, sentence in _KNOWN:
        if issubclass(met, kind):
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


def passing(error: psycopg.OperationalError) -> bool:
    """Whether the server may be back in a moment: nobody answered, or it starts or is full; not when it has said no."""
    met = _met(error)
    return issubclass(met, _PASSING) or (met is psycopg.OperationalError and "FATAL" not in str(error))


def undecided(error: BaseException) -> bool:
    """Whether the conversation ended there, so that what was on its way may have happened; a plain error undoes all."""
    return isinstance(error, psycopg.Error) and error.diag.severity_nonlocalized != "ERROR"


def _met(error: psycopg.Error) -> type[psycopg.Error]:
    """The kind of an error, also of a refused connection."""
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return next((kind for words, kind in _SAID if words in str(error)), psycopg.OperationalError)
    return type(error)


def _first(error: psycopg.Error) -> str:
    """The first line of what the server or libpq said; neither quotes a password. Of several attempts, the last's."""
    said = error.diag.message_primary or str(error).rpartition("\n- ")[2].strip()
    return said.splitlines()[0].rstrip(".") if said else type(error).__name__
