"""Who is on call by the roster: its rotas and overrides, as they are or as they were when the file last made sense.

Like the people, the plan is kept beside the log under the digest of the file, so that no command pays for YAML. The
address of a calendar may be a secret and is never kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from crisisctl.adapters.roster import form
from crisisctl.domain.errors import Invalid
from crisisctl.domain.rota import Calendar, Duty, Override, Plan, Rotation, on_call
from crisisctl.domain.times import instant, stamp
from crisisctl.service.calendars import Calendars, Known, Names

AT_ONE_TIME = 8  # calendars that are fetched at a time, so that several that hang cost no more than one


class _Sheet(NamedTuple):
    """What the file said: the plan, and what stands for the names in it."""

    digest: str
    names: str
    plan: Plan


class Rotas:
    """The rotas of a roster. `trouble` says what is wrong with the file; meanwhile the plan known last counts."""

    def __init__(self, path: Path, cache: Path, calendars: Calendars | None, gone: Callable[[], str | None]) -> None:
        self._path = path
        self._gone = gone
        self._cache = cache
        self._calendars = calendars
        self._sheet: _Sheet | None = None
        self._seen: tuple[int, ...] | None = None
        self.trouble: str | None = None

    @property
    def plan(self) -> Plan:
        """The plan as the file has it now; an empty one when it never made sense."""
        mark = form.mark(self._path)
        if self._sheet is None or mark != self._seen or (self.trouble and not mark):
            self._sheet, self.trouble = self._latest()
            self._seen = mark
        return self._sheet.plan

    def on_call(self, role: str, at: datetime) -> tuple[str, ...]:
        """Who is on call for a role at an instant; nobody when it has no rota, or a gap in it."""
        plan = self.plan
        return on_call(self.duty(role), at) if role in plan.rotations or role in plan.calendars else ()

    def duty(self, role: str) -> Duty:
        """What decides who is on call for a role that has a rota."""
        changes = tuple(change for change in self.plan.overrides if change.role == role)
        known = self.known(role)
        return Duty(self.plan.rotations.get(role), known.spans if known else (), changes)

    def known(self, role: str) -> Known | None:
        """What is known of the role's calendar; None when it has none."""
        calendar = self.plan.calendars.get(role)
        if calendar is None or self._calendars is None:
            return None
        return self._calendars.known(calendar, self._names())

    def fetch(self, patience: float) -> None:
        """Fetch the calendars that lie elsewhere, but for those tried less than `patience` seconds ago."""
        remote = {calendar.digest: calendar for calendar in self.plan.calendars.values() if calendar.remote}
        names = self._names()
        if not remote or names is None or self._calendars is None:
            return
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - few rosters have calendars elsewhere

        with suppress(Invalid), ThreadPoolExecutor(AT_ONE_TIME) as pool:  # a slip of this very moment: next time
            addresses = self._written().addresses
            fetch = partial(self._calendars.fetch, names=names, patience=patience)
            known = addresses.keys() & remote
            list(pool.map(fetch, [remote[key] for key in known], [addresses[key] for key in known]))

    def override(self, change: Override) -> None:
        """Write an override into the file; nothing else in it changes."""
        from crisisctl.adapters.roster.overriding import add  # noqa: PLC0415 - no other command writes the roster

        add(self._path, change)

    def end_override(self, role: str, at: datetime) -> Override:
        """End the override of the role that is in force, or take away the next; as it was."""
        from crisisctl.adapters.roster.overriding import end  # noqa: PLC0415 - as above

        return end(self._path, role, at)

    def _names(self) -> Names | None:
        """The names in the file; None while it has a slip."""
        from crisisctl.adapters.roster.names import Names as People  # noqa: PLC0415 - few commands have a calendar

        if self._sheet is None or self.trouble:
            return None
        return People(self._sheet.names, lambda: form.people(self._path))

    def _latest(self) -> tuple[_Sheet, str | None]:
        try:
            return self._known(), None
        except Invalid as error:
            return self._sheet or self._kept() or _Sheet("", "", Plan()), str(error)

    def _known(self) -> _Sheet:
        content = self._content()
        digest = sha256(content).hexdigest()
        kept = self._kept()
        if kept and kept.digest == digest:
            return kept
        from crisisctl.adapters.roster.names import seal  # noqa: PLC0415 - only a changed roster pays for it

        sheet = _Sheet(digest, seal(form.people(self._path)) if content else "", self._written().plan)
        if sheet.plan.roles:
            self._keep(sheet)
        else:
            with suppress(OSError):  # so that nobody pays for rotas that are no more
                self._cache.unlink()
        return sheet

    def _written(self) -> Any:  # noqa: ANN401 - `Written`, whose module only a changed roster pays for
        from crisisctl.adapters.roster.plan import written  # noqa: PLC0415

        content = self._content()
        return written(self._path, content, form.people(self._path) if content else ())

    def _content(self) -> bytes:
        try:
            return form.ordinary(self._path).read_bytes()
        except FileNotFoundError:
            if told := self._gone():
                raise Invalid(told) from None
            return b""
        except OSError as error:
            raise Invalid(f"{self._path} cannot be read: {error.strerror}.") from None

    def _kept(self) -> _Sheet | None:
        """What the file said when it last made sense; None when that cannot be told."""
        try:
            kept = json.loads(form.ordinary(self._cache).read_text())
            return _Sheet(kept["digest"], kept["names"], _plan(kept))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def _keep(self, sheet: _Sheet) -> None:
        fresh = self._cache.with_suffix(f".{os.getpid()}")
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW
        try:
            self._cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, flags, 0o600), "w") as file:
                json.dump({"digest": sheet.digest, "names": sheet.names, **_document(sheet.plan)}, file)
            fresh.replace(self._cache)
        except OSError:
            with suppress(OSError):  # a folder that cannot be written costs time, not the command
                fresh.unlink()


def _document(plan: Plan) -> dict[str, Any]:
    return {
        "rotations": {
            role: [r.people, r.length.total_seconds(), r.starts.isoformat(), r.zone]
            for role, r in plan.rotations.items()
        },
        "calendars": plan.calendars,
        "overrides": [[c.role, c.person, stamp(c.since), stamp(c.until), c.because] for c in plan.overrides],
    }


def _plan(kept: Mapping[str, Any]) -> Plan:
    rotations = {
        role: Rotation(tuple(row[0]), timedelta(seconds=row[1]), datetime.fromisoformat(row[2]), row[3])
        for role, row in kept["rotations"].items()
    }
    calendars = {role: Calendar(*row) for role, row in kept["calendars"].items()}
    overrides = tuple(Override(row[0], row[1], instant(row[2]), instant(row[3]), row[4]) for row in kept["overrides"])
    return Plan(rotations, calendars, overrides)
