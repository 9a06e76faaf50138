"""What people can ask of an incident. Names are imperative; `because` is the reason a person gave."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from crisisctl.domain.entries import Event, Source
from crisisctl.domain.incident import Incident
from crisisctl.domain.playbook import Pinned
from crisisctl.domain.publication import Linted

if TYPE_CHECKING:
    from crisisctl.domain.clocks.book import Clocks  # which few commands have use for


class Open(NamedTuple):
    """Open an incident on a playbook, which is pinned whole with its templates."""

    playbook: Pinned
    templates: Mapping[str, str]
    title: str
    severity: str | None = None
    assign: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    drill: bool = False
    restricted: bool = False
    exercise: Mapping[str, Any] = {}  # the scenario that is played, which makes it a drill; see `drill.rules`


class Advance(NamedTuple):
    """Move the incident by a trigger; the audiences of `waive` need not be told of the end first."""

    trigger: str
    because: str | None = None
    override: bool = False
    waive: tuple[str, ...] = ()


class Assign(NamedTuple):
    """Give a role to a person: instead of whoever holds it, or with `add` beside them."""

    role: str
    person: str
    add: bool = False


class Release(NamedTuple):
    """Take a role from a person, or from everybody who holds it."""

    role: str
    person: str | None = None


class Handover(NamedTuple):
    """Offer a role that one holds to a person, who may accept it; the desk adds the brief, written at that moment."""

    role: str
    person: str
    note: str | None = None
    brief: str = ""


class AcceptHandover(NamedTuple):
    """Take a role over as its holder has offered."""

    role: str


class DeclineHandover(NamedTuple):
    """Leave a role that was offered with its holder."""

    role: str
    because: str


class WithdrawHandover(NamedTuple):
    """Take the offer of a role back."""

    role: str


class Acknowledge(NamedTuple):
    """Stop the running escalations, or the one named."""

    escalation: str | None = None


class Snooze(NamedTuple):
    """Let the running escalations rest for a while."""

    span: timedelta
    because: str


class ChangeTask(NamedTuple):
    """Set a task to `done`, `skipped` or `open`."""

    task: str
    to: str
    because: str | None = None


class AddNote(NamedTuple):
    """Write something down."""

    text: str
    privileged: bool = False
    tlp: str | None = None


class LogDecision(NamedTuple):
    """Write down a choice, its reason, what else was possible and who disagreed."""

    text: str
    because: str
    options: tuple[str, ...] = ()
    dissent: tuple[str, ...] = ()
    privileged: bool = False
    tlp: str | None = None


class SetFact(NamedTuple):
    """Say what is known; `status` is `unconfirmed` or `confirmed`."""

    name: str
    value: str
    status: str = "confirmed"
    source: str | None = None
    privileged: bool = False
    tlp: str | None = None


class ConfirmFact(NamedTuple):
    """Say that what is known without certainty is so."""

    name: str
    source: str | None = None


class AskFact(NamedTuple):
    """Ask a person for a fact, or everybody; the question is open until it is set or confirmed."""

    name: str
    person: str | None = None


class RetractFact(NamedTuple):
    """Take back what was said to be known."""

    name: str
    because: str


class ChangeSeverity(NamedTuple):
    """Raise or lower the severity."""

    level: str
    because: str


class Reopen(NamedTuple):
    """Go back to the stages from which the incident was closed."""

    because: str


class Draft(NamedTuple):
    """A new text of a statement. `facts` are those it was made from, with the version of the entry that set each.

    `renditions` are the exact texts by key; left out, every channel has `text` in the first language. `fresh` are the
    languages written anew from the source text, None being all. `base` is the revision that a part was changed of.
    """

    statement: str
    text: str
    facts: Mapping[str, int] = {}
    correcting: str | None = None
    renditions: Mapping[str, str] = {}
    fresh: tuple[str, ...] | None = None
    base: int | None = None
    promises: datetime | None = None
    template: bool = False
    minimal: bool = False


class Submit(NamedTuple):
    """Ask for approval of the present text; with `override` in spite of the errors that the lint found."""

    statement: str
    linted: Linted | None = None
    override: bool = False
    because: str | None = None


class Approve(NamedTuple):
    """Approve the present texts for a role; `digest` is how the digest of the text begins that one has read."""

    statement: str
    digest: str | None = None


class Reject(NamedTuple):
    """Send the present text back."""

    statement: str
    because: str


class Publish(NamedTuple):
    """Release the approved text to audiences, left out: to all that are left. `digest` is of the bytes at hand.

    `renditions` are the digests of the bytes at hand by key; left out, every one has `digest`. `excess` tells by how
    much one is too long for its channel, `unresolved` what is left open in one, `inside` which channels stay inside.
    With `no_further` no next update is promised.
    """

    statement: str
    digest: str
    audiences: tuple[str, ...] = ()
    renditions: Mapping[str, str] = {}
    excess: Mapping[str, int] = {}
    unresolved: Mapping[str, str] = {}
    inside: tuple[str, ...] = ()
    posting: tuple[str, ...] = ()
    glass: bool = False
    because: str | None = None
    no_further: bool = False


class Posted(NamedTuple):
    """Write down that a person has posted a statement; left out, the one that waits there.

    Without a `url` a person has looked for what nobody knew of, and it is not there. `revision` names an earlier one.
    """

    channel: str
    url: str | None
    statement: str | None = None
    language: str | None = None
    revision: int | None = None


class Retry(NamedTuple):
    """Have it posted again; `leads` says whether the channel has an address to which the program can post."""

    statement: str
    channel: str
    because: str
    language: str | None = None
    leads: bool = True


class Embargo(NamedTuple):
    """Keep a statement from everybody, or from one audience, until an instant; None lifts that."""

    statement: str
    until: datetime | None
    because: str
    audience: str | None = None


class StartClocks(NamedTuple):
    """Say since when clocks run, by their ids, or amend what was said.

    `trigger` is the fact that a bare time is taken for, None being now; `inputs` has other facts as instants, and
    answers. `zone` is where its days end. `book` is what computes.
    """

    clocks: tuple[str, ...]
    book: "Clocks"
    trigger: datetime | None = None
    zone: str = ""
    inputs: Mapping[str, Any] = {}
    source: str | None = None
    because: str | None = None


class AssessClocks(NamedTuple):
    """Answer the questions on which it hangs whether clocks apply: by their ids, then by the question's name."""

    answers: Mapping[str, Mapping[str, str | int | bool]]
    book: "Clocks"
    because: str | None = None


class FileClocks(NamedTuple):
    """Write down that something was filed, which meets one clock or several; `sent` is the text itself."""

    clocks: tuple[str, ...]
    to: str
    book: "Clocks"
    reference: str | None = None
    what: str | None = None
    sent: str | None = None
    because: str | None = None


class WaiveClock(NamedTuple):
    """Let the incident be closed although a clock was not filed."""

    clock: str
    because: str
    book: "Clocks"
    privileged: bool = False
    tlp: str | None = None


class DeclineClock(NamedTuple):
    """Decide not to notify; `decider` is who did, None being whoever says so."""

    clock: str
    because: str
    book: "Clocks"
    decider: str | None = None
    privileged: bool = False
    tlp: str | None = None


class MissClock(NamedTuple):
    """Say beforehand that a deadline will not be met."""

    clock: str
    because: str
    book: "Clocks"


class Redact(NamedTuple):
    """Erase word fields of an entry for good; the chain goes on verifying."""

    version: int
    fields: tuple[str, ...]
    because: str


class Grant(NamedTuple):
    """Let a person see a restricted incident, whatever role they hold."""

    person: str
    because: str | None = None


class Revoke(NamedTuple):
    """Take the sight of a restricted incident from a person who was admitted to it."""

    person: str
    because: str


class Export(NamedTuple):
    """Write down that a `timeline`, `report`, `calendar` or `filing` was taken out: its form, labels and version.

    `entries` counts those in the document; `file` is its name, or `standard output`. `clock` is that of a filing.
    """

    what: str
    form: str
    version: int
    entries: int
    file: str
    included: tuple[str, ...] = ()
    clock: str = ""


class Inject(NamedTuple):
    """Let something happen in a drill, as its scenario says: `sender` says `text` to a role by a channel."""

    event: str
    sender: str
    to: str
    channel: str
    text: str
    tag: str | None = None


class PauseDrill(NamedTuple):
    """Let a drill stand still, because nobody leads it any more."""


class ResumeDrill(NamedTuple):
    """Go on with a drill that was interrupted, and stood still for so long."""

    paused: timedelta


class EndDrill(NamedTuple):
    """End a drill."""


Command = Any  # one of the classes above; `decide` knows no others
Rule = Callable[[Incident, Any, Source, datetime], list[Event]]  # what follows from a command, or a refusal
