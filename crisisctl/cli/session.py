"""What the options before the command say, and what every command asks for."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crisisctl.domain.errors import NotFound, Usage
from crisisctl.domain.text import line, visible
from crisisctl.domain.times import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from crisisctl.bootstrap import Office
    from crisisctl.domain.incident import Incident
    from crisisctl.service.desk import Asked, Outcome
    from crisisctl.service.ports import Clock


class Session:
    """One run of the program."""

    def __init__(self) -> None:
        self.workspace: str | None = None
        self.actor: str | None = None
        self.debug = False
        self.recorded = False
        self.told: str | None = None  # the refusal in which the command ended
        self.clock: Clock | None = None
        self.rehearsal: Callable[[str | None], Office] | None = None

    @cached_property
    def office(self) -> Office:
        """The desk and what belongs to it; in a rehearsal that of whoever acts."""
        if self.rehearsal:
            return self.rehearsal(self.actor)
        from crisisctl.bootstrap import Office  # noqa: PLC0415 - help and usage errors need none

        return Office(self.workspace, self.actor, clock=self.clock)

    def warnings(self) -> list[str]:
        """What did not stop the command, and will not stay without consequence."""
        return self.office.warnings() if "office" in self.__dict__ else []

    def moved(self) -> str | None:
        """That the log was moved, if it was and has been read all the same."""
        return self.office.moved() if "office" in self.__dict__ else None

    def close(self) -> None:
        """Let go of the store."""
        if "office" in self.__dict__ and "whole" in self.office.__dict__:
            self.office.whole.close()

    def asked(
        self,
        at: str | None = None,
        request: str | None = None,
        expect: int | None = None,
        role: str | None = None,
    ) -> Asked:
        """Who asks, and how."""
        from crisisctl.service.desk import Asked  # noqa: PLC0415

        moment = parse_instant(at) if at is not None else None
        key = line(request, "The request id") if request is not None else None
        return Asked(self.office.source(role), moment, key, expect)

    def which(self, told: str | None) -> str:
        """The incident told, or of the environment, or the only open one."""
        if told == "":
            raise Usage("-i is empty. Leave it out, or say which incident.")
        named = visible(told or os.environ.get("CRISISCTL_INCIDENT") or "")
        if named:
            return f"INC-{named}" if named.isdecimal() else named.upper() if named.lower().startswith("inc-") else named
        with self.office.store.reading() as log:
            heads = log.heads(everything=False)
        if not heads:
            raise NotFound(f"No incident is open. To open one: crisisctl open PLAYBOOK --title TITLE{self._last()}.")
        if len(heads) > 1:
            listed = "\n".join(f"  -i {head.incident}  {head.title}" for head in heads)
            raise Usage(f"Several incidents are open. Say which:\n{listed}")
        return heads[0].incident

    def _last(self) -> str:
        with self.office.store.reading() as log:
            heads = log.heads()
        return f"; or name a closed one, such as the last: -i {heads[-1].incident}" if heads else ""

    def look(self, told: str | None) -> Incident:
        """That incident, as it stands."""
        id_ = self.which(told)
        with self.office.store.reading() as log:
            return self.office.desk.load(log, id_)

    def handle(self, told: str | None, command: Any, asked: Asked) -> Outcome:  # noqa: ANN401 - every command is its own class
        """Have the desk carry out a command."""
        outcome = self.office.desk.handle(self.which(told), command, asked)
        self.recorded = True
        return outcome

    def caught_up(self, incident: Incident, until: datetime | None = None) -> Incident:
        """The incident as it will stand when what is overdue has fired; provisional."""
        from crisisctl.domain.firing import overdue  # noqa: PLC0415 - few commands look ahead

        now = self.now()
        return overdue(incident, until or now, on_call=self.office.roster.on_call, now=now)[0]

    def now(self) -> datetime:
        """The present instant."""
        return self.office.desk.now()
