"""Random playbooks, random people and random waits, in memory and in a file side by side: the promises hold in both."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crisisctl.adapters import posix
from crisisctl.adapters.memory import Memory
from crisisctl.adapters.sqlite import Sqlite
from crisisctl.domain import commands as ask
from crisisctl.domain.check import check
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Entry, Source, flaws
from crisisctl.domain.errors import CrisisError, RefusedAndLogged
from crisisctl.domain.evolve import replay
from crisisctl.domain.incident import Incident
from crisisctl.domain.moves import machine
from crisisctl.domain.notices import Quiet, Reach
from crisisctl.domain.publication import Linted
from crisisctl.domain.timers import timers
from crisisctl.domain.times import parse_duration
from crisisctl.service.desk import MOST_AT_ONCE, Asked, Desk, Outcome
from crisisctl.service.opening import opening
from crisisctl.service.ports import DeliveryFailed, Message, Store
from crisisctl.service.verify import verify
from crisisctl.service.watch import Watch
from tests.clockwork import clocks

ROLES = ("lead", "deputy", "legal", "boss")
PEOPLE = ("ann", "ann", "bob", "cy", "crisisctl")
TEXTS = {"mail/en": "We are sorry.", "chat/en": "Sorry.", "mail/de": "Es tut uns leid."}
SEALS = {key: text_digest(text) for key, text in TEXTS.items()}
WHOM: tuple[tuple[str, ...], ...] = ((), (), ("staff",), ("press",))
LATE = (None, None, None, 0, 120)
TRIGGERS = ("go", "back", "split", "end")
FAST = Path("/dev/shm")  # noqa: S108 - where there is one, a folder in memory; a crash is not what is tried here
SPANS = ("0m", "1m", "5m", "10m", "1h")
NIGHT = Quiet(time(2, 30), time(3), ZoneInfo("Europe/Madrid"))  # an hour that comes twice
WAYS = {
    "ann": Reach(quiet=NIGHT, fallback="bob"),
    "bob": Reach((timedelta(), timedelta(minutes=3)), fallback="cy"),
    "cy": Reach(quiet=NIGHT._replace(breaks=()), fallback="dee"),
}


class Author:
    """Writes small playbooks in which the check finds nothing to mend; the same seed writes the same."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)  # noqa: S311 - nothing here is secret
        self._roles = ROLES[: self._dice.randint(1, 4)]

    def playbook(self) -> dict[str, Any]:
        tops = {name: self._stage(2) for name in ("a", "b", "c")[: self._dice.randint(2, 3)]}
        moves = [self._move(trigger, _paths(tops)) for trigger in TRIGGERS * 2 + ("end",)]
        document = {
            "playbook": "random",
            "title": "Whatever may happen",
            "severities": ["sev1", "sev2"],
            "roles": self._seats(),
            "facts": {"count": {"type": "integer"}},
            "initial": self._dice.choice(list(tops)),
            "stages": tops | {"closed": {"final": True}},
            "transitions": moves,
            "escalations": {"one": self._ladder(), "two": self._ladder()},
            "statements": {"holding": self._statement()},
        }
        for problem in check(document):
            if problem.rule == "partial-entry":  # into one region from outside; into the whole of it instead
                move = moves[int(problem.path[1])]
                move["to"] = move["to"].partition(".")[0]
        return document

    def _seats(self) -> dict[str, Any]:
        return {role: {"deputy": next_} for role, next_ in pairwise(self._roles)} | {self._roles[-1]: {}}

    def _some(self) -> list[str]:
        return self._dice.sample(self._roles, self._dice.randint(1, min(2, len(self._roles))))

    def _often(self, share: float) -> bool:
        return self._dice.random() < share

    def _ladder(self) -> dict[str, Any]:
        afters = sorted(self._dice.choices(range(len(SPANS)), k=self._dice.randint(1, 3)))
        steps = [{"after": SPANS[after], "notify": self._some()} for after in afters]
        if self._often(0.4):
            steps[-1]["advance"] = self._dice.choice(TRIGGERS)
        plan: dict[str, Any] = {"steps": steps, "until": self._dice.choice(("acknowledged", "left"))}
        if self._often(0.8):
            plan["ack_timeout"] = self._dice.choice(SPANS[1:])
        if self._often(0.5):
            plan["repeat"] = {"times": self._dice.randint(1, 3), "every": self._dice.choice(SPANS[1:])}
        return plan | {"if_empty": self._dice.choice(("skip", "wait", {"fallback": self._roles[0]}))}

    def _stage(self, depth: int) -> dict[str, Any]:
        stage: dict[str, Any] = {"escalation": self._dice.choice(("one", "two"))} if self._often(0.6) else {}
        if self._often(0.4):
            due = {"due": self._dice.choice(SPANS[1:])} if self._often(0.7) else {}
            stage["tasks"] = {"call": {"role": self._dice.choice(self._roles), "required": self._often(0.3)} | due}
        kind = self._dice.choice(("leaf", "nested", "parallel")) if depth else "leaf"
        if kind != "leaf":
            names = ("x", "y", "z")[: self._dice.randint(2, 3)]
            stage["stages"] = {name: self._stage(depth - 1) for name in names}
            stage |= {"parallel": True} if kind == "parallel" else {"initial": self._dice.choice(names)}
        return stage

    def _move(self, trigger: str, paths: Sequence[str]) -> dict[str, Any]:
        to = "closed" if trigger == "end" else self._dice.choice(paths)
        move: dict[str, Any] = {"trigger": trigger, "from": self._dice.choice([*paths, "*", "*"]), "to": to}
        if self._often(0.2):
            move["by"] = self._some()
        if self._often(0.2):
            needs = {"facts": ["count"], "roles": [self._roles[-1]], "statements": {"holding": "published"}}
            wanted = self._dice.choice(sorted(needs))
            move["requires"] = {wanted: needs[wanted]}
        return move

    def _statement(self) -> dict[str, Any]:
        due, again = self._dice.choices(SPANS[1:], k=2)
        whom: dict[str, Any] = {
            "audiences": ["staff", "press"],
            "channels": ["mail", "chat"],
            "languages": ["en", "de"],
        }
        first, last = self._roles[0], self._roles[-1]
        whom["approvals"] = self._dice.choice(
            ([first], {"any": 1, "of": [*self._roles]}, {"sev1": [first], "else": []})
        )
        if self._often(0.6):
            whom["delegate"] = {"after": self._dice.choice(SPANS[1:]), "to": {first: last} if first != last else {}}
            whom["minimal"] = "least.md.j2"
        phase = {"phase": self._dice.choice(("opening", "update", "resolution", "inside"))} if self._often(0.7) else {}
        return {"template": "holding.md.j2", "due": due, "update_every": again} | whom | phase


def _paths(specs: dict[str, Any], before: str = "") -> list[str]:
    inner = [(f"{before}{name}", spec) for name, spec in specs.items()]
    return [path for at, spec in inner for path in (at, *_paths(spec.get("stages", {}), f"{at}."))]


class Town:
    """Its clock, its people with one or two addresses each, and a post that loses some letters for good."""

    def __init__(self) -> None:
        self.time = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the night on which Europe's clocks go back

    def now(self) -> datetime:
        return self.time

    def own(self, person: str) -> bool:
        return True

    def count(self, person: str) -> int:
        return len(self.contacts(person))

    def contacts(self, person: str) -> tuple[str, ...]:
        return ("post:home", "post:work")[: 1 + (person == "bob")]

    def require(self, person: str) -> None:
        """Any name will do."""

    def on_call(self, role: str, at: datetime) -> Sequence[str]:
        return ()

    def reach(self, person: str) -> Reach:
        return WAYS.get(person, Reach())

    def check(self, to: str) -> None:
        """Any address will do."""

    def send(self, message: Message, to: str) -> None:
        if message.key[0] in "0123":
            raise DeliveryFailed(f"{to} is shut", permanent=message.key[0] == "0")


class Salts:
    """The same salts in the same order, so that both stores seal the same."""

    def __init__(self) -> None:
        self._number = 0

    def salt(self) -> bytes:
        self._number += 1
        return sha256(str(self._number).encode()).digest()


class Simulation(RuleBasedStateMachine):
    """Whatever is done is done in both stores, and everything that is promised is looked at after each step."""

    @initialize(seed=st.integers(0, 2**32), drill=st.booleans())
    def begin(self, seed: int, drill: bool) -> None:  # noqa: FBT001 - drawn by name
        document = Author(seed).playbook()
        note(f"document = {document!r}")
        assert [problem for problem in check(document) if problem.level == "error"] == []
        self.document = document
        self.folder = tempfile.TemporaryDirectory(dir=FAST if FAST.is_dir() else None)
        path = Path(self.folder.name) / "state" / "crisisctl.db"
        self.stores: list[Store] = [Memory(), Sqlite(path, posix.turnstile, lambda _: None)]
        self.town = Town()
        self.salts = [Salts(), Salts()]
        self.told: list[Entry] = []
        self.keys: set[str] = set()
        self.inside: dict[str, int] = {}
        self.folded: Incident | None = None
        self.restart()
        command = opening(document, {"holding.md.j2": "We are sorry."}, [], "A random night")._replace(drill=drill)
        self._both(lambda desk: desk.open(command, Asked(Source("ann", "tester"))))

    def restart(self) -> None:
        """New processes, which remember nothing."""
        self.desks = [
            Desk(store, self.town, salts, self.town) for store, salts in zip(self.stores, self.salts, strict=True)
        ]
        self.watches = [Watch(desk, self.town, {"console": self.town, "*": self.town}, "w") for desk in self.desks]

    def _both(self, act: Callable[[Desk], object]) -> None:
        """Have both desks do it; they do the same or refuse alike; a refusal writes nothing of its own."""
        before = self._heads()
        one, other = (self._done(act, desk) for desk in self.desks)
        assert one == other
        if isinstance(one, tuple) and self._heads() != before:
            with self.stores[0].reading() as log:
                fired = list(log.entries("INC-1", before[0][0].version if before[0][0] else 0))
            if one[0] is RefusedAndLogged:
                assert fired.pop().type == "statement.approval_refused"
            assert not fired or len(fired) >= MOST_AT_ONCE, "a refusal wrote something"
            assert {entry.actor for entry in fired} <= {"crisisctl"}, "but full batches of overdue timers"

    def _heads(self) -> list[Any]:
        found: list[Any] = []
        for store in self.stores:
            with store.reading() as log:
                found.append((log.head("INC-1"), log.timers("INC-1"), log.outbox()))
        return found

    def _done(self, act: Callable[[Desk], object], desk: Desk) -> object:
        try:
            done = act(desk)
        except CrisisError as error:
            return (type(error), str(error), getattr(error, "missing", ()))
        if isinstance(done, Outcome):
            return [[entry.digest for entry in part] for part in (done.fired, done.entries)]
        return [done]

    def _ask(self, command: ask.Command, who: str, **how: Any) -> None:
        asked = Asked(Source(who, "tester"), **how)
        self._both(lambda desk: desk.handle("INC-1", command, asked))

    @rule(seconds=st.sampled_from((1, 60, 300, 1800, 4000, 4000, 7200, 7200, -1, -90)), watched=st.booleans())
    def wait(self, seconds: int, watched: bool) -> None:  # noqa: FBT001 - drawn by name
        self.town.time += timedelta(seconds=seconds)
        if watched:
            one, other = (watch.round() for watch in self.watches)
            assert one == other
            assert one.repaired == 0

    @rule()
    def new_processes(self) -> None:
        self.restart()

    @rule()
    def fire(self) -> None:
        self._both(lambda desk: desk.fire("INC-1"))

    @rule(which=st.integers(0, 9), who=st.sampled_from(PEOPLE), override=st.booleans(), late=st.sampled_from(LATE))
    def advance(self, which: int, who: str, override: bool, late: int | None) -> None:  # noqa: FBT001 - drawn by name
        assert self.folded
        possible = [*machine(self.folded.playbook).possible(self.folded.stages)]
        trigger = possible[which % len(possible)].trigger if possible else "go"
        who = self._seated(which, who)
        at = None if late is None else self.town.time - timedelta(seconds=late)
        waived = tuple(self.folded.heard) if which == 0 else ()
        self._ask(ask.Advance(trigger, "it is time", override, waived), who, at=at)

    @rule(role=st.sampled_from(ROLES), person=st.sampled_from(PEOPLE), add=st.booleans(), who=st.sampled_from(PEOPLE))
    def assign(self, role: str, person: str, add: bool, who: str) -> None:  # noqa: FBT001 - drawn by name
        self._ask(ask.Assign(role, person, add), who)

    @rule(
        role=st.sampled_from(ROLES), which=st.integers(0, 9), person=st.sampled_from(PEOPLE), late=st.sampled_from(LATE)
    )
    def hand_over(self, role: str, which: int, person: str, late: int | None) -> None:
        """Somebody who holds a role offers it, mostly; the brief of it is the same in both stores."""
        at = None if late is None else self.town.time - timedelta(seconds=late)
        self._ask(ask.Handover(role, person, "until tomorrow"), self._seated(which, "bob"), at=at)

    @rule(which=st.integers(0, 9), answer=st.sampled_from((0, 0, 1, 2)))
    def answer_the_offer(self, which: int, answer: int) -> None:
        """Whoever a role is on offer to, or who offers it."""
        assert self.folded
        offers = [*self.folded.handovers.items()]
        role, offer = offers[which % len(offers)] if offers else ("lead", None)
        replies = (ask.AcceptHandover(role), ask.DeclineHandover(role, "asleep"), ask.WithdrawHandover(role))
        replier = (offer.giver if answer == 2 else offer.taker) if offer else "cy"
        self._ask(replies[answer], replier)

    @rule(
        who=st.sampled_from(PEOPLE),
        command=st.sampled_from(
            (
                ask.Acknowledge(),
                ask.Acknowledge("one"),
                ask.Snooze(timedelta(minutes=7), "on the phone"),
                ask.Release("lead"),
                ask.Release("deputy"),
                ask.ChangeTask("call", "done"),
                ask.ChangeTask("call", "skipped", "no line"),
                ask.ChangeTask("call", "open"),
                ask.AddNote("a note"),
                ask.SetFact("count", "7"),
                ask.SetFact("count", "8", "unconfirmed", "a reporter"),
                ask.RetractFact("count", "wrong"),
                ask.ConfirmFact("count", "the clerk"),
                ask.AskFact("count", "cy"),
                ask.AskFact("count"),
                ask.ChangeTask("correct-holding", "done"),
                ask.ChangeTask("correct-holding", "skipped", "it may stand"),
                ask.ChangeTask("correct-holding", "open"),
                ask.StartClocks(("gdpr.art33",), clocks()),
                ask.StartClocks(("gdpr.art33", "nis2.early-warning"), clocks(), because="it was before"),
                ask.FileClocks(("gdpr.art33", "nis2.early-warning"), "them", clocks(), because="late"),
                ask.WaiveClock("nis2.notification", "no need", clocks()),
                ask.DeclineClock("gdpr.art33", "no risk", clocks()),
                ask.MissClock("gdpr.art33", "no figures", clocks()),
                ask.AssessClocks({"gdpr.art33": {"risk": False}}, clocks()),
                ask.ChangeSeverity("sev2", "less than feared"),
                ask.Reopen("it is back"),
                ask.Draft("holding", "We are sorry."),
                ask.Draft("holding", "We are very sorry."),
                ask.Draft("holding", "We were wrong.", correcting="a slip"),
                ask.Submit("holding"),
                ask.Approve("holding"),
                ask.Reject("holding", "too long"),
                ask.Draft("holding", "We are sorry.", renditions=TEXTS),
                ask.Draft("holding", "We are sorry.", renditions=TEXTS | {"chat/en": "So sorry."}, fresh=()),
                ask.Draft("holding", "We know more.", renditions=TEXTS | {"mail/en": "We know more."}, fresh=()),
                ask.Submit("holding", Linted("0" * 64, SEALS, ("line 1: blame",), (), ("blame",)), True, "quoted"),
                ask.Publish("holding", SEALS["mail/en"], renditions=SEALS, inside=("chat",)),
                ask.Publish("holding", SEALS["mail/en"], ("staff",), SEALS, {"mail/de": 3}, inside=("chat",)),
                ask.Publish("holding", SEALS["mail/en"], renditions=SEALS, glass=True, because="nobody answers"),
            )
        ),
    )
    def do(self, command: ask.Command, who: str) -> None:
        self._ask(command, who)

    @rule(which=st.integers(0, 9), text=st.sampled_from(("We know.", "We know more.")), audiences=st.sampled_from(WHOM))
    def say(self, which: int, text: str, audiences: tuple[str, ...]) -> None:
        """As far as the rules let it go."""
        assert self.folded
        used = {name: fact.version for name, fact in self.folded.facts.items() if which % 2}
        self._ask(ask.Draft("holding", text, used), "bob")
        self._ask(ask.Submit("holding"), "bob")
        self._ask(ask.Approve("holding"), self._seated(which, "cy"))
        silent = which == 0 and audiences != ("staff",)
        out = ask.Publish("holding", text_digest(text), audiences, because="it is over", no_further=silent)
        self._ask(out, self._seated(which, "bob"))

    def _seated(self, which: int, otherwise: str) -> str:
        """Somebody who holds a role, mostly."""
        assert self.folded
        seated = sorted({person for people in self.folded.roles.values() for person in people} | {otherwise})
        return seated[which % len(seated)]

    @rule(version=st.integers(0, 40))
    def redact(self, version: int) -> None:
        asked = Asked(Source("cy", "tester"))
        self._both(lambda desk: desk.handle("INC-1", ask.Redact(version, (), "a name"), asked))

    @rule(request=st.sampled_from(("r-1", "r-2")), behind=st.sampled_from((0, 0, 1)))
    def ask_with_care(self, request: str, behind: int) -> None:
        assert self.folded
        self._ask(ask.AddNote("with care"), "bob", request=request, expect=self.folded.version - behind)

    @invariant()
    def both_stores_agree(self) -> None:
        seen = []
        for store in self.stores:
            with store.reading() as log:
                news = list(log.entries("INC-1", self.told[-1].version if self.told else 0))
                seen.append((log.head("INC-1"), log.snapshot("INC-1"), log.timers("INC-1"), log.outbox(), news))
        assert seen[0] == seen[1]
        self._listen(seen[0][-1])

    def _listen(self, news: Sequence[Entry]) -> None:
        for entry in news:
            if entry.type == "stage.entered":
                self.inside[entry.data["stage"]] = entry.data["visit"]
            elif entry.type == "stage.left":
                del self.inside[entry.data["stage"]]
            before = self.told[-1] if self.told else None
            assert flaws(entry, before.digest if before else "", ()) == []
            assert entry.recorded_at >= (before.recorded_at if before else entry.recorded_at)
            self.told.append(entry)
            for told in entry.data.get("notices", ()):
                assert told["key"] not in self.keys, "somebody is told the same twice"
                self.keys.add(told["key"])
            if entry.timer:
                assert [other.timer for other in self.told].count(entry.timer) == 1, "a timer fired twice"
                assert entry.occurred_at <= entry.recorded_at, "a timer fired early"
                self._in_its_stage(entry)
                self._in_time(entry)
        self.folded = replay(news, self.folded)

    def _in_its_stage(self, entry: Entry) -> None:
        """A timer of a stage fires while that visit to it lasts, and never into a later one."""
        if "ladder" in entry.data:
            path, _, visit = entry.data["ladder"].partition("/")[0].partition("#")
            assert self.inside.get(path) == int(visit)
        elif entry.type == "task.overdue":
            assert entry.data["stage"] in self.inside

    def _in_time(self, entry: Entry) -> None:
        """A step whose ladder nobody has moved fired at the entry of its stage plus what the playbook says."""
        if "step" not in entry.data:
            return
        key, plan = entry.data["ladder"], self.document["escalations"][entry.data["escalation"]]
        of_ladder = [other for other in self.told[:-1] if other.data.get("ladder") == key]
        if any(other.data.get("pull") or other.type in MOVED for other in of_ladder):
            return
        path, _, visit = key.partition("/")[0].partition("#")
        same = {"stage": path, "visit": int(visit)}
        entered = next(e for e in self.told if e.type == "stage.entered" and same.items() <= e.data.items())
        every = parse_duration(plan["repeat"]["every"]) if "repeat" in plan else timedelta(0)
        cycle = parse_duration(plan["steps"][-1]["after"]) + every
        after = parse_duration(plan["steps"][entry.data["step"] - 1]["after"])
        assert entry.occurred_at == entered.occurred_at + (entry.data["round"] - 1) * cycle + after

    @invariant()
    def the_log_alone_tells_everything(self) -> None:
        with self.stores[1].reading() as log:
            whole = replay(log.entries("INC-1"))
            pending = log.timers("INC-1")
        for desk, store in zip(self.desks, self.stores, strict=True):
            with store.reading() as log:
                assert desk.load(log, "INC-1") == whole
        fresh = Desk(self.stores[1], self.town, self.salts[1], self.town)
        with self.stores[1].reading() as log:
            assert fresh.load(log, "INC-1") == whole, "the snapshot is not the replay"
        self.folded = whole
        assert pending == timers(whole)
        assert whole.open or not pending, "a closed incident has timers"
        assert whole.open or not whole.handovers, "a role is on offer in a closed incident"
        for role, offer in whole.handovers.items():
            assert offer.giver in whole.roles[role], "a role is on offer by somebody who does not hold it"
            assert offer.taker not in whole.roles[role], "a role is on offer to somebody who holds it"

    def teardown(self) -> None:
        if not hasattr(self, "stores"):
            return
        verdicts = [verify(store, None) for store in self.stores]
        assert [verdict.flaws for verdict in verdicts] == [[], []]
        assert verdicts[0] == verdicts[1]
        for store in self.stores:
            store.close()
        self.folder.cleanup()


MOVED = ("escalation.snoozed", "escalation.stale")
TestSimulation = Simulation.TestCase
TestSimulation.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
