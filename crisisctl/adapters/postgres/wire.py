"""Statements that travel to the server together, in one message, and are answered together.

A transaction is a handful of small statements, and what they cost is the way there and back. libpq's simple query
takes many at once; psycopg's cursors, made for one statement at a time, spend on that more than all else here takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.rows import TupleRow

Db = psycopg.Connection[TupleRow]

_ANSWERED = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)
_READ: dict[int, Callable[[bytes], Any]] = {
    16: lambda said: said == b"t",  # boolean
    **dict.fromkeys((20, 21, 23), int),  # bigint, smallint, integer
    701: float,  # double precision
}


class Wire:
    """Collects statements for one connection, whose encoding is UTF-8, until there is a question among them."""

    def __init__(self, db: Db) -> None:
        self._connection = db.pgconn
        self._escaped = pq.Escaping(db.pgconn).escape_literal
        self._waiting: list[bytes] = []

    def say(self, statement: str, *values: object) -> None:
        """Have a statement sent with the next question; each `%s` in it stands for a value."""
        text = statement.encode()
        self._waiting.append(text % tuple(map(self._literal, values)) if values else text)

    def ask(self) -> list[tuple[Any, ...]]:
        """Send what waits; the rows that the last statement gave. A `psycopg.Error` for whatever fails, and no rest."""
        said, self._waiting = b"; ".join(self._waiting), []
        result = self._connection.exec_(said)
        if result.status in _ANSWERED:
            return _rows(result)
        if self._connection.status != pq.ConnStatus.OK:
            raise psycopg.OperationalError(self._connection.get_error_message())
        raise errors.error_from_result(result)

    def _literal(self, value: object) -> bytes:
        """The value as it stands in a statement."""
        if value is None:
            return b"NULL"
        if not isinstance(value, str):
            return str(value).encode()  # numbers and booleans
        try:
            text = value.encode()
        except UnicodeEncodeError:
            raise psycopg.DataError("the text holds half a character") from None
        if b"\0" in text:  # where a C string ends
            raise psycopg.DataError("the text holds a NUL character")
        return self._escaped(text)


def _rows(result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
    get, width = result.get_value, range(result.nfields)
    rows = [[get(row, column) for column in width] for row in range(result.ntuples)]
    readers = [(column, read) for column in width if (read := _READ.get(result.ftype(column)))]
    return [_read(row, readers) for row in rows]


def _read(row: list[Any], readers: list[tuple[int, Callable[[bytes], Any]]]) -> tuple[Any, ...]:
    for column, read in readers:
        if row[column] is not None:
            row[column] = read(row[column])
    return tuple([said.decode() if type(said) is bytes else said for said in row])
