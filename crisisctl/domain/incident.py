"""The incident: nothing but its entries, folded. Every mapping is replaced, never changed in place."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from crisisctl.domain.playbook import Playbook, Stage, Task, around


class Visit(NamedTuple):
    """How often a stage has been entered, and when last."""

    number: int
    entered_at: datetime


class Fact(NamedTuple):
    """What the room knows; `value` is as written (see `facts.plain`), None once erased; `by` is who confirmed it.

    `version` is that of the entry which first gave this value, even where it was another meanwhile: texts that use it
    are right again. `seen` has that version for each value so far, by its SHA-256; none for one that was erased.
    """

    value: str | None
    status: str
    source: str | None
    version: int
    by: str | None = None
    seen: Mapping[str, int] = {}


class Question(NamedTuple):
    """A fact that was asked for and has not been told since; `of` is who was asked, None for everybody."""

    by: str
    of: str | None
    since: datetime


class Correction(NamedTuple):
    """Why a public statement is to be corrected: facts that changed. `version` is the entry of the last change.

    `state` is `open`, `skipped` or `done`, as of a task.
    """

    facts: tuple[str, ...]
    version: int
    state: str = "open"


class Ladder(NamedTuple):
    """A running escalation of one stage. Its delays count from `base`; `run` rises with each re-arming."""

    escalation: str
    stage: str
    visit: int
    base: datetime
    run: int = 1
    round: int = 0
    step: int = 0
    pulled: datetime | None = None
    acked_by: str | None = None
    acked_at: datetime | None = None
    snoozed_until: datetime | None = None

    @property
    def key(self) -> str:
        """Names the ladder within its incident."""
        return f"{self.stage}#{self.visit}/{self.escalation}"


class Handover(NamedTuple):
    """A role on offer: who holds it, who may accept it, since when. `version` is the entry that holds the brief."""

    giver: str
    taker: str
    since: datetime
    version: int


class Approval(NamedTuple):
    """One role's yes to exact bytes: of the source text, and of every rendition by its key."""

    role: str
    person: str
    digest: str
    covers: Mapping[str, str] = {}


class Post(NamedTuple):
    """What became of one rendition of one revision at its channel, and when: `at` is since when it stands so.

    `state` is `waiting` (for its first attempt), `ready` (laid out for a person to paste), `withheld` (too long),
    `posting`, `unposted` (tried again at `retry_at`), `given up`, `unclear` or `posted`. `attempts` counts all that
    were begun, `since` is the first of those after a person's last word. `receipt`, `url` and `by` are those of
    `posted`; what people or servers said is None once it was erased. `carried` is the earlier revision that was out
    there when this one was published, 0 for none.
    """

    digest: str
    state: str
    attempts: int = 0
    at: datetime | None = None
    retry_at: datetime | None = None
    receipt: str | None = None
    url: str | None = None
    by: str = ""
    reason: str | None = None
    revision: int = 0
    since: int = 1
    carried: int = 0


class Statement(NamedTuple):
    """The life of one statement. `text_version` is the entry that holds its words; the texts stay in the log.

    `digest` is of the source text, `renditions` has that of each exact text by its key `CHANNEL/LANGUAGE`. `wrote` has
    the digest of every text with its author, so that going back to earlier bytes makes no new author. `source` tells
    which source text each translation was made from, `stale` the languages whose source has changed since. `out` is
    what stands at each channel, whichever revision brought it there.
    """

    id: str
    state: str
    revision: int
    digest: str
    author: str
    text_version: int
    moved_at: datetime
    wrote: tuple[tuple[str, str], ...] = ()
    erased: bool = False
    approvals: tuple[Approval, ...] = ()
    audiences: tuple[str, ...] = ()
    published: int = 0
    published_at: datetime | None = None
    promised: datetime | None = None
    correction: bool = False
    renditions: Mapping[str, str] = {}
    facts: Mapping[str, int] = {}
    source: Mapping[str, str] = {}
    stale: tuple[str, ...] = ()
    promises: datetime | None = None
    template: bool = False  # its text came from the template untouched
    preapproved: bool = False  # the playbook gave its approval beforehand
    minimal: bool = False  # it is the line that the playbook keeps for the case that nobody answers
    delegated: tuple[str, ...] = ()  # the approving roles whose delegates may act
    expired: bool = False  # nobody approved, and nobody's delegate did
    glass: bool = False  # it went out without its approvals
    overridden: tuple[str, ...] = ()  # the rules of the lint that somebody overrode
    out: Mapping[str, str] = {}
    posts: Mapping[str, Post] = {}
    doubts: Mapping[str, Post] = {}  # by `CHANNEL/LANGUAGE@REVISION`: of earlier ones nobody knows whether they are out

    @property
    def behind(self) -> tuple[str, ...]:
        """The renditions of which an older text still stands at their channel, for the present one is not out there."""
        return tuple(key for key, seal in self.out.items() if self.renditions.get(key) != seal)

    @property
    def reached(self) -> str:
        """The furthest state that counts for a guard: once published, always published; half out, it was approved."""
        return "published" if self.published else "approved" if self.state == "publishing" else self.state


class Deadline(NamedTuple):
    """A clock that a law or a contract sets, as it was last asserted; instants are in UTC.

    `state` is `assessed` (it may apply), `not_started`, `running`, `not_applicable`, `filed`, `waived` or `declined`.
    `facts` are instants by the catalogue's names, `begun` that of the fact which starts it. `role` is reminded of it,
    `escalate` besides when most of its time has passed; where that is nobody, whom the escalations would tell. `strict`
    and `legal` are its ends, None where the law sets no number or the outer one cannot be told. `run` rises with each
    assertion, whose entry `version` names. `late` is a filing after the limit.
    """

    id: str
    regime: str = ""
    title: str = ""
    state: str = "assessed"
    kind: str = ""
    start: str = ""
    facts: Mapping[str, str] = {}
    answers: Mapping[str, str | int | bool] = {}
    zone: str = ""
    begun: datetime | None = None
    strict: datetime | None = None
    legal: datetime | None = None
    target: datetime | None = None
    alarms: bool = False
    recipient: str = ""
    status: str = ""
    last_verified: str = ""
    reviewed_by: str | None = None
    run: int = 0
    version: int = 0
    asserted_at: datetime | None = None
    will_miss: bool = False
    missed: bool = False
    filed_at: datetime | None = None
    late: bool = False
    role: str = ""
    escalate: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether somebody still has to file it."""
        return self.state == "running"

    @property
    def limit(self) -> datetime | None:
        """The last instant at which a filing is in time."""
        return self.legal or self.strict


class Incident(NamedTuple):
    """One incident at one version."""

    id: str
    playbook: Playbook
    playbook_digest: str
    title: str
    severity: str
    drill: bool
    opened_at: datetime
    version: int
    digest: str
    recorded_at: datetime
    stages: tuple[str, ...] = ()
    visits: Mapping[str, Visit] = {}
    before_close: tuple[str, ...] = ()
    closed_at: datetime | None = None
    roles: Mapping[str, tuple[str, ...]] = {}
    tasks: Mapping[str, str] = {}
    facts: Mapping[str, Fact] = {}
    statements: Mapping[str, Statement] = {}
    ladders: Mapping[str, Ladder] = {}
    questions: Mapping[str, Question] = {}  # by fact
    used: Mapping[str, Mapping[str, int]] = {}  # by public statement: the facts it was made from, with their versions
    corrections: Mapping[str, Correction] = {}  # by statement
    heard: Mapping[str, str] = {}  # by audience: `begun`, or `ended` once it was told of the end or that was waived
    fired: frozenset[str] = frozenset()
    handovers: Mapping[str, Handover] = {}  # by role; only those that nobody has answered yet
    behind: bool = False  # the clock went back, and has not caught up with the log yet
    restricted: bool = False
    embargoes: Mapping[str, datetime] = {}  # by `STATEMENT/AUDIENCE`, or `STATEMENT/` for everybody
    clocks: Mapping[str, Deadline] = {}  # in the order in which they were first named
    exercise: str = ""  # `running` or `ended` while and after it is played from a scenario, and then sealed
    admitted: tuple[str, ...] = ()  # who may see it whatever role they hold; empty unless it is restricted

    @property
    def open(self) -> bool:
        """Whether no final stage has been reached."""
        return self.closed_at is None

    def holders(self, role: str) -> tuple[str, ...]:
        """Who holds the role, else its deputy, else the deputy's deputy, and so on."""
        return self.roles.get(self._held(role) or "", ())

    def told(self, seat: str) -> tuple[str, ...]:
        """Who is told of what concerns this very seat, and not its deputy."""
        people = self.roles.get(seat, ())
        offered = self.handovers.get(seat)
        return (*people, *((offered.taker,) if offered else ()))

    def _held(self, role: str) -> str | None:
        """The role if anybody holds it, else its deputy, and so on."""
        return next((seat for seat in self.seats(role) if self.roles.get(seat)), None)

    def seats(self, role: str) -> Iterator[str]:
        """The role, its deputy, the deputy's deputy, and so on, each once."""
        seen: set[str] = set()
        at: str | None = role
        while at and at not in seen:
            yield at
            seen.add(at)
            spec = self.playbook.roles.get(at)
            at = spec.deputy if spec else None

    def held_by(self, person: str) -> tuple[str, ...]:
        """The roles that the person holds, in the order of the playbook."""
        return tuple(role for role, people in self.roles.items() if person in people)

    def members(self) -> tuple[str, ...]:
        """Who belongs to it: those who hold a role now, in the order of the playbook, then those admitted."""
        held = (person for people in self.roles.values() for person in people)
        return tuple(dict.fromkeys((*held, *self.admitted)))

    def around(self) -> Iterator[Stage]:
        """The active stages and those around them, outermost first."""
        held = around(self.stages)
        return (stage for path, stage in self.playbook.stages.items() if path in held)

    def here(self) -> Iterator[Task]:
        """The tasks of the active stages and those around them, and the corrections, which belong to none."""
        held = around(self.stages)
        yield from (task for task in self.playbook.tasks.values() if task.stage in held)
        yield from self.correcting()

    def correcting(self) -> Iterator[Task]:
        """A task for each public statement that had to be corrected, at the first of the active stages."""
        role = self.playbook.first_role()
        for id_, correction in self.corrections.items():
            why = self.left_wrong(id_) or f"which is public: {', '.join(correction.facts)} changed"
            title = f"Correct {id_}, {why}"
            yield Task(f"correct-{id_}", title, self.stages[0], role, required=True, corrects=id_)

    def left_wrong(self, id_: str) -> str:
        """Where the wrong text still stands though the correction was published, and what to type; else nothing."""
        statement, correction = self.statements[id_], self.corrections[id_]
        if correction.state != "open" or statement.published_at is None or statement.text_version <= correction.version:
            return ""
        if statement.published != statement.revision or not (behind := statement.behind):
            return ""
        channel = behind[0].partition("/")[0].partition(".")[0]
        again = f"crisisctl statement draft {id_} --channel {channel} --short, or --file FILE; then submit it again"
        return f"whose wrong text still stands on {', '.join(behind)}: {again}"

    def deadline(self, statement: str) -> str:
        """Names the timer of a statement that is due."""
        return f"{self.id}/statement/{statement}"

    def task_deadline(self, task: Task) -> str:
        """Names the timer of a task in the present visit to its stage."""
        return f"{self.id}/task/{task.key}#{self.visits[task.stage].number}"

    def task_state(self, task: Task) -> str:
        """`open`, `done` or `skipped`."""
        return self.corrections[task.corrects].state if task.corrects else self.tasks.get(task.key, "open")
