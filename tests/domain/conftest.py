"""One incident driven by the rules alone: no store, no desk, a clock that goes only when told; and random scripts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from crisisctl.domain import commands as ask
from crisisctl.domain.check import check
from crisisctl.domain.decide import decide
from crisisctl.domain.decide_statements import text_digest
from crisisctl.domain.entries import Entry, Event, Source, digest, words
from crisisctl.domain.errors import CrisisError, RefusedAndLogged
from crisisctl.domain.evolve import evolve
from crisisctl.domain.firing import fire
from crisisctl.domain.incident import Incident
from crisisctl.domain.moves import open_incident
from crisisctl.domain.playbook import pin
from crisisctl.domain.timers import Timer, timers
from tests.clockwork import clocks

settings.register_profile("unhurried", settings(), deadline=None)  # on top of what CI sets; the machine may be busy
settings.load_profile("unhurried")

START = datetime(2026, 3, 28, 22, tzinfo=UTC)  # three hours before the clocks of Europe go forward


def plan(**sections: Any) -> dict[str, Any]:
    """A playbook of two stages and an end, `begun`, `on` and `closed`, with other sections in the place of its own."""
    return {
        "playbook": "plan",
        "title": "Plan",
        "severities": ["sev1", "sev2"],
        "roles": {"lead": None, "legal": None, "scribe": None},
        "initial": "begun",
        "stages": {"begun": None, "on": None, "closed": {"final": True}},
        "transitions": [
            {"trigger": "go", "from": "begun", "to": "on"},
            {"trigger": "back", "from": "on", "to": "begun"},
            {"trigger": "close", "from": "*", "to": "closed"},
        ],
    } | sections


RICH = plan(
    roles={"lead": {"deputy": "second"}, "second": {"deputy": "third"}, "third": None, "legal": None, "scribe": None},
    facts={"count": {"type": "integer"}, "cause": None},
    stages={
        "begun": {
            "escalation": "call",
            "tasks": {"look": {"role": "legal", "due": "7m"}, "tea": None},
        },
        "both": {
            "parallel": True,
            "escalation": "shout",
            "tasks": {"write": {"due": "11m"}},
            "stages": {
                "public": {"initial": "silent", "stages": {"silent": {"escalation": "call"}, "told": None}},
                "law": {"initial": "asking", "stages": {"asking": {"tasks": {"file": {"due": "3m"}}}, "filed": None}},
            },
        },
        "closed": {"final": True},
    },
    transitions=[
        {"trigger": "go", "from": "begun", "to": "both"},
        {"trigger": "tell", "from": "both.public.silent", "to": "both.public.told", "by": ["lead", "second"]},
        {"trigger": "file", "from": "both.law.asking", "to": "both.law.filed", "requires": {"facts": ["count"]}},
        {"trigger": "again", "from": "both.public", "to": "both.public"},
        {"trigger": "back", "from": "both", "to": "begun", "because": "required"},
        {"trigger": "close", "from": "*", "to": "closed"},
    ],
    escalations={
        "call": {
            "ack_timeout": "13m",
            "repeat": {"times": 2, "every": "4m"},
            "steps": [
                {"after": "0m", "notify": ["lead"]},
                {"after": "5m", "notify": ["legal"]},
                {"after": "9m", "notify": ["legal", "scribe"], "advance": "go"},
            ],
        },
        "shout": {
            "until": "left",
            "if_empty": {"fallback": "scribe"},
            "steps": [{"after": "2m", "notify": ["legal"]}, {"after": "6m", "notify": ["lead"], "advance": "tell"}],
        },
    },
    statements={
        "holding": {"template": "h.md", "audiences": ["employees", "press"], "channels": ["x"],
                    "approvals": ["lead", "legal"], "due": "17m", "update_every": "19m"},
        "free": {"template": "f.md", "audiences": ["press"], "channels": ["x"], "update_every": "8m"},
    },
)  # fmt: skip
PEOPLE = st.sampled_from(["dana", "sam", "lena"])
ROLES = st.sampled_from([*RICH["roles"]])
STATEMENTS = st.sampled_from([*RICH["statements"]])
AUDIENCES = st.sampled_from([(), ("employees",), ("press",)])
SPEECH = st.sampled_from(["Water.", "More water.", "It is wine: “Merlot”.\nSorry."])
DEADLINES = st.sampled_from(["gdpr.art33", "gdpr.art34", "nis2.early-warning", "nis2.notification"])
CERTAINTY = st.sampled_from(["confirmed", "unconfirmed"])


def drafting(id_: str, text: str, correcting: str | None, promises: int | None) -> ask.Draft:
    """A text that may name the next update, in minutes after the opening."""
    at = None if promises is None else START + timedelta(minutes=promises)
    return ask.Draft(id_, text, {}, correcting, promises=at)


TRIGGERS = st.sampled_from(["go", "tell", "file", "again", "back", "close"])
MOVES: st.SearchStrategy[ask.Command] = st.one_of(
    st.builds(ask.Advance, TRIGGERS, st.just("why"), st.booleans()),
    st.builds(ask.Advance, TRIGGERS),
    st.builds(ask.Reopen, SPEECH),
)
ANSWERS: st.SearchStrategy[ask.Command] = st.one_of(
    st.builds(ask.Assign, ROLES, PEOPLE, st.booleans()),
    st.builds(ask.Release, ROLES, PEOPLE | st.none()),
    st.builds(ask.Handover, ROLES, PEOPLE, SPEECH | st.none(), st.sampled_from(["", "All of it.\nIn short."])),
    st.builds(ask.AcceptHandover, ROLES),
    st.builds(ask.DeclineHandover, ROLES, SPEECH),
    st.builds(ask.WithdrawHandover, ROLES),
    st.builds(ask.Acknowledge, st.sampled_from([None, "call", "shout"])),
    st.builds(ask.Snooze, st.integers(0, 20).map(lambda n: timedelta(minutes=n)), SPEECH),
)
WORDS: st.SearchStrategy[ask.Command] = st.one_of(
    st.builds(
        ask.ChangeTask,
        st.sampled_from(["look", "tea", "write", "file"]),
        st.sampled_from(["done", "skipped", "open"]),
        SPEECH | st.none(),
    ),
    st.builds(ask.AddNote, SPEECH),
    st.builds(ask.LogDecision, SPEECH, SPEECH, st.lists(SPEECH, max_size=2).map(tuple)),
    st.builds(ask.SetFact, st.just("count"), st.sampled_from(["1", "2,000"]), CERTAINTY),
    st.builds(ask.SetFact, st.just("cause"), SPEECH, CERTAINTY, SPEECH | st.none()),
    st.builds(ask.RetractFact, st.sampled_from(["count", "cause"]), SPEECH),
    st.builds(ask.ConfirmFact, st.sampled_from(["count", "cause"]), SPEECH | st.none()),
    st.builds(ask.AskFact, st.sampled_from(["count", "cause"]), PEOPLE | st.none()),
    st.builds(ask.ChangeTask, st.just("correct-holding"), st.sampled_from(["done", "skipped", "open"]), SPEECH),
    st.builds(ask.ChangeSeverity, st.sampled_from(["sev1", "sev2"]), SPEECH),
    st.builds(ask.Redact, st.integers(1, 9), st.just(("because",)), SPEECH),
)
CLOCKS: st.SearchStrategy[ask.Command] = st.one_of(
    st.builds(
        lambda names, since, why: ask.StartClocks(
            tuple(names), clocks(), None if since is None else START + timedelta(minutes=since), because=why
        ),
        st.lists(DEADLINES, min_size=1, max_size=2, unique=True),
        st.none() | st.integers(-60 * 100, 60),
        SPEECH | st.none(),
    ),
    st.builds(lambda id_, why: ask.FileClocks((id_,), "them", clocks(), because=why), DEADLINES, SPEECH | st.none()),
    st.builds(lambda id_, why: ask.WaiveClock(id_, why, clocks()), DEADLINES, SPEECH),
    st.builds(lambda id_, why: ask.DeclineClock(id_, why, clocks()), DEADLINES, SPEECH),
    st.builds(lambda id_, why: ask.MissClock(id_, why, clocks()), DEADLINES, SPEECH),
    st.builds(lambda risk: ask.AssessClocks({"gdpr.art33": {"risk": risk}}, clocks()), st.booleans()),
)
PUBLIC: st.SearchStrategy[ask.Command] = st.one_of(
    st.builds(drafting, STATEMENTS, SPEECH, SPEECH | st.none(), st.none() | st.integers(-10, 90)),
    st.builds(ask.Submit, STATEMENTS),
    st.builds(ask.Approve, STATEMENTS),
    st.builds(ask.Reject, STATEMENTS, SPEECH),
    st.builds(ask.Publish, STATEMENTS, SPEECH.map(text_digest), AUDIENCES),
    st.builds(
        lambda id_, text, why: ask.Publish(id_, text_digest(text), glass=True, because=why), STATEMENTS, SPEECH, SPEECH
    ),
)
# Minutes that pass, who asks, and for what.
Step = tuple[int, str, ask.Command]


def publication(minutes: int, id_: str, text: str, audiences: tuple[str, ...]) -> list[Step]:
    """Everything that it takes to bring a text out."""
    return [
        (minutes, "sam", ask.Draft(id_, text)),
        (0, "sam", ask.Submit(id_)),
        (0, "dana", ask.Assign("legal", "lena", add=True)),
        (0, "dana", ask.Approve(id_)),
        (0, "lena", ask.Approve(id_)),
        (0, "dana", ask.Publish(id_, text_digest(text), audiences)),
    ]


def steps(commands: st.SearchStrategy[ask.Command]) -> st.SearchStrategy[list[Step]]:
    return st.tuples(st.integers(0, 12), PEOPLE, commands).map(lambda step: [step])


SEVERAL = st.builds(publication, st.integers(0, 12), STATEMENTS, SPEECH, AUDIENCES)
EVERY = (MOVES, ANSWERS, WORDS, PUBLIC, CLOCKS)
SCRIPTS = st.lists(st.one_of(*map(steps, EVERY), SEVERAL), min_size=4, max_size=20).map(
    lambda several: [step for steps in several for step in steps]
)


class Case:
    """An incident on a playbook, opened by Dana, who holds its first role."""

    def __init__(self, document: Mapping[str, Any], *, templates: Mapping[str, str] | None = None, **how: Any) -> None:
        assert [problem for problem in check(document) if problem.level == "error"] == []
        self.now = START
        self.entries: list[Entry] = []
        self._incident: Incident | None = None
        self._salts = 0
        command = ask.Open(pin(document, templates or {}), templates or {}, how.pop("title", "Water"))._replace(**how)
        source = Source("dana", "dana")
        self._write(open_incident(command, source), source, self.now)

    @property
    def incident(self) -> Incident:
        assert self._incident is not None
        return self._incident

    def do(self, *commands: ask.Command, who: str = "dana", at: datetime | None = None, role: str | None = None) -> Any:
        """Carry out commands one after another; the entries of the last."""
        added: list[Entry] = []
        for command in commands:
            source = Source(who, who, role=role)
            moment = at or self.now
            added = self._write(decide(self.incident, command, source, moment), source, moment)
        return added

    def refused(
        self,
        command: ask.Command,
        who: str = "dana",
        *,
        at: datetime | None = None,
        role: str | None = None,
        kind: type[CrisisError] = CrisisError,
    ) -> str:
        """What the rules say against a command, with everything that is missing."""
        before = self.incident
        with pytest.raises(kind) as caught:
            decide(self.incident, command, Source(who, who, role=role), at or self.now)
        assert self.incident == before
        return "\n".join([str(caught.value), *getattr(caught.value, "missing", ())])

    def write_refused(self, author: str) -> list[Entry]:
        """Let an author approve the holding statement of their own, and log what the refusal says."""
        source = Source(author, author)
        with pytest.raises(RefusedAndLogged) as caught:
            decide(self.incident, ask.Approve("holding"), source, self.now)
        return self._write([*caught.value.events], source, self.now)

    def attempt(self, command: ask.Command, who: str) -> list[Entry]:
        """Fire what is overdue and carry a command out, or leave it at that when the rules are against it."""
        fired = self.wait()
        try:
            return [*fired, *self.do(command, who=who)]
        except CrisisError:
            return fired

    def tick(self, **span: float) -> datetime:
        """Let time pass and nothing fire."""
        self.now += timedelta(**span)
        return self.now

    def wait(self, **span: float) -> list[Entry]:
        """Let time pass and fire whatever falls due meanwhile; the entries that this leaves."""
        self.now += timedelta(**span)
        added: list[Entry] = []
        while due := [timer for timer in timers(self.incident) if timer.due <= self.now]:
            added += self.fire(due[0])
        return added

    def fire(self, timer: Timer) -> list[Entry]:
        """Fire one timer."""
        return self._write(fire(self.incident, timer), Source("crisisctl", "crisisctl", via="timer"), self.now)

    def publish(self, statement: str, text: str, *audiences: str, author: str = "sam") -> None:
        """Bring a text all the way out; every role that must approve it is Dana's."""
        self.do(ask.Draft(statement, text), who=author)
        self.do(ask.Submit(statement))
        for _ in self.incident.playbook.statements[statement].approvals.roles:
            self.do(ask.Approve(statement))
        self.do(ask.Publish(statement, text_digest(text), audiences))

    @property
    def types(self) -> list[str]:
        return [entry.type for entry in self.entries]

    @property
    def due(self) -> list[tuple[float, str]]:
        """The timers as minutes after the opening, and what each is about."""
        return [((timer.due - START) / timedelta(minutes=1), timer.kind) for timer in timers(self.incident)]

    def _write(self, events: list[Event], source: Source, at: datetime) -> list[Entry]:
        added = [self._seal(event, source, at) for event in events]
        self.entries += added
        return added

    def _seal(self, event: Event, source: Source, at: datetime) -> Entry:
        known = self._incident
        entry = Entry(
            "INC-1",
            known.version + 1 if known else 1,
            self.now,
            event.occurred_at or at,
            source.actor,
            source.login,
            event.role or source.role,
            source.via,
            event.type,
            event.data,
            words(event.words, self._salt),
            "",
            event.timer,
        )
        entry = entry._replace(digest=digest(entry, known.digest if known else ""))
        self._incident = evolve(known, entry)
        return entry

    def _salt(self) -> bytes:
        self._salts += 1
        return sha256(str(self._salts).encode()).digest()
