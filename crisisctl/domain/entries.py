"""Events, and events as the log holds them: sealed entries.

`digest = SHA-256(0x00 || JCS(sealed columns, commitments, digest of the entry before))`, so each digest is an RFC 6962
leaf. A word field is sealed by its commitment `SHA-256(0x02 || salt || value)` alone and can be erased later.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from crisisctl.domain.errors import Unverified
from crisisctl.domain.times import instant, stamp

Data = Mapping[str, Any]
_LARGEST = 2**53 - 1  # what every reader of JSON can hold exactly (RFC 7493)
_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


_read_json = json.JSONDecoder().raw_decode


def _decode(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What `_encode` wrote; `json.loads` does more for texts of others, which takes four times as long."""
    value, end = _read_json(text)
    return value if end == len(text) else json.loads(text)


class Event(NamedTuple):
    """What happened. `data` is structure and stays for ever; `words` is what people wrote and can be erased."""

    type: str
    data: Data
    words: Mapping[str, str] = {}
    occurred_at: datetime | None = None
    timer: str | None = None
    role: str | None = None


class Word(NamedTuple):
    """A word field with the salt of its commitment; both are None once it has been erased."""

    commitment: str
    salt: str | None
    value: str | None


class Entry(NamedTuple):
    """One row of the log."""

    incident: str
    version: int
    recorded_at: datetime
    occurred_at: datetime
    actor: str
    login: str
    role: str | None
    via: str
    type: str
    data: Data
    words: Mapping[str, Word]
    digest: str
    timer: str | None = None
    request: str | None = None
    position: int = 0

    def word(self, field: str) -> str | None:
        """What was written, or None when the entry has no such field or it has been erased."""
        found = self.words.get(field)
        return found.value if found else None


class Source(NamedTuple):
    """Who acts, and by which way."""

    actor: str
    login: str
    via: str = "cli"
    role: str | None = None


def canonical(value: object) -> bytes:
    """The value as canonical JSON (RFC 8785); `ValueError` for floats and integers that not every reader can hold.

    The keys of entries are ASCII, so sorting by code point is sorting by UTF-16 unit.
    """
    _exact(value)
    return _encode(value).encode()


def _exact(value: object) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise ValueError(f"key {key!r} is not ASCII")
            if type(inner) is not str:  # as nearly all are
                _exact(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _exact(inner)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) > _LARGEST):
        raise ValueError(f"{value!r} has no exact form in JSON")


def commitment(salt: bytes, value: str) -> str:
    """`SHA-256(0x02 || salt || value)` in hex."""
    return sha256(b"\x02" + salt + value.encode()).hexdigest()


def digest(entry: Entry, before: str) -> str:
    """The seal of an entry that follows the entry with the digest `before` (empty for the first)."""
    sealed = {
        "incident": entry.incident,
        "version": entry.version,
        "recorded_at": stamp(entry.recorded_at),
        "occurred_at": stamp(entry.occurred_at),
        "actor": entry.actor,
        "login": entry.login,
        "role": entry.role,
        "via": entry.via,
        "type": entry.type,
        "data": entry.data,
        "timer": entry.timer,
        "request": entry.request,
        "words": {field: word.commitment for field, word in entry.words.items()},
        "before": before,
    }
    return sha256(b"\x00" + canonical(sealed)).hexdigest()


def words(written: Mapping[str, str], salt: Callable[[], bytes]) -> dict[str, Word]:
    """The word fields with fresh salts and their commitments."""
    salted = {field: (salt(), value) for field, value in written.items()}
    return {field: Word(commitment(grain, value), grain.hex(), value) for field, (grain, value) in salted.items()}


def flaws(entry: Entry, before: str, erased: Iterable[str]) -> list[str]:
    """What is wrong with an entry as stored, one sentence each; `erased` are the fields that a redaction covers."""
    found = [] if _sealed(entry, before) else ["its digest does not match its content"]
    for field, word in entry.words.items():
        if word.value is None or word.salt is None:
            if field not in erased:
                found.append(f"the words of {field!r} are gone and no redaction says so")
        elif not _committed(word.commitment, word.salt, word.value):
            found.append(f"the words of {field!r} were changed")
    return found


def _sealed(entry: Entry, before: str) -> bool:
    try:
        return digest(entry, before) == entry.digest
    except ValueError:  # it was changed into what no entry can hold
        return False


def _committed(seal: str, salt: str, value: str) -> bool:
    try:
        return commitment(bytes.fromhex(salt), value) == seal
    except (ValueError, TypeError, AttributeError):
        return False


def dump_words(fields: Mapping[str, Word]) -> str:
    """The word fields as a store keeps them."""
    return _encode({name: [word.commitment, word.salt, word.value] for name, word in fields.items()})


def load_words(text: str) -> dict[str, Word]:
    """The word fields that `dump_words` wrote."""
    return {name: Word(*parts) for name, parts in _decode(text).items()} if text != "{}" else {}


def columns(entry: Entry) -> tuple[object, ...]:
    """An entry as the columns of every store, in the order of `COLUMNS`."""
    return (
        entry.position,
        entry.incident,
        entry.version,
        stamp(entry.recorded_at),
        stamp(entry.occurred_at),
        entry.actor,
        entry.login,
        entry.role,
        entry.via,
        entry.type,
        _encode(entry.data),  # as it was sealed
        dump_words(entry.words),
        entry.digest,
        entry.timer,
        entry.request,
    )


COLUMNS = "position incident version recorded_at occurred_at actor login role via type data words digest timer request"


def from_columns(row: tuple[Any, ...]) -> Entry:
    """The entry that `columns` took apart; `Unverified` when something else has changed it since."""
    try:
        return _read(row)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Unverified(f"Entry {row[2]} of {row[1]} cannot be read ({error}). Run: crisisctl verify") from error


def _read(row: tuple[Any, ...]) -> Entry:
    position, incident, version, recorded, occurred, actor, login, role, via, kind, data, written, seal, timer, req = (
        row
    )
    return Entry(
        incident,
        version,
        _moment(recorded),
        _moment(occurred),
        actor,
        login,
        role,
        via,
        kind,
        _decode(data),
        load_words(written),
        seal,
        timer,
        req,
        position,
    )


@lru_cache(maxsize=1024)  # an entry mostly has the same instant twice, and so have its neighbours
def _moment(text: str) -> datetime:
    moment = instant(text)
    if stamp(moment) != text:
        raise ValueError(f"{text!r} is no time as the log writes it")
    return moment
