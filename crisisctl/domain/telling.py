"""Each entry as a sentence, for timelines, notices and reports."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from crisisctl.domain import labels
from crisisctl.domain.entries import Data, Entry
from crisisctl.domain.said import ERASED, because, word
from crisisctl.domain.telling_clocks import TELL as CLOCKS
from crisisctl.domain.times import clock_time, instant, words

LATE = timedelta(minutes=1)


class Told(NamedTuple):
    """An entry for people: its sentence, and how long after it happened it was recorded, when that is worth saying."""

    entry: Entry
    text: str
    late: timedelta | None


def tell(entry: Entry) -> Told:
    """The entry as a sentence."""
    lag = entry.recorded_at - entry.occurred_at
    return Told(entry, sentence(entry), lag if lag >= LATE else None)


def sentence(entry: Entry) -> str:
    """What happened, in words; what a redaction erased reads `(redacted)`."""
    teller = _TELL.get(entry.type)
    told = teller(entry) if teller else entry.type.replace(".", " ")
    return labels.mark(entry) + told + _in_place(entry)


def _in_place(entry: Entry) -> str:
    """Who was not disturbed, and who was told in whose place."""
    said = ""
    for told in entry.data.get("notices", ()):
        if "quiet_until" in told:
            said += f"; {told['to']} is not disturbed until {clock_time(instant(told['quiet_until']))} UTC"
        if "instead_of" in told:
            said += f"; {told['to']} is told instead of {' and '.join(told['instead_of'])}"
    return said


def _opened(entry: Entry) -> str:
    data = entry.data
    book = data["playbook"]
    mark = "EXERCISE: " if data["drill"] else ""
    plan = f"{book['id']} version {book['version']}"
    closed = ", restricted" if data.get("restricted") else ""
    return f"{mark}{word(entry, 'title')} opened as {data['severity']} on {plan}{closed}"


def _advanced(entry: Entry) -> str:
    way = " by its timer" if entry.via == "timer" else ""
    return f"Advanced{way} by {entry.data['trigger']} to {' + '.join(entry.data['stages'])}{because(entry)}"


def _entered(entry: Entry) -> str:
    visit = entry.data["visit"]
    return f"Entered {entry.data['stage']}{f', visit {visit}' if visit > 1 else ''}"


def _offered(entry: Entry) -> str:
    data = entry.data
    note = word(entry, "note")
    brief = f"; its brief is {ERASED}" if word(entry, "brief") == ERASED else ""
    return f"{data['from']} offers {data['role']} to {data['to']}{f', noting: {note}' if note else ''}{brief}"


def _withdrawn(entry: Entry) -> str:
    data = entry.data
    ends = {
        "released": f"{data['from']} holds it no more",
        "assigned": f"{data['to']} holds it now",
        "revoked": f"{data['to']} may no longer see the incident",
    }
    end = f": {ends[data['ended']]}" if "ended" in data else f" by {entry.actor}"
    return f"The offer of {data['role']} by {data['from']} to {data['to']} was withdrawn{end}"


def _task(verb: str) -> Callable[[Entry], str]:
    return lambda entry: f"Task {entry.data['task']} {verb}{because(entry)}"


def _decision(entry: Entry) -> str:
    def listed(kind: str) -> str:
        return "; ".join(word(entry, f"{kind}_{n}") for n in range(1, entry.data[_PLURAL[kind]] + 1))

    others = f" Options: {listed('option')}." if entry.data["options"] else ""
    dissent = f" Dissent: {listed('dissent')}." if entry.data["dissent"] else ""
    return f"Decided: {word(entry, 'text')}{because(entry)}.{others}{dissent}"


def _fact(entry: Entry) -> str:
    source = word(entry, "source")
    origin = f", source: {source}" if source else ""
    value = f"Fact {entry.data['fact']} = {word(entry, 'value')} ({entry.data['status']}{origin})"
    return f"{value}{_to_correct(entry)}"


def _to_correct(entry: Entry) -> str:
    """The public statements that the entry makes wrong."""
    wrong = entry.data.get("corrects", ())
    return (
        f"; {' and '.join(wrong)} used it and {'are' if wrong[1:] else 'is'} public: to be corrected" if wrong else ""
    )


def _confirmed(entry: Entry) -> str:
    source = word(entry, "source")
    return f"Fact {entry.data['fact']} confirmed{f', source: {source}' if source else ''}"


def _asked(entry: Entry) -> str:
    question = word(entry, "question")
    whom = f"{entry.actor} asks {entry.data['of']}" if "of" in entry.data else "Asked"
    return f"{whom} for fact {entry.data['fact']}{f': {question}' if question else ''}"


def _escalation(entry: Entry) -> str:
    data = entry.data
    again = f" round {data['round']}" if data["round"] > 1 else ""
    step = f"Escalation {data['escalation']}{again} step {data['step']}"
    if entry.type == "escalation.skipped":
        needed = " or ".join(data["roles"])
        if out := data.get("outside"):
            who = f"{' and '.join(out)} {'is' if len(out) == 1 else 'are'}"
            return f"{step} skipped: nobody in the incident holds {needed}; {who} on call, but not in it"
        return f"{step} skipped: nobody holds {needed or 'a role in it'}"
    return f"{step} fired to {', '.join(data['reached']) or 'nobody'}"


def _draft(entry: Entry) -> str:
    data = entry.data
    voided = f"; the approval of {_voided(data)} is void" if data["voids"] else ""
    verb = "corrected" if entry.type == "statement.corrected" else "drafted"
    return f"Statement {data['statement']} {verb}, revision {data['revision']}{because(entry)}{voided}"


def _voided(data: Data) -> str:
    """The roles, and of which texts where others stand; entries of old name the roles alone."""
    voids = data["voids"]
    if isinstance(voids[0], str):
        return ", ".join(voids)
    roles = ", ".join(dict.fromkeys(one["role"] for one in voids))
    keys = list(dict.fromkeys(one["rendition"] for one in voids))
    return roles if len(keys) == len(data["renditions"]) else f"{roles} of {', '.join(keys)}"


def _submitted(entry: Entry) -> str:
    data = entry.data
    spared = ", approved beforehand by the playbook" if data.get("preapproved") else ""
    return f"Statement {data['statement']} submitted, revision {data['revision']}{spared}"


def _approved(entry: Entry) -> str:
    data = entry.data
    rest = f"; waiting for {', '.join(data['waiting'])}" if data["waiting"] else ""
    instead = f" by its delegate {data['instead']}" if "instead" in data else ""
    return f"Statement {data['statement']} approved for {data['role']}{instead}{rest}"


def _refused(entry: Entry) -> str:
    data = entry.data
    what = f"{data['verb']} of" if data.get("verb") else "approval of"
    why = {
        "author": "its own author",
        "identity": f"the login {entry.login}, which is not {data.get('claimed', entry.actor)}'s",
    }
    return f"REFUSED: {what} {data['statement']} by {entry.actor}, {why[data['why']]}"


def _delegated(entry: Entry) -> str:
    to = entry.data["to"]
    named = ", ".join(f"{to[role]} for {role}" for role in entry.data["roles"])
    reached = ", ".join(entry.data["reached"]) or "nobody"
    return f"Nobody has answered about {entry.data['statement']}; {named} may approve it now; told {reached}"


def _expired(entry: Entry) -> str:
    data = entry.data
    line = f"; there is a line approved beforehand, {data['minimal']}" if data.get("minimal") else ""
    return f"Statement {data['statement']} is still not approved{line}; told {', '.join(data['reached']) or 'nobody'}"


def _published(entry: Entry) -> str:
    data = entry.data
    to = f" to {', '.join(data['audiences'])}" if data["audiences"] else ""
    on = f" on {', '.join(data['channels'])}" if data["channels"] else ""
    over = ", ".join(f"{key} (too long by {excess})" for key, excess in data.get("withheld", {}).items())
    held_back = f"; held back: {over}" if over else ""
    return f"Statement {data['statement']} published{to}{on}{held_back}{_next_update(entry)}"


def _next_update(entry: Entry) -> str:
    if entry.data.get("no_further"):
        return f"; no further update is promised{because(entry)}"
    past = entry.data.get("stated")
    said = f"; its text says the next update comes by {clock_time(instant(past))} UTC, which is past" if past else ""
    return f"{said}; next update promised by {_promised(entry)}" if entry.data.get("promised") else said


def _posting(entry: Entry) -> str:
    data = entry.data
    number = f", attempt {data['attempt']}" if data["attempt"] > 1 else ""
    return f"Statement {data['statement']} is being posted to {data['key']}{number}{because(entry)}"


def _posted(entry: Entry) -> str:
    data = entry.data
    seen = word(entry, "url") or data.get("receipt") or ""
    at = f", at {clock_time(instant(data['at']))} UTC" if data.get("at") else ""
    who = entry.actor if data["by"] == "person" else data["by"]
    came = word(entry, "reason") if "reason" in entry.words else ""
    told = "; ".join(part for part in (seen, came) if part)
    return f"Statement {data['statement']} is out on {data['key']}, posted by {who}{at}{f': {told}' if told else ''}"


def _unposted(entry: Entry) -> str:
    data = entry.data
    again = f"again at {clock_time(instant(data['retry_at']))} UTC" if data.get("retry_at") else "given up"
    told = f"; told {', '.join(data['reached']) or 'nobody'}" if "reached" in data else ""
    return f"Statement {data['statement']} was not posted to {data['key']}: {word(entry, 'reason')}; {again}{told}"


def _unclear(entry: Entry) -> str:
    data = entry.data
    reason = word(entry, "reason")
    why = f": {reason}" if reason else ", for nothing was heard of the attempt"
    told = ", ".join(data["reached"]) or "nobody"
    return f"Nobody knows whether statement {data['statement']} reached {data['key']}{why}; told {told}"


def _embargoed(entry: Entry) -> str:
    data = entry.data
    whom = f"Statement {data['statement']}{' for ' + data['audience'] if data.get('audience') else ''}"
    if "until" not in data:
        return f"{whom} is under embargo no more{because(entry)}"
    return f"{whom} is under embargo until {clock_time(instant(data['until']))} UTC{because(entry)}"


def _promised(entry: Entry) -> str:
    return f"{clock_time(instant(entry.data['promised']))} UTC" if "promised" in entry.data else ""


def _overdue(entry: Entry) -> str:
    about = {
        "task.overdue": f"Task {entry.data.get('task')} is overdue",
        "statement.overdue": f"Statement {entry.data.get('statement')} is overdue",
        "promise.warned": f"An update of {entry.data.get('statement')} is promised by {_promised(entry)}",
        "promise.overdue": f"The promised update of {entry.data.get('statement')} is overdue",
    }[entry.type]
    return f"{about}; told {', '.join(entry.data['reached']) or 'nobody'}"


def _notice(verb: str) -> Callable[[Entry], str]:
    def told(entry: Entry) -> str:
        reason = word(entry, "reason")
        return f"Notice to {entry.data['to']} {verb}{f': {reason}' if reason else ''}"

    return told


def _exported(entry: Entry) -> str:
    data = entry.data
    with_ = f", with what is labelled {' and '.join(data['included'])}" if data["included"] else ""
    noun = f"Filing draft for {data['clock']}" if "clock" in data else entry.type.partition(".")[0].capitalize()
    what = f"{noun} of version {data['version']}"
    return f"{what} taken out as {data['format']} ({data['entries']} entries{with_}) to {word(entry, 'file')}"


def _injected(entry: Entry) -> str:
    data = entry.data
    way = f" by {data['channel']}" if data["channel"] else ""
    who = f"{data['to']} ({', '.join(data['reached']) or 'nobody holds it'})"
    return f"EXERCISE: {word(entry, 'from')} to {who}{way}: {word(entry, 'text')}"


_PLURAL = {"option": "options", "dissent": "dissent"}
_TELL: dict[str, Callable[[Entry], str]] = {
    **CLOCKS,
    "incident.opened": _opened,
    "incident.advanced": _advanced,
    "incident.reopened": lambda e: f"Reopened at {' + '.join(e.data['stages'])}{because(e)}",
    "stage.entered": _entered,
    "stage.left": lambda e: f"Left {e.data['stage']}",
    "role.assigned": lambda e: f"{e.data['person']} takes {e.data['role']}",
    "role.released": lambda e: f"{e.data['person']} leaves {e.data['role']}",
    "access.granted": lambda e: f"{e.data['person']} may see it from now on{because(e)}",
    "access.revoked": lambda e: f"{e.data['person']} may no longer see it{because(e)}",
    "timeline.exported": _exported,
    "report.exported": _exported,
    "calendar.exported": _exported,
    "filing.exported": _exported,
    "role.overridden": lambda e: (
        f"OVERRIDE: {e.actor} took {e.data['trigger']}, for {' or '.join(e.data['by']) or 'a role'} only{because(e)}"
    ),
    "handover.offered": _offered,
    "handover.accepted": lambda e: f"{e.data['to']} accepts {e.data['role']} from {e.data['from']}",
    "handover.declined": lambda e: f"{e.data['to']} declines {e.data['role']}, offered by {e.data['from']}{because(e)}",
    "handover.withdrawn": _withdrawn,
    "task.done": _task("done"),
    "task.skipped": _task("skipped"),
    "task.reopened": _task("reopened"),
    "task.overdue": _overdue,
    "note.added": lambda e: word(e, "text"),
    "decision.logged": _decision,
    "fact.set": _fact,
    "fact.confirmed": _confirmed,
    "fact.asked": _asked,
    "fact.retracted": lambda e: f"Fact {e.data['fact']} retracted{because(e)}{_to_correct(e)}",
    "severity.changed": lambda e: f"Severity {e.data['from']} to {e.data['to']}{because(e)}",
    "escalation.fired": _escalation,
    "escalation.skipped": _escalation,
    "escalation.blocked": lambda e: f"The timer could not {e.data['trigger']}: {'; '.join(e.data['missing'])}",
    "escalation.acknowledged": lambda e: f"{e.actor} acknowledged {e.data['escalation']}",
    "escalation.stale": lambda e: (
        f"The acknowledgement of {e.data['escalation']} by {e.data['by']} went stale; it starts again"
    ),
    "escalation.snoozed": lambda e: (
        f"Escalation {e.data['escalation']} rests until {clock_time(instant(e.data['until']))} UTC{because(e)}"
    ),
    "statement.drafted": _draft,
    "statement.corrected": _draft,
    "statement.submitted": _submitted,
    "statement.approval_refused": _refused,
    "statement.lint_overridden": lambda e: (
        f"OVERRIDE: {e.actor} submitted {e.data['statement']} against the lint"
        f" ({', '.join(e.data['rules'])}){because(e)}"
    ),
    "statement.break_glass": lambda e: (
        f"BREAK-GLASS: {e.actor} published {e.data['statement']} without its approvals{because(e)}"
    ),
    "approval.delegated": _delegated,
    "approval.expired": _expired,
    "statement.approved": _approved,
    "statement.rejected": lambda e: f"Statement {e.data['statement']} rejected{because(e)}",
    "statement.published": _published,
    "statement.posting": _posting,
    "statement.posted": _posted,
    "statement.unposted": _unposted,
    "statement.unclear": _unclear,
    "statement.embargoed": _embargoed,
    "statement.embargo_lifted": _embargoed,
    "statement.overdue": _overdue,
    "promise.warned": _overdue,
    "promise.overdue": _overdue,
    "audience.waived": lambda e: f"WAIVED: {e.data['audience']} is not told of the end{because(e)}",
    "notice.sent": _notice("delivered"),
    "notice.failed": _notice("given up"),
    "notice.dropped": _notice("dropped"),
    "timer.repaired": lambda e: f"A timer was missing and has been set again: {e.data['what']}",
    "timer.removed": lambda e: f"A timer that the log knows nothing of was removed: {e.data['timer_id']}",
    "clock.stepped_back": lambda e: (
        f"The clock of this machine went back by {words(timedelta(seconds=e.data['seconds']))}"
    ),
    "drill.injected": _injected,
    "drill.paused": lambda _: "The exercise stands still",
    "drill.resumed": lambda e: (
        f"The exercise goes on after {words(timedelta(milliseconds=e.data['paused_ms']))} in which it stood still"
    ),
    "drill.ended": lambda _: "The exercise is over",
    "entry.redacted": lambda e: f"Erased {', '.join(e.data['fields'])} of entry {e.data['version']}{because(e)}",
}
TYPES = tuple(_TELL)  # every type of entry that has a sentence
