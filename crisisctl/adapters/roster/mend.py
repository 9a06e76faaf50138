"""Changes one thing in `roster.yaml` and leaves comments, order and quotes as people wrote them."""

from __future__ import annotations

import io
import os
import re
import stat
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from crisisctl.adapters.roster import form
from crisisctl.domain.errors import Conflict, CrisisError, Invalid, StoreFailed

_NEVER_FOLDED = 1_000_000
_GAP = r":[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*"  # from a key with nothing behind it to what is below
_INNER = re.compile(rf"^[^\s#][^\n]*{_GAP}( +)[^\s-]", re.MULTILINE)
_LISTED = re.compile(rf"^( *)[^\s#-][^\n]*{_GAP}( *)-( +)\S", re.MULTILINE)


def put_verified(path: Path, person: str, number: int, day: date) -> None:
    """Write `verified: DAY` at a contact, which becomes a mapping if it is a plain text; whole or not at all.

    The result is read again before it takes the place of the file, and must differ in nothing else.
    """
    before = _bytes(path)
    wanted = _plain(before)
    contacts = wanted["people"][person]["contacts"]
    contacts[number] = _proven(contacts[number], day)
    if not _exchanged(path, before, _changed(before.decode(), person, number, day), wanted):
        place = f"{path}: people.{person}.contacts[{number}]"
        raise Invalid(f"{place}: it cannot be changed without touching more. Write there: verified: {day}")


def _exchanged(path: Path, before: bytes, text: str, wanted: object) -> bool:
    """Put the text in the place of the file; False, and nothing is done, when it does not read as wanted."""
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        _write(fresh, text, stat.S_IMODE(target.stat().st_mode))
        if not _same(fresh, wanted):
            return False
        if _bytes(target) != before:
            raise Conflict(f"{path} has just been changed by somebody else. Nothing was written; repeat the command.")
        fresh.replace(target)
    except OSError as error:
        raise StoreFailed(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return True


def _proven(contact: Any, day: date) -> dict[str, Any]:  # noqa: ANN401 - a text or a mapping, as the file has it
    return {"to": contact, "verified": day} if isinstance(contact, str) else contact | {"verified": day}


def _changed(text: str, person: str, number: int, day: date) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only a changed roster pays for it
    from ruamel.yaml.comments import CommentedMap  # noqa: PLC0415

    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, _NEVER_FOLDED
    yaml.indent(**_indents(text))
    document = yaml.load(text)
    contacts = document["people"][person]["contacts"]
    if isinstance(contacts[number], str):
        contact = CommentedMap({"to": contacts[number]})
        contact.fa.set_flow_style()
        contacts[number] = contact
    contacts[number]["verified"] = day
    made = io.StringIO()
    yaml.dump(document, made)
    return made.getvalue().replace("\n", "\r\n") if "\r\n" in text else made.getvalue()


def _indents(text: str) -> dict[str, int]:
    """How far the first mapping and the first list of the file are indented; usual values where there is none."""
    inner, listed = _INNER.search(text), _LISTED.search(text)
    found = {"mapping": len(inner[1]) if inner else 2, "sequence": 2, "offset": 0}
    if listed:
        offset = max(len(listed[2]) - len(listed[1]), 0)
        found |= {"sequence": offset + 1 + len(listed[3]), "offset": offset}
    return found


def _same(path: Path, wanted: object) -> bool:
    try:
        form.people(path)
    except CrisisError:
        return False
    return bool(_plain(_bytes(path)) == wanted)


def _plain(content: bytes) -> Any:  # noqa: ANN401 - whatever the file holds
    from ruamel.yaml import YAML  # noqa: PLC0415 - only a changed roster pays for it

    return YAML(typ="safe", pure=True).load(content.decode())


def _bytes(path: Path) -> bytes:
    try:
        return form.ordinary(path).read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None


def _write(path: Path, text: str, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(text.encode())
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
