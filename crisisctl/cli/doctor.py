"""`doctor`: what would fail on the night, found before it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from crisisctl.adapters.roster.pings import proven
from crisisctl.adapters.workspace import CLOCKS, FILINGS, Settings
from crisisctl.bootstrap import Office
from crisisctl.cli import options, show
from crisisctl.cli.look import silence
from crisisctl.cli.session import Session
from crisisctl.domain.errors import CrisisError, Invalid
from crisisctl.domain.playbook import Playbook, build
from crisisctl.domain.times import words
from crisisctl.service.transfer import where

if TYPE_CHECKING:
    from crisisctl.domain.clocks.catalogue import Clock

app = typer.Typer(rich_markup_mode=None)
PROVEN_FOR = timedelta(days=90)  # after which a contact is to be tested again
VERIFIED_FOR = timedelta(days=365)  # after which somebody is to look again at what the law says


class Check(NamedTuple):
    """One thing looked at. `state` is `ok`, `warning` or `error`."""

    state: str
    what: str
    remedy: str = ""


@app.command(epilog="Example: crisisctl doctor")
def doctor(ctx: typer.Context, json: options.Json = False) -> None:
    """Find what would fail on the night, before it.

    Settings, folders, modes, the roster, the playbooks, the clocks and the watch. Exit 6 when something would fail.
    """
    session: Session = ctx.obj
    office = session.office
    looks = (*_LOOKS, lambda _: _watch(session))
    checks = list(dict.fromkeys(check for look in looks for check in _safely(look, office)))  # one cause, told once
    if json:
        show.data({"checks": [check._asdict() for check in checks], "ok": all(c.state != "error" for c in checks)})
    else:
        for check in checks:
            _print(check)
    bad = [check for check in checks if check.state == "error"]
    if bad:
        raise Invalid(f"{len(bad)} of {len(checks)} checks failed.")


def _print(check: Check) -> None:
    sign = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "error": ("ERROR  ", "red")}[check.state]
    for number, line in enumerate(check.what.split("\n")):
        show.say(f"{show.style(*sign)} {line}" if not number else f"{' ' * 8}{line}")  # paths stay whole, to be copied
    if check.remedy:
        show.say(f"          {check.remedy}")


def _safely(look: Callable[[Office], Iterator[Check]], office: Office) -> Iterator[Check]:
    try:
        yield from look(office)
    except CrisisError as error:
        yield Check("error", str(error))


def _settings(office: Office) -> Iterator[Check]:
    settings = office.settings
    yield Check("ok", f"workspace {settings.root}")
    for folder in (settings.playbooks, settings.templates):
        if folder.is_dir():
            yield Check("ok", f"{folder.name} in {folder}")
        else:
            yield Check("error", f"{folder} is not there", f"crisisctl init {settings.root}")
    if settings.organisation == Settings._field_defaults["organisation"]:
        remedy = f"set `organisation` in {settings.root / 'crisisctl.toml'}"
        yield Check("warning", f"texts call the organisation {settings.organisation!r}", remedy)
    source = office.source()
    if office.roster.people and source.actor not in office.roster.people:
        remedy = f"tie your login to somebody in {settings.roster}, or say --as PERSON"
        yield Check("warning", f"you act as {source.actor}, who is not in the roster and cannot be reached", remedy)
    else:
        yield Check("ok", f"you act as {source.actor} (login {source.login})")


def _store(office: Office) -> Iterator[Check]:
    with office.store.reading() as log:
        heads, moved = log.heads(), where(log)
    if moved:
        yield Check("error", moved, "then crisisctl doctor again")
    if heads:
        with office.store.writing() as ledger:
            ledger.tip(heads[-1].incident)  # whoever may not hold an incident now could not write on the night
    flaws = office.store.flaws()
    yield from (Check("error", flaw, "crisisctl verify") for flaw in flaws)
    if not flaws:
        yield Check("ok", f"log {office.store.place()} with {show.count(len(heads), 'incident')}")
    yield from _modes(office.settings.state)
    if not os.access(_existing(office.settings.state), os.W_OK):
        yield Check("error", f"{office.settings.state} cannot be written", "check its owner and mode")


def _modes(state: Path) -> Iterator[Check]:
    loose = [path for path in (state, *state.glob("*.db*"), *state.glob("*.txt")) if path.exists() and _open(path)]
    for path in loose:
        yield Check("warning", f"{path} can be read by others", f"chmod go-rwx {path}")
    if not loose:
        yield Check("ok", "the state folder is closed to others")


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _playbooks(office: Office) -> Iterator[Check]:
    known: set[str] = set()
    for name in office.playbooks():
        read = office.read_playbook(name)
        roles = (read.document or {}).get("roles")
        known |= set(roles) if isinstance(roles, dict) else set()
        errors = [finding for finding in read.findings if finding.level == "error"]
        if errors or read.document is None:
            what = f"playbook {name} has {show.count(len(errors), 'error')}"
            yield Check("error", what, f"crisisctl playbook check {name}")
        else:
            yield _playbook(office, name, build(read.document))
    yield from _strangers(office, known)


def _playbook(office: Office, name: str, book: Playbook) -> Check:
    people = office.roster.people
    gaps = _gaps(book, {role for person in people.values() for role in person.roles})
    if not (gaps and people):
        return Check("ok", f"playbook {name} version {book.version}")
    what = f"playbook {name}: nobody in the roster can be {', '.join(gaps)}"
    return Check("warning", what, f"add the role to somebody in {office.settings.roster}")


def _gaps(book: Playbook, able: set[str]) -> list[str]:
    """The roles that nobody can fill, of those that a move or a statement cannot do without."""
    needed = {role.id for role in book.roles.values() if role.required}
    needed |= {role for spec in book.statements.values() for role in spec.approvals.roles}
    for move in book.transitions:
        needed |= {*move.requires.roles, *(() if able.intersection(move.by) else move.by[:1])}
    free = {role.id for role in book.roles.values() if able.intersection((role.id, role.deputy))}
    return [role for role in book.roles if role in needed - free]


def _notices(office: Office) -> Iterator[Check]:
    """What stands in for contacts: a slip there is a call that nobody hears."""
    for contact in office.settings.notices:
        if trouble := _trouble(office, contact):
            remedy = f"mend `notices` in {office.settings.root / 'crisisctl.toml'}"
            yield Check("error", f"the workspace's own contact {contact.partition(':')[0]}: {trouble}", remedy)


def _chains(office: Office) -> Iterator[Check]:
    """The logs of the open incidents: every seal, and the state that commands take from them."""
    from crisisctl.service.verify import unsound  # noqa: PLC0415 - only those who look into the log pay for it

    with office.store.reading() as log:
        heads = log.heads(everything=False)
        wrong = {head.incident: found for head in heads if (found := unsound(log, head.incident))}
    for id_, found in wrong.items():
        yield Check("error", f"{id_} does not verify: {found[0]}", f"crisisctl verify -i {id_}")
    if heads and not wrong:
        closed = "the closed ones were not looked at: crisisctl verify"
        yield Check("ok", f"{show.count(len(heads), 'open incident')} verified; {closed}")


def _policy(office: Office) -> Iterator[Check]:
    """What the lint goes by: a slip there is found when a text is submitted."""
    settings = office.settings
    office.policies.policy()
    yield Check("ok", f"the lint's policy can be read, with policy.yaml in {settings.root} if there is one")


def _channels(office: Office) -> Iterator[Check]:
    """Where public words go: a slip there is found by those who wait for them."""
    yield Check("ok", f"{show.count(len(office.channels.channels()), 'channel')} can be read")
    for channel, to in office.leads().items():
        if trouble := office.poster.check(to):
            remedy = f"mend `to` of {channel} in {office.settings.root / 'channels.yaml'}"
            yield Check("error", f"channel {channel} cannot be posted to: {trouble}", remedy)


def _clocks(office: Office) -> Iterator[Check]:
    """The clocks of laws and contracts: those that playbooks name must be known, and not verified too long ago."""
    from crisisctl.domain.clocks.asserting import bound  # noqa: PLC0415 - what is looked at alone pays for it

    file = office.settings.root / CLOCKS
    try:
        book = office.clocks
    except Invalid as error:
        yield Check(
            "error", str(error), f"until {file.name} is mended, only the clocks that come with the program count"
        )
        return
    yield Check("ok", f"{show.count(len(book.known), 'clock')} can be read, with {file} if there is one")
    relied: dict[str, Clock] = {}
    for name in office.playbooks():
        if document := office.read_playbook(name).document:
            playbook = build(document)
            found = bound(playbook, book)
            relied |= {id_: book.known[id_] for id_ in found}
            if lost := [one for one in playbook.clocks if one not in {spec.name for spec in found.values()}]:
                what = f"playbook {name} names clocks that start nothing: {', '.join(lost)}"
                yield Check("warning", what, f"crisisctl playbook check {name}")
    yield from _verified([*relied.values()], f"{office.clock.now().date() - VERIFIED_FOR}", file)
    forms = show.count(len(office.filings.known), "form")
    yield Check("ok", f"{forms} of filings can be read, with {file.with_name(FILINGS)} if there is one")


def _verified(relied: list[Clock], oldest: str, file: Path) -> Iterator[Check]:
    if old := [clock.id for clock in relied if clock.last_verified < oldest]:
        what = f"nobody has verified for a year, if ever, what the law says on {', '.join(old)}"
        yield Check("warning", what, f"upgrade, or have counsel verify them and write last_verified into {file}")
    if alone := [clock for clock in relied if not clock.reviewed_by]:
        yield Check("ok", f"no counsel has reviewed {len(alone)} of the {len(relied)} clocks that playbooks name")


def _trouble(office: Office, contact: str) -> str | None:
    couriers = office.couriers
    return couriers.get(contact.partition(":")[0], couriers["*"]).check(contact)


def _unsent(office: Office) -> Iterator[Check]:
    with office.store.reading() as log:
        tried = [row for row in log.outbox() if row.attempts]
    for row in tried:
        notice = row.notice
        told = f"contact {notice.contact + 1} of {notice.person} was not reached about {notice.incident}"
        yield Check("warning", f"{told}, after {show.count(row.attempts, 'attempt')}", "crisisctl watch --once")


def _roster(office: Office) -> Iterator[Check]:
    people = office.roster.people
    if trouble := office.roster.trouble:
        yield Check("error", trouble, "until it is mended, the people known last count")
        return
    if not people:
        yield Check(
            "warning",
            "the roster is empty, so any name will do and nobody can be reached",
            f"list people in {office.settings.roster}",
        )
        return
    yield Check("ok", f"{len(people)} people in the roster")
    for person in people.values():
        if not person.reachable:
            yield Check("warning", f"{person.id} has no contact", f"add contacts in {office.settings.roster}")
            continue
        for number, contact in enumerate(office.roster.contacts(person.id), 1):
            if trouble := _trouble(office, contact):
                yield Check("warning", f"contact {number} of {person.id}: {trouble}")


def _on_call(office: Office) -> Iterator[Check]:
    from crisisctl.cli.duty import checks  # noqa: PLC0415 - without rotas nobody pays for zones

    if office.roster.has_rotas():
        yield from (Check(*told) for told in checks(office))


def _reached(office: Office) -> Iterator[Check]:
    """Contacts that nobody has proven for long, and hours in which nobody at all is told."""
    if office.roster.trouble or not office.roster.people:
        return
    people, _ = office.roster.details()
    oldest = office.clock.now().date() - PROVEN_FOR
    for id_, spec in people.items():
        days = proven(spec.get("contacts") or ())
        if old := [day for day in days if day is None or day < oldest]:
            contacts = f"{len(old)} of {show.count(len(days), 'contact')} of {id_}"
            what = f"{contacts}: no test was answered for {PROVEN_FOR.days} days, if ever"
            yield Check("warning", what, f"crisisctl roster ping {id_}")
        if "quiet" in spec and "fallback" not in spec:
            quiet = spec["quiet"]
            what = f"{id_} rests from {quiet['from']} to {quiet['to']}, and nobody is told instead"
            yield Check("warning", what, f"name a fallback in {office.settings.roster}")
    yield from _unbroken(office, people)


def _unbroken(office: Office, people: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    """Severities that are to break quiet hours and that no playbook has, most likely misspelt: nobody would wake."""
    breaks = {id_: spec["quiet"].get("breaks") or () for id_, spec in people.items() if "quiet" in spec}
    if not any(breaks.values()):
        return
    documents = [office.read_playbook(name).document for name in office.playbooks()]
    known = {severity for document in documents for severity in (document or {}).get("severities", ())}
    for id_, severities in breaks.items():
        if odd := [severity for severity in severities if known and severity not in known]:
            what = f"no playbook has the severity {', '.join(odd)} that breaks the quiet hours of {id_}"
            yield Check("warning", what, "mend its name: as it is, it wakes nobody")


def _strangers(office: Office, known: set[str]) -> Iterator[Check]:
    """Roles in the roster that no playbook has, most likely misspelt."""
    for person in office.roster.people.values():
        if odd := [role for role in person.roles if known and role not in known]:
            yield Check("warning", f"no playbook has the role {', '.join(odd)} of {person.id}", "mend its name")
    for role in office.roster.rotas.plan.roles if known and office.roster.has_rotas() else ():
        if role not in known:
            yield Check("warning", f"no playbook has the role {role}, which has a rota", "mend its name")


def _dead_man(office: Office) -> Iterator[Check]:
    """Whether the dead man's address can be called, without calling it."""
    if office.dead_man is None:
        return
    from crisisctl.cli.outside import every  # noqa: PLC0415 - only a room with such an address pays for it

    remedy = f"mend it in {office.settings.root / 'crisisctl.toml'}, or the dead man's address is not called"
    try:
        every(office)
    except Invalid as error:
        yield Check("error", str(error), remedy)
    if flaw := office.dead_man.check():
        yield Check("error" if flaw.wrong else "warning", flaw.told, remedy if flaw.wrong else "")
    else:
        yield Check("ok", "the dead man's address can be called")


def _watch(session: Session) -> Iterator[Check]:
    now = session.now()
    with session.office.store.reading() as log:
        beats = log.beats()
    for beat in beats:
        ago = words(now - beat.at)
        if beat.alive(now):
            yield Check("ok", f"the watch {beat.watch} was alive {ago} ago")
        else:
            remedy = "start it again if you miss it; after a day of silence it is forgotten"
            yield Check("warning", f"the watch {beat.watch} has been silent for {ago}", remedy)
    if warning := silence(session):
        yield Check("warning", warning.split(". ")[0], "crisisctl watch")


_LOOKS = (
    _settings,
    _store,
    _playbooks,
    _roster,
    _on_call,
    _reached,
    _notices,
    _unsent,
    _policy,
    _channels,
    _chains,
    _dead_man,
    _clocks,
)
