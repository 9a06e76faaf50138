"""An office for rehearsals: the real rules and files of a workspace, but its own clock, log and people, and no way out.

Whatever an `Office` has is either replaced here or reads the workspace only; a test goes through all of it.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from crisisctl.adapters import posix, workspace
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.rehearsal import Desktop, Nobody, Recorder, SameChance
from crisisctl.adapters.roster.cast import NOWHERE, Cast
from crisisctl.adapters.system import VirtualClock
from crisisctl.bootstrap import Office
from crisisctl.domain.errors import Refused
from crisisctl.domain.scenario import Scenario
from crisisctl.service.desk import Desk
from crisisctl.service.ports import Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crisisctl.adapters.jinja import Resident
    from crisisctl.adapters.roster import Roster
    from crisisctl.adapters.yaml import Read
    from crisisctl.domain.clocks.book import Clocks
    from crisisctl.domain.clocks.filing import Forms
    from crisisctl.service.outward import Channels, Outgoing, Poster
    from crisisctl.service.ports import Courier, Policies, Templates
    from crisisctl.service.watch import Watch

LOGIN = "rehearsal"


class Lender(Office):
    """The office of a real workspace as rehearsals use it: what it has read is lent to each of thousands of them."""

    @cached_property
    def templates(self) -> Resident:
        """What turns templates into text; its child stays until it is closed."""
        from crisisctl.adapters.jinja import Resident  # noqa: PLC0415 - only drafting pays for it

        return Resident(posix.limit_process)

    def rest(self) -> None:
        """Keep no process; the next to draft starts one."""
        if "templates" in self.__dict__:
            self.templates.close()


class World:
    """What all who play a scenario share: its time, its log, its people, and what they were told."""

    def __init__(self, begin: datetime, cast: Cast) -> None:
        self.clock = VirtualClock(begin)
        self.store: Store = Memory()
        self.cast = cast
        self.recorder = Recorder()


def world(scenario: Scenario) -> World:
    """The world in which a scenario begins."""
    return World(scenario.given.at, Cast(scenario.people, scenario.given.roles))


class Rehearsal(Office):
    """The office of one who plays, in a world of its own; `real` lends what it has read, `plan` is the playbook."""

    def __init__(self, real: Lender, world: World, plan: Read, actor: str | None) -> None:
        super().__init__(None, actor, clock=world.clock, root=real.settings.root)
        self.chance = SameChance()
        self.login = LOGIN
        self._real = real
        self._world = world
        self._plan = plan

    @cached_property
    def settings(self) -> workspace.Settings:
        """What the workspace says of words and files, and nothing of people, logs and ways out."""
        return self._real.settings._replace(
            store="memory:",
            identity="open",
            actor=None,
            roster=NOWHERE / "roster.yaml",
            state=NOWHERE / "state",
            notices=(),
            dead_man=None,
        )

    @cached_property
    def roster(self) -> Roster:
        """The people of the scenario."""
        return self._world.cast

    @cached_property
    def whole(self) -> Store:
        """The log of the scenario."""
        return self._world.store

    @cached_property
    def outgoing(self) -> Outgoing:
        """Nothing is laid out."""
        return Desktop()

    @cached_property
    def poster(self) -> Poster:
        """Nobody posts."""
        return Nobody()

    def leads(self) -> Mapping[str, str]:
        """No channel leads anywhere: whatever is published waits for somebody who pastes it."""
        return {}

    @cached_property
    def couriers(self) -> Mapping[str, Courier]:
        """One who writes down what all are told."""
        return {"*": self._world.recorder}

    @cached_property
    def machine_desk(self) -> Desk:
        """The desk of what the machine does by itself, which sees everything."""
        return Desk(self.whole, self.clock, self.chance, self.roster, self.deadlines)

    @cached_property
    def watch(self) -> Watch:
        """What fires timers and has notices written down, in this very thread."""
        from crisisctl.service.watch import Watch  # noqa: PLC0415 - as in the office

        return Watch(self.machine_desk, self.roster, self.couriers, LOGIN)

    @cached_property
    def watch_name(self) -> str:
        """One watch, whatever the machine and the process."""
        return LOGIN

    @cached_property
    def dead_man(self) -> None:
        """Nobody is called."""

    @cached_property
    def pings(self) -> NoReturn:
        """Contacts are tested by `roster ping`, which is no part of a scenario."""
        raise Refused("Nobody is reached in a rehearsal.")

    @cached_property
    def look(self) -> NoReturn:
        """What a page for other programs shows, which a rehearsal has not."""
        raise Refused("A rehearsal cannot be looked at from outside.")

    def another(self) -> NoReturn:
        """There is one thread."""
        raise Refused("A rehearsal has one office for each who plays.")

    @cached_property
    def templates(self) -> Templates:
        """As the workspace's, started once."""
        return self._real.templates

    @cached_property
    def channels(self) -> Channels:
        """As the workspace's, read once."""
        return self._real.channels

    @cached_property
    def policies(self) -> Policies:
        """As the workspace's, read once."""
        return self._real.policies

    @cached_property
    def clocks(self) -> Clocks:
        """As the workspace's, read once."""
        return self._real.clocks

    @cached_property
    def filings(self) -> Forms:
        """As the workspace's, read once."""
        return self._real.filings

    def deadlines(self) -> Clocks:
        """As the workspace's, read once."""
        return self._real.deadlines()

    def read_playbook(self, name: str) -> Read:  # noqa: ARG002 - there is one
        """The playbook of the scenario, read once."""
        return self._plan
