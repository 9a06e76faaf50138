"""Every entry that the program can write has its sentence, and what was erased reads so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import crisisctl
from crisisctl.domain.entries import Entry, Word
from crisisctl.domain.said import ERASED
from crisisctl.domain.telling import _TELL, sentence, tell
from tests.domain.conftest import RICH, SCRIPTS, START, Case, Step

SOURCE = Path(crisisctl.__file__).parent
NOUNS = {kind.partition(".")[0] for kind in _TELL}
AT = "2026-03-28T23:00:00.000000Z"
POST = {"statement": "holding", "revision": 1, "key": "x/en", "channel": "x", "digest": "00", "attempt": 1}
KIND = re.compile(rf"(?:{'|'.join(sorted(NOUNS))})\.[a-z_]+")


def wrote(kind: str, data: Mapping[str, Any] | None = None, via: str = "cli", **words: str | None) -> Entry:
    kept = {name: Word("c", None if value is None else "00", value) for name, value in words.items()}
    return Entry("INC-1", 9, START, START, "dana", "dana", None, via, kind, data or {}, kept, "")


def named(tree: ast.AST) -> Iterator[str]:
    """The kinds of entries that a file names, and those that it puts together."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KIND.fullmatch(node.value):
            yield node.value
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Event" and node.args:
            yield from (str(kind.value) for kind in node.args[:1] if isinstance(kind, ast.Constant))
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
            ending = node.values[-1].value
            if isinstance(ending, str) and re.fullmatch(r"\.[a-z_]+", ending) and len(node.values) == 2:
                yield from (f"{kind}{ending}" for kind in ("statement", "promise") if ending == ".overdue")


def test_every_kind_of_entry_that_the_program_writes_has_a_sentence() -> None:
    rooms = (path for room in ("domain", "service") for path in (SOURCE / room).rglob("*.py"))
    files = [path for path in rooms if not path.stem.startswith("telling")]
    kinds = {kind for path in files for kind in named(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(kinds) > 30
    assert kinds - _TELL.keys() == set()
    assert _TELL.keys() - kinds == set()


@settings(max_examples=100)
@given(SCRIPTS)
def test_whatever_happens_is_told_in_one_sentence_with_and_without_its_words(script: list[Step]) -> None:
    case = Case(RICH)
    for minutes, who, command in script:
        case.tick(minutes=minutes)
        case.attempt(command, who)
    for entry in case.entries:
        assert entry.type in _TELL
        assert sentence(entry).strip() == sentence(entry) != ""
        erased = {name: word._replace(salt=None, value=None) for name, word in entry.words.items()}
        said = sentence(entry._replace(words=erased))
        assert all(word.value not in said for word in entry.words.values() if word.value and len(word.value) > 9)
        assert (ERASED in said) == bool(
            entry.words.keys() - {"text"} or entry.type in ("note.added", "decision.logged")
        )


OPENED = {"severity": "sev1", "drill": False, "playbook": {"id": "flood", "version": 3}}
CALL = {"escalation": "call", "round": 1, "step": 2, "roles": ["lead", "legal"], "reached": ["dana", "sam"]}
DRAFT = {"statement": "holding", "revision": 2, "voids": []}
OFFER = {"role": "lead", "from": "dana", "to": "sam"}
OUT = {"statement": "holding", "audiences": [], "channels": []}
UNTIL = "2026-03-28T23:00:00.000000Z"

VOIDS = [{"role": role, "rendition": "x/de", "person": "lee"} for role in ("legal", "lead")]
CLOCK = {
    "clock": "gdpr.art33",
    "regime": "GDPR",
    "title": "Notify",
    "start": "aware",
    "facts": {"aware": UNTIL},
    "state": "running",
    "alarms": True,
    "status": "in_force",
    "why": ["It counts from aware."],
    "result": {
        "kind": "instant",
        "strict": "2026-03-29T23:00:00.000000Z",
        "legal": "2026-03-30T23:00:00.000000Z",
    },
}
INJECT = {"event": "post", "to": "lead", "channel": "x"}
TAKEN = {"version": 7, "format": "md", "entries": 3, "included": []}
FILED = {"clocks": [CLOCK], "late": ["gdpr.art33"]}
SENTENCES = [
    (wrote("incident.opened", OPENED, title="Water"), "Water opened as sev1 on flood version 3"),
    (wrote("incident.opened", OPENED | {"drill": True}, title="W"), "EXERCISE: W opened as sev1 on flood version 3"),
    (
        wrote("incident.opened", OPENED | {"restricted": True}, title="W"),
        "W opened as sev1 on flood version 3, restricted",
    ),
    (wrote("incident.advanced", {"trigger": "go", "stages": ["on"]}), "Advanced by go to on"),
    (wrote("access.granted", {"person": "kim"}), "kim may see it from now on"),
    (wrote("access.granted", {"person": "kim"}, because="w"), "kim may see it from now on, because w"),
    (wrote("access.revoked", {"person": "kim"}, because="w"), "kim may no longer see it, because w"),
    (
        wrote("drill.injected", INJECT | {"reached": ["dana"]}, **{"from": "A customer", "text": "Is it you?"}),
        "EXERCISE: A customer to lead (dana) by x: Is it you?",
    ),
    (
        wrote("drill.injected", INJECT | {"reached": [], "channel": ""}, **{"from": "A customer", "text": "You?"}),
        "EXERCISE: A customer to lead (nobody holds it): You?",
    ),
    (wrote("drill.resumed", {"paused_ms": 90_000}), "The exercise goes on after 90s in which it stood still"),
    (wrote("drill.ended", {}), "The exercise is over"),
    (
        wrote("calendar.exported", {"format": "ics", "included": [], "entries": 2, "version": 9}, file="a.ics"),
        "Calendar of version 9 taken out as ics (2 entries) to a.ics",
    ),
    (
        wrote(
            "filing.exported",
            {"format": "md", "included": ["privileged"], "entries": 7, "version": 9, "clock": "gdpr.art33"},
            file="d",
        ),
        "Filing draft for gdpr.art33 of version 9 taken out as md (7 entries, with what is labelled privileged) to d",
    ),
    (
        wrote("timeline.exported", {"format": "csv", "included": [], "entries": 7, "version": 9}, file="a.csv"),
        "Timeline of version 9 taken out as csv (7 entries) to a.csv",
    ),
    (
        wrote(
            "report.exported",
            {"format": "md", "included": ["privileged", "tlp"], "entries": 7, "version": 9},
            file="standard output",
        ),
        "Report of version 9 taken out as md (7 entries, with what is labelled privileged and tlp) to standard output",
    ),
    (
        wrote("incident.advanced", {"trigger": "go", "stages": ["a", "b"]}, via="timer"),
        "Advanced by its timer by go to a + b",
    ),
    (wrote("incident.advanced", {"trigger": "go", "stages": ["on"]}, because="w"), "Advanced by go to on, because w"),
    (wrote("incident.reopened", {"stages": ["a", "b"]}, because="rain"), "Reopened at a + b, because rain"),
    (wrote("stage.entered", {"stage": "on", "visit": 1}), "Entered on"),
    (wrote("stage.entered", {"stage": "on", "visit": 2}), "Entered on, visit 2"),
    (wrote("stage.left", {"stage": "on"}), "Left on"),
    (wrote("role.assigned", {"role": "lead", "person": "sam"}), "sam takes lead"),
    (wrote("role.released", {"role": "lead", "person": "sam"}), "sam leaves lead"),
    (wrote("handover.offered", OFFER, brief="All of it."), "dana offers lead to sam"),
    (wrote("handover.offered", OFFER, brief="x", note="call back"), "dana offers lead to sam, noting: call back"),
    (wrote("handover.offered", OFFER, brief=None), "dana offers lead to sam; its brief is (redacted)"),
    (wrote("handover.accepted", OFFER), "sam accepts lead from dana"),
    (wrote("handover.declined", OFFER, because="on a plane"), "sam declines lead, offered by dana, because on a plane"),
    (wrote("handover.withdrawn", OFFER), "The offer of lead by dana to sam was withdrawn by dana"),
    (
        wrote("handover.withdrawn", OFFER | {"ended": "released"}),
        "The offer of lead by dana to sam was withdrawn: dana holds it no more",
    ),
    (
        wrote("handover.withdrawn", OFFER | {"ended": "assigned"}),
        "The offer of lead by dana to sam was withdrawn: sam holds it now",
    ),
    (
        wrote("handover.withdrawn", OFFER | {"ended": "revoked"}),
        "The offer of lead by dana to sam was withdrawn: sam may no longer see the incident",
    ),
    (
        wrote("role.overridden", {"trigger": "go", "by": ["lead", "legal"]}, because="night"),
        "OVERRIDE: dana took go, for lead or legal only, because night",
    ),
    (wrote("role.overridden", {"trigger": "go", "by": []}), "OVERRIDE: dana took go, for a role only"),
    (wrote("task.done", {"task": "call"}), "Task call done"),
    (wrote("task.skipped", {"task": "call"}, because="no phone"), "Task call skipped, because no phone"),
    (wrote("task.reopened", {"task": "call"}), "Task call reopened"),
    (wrote("task.overdue", {"task": "call", "reached": ["sam"]}), "Task call is overdue; told sam"),
    (wrote("statement.overdue", {"statement": "holding", "reached": []}), "Statement holding is overdue; told nobody"),
    (
        wrote("promise.overdue", {"statement": "holding", "reached": ["sam", "lena"]}),
        "The promised update of holding is overdue; told sam, lena",
    ),
    (wrote("note.added", text="two\nlines"), "two\nlines"),
    (wrote("decision.logged", {"options": 0, "dissent": 0}, text="stay", because="dry"), "Decided: stay, because dry."),
    (
        wrote("decision.logged", {"options": 2, "dissent": 1}, text="stay", because="dry",
              option_1="go", option_2="wait", dissent_1="sam"),
        "Decided: stay, because dry. Options: go; wait. Dissent: sam.",
    ),
    (wrote("fact.set", {"fact": "count", "status": "confirmed"}, value="7"), "Fact count = 7 (confirmed)"),
    (
        wrote("fact.set", {"fact": "count", "status": "unconfirmed"}, value="7", source="sam"),
        "Fact count = 7 (unconfirmed, source: sam)",
    ),
    (wrote("fact.retracted", {"fact": "count"}, because="wrong"), "Fact count retracted, because wrong"),
    (
        wrote("fact.retracted", {"fact": "count", "corrects": ["holding"]}, because="wrong"),
        "Fact count retracted, because wrong; holding used it and is public: to be corrected",
    ),
    (
        wrote("fact.set", {"fact": "count", "status": "confirmed", "corrects": ["holding", "update"]}, value="7"),
        "Fact count = 7 (confirmed); holding and update used it and are public: to be corrected",
    ),
    (wrote("fact.confirmed", {"fact": "count"}), "Fact count confirmed"),
    (wrote("fact.confirmed", {"fact": "count"}, source="sam"), "Fact count confirmed, source: sam"),
    (wrote("fact.asked", {"fact": "count"}), "Asked for fact count"),
    (wrote("fact.asked", {"fact": "count", "of": "sam"}, question="How?"), "dana asks sam for fact count: How?"),
    (wrote("audience.waived", {"audience": "press"}, because="w"), "WAIVED: press is not told of the end, because w"),
    (
        wrote("promise.warned", {"statement": "holding", "promised": UNTIL, "reached": ["sam"]}),
        "An update of holding is promised by 2026-03-28 23:00:00 UTC; told sam",
    ),
    (wrote("severity.changed", {"from": "sev2", "to": "sev1"}, because="rain"), "Severity sev2 to sev1, because rain"),
    (wrote("escalation.fired", CALL), "Escalation call step 2 fired to dana, sam"),
    (wrote("escalation.fired", CALL | {"round": 3, "reached": []}), "Escalation call round 3 step 2 fired to nobody"),
    (wrote("escalation.skipped", CALL), "Escalation call step 2 skipped: nobody holds lead or legal"),
    (wrote("escalation.skipped", CALL | {"roles": []}), "Escalation call step 2 skipped: nobody holds a role in it"),
    (wrote("escalation.blocked", {"trigger": "go", "missing": ["a", "b"]}), "The timer could not go: a; b"),
    (wrote("escalation.acknowledged", {"escalation": "call"}), "dana acknowledged call"),
    (
        wrote("escalation.stale", {"escalation": "call", "by": "sam"}),
        "The acknowledgement of call by sam went stale; it starts again",
    ),
    (
        wrote("escalation.snoozed", {"escalation": "call", "until": UNTIL}, because="asleep"),
        "Escalation call rests until 2026-03-28 23:00:00 UTC, because asleep",
    ),
    (wrote("statement.drafted", DRAFT, text="Water."), "Statement holding drafted, revision 2"),
    (
        wrote("statement.drafted", DRAFT | {"voids": ["lead", "legal"]}, text="Water."),
        "Statement holding drafted, revision 2; the approval of lead, legal is void",
    ),
    (
        wrote("statement.corrected", DRAFT, text="Wine.", because="it is wine"),
        "Statement holding corrected, revision 2, because it is wine",
    ),
    (wrote("statement.submitted", DRAFT), "Statement holding submitted, revision 2"),
    (
        wrote("statement.submitted", DRAFT | {"preapproved": True}),
        "Statement holding submitted, revision 2, approved beforehand by the playbook",
    ),
    (
        wrote("statement.drafted", DRAFT | {"voids": VOIDS, "renditions": {"x/en": "", "x/de": ""}}, text="Sorry."),
        "Statement holding drafted, revision 2; the approval of legal, lead of x/de is void",
    ),
    (
        wrote("statement.drafted", DRAFT | {"voids": VOIDS, "renditions": {"x/de": ""}}, text="Sorry."),
        "Statement holding drafted, revision 2; the approval of legal, lead is void",
    ),
    (
        wrote("statement.approved", {"statement": "holding", "role": "legal", "waiting": [], "instead": "deputy"}),
        "Statement holding approved for legal by its delegate deputy",
    ),
    (
        wrote("statement.approval_refused", DRAFT | {"why": "author", "roles": ["legal"]}),
        "REFUSED: approval of holding by dana, its own author",
    ),
    (
        wrote("statement.approval_refused", DRAFT | {"why": "identity", "claimed": "lee", "verb": "publication"}),
        "REFUSED: publication of holding by dana, the login dana, which is not lee's",
    ),
    (
        wrote("statement.lint_overridden", {"statement": "holding", "rules": ["blame", "promise"]}, because="it burns"),
        "OVERRIDE: dana submitted holding against the lint (blame, promise), because it burns",
    ),
    (
        wrote("statement.break_glass", {"statement": "holding"}, because="nobody answers"),
        "BREAK-GLASS: dana published holding without its approvals, because nobody answers",
    ),
    (
        wrote(
            "approval.delegated",
            {"statement": "holding", "roles": ["legal"], "to": {"legal": "deputy"}, "reached": ["kim"]},
            via="timer",
        ),
        "Nobody has answered about holding; deputy for legal may approve it now; told kim",
    ),
    (
        wrote("approval.expired", {"statement": "holding", "minimal": "least.md", "reached": []}, via="timer"),
        "Statement holding is still not approved; there is a line approved beforehand, least.md; told nobody",
    ),
    (
        wrote(
            "statement.published",
            {"statement": "holding", "audiences": [], "channels": ["x"], "withheld": {"y/en": 3}},
        ),
        "Statement holding published on x; held back: y/en (too long by 3)",
    ),
    (
        wrote("statement.posting", POST),
        "Statement holding is being posted to x/en",
    ),
    (
        wrote("statement.posting", POST | {"attempt": 2, "again": True}, because="it is not there"),
        "Statement holding is being posted to x/en, attempt 2, because it is not there",
    ),
    (
        wrote("statement.posted", POST | {"by": "person", "at": AT, "receipt": "17"}, url="https://x.example/17"),
        "Statement holding is out on x/en, posted by dana, at 2026-03-28 23:00:00 UTC: https://x.example/17",
    ),
    (
        wrote("statement.posted", POST | {"by": "mastodon", "receipt": "17"}),
        "Statement holding is out on x/en, posted by mastodon: 17",
    ),
    (
        wrote("statement.unposted", POST | {"retry_at": AT}, reason="x.example answered 503"),
        "Statement holding was not posted to x/en: x.example answered 503; again at 2026-03-28 23:00:00 UTC",
    ),
    (
        wrote("statement.unposted", POST | {"gave_up": True, "reached": []}, reason="x.example answered 503"),
        "Statement holding was not posted to x/en: x.example answered 503; given up; told nobody",
    ),
    (
        wrote("statement.unclear", POST | {"reached": ["dana"]}),
        "Nobody knows whether statement holding reached x/en, for nothing was heard of the attempt; told dana",
    ),
    (
        wrote("statement.unclear", POST | {"reached": ["dana"]}, reason="it was cut off"),
        "Nobody knows whether statement holding reached x/en: it was cut off; told dana",
    ),
    (
        wrote("statement.embargoed", {"statement": "holding", "audience": "press", "until": AT}, because="agreed"),
        "Statement holding for press is under embargo until 2026-03-28 23:00:00 UTC, because agreed",
    ),
    (
        wrote("statement.embargo_lifted", {"statement": "holding"}, because="it leaked"),
        "Statement holding is under embargo no more, because it leaked",
    ),
    (
        wrote("statement.approved", {"statement": "holding", "role": "lead", "waiting": ["legal"]}),
        "Statement holding approved for lead; waiting for legal",
    ),
    (
        wrote("statement.approved", {"statement": "holding", "role": "lead", "waiting": []}),
        "Statement holding approved for lead",
    ),
    (wrote("statement.rejected", DRAFT, because="wrong"), "Statement holding rejected, because wrong"),
    (wrote("statement.published", OUT), "Statement holding published"),
    (
        wrote("statement.published", OUT | {"audiences": ["a", "b"], "channels": ["x", "y"], "promised": UNTIL}),
        "Statement holding published to a, b on x, y; next update promised by 2026-03-28 23:00:00 UTC",
    ),
    (wrote("notice.sent", {"to": "sam"}), "Notice to sam delivered"),
    (wrote("notice.failed", {"to": "sam"}, reason="no answer"), "Notice to sam given up: no answer"),
    (wrote("notice.dropped", {"to": "sam"}, reason="closed"), "Notice to sam dropped: closed"),
    (wrote("timer.repaired", {"what": "task call"}), "A timer was missing and has been set again: task call"),
    (wrote("timer.removed", {"timer_id": "t9"}), "A timer that the log knows nothing of was removed: t9"),
    (
        wrote("timer.removed", {"timer_id": "INC-1/task/a#1"}),
        "A timer that the log knows nothing of was removed: INC-1/task/a#1",
    ),
    (
        wrote("clock.started", CLOCK | {"reached": ["lee"]}, source="SIRT"),
        ("Clock gdpr.art33 (GDPR: Notify) starts, aware 2026-03-28 23:00:00 UTC, source: SIRT: "
        "due 2026-03-29 23:00:00 UTC, legal limit 2026-03-30 23:00:00 UTC; told lee"),
    ),
    (
        wrote("clock.started", CLOCK | {"result": {"kind": "qualitative", "target": UNTIL}, "follows": "gdpr.x"}),
        ("Clock gdpr.art33 (GDPR: Notify) starts by our filing of gdpr.x, aware 2026-03-28 23:00:00 UTC: "
        "a duty without a number, to aim at: 2026-03-28 23:00:00 UTC"),
    ),
    (
        wrote("clock.amended", CLOCK | {"was": {"strict": UNTIL, "state": "filed"}, "late": True}, because="a mail"),
        (
            "Clock gdpr.art33 (GDPR: Notify) amended, aware 2026-03-28 23:00:00 UTC: due 2026-03-29 23:00:00 UTC, "
            "legal limit 2026-03-30 23:00:00 UTC, was due 2026-03-28 23:00:00 UTC, filed before; "
            "its filing was late, because a mail"
        ),
    ),
    (wrote("clock.stopped", CLOCK), "Clock gdpr.art33 stops: aware is not known any more"),
    (wrote("clock.stalled", CLOCK), "Clock gdpr.art33 (GDPR: Notify) cannot be told: It counts from aware"),
    (
        wrote("clock.assessed", {"clocks": [CLOCK | {"says": "open", "answers": {"people": 9, "risk": False}}]}),
        "Assessed gdpr.art33 (GDPR: Notify): questions are open (people = 9, risk = no)",
    ),
    (
        wrote("clock.declined", CLOCK | {"decider": "kim"}, because="no risk"),
        "Decided by kim: nothing is filed for gdpr.art33 (GDPR: Notify), because no risk",
    ),
    (wrote("clock.waived", CLOCK, because="no risk"), "Clock gdpr.art33 (GDPR: Notify) waived, because no risk"),
    (
        wrote("clock.will_miss", CLOCK | {"strict": UNTIL}, because="no figures"),
        "Clock gdpr.art33 (GDPR: Notify), due 2026-03-28 23:00:00 UTC, will be missed, because no figures",
    ),
    (
        wrote("clock.filed", FILED, to="BfDI", reference="7", what="all", because="ill"),
        "Filed with BfDI, reference 7, for gdpr.art33 (GDPR: Notify): all; late for gdpr.art33, because ill",
    ),
    (
        wrote("clock.reminded", CLOCK | {"share": "80%", "ends": UNTIL, "reached": []}),
        "80 % of the time of clock gdpr.art33 has passed, due 2026-03-28 23:00:00 UTC; told nobody",
    ),
    (
        wrote("clock.overdue", CLOCK | {"reached": ["lee"]}),
        "The time of clock gdpr.art33 has passed without a filing; told lee",
    ),
    (
        wrote("clock.overdue", CLOCK | {"reached": ["lee"], "target": True}),
        "The time aimed at of clock gdpr.art33 has passed without a filing; told lee",
    ),
    (
        wrote("calendar.exported", TAKEN | {"format": "ics"}, file="a.ics"),
        "Calendar of version 7 taken out as ics (3 entries) to a.ics",
    ),
    (
        wrote("filing.exported", TAKEN | {"clock": "gdpr.art33"}, file="a.md"),
        "Filing draft for gdpr.art33 of version 7 taken out as md (3 entries) to a.md",
    ),
    (
        wrote("drill.injected", {"to": "legal", "channel": "x", "reached": ["lee"]}, **{"from": "A"}, text="Why?"),
        "EXERCISE: A to legal (lee) by x: Why?",
    ),
    (wrote("drill.paused"), "The exercise stands still"),
    (wrote("drill.resumed", {"paused_ms": 60_000}), "The exercise goes on after 60s in which it stood still"),
    (wrote("drill.ended"), "The exercise is over"),
    (wrote("clock.stepped_back", {"seconds": 90}), "The clock of this machine went back by 90s"),
    (
        wrote("entry.redacted", {"version": 4, "fields": ["because", "text"]}, because="a name"),
        "Erased because, text of entry 4, because a name",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "said"), SENTENCES, ids=lambda value: value.type if isinstance(value, Entry) else "")
def test_each_entry_reads_as_a_sentence(entry: Entry, said: str) -> None:
    assert sentence(entry) == said
    assert tell(entry) == (entry, said, None)


def test_each_sentence_was_tried() -> None:
    assert {entry.type for entry, _ in SENTENCES} == _TELL.keys()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (wrote("incident.opened", OPENED, title=None), "(redacted) opened as sev1 on flood version 3"),
        (wrote("note.added", text=None), "(redacted)"),
        (wrote("task.skipped", {"task": "call"}, because=None), "Task call skipped, because (redacted)"),
        (
            wrote("fact.set", {"fact": "count", "status": "confirmed"}, value=None, source=None),
            "Fact count = (redacted) (confirmed, source: (redacted))",
        ),
        (
            wrote(
                "decision.logged",
                {"options": 1, "dissent": 1},
                text="stay",
                because=None,
                option_1=None,
                dissent_1=None,
            ),
            "Decided: stay, because (redacted). Options: (redacted). Dissent: (redacted).",
        ),
        (wrote("notice.failed", {"to": "sam"}, reason=None), "Notice to sam given up: (redacted)"),
    ],
)
def test_what_was_erased_reads_so(entry: Entry, said: str) -> None:
    assert sentence(entry) == said


def test_an_entry_of_an_unknown_type_is_told_by_its_name() -> None:
    assert sentence(wrote("comet.sighted", {"near": "earth"})) == "comet sighted"


@pytest.mark.parametrize(("lag", "worth"), [(0, False), (59, False), (60, True), (7200, True), (-60, False)])
def test_it_is_told_how_late_an_entry_was_recorded_when_that_is_worth_it(lag: int, worth: bool) -> None:  # noqa: FBT001
    entry = wrote("note.added", text="rain")
    late = entry._replace(recorded_at=START + timedelta(seconds=lag))
    assert tell(late).late == (timedelta(seconds=lag) if worth else None)
