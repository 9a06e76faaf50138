"""`roster list|ping|answer|card`: who there is, and whether they can really be reached."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

import typer

from crisisctl.adapters.roster import ways
from crisisctl.adapters.roster.pings import Ping, ping
from crisisctl.bootstrap import Office
from crisisctl.cli import card, complete, options, show
from crisisctl.cli.session import Session
from crisisctl.cli.story import named, spare_the_workspace, write
from crisisctl.domain.errors import Invalid, Refused
from crisisctl.service.ports import DeliveryFailed, Message

app = typer.Typer(rich_markup_mode=None)
roster = typer.Typer(help="People, and how they are reached.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(roster, name="roster")

AT_ONE_TIME = 8
_HALF = 3  # letters of a code between which a hyphen helps the eye


class Tested(NamedTuple):
    """What came of one test: `accepted`, or `failed` and why. `contact` counts from 1; 0 when there is none."""

    person: str
    contact: int
    state: str
    reason: str = ""


@roster.command("list", epilog="Example: crisisctl roster list")
def list_(ctx: typer.Context, json: options.Json = False) -> None:
    """Who there is, and when their contacts were last proven; no contact is shown."""
    session: Session = ctx.obj
    people = card.people(session.office)
    if json:
        show.data({"people": people})
        return
    if not people:
        show.say(f"Nobody is in the roster yet, so any name will do. People are listed in {_file(session)}.")
        return
    heads = ("PERSON", "ROLES", "CONTACTS", "PHONE", "PROVEN", "QUIET")
    show.table(heads, [_row(person) for person in people])
    show.hint("crisisctl roster ping PERSON proves that the contacts work; roster card is for the wallet")


def _row(person: Mapping[str, Any]) -> Sequence[str]:
    roles, quiet = ", ".join(person["roles"]) or "-", person["quiet"]
    hours = f"{quiet['from']}-{quiet['to']}" if quiet else "-"
    return person["id"], roles, str(person["contacts"]), person["phone"] or "-", person["verified"] or "-", hours


@roster.command("ping", epilog="Example: crisisctl roster ping dana")
def ping_(
    ctx: typer.Context,
    people: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PERSON]...", help="Left out: everybody.", autocompletion=complete.people),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before everybody is tested.")] = False,
    json: options.Json = False,
) -> None:
    """Send a test to each contact of these people, marked as one.

    Whoever gets it answers with the code in it: crisisctl roster answer CODE. Exit 6 when a contact did not take it.
    """
    session: Session = ctx.obj
    office = session.office
    chosen = _chosen(office, people or [])
    _refuse_in_a_drill(office)
    if not people and not yes and sys.stdin.isatty() and not _agreed(len(chosen)):
        raise Refused("Nothing was sent. Name whom to test: crisisctl roster ping PERSON")
    done = _tested(office, chosen)
    failed = [one for one in done if one.state != "accepted"]
    if json:
        show.data({"tests": [one._asdict() for one in done], "ok": not failed})
    else:
        show.table(("PERSON", "CONTACT", "TEST", "WHY"), [(one[0], str(one[1] or "-"), *one[2:]) for one in done])
    if failed:
        raise Invalid(f"{len(failed)} of {show.count(len(done), 'test')} did not get through.")
    show.hint("whoever got it types crisisctl roster answer CODE, with the code in the message")


def _agreed(count: int) -> bool:
    return typer.confirm(f"Send a test to {show.count(count, 'person')}?", err=True)


def _chosen(office: Office, named: Sequence[str]) -> dict[str, Sequence[Any]]:
    """The contacts of those named, as written, or of everybody."""
    people, _ = office.roster.details()
    if not people:
        raise Refused(f"Nobody is in the roster, so there is nobody to test. List people in {office.settings.roster}.")
    for person in named:
        office.roster.require(person)
    return {id_: people[id_].get("contacts") or () for id_ in dict.fromkeys(named or people)}


def _refuse_in_a_drill(office: Office) -> None:
    with office.store.reading() as log:
        drills = [head.incident for head in log.heads(everything=False) if head.drill]
    if drills:
        raise Refused(
            f"{drills[0]} is an exercise, and nothing of an exercise leaves the building. "
            f"Close it first, then send the test."
        )


def _tested(office: Office, chosen: Mapping[str, Sequence[Any]]) -> list[Tested]:
    now = office.clock.now()
    addresses = [(id_, n, ways.address(one)) for id_, contacts in chosen.items() for n, one in enumerate(contacts, 1)]
    tests = [(number, to, ping(office.chance.salt(), id_, to, now)) for id_, number, to in addresses]
    office.pings.add([test for *_, test in tests], now)  # first: an answer may be there before the last one is sent
    office.couriers  # noqa: B018 - made once, before several ask for them
    with ThreadPoolExecutor(AT_ONE_TIME) as pool:
        sent = list(pool.map(lambda test: _sent(office, *test), tests))
    nowhere = [Tested(id_, 0, "failed", "has no contact") for id_, contacts in chosen.items() if not contacts]
    return [*sent, *nowhere]


def _sent(office: Office, number: int, to: str, test: Ping) -> Tested:
    try:
        office.couriers.get(to.partition(":")[0], office.couriers["*"]).send(_message(office, test), to)
    except DeliveryFailed as failure:
        return Tested(test.person, number, "failed", failure.reason)
    except Exception as error:  # noqa: BLE001 - its text might hold a secret, and the others are to be tested all the same
        return Tested(test.person, number, "failed", f"it broke down ({type(error).__name__})")
    return Tested(test.person, number, "accepted")


def _message(office: Office, test: Ping) -> Message:
    code = f"{test.code[:_HALF]}-{test.code[_HALF:]}"
    lines = (
        f"This is a TEST of how {test.person} is reached. There is no incident.",
        f"Code: {code}",
        f"Say that it came, within 7 days: crisisctl roster answer {code}",
    )
    title = f"TEST from the crisis room of {office.settings.organisation}"
    return Message(sha256(test.code.encode()).hexdigest()[:32], title, "\n".join(lines), urgent=False)


@roster.command("answer", epilog="Example: crisisctl roster answer K7Q-D3M")
def answer(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code in the test that came.")],
    json: options.Json = False,
) -> None:
    """Record that a test came: the contact has been proven today.

    The day is written into the roster beside the contact; nothing else in the file changes.
    """
    session: Session = ctx.obj
    now = session.office.clock.now()
    person, number = session.office.pings.answer(code, now)
    session.recorded = True
    if json:
        show.data({"person": person, "contact": number, "verified": str(now.date())})
        return
    show.say(f"Contact {number} of {person} was proven on {now.date()}; {_file(session)} says so.")
    show.hint("crisisctl roster list")


@roster.command("card", epilog="Example: crisisctl roster card -o call-tree.txt")
def card_(ctx: typer.Context, output: options.Output = None, json: options.Json = False) -> None:
    """The call tree on paper: by role who can hold it, and by person how to reach them.

    For the wallet, for when nothing else works. No password, token or chat address is on it.
    """
    session: Session = ctx.obj
    told = card.document(session.office)
    output = named(output)
    if output is None:
        show.data(told) if json else show.raw(card.text(told))
        return
    spare_the_workspace(session, output)
    write(output, card.text(told))
    if json:
        show.data({"file": str(output), "digest": told["digest"]})
    else:
        show.talk(f"Written to {output}. Print it, and print it anew when the roster has changed.")


def _file(session: Session) -> str:
    return str(session.office.settings.roster)
