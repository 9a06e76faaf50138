"""What the rules need from outside. Each adapter implements one of these."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from crisisctl.domain.entries import Entry
from crisisctl.domain.notices import Notice
from crisisctl.domain.timers import Timer

if TYPE_CHECKING:
    from crisisctl.domain.lint.policy import Policy

Value = str | int | bool
Row = tuple[Any, ...]
TABLES = ("entry", "head", "timer", "outbox")  # what a log is made of, in the order in which it is copied
SILENT = 3  # periods without a sign of life after which a watch counts as dead


class Clock(Protocol):
    """Where the time comes from; UTC, aware."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class Chance(Protocol):
    """Where unpredictable bytes come from."""

    def salt(self) -> bytes:
        """32 bytes that nobody can guess."""
        ...


class Filling(NamedTuple):
    """A template to be filled in: its name, its source, and the values."""

    name: str
    source: str
    values: Mapping[str, Value]


class Templates(Protocol):
    """Turns templates and plain values into texts, in a sandbox that a hostile template cannot leave or exhaust.

    `Invalid`, with the line where there is one, when a template is broken, hostile or too costly.
    """

    def render(self, source: str, values: Mapping[str, Value], *, name: str = "template") -> str:
        """The common text: what stands outside the blocks."""
        ...

    def render_all(self, source: str, values: Mapping[str, Value], *, name: str = "template") -> Mapping[str, str]:
        """The common text under "", then the text of each block that gives one, by the block's name."""
        ...

    def render_many(self, fillings: Sequence[Filling]) -> list[Mapping[str, str]]:
        """For each template its texts as `render_all` gives them, all in one process."""
        ...

    def names(self, source: str, *, name: str = "template") -> list[str]:
        """The names that the template and its blocks may ask for, sorted."""
        ...

    def names_many(self, sources: Mapping[str, str]) -> dict[str, list[str]]:
        """For each template by its name, those that `names` gives, all in one process."""
        ...


class Message(NamedTuple):
    """A notice ready to send. `key` is the same on every attempt, so a receiver can drop a repeat."""

    key: str
    title: str
    body: str
    urgent: bool = True


class DeliveryFailed(Exception):
    """The message was not accepted. The text never holds a secret. A `permanent` failure is not tried again."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class Courier(Protocol):
    """Carries a message to one address; returns only when the receiver has accepted it, else `DeliveryFailed`."""

    def check(self, to: str) -> str | None:
        """What is wrong with the address, without sending anything and without a secret; None when it can be used."""
        ...

    def send(self, message: Message, to: str) -> None:
        """Deliver within ten seconds or fail. `to` is an address or a reference to one (`env:NAME`, `file:PATH`)."""
        ...


class Finding(NamedTuple):
    """One thing to mend in a file. `line` and `column` count from 1; `level` is `error` or `warning`."""

    file: str
    line: int
    column: int
    level: str
    rule: str
    message: str
    remedy: str


class Head(NamedTuple):
    """The newest version of an incident, for lists; the snapshot is fetched apart.

    `members` are the ids of those who may see a restricted incident, sorted, one space between two; None when everybody
    may.
    """

    incident: str
    version: int
    digest: str
    playbook: str
    playbook_digest: str
    title: str
    severity: str
    stages: str
    drill: bool
    opened_at: str
    closed_at: str | None
    members: str | None = None


class Queued(NamedTuple):
    """A notice in the outbox. `attempts` counts those that have begun; `ready_at` is when it may be taken next.

    A new one is ready when its entry was recorded, or at its own `not_before` if that is later.
    """

    notice: Notice
    attempts: int
    ready_at: datetime


class Beat(NamedTuple):
    """The sign of life of a watch."""

    watch: str
    at: datetime
    every: float

    def alive(self, now: datetime) -> bool:
        """Whether the next sign is not overdue by much."""
        return now - self.at <= timedelta(seconds=max(SILENT * self.every, 10))


class Extent(NamedTuple):
    """How far a log reaches: its entries and incidents, and when the first and the last entry were recorded."""

    entries: int
    incidents: int
    first: str | None
    last: str | None


class Batch(NamedTuple):
    """What one command changes in one incident: entries and all derived from them, written together or not at all.

    Without a `snapshot` the one before stays.
    """

    head: Head
    snapshot: str | None
    entries: Sequence[Entry]
    armed: Sequence[Timer] = ()
    disarmed: Sequence[str] = ()
    notices: Sequence[Notice] = ()
    settled: Sequence[str] = ()
    erased: Mapping[int, Sequence[str]] = {}


class Tip(NamedTuple):
    """The digests of an incident's newest entry and of its playbook; `members` as in its head."""

    digest: str
    playbook_digest: str
    members: str | None


class Log(Protocol):
    """The store as readers see it, at one moment."""

    def head(self, incident: str) -> Head | None:
        """The newest version of an incident."""
        ...

    def tip(self, incident: str) -> Tip | None:
        """Where an incident stands; None when there is none of that id."""
        ...

    def heads(self, *, everything: bool = True) -> list[Head]:
        """All incidents by number, or only those that are open."""
        ...

    def snapshot(self, incident: str) -> str | None:
        """The state of the incident at its head, or up to `EVERY` versions before."""
        ...

    def entries(self, incident: str, after: int = 0) -> Iterator[Entry]:
        """The entries of an incident after a version, in order."""
        ...

    def entry(self, incident: str, version: int) -> Entry | None:
        """One entry."""
        ...

    def by_request(self, request: str) -> Entry | None:
        """The first entry that a request left."""
        ...

    def due(self, until: datetime, limit: int) -> list[Timer]:
        """The timers due by an instant, the earliest first."""
        ...

    def timers(self, incident: str) -> list[Timer]:
        """The pending timers of an incident, the earliest first."""
        ...

    def next_due(self) -> datetime | None:
        """When the next timer of any incident falls due."""
        ...

    def outbox(self, incident: str | None = None) -> list[Queued]:
        """The unsettled notices, the oldest first."""
        ...

    def ready(self, now: datetime) -> bool:
        """Whether a notice waits to be sent."""
        ...

    def beats(self) -> list[Beat]:
        """The last signs of life of the watches, the newest first."""
        ...

    def incidents(self) -> list[str]:
        """The ids of all incidents that have entries, in the order in which they were opened."""
        ...

    def gaps(self) -> list[str]:
        """The ids before the newest that no head has: incidents that are gone."""
        ...

    def written(self) -> Iterator[Entry]:
        """The entries of all incidents that hold words, the newest first."""
        ...

    def extent(self) -> Extent:
        """How far the log reaches, without the log of the store itself."""
        ...

    def tips(self) -> dict[str, tuple[int, str]]:
        """How many entries each incident has and the digest of its last, by the entries alone."""
        ...

    def dump(self, table: str) -> Iterator[Row]:
        """The rows of one of `TABLES` in their order, without the log of the store itself.

        They are the same in every store, the entries as `columns` has them. They must be read to the end, and nothing
        else can be read meanwhile.
        """
        ...


class Ledger(Log, Protocol):
    """The store as a writer sees it: an incident whose tip was asked for is moved by nobody else before the end."""

    def next_incident(self) -> str:
        """The id of the next incident, which nobody else gets before the transaction ends."""
        ...

    def claim(self, incident: str) -> bool:
        """Hold an incident for this transaction; False when somebody else holds it just now."""
        ...

    def append(self, batch: Batch) -> None:
        """Write a batch; `Conflict` when one of its versions, timers or requests is taken."""
        ...

    def replace_timers(self, incident: str, timers: Sequence[Timer]) -> None:
        """Make these the pending timers of an incident."""
        ...

    def forget(self) -> None:
        """Drop all heads, snapshots, timers and notices, to be written anew from the log."""
        ...

    def lease(self, now: datetime, until: datetime, limit: int) -> list[Queued]:
        """Take notices that are ready; nobody else gets them before `until`. Each counts as an attempt.

        First attempts come before later ones, and everybody's first contact before anybody's second.
        """
        ...

    def hurry(self, latest: datetime, now: datetime) -> None:
        """Make ready at `now` what would not be before `latest`, or at no time at all; never before its own time."""
        ...

    def postpone(self, key: str, until: datetime) -> None:
        """Try a notice again at an instant."""
        ...

    def beat(self, beat: Beat) -> None:
        """Leave a sign of life."""
        ...

    def forget_beats(self, watches: Sequence[str]) -> None:
        """Remove the signs of life of these watches; names that left none are no error."""
        ...


class Listener(Protocol):
    """Hears that somebody wrote; for one thread."""

    def __call__(self, seconds: float) -> bool:
        """Wait so long at most; whether there may be something to do. Never raises, and may miss what was written."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Custody(Ledger, Protocol):
    """The whole log in one hand: nobody else writes anything until it is given back."""

    def load(self, table: str, rows: Iterable[Row]) -> None:
        """Put rows that were dumped into one of `TABLES`, which holds none."""
        ...

    def clear(self) -> None:
        """Remove every row of `TABLES`, the log included: what was an unfinished copy."""
        ...

    def freeze(self, entry: Entry) -> None:
        """Append the entry that says where the log went, and have the store itself refuse every change after it."""
        ...


class Store(Protocol):
    """Where the log lives."""

    def reading(self) -> AbstractContextManager[Log]:
        """A view of one moment."""
        ...

    def writing(self) -> AbstractContextManager[Ledger]:
        """A transaction that is durable when it ends well, and leaves nothing when it does not."""
        ...

    def alone(self) -> AbstractContextManager[Custody]:
        """A transaction like `writing`, in which nobody else writes anything however long it takes."""
        ...

    def place(self) -> str:
        """Where that is, for people."""
        ...

    def address(self) -> str:
        """What to write as `store` in the settings to get there, without a password."""
        ...

    def about(self) -> dict[str, object]:
        """What can be said of the store itself; `engine` and `schema`, 0 while there is no log, are always told."""
        ...

    def clock(self) -> Clock | None:
        """The clock of all who share the store; None where that is the machine's."""
        ...

    def login(self) -> str | None:
        """As whom the store itself knows whoever asks; None where it knows nobody."""
        ...

    def listener(self) -> Listener | None:
        """What hears others write, on a connection of its own; None where only looking tells."""
        ...

    def closed(self) -> bool:
        """Whether the last look found a log that was moved; asks nothing anew, and costs nothing."""
        ...

    def flaws(self) -> list[str]:
        """What is wrong with the store itself, a sentence each."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Policies(Protocol):
    """What a company may and may not say."""

    def policy(self) -> "Policy":
        """The policy in force, with its digest; `Invalid`, with every place and remedy, when its file is broken."""
        ...
