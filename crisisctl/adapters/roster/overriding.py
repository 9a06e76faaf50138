"""Writes overrides into `roster.yaml`, and leaves everything else in it as people wrote it, comments included."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crisisctl.adapters.roster import form
from crisisctl.adapters.roster.plan import written
from crisisctl.domain.errors import Conflict, Invalid, Refused, StoreFailed
from crisisctl.domain.rota import Override, Plan
from crisisctl.domain.text import nearest
from crisisctl.domain.times import clock_time

_Document = Any  # ruamel.yaml's mapping, which remembers comments
_REST = r"[^\n]*:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*"  # of a line that ends in a key, and empty ones below
_LIST = re.compile(rf"^( *)[^\s#-]{_REST}( *)- ", re.MULTILINE)
_INNER = re.compile(rf"^( *)[^\s#-]{_REST}( +)[^\s#-]", re.MULTILINE)


def add(path: Path, change: Override) -> None:
    """Append an override; `Refused` when it overlaps one of its role, `Invalid` when the file has a slip."""
    _rewrite(path, lambda plan: _appended(plan, change), lambda document, zone: _append(document, change, zone))


def end(path: Path, role: str, at: datetime) -> Override:
    """End the override of the role that is in force, or else take away the next; as it was. `Refused` without any."""
    ended: list[tuple[int, Override]] = []

    def planned(plan: Plan) -> Plan:
        place, change = _ending(plan, role, at)
        ended.append((place, change))
        kept = [*plan.overrides]
        kept[place : place + 1] = [change._replace(until=at)] if change.since < at else []
        return plan._replace(overrides=tuple(kept))

    def changed(document: _Document, zone: str) -> None:
        place, change = ended[0]
        if change.since < at:
            document["overrides"][place]["until"] = _local(at, zone)
        else:
            del document["overrides"][place]

    _rewrite(path, planned, changed, role=role)
    return ended[0][1]


def _appended(plan: Plan, change: Override) -> Plan:
    if change.role not in plan.roles:
        raise nearest(change.role, plan.roles, "role with a rota")
    for other in plan.overrides:
        if other.role == change.role and other.since < change.until and change.since < other.until:
            told = f"{other.person} takes over {other.role} from {_utc(other.since)} to {_utc(other.until)} UTC already"
            raise Refused(f"{told}. End that first: crisisctl oncall override {other.role} --end")
    return plan._replace(overrides=(*plan.overrides, change))


def _ending(plan: Plan, role: str, at: datetime) -> tuple[int, Override]:
    ahead = [(place, one) for place, one in enumerate(plan.overrides) if one.role == role and one.until > at]
    if not ahead:
        raise Refused(f"No override of {role} is in force or to come. crisisctl oncall next shows the hand-overs.")
    return min(ahead, key=lambda found: found[1].since)


def _utc(moment: datetime) -> str:
    return clock_time(moment)[:16]


def _rewrite(
    path: Path, planned: Callable[[Plan], Plan], change: Callable[[_Document, str], None], *, role: str | None = None
) -> None:
    """Change the file as a document, and put it in place when it says what was planned and nothing else changed."""
    path = path.resolve()
    try:
        content = form.ordinary(path).read_bytes()
        people = form.people(path)
        plan = written(path, content, people).plan
        wanted = planned(plan)
        zone = plan.zone(role or wanted.overrides[-1].role)
        fresh = _changed(content.decode(), lambda document: change(document, zone)).encode()
        if written(path, fresh, people).plan != wanted:
            raise Invalid(f"{path} could not be changed without touching something else. Change it by hand.")
        _replace(path, content, fresh, people)
    except OSError as error:
        raise StoreFailed(f"{path} cannot be written: {error.strerror}. Nothing was changed.") from None


def _changed(text: str, change: Callable[[_Document], None]) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only a change pays for it

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000  # no line of theirs is folded anew
    listed, inner = _LIST.search(text), _INNER.search(text)
    offset = len(listed[2]) - len(listed[1]) if listed else 2
    yaml.indent(mapping=len(inner[2]) - len(inner[1]) if inner else 2, sequence=offset + 2, offset=offset)
    document = yaml.load(text)
    change(document)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue().replace("\n", "\r\n") if "\r\n" in text else out.getvalue()


def _append(document: _Document, change: Override, zone: str) -> None:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq  # noqa: PLC0415 - as above

    entry = CommentedMap()
    entry.fa.set_flow_style()
    entry.update({"role": change.role, "person": change.person})
    entry.update({"from": _local(change.since, zone), "until": _local(change.until, zone)})
    entry["because"] = change.because
    if not document.get("overrides"):
        document["overrides"] = CommentedSeq()
    document["overrides"].append(entry)


def _local(moment: datetime, zone: str) -> str:
    """The instant as people of the zone write it, without seconds where there are none."""
    exact = moment.second or moment.microsecond
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="auto" if exact else "minutes")


def _replace(path: Path, before: bytes, content: bytes, people: object) -> None:
    """Put new content in the place of a file whose content has not changed meanwhile, with its mode."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if form.people(fresh) != people:
            raise Invalid(f"{path} could not be changed without touching its people. Change it by hand.")
        fresh.chmod(path.stat().st_mode & 0o777)
        if path.read_bytes() != before:
            raise Conflict(f"Somebody else has just changed {path}. Repeat the command.")
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink()
