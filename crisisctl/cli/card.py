"""The call tree for the wallet: plain text of at most 80 columns, which needs nothing to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crisisctl.adapters.roster import ways
from crisisctl.adapters.roster.pings import proven
from crisisctl.adapters.yaml import load
from crisisctl.bootstrap import Office
from crisisctl.domain.errors import CrisisError
from crisisctl.domain.text import visible
from crisisctl.domain.times import stamp

WIDTH = 80
_MAIL = re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", re.ASCII)
_LABEL = 12


def people(office: Office) -> list[dict[str, Any]]:
    """Everybody with what may be shown of them; what only the file knows is left out while it has a slip."""
    details, _ = _details(office)
    return [_person(id_, known.name, known.roles, details.get(id_, {})) for id_, known in office.roster.people.items()]


def _details(office: Office) -> tuple[Mapping[str, Mapping[str, Any]], str]:
    try:
        return office.roster.details()
    except CrisisError:
        if not office.roster.people:
            raise
        return {}, ""


def _person(id_: str, name: str, roles: Sequence[str], spec: Mapping[str, Any]) -> dict[str, Any]:
    contacts = spec.get("contacts") or []
    return {
        "id": id_,
        "name": name,
        "roles": [*roles],
        "contacts": len(contacts),
        "phone": spec.get("phone"),
        "mail": list(dict.fromkeys(one for contact in contacts for one in _mail(ways.address(contact)))),
        "verified": _oldest(contacts),
        "timezone": spec.get("timezone"),
        "quiet": spec.get("quiet"),
        "fallback": spec.get("fallback"),
    }


def _oldest(contacts: Sequence[str | Mapping[str, Any]]) -> str | None:
    """When the contact that was proven longest ago was; `never` if one was not, None if none needs a proof."""
    days = proven(contacts)
    if not days:
        return None
    return str(min(day for day in days if day)) if all(days) else "never"


def _mail(address: str) -> Iterator[str]:
    """The mail addresses that a contact plainly names; of one with a password only whom it writes to."""
    if not address.lower().startswith(("mailto:", "mailtos:")):
        return
    try:
        parts = urlsplit(address)
        named = [one for value in parse_qs(parts.query).get("to", []) for one in value.split(",")]
    except ValueError:
        return
    plain = [] if named else [parts.netloc or parts.path]
    yield from (one.strip() for one in (*named, *plain) if _MAIL.fullmatch(one.strip()))


def document(office: Office) -> dict[str, Any]:
    """The call tree as data."""
    _, digest = _details(office)
    everybody = people(office)
    roles, missing = _roles(office)
    for role in roles.values():
        role["people"] = [person["id"] for person in everybody if role["id"] in person["roles"]]
    return {
        "organisation": office.settings.organisation,
        "printed": stamp(office.clock.now()),
        "roster": str(office.settings.roster.name),
        "digest": digest,
        "roles": [*roles.values(), *_others(roles, everybody)],
        "people": everybody,
        "unread": missing,
    }


def _roles(office: Office) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The roles of all playbooks by id, and the playbooks that cannot be read at all."""
    roles: dict[str, dict[str, Any]] = {}
    unread = []
    for name in office.playbooks():
        found = _roles_of(office, name)
        if found is None:
            unread.append(name)
            continue
        for id_, spec in found.items():
            title, deputy = spec.get("title"), spec.get("deputy")
            role = roles.setdefault(id_, {"id": id_, "title": "", "deputies": [], "playbooks": [], "people": []})
            role["title"] = role["title"] or (title if isinstance(title, str) else "")
            role["deputies"] += [deputy] if isinstance(deputy, str) and deputy not in role["deputies"] else []
            role["playbooks"].append(name)
    return roles, unread


def _roles_of(office: Office, name: str) -> dict[str, Mapping[str, Any]] | None:
    """The roles of a playbook, whatever else is wrong with it; None when they cannot be made out."""
    document = load(office.settings.playbooks / f"{name}.yaml").document
    found = document.get("roles") if isinstance(document, dict) else None
    if not isinstance(found, dict):
        return None
    return {str(id_): spec if isinstance(spec, dict) else {} for id_, spec in found.items()}


def _others(known: Iterable[str], everybody: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Roles that people have and no playbook that could be read does."""
    for id_ in dict.fromkeys(role for person in everybody for role in person["roles"] if role not in known):
        holders = [person["id"] for person in everybody if id_ in person["roles"]]
        yield {"id": id_, "title": "", "deputies": [], "playbooks": [], "people": holders}


def text(told: Mapping[str, Any]) -> str:
    """The call tree for paper."""
    lines = [*_head(told), "", "ROLES", *_each_role(told), "", "PEOPLE", *_each_person(told)]
    return "\n".join(lines) + "\n"


def _head(told: Mapping[str, Any]) -> Iterator[str]:
    yield from _folded(f"CALL TREE of {told['organisation']}")
    seal = told["digest"][:16] or "not readable; the people known last"
    yield from _folded(f"Printed {told['printed'][:16].replace('T', ' ')} UTC from {told['roster']} ({seal})")
    if told["unread"]:
        yield from _folded(f"Without the roles of {', '.join(told['unread'])}, which cannot be read")


def _each_role(told: Mapping[str, Any]) -> Iterator[str]:
    for role in told["roles"]:
        title = f" - {role['title']}" if role["title"] else ""
        yield from _folded(f"{role['id']}{title}")
        yield from _labelled("can hold it", ", ".join(role["people"]) or "NOBODY")
        yield from _labelled("else", ", ".join(role["deputies"]))


def _each_person(told: Mapping[str, Any]) -> Iterator[str]:
    for person in told["people"]:
        yield from _folded(f"{person['id']} - {person['name']}" if person["name"] != person["id"] else person["id"])
        yield from _labelled("phone", person["phone"] or "unknown")
        yield from _labelled("mail", ", ".join(person["mail"]))
        yield from _labelled("zone", person["timezone"] or "UTC")
        yield from _labelled("quiet", _quiet(person["quiet"]))
        yield from _labelled("else call", person["fallback"] or "")


def _quiet(quiet: Mapping[str, Any] | None) -> str:
    if not quiet:
        return ""
    broken = ", ".join(quiet["breaks"]) or "nothing" if "breaks" in quiet else "the most severe"
    return f"{quiet['from']} to {quiet['to']}; broken by {broken}"


def _labelled(label: str, value: str) -> Iterator[str]:
    return _folded(f"  {label:<{_LABEL}}{value}", " " * (_LABEL + 2)) if value else iter(())


def _folded(line: str, lead: str = "    ") -> Iterator[str]:
    import textwrap  # noqa: PLC0415 - as everywhere

    yield from textwrap.wrap(visible(line), WIDTH, subsequent_indent=lead, break_on_hyphens=False)
