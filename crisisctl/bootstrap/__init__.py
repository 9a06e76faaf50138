"""Settings in, a working desk out: the one place that knows every concrete class."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from crisisctl.adapters import posix, system, workspace
from crisisctl.adapters.outgoing import Files
from crisisctl.adapters.roster import Roster
from crisisctl.bootstrap.stores import opened
from crisisctl.domain.entries import Source
from crisisctl.domain.errors import CrisisError, Invalid, NotFound, NotOneself, Refused
from crisisctl.service.desk import Desk
from crisisctl.service.ports import Chance, Clock, Store
from crisisctl.service.sight import Sight

if TYPE_CHECKING:
    from crisisctl.adapters.deadman import DeadMan
    from crisisctl.adapters.roster.pings import Pings
    from crisisctl.adapters.yaml import Read, Traced
    from crisisctl.adapters.yaml.drills import ReadDrill
    from crisisctl.domain.clocks.book import Clocks
    from crisisctl.domain.clocks.catalogue import Clock as LegalClock
    from crisisctl.domain.clocks.filing import Forms
    from crisisctl.domain.playbook import Playbook
    from crisisctl.domain.scenario.known import Commands
    from crisisctl.service.calendars import Calendars
    from crisisctl.service.outward import Channels, Outgoing, Poster
    from crisisctl.service.ports import Courier, Policies, Templates
    from crisisctl.service.posting import Postman
    from crisisctl.service.tally import Tally
    from crisisctl.service.vitals import Look
    from crisisctl.service.watch import Watch


class Office:
    """Everything a command needs, each made when it is first asked for."""

    def __init__(
        self, told: str | None = None, actor: str | None = None, *, clock: Clock | None = None, root: Path | None = None
    ) -> None:
        self._told = told
        self._actor = actor
        self._root = root
        self._clock = clock
        self.chance: Chance = system.SystemChance()
        self.login = system.login()

    @cached_property
    def settings(self) -> workspace.Settings:
        """The settings of the workspace."""
        root = self._root or workspace.find(Path.cwd(), self._told or os.environ.get("CRISISCTL_WORKSPACE"))
        return workspace.read(root, os.environ)

    @cached_property
    def roster(self) -> Roster:
        """Who there is."""
        settings = self.settings
        return Roster(settings.roster, settings.state / "roster.json", settings.notices, self._calendars)

    def _calendars(self) -> Calendars:
        from crisisctl.adapters.calendars import Shelf  # noqa: PLC0415 - only a rota pays for it

        return Shelf(self.settings.root, self.settings.state / "calendars", self.clock.now)

    @cached_property
    def pings(self) -> Pings:
        """The tests of contacts that wait for an answer."""
        from crisisctl.adapters.roster.pings import Pings  # noqa: PLC0415 - only tests of contacts pay for it

        return Pings(self.settings.state / "pings.json", self.settings.roster, posix.turnstile)

    @cached_property
    def whole(self) -> Store:
        """Where the log lives, with everything in it: for what the machine does by itself."""
        return opened(self.settings.store, self.settings.root)

    @cached_property
    def clock(self) -> Clock:
        """What time it is: the machine's clock, or the one that a team shares with its database."""
        return self.clock_of(self.whole)

    def clock_of(self, store: Store) -> Clock:
        """The clock to go by in a store: the one told, else the store's own, else this machine's."""
        return self._clock or store.clock() or system.SystemClock()

    @cached_property
    def person(self) -> str | None:
        """Who looks; None when they may not act as anybody, and so are in no restricted incident."""
        try:
            return self.source().actor
        except CrisisError:
            return None

    @cached_property
    def store(self) -> Sight:
        """The log as whoever asks may see it: what every command reads and writes."""
        return Sight(self.whole, self.person)

    @cached_property
    def desk(self) -> Desk:
        """The one path of every command, which sees no more than whoever asks."""
        return Desk(self.store, self.clock, self.chance, self.roster, self.deadlines)

    @cached_property
    def outgoing(self) -> Outgoing:
        """Where published statements are laid out."""
        return Files(self.settings.state)

    @cached_property
    def templates(self) -> Templates:
        """What turns templates into text."""
        from crisisctl.adapters.jinja import Jinja  # noqa: PLC0415 - only drafting pays for it

        return Jinja(posix.limit_process)

    @cached_property
    def channels(self) -> Channels:
        """The channels that the program knows, and the workspace's own where there is one."""
        from crisisctl.adapters.yaml.channels import ChannelFiles  # noqa: PLC0415 - only public words pay for it

        try:
            return ChannelFiles(self.settings.root / "channels.yaml")
        except NotFound:
            if self._told or os.environ.get("CRISISCTL_WORKSPACE"):
                raise
            return ChannelFiles(None)  # a text can be measured anywhere

    @cached_property
    def policies(self) -> Policies:
        """What may be said; outside a workspace the package's policy alone."""
        from crisisctl.adapters import yaml  # noqa: PLC0415 - only lint pays for it
        from crisisctl.adapters.policy import PolicyFiles  # noqa: PLC0415 - the same

        told = self._told or os.environ.get("CRISISCTL_WORKSPACE")
        try:
            root = self._root or workspace.find(Path.cwd(), told)
        except NotFound:
            if told is not None:
                raise
            root = None
        return PolicyFiles(root, yaml.load)

    @cached_property
    def watch(self) -> Watch:
        """What fires timers and sends notices."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only the watch pays for it

        from crisisctl.service.watch import AT_ONE_TIME, Watch  # noqa: PLC0415

        each = ThreadPoolExecutor(AT_ONE_TIME).map
        desk = Desk(self.whole, self.clock, self.chance, self.roster)
        postman = self._postman(desk)
        return Watch(desk, self.roster, self.couriers, self.watch_name, each, self.tally, self.store, postman)

    @cached_property
    def postman(self) -> Postman:
        """Who brings out what whoever asks has published."""
        return self._postman(self.desk)

    def _postman(self, desk: Desk) -> Postman:
        from crisisctl.adapters.posting.together import soonest  # noqa: PLC0415 - only what posts pays for it
        from crisisctl.service.posting import Postman  # noqa: PLC0415 - the same

        return Postman(desk, self.poster, self.leads, soonest)

    def leads(self) -> Mapping[str, str]:
        """Where each channel that has an address posts, as written: a reference, or the address itself."""
        return {name: channel.to for name, channel in self.channels.channels().items() if channel.to}

    @cached_property
    def poster(self) -> Poster:
        """Every way in which words leave the building."""
        from crisisctl.adapters.apprise import Apprise, referred  # noqa: PLC0415 - only what posts pays for it
        from crisisctl.adapters.posting import Ways  # noqa: PLC0415 - the same
        from crisisctl.adapters.posting.mail import SCHEMES, Mail  # noqa: PLC0415 - the same
        from crisisctl.adapters.posting.mastodon import Mastodon  # noqa: PLC0415 - the same
        from crisisctl.adapters.posting.webhook import Webhook  # noqa: PLC0415 - the same

        def told(to: str) -> str:
            return referred(to, self.settings.root, f"the address {_shown(to)}")

        mail, web, social = Mail(self.clock.now), Webhook(), Mastodon(told)
        ways: dict[str, Poster] = {"https": web, "http": web, "https+mastodon": social, "http+mastodon": social}
        return Ways(told, ways | dict.fromkeys(SCHEMES, mail), Apprise(self.settings.root))

    @cached_property
    def watch_name(self) -> str:
        """What a watch in this process is called."""
        return f"{system.host()}:{os.getpid()}"

    @cached_property
    def tally(self) -> Tally:
        """What the watches of this process have done."""
        from crisisctl.service.tally import Tally  # noqa: PLC0415 - only the watch pays for it

        return Tally(system.seconds)

    @cached_property
    def look(self) -> Look:
        """How the room does, through a store of its own, for another thread."""
        from crisisctl.service.vitals import Look  # noqa: PLC0415 - only the watch pays for it

        other = self.another()
        return Look(other.whole, other.clock, system.seconds, shows=self.store.over)

    @cached_property
    def dead_man(self) -> DeadMan | None:
        """Whom to call while all goes well, if the settings say so."""
        from crisisctl.adapters.apprise import referred  # noqa: PLC0415 - only the watch and doctor pay for it
        from crisisctl.adapters.deadman import DeadMan  # noqa: PLC0415 - the same

        to = self.settings.dead_man
        return None if to is None else DeadMan(lambda: referred(to, self.settings.root, f"dead_man, {_shown(to)},"))

    def another(self) -> Office:
        """An office of the same workspace with a store of its own, for another thread."""
        other = Office(root=self.settings.root, actor=self._actor, clock=self._clock)
        other.tally = self.tally
        return other

    @cached_property
    def couriers(self) -> Mapping[str, Courier]:
        """The courier of each kind of contact; the one named `*` takes all others."""
        from crisisctl.adapters.apprise import Apprise  # noqa: PLC0415
        from crisisctl.adapters.console import Console  # noqa: PLC0415
        from crisisctl.adapters.textfile import TextFile  # noqa: PLC0415

        settings = self.settings
        return {
            "console": Console(sys.stderr),
            "textfile": TextFile(settings.root),
            "*": Apprise(settings.root),
        }

    def source(self, role: str | None = None) -> Source:
        """Who acts: the one told, else the setting, else whoever the login is; strict identity ties them together."""
        told = self._actor or os.environ.get("CRISISCTL_AS") or self.settings.actor
        if self.settings.identity == "strict":
            return self._tied(told, self.whole.login() or self.login, role)
        mine = self.roster.of_login(self.login)
        if told is not None:
            self.roster.require(told)
        return Source(told or mine or self.login, self.login, role=role)

    def _tied(self, told: str | None, login: str, role: str | None) -> Source:
        """Whoever the roster ties to the login, and nobody else."""
        mine = self.roster.of_login(login)
        if mine is None:
            raise Refused(f"Identity is strict and no one in {self.settings.roster} has the login {login}.")
        if told not in (None, mine):
            raise NotOneself(f"Identity is strict: {login} is {mine} and may not act as {told}.", mine, told)
        return Source(mine, login, role=role)

    def refused(self, incident: str, statement: str, verb: str, error: NotOneself) -> None:
        """Write down that a login wanted to act as somebody else; not where it sees no such incident or statement."""
        from crisisctl.domain.entries import Event  # noqa: PLC0415 - few commands are refused so

        desk = Desk(Sight(self.whole, error.mine), self.clock, self.chance, self.roster)
        with desk.store.reading() as log:
            if statement not in desk.load(log, incident).playbook.statements:
                return
        data = {"statement": statement, "why": "identity", "claimed": error.claimed, "verb": verb}
        login = self.whole.login() or self.login
        desk.record(incident, [Event("statement.approval_refused", data)], Source(error.mine, login))

    def viewer(self, role: str | None = None) -> Source:
        """Who looks: whoever may act, else the login, for looking is free to all who can read the files."""
        try:
            return self.source(role)
        except CrisisError:
            return Source(self.login, self.login, role=role)

    def warnings(self) -> list[str]:
        """What is wrong with what was read, and did not stop the command."""
        clocks = self.__dict__.get("_followed", (None, ""))[1]
        return [*self._about_people(), *([clocks] if clocks else [])]

    def _about_people(self) -> list[str]:
        roster: Roster | None = self.__dict__.get("roster")
        if roster is None:
            return []
        if roster.trouble:
            return [f"{roster.trouble} Until it is mended, the people known last count."]
        known = "rotas" in roster.__dict__ and roster.rotas.plan.roles
        trouble = roster.rotas.trouble if known else None
        return [f"{trouble} Until it is mended, the rotas known last count."] if trouble else []

    def moved(self) -> str | None:
        """What whoever has just read a log that was moved must know; None for one in use, which is not asked for it."""
        whole: Store | None = self.__dict__.get("whole")
        if whole is None or not whole.closed():
            return None
        from crisisctl.domain.entries import STORE  # noqa: PLC0415 - only a log that was moved pays for it
        from crisisctl.domain.moving import memory, went  # noqa: PLC0415 - the same

        try:
            with whole.reading() as log:
                entry = went(log.entries(STORE))
        except CrisisError:
            return None
        return memory(entry) if entry else None

    @cached_property
    def clocks(self) -> Clocks:
        """The clocks that laws and contracts set, with those of the workspace if there is one."""
        return self._clocks(self._own_clocks())

    def _legal_zone(self) -> str:
        try:
            return self.settings.legal_zone
        except NotFound:
            return ""

    def _clocks(self, own: Path | None) -> Clocks:
        from crisisctl.adapters import catalogue  # noqa: PLC0415 - only clocks pay for it
        from crisisctl.adapters.holidays import Holidays  # noqa: PLC0415 - the same
        from crisisctl.domain.clocks.book import Clocks  # noqa: PLC0415 - the same
        from crisisctl.domain.clocks.catalogue import build, merged  # noqa: PLC0415 - the same

        document = catalogue.shipped()
        if own is not None:
            from crisisctl.adapters.yaml.clocks import read_clocks  # noqa: PLC0415 - only clocks of one's own pay for it

            document = merged(document, read_clocks(own, document))
        return Clocks(build(document["regimes"]), Holidays(document["calendars"]), self._legal_zone())

    @cached_property
    def filings(self) -> Forms:
        """What authorities ask for, with the forms of the workspace."""
        from crisisctl.adapters.yaml.filings import read_filings  # noqa: PLC0415 - only drafts of filings pay for it

        return read_filings(self.settings.root / workspace.FILINGS, self.clocks.known)

    @cached_property
    def _followed(self) -> tuple[Clocks, str]:
        """The clocks that facts start, and what is wrong with one's own: then those shipped count alone."""
        try:
            return self.clocks, ""
        except Invalid as error:
            return self._clocks(None), f"{error} Until it is mended, only the shipped clocks count."

    def deadlines(self) -> Clocks:
        """The clocks that facts start: a slip in one's own stops no incident, but is said."""
        return self._followed[0]

    def _own_clocks(self) -> Path | None:
        """The file with clocks of one's own; None when there is none, or no workspace, which clocks do not need."""
        try:
            file = self.settings.root / workspace.CLOCKS
        except NotFound:
            if self._told or os.environ.get("CRISISCTL_WORKSPACE"):
                raise
            return None
        return file if file.exists() else None

    @staticmethod
    def worked_cases(file: Path) -> object:
        """What a file of worked cases holds."""
        from crisisctl.adapters.yaml.clocks import read_cases  # noqa: PLC0415 - only checking clocks pays for it

        return read_cases(file)

    def playbooks(self) -> list[str]:
        """The names of the playbooks of the workspace."""
        return sorted(path.stem for path in self.settings.playbooks.glob("*.yaml"))

    def read_playbook(self, name: str) -> Read:
        """A playbook of the workspace by name, or any file by its path."""
        return self.trace_playbook(name).read

    def trace_playbook(self, name: str) -> Traced:
        """The same, and where everything in it stands."""
        from crisisctl.adapters import yaml  # noqa: PLC0415 - only opening and checking pay for it
        from crisisctl.domain.text import nearest  # noqa: PLC0415

        path = Path(name) if name.endswith((".yaml", ".yml")) else self.settings.playbooks / f"{name}.yaml"
        if not workspace.there(path):
            raise nearest(name, self.playbooks(), "playbook", then=f"Playbooks are files in {self.settings.playbooks}.")
        return yaml.trace(path, self.settings.templates, self._catalogue)

    def drills(self) -> list[str]:
        """The names of the drills of the workspace."""
        return sorted(path.stem for path in self.drill_folder.glob("*.yaml"))

    @property
    def drill_folder(self) -> Path:
        """Where the drills of the workspace lie."""
        return self.settings.playbooks / "drills"

    def read_drill(self, name: str, commands: Commands) -> ReadDrill:
        """A drill of the workspace by name, or any file by its path; `commands` are those that a player can type."""
        from crisisctl.adapters.yaml.drills import read_drill  # noqa: PLC0415 - only drills pay for it
        from crisisctl.domain.text import nearest  # noqa: PLC0415 - loaded by whoever gets here

        path = Path(name) if name.endswith((".yaml", ".yml")) else self.drill_folder / f"{name}.yaml"
        if not workspace.there(path):
            raise nearest(name, self.drills(), "drill", then=f"Drills are files in {self.drill_folder}.")
        stem = path.stem if path.resolve().parent == self.drill_folder.resolve() else None
        return read_drill(path, self._playable, self.playbooks(), commands, stem)

    def _playable(self, name: str) -> Playbook | None:
        """The playbook of that name; None when it has errors."""
        from crisisctl.domain.playbook import build  # noqa: PLC0415 - only drills pay for it

        document = self.read_playbook(name).document
        return None if document is None else build(document)

    def _catalogue(self) -> Mapping[str, LegalClock] | None:
        """The clocks by id; None while the file with those of one's own has a slip, which stops no incident."""
        try:
            return self.clocks.known
        except Invalid:
            return None


def _shown(to: str) -> str:
    """A reference to a secret, which is none itself."""
    from crisisctl.domain.text import visible  # noqa: PLC0415 - loaded by whoever gets here

    return visible(to)
