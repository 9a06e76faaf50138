"""The watch: fires what is due, sends what is unsent, repairs what is missing, and leaves a sign of life.

Nothing here is true by itself: the log decides. Any number of watches may run, and each may die at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from crisisctl.domain.entries import Entry, Event
from crisisctl.domain.errors import Conflict, CrisisError
from crisisctl.domain.incident import Incident
from crisisctl.domain.instead import answered, cause
from crisisctl.domain.notices import Directory, Notice
from crisisctl.domain.statements.waiting import outdated
from crisisctl.domain.timers import POSTING, timers
from crisisctl.service.desk import Desk
from crisisctl.service.page import WATCH
from crisisctl.service.ports import Beat, Courier, DeliveryFailed, Log, Message, Queued
from crisisctl.service.posting import Postman
from crisisctl.service.sight import Sight
from crisisctl.service.tally import Tally
from crisisctl.service.wording import message, neutral

LEASE = timedelta(seconds=30)
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300))
BATCH = 50
READ_BY_OTHERS = ("console", "textfile")  # whoever runs the watch, or may read the file
AT_ONE_TIME = 8  # notices on their way at a time; each takes ten seconds at most, well inside the lease
SIGN_EVERY = timedelta(seconds=5)
FROM_CRON = timedelta(minutes=1)
RECONCILE_EVERY = timedelta(minutes=1)
FORGOTTEN = timedelta(days=1)  # the silence after which a watch is no longer missed

Attempt = Callable[[Queued], "Result"]
Each = Callable[[Attempt, Iterable[Queued]], Iterable["Result"]]


class Round(NamedTuple):
    """What one round of the watch did.

    `waiting` counts the notices that are left, `posted` the statements that went out on a channel; `reasons` say of
    each that failed whose it was, and why.
    """

    fired: int = 0
    sent: int = 0
    failed: int = 0
    dropped: int = 0
    repaired: int = 0
    waiting: int = 0
    posted: int = 0
    reasons: tuple[str, ...] = ()


class Result(NamedTuple):
    """What came of one notice: `sent`, `failed` (tried again later), `dead` or `dropped`, and why."""

    row: Queued
    state: str
    reason: str = ""


class Watch:
    """One watch. `each` may carry several notices at the same time, such as a thread pool's map; `tally` counts.

    It works on every incident; with a `sight`, it tells and counts of those alone that whoever reads along may see.
    """

    def __init__(
        self,
        desk: Desk,
        directory: Directory,
        couriers: Mapping[str, Courier],
        name: str,
        each: Each = map,
        tally: Tally | None = None,
        sight: Sight | None = None,
        postman: Postman | None = None,
    ) -> None:
        self._desk = desk
        self._postman = postman
        self._directory = directory
        self._couriers = couriers
        self._name = name
        self._each = each
        self._tally = tally or Tally(lambda: 0.0)
        self._sight = sight
        self._lock = Lock()  # one reader at a time: the store is one connection
        self._signed: datetime | None = None
        self._reconciled: datetime | None = None
        self._troubles: list[CrisisError] = []

    def round(self) -> Round:
        """All that a watch does, once; for cron, which comes back within a minute."""
        self._name = f"{self._name.partition(':')[0]}:cron"  # each round is another process of the same watch
        with self._tally.round("tick"), self._tally.round("send"):
            done = self._tick(FROM_CRON)
            sent = self._send()
            with self._desk.store.reading() as log:
                rows = log.outbox()
            waiting = sum(self._shown(row.notice.incident) for row in rows)
            out = self._post(sent)
            return self._told(out._replace(fired=done.fired, repaired=done.repaired, waiting=waiting))

    def tick(self, every: timedelta = SIGN_EVERY) -> Round:
        """Say that the watch is alive, repair at the start and every minute, and fire what is due."""
        with self._tally.round("tick"):
            return self._told(self._tick(every))

    def send(self) -> Round:
        """Send every notice that is ready, and post what is to be posted."""
        with self._tally.round("send"):
            return self._told(self._post(self._send()))

    def _post(self, done: Round) -> Round:
        """Make the attempts to post that are due. Whoever fired one makes it, and nobody else."""
        ids: set[str] = set()
        while self._postman and (left := self._due(ids, posts=True)):
            for id_ in sorted(left):
                ids.add(id_)
                try:
                    results = self._postman.retry(id_)
                except CrisisError as error:
                    if not isinstance(error, Conflict):  # then somebody else was faster
                        self._troubles.append(error)
                    continue
                if self._shown(id_):
                    out = sum(result.state == "posted" for result in results)
                    told = tuple(result.told for result in results if result.state != "posted")
                    failed = done.failed + len(results) - out
                    done = done._replace(posted=done.posted + out, failed=failed, reasons=(*done.reasons, *told))
        return done

    def leave(self) -> None:
        """Take the sign of life back: a watch that was asked to stop is missed by nobody."""
        with self._desk.store.writing() as ledger:
            ledger.forget_beats([self._name])

    def _told(self, done: Round) -> Round:
        """What was done, or the first trouble that there was: none holds up what has nothing to do with it."""
        troubles, self._troubles = self._troubles, []
        if troubles:
            first = troubles.pop(0)
            raise self._sight.told(first) if self._sight else first
        return done

    def _shown(self, id_: str) -> bool:
        """Whether what happens in the incident is told."""
        return self._sight is None or self._sight.sees(id_)

    def _tick(self, every: timedelta) -> Round:
        now = self._desk.now()
        if _past(self._signed, now, SIGN_EVERY):
            self._sign(now, every)
            self._signed = now  # only now: a log that takes no sign of life is no good round
        fired, repaired = self._fire_all(), 0
        if _past(self._reconciled, now, RECONCILE_EVERY):
            self._reconciled = now
            self._troubles.clear()  # a repair may be all that it takes; what goes on failing fails again below
            for ids in self._to_compare():
                repaired += self._reconcile(ids)
                fired += self._fire_all()  # many incidents take their time, and what falls due does not wait for them
        return Round(fired=fired, repaired=repaired)

    def next_due(self) -> datetime | None:
        """When the next timer of any incident falls due, if that lies ahead."""
        with self._desk.store.reading() as log:
            due = log.next_due()
        return due if due and due > self._desk.now() else None

    def _sign(self, now: datetime, every: timedelta) -> None:
        with self._desk.store.writing() as ledger:
            ledger.beat(Beat(self._name, now, every.total_seconds()))
            ledger.forget_beats([beat.watch for beat in ledger.beats() if now - beat.at > FORGOTTEN])

    def _fire_all(self) -> int:
        """Fire every overdue timer, incident by incident; how many entries that made."""
        made = 0
        stuck: set[str] = set()
        while ids := self._due(stuck):
            for id_ in sorted(ids):
                entries = self._fire(id_)
                made += entries if entries and self._shown(id_) else 0
                if not entries:
                    stuck.add(id_)  # a timer that the log knows nothing of; the next repair removes it
        return made

    def _due(self, stuck: set[str], *, posts: bool = False) -> set[str]:
        """The incidents with overdue timers, but for those stuck, however many timers these have.

        With `posts` the timers are those of attempts to post, without it all others.
        """
        limit = BATCH
        with self._desk.store.reading() as log:
            while True:
                due = log.due(self._desk.now(), limit)
                ids = {timer.incident for timer in due if (timer.kind == POSTING) == posts} - stuck
                if ids or len(due) < limit:
                    return ids
                limit *= 2

    def _fire(self, id_: str) -> int:
        try:
            fired = self._desk.fire(id_)
            entries = fired.entries if fired else ()
            if entries and self._shown(id_):
                self._tally.fired(entries)
            return len(entries)
        except Conflict:
            return 0  # somebody else was faster; whatever is left is due again in the next round
        except CrisisError as error:
            self._troubles.append(error)
            return 0

    def _send(self) -> Round:
        count = {"sent": 0, "failed": 0, "dead": 0, "dropped": 0}
        reasons = []
        while rows := self._leased():
            for result in list(self._each(self._attempt, rows)):  # all attempts end before the log is written
                try:
                    self._settle(result)
                except CrisisError as error:
                    self._troubles.append(error)
                else:
                    if self._shown(result.row.notice.incident):
                        count[result.state] += 1
                        self._tally.add(_COUNTED[result.state])
                        reasons += _reason(result)
        failed = count["failed"] + count["dead"]
        return Round(sent=count["sent"], failed=failed, dropped=count["dropped"], reasons=tuple(reasons))

    def _leased(self) -> list[Queued]:
        now = self._desk.now()
        with self._desk.store.reading() as log:
            if not log.ready(now):
                return []
        with self._desk.store.writing() as ledger:
            return ledger.lease(now, now + LEASE, AT_ONE_TIME)

    def _attempt(self, row: Queued) -> Result:
        """Deliver if it can be done; whatever goes wrong with one notice is the affair of that notice."""
        try:
            return self._attempted(row)
        except DeliveryFailed as failure:
            given_up, reason = failure.permanent, failure.reason
        except CrisisError as error:  # of the log or the roster, not of this notice, which must not be given up for it
            self._troubles.append(error)
            return Result(row, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - a courier that breaks down must not stop the others
            given_up, reason = False, f"it broke down ({type(error).__name__})"  # the text might hold a secret
        return Result(row, "dead" if given_up or row.attempts > len(BACK_OFF) else "failed", reason)

    def _attempted(self, row: Queued) -> Result:
        """Look at the incident again, and deliver if it is still worth it."""
        notice = row.notice
        with self._lock, self._desk.store.reading() as log:
            incident, entry = self._desk.load(log, notice.incident), log.entry(notice.incident, notice.version)
            about, late = _about(log, entry, notice)
        if incident.exercise:
            return Result(row, "dropped", "an exercise, of which nothing leaves")  # whoever put it there
        if entry is None or (not incident.open and entry.type not in _AFTER_THE_END):
            return Result(row, "dropped", "the incident is closed")
        if incident.restricted and notice.person not in incident.members():
            return Result(row, "dropped", f"{notice.person} may not see the incident")
        if late:
            return Result(row, "dropped", "answered meanwhile")
        if about and _alone(entry, notice) and outdated(incident, about, notice.person):
            return Result(row, "dropped", "no longer so")
        self._deliver(row, incident, entry, message(incident, entry, notice, self._desk.now(), about))
        return Result(row, "sent")

    def _deliver(self, row: Queued, incident: Incident, entry: Entry, told: Message) -> None:
        to = "console:" if incident.drill else self._address(row.notice)  # nothing of a drill leaves the building
        kind = to.partition(":")[0]
        if incident.restricted and (kind in READ_BY_OTHERS or not self._directory.own(row.notice.person)):
            told = neutral(incident, entry, row.notice)
        self._couriers.get(kind, self._couriers["*"]).send(told, to)

    def _address(self, notice: Notice) -> str:
        contacts = self._directory.contacts(notice.person)
        if notice.contact >= len(contacts):
            raise DeliveryFailed(f"{notice.person} has no such contact any more", permanent=True)
        return contacts[notice.contact]

    def _settle(self, result: Result) -> None:
        row, notice = result.row, result.row.notice
        if result.state == "failed":
            with self._desk.store.writing() as ledger:
                ledger.postpone(notice.key, self._desk.now() + BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1])
            return
        data = {"notice": notice.key, "to": notice.person, "contact": notice.contact, "attempts": row.attempts}
        event = Event(_SETTLED[result.state], data, {"reason": result.reason} if result.reason else {})
        self._desk.record(notice.incident, [event], WATCH, settles=notice.key)

    def _to_compare(self) -> Iterator[Sequence[str]]:
        """The incidents that are open or have a timer that is due, fifty at a time.

        No notice rests longer than the longest wait between two attempts, whatever its row says.
        """
        now = self._desk.now()
        with self._desk.store.writing() as ledger:
            ledger.hurry(now + BACK_OFF[-1] + LEASE, now)
        with self._desk.store.reading() as log:
            ids = {head.incident for head in log.heads(everything=False)}
            ids |= {timer.incident for timer in log.due(self._desk.now(), BATCH)}
        ordered = sorted(ids)
        return (ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH))

    def _reconcile(self, ids: Sequence[str]) -> int:
        """Compare the timers with what the log says should exist, and make them so; how many were wrong."""
        with self._desk.store.reading() as log:
            odd = [id_ for id_ in ids if not self._agrees(log, id_)]
        wrong = {id_: self._repair(id_) for id_ in odd}
        repaired = sum(count for id_, count in wrong.items() if count and self._shown(id_))
        self._tally.add("repaired", repaired)
        return repaired

    def _agrees(self, log: Log, id_: str) -> bool:
        try:
            return log.tip(id_) is not None and log.timers(id_) == timers(self._desk.load(log, id_))
        except CrisisError as error:
            self._troubles.append(error)
            return True

    def _repair(self, id_: str) -> int:
        try:
            return self._desk.repair(id_)
        except CrisisError as error:
            self._troubles.append(error)
            return 0


def _about(log: Log, entry: Entry | None, notice: Notice) -> tuple[Entry | None, bool]:
    """The entry that the notice is about, and whether it waited so long that it has been answered meanwhile."""
    if entry is None:
        return None, False
    _, told = cause([entry], notice.key)
    about = log.entry(notice.incident, told["about"]) if "about" in told else entry
    if about is None or notice.not_before is None:
        return about, False
    return about, answered(about, notice.person, log.entries(notice.incident, about.version))


def _alone(entry: Entry, notice: Notice) -> bool:
    """Whether the notice tells of one thing only."""
    _, told = cause([entry], notice.key)
    return len(told.get("covers", ())) <= 1


def _reason(result: Result) -> list[str]:
    if result.state not in ("failed", "dead"):
        return []
    notice = result.row.notice
    end = "given up" if result.state == "dead" else "to be tried again"
    return [f"contact {notice.contact + 1} of {notice.person} ({notice.incident}): {result.reason}; {end}"]


def _past(last: datetime | None, now: datetime, span: timedelta) -> bool:
    """Whether so much time has passed; a clock that went back cannot say, so it has."""
    return last is None or not timedelta(0) <= now - last < span


_AFTER_THE_END = ("statement.unclear", "statement.unposted")  # words that were published go out all the same
_COUNTED = {"sent": "sent", "failed": "failed", "dead": "failed", "dropped": "dropped"}
_SETTLED = {"sent": "notice.sent", "dead": "notice.failed", "dropped": "notice.dropped"}
