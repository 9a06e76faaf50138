"""The one path: read the incident, decide, seal, append. Every command and every timer goes through here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from crisisctl.domain import commands as ask
from crisisctl.domain import snapshot
from crisisctl.domain.decide import decide
from crisisctl.domain.entries import Entry, Event, Source
from crisisctl.domain.errors import Conflict, NotFound, Refused, RefusedAndLogged, StoreFailed, Unverified
from crisisctl.domain.evolve import replay
from crisisctl.domain.firing import mended, overdue, provisional
from crisisctl.domain.incident import Incident, Visit
from crisisctl.domain.moves import open_incident
from crisisctl.domain.notices import Directory, attach
from crisisctl.domain.playbook import Playbook
from crisisctl.domain.repeats import repeats
from crisisctl.domain.text import nearest
from crisisctl.domain.timers import timers
from crisisctl.domain.times import clock_time, not_before
from crisisctl.service.page import TIMER, WATCH, Page
from crisisctl.service.ports import Chance, Clock, Ledger, Log, Store

if TYPE_CHECKING:
    from crisisctl.domain.clocks.book import Clocks  # which few commands have use for

MOST_AT_ONCE = 50  # timers in one transaction, so that people get their turn


class Outcome(NamedTuple):
    """What a command did. `entries` are its own; `fired` those of timers that were overdue before it."""

    incident: Incident
    entries: Sequence[Entry]
    fired: Sequence[Entry] = ()
    repeated: bool = False


class Asked(NamedTuple):
    """How a command was asked for; `stood` is where the asker saw the incident stand, when that must not change."""

    source: Source
    at: datetime | None = None
    request: str | None = None
    expect: int | None = None
    stood: Mapping[str, Visit] | None = None


class Desk:
    """Handles commands."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        chance: Chance,
        directory: Directory,
        deadlines: Callable[[], "Clocks"] | None = None,
    ) -> None:
        """`deadlines` gives the clocks of laws and contracts; without it no fact starts one."""
        self.store = store
        self._clock = clock
        self._salt = chance.salt
        self._directory = directory
        self._deadlines = deadlines
        self._known: dict[str, Incident] = {}
        self._playbooks: dict[str, Playbook] = {}

    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    def open(self, command: ask.Open, asked: Asked) -> Outcome:
        """Open an incident; the same request twice opens one."""
        for _, person in command.assign:
            self._directory.require(person)
        events = open_incident(command, asked.source, lambda role: self._directory.on_call(role, self.now()))
        with self.store.writing() as ledger:
            id_, now = ledger.next_incident(), self.now()
            self._not_ahead(asked.at, now)
            if done := self._done(ledger, asked, command):
                return done
            page = Page(id_, None, now, self._salt)
            page.write(events, asked.source, at=asked.at, request=asked.request)
            clocks = self._clocks(page.reached, dict(command.facts), asked.source, asked.at or now)
            page.write(self._told(page, clocks, f"{id_}/{page.reached.version + 1}"), asked.source, at=asked.at)
            return self._write(ledger, page, page.entries)

    def handle(self, id_: str, command: ask.Command, asked: Asked) -> Outcome:
        """Carry out a command, after whatever is overdue; a refusal writes nothing but what it says itself."""
        try:
            return self._handled(id_, command, asked)
        except RefusedAndLogged as error:
            self.record(id_, error.events, asked.source)
            raise

    def _handled(self, id_: str, command: ask.Command, asked: Asked) -> Outcome:
        if isinstance(command, ask.Assign | ask.Handover | ask.Grant):
            self._directory.require(command.person)
        if isinstance(command, ask.AskFact) and command.person is not None:
            self._directory.require(command.person)
        if isinstance(command, ask.DeclineClock) and command.decider is not None:
            self._directory.require(command.decider)
        earlier: list[Entry] = []
        while True:
            with self.store.writing() as ledger:
                page = self._begun(ledger, id_, command, asked)
                if isinstance(page, Outcome):
                    return page
                fired = self._catch_up(page, asked.at or page.now)
                if len(fired) < MOST_AT_ONCE:
                    return self._carry_out(ledger, page, command, asked, [*earlier, *fired])
                self._write(ledger, page, fired)
            earlier += fired
            # What moved it were its own overdue timers.
            asked = asked._replace(expect=asked.expect and page.reached.version, stood=None)

    def fire(self, id_: str, *, posts: bool = False) -> Outcome | None:
        """Fire what is overdue in an incident, at most fifty timers; None when somebody else is at it.

        With `posts` these are the attempts to post, which whoever calls must make then; without, all others.
        """
        with self.store.writing() as ledger:
            if not ledger.claim(id_):
                return None
            page = Page(id_, self.load(ledger, id_), self.now(), self._salt)
            return self._write(ledger, page, self._catch_up(page, page.now, posts=posts))

    def follow(self, id_: str, rule: Callable[[Incident, datetime], Sequence[Event]], source: Source) -> Outcome:
        """Write down what follows from something that happened outside, by the incident as it stands at that moment."""
        with self.store.writing() as ledger:
            page = Page(id_, self.load(ledger, id_), self.now(), self._salt)
            told = self._told(page, rule(page.reached, page.now), f"{id_}/{page.reached.version + 1}")
            return self._write(ledger, page, page.write(told, source))

    def record(self, id_: str, events: Sequence[Event], source: Source, *, settles: str | None = None) -> bool:
        """Write down what happened outside. What settles a notice is written once, by whoever comes first."""
        with self.store.writing() as ledger:
            incident = self.load(ledger, id_)  # first, for nobody else can settle it while the incident is held
            if settles and all(row.notice.key != settles for row in ledger.outbox(id_)):
                return False
            page = Page(id_, incident, self.now(), self._salt)
            self._write(ledger, page, page.write([self._passed_on(ledger, page, event) for event in events], source))
            return True

    def _passed_on(self, log: Log, page: Page, event: Event) -> Event:
        """A notice that was given up, with one to whoever stands in: both are written, or neither."""
        if event.type != "notice.failed":
            return event
        from crisisctl.domain.instead import passed_on  # noqa: PLC0415 - only the watch comes here

        return passed_on(event, [*log.entries(page.id)], self._directory, page.reached, page.now)

    def repair(self, id_: str) -> int:
        """Make the pending timers those that the log gives; how many were wrong, each of which is logged."""
        with self.store.writing() as ledger:
            if ledger.tip(id_) is None:
                there = ledger.timers(id_)
                ledger.replace_timers(id_, [])  # of no incident; there is no log to write it in
                return len(there)
            incident, there = self.load(ledger, id_), ledger.timers(id_)
            events = mended(incident, there)
            if events:
                page = Page(id_, incident, self.now(), self._salt)
                self._write(ledger, page, page.write(events, WATCH))
                ledger.replace_timers(id_, timers(page.reached))
            return len(events)

    def load(self, log: Log, id_: str) -> Incident:
        """The incident at its head; `NotFound` with the nearest ids."""
        tip = log.tip(id_)
        if tip is None:
            ids = [head.incident for head in log.heads(everything=False)]
            raise nearest(id_, ids, "incident", then="crisisctl list --all shows every one.")
        known = self._known.get(id_)
        if known is None or known.digest != tip.digest:
            known = self._moved_on(log, known) if known else None
            if known is None or known.digest != tip.digest:
                known = self._kept(log, id_, tip.playbook_digest)
            if known is None or known.digest != tip.digest:
                known = replay(log.entries(id_))
            self._known[id_] = known
        return known

    def _moved_on(self, log: Log, known: Incident) -> Incident | None:
        """The incident as it was known with what others wrote since; None when they erased what it still holds."""
        newer = list(log.entries(known.id, known.version))
        try:
            return None if any(entry.type == "entry.redacted" for entry in newer) else replay(newer, known)
        except Unverified:
            return None

    def _kept(self, log: Log, id_: str, playbook_digest: str) -> Incident | None:
        """The incident from its snapshot on; None when that is no use, for the log knows better."""
        playbook = self._playbook(log, id_, playbook_digest)
        try:
            kept = snapshot.load(log.snapshot(id_) or "", playbook)
            return replay(log.entries(id_, kept.version), kept) if kept else None
        except Unverified:
            return None

    def _playbook(self, log: Log, id_: str, digest: str) -> Playbook:
        if digest not in self._playbooks:
            first = log.entry(id_, 1)
            if first is None:
                raise StoreFailed(f"{id_} has a head but no first entry. Run: crisisctl verify -i {id_}")
            self._playbooks[digest] = replay([first]).playbook
        return self._playbooks[digest]

    def _begun(self, ledger: Ledger, id_: str, command: ask.Command, asked: Asked) -> Page | Outcome:
        """A page for what is asked; or, of a request that was carried out before, what it did."""
        incident, now = self.load(ledger, id_), self.now()  # first, for a repeat may be the one who holds it
        self._not_ahead(asked.at, now)
        if done := self._done(ledger, asked, command, id_):
            return done
        self._expected(incident, asked)
        return Page(id_, incident, now, self._salt)

    def _carry_out(
        self, ledger: Ledger, page: Page, command: ask.Command, asked: Asked, fired: Sequence[Entry]
    ) -> Outcome:
        if isinstance(command, ask.Redact):
            command = command._replace(fields=_erasable(ledger, page.id, command, asked.at or page.now))
        if isinstance(command, ask.Handover):
            command = command._replace(brief=_briefed(ledger, page))
        try:
            events = decide(page.reached, command, asked.source, asked.at or page.now)
        except RefusedAndLogged:
            raise
        except Refused as error:
            if any(entry.type == "incident.advanced" for entry in page.entries):
                raise _after_timers(error) from None
            raise
        if isinstance(command, ask.SetFact | ask.RetractFact):
            ground = isinstance(command, ask.RetractFact) or bool(command.source)
            now = provisional(page.reached, events)
            clocks = self._clocks(now, [command.name], asked.source, asked.at or page.now, ground=ground)
            events += [_like(events[0], event) for event in clocks]
        told = self._told(page, events, f"{page.id}/{page.reached.version + 1}")
        added = page.write(told, asked.source, at=asked.at, request=asked.request)
        if isinstance(command, ask.Redact):
            return self._erase(ledger, page, command, added)._replace(fired=fired)
        return self._write(ledger, page, added)._replace(fired=fired)

    def _clocks(
        self, incident: Incident, facts: Iterable[str], source: Source, at: datetime, *, ground: bool = True
    ) -> list[Event]:
        """The clocks that changed facts start, amend or stop; `incident` knows the facts already."""
        specs = incident.playbook.facts
        times = [name for name in facts if specs[name].type == "datetime"]
        if not times or not incident.playbook.clocks or self._deadlines is None:
            return []
        from crisisctl.domain.clocks.asserting import followed  # noqa: PLC0415 - few facts start a clock

        return followed(incident, times, self._deadlines(), source.actor, at, ground=ground)

    def _erase(self, ledger: Ledger, page: Page, command: ask.Redact, added: Sequence[Entry]) -> Outcome:
        """Write the page, and erase the words with everything that was derived from them."""
        page.incident = replay(_erased(entry, command) for entry in (*ledger.entries(page.id), *page.entries))
        gone = {command.version: command.fields}
        ledger.append(page.batch()._replace(snapshot=snapshot.dump(page.incident), erased=gone))
        return self._remember(page, added)

    def _catch_up(self, page: Page, until: datetime, *, posts: bool = False) -> list[Entry]:
        _, events = overdue(page.reached, until, MOST_AT_ONCE, self._directory.on_call, page.now, posts=posts)
        return page.write(self._told(page, events), TIMER) if events else []

    def _told(self, page: Page, events: Sequence[Event], command: str = "") -> Sequence[Event]:
        """The events with their notices, each at its time; of an exercise that is played nobody is sent anything."""
        if page.reached.exercise:
            return events
        events = attach(events, self._directory, command)
        if all("notices" not in event.data for event in events):
            return events
        from crisisctl.domain.instead import spread  # noqa: PLC0415 - only what tells somebody pays for it

        return spread(events, self._directory, page.reached, page.now)

    def _write(self, ledger: Ledger, page: Page, added: Sequence[Entry]) -> Outcome:
        if page.entries:
            ledger.append(page.batch())
        return self._remember(page, added)

    def _remember(self, page: Page, added: Sequence[Entry]) -> Outcome:
        """Keep the incident for the next command; should the commit fail, its digest will not be the head's."""
        self._known[page.id] = page.reached
        return Outcome(page.reached, added)

    def _done(self, log: Log, asked: Asked, command: ask.Command, id_: str | None = None) -> Outcome | None:
        """What this request did before; `Conflict` when its key stands for something else."""
        first = log.by_request(asked.request) if asked.request else None
        if first is None:
            return None
        if id_ not in (None, first.incident) or not repeats(command, asked.source.actor, first):
            other = f"{first.type} by {first.actor} in {first.incident}, version {first.version}"
            raise Conflict(f"That request key stands for something else ({other}). Nothing was done; take a new key.")
        with_it = [first]
        for entry in log.entries(first.incident, first.version):
            if entry.recorded_at != first.recorded_at or entry.request or entry.actor != first.actor:
                break
            with_it.append(entry)
        return Outcome(self.load(log, first.incident), with_it, repeated=True)

    def _expected(self, incident: Incident, asked: Asked) -> None:
        stands = f"stands at {' + '.join(incident.stages)}. Look again with crisisctl status, then repeat the command."
        if asked.expect not in (None, incident.version):
            raise Conflict(f"{incident.id} is at version {incident.version}, not {asked.expect}, and {stands}")
        if asked.stood not in (None, incident.visits):
            raise Conflict(f"Somebody else has just moved {incident.id}, which now {stands}")

    def _not_ahead(self, at: datetime | None, now: datetime) -> None:
        if at is not None and at > now:
            raise Refused(f"--at {clock_time(at)} UTC is in the future; the log holds what has happened.")


def _like(fact: Event, clock: Event) -> Event:
    """What follows from a fact has its labels, and its ground."""
    labels = {"labels": fact.data["labels"]} if "labels" in fact.data else {}
    ground = {name: text for name, text in fact.words.items() if name in ("source", "because")}
    return clock._replace(data={**labels, **clock.data}, words={**ground, **clock.words})


def _after_timers(error: Refused) -> Refused:
    """A refusal takes the timers back that moved the incident before it, so nobody has seen them yet."""
    said = "That is after timers that are overdue: crisisctl watch --once records them."
    return Refused(str(error), (*error.missing, said)) if error.missing else Refused(f"{error} {said}")


def _erasable(log: Log, id_: str, command: ask.Redact, at: datetime) -> tuple[str, ...]:
    entry, head = log.entry(id_, command.version), log.head(id_)
    if entry is None or head is None:
        last = head.version if head else 0
        raise NotFound(f"{id_} has no entry {command.version}; its entries are 1 to {last}.")
    not_before(at, entry.occurred_at, f"entry {command.version}")
    held = [name for name, word in entry.words.items() if word.value is not None]
    if not held:
        raise Refused(f"Entry {command.version} of {id_} holds no words that could be erased.")
    for name in command.fields:
        if name not in held:
            raise nearest(name, held, f"field in entry {command.version}")
    return command.fields or tuple(held)


def _briefed(log: Log, page: Page) -> str:
    """The brief of the incident as this transaction leaves it before its command."""
    from crisisctl.service.brief import brief  # noqa: PLC0415 - only a handover writes one

    return brief(page.reached, [*log.entries(page.id), *page.entries], page.now)


def _erased(entry: Entry, command: ask.Redact) -> Entry:
    if entry.version != command.version:
        return entry
    gone = {name: entry.words[name]._replace(salt=None, value=None) for name in command.fields}
    return entry._replace(words={**entry.words, **gone})
